"""Small contents in one SQLite file beside the folder of files: a batch of them is durable with one commit.

A file of its own costs two syncs, of its content and of its name. A service that keeps a body for each of
thousands of statements a second cannot pay that; what it keeps lies here. Everything else about them is as
with files: they go by their digest, are kept before the log takes what names them, and can be erased one by
one.

The write-ahead log is synced with each commit (synchronous=FULL). What is deleted is overwritten with zeros
(secure_delete), in the file itself once the write-ahead log has been brought into it.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from plimsoll_attest.durable import could_not, sync_folder
from plimsoll_attest.errors import CouldNotRun

MOST: Final = 64 * 1024
"""The longest content that is kept here, in bytes: above it a file of its own is no dearer."""

_TIMEOUT_S: Final = 30.0
_TABLE: Final = "CREATE TABLE IF NOT EXISTS content (digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT"
_SETTINGS: Final = ("PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON")


class SmallBodies:
    """Contents by digest in one file, which is made with the first of them. For several threads at once."""

    def __init__(self, path: Path) -> None:
        """Take the file; it is opened when it is first needed."""
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._is_named = False  # Whether this file's own name would survive a loss of power, for certain.
        self._lock = threading.Lock()

    def get(self, sha256: str) -> bytes | None:
        """Return what is kept under a digest, or None; it is not compared with it.

        Raises:
            CouldNotRun: If the file cannot be read.
        """
        with self._open("read") as connection:
            if connection is None:
                return None
            row = connection.execute("SELECT data FROM content WHERE digest = ?", (sha256,)).fetchone()
            return None if row is None else bytes(row[0])

    def holds(self, sha256: str) -> bool:
        """Say whether something is kept under a digest.

        Raises:
            CouldNotRun: If the file cannot be read.
        """
        with self._open("read") as connection:
            if connection is None:
                return False
            found = connection.execute("SELECT 1 FROM content WHERE digest = ?", (sha256,))
            return found.fetchone() is not None

    def add(self, contents: Mapping[str, bytes]) -> set[str]:
        """Keep contents by digest; return, once they would survive a loss of power, which were not here.

        Raises:
            CouldNotRun: If it cannot be written; then none of them is kept.
        """
        with self._open("write", make=True) as connection:
            assert connection is not None  # noqa: S101 - says to the type checker what `make` does.
            connection.execute("BEGIN IMMEDIATE")
            insert = "INSERT OR IGNORE INTO content VALUES (?, ?)"
            new = {item[0] for item in contents.items() if connection.execute(insert, item).rowcount}
            connection.execute("COMMIT")
            if not self._is_named:
                sync_folder(self.path.parent)  # SQLite syncs the names of its logs, and not this one.
                self._is_named = True
            return new

    def remove(self, sha256: str) -> None:
        """Remove what is kept under a digest, if anything is.

        Raises:
            CouldNotRun: If it cannot be written.
        """
        with self._open("write") as connection:
            if connection is not None:
                connection.execute("DELETE FROM content WHERE digest = ?", (sha256,))

    def erase(self, sha256s: Iterable[str]) -> None:
        """Remove contents for good: when this returns, no file of this database holds their bytes.

        They are overwritten in the file, and the write-ahead log, which had them when they were kept, is
        emptied. Where they are gone already, it is emptied all the same: a crash may have come between.

        Raises:
            CouldNotRun: If it cannot be written, or somebody else reads it for too long; then do it again.
        """
        with self._open("write") as connection:
            if connection is None:
                return
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("DELETE FROM content WHERE digest = ?", [(one,) for one in sha256s])
            connection.execute("COMMIT")
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                message = f"{self.path} is being read: what is erased is still in its write-ahead log"
                raise CouldNotRun(message, "run the same command again")

    def digests(self) -> list[str]:
        """Return the digests of all contents, in order.

        Raises:
            CouldNotRun: If the file cannot be read.
        """
        with self._open("read") as connection:
            if connection is None:
                return []
            return [digest for (digest,) in connection.execute("SELECT digest FROM content ORDER BY digest")]

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._lock:
            self._drop()

    @contextmanager
    def _open(self, doing: str, *, make: bool = False) -> Iterator[sqlite3.Connection | None]:
        """Give the connection to one thread at a time; None where there is no file, and none is to be made.

        After an error the connection is given up, and with it what had begun.
        """
        with self._lock:
            try:
                if self._connection is None and (make or self.path.exists()):
                    self._connection = self._connect()
                yield self._connection
            except (sqlite3.Error, OSError) as error:
                self._drop()
                raise _could_not(doing, self.path, error) from None
            except BaseException:
                self._drop()
                raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
            if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
                raise sqlite3.OperationalError("it cannot have a write-ahead log")
            connection.execute(_TABLE)
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _could_not(doing: str, path: Path, error: sqlite3.Error | OSError) -> CouldNotRun:
    if isinstance(error, OSError):
        return could_not(f"{doing} {path}", error)
    hint = "make room and try again" if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL else ""
    return CouldNotRun(f"cannot {doing} {path}: {error}", hint)
