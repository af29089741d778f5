"""What the ledger's tests share: a small admission, a clock that is told, a tree in memory."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, select, update

from plimsoll_keys.files import FileSigner, generate_signer
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.admission import Admitted, LogView, Refused
from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.hashing import leaf_hash
from plimsoll_ledger.models import HeadRow, TileRow, table
from plimsoll_ledger.sequencer import Sequencer, create_ledger
from plimsoll_ledger.tiles import Tile

ORIGIN = "acme.example/rsp"
START_MS = 1_795_305_600_000  # 2026-11-22T00:00:00.000Z
HOUR_MS = 3_600_000


class ToldClock:
    """A clock that moves only when told."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms


class TextAdmission:
    """Admit any text but `refuse...`; its first word is its topic, and a counter goes before it.

    It remembers the log's entries, as a real admission remembers what they mean, and complains when
    the sequencer breaks the protocol: an index that is not next, a begin that does not fit.
    """

    def __init__(self) -> None:
        self.known: list[bytes] = []
        self.committed = 0
        self.begins = 0
        self.aborts = 0

    def precheck(self, blob: bytes) -> bytes:
        if blob.startswith(b"malformed"):
            raise Refused("this text is malformed")
        return blob

    def keep(self, prechecked: Sequence[Any]) -> None:
        pass

    def begin(self, view: LogView) -> None:
        self.begins += 1
        assert len(self.known) <= view.size, "entries that did not commit are remembered"
        for index in range(len(self.known), view.size):
            self.known.append(view.entry(index).leaf)
        self.committed = view.size

    def admit(self, prechecked: bytes, index: int, time_ms: int) -> Admitted:
        assert index == len(self.known), f"index {index} after {len(self.known)} entries"
        assert time_ms > 0
        if prechecked.startswith(b"refuse"):
            raise Refused("this text asks to be refused", hint="write another")
        if prechecked.startswith(b"crash"):
            raise RuntimeError("a mistake in the admission")
        self.known.append(prechecked)
        topic = prechecked.split(b" ", 1)[0].decode()[:20]
        return Admitted(prechecked, hashlib.sha256(prechecked).digest(), topic)

    def abort(self) -> None:
        # What committed since the last begin is read again from the view: forgetting more is safe.
        self.aborts += 1
        del self.known[self.committed :]


class MemoryTree:
    """A `HashReader` over a tree that is kept as tiles in a dictionary."""

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.edge = RightEdge()
        self.reads: list[Tile] = []
        for entry in entries:
            self.append(entry)

    def append(self, entry: bytes) -> None:
        before = self.edge.size
        for tile, hashes in [*self.edge.append(leaf_hash(entry)), *self.edge.partial(before)]:
            self.tiles[tile.level, tile.n] = hashes

    def read_tiles(self, tiles: Sequence[Tile]) -> list[bytes]:
        self.reads += tiles
        return [self.tiles[tile.level, tile.n] for tile in tiles]


def make_entries(count: int) -> list[bytes]:
    """Return distinct entries, the first of them empty."""
    return [b"" if index == 0 else b"entry %d" % index for index in range(count)]


def new_ledger(
    directory: Path, blobs: Sequence[bytes] = (b"genesis",), *, clock: ToldClock | None = None
) -> tuple[Sequencer, FileSigner]:
    """Create a ledger in a directory."""
    signer = generate_signer(ORIGIN)
    sequencer = create_ledger(url_of(directory), signer, TextAdmission(), clock or ToldClock(), blobs)
    return sequencer, signer


def url_of(directory: Path) -> str:
    return f"sqlite:///{directory / 'ledger.sqlite'}"


def vkey_of(signer: FileSigner) -> VKey:
    return VKey.of(signer)


def make_schema_2(url: str) -> None:
    """Make a database as schema 2 had it: the hashes of the last leaves stand in their tile's row."""
    engine = create_engine(url)
    with engine.begin() as connection:
        head, tile = table(HeadRow), table(TileRow)
        size, tail = connection.execute(select(head.c.size, head.c.tail)).one()
        row = {"level": 0, "n": size // 256}
        is_last = (tile.c.level == 0) & (tile.c.n == row["n"])
        hashes = connection.execute(select(tile.c.hashes).where(is_last)).scalar()
        if hashes is None:
            connection.execute(insert(tile).values(**row, hashes=bytes(tail)))
        else:
            connection.execute(update(tile).where(is_last).values(hashes=bytes(hashes) + bytes(tail)))
        connection.exec_driver_sql("ALTER TABLE head DROP COLUMN tail")
        connection.exec_driver_sql("UPDATE meta SET schema_number = 2")
    engine.dispose()
