"""Roles that a rule needs and nobody holds: V38."""

from typing import Any

import pytest
from tests.support.forge import canonical, time_text
from tests.support.past import Past
from tests.support.story import COMMIT, DAY, PEOPLE, Story, brief, one, policy_with

BOTH = {"all_of": ["rso", "ceo"]}
EITHER = {"any_of": ["rso", "ceo"]}


def lonely(*without: str, **changes: Any) -> Story:
    """A ledger in which nobody was ever given some roles."""
    people = {person: roles for person, roles in PEOPLE.items() if not set(roles) & set(without)}
    return Story(policy_with(**changes), people=people)


def end(story: Story, role: str) -> int:
    """Record that whoever holds a role holds it no more."""
    (person,) = (person for person, roles in PEOPLE.items() if role in roles)
    body = {"person": person, "role": role}
    return story.statement("role-ended", [f"person:{person}", f"role:{role}"], body, "root-1", "root")


def test_a_role_that_nobody_holds_any_more_until_somebody_is_given_it() -> None:
    story = Story()
    assert story.judge().findings == ()
    story.advance(days=1)
    begin, ended = story.now_ms, end(story, "security")
    story.advance(days=1)
    finding = one(story.judge().findings, "V38")
    assert (finding.level, finding.subject, finding.policy) == ("finding", story.org(), "test-policy")
    assert (finding.rule, finding.clause, finding.force) == ("roles.security", "", "")
    assert (finding.from_ms, finding.from_index, finding.to_ms, finding.ended_by) == (
        begin, ended, None, "open",
    )  # fmt: skip
    assert (finding.entries, finding.known_from) == ((story.policy_entry, ended), ended)
    assert finding.message == (
        "Nobody holds the role security: without somebody who does, standards.base, standards.high-dep of"
        " test-policy cannot be met."
    )
    assert story.judge().verdict == "compliant"
    given = story.grant("eva", "security")
    finding = one(story.judge().findings, "V38")
    assert (finding.to_ms, finding.to_index, finding.ended_by) == (story.now_ms, given, "cured")


def test_a_role_counts_while_anybody_holds_it() -> None:
    story = Story()
    story.grant("eva", "security")
    end(story, "security")
    assert story.judge().findings == ()


def test_a_role_that_nobody_was_ever_given_is_vacant_since_the_policy_is_in_force() -> None:
    story = lonely("board")
    story.advance(days=1)
    assert story.judge().policies == ()
    story = lonely("auditor")
    finding = one(story.judge().findings, "V38")
    completed = story.policy_entry + 2
    assert (finding.from_index, finding.entries) == (completed, (story.policy_entry,))
    assert "standards.high-sec, standards.part of" in finding.message


def test_a_grant_that_waits_for_the_root_quorum_fills_nothing() -> None:
    story = Story()
    story.grant("eva", "auditor", by="sec")
    end(story, "auditor")
    assert one(story.judge().findings, "V38").rule == "roles.auditor"


@pytest.mark.parametrize("why", ["until", "term"])
def test_a_role_becomes_vacant_by_time_alone(why: str) -> None:
    story = lonely("rso", **({"roles__rso": {"term": "30 days"}} if why == "term" else {}))
    story.advance(days=1)
    until = story.now_ms + 30 * DAY
    story.enrol("rso-1")
    more = {} if why == "term" else {"until": time_text(until)}
    first = one(story.judge().findings, "V38")
    given = story.grant("rso-1", "rso", **more)
    story.advance(days=31)
    found = [finding for finding in story.judge().findings if finding.code == "V38"]
    assert (found[0].from_ms, found[0].to_index) == (first.from_ms, given)
    assert [(one.from_ms, one.from_index, one.ended_by) for one in found[1:]] == [(until, None, "open")]
    assert found[1].entries == (story.policy_entry, given)


@pytest.mark.parametrize("part", ["called_by", "lifted_by"])
def test_a_term_does_not_matter_for_what_speaks_against_its_author(part: str) -> None:
    pause = {**COMMIT, "called_by": "ceo", "lifted_by": "ceo", "stops_within": "1 day", part: "release"}
    story = Story(policy_with(roles__release={"term": "30 days"}, pause=pause))
    story.advance(days=31)
    assert [finding.rule for finding in story.judge().findings] == (
        [] if part == "called_by" else ["roles.release"]
    )


def test_what_is_due_tells_when_a_role_runs_out() -> None:
    story = Story(policy_with(roles__rso={"term": "30 days"}))
    due = story.judge(due_ms=story.now_ms + 31 * DAY).due
    assert due is not None
    assert brief(due) == ["V38 finding"]
    assert story.judge().findings == ()


@pytest.mark.parametrize(
    ("quorum", "gone", "vacant"),
    [
        (EITHER, ["rso"], []),
        (EITHER, ["rso", "ceo"], ["ceo", "rso"]),
        (BOTH, ["rso"], ["rso"]),
        ({"any_of": ["rso", BOTH]}, ["ceo"], []),
        ({"any_of": ["board", BOTH]}, ["ceo", "board"], ["board", "ceo"]),
        ({"k_of": {"k": "2", "of": ["rso", "ceo", "board"]}}, ["rso"], []),
        ({"k_of": {"k": "2", "of": ["rso", "ceo", "board"]}}, ["rso", "ceo"], ["ceo", "rso"]),
    ],
    ids=["either", "neither", "both", "or-both", "nor-both", "two-of-three", "one-of-three"],
)
def test_a_quorum_is_blocked_by_what_it_cannot_be_met_without(
    quorum: dict[str, Any], gone: list[str], vacant: list[str]
) -> None:
    """Everything else in the policy is left to people who are there."""
    anybody = {
        "thresholds": {}, "standards": {}, "baseline": [], "tests": {},
        "gates": [{**COMMIT, "for": "training it", "approved_by": quorum}],
        "pause": {**COMMIT, "called_by": "release", "lifted_by": "release", "stops_within": "1 day"},
        "amendment": {"approved_by": "release"},
    }  # fmt: skip
    story = Story(policy_with(**anybody), adopt=False)
    story.adopt(story.document)
    story.advance(days=1)
    for role in gone:
        end(story, role)
    found = story.judge().findings
    assert sorted(finding.rule for finding in found) == [f"roles.{role}" for role in vacant]
    assert all("gates.0 of" in finding.message for finding in found)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"gates__0__told_before": ["lone"]}, "gates.0"),
        ({"gates__0__consulted_before": ["lone"]}, "gates.0"),
        ({"gates__0__told_after": {"who": ["lone"], "within": "1 day"}}, "gates.0"),
        ({"gates__1__approved_by": "lone"}, "gates.1"),
        ({"pause__called_by": "lone"}, "pause"),
        ({"pause__lifted_by": "lone"}, "pause"),
        ({"thresholds__cbrn__declared_by": "lone", "thresholds__cbrn__carried_over_by": "ceo"},
         "thresholds.cbrn"),
        ({"thresholds__cbrn__cleared_by": "lone"}, "thresholds.cbrn"),
        ({"thresholds__cbrn__carried_over_by": "lone"}, "thresholds.cbrn"),
        ({"standards__high-sec__approved_by": "lone"}, "standards.high-sec"),
        ({"standards__base__criteria__locks__attested_by": {"any_of": ["security", "lone"]}}, ""),
        ({"tests__virology__needs": {"run_by": "lone"}}, "tests.virology"),
        ({"exceptions": {"waiver": {**COMMIT, "approved_by": "lone", "at_most": "1 day"}}},
         "exceptions.waiver"),
        ({"duties": {"d": {**COMMIT, "when": {"every": "1 year"}, "do": {"publication": "x"}, "by": "lone",
                           "within": "1 day"}}}, "duties.d"),
        ({"duties": {"d": {**COMMIT, "when": {"every": "1 year"}, "do": {"publication": "x"},
                           "within": "1 day",
                           "then": [{**COMMIT, "do": {"publication": "y"}, "by": "lone",
                                     "within": "1 day"}]}}}, "duties.d"),
        ({"reversal": {**COMMIT, "by": "lone", "stops_within": "1 day"}}, "reversal"),
        ({"interpretation": {**COMMIT, "by": "lone"}}, "interpretation"),
        ({"amendment": {**COMMIT, "approved_by": "lone"}}, "amendment"),
        ({"amendment": {**COMMIT, "approved_by": "ceo", "proposed_by": "lone"}}, "amendment"),
        ({"amendment": {**COMMIT, "approved_by": "ceo", "consulted": ["lone"]}}, "amendment"),
        ({"amendment": {**COMMIT, "approved_by": "ceo", "weakening": {"approved_by": "lone"}}}, "amendment"),
        ({"record_rules__inventory": {"every": "1 year", "by": "lone", "of": ["api"], "tolerance": "1 day"}},
         "record_rules.inventory"),
    ],
    ids=[
        "told", "consulted", "told-after", "gate", "called", "lifted", "declared", "cleared", "carried",
        "approved", "not-alone", "run", "exception", "duty", "follow-up", "reversal", "interpretation",
        "amendment", "proposed", "amendment-consulted", "weakening", "inventory",
    ],
)  # fmt: skip
def test_every_rule_that_somebody_has_to_meet(change: dict[str, Any], where: str) -> None:
    story = Story(policy_with(roles__lone={}, **change))
    found = [finding for finding in story.judge().findings if finding.code == "V38"]
    assert [finding.rule for finding in found] == (["roles.lone"] if where else [])
    assert all(f"who does, {where} of" in finding.message for finding in found)


def test_of_many_rules_a_message_names_the_first() -> None:
    gates = [{**COMMIT, "for": "training it", "approved_by": "lone"}] * 7
    story = Story(policy_with(roles__lone={}, gates=gates))
    message = one(story.judge().findings, "V38").message
    assert "gates.0, gates.1, gates.2, gates.3, gates.4 and 2 more of test-policy" in message


def test_an_amendment_that_no_longer_needs_a_role_ends_its_vacancy() -> None:
    document = policy_with(roles__lone={}, gates__1__approved_by="lone")
    story = Story(document)
    begin = story.now_ms
    story.advance(days=1)
    story.adopt({**document, "version": "2"}, kind="policy-amendment")
    story.advance(days=1)
    still = one(story.judge().findings, "V38")
    assert (still.from_ms, still.to_ms) == (begin, None)
    story.adopt({**story.document, "version": "3", "gates": []}, kind="policy-amendment")
    over = one(story.judge().findings, "V38")
    assert (over.to_ms, over.to_index, over.ended_by) == (story.now_ms, story.size - 1, "amended")


def test_a_policy_that_comes_into_force_by_its_date_opens_no_entry() -> None:
    document = policy_with(roles__lone={}, gates__1__approved_by="lone",
                           effective_from="2026-03-10T00:00:00Z")  # fmt: skip
    story = Story(document)
    assert "V38 finding" not in brief(story.judge().findings)
    story.advance(days=30)
    assert one(story.judge().findings, "V38").from_index is None


def test_of_a_claimed_policy_only_roles_count_that_somebody_was_given() -> None:
    past = Past(adopt=False, people={"aud": ["auditor"], "sec": ["security"]})
    past.claim_policy(policy_with())
    assert past.judge().findings == ()
    past.advance(days=1)
    ended = end(past, "security")
    finding = one(past.judge().findings, "V38")
    assert (finding.rule, finding.from_index) == ("roles.security", ended)
    assert finding.entries[1:] == (ended,)


def test_of_another_policy_only_roles_count_that_somebody_was_given() -> None:
    story = Story()
    end(story, "security")
    other = policy_with(roles__lone={}, pause__called_by="lone")
    assert [one.rule for one in story.judge(policy=canonical(other)).findings] == ["roles.security"]
