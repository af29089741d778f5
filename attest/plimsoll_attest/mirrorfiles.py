"""The files of a mirror: what it holds, what it has fetched and not verified yet, and what is to be fetched.

    DIR/...               the mirror: verified, and readable by anybody at any time
    DIR/.mirror/...       fetched, under the same names; what is verified is moved over

Reading prefers what was fetched, then what the mirror holds, and then asks the origin of it all. Files are
written as `plimsoll publish` writes them, each whole or not at all; what an interrupted run fetched serves
the next one. What turns out to be wrong is fetched once more, in case it was only a leftover.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from plimsoll_attest.durable import could_not
from plimsoll_ledger.directory import Directory
from plimsoll_verify.limits import (
    HASH_BYTES,
    MAX_BODY_BYTES,
    MAX_BUNDLE_BYTES,
    MAX_NOTE_BYTES,
    MAX_TOKEN_BYTES,
    PACK_CHUNK_BYTES,
    TILE_WIDTH,
)
from plimsoll_verify.packs import pack_path
from plimsoll_verify.source import ANCHOR_SUFFIX, DirectorySource, NotFound, Source
from plimsoll_verify.tiles import parse_bundle, tile_path, tile_width

STAGING = ".mirror"
_MAX_PACK_BYTES = TILE_WIDTH * (4 + MAX_BODY_BYTES)


class MirrorFiles:
    """Implements the verifier's `Source` on what is held, fetched, and to be fetched."""

    def __init__(self, directory: Path, origin: Source, *, parallel: int = 8) -> None:
        """Take a mirror that this process has locked.

        Args:
            directory: The mirror.
            origin: Where the ledger is copied from; it is read by several threads.
            parallel: How many files are fetched at once.
        """
        self._root = directory
        self._staging = directory / STAGING
        self._staging.mkdir(exist_ok=True)
        self._out = Directory(directory)
        self._held = DirectorySource(directory)
        self._staged = DirectorySource(self._staging)
        self._origin = origin
        self._pool = ThreadPoolExecutor(parallel, thread_name_prefix="plimsoll-mirror")
        self._coming: dict[str, Future[None]] = {}
        self._doubted: set[str] = set()
        self._fetched: dict[str, int] = {}

    @property
    def written(self) -> int:
        """How many files the mirror has got."""
        return self._out.written

    @property
    def fetched_bytes(self) -> int:
        """How many bytes were fetched."""
        return sum(self._fetched.values())

    def close(self) -> None:
        """Stop fetching."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # -- reading, as the verifier does it

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Return up to `limit` bytes of a file from `offset` on, fetching it first if need be."""
        if not self._is_here(path):
            coming = self._coming.pop(path, None)
            if coming is None:
                self._fetch(path)
            else:
                coming.result()
        for source in (self._staged, self._held):
            try:
                return source.read(path, limit, offset)
            except NotFound:
                continue
        raise NotFound("no file")

    def list_retained(self) -> list[int]:
        """Return the sizes of the retained checkpoints of the origin."""
        return self._origin.list_retained()

    def list_anchors(self) -> list[tuple[int, str]]:
        """Return the anchors of the origin."""
        return self._origin.list_anchors()

    def _is_here(self, path: str) -> bool:
        return (self._staging / path).is_file() or (
            path not in self._doubted and (self._root / path).is_file()
        )

    # -- fetching

    def announce(self, paths: Iterable[str]) -> None:
        """Begin to fetch files that will be read soon."""
        for path in paths:
            if path not in self._coming and not self._is_here(path):
                self._coming[path] = self._pool.submit(self._fetch, path)

    def ensure(self, paths: Iterable[str]) -> None:
        """Fetch files if they are not here; those that the origin does not have are passed over."""
        wanted = list(paths)
        self.announce(wanted)
        for path in wanted:
            with suppress(NotFound):
                self.read(path, 1)

    def doubt(self, paths: list[str]) -> bool:
        """Forget what was here of some files before this run; say whether there was anything.

        Nothing that the mirror holds is taken away: what is fetched instead is written over it once it is
        verified.
        """
        new = [path for path in paths if path not in self._fetched and self._is_here(path)]
        for path in new:
            self._doubted.add(path)
            (self._staging / path).unlink(missing_ok=True)
        return bool(new)

    def _fetch(self, path: str) -> None:
        """Fetch a file from the origin, whole, into the staging folder.

        Raises:
            NotFound: There is none.
            OSError: It could not be read or written.
        """
        target = self._staging / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.tmp")
        count = 0
        with part.open("wb") as file:
            for piece in self._pieces(path):
                count += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        self._fetched[path] = count

    def _pieces(self, path: str) -> Iterator[bytes]:
        if path.startswith("bodies/"):
            # Large, and read in pieces; it may grow meanwhile, by records that follow.
            offset = 0
            while offset <= _MAX_PACK_BYTES:
                piece = self._origin.read(path, PACK_CHUNK_BYTES, offset)
                yield piece
                offset += len(piece)
                if len(piece) < PACK_CHUNK_BYTES:
                    return
            return
        limit = _limit(path) + 1
        try:
            yield self._origin.read(path, limit)
        except NotFound:
            whole, cut, width = path.partition(".p/")
            if not cut:
                raise
            # Full by now: of that, the beginning, which is what the checkpoint implies.
            yield _beginning(whole, self._origin.read(whole, limit), int(width))

    # -- keeping

    @property
    def held(self) -> Source:
        """What the mirror holds."""
        return self._held

    @property
    def staged(self) -> Source:
        """What was fetched, and is not in the mirror yet."""
        return self._staged

    def held_note(self, size: int) -> bytes | None:
        """Return the retained checkpoint that the mirror holds of a size, or None."""
        try:
            return self._held.read(f"checkpoints/{size}", MAX_NOTE_BYTES)
        except NotFound:
            return None

    def replaces(self, path: str) -> bool:
        """Say whether a file was fetched that the mirror holds already."""
        return (self._staging / path).is_file() and (self._root / path).is_file()

    def drop(self, path: str) -> None:
        """Forget a file that was fetched: what the mirror holds is better."""
        (self._staging / path).unlink()

    def rewrite(self, path: str, parts: Iterable[bytes]) -> None:
        """Put something else in the place of a file that was fetched; it may be read meanwhile.

        Raises:
            OSError: It could not be written.
        """
        target = self._staging / path
        part = target.with_name(f".{target.name}.tmp")
        with part.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)

    def keep(self, paths: list[str]) -> None:
        """Move files that are verified into the mirror.

        Raises:
            StorageFailed: If they cannot be.
        """
        for path in paths:
            staged = self._staging / path
            # A token that is too long is nobody's; it was ignored, and is no file of a ledger.
            if staged.is_file() and (
                staged.suffix != ANCHOR_SUFFIX or staged.stat().st_size <= MAX_TOKEN_BYTES
            ):
                self._out.adopt(path, staged)
                self._doubted.discard(path)

    def keep_all(self) -> None:
        """Move all that was fetched into the mirror, and let it be durable: everything has been verified."""
        staged = sorted(path for path in self._staging.rglob("*") if path.is_file())
        self.keep([str(path.relative_to(self._staging)) for path in staged if path.suffix != ".tmp"])
        self._out.sync()

    def write(self, path: str, data: bytes) -> None:
        """Write a file of the mirror, durably, unless it is so already."""
        if self._out.read(path) != data:
            self._out.write(path, data)
            self._out.sync()

    def remove_partial(self, path: str) -> None:
        """Remove the partial tiles beside a full one, which serves instead."""
        if (self._root / path).is_file():
            self._out.remove_tree(f"{path}.p")

    def clear(self) -> None:
        """Remove the staging folder.

        Raises:
            CouldNotRun: If it cannot be.
        """
        try:
            shutil.rmtree(self._staging)
        except OSError as error:
            raise could_not(f"remove {self._staging}", error) from None


def tile_files(size: int, number: int) -> list[str]:
    """Return the files of a tile: its entries, its hashes, and their bodies."""
    width = tile_width(size, 0, number)
    return [tile_path("entries", number, width), tile_path(0, number, width), pack_path(number)]


def edge_files(size: int) -> list[str]:
    """Return the partial tiles of a size, which are different files at each size."""
    found, level = [], 0
    while size >> 8 * level:
        number, width = divmod(size >> 8 * level, TILE_WIDTH)
        if width:
            found.append(tile_path(level, number, width))
        level += 1
    return found


def _limit(path: str) -> int:
    if path.startswith("tile/entries/"):
        return MAX_BUNDLE_BYTES
    if path.startswith("tile/"):
        return TILE_WIDTH * HASH_BYTES
    return MAX_TOKEN_BYTES if path.startswith("anchors/") else MAX_NOTE_BYTES


def _beginning(path: str, data: bytes, width: int) -> bytes:
    """Cut a full tile or bundle to its first hashes or entries."""
    if not path.startswith("tile/entries/"):
        return data[: width * HASH_BYTES]
    entries = parse_bundle(data, path)[:width]
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
