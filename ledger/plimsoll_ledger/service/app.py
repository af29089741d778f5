"""The service: published files, submissions, and what monitoring asks. The reader enters here.

    POST /v1/submit -> limits -> wire -> gather -> sequencer -> receipts -> (published) -> answer

Nothing is acknowledged that is not durable. Authentication is the statements' own business: whoever has a
signed statement may bring it.

Source: SPEC 2.8.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from plimsoll_keys.signer import Signer
from plimsoll_ledger.admission import Entry
from plimsoll_ledger.clock import Clock, format_time
from plimsoll_ledger.errors import Duplicate, LedgerError, Refused
from plimsoll_ledger.sequencer import Appended, Sequencer
from plimsoll_ledger.service.files import Files
from plimsoll_ledger.service.gather import Gatherer, Outcome
from plimsoll_ledger.service.guard import Guard, JsonLog
from plimsoll_ledger.service.intake import Intake
from plimsoll_ledger.service.limits import Limits
from plimsoll_ledger.service.metrics import TYPE, Metrics
from plimsoll_ledger.service.openapi import OPERATIONS, describe
from plimsoll_ledger.service.publishing import Published, PublishLoop
from plimsoll_ledger.service.receipts import sign_receipt
from plimsoll_ledger.service.wire import Rejected, Submission, format_error, format_json, parse_submission

JSON = {"content-type": "application/json", "cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a service is made of.

    Attributes:
        sequencer: The log's; stays the caller's to close.
        signer: The log's key, for receipts.
        intake: Takes what comes with blobs.
        clock: For receipts and the log.
        directory: The published directory.
        publish: Publishes into it and returns the published size.
        published_size: What it says at the beginning; 0 if nothing is published.
        log: Takes what happens.
        log_requests: Whether each request is logged.
        publish_every_s: The longest that a grown log stays unpublished, in seconds.
        receipt_s: By when a receipt promises publication, in seconds from now.
        limits: The limits.
    """

    sequencer: Sequencer
    signer: Signer
    intake: Intake
    clock: Clock
    directory: Path
    publish: Callable[[], int]
    published_size: int
    log: JsonLog
    log_requests: bool = True
    publish_every_s: float = 10.0
    receipt_s: float = 86_400.0
    limits: Limits = field(default_factory=Limits)


class Service:
    """One log, served."""

    def __init__(self, setting: Setting) -> None:
        """Take what it is made of; the application's lifespan starts it."""
        self._of = setting
        self._limits = setting.limits
        self.metrics = Metrics()
        self._store = setting.sequencer.store
        self._gatherer: Gatherer | None = None
        self._publisher = PublishLoop(
            setting.publish,
            lambda: self._store.size,
            self._told,
            every_s=setting.publish_every_s,
            size=setting.published_size,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._grown = asyncio.Event()
        self._active: Counter[str] = Counter()
        self._active_bytes = 0
        self._files = Files(setting.directory, lambda: self._publisher.published.size)

    def app(self) -> ASGIApp:
        """Return the application."""
        handlers = {
            "submit": self._submit, "file": self._files.answer, "health": self._health,
            "ready": self._ready, "metrics": self._metrics, "openapi": self._openapi,
        }  # fmt: skip
        routes = [Route(one.route, handlers[one.name], methods=[one.method]) for one in OPERATIONS]
        app = Starlette(routes=routes, lifespan=self._lifespan)
        app.router.redirect_slashes = False
        log = self._of.log if self._of.log_requests else None
        direct = {("POST", "/v1/submit"): self._submit}
        return Guard(app, direct, route_of, self.metrics, log, self._limits.answer_s)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._gatherer = Gatherer(
            self._of.sequencer,
            self._of.intake,
            max_waiting=self._limits.waiting,
            retry_after_s=self._limits.retry_after_s,
        )
        self._publisher.start()
        try:
            yield
        finally:
            self._of.log.write("stopping", waiting=self._gatherer.waiting)
            # What waits is finished, then published: nobody is left with less than was said.
            await to_thread.run_sync(self._gatherer.close)
            await to_thread.run_sync(self._publisher.close)
            self._of.log.write("stopped", published_size=self._publisher.published.size)

    # -------------------------------------------------------------------------------------- submitting

    async def _submit(self, request: Request) -> Response:
        client = request.client.host if request.client else ""
        length = 0
        try:
            length = self._reserve(request, client)
            try:
                submission = parse_submission(await self._read_body(request, length), self._limits)
                return await self._take(submission)
            finally:
                self._active_bytes -= length
                self._active[client] -= 1
                if not self._active[client]:
                    del self._active[client]
        except Rejected as error:
            response = Response(format_error(error.code, str(error)), error.status, JSON)
            if error.retry_after_s is not None:
                response.headers["retry-after"] = str(error.retry_after_s)
            if error.status in (408, 411, 413, 415, 429, 503):
                response.headers["connection"] = "close"  # The body was not read, and will not be.
            return response

    def _reserve(self, request: Request, client: str) -> int:
        """Make room for a request, before its body is read; return how long that is."""
        limits = self._limits
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Rejected(415, "media-type", "a submission is application/json")
        declared = request.headers.get("content-length", "")
        if not (declared.isascii() and declared.isdigit()):
            raise Rejected(411, "length", "the length of the body is not given")
        if len(declared) > 12 or int(declared) > limits.request_bytes:
            raise Rejected(413, "too-long", f"a submission has at most {limits.request_bytes} bytes")
        if self._active[client] >= limits.client_active:
            raise Rejected(
                429,
                "slow-down",
                "too many of your submissions are under way",
                retry_after_s=limits.retry_after_s,
            )
        full = self._active_bytes + int(declared) > limits.active_bytes
        if full or self._active.total() >= limits.active:
            raise Rejected(
                503, "busy", "too many submissions are under way", retry_after_s=limits.retry_after_s
            )
        self._active[client] += 1
        self._active_bytes += int(declared)
        return int(declared)

    async def _read_body(self, request: Request, length: int) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_s):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > length:
                        raise Rejected(413, "too-long", "the body is longer than it was said to be")
        except TimeoutError:
            raise Rejected(408, "slow", f"the body did not come within {self._limits.body_s:g} s") from None
        except ClientDisconnect:
            raise Rejected(400, "gone", "the client went away") from None
        return bytes(body)

    async def _take(self, submission: Submission) -> Response:
        if self._gatherer is None:
            raise AssertionError("the lifespan has not begun")
        try:
            future = self._gatherer.submit(submission.statements, atomic=submission.atomic)
            outcomes = await future
            deadline_ms = self._of.clock.now_ms() + int(self._of.receipt_s * 1000)
            told = [self._tell(outcome, deadline_ms) for outcome in outcomes]
        except Rejected:
            raise
        except LedgerError as error:
            self._of.log.write("storage-failed", reason=str(error))
            raise Rejected(
                503, "storage", "the log cannot be written at present; submit the same again",
                retry_after_s=max(self._limits.retry_after_s, 5),
            ) from None  # fmt: skip
        except Exception as error:  # noqa: BLE001 - one mistake, one answer.
            # A mistake of ours: its client hears that there was one, the operator what it was.
            self._of.log.write("mistake", detail="".join(traceback.format_exception(error)))
            raise Rejected(500, "mistake", "the service made a mistake over this submission") from None
        indexes = [one["index"] for one in told if "index" in one]
        status = 200 if len(indexes) == len(told) else 422
        size = self._publisher.published.size
        if submission.wait == "published" and indexes and status == 200:
            size = await self._published(max(indexes) + 1)
            status = 200 if size > max(indexes) else 202
        body = {"origin": self._store.origin, "published_size": size, "statements": told}
        return Response(format_json(body), status, JSON)

    def _tell(self, outcome: Outcome, deadline_ms: int) -> dict[str, Any]:
        """Describe what became of a statement."""
        if isinstance(outcome, Refused) and not isinstance(outcome, Duplicate):
            self.metrics.statements.labels("refused").inc()
            return {"status": "refused", "reason": outcome.reason, "hint": outcome.hint}
        found: Appended | Entry
        if isinstance(outcome, Appended):
            status, found = "appended", outcome
        else:
            status, found = "known", self._store.entry(outcome.index)
        self.metrics.statements.labels(status).inc()
        return {
            "status": status,
            "id": found.ident.hex(),
            "index": found.index,
            "time": format_time(found.time_ms),
            "receipt": sign_receipt(self._of.signer, found.ident, deadline_ms).decode(),
        }

    async def _published(self, size: int) -> int:
        """Wait until so many entries are published, or no longer; return how many are."""
        try:
            async with asyncio.timeout(self._limits.answer_s * 0.75):
                while self._publisher.published.size < size:
                    grown = self._grown
                    self._publisher.want()
                    await grown.wait()
        except TimeoutError:
            self._of.log.write("not-published-in-time", size=size)
        return self._publisher.published.size

    def _told(self, published: Published, took_s: float) -> None:
        """Hear from the publisher, in its thread."""
        if published.failure:
            self.metrics.publish_failures.inc()
            self._of.log.write("publish-failed", reason=published.failure, size=published.size)
        else:
            self.metrics.published_size.set(published.size)
            self.metrics.published_at.set(self._of.clock.now_ms() / 1000)
            self._of.log.write("published", size=published.size, ms=round(took_s * 1000, 1))
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()

    # -------------------------------------------------------------------------------------- monitoring

    async def _health(self, _request: Request) -> Response:
        return Response("ok\n", 200, {"content-type": "text/plain", "cache-control": "no-store"})

    async def _ready(self, _request: Request) -> Response:
        problems: list[str] = []
        try:
            size = await to_thread.run_sync(lambda: self._store.size)
        except LedgerError as error:
            size = -1
            problems.append(f"the log cannot be read: {error}")
        if self._gatherer is None or not self._gatherer.is_alive:
            problems.append("submissions are not taken")
        published = self._publisher.published
        if published.failure:
            problems.append(f"publishing fails: {published.failure}")
        body = {"ready": not problems, "size": size, "published_size": published.size, "problems": problems}
        return Response(format_json(body), 503 if problems else 200, JSON)

    async def _metrics(self, _request: Request) -> Response:
        size = await to_thread.run_sync(lambda: self._store.size)
        self.metrics.log_size.set(size)
        self.metrics.active.set(self._active.total())
        self.metrics.waiting.set(self._gatherer.waiting if self._gatherer else 0)
        return Response(self.metrics.render(), 200, {"content-type": TYPE})

    async def _openapi(self, _request: Request) -> Response:
        return Response(format_json(describe(self._limits, self._store.origin)), 200, JSON)


def route_of(path: str) -> str:
    """Return the first parts of a path if they are a route's, else `other`: labels are few."""
    first = path.split("/", 2)[1] if path.count("/") else ""
    return first if first in _FIRST else "other"


_FIRST: Sequence[str] = tuple({one.path.split("/")[1] for one in OPERATIONS})
