r"""Read, write, sign and check C2SP signed notes.

A note is text, a blank line, and signature lines:

    acme.example/rsp\n                         the text: UTF-8, ends in a newline, no control
    17\n                                       characters below 0x20 but the newline
    6oYZ...=\n
    \n                                         the *last* blank line parts text from signatures
    — acme.example/rsp JkF3...=\n              U+2014 SP key name SP base64(key id[4] || signature)
    — witness.example 9bQA...=\n

What is signed is the text with its last newline. A key is known by name and key id together. Lines by
unknown keys are ignored (anybody may add one); a line by a *known* key that does not verify rejects
the whole note, and so does a note that no known key has signed.

Source: SPEC 2.1 / C2SP signed-note; C2SP tlog-cosignature for keys of types 0x04 and 0x06.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from plimsoll_keys.errors import KeysError, UnsupportedKey
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import COSIGNATURE_ML_DSA, ED25519, VKey, key_id
from plimsoll_ledger.cosigned import cosigned_message
from plimsoll_ledger.encoding import format_base64, parse_base64
from plimsoll_ledger.errors import BadNote, Malformed

MAX_NOTE_SIZE = 128 * 1024
"""The longest note that is read, in bytes: 32 witnesses' ML-DSA-44 lines fit. Source: SPEC 1.8."""

MAX_SIGNATURES = 256
"""The most signature lines that are read; C2SP asks for at least 16. Source: SPEC 1.8."""

MAX_TIME_S = 253_402_300_799
"""The last time that a cosignature may state: the end of the year 9999, in seconds. Source: SPEC 1.4."""

_KEY_ID_SIZE = 4
_DASH = "\u2014 "
_BLANK_LINE = "\n\n"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line.

    Attributes:
        name: The key's name, as the line has it.
        key_id: The 4 bytes that tell keys of one name apart.
        signature: What follows them: 64 bytes for Ed25519, for a cosignature 72 or 2,428, or anything.
    """

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note nobody has checked yet.

    Attributes:
        text: What is signed, with its last newline.
        signatures: The signature lines, in order.
    """

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note whose signatures by known keys all verified, and there was at least one.

    Attributes:
        text: What was signed.
        signers: The known keys that signed it, in the order of their first lines.
        times_s: For each cosigner's vkey, the time it states, in UTC seconds since the epoch.
    """

    text: str
    signers: tuple[VKey, ...]
    times_s: dict[VKey, int]


def parse_note(data: bytes) -> Note:
    """Take a note apart, without checking a signature.

    Args:
        data: At most 128 KiB.

    Raises:
        Malformed: if the bytes are no signed note.
    """
    if len(data) > MAX_NOTE_SIZE:
        raise Malformed(f"a note of {len(data)} bytes, at most {MAX_NOTE_SIZE} are read")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("a note is UTF-8, and this is not") from None
    if _CONTROL.search(whole) is not None:
        raise Malformed("a note has no control characters but newlines, and this has one")
    split = whole.rfind(_BLANK_LINE)
    if split < 0:
        raise Malformed("a note has a blank line before its signatures, and this has none")
    text, lines = whole[: split + 1], whole[split + len(_BLANK_LINE) :]
    return Note(text, parse_signature_lines(lines))


def parse_signature_lines(lines: str) -> tuple[NoteSignature, ...]:
    """Take signature lines apart: those of a note, or those that a witness answers with.

    Args:
        lines: One line or more, each with its newline.

    Raises:
        Malformed: if one is no signature line, or there are too many.
    """
    if not lines.endswith("\n"):
        raise Malformed("a note ends with a signature line and a newline, and this does not")
    signatures = tuple(_parse_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise Malformed(f"a note with {len(signatures)} signatures, at most {MAX_SIGNATURES} are read")
    return signatures


def _parse_signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_name(name):
        raise Malformed("a signature line is a dash, a key name and base64, and this is not")
    value = parse_base64(encoded, "a note's signature")
    if len(value) <= _KEY_ID_SIZE:
        raise Malformed(f"a note's signature has a 4-byte key id and more, got {len(value)} bytes")
    return NoteSignature(name, value[:_KEY_ID_SIZE], value[_KEY_ID_SIZE:])


def _is_name(name: str) -> bool:
    """Tell whether this may name a key: something, without spaces of any script and without `+`."""
    return name != "" and "+" not in name and not any(char.isspace() for char in name)


def format_note(note: Note) -> bytes:
    """Write a note's bytes: text, blank line, signature lines."""
    return f"{note.text}\n{format_signature_lines(note.signatures)}".encode()


def format_signature_lines(signatures: Iterable[NoteSignature]) -> str:
    """Write signature lines, each with its newline; the pair of `parse_signature_lines`."""
    return "".join(
        [f"{_DASH}{line.name} {format_base64(line.key_id + line.signature)}\n" for line in signatures]
    )


def sign_note(text: str, signer: Signer) -> Note:
    """Sign a text with an Ed25519 key, under the signer's name.

    Raises:
        ValueError: if the text does not end in a newline, or has other control characters.
    """
    if not text.endswith("\n") or _CONTROL.search(text) is not None:
        raise ValueError("a note's text ends in a newline and has no other control characters")
    key = key_id(signer.name, ED25519, signer.public_key)
    return Note(text, (NoteSignature(signer.name, key, signer.sign(text.encode())),))


def verify_note(note: Note, known: Iterable[VKey]) -> VerifiedNote:
    """Check every signature by a known key; there must be one.

    Raises:
        BadNote: if a known key's signature does not verify, or no known key has signed.
    """
    by_id: dict[tuple[str, bytes], VKey] = {}
    for vkey in known:
        # Four bytes collide easily; then nobody could tell whose signature a line is.
        if by_id.setdefault((vkey.name, vkey.key_id), vkey) != vkey:
            raise BadNote(f"two known keys have the name {vkey.name} and one key id")
    signers: dict[VKey, None] = {}
    times_s: dict[VKey, int] = {}
    for line in note.signatures:
        signer = by_id.get((line.name, line.key_id))
        if signer is None:
            continue
        time_s = verify_line(note.text, line, signer)
        if time_s is not None:
            times_s[signer] = time_s
        signers[signer] = None
    if not signers:
        names = ", ".join(sorted({name for name, _ in by_id})) or "no key at all"
        raise BadNote(f"the note is not signed by any known key ({names})")
    return VerifiedNote(note.text, tuple(signers), times_s)


def verify_line(text: str, line: NoteSignature, vkey: VKey) -> int | None:
    """Check one line by a known key; return the time that a cosignature states, in seconds.

    One of ML-DSA-44 may state none (0), and then says only that the cosigner saw that tree.

    Raises:
        BadNote: if it does not verify, cannot be verified here, or states a time past the year 9999.
        Malformed: if an ML-DSA-44 key is to have cosigned what is no checkpoint.
    """
    message, signature, time_s = text.encode(), line.signature, None
    if vkey.key_type != ED25519:
        time_s, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        if time_s > MAX_TIME_S:
            raise BadNote(f"the cosignature by {vkey.name} states the time {time_s}, past the year 9999")
        message = cosigned_message(vkey, text, time_s)
    try:
        vkey.verify(message, signature)
    except UnsupportedKey as error:
        raise BadNote(f"the note's signature by {vkey.name} cannot be checked: {error}") from None
    except KeysError:
        raise BadNote(f"the note's signature by {vkey.name} does not verify") from None
    return None if vkey.key_type == COSIGNATURE_ML_DSA and time_s == 0 else time_s
