"""A ledger over HTTP is read as a directory is; what a network does is never a word about the ledger."""

import itertools
import json
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge
from tests.support.httpd import Scripted, serve_directory
from tests.support.reading import FilesSource

from plimsoll_verify import cli, httpsource
from plimsoll_verify.errors import Missing, UsageError
from plimsoll_verify.httpsource import HttpSource
from plimsoll_verify.source import NotFound, expect, read_file

FULL = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
PART = b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\nContent-Range: bytes %s\r\n\r\n%s"


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    servers = []

    def start(*pieces: bytes, again: bool = True) -> Scripted:
        """Answer with these pieces each; with again=False one after the other."""
        turn = itertools.count()
        server = Scripted(lambda _: iter(pieces if again else pieces[(n := next(turn)) : n + 1]))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


def quick(url: str, **settings: Any) -> HttpSource:
    return HttpSource(url, **{"timeout_s": 60.0, **settings})


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpsource, "_sleep", lambda _: None)


def test_a_static_file_server_without_ranges_is_enough(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    (tmp_path / "empty").write_bytes(b"")
    with serve_directory(tmp_path) as url:
        source = pickle.loads(pickle.dumps(quick(url)))  # noqa: S301 - our own bytes.
        assert source.read("a", 100) == b"0123456789"
        assert source.read("a", 3) == b"012"
        assert source.read("a", 3, 8) == b"89"
        assert source.read("a", 3, 10) == b""
        assert source.read("empty", 3) == b""
        with pytest.raises(NotFound, match="no file"):
            source.read("b", 1)
        with pytest.raises(Missing):
            read_file(source, "b", 1, "bodies")
        assert source.list_retained() == []
        assert source.list_anchors() == []


def test_the_lists_pass_over_what_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "anchors").mkdir()
    (tmp_path / "checkpoints/index").write_bytes(b"9\n10\n09\nx\n../../etc\n\xd9\xa1\n9\n")
    (tmp_path / "anchors/index").write_bytes(b"10 b\n9 a\n9 ../a\nx a\n9\n\n")
    with serve_directory(tmp_path) as url:
        assert quick(url).list_retained() == [9, 10]
        assert quick(url).list_anchors() == [(9, "a"), (10, "b")]


def test_a_list_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(httpsource, "MAX_INDEX_BYTES", 4)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/index").write_bytes(b"1\n2\n3\n")
    with serve_directory(tmp_path) as url, pytest.raises(OSError, match="more than 4 bytes"):
        quick(url).list_retained()


def test_ranges_are_asked_for_and_looked_at(scripted: Callable[..., Scripted]) -> None:
    server = scripted(PART % (3, b"4-6/10", b"456"))
    assert quick(server.url).read("bodies/000", 3, 4) == b"456"
    assert "Range: bytes=4-6" in server.heads[0]
    assert server.heads[0].startswith("GET /bodies/000 ")
    assert "Accept-Encoding: identity" in server.heads[0]
    # The end of the file, as the server says.
    assert quick(scripted(PART % (2, b"8-9/10", b"89")).url).read("a", 5, 8) == b"89"
    ended = scripted(b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 2\r\n\r\nno")
    assert quick(ended.url).read("a", 5, 10) == b""


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (PART % (3, b"0-2/10", b"012"), "another range"),
        (PART % (3, b"", b"012"), "another range"),
        (PART % (2, b"4-5/10", b"45"), "a smaller range"),
        (PART % (2, b"4-5/*", b"45"), "a smaller range"),
        (b"HTTP/1.1 200 OK\r\n\r\n0123456789", "does not say where it ends"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "encoded as 'gzip'"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "status 403"),
        (b"HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", "a redirect to"),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://u:p@127.0.0.1/\r\nContent-Length: 0\r\n\r\n", "a redirect"),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n", "a redirect to ''"),
        (b"HTTP/1.1 302 Found\r\nLocation: again\r\nContent-Length: 0\r\n\r\n", "more than 3 redirects"),
    ],
)
def test_a_strange_answer_is_no_word_about_the_ledger(
    scripted: Callable[..., Scripted], answer: bytes, message: str
) -> None:
    server = scripted(answer, b"")
    with pytest.raises(OSError, match=f"(?i){message}") as caught:
        quick(server.url).read("a", 3, 4)
    assert server.url in str(caught.value)
    assert len(server.heads) == (4 if "redirects" in message else 1), "it is not asked again"


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n012", b""),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",),
        (b"HTTP/1.1 429 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n",),
        (b"SMTP ready\r\n\r\n", b""),
        (b"",),
    ],
)
def test_what_may_pass_is_tried_three_times(
    scripted: Callable[..., Scripted], pieces: tuple[bytes, ...]
) -> None:
    server = scripted(*pieces)
    with pytest.raises(OSError, match=server.url):
        quick(server.url).read("a", 100)
    assert len(server.heads) == 3


def test_a_server_that_recovers_is_forgiven(scripted: Callable[..., Scripted]) -> None:
    server = scripted(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", FULL, again=False)
    assert quick(server.url).read("a", 100) == b"0123456789"


def test_nobody_listens() -> None:
    with socket.socket() as silent:  # Bound and not listening: the port cannot become somebody else's.
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="/a: Connection refused"):
            quick(f"http://127.0.0.1:{silent.getsockname()[1]}").read("a", 1)


def test_no_more_is_read_than_asked(scripted: Callable[..., Scripted]) -> None:
    endless = (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", *([b"x" * 2**16] * 64))
    source = quick(scripted(*endless).url)
    assert source.read("a", 10) == b"x" * 10
    assert source.read("a", 10) == b"x" * 10, "on a new connection"
    chunked = scripted(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
    )
    assert quick(chunked.url).read("a", 100) == b"abcde"
    assert quick(chunked.url).read("a", 3) == b"abc"


def test_bytes_that_drip_do_not_hold_it_up(scripted: Callable[..., Scripted]) -> None:
    def dripping() -> Iterator[bytes]:
        for _ in range(6000):
            time.sleep(0.01)
            yield b"a"

    server = Scripted(lambda _: itertools.chain([b"HTTP/1.1 200 OK\r\nX: "], dripping()))
    begun = time.monotonic()
    with pytest.raises(OSError, match=r"it took too long|timed out"):
        HttpSource(server.url, timeout_s=0.2, deadline_s=0.1).read("a", 100)
    assert time.monotonic() - begun < 30
    with pytest.raises(OSError, match="it took too long"):
        HttpSource(server.url, deadline_s=0).read("a", 100)
    server.close()


def test_redirects_are_followed(tmp_path: Path, scripted: Callable[..., Scripted]) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    with serve_directory(tmp_path) as url:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {url}/a?x=1\r\nContent-Length: 0\r\n\r\n".encode()
        assert quick(scripted(moved).url).read("b", 100) == b"0123456789"


def test_a_redirect_does_not_leave_tls() -> None:
    with pytest.raises(OSError, match="a redirect to 'http://b/'"):
        httpsource._checked("https://a/", "http://b/")
    assert httpsource._checked("https://a/", "https://b/") == "https://b/"


def test_tls_is_used_where_it_is_asked_for(scripted: Callable[..., Scripted]) -> None:
    server = scripted(FULL)
    with pytest.raises(OSError, match=r"(?i)ssl|tls|timed out|handshake|reset"):
        quick(server.url.replace("http:", "https:"), timeout_s=0.2).read("a", 1)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc", "ftp://a/", "http://", "http:///a", "http://u@a/", "http://a/?q", "http://a/#f",
        "http://a:0/", "http://a:x/", "http://[/", "http://a b/", "http://\u00e4/", "http://a\n/", "http://a..b/",
        f"http://{'a' * 64}/",
    ],
)  # fmt: skip
def test_what_is_no_url_of_a_ledger(url: str) -> None:
    with pytest.raises(UsageError, match="is no URL of a ledger"):
        HttpSource(url)


def test_what_is_expected_is_fetched_at_once() -> None:
    asked_for, are_together = itertools.count(1), threading.Event()

    def slow(head: str) -> Iterator[bytes]:
        if next(asked_for) == httpsource._FETCHERS:
            are_together.set()
        assert are_together.wait(60)  # Nothing is answered before as many have been asked for.
        found = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        yield b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" if "/gone" in head else found

    server = Scripted(slow)
    source = quick(server.url, timeout_s=90.0, deadline_s=90.0)
    expect(source, [(f"f{number}", 2) for number in range(8)] + [("gone", 2)])
    for number in range(8):
        assert source.read(f"f{number}", 2) == b"x"
    with pytest.raises(NotFound):
        source.read("gone", 2)
    asked = len(server.heads)
    assert asked == 9
    assert source.read("f0", 2, 0) == b"x", "what was handed over once is asked for again"
    expect(source, [("f1", 2)])
    expect(source, [("f2", 2)])
    assert source.read("f2", 1) == b"x", "with another limit it is another question"
    expect(FilesSource({}), [("a", 1)])
    server.close()


# The whole program ------------------------------------------------------------------------------------


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    for number in range(600):
        forge.statement("model-registered", [forge.model(f"m{number}")], {"name": "m"}, "eva", "evaluator")
        if number % 100 == 0:
            forge.retained[forge.size] = forge.checkpoint()
    (tmp_path / "trust.toml").write_text(forge.publish(tmp_path / "public"))
    index = "".join(f"{size}\n" for size in forge.retained)
    (tmp_path / "public/checkpoints/index").write_text(index)
    return forge


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_url_and_a_directory_have_one_verdict(
    forge: Forge, tmp_path: Path, capsys: Any, workers: str
) -> None:
    trust = ["--trust", str(tmp_path / "trust.toml"), "--now", "2026-01-02T00:00:00Z", "--json"]
    code = cli.run(["log", str(tmp_path / "public"), *trust])
    wanted = json.loads(capsys.readouterr().out)
    assert code == 3
    with serve_directory(tmp_path / "public") as url:
        assert cli.run(["log", url, *trust, "--workers", workers]) == 3
        assert json.loads(capsys.readouterr().out) == wanted
        (tmp_path / "public/bodies/001").unlink()
        assert cli.run(["log", url, *trust]) == 4
        over_http = json.loads(capsys.readouterr().out)
    assert cli.run(["log", str(tmp_path / "public"), *trust]) == 4
    assert json.loads(capsys.readouterr().out) == over_http
    assert over_http["error"]["path"] == "bodies/001"


def test_a_retained_checkpoint_that_the_index_names_must_be_there(
    forge: Forge, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "public/checkpoints/index").write_text(f"{forge.size - 1}\n")
    with serve_directory(tmp_path / "public") as url:
        assert cli.run(["log", url, "--trust", str(tmp_path / "trust.toml"), "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["error"]["check"] == "retained"


def test_a_network_that_fails_is_no_verdict(forge: Forge, tmp_path: Path, capsys: Any) -> None:
    trust = ["--trust", str(tmp_path / "trust.toml"), "--json"]
    with serve_directory(tmp_path / "public") as url:
        pass
    assert cli.run(["log", url, *trust]) == 5
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "could-not-run"
    assert told["error"]["hint"] == "nothing is said about the ledger"
    assert cli.run(["log", "file:///etc", *trust]) == 2
