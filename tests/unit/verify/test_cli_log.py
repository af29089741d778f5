"""The command `log`: its options, what it prints, and what it leaves behind."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge

from plimsoll_verify import cli


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    forge.advance(hours=1)
    forge.statement("model-registered", [forge.model("m")], {"name": "m"}, "eva", "evaluator")
    return forge


@pytest.fixture
def ledger(forge: Forge, tmp_path: Path) -> list[str]:
    (tmp_path / "trust.toml").write_text(forge.publish(tmp_path / "public"))
    return ["log", str(tmp_path / "public"), "--trust", str(tmp_path / "trust.toml")]


def shown(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, Any]:
    code = cli.run([*args, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_an_indeterminate_ledger(forge: Forge, ledger: list[str], capsys: Any) -> None:
    assert cli.run(ledger) == 3
    out = capsys.readouterr().out
    assert "indeterminate" in out
    assert forge.origin in out
    code, verdict = shown(capsys, *ledger)
    assert code == 3
    assert (verdict["schema"], verdict["verdict"]) == ("plimsoll/verdict/v1", "indeterminate")
    assert verdict["log"]["size"] == forge.size


def test_a_rejected_ledger(ledger: list[str], capsys: Any) -> None:
    (Path(ledger[1]) / "bodies/000").unlink()
    assert cli.run(ledger) == 4
    assert "bodies/000" in capsys.readouterr().out
    code, verdict = shown(capsys, *ledger)
    assert (code, verdict["verdict"], verdict["error"]["check"]) == (4, "rejected", "bodies")


def test_a_violation(forge: Forge, ledger: list[str], tmp_path: Path, capsys: Any) -> None:
    forge.append(b"what is this")
    forge.publish(tmp_path / "public")
    code, verdict = shown(capsys, *ledger, "--workers", "1")
    assert (code, verdict["verdict"]) == (1, "violations")
    assert {finding["code"] for finding in verdict["findings"]} >= {"V36"}


def test_quiet_prints_nothing(ledger: list[str], capsys: Any) -> None:
    assert cli.run([*ledger, "-q"]) == 3
    assert capsys.readouterr().out == ""


def test_a_report_is_written_once(ledger: list[str], tmp_path: Path, capsys: Any) -> None:
    report = tmp_path / "verdict.json"
    assert cli.run([*ledger, "--report", str(report)]) == 3
    assert json.loads(report.read_text())["verdict"] == "indeterminate"
    before = report.read_text()
    assert cli.run([*ledger, "--report", str(report)]) == 2
    assert "exists" in capsys.readouterr().err
    assert report.read_text() == before
    assert cli.run([*ledger, "--report", str(report), "--force"]) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["public", "trust.toml", "verdict.json"]


def test_a_report_that_cannot_be_written_is_no_verdict(
    ledger: list[str], tmp_path: Path, capsys: Any
) -> None:
    assert cli.run([*ledger, "--report", str(tmp_path / "nowhere/verdict.json")]) == 5
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("at", ["4", "2026-01-01T01:00:00Z", "2026-01-01T01:00:00.000Z"])
def test_at_an_entry_or_a_time(ledger: list[str], capsys: Any, at: str) -> None:
    code, verdict = shown(capsys, *ledger, "--at", at, "--now", "2026-01-01T02:00:00Z")
    assert (code, len(verdict["subjects"])) == (3, 1)


@pytest.mark.parametrize("at", ["3", "2026-01-01T00:59:59.999Z"])
def test_before_an_entry(ledger: list[str], capsys: Any, at: str) -> None:
    assert shown(capsys, *ledger, "--at", at)[1]["subjects"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--at", "99"], "entry 99 is asked for"),
        (["--at", "-1"], "is no time"),
        (["--at", "9" * 5000], "is no time"),
        (["--at", "yesterday"], "--at 'yesterday' is no time"),
        (["--at", "2026-01-01T00:00:00+01:00"], "is no time"),
        (["--at", "2025-01-01T00:00:00Z"], "outside of the ledger"),
        (["--now", "2026-13-01T00:00:00Z"], "--now '2026-13-01T00:00:00Z' is no time"),
        (["--workers", "0"], "is not in the range"),
        (["--color", "blue"], "is not one of"),
        (["--unknown"], "no such option"),
    ],
)
def test_options_that_cannot_be_used(
    ledger: list[str], capsys: Any, options: list[str], message: str
) -> None:
    assert cli.run([*ledger, *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_a_policy_of_ones_own(ledger: list[str], tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "policy.json"
    path.write_text("{}")
    assert cli.run([*ledger, "--policy", str(path)]) == 2
    assert "the policy cannot be understood" in capsys.readouterr().err


def test_a_directory_that_is_none(ledger: list[str], capsys: Any) -> None:
    assert cli.run(["log", "/nowhere", *ledger[2:]]) == 2
    assert "/nowhere is no directory, and nothing else is there" in capsys.readouterr().err
    assert cli.run(["log", ledger[3], *ledger[2:]]) == 2
    assert "is no directory, but a file" in capsys.readouterr().err


def test_a_directory_without_a_ledger_is_rejected(ledger: list[str], tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.run(["log", str(tmp_path / "empty"), *ledger[2:]]) == 4
    assert "hint:     is this what `plimsoll publish` wrote, and not the folder" in capsys.readouterr().out


def test_a_subject_may_be_chosen(forge: Forge, ledger: list[str], capsys: Any) -> None:
    assert cli.run([*ledger, "--subject", forge.model("m")]) == 3
    out = capsys.readouterr().out
    assert forge.model("m") in out
    assert "NOTHING HERE IS ABOUT" not in out


def said(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of a command."""
    code = cli.run(args)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_time_before_the_ledger_is_told_with_both_its_ends(ledger: list[str], capsys: Any) -> None:
    code, _, err = said(capsys, *ledger, "--at", "2001-01-01T00:00:00Z")
    assert code == 2
    assert "which goes from 2026-01-01T00:00:00.000Z to 2026-01-01T01:00:00.000Z" in err


def test_a_policy_that_is_yaml_is_told_how_it_is_written(
    ledger: list[str], tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "policy.yaml").write_text("policy: plimsoll/policy/v1\n")
    code, _, err = said(capsys, *ledger, "--policy", str(tmp_path / "policy.yaml"))
    assert code == 2
    assert "no JSON" in err
    assert "plimsoll policy render --canonical FILE" in err


def test_a_report_that_cannot_be_written_is_named_as_it_was_asked_for(
    ledger: list[str], tmp_path: Path, capsys: Any
) -> None:
    target = tmp_path / "missing" / "verdict.json"
    code, _, err = said(capsys, *ledger, "--report", str(target))
    assert code == 5
    assert f"{target}: no such file or directory" in err


def test_a_misspelled_option_is_an_object_where_one_was_asked_for(ledger: list[str], capsys: Any) -> None:
    code, out, err = said(capsys, "log", ledger[1], "--trsut", ledger[3], "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "usage")
    assert "--trsut" in err


def test_explain_wants_the_finding_first(ledger: list[str], capsys: Any) -> None:
    code, _, err = said(capsys, "explain", ledger[1], "F1", "--trust", ledger[3])
    assert code == 2
    assert "F1 is no directory" in err
    assert "plimsoll-verify explain F1 DIR" in err


def test_what_a_watcher_sees_says_how_sure_it_is(ledger: list[str], tmp_path: Path, capsys: Any) -> None:
    code, out, _ = said(capsys, "watch", *ledger[1:], "--state", str(tmp_path / "state" / "of-it"), "--once")
    assert code == 3
    assert "by the log's own word; freshness not checked; about what was recorded only" in out


@pytest.mark.parametrize(
    ("state", "why"), [("public", "holds a published ledger"), ("trust.toml", "is no directory")]
)
def test_a_watcher_keeps_its_state_in_a_directory_of_its_own(
    ledger: list[str], tmp_path: Path, capsys: Any, state: str, why: str
) -> None:
    code, _, err = said(capsys, "watch", *ledger[1:], "--state", str(tmp_path / state), "--once")
    assert code == 2
    assert f"{tmp_path / state} {why}" in err
    assert not (tmp_path / "public" / "watch.sqlite").exists()
