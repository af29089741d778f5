"""Writing files so that a crash leaves either the old state or the new one, and nothing in between."""

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from plimsoll_attest.errors import CouldNotRun
from plimsoll_keys.errors import reason_of


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file in place of what is there, atomically and durably.

    Args:
        path: Where; its folder is made if it is missing.
        data: The whole content.
        mode: Permissions of the file.

    Raises:
        CouldNotRun: If the operating system refuses; then the old content stands.
    """
    try:
        make_folder(path.parent)
        part, file = open_part(path, mode)
        try:
            with file:
                file.write(data)
                sync_file(file)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise could_not(f"write {path}", error) from None


def add_file(folder: Path, name: str, data: bytes) -> None:
    """Write a file that is not there yet, as `write_file` does; with few objects: a service adds thousands.

    Args:
        folder: Where; made if it is missing. No other thread writes a file of this name.
        name: The file's name.
        data: The whole content.

    Raises:
        CouldNotRun: If the operating system refuses; then there is no such file.
    """
    place = os.fspath(folder)
    part = f"{place}/.{name}.{os.getpid()}.part"
    try:
        make_folder(folder)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(handle, view) :]
                os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(part, f"{place}/{name}")  # noqa: PTH105 - texts, as said.
        except BaseException:
            with suppress(OSError):
                os.unlink(part)  # noqa: PTH108 - as above.
            raise
        sync_folder(folder)
    except OSError as error:
        raise could_not(f"write {place}/{name}", error) from None


def open_part(path: Path, mode: int = 0o644) -> tuple[Path, IO[bytes]]:
    """Open a new file beside a path, to be renamed to it when it is complete.

    The name starts with a dot, so that nobody takes it for content; what a crash leaves of it is
    overwritten by the next process of the same number.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    return part, os.fdopen(descriptor, "wb")


def sync_file(file: IO[bytes]) -> None:
    """Return when a file's content would survive a loss of power."""
    file.flush()
    os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make a folder and its parents, durably; it may be there already."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir()
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Return when a folder's names would survive a loss of power: a new file is lost without its name."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def could_not(what: str, error: OSError) -> CouldNotRun:
    """Return the desk's error for one of the operating system's."""
    hint = "free some space; nothing was recorded" if error.errno in {28, 122} else ""
    return CouldNotRun(f"cannot {what}: {reason_of(error)}", hint)
