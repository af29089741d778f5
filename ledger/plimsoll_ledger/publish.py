"""Publish a log as a directory of files (or as objects) that any static file server can serve.

A reader fetches `checkpoint` and then whatever that checkpoint implies. So the order is:

    0  the checkpoint is cosigned by witnesses       where there are any; too few, and nothing is written
    1  bodies/<N>, tile/entries/..., tile/<L>/...   nobody looks for them yet
    2  checkpoints/<size>, checkpoints/index        retained notes, the new one among them
    3  all of that brought to disk
    4  checkpoint                                   one rename: from here readers see the new state
    5  partial tiles that nobody needs any more     removed

Interrupted before 4, the directory still is the older state, whole, with files beside it that nobody
looks for; the next run writes them again. Interrupted between 4 and 5, some files too many stay. What
an older checkpoint implies stays readable: full tiles never change; partial ones have their width in
their name, and are removed only one publication *after* the one that first had the full tile, so that
a reader who has just fetched the older checkpoint still finds them; a body pack only ever grows by
records (or has a body erased, which is then another matter than a reader's convenience).

Nothing is taken on trust from the database: tiles are computed from the entries on the way, starting
from a right edge whose root is that of the checkpoint published before, and must end at the head's root.

Refused: going backwards, another log's directory, another history of the same log, a directory full of
something else. A published checkpoint that is larger than the head means that the database was put
back to an older state: appending to it would fork the log.

The cost grows with what is new: 256 entries at a time are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from plimsoll_ledger.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_ledger.directory import Directory
from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.errors import (
    BadNote,
    FatalSequencing,
    Malformed,
    NotFound,
    PublishRefused,
    StorageFailed,
)
from plimsoll_ledger.hashing import EMPTY_ROOT, Hash, leaf_hash
from plimsoll_ledger.headcheck import verify_head
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S
from plimsoll_ledger.reading import Head, Reader
from plimsoll_ledger.store import Store
from plimsoll_ledger.target import Target
from plimsoll_ledger.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    format_bundle,
    format_bundle_path,
    format_number,
    format_pack,
    format_pack_path,
    format_tile_path,
    partial_tiles,
)
from plimsoll_ledger.tree import root_at
from plimsoll_ledger.witnessed import Witnessed, Witnessing

CHECKPOINT = "checkpoint"
"""The file that says what all others are about."""

INDEX = "checkpoints/index"
"""The file that lists the retained checkpoints."""

_KNOWN_NAMES = {CHECKPOINT, "tile", "bodies", "checkpoints", "anchors"}

Bodies = Callable[[int, int], Iterable[bytes]]
"""Gives the bodies of entries start to end - 1, `b""` for one that is inline or withheld."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did.

    Attributes:
        checkpoint: What the directory now says.
        previous_size: The size it said before; 0 if it was new.
        files: How many files were written.
        witnessed: What witnesses made of it; None if none were asked.
    """

    checkpoint: Checkpoint
    previous_size: int
    files: int
    witnessed: Witnessed | None = None


def publish(
    store: Store,
    directory: Path | Target,
    bodies: Bodies,
    *,
    changed: Iterable[int] = (),
    witnessing: Witnessing | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Published:
    """Bring a directory up to the log's head.

    Args:
        store: The log.
        directory: Where to: a directory, made when absent, or another target.
        bodies: Gives bodies; called with ranges within one pack.
        changed: Indexes of entries published before whose bodies have been erased or disclosed since.
        witnessing: The witness policy; None publishes with the log's signature alone.
        timeout_s: How long to wait for another publication into the same directory, in seconds.

    Raises:
        NotFound: if the log has no entries.
        PublishRefused: if the directory must not be written to, see the module; or if a witness shows that
            the log went back or forked.
        Unwitnessed: if too few witnesses cosign.
        FatalSequencing: if the database's entries do not give the head's root.
        Busy, StorageFull, StorageFailed: if it cannot be written; readers find the older state.

    Source: SPEC 2.3 / C2SP tlog-tiles
    """
    out = _made(directory) if isinstance(directory, Path) else directory
    with out.held(timeout_s), store.reading() as reader:
        head = reader.head()
        if head.size == 0:
            raise NotFound("there is nothing to publish: the log has no entries")
        verify_head(reader, store.vkeys)
        old = _read_published(out, store, reader)
        witnessed = None if witnessing is None else witnessing.witness(head, out.read(CHECKPOINT))
        packs = {index // TILE_WIDTH for index in changed if index < head.size}
        if old.size < head.size:
            packs.update(range(old.size // TILE_WIDTH, -(-head.size // TILE_WIDTH)))
        _write_packs(out, sorted(packs), head.size, bodies)
        if old.size < head.size:
            _write_tree(out, reader, old, head)
        if old.size < head.size or witnessed is not None:
            note = head.note if witnessed is None else witnessed.note
            _write_notes(out, store, reader, old.size, _Notes(head, note, witnessing))
        out.sync()
        if old.size < head.size:
            _remove_superseded(out, reader.published_size_below(old.size), old.size)
    return Published(verify_checkpoint(head.note, store.vkeys), old.size, out.written, witnessed)


def publish_bodies(
    store: Store,
    target: Target,
    bodies: Bodies,
    indexes: Iterable[int],
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> int:
    """Write the packs of entries that are published already again, and nothing else.

    What they named has been erased or disclosed since. Readers find each pack as it was or as it is now.

    Args:
        store: The log.
        target: Where it is published.
        bodies: Gives bodies, as for `publish`.
        indexes: The entries; those that are not published yet are passed over.
        timeout_s: How long to wait for a publication into the same place, in seconds.

    Returns:
        How many packs were written.

    Raises:
        PublishRefused: if what is published there is not this log.
        Busy, StorageFull, StorageFailed: if it cannot be written; then do it again.

    Source: SPEC 2.3.
    """
    with target.held(timeout_s), store.reading() as reader:
        published = _read_published(target, store, reader)
        packs = sorted({index // TILE_WIDTH for index in indexes if index < published.size})
        _write_packs(target, packs, published.size, bodies)
        target.sync()
    return len(packs)


def _made(directory: Path) -> Directory:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(f"cannot make the directory {directory}: {error.strerror}") from error
    return Directory(directory)


def _read_published(out: Target, store: Store, reader: Reader) -> Checkpoint:
    """Return what the directory says now, once it is known to be a prefix of this log."""
    note = out.read(CHECKPOINT)
    if note is None:
        foreign = sorted(name for name in out.names() if name not in _KNOWN_NAMES)
        foreign = [name for name in foreign if not (name.startswith(".") and name.endswith(".tmp"))]
        if foreign:
            raise PublishRefused(
                f"{out.name} has no checkpoint, but something else: {foreign[0]!r}",
                hint="publish to a new or an empty directory",
            )
        return Checkpoint(store.origin, 0, EMPTY_ROOT)
    try:
        old = verify_checkpoint(note, store.vkeys)
    except (Malformed, BadNote) as error:
        raise PublishRefused(
            f"the checkpoint in {out.name} is not one of {store.origin}: {error}",
            hint="publish to another directory; this one may be another log's",
        ) from error
    head = reader.head()
    if old.size > head.size:
        raise PublishRefused(
            f"{out.name} has size {old.size}, and the ledger only {head.size}",
            hint="was the database restored from a backup? append nothing; fetch what is missing from there",
        )
    if (root := root_at(reader, old.size)) != old.root:
        raise PublishRefused(
            f"{out.name} has another history: root {old.root.hex()} at size {old.size}, ours {root.hex()}",
            hint="append nothing; keep both checkpoints, they are signed proof of a fork",
        )
    return old


def _write_packs(out: Target, packs: Iterable[int], size: int, bodies: Bodies) -> None:
    for number in packs:
        start = number * TILE_WIDTH
        end = min(start + TILE_WIDTH, size)
        records = list(bodies(start, end))
        if len(records) != end - start:
            raise ValueError(f"{len(records)} bodies for entries {start} to {end - 1}")
        out.write(format_pack_path(number), format_pack(records))


def _write_tree(out: Target, reader: Reader, old: Checkpoint, head: Head) -> None:
    """Write entry bundles and tiles of hashes, computed from the entries from the old edge on."""
    edge = RightEdge.load(reader, old.size)
    known = _leaves_before(edge)
    for n in range(old.size // TILE_WIDTH, -(-head.size // TILE_WIDTH)):
        start, end = n * TILE_WIDTH, min((n + 1) * TILE_WIDTH, head.size)
        leaves = [entry.leaf for entry in reader.entries(start, end)]
        for index, leaf in enumerate(leaves, start):
            if index >= old.size:
                for tile, hashes in edge.append(leaf_hash(leaf)):
                    out.write(format_tile_path(tile), hashes)
            elif leaf_hash(leaf) != known[index - start]:
                raise FatalSequencing(f"entry {index} is not what was published", hint="run `plimsoll fsck`")
        out.write(format_bundle_path(Tile(0, n, end - start)), format_bundle(leaves))
    for tile, hashes in edge.partial(old.size):
        out.write(format_tile_path(tile), hashes)
    if edge.root() != head.root:
        raise FatalSequencing(
            f"the entries give root {edge.root().hex()}, the head says {head.root.hex()}",
            hint="nothing was published; run `plimsoll fsck`",
        )


def _leaves_before(edge: RightEdge) -> list[Hash]:
    """Return the leaf hashes of the last, begun bundle of the old tree."""
    if edge.size % TILE_WIDTH == 0:
        return []
    tile, hashes = edge.partial()[0]
    return [Hash(hashes[32 * at : 32 * (at + 1)]) for at in range(tile.width)]


@dataclass(frozen=True, slots=True)
class _Notes:
    """A head, its checkpoint as it is published, and the rule by which a retained one is kept."""

    head: Head
    note: bytes
    witnessing: Witnessing | None

    def retain(self, known: bytes) -> bytes:
        """Return the note to retain, where this one is retained by now."""
        return known if self.witnessing is None else self.witnessing.earliest(known, self.note)


def _write_notes(out: Target, store: Store, reader: Reader, old_size: int, notes: _Notes) -> None:
    """Write the retained notes, then, when all else is on disk, the checkpoint."""
    # Kept in the database first: then each checkpoint that was ever published is there.
    kept = store.retain(notes.head, notes.retain)
    for retained in reader.checkpoints(old_size):
        if retained.size < notes.head.size:
            out.write(f"checkpoints/{retained.size}", retained.note)
    _write_if_other(out, f"checkpoints/{notes.head.size}", kept)
    _write_index(out, reader, notes.head.size)
    out.sync()
    if out.read(CHECKPOINT) != notes.note:
        out.write_head(CHECKPOINT, notes.note)


def _write_index(out: Target, reader: Reader, size: int) -> None:
    """Write the sizes of the retained checkpoints, for readers who cannot list a directory."""
    known = out.read(INDEX) or b""
    last = known.rpartition(b"\n")[0].rpartition(b"\n")[2]
    if not (known.endswith(b"\n") and last.isdigit()):
        known, last = b"", b"0"
    sizes = {kept.size for kept in reader.checkpoints(int(last))} | {size}
    fresh = sorted(one for one in sizes if int(last) < one <= size)
    _write_if_other(out, INDEX, known + b"".join(b"%d\n" % one for one in fresh))


def _write_if_other(out: Target, path: str, data: bytes) -> None:
    if out.read(path) != data:
        out.write(path, data)


def _remove_superseded(out: Target, older_size: int, old_size: int) -> None:
    """Remove the partial tiles of the publication before the last, if the last had them in full.

    Only the tiles at the right edge of a published size are ever partial, so these are all there are.
    """
    for tile in partial_tiles(older_size):
        if tile.n < old_size >> (TILE_HEIGHT * (tile.level + 1)):
            number = format_number(tile.n)
            out.remove_tree(f"tile/{tile.level}/{number}.p")
            if tile.level == 0:
                out.remove_tree(f"tile/entries/{number}.p")
