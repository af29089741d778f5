"""An ML-DSA-44 signature published with another implementation of C2SP tlog-cosignature."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from tests.reference.mldsa import holds
from tests.support.mldsa import ml_message, ml_public, ml_vkey

from plimsoll_keys.vkey import COSIGNATURE_ML_DSA, parse_vkey
from plimsoll_ledger.errors import BadNote
from plimsoll_ledger.note import NoteSignature, verify_line
from plimsoll_verify import note as verifier
from plimsoll_verify.errors import BadSignature

FOUND: dict[str, Any] = json.loads((Path(__file__).parent / "data/torchwood-mldsa.json").read_text())
SEED = bytes.fromhex(FOUND["seed"])
VKEY = ml_vkey(FOUND["name"], SEED)
NOTE = f"{FOUND['text']}\n\u2014 {FOUND['name']} {FOUND['line']}\n"


def line(data: bytes) -> NoteSignature:
    return NoteSignature(FOUND["name"], data[:4], data[4:])


def test_the_key_and_its_id_are_theirs() -> None:
    vkey = parse_vkey(VKEY)
    assert (vkey.key_type, vkey.public_key) == (COSIGNATURE_ML_DSA, ml_public(SEED))
    assert vkey.key_id.hex() == FOUND["key_id"]


def test_it_is_one_by_fips_204_with_the_empty_context() -> None:
    message = ml_message(FOUND["name"], FOUND["text"], 0)
    assert holds(ml_public(SEED), message, b64decode(FOUND["line"])[12:])


def test_the_writer_takes_the_signature_and_no_other() -> None:
    data, vkey = b64decode(FOUND["line"]), parse_vkey(VKEY)
    assert verify_line(FOUND["text"], line(data), vkey) is None  # It states the time 0.
    for at in (4, 11, 12, 2431):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(BadNote):
            verify_line(FOUND["text"], line(bytes(changed)), vkey)
    with pytest.raises(BadNote):
        verify_line(FOUND["text"].replace("\n1\n", "\n2\n"), line(data), vkey)


def test_the_verifier_takes_the_signature_and_no_other() -> None:
    key = verifier.parse_vkey(VKEY, "c", verifier.COSIGNATURE_ML_DSA)
    (signed,) = verifier.verify_note(verifier.parse_note(NOTE.encode(), "c"), (key,), "c")
    assert (signed.key, signed.time_s) == (key, None)
    changed = verifier.parse_note(NOTE.replace("\n1\n", "\n2\n").encode(), "c")
    with pytest.raises(BadSignature):
        verifier.verify_note(changed, (key,), "c")
