"""Bounded reading of the zip archives that Inspect writes, zstd members included.

An archive is hostile until shown otherwise: member count and sizes are checked against `Limits` before
anything is unpacked, and no member yields more bytes than its directory entry promised. Two members of one
name are refused, because two readers could then see two different logs in one file.
"""

import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from plimsoll_attest.importers.errors import ImportFailed
from plimsoll_attest.importers.limits import Limits

if sys.version_info >= (3, 14):
    import zipfile

    from compression.zstd import ZstdError
else:
    from backports.zstd import ZstdError, zipfile

_BROKEN = (
    zipfile.BadZipFile,
    ZstdError,
    zlib.error,
    EOFError,
    # An unknown method, a password, a field that contradicts another: zipfile's own ways to say "no".
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 93)
_STEP = 16 << 10
_AGAIN = "copy the log again from where it was written; a log that is cut off cannot be recorded"


class Archive:
    """A checked archive whose members can be read one at a time."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        """Take an open archive whose directory `open_archive` has checked."""
        self._path = path
        self._file = file
        self._members = {member.filename: member for member in file.infolist()}

    def names(self) -> list[str]:
        """Return the members' names in the order of the archive."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return one member, unpacked, its checksum verified.

        Raises:
            ImportFailed: If it is damaged, or longer than the directory says.
        """
        member = self._members[name]
        data = bytearray()
        try:
            with self._file.open(member) as stream:
                # In small steps: some decompressors unpack all of what one step reads, and a lying
                # directory entry must not fill the memory before its lie is seen.
                while block := stream.read(_STEP):
                    data += block
        except _BROKEN as error:
            raise ImportFailed(self._path, f"member {name!r} is damaged: {_reason(error)}", _AGAIN) from None
        if len(data) != member.file_size:
            what = f"member {name!r} has {len(data)} bytes where its directory entry says {member.file_size}"
            raise ImportFailed(self._path, what, _AGAIN)
        return bytes(data)


@contextmanager
def open_archive(path: Path, stream: IO[bytes], limits: Limits) -> Iterator[Archive]:
    """Open an archive and check its directory.

    Args:
        path: What the errors name.
        stream: The open file; it stays open.
        limits: Bounds on the directory.

    Raises:
        ImportFailed: If it is no zip archive, is cut off, passes a limit, or has doubtful member names.
    """
    try:
        file = zipfile.ZipFile(stream)
    except _BROKEN as error:
        what = f"not a complete zip archive: {_reason(error)}"
        raise ImportFailed(path, what, _AGAIN) from None
    with file:
        _check_directory(path, file, limits)
        yield Archive(path, file)


def _check_directory(path: Path, file: zipfile.ZipFile, limits: Limits) -> None:
    members = file.infolist()
    if len(members) > limits.member_count:
        raise ImportFailed(path, f"{len(members)} members, at most {limits.member_count} are read")
    names: set[str] = set()
    total = 0
    for member in members:
        name = member.filename
        if name in names:
            hint = "a retried run leaves such pairs: `inspect log convert` writes the log anew without them"
            raise ImportFailed(path, f"two members are named {name!r}", hint)
        names.add(name)
        # Nothing is ever unpacked to disk, but a log has no reason for such names and a forgery may.
        if name.startswith("/") or "\\" in name or "\0" in member.orig_filename or ".." in name.split("/"):
            raise ImportFailed(
                path, f"member name {name!r} leaves the archive", "Inspect writes no such names"
            )
        if member.flag_bits & 0x1:
            raise ImportFailed(path, f"member {name!r} is encrypted", "import a log without a password")
        if member.compress_type not in _METHODS:
            what = f"member {name!r} uses compression method {member.compress_type}"
            raise ImportFailed(path, what, "Inspect writes methods 8 (deflate) and 93 (zstd)")
        if member.file_size > limits.member_size:
            what = (
                f"member {name!r} unpacks to {member.file_size} bytes, at most {limits.member_size} are read"
            )
            raise ImportFailed(path, what)
        total += member.file_size
    if total > limits.unpacked_size:
        raise ImportFailed(path, f"unpacks to {total} bytes, at most {limits.unpacked_size} are read")


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
