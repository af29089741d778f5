"""Time stamps over what is published: asked for, kept, published, and verified by the auditor's program."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.support.office import Office
from tests.support.tsa import Authority

from plimsoll_attest import anchoring
from plimsoll_attest.anchoring import Anchored, ask_all, publish_anchors
from plimsoll_attest.authorities import MAX_ROOTS_BYTES
from plimsoll_attest.errors import UsageError, as_attest_error
from plimsoll_attest.stamping import NotStamped, StampClient
from plimsoll_ledger.directory import Directory
from plimsoll_ledger.errors import ClockUnproven
from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.timestamps import Stamp
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict

DAY = 86_400_000


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Authority]:
    folder = tmp_path_factory.mktemp("tsa")
    return {name: Authority(folder / name, name) for name in ("one", "two")}


@contextmanager
def serving(office: Office, authorities: dict[str, Authority], *down: str) -> Iterator[None]:
    """Let authorities answer by the office's clock, and the home's settings name them; some do not answer."""
    with ExitStack() as exits:
        lines = ['format = "plimsoll-home/1"', f'origin = "{office.home.settings.origin}"']
        for name, authority in authorities.items():
            url = exits.enter_context(authority.serve(authority.answer_at(lambda: office.clock.time_ms)))
            if name in down:
                url = "http://127.0.0.1:9/"
            (office.path / f"{name}.pem").write_text(authority.roots)
            lines += [f"[authorities.{name}]", f'url = "{url}"', f'roots = "{name}.pem"']
        (office.path / "plimsoll.toml").write_text("\n".join(lines) + "\n")
        yield


def publish(office: Office, directory: Path) -> Anchored | None:
    with office.desk() as desk:
        desk.publish(directory)
        return desk.anchor(directory)


def judged(office: Office, directory: Path) -> Verdict:
    with office.desk(writing=False) as desk:
        trust = parse_trust(desk.trust().encode())
    return audit(DirectorySource(directory), trust, workers=1)


def test_what_is_published_is_stamped_by_each_authority(
    office: Office, authorities: dict[str, Authority], tmp_path: Path
) -> None:
    public = tmp_path / "public"
    with serving(office, authorities):
        found = publish(office, public)
        assert found is not None
        assert (found.names, found.failures) == (["one", "two"], {})
        verdict = judged(office, public)
    assert (verdict.log.time_basis, verdict.log.anchors.authorities) == ("tsa", {"one", "two"})
    assert [one.code for one in verdict.findings if one.code == "V28"] == []
    assert verdict.judgement is not None
    assert verdict.judgement.coverage.above == found.size
    assert (public / "anchors/index").read_text() == f"{found.size} one\n{found.size} two\n"
    with office.desk(writing=False) as desk:
        assert desk.verdict().log.time_basis == "tsa"


def test_who_has_stamped_it_is_not_asked_again(
    office: Office, authorities: dict[str, Authority], tmp_path: Path
) -> None:
    with serving(office, authorities):
        publish(office, tmp_path / "public")
        asked = [len(each.asked) for each in authorities.values()]
        token = next((tmp_path / "public/anchors").glob("*/one.tsr")).read_bytes()
        publish(office, tmp_path / "public")
        assert [len(each.asked) for each in authorities.values()] == asked
        # Another directory gets the tokens that are there.
        publish(office, tmp_path / "other")
        assert next((tmp_path / "other/anchors").glob("*/one.tsr")).read_bytes() == token


def test_an_authority_that_is_down_stops_nothing_and_is_asked_again(
    office: Office, authorities: dict[str, Authority], tmp_path: Path
) -> None:
    public = tmp_path / "public"
    with serving(office, authorities, "two"):
        found = publish(office, public)
        assert found is not None
        assert (found.names, list(found.failures)) == (["one"], ["two"])
        assert found.failures["two"] == "it cannot be reached"
    with serving(office, authorities):
        again = publish(office, public)
        assert again is not None
        assert (again.size, again.names, again.failures) == (found.size, ["one", "two"], {})
    assert (public / "anchors/index").read_text() == f"{found.size} one\n{found.size} two\n"
    assert judged(office, public).log.anchors.authorities == {"one", "two"}


def test_a_later_publication_bounds_what_an_earlier_one_could_not(
    office: Office, authorities: dict[str, Authority], tmp_path: Path
) -> None:
    public = tmp_path / "public"
    with serving(office, authorities, "one", "two"):
        found = publish(office, public)
        assert found is not None
        assert found.names == []
        assert judged(office, public).log.time_basis == "log-claim"
    office.clock.time_ms += DAY
    with serving(office, authorities, "two"):
        office.record("heartbeat", ["org"], {}, "ceo")
        later = publish(office, public)
        assert later is not None
        assert later.size == found.size + 1
    verdict = judged(office, public)
    assert verdict.judgement is not None
    assert verdict.judgement.coverage.above == later.size


def test_without_authorities_nobody_is_asked(office: Office, tmp_path: Path) -> None:
    assert publish(office, tmp_path / "public") is None
    assert not (tmp_path / "public/anchors").exists()


def test_roots_that_are_not_there_stop_no_publication(
    office: Office, authorities: dict[str, Authority], tmp_path: Path
) -> None:
    with serving(office, authorities):
        (office.path / "one.pem").unlink()
        (office.path / "two.pem").write_text("x" * (MAX_ROOTS_BYTES + 1))
        found = publish(office, tmp_path / "public")
        assert found is not None
        assert found.names == []
        assert found.failures["one"].endswith("one.pem, the roots of authority one")
        assert found.failures["two"].endswith("is no PEM file")
        with (
            office.desk(writing=False) as desk,
            pytest.raises(UsageError, match="the roots of authority one"),
        ):
            desk.trust()
        with office.desk(writing=False) as desk:
            assert (
                desk.verdict().verdict == "indeterminate"
            )  # As without any authority: no policy is in force.
        (office.path / "one.pem").mkdir()
        again = publish(office, tmp_path / "public")
        assert again is not None
        assert "cannot read" in again.failures["one"]


def test_a_token_that_would_make_the_log_look_dishonest_is_not_kept(
    office: Office, authorities: dict[str, Authority], tmp_path: Path
) -> None:
    """One of the two clocks is wrong; kept, the token would be V28 with every verifier."""
    authority = authorities["one"]
    with serving(office, {}), authority.serve(authority.answer_at(lambda: office.clock.time_ms - DAY)) as url:
        (office.path / "one.pem").write_text(authority.roots)
        with (office.path / "plimsoll.toml").open("a") as file:
            file.write(f'[authorities.one]\nurl = "{url}"\nroots = "one.pem"\n')
        found = publish(office, tmp_path / "public")
        assert found is not None
        assert found.names == []
        assert "one of the two clocks is wrong" in found.failures["one"]
        assert not (office.path / "anchors").exists()
        assert [one.code for one in judged(office, tmp_path / "public").findings if one.code == "V28"] == []


def test_openssl_answers(authorities: dict[str, Authority]) -> None:
    authority = authorities["one"]
    with authority.serve() as url:
        token, stamp = StampClient(url, authority.roots).stamp(b"text", time.monotonic() + 60)
    assert abs(stamp.time_ms - time.time() * 1000) < 600_000
    assert len(token) > 200


# -- answers that are none


def refused(authority: Authority, answer: Callable[[bytes], bytes], **how: float) -> str:
    wait_s = how.pop("wait_s", 60)
    with authority.serve(answer, **how) as url, pytest.raises(NotStamped) as caught:  # type: ignore[arg-type]
        StampClient(url, authority.roots).stamp(b"text", time.monotonic() + wait_s)
    return str(caught.value)


def test_answers_that_are_no_token(authorities: dict[str, Authority]) -> None:
    authority = authorities["one"]
    assert "does not hold: it cannot be read" in refused(authority, lambda _: b"sorry")
    assert "more than 65536 bytes" in refused(authority, lambda _: bytes(70_000))
    assert refused(authority, lambda _: b"sorry", status=503) == "it answered 503"
    assert "does not hold: the authority did not" in refused(
        authority, lambda _: bytes.fromhex("30053003020102")
    )


def test_a_token_by_another_authority(authorities: dict[str, Authority]) -> None:
    other = authorities["two"].answer_at(lambda: 1_800_000_000_000)
    assert "does not lead to a root" in refused(authorities["one"], other)


def test_a_token_over_something_else(authorities: dict[str, Authority]) -> None:
    authority = authorities["one"]
    assert "over something else" in refused(authority, lambda _: authority.token(b"other", 1_800_000_000))


def test_an_old_token_over_the_same(authorities: dict[str, Authority]) -> None:
    authority = authorities["one"]
    assert "an old token" in refused(authority, lambda _: authority.token(b"text", 1_800_000_000))


def test_an_authority_that_takes_its_time(authorities: dict[str, Authority]) -> None:
    authority = authorities["one"]
    began = time.monotonic()
    answer = authority.answer_at(lambda: 1_800_000_000_000)
    assert refused(authority, answer, delay_s=0.6, wait_s=0.3) == "it did not answer in time"
    with pytest.raises(NotStamped, match="it did not answer in time"):
        StampClient("http://127.0.0.1:9/", authority.roots).stamp(b"text", time.monotonic())
    assert time.monotonic() - began < 60


def test_an_authority_that_accepts_and_says_nothing(authorities: dict[str, Authority]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        clients = {"silent": StampClient(url, authorities["one"].roots)}
        began = time.monotonic()
        found = ask_all(clients, b"text", 0.2)
    assert found.failures == {"silent": "it did not answer in time"}
    assert time.monotonic() - began < 60


_NEVER = threading.Event()


class Dripping:
    def stamp(self, text: bytes, deadline_s: float) -> tuple[bytes, Stamp]:
        """Answer long after."""
        assert text
        assert deadline_s
        _NEVER.wait(120)
        raise NotStamped("too late")


class Broken:
    def stamp(self, text: bytes, deadline_s: float) -> tuple[bytes, Stamp]:
        """Make a programmer's mistake."""
        assert text
        assert deadline_s
        raise ZeroDivisionError


def test_nobody_is_waited_for_longer_than_said() -> None:
    began = time.monotonic()
    assert ask_all({"a": Dripping()}, b"text", 0.1).failures == {"a": "it did not answer in time"}
    assert time.monotonic() - began < 60
    with pytest.raises(ZeroDivisionError):
        ask_all({"a": Broken()}, b"text", 60)


def test_roots_that_are_none(authorities: dict[str, Authority]) -> None:
    with pytest.raises(NotStamped, match="no certificates in PEM"):
        StampClient("http://127.0.0.1:9/", "PEM").stamp(b"text", time.monotonic() + 60)
    assert authorities


def test_without_the_extra(authorities: dict[str, Authority], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(NotStamped, match=r"pip install 'plimsoll\[tsa\]'"):
        StampClient("http://127.0.0.1:9/", authorities["one"].roots).stamp(b"text", time.monotonic() + 60)


def test_a_token_that_cannot_be_kept_leaves_none(
    office: Office, authorities: dict[str, Authority], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(office, authorities), monkeypatch.context() as patch:
        patch.setattr(anchoring, "write_file", interrupted)
        with pytest.raises(KeyboardInterrupt):
            publish(office, tmp_path / "public")
    assert judged(office, tmp_path / "public").error is None
    assert publish_anchors(office.path, Directory(tmp_path / "public")) == 0


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


# -- the sequencer's other clocks


def test_after_a_pause_the_authorities_are_asked_for_the_time(
    office: Office, authorities: dict[str, Authority]
) -> None:
    office.clock.time_ms += 3 * DAY
    before = sum(len(each.asked) for each in authorities.values())
    with serving(office, authorities, "two"):
        office.record("heartbeat", ["org"], {}, "ceo")
    assert sum(len(each.asked) for each in authorities.values()) == before + 1
    assert not (office.path / "anchors").exists()


def test_a_clock_that_runs_away_is_refused(office: Office, authorities: dict[str, Authority]) -> None:
    with serving(office, authorities, "one", "two"):
        office.clock.time_ms += 3 * DAY
        with pytest.raises(ClockUnproven, match="nobody else could be asked") as caught:
            office.record("heartbeat", ["org"], {}, "ceo")
    found = as_attest_error(caught.value)
    assert found is not None
    assert (found.code, found.exit_code) == ("clock-unproven", 5)
    authority = authorities["one"]
    with serving(office, {}), authority.serve(authority.answer_at(lambda: office.clock.time_ms - DAY)) as url:
        with (office.path / "plimsoll.toml").open("a") as file:
            file.write(f'[authorities.one]\nurl = "{url}"\nroots = "one.pem"\n')
        with pytest.raises(ClockUnproven, match="and authority one says 2026-"):
            office.record("heartbeat", ["org"], {}, "ceo")
