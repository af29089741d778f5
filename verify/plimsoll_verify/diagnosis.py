"""Saying what is wrong with a tree that does not verify: an entry, a published tile, or the root.

A verification works from the root downwards and stops where something does not fit; which side of the misfit
is wrong it cannot tell. So the tree is computed once more, from the entries upwards, and two of the three
witnesses to it, the entries, the tiles and the checkpoint, convict the third. The answer is the same
wherever the misfit was met.

Source: SPEC 10.3.
"""

from plimsoll_verify.errors import RootMismatch, TileMismatch, VerificationError
from plimsoll_verify.limits import TILE_WIDTH
from plimsoll_verify.source import Source
from plimsoll_verify.tiles import read_bundle, read_tile, tile_path, tile_width
from plimsoll_verify.tree import EMPTY_ROOT, Tree, fold, grow_subtrees, leaf_hash, peaks, split_hashes


class _Upwards:
    """A tree computed from its entries, beside the first misfit with the published tiles on the way.

    Attributes:
        root: what the entries hash to.
        tile_error: the first tile, from the leaves upwards, that is not what the entries hash to.
        entry_error: the first entry that does not hash to what its tile has.
    """

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self.tile_error: VerificationError | None = None
        self.entry_error: VerificationError | None = None
        found: list[bytes] = []
        hashes: list[bytes] = []
        for level in range(8):
            full: list[bytes] = []
            count = size >> 8 * level
            for number in range(-(-count // TILE_WIDTH)):
                width = tile_width(size, level, number)
                if level == 0:
                    tile = [leaf_hash(entry) for entry in read_bundle(source, number, width)]
                else:
                    tile = hashes[number * TILE_WIDTH : number * TILE_WIDTH + width]
                self._compare(level, number, tile)
                subtrees = grow_subtrees(tile)
                if width == TILE_WIDTH:
                    full.append(subtrees[8][0])
                else:
                    found[:0] = peaks(subtrees, width)
            hashes = full
        self.root = fold(found) if found else EMPTY_ROOT

    def _compare(self, level: int, number: int, tile: list[bytes]) -> None:
        path = tile_path(level, number, len(tile))
        try:
            published = split_hashes(read_tile(self._source, level, number, len(tile)))
        except VerificationError as error:
            self.tile_error = self.tile_error or error
            return
        if published == tile:
            return
        position = next(i for i, one in enumerate(tile) if one != published[i])
        wanted, got = tile[position].hex(), published[position].hex()
        self.tile_error = self.tile_error or TileMismatch(
            "tile", f"{wanted} as hash {position}", got, path=path
        )
        if level == 0:
            self.entry_error = self.entry_error or TileMismatch(
                "entries",
                f"an entry that hashes to {got}",
                f"one that hashes to {wanted}",
                entry=number * TILE_WIDTH + position,
                path=tile_path("entries", number, len(tile)),
            )


def diagnose(source: Source, size: int, root: bytes, met: VerificationError) -> VerificationError:
    """Return the error that names what is wrong, for a tree in which something does not fit.

    Args:
        source: the published ledger.
        size: entries that the checkpoint covers.
        root: the checkpoint's root.
        met: the misfit that was met; it is the answer if nothing is found, as when the ledger has been
            mended since.

    Source: SPEC 10.3.
    """
    try:
        upwards = _Upwards(source, size)
    except VerificationError as error:  # A bundle is not there, or cannot be cut into its entries.
        return error
    if upwards.root == root:
        return upwards.tile_error or met
    if upwards.entry_error and _tiles_fit(source, size, root):
        return upwards.entry_error
    hint = "run fsck on the ledger, and publish it again"
    return RootMismatch("root", root.hex(), upwards.root.hex(), path="checkpoint", hint=hint)


def _tiles_fit(source: Source, size: int, root: bytes) -> bool:
    """Say whether the published tiles, all of them, lead up to the root."""
    try:
        tree = Tree(source, size, root)
        for number in range(size // TILE_WIDTH):
            tree.subtrees(0, number)
    except VerificationError:
        return False
    return True
