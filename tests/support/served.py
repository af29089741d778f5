"""`plimsoll serve` as a process on loopback, with a home of its own, and a client that is no part of us."""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from plimsoll_attest.views import Draft
from tests.support.clockwork import SetClock
from tests.support.office import Office, add_staff, make_founded

START_S = 60


def make_office(path: Path, database: str = "") -> Office:
    """Found a ledger an hour ago, by the machine's clock, which the server uses too."""
    clock = SetClock(time.time_ns() // 1_000_000 - 3_600_000)
    office = make_founded(path, clock=clock, database=database)
    add_staff(office)
    return office


def wire(drafts: Sequence[Draft], **more: Any) -> bytes:
    """Return the body of a submission."""
    statements = [
        {
            "envelope": base64.b64encode(draft.envelope).decode(),
            "documents": [base64.b64encode(document).decode() for document in draft.documents],
        }
        for draft in drafts
    ]
    return json.dumps({"statements": statements, **more}).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Served:
    """A running server."""

    office: Office
    url: str
    process: subprocess.Popen[str]
    log: Path
    public: Path

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=180)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def submit(self, *drafts: Draft, **more: Any) -> Answer:
        return self.post(wire(drafts, **more))

    def post(self, body: bytes) -> Answer:
        return self.ask("POST", "/v1/submit", body, {"content-type": "application/json"})

    def draft(self, number: int, **more: Any) -> Draft:
        """Sign the registration of a model; nothing is appended."""
        model = f"model:{number:032x}"
        with self.office.desk(writing=False) as desk:
            name = {"name": f"m-{number}"}
            return desk.draft("model-registered", [model], name, person="evaluator-1", **more)

    def events(self) -> list[dict[str, Any]]:
        text = self.log.read_text()
        whole = text[: text.rfind("\n") + 1]  # The last line may be on its way still.
        return [json.loads(line) for line in whole.splitlines()]

    def wait_for_event(self, name: str) -> None:
        """Wait until the service has logged an event of a name."""
        deadline = time.monotonic() + 60
        while not any(one["event"] == name for one in self.events()):
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)


@contextmanager
def serve(office: Office, public: Path, *options: str) -> Iterator[Served]:
    """Serve a home until the block ends."""
    command = [
        sys.executable, "-c", "from plimsoll_attest.cli.main import main; main()", "--home", str(office.path),
        "serve", "--to", str(public), "--port", "0", "--publish-every", "0.3", *options,
    ]  # fmt: skip
    log = public.with_name(f"{public.name}-{time.monotonic_ns()}.log")
    env = {**os.environ, "PLIMSOLL_PASSPHRASE": "words for tests"}
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=env)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert " on http" in line, log.read_text()
        yield Served(office, line.split(" on ")[1].strip(), process, log, public)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(120)
        if process.stdout is not None:
            process.stdout.close()
