"""Finding the files of a snapshot: links followed, circles and everything that is no file refused."""

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plimsoll_keys.errors import reason_of

MAX_PATH: Final = 4_096
"""UTF-8 bytes of a path in a manifest."""

MAX_ENTRY_COUNT: Final = 1_000_000
"""Files and directories of one snapshot."""


class WeightsRefused(Exception):
    """Weights that have no manifest, or bytes that are none.

    Attributes:
        path: The file or directory at fault.
        what: What was found and what was wanted, lower case.
        hint: What a person can do about it, or an empty string.
    """

    def __init__(self, path: Path, what: str, hint: str = "") -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file as found: its path in the manifest, where it lies, its size in bytes, its identity."""

    path: str
    location: Path
    size: int
    mtime_ns: int
    inode: tuple[int, int]


def find_files(root: Path) -> list[FoundFile]:
    """Return all files under a directory, or the one file, ordered by the UTF-8 bytes of their paths.

    Raises:
        WeightsRefused: As `plimsoll_attest.weights.build_manifest` says.
    """
    status = _status(root)
    if stat.S_ISDIR(status.st_mode):
        found = list(_walk(root, _identity(status)))
        if not found:
            raise WeightsRefused(
                root, "no file in this directory", "name the directory that holds the weights"
            )
    else:
        # What the link is called, not what it points to: hub caches call the blobs by their digests.
        found = [_file(root, root.name or str(root), status)]
    # A name that is no Unicode is refused by `check_paths`, but has to be put in order before that.
    found.sort(key=lambda file: file.path.encode("utf-8", "surrogatepass"))
    check_paths(root, [file.path for file in found])
    return found


def check_paths(root: Path, paths: Iterable[str]) -> None:
    """Check that paths mean the same on every file system.

    Raises:
        WeightsRefused: On a path that is not NFC, has a backslash, a control character, an empty or dotted
            part, is no Unicode, or is too long; on two that differ in case alone; on one that is both a file
            and a directory.
    """
    files: set[str] = set()
    spellings: dict[str, str] = {}
    for path in paths:
        _check_path(root, path)
        if path in files:
            raise WeightsRefused(root, f"path {path!r} stands there twice")
        files.add(path)
        # Each leading directory too: A/x and a/y are two directories here and one elsewhere.
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            prefix = "/".join(parts[:end])
            other = spellings.setdefault(_folded(prefix), prefix)
            if other != prefix:
                what = f"paths {other!r} and {prefix!r} differ in case alone"
                raise WeightsRefused(root, what, "rename one: some file systems take them for one file")
    # A directory on disk cannot hold such a pair, but a manifest from elsewhere can.
    directories = {path[:index] for path in files for index, sign in enumerate(path) if sign == "/"}
    if both := files & directories:
        raise WeightsRefused(root, f"path {min(both)!r} is both a file and a directory")


def _check_path(root: Path, path: str) -> None:
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise WeightsRefused(root, f"file name {path!r} is not UTF-8", "rename the file") from None
    if size > MAX_PATH:
        raise WeightsRefused(root, f"a path of {size} bytes, at most {MAX_PATH} fit")
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise WeightsRefused(root, f"path {path!r} has an empty or dotted part")
    if "\\" in path or any(unicodedata.category(sign) == "Cc" for sign in path):
        raise WeightsRefused(root, f"path {path!r} has a backslash or a control character", "rename the file")
    if not unicodedata.is_normalized("NFC", path):
        hint = "rename the file: composed and decomposed letters look alike and are different bytes"
        raise WeightsRefused(root, f"path {path!r} is not in Unicode NFC", hint)


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _walk(root: Path, identity: tuple[int, int]) -> Iterator[FoundFile]:
    """Yield the files under a directory, in no order."""
    seen = 0
    # With each directory, those on the way to it, to see links that lead back.
    waiting: list[tuple[Path, str, tuple[tuple[int, int], ...]]] = [(root, "", (identity,))]
    while waiting:
        directory, prefix, above = waiting.pop()
        for location in _list(directory):
            seen += 1
            # Two links in each of thirty directories make a thousand million paths without a single circle.
            if seen > MAX_ENTRY_COUNT:
                raise WeightsRefused(root, f"more than {MAX_ENTRY_COUNT} files and directories")
            path = prefix + location.name
            status = _status(location)
            if not stat.S_ISDIR(status.st_mode):
                yield _file(location, path, status)
                continue
            if _identity(status) in above:
                raise WeightsRefused(location, "a link leads back to a directory above it", "remove the link")
            waiting.append((location, f"{path}/", (*above, _identity(status))))


def _list(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError as error:
        raise WeightsRefused(directory, f"cannot be listed: {reason_of(error)}") from None


def _file(location: Path, path: str, status: os.stat_result) -> FoundFile:
    if not stat.S_ISREG(status.st_mode):
        what = "a pipe, socket or device where a regular file was wanted"
        raise WeightsRefused(location, what, "remove it from the weights")
    return FoundFile(path, location, status.st_size, status.st_mtime_ns, _identity(status))


def _status(location: Path) -> os.stat_result:
    try:
        return location.stat()
    except OSError as error:
        if location.is_symlink():
            raise WeightsRefused(
                location,
                f"a link that leads nowhere or in a circle ({error.strerror})",
                "mend or remove the link",
            ) from None
        if isinstance(error, FileNotFoundError):
            raise WeightsRefused(location, "there is no such file or directory", "check the path") from None
        raise WeightsRefused(location, f"cannot be read: {reason_of(error)}") from None
    except ValueError:
        raise WeightsRefused(location, "no path that a file can have") from None


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
