"""Copy a published ledger, verified as it goes; the copy can be served, audited and mirrored as well.

1. Newest. The origin's checkpoint is the log's, with its quorum, and not smaller than the mirror's.
2. Continuation. Its tree begins with the mirror's.
3. Tile by tile: fetched, several at once; verified; moved into the mirror. Bodies that the log has erased
   since, with a record of it, go (`mirrorbodies`).
4. Retained checkpoints and time stamps: fetched, verified, moved; those that may have been cosigned since
   are merged with what is here (`mirrornotes`).
5. The checkpoint, last, when all that it implies is on disk.

Interrupted before 5, the mirror still is its older state, whole, and the next run goes on where this one
stopped. If the origin shows another history, both signed notes are kept in DIR/fork-<n>, and from then on
nothing is copied. What a mirror does not copy again: bodies that were disclosed later in tiles that it has
already, unless it is told to read all bodies anew.

Source: SPEC 2.3, 10.12.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from plimsoll_attest.anchoring import INDEX, format_index
from plimsoll_attest.durable import could_not, write_file
from plimsoll_attest.errors import NotAuthentic, UsageError
from plimsoll_attest.mirrorbodies import PENDING, Erasures
from plimsoll_attest.mirrorfiles import STAGING, MirrorFiles, edge_files, tile_files
from plimsoll_attest.mirrornotes import MOST, is_complete, merge_notes
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S, hold_lock
from plimsoll_verify.anchors import anchor_path, choose_anchors
from plimsoll_verify.audit import verify_newest_of
from plimsoll_verify.checkpoint import Checkpoint, read_checkpoint
from plimsoll_verify.errors import Backwards, Fork, VerificationError
from plimsoll_verify.growth import Growth
from plimsoll_verify.limits import MAX_NOTE_BYTES, TILE_WIDTH
from plimsoll_verify.record import Record
from plimsoll_verify.retained import verify_continues
from plimsoll_verify.source import DirectorySource, Source
from plimsoll_verify.tiles import tile_path
from plimsoll_verify.tree import Tree
from plimsoll_verify.trust import Trust

CHECKPOINT = "checkpoint"
RETAINED_INDEX = "checkpoints/index"
_AHEAD = 8  # Tiles that are being fetched while one is verified.
_EVIDENCE_HINT = "hand the two notes on; nothing is copied while they are there"


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a run did.

    Attributes:
        origin: The log's name.
        size: Entries that the mirror has now.
        previous_size: Entries that it had before; 0 if it was new.
        withdrawn: Bodies that the log no longer shows, without a record of it; the mirror keeps them.
        files: How many files it got.
        bytes: How many bytes were fetched.
    """

    origin: str
    size: int
    previous_size: int
    withdrawn: int
    files: int
    bytes: int


def mirror(
    source: Source,
    directory: Path,
    trust: Trust,
    *,
    all_bodies: bool = False,
    parallel: int = 8,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Mirrored:
    """Bring a mirror up to what the origin publishes.

    Args:
        source: The origin.
        directory: The mirror; made when absent.
        trust: Whose log it is, and which witnesses must have cosigned.
        all_bodies: Whether all bodies are fetched again, also those of entries that are here.
        parallel: How many files are fetched at once.
        timeout_s: How long to wait for another run on the same mirror, in seconds.
        progress: Told after each tile how many of how many entries are verified.

    Raises:
        VerificationError: The origin is not authentic, or not a continuation; the mirror is as it was.
        NotAuthentic: A fork was found before; its evidence is in the mirror.
        UsageError: The directory is something else than a mirror of this log.
        OSError, LedgerError, CouldNotRun: It could not be read or written.

    Source: SPEC 10.3 to 10.6, 10.12.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise could_not(f"make {directory}", error) from None
    with hold_lock(directory, command="mirror", timeout_s=timeout_s):
        _refuse_known_fork(directory)
        earlier = _held(directory, trust)
        try:
            return _copy(source, directory, trust, earlier, all_bodies, parallel, progress)
        except Fork as error:
            _keep_evidence(directory, error)
            raise


def _copy(
    source: Source,
    directory: Path,
    trust: Trust,
    earlier: Checkpoint | None,
    all_bodies: bool,  # noqa: FBT001 - handed on by its place.
    parallel: int,
    progress: Callable[[int, int], None],
) -> Mirrored:
    # 1 and 2.
    trust, checkpoint, _ = verify_newest_of(source, trust)
    old_size = 0 if earlier is None else earlier.size
    if checkpoint.size < old_size:
        raise Backwards(
            "backwards",
            f"at least the {old_size} entries that the mirror has",
            f"{checkpoint.size}",
            path=CHECKPOINT,
            hint="an old copy, or entries were taken back: keep this mirror, and ask the publisher",
        )
    if earlier is not None:
        # All from the origin: what is held here fits the mirror's own history, of course.
        verify_continues(earlier, checkpoint, Tree(source, checkpoint.size, checkpoint.root))
    files = MirrorFiles(directory, source, parallel=parallel)
    try:
        if checkpoint.size > old_size:
            # Partial tiles that an interrupted run left may be of a checkpoint that never came to be.
            files.doubt(edge_files(checkpoint.size))
        growth = Growth(files, trust, checkpoint, earlier)
        # 3.
        erasures = Erasures(directory)
        tiles = _tiles(growth, files, checkpoint.size, old_size, all_bodies=all_bodies)
        _copy_tiles(growth, files, checkpoint.size, tiles, erasures, progress)
        # 4.
        _copy_notes(growth, files, trust, checkpoint.size, old_size)
        files.keep_all()
        erasures.keep(files, checkpoint.size)
        _write_indexes(files, directory, checkpoint.size)
        # 5.
        if not (directory / f"checkpoints/{checkpoint.size}").is_file():
            files.write(f"checkpoints/{checkpoint.size}", checkpoint.data)
        files.write(CHECKPOINT, checkpoint.data)
        _remove_superseded(files, old_size)
        files.clear()
    except VerificationError:
        # So that the next run does not stumble over what this one was given.
        files.close()
        files.clear()
        raise
    finally:
        files.close()
    return Mirrored(
        trust.origin, checkpoint.size, old_size, erasures.withdrawn, files.written, files.fetched_bytes
    )


def _copy_tiles(
    growth: Growth,
    files: MirrorFiles,
    size: int,
    tiles: range,
    erasures: Erasures,
    progress: Callable[[int, int], None],
) -> None:
    """Verify tiles and move them into the mirror, packs last: an erasure may stand in any later entry."""
    waiting = set()
    for number in tiles:
        for ahead in range(number, min(number + _AHEAD, growth.tiles.stop)):
            files.announce(tile_files(size, ahead))
        erasures.note(_verify_tile(growth, files, size, number))
        *hashed, pack = tile_files(size, number)
        files.keep(hashed)
        if files.replaces(pack):
            waiting.add(number)
        else:
            files.keep([pack])
        progress(min((number + 1) * TILE_WIDTH, size), size)
    again = erasures.find(files, size) - set(tiles)
    files.doubt([tile_files(size, number)[-1] for number in again])
    for number in sorted(again):
        _verify_tile(growth, files, size, number)
    for number in sorted(waiting | again):
        erasures.settle(files, size, number)


def _copy_notes(growth: Growth, files: MirrorFiles, trust: Trust, size: int, old_size: int) -> None:
    """Fetch and verify retained checkpoints and time stamps, also those that may have changed."""
    sizes = [one for one in files.list_retained() if one <= size]
    policy = trust.log_policy
    held = {one: note for one in sizes if (note := files.held_note(one)) is not None}
    # The newest that is held may have been cosigned while it still was the newest, whoever the witnesses are.
    open_to = {one for one in sorted(held)[-MOST:] if one >= old_size or not is_complete(held[one], policy)}
    files.doubt([f"checkpoints/{one}" for one in open_to])
    files.announce(f"checkpoints/{one}" for one in sizes)
    files.ensure(anchor_path(*one) for one in choose_anchors(files, set(sizes))[0])
    growth.verify_kept()
    for one in open_to:
        merged = merge_notes(held[one], files.staged.read(f"checkpoints/{one}", MAX_NOTE_BYTES), policy)
        if merged == held[one]:
            files.drop(f"checkpoints/{one}")
        else:
            files.rewrite(f"checkpoints/{one}", [merged])


def _tiles(growth: Growth, files: MirrorFiles, size: int, old_size: int, *, all_bodies: bool) -> range:
    """Return the tiles to verify, and forget those packs of bodies that may have changed."""
    if all_bodies:
        tiles = range(growth.tiles.stop)
        files.doubt([tile_files(size, number)[-1] for number in tiles])
        return tiles
    if size == old_size:
        return range(0)
    if old_size % TILE_WIDTH:
        files.doubt(tile_files(size, old_size // TILE_WIDTH)[-1:])
    return growth.tiles


def _verify_tile(growth: Growth, files: MirrorFiles, size: int, number: int) -> list[Record]:
    """Verify a tile and return its entries; a leftover that has part in what is wrong is fetched anew."""
    try:
        return growth.verify_tile(number)
    except Fork:
        raise
    except VerificationError:
        if not files.doubt(tile_files(size, number)):
            raise
        return growth.verify_tile(number)


def _held(directory: Path, trust: Trust) -> Checkpoint | None:
    """Return the mirror's own checkpoint, or None if it is new.

    Raises:
        UsageError: The directory is something else, or another log's.
    """
    if not (directory / CHECKPOINT).is_file():
        strangers = sorted(item.name for item in directory.iterdir() if item.name not in _OWN)
        if strangers:
            raise UsageError(
                f"{directory} has no checkpoint, but something else: {strangers[0]!r}",
                "mirror into a new or an empty directory",
            )
        return None
    try:
        checkpoint, _ = read_checkpoint(DirectorySource(directory), CHECKPOINT, trust.log_policy, CHECKPOINT)
    except VerificationError as error:
        raise UsageError(
            f"the checkpoint in {directory} is not one of {trust.origin}: {error}",
            "mirror each log into a directory of its own, with its own trust file",
        ) from None
    return checkpoint


_OWN = {STAGING, PENDING, "tile", "bodies", "checkpoints", "anchors"}
"""What an interrupted first run leaves."""


def _write_indexes(files: MirrorFiles, directory: Path, size: int) -> None:
    """Write the lists that stand in for listing a directory."""
    held = DirectorySource(directory)
    retained = sorted({*held.list_retained(), size})
    files.write(RETAINED_INDEX, "".join(f"{one}\n" for one in retained).encode())
    anchors = held.list_anchors()
    if anchors:
        files.write(INDEX, format_index(anchors))


def _remove_superseded(files: MirrorFiles, old_size: int) -> None:
    """Remove partial tiles of the state before, where the full one is there now."""
    level = 0
    while old_size >> 8 * level:
        number, width = divmod(old_size >> 8 * level, TILE_WIDTH)
        if width:
            files.remove_partial(tile_path(level, number))
            if level == 0:
                files.remove_partial(tile_path("entries", number))
        level += 1


# -- forks


def _forks(directory: Path) -> list[Path]:
    return sorted(directory.glob("fork-*"))


def _refuse_known_fork(directory: Path) -> None:
    found = _forks(directory)
    if found:
        raise NotAuthentic(f"an earlier run found that this log forked: see {found[0]}", _EVIDENCE_HINT)


def _keep_evidence(directory: Path, fork: Fork) -> None:
    """Keep both signed notes, as files to hand on."""
    folder = directory / f"fork-{len(_forks(directory)) + 1}"
    write_file(folder / "a.note", fork.note_a)
    write_file(folder / "b.note", fork.note_b)
