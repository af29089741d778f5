"""V28: times that cannot be, and events that were recorded late."""

import pytest
from tests.support.story import DAY, HOUR, Story, brief, one


def test_clocks_may_be_a_minute_apart() -> None:
    story = Story()
    story.advance(hours=1)
    story.attest("part.alignment", "document", event_time=story.now(-HOUR))
    story.say("rso", "heartbeat", [story.org()], {}, event_time=story.now(60_000))
    story.attest("part.alignment", "document", event_time=story.now(-60_000))
    assert story.judge().findings == ()


def test_v28_an_event_after_its_entry() -> None:
    story = Story()
    index = story.say("rso", "heartbeat", [story.org()], {}, event_time=story.now(60_001))
    finding = one(story.judge().findings, "V28")
    assert (finding.level, finding.entries, finding.subject) == ("violation", (index,), story.org())
    assert (finding.from_ms, finding.to_ms, finding.from_index) == (story.now_ms, story.now_ms, index)
    assert "lies after it" in finding.message


def test_v28_an_act_before_what_its_author_had_seen() -> None:
    story = Story()
    story.advance(hours=1)
    story.say("rso", "heartbeat", [story.org()], {})
    index = story.attest("part.alignment", "document", event_time=story.now(-60_001))
    finding = one(story.judge().findings, "V28")
    assert (finding.level, finding.entries) == ("violation", (index,))
    assert "which its author had seen" in finding.message


@pytest.mark.parametrize("kind", ["sign-off", "permit", "report", "determination"])
def test_v28_every_act_and_every_sign_off(kind: str) -> None:
    story = Story()
    story.advance(hours=1)
    permit = story.permit()
    backdated = story.now(-61_000)
    match kind:
        case "sign-off":
            story.approve(permit, "rso", event_time=backdated)
        case "permit":
            body = {"activity": "train", "expires": story.now()}
            story.say("release", "permit", [story.m], body, event_time=backdated)
        case "report":
            story.report("high-sec", [], event_time=backdated)
        case _:
            story.determine("next", "crossed", "rso", event_time=backdated)
    assert one(story.judge().findings, "V28").entries == (story.size - 1,)


def test_observations_may_be_recorded_after_the_fact() -> None:
    story = Story()
    story.advance(days=1)
    story.say("rso", "heartbeat", [story.org()], {})
    story.result(10, event_time=story.now(-HOUR))
    assert story.judge().findings == ()


def test_v28_a_clock_that_goes_back() -> None:
    story = Story()
    index = story.say("rso", "heartbeat", [story.org()], {}, time=story.now(-1))
    finding = one(story.judge().findings, "V28")
    assert (finding.entries, finding.level) == ((index,), "violation")
    assert "before that of the entry before it" in finding.message


def test_v28_late_is_a_finding_for_each_subject_and_no_violation() -> None:
    story = Story()
    story.advance(days=10)
    first = story.result(10, event_time=story.now(-2 * DAY - 1))
    second = story.result(10, event_time=story.now(-3 * DAY))
    story.result(10, event_time=story.now(-2 * DAY))
    found = story.judge()
    finding = one(found.findings, "V28")
    assert (finding.level, finding.entries, finding.subject) == ("finding", (first, second), story.m)
    assert found.verdict == "compliant"


def test_an_event_in_the_future_acts_from_its_entry_where_it_is_adverse() -> None:
    story = Story()
    story.lapse("base.locks", event_time=story.now(10 * DAY))
    story.checkpoint_of_training()
    assert one(story.judge().findings, "V02").from_ms == story.now_ms


def test_validity_does_not_run_from_an_event_in_the_future() -> None:
    story = Story()
    story.result(80)
    story.filters(event_time=story.now(30 * DAY))
    attested = story.now_ms
    story.secure()
    story.determine("next", "ruled_out")
    story.determine("cbrn", "crossed")
    story.advance(ms=1)
    story.deploy()
    story.advance(days=80)
    assert one(story.judge().findings, "V01").from_ms == attested + 61 * DAY


def test_everything_in_one_millisecond() -> None:
    story = Story()
    story.result(80)
    story.determine("cbrn", "crossed")
    story.secure()
    story.filters()
    story.determine("next", "ruled_out")
    start = story.deploy()
    story.end(start)
    assert brief(story.judge().findings) == []


def test_nothing_for_ten_years() -> None:
    story = Story()
    story.advance(days=3653)
    story.say("rso", "heartbeat", [story.org()], {}, seen=story.checkpoint())
    assert brief(story.judge().findings) == []
    story.clear()
    story.deploy()
    story.advance(days=3653)
    codes = {finding.code for finding in story.judge().findings}
    assert codes == {"V01", "V04", "V07"}
