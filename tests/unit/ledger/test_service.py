"""The service's limits, and what it answers when things go wrong, over a real sequencer."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.ledger.kit import ToldClock, new_ledger

from plimsoll_ledger.errors import LedgerError, StorageFailed
from plimsoll_ledger.sequencer import Sequencer
from plimsoll_ledger.service.app import Service, Setting, route_of
from plimsoll_ledger.service.guard import JsonLog
from plimsoll_ledger.service.limits import Limits
from plimsoll_ledger.service.server import Corked


class NoDocuments:
    """Blobs of the kit's texts come alone."""

    def identify(self, blob: bytes) -> bytes:
        import hashlib

        return hashlib.sha256(blob).digest()

    def offer(self, documents: Sequence[bytes]) -> None:
        assert not documents

    def settle(self, documents: Sequence[bytes], *, is_taken: bool) -> None:  # noqa: ARG002
        assert not documents


class Answer:
    """What came of a request."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["error"]["code"])

    @property
    def told(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.body)["statements"]
        return found


class Bench:
    """A service, and how to ask it."""

    def __init__(self, folder: Path) -> None:
        self.sequencer, self.signer = new_ledger(folder)
        self.log = io.StringIO()
        self.failure: Exception | None = None
        self.service: Service | None = None
        self.setting = Setting(
            sequencer=self.sequencer,
            signer=self.signer,
            intake=NoDocuments(),
            clock=ToldClock(),
            directory=folder,
            publish=self.publish,
            published_size=0,
            log=JsonLog(self.log, ToldClock()),
            publish_every_s=0.05,
        )

    def publish(self) -> int:
        if self.failure:
            raise self.failure
        return self.sequencer.store.size

    @asynccontextmanager
    async def running(self, **limits: Any) -> AsyncIterator["Bench"]:
        self.service = Service(replace(self.setting, limits=Limits(**limits)))
        self.app = self.service.app()
        async with self.service._lifespan(None):  # type: ignore[arg-type]
            yield self

    @property
    def running_service(self) -> Service:
        assert self.service is not None
        return self.service

    @property
    def waiting(self) -> int:
        """Return how many statements wait for a thread to take them to the sequencer."""
        assert self.running_service._gatherer is not None
        return self.running_service._gatherer.waiting

    def wait_no_longer_than(self, answer_s: float) -> None:
        """Let the service that runs wait so long from now on; who guards the whole request does as before."""
        service = self.running_service
        service._limits = replace(service._limits, answer_s=answer_s)

    async def hold_up(self, *blobs: bytes) -> list[asyncio.Task[Answer]]:
        """Submit while the sequencer is busy, each to be taken by a thread of its own, which waits."""
        tasks = []
        for blob in blobs:
            tasks.append(asyncio.create_task(self.submit(blob)))
            await until(lambda: len(self.sequencer._queue) == len(tasks))
        return tasks

    async def ask(
        self, method: str, path: str, body: bytes = b"", client: str = "a", gate: asyncio.Event | None = None
    ) -> Answer:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if gate is not None:
                await gate.wait()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "client": (client, 1), "server": ("s", 1), "scheme": "http",
            "http_version": "1.1", "root_path": "",
        }  # fmt: skip
        await self.app(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))

    async def submit(self, *blobs: bytes, wait: str = "durable", atomic: bool = False, **more: Any) -> Answer:
        items = [{"envelope": base64.b64encode(blob).decode()} for blob in blobs]
        body = json.dumps({"statements": items, "wait": wait, "atomic": atomic}).encode()
        return await self.ask("POST", "/v1/submit", body, **more)


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    bench = Bench(tmp_path)
    yield bench
    bench.sequencer.close()
    bench.sequencer.store.close()


def play(story: Callable[[], Any]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await story()

    asyncio.run(bounded())


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for as long as the story may take."""
    while not holds():  # noqa: ASYNC110 - it is about other threads, which set no event.
        await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("limits", "client", "status", "code"),
    [
        ({"client_active": 1}, "a", 429, "slow-down"),
        ({"client_active": 1}, "b", 200, ""),
        ({"active": 1}, "b", 503, "busy"),
        ({"active_bytes": 100}, "b", 503, "busy"),
    ],
)
def test_more_than_the_limit_at_once(
    bench: Bench, limits: dict[str, int], client: str, status: int, code: str
) -> None:
    async def story() -> None:
        gate = asyncio.Event()
        async with bench.running(**limits):
            first = asyncio.create_task(bench.submit(b"one", gate=gate))
            await until(lambda: bench.running_service._active.total() == 1)
            answer = await bench.submit(b"two", client=client)
            assert answer.status == status
            if code:
                assert (answer.code, answer.headers["retry-after"]) == (code, "1")
                assert answer.headers["connection"] == "close"
            gate.set()
            assert (await first).status == 200
            assert (await bench.submit(b"three", client=client)).status == 200, "there is room again"

    play(story)


def test_too_many_wait_for_the_sequencer(bench: Bench) -> None:
    async def story() -> None:
        async with bench.running(waiting=2):
            with bench.sequencer._section:
                under_way = await bench.hold_up(b"under way 0", b"under way 1")
                for number in (2, 3):
                    under_way.append(asyncio.create_task(bench.submit(b"under way %d" % number)))
                await until(lambda: bench.waiting == 2)
                answer = await bench.submit(b"too many")
                assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "busy", "1")
            assert {(await one).status for one in under_way} == {200}
            assert (await bench.submit(b"too many")).status == 200

    play(story)


def test_a_body_that_does_not_come(bench: Bench) -> None:
    async def story() -> None:
        async with bench.running(body_s=0.05):
            answer = await bench.submit(b"one", gate=asyncio.Event())
            assert (answer.status, answer.code) == (408, "slow")
            assert (await bench.submit(b"one")).status == 200

    play(story)


def test_an_answer_that_is_late_is_not_lost(bench: Bench) -> None:
    async def story() -> None:
        async with bench.running(answer_s=0.2):
            with bench.sequencer._section:
                answer = await bench.submit(b"one")
                assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "late", "1")
            bench.wait_no_longer_than(120)
            bench.app = bench.running_service.app()
            again = await bench.submit(b"one")
            assert (again.status, again.told[0]["index"]) == (200, 1)
            assert bench.sequencer.store.size == 2

    play(story)


def test_not_published_in_time(bench: Bench) -> None:
    async def story() -> None:
        async with bench.running():
            bench.failure = StorageFailed("no room")
            bench.wait_no_longer_than(0.1)
            answer = await bench.submit(b"one", wait="published")
            assert (answer.status, answer.told[0]["index"]) == (202, 1)
            loop = bench.running_service._publisher
            await until(lambda: loop.published.failure != "")
            ready = await bench.ask("GET", "/readyz")
            assert ready.status == 503
            assert "publishing fails: no room" in ready.body.decode()
            bench.failure = RuntimeError("a mistake")
            await until(lambda: "no room" not in loop.published.failure)
            assert "RuntimeError: a mistake" in (await bench.ask("GET", "/readyz")).body.decode()
            bench.failure = None
            bench.wait_no_longer_than(120)
            answer = await bench.submit(b"two", wait="published")
            assert (answer.status, json.loads(answer.body)["published_size"]) == (200, 3)
            assert (await bench.ask("GET", "/readyz")).status == 200
            assert b"plimsoll_publish_failures_total" in (await bench.ask("GET", "/metrics")).body

    play(story)


def test_storage_that_fails_is_said_and_nothing_is_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise StorageFailed("the disk is gone")

    async def story() -> None:
        async with bench.running():
            with monkeypatch.context() as patched:
                patched.setattr(Sequencer, "append", failing)
                answer = await bench.submit(b"one")
                assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "storage", "5")
                assert "disk" not in answer.body.decode(), "the operator's business"
            assert "the disk is gone" in bench.log.getvalue()
            assert (await bench.submit(b"one")).status == 200

    play(story)


def test_a_mistake_over_one_is_not_everybodys(bench: Bench) -> None:
    async def story() -> None:
        async with bench.running():
            with bench.sequencer._section:
                # Two batches are held up, so that the next four go together.
                first = await bench.hold_up(b"first 0", b"first 1")
                blobs = (b"good", b"crash", b"refuse me", b"better")
                tasks = [asyncio.create_task(bench.submit(blob)) for blob in blobs]
                await until(lambda: bench.waiting == len(blobs))
            assert [(await one).status for one in first] == [200, 200]
            assert [(await one).status for one in tasks] == [200, 500, 422, 200]
            assert "a mistake in the admission" in bench.log.getvalue()

    play(story)


def test_an_atomic_request_again(bench: Bench) -> None:
    async def story() -> None:
        async with bench.running():
            assert (await bench.submit(b"one", b"refuse me", atomic=True)).status == 422
            assert bench.sequencer.store.size == 1
            told = [(await bench.submit(b"one", b"two", atomic=True)).told for _ in range(2)]
            assert [[one["index"] for one in answer] for answer in told] == [[1, 2], [1, 2]]
            assert (await bench.submit(b"two", b"three", atomic=True)).told[1]["status"] == "appended"

    play(story)


def test_who_comes_too_late(bench: Bench) -> None:
    async def story() -> None:
        async with bench.running():
            pass
        answer = await bench.submit(b"one")
        assert (answer.status, answer.code) == (503, "stopping")
        assert (await bench.ask("GET", "/readyz")).status == 503

    play(story)


def test_a_log_that_cannot_be_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: Any) -> int:
        raise LedgerError("unreadable")

    async def story() -> None:
        async with bench.running():
            await bench.submit(b"one", wait="published")
            monkeypatch.setattr(type(bench.sequencer.store), "size", property(failing))
            ready = await bench.ask("GET", "/readyz")
            assert "the log cannot be read: unreadable" in ready.body.decode()
            monkeypatch.undo()

    play(story)


@pytest.mark.parametrize(
    ("path", "route"),
    [("/tile/0/000", "tile"), ("/v1/submit", "v1"), ("/", "other"), ("x", "other"), ("/etc/passwd", "other")],
)
def test_labels_are_few(path: str, route: str) -> None:
    assert route_of(path) == route


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    stream = io.StringIO()
    stream.close()
    JsonLog(stream, ToldClock()).write("event")


class Sent:
    """A transport that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.told.append(data)

    def close(self) -> None:
        self.told.append(b"closed")

    def is_closing(self) -> bool:
        return b"closed" in self.told


def test_the_head_of_an_answer_goes_with_its_body() -> None:
    async def answer() -> None:
        sent = Sent()
        corked = Corked(cast("asyncio.Transport", sent), asyncio.get_running_loop())
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"
        corked.write(head)
        corked.write(b"body")
        corked.write(b"more")
        assert sent.told == [head + b"body", b"more"]
        await asyncio.sleep(0)
        assert sent.told == [head + b"body", b"more"]
        corked.write(head)  # As to HEAD: no body comes.
        await asyncio.sleep(0)
        assert sent.told[2:] == [head]
        corked.write(head)
        assert not corked.is_closing()
        corked.close()
        assert corked.is_closing()
        assert sent.told[3:] == [head, b"closed"]

    asyncio.run(answer())
