"""The company corrects what it said, alone or with a second person of its own, to have it otherwise.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import beat, live, quick
from tests.support.forge import time_text
from tests.support.story import DAY, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V14, V17, V31 = "V01 violation", "V14 violation", "V17 violation", "V31 violation"
TOLD = "V41 finding"


def dangerous() -> tuple[Story, int]:
    """A model that is deployed, and a bad result."""
    story = live(quick())
    return story, story.result(80)


def better(story: Story, of: int) -> dict[str, Any]:
    """Return the result as it had better been."""
    score = {**story.claim_of(of)["scores"][0], "count": {"k": 10, "n": 100}}
    return story.claim_of(of, scores=[score])


def test_an_adverse_result_is_corrected_away(codes: Codes) -> None:
    story, result = dangerous()
    before = codes(story)
    assert V01 in before
    story.correct(result, better(story, result))
    story.advance(days=3)
    beat(story)
    assert codes(story) == sorted({*before, V31, TOLD})


def test_an_adverse_result_is_corrected_away_by_two(codes: Codes) -> None:
    story, result = dangerous()
    before = codes(story)
    story.correct(result, better(story, result), "evaluator", "release")
    story.advance(days=3)
    beat(story)
    assert codes(story) == sorted({*before, TOLD})


def test_whoever_cleared_the_better_figure_had_not_seen_the_worse_one(audited: Audited) -> None:
    story = live(quick())
    plan = story.plan()
    story.advance(ms=1)
    result = story.result(10, plan=plan)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    score = {**story.claim_of(result)["scores"][0], "count": {"k": 90, "n": 100}}
    began = story.now_ms
    story.advance(days=5)
    story.correct(result, story.claim_of(result, scores=[score]))
    found = [one for one in audited(story).findings if one.code == "V01"]
    assert {one.from_ms for one in found} == {began}


def test_a_result_is_made_one_by_a_correction_that_nobody_else_saw(codes: Codes) -> None:
    story = Story(policy_with(gates=[], thresholds__cbrn__until_assessed="crossed"))
    plan = story.plan()
    story.advance(ms=1)
    result = story.result(10, plan=plan, body={"status": "error"})
    story.correct(result, story.claim_of(result, status="success"))
    story.advance(days=40)
    story.start_deployment()
    assert {V01, V31} <= set(codes(story))


def test_a_deployment_without_a_permit_was_smaller_all_along(audited: Audited) -> None:
    story = Story()
    story.clear()
    began = story.now_ms
    start = story.start_deployment("external.general")
    story.advance(days=5)
    story.correct(start, story.claim_of(start, scope="internal.limited"), "release", "rso")
    found = [one for one in audited(story).findings if one.code == "V14"]
    assert began in {one.from_ms for one in found}


def test_a_deployment_is_widened_by_a_correction_during_a_pause(codes: Codes) -> None:
    story = Story()
    story.clear()
    story.permit("rso", "ceo", scope="external.trusted")
    story.pause("deploy", body={"scopes": ["external.general"]})
    story.advance(hours=1)
    start = story.start_deployment("external.trusted")
    assert codes(story) == []
    story.correct(start, story.claim_of(start, scope="external.general"))
    assert {V14, V17} <= set(codes(story))


@pytest.mark.parametrize("second", [[], ["rso"]])
def test_a_correction_is_withheld_to_leave_everything_open(codes: Codes, second: list[str]) -> None:
    story, result = dangerous()
    story.advance(days=1)
    story.correct(result, better(story, result), "evaluator", *second, withheld=True)
    beat(story)
    assert {"I01 indeterminate", V01} <= set(codes(story))


def test_a_correction_that_nobody_signs_hides_behind_an_earlier_one(codes: Codes) -> None:
    story, result = dangerous()
    before = codes(story)
    harmless = story.correct(result, story.claim_of(result))
    story.correct(result, better(story, result))
    story.approve(harmless, "rso")
    story.advance(days=3)
    beat(story)
    assert codes(story) == sorted({*before, V31, TOLD})


def test_corrections_are_corrected_until_one_suits(codes: Codes) -> None:
    story, result = dangerous()
    first = story.correct(result, story.claim_of(result), "evaluator", "rso")
    story.correct(first, better(story, result), "evaluator", "rso")
    assert "V36 violation" in codes(story)


def test_a_correction_is_dated_before_what_its_author_had_seen(codes: Codes) -> None:
    story, result = dangerous()
    story.advance(days=1)
    story.correct(result, better(story, result), event_time=time_text(story.now_ms - 3 * DAY))
    assert "V28 violation" in codes(story)


def test_an_insider_signs_both_parts(codes: Codes) -> None:
    story, result = dangerous()
    story.grant("eva", "security")
    correction = story.correct(result, better(story, result))
    story.sign_off(correction, "eva", "security")
    story.advance(days=3)
    beat(story)
    assert V31 in codes(story)
