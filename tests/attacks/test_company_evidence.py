"""The company that runs the log plays with what shows things: measurements, plans, and files of evidence.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.language import BYPASS
from tests.support.story import COMMIT, Story, one, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01 = "V01 violation"
TASK = {"name": "bypass", "version": "1"}


def heartbeat(story: Story) -> int:
    """Let the log go on, so that time is judged up to now."""
    return story.say("rso", "heartbeat", [story.org()], {})


# -- efficacy, not presence


def measured_policy(**changes: Any) -> dict[str, Any]:
    """Return a policy by which the filters have to be measured on each surface."""
    criteria = policy_with()["standards"]["high-dep"]["criteria"]["filters"]
    del criteria["good_for"]
    return policy_with(
        gates=[],
        baseline=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
        tests={"virology": policy_with()["tests"]["virology"], "bypass": BYPASS},
        **{"standards__high-dep__criteria__filters": {**criteria, "measured_by": "bypass"}},
        **changes,
    )


def bypass(story: Story, k: int, surface: str = "api", **more: Any) -> int:
    """Record how many of 200 attempts got past the filters of a surface."""
    scores = [
        {
            "scorer": "judge", "reducer": "mean", "metric": "rate", "value": "0",
            "count": {"k": k, "n": 200},
        }
    ]  # fmt: skip
    where = {"surface": surface} if surface else {}
    body = {"task": TASK, "scores": scores, **where, **more.pop("body", {})}
    return story.result(k, 200, body=body, **more)


def protected(document: dict[str, Any] | None = None) -> Story:
    """A model that is deployed on api behind filters which were attested and measured."""
    story = Story(document or measured_policy())
    bypass(story, 1)
    story.filters()
    story.start_deployment()
    story.advance(days=10)
    return story


def test_filters_that_are_measured_in_time_are_in_force(codes: Codes) -> None:
    story = protected()
    heartbeat(story)
    assert codes(story) == []


def test_filters_are_there_and_nobody_measured_them(audited: Audited) -> None:
    story = Story(measured_policy())
    attested = story.filters()
    story.start_deployment()
    finding = one(audited(story).findings, "V01")
    assert (finding.level, finding.because) == ("violation", ())
    assert "was not measured for this" in finding.message
    assert attested not in finding.entries


def test_filters_were_measured_on_another_surface(codes: Codes) -> None:
    story = Story(measured_policy())
    bypass(story, 1, "web")
    story.filters()
    story.start_deployment()
    assert codes(story) == [V01]


def test_filters_are_got_past_and_stay(audited: Audited) -> None:
    story = Story(measured_policy())
    good = bypass(story, 1)
    story.filters()
    story.start_deployment()
    story.advance(days=10)
    bad = bypass(story, 60)
    story.advance(days=1)
    better = bypass(story, 0)
    finding = one(audited(story).findings, "V01")
    assert (finding.from_index, finding.ended_by) == (None, "cured")
    assert [(cause.code, cause.entries) for cause in finding.because] == [("V11", (good, bad))]
    assert "speaks against high-dep.filters" in finding.message
    assert better > bad


def test_a_bad_measurement_without_a_surface_is_one_of_every_surface(codes: Codes) -> None:
    story = protected()
    bypass(story, 60, "")
    heartbeat(story)
    assert codes(story) == [V01]


def test_a_measurement_is_not_good_for_ever(audited: Audited) -> None:
    story = protected()
    story.advance(days=200)
    heartbeat(story)
    finding = one(audited(story).findings, "V01")
    assert [cause.code for cause in finding.because] == ["V11"]
    assert "has run out" in finding.message


def test_a_measurement_that_is_recorded_once_it_has_run_out_is_none(codes: Codes) -> None:
    story = Story(measured_policy())
    story.filters()
    begun = story.now()
    story.advance(days=200)
    bypass(story, 1, event_time=begun, body={"started": begun, "completed": begun})
    story.start_deployment()
    assert V01 in codes(story)


def test_a_good_measurement_is_withheld(audited: Audited) -> None:
    story = Story(measured_policy())
    story.bodies[bypass(story, 1)] = b""
    story.filters()
    story.start_deployment()
    found = {finding.level for finding in audited(story).findings if finding.code == "V01"}
    assert found == {"indeterminate"}


def test_a_measurement_of_the_whole_system_does_for_what_has_no_surface(codes: Codes) -> None:
    criteria = {"text": "t", "for_each": ["model"], "attested_by": "security", "measured_by": "bypass"}
    document = measured_policy()
    document["standards"]["high-dep"]["criteria"] = {"filters": criteria}
    story = Story(document)
    bypass(story, 1, "")
    story.attest("high-dep.filters", "red-team", about=story.m)
    story.start_deployment()
    assert codes(story) == []
    bypass(story, 60, "web")
    heartbeat(story)
    assert codes(story) == [V01]


def test_a_plan_for_one_surface_is_none_for_another(codes: Codes) -> None:
    document = measured_policy(tests__bypass={**BYPASS, "needs": {"planned_first": "true"}})
    for surface, expected in (("api", []), ("web", [V01])):
        story = Story(document)
        plan = story.plan(task=TASK, surface=surface)
        story.advance(ms=1)
        bypass(story, 1, plan=plan)
        story.filters()
        story.start_deployment()
        assert codes(story) == expected


# -- runs that were planned


PLANS = {"late_after": "2 days", "plans": {"close_within": "2 weeks"}}


def test_a_run_disappears(audited: Audited) -> None:
    story = Story(policy_with(record_rules=PLANS))
    plan = story.plan()
    story.advance(days=20)
    heartbeat(story)
    verdict = audited(story)
    finding = one(verdict.findings, "V30")
    assert (verdict.verdict, finding.level, finding.ended_by) == ("indeterminate", "indeterminate", "open")
    assert plan in finding.entries


@pytest.mark.parametrize("status", ["error", "cancelled", "success"])
def test_any_end_of_a_run_accounts_for_it(codes: Codes, status: str) -> None:
    story = Story(policy_with(record_rules=PLANS))
    plan = story.plan()
    story.advance(days=10)
    story.result(10, plan=plan, body={"status": status})
    story.advance(days=10)
    heartbeat(story)
    assert codes(story) == []
    # And what came to nothing rules nothing out.
    states = story.judge().subjects[0]
    assert states.id == story.m


def test_a_run_is_accounted_for_late(audited: Audited) -> None:
    story = Story(policy_with(record_rules=PLANS))
    plan = story.plan()
    story.advance(days=20)
    late = story.result(10, plan=plan, body={"status": "error"})
    finding = one(audited(story).findings, "V30")
    assert (finding.level, finding.ended_by, finding.to_index) == ("finding", "cured", late)


def test_a_result_of_another_run_accounts_for_nothing(codes: Codes) -> None:
    story = Story(policy_with(record_rules=PLANS))
    story.plan()
    other = story.plan()
    story.advance(ms=1)
    story.result(10, plan=other)
    story.advance(days=20)
    heartbeat(story)
    assert codes(story) == ["V30 indeterminate"]


# -- evidence that has to be kept


KEPT = {"late_after": "2 days", "retention": {"evidence": "1 year"}}
FILE = {"name": "run.json", "sha256": "ab" * 32, "size": 10}


def test_evidence_is_erased_before_its_term(audited: Audited) -> None:
    story = Story(policy_with(record_rules=KEPT))
    kept = story.result(10, body={"evidence": [FILE]})
    report = story.say("security", "report", [story.org()], {"type": "risk", "cites": [], "document": FILE})
    story.advance(days=100)
    erased = story.say("rso", "erasure", [story.org()], {"digests": ["ab" * 32]})
    verdict = audited(story)
    finding = one(verdict.findings, "V32")
    assert (verdict.verdict, finding.level) == ("indeterminate", "indeterminate")
    assert {kept, report, erased} <= set(finding.entries)
    assert "and 1 more" in finding.message


def test_evidence_is_erased_after_its_term(codes: Codes) -> None:
    story = Story(policy_with(record_rules=KEPT))
    story.say("security", "report", [story.org()], {"type": "risk", "cites": [], "document": FILE})
    story.advance(days=366)
    story.say("rso", "erasure", [story.org()], {"digests": ["ab" * 32, "cd" * 32]})
    assert codes(story) == []


def test_an_erasure_is_dated_back_into_a_time_without_rule(codes: Codes) -> None:
    story = Story(policy_with(record_rules=KEPT))
    story.say("security", "report", [story.org()], {"type": "risk", "cites": [], "document": FILE})
    story.say(
        "rso", "erasure", [story.org()], {"digests": ["ab" * 32]}, event_time="2020-01-01T00:00:00.000Z"
    )
    assert codes(story) == ["V28 finding", "V32 indeterminate"]
