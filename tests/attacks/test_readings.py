"""The company reads its policy so that what it did was right: before it or after, alone or by its officers.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import beat
from tests.support.story import COMMIT, HOUR, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
OFFICERS: dict[str, Any] = {**COMMIT, "by": {"all_of": ["rso", "ceo"]}}


def begun() -> Story:
    """A policy that officers interpret, and a model that was ruled out."""
    document = policy_with()
    document["interpretation"] = OFFICERS
    story = Story(document)
    story.clear()
    story.advance(days=1)
    return story


def read(story: Story, *roles: str) -> int:
    """Read clause 1, by these roles."""
    body = {"policy": "test-policy", "clause": "1", "reading_sha256": "ab" * 32}
    index = story.say(roles[0], "interpretation", [], body, subject=story.subjects[story.policy_entry])
    for role in roles[1:]:
        story.approve(index, role)
    story.advance(hours=1)
    return index


def told(verdict: Verdict) -> list[tuple[str, str, int, tuple[int, ...]]]:
    assert verdict.judgement is not None
    return [(one.code, one.level, one.from_ms, one.interpreted_by) for one in verdict.findings]


@pytest.mark.parametrize("roles", [("rso",), ("rso", "ceo")])
def test_a_reading_after_the_deed_changes_nothing(audited: Audited, roles: tuple[str, ...]) -> None:
    story = begun()
    story.start_deployment()
    story.advance(days=1)
    before = told(audited(story))
    read(story, *roles)
    beat(story)
    assert told(audited(story)) == before
    assert {code for code, *_ in before} == {"V14"}


def test_a_reading_before_the_deed_is_told_and_changes_nothing_else(audited: Audited) -> None:
    plain, story = begun(), begun()
    plain.advance(hours=1)
    index = read(story, "rso", "ceo")
    for one in (plain, story):
        one.start_deployment()
        one.advance(days=1)
        beat(one)
    expected = [(*found[:3], (index, index + 1)) for found in told(audited(plain))]
    assert told(audited(story)) == expected
    assert audited(story).verdict == "violations"


def test_a_deed_before_a_reading_is_recorded_after_it(audited: Audited) -> None:
    story = begun()
    read(story, "rso", "ceo")
    story.start_deployment(event_time=story.now(-2 * HOUR))
    beat(story)
    assert [by for code, _, _, by in told(audited(story)) if code == "V14"] == [()]


def test_an_honest_reading_is_no_finding(audited: Audited) -> None:
    story = begun()
    read(story, "rso", "ceo")
    story.deploy()
    story.advance(days=1)
    beat(story)
    assert (audited(story).verdict, told(audited(story))) == ("compliant", [])


def test_somebody_else_reads_in_the_name_of_the_officers(audited: Audited) -> None:
    story = begun()
    body = {"policy": "test-policy", "clause": "1", "reading_sha256": "ab" * 32}
    subject = story.subjects[story.policy_entry]
    index = story.say("rso", "interpretation", [], body, subject=subject, who="sec")
    story.approve(index, "ceo")
    story.start_deployment()
    found = told(audited(story))
    assert {code for code, *_ in found} == {"V14", "V36"}
    assert {by for *_, by in found} == {()}
