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
    assert "is no directory" in capsys.readouterr().err


def test_a_directory_without_a_ledger_is_rejected(ledger: list[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.run(["log", str(tmp_path / "empty"), *ledger[2:]]) == 4


def test_a_subject_may_be_chosen(forge: Forge, ledger: list[str], capsys: Any) -> None:
    assert cli.run([*ledger, "--subject", forge.model("m")]) == 3
    out = capsys.readouterr().out
    assert forge.model("m") in out
    assert "NOTHING HERE IS ABOUT" not in out
