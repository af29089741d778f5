"""Read a ledger's database within one transaction, so that all that is read belongs together.

Nothing here checks a signature or a hash: `Sequencer`, `publish` and `fsck` do, each what it relies
on. Statements are built on the models' tables and compiled once for each dialect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)

from plimsoll_ledger.admission import Entry
from plimsoll_ledger.database import Prepared
from plimsoll_ledger.errors import FatalSequencing, Malformed, NotFound
from plimsoll_ledger.hashing import HASH_SIZE, Hash
from plimsoll_ledger.models import CheckpointRow, EntryRow, HeadRow, TileRow, table
from plimsoll_ledger.tiles import TILE_WIDTH, Tile, format_tile_path

_CHUNK = 512
_ENTRY = table(EntryRow)
_TILE = table(TileRow)
_HEAD = table(HeadRow)
_CHECKPOINT = table(CheckpointRow)
_ONE: ColumnElement[int] = literal_column("1")  # Spelled out: a prepared statement has named parameters only.


@dataclass(frozen=True, slots=True)
class Head:
    """What the log says of itself: the newest tree, signed.

    Attributes:
        size: How many entries.
        root: The root over them.
        time_ms: The last entry's time; 0 while there is none.
        note: The signed checkpoint; empty while there is no entry.
        tail: The hashes of the last `size % 32` leaves, 32 bytes each, which the row of their tile lacks.
    """

    size: int
    root: Hash
    time_ms: int
    note: bytes
    tail: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RetainedCheckpoint:
    """A checkpoint that is kept.

    Attributes:
        size: The tree's size.
        note: The signed note.
        time_ms: The time of the last entry below it.
        published: Whether it was (or was about to be) the published one, not only the last of an hour.
    """

    size: int
    note: bytes
    time_ms: int
    published: bool


class Statements:
    """The statements of the hot paths, compiled for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Compile them all, and see whether the driver can send several without waiting for answers."""
        pipelines = getattr(dialect.loaded_dbapi, "Pipeline", None)
        self.has_pipelines = pipelines is not None and bool(pipelines.is_supported())
        columns = (_HEAD.c.size, _HEAD.c.root, _HEAD.c.time_ms, _HEAD.c.note, _HEAD.c.tail)
        head = select(*columns).where(_HEAD.c.id == _ONE)
        columns = (_ENTRY.c.index, _ENTRY.c.leaf, _ENTRY.c.ident, _ENTRY.c.topic, _ENTRY.c.time_ms)
        self.head = Prepared(head, dialect)
        self.lock_head = Prepared(head.with_for_update(), dialect)  # SQLite has it by BEGIN IMMEDIATE.
        self.entry = Prepared(select(*columns).where(_ENTRY.c.index == bindparam("at")), dialect)
        self.entries = Prepared(
            select(*columns)
            .where(_ENTRY.c.index >= bindparam("start"), _ENTRY.c.index < bindparam("stop"))
            .order_by(_ENTRY.c.index),
            dialect,
        )
        self.ident = Prepared(select(_ENTRY.c.index).where(_ENTRY.c.ident == bindparam("wanted")), dialect)
        self.tile = Prepared(
            select(_TILE.c.hashes, _TILE.c.middle).where(
                _TILE.c.level == bindparam("at"), _TILE.c.n == bindparam("number")
            ),
            dialect,
        )
        self.insert_entry = Prepared(insert(_ENTRY), dialect)
        self.insert_tile = Prepared(insert(_TILE), dialect)
        self.grow_tile = Prepared(
            update(_TILE)
            .where(_TILE.c.level == bindparam("at"), _TILE.c.n == bindparam("number"))
            .values(hashes=bindparam("grown"), middle=bindparam("halfway")),
            dialect,
        )
        self.move_head = Prepared(
            update(_HEAD)
            .where(_HEAD.c.id == _ONE, _HEAD.c.size == bindparam("old_size"))
            .values(
                size=bindparam("new_size"),
                root=bindparam("new_root"),
                time_ms=bindparam("new_time_ms"),
                note=bindparam("new_note"),
                tail=bindparam("new_tail"),
            ),
            dialect,
        )


class Reader:
    """All that can be read of a ledger, as it stands in one transaction.

    It is also the `LogView` that admission gets, and the `HashReader` that proofs are built from.
    """

    def __init__(self, connection: Connection, statements: Statements) -> None:
        """Read through a connection that is inside a transaction."""
        self._connection = connection
        # What is read and written for each append goes straight to the driver: the statements are
        # Core's, but its handling of each single one would cost as much as the append itself.
        driver: Any = connection.connection.dbapi_connection
        self._driver = driver
        self._cursor = driver.cursor()
        self._statements = statements
        self._head: Head | None = None

    def _run(self, statement: Prepared, **values: Any) -> Any:
        self._cursor.execute(statement.sql, statement.bind(values))
        return self._cursor

    def head(self) -> Head:
        """Return the head.

        Raises:
            FatalSequencing: if the database has none.
        """
        if self._head is None:
            self._head = self._read_head(self._statements.head)
        return self._head

    def _read_head(self, statement: Prepared) -> Head:
        return self._to_head(self._run(statement).fetchone())

    def _to_head(self, row: Any) -> Head:
        if row is None:
            raise FatalSequencing("the ledger's database has no head", hint="restore a backup")
        try:
            root = Hash(_bytes(row[1]))
        except Malformed as error:
            raise FatalSequencing(f"the head has no root: {error}", hint="restore a backup") from None
        return Head(row[0], root, row[2], _bytes(row[3]), _bytes(row[4]))

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        return self.head().size

    def entry(self, index: int) -> Entry:
        """Return one entry.

        Raises:
            NotFound: if there is none at this index.
        """
        row = self._run(self._statements.entry, at=index).fetchone() if 0 <= index < self.size else None
        if row is None:
            raise NotFound(f"there is no entry {index} in a ledger of {self.size} entries")
        return _to_entry(row)

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Yield entries start..end-1 (to the last by default), reading some hundred at a time.

        Raises:
            NotFound: if `end` is beyond the size.
            FatalSequencing: if one is missing.
        """
        end = self.size if end is None else end
        if not 0 <= start <= end <= self.size:
            raise NotFound(f"there are no entries {start} to {end} in a ledger of {self.size}")
        expected = start
        for row in self.unverified_rows(start, end):
            if row.index != expected:
                break
            yield row
            expected += 1
        if expected != end:
            raise FatalSequencing(f"entry {expected} is missing", hint="run `plimsoll fsck`")

    def unverified_rows(self, start: int, end: int) -> Iterator[Entry]:
        """Yield the rows there are from start to end-1, in order, gaps and all."""
        for low in range(start, end, _CHUNK):
            rows = self._run(self._statements.entries, start=low, stop=min(low + _CHUNK, end)).fetchall()
            yield from map(_to_entry, rows)

    def entries_by_topic(self, topics: Sequence[str], start_index: int = 0) -> Iterator[Entry]:
        """Yield the entries of these topics from `start_index` on, in the log's order."""
        query = (
            select(_ENTRY.c.index, _ENTRY.c.leaf, _ENTRY.c.ident, _ENTRY.c.topic, _ENTRY.c.time_ms)
            .where(_ENTRY.c.topic.in_(topics), _ENTRY.c.index < self.size)
            .order_by(_ENTRY.c.index)
            .limit(_CHUNK)
        )
        while True:
            rows = self._connection.execute(query.where(_ENTRY.c.index >= start_index)).fetchall()
            yield from map(_to_entry, rows)
            if len(rows) < _CHUNK:
                return
            start_index = rows[-1][0] + 1

    def by_topic(self, topic: str) -> Iterator[Entry]:
        """Yield the entries of one topic, in the log's order."""
        return self.entries_by_topic([topic])

    def find_ident(self, ident: bytes) -> int | None:
        """Return the index of the entry with this 32-byte identity, or None."""
        row = self._run(self._statements.ident, wanted=ident).fetchone()
        return None if row is None else int(row[0])

    def read_tiles(self, tiles: Sequence[Tile]) -> list[bytes]:
        """Return the hashes of each tile, as many as are stored, a full tile's middle ones behind them.

        Raises:
            NotFound: if there is no such tile.
        """
        found: list[bytes] = []
        for tile in tiles:
            row = self._run(self._statements.tile, at=tile.level, number=tile.n).fetchone()
            hashes, middle = (b"", b"") if row is None else (_bytes(row[0]), _bytes(row[1] or b""))
            is_short = len(hashes) < tile.width * HASH_SIZE
            if is_short and tile.level == 0 and tile.n == self.size // TILE_WIDTH:
                hashes += self.head().tail
            if not hashes:
                raise NotFound(f"{format_tile_path(tile)} is not there", hint="run `plimsoll fsck`")
            found.append(hashes + middle)
        return found

    def tile_rows(self) -> Iterator[tuple[int, int, bytes, bytes | None]]:
        """Yield every stored tile as (level, n, hashes, middle ones), by level, then number."""
        level, n = 0, -1
        while True:
            after = (_TILE.c.level > level) | ((_TILE.c.level == level) & (_TILE.c.n > n))
            query = select(_TILE).where(after).order_by(_TILE.c.level, _TILE.c.n).limit(_CHUNK)
            rows = self._connection.execute(query).fetchall()
            for level, n, hashes, middle in rows:
                yield level, n, _bytes(hashes), None if middle is None else _bytes(middle)
            if len(rows) < _CHUNK:
                return

    def checkpoints(self, above_size: int = 0) -> list[RetainedCheckpoint]:
        """Return the retained checkpoints of sizes above the given one, smallest first."""
        query = (
            select(_CHECKPOINT.c.size, _CHECKPOINT.c.note, _CHECKPOINT.c.time_ms, _CHECKPOINT.c.published)
            .where(_CHECKPOINT.c.size > above_size)
            .order_by(_CHECKPOINT.c.size)
        )
        rows = self._connection.execute(query)
        return [RetainedCheckpoint(size, _bytes(note), time, flag) for size, note, time, flag in rows]

    def published_size_below(self, size: int) -> int:
        """Return the largest size below the given one whose checkpoint was published, or 0."""
        query = select(func.max(_CHECKPOINT.c.size)).where(
            _CHECKPOINT.c.size < size, _CHECKPOINT.c.published.is_(True)
        )
        return int(self._connection.execute(query).scalar() or 0)

    def last_index(self) -> int:
        """Return the largest index of any entry row, or -1; it is size - 1 in a sound ledger."""
        found = self._connection.execute(select(func.max(_ENTRY.c.index))).scalar()
        return -1 if found is None else int(found)

    def repeated_idents(self) -> list[tuple[bytes, int]]:
        """Return identities that several rows have, each with the largest of their indexes."""
        query = (
            select(_ENTRY.c.ident, func.max(_ENTRY.c.index))
            .group_by(_ENTRY.c.ident)
            .having(func.count() > 1)
            .order_by(func.max(_ENTRY.c.index))
        )
        return [(_bytes(ident), index) for ident, index in self._connection.execute(query)]


def _to_entry(row: Any) -> Entry:
    return Entry(row[0], _bytes(row[1]), _bytes(row[2]), row[3], row[4])


def _bytes(value: Any) -> bytes:
    """Return a column's bytes: drivers differ, and SQLite keeps whatever an edit has put there."""
    if isinstance(value, bytes):
        return value
    return bytes(value) if isinstance(value, memoryview) else str(value).encode()
