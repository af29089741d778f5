"""Refuse to sign what does not extend the newest checkpoint that is known outside the database.

A database that was put back to an older state is sound in itself: its head fits its tiles, its note is
signed. Appending to it signs a second history of the sizes after it, and whoever holds a checkpoint of the
first one then has proof of a fork. So before anything is signed, the log is compared with every checkpoint
that something *outside* the database still knows:

    high-water      a file beside the database, in which the sequencer itself notes each head
    checkpoint      what is published
    seen/<person>   what each author's client has held
    a witness       what it has cosigned last, where it can be reached

Each of them is a `Source`. The sequencer asks them when it takes a log over, and again whenever it finds
another head than the one it left. What none of them knows, nobody can be shown to have been given.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_ledger.directory import FULL_ERRORS
from plimsoll_ledger.errors import (
    BadNote,
    FatalSequencing,
    LedgerError,
    Malformed,
    StorageFailed,
    StorageFull,
)
from plimsoll_ledger.note import MAX_NOTE_SIZE
from plimsoll_ledger.reading import Reader
from plimsoll_ledger.tree import root_at

_SLOT = 4096
_WAY_OUT = (
    "append nothing: it would fork the log. Was a backup put back? Restore a newer one, or fetch what is "
    "missing from what was published; see docs/guides/backup.md"
)


class WentBack(FatalSequencing):
    """The database is older than, or another history than, a checkpoint that this log has signed.

    Attributes:
        size: What the database has.
        known_size: What the checkpoint is over.
        where: Who knows it.
    """

    def __init__(self, message: str, size: int, known: Checkpoint, where: str) -> None:
        """Take what disagrees; the hint says the way out."""
        super().__init__(message, hint=_WAY_OUT)
        self.size = size
        self.known_size = known.size
        self.where = where


@dataclass(frozen=True, slots=True)
class Known:
    """A checkpoint that is known outside the database.

    Attributes:
        where: Who knows it, as a person would name it.
        note: The signed note; nobody has checked it yet.
    """

    where: str
    note: bytes


class Source(Protocol):
    """Something outside the database that remembers checkpoints."""

    def known(self) -> Iterable[Known]:
        """Return what it remembers; nothing, if it has nothing or cannot be asked.

        Raises:
            LedgerError: if what it remembers cannot be read, though it is there.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileSource:
    """Checkpoints in files, such as the published one."""

    paths: Sequence[Path]

    def known(self) -> Iterator[Known]:
        """Yield the content of each file that is there."""
        for path in self.paths:
            try:
                with _translated("read", path), path.open("rb") as file:
                    note = file.read(MAX_NOTE_SIZE + 1)
            except (FileNotFoundError, NotADirectoryError):
                continue
            yield Known(str(path), note)


class HighWater:
    """The file that notes each head after it has committed and before anybody hears of it.

    Two slots of 4,096 bytes are written in turn, each with a note that is filled up with newlines: a write
    that was cut off leaves the other slot. It is not brought to disk with each append, which would double
    what an append costs, but when it is closed: a loss of power may take the last notes, and is followed by
    the database's own recovery, not by a restored backup.
    """

    def __init__(self, path: Path, vkeys: Sequence[VKey]) -> None:
        """Take the file, which is made with the first note, and the keys that sign the notes in it."""
        self._path = path
        self._vkeys = tuple(vkeys)
        self._handle: int | None = None
        self._next = 0
        self._size = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def known(self) -> Iterator[Known]:
        """Yield the highest note.

        Raises:
            FatalSequencing: if there is a file, and no note of this log in it.
        """
        newest: tuple[int, int, bytes] | None = None
        data = b""
        with contextlib.suppress(FileNotFoundError), _translated("read", self._path):
            data = self._path.read_bytes()
        for slot in range(2):
            note = data[slot * _SLOT : (slot + 1) * _SLOT].rstrip(b"\n\0") + b"\n"
            with contextlib.suppress(BadNote, Malformed):
                newest = max(newest or (0, 0, b""), (verify_checkpoint(note, self._vkeys).size, slot, note))
        if newest is not None:
            self._size, slot, note = newest
            self._next = 1 - slot
            yield Known(str(self._path), note)
        elif data.strip(b"\n\0"):
            raise FatalSequencing(
                f"{self._path} holds no checkpoint of this log",
                hint="compare the log with what was published; if it is whole, remove that file",
            )

    def hold(self, size: int, note: bytes) -> None:
        """Note a head, unless a higher one is noted.

        Raises:
            StorageFull, StorageFailed: if it cannot be written.
        """
        if size <= self._size:
            return
        if len(note) > _SLOT:
            raise ValueError(f"a note of {len(note)} bytes, a slot has {_SLOT}")
        with _translated("write", self._path):
            if self._handle is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                self._handle = os.open(self._path, flags, 0o644)
            slot = note.ljust(_SLOT, b"\n")
            if (written := os.pwrite(self._handle, slot, self._next * _SLOT)) != _SLOT:
                raise StorageFull(f"only {written} bytes of {self._path} could be written", hint="make room")
        self._size, self._next = size, 1 - self._next

    def close(self) -> None:
        """Bring the file to disk and close it."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            with _translated("write", self._path):
                os.fsync(handle)
        finally:
            with contextlib.suppress(OSError):  # It is on disk, or we have said that it is not.
                os.close(handle)


class Memory:
    """All that is remembered outside one database."""

    def __init__(self, high_water: HighWater | None = None, sources: Sequence[Source] = ()) -> None:
        """Take where heads are noted, and what else knows checkpoints of this log."""
        self._high_water = high_water
        self._sources = sources if high_water is None else (high_water, *sources)

    def verify(self, reader: Reader, vkeys: Sequence[VKey]) -> None:
        """Check that the log extends every checkpoint that is known, then note its head.

        Raises:
            WentBack: if it does not; says both sizes, who knows the newer one, and the way out.
            FatalSequencing: if a checkpoint that is known is not this log's.
            StorageFull, StorageFailed: if one cannot be read, or the head not be noted.
        """
        for source in self._sources:
            for known in source.known():
                verify_extends(reader, vkeys, known)
        head = reader.head()
        if head.size:
            self.hold(head.size, head.note)

    def hold(self, size: int, note: bytes) -> None:
        """Note a head that has committed, before anybody hears of it."""
        if self._high_water is not None:
            self._high_water.hold(size, note)

    def close(self) -> None:
        """Bring what was noted to disk."""
        if self._high_water is not None:
            self._high_water.close()


def verify_extends(reader: Reader, vkeys: Sequence[VKey], known: Known) -> Checkpoint:
    """Check that the log extends one checkpoint; return it.

    Raises:
        WentBack: if it does not.
        FatalSequencing: if the checkpoint is not this log's.
    """
    try:
        old = verify_checkpoint(known.note, vkeys)
    except (BadNote, Malformed) as error:
        raise FatalSequencing(
            f"the checkpoint in {known.where} is not one of this log: {error}",
            hint="see whose it is; nothing is signed as long as it is there",
        ) from error
    size = reader.head().size
    if old.size > size:
        raise WentBack(
            f"the database has {size} entries, and {known.where} knows a checkpoint over {old.size}",
            size,
            old,
            known.where,
        )
    try:
        root = root_at(reader, old.size)
    except LedgerError as error:
        raise FatalSequencing(
            f"the tree of size {old.size} cannot be read: {error}", hint=_WAY_OUT
        ) from error
    if root != old.root:
        raise WentBack(
            f"the database has another history than {known.where} knows: root {root.hex()} at size "
            f"{old.size} of {size}, there {old.root.hex()}",
            size,
            old,
            known.where,
        )
    return old


@contextlib.contextmanager
def _translated(doing: str, path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        kind = StorageFull if error.errno in FULL_ERRORS else StorageFailed
        raise kind(f"cannot {doing} {path}: {error.strerror}", hint="mend that, then try again") from error
