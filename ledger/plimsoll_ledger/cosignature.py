r"""Make, read, check and attach cosignatures: a witness's word that a checkpoint continues what it saw.

    \u2014 witness.example/w1 base64(key id[4] || seconds[8, big endian] || signature)\n

The signature, of 64 bytes for Ed25519 and 2,420 for ML-DSA-44, is over what `cosigned` says. It says: at this
time, the largest tree of this log that I know of has this root, and continues all I knew before.

Source: SPEC 2.5 / C2SP tlog-cosignature. Lines of other types are lines by unknown keys: kept, and ignored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plimsoll_keys.mldsa import PUBLIC_KEY_BYTES as ML_DSA_PUBLIC_KEY_BYTES
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import COSIGNATURE, COSIGNATURE_ML_DSA, COSIGNATURES, VKey
from plimsoll_ledger.checkpoint import parse_checkpoint
from plimsoll_ledger.cosigned import cosigned_message
from plimsoll_ledger.errors import BadNote
from plimsoll_ledger.note import (
    MAX_TIME_S,
    Note,
    NoteSignature,
    format_note,
    parse_note,
    verify_line,
)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that verifies.

    Attributes:
        vkey: The witness's key.
        time_s: The time that the witness states, in UTC seconds since the epoch.
        line: The signature line.
    """

    vkey: VKey
    time_s: int
    line: NoteSignature


def cosigner_vkey(signer: Signer) -> VKey:
    """Return the vkey under which a signer's cosignatures verify: of type 0x04, or 0x06 for ML-DSA-44.

    A public key's length tells which it is; none is of both.
    """
    is_ml_dsa = len(signer.public_key) == ML_DSA_PUBLIC_KEY_BYTES
    return VKey(signer.name, COSIGNATURE_ML_DSA if is_ml_dsa else COSIGNATURE, signer.public_key)


def sign_cosignature(text: str, time_s: int, signer: Signer) -> NoteSignature:
    """Cosign a checkpoint's text. What was checked before is the caller's business: see `witness.core`.

    Args:
        text: The checkpoint's whole text, extension lines included.
        time_s: Now, in UTC seconds since the epoch; never 0, which would say that no time is stated.
        signer: The witness's key.

    Raises:
        Malformed: if the text is no checkpoint's, or not one that a key of this type can sign.
        ValueError: if the time is 0, negative, or past the year 9999.

    Source: SPEC 2.5 / C2SP tlog-cosignature
    """
    parse_checkpoint(text)
    if not 0 < time_s <= MAX_TIME_S:
        raise ValueError(f"a cosignature's time is from 1 to {MAX_TIME_S} seconds, got {time_s}")
    vkey = cosigner_vkey(signer)
    signature = signer.sign(cosigned_message(vkey, text, time_s))
    return NoteSignature(vkey.name, vkey.key_id, time_s.to_bytes(8, "big") + signature)


def verify_cosignature(text: str, line: NoteSignature, vkey: VKey) -> Cosignature:
    """Check a line that is a witness's.

    Raises:
        BadNote: if it is another key's, does not verify, or states no time.
        ValueError: if the key is none that cosigns.
    """
    if vkey.key_type not in COSIGNATURES:
        raise ValueError(f"{vkey.name} is no cosigner's key")
    if (line.name, line.key_id) != (vkey.name, vkey.key_id):
        raise BadNote(f"the line is not by {vkey.name}")
    time_s = verify_line(text, line, vkey)
    if time_s is None:
        raise BadNote(f"the cosignature by {vkey.name} states no time")
    return Cosignature(vkey, time_s, line)


def find_cosignatures(
    text: str, lines: Iterable[NoteSignature], witnesses: Iterable[VKey]
) -> list[Cosignature]:
    """Return the cosignatures by known witnesses among lines, each checked; all other lines are ignored.

    Raises:
        BadNote: if one by a known witness does not verify.
    """
    known = {(vkey.name, vkey.key_id): vkey for vkey in witnesses}
    return [
        verify_cosignature(text, line, known[line.name, line.key_id])
        for line in lines
        if (line.name, line.key_id) in known
    ]


def attach_cosignatures(note: bytes, log_keys: Iterable[VKey], found: Iterable[Cosignature]) -> bytes:
    """Return a checkpoint with the log's own signature lines and these cosignatures, and no other line.

    Args:
        note: The checkpoint as the log signed it.
        log_keys: The log's keys, whose lines are kept.
        found: Cosignatures over the same text.

    Raises:
        Malformed: if the note is none.
    """
    parsed = parse_note(note)
    own = {(vkey.name, vkey.key_id) for vkey in log_keys}
    lines = [line for line in parsed.signatures if (line.name, line.key_id) in own]
    return format_note(Note(parsed.text, (*lines, *(item.line for item in found))))


def replace_cosignatures(note: bytes, witnesses: Iterable[VKey], found: Iterable[Cosignature]) -> bytes:
    """Return a checkpoint with these cosignatures instead of all others by the same witnesses.

    Args:
        note: A checkpoint; its lines by other keys are kept.
        witnesses: Whose lines are taken out.
        found: Cosignatures over the same text.

    Raises:
        Malformed: if the note is none.
    """
    parsed = parse_note(note)
    theirs = {(vkey.name, vkey.key_id) for vkey in witnesses}
    lines = [line for line in parsed.signatures if (line.name, line.key_id) not in theirs]
    return format_note(Note(parsed.text, (*lines, *(item.line for item in found))))


def newest_of(found: Iterable[Cosignature]) -> list[Cosignature]:
    """Return each witness's newest cosignature, which says how fresh a checkpoint is; sorted by name."""
    return _one_each(sorted(found, key=lambda item: item.time_s))


def earliest_of(found: Iterable[Cosignature]) -> list[Cosignature]:
    """Return each witness's earliest cosignature, which bounds when entries were there; sorted by name."""
    return _one_each(sorted(found, key=lambda item: -item.time_s))


def _one_each(ordered: Iterable[Cosignature]) -> list[Cosignature]:
    last = {item.vkey: item for item in ordered}
    return sorted(last.values(), key=lambda item: (item.vkey.name, item.vkey.key_id))
