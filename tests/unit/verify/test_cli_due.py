"""What `log --due` says of the days to come."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.support.obliged import Obliged, policy_of

from plimsoll_verify import cli

DUTY = {"when": {"every": "1 month"}, "do": {"publication": "state"}, "within": "0 days"}
SCHEMA = Path(cli.__file__).parent / "schema" / "verdict-v1.json"


@pytest.fixture
def ledger(tmp_path: Path) -> list[str]:
    story = Obliged(policy_of(it=DUTY))
    (tmp_path / "trust.toml").write_text(story.publish(tmp_path / "public"))
    return ["log", str(tmp_path / "public"), "--trust", str(tmp_path / "trust.toml")]


def at(*ledger: str, due: str) -> list[str]:
    """Ask what is due, on the day of the last entry."""
    return [*ledger, "--now", "2026-03-01T00:00:00Z", "--due", due]


def test_what_is_due_is_listed(ledger: list[str], capsys: Any) -> None:
    assert cli.run(at(*ledger, due="90 days")) == 0
    out = capsys.readouterr().out
    assert "due, if nothing more is recorded:" in out
    assert "2026-04-01T00:00:00.000Z  V24 duty-overdue (violation): From" in out
    assert cli.run(at(*ledger, due="1 week")) == 0
    assert "due:     nothing, as far as it was asked" in capsys.readouterr().out
    assert cli.run([*at(*ledger, due="90 days"), "--subject", "model:x"]) == 0
    out = capsys.readouterr().out
    assert "due:     nothing, as far as it was asked" in out
    # A name in place of an id must not read as if nothing were wrong with that model.
    assert "NOTHING HERE IS ABOUT model:x" in out


def test_the_json_has_what_is_due(ledger: list[str], capsys: Any) -> None:
    assert cli.run([*at(*ledger, due="90 days"), "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(verdict)
    assert [(one["time"], one["rule"]) for one in verdict["due"]] == [
        ("2026-04-01T00:00:00.000Z", "duties.it")
    ]
    assert verdict["findings"] == []


def test_what_falls_past_the_end_of_time_is_not_due(ledger: list[str], capsys: Any) -> None:
    assert cli.run([*at(*ledger, due="99999 years"), "--json"]) == 0
    due = json.loads(capsys.readouterr().out)["due"]
    assert [one["time"] for one in due] == ["2026-04-01T00:00:00.000Z"]


def test_a_period_that_is_none(ledger: list[str], capsys: Any) -> None:
    assert cli.run(at(*ledger, due="soon")) == 2
    assert "--due 'soon' is not a period such as" in capsys.readouterr().err
