"""Tiles and bundles: how a tree and its entries are cut into files.

A tile of level L holds up to 256 hashes of subtrees of 256^L entries each; a bundle the entries under one
tile of level 0. Full ones never change; the last of each level may be partial and says its width in its path.

Source: SPEC 2.2 / C2SP tlog-tiles.
"""

from plimsoll_verify.errors import Malformed, Missing, TileMismatch
from plimsoll_verify.limits import HASH_BYTES, MAX_BUNDLE_BYTES, TILE_WIDTH
from plimsoll_verify.source import Source, read_file


def tile_number(number: int) -> str:
    """Write a tile's number in groups of three digits: 1234067 is `x001/x234/067`."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile, or with level "entries" of a bundle.

    Args:
        level: 0 for leaf hashes, or "entries".
        number: the tile's number within its level.
        width: how many hashes or entries it holds, 1 to 256.
    """
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{tile_number(number)}{partial}"


def tile_width(size: int, level: int, number: int) -> int:
    """Return how wide a tile is in a tree of this size; 0 or less if it has none."""
    return min(TILE_WIDTH, (size >> 8 * level) - number * TILE_WIDTH)


def _read_wide(
    source: Source, level: int | str, number: int, width: int, limit: int, check: str
) -> tuple[bytes, int]:
    """Read a tile or bundle; returns it with its width.

    A log may take a partial tile away once the full one exists, which begins with the same.
    """
    path = tile_path(level, number, width)
    try:
        return read_file(source, path, limit, check), width
    except Missing as missing:
        if width == TILE_WIDTH:
            raise
        try:
            return read_file(source, tile_path(level, number), limit, check), TILE_WIDTH
        except Missing:
            raise missing from None


def read_tile(source: Source, level: int, number: int, width: int) -> bytes:
    """Read the hashes of a tile, 32 bytes each.

    Not verified: that the hashes are those of the tree.

    Raises:
        Missing: there is neither the tile nor the full one that begins with it.
        TileMismatch: it has another length.

    Source: SPEC 2.2.
    """
    try:
        data, found = _read_wide(source, level, number, width, TILE_WIDTH * HASH_BYTES, "tile")
    except Malformed as error:
        raise TileMismatch("tile", error.expected, error.actual, path=error.path) from None
    if len(data) != found * HASH_BYTES:
        path = tile_path(level, number, found)
        raise TileMismatch("tile", f"{found} hashes of 32 bytes", f"{len(data)} bytes", path=path)
    return data[: width * HASH_BYTES]


def parse_bundle(data: bytes, path: str) -> list[bytes]:
    """Cut a bundle into its entries: (u16 big-endian length || entry)*.

    Raises:
        Malformed: the last entry, or its length, is cut.

    Source: SPEC 2.2.
    """
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        at = start + (data[at] << 8) + data[at + 1] if start <= end else end + 1
        if at > end:
            raise Malformed(
                "entries", "whole entries", f"a cut one, the {len(entries) + 1}. of the bundle", path=path
            )
        entries.append(data[start:at])
    return entries


def read_bundle(source: Source, number: int, width: int) -> list[bytes]:
    """Read the entries under a tile of level 0.

    Not verified: that they are those of the tree.

    Raises:
        Missing: there is neither the bundle nor the full one that begins with it.
        Malformed: it is cut, or has another number of entries.

    Source: SPEC 2.2.
    """
    data, found = _read_wide(source, "entries", number, width, MAX_BUNDLE_BYTES, "entries")
    path = tile_path("entries", number, found)
    entries = parse_bundle(data, path)
    if len(entries) != found:
        raise Malformed("entries", f"{found} entries", f"{len(entries)}", path=path)
    return entries[:width]
