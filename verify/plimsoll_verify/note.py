"""Signed notes: a text, a blank line, and lines that each say who signed it.

    <text, which ends in a newline>
    <newline>
    U+2014 SP <key name> SP <base64 of (4 bytes of key id || signature)> <newline>
    ...

The text may itself hold blank lines: it is split from the signatures at the *last* one. A signature under a
name and key id that the reader does not know is passed over. One under a known key must verify, else the
whole note is refused, and at least one must.

Source: SPEC 2.1 / C2SP signed-note.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass

from plimsoll_verify import mldsa
from plimsoll_verify.cosigned import message_with_name, message_with_text
from plimsoll_verify.encoding import parse_base64, sample
from plimsoll_verify.errors import BadSignature, Malformed
from plimsoll_verify.limits import MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, MAX_ORIGIN_BYTES, MAX_TIME_S
from plimsoll_verify.points import verify_key, verify_signature

ED25519 = 1
COSIGNATURE = 4
COSIGNATURE_ML_DSA = 6
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key that a reader knows, by a name.

    Attributes:
        name: what signature lines call it.
        key_type: ED25519 (plain signatures), or a witness's, with a time: COSIGNATURE, COSIGNATURE_ML_DSA.
        key: the public key, 32 bytes; of ML-DSA-44 1,312.
        key_id: 4 bytes.
    """

    name: str
    key_type: int
    key: bytes
    key_id: bytes


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, not verified: `signature` is what follows the key id."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note in its parts; nothing about it is verified."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that verifies; `time_s` is what a cosignature states, in seconds since 1970, or None."""

    key: VerifierKey
    time_s: int | None


def is_key_name(name: str) -> bool:
    """Say whether a note's signature line could carry this name."""
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def parse_vkey(text: str, check: str, *key_types: int) -> VerifierKey:
    """Read `<name>+<hex key id>+<base64 of (type || key)>`.

    Args:
        text: the vkey; its base64 may hold further plus signs.
        check: name of the check, for the error.
        key_types: the types that are of use here; by default ED25519.

    Raises:
        Malformed: another form, another type, an ML-DSA-44 key of another length, or a key id that is not of
            this name and key.
        BadSignature: the key is no acceptable point.

    Source: SPEC 1.7 / C2SP signed-note.
    """
    name, key_id, encoded = (*text.split("+", 2), "", "")[:3]
    if not is_key_name(name) or _CONTROL.search(name):
        raise Malformed(check, "a vkey <name>+<key id>+<base64>", sample(text))
    data = parse_base64(encoded, check, "the key of a vkey")
    types = key_types or (ED25519,)
    if not data or data[0] not in types:
        raise Malformed(check, f"a key of type {list(types)}", f"type {list(data[:1])} in {sample(text)}")
    if data[0] != COSIGNATURE_ML_DSA:
        verify_key(data[1:], check)
    elif len(data) != 1 + mldsa.KEY_BYTES:
        raise Malformed(check, f"an ML-DSA-44 key of {mldsa.KEY_BYTES} bytes", f"{len(data) - 1} bytes")
    elif len(name.encode()) > MAX_ORIGIN_BYTES:
        raise Malformed(check, f"a cosigner's name of at most {MAX_ORIGIN_BYTES} bytes", sample(name))
    right_id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if key_id != right_id.hex():
        raise Malformed(check, f"key id {right_id.hex()} for this name and key", sample(key_id))
    return VerifierKey(name, data[0], data[1:], right_id)


def parse_note(data: bytes, check: str) -> Note:
    """Take a signed note apart.

    Not verified: any signature.

    Args:
        data: the note, at most 128 KiB.
        check: name of the check, for the error.

    Raises:
        Malformed: too long, no UTF-8, control characters, no blank line, no or too many signature lines, or
            one that is not of their form.

    Source: SPEC 2.1, 1.8 / C2SP signed-note.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise Malformed(check, f"a note of at most {MAX_NOTE_BYTES} bytes", "a longer one")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(check, "a note in UTF-8", f"something else at byte {error.start}") from None
    if _CONTROL.search(whole):
        raise Malformed(check, "a note without control characters", sample(whole))
    text, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise Malformed(check, "a text, a blank line and signature lines", sample(whole))
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_NOTE_SIGNATURES:
        raise Malformed(check, f"at most {MAX_NOTE_SIGNATURES} signature lines", f"{len(lines)}")
    return Note(text + "\n", tuple(_parse_signature_line(line, check) for line in lines))


def _parse_signature_line(line: str, check: str) -> NoteSignature:
    dash, name, encoded = (*line.split(" ", 2), "", "")[:3]
    if dash != "\u2014" or not is_key_name(name):
        raise Malformed(check, "a signature line: an em dash, a name, base64", sample(line))
    data = parse_base64(encoded, check, "a signature line")
    if len(data) < 5:
        raise Malformed(check, "a key id and a signature", f"{len(data)} bytes")
    return NoteSignature(name, data[:4], data[4:])


def verify_note(note: Note, keys: tuple[VerifierKey, ...], check: str) -> tuple[Signed, ...]:
    """Verify each signature whose key is known; returns them in the order of the note, perhaps none.

    Of ML-DSA-44 keys they are passed over where nothing here can check them (see `unchecked`).

    Raises:
        BadSignature: a known key's signature does not verify.
        Malformed: a cosignature's time is past the year 9999.

    Source: SPEC 2.1 / C2SP signed-note, tlog-cosignature.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signed = []
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            with suppress(mldsa.NoExtra):
                signed.append(Signed(key, _verify_line(note.text, line, key, check)))
    return tuple(signed)


def unchecked(note: Note, keys: tuple[VerifierKey, ...]) -> tuple[VerifierKey, ...]:
    """Return the known keys of which a note has signatures that nothing here can check.

    Source: SPEC 2.5.
    """
    lines = {(line.name, line.key_id) for line in note.signatures}
    found = [key for key in keys if key.key_type == COSIGNATURE_ML_DSA and (key.name, key.key_id) in lines]
    return () if not found or mldsa.is_available() else tuple(found)


def _verify_line(text: str, line: NoteSignature, key: VerifierKey, check: str) -> int | None:
    try:
        if key.key_type == ED25519:
            verify_signature(key.key, text.encode(), line.signature, check)
            return None
        # u64 of seconds || signature.
        time_s, signature = int.from_bytes(line.signature[:8], "big"), line.signature[8:]
        if time_s > MAX_TIME_S:
            raise Malformed(check, "a cosignature of before the year 10000", f"time {time_s}")
        if key.key_type == COSIGNATURE:
            verify_signature(key.key, message_with_text(text, time_s), signature, check)
            return time_s
        message = message_with_name(key.name, text, time_s, check)
        mldsa.verify_signature(key.key, message, signature, check)
    except BadSignature as error:
        actual = f"for the name {sample(line.name)}, {error.actual}"
        raise BadSignature(check, error.expected, actual) from None
    # 0 states no time: that the tree was the newest one is not said then.
    return time_s or None
