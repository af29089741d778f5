"""Policies as files: numbers keep their written form; each problem has its line, column, suggestion."""

from pathlib import Path

import pytest

from plimsoll_attest.canonical import parse_canonical
from plimsoll_attest.errors import BadPolicy, UsageError
from plimsoll_attest.policyfile import Problem, check_policy, find_policy, load_policy

HARBOUR = find_policy("harbour")


def problem(tmp_path: Path, old: str, new: str) -> tuple[Problem, str]:
    """Return the problem of the harbour policy with one text replaced, and the line that it stands on."""
    text = HARBOUR.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "policy.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = check_policy(file)
    assert found, "no problem was found"
    with pytest.raises(BadPolicy, match=r"line \d+, column \d+"):
        load_policy(file)
    return found[0], file.read_text(encoding="utf-8").splitlines()[found[0].line - 1]


def test_the_policy_that_comes_along_has_no_problems() -> None:
    assert check_policy(HARBOUR) == []
    loaded = load_policy(HARBOUR)
    assert loaded.document["id"] == "harbour-rsp"
    assert parse_canonical(loaded.data) == loaded.document


def test_every_number_is_recorded_as_it_was_written() -> None:
    document = load_policy(HARBOUR).document
    assert document["version"] == "1.0"
    assert document["tests"]["virology"]["rules_out"]["below"] == "9/20"
    assert document["tests"]["virology"]["needs"]["samples"] == "10"


@pytest.mark.parametrize("written", ["1.10", "0x10", "1e3", "on", "2026-01-01"])
def test_a_version_is_any_text(tmp_path: Path, written: str) -> None:
    text = HARBOUR.read_text(encoding="utf-8").replace('version: "1.0"', f"version: {written}", 1)
    (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")
    assert load_policy(tmp_path / "policy.yaml").document["version"] == written


@pytest.mark.parametrize(
    ("old", "new", "where", "at", "suggestion"),
    [
        ("applies_to:", "aplies_to:", "aplies_to", "aplies_to:", "applies_to"),
        (
            "    danger: high scores\n",
            "    danger: hi scores\n",
            "tests.virology.danger",
            "hi scores",
            "high scores",
        ),
        ("rules_out: {below: 9/20", "rules_out: {below: 9/2O", "tests.virology.rules_out.below", "9/2O", ""),
        ("good_for: 6 months", "good_for: 6 month", "tests.virology.good_for", "6 month", ""),
    ],
)
def test_a_problem_stands_where_it_is(
    tmp_path: Path, old: str, new: str, where: str, at: str, suggestion: str
) -> None:
    found, line = problem(tmp_path, old, new)
    assert found.where == where
    assert line[found.column - 1 :].startswith(at)
    assert suggestion in found.suggestion
    assert str(found).startswith(f"line {found.line}, column {found.column}: {where}: ")


def test_yaml_that_is_none_is_a_problem_with_a_place(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("id: harbour\nid: other\n")
    assert check_policy(file) == [Problem(2, 1, "id is given twice", "remove one of the two")]
    file.write_text("- a\n")
    assert [item.message for item in check_policy(file)] == ["a policy is a mapping of names"]
    with pytest.raises(UsageError, match="there is no file"):
        check_policy(tmp_path / "none.yaml")


def test_a_policy_that_does_not_come_along_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no policy 'harbor'") as error:
        find_policy("harbor")
    assert error.value.hint == "did you mean harbour?"
