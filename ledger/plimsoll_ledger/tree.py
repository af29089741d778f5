r"""Prove and verify inclusion and consistency, reading tiles only.

A tree's root over the entries lo..hi-1 is written MTH[lo:hi]. Where hi-lo is a power of two and lo a
multiple of it, the subtree is complete, and lies in one tile: `_Place`. Every other subtree splits at
the largest power of two below its size, so any MTH[lo:hi] that a proof needs is a fold of O(log n)
complete nodes, and the whole proof reads O(log n / 8) tiles, all asked for at once.

    size 7                 .            inclusion of 5 in 7:   [4], 6, [0:4]
                    /             \
                 [0:4]           [4:7]
                /     \          /    \
            [0:2]    [2:4]    [4:6]    6

Verification takes no reader: it needs the proof, the sizes and the roots, and nothing else.

Source: RFC 6962 2.1.1 and 2.1.2 (what a proof has), RFC 9162 2.1.3.2 and 2.1.4.2 (how it is checked).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from plimsoll_ledger.edge import HashReader
from plimsoll_ledger.errors import NotFound, ProofError
from plimsoll_ledger.hashing import EMPTY_ROOT, HASH_SIZE, Hash, fold_hashes, node_hash
from plimsoll_ledger.tiles import (
    MIDDLE_HEIGHT,
    MIDDLE_SIZE,
    TILE_HEIGHT,
    TILE_SIZE,
    TILE_WIDTH,
    Tile,
    check_tile,
)

_sha256 = hashlib.sha256

_Place = tuple[int, int, int, int]
"""Where a complete subtree's hash is: level and number of its tile, its height in it, its first hash."""

_fold_remembered = lru_cache(maxsize=1024)(fold_hashes)
# Tiles that are not full have no middle hashes, and proofs share the few at the right edge. The key is the
# hashes themselves, at most 4 KiB: what is remembered cannot be another tree's.


def _place(height: int, index: int) -> _Place:
    """Return where the root over the entries index << height up to (index + 1) << height is found."""
    level, inner = divmod(height, TILE_HEIGHT)
    first = index << inner
    return level, first >> TILE_HEIGHT, inner, first & (TILE_WIDTH - 1)


def _hash_at(hashes: bytes, inner: int, first: int) -> bytes:
    """Return the hash over the 2**inner hashes of a tile from `first` on.

    Args:
        hashes: Those of the tile, as many as its width, or of a full tile also its middle ones.
        inner: How high in the tile.
        first: Where it begins.
    """
    if inner >= MIDDLE_HEIGHT and len(hashes) > TILE_SIZE:
        start = TILE_SIZE + (first >> MIDDLE_HEIGHT) * HASH_SIZE
        return fold_hashes(hashes[start : start + (HASH_SIZE << inner - MIDDLE_HEIGHT)])
    below = hashes[first * HASH_SIZE : (first + (1 << inner)) * HASH_SIZE]
    return fold_hashes(below) if inner < MIDDLE_HEIGHT else _fold_remembered(below)


def _split(size: int) -> int:
    """Return the largest power of two below `size`, for size > 1. Source: RFC 6962 2.1."""
    return 1 << (size - 1).bit_length() - 1


def _places(lo: int, hi: int) -> list[_Place]:
    """Return the complete subtrees, left to right, that MTH[lo:hi] is folded from."""
    found = []
    while lo < hi:
        height = (hi - lo).bit_length() - 1
        found.append(_place(height, lo >> height))
        lo += 1 << height
    return found


def _compute(reader: HashReader, ranges: Sequence[tuple[int, int]], size: int) -> list[Hash]:
    """Return MTH[lo:hi] of each range in a tree of `size`, from tiles read in one request."""
    plans = [_places(lo, hi) for lo, hi in ranges]
    found = _read(reader, dict.fromkeys([place[:2] for plan in plans for place in plan]), size)
    roots: list[Hash] = []
    for plan in plans:
        root = b""
        for level, n, inner, first in reversed(plan):
            node = _hash_at(found[level, n], inner, first)
            root = _sha256(b"\x01" + node + root).digest() if root else node
        roots.append(Hash(root))
    return roots


def _read(reader: HashReader, wanted: Iterable[tuple[int, int]], size: int) -> dict[tuple[int, int], bytes]:
    """Return tiles by level and number, each as wide as in a tree of `size`; full ones with their middle."""
    tiles = [
        Tile(level, n, min((size >> TILE_HEIGHT * level) - n * TILE_WIDTH, TILE_WIDTH)) for level, n in wanted
    ]
    found = {}
    for tile, hashes in zip(tiles, reader.read_tiles(tiles), strict=True):
        has_middle = tile.is_full and len(hashes) == TILE_SIZE + MIDDLE_SIZE
        found[tile.level, tile.n] = hashes if has_middle else check_tile(tile, hashes)
    return found


def root_at(reader: HashReader, size: int) -> Hash:
    """Return the root that the tree had at `size`. Source: RFC 6962 2.1."""
    if size < 0:
        raise ValueError(f"a size is not negative: {size}")
    return _compute(reader, [(0, size)], size)[0] if size else EMPTY_ROOT


def prove_inclusion(reader: HashReader, index: int, size: int) -> list[Hash]:
    """Build the proof that the entry at `index` is in the tree of `size`, leaf to root.

    Raises:
        NotFound: if index >= size, or a tile is missing.

    Source: RFC 6962 2.1.1.
    """
    if not 0 <= index < size:
        raise NotFound(f"there is no entry {index} in a tree of size {size}")
    ranges: list[tuple[int, int]] = []
    lo, hi = 0, size
    while hi - lo > 1:
        middle = lo + _split(hi - lo)
        if index < middle:
            ranges.append((middle, hi))
            hi = middle
        else:
            ranges.append((lo, middle))
            lo = middle
    return _compute(reader, ranges[::-1], size) if ranges else []


def prove_consistency(reader: HashReader, old_size: int, new_size: int) -> list[Hash]:
    """Build the proof that the tree of `old_size` is a prefix of the tree of `new_size`.

    It is empty for old_size 0 (anything extends nothing) and for equal sizes.

    Raises:
        NotFound: if old_size > new_size, or a tile is missing.

    Source: RFC 6962 2.1.2.
    """
    if not 0 <= old_size <= new_size:
        raise NotFound(f"a tree of size {old_size} is not a prefix of one of size {new_size}")
    ranges: list[tuple[int, int]] = []
    lo, hi = 0, new_size
    while 0 < old_size < hi:
        middle = lo + _split(hi - lo)
        if old_size <= middle:
            ranges.append((middle, hi))
            hi = middle
        else:
            ranges.append((lo, middle))
            lo = middle
    if ranges and lo > 0:  # The old tree's own root is known where it is the left-most subtree.
        ranges.append((lo, hi))
    return _compute(reader, ranges[::-1], new_size) if ranges else []


def verify_inclusion(index: int, size: int, leaf: Hash, proof: Sequence[Hash], root: Hash) -> Hash:
    """Check that `leaf` is the leaf hash at `index` of the tree with this size and root.

    The length is checked first: it follows from index and size alone. The low part of the path, below
    where index and size - 1 part, turns by the bits of the index; from there on we are on the right
    edge of the tree, and every sibling that exists is on the left.

    Returns:
        The root, now known to hold the leaf.

    Raises:
        ProofError: if it does not follow.

    Source: RFC 9162 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofError(f"inclusion: index {index} is not in a tree of size {size}")
    inner = (index ^ (size - 1)).bit_length()
    wanted = inner + (index >> inner).bit_count()
    if len(proof) != wanted:
        raise ProofError(f"inclusion: {len(proof)} hashes for index {index} in size {size}, wanted {wanted}")
    node = leaf
    for height, sibling in enumerate(proof):
        if height < inner and not index >> height & 1:
            node = node_hash(node, sibling)
        else:
            node = node_hash(sibling, node)
    if node != root:
        raise ProofError(
            f"inclusion: index {index} in size {size} gives root {node.hex()}, wanted {root.hex()}"
        )
    return root


def verify_consistency(
    old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]
) -> Hash:
    """Check that the tree with the old size and root is a prefix of the one with the new.

    Returns:
        The new root, now known to extend the old one.

    Raises:
        ProofError: if it does not follow; also when old_size > new_size.

    Source: RFC 9162 2.1.4.2.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError(f"consistency: old size {old_size} is larger than new size {new_size}")
    if old_size in {0, new_size}:
        if proof:
            raise ProofError(
                f"consistency: {len(proof)} hashes from size {old_size} to {new_size}, wanted none"
            )
        expected = EMPTY_ROOT if old_size == 0 else new_root
        _expect_root("old", old_size, expected, old_root)
        if new_size == 0:
            _expect_root("new", new_size, EMPTY_ROOT, new_root)
        return new_root
    _verify_growth(old_size, old_root, new_size, new_root, proof)
    return new_root


def _verify_growth(
    old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]
) -> None:
    """Walk from the old tree's last complete subtree upwards, growing both roots. 0 < old < new."""
    shift = (old_size & -old_size).bit_length() - 1
    last, edge = (old_size - 1) >> shift, (new_size - 1) >> shift
    # The old tree's last complete subtree is its whole when old_size is a power of two: then its
    # hash is the old root, and the proof leaves it out.
    start = 0 if last == 0 else 1
    inner = (last ^ edge).bit_length()
    wanted = start + inner + (last >> inner).bit_count()
    if len(proof) != wanted:
        raise ProofError(
            f"consistency: {len(proof)} hashes from size {old_size} to {new_size}, wanted {wanted}"
        )
    old_node = new_node = proof[0] if start else old_root
    for height, sibling in enumerate(proof[start:]):
        if height < inner and not last >> height & 1:
            new_node = node_hash(new_node, sibling)  # Grown since: the old tree ends to the left.
        else:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
    _expect_root("old", old_size, old_node, old_root)
    _expect_root("new", new_size, new_node, new_root)


def _expect_root(which: str, size: int, computed: bytes, root: bytes) -> None:
    if computed != root:
        raise ProofError(
            f"consistency: the {which} tree of size {size} has root {computed.hex()}, not {root.hex()}"
        )
