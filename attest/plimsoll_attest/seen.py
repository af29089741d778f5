"""What each author's client has seen: the newest checkpoint it held, which every statement then carries.

With it every author witnesses the history. A client that has once held a checkpoint refuses a log that does
not continue it, so that nobody signs under a fork unawares.

Where witnesses have cosigned that checkpoint, their signatures go along: a statement that quotes them was not
made before them, and so bounds its own time, and that of all that follow, from below (SPEC 10.14). Those of
ML-DSA-44 are long: what is quoted has 16 KiB at most, and leaves the longest out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from plimsoll_attest.durable import could_not, write_file
from plimsoll_attest.errors import NotAuthentic
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import parse_checkpoint, verify_checkpoint
from plimsoll_ledger.errors import LedgerError
from plimsoll_ledger.note import Note, format_note, parse_note
from plimsoll_ledger.reading import Reader
from plimsoll_ledger.tree import root_at

MAX_QUOTED_BYTES: Final = 16 * 1024
"""The longest note that a statement quotes: an entry has 65,535 bytes for all that it says. SPEC 4.4."""


def hold_newest(path: Path, reader: Reader, vkeys: Sequence[VKey], *, with_cosignatures: bool = True) -> str:
    """Return the newest checkpoint, after checking that it continues the one held before, and hold it.

    Args:
        path: Where this client keeps the checkpoint for one author.
        reader: The log.
        vkeys: The log's keys.
        with_cosignatures: Whether they go along, if there are any. Not with an act that is dated back: it
            would be of before what its author had seen.

    Raises:
        NotAuthentic: If the log went backwards or shows another history; the held checkpoint stays.
        CouldNotRun: If it cannot be read or kept.

    Source: SPEC 4.5.
    """
    newest = _shortened(_cosigned(reader)) if with_cosignatures else reader.head().note
    held = _read(path)
    if held == newest:
        return newest.decode()
    if held is not None:
        _verify_continues(path, held, reader, vkeys)
    write_file(path, newest)
    return newest.decode()


def _cosigned(reader: Reader) -> bytes:
    """Return the head's note, with cosignatures if it was published with them."""
    head = reader.head()
    kept = [item.note for item in reader.checkpoints(head.size - 1) if item.size == head.size]
    return kept[0] if kept else head.note


def _shortened(note: bytes) -> bytes:
    """Return a note without the longest of its cosignatures, where all of them would fill up an entry."""
    if len(note) <= MAX_QUOTED_BYTES:
        return note
    parsed = parse_note(note)
    # The log's own are shorter than any cosignature, by their time.
    lines = sorted(parsed.signatures, key=lambda line: len(line.signature))
    while len(data := format_note(Note(parsed.text, tuple(lines)))) > MAX_QUOTED_BYTES:
        lines.pop()
    return data


def _verify_continues(path: Path, held: bytes, reader: Reader, vkeys: Sequence[VKey]) -> None:
    hint = f"do not sign; keep {path}: with the log's signature it is evidence. `plimsoll fsck` says more"
    try:
        note = parse_note(held)
        old = parse_checkpoint(note.text)
    except LedgerError as error:
        raise _not_ours(path, error, hint) from None
    is_true = old.size <= reader.size and root_at(reader, old.size) == old.root
    known = {(vkey.name, vkey.key_id) for vkey in vkeys}
    # What is true may be by a key that the log gave up before this home was made (decision 0056).
    if not is_true or any((line.name, line.key_id) in known for line in note.signatures):
        try:
            verify_checkpoint(held, vkeys)
        except LedgerError as error:
            raise _not_ours(path, error, hint) from None
    if old.size > reader.size:
        raise NotAuthentic(f"the log went backwards: it has {reader.size} entries and had {old.size}", hint)
    if not is_true:
        raise NotAuthentic(f"the log shows another history of its first {old.size} entries than before", hint)


def _not_ours(path: Path, error: LedgerError, hint: str) -> NotAuthentic:
    return NotAuthentic(f"the checkpoint held in {path} is not this log's: {error}", hint)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise could_not(f"read {path}", error) from None
