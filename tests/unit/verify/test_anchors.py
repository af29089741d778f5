"""Time stamps over checkpoints, from the published directory to the verdict."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge, cosign_note, public, time_ms, vkey
from tests.support.story import DAY
from tests.support.tsa import Authority

from plimsoll_verify import cli
from plimsoll_verify.audit import audit
from plimsoll_verify.errors import AnchorMismatch, UsageError
from plimsoll_verify.report import format_report
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict, verdict_json


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


@pytest.fixture
def forge() -> Forge:
    """Six entries, one a day; the checkpoints of sizes 3 and 6 are retained."""
    forge = Forge()
    for n in range(1, 6):
        forge.advance(days=1)
        forge.statement("heartbeat", [forge.org()], {}, "root-1", "root")
        if n in (2, 5):
            forge.retain()
    return forge


def text_of(note: str) -> str:
    return note.rpartition("\n\n")[0] + "\n"


def anchor(forge: Forge, authority: Authority, size: int, at_ms: int, name: str = "tsa", **kind: Any) -> None:
    forge.anchors[size, name] = authority.token(text_of(forge.retained[size]), at_ms // 1000, **kind)


def verdict_of(forge: Forge, directory: Path, roots: str | None, **options: Any) -> Verdict:
    trust = forge.publish(directory, tsa_roots=roots, **options.pop("trust", {}))
    return audit(DirectorySource(directory), parse_trust(trust.encode()), workers=1, **options)


def codes(verdict: Verdict) -> list[str]:
    return [one.code for one in verdict.findings]


def test_a_time_stamp_over_the_newest_checkpoint_proves_its_time(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    anchor(forge, authority, 3, forge.now_ms - 3 * DAY + 5000)
    anchor(forge, authority, 6, forge.now_ms + DAY)
    anchor(forge, authority, 6, forge.now_ms + 2 * DAY, "later")
    found = verdict_json(verdict_of(forge, tmp_path, authority.roots))
    assert codes_of(found) == ["I05"]
    assert found["log"]["time_basis"] == "tsa"
    assert time_ms(found["log"]["time"]) == forge.now_ms + DAY
    assert found["log"]["time_bounds"] == {"above": 6, "below": 0, "widest_ms": None}
    assert found["log"]["anchors"] == {
        "verified": 3, "authorities": ["later", "tsa"], "ignored": 0, "reasons": [], "unchecked": 0,
        "why_unchecked": None,
    }  # fmt: skip


def codes_of(found: dict[str, Any]) -> list[str]:
    return [one["code"] for one in found["findings"]]


def test_a_time_stamp_over_an_older_checkpoint_says_nothing_of_the_newest(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    anchor(forge, authority, 3, forge.now_ms + DAY)
    verdict = verdict_of(forge, tmp_path, authority.roots)
    assert (verdict.log.time_basis, verdict.log.end_ms) == ("log-claim", forge.now_ms)
    assert verdict.judgement is not None
    assert verdict.judgement.coverage.above == 3


def test_a_newest_checkpoint_need_not_be_retained(forge: Forge, authority: Authority, tmp_path: Path) -> None:
    anchor(forge, authority, 6, forge.now_ms)
    del forge.retained[6]
    assert verdict_of(forge, tmp_path, authority.roots).log.time_basis == "tsa"


def test_tokens_for_sizes_that_are_not_retained_are_not_looked_at(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    forge.anchors = {(4, "tsa"): b"nonsense", (7, "tsa"): b"nonsense"}
    anchors = verdict_of(forge, tmp_path, authority.roots).log.anchors
    assert (anchors.verified, anchors.ignored_count, anchors.unchecked) == ([], 0, 0)


@pytest.mark.parametrize("kind", [{}, {"algorithm": "sha512"}], ids=["another text", "another function"])
def test_a_trusted_token_over_something_else_is_rejected(
    forge: Forge, authority: Authority, tmp_path: Path, kind: dict[str, Any]
) -> None:
    size = 6 if kind else 3
    forge.anchors[6, "tsa"] = authority.token(text_of(forge.retained[size]), forge.now_ms // 1000, **kind)
    verdict = verdict_of(forge, tmp_path, authority.roots)
    assert isinstance(verdict.error, AnchorMismatch)
    assert (verdict.error.check, verdict.error.path) == ("anchors", "anchors/6/tsa.tsr")
    assert verdict.log.time_basis == "log-claim"


def test_what_nobody_trusted_signed_is_ignored_and_told(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", "other")
    anchor(forge, other, 6, forge.now_ms - 10 * DAY)
    anchor(forge, authority, 3, forge.now_ms)
    forge.anchors[3, "garbage"] = b"x" * 100
    forge.anchors[3, "huge"] = b"x" * 70_000
    verdict = verdict_of(forge, tmp_path / "public", authority.roots)
    assert codes(verdict) == ["I05"]
    assert dict(verdict.log.anchors.ignored) == {
        "anchors/6/tsa.tsr": "its certificate does not lead to a root in tsa_roots",
        "anchors/3/garbage.tsr": verdict.log.anchors.ignored[0][1],
        "anchors/3/huge.tsr": "it is longer than 65536 bytes",
    }
    assert verdict_json(verdict)["log"]["anchors"]["ignored"] == 3
    report = format_report(verdict)
    assert "time stamps: 1 verified, kept as tsa" in report
    assert "time stamp ignored: anchors/6/tsa.tsr: its certificate" in report
    assert "of 6 entries 3 were there by a time that others vouch for, 0 not before one" in report


def test_a_hundred_ignored_tokens_are_named_and_all_counted(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    for size in (1, 2, 4, 5):
        forge.retained[size] = forge.checkpoint(size)
    forge.anchors = {(size, f"a-{n:03d}"): b"" for size in range(1, 6) for n in range(21)}
    verdict = verdict_of(forge, tmp_path, authority.roots)
    assert (len(verdict.log.anchors.ignored), verdict.log.anchors.ignored_count) == (100, 105)
    assert "... and 100 more; --json names a hundred" in format_report(verdict)


def test_of_very_many_over_one_checkpoint_the_first_are_read(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    forge.anchors = {(6, f"a-{n:03d}"): b"" for n in range(100)}
    for name in ("a-031", "a-032"):
        anchor(forge, authority, 6, forge.now_ms, name)
    anchors = verdict_of(forge, tmp_path, authority.roots).log.anchors
    assert (anchors.authorities, anchors.ignored_count, len(anchors.ignored)) == ({"a-031"}, 99, 31)
    assert verdict_of(forge, tmp_path, None).log.anchors.unchecked == 32


def test_a_file_that_is_none_is_ignored(forge: Forge, authority: Authority, tmp_path: Path) -> None:
    trust = forge.publish(tmp_path, tsa_roots=authority.roots)
    (tmp_path / "anchors/6/dir.tsr").mkdir(parents=True)
    (tmp_path / "anchors/6/README").write_text("no token")
    (tmp_path / "anchors/6/tsa").write_text("no suffix")
    (tmp_path / "anchors/6/Tsa.tsr").write_text("no id")
    (tmp_path / "anchors/06").mkdir()
    verdict = audit(DirectorySource(tmp_path), parse_trust(trust.encode()))
    assert verdict.log.anchors.ignored == [
        ("anchors/6/dir.tsr", "there is something that is no regular file")
    ]


def untrusting(_: Authority, __: pytest.MonkeyPatch) -> str | None:
    return None


def without_extra(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> str | None:
    monkeypatch.setitem(__import__("sys").modules, "rfc3161_client", None)
    return authority.roots


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        (untrusting, "the trust file names no tsa_roots"),
        (without_extra, "plimsoll-verify[tsa] is not installed"),
    ],
)
def test_what_is_not_checked_is_said_and_counts_for_nothing(
    forge: Forge,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    situation: Callable[[Authority, pytest.MonkeyPatch], str | None],
    reason: str,
) -> None:
    # It would be V28, if it were looked at.
    anchor(forge, authority, 6, forge.now_ms - 10 * DAY)
    verdict = verdict_of(forge, tmp_path, situation(authority, monkeypatch))
    assert codes(verdict) == ["I05"]
    found = verdict_json(verdict)["log"]
    assert (found["anchors"]["unchecked"], found["anchors"]["why_unchecked"]) == (1, reason)
    assert (found["time_basis"], found["time_bounds"]["above"]) == ("log-claim", 0)
    assert f"TIME STAMPS NOT CHECKED: 1; {reason}" in format_report(verdict)
    forge.anchors.clear()
    assert "NOT CHECKED" not in format_report(verdict_of(forge, tmp_path, situation(authority, monkeypatch)))


def test_roots_that_are_none_are_the_auditors_own_mistake(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tsa_roots"):
        verdict_of(forge, tmp_path, "PEM")


# -- V28


def test_v28_entries_that_a_time_stamp_shows_to_be_older(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    """The log dated entry 2 forward: an authority had seen it a day before that."""
    anchor(forge, authority, 3, forge.now_ms - 4 * DAY)
    verdict = verdict_of(forge, tmp_path, authority.roots)
    (late,) = [one for one in verdict.findings if one.code == "V28"]
    assert late.entries == (2,)
    assert "1 entries have an impossible time: others had seen entry 2 at 2026-01-02T00:00:01" in late.message


def test_v28_an_event_that_a_time_stamp_shows_not_to_have_been_yet(
    authority: Authority, tmp_path: Path
) -> None:
    """A minute too young as an entry is let pass, and so is a minute's haste of its author; not both."""
    forge = Forge()
    forge.advance(days=1)
    index = forge.statement("heartbeat", [forge.org()], {}, "root-1", "root", event_time=forge.now(60_000))
    forge.retain()
    anchor(forge, authority, 2, forge.now_ms - 2000)
    (event,) = [one for one in verdict_of(forge, tmp_path, authority.roots).findings if one.code == "V28"]
    assert event.entries == (index,)
    assert "lies after the time when others had seen the entry" in event.message


@pytest.mark.parametrize(("behind_s", "count"), [(60, 0), (61, 0), (62, 1)])
def test_a_minute_is_tolerated(
    forge: Forge, authority: Authority, tmp_path: Path, behind_s: int, count: int
) -> None:
    anchor(forge, authority, 3, forge.now_ms - 3 * DAY - behind_s * 1000)
    assert codes(verdict_of(forge, tmp_path, authority.roots)).count("V28") == count


def test_a_time_stamp_does_not_make_an_old_ledger_fresh(
    forge: Forge, authority: Authority, tmp_path: Path
) -> None:
    now_ms = forge.now_ms + 30 * DAY
    anchor(forge, authority, 6, now_ms)
    options = {"trust": {"max_age": "2 days"}, "now_ms": now_ms}
    assert "I06" in codes(verdict_of(forge, tmp_path, authority.roots, **options))
    options["now_ms"] = forge.now_ms + DAY
    assert "I06" not in codes(verdict_of(forge, tmp_path, authority.roots, **options))


def test_witnesses_go_before_time_stamps(forge: Forge, authority: Authority, tmp_path: Path) -> None:
    anchor(forge, authority, 6, forge.now_ms + DAY)
    at_s = forge.now_ms // 1000 + 10
    policy = f"log {forge.log_vkey}\nwitness w {vkey('w', public(forge.secret('w')), 4)}\nquorum w\n"
    note = forge.checkpoint(cosigned=cosign_note(forge.checkpoint_text(), "w", forge.secret("w"), at_s))
    forge.publish(tmp_path, note)
    trust = parse_trust(forge.trust(policy=policy, tsa_roots=authority.roots).encode())
    verdict = audit(DirectorySource(tmp_path), trust)
    assert (verdict.log.time_basis, verdict.log.end_ms) == ("witness", at_s * 1000)
    assert verdict.judgement is not None
    assert verdict.judgement.coverage.above == 6


def test_the_command_says_what_it_did(
    forge: Forge, authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anchor(forge, authority, 6, forge.now_ms)
    trust = tmp_path / "trust.toml"
    trust.write_text(forge.publish(tmp_path / "public", tsa_roots=authority.roots))
    assert cli.run(["log", str(tmp_path / "public"), "--trust", str(trust), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["log"]["time_basis"] == "tsa"
    assert cli.run(["log", str(tmp_path / "public"), "--trust", str(trust)]) == 3
    out = capsys.readouterr().out
    assert "a time stamp vouches for it" in out
    assert "time stamps: 1 verified, kept as tsa" in out


def test_the_trust_command_names_the_roots(
    forge: Forge, authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    trust = tmp_path / "trust.toml"
    trust.write_text(forge.trust(tsa_roots=authority.roots))
    assert cli.run(["trust", str(trust)]) == 0
    assert "time stamps  CN=tsa root\n" in capsys.readouterr().out
    without_extra(authority, monkeypatch)
    assert cli.run(["trust", str(trust)]) == 0
    assert "time stamps  tsa_roots cannot be read: plimsoll-verify[tsa] is not" in capsys.readouterr().out
    assert cli.run(["--json", "trust", str(trust)]) == 0
    assert json.loads(capsys.readouterr().out)["tsa_roots"] is True
