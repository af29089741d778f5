"""Heartbeats and inventories: V34 where nobody looked, V33 and V27 where somebody saw what is unrecorded."""

from typing import Any

import pytest
from tests.support.obliged import Obliged, watched
from tests.support.story import DAY, HOUR, PEOPLE, brief, one

PEOPLE_AND_KEEPER = {**PEOPLE, "kee": ["keeper"]}
INVENTORY = {"every": "7 days", "by": "keeper", "of": ["api", "internal"], "tolerance": "1 hour"}
GENERAL = {"scope": "external.general"}


def begin(**rules: Any) -> Obliged:
    """Begin a story under rules about the record."""
    return Obliged(watched(**rules), people=PEOPLE_AND_KEEPER)


def looking() -> Obliged:
    """Begin a story in which only what runs on the surface `api` is looked at."""
    return begin(inventory={**INVENTORY, "every": "9999 days", "of": ["api"]})


def running(story: Obliged, **item: Any) -> dict[str, Any]:
    """Return the story's model as something that runs."""
    return {"model": story.m, "snapshot": story.s.partition(":")[2], **item}


def found(story: Obliged) -> list[tuple[str, str, int, int | None, str]]:
    """Return code, level, from, to and end of each finding, in order of time."""
    findings = sorted(story.judge().findings, key=lambda item: item.from_ms)
    return [(item.code, item.level, item.from_ms, item.to_ms, item.ended_by) for item in findings]


def beat(story: Obliged, **more: Any) -> int:
    """Record a heartbeat."""
    return story.say("rso", "heartbeat", [story.org()], {}, **more)


# -- V34


def test_v34_silence_is_a_doubt() -> None:
    story = begin(heartbeat={"every": "1 day"})
    start = story.now_ms
    story.advance(hours=20)
    last = beat(story)
    assert found(story) == []
    story.advance(hours=30)
    assert found(story) == [("V34", "indeterminate", start + 44 * HOUR, None, "open")]
    finding = one(story.judge().findings, "V34")
    assert (finding.rule, finding.clause, finding.subject) == ("record_rules.heartbeat", "", story.org())
    assert last in finding.entries
    assert f"for more than 1 day since entry {last}" in finding.message
    beat(story, event_time=story.now(-29 * HOUR))
    # A heartbeat says that the record is alive when it is recorded.
    assert found(story)[0][2:] == (start + 44 * HOUR, start + 50 * HOUR, "cured")


def test_silence_from_the_beginning() -> None:
    story = begin(heartbeat={"every": "1 day"})
    story.advance(days=3650)
    finding = one(story.judge().findings, "V34")
    assert "since this was asked for" in finding.message
    assert story.judge().verdict == "indeterminate"


def test_a_rule_that_ends_and_begins_again() -> None:
    story = begin(heartbeat={"every": "1 day"})
    story.advance(hours=12)
    story.adopt({**watched(), "version": "2"}, kind="policy-amendment")
    story.advance(days=9)
    story.adopt({**watched(heartbeat={"every": "1 day"}), "version": "3"}, kind="policy-amendment")
    story.advance(hours=23)
    assert found(story) == []
    story.advance(days=2)
    assert brief(story.judge().findings) == ["V34 indeterminate"]


def test_v34_an_inventory_that_nobody_made() -> None:
    story = begin(inventory=INVENTORY)
    start = story.now_ms
    story.advance(days=5)
    story.inventory()
    story.inventory(surface="internal", role="rso")
    story.inventory(surface="internal", withheld=True)
    beat(story)
    story.advance(days=4)
    silent = [item for item in story.judge().findings if item.code == "V34"]
    assert [(item.from_ms, item.to_ms) for item in silent] == [(start + 7 * DAY, None)]
    assert "inventory of internal by the keeper" in silent[0].message
    looked_at = story.now()
    story.advance(days=1)
    look = story.inventory(surface="internal", at=looked_at)
    assert [item.to_index for item in story.judge().findings if item.code == "V34"] == [look]


# -- V33, V27


def test_what_was_recorded_explains_what_runs() -> None:
    story = looking()
    start = story.start_deployment()
    story.advance(days=1)
    story.inventory(running(story, **GENERAL), running(story, scope="external.trusted"), {})
    story.advance(days=1)
    story.end(start)
    story.inventory()
    assert found(story) == []


def test_an_inventory_asks_nobody_for_the_environment() -> None:
    story = looking()
    story.start_deployment(body={"environment": "eu", "deployment": "chat"})
    story.advance(days=1)
    story.inventory(running(story, **GENERAL))
    assert found(story) == []


def test_v33_what_nothing_explains() -> None:
    story = looking()
    story.advance(days=1)
    look = story.inventory(running(story, **GENERAL))
    seen_at = story.now_ms
    story.advance(days=3)
    finding = one(story.judge().findings, "V33")
    assert (finding.from_ms, finding.to_ms, finding.level) == (seen_at, None, "violation")
    assert (finding.subject, finding.rule) == (story.m, "record_rules.inventory")
    assert finding.entries == (story.policy_entry, look)
    assert "m (external.general) on api is running" in finding.message
    again = story.inventory()
    closed = one(story.judge().findings, "V33")
    assert (closed.ended_by, closed.to_index) == ("cured", again)


def test_v33_a_start_that_was_recorded_when_it_had_been_found() -> None:
    story = looking()
    began = story.now()
    story.advance(days=3)
    story.inventory(running(story, **GENERAL))
    seen_at = story.now_ms
    story.advance(hours=5)
    story.start_deployment(event_time=began)
    late = [item for item in found(story) if item[0] == "V33"]
    assert late == [("V33", "violation", seen_at, seen_at + 4 * HOUR, "cured")]


def test_a_start_that_was_recorded_in_time_explains_what_was_seen_before() -> None:
    story = looking()
    began = story.now()
    story.advance(hours=5)
    story.inventory(running(story, **GENERAL))
    story.advance(days=1)
    story.start_deployment(event_time=began)
    assert found(story) == []


def test_an_end_within_the_tolerance() -> None:
    story = looking()
    start = story.start_deployment()
    story.advance(days=1)
    story.end(start)
    story.advance(minutes=59)
    story.inventory(running(story))
    assert found(story) == []
    story.advance(minutes=2)
    story.inventory(running(story))
    assert brief(story.judge().findings) == ["V33 violation"]


def test_v33_since_before_it_was_seen() -> None:
    story = looking()
    since = story.now()
    story.advance(days=2)
    start = story.start_deployment()
    started = story.now_ms
    story.advance(days=1)
    story.inventory(running(story, since=since))
    assert found(story) == [("V33", "violation", started - 2 * DAY, started - HOUR, "cured")]
    story.end(start)


@pytest.mark.parametrize(
    "item",
    [
        {"scope": "external.general"},
        {"scope": "internal.limited"},
        {"attributes": ["tools"]},
        {"snapshot": "0" * 64},
    ],
)
def test_v27_what_runs_otherwise_than_was_recorded(item: dict[str, Any]) -> None:
    story = looking()
    story.start_deployment("external.trusted")
    story.advance(days=1)
    story.inventory(running(story, **item))
    seen_at = story.now_ms
    story.advance(days=1)
    assert found(story) == [("V27", "violation", seen_at, None, "open")]
    assert "reaches less far, or is of other weights" in one(story.judge().findings, "V27").message


def test_what_is_known_by_its_weights_only() -> None:
    story = looking()
    story.result(10)
    story.advance(days=1)
    story.inventory({"snapshot": story.s.partition(":")[2]})
    assert one(story.judge().findings, "V33").subject == story.m
    story.advance(days=1)
    story.start_deployment()
    story.inventory({"snapshot": story.s.partition(":")[2]})
    assert len(found(story)) == 1


def test_weights_that_two_models_have() -> None:
    story = looking()
    other = story.model("other")
    story.result(10)
    story.say(
        "release", "training-checkpoint", [other, story.s], {"files": 1, "bytes": 1}
    )  # fmt: skip
    story.say(
        "release", "deployment-started", [other, story.s], {"scope": "external.general", "surface": "api"}
    )
    story.advance(days=1)
    story.inventory({"snapshot": story.s.partition(":")[2]})
    assert [item.code for item in story.judge().findings if item.code in ("V33", "V27")] == []


def test_v33_what_nobody_can_name() -> None:
    story = looking()
    story.inventory({}, {"snapshot": "0" * 64})
    findings = [item for item in story.judge().findings if item.code == "V33"]
    assert {item.subject for item in findings} == {story.org()}
    assert "something on api is running" in findings[0].message + findings[1].message


def test_a_deployment_of_which_the_form_is_withheld_could_be_the_one() -> None:
    story = looking()
    story.start_deployment(withheld=True)
    story.advance(days=1)
    story.inventory(running(story, **GENERAL), running(story, snapshot="0" * 64))
    levels = {(item.code, item.level) for item in story.judge().findings}
    assert {("V33", "indeterminate"), ("V33", "violation"), ("I01", "indeterminate")} == levels


def test_a_look_that_is_withheld_could_have_shown_nothing() -> None:
    story = looking()
    story.inventory(running(story))
    seen_at = story.now_ms
    story.advance(days=3)
    story.inventory(withheld=True)
    story.advance(days=1)
    # It may have been of any time before it was recorded; of one two days before, and it was in time.
    assert [item for item in found(story) if item[0] == "V33"] == [
        ("V33", "violation", seen_at, seen_at + DAY, "covered"),
        ("V33", "indeterminate", seen_at + DAY, None, "open"),
    ]
    story = looking()
    story.inventory(running(story))
    seen_at = story.now_ms
    story.advance(days=1)
    story.inventory(withheld=True)
    assert [item for item in found(story) if item[0] == "V33"] == [
        ("V33", "violation", seen_at, seen_at + 1, "covered"),
        ("V33", "indeterminate", seen_at + 1, None, "open"),
    ]


def test_without_a_rule_an_inventory_shows_nothing() -> None:
    story = begin()
    story.inventory(running(story))
    assert found(story) == []
