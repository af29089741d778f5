"""Recompute everything from the entries, and name every place where what is stored differs.

Entries are the log; so leaf hashes, tiles, roots, head and retained checkpoints are computed anew from
them, in one pass: some hundred entries, and 33 bytes of hashes for each entry, are in memory. Where an
entry is missing, its stored leaf hash stands in for it, so that one loss is not reported as a thousand.
The first problem of a report is the lowest in the tree: what follows is often only its consequence.

This finds what storage did wrong, and clumsy edits. Whoever holds the log's key can make a consistent
history of other entries: only published checkpoints, witnesses and `seen` show that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from plimsoll_keys.vkey import VKey
from plimsoll_ledger.admission import IDENT_SIZE, Entry
from plimsoll_ledger.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_ledger.clock import format_time
from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.errors import BadNote, FatalSequencing, LedgerError, Malformed, NotALedger, NotFound
from plimsoll_ledger.hashing import EMPTY_ROOT, HASH_SIZE, Hash, leaf_hash
from plimsoll_ledger.reading import Reader, RetainedCheckpoint
from plimsoll_ledger.store import Store
from plimsoll_ledger.tiles import (
    MAX_ENTRY_SIZE,
    TAIL_WIDTH,
    TILE_SIZE,
    TILE_WIDTH,
    Tile,
    format_tile_path,
    middle_hashes,
)

MAX_PROBLEMS = 1000
"""How many problems are listed; a report says how many there were."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where the database is not what it should be.

    Attributes:
        where: `entry 17`, `tile/0/000`, `head`, `checkpoint 12`, `database`.
        message: What is wrong with it.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(slots=True)
class FsckReport:
    """What was examined, and what is wrong.

    Attributes:
        origin: The log's name.
        size: The head's size.
        root: The root computed from the entries.
        checkpoints: How many retained checkpoints were examined.
        problems: What is wrong, lowest in the tree first; at most 1,000.
        count: How many problems there are.
    """

    origin: str
    size: int
    root: Hash
    checkpoints: int = 0
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, message: str) -> None:
        """Note a problem."""
        self.count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(where, message))


class FsckFailed(LedgerError):
    """The database is not what its entries say it should be.

    Attributes:
        report: Everything that is wrong.
    """

    def __init__(self, report: FsckReport) -> None:
        """Take the report; the message is its first problem."""
        super().__init__(
            f"{report.count} problem(s), the first: {report.problems[0]}",
            hint="append nothing; restore a backup, and compare it with what was published",
        )
        self.report = report


def fsck(store: Store) -> FsckReport:
    """Examine a ledger, and raise if anything is wrong.

    Raises:
        FsckFailed: with the report.
        Busy, StorageFailed: if it cannot be read.
    """
    report = examine(store)
    if report.count:
        raise FsckFailed(report)
    return report


def examine(store: Store) -> FsckReport:
    """Examine a ledger, and return the report whatever it says.

    Raises:
        Busy, StorageFailed: if it cannot be read.
    """
    try:
        return _examine(store)
    except NotALedger as error:  # SQLite could not even read it to the end.
        report = FsckReport(store.origin, 0, EMPTY_ROOT)
        report.add("database", str(error))
        return report


def _examine(store: Store) -> FsckReport:
    with store.reading() as reader:
        try:
            head = reader.head()
        except FatalSequencing as error:  # Without a head nothing says how much there should be.
            report = FsckReport(store.origin, 0, EMPTY_ROOT)
            report.add("head", str(error))
            return report
        report = FsckReport(store.origin, head.size, head.root)
        retained = reader.checkpoints()
        report.checkpoints = len(retained)
        edge, tiles, roots = _examine_entries(reader, report, [item.size for item in retained])
        report.root = edge.root()
        _examine_tiles(reader, report, tiles)
        _examine_head(reader, report, edge, store.vkeys)
        _examine_checkpoints(report, retained, roots, store)
        for ident, index in reader.repeated_idents():
            report.add(f"entry {index}", f"its identity {ident.hex()} is that of an earlier entry")
    _examine_database(store, report)
    return report


def _examine_entries(
    reader: Reader, report: FsckReport, sizes: Sequence[int]
) -> tuple[RightEdge, dict[tuple[int, int], bytes], dict[int, Hash]]:
    """Recompute the tree; return its edge, all its tiles, and its roots at the given sizes."""
    edge = RightEdge()
    tiles: dict[tuple[int, int], bytes] = {}
    roots: dict[int, Hash] = {}
    wanted = set(sizes)
    last_ms = 0
    for index, row in _dense_rows(reader, report.size):
        if row is None:
            report.add(f"entry {index}", "is missing")
            leaf = _stored_leaf(reader, index)
        else:
            last_ms = _examine_entry(report, row, last_ms)
            leaf = leaf_hash(row.leaf)
        for tile, hashes in edge.append(leaf):
            tiles[tile.level, tile.n] = hashes
        if edge.size in wanted:
            roots[edge.size] = edge.root()
    tiles.update({(tile.level, tile.n): hashes for tile, hashes in edge.rows()})
    last_index = reader.last_index()
    if last_index >= report.size:
        report.add(f"entry {last_index}", f"lies beyond the head's size {report.size}")
    return edge, tiles, roots


def _dense_rows(reader: Reader, size: int) -> Iterator[tuple[int, Entry | None]]:
    """Yield every index below the size, with its row or None."""
    expected = 0
    for row in reader.unverified_rows(0, size):
        while expected < row.index:
            yield expected, None
            expected += 1
        yield expected, row
        expected += 1
    while expected < size:
        yield expected, None
        expected += 1


def _examine_entry(report: FsckReport, row: Entry, last_ms: int) -> int:
    """Check what stands beside an entry's bytes; return the latest time so far."""
    where = f"entry {row.index}"
    if len(row.leaf) > MAX_ENTRY_SIZE:
        report.add(where, f"is {len(row.leaf)} bytes long, at most {MAX_ENTRY_SIZE} are allowed")
    if len(row.ident) != IDENT_SIZE:
        report.add(where, f"its identity has {len(row.ident)} bytes, wanted {IDENT_SIZE}")
    if row.time_ms < last_ms:
        before = f"{format_time(row.time_ms)}, before an earlier entry's {format_time(last_ms)}"
        report.add(where, f"has time {before}")
    return max(row.time_ms, last_ms)


def _stored_leaf(reader: Reader, index: int) -> bytes:
    try:
        tile = reader.read_tiles([Tile(0, index // TILE_WIDTH)])[0]
    except NotFound:
        tile = b""
    at = index % TILE_WIDTH * HASH_SIZE
    return tile[at : at + HASH_SIZE].ljust(HASH_SIZE, b"\x00")


def _examine_tiles(reader: Reader, report: FsckReport, computed: dict[tuple[int, int], bytes]) -> None:
    missing = dict(computed)
    for level, n, stored, middle in reader.tile_rows():
        where = format_tile_path(Tile(level, n)) if level in range(8) and n >= 0 else f"tile {level}/{n}"
        wanted = missing.pop((level, n), None)
        if wanted is None:
            report.add(where, f"a tree of size {report.size} has no such tile")
            continue
        _examine_hashes(report, where, stored, wanted, n * TILE_WIDTH if level == 0 else None)
        if middle is not None and (len(wanted) != TILE_SIZE or middle != middle_hashes(wanted)):
            report.add(where, "its middle hashes are not those of its hashes")
    for level, n in missing:
        report.add(format_tile_path(Tile(level, n)), "is missing")


def _examine_hashes(
    report: FsckReport, where: str, stored: bytes, wanted: bytes, first_entry: int | None
) -> None:
    """Compare hashes that are stored one after another; those of leaves are of `first_entry` and on."""
    if len(stored) != len(wanted):
        report.add(where, f"has {len(stored)} bytes, wanted {len(wanted)}")
    for at in range(0, min(len(stored), len(wanted)), HASH_SIZE):
        found, due = stored[at : at + HASH_SIZE], wanted[at : at + HASH_SIZE]
        if found != due:
            message = f"hash {at // HASH_SIZE} is {found.hex()}, computed {due.hex()}"
            if first_entry is not None:
                message += f" from entry {first_entry + at // HASH_SIZE}"
            report.add(where, message)


def _examine_head(reader: Reader, report: FsckReport, edge: RightEdge, vkeys: Sequence[VKey]) -> None:
    head = reader.head()
    _examine_hashes(report, "newest leaves", head.tail, edge.tail(), head.size - head.size % TAIL_WIDTH)
    if edge.root() != head.root:
        report.add("head", f"has root {head.root.hex()}, computed {edge.root().hex()}")
    if head.size == 0:
        if head.note or head.time_ms:
            report.add("head", "has a note or a time, but there are no entries")
        return
    _examine_note(report, "head", head.note, Checkpoint(report.origin, head.size, edge.root()), vkeys)
    last = next(reader.unverified_rows(head.size - 1, head.size), None)
    if last is not None and last.time_ms != head.time_ms:
        stated, wanted = format_time(head.time_ms), format_time(last.time_ms)
        report.add("head", f"has time {stated}, the last entry {wanted}")


def _examine_checkpoints(
    report: FsckReport, retained: Sequence[RetainedCheckpoint], roots: dict[int, Hash], store: Store
) -> None:
    for item in retained:
        where = f"checkpoint {item.size}"
        root = roots.get(item.size)
        if root is None:
            report.add(where, f"the log has never had this size, it has {report.size} entries")
            continue
        _examine_note(report, where, item.note, Checkpoint(report.origin, item.size, root), store.vkeys)


def _examine_note(
    report: FsckReport, where: str, note: bytes, wanted: Checkpoint, vkeys: Sequence[VKey]
) -> None:
    try:
        found = verify_checkpoint(note, vkeys)
    except (BadNote, Malformed) as error:
        report.add(where, f"its note: {error}")
        return
    if found.origin != wanted.origin:
        report.add(where, f"its note is of the log {found.origin}")
    if (found.size, found.root) != (wanted.size, wanted.root):
        stated = f"size {found.size} and root {found.root.hex()}"
        report.add(where, f"its note says {stated}, computed {wanted.size} and {wanted.root.hex()}")


def _examine_database(store: Store, report: FsckReport) -> None:
    """Let SQLite check its own file: pages, indexes, constraints."""
    if store.engine.dialect.name != "sqlite":
        return
    try:
        with store.translated(), store.engine.connect() as connection:
            rows = connection.exec_driver_sql("PRAGMA integrity_check(100)").fetchall()
    except NotALedger as error:
        report.add("database", str(error))
        return
    for (finding,) in rows:
        if finding != "ok":
            report.add("database", str(finding))
