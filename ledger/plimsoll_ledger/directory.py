"""Write files into a published directory, each whole or not at all, and durable before the next step.

A file is written under a temporary name beside its place, brought to disk, and renamed; a reader sees
the old file or the new one. Renames are durable once `sync` has brought the directories to disk. The
temporary name is always the same, so what a crash leaves behind is overwritten, never piled up.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from plimsoll_ledger.errors import StorageFailed, StorageFull
from plimsoll_ledger.lock import hold_lock

FULL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""The operating system's errors that mean that there is no room left."""


class Directory:
    """A directory that is written to by one process at a time (see `publish`)."""

    def __init__(self, root: Path) -> None:
        """Take the directory, which must exist."""
        self.root = root
        self.written = 0
        self._made = {root}
        self._unsynced: set[Path] = set()

    def write(self, path: str, data: bytes) -> None:
        """Write a file, replacing an older one.

        Raises:
            StorageFull, StorageFailed: if it could not be; then the older one is still there.
        """
        target = self.root / path
        temporary = target.with_name(f".{target.name}.tmp")
        with _translated(target):
            self._make(target.parent)
            try:
                _write_durably(temporary, data)
                temporary.replace(target)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)  # Half a file only takes up room.
                raise
        self._unsynced.add(target.parent)
        self.written += 1

    def adopt(self, path: str, durable: Path) -> None:
        """Move a file into its place, replacing an older one. Its content must be on disk already.

        Raises:
            StorageFailed: if it could not be; then the older one is still there.
        """
        target = self.root / path
        with _translated(target):
            self._make(target.parent)
            durable.replace(target)
        self._unsynced.add(target.parent)
        self.written += 1

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None if it is not there."""
        with _translated(self.root / path):
            try:
                return (self.root / path).read_bytes()
            except FileNotFoundError:
                return None

    def sync(self) -> None:
        """Make all renames so far durable."""
        for directory in sorted(self._unsynced):
            with _translated(directory):
                handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
        self._unsynced.clear()

    @property
    def name(self) -> str:
        """Return the directory's path."""
        return str(self.root)

    @contextmanager
    def held(self, timeout_s: float) -> Iterator[None]:
        """Keep other publications into this directory out while a block runs."""
        with hold_lock(self.root, command="publish", timeout_s=timeout_s):
            yield

    def names(self, path: str = "") -> Iterator[str]:
        """Yield the names in a directory below this one; none if there is none."""
        with _translated(self.root / path), suppress(FileNotFoundError):
            yield from sorted(item.name for item in (self.root / path).iterdir())

    def write_head(self, path: str, data: bytes) -> None:
        """Write a file, durably; the lock is what keeps others from having written it."""
        self.write(path, data)
        self.sync()

    def remove_tree(self, path: str) -> None:
        """Remove a directory of files, if it is there."""
        target = self.root / path
        with _translated(target):
            try:
                paths = list(target.iterdir())
            except FileNotFoundError:
                return
            for path_inside in paths:
                path_inside.unlink()
            target.rmdir()

    def _make(self, directory: Path) -> None:
        if directory in self._made:
            return
        self._make(directory.parent)
        if not directory.is_dir():
            directory.mkdir()
            self._unsynced.add(directory.parent)
        self._made.add(directory)


def _write_durably(path: Path, data: bytes) -> None:
    # No link is followed: what lies at the temporary name is ours, or it is nothing we write to.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    handle = os.open(path, flags, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL_ERRORS:
            raise StorageFull(
                f"there is no room left to write {path}",
                hint="make room and publish again: readers still find the older state, whole",
            ) from error
        raise StorageFailed(f"cannot write {path}: {error.strerror}") from error
