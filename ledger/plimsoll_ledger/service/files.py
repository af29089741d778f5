"""Serve a published directory: the paths that a ledger has, and nothing beside.

A tile is served if the published checkpoint implies it, or an earlier one did; what a publication under way
has written already is not there yet. Files are read in pieces, so a pack of any size takes little memory.

Source: SPEC 2.3, 2.8 / C2SP tlog-tiles.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from plimsoll_ledger.checkpoint import unverified_checkpoint
from plimsoll_ledger.errors import Malformed
from plimsoll_ledger.publish import CHECKPOINT
from plimsoll_ledger.tiles import TILE_WIDTH, format_pack_path, parse_number, parse_tile_path

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_GOOD = "public, max-age=604800, immutable"
"""What is under this name never changes: a full tile, or a partial one, whose width is in its name."""

BRIEFLY = "public, max-age=60"
ASK_AGAIN = "no-cache"
_PIECE = 1 << 20
_RETAINED = re.compile(r"checkpoints/(index|0|[1-9][0-9]{0,15})", re.ASCII)
_ANCHOR = re.compile(r"anchors/(index|[1-9][0-9]{0,15}/[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\.tsr)", re.ASCII)
_RANGE = re.compile(r"bytes=([0-9]{1,15})?-([0-9]{1,15})?", re.ASCII)


class Files:
    """Answers GET of the paths of a published ledger."""

    def __init__(self, directory: Path, size: Callable[[], int]) -> None:
        """Take the directory, and how to learn the size of the checkpoint in it."""
        self._root = directory
        self._size = size

    async def answer(self, request: Request) -> Response:
        """Return a file, a piece of it, that it has not changed, or that there is none."""
        path = request.url.path.removeprefix("/")
        found = self._describe(path)
        if found is None:
            return _not_found()
        kind, caching = found
        try:
            handle = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return _not_found()
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return _not_found()
            tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
            headers = {"cache-control": caching, "etag": tag, "accept-ranges": "bytes", "content-type": kind}
            if tag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
                return Response(status_code=304, headers=headers)
            start, end, is_part = 0, status.st_size, False
            asked = request.headers.get("range")
            if asked is not None and request.headers.get("if-range", tag) == tag:
                wanted = _parse_range(asked, status.st_size)
                if wanted == (0, 0):
                    headers["content-range"] = f"bytes */{status.st_size}"
                    return Response(status_code=416, headers=headers)
                if wanted is not None:
                    (start, end), is_part = wanted, True
            if is_part:
                headers["content-range"] = f"bytes {start}-{end - 1}/{status.st_size}"
            code = 206 if is_part else 200
            if end - start <= _PIECE:
                return Response(os.pread(handle, end - start, start), code, headers)
            headers["content-length"] = str(end - start)
            answer, handle = _Pieces(handle, start, end, code, headers), -1  # It closes the file itself.
            return answer
        finally:
            if handle >= 0:
                os.close(handle)

    def _describe(self, path: str) -> tuple[str, str] | None:
        """Return content type and caching of a path; None if no published ledger has it."""
        if path == CHECKPOINT:
            return TEXT, ASK_AGAIN
        if _RETAINED.fullmatch(path):
            return TEXT, ASK_AGAIN if path.endswith("index") else BRIEFLY
        if _ANCHOR.fullmatch(path):
            return (TEXT, ASK_AGAIN) if path.endswith("/index") else ("application/timestamp-reply", BRIEFLY)
        try:
            if path.startswith("bodies/"):
                number = parse_number(path.removeprefix("bodies/"))
                is_there = format_pack_path(number) == path and self._covers(number * TILE_WIDTH + 1)
                # A pack grows, and bodies may be erased from it.
                return (BYTES, ASK_AGAIN) if is_there else None
            tile, _ = parse_tile_path(path)
        except Malformed:
            return None
        is_there = self._covers((tile.n * TILE_WIDTH + tile.width) << (8 * tile.level))
        return (BYTES, FOR_GOOD) if is_there else None

    def _covers(self, size: int) -> bool:
        """Say whether the published checkpoint covers so many entries.

        A reader can hold the new checkpoint before the publication that wrote it has come to its end, and
        told us: so whoever asks for more than we know of is answered by what the file says.
        """
        return size <= self._size() or size <= self._size_on_disk()

    def _size_on_disk(self) -> int:
        try:
            return unverified_checkpoint((self._root / CHECKPOINT).read_bytes()).size
        except (OSError, Malformed):
            return 0


class _Pieces(StreamingResponse):
    """An answer out of an open file, which it closes."""

    def __init__(self, handle: int, start: int, end: int, code: int, headers: dict[str, str]) -> None:
        super().__init__(_pieces(handle, start, end), code, headers)
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._handle)


async def _pieces(handle: int, start: int, end: int) -> AsyncIterator[bytes]:
    while start < end:
        piece = await to_thread.run_sync(os.pread, handle, min(_PIECE, end - start), start)
        if not piece:
            return  # It became shorter, which breaks the answer off, visibly.
        yield piece
        start += len(piece)


def _parse_range(text: str, size: int) -> tuple[int, int] | None:
    """Return start and end of the one range that is asked for.

    None if it is not one range: then the whole file is the answer. (0, 0) if there is nothing in it.
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None or text.strip() == "bytes=-":
        return None
    first, last = found.groups()
    if first is None:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if last is None else min(size, int(last) + 1)
        if last is not None and int(last) < int(first):
            return None
    return (start, end) if start < end else (0, 0)


def _not_found() -> Response:
    return Response("no such file\n", 404, {"content-type": TEXT, "cache-control": ASK_AGAIN})
