"""ML-DSA-44 as both programs check it, held against FIPS 204 as it is written (tests/reference/mldsa.py)."""

import base64
import random
from contextlib import suppress

import pytest
from tests.reference.mldsa import CHALLENGE_BYTES, OMEGA, K, holds, unpack_hint
from tests.support.mldsa import ml_public, ml_seed, ml_sign

from plimsoll_keys import mldsa as writer
from plimsoll_keys.errors import BadSignature as WriterRefuses
from plimsoll_keys.files import generate_signer
from plimsoll_keys.mldsa import generate_ml_dsa_signer
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.cosignature import cosigner_vkey, sign_cosignature
from plimsoll_ledger.errors import BadNote, Malformed
from plimsoll_ledger.note import Note, format_note, parse_note, sign_note, verify_note
from plimsoll_verify import mldsa as verifier
from plimsoll_verify import note as reader_note
from plimsoll_verify.errors import BadSignature, VerificationError

HINT = 2420 - OMEGA - K


def ours(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Return what both programs say, which must be the same."""
    said = []
    try:
        said.append(writer.verify_ml_dsa_signature(public_key, message, signature) == message)
    except WriterRefuses:
        said.append(False)
    try:
        said.append(verifier.verify_signature(public_key, message, signature, "c") == message)
    except BadSignature:
        said.append(False)
    assert said[0] == said[1]
    return said[0]


@pytest.mark.parametrize("number", range(8))
def test_what_was_signed_holds(number: int) -> None:
    seed, message = ml_seed(f"differential {number}"), bytes(range(number)) * 40
    signature = ml_sign(seed, message)
    assert holds(ml_public(seed), message, signature)
    assert ours(ml_public(seed), message, signature)


def test_a_context_is_signed_too_and_ours_is_empty() -> None:
    seed, message = ml_seed("differential"), b"message"
    key, signature = ml_public(seed), ml_sign(seed, message, b"context")
    assert holds(key, message, signature, b"context")
    assert not holds(key, message, signature)
    assert not ours(key, message, signature)
    # The context is not the beginning of the message, either.
    assert not ours(key, b"context" + message, signature)


def test_changed_in_every_part_they_are_refused_by_all() -> None:
    chance = random.Random(1)
    seed, message = ml_seed("differential"), b"message"
    key, signature = ml_public(seed), ml_sign(seed, message)
    places = [0, 31, CHALLENGE_BYTES, HINT - 1, HINT, HINT + OMEGA - 1, HINT + OMEGA, 2419]
    places += [chance.randrange(2420) for _ in range(24)]
    for at in places:
        changed = bytearray(signature)
        changed[at] ^= 1 << chance.randrange(8)
        assert not holds(key, message, bytes(changed))
        assert not ours(key, message, bytes(changed))
    for at in (0, 31, 32, 700, 1311):
        other = bytearray(key)
        other[at] ^= 1 << chance.randrange(8)
        assert not holds(bytes(other), message, signature)
        assert not ours(bytes(other), message, signature)


def test_a_signature_has_one_spelling() -> None:
    """Corrections in another order, one twice, or bytes after the last: each would be a second signature."""
    seed, message = ml_seed("differential"), b"message"
    key, made = ml_public(seed), (ml_sign(seed, message) for _ in range(100))
    # Of nearly every one the first polynomial has two corrections or more, and there is room after the last.
    signature = next(one for one in made if one[HINT + OMEGA] >= 2 and one[-1] < OMEGA)
    hint, used = signature[HINT:], signature[-1]
    assert unpack_hint(hint) is not None
    swapped = bytes([hint[1], hint[0]]) + hint[2:]
    after = hint[:used] + b"\1" + hint[used + 1 :]
    counted = hint[: OMEGA + K - 1] + bytes([OMEGA + 1])
    for other in (swapped, after, counted):
        assert unpack_hint(other) is None
        assert not holds(key, message, signature[:HINT] + other)
        assert not ours(key, message, signature[:HINT] + other)


# -- whole notes, as both of our readers take them

LOG = generate_signer("acme.example/rsp", lambda _: bytes([7]) * 32)
ED25519 = generate_signer("witness.example/w1", lambda _: bytes([8]) * 32)
ML_DSA = generate_ml_dsa_signer("witness.example/w1", lambda _: bytes([9]) * 32)
KNOWN = [VKey.of(LOG), cosigner_vkey(ED25519), cosigner_vkey(ML_DSA)]
TEXT = f"{LOG.name}\n17\n{base64.b64encode(bytes(range(32))).decode()}\n"
Opened = tuple[str, dict[bytes, int]]


def cosigned(text: str) -> bytes:
    lines = (sign_cosignature(text, 1_795_305_600, signer) for signer in (ED25519, ML_DSA))
    return format_note(Note(text, (*sign_note(text, LOG).signatures, *lines)))


def opened(data: bytes) -> Opened | None:
    """Return what both readers make of a note, which must be the same: its text, and the times stated."""
    writers: Opened | None = None
    with suppress(Malformed, BadNote):
        found = verify_note(parse_note(data), KNOWN)
        writers = (found.text, {vkey.key_id: time_s for vkey, time_s in found.times_s.items()})
    keys = tuple(reader_note.parse_vkey(str(vkey), "c", 1, 4, 6) for vkey in KNOWN)
    readers: Opened | None = None
    with suppress(VerificationError):
        note = reader_note.parse_note(data, "c")
        signed = reader_note.verify_note(note, keys, "c")
        times = {one.key.key_id: one.time_s for one in signed if one.time_s is not None}
        readers = (note.text, times) if signed else None
    assert writers == readers
    return writers


def changed(chance: random.Random, note: bytes) -> bytes:
    """Return a note with a few bytes, or lines, changed."""
    for _ in range(chance.randrange(1, 4)):
        # Half of the time in the text, which is short.
        at = chance.randrange(chance.choice([len(TEXT) + 3, len(note) + 1])) % max(1, len(note))
        lines = note.split(b"\n")
        row = chance.randrange(len(lines))
        note = chance.choice(
            [
                note[:at]
                + bytes(byte ^ 1 << chance.randrange(8) for byte in note[at : at + 1])
                + note[at + 1 :],
                note[:at] + note[at + 1 :],
                note[:at] + bytes([chance.choice(b"\n +=A0\x00\xff\xe2")]) + note[at:],
                b"\n".join(lines[:row] + lines[row + 1 :]),
                b"\n".join([*lines[:row], lines[row], *lines[row:]]),
                note[: at + 1],
            ]
        )
    return note


def test_both_readers_take_the_same_notes() -> None:
    chance = random.Random(2)
    whole = cosigned(TEXT)
    assert opened(whole) == (TEXT, {vkey.key_id: 1_795_305_600 for vkey in KNOWN[1:]})
    outcomes = [opened(changed(chance, whole)) for _ in range(2000)]
    assert sum(found is None for found in outcomes) > 1000
    assert sum(found is not None for found in outcomes) > 50


@pytest.mark.parametrize("size", [0, 1, 2**53 - 1])
def test_both_readers_take_every_size_and_extension_lines(size: int) -> None:
    text = TEXT.replace("\n17\n", f"\n{size}\n")
    for more in ("", "an extension\n", "two\nmore\n"):
        assert opened(cosigned(text + more)) is not None
    # By ML-DSA-44 alone an extension may be added: it is the log's signature, and Ed25519, that tell.
    line = [one for one in cosigned(text).splitlines(keepends=True) if len(one) > 1000]
    assert opened(f"{text}added\n\n".encode() + line[0]) is not None
    assert opened(cosigned(text).replace(b"\n\n", b"\nadded\n\n")) is None
