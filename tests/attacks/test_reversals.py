"""The management goes on although the board reversed what it had decided, or plays with the reversal itself.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import beat
from tests.support.forge import time_text
from tests.support.story import COMMIT, HOUR, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V14, V35 = "V01 violation", "V14 violation", "V35 violation"


def deployed(**changes: Any) -> tuple[Story, int, int]:
    """A model that was deployed with a permit under a policy by which the board may reverse."""
    document = policy_with(**changes)
    document["reversal"] = {**COMMIT, "by": "board", "stops_within": "3 days"}
    story = Story(document)
    story.clear()
    story.advance(days=1)
    permit = story.permit("rso", "ceo")
    start = story.start_deployment()
    story.advance(days=1)
    return story, permit, start


def reverse(story: Story, of: int, role: str = "board", **more: Any) -> int:
    """Have the board reverse an entry."""
    more.setdefault("subject", story.subjects[of])
    return story.say(role, "reversal", [], {"of": story.ref(of)}, **more)


def test_a_deployment_goes_on(codes: Codes) -> None:
    story, permit, _ = deployed()
    reverse(story, permit)
    story.advance(days=9)
    beat(story)
    assert codes(story) == [V35]


def test_a_reversal_is_honoured_in_time(codes: Codes) -> None:
    story, permit, start = deployed()
    reverse(story, permit)
    story.advance(days=2)
    story.end(start)
    story.advance(days=9)
    beat(story)
    assert codes(story) == []


def test_an_end_is_dated_back_before_the_deadline(codes: Codes) -> None:
    story, permit, start = deployed()
    reverse(story, permit)
    story.advance(days=2)
    ended = story.now()
    story.advance(days=9)
    story.end(start, event_time=ended)
    assert V35 in codes(story)


def test_a_start_is_dated_back_before_the_reversal(codes: Codes) -> None:
    story, permit, start = deployed()
    story.end(start)
    before = story.now()
    story.advance(hours=1)
    reverse(story, permit)
    story.advance(days=9)
    story.start_deployment(event_time=before)
    assert V14 in codes(story)


def test_the_deployment_is_narrowed_instead_of_ended(codes: Codes) -> None:
    story, permit, start = deployed()
    reverse(story, permit)
    story.advance(days=1)
    story.change(start, "external.trusted")
    story.advance(days=9)
    beat(story)
    assert codes(story) == [V35]


def test_the_management_reverses_the_reversal(codes: Codes) -> None:
    story, permit, _ = deployed()
    reversal = reverse(story, permit)
    reverse(story, reversal, "ceo")
    story.advance(days=9)
    beat(story)
    assert codes(story) == [V35, "V36 violation"]


def test_a_permit_that_nobody_had_approved_again_covers_it(codes: Codes) -> None:
    story, permit, _ = deployed()
    reverse(story, permit)
    story.permit("rso")
    story.advance(days=9)
    beat(story)
    assert codes(story) == [V35]


def test_a_permit_that_has_expired_is_approved_to_cover_it(codes: Codes) -> None:
    story, permit, _ = deployed()
    old = story.permit("rso", expires=time_text(story.now_ms + HOUR))
    reverse(story, permit)
    story.advance(hours=2)
    story.approve(old, "ceo")
    story.advance(days=9)
    beat(story)
    assert codes(story) == [V35]


def test_a_permit_that_covers_it_is_reversed_when_the_deadline_is_past(codes: Codes) -> None:
    story, permit, _ = deployed()
    reverse(story, permit)
    second = story.permit("rso", "ceo")
    story.advance(days=4)
    assert codes(story) == []
    reverse(story, second)
    story.advance(days=4)
    beat(story)
    assert codes(story) == [V35]


def test_a_crossing_is_reversed(codes: Codes) -> None:
    story, _, _ = deployed(thresholds__cbrn__respond_within=...)
    crossing = story.determine("cbrn", "crossed")
    before = codes(story)
    assert V01 in before
    reverse(story, crossing)
    story.advance(hours=1)
    beat(story)
    assert codes(story) == before


def test_a_ruling_out_is_reversed_and_a_bad_result_hides_in_the_time_to_stop(audited: Audited) -> None:
    story, _, _ = deployed(thresholds__cbrn__respond_within=...)
    story.result(60)
    ruled = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.advance(days=1)
    reverse(story, ruled)
    story.advance(hours=1)
    story.result(90)
    at = story.now_ms
    story.advance(days=1)
    beat(story)
    found = [one for one in audited(story).findings if one.code == "V01"]
    assert at in {one.from_ms for one in found}


@pytest.mark.parametrize("who", ["sec", "board-1"])
def test_somebody_else_reverses_in_the_name_of_the_board(codes: Codes, who: str) -> None:
    story, permit, start = deployed()
    reverse(story, permit, who=who)
    story.advance(days=1)
    story.end(start)
    assert codes(story) == ([] if who == "board-1" else ["V36 violation"])
