"""Name and pack tiles: how the tree's hashes and the log's entries lie in files.

A tile at level L, number N holds the hashes of the nodes at tree height 8L, from index 256N on: 256 of
them when it is full, fewer (never none) at the right edge of a tree. Full tiles never change.

    path        tile/<L>/<N>[.p/<W>]         8,192 bytes full, 32 W partial
    bundle      tile/entries/<N>[.p/<W>]     (u16 BE length || entry) for each of its entries
    body pack   bodies/<N>                   (u32 BE length || body) for each of its entries, no `.p`

N is written in groups of three digits, all but the last prefixed with `x`: 1234067 is `x001/x234/067`.

Source: SPEC 2.2, 2.3 / C2SP tlog-tiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plimsoll_ledger.errors import Malformed
from plimsoll_ledger.hashing import HASH_SIZE, fold_hashes

TILE_HEIGHT = 8
"""Tree levels that one tile level spans."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile, entries in a full bundle: 256."""

TILE_SIZE = TILE_WIDTH * HASH_SIZE
"""Bytes of a full tile."""

MIDDLE_HEIGHT = TILE_HEIGHT // 2
"""How far up in a tile its middle hashes are."""

MIDDLE_SIZE = TILE_SIZE >> MIDDLE_HEIGHT
"""Bytes of the middle hashes of a full tile."""

TAIL_WIDTH = 32
"""A database's row of the right-most tile of leaf hashes grows by so many; newer ones stand in the head."""

MAX_ENTRY_SIZE = 0xFFFF
"""The longest entry, in bytes: a bundle writes its length in 16 bits."""

MAX_BODY_SIZE = 8 * 1024 * 1024
"""The longest body, in bytes. Source: SPEC 1.8."""

_MAX_TILE_LEVEL = 7  # 8 levels of 8 bits cover every size below 2**63.
_GROUPS = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")
_PATH = re.compile(r"tile/(?P<level>entries|[0-7])/(?P<number>[x0-9/]+?)(?:\.p/(?P<width>[0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """Coordinates of a tile.

    Attributes:
        level: Tile level, from 0 (leaf hashes).
        n: Number within the level, from 0.
        width: Hashes that are meant, 1 to 256.
    """

    level: int
    n: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """Refuse coordinates that no tree has."""
        if not 0 <= self.level <= _MAX_TILE_LEVEL or self.n < 0 or not 1 <= self.width <= TILE_WIDTH:
            raise ValueError(f"no such tile: level {self.level}, number {self.n}, width {self.width}")

    @property
    def is_full(self) -> bool:
        """Tell whether all 256 hashes are meant."""
        return self.width == TILE_WIDTH


def format_number(number: int) -> str:
    """Write a tile's number as path elements: 1234067 gives `x001/x234/067`."""
    if number < 0:
        raise ValueError(f"a tile number is not negative: {number}")
    path = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        path = f"x{number % 1000:03d}/{path}"
    return path


def parse_number(text: str) -> int:
    """Read the path elements of a tile's number.

    Raises:
        Malformed: if this is not how the number is written.
    """
    if _GROUPS.fullmatch(text) is None:
        raise Malformed(f"not a tile number: {text!r}")
    number = int(text.replace("/", "").replace("x", ""))
    if format_number(number) != text:
        raise Malformed(f"tile number has a redundant group: {text!r}")
    return number


def _suffix(tile: Tile) -> str:
    return "" if tile.is_full else f".p/{tile.width}"


def format_tile_path(tile: Tile) -> str:
    """Write the path of a tile of hashes. Source: C2SP tlog-tiles."""
    return f"tile/{tile.level}/{format_number(tile.n)}{_suffix(tile)}"


def format_bundle_path(tile: Tile) -> str:
    """Write the path of the entry bundle below a level-0 tile. Source: C2SP tlog-tiles."""
    if tile.level != 0:
        raise ValueError(f"only tiles at level 0 have entries, not level {tile.level}")
    return f"tile/entries/{format_number(tile.n)}{_suffix(tile)}"


def format_pack_path(number: int) -> str:
    """Write the path of the pack that holds the bodies of entries 256 number to 256 number + 255."""
    return f"bodies/{format_number(number)}"


def parse_tile_path(path: str) -> tuple[Tile, bool]:
    """Read a path of a tile or an entry bundle.

    Returns:
        The coordinates, and whether it is a bundle of entries (then the level is 0).

    Raises:
        Malformed: if it is not such a path, spelled in the one way there is.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise Malformed(f"not a tile path: {path!r}")
    width = TILE_WIDTH if found["width"] is None else int(found["width"])
    is_bundle = found["level"] == "entries"
    if not 1 <= width <= TILE_WIDTH:
        raise Malformed(f"a tile has 1 to {TILE_WIDTH} hashes: {path!r}")
    tile = Tile(0 if is_bundle else int(found["level"]), parse_number(found["number"]), width)
    if (format_bundle_path(tile) if is_bundle else format_tile_path(tile)) != path:
        raise Malformed(f"tile path is not in its only form: {path!r}")
    return tile, is_bundle


def tiles_between(old_size: int, new_size: int) -> Iterator[Tile]:
    """Yield every tile that a tree of `new_size` has and one of `old_size` had not, level by level.

    A tile that has become wider is yielded with its new width. Source: C2SP tlog-tiles.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"sizes out of order: {old_size}, {new_size}")
    level = 0
    while (new_nodes := new_size >> (TILE_HEIGHT * level)) > 0:
        old_nodes = old_size >> (TILE_HEIGHT * level)
        if new_nodes > old_nodes:
            for n in range(old_nodes // TILE_WIDTH, new_nodes // TILE_WIDTH):
                yield Tile(level, n)
            if width := new_nodes % TILE_WIDTH:
                yield Tile(level, new_nodes // TILE_WIDTH, width)
        level += 1


def partial_tiles(size: int) -> Iterator[Tile]:
    """Yield the tiles at the right edge of a tree that are not full, level by level.

    Source: C2SP tlog-tiles: the width at level l is floor(size / 256**l) mod 256.
    """
    level = 0
    while (nodes := size >> (TILE_HEIGHT * level)) > 0:
        if width := nodes % TILE_WIDTH:
            yield Tile(level, nodes // TILE_WIDTH, width)
        level += 1


def check_tile(tile: Tile, hashes: bytes) -> bytes:
    """Return the bytes of a tile's hashes, cut to its width.

    A stored right-edge tile may have grown since; its first hashes are those of the narrower one.

    Raises:
        Malformed: if there are too few bytes, or not a whole number of hashes.
    """
    wanted = tile.width * HASH_SIZE
    if len(hashes) < wanted or len(hashes) % HASH_SIZE:
        raise Malformed(f"{format_tile_path(tile)} has {len(hashes)} bytes, wanted {wanted}")
    return hashes[:wanted]


def middle_hashes(hashes: bytes) -> bytes:
    """Return the 16 hashes halfway up a full tile, each over 16 of its 256.

    Kept beside a tile they save nine tenths of the hashing of a proof: 22 hashes a tile instead of 247.
    """
    if len(hashes) != TILE_SIZE:
        raise ValueError(f"a full tile has {TILE_SIZE} bytes, not {len(hashes)}")
    step = HASH_SIZE << MIDDLE_HEIGHT
    return b"".join([fold_hashes(hashes[at : at + step]) for at in range(0, TILE_SIZE, step)])


def format_bundle(entries: Iterable[bytes]) -> bytes:
    """Pack entries of at most 65,535 bytes each: (u16 BE length || entry)*. Source: C2SP tlog-tiles."""
    return _format_records(entries, 2, MAX_ENTRY_SIZE, "entry")


def parse_bundle(data: bytes) -> list[bytes]:
    """Unpack an entry bundle: 1 to 256 entries.

    Raises:
        Malformed: if a record is cut short, or their number is not 1 to 256.
    """
    return _parse_records(data, 2, "entry bundle")


def format_pack(bodies: Iterable[bytes]) -> bytes:
    """Pack bodies: (u32 BE length || body)*, length 0 for a body that is withheld or inline."""
    return _format_records(bodies, 4, MAX_BODY_SIZE, "body")


def parse_pack(data: bytes) -> list[bytes]:
    """Unpack a body pack: 1 to 256 bodies.

    Raises:
        Malformed: if a record is cut short, or their number is not 1 to 256.
    """
    return _parse_records(data, 4, "body pack")


def _format_records(records: Iterable[bytes], length_size: int, most: int, what: str) -> bytes:
    parts: list[bytes] = []
    for record in records:
        if len(record) > most:
            raise ValueError(f"{what} of {len(record)} bytes, at most {most} fit")
        parts += (len(record).to_bytes(length_size, "big"), record)
    return b"".join(parts)


def _parse_records(data: bytes, length_size: int, what: str) -> list[bytes]:
    records: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + length_size
        end = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or end > len(data):
            raise Malformed(f"{what}: record {len(records)} is cut short")
        records.append(data[start:end])
        at = end
    if not 1 <= len(records) <= TILE_WIDTH:
        raise Malformed(f"{what} has {len(records)} records, wanted 1 to {TILE_WIDTH}")
    return records
