"""Cosignatures: C2SP tlog-cosignature to the letter, made by us and taken apart by hand."""

import hashlib

import nacl.signing
import pytest
from tests.unit.ledger.kit import ORIGIN, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_keys.vkey import COSIGNATURE, VKey, parse_vkey
from plimsoll_ledger.checkpoint import sign_checkpoint
from plimsoll_ledger.cosignature import (
    attach_cosignatures,
    cosigner_vkey,
    earliest_of,
    find_cosignatures,
    newest_of,
    replace_cosignatures,
    sign_cosignature,
    verify_cosignature,
)
from plimsoll_ledger.errors import BadNote, Malformed
from plimsoll_ledger.hashing import EMPTY_ROOT
from plimsoll_ledger.note import (
    Note,
    NoteSignature,
    format_note,
    format_signature_lines,
    parse_note,
    parse_signature_lines,
)

LOG = generate_signer(ORIGIN)
W1 = generate_signer("witness.example/w1")
W2 = generate_signer("witness.example/w2")
NOTE = sign_checkpoint(7, EMPTY_ROOT, LOG)
TEXT = parse_note(NOTE).text
NOW_S = 1_795_305_600


def test_the_bytes_are_those_of_the_specification() -> None:
    line = sign_cosignature(TEXT, NOW_S, W1)
    assert line.name == "witness.example/w1"
    assert line.key_id == hashlib.sha256(b"witness.example/w1\n\x04" + W1.public_key).digest()[:4]
    assert line.signature[:8] == NOW_S.to_bytes(8, "big")
    assert len(line.signature) == 72
    message = f"cosignature/v1\ntime {NOW_S}\n{TEXT}".encode()
    nacl.signing.VerifyKey(W1.public_key).verify(message, line.signature[8:])
    assert parse_vkey(str(cosigner_vkey(W1))) == VKey(W1.name, COSIGNATURE, W1.public_key)


def test_a_checkpoint_with_extension_lines_is_cosigned_whole() -> None:
    text = f"{TEXT}an extension\n"
    line = sign_cosignature(text, NOW_S, W1)
    assert verify_cosignature(text, line, cosigner_vkey(W1)).time_s == NOW_S
    with pytest.raises(BadNote, match="does not verify"):
        verify_cosignature(TEXT, line, cosigner_vkey(W1))


@pytest.mark.parametrize("time_s", [0, -1, 253_402_300_800])
def test_a_time_that_states_nothing_is_never_signed(time_s: int) -> None:
    with pytest.raises(ValueError, match="time"):
        sign_cosignature(TEXT, time_s, W1)


def test_what_is_no_checkpoint_is_never_cosigned() -> None:
    with pytest.raises(Malformed):
        sign_cosignature("plimsoll/key-proof/v1\nacme.example/rsp\n", NOW_S, W1)


def test_a_cosignature_is_the_keys_own_over_this_text_at_this_time() -> None:
    line, vkey = sign_cosignature(TEXT, NOW_S, W1), cosigner_vkey(W1)
    other = parse_note(sign_checkpoint(8, EMPTY_ROOT, LOG)).text
    with pytest.raises(BadNote, match="does not verify"):
        verify_cosignature(other, line, vkey)
    with pytest.raises(BadNote, match="not by"):
        verify_cosignature(TEXT, line, cosigner_vkey(W2))
    moved = NoteSignature(line.name, line.key_id, (NOW_S + 1).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(BadNote, match="does not verify"):
        verify_cosignature(TEXT, moved, vkey)
    late = NoteSignature(line.name, line.key_id, (2**63).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(BadNote, match="past the year 9999"):
        verify_cosignature(TEXT, late, vkey)
    with pytest.raises(ValueError, match="no cosigner"):
        verify_cosignature(TEXT, line, vkey_of(LOG))


def test_lines_of_other_types_are_ignored_and_a_bad_one_of_ours_is_not() -> None:
    # Type 0x06 is ML-DSA-44: 8 bytes of time and 2,420 of signature, under another key id.
    key_id = hashlib.sha256(b"witness.example/w1\n\x06" + bytes(1312)).digest()[:4]
    foreign = NoteSignature("witness.example/w1", key_id, bytes(2428))
    line = sign_cosignature(TEXT, NOW_S, W1)
    found = find_cosignatures(TEXT, [foreign, line], [cosigner_vkey(W1), cosigner_vkey(W2)])
    assert [item.line for item in found] == [line]
    flipped = line.signature[:-1] + bytes([line.signature[-1] ^ 1])
    broken = NoteSignature(line.name, line.key_id, flipped)
    with pytest.raises(BadNote):
        find_cosignatures(TEXT, [foreign, broken, line], [cosigner_vkey(W1)])


def test_lines_travel_alone() -> None:
    lines = [sign_cosignature(TEXT, NOW_S, W1), sign_cosignature(TEXT, NOW_S, W2)]
    text = format_signature_lines(lines)
    assert text.count("\u2014 ") == text.count("\n") == 2
    assert parse_signature_lines(text) == tuple(lines)
    for bad in ("", text[:-1], f"\n{text}", "no line\n", text.replace("\u2014", "-")):
        with pytest.raises(Malformed):
            parse_signature_lines(bad)


def test_each_witness_counts_once_in_a_note() -> None:
    early, late = (
        verify_cosignature(TEXT, sign_cosignature(TEXT, NOW_S + at, W1), cosigner_vkey(W1)) for at in (0, 9)
    )
    other = verify_cosignature(TEXT, sign_cosignature(TEXT, NOW_S + 5, W2), cosigner_vkey(W2))
    assert newest_of([late, other, early]) == [late, other]
    assert earliest_of([late, other, early]) == [early, other]
    stray = NoteSignature("somebody.example", b"idid", bytes(64))
    with_stray = format_note(Note(TEXT, (*parse_note(NOTE).signatures, stray)))
    both = attach_cosignatures(with_stray, [vkey_of(LOG)], [late, other])
    assert [line.name for line in parse_note(both).signatures] == [ORIGIN, W1.name, W2.name]
    swapped = replace_cosignatures(both, [cosigner_vkey(W1)], [early])
    assert [line.name for line in parse_note(swapped).signatures] == [ORIGIN, W2.name, W1.name]
    assert parse_note(swapped).signatures[2] == early.line
