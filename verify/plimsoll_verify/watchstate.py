"""What a watcher keeps between two looks: one SQLite file, moved on only by whole transactions.

A look writes the tiles that it settled, and last of all the checkpoint under which it settled them, in one
transaction with synchronous=FULL. Whatever kills it before the commit leaves the state of the look before;
so it never says that it has checked what it has not. The open transaction also keeps a second watcher out.

Source: SPEC 10.12.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from plimsoll_verify import __version__
from plimsoll_verify.checkpoint import parse_checkpoint
from plimsoll_verify.errors import Fork, UsageError, VerificationError
from plimsoll_verify.memory import Settled, may_be_kept, pack_settled, unpack_settled
from plimsoll_verify.record import Record
from plimsoll_verify.retained import Known

FILE = "watch.sqlite"
FORMAT = "plimsoll/watch/v1"
LOCK_TIMEOUT_S = 10.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tiles (number INTEGER PRIMARY KEY, settled BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS looks (
    id INTEGER PRIMARY KEY, size INTEGER NOT NULL, note BLOB NOT NULL, end_ms INTEGER NOT NULL,
    verdict TEXT NOT NULL, findings TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS forks (
    id INTEGER PRIMARY KEY, note_a BLOB NOT NULL, note_b BLOB NOT NULL, UNIQUE (note_a, note_b)
) STRICT;
"""


class Look(NamedTuple):
    """The newest look that came to an end.

    Attributes:
        size: entries that it checked.
        note: the checkpoint's bytes.
        end_ms: T, up to when it judged.
        verdict: what it came to.
        findings: as `verdict_json` has them.
    """

    size: int
    note: bytes
    end_ms: int
    verdict: str
    findings: list[dict[str, Any]]


class WatchState:
    """The state in a directory, for one ledger. Also the `memory.Memory` of a look, while that is open."""

    def __init__(self, directory: Path, origin: str, genesis: str, settled_by: str = "") -> None:
        """Open or create.

        Args:
            directory: made if it is not there.
            origin: the log's name.
            genesis: hex SHA-256 of the genesis payload.
            settled_by: what else what is settled depends on: the witnesses whose cosignatures bound times,
                and whether all of theirs can be checked.

        Raises:
            UsageError: the state is that of another ledger, or no state at all, or another watcher has it.
            OSError: it cannot be read or written.
        """
        if directory.exists() and (not directory.is_dir() or (directory / "checkpoint").exists()):
            what = "holds a published ledger" if directory.is_dir() else "is no directory"
            raise UsageError(f"{directory} {what}", "name a directory of your own for --state; it is made")
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._db = sqlite3.connect(directory / FILE, isolation_level=None, timeout=LOCK_TIMEOUT_S)
        self.retained: Known = {}
        self._known: set[int] = set()
        with _translated(directory):
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
            self._bind(origin, genesis, f"{__version__} {settled_by}".rstrip())

    def _bind(self, origin: str, genesis: str, version: str) -> None:
        about = dict(self._db.execute("SELECT name, value FROM about"))
        wanted = {"format": FORMAT, "origin": origin, "genesis": genesis}
        found = {name: about.get(name) for name in wanted}
        if about and found != wanted:
            raise UsageError(
                f"{self.directory} holds the state of {found['origin']} (genesis {found['genesis']}), not of"
                f" {origin} (genesis {genesis})",
                "use one --state directory for each ledger",
            )
        if about.get("version") != version:
            # What another version did not understand this one may, and other witnesses prove other times; all
            # is settled anew.
            with self.moving():
                self._db.execute("DELETE FROM tiles")
                pairs = [*wanted.items(), ("version", version)]
                self._db.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", pairs)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Keep all of what the block writes, or nothing if it raises; of a fork that it meets both notes.

        Raises:
            Fork: as the block does; what is kept of it is there before a watcher that waits can begin.
            UsageError: another watcher is at it.
            OSError: it cannot be written.
        """
        with _translated(self.directory):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._known = {number for (number,) in self._db.execute("SELECT number FROM tiles")}
                self._db.execute("SAVEPOINT look")
                yield
                self._db.execute("COMMIT")
            except Fork as fork:
                self.retained.clear()
                self._db.execute("ROLLBACK TO look")
                pair = (fork.note_a, fork.note_b)
                self._db.execute("INSERT OR IGNORE INTO forks (note_a, note_b) VALUES (?, ?)", pair)
                self._db.execute("COMMIT")
                raise
            except BaseException:
                self.retained.clear()  # They may be of a tree that was not accepted.
                raise
            finally:
                if self._db.in_transaction:  # SQLite itself takes some failed ones back.
                    self._db.execute("ROLLBACK")

    # -- the memory of a look

    def knows(self, number: int) -> bool:
        """Say whether a tile was settled before."""
        return number in self._known

    def recall(self, number: int) -> Settled:
        """Return a tile that was settled before."""
        (data,) = self._db.execute("SELECT settled FROM tiles WHERE number = ?", (number,)).fetchone()
        try:
            return unpack_settled(data)
        except msgspec.MsgspecError as error:
            raise _damaged(self.directory, f"what was settled of tile {number}, {error}") from None

    def keep(self, number: int, records: list[Record], introduced: dict[int, dict[str, bytes]]) -> None:
        """Write a tile that is settled now, if it may be kept."""
        if may_be_kept(records):
            self._db.execute("INSERT INTO tiles VALUES (?, ?)", (number, pack_settled(records, introduced)))

    # -- looks and forks

    def newest(self) -> Look | None:
        """Return the newest look, if there was one.

        Raises:
            UsageError: what is kept of it is no look.
        """
        found = self._db.execute(
            "SELECT size, note, end_ms, verdict, findings FROM looks ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if found is None:
            return None
        size, note, end_ms, verdict, findings = found
        try:
            kept = parse_checkpoint(note, "state").size
            look = Look(size, note, end_ms, verdict, json.loads(findings))
        except (VerificationError, ValueError) as error:
            raise _damaged(self.directory, f"the newest look, {error}") from None
        if kept != size:
            raise _damaged(self.directory, f"a look at {size} entries under a checkpoint of {kept}")
        return look

    def add(self, look: Look) -> None:
        """Write a look that came to an end; the last thing in its transaction.

        Of those before it the findings are not needed any more; the signed notes stay.
        """
        self._db.execute("UPDATE looks SET findings = '[]'")
        self._db.execute(
            "INSERT INTO looks (size, note, end_ms, verdict, findings) VALUES (?, ?, ?, ?, ?)",
            (*look[:4], json.dumps(look.findings)),
        )

    def forks(self) -> list[tuple[bytes, bytes]]:
        """Return the pairs of signed notes that prove a fork, in the order in which they were met."""
        return list(self._db.execute("SELECT note_a, note_b FROM forks ORDER BY id"))

    def write_fork(self, note_a: bytes, note_b: bytes) -> Path:
        """Write the evidence of a fork that is kept in the state as two files to hand on.

        Returns:
            The folder of the files `a.note` and `b.note`.
        """
        folder = self.fork_folder(self.forks().index((note_a, note_b)) + 1)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.note").write_bytes(note_a)
        (folder / "b.note").write_bytes(note_b)
        return folder

    def fork_folder(self, number: int) -> Path:
        """Return where the files of a fork lie; the first is number 1."""
        return self.directory / f"fork-{number}"


def _damaged(directory: Path, what: str) -> UsageError:
    """Return an error about what is not what a watcher wrote; it says nothing about the ledger."""
    return UsageError(
        f"{directory / FILE} is damaged: {what}",
        "use a copy of it from before, or an empty --state directory, which compares with nothing",
    )


@contextmanager
def _translated(directory: Path) -> Iterator[None]:
    """Turn SQLite's errors into those of the program."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise UsageError(
                f"another watcher is at work in {directory}", "wait for it, or use another --state"
            ) from None
        raise OSError(f"{directory / FILE}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise UsageError(
            f"{directory / FILE} is no state of a watcher: {error}", "use an empty --state directory"
        ) from None
