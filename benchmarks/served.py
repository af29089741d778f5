"""A home served by a real `plimsoll serve`, statements signed in bulk, and the least of an HTTP client."""

import asyncio
import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.support.office import Office
from tests.support.served import make_office

from plimsoll_attest.drafting import Writing, write_draft
from plimsoll_attest.keyring import unlock_person
from plimsoll_attest.views import Draft

PERSON = "evaluator-1"


class Signing:
    """Signs statements of one person, as of one checkpoint."""

    def __init__(self, office: Office) -> None:
        """Take the log as it is now."""
        self._office = office
        self._signer = unlock_person(office.home, PERSON, office.surroundings)
        self.look()

    def look(self) -> None:
        """See the newest checkpoint."""
        with self._office.desk(writing=False) as desk:
            self._origin, self._ledger = desk.origin, desk.genesis_digest
            self._seen = desk.store.head().note.decode()

    def sign(self) -> Draft:
        """Register a model that nobody has heard of."""
        writing = Writing(
            kind="model-registered",
            subjects=(f"model:{os.urandom(16).hex()}",),
            body={"name": "hammered"},
            role="evaluator",
            event_ms=time.time_ns() // 1_000_000,
            ledger=self._ledger,
            seen=self._seen,
            texts={},
            evidence=(),
            known=(),
        )
        return write_draft(writing, self._signer, self._origin, self._office.surroundings)


def request_of(drafts: Sequence[Draft], wait: str = "durable") -> bytes:
    """Return the whole request that submits drafts."""
    statements = [
        {
            "envelope": base64.b64encode(draft.envelope).decode(),
            "documents": [base64.b64encode(one).decode() for one in draft.documents],
        }
        for draft in drafts
    ]
    body = json.dumps({"statements": statements, "wait": wait}).encode()
    head = "POST /v1/submit HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
    return head.encode() + b"%d\r\n\r\n%b" % (len(body), body)


class Answer(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: bytes

    def statements(self) -> list[dict[str, Any]]:
        """Return what became of each statement."""
        told: list[dict[str, Any]] = json.loads(self.body)["statements"]
        return told


class Client:
    """One connection."""

    def __init__(self, url: str) -> None:
        """Take where to; connects when first asked."""
        host, _, port = urlsplit(url).netloc.partition(":")
        self._place = (host, int(port))
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer.

        Raises:
            OSError, EOFError: if the server went away.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._place)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            if b"connection: close" in head.lower():
                self.close()
            return Answer(int(head[9:12]), body)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _find_port() -> int:
    """Return a free port below those that the system gives away by itself.

    While a server restarts, another program could be given its port; and a client that asks for it again and
    again can be given that port itself, is then connected to itself, and keeps the server out.
    """
    bounds = Path("/proc/sys/net/ipv4/ip_local_port_range")
    end = int(bounds.read_text(encoding="ascii").split()[0]) if bounds.exists() else 32_768
    for _ in range(1000):
        port = end - 1 - secrets.randbelow(min(12_000, end - 1024))
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise OSError(f"no port below {end} is free")


class Server:
    """A `plimsoll serve` that can be stopped and started again, always on one port."""

    def __init__(self, folder: Path, *options: str, database: str = "") -> None:
        """Make a home in the folder, and its ledger there too or in another database."""
        self.office = make_office(folder / "home", database)
        self.public = folder / "public"
        self._log = (folder / "serve.log").open("w")
        self._port = _find_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._options = options
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and return when it answers."""
        command = [
            sys.executable, "-c", "from plimsoll_attest.cli.main import main; main()",
            "--home", str(self.office.path), "serve", "--to", str(self.public), "--port", str(self._port),
            "--no-request-log", *self._options,
        ]  # fmt: skip
        env = {**os.environ, "PLIMSOLL_PASSPHRASE": "words for tests"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=env)
        assert self.process.stdout is not None
        assert " on http" in self.process.stdout.readline(), "it did not start; see serve.log"

    def stop(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.process.stdout.close()
        self.process = None
        return code

    def processor_s(self) -> float:
        """Return how long it has been on processors, in seconds; it has no children."""
        assert self.process is not None
        fields = (
            Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it, however it is."""
        if self.process is not None:
            self.stop(9)
        self._log.close()


@contextmanager
def serving(folder: Path, *options: str, database: str = "") -> Iterator[Server]:
    """Serve a new ledger until the block ends."""
    server = Server(folder, *options, database=database)
    server.start()
    try:
        yield server
    finally:
        server.close()
