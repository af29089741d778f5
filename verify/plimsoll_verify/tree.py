"""The Merkle tree, verified from its root downwards, and proofs in it.

A checkpoint's root vouches for the partial tiles at the right edge of the tree, whose hashes it is folded
from. Each hash in a verified tile of level L+1 vouches for a whole tile of level L. So every tile is checked
against what has been checked before, any of them can be read at any time, and nothing but some tiles is ever
held:

    root <- right edge of all levels;   tile/2 -> tile/1 -> tile/0 -> entries

Source: SPEC 1.1, 2.2 / RFC 6962 2.1, RFC 9162 2.1.
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256

from plimsoll_verify.errors import Consistency, Inclusion, RootMismatch, TileMismatch
from plimsoll_verify.limits import HASH_BYTES, TILE_WIDTH
from plimsoll_verify.source import Source
from plimsoll_verify.tiles import read_tile, tile_path, tile_width

EMPTY_ROOT = sha256(b"").digest()
_KEPT_TILES = 64

Subtrees = list[list[bytes]]
"""The hashes of a tile by height: `[h][i]` covers the hashes i*2^h to (i+1)*2^h-1; no incomplete ones."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry: SHA256(0x00 || entry). Source: RFC 6962 2.1."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node: SHA256(0x01 || left || right). Source: RFC 6962 2.1."""
    return sha256(b"\x01" + left + right).digest()


def grow_subtrees(hashes: list[bytes]) -> Subtrees:
    """Compute all complete subtrees over up to 256 hashes."""
    grown = [hashes]
    while len(hashes) > 1:
        pairs = zip(hashes[0::2], hashes[1::2], strict=False)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        grown.append(hashes)
    return grown


def peaks(subtrees: Subtrees, width: int) -> list[bytes]:
    """Return the roots of the largest complete subtrees over the first `width` hashes, left to right."""
    return [subtrees[h][(width >> h) - 1] for h in range(width.bit_length() - 1, -1, -1) if width >> h & 1]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Hash peaks, left to right, into the root over all of them."""
    root = hashes[-1]
    for left in hashes[-2::-1]:
        root = sha256(b"\x01" + left + root).digest()
    return root


def split_hashes(data: bytes) -> list[bytes]:
    """Cut a tile into its hashes."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


class Tree:
    """The tree of a checkpoint; every hash that it gives out has been verified against the root.

    Attributes:
        size: entries.
        root: 32 bytes.
    """

    def __init__(self, source: Source, size: int, root: bytes) -> None:
        """Read the right edge of the tree and verify it against the root.

        Raises:
            Missing, TileMismatch: a tile of the edge is not there, or of another length.
            RootMismatch: the edge does not hash to the root.
        """
        self.size = size
        self.root = root
        self._source = source
        self._edge: dict[int, Subtrees] = {}
        self._left: tuple[int, list[bytes]] | None = None
        self._kept: OrderedDict[tuple[int, int], Subtrees] = OrderedDict()
        found: list[bytes] = []
        level = 0
        while size >> 8 * level:
            number, width = divmod(size >> 8 * level, TILE_WIDTH)
            if width:
                self._edge[level] = grow_subtrees(split_hashes(read_tile(source, level, number, width)))
                found[:0] = peaks(self._edge[level], width)
            level += 1
        actual = fold(found) if found else EMPTY_ROOT
        if actual != root:
            raise RootMismatch(
                "root", root.hex(), actual.hex(), hint="run fsck on the ledger, and publish it again"
            )

    def subtrees(self, level: int, number: int) -> Subtrees:
        """Return the hashes of a tile, verified.

        Raises:
            Missing: it is not there.
            TileMismatch: it is not what the tree has at its place.

        Source: SPEC 10.3.
        """
        if tile_width(self.size, level, number) < TILE_WIDTH:
            return self._edge[level]
        kept = self._kept.get((level, number))
        if kept is not None:
            self._kept.move_to_end((level, number))
            return kept
        grown = grow_subtrees(split_hashes(read_tile(self._source, level, number, TILE_WIDTH)))
        wanted = self.subtrees(level + 1, number // TILE_WIDTH)[0][number % TILE_WIDTH]
        if grown[8][0] != wanted:
            raise TileMismatch("tile", wanted.hex(), grown[8][0].hex(), path=tile_path(level, number))
        self._kept[level, number] = grown
        if len(self._kept) > _KEPT_TILES:
            self._kept.popitem(last=False)
        return grown

    def root_at(self, size: int) -> bytes:
        """Return the root that the tree had when it was smaller, or has now.

        Raises:
            ValueError: the tree never had this size; the caller's mistake.
            Missing, TileMismatch: see `subtrees`.

        Source: RFC 6962 2.1.
        """
        if not 0 <= size <= self.size:
            raise ValueError(f"a tree of {self.size} entries never had {size}")
        number, width = divmod(size, TILE_WIDTH)
        left = self._left_of(number)
        found = [*left, *peaks(self.subtrees(0, number), width)] if width else left
        return fold(found) if found else EMPTY_ROOT

    def _left_of(self, number: int) -> list[bytes]:
        """Return the peaks over all full tiles left of one of level 0; the same are asked for many times."""
        if self._left is None or self._left[0] != number:
            found: list[bytes] = []
            level, rest = 1, number
            while rest:
                rest, width = divmod(rest, TILE_WIDTH)
                if width:
                    found[:0] = peaks(self.subtrees(level, rest), width)
                level += 1
            self._left = (number, found)
        return self._left[1]


def verify_inclusion(entry: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bytes:
    """Verify that an entry is in a tree; returns its leaf hash.

    Args:
        entry: the bytes of the entry.
        index: its place, from 0.
        size: entries of the tree.
        proof: hashes from the leaf's sibling up to the root's child.
        root: the tree's root.

    Raises:
        Inclusion: the index is not below the size, or the proof has another length or leads to another root.

    Source: RFC 9162 2.1.3.2.
    """
    if index >= size:
        raise Inclusion("inclusion", f"an index below the size {size}", f"{index}")
    leaf = leaf_hash(entry)
    # The path's lower part joins both sides; above the bits in which the index and the last index differ,
    # only siblings on the left are left, one for each bit of the index that is set there.
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(proof) != inner + border:
        raise Inclusion("inclusion", f"a proof of {inner + border} hashes", f"{len(proof)}")
    found = leaf
    for height, sibling in enumerate(proof):
        if height >= inner or index >> height & 1:
            found = node_hash(sibling, found)
        else:
            found = node_hash(found, sibling)
    if found != root:
        raise Inclusion("inclusion", f"the root {root.hex()}", found.hex())
    return leaf


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bytes:
    """Verify that a tree is the beginning of another; returns the other's root.

    Raises:
        Consistency: sizes that do not ascend, a proof of another length, or one that leads to other roots.

    Source: RFC 9162 2.1.4.2.
    """
    if not 0 < old_size <= new_size:
        raise Consistency("consistency", f"an old size of 1 to {new_size}", f"{old_size}")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise Consistency("consistency", "one root and no proof for one size", "two roots, or a proof")
        return new_root
    # The proof starts at the largest subtree that ends where the old tree ends; if that subtree is the whole
    # old tree, its root is known and left out.
    shift = (old_size & -old_size).bit_length() - 1
    inner = ((old_size - 1) ^ (new_size - 1)).bit_length() - shift
    border = (old_size - 1 >> shift + inner).bit_count()
    hashes = list(proof) if old_size != 1 << shift else [old_root, *proof]
    if len(hashes) != 1 + inner + border:
        raise Consistency("consistency", f"a proof of {1 + inner + border} hashes", f"{len(hashes)}")
    old_found = new_found = hashes[0]
    index = old_size - 1 >> shift
    for height, sibling in enumerate(hashes[1:]):
        if height >= inner or index >> height & 1:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
        else:
            new_found = node_hash(new_found, sibling)
    if old_found != old_root or new_found != new_root:
        raise Consistency(
            "consistency",
            f"roots {old_root.hex()} and {new_root.hex()}",
            f"{old_found.hex()} and {new_found.hex()}",
        )
    return new_root
