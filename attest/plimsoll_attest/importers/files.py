"""Opening evidence: a regular file, hashed, and the same file still when reading it is over."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from plimsoll_attest.errors import CouldNotRun
from plimsoll_attest.importers.body import Evidence, key_text
from plimsoll_attest.importers.errors import ImportFailed
from plimsoll_attest.openers import open_at_once
from plimsoll_keys.errors import reason_of


@dataclass(frozen=True, slots=True)
class Source:
    """An open evidence file, at its start, and the digest of all its bytes."""

    path: Path
    stream: BinaryIO
    evidence: Evidence


@contextmanager
def open_evidence(path: Path, most: int) -> Iterator[Source]:
    """Open a file that a statement will cite, hash it, and see on leaving that nobody wrote to it.

    Args:
        path: The file; symbolic links are followed.
        most: Bytes that it may have.

    Raises:
        ImportFailed: If it cannot be read, is empty, is no regular file, is too large, or changes meanwhile.
    """
    name = key_text(path, path.name, "the file name")
    try:
        with open(path, "rb", opener=open_at_once) as stream:
            before = os.fstat(stream.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise ImportFailed(path, "not a regular file", "name the log files themselves")
            if before.st_size == 0:
                raise ImportFailed(path, "the file is empty")
            if before.st_size > most:
                raise ImportFailed(path, f"{before.st_size} bytes, at most {most} are read")
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            yield Source(path, stream, {"name": name, "sha256": digest, "size": before.st_size})
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise _unreadable(path, error) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ImportFailed(
            path, "the file changed while it was read", "import it when its writer has finished"
        )


def _unreadable(path: Path, error: OSError) -> Exception:
    """Return what to raise: a wrong name is the user's affair, a disk or a permission that of the machine."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ImportFailed(path, "there is no such file", "check the path")
    if isinstance(error, IsADirectoryError):
        return ImportFailed(path, "a directory, not a file", f"name the logs in it: {path.name}/*")
    return CouldNotRun(f"{path}: cannot be read: {reason_of(error)}", "check who owns it and its permissions")
