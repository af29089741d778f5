"""What follows on a change of a deployment that is withheld: it may have been anything, and is a doubt."""

from typing import Any

from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, HOUR, Story, policy_with


def served() -> tuple[Story, int]:
    """Return a story in which only general deployment is forbidden, and a narrow one goes on."""
    rule = {**COMMIT, "forbid": "deploying it externally to everybody"}
    story = Story(policy_with(baseline=[rule], thresholds={}, tests={}))
    story.clear()
    story.permit("rso", "ceo", scope="external.limited")
    start = story.start_deployment("external.limited")
    story.advance(days=1)
    return story, start


def levels(story: Story, code: str) -> list[tuple[str, int | None, int | None]]:
    """Return the findings with a code: level, beginning, end."""
    return [(one.level, one.from_ms, one.to_ms) for one in story.judge().findings if one.code == code]


def test_what_was_changed_once_more_need_not_have_been_widened() -> None:
    story, start = served()
    story.permit("rso", "ceo", scope="external.trusted")
    withheld = story.change(start, "external.general", withheld=True)
    story.advance(days=1)
    story.change(withheld, "external.limited", surface="web")
    began = story.now_ms
    story.advance(days=1)
    # No permit is for the surface `web`: a start there was not permitted, a narrowing needs none.
    assert levels(story, "V14") == [("indeterminate", began, None)]


def test_what_is_withheld_may_have_ended_with_what_was_changed() -> None:
    """The change that is withheld may have been of the deployment that ended."""
    story, start = served()
    withheld = story.change(start, "external.limited", withheld=True)
    general = story.change(withheld, "external.general")
    began = story.now_ms
    story.advance(days=1)
    ended = story.end(start)
    over = story.now_ms
    story.advance(days=1)
    assert levels(story, "V37") == [("violation", began, over), ("indeterminate", over, None)]
    assert general < ended


def test_a_change_of_what_is_withheld_during_a_pause() -> None:
    """Was it a widening, then it began during the pause; if not, it went on past the deadline."""
    story = Story(policy_with(baseline=[], thresholds={}, tests={}))
    story.permit("rso", "ceo")
    start = story.start_deployment(withheld=True)
    story.advance(days=1)
    story.pause("deploy")
    story.advance(days=1)
    story.change(start)
    story.advance(days=1)
    assert [level for level, _, _ in levels(story, "V17")] == ["indeterminate"]


def test_a_correction_of_what_is_withheld() -> None:
    """What was corrected may have been over, or wider than what it is corrected to."""
    for of_start in (True, False):
        story, start = served()
        if of_start:
            story.bodies[start] = b""
        corrected = start if of_start else story.change(start, "external.general", withheld=True)
        claim: dict[str, Any] = {"scope": "external.general", "surface": "api"}
        claim |= {} if of_start else {"of": story.ref(start)}
        story.correct(corrected, claim, "release")
        story.advance(days=1)
        found = levels(story, "V37")
        assert found
        assert {level for level, _, _ in found} == {"indeterminate"}


def test_what_is_withheld_may_have_ended_a_start_that_is_dated_later() -> None:
    """A change whose event lies before the start is held to have come with it."""
    story, start = served()
    began = story.now_ms - DAY
    story.change(start, "external.limited", withheld=True, event_time=time_text(began - HOUR))
    story.correct(start, {"scope": "external.general", "surface": "api"}, "release", reasons=None)
    assert levels(story, "V37") == [("violation", began, began + 1), ("indeterminate", began + 1, None)]


def test_a_correction_that_is_withheld_may_be_the_one_that_stands() -> None:
    story, start = served()
    claim = {"scope": "external.trusted", "surface": "api"}
    story.correct(start, claim, "release", reasons=None)
    begun = story.now_ms
    story.advance(days=1)
    story.correct(start, claim, "release", "rso", withheld=True)
    hoped = story.now_ms
    story.advance(days=1)
    assert levels(story, "V31") == [("violation", begun, hoped), ("indeterminate", hoped, None)]
    story.correct(start, claim, "release", "rso")
    cured = story.now_ms
    story.advance(days=1)
    assert levels(story, "V31") == [("violation", begun, hoped), ("indeterminate", hoped, cured)]
    assert cured == hoped + DAY


def test_a_correction_that_is_withheld_and_stands_at_once() -> None:
    """Then all of it is in doubt."""
    story, start = served()
    claim = {"scope": "external.trusted", "surface": "api"}
    story.correct(start, claim, "release")
    story.correct(start, claim, "release", "rso", withheld=True)
    story.advance(days=3)
    assert [level for level, _, _ in levels(story, "V31")] == ["indeterminate"]
