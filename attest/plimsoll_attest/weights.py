"""The weights manifest: which files a snapshot consists of, and the one digest that names them all.

A manifest lists each file's path, size and SHA-256, ordered by the path's UTF-8 bytes, in canonical JSON. The
snapshot's digest is the SHA-256 of those bytes, so a changed byte, a renamed, added or missing file each give
another snapshot, and the order in which a file system lists its files does not matter.

Paths must mean the same everywhere: ``/`` between parts, Unicode in NFC, and no two that a file system
without upper and lower case would take for one. Symbolic links are followed and what they point to is hashed,
because model hubs keep their files so. Empty directories leave no trace. Reading streams, so files of any
size will do; a file or a directory that changes meanwhile is an error, never a manifest of two moments.
"""

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plimsoll_attest.canonical import MAX_INTEGER, NotCanonical, format_canonical, parse_canonical
from plimsoll_attest.openers import open_at_once
from plimsoll_attest.weights_tree import FoundFile, WeightsRefused, check_paths, find_files

__all__ = [
    "WeightFile",
    "WeightsManifest",
    "WeightsRefused",
    "build_manifest",
    "format_manifest",
    "parse_manifest",
    "snapshot_digest",
]

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all, in the thread that called `build_manifest`."""

_BLOCK: Final = 1 << 20
_PROGRESS_EVERY_S: Final = 0.1
_MOVED: Final = "wait until nothing writes to the weights, then start again"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a snapshot: its path with ``/``, the hex SHA-256 of its bytes, its size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class WeightsManifest:
    """The files of a snapshot, at least one, ordered by the UTF-8 bytes of their paths."""

    files: tuple[WeightFile, ...]

    @property
    def total_size(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files)


def build_manifest(
    root: Path, *, progress: Progress | None = None, workers: int | None = None
) -> WeightsManifest:
    """Hash all files under a directory, or one file, which then stands under its own name.

    Args:
        root: A directory, or a file.
        progress: Told about ten times a second how far it is, and once at the end. What it raises stops the
            work.
        workers: Threads that hash; hashing lets go of the interpreter lock. By default one a core, at most 8.

    Raises:
        WeightsRefused: If there is no file, one cannot be read, changes meanwhile, or is no regular file; if
            links dangle or go in circles; or if a path does not mean the same on every file system.

    Source: SPEC 4.3.
    """
    found = find_files(root)
    files = _hash_all(found, progress, workers or min(8, os.cpu_count() or 1))
    # Each file was seen unchanged while it was read; this sees files that came, went or were replaced.
    if find_files(root) != found:
        raise WeightsRefused(root, "the files changed while they were read", _MOVED)
    return WeightsManifest(tuple(sorted(files, key=lambda file: file.path.encode())))


def format_manifest(manifest: WeightsManifest) -> bytes:
    """Return a manifest's canonical bytes: ``{"files":[{"path":...,"sha256":...,"size":...},...]}``.

    Source: SPEC 4.3.
    """
    return format_canonical(
        {"files": [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in manifest.files]}
    )


def parse_manifest(data: bytes, source: Path) -> WeightsManifest:
    """Return the manifest that some bytes are; the files that it speaks of are not looked at.

    Args:
        data: The manifest's bytes.
        source: What the errors name.

    Raises:
        WeightsRefused: If it is no manifest that `build_manifest` could have made.

    Source: SPEC 4.3.
    """
    try:
        value = parse_canonical(data)
    except NotCanonical as error:
        raise WeightsRefused(source, str(error), error.hint) from None
    if not isinstance(value, dict) or set(value) != {"files"} or not isinstance(value["files"], list):
        raise WeightsRefused(source, 'a manifest is {"files": [...]} and nothing else')
    files = tuple(_parse_file(entry, source) for entry in value["files"])
    if not files:
        raise WeightsRefused(source, "a manifest without files")
    paths = [file.path for file in files]
    if paths != sorted(paths, key=str.encode):
        raise WeightsRefused(source, "its files are not ordered by the UTF-8 bytes of their paths")
    check_paths(source, paths)
    return WeightsManifest(files)


def snapshot_digest(manifest: WeightsManifest) -> str:
    """Return the hex SHA-256 of a manifest's bytes: the id of the snapshot. Source: SPEC 4.2."""
    return hashlib.sha256(format_manifest(manifest)).hexdigest()


def _parse_file(entry: object, source: Path) -> WeightFile:
    if not isinstance(entry, dict) or set(entry) != {"path", "sha256", "size"}:
        raise WeightsRefused(source, "a file in a manifest has path, sha256 and size, and nothing else")
    path, digest, size = entry["path"], entry["sha256"], entry["size"]
    if not isinstance(path, str):
        raise WeightsRefused(source, "a path in a manifest is text")
    if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise WeightsRefused(source, f"the sha256 of {path!r} is not 64 lower-case hex digits")
    if type(size) is not int or not 0 <= size <= MAX_INTEGER:
        raise WeightsRefused(source, f"the size of {path!r} is no count of bytes")
    return WeightFile(path, digest, size)


class _Meter:
    """Counts bytes over all threads, and tells them to stop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = 0
        self._stopped = threading.Event()

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count

    def done(self) -> int:
        with self._lock:
            return self._done

    def stop(self) -> None:
        self._stopped.set()

    def stopped(self) -> bool:
        return self._stopped.is_set()


def _hash_all(found: Sequence[FoundFile], progress: Progress | None, workers: int) -> list[WeightFile]:
    total = sum(file.size for file in found)
    meter = _Meter()
    # The largest first, so that no thread starts the longest file when the others are done.
    by_size = sorted(found, key=lambda file: file.size, reverse=True)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="weights") as pool:
        try:
            futures = [pool.submit(_hash_file, file, meter) for file in by_size]
            pending: set[Future[WeightFile]] = set(futures)
            while pending:
                done, pending = wait(pending, _PROGRESS_EVERY_S, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                if progress is not None:
                    progress(meter.done(), total)
            return [future.result() for future in futures]
        except BaseException:
            # Interrupted, or a file failed: the threads stop at their next block, not hours later.
            meter.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _hash_file(file: FoundFile, meter: _Meter) -> WeightFile:
    """Hash one file in blocks of 1 MiB and see that it stays what it was when it was found."""
    digest = hashlib.sha256()
    buffer = bytearray(_BLOCK)
    view = memoryview(buffer)
    read = 0
    try:
        # If a pipe has taken the file's place, opening it must not wait for a writer.
        with open(file.location, "rb", buffering=0, opener=open_at_once) as stream:
            before = os.fstat(stream.fileno())
            while not meter.stopped() and (count := stream.readinto(buffer)):
                digest.update(view[:count])
                read += count
                meter.add(count)
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise WeightsRefused(file.location, f"cannot be read: {error.strerror or error}") from None
    if meter.stopped():
        raise WeightsRefused(file.location, "stopped before it was read to its end")
    if _changed(before, file) or _changed(after, file):
        raise WeightsRefused(file.location, "it changed while it was read", _MOVED)
    if read != file.size:
        raise WeightsRefused(file.location, f"{read} bytes where {file.size} were promised", _MOVED)
    return WeightFile(file.path, digest.hexdigest(), read)


def _changed(status: os.stat_result, file: FoundFile) -> bool:
    regular = stat.S_ISREG(status.st_mode)
    return not regular or (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns)
