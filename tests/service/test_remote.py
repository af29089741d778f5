"""A client's home: commands read a verified copy, append by submitting, and refuse another history."""

import io
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.support.httpd import Scripted, serve_directory
from tests.support.office import Office
from tests.support.served import Served, make_office, serve

from plimsoll_attest.cli.main import run
from plimsoll_attest.errors import CouldNotRun, NotAdmitted, NotAuthentic, UsageError
from plimsoll_attest.home import Home
from plimsoll_ledger.errors import Busy, Malformed
from plimsoll_ledger.service.client import ServiceClient, Uncertain
from plimsoll_ledger.service.wire import Item
from plimsoll_verify.errors import UsageError as VerifierUsageError
from plimsoll_verify.errors import VerificationError

SCHEMA = Path(__file__).parents[2] / "attest/plimsoll_attest/cli/schema/join-v1.json"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return make_office(tmp_path_factory.mktemp("founded") / "home")


@pytest.fixture(scope="module")
def served(founded: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with serve(founded.copy_to(folder / "home"), folder / "public") as running:
        yield running


def plimsoll(office: Office, *argv: str) -> tuple[int, str, str]:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    code = run(list(argv), office.surroundings, out, err, io.StringIO())
    return code, out.getvalue(), err.getvalue()


def join(operator: Office, url: str, folder: Path) -> Office:
    """Make a client's home with the keys of the staff."""
    trust = folder / "trust.toml"
    with operator.desk(writing=False) as desk:
        trust.write_text(desk.trust())
    path = folder / "client"
    argv = ["join", str(path), "--ledger", url, "--trust", str(trust), "--as", "evaluator-1", "--json"]
    code, out, err = plimsoll(operator, *argv)
    assert code == 0, err
    told = json.loads(out)
    jsonschema.validate(told, json.loads(SCHEMA.read_text()))
    assert told["home"] == str(path)
    for key in operator.path.glob("keys/*"):
        if key.is_file() and not key.name.startswith("log."):
            shutil.copy(key, path / "keys")
    keys = {name.replace(str(operator.path), str(path), 1): key for name, key in operator.keys.items()}
    clock = type(operator.clock)(time.time_ns() // 1_000_000)
    return Office(path, clock, type(operator.random)(folder.name.encode()), keys)


@pytest.fixture
def client(served: Served, tmp_path: Path) -> Office:
    return join(served.office, served.url, tmp_path)


def register(office: Office, number: int) -> Any:
    return office.record("model-registered", [f"model:{number:032x}"], {"name": f"m-{number}"}, "evaluator-1")


def test_what_is_recorded_here_is_in_the_log_there(client: Office, served: Served) -> None:
    receipt = register(client, 1)
    with served.office.desk(writing=False) as there, client.desk(writing=False) as here:
        assert there.read(receipt.index) == here.read(receipt.index)
        assert [view.leaf for view in here.entries()] == [view.leaf for view in there.entries()][: here.size]
        assert here.models()[-1].name == "m-1"
        assert here.verdict().verdict == there.verdict().verdict == "indeterminate"
        assert here.prove(receipt.index).startswith(b"c2sp.org/tlog-proof@v1\n")
        assert here.trust() == client.home.trust_path.read_text()
        assert here.outbox() == []
    assert (client.path / "receipts" / receipt.statement_id).read_text().startswith("plimsoll/receipt/v1\n")


def test_several_statements_go_together(client: Office, served: Served) -> None:
    with client.desk() as desk:
        drafts = [
            desk.draft(
                "model-registered", [f"model:{number:032x}"], {"name": f"n-{number}"}, person="evaluator-1"
            )
            for number in (2, 3)
        ]
        first, second = desk.submit(drafts)
    assert second.index == first.index + 1


def test_bodies_of_others_come_with_the_copy(client: Office, served: Served) -> None:
    served.submit(served.draft(50), wait="published")
    with client.desk(writing=False) as desk:
        assert any(
            view.body == {**(view.body or {}), "name": "m-50"} for view in desk.entries("model-registered")
        )


def test_what_the_log_refuses_leaves_nothing_behind(client: Office) -> None:
    register(client, 4)
    before = client.files()
    with client.desk() as desk:
        draft = desk.draft("model-registered", [f"model:{5:032x}"], {"name": "m"}, person="evaluator-1")
        desk.submit([draft], atomic=False)
        with pytest.raises(NotAdmitted):
            desk.submit([draft])
    assert len(client.files()) == len(before) + 1  # The body of the first.


def test_what_only_the_operator_can_do_says_so(client: Office, tmp_path: Path) -> None:
    home = ["--home", str(client.path)]
    for argv in (["publish", "--to", str(tmp_path / "x")], ["serve", "--to", str(tmp_path / "x")]):
        code, _, err = plimsoll(client, *home, *argv)
        assert code == 2
        assert "needs the operator's home" in err
    for argv in (
        ["log"],
        ["status"],
        ["whoami"],
        ["fsck"],
        ["model", "list"],
        ["trust", "export", "-o", "-"],
    ):
        code, _, err = plimsoll(client, *home, *argv)
        assert code == 0, (argv, err)


def test_the_url_can_be_given_for_one_command(client: Office, served: Served) -> None:
    code, _, err = plimsoll(client, "--home", str(client.path), "--ledger", "http://127.0.0.1:9/", "log")
    assert code == 5
    assert "127.0.0.1:9" in err
    assert plimsoll(client, "--home", str(client.path), "log", "--ledger", served.url)[0] == 0


def test_a_home_that_cannot_be_verified_is_not_made(served: Served, tmp_path: Path) -> None:
    trust = tmp_path / "trust.toml"
    with served.office.desk(writing=False) as desk:
        good = desk.trust()
    path = tmp_path / "client"
    argv = ["join", str(path), "--trust", str(trust), "--ledger"]
    trust.write_text(good)
    assert plimsoll(served.office, *argv, "http://127.0.0.1:9")[0] == 5
    assert plimsoll(served.office, *argv[:-1])[0] == 2
    assert plimsoll(served.office, *argv, "file:///etc")[0] == 2
    with served.office.desk(writing=False) as desk:
        trust.write_text(good.replace(desk.genesis_digest, "0" * 64))
    code, _, err = plimsoll(served.office, *argv, served.url)
    assert code == 4
    assert "another genesis" in err
    trust.write_text("x")
    assert plimsoll(served.office, *argv, served.url)[0] == 2
    assert not path.exists()
    (path / "keys").mkdir(parents=True)
    (path / "keys/alice.key").write_text("secret")
    trust.write_text(good)
    assert plimsoll(served.office, *argv, "http://127.0.0.1:9")[0] == 5
    assert [item.name for item in path.iterdir()] == ["keys"]
    assert (path / "keys/alice.key").read_text() == "secret"


def test_a_home_without_trust_or_of_another_log(client: Office) -> None:
    text = client.home.trust_path.read_text()
    client.home.trust_path.unlink()
    with pytest.raises(UsageError, match="nothing says whose log it is"), client.desk(writing=False):
        pass
    client.home.trust_path.write_text(text.replace("acme.example/rsp", "acme.example/other"))
    with (
        pytest.raises(VerifierUsageError, match="key id"),
        client.desk(writing=False),
    ):
        pass


# Another history --------------------------------------------------------------------------------------


def test_another_history_is_refused_from_then_on(founded: Office, tmp_path: Path) -> None:
    one, other = founded.copy_to(tmp_path / "one"), founded.copy_to(tmp_path / "other")
    other.random.seed = b"other"
    published = {}
    for office, count in ((one, 2), (other, 3)):
        office.clock.time_ms = time.time_ns() // 1_000_000 - 60_000
        for number in range(count):
            register(office, number)
        published[office.path.name] = tmp_path / f"public-{office.path.name}"
        with office.desk() as desk:
            desk.publish(published[office.path.name])
    shown = tmp_path / "shown"
    shutil.copytree(published["one"], shown)
    with serve_directory(shown) as url:
        client = join(one, url, tmp_path)
        with client.desk(writing=False) as desk:
            size = desk.size
        shutil.rmtree(shown)
        shutil.copytree(published["other"], shown)
        for match in ("it signed another history", "was found before"):
            with pytest.raises(NotAuthentic, match=match), client.desk(writing=False):
                pass
        assert (client.path / "fork/held").read_bytes() == (published["one"] / "checkpoint").read_bytes()
        assert (client.path / "fork/shown").read_bytes() == (published["other"] / "checkpoint").read_bytes()
        shutil.rmtree(client.path / "fork")
        # The same size, another root.
        with one.desk() as desk:
            desk.submit(
                [desk.draft("model-registered", [f"model:{9:032x}"], {"name": "m"}, person="evaluator-1")]
            )
            desk.publish(published["one"])
        shutil.rmtree(shown)
        shutil.copytree(published["one"], shown)
        with client.desk(writing=False) as desk:
            assert desk.size == size + 1
        shutil.rmtree(shown)
        shutil.copytree(published["other"], shown)
        with pytest.raises(NotAuthentic, match="it signed another history"), client.desk(writing=False):
            pass


def test_going_backwards_is_refused(founded: Office, tmp_path: Path) -> None:
    office = founded.copy_to(tmp_path / "home")
    office.clock.time_ms = time.time_ns() // 1_000_000 - 60_000
    with office.desk() as desk:
        desk.publish(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "public")
    register(office, 1)
    with office.desk() as desk:
        desk.publish(tmp_path / "public")
    with serve_directory(tmp_path / "public") as url:
        client = join(office, url, tmp_path)
        shutil.copy(tmp_path / "old/checkpoint", tmp_path / "public/checkpoint")
        with pytest.raises(NotAuthentic, match="went backwards"), client.desk(writing=False):
            pass
        (tmp_path / "public/checkpoint").write_bytes(b"x")
        with pytest.raises(VerificationError), client.desk(writing=False):
            pass


def test_bytes_that_were_changed_are_refused(founded: Office, tmp_path: Path) -> None:
    office = founded.copy_to(tmp_path / "home")
    office.clock.time_ms = time.time_ns() // 1_000_000 - 60_000
    register(office, 1)
    with office.desk() as desk:
        desk.publish(tmp_path / "public")
    size = len(office.entries())
    trust = tmp_path / "trust.toml"
    with office.desk(writing=False) as desk:
        trust.write_text(desk.trust())
    for path, old, new, match in (
        (f"tile/entries/000.p/{size}", b'"time":"20', b'"time":"21', "not what was signed"),
        ("bodies/000", b"m-1", b"m-2", "is another one"),
    ):
        shutil.copytree(tmp_path / "public", tmp_path / "bad", dirs_exist_ok=True)
        data = (tmp_path / "bad" / path).read_bytes()
        (tmp_path / "bad" / path).write_bytes(data[::-1].replace(old[::-1], new[::-1], 1)[::-1])
        with serve_directory(tmp_path / "bad") as url:
            argv = ["join", str(tmp_path / "client"), "--ledger", url, "--trust", str(trust)]
            code, _, err = plimsoll(office, *argv)
        assert code == 4
        assert match in err


# A service that does not answer -----------------------------------------------------------------------


def test_what_is_uncertain_waits_in_the_outbox(founded: Office, tmp_path: Path) -> None:
    office = founded.copy_to(tmp_path / "home")
    with serve(office, tmp_path / "public") as first:
        client = join(office, first.url, tmp_path)
        with client.desk() as desk:
            draft = desk.draft("model-registered", [f"model:{1:032x}"], {"name": "m"}, person="evaluator-1")
            first.stop(9)
            with pytest.raises(CouldNotRun, match="does not say what became of the submission"):
                desk.submit([draft])
            assert len(desk.outbox()) == 1
    # Its port may be somebody else's by now: it is served at another one.
    with serve(office, tmp_path / "public") as again:
        Home(client.path, replace(client.home.settings, ledger=again.url)).write_settings()
        with client.desk() as desk:
            receipts = desk.submit_outbox()
            assert [receipt.statement_id for receipt in receipts] == [draft.statement_id]
            assert desk.outbox() == []


ANSWER = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s"


@pytest.mark.parametrize(
    ("status", "body", "error", "asked"),
    [
        (503, b'{"error":{"code":"busy","message":"later\\u001b"}}', Busy, 4),
        (429, b'{"error":{"code":"slow-down","message":""}}', Busy, 4),
        (503, b'{"error":{"code":"storage","message":"x"}}', Uncertain, 4),
        (503, b"<html>", Uncertain, 4),
        (413, b'{"error":{"code":"too-long","message":"x"}}', Malformed, 1),
        (404, b"no", Malformed, 1),
        (200, b"{}", Uncertain, 1),
        (200, b'{"origin":"o","published_size":1,"statements":[]}', Uncertain, 1),
        (200, b"x" * 2_000_000, Uncertain, 1),
    ],
)
def test_answers_that_are_none(status: int, body: bytes, error: type[Exception], asked: int) -> None:
    server = Scripted(lambda _: iter([ANSWER % (status, len(body), body)]))
    service = ServiceClient(server.url, sleep=lambda _: None)
    with pytest.raises(error) as caught:
        service.submit([Item(b"x")], atomic=False, wait="durable")
    assert "\x1b" not in str(caught.value)
    assert ("plimsoll serve" in getattr(caught.value, "hint", "")) == (status == 404)
    assert len(server.heads) == asked
    service.close()
    server.close()


@pytest.mark.parametrize("change", ["receipt", "id", "index"])
def test_a_service_that_lies_is_not_believed(
    founded: Office, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    from plimsoll_ledger.service.client import Answer

    real = ServiceClient.submit

    def lying(self: ServiceClient, *args: Any, **more: Any) -> Answer:
        answer = real(self, *args, **more)
        told = answer.statements[0]
        wrong: dict[str, Any] = {
            "receipt": {"receipt": told.receipt.replace("Z\n", "Y\n")},
            "id": {"id": "0" * 64},
        }
        wrong["index"] = {"index": told.index - 1}
        return msgspec.structs.replace(answer, statements=[msgspec.structs.replace(told, **wrong[change])])

    monkeypatch.setattr(ServiceClient, "submit", lying)
    with serve(founded.copy_to(tmp_path / "home"), tmp_path / "public") as running:
        client = join(running.office, running.url, tmp_path)
        with pytest.raises(NotAuthentic, match=r"receipt|is not the statement"):
            register(client, 1)


def test_a_log_that_changes_its_key_is_followed(founded: Office, tmp_path: Path) -> None:
    operator = founded.copy_to(tmp_path / "home")
    operator.clock.time_ms = time.time_ns() // 1_000_000 - 60_000
    public = tmp_path / "public"
    with operator.desk() as desk:
        desk.publish(public)
    with serve_directory(public) as url:
        client = join(operator, url, tmp_path)
        with client.desk(writing=False) as desk:
            desk.draft("model-registered", [f"model:{1:032x}"], {"name": "m"}, person="evaluator-1")
        home = ["--home", str(operator.path), "--as", "rso"]
        for argv in (["key", "rotate-log"], ["publish", "--to", str(public)], ["key", "rotate-log"]):
            code, _, err = plimsoll(operator, *home, *argv)
            assert code == 0, err
        register(operator, 2)
        assert plimsoll(operator, *home, "publish", "--to", str(public))[0] == 0
        for _ in range(2):
            with client.desk(writing=False) as desk:
                assert len(desk.store.vkeys) == 2
                # It holds what is signed by the new key, and holds the log to it.
                desk.draft("model-registered", [f"model:{3:032x}"], {"name": "m"}, person="evaluator-1")


def test_receipts_by_a_key_that_was_given_up_promise_nothing(
    founded: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has a new key; who trusts that alone appends by it, and takes no receipt of the old one."""
    import msgspec

    from plimsoll_ledger.note import format_note, parse_note, sign_note
    from plimsoll_ledger.service.client import Answer

    operator = founded.copy_to(tmp_path / "home")
    operator.clock.time_ms = time.time_ns() // 1_000_000 - 60_000
    public, at_home = tmp_path / "public", ["--home", str(operator.path), "--as", "rso"]
    old = operator.keys[str(operator.home.log_key_path.absolute())]
    publish = ["publish", "--to", str(public)]
    for argv in (publish, ["key", "rotate-log"], publish, ["key", "rotate-log"]):
        code, _, err = plimsoll(operator, *at_home, *argv)
        assert code == 0, err
    register(operator, 9)  # By the new key, once it is published.
    assert plimsoll(operator, *at_home, *publish)[0] == 0
    old_id, new_id = (str(vkey).split("+")[1] for vkey in operator_keys(operator))
    with serve(operator, public) as running:
        client = join(operator, running.url, tmp_path)  # Its trust file names both.
        both = client.home.trust_path.read_text()
        code, text, err = plimsoll(operator, *at_home, "trust", "export", "--without", old_id, "-o", "-")
        assert (code, new_id in text, old_id in text) == (0, True, False), err
        with client.desk(writing=False) as desk:
            assert [str(vkey).split("+")[1] for vkey in desk.store.vkeys] == [old_id, new_id]
        client.home.trust_path.write_text(text)
        receipt = register(client, 1)
        assert receipt.index >= 0

        real = ServiceClient.submit

        def by_the_thief(self: ServiceClient, *args: Any, **more: Any) -> Answer:
            answer = real(self, *args, **more)
            told = answer.statements[0]
            forged = format_note(sign_note(parse_note(told.receipt.encode()).text, old)).decode()
            return msgspec.structs.replace(answer, statements=[msgspec.structs.replace(told, receipt=forged)])

        monkeypatch.setattr(ServiceClient, "submit", by_the_thief)
        with pytest.raises(NotAuthentic, match="receipt is not the log's"):
            register(client, 2)
        # To who trusts it still, it is the log's.
        client.home.trust_path.write_text(both)
        assert register(client, 3).index >= 0


def operator_keys(office: Office) -> tuple[Any, ...]:
    with office.desk(writing=False) as desk:
        return desk.store.vkeys
