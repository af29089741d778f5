"""A published ledger that is read over HTTP: the same paths, the same bounds, the same answers.

What the server says about the ledger is what a directory would say: a file is there, or it is not (404, 410).
Everything else that a network can do (no answer, another status, a body that breaks off, a redirect that
leads nowhere) is an OSError: the ledger could not be read, and nothing is said about it.

An answer is read no further than asked, and no longer than a deadline, however slowly its bytes drip. What is
going to be read may be announced (`expect`), and is then fetched by several connections at once.

Source: SPEC 2.3.
"""

import io
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from plimsoll_verify.encoding import parse_decimal, parse_id, sample
from plimsoll_verify.errors import UsageError, VerificationError
from plimsoll_verify.source import NotFound

MAX_INDEX_BYTES = 16 * 2**20
"""The list of retained checkpoints, or of anchors."""

_MAX_REDIRECTS = 3
_TRIES = 3
_AGAIN_MAX_S = 10.0
_READ_BYTES = 2**16
_FETCHERS = 8
_GONE = (404, 410)
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 500, 502, 503, 504)
_sleep = time.sleep


class HttpSource:
    """A ledger under a URL. It travels to other processes as the URL, and connects anew there."""

    def __init__(self, url: str, *, timeout_s: float = 30.0, deadline_s: float = 300.0) -> None:
        """Take the URL; nothing is asked yet.

        Args:
            url: where the file `checkpoint` lies, without its name.
            timeout_s: how long to wait for the next byte, in seconds.
            deadline_s: how long one file may take, in seconds.

        Raises:
            UsageError: it is no http or https URL, or has a part that a base has not.
        """
        self.url = _base(url)
        self._timeout_s = timeout_s
        self._deadline_s = deadline_s
        self._local = threading.local()
        self._connections: set[HTTPConnection] = set()
        weakref.finalize(self, _close, self._connections)
        self._fetchers: ThreadPoolExecutor | None = None
        self._expected: dict[tuple[str, int], Future[bytes]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "timeout_s": self._timeout_s, "deadline_s": self._deadline_s}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Return up to `limit` bytes (one or more) of a file from `offset` on, fewer only at its end.

        Raises:
            NotFound: the server says that there is no such file.
            OSError: anything else went wrong.
        """
        expected = None if offset else self._expected.pop((path, limit), None)
        if expected is not None:
            return expected.result()
        return self._fetch(path, limit, offset)

    def expect(self, files: Sequence[tuple[str, int]]) -> None:
        """Begin to fetch files that are going to be read from their beginning with these limits.

        What was expected before and never read is forgotten.
        """
        for stale in self._expected.values():
            stale.cancel()
        if self._fetchers is None:
            self._fetchers = ThreadPoolExecutor(_FETCHERS, thread_name_prefix="plimsoll-fetch")
        self._expected = {
            (path, limit): self._fetchers.submit(self._fetch, path, limit) for path, limit in files
        }

    def list_retained(self) -> list[int]:
        """Return the sizes that checkpoints/index names; lines that are no size are passed over."""
        sizes = set()
        for line in self._lines("checkpoints/index"):
            try:
                sizes.add(parse_decimal(line, "retained", "a size"))
            except VerificationError:
                continue
        return sorted(sizes)

    def list_anchors(self) -> list[tuple[int, str]]:
        """Return what anchors/index names; lines that name no size and authority are passed over."""
        found = set()
        for line in self._lines("anchors/index"):
            size, _, name = line.partition(" ")
            try:
                found.add(
                    (parse_decimal(size, "anchors", "a size"), parse_id(name, "anchors", "an authority"))
                )
            except VerificationError:
                continue
        return sorted(found)

    def _lines(self, path: str) -> list[str]:
        try:
            data = self._fetch(path, MAX_INDEX_BYTES + 1)
        except NotFound:
            return []
        if len(data) > MAX_INDEX_BYTES:
            raise _failed(self.url + path, f"more than {MAX_INDEX_BYTES} bytes")
        return data.decode("ascii", "replace").splitlines()

    def _fetch(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Fetch a piece of a file; what may be better the next time is tried again."""
        url = self.url + path
        tried = 0
        while True:
            tried += 1
            try:
                return self._follow(url, limit, offset)
            except (OSError, HTTPException) as error:
                self._disconnect()
                if tried == _TRIES or isinstance(error, _Final):
                    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
                    raise _failed(url, reason) from error
                _sleep(min(_AGAIN_MAX_S, getattr(error, "after_s", tried * 0.1)))

    def _follow(self, url: str, limit: int, offset: int) -> bytes:
        """Ask, and ask where the server points to."""
        deadline = time.monotonic() + self._deadline_s
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._ask(url, limit, offset, deadline)
            try:
                if response.status not in _REDIRECTS:
                    return _take(response, limit, offset)
            finally:
                self._leave(response)
            url = _checked(url, response.getheader("Location", ""))
        raise _Final(f"more than {_MAX_REDIRECTS} redirects")

    def _ask(self, url: str, limit: int, offset: int, deadline: float) -> HTTPResponse:
        parts = urlsplit(url)
        connection = self._connect(parts)
        connection.response_class = partial(_Paced, deadline=deadline, timeout_s=self._timeout_s)  # type: ignore[assignment]
        headers = {
            "Accept-Encoding": "identity",
            "Range": f"bytes={offset}-{offset + limit - 1}",
            "User-Agent": "plimsoll-verify",
        }
        connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""), headers=headers)
        return connection.getresponse()

    def _connect(self, parts: SplitResult) -> HTTPConnection:
        """Return this thread's connection, a new one if it leads elsewhere."""
        place = (parts.scheme, parts.netloc)
        if getattr(self._local, "place", None) != place:
            self._disconnect()
            kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
            self._local.connection = kind(parts.netloc, timeout=self._timeout_s)
            self._connections.add(self._local.connection)
            self._local.place = place
        connection: HTTPConnection = self._local.connection
        return connection

    def _leave(self, response: HTTPResponse) -> None:
        """Keep the connection for the next question, unless more of this answer is still to come."""
        if not response.isclosed():
            self._disconnect()
            response.close()

    def _disconnect(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            self._connections.discard(connection)
            connection.close()
        self._local.connection = self._local.place = None


def _close(connections: set[HTTPConnection]) -> None:
    """Close what a source, which is gone, has left open."""
    for connection in connections:
        connection.close()


class _Final(OSError):
    """A failure that trying again would only repeat."""


class _Busy(OSError):
    """The server asks to be asked later."""

    def __init__(self, message: str, after_s: float) -> None:
        super().__init__(message)
        self.after_s = after_s


class _Paced(HTTPResponse):
    """A response, head and body, of which no byte is waited for past a deadline."""

    def __init__(self, sock: Any, *args: Any, deadline: float, timeout_s: float, **settings: Any) -> None:
        super().__init__(sock, *args, **settings)
        self.fp = io.BufferedReader(_Deadline(self.fp.detach(), sock, deadline, timeout_s))


class _Deadline(io.RawIOBase):
    """The bytes of a socket until a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: Any, deadline: float, timeout_s: float) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline
        self._timeout_s = timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _Final("it took too long")
        self._sock.settimeout(min(left, self._timeout_s))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _take(response: HTTPResponse, limit: int, offset: int) -> bytes:
    """Return what was asked for out of an answer.

    Raises:
        NotFound: there is no such file.
        OSError: the answer is none to this question.
    """
    status = response.status
    if status in _GONE:
        response.read(_READ_BYTES)
        raise NotFound("no file")
    if status == 416:  # It ends before `offset`.
        response.read(_READ_BYTES)
        return b""
    if status in _BUSY:
        after = response.getheader("Retry-After", "")
        raise _Busy(f"status {status}", float(after) if after.isascii() and after.isdigit() else 0.5)
    encoding = response.getheader("Content-Encoding", "identity")
    if status not in (200, 206) or encoding != "identity":
        raise _Final(f"status {status}" if encoding == "identity" else f"encoded as {sample(encoding)}")
    if response.length is None and not response.chunked:
        raise _Final("an answer that does not say where it ends")
    said = response.getheader("Content-Range", "")
    skip = offset
    if status == 206:
        if not said.startswith(f"bytes {offset}-"):
            raise _Final(f"another range than the one asked for, {sample(said)}")
        skip = 0
    while skip and (passed := response.read(min(skip, _READ_BYTES))):
        skip -= len(passed)
    data = response.read(limit)
    if len(data) < limit and response.length:
        raise OSError(f"it broke off, {response.length} bytes before its end")
    if status == 206 and len(data) < limit and said.rpartition("/")[2] != str(offset + len(data)):
        raise _Final(f"a smaller range than the one asked for, {sample(said)}")
    return data


def _base(url: str) -> str:
    """Return a URL that paths can be appended to."""
    parts = _split(url)
    if parts is None or parts.query or parts.fragment or "?" in url or "#" in url:
        raise UsageError(
            f"{sample(url)} is no URL of a ledger", "name it as https://host/path, without user, ? and #"
        )
    return url.rstrip("/") + "/"


def _checked(source: str, target: str) -> str:
    """Return where a redirect leads, if it may be followed: not elsewhere than to HTTP, not out of TLS."""
    try:
        target = urljoin(source, target)
    except ValueError:
        target = ""
    parts = _split(target)
    if parts is None or (source.startswith("https:") and parts.scheme != "https"):
        raise _Final(f"a redirect to {sample(target)}")
    return target


def _split(url: str) -> SplitResult | None:
    """Return the parts of an http or https URL; None if it is none that may be asked."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        is_good = parts.port != 0 and parts.scheme in ("http", "https") and parts.username is None
    except ValueError:
        return None
    return parts if host and is_good and url.isascii() and url.isprintable() and " " not in url else None


def _failed(url: str, reason: str) -> OSError:
    return OSError(f"{url}: {reason}")
