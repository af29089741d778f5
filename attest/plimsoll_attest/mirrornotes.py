"""Retained checkpoints that a mirror has already: which may have been cosigned since, and how to merge them.

A note is merged from the one that the mirror holds and the one that the log shows now, both over the same
text: of each known witness the earliest cosignature, as logs keep them, and the lines of all others. So what
was cosigned later comes to the mirror, and no answer of the log takes a cosignature from it.

Source: SPEC 2.7.
"""

from collections.abc import Iterator
from typing import Final

from plimsoll_ledger.note import MAX_NOTE_SIZE, MAX_SIGNATURES, Note, NoteSignature, format_note, parse_note
from plimsoll_verify.checkpoint import verify_signatures
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.logpolicy import LogPolicy
from plimsoll_verify.note import unchecked

MOST: Final = 1024
"""How many of the newest incomplete notes are asked for again in one run."""

_Key = tuple[str, bytes]


def is_complete(data: bytes, policy: LogPolicy) -> bool:
    """Say whether every witness of the policy has cosigned a retained checkpoint."""
    try:
        _, signed = verify_signatures(data, policy, "retained")
    except VerificationError:
        return False
    return {one.key for one in signed} >= set(policy.witnesses.values())


def merge_notes(held: bytes, shown: bytes, policy: LogPolicy) -> bytes:
    """Return a note with the signatures of both.

    Args:
        held: What the mirror holds.
        shown: What the log shows now; verified.
        policy: Whose signatures can be verified.

    Returns:
        The note shown if the held one is damaged; the held one if the texts differ, or both are too long.
    """
    try:
        verify_signatures(held, policy, "retained")
    except VerificationError:
        return shown
    ours, theirs = parse_note(held), parse_note(shown)
    if ours.text != theirs.text:
        return held
    lines: dict[_Key, NoteSignature] = {}
    times: dict[_Key, int] = {}
    for data in (held, shown):
        for line, time_s in _lines(data, policy):
            name = (line.name, line.key_id)
            if name not in lines or (time_s is not None and time_s < times[name]):
                lines[name] = line
                times[name] = time_s or 0
    merged = format_note(Note(ours.text, tuple(lines.values())))
    return held if len(merged) > MAX_NOTE_SIZE or len(lines) > MAX_SIGNATURES else merged


def _lines(data: bytes, policy: LogPolicy) -> Iterator[tuple[NoteSignature, int | None]]:
    """Yield the signature lines of a verified note, each with a known witness's time."""
    checkpoint, signed = verify_signatures(data, policy, "retained")
    keys = (*policy.logs, *policy.witnesses.values())
    note = parse_note(data)
    unread = unchecked(checkpoint.note, keys)
    known = {(key.name, key.key_id) for key in keys if key not in unread}
    verified = iter(signed)  # One for each line by a known key that can be checked, in order.
    for line in note.signatures:
        yield line, next(verified).time_s if (line.name, line.key_id) in known else None
