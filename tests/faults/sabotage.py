"""Builds that are broken on purpose, each in one place: the matrix must catch all of them."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from plimsoll_attest import smallbodies
from plimsoll_attest.intake import ServiceIntake
from plimsoll_ledger import headcheck
from plimsoll_ledger import publish as publishing
from plimsoll_ledger.directory import Directory
from plimsoll_ledger.reading import Head
from plimsoll_ledger.sequencer import Sequencer
from plimsoll_ledger.writing import Transaction


def _replace(owner: Any, **parts: Any) -> None:
    for name, part in parts.items():
        setattr(owner, name, part)


def without_fsync() -> None:
    """Bring no file and no folder to disk."""
    _replace(os, fsync=lambda _handle: None)


def without_folders() -> None:
    """Bring the files of a publication to disk, and none of its folders."""
    _replace(Directory, sync=lambda _self: None)


def without_durable_commits() -> None:
    """Let SQLite acknowledge before the disk has it."""
    real = Transaction.lock_head

    def lock_head(self: Transaction) -> Head:
        self._cursor.execute("COMMIT")
        self._cursor.execute("PRAGMA synchronous = OFF")
        self._cursor.execute("BEGIN IMMEDIATE")
        return real(self)

    _replace(Transaction, lock_head=lock_head)


def without_durable_bodies() -> None:
    """Let the bodies that a service takes be acknowledged before the disk has them."""
    _replace(smallbodies, _SETTINGS=("PRAGMA synchronous = OFF",))


def bodies_after_entries() -> None:
    """Keep the bodies that a service takes when the log has what names them, and may have lost it."""
    _replace(ServiceIntake, keep=lambda _self, _prechecked: None)


def head_before_tiles() -> None:
    """Commit entries and head, then the tiles in a transaction of their own."""
    late: list[Any] = []
    write_tiles, move_head = Transaction.write_tiles, Transaction.move_head

    def keep(_self: Transaction, tiles: Any, stored_size: int) -> None:
        late[:] = [tiles, stored_size]

    def move(self: Transaction, old_size: int, head: Head) -> bool:
        moved = move_head(self, old_size, head)
        self._cursor.execute("COMMIT")
        self._cursor.execute("BEGIN IMMEDIATE")
        write_tiles(self, *late)
        return moved

    _replace(Transaction, write_tiles=keep, move_head=move)


def checkpoint_before_tiles() -> None:
    """Replace the published checkpoint before what it implies is there."""
    real = publishing._write_packs

    def write_packs(out: Directory, packs: Iterable[int], size: int, bodies: publishing.Bodies) -> None:
        out.write(publishing.CHECKPOINT, _NOTE[0])
        real(out, packs, size, bodies)

    verify = headcheck.verify_head

    def remember(reader: Any, vkeys: Any) -> Any:
        _NOTE[:] = [reader.head().note]
        return verify(reader, vkeys)

    _replace(publishing, _write_packs=write_packs, verify_head=remember)


def acknowledged_before_commit() -> None:
    """Answer the caller, and leave the transaction to be undone."""
    real = Sequencer._write

    def write(self: Sequencer, transaction: Transaction, *rest: Any) -> Head:
        head = real(self, transaction, *rest)
        transaction._cursor.execute("ROLLBACK")
        transaction._cursor.execute("BEGIN IMMEDIATE")
        return head

    _replace(Sequencer, _write=write)


_NOTE: list[bytes] = []

BUILDS: dict[str, Callable[[], None]] = {
    item.__name__.replace("_", "-"): item
    for item in (
        without_fsync,
        without_folders,
        without_durable_commits,
        without_durable_bodies,
        bodies_after_entries,
        head_before_tiles,
        checkpoint_before_tiles,
        acknowledged_before_commit,
    )
}
