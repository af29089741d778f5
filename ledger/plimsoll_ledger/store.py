"""Open a ledger's database, and read from it.

Opening checks that the database is a ledger with the schema number of this program, and changes
nothing if it is not. Whether its contents belong together is not checked here: the sequencer checks
the head before it appends, `fsck` checks everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.engine import URL

from plimsoll_keys.vkey import VKey, format_vkey, parse_vkey
from plimsoll_ledger.admission import Entry
from plimsoll_ledger.checkpoint import unverified_checkpoint
from plimsoll_ledger.database import WRITES, connect, parse_url, sqlite_path, translate_errors
from plimsoll_ledger.errors import NotALedger, SchemaMismatch
from plimsoll_ledger.leading import Lead
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S
from plimsoll_ledger.models import SCHEMA, LogKeyRow, MetaRow, table
from plimsoll_ledger.reading import Head, Reader, RetainedCheckpoint, Statements
from plimsoll_ledger.tiles import Tile
from plimsoll_ledger.tlogproof import TlogProof
from plimsoll_ledger.tree import prove_consistency, prove_inclusion
from plimsoll_ledger.writing import Writer

_META = table(MetaRow)
_LOG_KEY = table(LogKeyRow)


def _unchanged(note: bytes) -> bytes:
    return note


class Store:
    """A ledger's database.

    Each method below reads in a transaction of its own; `reading()` is for reading several things
    that must belong together.

    Attributes:
        origin: The log's name.
        vkeys: The keys that sign, or have signed, its checkpoints, oldest first.
        engine: The database, for `fsck` and `migrate`.
    """

    def __init__(self, engine: Engine, origin: str, vkeys: Sequence[VKey], lock_path: Path | None) -> None:
        """Take what `open_store` has found."""
        self.engine = engine
        self.origin = origin
        self.vkeys = tuple(vkeys)
        self._lock_path = lock_path
        self._statements = Statements(engine.dialect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.origin!r} in {self.engine.url.render_as_string(hide_password=True)})"

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def translated(self) -> AbstractContextManager[None]:
        """Turn the driver's errors into ledger errors while the block runs."""
        return translate_errors(self.engine.dialect, self._lock_path)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Read in one transaction: one state of the log, whatever is appended meanwhile.

        Raises:
            StorageFailed, Busy: if the database cannot be read.
        """
        with self.translated(), self.engine.connect() as connection:
            if self.engine.dialect.name != "sqlite":  # SQLite has nothing else.
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Reader(connection, self._statements)

    def writer(self, *, stand_by_s: float | None = None) -> Writer:
        """Return a connection for writing. Errors come from the driver: see `translated`.

        Args:
            stand_by_s: How long to wait for the lead before anything is written; None to write without it.
        """
        lead = None if stand_by_s is None else Lead(self.origin, stand_by_s)
        return Writer(self.engine, self._statements, lead)

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        return self.head().size

    def head(self) -> Head:
        """Return the head."""
        with self.reading() as reader:
            return reader.head()

    def entry(self, index: int) -> Entry:
        """Return one entry.

        Raises:
            NotFound: if there is none at this index.
        """
        with self.reading() as reader:
            return reader.entry(index)

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Yield entries start..end-1, by default to the last; some hundred at a time are in memory."""
        with self.reading() as reader:
            yield from reader.entries(start, end)

    def by_topic(self, topic: str) -> Iterator[Entry]:
        """Yield the entries of one topic, in the log's order."""
        with self.reading() as reader:
            yield from reader.by_topic(topic)

    def find_ident(self, ident: bytes) -> int | None:
        """Return the index of the entry with this 32-byte identity, or None."""
        with self.reading() as reader:
            return reader.find_ident(ident)

    def read_tiles(self, tiles: Sequence[Tile]) -> list[bytes]:
        """Return tiles of hashes; with this method, a store is a `HashReader`."""
        with self.reading() as reader:
            return reader.read_tiles(tiles)

    def checkpoints(self, above_size: int = 0) -> list[RetainedCheckpoint]:
        """Return the retained checkpoints of sizes above the given one, smallest first."""
        with self.reading() as reader:
            return reader.checkpoints(above_size)

    def prove_entry(self, index: int, note: bytes | None = None) -> TlogProof:
        """Build the file's worth of proof that an entry is in a checkpoint.

        Args:
            index: Where the entry is.
            note: One of this log's checkpoints; by default the newest.

        Raises:
            NotFound: if there is no such entry, or not below that checkpoint.
        """
        with self.reading() as reader:
            head = reader.head()
            size = head.size if note is None else unverified_checkpoint(note).size
            entry = reader.entry(index)
            proof = prove_inclusion(reader, index, size)
        return TlogProof(index, tuple(proof), head.note if note is None else note, entry.leaf)

    def prove_consistency(self, old_note: bytes) -> tuple[bytes, list[bytes]]:
        """Build the proof from an older checkpoint to the newest; return the newest note and the proof.

        The old note's signature and root are not checked: who asks for the proof checks it.

        Raises:
            Malformed: if the old note is no checkpoint.
            NotFound: if its size is beyond the newest.
        """
        old = unverified_checkpoint(old_note)
        with self.reading() as reader:
            head = reader.head()
            return head.note, list(prove_consistency(reader, old.size, head.size))

    def use_log_key(self, vkey: VKey) -> None:
        """Name the key that signs the log from now on; nothing happens if it is named already.

        What must have happened before is for the caller to know: verifiers follow a key only as SPEC 10.15
        has it. From here on the sequencer refuses the old one.

        Raises:
            ValueError: if it is another log's.
        """
        if vkey.name != self.origin:
            raise ValueError(f"{vkey.name} is no key of {self.origin}")
        if self.vkeys[-1] == vkey:
            return
        statement = insert(_LOG_KEY).values(number=len(self.vkeys), vkey=format_vkey(vkey))
        connecting = self.engine.connect().execution_options(**{WRITES: True})
        with self.translated(), connecting as connection, connection.begin():
            connection.execute(statement)
        self.vkeys = (*self.vkeys, vkey)

    def retain(self, head: Head, note: Callable[[bytes], bytes] = _unchanged) -> bytes:
        """Keep the checkpoint of a head as one that is published; return the note that is kept.

        Args:
            head: The head.
            note: Given the note that is kept of this size, or would be, returns the one to keep: of the same
                text, with more or other cosignatures.
        """
        writer = self.writer()
        try:
            with self.translated(), writer.transaction() as transaction:
                transaction.lock_head()  # The sequencer may be about to keep the same one.
                transaction.retain(head, published=True)
                known = transaction.retained_note(head.size)
                kept = note(known)
                if kept != known:
                    transaction.replace_note(head.size, kept)
                return kept
        finally:
            writer.close()


def open_store(url: str, *, timeout_s: float = DEFAULT_TIMEOUT_S, lock_path: Path | None = None) -> Store:
    """Open a ledger's database.

    Args:
        url: An SQLAlchemy URL, such as `sqlite:////srv/acme/ledger.sqlite`.
        timeout_s: How long a writer waits for another, in seconds.
        lock_path: The lock file in which a holder is named; by default `lock` beside an SQLite file.

    Raises:
        NotALedger: if nothing is there, or something else.
        SchemaMismatch: if the database is of an older or newer schema.
        StorageFailed, Busy: if it cannot be read.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    refuse_missing(parsed)
    engine = connect(parsed, timeout_s=timeout_s)
    lock_path = path.parent / "lock" if path is not None and lock_path is None else lock_path
    try:
        with translate_errors(engine.dialect, lock_path):
            with engine.connect() as connection, connection.begin():
                schema = unverified_schema(connection)
                if schema != SCHEMA:
                    raise SchemaMismatch(schema, SCHEMA)
                origin = connection.execute(select(_META.c.origin)).scalar_one()
                keys = connection.execute(select(_LOG_KEY.c.vkey).order_by(_LOG_KEY.c.number))
                vkeys = [parse_vkey(text) for text in keys.scalars()]
            use_write_ahead_log(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, origin, vkeys, lock_path)


def refuse_missing(url: URL) -> None:
    """Refuse an SQLite path where there is no database: SQLite would make an empty one there."""
    path = sqlite_path(url)
    if path is None:
        return
    hint = "give the path of a ledger, or create one with `plimsoll init`"
    if path.is_dir():
        raise NotALedger(f"a directory, not a ledger's database: {path}", hint=hint)
    if not path.exists():
        raise NotALedger(f"there is no ledger's database at {path}", hint=hint)
    if path.stat().st_size == 0:
        raise NotALedger(f"the file is empty: {path}", hint=hint)


def unverified_schema(connection: Connection) -> int:
    """Return the schema number that a database states.

    Raises:
        NotALedger: if it states none.
    """
    if not inspect(connection).has_table(_META.name):
        raise NotALedger("the database has no ledger in it", hint="check the path or the URL")
    columns = {column["name"] for column in inspect(connection).get_columns(_META.name)}
    number = None
    if _META.c.schema_number.name in columns:
        number = connection.execute(select(_META.c.schema_number)).scalar()
    if not isinstance(number, int):
        raise NotALedger("the database has a table `meta`, but not a ledger's", hint="check the path")
    return number


def use_write_ahead_log(engine: Engine) -> None:
    """Set SQLite's journal mode, which a database keeps; a restored copy may have lost it."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        driver = connection.connection.cursor()
        try:
            if driver.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                driver.execute("PRAGMA journal_mode = WAL")
        finally:
            driver.close()
