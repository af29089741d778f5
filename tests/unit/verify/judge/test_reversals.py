"""Reversals: what loses its effect, what has to stop by when, and who may reverse what."""

from typing import Any

import pytest
from tests.support.family import Family
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, later, of, one, policy_with

RULE = {**COMMIT, "by": "board", "stops_within": "3 days"}


def policy(*, stops_within: str = "3 days", **changes: Any) -> dict[str, Any]:
    """Return the policy, under which the board may reverse."""
    document = policy_with(**changes)
    document["reversal"] = RULE | {"stops_within": stops_within}
    return document


def reverse(story: Story, of: int, *roles: str, **more: Any) -> int:
    """Reverse an entry, by the board or by those roles."""
    first, *others = roles or ("board",)
    more.setdefault("subject", story.subjects[of])
    index = story.say(first, "reversal", [], {"of": story.ref(of)}, **more)
    if others:
        story.approve(index, *others)
    return index


# -- permits and starts


def permitted(**changes: Any) -> tuple[Story, int, int]:
    """A model that was ruled out and deployed with a permit, a day ago."""
    story = Story(policy(**changes))
    story.clear()
    permit = story.permit("rso", "ceo")
    story.advance(hours=1)
    start = story.start_deployment()
    story.advance(days=1)
    return story, permit, start


@pytest.mark.parametrize("what", ["permit", "start"])
def test_what_goes_on_past_the_deadline_is_v35_until_it_ends(what: str) -> None:
    story, permit, start = permitted()
    reversed_ = permit if what == "permit" else start
    reversal = reverse(story, reversed_)
    at = story.now_ms
    assert brief(later(story, days=2).findings) == []
    found = one(later(story, days=2).findings, "V35")
    assert (found.level, found.from_ms, found.ended_by) == ("violation", at + 3 * DAY, "open")
    assert (found.policy, found.rule, found.clause) == ("test-policy", "reversal", "1")
    assert {reversed_, reversal, start} <= set(found.entries)
    assert f"it went on past 3 days after entry {reversal} reversed entry {reversed_}" in found.message
    assert "although that was reversed under clause 1" in found.message
    ended = story.end(start)
    found = one(later(story, days=2).findings, "V35")
    assert (found.to_index, found.ended_by) == (ended, "ceased")


def test_whoever_stops_in_time_breaks_nothing() -> None:
    story, permit, start = permitted()
    reverse(story, permit)
    story.advance(days=2)
    story.end(start)
    assert brief(later(story, days=20).findings) == []


def test_a_start_after_the_reversal_has_no_permit_even_if_it_was_recorded_late() -> None:
    story, permit, _ = permitted()
    before = story.now()
    story.advance(hours=1)
    reverse(story, permit)
    story.advance(days=4)
    start = story.start_deployment(event_time=before)
    found = [finding for finding in of(story.judge(), "V14") if start in finding.entries]
    assert len(found) == 1
    assert f"the permit of entry {permit} had been reversed" in found[0].message
    # That is said once: what had no permit has none to be reversed.
    assert all(start not in finding.entries for finding in of(later(story, days=9), "V35"))


def test_a_start_that_was_recorded_in_time_had_its_permit() -> None:
    story, permit, _ = permitted()
    before = story.now()
    story.advance(hours=1)
    reverse(story, permit)
    story.advance(hours=1)
    start = story.start_deployment(event_time=before)
    assert of(story.judge(), "V14") == []
    found = [finding for finding in of(later(story, days=9), "V35") if start in finding.entries]
    assert len(found) == 1


@pytest.mark.parametrize(
    "when", ["before the deadline", "after it", "reversed as well", "for another surface"]
)
def test_another_permit_lets_it_go_on(when: str) -> None:
    story, permit, _ = permitted()
    reverse(story, permit)
    story.advance(days=5 if when == "after it" else 1)
    second = story.permit("rso", "ceo", surface="web" if when == "for another surface" else "api")
    if when == "reversed as well":
        story.advance(hours=1)
        reverse(story, second)
    found = of(later(story, days=9), "V35")
    if when == "before the deadline":
        assert found == []
    else:
        assert [finding.ended_by for finding in found] == ["cured" if when == "after it" else "open"]


def test_another_permit_that_is_reversed_too_lets_it_go_on_until_then() -> None:
    story, permit, _ = permitted()
    reverse(story, permit)
    story.advance(days=5)
    second = story.permit("rso", "ceo")
    let_on = story.now_ms
    story.advance(days=5)
    again = reverse(story, second)
    at = story.now_ms
    first, last = of(later(story, days=9), "V35")
    assert (first.to_ms, last.from_ms, last.ended_by) == (let_on, at + 3 * DAY, "open")
    assert {second, again} <= set(last.entries)
    assert again not in first.entries
    story.permit("rso", "ceo")
    assert of(story.judge(), "V35")[-1].ended_by == "cured"


@pytest.mark.parametrize("days", [1, 30])
def test_a_permit_that_had_expired_lets_nothing_go_on(days: int) -> None:
    story, permit, _ = permitted()
    second = story.permit("rso", expires=time_text(story.now_ms + days * DAY))
    reverse(story, permit)
    story.advance(days=1)
    story.approve(second, "ceo")
    assert len(of(later(story, days=9), "V35")) == (days == 1)


def test_of_two_permits_one_is_enough() -> None:
    story = Story(policy())
    story.clear()
    first, second = story.permit("rso", "ceo"), story.permit("rso", "ceo")
    story.advance(hours=1)
    story.start_deployment()
    story.advance(hours=1)
    reverse(story, first)
    assert of(later(story, days=9), "V35") == []
    reverse(story, second)
    assert len(of(later(story, days=9), "V35")) == 1


def test_what_a_start_was_narrowed_to_has_to_stop_too() -> None:
    story, permit, start = permitted()
    reverse(story, permit)
    story.advance(days=1)
    story.change(start, "external.trusted")
    found = one(later(story, days=9).findings, "V35")
    assert found.ended_by == "open"
    story, _, start = permitted()
    reverse(story, start)
    story.advance(days=1)
    story.change(start, "external.trusted")
    assert [finding.ended_by for finding in of(later(story, days=9), "V35")] == ["open"]


def test_training_is_reversed_as_well() -> None:
    story = Story(policy())
    start = story.train()
    story.advance(hours=1)
    reverse(story, start)
    reversed_permit = Story(policy())
    reversed_permit.train()
    reversed_permit.advance(hours=1)
    reverse(reversed_permit, reversed_permit.size - 3)
    for told in (story, reversed_permit):
        found = one(later(told, days=9).findings, "V35")
        assert (found.from_ms, found.subject) == (told.now_ms - 6 * DAY, told.m)


def test_weights_that_a_start_names_may_stay() -> None:
    story = Story(policy(gates=[]))  # Nothing but the start says that there are weights.
    start = story.start_deployment()
    story.advance(days=1)
    reverse(story, start)
    story.end(start)
    assert of(later(story, days=9), "V35") == []


def test_without_a_figure_it_is_in_doubt_from_the_reversal_on() -> None:
    story, permit, _ = permitted(stops_within="unquantified")
    reverse(story, permit)
    at = story.now_ms
    found = one(later(story, days=9).findings, "V35")
    assert (found.level, found.from_ms) == ("indeterminate", at)
    story, _, start = permitted(stops_within="unquantified")
    reverse(story, start)
    assert one(later(story, days=9).findings, "V35").level == "indeterminate"


def test_before_a_version_is_in_force_nothing_has_to_stop() -> None:
    story, _, start = permitted(effective_from="2026-05-01T00:00:00Z")
    reverse(story, start)
    assert of(later(story, days=9), "V35") == []
    assert len(of(later(story, days=90), "V35")) == 1


# -- who may, and what


@pytest.mark.parametrize("document", [policy_with(), policy()])
def test_whoever_may_not_reverses_nothing(document: dict[str, Any]) -> None:
    story = Story(document)
    story.clear()
    permit = story.permit("rso", "ceo")
    story.advance(hours=1)
    story.start_deployment()
    reversal = reverse(story, permit, "ceo")
    judgement = later(story, days=9)
    assert brief(judgement.findings) == []
    waiting = [act for act in judgement.pending if act.index == reversal]
    assert [(act.want, act.missing) for act in waiting] == (
        [("by", ("board",))] if "reversal" in document else []
    )


def test_a_quorum_completes_it() -> None:
    both = policy()
    both["reversal"]["by"] = {"all_of": ["board", "rso"]}
    story = Story(both)
    story.clear()
    permit = story.permit("rso", "ceo")
    story.advance(hours=1)
    story.start_deployment()
    first = reverse(story, permit)
    story.advance(days=1)
    reverse(story, permit, "rso", "board")
    at = story.now_ms
    story.advance(days=1)
    story.approve(first, "rso")
    assert one(later(story, days=9).findings, "V35").from_ms == at + 3 * DAY


@pytest.mark.parametrize(
    "what",
    ["a pause", "a registration", "an attestation", "a reversal", "an end", "a correction", "subjects"],
)
def test_what_nobody_can_reverse_is_inadmissible(what: str) -> None:
    story, permit, start = permitted()
    more: dict[str, Any] = {}
    match what:
        case "a pause":
            about = story.pause("train")
        case "a registration":
            about = story.register()
        case "an attestation":
            about = story.base
        case "a reversal":
            about = reverse(story, permit)
        case "an end":
            about = story.end(start)
        case "a correction":
            about = story.correct(start, story.claim_of(start), "release")
        case _:
            about, more = start, {"subject": [story.subject(story.m)]}
    reversal = reverse(story, about, **more)
    found = one(story.judge().findings, "V36")
    assert found.entries == (reversal,)
    assert "SPEC 9.28" in found.message


def test_a_correction_without_authority_cannot_be_reversed_either() -> None:
    story, _, start = permitted()
    correction = story.correct(start, story.claim_of(start), "release", who="sec")
    reversal = reverse(story, correction)
    assert {finding.entries for finding in of(story.judge(), "V36")} == {(correction,), (reversal,)}


def test_a_start_that_nobody_recorded_about_the_model_cannot_be_reversed() -> None:
    story, _, start = permitted()
    other = [story.subject(story.model("n")), story.subject(story.s)]
    reverse(story, start, subject=other)
    one(story.judge().findings, "V36")


def test_somebody_without_authority_reverses_nothing() -> None:
    story, permit, _ = permitted()
    reverse(story, permit, "board", who="sec")
    assert of(later(story, days=9), "V35") == []


# -- what was ruled out


def ruled_out(**changes: Any) -> tuple[Story, int]:
    """A model that people ruled out against an indication, and that is deployed."""
    story = Story(policy(gates=[], **changes))
    story.result(60)
    determination = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.advance(hours=1)
    story.start_deployment("internal.limited")
    story.advance(days=1)
    return story, determination


NOW: dict[str, Any] = {"thresholds__cbrn__respond_within": ...}


def test_a_threshold_is_what_it_would_be_and_what_had_begun_has_time_to_stop() -> None:
    story, determination = ruled_out(**NOW)
    reversal = reverse(story, determination)
    at = story.now_ms
    subject = next(subject for subject in story.judge().subjects if subject.id == story.m)
    assert subject.pictures[0][1].standing().thresholds["cbrn"] == "indeterminate"
    assert of(story.judge(), "V01") == []
    found = one(later(story, days=9).findings, "V01")
    assert (found.from_ms, found.level) == (at + 3 * DAY, "violation")
    assert {determination, reversal} <= set(found.entries)


def test_what_begins_after_it_has_none() -> None:
    story, determination = ruled_out(**NOW)
    reversal = reverse(story, determination)
    story.advance(hours=1)
    start = story.start_deployment("internal.limited", "web")
    found = one(story.judge().findings, "V01")
    assert (found.from_ms, found.from_index) == (story.now_ms, start)
    assert reversal in found.entries


def test_whatever_else_speaks_against_it_ends_the_time() -> None:
    story, determination = ruled_out(**NOW)
    reverse(story, determination)
    story.advance(days=1)
    story.result(61)
    assert one(story.judge().findings, "V01").from_ms == story.now_ms
    declared, determination = ruled_out(**NOW)
    reverse(declared, determination)
    declared.advance(days=1)
    declared.determine("cbrn", "crossed")
    assert one(declared.judge().findings, "V01").from_ms == declared.now_ms


def test_where_results_had_ruled_it_out_as_well_nothing_changes() -> None:
    story = Story(policy(gates=[], **NOW))
    story.clear()
    determination = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.start_deployment("internal.limited")
    story.advance(days=1)
    reverse(story, determination)
    assert brief(later(story, days=9).findings) == []


def test_the_longer_time_counts() -> None:
    story, determination = ruled_out()
    reverse(story, determination)
    at = story.now_ms
    found = of(later(story, days=60), "V01")
    assert {finding.from_ms for finding in found} == {at + 31 * DAY}


def test_a_result_is_to_be_answered_anew_in_that_time() -> None:
    story, determination = ruled_out()
    story.advance(days=60)
    reverse(story, determination)
    at = story.now_ms
    found = of(later(story, days=40), "V05")
    assert [finding.from_ms for finding in found] == [at + 31 * DAY]
    decided = {"time": "3 days", **COMMIT}
    story, determination = ruled_out(thresholds__cbrn__decide_within=decided)
    story.advance(days=60)
    reverse(story, determination)
    at = story.now_ms
    assert [finding.from_ms for finding in of(later(story, days=9), "V08")] == [at + 3 * DAY]


def test_a_start_is_let_through_by_nothing_that_was_reversed_before_it_was_complete() -> None:
    story = Story(policy(gates=[], **NOW))
    story.result(60)
    determination = story.determine("cbrn", "ruled_out", "rso", "ceo")
    story.advance(hours=1)
    reverse(story, determination)
    story.advance(hours=1)
    story.approve(determination, "board")
    story.start_deployment("internal.limited")
    assert one(story.judge().findings, "V01").level == "violation"


def test_a_crossing_stays_whoever_reverses_it() -> None:
    story = Story(policy(gates=[], **NOW))
    determination = story.determine("cbrn", "crossed")
    reverse(story, determination)
    story.advance(hours=1)
    story.start_deployment("internal.limited")
    assert one(story.judge().findings, "V01").level == "violation"


def test_what_is_to_be_ruled_out_before_has_the_time_too() -> None:
    story = Story(policy(gates=[], baseline=[], thresholds__cbrn__then=[], **NOW))
    document = policy(gates=[], **NOW)
    document["baseline"] = []
    document["thresholds"]["cbrn"]["then"] = [
        {**COMMIT, "rule_out": "next", "before": "deploying it externally"},
    ]
    document["thresholds"]["next"]["then"] = []
    story = Story(document)
    story.determine("cbrn", "crossed")
    ruled = story.determine("next", "ruled_out")
    story.start_deployment()
    story.advance(days=1)
    reverse(story, ruled)
    at = story.now_ms
    assert one(later(story, days=9).findings, "V07").from_ms == at + 3 * DAY


def test_what_would_be_halted_has_the_time_too() -> None:
    document = policy(gates=[], baseline=[], thresholds__next__then=[], **NOW)
    document["standards"]["top"]["if_needed"] = {**COMMIT, "halt": ["training"], "of": "it"}
    document["thresholds"]["cbrn"]["then"] = [{**COMMIT, "needs": ["top"], "while": ["storing it"]}]
    story = Story(document)
    story.result(60)
    determination = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.say("release", "training-started", [story.m], {})
    story.advance(days=1)
    reverse(story, determination)
    at = story.now_ms
    assert one(later(story, days=9).findings, "V03").from_ms == at + 3 * DAY


def test_a_withheld_determination_that_was_reversed_may_have_been_one_only_before() -> None:
    story = Story(policy(gates=[], **NOW))
    story.result(60)
    determination = story.determine("cbrn", "ruled_out", "rso", "ceo", "board", withheld=True)
    story.advance(hours=1)
    began = story.now_ms
    story.start_deployment("internal.limited")
    story.advance(days=1)
    reverse(story, determination)
    at = story.now_ms
    found = {finding.level: finding for finding in of(later(story, days=9), "V01")}
    assert (found["indeterminate"].from_ms, found["violation"].from_ms) == (began, at + 3 * DAY)


# -- what was carried over


def carried(**more: Any) -> tuple[Family, int]:
    family = Family(policy(gates=[], baseline=[], thresholds__cbrn__until_assessed="crossed", **NOW))
    with family.about("old"):
        family.clear()
    said = {"from": family.model("old"), "reasons": "it is the same"}
    index = family.say("rso", "carried-over", [family.m], said, **more)
    family.approve(index, "ceo")
    family.advance(hours=1)
    family.start_deployment("internal.limited")
    family.advance(days=1)
    return family, index


def test_what_was_carried_over_counts_no_longer() -> None:
    family, index = carried()
    assert of(family.judge(), "V01") == []
    reverse(family, index)
    at = family.now_ms
    found = one(later(family, days=9).findings, "V01")
    assert found.from_ms == at + 3 * DAY


def test_what_was_carried_over_and_withheld_may_have_counted_before() -> None:
    family, index = carried(withheld=True)
    reverse(family, index)
    at = family.now_ms
    found = [one for one in of(later(family, days=9), "V01") if one.level == "violation"]
    assert [finding.from_ms for finding in found] == [at + 3 * DAY]


def test_a_duty_that_was_carried_over_is_due_again() -> None:
    duty = {
        **COMMIT, "when": {"activity": "deploying it"}, "do": {"determination": "cbrn"},
        "unless": "carried over", "within": "5 days",
    }  # fmt: skip
    family, index = carried()
    document = policy(gates=[], baseline=[], thresholds__cbrn__until_assessed="crossed", **NOW)
    document["duties"] = {"decide": duty}
    family = Family(document)
    with family.about("old"):
        family.clear()
    index = family.say(
        "rso", "carried-over", [family.m], {"from": family.model("old"), "reasons": "it is the same"}
    )
    family.approve(index, "ceo")
    family.start_deployment("internal.limited")
    assert of(later(family, days=9), "V08") == []
    reverse(family, index)
    at = family.now_ms
    assert [finding.from_ms for finding in of(later(family, days=9), "V08")] == [at]


# -- exceptions


def waived(*, until: str = "30 days", withheld: bool = False) -> tuple[Story, int]:
    rule = {**COMMIT, "approved_by": {"all_of": ["rso", "ceo"]}, "at_most": until}
    document = policy(
        gates=[], thresholds={}, baseline=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}]
    )
    document["exceptions"] = {"waiver": rule}
    story = Story(document)
    body = {"standard": "high-dep", "reasons": "the filter is late"}
    waiver = story.say("security", "waiver", [story.m], body, withheld=withheld)
    story.approve(waiver, "rso", "ceo")
    story.advance(hours=1)
    story.start_deployment()
    story.advance(days=1)
    return story, waiver


def test_an_exception_covers_what_had_begun_until_it_has_to_stop() -> None:
    story, waiver = waived()
    reversal = reverse(story, waiver)
    at = story.now_ms
    assert of(story.judge(), "V01") == []
    story.advance(hours=1)
    start = story.start_deployment(surface="web")
    found = {finding.from_ms: finding for finding in of(later(story, days=9), "V01")}
    assert set(found) == {at + 3 * DAY, at + HOUR}
    assert start in found[at + HOUR].entries
    assert "V22" in [cause.code for cause in found[at + HOUR].because]
    assert f"was reversed by entry {reversal}" in found[at + HOUR].message


def test_an_exception_covers_no_longer_than_it_would() -> None:
    story, waiver = waived(until="2 days")
    reverse(story, waiver)
    assert one(later(story, days=9).findings, "V01").from_ms == story.now_ms - 10 * DAY - HOUR + 2 * DAY
    story, waiver = waived(until="2 days")
    story.advance(days=9)
    reverse(story, waiver)
    found = one(story.judge().findings, "V01")
    assert "had run out" in found.message


def test_an_exception_that_was_reversed_before_it_was_approved_covers_nothing() -> None:
    story, waiver = waived()
    body = {"standard": "high-dep", "reasons": "again"}
    second = story.say("security", "waiver", [story.m], body)
    reverse(story, second)
    story.advance(hours=1)
    story.approve(second, "rso", "ceo")
    reverse(story, waiver)
    assert one(later(story, days=9).findings, "V01").from_ms == story.now_ms - 6 * DAY


def test_a_withheld_exception_may_have_covered_until_then() -> None:
    story, waiver = waived(withheld=True)
    reverse(story, waiver)
    at = story.now_ms
    found = {finding.level: finding for finding in of(later(story, days=9), "V01")}
    assert found["violation"].from_ms == at + 3 * DAY
    assert found["indeterminate"].to_ms == at + 3 * DAY
