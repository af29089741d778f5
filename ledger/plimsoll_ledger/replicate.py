"""Follow a log that somebody else runs: its entries and tiles in a database of one's own.

The tree is grown from the entries, on top of what was followed before. So where its root is that of the new
checkpoint, the new log continues the one that was held; where it is not, nothing is kept.

Nothing is signed here, and no signature is checked: whoever calls has verified the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable

from plimsoll_ledger.admission import Entry
from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.errors import LedgerError, RowExists
from plimsoll_ledger.hashing import Hash, leaf_hash
from plimsoll_ledger.reading import Head
from plimsoll_ledger.store import Store
from plimsoll_ledger.tiles import Tile


class Diverged(LedgerError):
    """The entries do not give the root that was signed: another history, or bytes that were changed."""


def replicate(store: Store, entries: Iterable[Entry], size: int, root: Hash, note: bytes) -> Head:
    """Take over entries up to a checkpoint, all of them or none.

    Args:
        store: The database, which holds the log up to some smaller size.
        entries: What follows, in order.
        size: The checkpoint's.
        root: The checkpoint's.
        note: The checkpoint, verified by the caller.

    Raises:
        Diverged: if the entries do not lead from the one to the other.
        StorageFailed, StorageFull: if it cannot be written.
    """
    writer = store.writer()
    try:
        with store.translated(), writer.transaction() as transaction:
            old = transaction.lock_head()
            edge = RightEdge.load(transaction, old.size)
            tiles: list[tuple[Tile, bytes]] = []
            time_ms = old.time_ms
            batch: list[Entry] = []
            for entry in entries:
                tiles += edge.append(leaf_hash(entry.leaf))
                batch.append(entry)
                time_ms = entry.time_ms
            if (edge.size, edge.root()) != (size, root):
                raise Diverged(
                    f"{edge.size} entries have the root {edge.root().hex()}, "
                    f"the checkpoint of {size} says {root.hex()}"
                )
            transaction.insert_entries(batch)
            transaction.write_tiles(tiles + edge.rows(old.size), old.size)
            head = Head(size, root, time_ms, note, edge.tail())
            if not transaction.move_head(old.size, head):
                raise Diverged("another process followed the log meanwhile", hint="try again")
    except RowExists as error:
        raise Diverged(f"the log holds a statement twice: {error}") from error
    finally:
        writer.close()
    return head
