"""What a witness remembers, in an SQLite file of its own.

Losing it, or going back to an older copy, is the one thing that makes a witness worthless: it could then
cosign a second history. So:

- a state is made once, for new keys of one witness, and never again for these; a new key may join them;
- the head of a log moves by a conditional UPDATE, which finds out whether anybody else moved it meanwhile,
  threads and processes alike; triggers refuse a smaller size, another root at one size, an earlier time;
- `advance` returns when the new head is on disk (synchronous=FULL), and only then is anything signed.

What a crash leaves: before the commit, the old head; after it, the new head without a cosignature, which the
log gets by asking again (old size = new size, no proof).

Source: SPEC 2.6 / C2SP tlog-witness.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plimsoll_keys.vkey import COSIGNATURES, ED25519, VKey, format_vkey, parse_vkey
from plimsoll_ledger.errors import (
    Busy,
    FatalSequencing,
    KeyRefused,
    LedgerExists,
    NotALedger,
    NotFound,
    StorageFailed,
    StorageFull,
)
from plimsoll_ledger.hashing import EMPTY_ROOT, Hash

SCHEMA = 1
"""The schema number that this program reads and writes."""

MAX_FORKS = 1000
"""How many proofs of a fork are kept of one log: it takes the log's own signature to add one."""

_TIMEOUT_S = 10.0
_TABLES = """
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    schema_number INTEGER NOT NULL,
    vkey TEXT NOT NULL
);
CREATE TABLE log (
    origin TEXT PRIMARY KEY,
    origin_hash TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL CHECK (typeof(size) = 'integer' AND size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    time_s INTEGER NOT NULL CHECK (typeof(time_s) = 'integer' AND time_s >= 0),
    note BLOB NOT NULL,
    cosigned BLOB NOT NULL
);
CREATE TABLE log_key (
    origin TEXT NOT NULL REFERENCES log (origin),
    vkey TEXT NOT NULL,
    PRIMARY KEY (origin, vkey)
);
CREATE TABLE ended_key (
    vkey TEXT PRIMARY KEY
);
CREATE TABLE fork (
    origin TEXT NOT NULL REFERENCES log (origin),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL,
    held_note BLOB NOT NULL,
    time_s INTEGER NOT NULL,
    PRIMARY KEY (origin, size, root)
);
CREATE TRIGGER log_never_goes_back BEFORE UPDATE OF size, root, time_s ON log
WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) OR NEW.time_s < OLD.time_s
BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END;
CREATE TRIGGER log_is_never_forgotten BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'a witness never forgets a log'); END;
"""

_LATER_TABLES = "CREATE TABLE IF NOT EXISTS ended_key (vkey TEXT PRIMARY KEY)"
"""What states that were made by an older program lack."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a witness holds of a log.

    Attributes:
        size: The newest size that it was ready to cosign; 0 before the first.
        root: The root at that size.
        time_s: When, in UTC seconds since the epoch; 0 before the first.
        note: The checkpoint with the log's signatures; empty before the first.
    """

    size: int
    root: Hash
    time_s: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Followed:
    """A log that a witness follows.

    Attributes:
        origin: Its name.
        vkeys: Its keys, any of which may sign.
        held: What the witness holds of it.
        forks: How many proofs of a fork are kept.
    """

    origin: str
    vkeys: tuple[VKey, ...]
    held: Held
    forks: int


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Two checkpoints of one log and size with different roots, both signed by the log.

    Attributes:
        origin: The log.
        size: The size.
        note: What was refused.
        held_note: What the witness held.
        time_s: When it was refused.
    """

    origin: str
    size: int
    note: bytes
    held_note: bytes
    time_s: int


def origin_hash(origin: str) -> str:
    """Return what a log is called in the monitoring path. Source: C2SP tlog-witness."""
    return hashlib.sha256(origin.encode()).hexdigest()


class State:
    """An open state. One connection, used by one thread at a time; other processes may have it open too."""

    def __init__(self, connection: sqlite3.Connection, vkeys: tuple[VKey, ...]) -> None:
        """Take what `create` or `open` has opened."""
        self.vkeys = vkeys
        self._connection = connection
        self._lock = threading.Lock()

    @property
    def vkey(self) -> VKey:
        """The first key that this is the memory of; most witnesses have one only."""
        return self.vkeys[0]

    @classmethod
    def create(cls, path: Path, *vkeys: VKey) -> State:
        """Make a new state, for keys that have never cosigned anything: one, or one of each type.

        Raises:
            ValueError: if they are not one witness's, each of another type.
            LedgerExists: if something is at the path.
            StorageFailed: if it cannot be written.
        """
        _check_keys(vkeys)
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            raise LedgerExists(f"there is something at {path} already") from None
        except OSError as error:
            raise StorageFailed(f"cannot make {path}: {error.strerror}") from None
        with _translated(path):
            connection = _connect(path)
            connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}")
            connection.execute("INSERT INTO meta VALUES (1, ?, ?)", (SCHEMA, _format_keys(vkeys)))
            connection.execute("COMMIT")
        _sync_folder(path.parent)
        return cls(connection, vkeys)

    @classmethod
    def open(cls, path: Path) -> State:
        """Open a state that is there.

        Raises:
            NotFound: if there is none; a new one must not be made for a key that has cosigned.
            NotALedger: if it is none of this schema.
            StorageFailed, Busy: if it cannot be read.
        """
        if not path.is_file():
            raise NotFound(f"there is no witness state at {path}")
        with _translated(path):
            connection = _connect(path)
            try:
                row = connection.execute("SELECT schema_number, vkey FROM meta").fetchone()
            except sqlite3.OperationalError as error:
                connection.close()
                if "no such table" not in str(error):
                    raise
                raise NotALedger(f"{path} is no witness's state") from None
        if row is None or row[0] != SCHEMA:
            connection.close()
            raise NotALedger(f"{path} has schema {row and row[0]}, and this program uses {SCHEMA}")
        with _translated(path):
            connection.execute(_LATER_TABLES)
        return cls(connection, tuple(parse_vkey(line) for line in row[1].split("\n")))

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block that writes: on disk when it ends, undone when it raises."""
        with self._lock, _translated(None):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # A full disk makes SQLite undo it by itself.
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock, _translated(None):
            return self._connection.execute(query, values).fetchall()

    def add_key(self, vkey: VKey) -> None:
        """Take a key that has never cosigned anything as another one of this witness, durably.

        It continues what the others have cosigned. A process that has the state open goes on without it.

        Raises:
            ValueError: if it has another name, or the witness has a key of its type.
            StorageFailed, Busy: if it could not be written.
        """
        with self._transaction() as connection:
            (text,) = connection.execute("SELECT vkey FROM meta").fetchone()
            vkeys = (*(parse_vkey(line) for line in text.split("\n")), vkey)
            _check_keys(vkeys)
            connection.execute("UPDATE meta SET vkey = ?", (_format_keys(vkeys),))
        self.vkeys = vkeys

    def follow(self, vkeys: Sequence[VKey]) -> None:
        """Trust these keys to sign for the logs that they are named after, from now on.

        Raises:
            ValueError: if one is no log's key.
            KeyRefused: if one was ended; none is followed then.
        """
        with self._transaction() as connection:
            for vkey in vkeys:
                if vkey.key_type != ED25519:
                    raise ValueError(f"{vkey.name} has no key of a log")
                ended = connection.execute("SELECT 1 FROM ended_key WHERE vkey = ?", (format_vkey(vkey),))
                if ended.fetchone() is not None:
                    raise KeyRefused(
                        f"the key {format_vkey(vkey)} was ended here, for good",
                        hint="take it out of the trust file, or give the log's new vkey alone",
                    )
                connection.execute(
                    "INSERT OR IGNORE INTO log VALUES (?, ?, 0, ?, 0, x'', x'')",
                    (vkey.name, origin_hash(vkey.name), bytes(EMPTY_ROOT)),
                )
                connection.execute(
                    "INSERT OR IGNORE INTO log_key VALUES (?, ?)", (vkey.name, format_vkey(vkey))
                )

    def end_key(self, vkey: VKey) -> None:
        """Let a key sign for its log no more, for good: from the next request on.

        What is held of the log stays: a new key has to continue it.

        Raises:
            NotFound: if it is no key that signs for a log here.
            KeyRefused: if it is the only one of its log, which would be followed in vain.
        """
        text = format_vkey(vkey)
        with self._transaction() as connection:
            rows = connection.execute("SELECT vkey FROM log_key WHERE origin = ?", (vkey.name,)).fetchall()
            if (text,) not in rows:
                raise NotFound(f"{text} is no key of a log that is followed")
            if len(rows) == 1:
                raise KeyRefused(
                    f"{text} is the only key of {vkey.name} here",
                    hint="have the witness follow the new key first: plimsoll witness add-log",
                )
            connection.execute("DELETE FROM log_key WHERE vkey = ?", (text,))
            connection.execute("INSERT INTO ended_key VALUES (?)", (text,))

    def keys(self, origin: str) -> tuple[VKey, ...]:
        """Return the keys that may sign for a log; none if it is not followed."""
        rows = self._rows("SELECT vkey FROM log_key WHERE origin = ? ORDER BY rowid", origin)
        return tuple(parse_vkey(str(row[0])) for row in rows)

    def held(self, origin: str) -> Held:
        """Return what is held of a log.

        Raises:
            NotFound: if it is not followed.
        """
        rows = self._rows("SELECT size, root, time_s, note FROM log WHERE origin = ?", origin)
        if not rows:
            raise NotFound(f"the log {origin} is not followed")
        return _held(*rows[0])

    def advance(self, origin: str, old: Held, new: Held) -> bool:
        """Move a log's head, unless somebody moved it meanwhile; on disk when this returns True.

        Raises:
            FatalSequencing: if the move would go back; the caller's checks should have caught it.
            StorageFailed, Busy: if it could not be written.
        """
        with self._transaction() as connection:
            cursor = connection.execute(
                "UPDATE log SET size = ?, root = ?, time_s = ?, note = ?"
                " WHERE origin = ? AND size = ? AND root = ? AND time_s = ?",
                (new.size, bytes(new.root), new.time_s, new.note, origin, *_key(old)),
            )
            return cursor.rowcount == 1

    def keep_cosigned(self, origin: str, held: Held, cosigned: bytes) -> None:
        """Keep a cosigned checkpoint for whoever asks for it, unless a newer one is held by now."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE log SET cosigned = ? WHERE origin = ? AND size = ? AND time_s = ?",
                (cosigned, origin, held.size, held.time_s),
            )

    def cosigned(self, name: str) -> bytes | None:
        """Return the newest cosigned checkpoint of a log by its `origin_hash`; None if there is none."""
        rows = self._rows("SELECT cosigned FROM log WHERE origin_hash = ? AND cosigned <> x''", name)
        return bytes(rows[0][0]) if rows else None  # type: ignore[call-overload]

    def keep_fork(self, proof: ForkProof, root: Hash) -> None:
        """Keep the proof of a fork; of one log at most `MAX_FORKS`."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO fork SELECT ?, ?, ?, ?, ?, ?"
                " WHERE (SELECT count(*) FROM fork WHERE origin = ?) < ?",
                (
                    proof.origin,
                    proof.size,
                    bytes(root),
                    proof.note,
                    proof.held_note,
                    proof.time_s,
                    proof.origin,
                    MAX_FORKS,
                ),
            )

    def forks(self) -> list[ForkProof]:
        """Return the proofs of forks, by log and time."""
        rows = self._rows(
            "SELECT origin, size, note, held_note, time_s FROM fork ORDER BY origin, time_s, size"
        )
        return [ForkProof(*row) for row in rows]  # type: ignore[arg-type]

    def followed(self) -> list[Followed]:
        """Return the logs that are followed, by name."""
        rows = self._rows(
            "SELECT size, root, time_s, note, origin,"
            " (SELECT count(*) FROM fork WHERE fork.origin = log.origin) FROM log ORDER BY origin"
        )
        found = []
        for size, root, time_s, note, origin, forks in rows:
            held = _held(size, root, time_s, note)
            found.append(Followed(str(origin), self.keys(str(origin)), held, int(str(forks))))
        return found


def _check_keys(vkeys: tuple[VKey, ...]) -> None:
    types = {vkey.key_type for vkey in vkeys}
    if len({vkey.name for vkey in vkeys}) != 1 or len(types) != len(vkeys) or not types <= set(COSIGNATURES):
        raise ValueError("a witness has one name, and of each type that cosigns one key at most")


def _format_keys(vkeys: tuple[VKey, ...]) -> str:
    """Write keys as the column `vkey` has them, one a line."""
    return "\n".join(format_vkey(vkey) for vkey in vkeys)


def _key(held: Held) -> tuple[int, bytes, int]:
    return held.size, bytes(held.root), held.time_s


def _held(size: object, root: object, time_s: object, note: object) -> Held:
    assert isinstance(size, int)  # noqa: S101 - says to the type checker what the table's CHECKs hold.
    assert isinstance(time_s, int)  # noqa: S101 - as above.
    assert isinstance(root, bytes)  # noqa: S101 - as above.
    assert isinstance(note, bytes)  # noqa: S101 - as above.
    return Held(size, Hash(root), time_s, note)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def _translated(path: Path | None) -> Iterator[None]:
    where = "the witness's state" if path is None else str(path)
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise FatalSequencing(f"{where} refused to be changed: {error}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise Busy(f"{where} is held by another process", hint="try again") from error
        if code == sqlite3.SQLITE_FULL:
            raise StorageFull(f"there is no room left to write {where}", hint="make room") from error
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise NotALedger(
                f"{where} is no sound SQLite database: {error}",
                hint="an older copy of a state must never be used: make a new witness with a new key",
            ) from error
        raise StorageFailed(f"{where} failed: {error}") from error
