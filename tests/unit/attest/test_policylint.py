"""Warnings about policies: each kind once, with the place that it points at; none about a clean policy."""

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.language import FULL
from tests.support.story import COMMIT, POLICY, policy_with

from plimsoll_attest.data import find_data
from plimsoll_attest.errors import UsageError
from plimsoll_attest.lint import Warned, find_warnings
from plimsoll_attest.lint.people import quorums as all_quorums
from plimsoll_attest.lint.warnings import walk
from plimsoll_attest.policyfile import check_policy, inspect_policy
from plimsoll_verify.policy.grammar import Quorum
from plimsoll_verify.policy.parse import parse_policy

Tree = dict[str, Any]

CLEAN: Tree = policy_with(
    clauses={"1": {"judged_by": "log"}, "2": {"judged_by": "attestation"}},
    roles={key: one for key, one in POLICY["roles"].items() if key != "release"},
    gates=[{**COMMIT, "for": one, "approved_by": "rso"} for one in ("training it", "deploying it")],
)


def warned(document: Tree, **known: Any) -> list[Warned]:
    """Return the warnings about a document."""
    return find_warnings(parse_policy(copy.deepcopy(document)), **known)


def test_a_clean_policy_is_not_warned_about() -> None:
    assert warned(CLEAN) == []


def with_part(**changes: Any) -> Tree:
    """Return the clean policy with some members set."""
    document = copy.deepcopy(CLEAN)
    for path, value in changes.items():
        *parents, last = path.split("__")
        at: Any = document
        for key in parents:
            at = at[key.replace("_", "-")] if key.replace("_", "-") in at else at[key]
        at[last] = value
    return document


ATTESTED = {"judged_by": "attestation"}
LOW = {"judged_on": "lower 95 % bound"}
UP = {"judged_on": "upper 95 % bound"}
LAXER = {**COMMIT, "approved_by": {"all_of": ["ceo", "board"]}, "notice": "1 month"}
CASES: dict[str, tuple[Tree, tuple[str | int, ...], str]] = {
    "clause-uncited": (
        with_part(clauses__4={"judged_by": "log"}, clauses__3={"judged_by": "attestation"}),
        ("clauses", "4"), "no rule cites it",
    ),
    "clause-judged": (
        with_part(clauses__1={"judged_by": "nobody", "why": "Taste."}), ("clauses", "1"), "a rule cites it",
    ),
    "clause-unexplained": (with_part(clauses__2={"judged_by": "nobody"}), ("clauses", "2"), "says why"),
    "clause-gap": (
        with_part(clauses={**CLEAN["clauses"], "3.2": ATTESTED, "a": ATTESTED}),
        ("clauses",), "leave out 3.1",
    ),
    "role-unused": (with_part(roles__cook={}), ("roles", "cook"), "nothing asks"),
    "role-confusable": (
        with_part(roles={**CLEAN["roles"], "rs0": {}}, pause__called_by="rs0"), ("roles", "rs0"),
        "too like rso",
    ),
    "standard-unused": (
        with_part(standards__idle={"status": "undefined"}), ("standards", "idle"), "no rule needs",
    ),
    "threshold-idle": (
        with_part(thresholds__idle={**CLEAN["thresholds"]["next"], "then": []}), ("thresholds", "idle"),
        "nothing follows",
    ),
    "test-unused": (
        with_part(tests__idle=CLEAN["tests"]["virology"]), ("tests", "idle"), "no threshold and no criterion",
    ),
    "calendar-unused": (
        with_part(calendars={"eu": {"zone": "UTC", "holidays": []}}), ("calendars", "eu"), "no duty",
    ),
    "criterion-unshowable": (
        with_part(standards__high_dep__criteria__filters__not_shown_by=["red-team"]),
        ("standards", "high-dep", "criteria", "filters", "not_shown_by"), "does not count as showing it",
    ),
    "baseline-unmeetable": (
        with_part(baseline=[
            *CLEAN["baseline"], {**COMMIT, "needs": [{"any_of": ["top", "part"]}], "while": ["training it"]},
        ]),
        ("baseline", 2, "needs", 0), "top or part is needed from the first day",
    ),
    "inventory-lax": (
        with_part(record_rules__inventory={
            "every": "1 day", "by": "security", "of": ["api"], "tolerance": "1 day",
        }),
        ("record_rules", "inventory", "tolerance"), "further off",
    ),
    "late-after-long": (
        with_part(record_rules__late_after="1 year"), ("record_rules", "late_after"), "no longer",
    ),
    "scope-gap": (
        with_part(baseline=[{**COMMIT, "needs": ["base"], "while": ["deploying it externally"]}],
                  thresholds={}, standards=CLEAN["standards"]),
        ("baseline",), "no rule binds training it, storing it, deploying it internally",
    ),
    "gate-gap": (
        with_part(gates=[
            {**COMMIT, "for": one, "approved_by": "rso"}
            for one in ("training it", "deploying it internally", "deploying it externally to everybody")
        ]),
        ("gates",), "asks about offering it for fine-tuning, deploying it externally to a limited audience",
    ),
    "no-gates": (with_part(gates=[]), ("gates",), "nobody has to approve"),
}  # fmt: skip


@pytest.mark.parametrize("code", CASES)
def test_what_is_probably_not_meant(code: str) -> None:
    document, path, message = CASES[code]
    found = {one.code: one for one in warned(document)}
    assert code in found
    assert found[code].path == path
    assert message in found[code].message
    assert found[code].suggestion


@pytest.mark.parametrize(
    ("rules_out", "rules_in", "codes"),
    [
        ({"below": "0", **UP}, {"at_or_above": "1/2", **LOW}, ["limit-unreachable"]),
        (
            {"below": "1", **UP}, {"at_or_above": "1.1", **LOW},
            ["limit-unreachable", "threshold-unreachable"],
        ),
        (
            {"below": "1/10", "margin": "1/5", "judged_on": "score"}, {"at_or_above": "1", **LOW},
            ["limit-unreachable"],
        ),
        ({"below": "1/10", "judged_on": "score"}, {"at_or_above": "9", "judged_on": "score"}, []),
        (
            {"below": {"score_of": "ab" * 16}, **UP}, {"at_or_above": "1/2", **LOW}, [],
        ),
    ],
)  # fmt: skip
def test_limits_that_no_result_can_meet(rules_out: Tree, rules_in: Tree, codes: list[str]) -> None:
    document = with_part(tests__virology__rules_out=rules_out, tests__virology__rules_in=rules_in)
    assert sorted({one.code for one in warned(document)}) == codes


def test_limits_of_low_scores_that_no_result_can_meet() -> None:
    test = {
        **CLEAN["tests"]["virology"], "danger": "low scores", "rules_out": {"above": "1", **LOW},
        "rules_in": {"at_or_below": "0", **UP},
    }  # fmt: skip
    assert [one.path for one in warned(with_part(tests__virology=test))] == [
        ("tests", "virology", "rules_out")
    ]


def test_times_of_no_length() -> None:
    document = with_part(
        tests__virology__good_for="0 days", standards__high_dep__criteria__filters__good_for="0 months"
    )
    codes = [one.code for one in warned(document)]
    assert codes.count("time-empty") == 2


def test_weakening_that_is_easier_than_amending() -> None:
    document = with_part(
        amendment={**LAXER, "weakening": {"approved_by": {"all_of": ["ceo"]}, "notice": "1 week"}}
    )
    assert [one.path[-1] for one in warned(document)] == ["notice", "approved_by"]
    quorums: list[Any] = [{"all_of": ["ceo", "board"]}, "ceo"]
    for quorum in quorums:
        document = with_part(amendment={**LAXER, "weakening": {"approved_by": quorum}})
        assert [one.code for one in warned(document)] == ["weakening-easier"]
    quorums = [{"all_of": ["ceo", "auditor"]}, {"k_of": {"k": "1", "of": ["ceo", "board"]}}]
    for quorum in quorums:
        weakening = {"approved_by": quorum, "notice": "2 months"}
        assert warned(with_part(amendment={**LAXER, "weakening": weakening})) == []


def test_clauses_of_the_source_have_to_be_there() -> None:
    found = warned(CLEAN, source_clauses=["1", "2", "2.1", "9"])
    assert [(one.code, one.message) for one in found] == [
        ("clause-missing", "clause 2.1 of the source is not accounted for"),
        ("clause-missing", "clause 9 of the source is not accounted for"),
    ]


def everybody(policy: Tree) -> dict[str, frozenset[str]]:
    """Return one person for each role."""
    return {role: frozenset({f"p-{role}"}) for role in policy["roles"]}


def test_quorums_are_held_to_the_people() -> None:
    holders = everybody(CLEAN)
    assert warned(CLEAN, holders=holders) == []
    found = warned(CLEAN, holders={**holders, "board": frozenset()})
    assert {one.code for one in found} == {"role-vacant", "quorum-unfillable"}
    assert ("roles", "board") in [one.path for one in found]
    adoption = next(one for one in found if one.path == ("adoption", "signed_off_by"))
    assert "nobody holds board" in adoption.message


def test_one_person_with_two_roles_does_not_fill_both() -> None:
    holders = {**everybody(CLEAN), "ceo": frozenset({"ann"}), "board": frozenset({"ann"})}
    found = [one for one in warned(CLEAN, holders=holders) if one.code == "quorum-unfillable"]
    assert ("adoption", "signed_off_by") in [one.path for one in found]
    assert "too few persons" in found[0].message


def test_every_quorum_of_the_language_is_held_to_the_people() -> None:
    policy = parse_policy(copy.deepcopy(FULL))
    listed = [quorum for _, quorum, _ in all_quorums(policy)]
    for quorum in walk(policy):
        if isinstance(quorum, Quorum):
            assert any(quorum in walk(one) for one in listed), quorum


def test_places_are_lines_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        (find_data("policies") / "harbour.yaml").read_text(encoding="utf-8").replace(
            "roles:\n", "roles:\n  cook: {}\n", 1
        ),
        encoding="utf-8",
    )  # fmt: skip
    inspected = inspect_policy(file)
    assert inspected.errors == []
    assert inspected.loaded is not None
    cook = next(one for one in inspected.warnings if one.where == "roles.cook")
    assert file.read_text(encoding="utf-8").splitlines()[cook.line - 1].strip() == "cook: {}"
    assert (cook.code, cook.column) == ("role-unused", 3)


def test_all_errors_come_with_their_lines(tmp_path: Path) -> None:
    text = (find_data("policies") / "harbour.yaml").read_text(encoding="utf-8")
    wrong = {"good_for: 6 months": "good_for: 6 moons", "force: commitment": "force: vow", "title:": "titel:"}
    for old, new in wrong.items():
        text = text.replace(old, new, 1)
    file = tmp_path / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    problems = check_policy(file)
    assert len(problems) >= 3
    assert [one.line for one in problems] == sorted(one.line for one in problems)
    lines = text.splitlines()
    for words in ("6 moons", "vow", "titel"):
        assert any(words in lines[one.line - 1] for one in problems)


# -- bounded


def _many(count: int) -> str:
    return "policy: plimsoll/policy/v1\nthresholds:\n" + "".join(f" t{n}: {{}}\n" for n in range(count))


BOMBS: dict[str, Callable[[], str]] = {
    "thresholds": lambda: _many(330_000),
    "as-many-as-are-counted": lambda: _many(4_097),
    "depth": lambda: "policy: " + "[" * 400_000,
    "depth-of-blocks": lambda: "".join(" " * n + "a:\n" for n in range(1000)),
    "aliases": lambda: "a: &a [x]\nb: &b [*a, *a]\n",
    "long-text": lambda: "title: " + "x" * (4 << 20),
    "unknown-names": lambda: "".join(f"surprise{n}: x\n" for n in range(100_000)),
    "one-word": lambda: "-" * 1_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_files_made_to_take_long_end_soon_with_an_error(tmp_path: Path, name: str) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(BOMBS[name](), encoding="utf-8")
    began = time.monotonic()
    if name == "long-text":
        with pytest.raises(UsageError, match=r"bomb\.yaml is larger than 4 MiB"):
            check_policy(file)
    else:
        assert 0 < len(check_policy(file)) <= 100
    assert time.monotonic() - began < 60


def test_a_policy_with_as_much_of_everything_as_is_allowed_is_read_in_time() -> None:
    document = copy.deepcopy(CLEAN)
    rule = {**COMMIT, "needs": ["base"], "while": ["deploying it"]}
    document["thresholds"] |= {f"t{n}": {**CLEAN["thresholds"]["next"], "then": [rule]} for n in range(4000)}
    document["roles"] |= {f"r{n}": {} for n in range(4000)}
    document["gates"] = [{**COMMIT, "for": "deploying it", "approved_by": f"r{n}"} for n in range(4000)]
    began = time.monotonic()
    assert {one.code for one in warned(document)} <= {"gate-gap", "role-confusable"}
    assert time.monotonic() - began < 60


def test_policies_that_come_along_are_understood() -> None:
    for path in sorted(find_data("policies").glob("*.yaml")):
        assert check_policy(path) == [], path
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["policy"] == "plimsoll/policy/v1"
