"""Grow the tree at its right edge: what must be remembered to append, and which tiles that changes.

Two things stand for a tree of a given size. The *stack* has the root of each complete subtree, left to
right, one for each bit set in the size (19 entries: subtrees of 16, 2 and 1); it gives the root in
O(log n). The *partial tiles* have the hashes of the right-most tile of each level; appending adds to
them, and cuts off a full tile whenever one reaches 256 hashes. Both are small whatever the size, so an
append costs two hashes on average, and never a look at older entries.

Source: RFC 6962 2.1 (the tree), C2SP tlog-tiles (the tiles).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol, Self

from plimsoll_ledger.hashing import EMPTY_ROOT, HASH_SIZE, Hash, fold_hashes
from plimsoll_ledger.tiles import TAIL_WIDTH, TILE_HEIGHT, TILE_WIDTH, Tile, check_tile, partial_tiles

_FULL = TILE_WIDTH * HASH_SIZE
_sha256 = hashlib.sha256


class HashReader(Protocol):
    """Somewhere tiles of hashes can be read from."""

    def read_tiles(self, tiles: Sequence[Tile]) -> list[bytes]:
        """Return each tile's hashes, 32 bytes each, at least as many as its width.

        The 256 of a full tile may be followed by its 16 middle ones (`tiles.middle_hashes`).

        Raises:
            NotFound: if a tile is not there.
        """
        ...


class RightEdge:
    """The right edge of a tree: enough of it to append, to name the root, to write the tiles."""

    __slots__ = ("_partial", "_size", "_stack")

    def __init__(self) -> None:
        """Start with the empty tree."""
        self._size = 0
        self._stack: list[bytes] = []
        self._partial: list[bytearray] = []

    @classmethod
    def load(cls, reader: HashReader, size: int) -> Self:
        """Read the edge of a tree of `size` from its tiles (one partial tile a level, never a scan).

        The hashes are taken as they are: compare `root()` with one that is known.

        Raises:
            NotFound, Malformed: if the tiles are not there, or too short.
        """
        edge = cls()
        wanted = list(partial_tiles(size))
        hashes = dict(zip(wanted, reader.read_tiles(wanted), strict=True)) if wanted else {}
        by_level = {tile.level: check_tile(tile, data) for tile, data in hashes.items()}
        for level in range(max(by_level, default=-1) + 1):
            edge._partial.append(bytearray(by_level.get(level, b"")))
        for height in range(size.bit_length() - 1, -1, -1):
            if size >> height & 1:
                edge._stack.append(_subtree(by_level[height // TILE_HEIGHT], size, height))
        edge._size = size
        return edge

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> list[tuple[Tile, bytes]]:
        """Add one 32-byte leaf hash; return the tiles that became full by it, lowest level first."""
        full: list[tuple[Tile, bytes]] = []
        node = leaf
        self._add_to_tile(0, node, full)
        height = 0
        size = self._size
        while size >> height & 1:
            node = _sha256(b"\x01" + self._stack.pop() + node).digest()
            height += 1
            if height % TILE_HEIGHT == 0:
                self._add_to_tile(height // TILE_HEIGHT, node, full)
        self._stack.append(node)
        self._size = size + 1
        return full

    def _add_to_tile(self, level: int, node: bytes, full: list[tuple[Tile, bytes]]) -> None:
        if level == len(self._partial):
            self._partial.append(bytearray())
        tile = self._partial[level]
        tile += node
        if len(tile) == _FULL:
            full.append((Tile(level, self._size >> (TILE_HEIGHT * (level + 1))), bytes(tile)))
            self._partial[level] = bytearray()

    def root(self) -> Hash:
        """Return the root over all leaves. Source: RFC 6962 2.1."""
        if not self._stack:
            return EMPTY_ROOT
        stack = self._stack
        node = stack[-1]
        for left in stack[-2::-1]:
            node = _sha256(b"\x01" + left + node).digest()
        return Hash(node)

    def partial(self, since_size: int = 0) -> list[tuple[Tile, bytes]]:
        """Return the tiles that are not full and have grown since the tree had a size, lowest first."""
        tiles: list[tuple[Tile, bytes]] = []
        for level, hashes in enumerate(self._partial):
            if hashes and self._size >> (TILE_HEIGHT * level) > since_size >> (TILE_HEIGHT * level):
                n = self._size >> (TILE_HEIGHT * (level + 1))
                tiles.append((Tile(level, n, len(hashes) // HASH_SIZE), bytes(hashes)))
        return tiles

    def rows(self, since_size: int = 0) -> list[tuple[Tile, bytes]]:
        """Return what rows have of those tiles: of level 0 all but the tail, if that part has grown."""
        settled = self._size - self._size % TAIL_WIDTH
        width = settled % TILE_WIDTH if settled > since_size else 0
        rows: list[tuple[Tile, bytes]] = []
        for tile, hashes in self.partial(since_size):
            if tile.level:
                rows.append((tile, hashes))
            elif width:
                rows.append((Tile(0, tile.n, width), hashes[: width * HASH_SIZE]))
        return rows

    def tail(self) -> bytes:
        """Return the hashes of the last `size % 32` leaves, 32 bytes each; see `Head`."""
        count = self._size % TAIL_WIDTH
        return bytes(self._partial[0][-count * HASH_SIZE :]) if count else b""


def _subtree(tile: bytes, size: int, height: int) -> bytes:
    """Return the root of the complete subtree of 2**height leaves that the size's bit stands for.

    It lies in the partial tile of its level: the bits of the size above `height`, within that tile,
    say where it starts.
    """
    inner = height % TILE_HEIGHT
    start = (size >> height ^ 1) << inner & (TILE_WIDTH - 1)
    return fold_hashes(tile[start * HASH_SIZE : (start + (1 << inner)) * HASH_SIZE])
