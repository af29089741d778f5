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
