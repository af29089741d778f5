"""Alternatives, definitions, what is forbidden always, and constructs that nothing judges yet."""

import copy
from typing import Any

import pytest
from tests.support.language import FULL
from tests.support.story import COMMIT, POLICY, Story, brief, one, policy_with

from plimsoll_verify.findings import Because
from plimsoll_verify.observed import ResultContent
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.results import read_result

OTHERWISE = {
    "criteria": {"shown": {"text": "Shown.", "for_each": ["model"], "attested_by": "security"}},
}


def story_under(rule: dict[str, Any], **changes: Any) -> Story:
    """Return a story under one rule of the baseline."""
    return Story(policy_with(baseline=[{**COMMIT, **rule}], standards__otherwise=OTHERWISE, **changes))


def test_one_of_several_standards_is_enough() -> None:
    story = story_under({"needs": [{"any_of": ["high-dep", "otherwise"]}], "while": ["deploying it"]})
    story.attest("otherwise.shown", "document", about=story.m)
    story.advance(hours=1)
    story.deploy()
    assert brief(story.judge().findings) == []


def test_none_of_several_standards_is_one_breach_with_all_causes() -> None:
    story = story_under({"needs": ["base", {"any_of": ["otherwise", "high-dep"]}], "while": ["deploying it"]})
    other = story.attest("otherwise.shown", "document", about=story.m)
    story.deploy()
    story.advance(hours=1)
    lapse = story.lapse("otherwise.shown", about=story.m)
    lapsed = story.now_ms
    story.advance(hours=1)
    filters = story.filters()
    finding = one(story.judge().findings, "V01")
    assert (finding.from_ms, finding.to_ms, finding.to_index) == (lapsed, story.now_ms, filters)
    assert finding.because == (Because("V11", (other, lapse)),)
    assert "otherwise or high-dep was not in force" in finding.message
    assert "high-dep.filters was not attested for this" in finding.message


def test_one_alternative_a_surface_is_asked_on_each_surface() -> None:
    story = story_under({"needs": [{"any_of": ["otherwise", "high-dep"]}], "while": ["deploying it"]})
    story.filters()
    story.deploy()
    story.advance(hours=1)
    web = story.deploy(surface="web")
    finding = one(story.judge().findings, "V01")
    assert web in finding.entries
    assert finding.from_ms == story.now_ms


@pytest.mark.parametrize(
    ("standard", "status"), [("top", "undefined"), ("part", "partial"), ("top", "exploratory")]
)
def test_v10_what_has_to_be_defined_first_is_not(standard: str, status: str) -> None:
    changes: dict[str, Any] = {} if standard == "part" else {"standards__top__status": status}
    story = story_under({"define": standard, "before": "training it"}, **changes)
    story.advance(hours=1)
    start = story.train()
    began = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V02")
    assert (finding.from_ms, finding.ended_by, finding.rule) == (began, "open", "baseline.0")
    assert finding.because == (Because("V10", (story.policy_entry,)),)
    assert start in finding.entries
    assert f"{standard} was not defined, which clause 1 asks for" in finding.message


def test_a_definition_ends_it_as_an_amendment() -> None:
    story = story_under({"define": "top", "before": "storing it"})
    story.result(10)
    story.advance(days=1)
    document = copy.deepcopy(story.document)
    document["version"] = "2"
    document["standards"]["top"] = OTHERWISE
    story.adopt(document, kind="policy-amendment")
    amended = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V04")
    assert (finding.to_ms, finding.ended_by) == (amended, "amended")


def test_what_is_defined_needs_not_be_in_force() -> None:
    story = story_under({"define": "high-dep", "before": "deploying it"})
    story.deploy()
    assert brief(story.judge().findings) == []


def test_a_standard_that_is_explored_is_never_in_force() -> None:
    story = story_under({"needs": ["part"], "while": ["deploying it"]}, standards__part__status="exploratory")
    story.attest("part.alignment", "interpretability", about=story.m, role="auditor")
    story.deploy()
    finding = one(story.judge().findings, "V01")
    assert finding.because == (Because("V10", (story.policy_entry,)),)
    assert "part is exploratory" in finding.message


def test_v37_what_is_forbidden_always_stays_so() -> None:
    story = story_under({"forbid": "deploying it with tools"})
    story.deploy()
    story.advance(hours=1)
    start = story.deploy(attributes=["tools"])
    began = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V37")
    assert (finding.from_ms, finding.ended_by, finding.because) == (began, "open", ())
    assert start in finding.entries
    assert finding.message.endswith("which clause 1 forbids.")


def test_what_a_crossing_forbids_is_pending_until_it_has_to_be_answered() -> None:
    forbid = {**COMMIT, "forbid": "deploying it externally to everybody"}
    story = Story(policy_with(thresholds__cbrn__then=[forbid], baseline=[]))
    story.deploy()
    story.advance(hours=1)
    story.result(80)
    story.determine("cbrn", "crossed")
    onset = story.now_ms
    story.advance(days=60)
    finding = one(story.judge().findings, "V37")
    assert onset < finding.from_ms < story.now_ms
    assert "because cbrn is crossed" in finding.message


def test_a_test_of_the_system_may_rule_nothing_in() -> None:
    tests = parse_policy(copy.deepcopy(FULL)).tests
    story = Story(policy_with(tests=copy.deepcopy(FULL["tests"]), thresholds={}, baseline=[]))
    score = {
        "scorer": "judge", "reducer": "mean", "metric": "rate", "value": "1", "count": {"k": 9, "n": 9},
    }  # fmt: skip
    story.result(9, 9, body={"task": {"name": "bypass", "version": "1"}, "scores": [score]})
    found = story.replayed().facts.models[story.m].results[0].content
    assert isinstance(found, ResultContent)
    assert read_result(found, tests["bypass"]) == "between"
    assert read_result(found, tests["bypass-both"]) == "dangerous"


def test_the_small_policy_uses_nothing_that_is_not_judged() -> None:
    assert brief(Story(copy.deepcopy(POLICY)).judge().findings) == []


def test_a_document_of_a_newer_language_is_not_judged_by_and_said_to_be_newer() -> None:
    story = Story()
    newer = policy_with(version="2", policy="plimsoll/policy/v2", moons={"full": "x"})
    story.adopt(newer, kind="policy-amendment")
    finding = one(story.judge().findings, "I04")
    assert finding.message.endswith(
        "It stops at policy: 'plimsoll/policy/v2' is another version of the policy language than"
        " plimsoll/policy/v1."
    )


def test_a_construct_of_a_newer_language_is_named() -> None:
    story = Story()
    story.adopt(policy_with(version="2", pause__moon="full"), kind="policy-amendment")
    finding = one(story.judge().findings, "I04")
    assert "It stops at pause.moon: 'moon' means nothing here." in finding.message
