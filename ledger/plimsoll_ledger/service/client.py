"""Submit to a service: the same again until it is certain what became of it, within a bounded time.

Source: SPEC 2.9.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec
import urllib3

from plimsoll_ledger.errors import Busy, LedgerError, Malformed
from plimsoll_ledger.service.wire import Item, Submission

MAX_ANSWER_BYTES = 1 << 20
_TRIES = 4
_TURNED_AWAY = ("busy", "slow-down", "stopping")
"""Words of a service that has taken nothing."""

_encode = msgspec.json.Encoder().encode


class Uncertain(LedgerError):
    """Nobody knows whether the statements were taken: the service did not answer, or not to the point."""


class Told(msgspec.Struct, frozen=True):
    """What a service says of one statement."""

    status: Literal["appended", "known", "refused"]
    id: str = ""
    index: int = -1
    time: str = ""
    receipt: str = ""
    reason: str = ""
    hint: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a service says of a submission."""

    origin: str
    published_size: int
    statements: list[Told]


class _Problem(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""
    hint: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: _Problem = _Problem()


_NO_SERVICE: Final = (
    "files may be served there alone, to read: ask the operator for the address of `plimsoll serve`"
)


class ServiceClient:
    """Submits to one service."""

    def __init__(
        self, url: str, *, timeout_s: float = 150.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Take its base URL.

        Args:
            url: As `http://host/path`.
            timeout_s: How long an answer may take, in seconds.
            sleep: How to pass the time between two tries.
        """
        self._url = url.rstrip("/") + "/v1/submit"
        self._sleep = sleep
        self._pool = urllib3.PoolManager(
            num_pools=1, timeout=urllib3.Timeout(connect=10, read=timeout_s), retries=False
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def submit(self, items: Sequence[Item], *, atomic: bool, wait: Literal["durable", "published"]) -> Answer:
        """Submit, and return what became of it.

        Raises:
            Busy: if the service is too busy; it has taken nothing.
            Malformed: if it says that it cannot take such a submission.
            Uncertain: if it did not answer.
        """
        body = _encode(Submission(tuple(items), atomic, wait))
        certain = True
        problem = ""
        for tried in range(_TRIES):
            if tried:
                self._sleep(min(5.0, 0.2 * 2**tried))
            try:
                status, data = self._ask(body)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                certain, problem = False, f"it cannot be reached: {type(error).__name__}"
                continue
            if status in (200, 202, 422):
                return _read(data, len(items))
            code, problem = _why(status, data)
            if status not in (429, 503):
                hint = _NO_SERVICE if status in (404, 405, 501) else ""
                raise Malformed(f"the service refuses the submission: {problem}", hint=hint)
            certain &= code in _TURNED_AWAY
        if certain:
            raise Busy(f"the service takes nothing at present: {problem}", hint="try again later")
        raise Uncertain(f"the service does not say what became of the submission: {problem}")

    def _ask(self, body: bytes) -> tuple[int, bytes]:
        response = self._pool.request(
            "POST",
            self._url,
            body=body,
            headers={"content-type": "application/json", "user-agent": "plimsoll"},
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            data = response.read(MAX_ANSWER_BYTES + 1)
        finally:
            response.release_conn()
        return response.status, data


def _read(data: bytes, count: int) -> Answer:
    try:
        answer = msgspec.json.decode(data, type=Answer)
    except msgspec.DecodeError as error:
        raise Uncertain(f"the service answered something else: {error}") from None
    if len(answer.statements) != count:
        raise Uncertain(f"the service answered for {len(answer.statements)} statements instead of {count}")
    return answer


def _why(status: int, data: bytes) -> tuple[str, str]:
    """Return the code and the message of an answer that is none; printable, since it is foreign."""
    try:
        found = msgspec.json.decode(data, type=_Refusal).error
    except msgspec.DecodeError:
        found = _Problem()
    message = "".join(char if char.isprintable() else "?" for char in found.message[:200])
    return found.code, f"status {status}{': ' if message else ''}{message}"
