"""What adherence makes of another policy's findings."""

from typing import Any

import pytest
from tests.support.story import COMMIT, Story, policy_with

PLAIN: dict[str, Any] = {"thresholds": {}, "baseline": [], "gates": []}


def law(force: str = "commitment", **more: Any) -> dict[str, Any]:
    rule = {"clause": "1", "force": force, "to": "test-policy"}
    return policy_with(id="a-law", title="A law", adheres=[rule], **(PLAIN | more))


def broken(*documents: dict[str, Any]) -> Story:
    story = Story()
    for document in documents:
        story.adopt(document)
    story.advance(hours=1)
    story.start_deployment()
    return story


def test_what_breaks_the_policy_breaks_the_law_that_asks_to_adhere() -> None:
    judgement = broken(law()).judge()
    own = [found for found in judgement.findings if found.policy == "test-policy"]
    theirs = [found for found in judgement.findings if found.policy == "a-law"]
    assert len(own) == len(theirs) > 0
    assert {(one.code, one.from_ms, one.to_ms, one.level) for one in own} == {
        (one.code, one.from_ms, one.to_ms, one.level) for one in theirs
    }
    assert all(one.rule == "adheres.0" and one.clause == "1" for one in theirs)
    assert all("asks for adherence to test-policy: " in one.message for one in theirs)


@pytest.mark.parametrize("document", [law("aim")])
def test_adherence_that_is_no_commitment_is_a_finding(document: dict[str, Any]) -> None:
    levels = {one.level for one in broken(document).judge().findings if one.policy == "a-law"}
    assert levels == {"finding"}


def test_adherence_goes_one_step_and_begins_with_its_policy() -> None:
    second = policy_with(id="another-law", adheres=[{**COMMIT, "to": "a-law"}], **PLAIN)
    judgement = broken(law(), second).judge()
    assert {one.policy for one in judgement.findings} == {"test-policy", "a-law"}
    late = broken()
    late.advance(days=1)
    late.adopt(law())
    found = [one for one in late.judge().findings if one.policy == "a-law"]
    assert all(one.code != "V14" for one in found)


def test_what_is_found_by_adherence_is_known_from_the_last_of_its_entries() -> None:
    """A policy that was there later than all that broke the other one was seen to be broken no earlier."""
    story = Story(policy_with(gates=[], thresholds={}, standards__base__criteria__locks__good_for="2 days"))
    story.start_deployment()
    story.advance(hours=1)
    asked = story.adopt(law())
    story.advance(days=3)
    story.say("release", "heartbeat", [story.org()], {})
    broken = [one for one in story.judge().findings if one.code == "V01"]
    (own,) = (one for one in broken if one.policy == "test-policy")
    (theirs,) = (one for one in broken if one.policy == "a-law")
    assert own.known_from == max(own.entries) < asked
    assert theirs.entries == (*own.entries, asked)
    assert theirs.known_from == asked


DAY = 86_400_000


@pytest.mark.parametrize(("force", "level"), [("commitment", "violation"), ("aim", "finding")])
def test_what_is_due_under_the_other_policy_is_due_by_adherence(force: str, level: str) -> None:
    duty = {**COMMIT, "when": {"every": "1 month"}, "do": {"publication": "state"}, "within": "0 days"}
    story = Story(policy_with(duties={"tell": duty}))
    asked = story.adopt(law(force))
    found = story.judge(due_ms=story.now_ms + 40 * DAY)
    assert not [one for one in found.findings if one.code == "V24"]
    own, theirs = (one for one in found.due or () if one.code == "V24")
    assert (own.policy, own.rule) == ("test-policy", "duties.tell")
    assert (theirs.policy, theirs.rule, theirs.level) == ("a-law", "adheres.0", level)
    assert (theirs.subject, theirs.from_ms) == (own.subject, own.from_ms)
    assert asked in theirs.entries
    assert theirs.message == f"Clause 1 asks for adherence to test-policy: {own.message}"
    assert "will have been no publication state" in theirs.message


def test_what_began_before_or_binds_later_is_not_due_by_adherence() -> None:
    duty = {**COMMIT, "when": {"every": "1 month"}, "do": {"publication": "state"}, "within": "0 days"}
    story = Story(policy_with(duties={"tell": duty}))
    story.adopt(law())
    story.advance(days=45)
    story.say("release", "heartbeat", [story.org()], {})
    found = story.judge(due_ms=story.now_ms + 5 * DAY)
    assert {one.policy for one in found.findings if one.code == "V24"} == {"test-policy", "a-law"}
    assert not [one for one in found.due or () if one.code == "V24"]
    coming = law(effective={"from": "2027-01-01T00:00:00Z"})
    story = Story(policy_with(duties={"tell": duty}))
    story.adopt(coming)
    assert {one.policy for one in story.judge(due_ms=story.now_ms + 40 * DAY).due or ()} == {"test-policy"}
