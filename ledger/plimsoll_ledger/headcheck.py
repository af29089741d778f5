"""Check that what is stored belongs under the head, before anything is appended or published on it.

The check reads the right edge of the tiles and the last entry, never more. It stops us from signing a
history that contradicts one we signed before, when storage was damaged, half restored or edited. What
lies further back is `fsck`'s to find.
"""

from __future__ import annotations

from collections.abc import Sequence

from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.errors import BadNote, FatalSequencing, LedgerError, Malformed, NotFound
from plimsoll_ledger.hashing import HASH_SIZE, leaf_hash
from plimsoll_ledger.reading import Head, Reader
from plimsoll_ledger.tiles import TILE_WIDTH, Tile, check_tile

_HINT = "stop appending; run `plimsoll fsck`, and compare with what was published before restoring a backup"


def verify_head(reader: Reader, vkeys: Sequence[VKey]) -> RightEdge:
    """Check the head against the tiles, the last entry and the log's keys.

    Returns:
        The right edge of the tree, whose root is the head's.

    Raises:
        FatalSequencing: if anything disagrees; says what.
    """
    head = reader.head()
    last_index = reader.last_index()
    if last_index != head.size - 1:
        raise FatalSequencing(
            f"the head has size {head.size}, but the last entry's index is {last_index}", hint=_HINT
        )
    try:
        edge = RightEdge.load(reader, head.size)
    except (NotFound, Malformed) as error:
        raise FatalSequencing(f"the tree of size {head.size} is incomplete: {error}", hint=_HINT) from error
    if edge.root() != head.root:
        raise FatalSequencing(
            f"the tiles of size {head.size} have root {edge.root().hex()}, the head says {head.root.hex()}",
            hint=_HINT,
        )
    if head.size:
        _verify_note(head, vkeys)
        _verify_last_entry(reader, head)
    elif head.note:
        raise FatalSequencing("the log has no entries, but its head has a note", hint=_HINT)
    return edge


def _verify_note(head: Head, vkeys: Sequence[VKey]) -> Checkpoint:
    try:
        checkpoint = verify_checkpoint(head.note, vkeys)
    except (BadNote, Malformed) as error:
        raise FatalSequencing(f"the head's note is not this log's: {error}", hint=_HINT) from error
    if (checkpoint.size, checkpoint.root) != (head.size, head.root):
        raise FatalSequencing(
            f"the head's note is over size {checkpoint.size}, root {checkpoint.root.hex()}; "
            f"the head has size {head.size}, root {head.root.hex()}",
            hint=_HINT,
        )
    return checkpoint


def _verify_last_entry(reader: Reader, head: Head) -> None:
    index = head.size - 1
    entry = reader.entry(index)
    tile = Tile(0, index // TILE_WIDTH, index % TILE_WIDTH + 1)
    try:
        stored = check_tile(tile, reader.read_tiles([tile])[0])[-HASH_SIZE:]
    except LedgerError as error:
        raise FatalSequencing(f"the last leaf cannot be read: {error}", hint=_HINT) from error
    if leaf_hash(entry.leaf) != stored:
        raise FatalSequencing(f"entry {index} is not what the tree has at its index", hint=_HINT)
    if entry.time_ms != head.time_ms:
        raise FatalSequencing(f"entry {index} and the head disagree about its time", hint=_HINT)
