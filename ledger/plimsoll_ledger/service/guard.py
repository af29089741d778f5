"""Around every request: a time within which it ends, a line in the log, a count.

A line is one JSON object. It has no header, no query and no body of a request, so no secret either.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TextIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plimsoll_ledger.clock import Clock, format_time
from plimsoll_ledger.service.metrics import Metrics

_MAX_PATH = 200


class JsonLog:
    """Writes one JSON object a line."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        """Take where to, and the time."""
        self._stream = stream
        self._clock = clock

    def write(self, event: str, **fields: Any) -> None:
        """Write what happened. Nobody is stopped by a log that cannot be written."""
        line = json.dumps({"time": format_time(self._clock.now_ms()), "event": event, **fields})
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return


class Guard:
    """Wraps an application."""

    def __init__(
        self,
        app: ASGIApp,
        direct: Mapping[tuple[str, str], Callable[[Request], Awaitable[Response]]],
        route_of: Callable[[str], str],
        metrics: Metrics,
        log: JsonLog | None,
        answer_s: float,
    ) -> None:
        """Take the application, and where to tell.

        Args:
            app: The application.
            direct: Handlers that are called without going through it, for what is asked most.
            route_of: Returns the route of a path, of which there are few.
            metrics: Counts.
            log: Takes a line for each request; None for no such lines.
            answer_s: How long a request may take, in seconds.
        """
        self._app = app
        self._direct = direct
        self._children: dict[tuple[str, int], tuple[Any, Any]] = {}
        self._route_of = route_of
        self._metrics = metrics
        self._log = log
        self._answer_s = answer_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        status, sent = 0, 0

        async def note(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        limit = asyncio.timeout(self._answer_s)
        try:
            async with limit:
                handler = self._direct.get((scope["method"], scope["path"]))
                if handler is None:
                    await self._app(scope, receive, note)
                else:
                    await (await handler(Request(scope, receive, note)))(scope, receive, note)
        except TimeoutError:
            if not limit.expired():
                raise
        if limit.expired() and not status:
            # The answer is late, not lost: whoever submits again gets it.
            await _answer_late(note)
        took_s = time.monotonic() - begun
        self._count(self._route_of(scope["path"]), status, took_s)
        if self._log is not None:
            client = scope.get("client")
            self._log.write(
                "request",
                method=scope["method"][:16],
                path=scope["path"][:_MAX_PATH],
                status=status,
                bytes=sent,
                ms=round(took_s * 1000, 1),
                client=client[0] if client else None,
                cut_off=limit.expired(),
            )

    def _count(self, route: str, status: int, took_s: float) -> None:
        children = self._children.get((route, status))
        if children is None:
            metrics = self._metrics
            children = metrics.requests.labels(route, str(status)), metrics.seconds.labels(route)
            self._children[route, status] = children
        children[0].inc()
        children[1].observe(took_s)


async def _answer_late(send: Send) -> None:
    body = b'{"error":{"code":"late","message":"it took too long","hint":"submit the same again"}}\n'
    headers = [
        (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"retry-after", b"1")
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
