"""Where a published ledger is read from, and the bounds within which it is.

A source hands out bytes by path and vouches for nothing. All paths are made by this package, from numbers and
from names that are ids (SPEC 1.5).
"""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from plimsoll_verify.encoding import parse_decimal, parse_id
from plimsoll_verify.errors import Malformed, Missing, VerificationError

_READ_BYTES = 2**20
ANCHOR_SUFFIX = ".tsr"
"""What the name of an anchor's file ends with (SPEC 2.3)."""


class NotFound(Exception):
    """There is no such file in the ledger. Carries what there is instead."""


class Source(Protocol):
    """A published ledger (SPEC 2.3). If it can be pickled, several processes read it at once."""

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Return up to `limit` bytes of a file from `offset` on, fewer only at its end.

        Raises:
            NotFound: no such file, or no file of bytes.
            OSError: it could not be read, which says nothing about the ledger.
        """
        ...

    def list_retained(self) -> list[int]:
        """Return the sizes of the retained checkpoints, in ascending order."""
        ...

    def list_anchors(self) -> list[tuple[int, str]]:
        """Return the size and the authority of each anchor, in ascending order."""
        ...


class DirectorySource:
    """A ledger in a directory. Nothing outside of the directory is read, whatever links lie in it."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._root = os.path.realpath(directory)

    @property
    def root(self) -> Path:
        """The directory, resolved."""
        return Path(self._root)

    def _resolve(self, path: str) -> str:
        try:
            real = os.path.realpath(f"{self._root}/{path}", strict=True)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("no file") from None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise NotFound("a link that leads to itself") from None
            raise
        if os.path.commonpath((self._root, real)) != self._root:
            raise NotFound("a link that leads out of the directory")
        return real

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Return up to `limit` bytes of a regular file from `offset` on."""
        real = self._resolve(path)
        # Opening must not wait: a named pipe would, for ever.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        file = os.open(real, flags)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise NotFound("something that is no regular file")
            os.lseek(file, offset, os.SEEK_SET)
            parts = []
            while limit > 0 and (part := os.read(file, min(limit, _READ_BYTES))):
                parts.append(part)
                limit -= len(part)
        finally:
            os.close(file)
        return b"".join(parts)

    def list_retained(self) -> list[int]:
        """Return the sizes under checkpoints/; names that are no size are passed over."""
        return self._list_sizes("checkpoints")

    def list_anchors(self) -> list[tuple[int, str]]:
        """Return what is under anchors/; names that are no size or no authority's are passed over."""
        found = []
        for size in self._list_sizes("anchors"):
            for name in self._list(f"anchors/{size}"):
                try:
                    authority = parse_id(name.removesuffix(ANCHOR_SUFFIX), "anchors", "an authority")
                except VerificationError:
                    continue
                if name.endswith(ANCHOR_SUFFIX):
                    found.append((size, authority))
        return sorted(found)

    def _list(self, path: str) -> list[str]:
        try:
            return [file.name for file in Path(self._resolve(path)).iterdir()]
        except (NotFound, NotADirectoryError):
            return []

    def _list_sizes(self, path: str) -> list[int]:
        sizes = []
        for name in self._list(path):
            try:
                sizes.append(parse_decimal(name, "retained", "a size"))
            except VerificationError:
                continue
        return sorted(sizes)


def expect(source: Source, files: Sequence[tuple[str, int]]) -> None:
    """Announce the files, each with its limit, that are going to be read from their beginning.

    A source that gains by it has a method `expect`; whether it has changes nothing of what is read.
    """
    announce = getattr(source, "expect", None)
    if announce is not None:
        announce(files)


def read_file(source: Source, path: str, limit: int, check: str) -> bytes:
    """Read a file that the ledger must have, whole.

    Raises:
        Missing: it is not there, or no file.
        Malformed: it is longer than `limit`, of which no more than one byte has been read.

    Source: SPEC 1.8, 2.3.
    """
    try:
        data = source.read(path, limit + 1)
    except NotFound as error:
        hint = "publish the ledger again, or fetch the whole of it"
        if check == "checkpoint":
            hint = "is this what `plimsoll publish` wrote, and not the folder above it, or below? or " + hint
        raise Missing(check, "a file", str(error), path=path, hint=hint) from None
    if len(data) > limit:
        raise Malformed(check, f"at most {limit} bytes", "more", path=path)
    return data
