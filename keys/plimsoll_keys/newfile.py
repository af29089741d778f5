"""Create a private file that is either wholly there, durably and under its name, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from plimsoll_keys.errors import KeyExists, KeyFileFailed, reason_of

_OPEN_FILES: Final = "/proc/self/fd/"


def create_private_file(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read, and never over another.

    The bytes are on disk before the name exists, and the name is on disk before we return. The file
    has no name while it is written, so that a crash at any moment leaves nothing behind; where the
    filesystem has no nameless files, a crash can leave a hidden file beside the path.

    Args:
        path: Where; its folder exists.
        data: All of the file.

    Raises:
        KeyExists: If something is at the path, a broken symbolic link included.
        KeyFileFailed: If the operating system refuses, or the disk is full; nothing is left then.
    """
    try:
        with _open_folder(path.parent) as folder:
            _write_and_link(path, data, folder)
    except FileExistsError:
        raise KeyExists(
            f"{path} exists already",
            hint="keys are never overwritten: choose another path, or move the old key away",
        ) from None
    except OSError as error:
        raise KeyFileFailed(
            f"cannot write {path}: {reason_of(error)}",
            hint="see that its folder exists, is yours to write, and the disk is not full",
        ) from None


@contextmanager
def _open_folder(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_and_link(path: Path, data: bytes, folder: int) -> None:
    descriptor, source = _open_unlinked(path)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        os.fsync(descriptor)
        # A hard link fails where a rename would silently replace somebody's key. Giving src_dir_fd
        # makes Python call linkat, which alone follows /proc's link to the nameless file.
        os.link(source, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
        os.fsync(folder)
    finally:
        os.close(descriptor)
        if not source.startswith(_OPEN_FILES):
            os.unlink(source, dir_fd=folder)


def _open_unlinked(path: Path) -> tuple[int, str]:
    """Open a file of mode 0600 in the path's folder; return its descriptor and what to link from."""
    nameless = getattr(os, "O_TMPFILE", None)
    if nameless is not None and Path(_OPEN_FILES).is_dir():
        try:
            descriptor = os.open(path.parent, nameless | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError:
            # Not every filesystem can; the named file below meets, and tells, all other trouble.
            pass
        else:
            return descriptor, f"{_OPEN_FILES}{descriptor}"
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    return descriptor, Path(name).name
