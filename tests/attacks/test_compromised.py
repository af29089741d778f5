"""A key in other hands: what it signed is declared forged, rightly or only to gain by it."""

from collections.abc import Callable

import pytest
from tests.support.story import Story, of, one

from plimsoll_verify.policy.grammar import parse_period
from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V14, I03 = "V01 violation", "V14 violation", "I03 indeterminate"
MONTH = parse_period("1 month")


def compromise(story: Story, person: str, since: int) -> int:
    """Declare somebody's key compromised; returns the entry."""
    body = {"person": person, "keyid": story.person(person).keyid, "since": since}
    return story.say("root", "key-compromised", [f"person:{person}"], body)


def crossed() -> tuple[Story, int]:
    """A model that has crossed, with all safeguards, in use; returns the entry that attests its filters."""
    story = Story()
    story.plan()
    story.result(90)
    story.determine("cbrn", "crossed")
    story.determine("next", "ruled_out")
    story.secure()
    filters = story.filters()
    story.deploy()
    story.advance(days=1)
    return story, filters


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_forged_before_at_and_after_the_reported_index(audited: Audited, offset: int) -> None:
    story = Story()
    story.clear()
    story.deploy()
    story.advance(days=1)
    declared = compromise(story, "sec", story.base - offset)
    at_ms, verdict = story.now_ms, audited(story)
    # What was signed before the index that is reported stands.
    assert {one.code for one in verdict.findings} == (set() if offset < 0 else {"I03", "V01", "V04"})
    for finding in [*of(verdict, "V01"), *of(verdict, "V04")]:
        assert (finding.level, finding.from_ms) == ("violation", at_ms)
        assert {story.base, declared} <= set(finding.entries)
        assert [cause.code for cause in finding.because] == ["V11"]


def test_signed_again_within_the_time_to_respond_nothing_was_broken(codes: Codes) -> None:
    story, filters = crossed()
    assert codes(story) == []
    compromise(story, "sec", filters)
    story.enrol("sec-2", "security")
    story.advance(days=20)
    assert codes(story) == [I03]
    story.filters(who="sec-2")
    story.advance(days=20)
    story.statement("heartbeat", [story.org()], {}, "sec-2", "security")
    assert codes(story) == [I03]


def test_not_signed_again_the_violation_begins_when_the_time_to_respond_is_over(audited: Audited) -> None:
    story, filters = crossed()
    declared = compromise(story, "sec", filters)
    at_ms = story.now_ms
    story.advance(days=40)
    story.result(90)
    finding = one(audited(story).findings, "V01")
    assert (finding.from_ms, finding.to_ms) == (MONTH.after(at_ms), None)
    assert {filters, declared} <= set(finding.entries)


def test_the_time_to_respond_is_for_what_had_begun(codes: Codes) -> None:
    story, filters = crossed()
    compromise(story, "sec", filters)
    story.advance(days=1)
    story.deploy()
    assert codes(story) == [I03, V01]


def test_a_declaration_excuses_nothing_that_is_broken_without_it(audited: Audited) -> None:
    story, filters = crossed()
    story.advance(days=1)
    story.lapse("high-dep.filters", about=story.m, who="sec")
    before = one(audited(story).findings, "V01")
    story.advance(days=1)
    compromise(story, "sec", filters)
    after = one(audited(story).findings, "V01")
    assert (after.from_ms, after.to_ms, after.level) == (before.from_ms, None, "violation")


def test_a_lapse_during_the_time_to_respond_ends_it(audited: Audited) -> None:
    story, filters = crossed()
    compromise(story, "sec", filters)
    story.enrol("sec-2", "security")
    story.advance(days=1)
    story.lapse("high-dep.filters", about=story.m, who="sec-2")
    assert one(audited(story).findings, "V01").from_ms == story.now_ms


def test_the_evaluators_key_hides_no_crossing_and_its_clear_results_end(audited: Audited) -> None:
    story = Story()
    story.clear()
    since = story.size - 1
    story.deploy()
    story.advance(days=1)
    declared = compromise(story, "eva", since)
    at_ms = story.now_ms
    story.advance(days=40)
    story.lapse("high-sec.audit")
    verdict = audited(story)
    for code in ("V01", "V04"):
        finding = of(verdict, code)[0]
        assert (finding.level, finding.from_ms) == ("violation", MONTH.after(at_ms))
        assert {since, declared} <= set(finding.entries)


def test_a_permit_passes_what_began_before_and_nothing_after(audited: Audited, codes: Codes) -> None:
    story = Story()
    story.clear()
    permit = story.permit("rso", "ceo")
    story.start_deployment()
    story.advance(days=1)
    declared = compromise(story, "rso-1", permit)
    assert codes(story) == [I03]
    story.advance(days=1)
    start = story.start_deployment()
    finding = one(audited(story).findings, "V14")
    assert {permit, declared, start} <= set(finding.entries)
    assert f"had been declared compromised by entry {declared}" in finding.message


def test_a_start_that_is_recorded_late_began_when_it_was_recorded(codes: Codes) -> None:
    story = Story()
    story.clear()
    permit = story.permit("rso", "ceo")
    event = story.now()
    story.advance(days=5)
    compromise(story, "rso-1", permit)
    story.start_deployment(event_time=event)
    assert V14 in codes(story)


def test_who_else_signed_is_enough(codes: Codes) -> None:
    story = Story()
    story.enrol("rso-2", "rso")
    story.clear()
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "rso-2", "rso")
    story.advance(days=1)
    compromise(story, "rso-1", permit)
    story.advance(days=1)
    story.start_deployment()
    assert codes(story) == [I03]
