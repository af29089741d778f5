"""A company that would rather not tell, look or assess; and one that does, if untidily."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.obliged import Obliged, policy_of, watched
from tests.support.story import COMMIT, DAY, HOUR, PEOPLE

Codes = Callable[..., list[str]]

NOTICE = {
    "when": {"event": "incident", "class": "critical"}, "from": "aware", "do": {"notice": "incident"},
    "to": "office", "within": "15 days",
}  # fmt: skip
STAFF = {**PEOPLE, "kee": ["keeper"]}
LOOK = {"every": "7 days", "by": "keeper", "of": ["api"], "tolerance": "1 hour"}


def told(**duty: Any) -> Obliged:
    """Begin under a policy that asks for a notice of critical incidents."""
    return Obliged(policy_of(it={**NOTICE, **duty}))


def looked_at() -> Obliged:
    """Begin under a policy that has somebody look at what runs."""
    return Obliged(watched(inventory=LOOK), people=STAFF)


def beat(story: Obliged) -> None:
    """Let the log go on, so that time is judged up to now."""
    story.say("rso", "heartbeat", [story.org()], {})


def test_an_incident_that_is_recorded_late_was_due_all_the_same(codes: Codes) -> None:
    story = told()
    aware = story.now_ms
    story.advance(days=30)
    story.incident(hours_ago=(story.now_ms - aware) // HOUR, event_time=story.now())
    assert codes(story) == ["V25 violation"]


def test_a_notice_cannot_be_dated_back(codes: Codes) -> None:
    story = told()
    incident = story.incident()
    in_time = story.now(DAY)
    story.advance(days=30)
    story.disclose("incident", of=incident, event_time=in_time)
    assert codes(story) == ["V25 violation", "V28 finding"]


def test_one_notice_is_not_told_of_two_incidents(codes: Codes) -> None:
    story = told()
    first = story.incident()
    story.incident()
    story.disclose("incident", of=first)
    story.advance(days=20)
    beat(story)
    assert codes(story) == ["V25 violation"]


def test_a_deadline_is_not_moved_while_it_runs(codes: Codes) -> None:
    story = told()
    story.incident()
    story.advance(days=10)
    later = policy_of(it={**NOTICE, "within": "365 days"})
    story.adopt({**later, "version": "2"}, kind="policy-amendment")
    story.advance(days=10)
    beat(story)
    assert codes(story) == ["V25 violation"]


def test_an_incident_does_not_become_small_by_a_second_record(codes: Codes) -> None:
    story = told()
    story.incident()
    story.incident("small")
    story.advance(days=20)
    beat(story)
    assert codes(story) == ["V25 violation"]


def test_a_notice_that_is_withheld_is_no_notice_in_time(codes: Codes) -> None:
    story = told()
    incident = story.incident()
    story.advance(days=20)
    story.disclose("incident", of=incident, withheld=True)
    assert codes(story) == ["I01 indeterminate", "V25 indeterminate", "V25 violation"]


def test_who_may_not_do_it_has_not_done_it(codes: Codes) -> None:
    story = told(by={"all_of": ["rso", "ceo"]})
    incident = story.incident()
    story.disclose("incident", of=incident, role="release")
    alone = story.disclose("incident", of=incident)
    story.sign_off(alone, "rso-1", "rso")
    story.advance(days=20)
    beat(story)
    assert codes(story) == ["V25 violation"]


def test_an_incident_by_a_key_that_is_gone_makes_something_due(codes: Codes) -> None:
    story = told()
    keyid = story.person("rso-1").keyid
    story.say("root", "key-retired", ["person:rso-1"], {"person": "rso-1", "keyid": keyid})
    story.incident()
    story.advance(days=20)
    beat(story)
    assert "V25 violation" in codes(story)


def test_an_approval_does_not_outlive_an_incident_that_it_had_not_seen(codes: Codes) -> None:
    document = policy_of()
    document["gates"] = [{**COMMIT, "for": "deploying it", "approved_by": {"all_of": ["rso", "ceo"]}}]
    story = Obliged(document)
    permit = story.permit("rso")
    seen = story.checkpoint()
    story.incident(about=story.m)
    story.approve(permit, "ceo", seen=seen)
    story.start_deployment()
    assert codes(story) == ["V14 violation"]


def test_who_never_registers_a_model_still_has_to_assess_it(codes: Codes) -> None:
    duty = {"when": {"every": "6 months"}, "do": {"assessment": "whole"}, "within": "0 days"}
    story = Obliged(policy_of(it=duty))
    other = story.model("shadow")
    story.say(
        "release",
        "deployment-started",
        [other, story.snapshot("shadow")],
        {"scope": "internal.limited", "surface": "lab"},
    )
    story.advance(days=300)
    beat(story)
    assert codes(story) == ["V07 violation"]


def test_an_assessment_does_not_get_younger_by_being_recorded_late(codes: Codes) -> None:
    duty = {"when": {"every": "6 months"}, "do": {"assessment": "whole"}, "within": "0 days"}
    story = Obliged(policy_of(it=duty))
    story.start_deployment()
    completed = story.now()
    story.advance(days=150)
    story.assess("whole", body={"completed": completed})
    story.advance(days=60)
    beat(story)
    assert codes(story) == ["V07 violation"]


def test_what_was_found_running_is_not_explained_afterwards(codes: Codes) -> None:
    story = looked_at()
    began = story.now()
    story.advance(days=4)
    story.inventory({"model": story.m, "scope": "external.general"})
    story.advance(hours=3)
    story.start_deployment(event_time=began)
    assert codes(story) == ["V28 finding", "V33 violation"]


def test_whoever_deploys_does_not_clear_what_the_keeper_found(codes: Codes) -> None:
    story = looked_at()
    story.inventory({"model": story.m, "scope": "external.general"})
    story.advance(hours=2)
    story.inventory(role="release")
    found = story.judge().findings
    assert [(one.code, one.ended_by) for one in found] == [("V33", "open")]
    assert codes(story) == ["V33 violation"]


def test_a_wider_release_than_was_recorded_is_seen(codes: Codes) -> None:
    story = looked_at()
    story.start_deployment("external.trusted")
    story.advance(hours=2)
    story.inventory({"model": story.m, "scope": "external.general"})
    assert codes(story) == ["V27 violation"]


def test_nobody_looks_any_more(codes: Codes) -> None:
    story = looked_at()
    story.inventory()
    story.advance(days=8)
    story.inventory(role="release")
    assert codes(story) == ["V34 indeterminate"]


def test_silence_is_never_compliant(codes: Codes) -> None:
    story = Obliged(watched(heartbeat={"every": "1 day"}))
    story.advance(days=3)
    story.register("another")
    assert codes(story) == ["V34 indeterminate"]


# -- honest, if untidy


def test_a_notice_on_the_last_day_by_two_who_sign_it(codes: Codes) -> None:
    story = told(by={"all_of": ["rso", "ceo"]})
    incident = story.incident(hours_ago=0)
    story.advance(days=14)
    notice = story.disclose("incident", of=incident)
    story.approve(notice, "ceo")
    story.advance(days=20)
    beat(story)
    assert codes(story) == []


def test_a_rollout_that_takes_an_hour(codes: Codes) -> None:
    story = looked_at()
    story.advance(hours=1)
    story.inventory({"model": story.m, "scope": "external.general"})
    story.advance(minutes=30)
    start = story.start_deployment()
    story.advance(days=3)
    story.end(start)
    story.advance(minutes=45)
    story.inventory({"model": story.m, "scope": "external.general"})
    assert codes(story) == []


def test_a_long_weekend(codes: Codes) -> None:
    calendars = {"here": {"zone": "Europe/Brussels", "holidays": ["2026-03-02", "2026-03-03"]}}
    story = Obliged(policy_of(it={**NOTICE, "within": "1 business day"}, calendars=calendars))
    story.advance(hours=10)
    incident = story.incident()
    story.advance(days=3)
    story.disclose("incident", of=incident)
    assert codes(story) == []


def test_an_assessment_a_little_before_it_is_due_each_time(codes: Codes) -> None:
    when = {"every": "6 months", "since": {"assessment": "whole"}}
    story = Obliged(policy_of(it={"when": when, "do": {"assessment": "whole"}, "within": "1 month"}))
    story.start_deployment()
    for _ in range(4):
        story.advance(days=205)
        story.assess("whole")
    beat(story)
    assert codes(story) == []


def test_a_duty_that_is_new_asks_nothing_of_what_was_before(codes: Codes) -> None:
    story = Obliged(policy_of())
    story.incident()
    story.advance(days=100)
    story.adopt({**policy_of(it=NOTICE), "version": "2"}, kind="policy-amendment")
    story.advance(days=100)
    beat(story)
    assert codes(story) == []


@pytest.mark.parametrize("days", [1, 14])
def test_an_incident_that_is_told_and_then_recorded(codes: Codes, days: int) -> None:
    story = told()
    aware = story.now_ms
    story.advance(days=days)
    incident = story.incident(hours_ago=(story.now_ms - aware) // HOUR)
    story.disclose("incident", of=incident, event_time=story.now(-HOUR))
    story.advance(days=20)
    beat(story)
    assert codes(story) == []


def test_a_company_that_says_what_it_broke_is_not_found_to_have_broken_more(codes: Codes) -> None:
    story = told()
    story.noncompliance("material", body={"clause": "1"})
    assert codes(story) == ["V40 finding"]
