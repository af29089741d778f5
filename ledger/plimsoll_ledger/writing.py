"""Write to a ledger's database: the steps of the section that moves the head, each on its own.

Only `sequencer` puts them together. They stand apart from it so that each can be seen, and in tests be
made to fail, alone. All of them run in one transaction: until its commit has returned, nothing has
happened, whatever fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from plimsoll_ledger.admission import Entry
from plimsoll_ledger.database import WRITES, Prepared, begin, commit
from plimsoll_ledger.leading import Lead
from plimsoll_ledger.models import CheckpointRow, table
from plimsoll_ledger.reading import Head, Reader, Statements
from plimsoll_ledger.tiles import TAIL_WIDTH, Tile, middle_hashes

_CHECKPOINT = table(CheckpointRow)
_AT_ONCE = nullcontext()


class Transaction(Reader):
    """A transaction that may write. It reads what it has written itself."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        """Write through a connection that is inside a transaction."""
        super().__init__(connection, statements)
        self._sending: ExitStack | None = None

    def lock_head(self) -> Head:
        """Return the head, and keep every other writer from moving it until this transaction ends."""
        with self.sent_together():  # With the BEGIN before it.
            cursor = self._run(self._statements.lock_head)
        self._head = self._to_head(cursor.fetchone())
        return self._head

    def sent_together(self) -> AbstractContextManager[None]:
        """Send the statements of a block without waiting for the answer to each, where the driver can.

        On PostgreSQL each answer is a round trip, and an append then has three: the head, the writes, the
        commit. An error is raised by `move_head` or at the end of the block; what was sent after it has not
        been run. In the block only the steps below are for use: SQLAlchemy takes an answer that has not come
        for an empty one.
        """
        return self._pipeline() if self._statements.has_pipelines else _AT_ONCE

    @contextmanager
    def _pipeline(self) -> Iterator[None]:
        with ExitStack() as self._sending:
            self._sending.enter_context(self._driver.pipeline())
            yield

    def insert_entries(self, entries: Sequence[Entry]) -> None:
        """Add entries.

        Raises:
            The driver's IntegrityError: if an index or an identity is there already.
        """
        statement = self._statements.insert_entry
        rows = [
            statement.bind(
                {
                    "index": entry.index,
                    "leaf": entry.leaf,
                    "ident": entry.ident,
                    "topic": entry.topic,
                    "time_ms": entry.time_ms,
                }
            )
            for entry in entries
        ]
        self._run_many(statement, rows)

    def write_tiles(self, tiles: Sequence[tuple[Tile, bytes]], stored_size: int) -> None:
        """Store rows of tiles that a tree of `stored_size` has not, or has narrower.

        A tile whose first hash was in a row of the stored tree has its row; any other is new.
        """
        stored_size -= stored_size % TAIL_WIDTH
        grow, add = self._statements.grow_tile, self._statements.insert_tile
        grown, added = [], []
        values: dict[str, int | bytes | None]
        for tile, hashes in tiles:
            first_node = tile.n << 8
            middle = middle_hashes(hashes) if tile.is_full else None
            if first_node < stored_size >> (8 * tile.level):
                values = {"at": tile.level, "number": tile.n, "grown": hashes, "halfway": middle}
                grown.append(grow.bind(values))
            else:
                values = {"level": tile.level, "n": tile.n, "hashes": hashes, "middle": middle}
                added.append(add.bind(values))
        if grown:
            self._run_many(grow, grown)
        if added:
            self._run_many(add, added)

    def _run_many(self, statement: Prepared, rows: Sequence[Any]) -> None:
        cursor = self._new_cursor()
        if len(rows) == 1:
            cursor.execute(statement.sql, rows[0])
        else:
            cursor.executemany(statement.sql, rows)

    def _new_cursor(self) -> Any:
        """Return a cursor for one statement, since that of another may not have been answered yet."""
        return self._driver.cursor() if self._statements.has_pipelines else self._cursor

    def move_head(self, old_size: int, head: Head) -> bool:
        """Replace the head if its size is still `old_size`; return whether it was."""
        values = {
            "old_size": old_size,
            "new_size": head.size,
            "new_root": bytes(head.root),
            "new_time_ms": head.time_ms,
            "new_note": head.note,
            "new_tail": head.tail,
        }
        statement = self._statements.move_head
        cursor = self._new_cursor()
        cursor.execute(statement.sql, statement.bind(values))
        if self._sending is not None:
            self._sending.close()  # Now all answers are waited for, at once.
        return bool(cursor.rowcount == 1)

    def retain(self, head: Head, *, published: bool) -> None:
        """Keep a head's checkpoint. One that is kept already keeps its note, and may become published."""
        known = self._connection.execute(
            select(_CHECKPOINT.c.published).where(_CHECKPOINT.c.size == head.size)
        ).scalar()
        if known is None:
            values = {
                "size": head.size,
                "note": head.note,
                "time_ms": head.time_ms,
                "published": published,
            }
            self._connection.execute(insert(_CHECKPOINT).values(values))
        elif published and not known:
            self._connection.execute(
                update(_CHECKPOINT).where(_CHECKPOINT.c.size == head.size).values(published=True)
            )

    def retained_note(self, size: int) -> bytes:
        """Return the note that is kept of a size."""
        found = self._connection.execute(select(_CHECKPOINT.c.note).where(_CHECKPOINT.c.size == size))
        return bytes(found.scalar_one())

    def replace_note(self, size: int, note: bytes) -> None:
        """Keep another note of a size: the same text, with other cosignatures."""
        self._connection.execute(update(_CHECKPOINT).where(_CHECKPOINT.c.size == size).values(note=note))


class Writer:
    """One connection that is kept for writing, because opening one costs more than an append."""

    def __init__(self, engine: Engine, statements: Statements, lead: Lead | None = None) -> None:
        """Take the engine; connect when first needed.

        Args:
            engine: The database.
            statements: Those of the hot paths.
            lead: What a connection must hold before it writes; None if nothing.
        """
        self._engine = engine
        self._statements = statements
        self._lead = lead
        self._connection: Connection | None = None

    def open(self) -> Connection:
        """Connect, unless we are; return when the connection may write.

        Raises:
            Busy: if another connection leads, and went on leading for as long as we would wait.
        """
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{WRITES: True})
            self._connection.detach()  # Ours alone: it is closed for good when we close it.
            if self._lead is not None:
                try:
                    self._lead.take(self._connection)
                except BaseException:
                    self.close()
                    raise
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Run a block in a transaction: committed when it ends, undone when it raises.

        After an error the connection is given up, since nobody knows what state it is in.
        """
        connection = self.open()
        try:
            begin(connection)
            yield Transaction(connection, self._statements)
            commit(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give up the connection; it is opened again when needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
