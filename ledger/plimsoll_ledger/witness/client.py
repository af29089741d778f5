"""Ask a witness over HTTP, within a time that is bounded whatever it does.

No redirect is followed, nothing is asked twice, no proxy of the environment is used. An answer is read up to
what a note may have. Nothing here believes a witness: whoever called checks the signature line.

Source: SPEC 2.6 / C2SP tlog-witness.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import urllib3

from plimsoll_ledger.encoding import parse_decimal
from plimsoll_ledger.errors import LedgerError, Malformed
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.note import MAX_NOTE_SIZE
from plimsoll_ledger.witness.errors import SizeConflict
from plimsoll_ledger.witness.request import format_request
from plimsoll_ledger.witness.state import origin_hash

SIZE = "text/x.tlog.size"
_MAX_REASON = 120


class NotCosigned(LedgerError):
    """A witness that did not answer, or answered something else than a cosignature; says what."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    body: bytes


class WitnessClient:
    """Asks one witness."""

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take where it is.

        Args:
            url: Its submission prefix; asked for what it holds, too, as if it were its monitoring prefix.
            monotonic: The clock to wait by.
        """
        self._url = url.rstrip("/")
        self._monotonic = monotonic
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def add_checkpoint(self, old_size: int, proof: Sequence[Hash], note: bytes, deadline: float) -> str:
        """Ask for a cosignature; return the signature lines, which nobody has checked yet.

        Args:
            old_size: The size that the witness is thought to hold.
            proof: The consistency proof from there.
            note: The checkpoint.
            deadline: When to give up, by the client's monotonic clock.

        Raises:
            SizeConflict: if it holds another size; says which.
            NotCosigned: if it answered anything else, or not in time.
        """
        body = format_request(old_size, proof, note)
        answer = self._ask("POST", f"{self._url}/add-checkpoint", body, deadline)
        if answer.status == 409 and answer.kind == SIZE:
            raise SizeConflict(_parse_size(answer.body))
        if answer.status != 200:
            raise NotCosigned(f"it answered {answer.status}{_reason(answer.body)}")
        try:
            return answer.body.decode()
        except UnicodeDecodeError:
            raise NotCosigned("it answered something that is no signature line") from None

    def checkpoint(self, origin: str, deadline: float) -> bytes | None:
        """Return the newest checkpoint that it says it cosigned; None if it names none."""
        url = f"{self._url}/{origin_hash(origin)}/checkpoint"
        with suppress(NotCosigned):
            answer = self._ask("GET", url, None, deadline)
            if answer.status == 200:
                return answer.body
        return None

    def _ask(self, method: str, url: str, body: bytes | None, deadline: float) -> _Answer:
        headers = {"content-type": "text/plain; charset=utf-8", "user-agent": "plimsoll"}
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(total=self._left_s(deadline)),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                found = self._read(response, deadline)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise NotCosigned(_what(error)) from None
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return _Answer(response.status, kind, found)

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        """Read an answer piece by piece: each piece has a time-out of its own, all together the deadline."""
        found = b""
        while piece := response.read1(4096):
            found += piece
            if len(found) > MAX_NOTE_SIZE:
                raise NotCosigned(f"it answered more than {MAX_NOTE_SIZE} bytes")
            self._left_s(deadline)
        return found

    def _left_s(self, deadline: float) -> float:
        left_s = deadline - self._monotonic()
        if left_s <= 0:
            raise NotCosigned("it did not answer in time")
        return left_s


def _parse_size(body: bytes) -> int:
    try:
        text = body.decode("ascii")
        if not text.endswith("\n"):
            raise Malformed("a size ends in a newline")
        return parse_decimal(text[:-1], "the size")
    except (UnicodeDecodeError, Malformed):
        raise NotCosigned("it answered 409, without the size that it holds") from None


def _reason(body: bytes) -> str:
    """Return the first line of an answer, printable ASCII only: it is somebody else's text."""
    line = body[:_MAX_REASON].split(b"\n")[0].decode("ascii", "replace")
    shown = "".join(char if " " <= char <= "~" else "?" for char in line).strip()
    return f": {shown}" if shown else ""


def _what(error: Exception) -> str:
    # The first of these is of the second's kind as well, in urllib3.
    if isinstance(error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError):
        return "it cannot be reached"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    if isinstance(error, urllib3.exceptions.SSLError):
        return f"its certificate does not hold: {str(error)[:_MAX_REASON]}"
    return f"it cannot be asked: {type(error).__name__}"
