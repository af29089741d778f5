"""Serve an HTTP application from one process, on a socket that is bound before anything is said about it.

What is answered over the network is bounded here: connections at once, idle time, the size of headers. A
witness or a small ledger stands behind a reverse proxy where it faces the Internet; TLS can also end here.
"""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from plimsoll_ledger.errors import Busy, StorageFailed

MAX_CONNECTIONS = 128
"""How many connections are served at once; one more is answered 503."""

IDLE_TIMEOUT_S = 60
STOP_TIMEOUT_S = 5
"""How long requests that are under way may take once the server is told to stop, in seconds."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate chain and its private key, both PEM files."""

    certificate: Path
    key: Path


def bind(host: str, port: int) -> socket.socket:
    """Bind a listening socket; port 0 takes a free one.

    Raises:
        Busy: if another program listens there.
        StorageFailed: if the address cannot be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol's number: asyncio sets TCP_NODELAY on such sockets only, and without it an answer
        # of two packets waits 40 ms for an acknowledgement.
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StorageFailed(f"cannot listen on {host}: {error.strerror}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise Busy(f"something listens on {host}:{port} already", hint="name another port") from None
        raise StorageFailed(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listening


def format_url(listening: socket.socket, tls: Tls | None = None) -> str:
    """Return the URL under which a socket answers."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'http' if tls is None else 'https'}://{shown}:{port}"


def serve(
    app: ASGIApp,
    listening: socket.socket,
    *,
    tls: Tls | None = None,
    started: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGINT (which raises KeyboardInterrupt) or SIGTERM (after which this exits the process, 0).

    Args:
        app: The application.
        listening: Where.
        tls: Where TLS ends here.
        started: Called when requests are answered.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=IDLE_TIMEOUT_S,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else str(tls.key),
    )
    server = _Server(config, started)
    # The server raises the signal anew once it has stopped in good order.
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        server.run(sockets=[listening])
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


class _Server(uvicorn.Server):
    """Tells when it has started."""

    def __init__(self, config: uvicorn.Config, told: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._told is not None:
            self._told()
