"""A witness as an HTTP application: the paths of C2SP tlog-witness, limits, and a line about each request.

    POST /add-checkpoint                     a signature line, or why not
    GET  /<hex sha256(origin)>/checkpoint    the newest checkpoint that was cosigned
    GET  /metrics                            counts for Prometheus

How often each client may ask is limited before anything of a request is read (`rate`).

A body is read up to the longest that can be a request, and for a bounded time. What is answered to a refusal
is one line of text, in words of our own: nothing that was sent is sent back.

Source: SPEC 2.6 / C2SP tlog-witness.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import anyio
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from plimsoll_ledger.checkpoint import unverified_checkpoint
from plimsoll_ledger.errors import LedgerError, Malformed
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.errors import Refusal, SizeConflict
from plimsoll_ledger.witness.metrics import TYPE as METRICS_TYPE
from plimsoll_ledger.witness.metrics import Metrics
from plimsoll_ledger.witness.rate import Proxies, RateLimit
from plimsoll_ledger.witness.request import MAX_BODY_SIZE, parse_request

BODY_TIMEOUT_S = 10.0
"""How long a client may take to send a request's body, in seconds."""

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
"""The type of a 409's body, which is the size that the witness holds."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to a request for a cosignature, for the operator's log.

    Attributes:
        status: The HTTP status.
        origin: The checkpoint's origin, which nobody may have verified; empty if there was none.
        size: Its size; -1 if there was none.
        reason: Why it was not cosigned; empty if it was.
        took_s: How long it took, in seconds.
    """

    status: int
    origin: str
    size: int
    reason: str
    took_s: float


Report = Callable[[Answered], None]


class _Cut(Exception):
    """A body that was too long, too slow, or broken off."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def make_app(
    witness: Witness,
    report: Report,
    *,
    body_timeout_s: float = BODY_TIMEOUT_S,
    limit: RateLimit | None = None,
    proxies: Proxies | None = None,
) -> ASGIApp:
    """Make the application.

    Args:
        witness: The witness.
        report: Told of each request for a cosignature, after it was answered; it must not raise. What the
            limit refuses is counted only: a line for each would be a flood of its own.
        body_timeout_s: How long a client may take to send a body, in seconds.
        limit: How often each client may ask; None for as often as they like.
        proxies: Who may say on whose behalf it asks; nobody by default.
    """
    metrics = Metrics()

    async def add_checkpoint(request: Request) -> Response:
        start = time.monotonic()
        body = b""
        try:
            body = await _read_body(request, body_timeout_s)
            # In a thread, because it waits for the disk.
            line = await to_thread.run_sync(witness.add_checkpoint, body)
        except _Cut as error:
            status, reason, answer = error.status, str(error), _text(error.status, str(error))
            answer.headers["connection"] = "close"
        except SizeConflict as error:
            status, reason = error.status, str(error)
            answer = Response(f"{error.size}\n", status, headers={"content-type": SIZE})
        except Refusal as error:
            status, reason, answer = error.status, str(error), _text(error.status, str(error))
        except LedgerError as error:
            # The operator is told what is wrong with the state; who asks is not.
            status, reason = 503, str(error)
            answer = _text(503, "this witness cannot store what it sees at present")
        else:
            status, reason, answer = 200, "", Response(line, 200, headers={"content-type": TEXT})
        origin, size = _claimed(body)
        metrics.requests.labels(str(status)).inc()
        report(Answered(status, origin, size, reason, time.monotonic() - start))
        return answer

    async def checkpoint(request: Request) -> Response:
        note = await to_thread.run_sync(witness.state.cosigned, request.path_params["origin_hash"])
        if note is None:
            return _text(404, "this witness has cosigned no such log")
        return Response(note, 200, headers={"content-type": TEXT, "cache-control": "no-cache"})

    async def show_metrics(_request: Request) -> Response:
        metrics.addresses.set(0 if limit is None else limit.addresses)
        return Response(metrics.render(), 200, headers={"content-type": METRICS_TYPE})

    app = Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin_hash}/checkpoint", checkpoint, methods=["GET"]),
            Route("/metrics", show_metrics, methods=["GET"]),
        ],
        exception_handlers={LedgerError: _unavailable},
    )
    app.router.redirect_slashes = False  # Paths are what the specification says, and nothing beside.
    return app if limit is None else _Limited(app, limit, proxies or Proxies(), metrics)


class _Limited:
    """Answers 429 to a client that asks too often; reads nothing of what it sent."""

    def __init__(self, app: ASGIApp, limit: RateLimit, proxies: Proxies, metrics: Metrics) -> None:
        self._app, self._limit, self._proxies, self._metrics = app, limit, proxies, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        header = self._proxies.header.encode("latin-1")
        values = [value.decode("latin-1") for name, value in scope["headers"] if name == header]
        peer = scope.get("client") or ("",)
        wait_s = self._limit.take(self._proxies.client(peer[0], values))
        if not wait_s:
            await self._app(scope, receive, send)
            return
        self._metrics.limited.inc()
        answer = _text(429, "this client asks too often")
        answer.headers["retry-after"] = str(wait_s)
        answer.headers["connection"] = "close"  # Its body is not read, so nothing can follow on this one.
        await answer(scope, receive, send)


async def _unavailable(_request: Request, _error: Exception) -> Response:
    return _text(503, "this witness cannot read what it holds at present")


async def _read_body(request: Request, timeout_s: float) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MAX_BODY_SIZE:
        raise _Cut(413, f"a request has at most {MAX_BODY_SIZE} bytes")
    body = bytearray()
    try:
        with anyio.fail_after(timeout_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_SIZE:
                    raise _Cut(413, f"a request has at most {MAX_BODY_SIZE} bytes")
    except TimeoutError:
        raise _Cut(408, f"the request did not come within {timeout_s:g} s") from None
    except ClientDisconnect:
        raise _Cut(400, "the client went away") from None
    return bytes(body)


def _text(status: int, reason: str) -> Response:
    return Response(f"{reason}\n", status, headers={"content-type": TEXT})


def _claimed(body: bytes) -> tuple[str, int]:
    """Return origin and size that a body claims, for the operator's log."""
    try:
        found = unverified_checkpoint(parse_request(body).note)
    except Malformed:
        return "", -1
    return found.origin, found.size
