"""A witness over real HTTP: status, types, bodies, limits; and the client that asks it."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN
from tests.unit.ledger.witnesskit import NOW_S, Log, Served, new_witness, served

from plimsoll_ledger.cosignature import find_cosignatures
from plimsoll_ledger.errors import Busy, StorageFailed
from plimsoll_ledger.note import parse_note, parse_signature_lines
from plimsoll_ledger.witness.client import NotCosigned, WitnessClient
from plimsoll_ledger.witness.errors import SizeConflict
from plimsoll_ledger.witness.request import MAX_BODY_SIZE
from plimsoll_ledger.witness.server import bind
from plimsoll_ledger.witness.state import origin_hash

LOG = Log()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Served]:
    witness, _ = new_witness(tmp_path / "state.sqlite3", LOG)
    with served(witness) as found:
        yield found
    witness.state.close()


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Served]:
    """Give a witness that waits for no body that does not come along with its head."""
    witness, _ = new_witness(tmp_path / "state.sqlite3", LOG)
    with served(witness, body_timeout_s=0.5) as found:
        yield found
    witness.state.close()


def ask(there: Served, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", there.port, timeout=60)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("content-type", ""), answer.read()
    finally:
        connection.close()


def test_status_type_and_body_of_each_answer(there: Served) -> None:
    status, kind, body = ask(there, "POST", "/add-checkpoint", LOG.request(0, 40))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    (line,) = parse_signature_lines(body.decode())
    text = parse_note(LOG.note(40)).text
    assert find_cosignatures(text, [line], [there.witness.vkey])[0].time_s == NOW_S

    assert ask(there, "POST", "/add-checkpoint", LOG.request(0, 41)) == (409, "text/x.tlog.size", b"40\n")
    expected = {
        400: b"old 1\n",
        403: LOG.request(40, 41).replace(b"\n41\n", b"\n42\n"),
        404: Log(5, "stranger.example/log").request(0, 5),
        422: LOG.forked().request(40, 41),
    }
    for code, sent in expected.items():
        status, kind, body = ask(there, "POST", "/add-checkpoint", sent)
        assert (status, kind) == (code, "text/plain; charset=utf-8")
        assert body.endswith(b"\n")
        assert body.count(b"\n") == 1
    assert [told.status for told in there.told] == [200, 409, *expected]
    assert [(told.origin, told.size) for told in there.told][:3] == [(ORIGIN, 40), (ORIGIN, 41), ("", -1)]


def test_the_monitoring_path(there: Served) -> None:
    path = f"/{origin_hash(ORIGIN)}/checkpoint"
    assert ask(there, "GET", path)[0] == 404
    ask(there, "POST", "/add-checkpoint", LOG.request(0, 40))
    status, kind, body = ask(there, "GET", path)
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert body == there.witness.state.cosigned(origin_hash(ORIGIN))
    assert ask(there, "HEAD", path) == (200, "text/plain; charset=utf-8", b"")
    assert ask(there, "GET", path.upper())[0] == 404
    assert ask(there, "GET", f"/{origin_hash('x')}/checkpoint")[0] == 404


def test_other_methods_and_paths(there: Served) -> None:
    assert ask(there, "GET", "/add-checkpoint")[0] == 405
    assert ask(there, "PUT", "/add-checkpoint", b"x")[0] == 405
    assert ask(there, "POST", f"/{origin_hash(ORIGIN)}/checkpoint", b"x")[0] == 405
    for path in ("/", "/sign-subtree", "/add-checkpoint/", "/%2e%2e/checkpoint/x"):
        assert ask(there, "GET", path)[0] in {404, 405}


def test_a_body_is_read_up_to_its_limit(there: Served) -> None:
    assert ask(there, "POST", "/add-checkpoint", b"x" * (MAX_BODY_SIZE + 1))[0] == 413
    with socket.create_connection(("127.0.0.1", there.port), timeout=60) as connection:
        head = b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.sendall(head + b"20000\r\n" + b"x" * 0x20000 + b"\r\n" + b"8000\r\n" + b"x" * 0x8000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")
    assert [told.status for told in there.told] == [413, 413]


def test_a_client_that_does_not_finish_is_not_waited_for(impatient: Served) -> None:
    there = impatient
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", there.port), timeout=60) as connection:
        connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nold 0")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - start < 60
    with socket.create_connection(("127.0.0.1", there.port), timeout=60) as connection:
        connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nold 0")
    assert ask(there, "POST", "/add-checkpoint", LOG.request(0, 40))[0] == 200


def test_a_connection_is_kept_for_the_next_request(there: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", there.port, timeout=60)
    for old_size, size in ((0, 40), (40, 41), (41, 300)):
        connection.request("POST", "/add-checkpoint", LOG.request(old_size, size))
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        assert connection.sock is not None
    connection.close()


def test_a_state_that_cannot_be_written_is_503_and_tells_nobody_why(there: Served) -> None:
    there.witness.state.close()
    status, _, body = ask(there, "POST", "/add-checkpoint", LOG.request(0, 40))
    assert (status, body) == (503, b"this witness cannot store what it sees at present\n")
    assert "closed" in there.told[-1].reason
    status, _, body = ask(there, "GET", f"/{origin_hash(ORIGIN)}/checkpoint")
    assert (status, body) == (503, b"this witness cannot read what it holds at present\n")


def test_the_client_asks(there: Served) -> None:
    client = WitnessClient(f"{there.url}/")
    assert client.checkpoint(ORIGIN, time.monotonic() + 60) is None
    lines = client.add_checkpoint(0, (), LOG.note(40), time.monotonic() + 60)
    assert len(parse_signature_lines(lines)) == 1
    with pytest.raises(SizeConflict) as caught:
        client.add_checkpoint(0, (), LOG.note(41), time.monotonic() + 60)
    assert caught.value.size == 40
    with pytest.raises(NotCosigned, match="it answered 422: consistency: 0 hashes"):
        client.add_checkpoint(40, (), LOG.note(41), time.monotonic() + 60)
    assert client.checkpoint(ORIGIN, time.monotonic() + 60) == there.witness.state.cosigned(
        origin_hash(ORIGIN)
    )
    with pytest.raises(NotCosigned, match="in time"):
        client.add_checkpoint(40, (), LOG.note(41), time.monotonic())
    client.close()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "it cannot be asked: ProtocolError"),
        (b"nonsense\r\n\r\n", "it cannot be asked: ProtocolError"),
        (HEAD + b"content-length: 140000\r\n\r\n" + b"x" * 140000, "it answered more than 131072 bytes"),
        (HEAD + b"content-length: 70000\r\n\r\n" + b"x" * 100, "it cannot be asked"),
        (HEAD + b"content-length: 2\r\n\r\n\xff\xff", "no signature line"),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            "it answered 302",
        ),
        (b"HTTP/1.1 409 Conflict\r\ncontent-length: 3\r\n\r\n40\n", "it answered 409: 40"),
        (
            b"HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\ncontent-length: 4\r\n\r\n040\n",
            "without the size",
        ),
        (
            b"HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\ncontent-length: 2\r\n\r\n40",
            "without the size",
        ),
        (b"HTTP/1.1 500 No\r\ncontent-length: 8\r\n\r\n\x1b[31mred", r"it answered 500: \?\[31mred"),
    ],
)
def test_answers_that_are_none(answer: bytes, reason: str) -> None:
    with pytest.raises(NotCosigned, match=reason), _answering(answer) as url:
        WitnessClient(url).add_checkpoint(0, (), LOG.note(40), time.monotonic() + 60)


def test_a_witness_that_drips_is_given_up(tmp_path: Path) -> None:
    start = time.monotonic()
    drip = HEAD + b"content-length: 60000\r\n\r\n"
    with pytest.raises(NotCosigned, match="in time"), _answering(drip, drip_s=0.05) as url:
        WitnessClient(url).add_checkpoint(0, (), LOG.note(40), time.monotonic() + 0.5)
    assert time.monotonic() - start < 60
    with pytest.raises(NotCosigned, match="in time"), _answering(None) as url:
        WitnessClient(url).add_checkpoint(0, (), LOG.note(40), time.monotonic() + 0.3)


def test_nobody_there() -> None:
    listening = bind("127.0.0.1", 0)
    with pytest.raises(Busy, match="listens on 127"):
        bind("127.0.0.1", listening.getsockname()[1])
    listening.close()
    with socket.socket() as silent:  # Bound and not listening: the port cannot become somebody else's.
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NotCosigned, match="it cannot be reached"):
            WitnessClient(url).add_checkpoint(0, (), LOG.note(40), time.monotonic() + 60)
    with pytest.raises(NotCosigned, match=r"it cannot be reached|in time"):
        WitnessClient("http://witness.invalid").add_checkpoint(0, (), LOG.note(40), time.monotonic() + 60)
    for host, port in (("witness.invalid", 0), ("203.0.113.7", 0)):
        with pytest.raises(StorageFailed, match="cannot listen"):
            bind(host, port)


class _answering:  # noqa: N801 - a context manager, named as what it is.
    """A server that answers one connection with fixed bytes, then perhaps drips; None never answers."""

    def __init__(self, answer: bytes | None, drip_s: float = 0) -> None:
        self._answer, self._drip_s = answer, drip_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listening.close()
        self._thread.join(60)

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            connection.settimeout(60)
            # Closed with something unread, a connection is reset, and the client loses what was sent.
            asked = more = connection.recv(65536)
            while more and not ("\n\n\u2014 ".encode() in asked and asked.endswith(b"\n")):
                more = connection.recv(65536)
                asked += more
            if self._answer is None:
                self._stop.wait(60)
                return
            try:
                connection.sendall(self._answer)
                while self._drip_s and not self._stop.wait(self._drip_s):
                    connection.sendall(b"x")
            except OSError:
                pass
