"""Run the application in uvicorn: bounded connections and heads, a stop in good order.

uvicorn waits without end for a request whose head never comes; `Timed` does not. And it sends the head of an
answer by itself, which costs a system call and a wait for the interpreter's lock; `Corked` does not.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from plimsoll_ledger.service.guard import JsonLog
from plimsoll_ledger.service.limits import Limits
from plimsoll_ledger.witness.server import Tls

STOP_S = 20
"""How long requests that are under way may take once the server is told to stop, in seconds."""


def serve(
    app: ASGIApp,
    listening: socket.socket,
    limits: Limits,
    log: JsonLog,
    *,
    tls: Tls | None = None,
    started: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT; what is under way then is answered first.

    Args:
        app: The application, whose lifespan starts and stops what stands behind it.
        listening: Where.
        limits: Of connections and heads.
        log: Takes what the server itself has to say.
        tls: Where TLS ends here.
        started: Called when requests are answered.
    """
    config = uvicorn.Config(
        app,
        http=_timed(limits.head_s),
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=int(limits.head_s),
        timeout_graceful_shutdown=STOP_S,
        backlog=1024,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else str(tls.key),
    )
    # The server raises the signal anew once it has stopped; by then there is nothing left to interrupt.
    speaker = logging.getLogger("uvicorn")
    told = _Told(log)
    speaker.addHandler(told)
    speaker.propagate = False
    before = {number: signal.signal(number, _pass) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        _Server(config, started).run(sockets=[listening])
    finally:
        speaker.removeHandler(told)
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass(_number: int, _frame: FrameType | None) -> None:
    return


class _Told(logging.Handler):
    """Puts what the server logs into the service's log, as it has its lines."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        detail = (
            {"detail": "".join(traceback.format_exception(record.exc_info[1]))} if record.exc_info else {}
        )
        self._log.write("server", level=record.levelname, message=record.getMessage(), **detail)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._told()


def _timed(head_s: float) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, with a bound on how long a head may take."""

    class Timed(HttpToolsProtocol):
        _timer: asyncio.TimerHandle | None = None
        _until: float | None = (
            None  # When we give up; the timer is not moved for each request, but looks again.
        )

        def connection_made(self, transport: Any) -> None:
            super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            # A request that is under way has a bound of its own.
            cycle = getattr(self, "cycle", None)  # uvicorn has None here, whatever its types say.
            if cycle is None or cycle.response_complete:
                self._wait()
            else:
                self._until = None

        def connection_lost(self, exc: Exception | None) -> None:
            self._until = None
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self._until is None:
                self._until = self.loop.time() + head_s
            if self._timer is None:
                self._timer = self.loop.call_at(self._until, self._look)

        def _look(self) -> None:
            self._timer = None
            if self._until is None:
                return
            if self.loop.time() < self._until:
                self._wait()
            else:
                self.transport.abort()

    return Timed


class Corked:
    """A transport that sends the head of an answer with what follows it in the same turn of the loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Take the transport, which does everything else."""
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes, but a head only with those that follow."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.endswith(b"\r\n\r\n"):
            self._head = data
            self._loop.call_soon(self.flush)  # Nothing may follow, as with HEAD, or much later.
            return
        self._transport.write(data)

    def flush(self) -> None:
        """Send a head that is kept."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        """Send what is kept, and close."""
        self.flush()
        self._transport.close()
