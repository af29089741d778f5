"""Real HTTP servers on loopback: one for a published directory, one that answers with scripted bytes."""

import functools
import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve_directory(directory: Path) -> Iterator[str]:
    """Serve a directory as the standard library does: no ranges, no index files. Yields the URL."""
    handler = functools.partial(_Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Scripted:
    """A server that gives to each request what a function makes of its head; "" hangs up.

    Attributes:
        url: where it listens.
        heads: the requests so far.
    """

    def __init__(self, answer: Callable[[str], Iterator[bytes]]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.heads: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            held = b""
            while True:
                while b"\r\n\r\n" not in held:
                    try:
                        more = connection.recv(65_536)
                    except OSError:
                        return
                    if not more:
                        return
                    held += more
                head, _, held = held.partition(b"\r\n\r\n")
                self.heads.append(head.decode())
                try:
                    for piece in self._answer(head.decode()):
                        if not piece:
                            return
                        connection.sendall(piece)
                except OSError:
                    return

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):  # Closed before.
            # Closing alone leaves the thread in accept, and with it the port open.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
