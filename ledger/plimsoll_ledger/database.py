"""Open a database the way a ledger needs it, and say in the ledger's own words what went wrong.

SQLite is the default: write-ahead log, synchronous=FULL (a commit returns when the disk has it), and
BEGIN IMMEDIATE for every transaction that writes, so that two writers queue instead of failing half
way. Any other SQLAlchemy URL works by the same statements; there the head's row is locked with SELECT
... FOR UPDATE. PostgreSQL is the one that is tested.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.sql import ClauseElement

from plimsoll_ledger.errors import Busy, LedgerError, NotALedger, RowExists, StorageFailed, StorageFull
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S, read_holder

WRITES = "plimsoll_writes"
"""Execution option of a connection whose transactions write."""

_SPARE = 64 * 1024  # A file system with less room than this, in bytes, is full.


class Prepared:
    """A Core statement compiled once for a dialect, to be run as driver SQL on hot paths."""

    __slots__ = ("_pick", "sql")

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        """Compile the statement; its parameters are bound by their names later."""
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        positions = getattr(compiled, "positiontup", None)
        self._pick = None if positions is None else _picker(positions)

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Put parameters into the shape that the driver wants: a tuple in order, or a mapping."""
        return values if self._pick is None else self._pick(values)


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Any]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple([values[name] for name in names])


def parse_url(url: str) -> URL:
    """Read a database URL.

    Raises:
        NotALedger: if it is no URL of a database that SQLAlchemy knows.
    """
    try:
        parsed = make_url(url)
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError):
        raise NotALedger(
            "the database URL names no kind of database that is known here",
            hint="write sqlite:////path/to/ledger.sqlite, or postgresql+psycopg://host/database",
        ) from None
    except ImportError as error:
        raise NotALedger(
            f"the driver of that database is not installed: {str(error).lower()}",
            hint="install the driver, or use sqlite:////path/to/ledger.sqlite",
        ) from None
    if sqlite_path(parsed) is None and parsed.get_backend_name() == "sqlite":
        raise NotALedger("a ledger in memory would be lost", hint="give the path of a file")
    return parsed


def sqlite_path(url: URL) -> Path | None:
    """Return the file of an SQLite database, or None where the URL names no such file."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith(":"):
        return None
    return Path(url.database)


def connect(url: URL, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Engine:
    """Make an engine whose connections are set up as the module says; connects to nothing yet.

    Args:
        url: The database.
        timeout_s: How long a writer waits for another, in seconds.
    """
    if url.get_backend_name() != "sqlite":
        # The driver warns of errors that follow from the one it raises; the person hears of that one.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        return create_engine(url)
    engine = create_engine(url, connect_args={"timeout": timeout_s})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Without this the driver would begin transactions by its own rules, and never IMMEDIATE.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    if not driver.in_transaction:  # Core takes part in a transaction that `begin` has begun.
        writes = connection.get_execution_options().get(WRITES, False)
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def begin(connection: Connection) -> None:
    """Begin a transaction that may write, straight with the driver: Core's takes as long as its statements.

    Whatever Core runs through the connection until `commit` takes part in it.
    """
    if connection.dialect.name == "sqlite":  # Other drivers begin with the first statement.
        driver: Any = connection.connection.dbapi_connection
        driver.execute("BEGIN IMMEDIATE")


def commit(connection: Connection) -> None:
    """Commit what `begin` has begun."""
    if connection.in_transaction():  # Core has taken part, and must know.
        connection.commit()
    else:
        driver: Any = connection.connection.dbapi_connection
        connection.dialect.do_commit(driver)


@contextmanager
def translate_errors(dialect: Dialect, lock_path: Path | None) -> Iterator[None]:
    """Turn a driver's error into one of the ledger's; all other errors pass unchanged.

    Args:
        dialect: Of the database; it knows its driver's errors.
        lock_path: The lock file that names who holds the ledger, if there is one.
    """
    driver = dialect.loaded_dbapi
    try:
        yield
    except DBAPIError as error:  # Of a statement that Core ran itself.
        raise _translate(error.orig, driver, lock_path) from error
    except driver.Error as error:
        raise _translate(error, driver, lock_path) from error
    except SQLAlchemyError as error:
        raise StorageFailed(f"the database failed: {type(error).__name__}") from error


def _translate(error: BaseException | None, driver: Any, lock_path: Path | None) -> LedgerError:
    if isinstance(error, driver.IntegrityError):
        return RowExists(f"the database has such a row already: {type(error).__name__}")
    if isinstance(error, sqlite3.Error):
        kind = _SQLITE_KINDS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    else:
        kind = _SQLSTATE_KINDS.get(getattr(error, "sqlstate", None) or "")
    if kind is not None:
        return kind(error, lock_path)
    # The text of a driver's error may hold parameters, so only its first line is shown.
    first = str(error).strip().partition("\n")[0] or type(error).__name__
    return StorageFailed(
        f"the database failed: {first}", hint="try again: what is in the log is not taken twice"
    )


def _busy(_error: object, lock_path: Path | None) -> LedgerError:
    holder = "another process" if lock_path is None else read_holder(lock_path)
    return Busy(f"the ledger's database is held by {holder}", hint="wait for it to end, then try again")


def _full(_error: object, _lock_path: Path | None) -> LedgerError:
    return StorageFull(
        "there is no room left to write the ledger's database",
        hint="make room and try again: nothing was appended, the ledger is as it was",
    )


def _io(error: object, lock_path: Path | None) -> LedgerError:
    # Where SQLite grows the index of its write-ahead log, a full disk is an I/O error like any other.
    if lock_path is not None and lock_path.parent.is_dir():
        state = os.statvfs(lock_path.parent)
        if state.f_bavail * state.f_frsize < _SPARE:
            return _full(error, lock_path)
    return StorageFailed(
        f"the ledger's database could not be read or written: {error}",
        hint="look at the disk (space, quota, errors), then run `plimsoll fsck`",
    )


def _damaged(error: object, _lock_path: Path | None) -> LedgerError:
    return NotALedger(
        f"the file is not a sound SQLite database: {error}",
        hint="check the path; if this was a ledger, restore a backup and compare it with what was published",
    )


def _readonly(error: object, _lock_path: Path | None) -> LedgerError:
    return StorageFailed(
        f"the ledger's database may not be written: {error}",
        hint="check its permissions; who only reads needs them too: copy the home, or read what is published",
    )


_SQLITE_KINDS: Mapping[int, Callable[[Any, Path | None], LedgerError]] = {
    sqlite3.SQLITE_BUSY: _busy,
    sqlite3.SQLITE_LOCKED: _busy,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_IOERR: _io,
    sqlite3.SQLITE_CANTOPEN: _io,
    sqlite3.SQLITE_CORRUPT: _damaged,
    sqlite3.SQLITE_NOTADB: _damaged,
    sqlite3.SQLITE_READONLY: _readonly,
    sqlite3.SQLITE_PERM: _readonly,
}

_SQLSTATE_KINDS: Mapping[str, Callable[[Any, Path | None], LedgerError]] = {
    "53100": _full,  # PostgreSQL: disk full,
    "40001": _busy,  # serialisation failure,
    "40P01": _busy,  # deadlock,
    "55P03": _busy,  # lock not available.
}
