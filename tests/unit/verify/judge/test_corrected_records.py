"""Corrections of deployments, and of what happened: what they add, and what they relieve."""

from typing import Any

import pytest
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, later, of, one, policy_with

NEVER = 2**62


# -- deployments


class Deployed(Story):
    """A deployment to a limited audience, two days old."""

    def __init__(self, policy: dict[str, Any] | None = None, scope: str = "external.limited") -> None:
        super().__init__(policy or policy_with(gates=[]))
        self.clear()
        self.first = self.start_deployment(scope)
        self.first_ms = self.now_ms
        self.advance(days=2)

    def corrected(self, scope: str, *roles: str, of: int | None = None, **more: Any) -> int:
        """Correct the start to another scope."""
        what = self.first if of is None else of
        surface = more.pop("surface", "api")
        claim = self.claim_of(what, scope=scope, surface=surface)
        return self.correct(what, claim, *(roles or ("release",)), **more)

    def forms(self) -> list[tuple[str, int, int]]:
        """Entry, start and end of each form of deployment, by scope."""
        judgement = self.judge()
        world = judgement.subjects[0].pictures[0][1]._world
        return [
            (form.content.scope.partition(".")[2], form.start, form.stop)
            for form in world.forms
            if form.kind == "deploy"
        ]


def test_a_deployment_that_reached_further_did_so_all_along() -> None:
    story = Deployed()
    story.corrected("external.general")
    assert story.forms() == [
        ("limited", story.first_ms, NEVER),
        ("general", story.first_ms, NEVER),
    ]
    assert of(later(story, days=9), "V31") == []


def test_whoever_got_no_permit_for_what_it_was_had_none() -> None:
    story = Deployed(policy_with())
    story.permit("rso", "ceo")
    correction = story.corrected("external.general")
    found = [finding for finding in of(story.judge(), "V14") if correction in finding.entries]
    assert [finding.from_ms for finding in found] == [story.first_ms]


def test_a_deployment_that_reached_less_far_does_so_from_its_correction() -> None:
    story = Deployed(scope="external.general")
    correction = story.corrected("external.trusted")
    assert story.forms() == [("general", story.first_ms, NEVER)]
    story.advance(hours=1)
    story.approve(correction, "rso")
    assert story.forms() == [("general", story.first_ms, story.now_ms), ("trusted", story.now_ms, NEVER)]
    # What reaches further than that is a widening from then on.
    story.advance(hours=1)
    story.change(story.first, "external.limited")
    assert story.forms()[-1] == ("limited", story.now_ms, NEVER)
    assert of(story.judge(), "V31") == []


def test_a_correction_of_what_is_over_changes_nothing_that_came_after() -> None:
    story = Deployed(scope="external.general")
    changed = story.now_ms
    story.change(story.first, "external.limited")
    story.advance(hours=1)
    story.corrected("external.trusted", "release", "rso")
    assert story.forms() == [("general", story.first_ms, changed), ("limited", changed, NEVER)]
    story.end(story.first)
    ended = story.now_ms
    story.corrected("external.trusted", "release", "rso")
    assert story.forms()[-1] == ("limited", changed, ended)


def test_a_correction_of_what_has_ended_begins_nothing() -> None:
    story = Deployed(scope="external.general")
    story.end(story.first)
    ended = story.now_ms
    story.advance(hours=1)
    story.corrected("external.trusted", "release", "rso")
    assert story.forms() == [("general", story.first_ms, ended)]


def test_a_correction_by_one_alone_makes_no_later_change_a_widening() -> None:
    story = Deployed(scope="external.general")
    story.corrected("external.trusted")
    story.change(story.first, "external.limited")
    assert story.forms() == [("general", story.first_ms, story.now_ms), ("limited", story.now_ms, NEVER)]


def test_of_two_corrections_the_second_is_held_against_both() -> None:
    story = Deployed()
    story.corrected("external.general")
    narrowed = story.corrected("external.limited")
    assert [form[0] for form in story.forms()] == ["limited", "general"]
    story.approve(narrowed, "rso")
    scopes = {scope for scope, _, stop in story.forms() if stop == NEVER}
    assert scopes == {"limited"}


def test_what_was_on_another_surface_stands_beside_until_somebody_else_signs() -> None:
    story = Deployed()
    correction = story.corrected("external.limited", surface="web")
    assert [form[1:] for form in story.forms()] == [(story.first_ms, NEVER)] * 2
    one(later(story, days=3).findings, "V31")
    story.approve(correction, "rso")
    assert sorted(form[2] for form in story.forms()) == [story.now_ms, NEVER]


@pytest.mark.parametrize("is_signed", [False, True])
def test_what_one_alone_had_corrected_begins_nothing_after_another_correction(is_signed: bool) -> None:
    story = Deployed(scope="external.general")
    narrowed = story.corrected("external.limited")
    story.advance(hours=1)
    story.corrected("internal.limited", "release", "rso")
    moved = story.now_ms
    story.advance(hours=1)
    first = [("general", story.first_ms, moved)]
    if not is_signed:
        assert sorted(story.forms()) == [*first, ("limited", story.first_ms, NEVER)]
        return
    # It is held against what it corrects, and goes on from where it is signed.
    story.approve(narrowed, "rso")
    assert sorted(story.forms()) == [
        *first,
        ("limited", story.first_ms, story.now_ms),
        ("limited", story.now_ms, NEVER),
    ]


def kinds(story: Deployed) -> list[bool]:
    """Return of each form of deployment whether it is a start or widening."""
    world = story.judge().subjects[0].pictures[0][1]._world
    return [form.is_start for form in world.forms if form.kind == "deploy"]


def test_a_correction_for_the_wider_makes_no_later_widening_a_narrowing() -> None:
    story = Deployed(scope="external.trusted")
    story.change(story.first, "external.limited")
    story.advance(hours=1)
    assert kinds(story) == [True, True]
    story.corrected("external.general", "release", "rso")
    assert kinds(story) == [True, True, True]
    # From when two have said so, what follows is held against it.
    again = Deployed(scope="external.trusted")
    again.corrected("external.general", "release", "rso")
    again.advance(hours=1)
    again.change(again.first, "external.limited")
    assert kinds(again) == [True, True, False]
    alone = Deployed(scope="external.trusted")
    alone.corrected("external.general")
    alone.advance(hours=1)
    alone.change(alone.first, "external.limited")
    assert kinds(alone) == [True, True, True]


def test_a_change_is_corrected_as_a_start_is() -> None:
    story = Deployed(scope="external.general")
    change = story.change(story.first, "external.limited")
    when = story.now_ms
    story.advance(hours=1)
    story.corrected("external.trusted", "release", "rso", of=change)
    assert story.forms() == [
        ("general", story.first_ms, when),
        ("limited", when, story.now_ms),
        ("trusted", story.now_ms, NEVER),
    ]


def test_people_can_be_told_of_what_a_start_was() -> None:
    gate = {**COMMIT, "for": "deploying it", "approved_by": "rso"}
    told = {**gate, "told_after": {"who": ["board"], "within": "5 days"}}
    story = Deployed(policy_with(gates=[told]))
    story.sign_off(story.first, "board-1", "board", "told")
    correction = story.corrected("external.general")
    assert len(of(later(story, days=4), "V16")) == 1
    story = Deployed(policy_with(gates=[told]))
    story.sign_off(story.first, "board-1", "board", "told")
    correction = story.corrected("external.general")
    story.sign_off(correction, "board-1", "board", "told")
    assert of(later(story, days=4), "V16") == []


def test_nobody_narrows_a_deployment_without_authority() -> None:
    story = Deployed(scope="external.general")
    claim = story.claim_of(story.first, scope="external.trusted")
    correction = story.correct(story.first, claim, "release", who="sec")
    story.approve(correction, "rso")
    assert story.forms() == [("general", story.first_ms, NEVER)]


def test_a_withheld_change_that_is_corrected_is_a_start() -> None:
    story = Deployed()
    change = story.change(story.first, "external.general", withheld=True)
    when = story.now_ms
    story.advance(hours=1)
    story.correct(
        change, {"of": story.ref(story.first), "scope": "external.general", "surface": "api"}, "release"
    )
    assert ("general", when, NEVER) in story.forms()


# -- incidents, noncompliance, inventories


def incident(story: Story, class_: str = "minor", **body: Any) -> dict[str, Any]:
    when = time_text(story.now_ms)
    return {"class": class_, "occurred": when, "aware": when} | body


DUTIES = {
    "tell": {
        **COMMIT, "when": {"event": "incident"}, "from": "aware", "do": {"report": "risk"},
        "within": "5 days",
    }
}  # fmt: skip


def happened(class_: str = "minor") -> tuple[Story, int]:
    story = Story(policy_with(duties=DUTIES))
    story.advance(days=5)
    first = story.say("rso", "incident", [story.org()], incident(story, class_))
    story.advance(days=1)
    return story, first


def told(story: Story, *cited: int) -> None:
    story.say("rso", "report", [story.org()], {"type": "risk", "cites": [story.ref(one) for one in cited]})


def test_an_incident_that_is_told_otherwise_sets_no_second_clock() -> None:
    story, first = happened()
    story.correct(first, story.claim_of(first, text="nobody was hurt"), "rso")
    assert len(of(later(story, days=9), "V25")) == 1


def test_an_incident_that_was_worse_sets_one_from_its_beginning_and_can_be_told_by_either_name() -> None:
    story, first = happened()
    begun = story.now_ms - DAY
    correction = story.correct(first, story.claim_of(first, **{"class": "critical"}), "rso")
    found = of(later(story, days=9), "V25")
    assert {finding.from_ms for finding in found} == {begun + 5 * DAY}
    assert len(found) == 2
    for name in (first, correction):
        story, first = happened()
        correction = story.correct(first, story.claim_of(first, **{"class": "critical"}), "rso")
        assert correction
        told(story, first, name)
        assert of(later(story, days=9), "V25") == []


def test_an_earlier_time_counts_and_a_later_one_relieves_nothing() -> None:
    story, first = happened()
    early = time_text(story.now_ms - 3 * DAY)
    story.correct(first, story.claim_of(first, aware=early), "rso")
    late = story.claim_of(first, aware=time_text(story.now_ms))
    story.correct(first, late, "rso", "ceo")
    found = of(later(story, days=9), "V25")
    assert min(finding.from_ms for finding in found) == story.now_ms - 7 * DAY
    assert len(found) == 2


def test_a_withheld_incident_is_an_event_and_so_is_what_it_was() -> None:
    story = Story(policy_with(duties=DUTIES))
    first = story.say("rso", "incident", [story.org()], incident(story), withheld=True)
    story.correct(first, incident(story), "rso")
    assert len(of(later(story, days=9), "V25")) == 2


def test_a_correction_of_an_incident_voids_what_was_signed_before_it() -> None:
    story, first = happened()
    permit = story.permit("rso")
    note = story.checkpoint()
    story.correct(first, story.claim_of(first, text="more"), "rso")
    story.approve(permit, "ceo", seen=note)
    story.start_deployment()
    assert "V14 violation" in brief(story.judge().findings)


def test_a_noncompliance_and_its_correction_are_both_told() -> None:
    story = Story()
    first = story.say("rso", "noncompliance", [story.m], {"text": "we did"})
    story.correct(first, {"text": "we did more"}, "rso")
    assert len(of(story.judge(), "V40")) == 2


def test_an_inventory_is_made_worse_and_never_better() -> None:
    rules = {
        "late_after": "2 days",
        "inventory": {"every": "30 days", "by": "auditor", "of": ["api"], "tolerance": "1 hour"},
    }
    story = Story(policy_with(record_rules=rules))
    when = time_text(story.now_ms)
    empty = {"surface": "api", "at": when, "running": []}
    full = empty | {"running": [{"model": story.m}]}
    first = story.say("auditor", "inventory", [story.org()], empty)
    story.advance(days=1)
    story.correct(first, full, "auditor")
    found = one(later(story, days=1).findings, "V33")
    assert (found.from_ms, found.ended_by) == (story.now_ms - 2 * DAY, "open")
    story.correct(first, empty, "auditor", "rso")
    assert one(later(story, days=1).findings, "V33").ended_by == "open"


def test_what_a_correction_made_wider_explains_nothing_before_its_entry() -> None:
    rules = {
        "late_after": "2 days",
        "inventory": {"every": "30 days", "by": "auditor", "of": ["api"], "tolerance": "1 hour"},
    }
    story = Deployed(policy_with(gates=[], record_rules=rules))
    seen_ms = story.now_ms
    running = [{"model": story.m, "scope": "external.general"}]
    seen = {"surface": "api", "at": time_text(seen_ms), "running": running}
    story.say("auditor", "inventory", [story.org()], seen)
    story.advance(days=1)
    story.corrected("external.general", "release", "rso")
    # Others stand behind it, and it says what was there all along; nobody had recorded that by then.
    found = one(story.judge().findings, "V27")
    assert (found.from_ms, found.to_ms) == (seen_ms, story.now_ms - HOUR)


def test_a_corrected_inventory_that_says_a_later_time_is_of_the_event_of_what_it_corrects() -> None:
    rules = {
        "late_after": "2 days",
        "inventory": {"every": "30 days", "by": "auditor", "of": ["api"], "tolerance": "1 hour"},
    }
    story = Story(policy_with(record_rules=rules))
    when_ms = story.now_ms
    first = story.say(
        "auditor", "inventory", [story.org()], {"surface": "api", "at": time_text(when_ms), "running": []}
    )
    story.advance(days=1)
    later_text = time_text(story.now_ms)
    story.correct(first, {"surface": "api", "at": later_text, "running": [{"model": story.m}]}, "auditor")
    assert one(story.judge().findings, "V33").from_ms == when_ms


def test_a_corrected_inventory_is_no_sign_of_life() -> None:
    rules = {
        "late_after": "2 days",
        "inventory": {"every": "30 days", "by": "auditor", "of": ["api"], "tolerance": "1 hour"},
    }
    story = Story(policy_with(record_rules=rules))
    story.advance(days=25)
    seen = {"surface": "api", "at": time_text(story.now_ms), "running": []}
    first = story.say("security", "inventory", [story.org()], seen)
    story.correct(first, seen, "auditor", "rso")
    assert [finding.level for finding in of(later(story, days=10), "V34")] == ["indeterminate"]


def test_an_incident_that_happened_or_was_noticed_earlier_sets_a_clock() -> None:
    for member in ("occurred", "aware"):
        duties = {"tell": {**DUTIES["tell"], "from": member}}
        story = Story(policy_with(duties=duties))
        story.advance(days=5)
        first = story.say("rso", "incident", [story.org()], incident(story))
        early = time_text(story.now_ms - 2 * DAY)
        story.correct(first, story.claim_of(first, **{member: early}), "rso")
        assert len(of(later(story, days=9), "V25")) == 2


def test_a_withheld_correction_of_something_that_happened_is_a_doubt_about_it() -> None:
    story, first = happened()
    correction = story.correct(first, story.claim_of(first), "rso", withheld=True)
    assert one(story.judge().findings, "I01").entries == (correction,)
