"""`plimsoll serve` as a process: what it answers, what it refuses, how it stops."""

import concurrent.futures
import http.client
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.httpd import serve_directory
from tests.support.office import Office
from tests.support.served import Served, make_office, serve

from plimsoll_keys.vkey import VKey
from plimsoll_ledger.note import parse_note, verify_note
from plimsoll_ledger.store import open_store
from plimsoll_verify import cli as verifier


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return make_office(tmp_path_factory.mktemp("founded") / "home")


@pytest.fixture(scope="module")
def served(founded: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with serve(founded.copy_to(folder / "home"), folder / "public") as running:
        yield running


@pytest.fixture
def office(founded: Office, tmp_path: Path) -> Office:
    return founded.copy_to(tmp_path / "home")


def entry_of(served: Served, index: int) -> bytes:
    store = open_store(served.office.home.database_url)
    try:
        return store.entry(index).leaf
    finally:
        store.close()


def vkey_of(served: Served) -> VKey:
    store = open_store(served.office.home.database_url)
    try:
        return store.vkeys[-1]
    finally:
        store.close()


# Submitting -------------------------------------------------------------------------------------------


def test_a_statement_is_durable_when_it_is_answered(served: Served) -> None:
    draft = served.draft(1)
    answer = served.submit(draft)
    assert answer.status == 200, answer.body
    told = answer.json()
    (one,) = told["statements"]
    assert (told["origin"], one["status"], one["id"]) == ("acme.example/rsp", "appended", draft.statement_id)
    assert draft.envelope in entry_of(served, one["index"])
    assert served.office.files()[f"body/{draft.documents and _digest(draft)}"] == draft.documents[0]


def _digest(draft: Any) -> str:
    import hashlib

    found = hashlib.sha256(draft.documents[0]).hexdigest()
    return f"{found[:2]}/{found}"


def test_a_receipt_is_signed_by_the_log(served: Served) -> None:
    draft = served.draft(2)
    receipt = served.submit(draft).json()["statements"][0]["receipt"].encode()
    verified = verify_note(parse_note(receipt), [vkey_of(served)])
    kind, origin, ident, deadline = verified.text.removesuffix("\n").split("\n")
    assert (kind, origin, ident) == ("plimsoll/receipt/v1", "acme.example/rsp", draft.statement_id)
    assert deadline.endswith("Z")
    assert deadline > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 23 * 3600))


def test_submitting_again_has_the_same_answer(served: Served) -> None:
    drafts = [served.draft(number) for number in (3, 4)]
    for atomic in (False, True):
        answers = [served.submit(*drafts, atomic=atomic).json()["statements"] for _ in range(2)]
        for first, second in zip(*answers, strict=True):
            assert (first["index"], first["id"], first["time"]) == (
                second["index"], second["id"], second["time"],
            )  # fmt: skip
            assert second["status"] == "known"
    twice = served.submit(*[served.draft(5)] * 2).json()["statements"]
    assert [one["status"] for one in twice] == ["appended", "known"]
    assert twice[0]["index"] == twice[1]["index"]


def test_waiting_for_published(served: Served) -> None:
    answer = served.submit(served.draft(6), wait="published")
    index = answer.json()["statements"][0]["index"]
    assert (answer.status, answer.json()["published_size"] > index) == (200, True)
    size = int(served.get("/checkpoint").body.split(b"\n")[1])
    assert size > index


def test_many_at_once_become_dense_entries(served: Served) -> None:
    drafts = [served.draft(number) for number in range(100, 132)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(served.submit, drafts))
    indexes = [answer.json()["statements"][0]["index"] for answer in answers]
    assert {answer.status for answer in answers} == {200}
    assert sorted(indexes) == list(range(min(indexes), min(indexes) + 32))


def test_one_refusal_of_an_atomic_request_refuses_all(served: Served) -> None:
    good, other = served.draft(7), served.draft(8)
    bad = served.draft(9)
    forged = bad.envelope.replace(b'"sig":"', b'"sig":"AA')[: len(bad.envelope)]
    from dataclasses import replace

    bad = replace(bad, envelope=forged)
    before = served.get("/readyz").json()["size"]
    answer = served.submit(good, bad, other, atomic=True)
    assert answer.status == 422
    assert {one["status"] for one in answer.json()["statements"]} == {"refused"}
    assert served.get("/readyz").json()["size"] == before
    answer = served.submit(good, bad, other)
    assert answer.status == 422
    assert [one["status"] for one in answer.json()["statements"]] == ["appended", "refused", "appended"]


def test_what_is_refused_leaves_nothing_behind(served: Served) -> None:
    draft = served.draft(10)
    import base64
    from dataclasses import replace

    before = served.office.files()
    envelope = json.loads(draft.envelope)
    signature = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
    signature[0] ^= 1
    swapped = base64.b64encode(signature).decode()
    forged = draft.envelope.replace(envelope["signatures"][0]["sig"].encode(), swapped.encode())
    answer = served.submit(replace(draft, envelope=forged))
    assert answer.status == 422
    assert "signature" in answer.json()["statements"][0]["reason"]
    answer = served.submit(replace(draft, documents=()))
    assert "did not come with it" in answer.json()["statements"][0]["reason"]
    answer = served.submit(replace(draft, documents=(b"something else", b"{}")))
    assert answer.status == 422
    # This one has passed all that needs no log, so that its body was kept by then.
    answer = served.submit(served.draft(1010, role="ceo"))
    assert "ceo" in answer.json()["statements"][0]["reason"]
    assert served.office.files() == before
    answer = served.submit(replace(draft, documents=(*draft.documents, b"of no use")))
    assert answer.status == 200
    assert len(served.office.files()) == len(before) + 1, "what no statement names is not kept"


# Attacks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "not a submission"),
        (b"[]", 400, "not a submission"),
        (b"\xff\xfe", 400, "not a submission"),
        (b"{" * 100_000, 400, "not a submission"),
        (b"[" * 1_000_000, 400, "not a submission"),
        (b'{"statements":[]}', 400, "one statement or more"),
        (b'{"statements":[{"envelope":"!"}]}', 400, "not a submission"),
        (b'{"statements":[{"envelope":""}],"wait":"never"}', 400, "not a submission"),
        (b'{"statements":[{"envelope":"","password":"x"}]}', 400, "not a submission"),
        (b'{"statements":[{"envelope":"Z2FyYmFnZQ=="}]}', 422, "envelope"),
        (b'{"statements":[%s{"envelope":""}]}' % (b'{"envelope":""},' * 1000), 413, "at most 256"),
        (b'{"statements":[%s{"envelope":""}]}' % (b'{"envelope":""},' * 500_000), 413, "at most 256"),
        (b'{"statements":[{"envelope":"","documents":[%s""]}]}' % (b'"",' * 20), 413, "at most 16"),
    ],
)
def test_garbage_has_a_clear_answer(served: Served, body: bytes, status: int, message: str) -> None:
    answer = served.post(body)
    assert answer.status == status
    assert message in answer.body.decode()
    assert len(answer.body) < 1000
    assert served.get("/healthz").status == 200


def raw(served: Served, *pieces: bytes, wait_s: float = 60) -> bytes:
    """Send bytes as they are and return what comes until the server hangs up."""
    host, port = urlsplit(served.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=wait_s) as connection:
        for piece in pieces:
            connection.sendall(piece)
        found = b""
        while more := connection.recv(65_536):
            found += more
    return found


HEAD = b"POST /v1/submit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 12582913\r\n\r\n", b"413"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n", b"411"),
        (HEAD.replace(b"json", b"xml") + b"Content-Length: 2\r\n\r\n{}", b"415"),
        (b"GET /v1/submit HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"405"),
        (b"SMTP\r\n\r\n", b"400"),
    ],
)
def test_what_is_not_taken_is_not_read(served: Served, head: bytes, status: bytes) -> None:
    answer = raw(served, head)
    assert answer.startswith(b"HTTP/1.1 " + status), answer


@pytest.mark.parametrize(
    "path",
    [
        "/", "/checkpoint/", "/../home/keys/log.key", "/tile/../../home/keys/log.key", "/tile/0/%2e%2e/000",
        "/bodies/%2e%2e/checkpoint", "/bodies/../checkpoint",
        "/tile/0/000.p/0", "/tile/0/000.p/257", "/tile/0/x",
        "/tile/0/9", "/tile/0/x000/001", "/tile/entries/999", "/bodies/001", "/checkpoints/01",
        "/checkpoints/9999", "/checkpoints/../checkpoint", "/anchors/1/../x.tsr", "/anchors/1/..tsr",
        "/anchors/index", "/.checkpoint.tmp", "/bodies/.000.tmp", "/tile/64/000.p/1", "//checkpoint", "/v1",
    ],
)  # fmt: skip
def test_there_is_nothing_beside_the_ledger(served: Served, path: str) -> None:
    assert served.get(path).status == 404


# Reading ----------------------------------------------------------------------------------------------


def test_an_auditor_reads_the_served_ledger(served: Served, tmp_path: Path, capsys: Any) -> None:
    served.submit(served.draft(11), wait="published")
    trust = tmp_path / "trust.toml"
    with served.office.desk(writing=False) as desk:
        trust.write_text(desk.trust())
    verdicts = []
    with serve_directory(served.public) as static:
        for place in (served.url, static, str(served.public)):
            assert verifier.run(["log", place, "--trust", str(trust), "--json"]) == 3
            verdicts.append(json.loads(capsys.readouterr().out))
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert verdicts[0]["log"]["size"] > 10


def test_files_are_those_of_the_directory_with_their_headers(served: Served) -> None:
    served.submit(served.draft(12), wait="published")
    size = int(served.get("/checkpoint").body.split(b"\n")[1])
    for path, kind, caching in [
        ("checkpoint", "text/plain", "no-cache"),
        (f"tile/0/000.p/{size}", "application/octet-stream", "max-age=604800"),
        (f"tile/entries/000.p/{size}", "application/octet-stream", "max-age=604800"),
        ("bodies/000", "application/octet-stream", "no-cache"),
        (f"checkpoints/{size}", "text/plain", "max-age=60"),
        ("checkpoints/index", "text/plain", "no-cache"),
    ]:
        answer = served.get(f"/{path}")
        wanted = (served.public / path).read_bytes()
        assert (answer.status, answer.body) == (200, wanted), path
        assert kind in answer.headers["content-type"]
        assert caching in answer.headers["cache-control"]
        again = served.get(f"/{path}", if_none_match=f'"x", {answer.headers["etag"]}')
        assert (again.status, again.body) == (304, b"")
        part = served.get(f"/{path}", range="bytes=1-3")
        assert (part.status, part.body) == (206, wanted[1:4])
        assert part.headers["content-range"] == f"bytes 1-3/{len(wanted)}"
        assert served.get(f"/{path}", range="bytes=-2").body == wanted[-2:]
        assert served.get(f"/{path}", range="bytes=2-").body == wanted[2:]
        assert served.get(f"/{path}", range=f"bytes={len(wanted)}-").status == 416
        for no_range in ("bytes=3-1", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b"):
            assert served.get(f"/{path}", range=no_range).status == 200
        assert served.get(f"/{path}", range="bytes=1-3", if_range='"old"').status == 200
        head = served.ask("HEAD", f"/{path}")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(wanted)))
    assert served.get(f"/tile/0/000.p/{size + 1}").status == 404


def test_a_tile_beyond_the_checkpoint_is_not_served_though_it_is_there(served: Served) -> None:
    size = int(served.get("/checkpoint").body.split(b"\n")[1])
    early = served.public / f"tile/0/000.p/{size + 7}"
    early.write_bytes(b"x" * 32 * (size + 7))
    try:
        assert served.get(f"/tile/0/000.p/{size + 7}").status == 404
    finally:
        early.unlink()


def test_a_long_file_is_sent_in_pieces(served: Served) -> None:
    import os

    long = served.public / "checkpoints/999999"
    long.write_bytes(os.urandom(3_000_001))
    try:
        answer = served.get("/checkpoints/999999")
        assert answer.body == long.read_bytes()
        assert (
            served.get("/checkpoints/999999", range="bytes=5-2999999").body == long.read_bytes()[5:3_000_000]
        )
    finally:
        long.unlink()
    link = served.public / "checkpoints/999998"
    link.symlink_to("/etc/passwd")
    folder = served.public / "checkpoints/999997"
    folder.mkdir()
    assert (served.get("/checkpoints/999998").status, served.get("/checkpoints/999997").status) == (404, 404)
    link.unlink()
    folder.rmdir()


# Monitoring -------------------------------------------------------------------------------------------


def test_monitoring(served: Served) -> None:
    served.submit(served.draft(13), wait="published")
    assert served.get("/healthz").body == b"ok\n"
    ready = served.get("/readyz")
    assert (ready.status, ready.json()["ready"], ready.json()["problems"]) == (200, True, [])
    metrics = served.get("/metrics").body.decode()
    for wanted in (
        'plimsoll_requests_total{route="v1",status="200"}',
        'plimsoll_statements_total{outcome="appended"}',
        "plimsoll_request_seconds_bucket",
        f"plimsoll_log_size {float(ready.json()['size'])}",
        "plimsoll_published_size",
    ):
        assert wanted in metrics


def test_the_log_has_a_line_a_request_and_no_secret(served: Served) -> None:
    served.ask("GET", "/nowhere?token=hunter2", headers={"authorization": "Bearer hunter2"})
    served.post(b'{"password":"hunter2"}')
    served.get("/healthz")
    assert served.submit(served.draft(77), wait="published").status == 200
    served.wait_for_event("published")
    events = served.events()
    assert {"serving", "published", "request"} <= {one["event"] for one in events}
    assert any(one.get("path") == "/nowhere" and one["status"] == 404 for one in events)
    assert "hunter2" not in served.log.read_text()
    assert "words for tests" not in served.log.read_text()


def test_the_description_is_of_the_routes(served: Served) -> None:
    from plimsoll_ledger.service.openapi import OPERATIONS

    described = served.get("/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    assert {(path, method) for path, item in described["paths"].items() for method in item} == {
        (one.path, one.method.lower()) for one in OPERATIONS
    }
    for path, item in described["paths"].items():
        for method in item:
            answer = served.ask(method.upper(), path.replace("{path}", "nothing"))
            assert answer.status != 405, path
            assert str(answer.status) in item[method]["responses"], (path, answer.status)


# Stopping ---------------------------------------------------------------------------------------------


def test_the_home_is_held_and_the_directory_is_looked_at_first(office: Office, tmp_path: Path) -> None:
    from plimsoll_ledger.errors import Busy

    with (
        serve(office, tmp_path / "public"),
        pytest.raises(Busy, match="is held by process"),
        office.desk(lock_timeout_s=0.1),
    ):
        pass


def test_told_to_stop_it_answers_what_is_under_way_and_publishes(office: Office, tmp_path: Path) -> None:
    with serve(office, tmp_path / "public", "--publish-every", "3600") as served:
        drafts = [served.draft(number) for number in range(40)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            futures = [pool.submit(served.submit, draft) for draft in drafts]
            next(concurrent.futures.as_completed(futures)).result()
            assert served.stop(signal.SIGTERM) == 0
            acknowledged = []
            for draft, future in zip(drafts, futures, strict=True):
                try:
                    answer = future.result()
                except (OSError, http.client.HTTPException):
                    continue  # It came too late to be heard.
                if answer.status == 200:
                    acknowledged.append((answer.json()["statements"][0]["index"], draft.envelope))
        assert acknowledged
        for index, envelope in acknowledged:
            assert envelope in entry_of(served, index)
        size = int((served.public / "checkpoint").read_bytes().split(b"\n")[1])
        assert size > max(index for index, _ in acknowledged)
        assert [one["event"] for one in served.events()][-1] == "stopped"


def test_killed_it_has_lost_nothing_that_it_acknowledged(office: Office, tmp_path: Path) -> None:
    acknowledged: dict[int, bytes] = {}
    for round_ in range(2):
        with serve(office, tmp_path / "public") as served:
            drafts = [served.draft(1000 * round_ + number) for number in range(30)]
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                futures = {pool.submit(served.submit, draft): draft for draft in drafts}
                for done, future in enumerate(concurrent.futures.as_completed(futures)):
                    if done == 12:
                        served.process.kill()
                    try:
                        answer = future.result()
                    except (OSError, http.client.HTTPException):
                        continue  # It was killed in the midst of it.
                    if answer.status == 200:
                        acknowledged[answer.json()["statements"][0]["index"]] = futures[future].envelope
            for index, envelope in acknowledged.items():
                assert envelope in entry_of(served, index)
    assert len(acknowledged) >= 12


def test_slow_clients_are_hung_up_on(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLIMSOLL_TEST", "")
    with serve(office, tmp_path / "public", "--client-timeout", "1") as served:
        begun = time.monotonic()
        assert raw(served, b"GET /checkpoint HTTP/1.1\r\nHost: x\r\n") == b"", "the head never ends"
        assert raw(served) == b"", "nothing is asked"
        keep = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        assert raw(served, keep).startswith(b"HTTP/1.1 200"), "nothing more is asked"
        answer = raw(served, HEAD + b'Content-Length: 100\r\n\r\n{"st')
        assert answer.startswith(b"HTTP/1.1 408"), answer
        assert time.monotonic() - begun < 60


def test_answers_do_not_wait_for_acknowledgements() -> None:
    from plimsoll_ledger.witness.server import bind

    with bind("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP, "asyncio sets TCP_NODELAY by that"


def test_a_text_is_kept_if_it_comes_along(served: Served) -> None:
    from dataclasses import replace

    with served.office.desk(writing=False) as desk:
        drafts = [
            desk.draft("pause", ["org"], {"activities": ["train"]}, person="rso", texts={"reasons": words})
            for words in ("because", "why not")
        ]
    before = served.office.files()
    answer = served.submit(drafts[0], replace(drafts[1], documents=()))
    assert answer.status == 200, answer.body
    added = set(served.office.files()) - set(before)
    assert len(added) == 1
    assert b"because" in served.office.files()[added.pop()]
