"""Who may speak for how long, who may not be who, who is told first, and what a pause waits for."""

from typing import Any

import pytest
from tests.support.forge import time_text
from tests.support.obliged import Obliged, policy_of
from tests.support.past import Past
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, one, paused, policy_with

AIM = {"clause": "2", "force": "aim"}

# -- terms


def test_an_approval_counts_until_the_term_of_its_role_is_over() -> None:
    story = Story(policy_with(roles__rso={"term": "30 days"}))
    story.advance(days=29)
    story.deploy()
    assert brief(story.judge().findings) == []
    story.advance(days=2)
    story.deploy(surface="web")
    finding = one(story.judge().findings, "V14")
    assert "lacks rso" in finding.message


def test_a_role_that_is_given_again_has_a_new_term() -> None:
    story = Story(policy_with(roles__rso={"term": "30 days"}))
    story.advance(days=31)
    story.grant("rso-1", "rso")
    story.deploy()
    assert brief(story.judge().findings) == ["V38 finding"]


def test_the_term_of_whoever_calls_a_pause_does_not_matter() -> None:
    story = Story(policy_with(roles__rso={"term": "30 days"}))
    story.deploy()
    story.advance(days=31)
    pause = story.pause()
    story.advance(days=4)
    assert brief(story.judge().findings) == ["V35 violation", "V38 finding"]
    story.resume(pause)
    story.advance(days=1)
    assert one(story.judge().findings, "V35").ended_by == "open"


def test_a_policy_is_amended_by_those_whose_term_is_not_over() -> None:
    story = Story(policy_with(roles__ceo={"term": "30 days"}))
    story.advance(days=31)
    story.adopt({**story.document, "version": "2"}, kind="policy-amendment")
    found = story.judge()
    assert [version.policy.version for version in found.policies] == ["1"]
    assert [one.missing for one in found.pending] == [("ceo",)]


def test_a_duty_is_done_by_those_whose_term_is_not_over() -> None:
    assess = {
        "when": {"event": "model-registered"}, "do": {"assessment": "comprehensive"}, "by": "evaluator",
        "within": "40 days",
    }  # fmt: skip
    document = policy_of(it=assess)
    document["roles"]["evaluator"] = {"term": "30 days"}
    story = Obliged(document)
    story.advance(days=31)
    story.assess()
    story.advance(days=10)
    assert brief(story.judge().findings) == ["V07 violation", "V38 finding"]


# -- root persons


def founders() -> tuple[Story, int]:
    """Return a ledger with a root quorum of two, and a policy that one of three founders proposes."""
    story = Story.__new__(Story)
    super(Story, story).__init__(root=("root-1", "root-2", "root-3"), quorum=2)
    for founder in ("root-2", "root-3"):
        story.sign_off(0, founder, "root")
    for person, role in (("ceo-1", "ceo"), ("board-1", "board"), ("sec", "security")):
        first = story.size
        story.enrol(person, role)
        for index in range(first, story.size):
            story.sign_off(index, "root-2", "root")
    return story, story.propose(policy_with(), who="root-3")


def end_root(story: Story, person: str) -> None:
    """Record that somebody is no root person any more."""
    body = {"person": person, "role": "root"}
    story.statement("role-ended", [f"person:{person}", "role:root"], body, "root-1", "root")


def test_whoever_is_no_root_person_any_more_puts_no_policy_in_force() -> None:
    story, index = founders()
    end_root(story, "root-3")
    story.sign_off(index, "root-2", "root")
    story.approve(index, "ceo", "board")
    found = story.judge()
    assert (found.policies, brief(found.findings)) == ((), ["I05 indeterminate"])
    assert [(one.want, one.missing, one.counted) for one in found.pending] == [
        ("root quorum", ("root",), (("root-2", "root"),))
    ]
    story.sign_off(index, "root-1", "root")
    assert len(story.judge().policies) == 1


def test_whoever_stops_being_a_root_person_before_it_is_adopted_puts_no_policy_in_force() -> None:
    story, index = founders()
    story.sign_off(index, "root-2", "root")
    end_root(story, "root-3")
    story.approve(index, "ceo", "board")
    found = story.judge()
    assert found.policies == ()
    assert [(one.want, one.missing, one.counted) for one in found.pending] == [
        ("root quorum", ("root",), (("root-2", "root"),))
    ]
    last = story.sign_off(index, "root-1", "root")
    assert [version.completed for version in story.judge().policies] == [last]


def test_whoever_stops_being_a_root_person_afterwards_put_it_in_force() -> None:
    story, index = founders()
    story.sign_off(index, "root-2", "root")
    story.approve(index, "ceo", "board")
    end_root(story, "root-3")
    assert len(story.judge().policies) == 1


def test_an_adoption_that_was_voided_meanwhile_puts_no_policy_in_force() -> None:
    story, index = founders()
    story.approve(index, "ceo", "board")
    keyid = story.person("ceo-1").keyid
    body = {"person": "ceo-1", "keyid": keyid, "since": story.size}
    story.statement("key-compromised", ["person:ceo-1"], body, "root-1", "root")
    story.sign_off(index, "root-2", "root")
    found = story.judge()
    assert found.policies == ()
    assert [(one.want, one.missing) for one in found.pending] == [("signed_off_by", ("ceo",))]


def test_a_dissent_takes_an_approval_of_a_policy_back_before_it_is_adopted() -> None:
    story, index = founders()
    story.sign_off(index, "root-2", "root")
    story.sign_off(index, "root-2", "root", "dissent")
    story.approve(index, "ceo", "board")
    assert story.judge().policies == ()
    story.sign_off(index, "root-2", "root")
    assert len(story.judge().policies) == 1


def test_a_root_role_with_an_end_counts_until_then() -> None:
    story, index = founders()
    until = story.now_ms + DAY
    given = story.grant("sec", "root", until=time_text(until))
    story.sign_off(given, "root-2", "root")
    index = story.propose(policy_with(), who="sec")
    story.approve(index, "ceo", "board")
    story.advance(days=2)
    story.sign_off(index, "root-2", "root")
    assert story.judge().policies == ()
    story.sign_off(index, "root-1", "root")
    assert len(story.judge().policies) == 1


# -- separation


def separate(who: Any, apart: Any, on: str, **promise: str) -> dict[str, Any]:
    """Return a policy with one rule of separation."""
    return policy_with(separate=[{**COMMIT, **promise, "who": who, "from": apart, "on": f"the same {on}"}])


BOTH = {
    "eva": ["evaluator", "release"], "sec": ["security"], "rso-1": ["rso"], "ceo-1": ["ceo"],
    "board-1": ["board"], "rel": ["release"], "aud": ["auditor"],
}  # fmt: skip


def test_nobody_has_two_roles_about_one_model() -> None:
    story = Story(separate(["evaluator"], ["release"], "model"), people=BOTH)
    story.clear()
    first = story.register()
    story.deploy()
    assert brief(story.judge().findings) == []
    permit = story.permit("rso", "ceo", surface="web")
    start = story.start_deployment(surface="web", who="eva")
    story.start_deployment(surface="web", who="eva")
    finding = one(story.judge().findings, "V15")
    assert (finding.level, finding.subject, finding.rule) == ("violation", story.m, "separate.0")
    assert {story.policy_entry, start} < set(finding.entries)
    assert len(finding.entries) == 3
    assert (finding.from_index, finding.known_from, finding.ended_by) == (start, start, "ceased")
    assert permit not in finding.entries
    assert first not in finding.entries
    assert "eva stood on both sides" in finding.message


def test_another_model_is_another_matter() -> None:
    story = Story(separate(["evaluator"], ["release"], "model"), people=BOTH)
    story.register("n")
    body = {"activity": "train", "expires": "2027-01-01T00:00:00.000Z"}
    story.say("release", "permit", [story.model("other")], body, who="eva")
    assert brief(story.judge().findings) == []


@pytest.mark.parametrize("on", ["model", "act"])
def test_whoever_made_it_does_not_approve_it(on: str) -> None:
    story = Story(separate("whoever made it", "whoever approves it", on, **AIM))
    permit = story.permit("rso", "ceo")
    assert brief(story.judge().findings) == []
    expires = "2027-01-01T00:00:00.000Z"
    own = story.say("rso", "permit", [story.m], {"activity": "train", "expires": expires})
    trained = story.say("rso", "training-started", [story.m], {})
    signed = story.approve(own, "rso")
    found = [finding for finding in story.judge().findings if finding.code == "V15"]
    assert [finding.level for finding in found] == ["finding"]
    both = {own, signed} if on == "act" else {trained, permit + 1}
    assert both < set(found[0].entries)


def test_a_rule_of_separation_binds_from_its_version_on() -> None:
    story = Story(people=BOTH)
    story.clear()
    story.say("release", "training-checkpoint", [story.m, story.s], {"files": 1, "bytes": 1}, who="eva")
    rule = {**COMMIT, "who": ["evaluator"], "from": ["release"], "on": "the same model"}
    later = policy_with(version="2", separate=[rule])
    story.adopt(later, kind="policy-amendment")
    assert "V15 violation" not in brief(story.judge().findings)
    story.plan()
    assert "V15 violation" in brief(story.judge().findings)
    assert "V15 violation" not in brief(story.judge(end_ms=story.now_ms - 1).findings)


def test_whoever_writes_down_what_was_before_did_not_do_it() -> None:
    past = Past(adopt=False)
    past.claim_policy(separate(["auditor"], ["auditor"], "act"))
    base = past.claim_base()
    past.sign_off(base, "aud", "auditor")
    assert "V15 violation" not in brief(past.judge().findings)


def test_what_is_on_both_sides_names_the_first_of_those_on_either() -> None:
    story = Story(people={**BOTH, "eva": ["evaluator", "release", "security"]})
    planned = story.plan()
    story.say("security", "training-checkpoint", [story.m, story.s], {"files": 1, "bytes": 1}, who="eva")
    sides = {"who": ["evaluator", "release"], "from": ["release", "security"]}
    rule = {**COMMIT, **sides, "on": "the same model"}
    story.adopt(policy_with(version="2", separate=[rule]), kind="policy-amendment")
    both = story.say(
        "release", "training-checkpoint", [story.m, story.s], {"files": 1, "bytes": 1}, who="eva"
    )
    (finding,) = [one for one in story.judge().findings if one.code == "V15"]
    registered = planned - 1
    assert {registered, both} < set(finding.entries)
    assert len(finding.entries) == 3


def test_one_signature_has_one_side() -> None:
    story = Story(separate(["rso"], ["rso", "ceo"], "act"))
    story.permit("rso", "ceo")
    assert brief(story.judge().findings) == []


# -- told and consulted


def told(**gate: Any) -> dict[str, Any]:
    """Return a policy whose gate for deploying tells people."""
    rule = {**COMMIT, "for": "deploying it", "approved_by": {"all_of": ["rso", "ceo"]}, **gate}
    return policy_with(gates=[rule])


def test_who_is_to_be_told_before_says_so_before() -> None:
    story = Story(told(told_before=["board"], consulted_before=["auditor"]))
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "board-1", "board", "told")
    story.sign_off(permit, "aud", "auditor", "consulted")
    story.start_deployment()
    story.advance(days=1)
    assert brief(story.judge().findings) == []


def test_who_was_told_was_not_consulted() -> None:
    story = Story(told(consulted_before=["auditor"]))
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "aud", "auditor", "told")
    start = story.start_deployment()
    began = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V16")
    assert (finding.from_ms, finding.ended_by, finding.level) == (began, "open", "violation")
    assert f"auditor was not consulted about entry {start}" in finding.message
    late = story.sign_off(permit, "aud", "auditor", "consulted")
    ended = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V16")
    assert (finding.to_ms, finding.to_index, finding.ended_by) == (ended, late, "cured")
    assert late in finding.entries


@pytest.mark.parametrize(("late_sign_off", "is_told"), [(True, False), (False, True)])
def test_whoever_signed_any_permit_for_it_was_told(*, late_sign_off: bool, is_told: bool) -> None:
    """Of several permits, an earlier one of another surface does not count, and the first word does."""
    story = Story(told(told_before=["board"]))
    elsewhere = story.permit("rso", "ceo", surface="web")
    story.sign_off(elsewhere, "board-1", "board", "told")
    permits = [story.permit("rso", "ceo") for _ in range(3)]
    if not late_sign_off:
        story.sign_off(permits[1], "board-1", "board", "told")
    story.advance(hours=1)
    story.start_deployment()
    story.advance(hours=1)
    told_at = [story.sign_off(permit, "board-1", "board", "told") for permit in reversed(permits)]
    if is_told:
        assert brief(story.judge().findings) == []
    else:
        finding = one(story.judge().findings, "V16")
        assert finding.to_index == told_at[0]


def test_who_signed_before_a_start_was_recorded_and_after_it_happened_was_told_too_late() -> None:
    story = Story(told(told_before=["board"]))
    permit = story.permit("rso", "ceo")
    story.advance(hours=1)
    happened = story.now_ms
    story.advance(hours=1)
    told_at = story.sign_off(permit, "board-1", "board", "told")
    story.advance(hours=1)
    story.start_deployment(event_time=time_text(happened))
    finding = one(story.judge().findings, "V16")
    assert (finding.from_ms, finding.to_index) == (happened, told_at)


def test_a_start_that_somebody_asks_about_would_not_have_been_told() -> None:
    story = Story(told(told_before=["board"]))
    story.permit("rso", "ceo")
    (finding,) = [found for found in story.ask() if found.code == "V16"]
    assert "board would not be told about entry" in finding.message


def test_who_is_told_of_the_start_itself_was_told_after() -> None:
    story = Story(told(told_before=["board"], told_after={"who": ["board"], "within": "2 days"}))
    story.permit("rso", "ceo")
    start = story.start_deployment()
    story.sign_off(start, "board-1", "board", "told")
    story.advance(days=3)
    finding = one(story.judge().findings, "V16")
    assert finding.to_ms == finding.from_ms + 1


def test_who_is_to_be_told_after_has_until_then() -> None:
    story = Story(told(told_after={"who": ["board"], "within": "2 days"}))
    start = story.deploy()
    began = story.now_ms
    story.advance(days=1)
    assert brief(story.judge().findings) == []
    story.advance(days=2)
    finding = one(story.judge().findings, "V16")
    assert (finding.from_ms, finding.from_index) == (began + 2 * DAY, None)
    story.end(start)
    ended = story.now_ms
    story.advance(days=1)
    assert one(story.judge().findings, "V16").to_ms == ended


def test_a_start_that_is_over_before_the_time_needs_nobody_told() -> None:
    story = Story(told(told_after={"who": ["board"], "within": "2 days"}))
    start = story.deploy()
    story.advance(days=1)
    story.end(start)
    story.advance(days=5)
    assert brief(story.judge().findings) == []


def test_soon_is_a_time_that_nobody_can_judge() -> None:
    story = Story(told(told_after={"who": ["board"], "within": "unquantified"}))
    story.deploy()
    story.advance(days=1)
    assert brief(story.judge().findings) == ["V16 indeterminate"]


def test_a_permit_that_is_withheld_may_have_told() -> None:
    story = Story(told(told_before=["board"]))
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "board-1", "board", "told")
    story.start_deployment()
    story.bodies[permit] = b""
    assert "V16 indeterminate" in brief(story.judge().findings)
    story = Story(told(told_before=["board"]))
    permit = story.permit("rso", "ceo")
    story.start_deployment()
    story.bodies[permit] = b""
    assert "V16 violation" in brief(story.judge().findings)


# -- what a pause waits for


WHEN = policy_with(pause__when="every needed standard is in force")


def test_a_pause_is_lifted_while_what_is_needed_is_in_force() -> None:
    story, pause = paused(WHEN)
    story.resume(pause)
    story.advance(hours=1)
    story.deploy(surface="web")
    assert brief(story.judge().findings) == []


def test_a_pause_is_not_lifted_before_what_is_needed_is_in_force() -> None:
    story, pause = paused(WHEN)
    story.lapse("base.locks")
    story.advance(hours=1)
    resumed = story.resume(pause)
    at = story.now_ms
    story.advance(hours=1)
    finding = one(story.judge().findings, "V18")
    assert (finding.from_ms, finding.ended_by, finding.level) == (at, "open", "violation")
    assert {pause, resumed, resumed + 1} < set(finding.entries)
    assert "although base was needed for m and not in force" in finding.message
    story.attest("base.locks", "document")
    story.advance(hours=1)
    story.deploy()
    story.advance(hours=1)
    assert "V17 violation" in brief(story.judge().findings)
    again = story.resume(pause)
    ended = story.now_ms
    story.advance(hours=1)
    finding = one(story.judge().findings, "V18")
    assert (finding.to_ms, finding.to_index) == (ended, again + 1)


def test_what_a_crossing_needs_is_needed_before_a_pause_is_lifted() -> None:
    story, pause = paused(WHEN)
    story.result(80)
    story.determine("cbrn", "crossed")
    story.resume(pause)
    story.advance(hours=1)
    assert "high-dep" in one(story.judge().findings, "V18").message


def test_a_pause_of_nothing_that_went_on_lacks_nothing() -> None:
    story = Story(WHEN)
    story.lapse("base.locks")
    pause = story.pause("train")
    story.resume(pause)
    ours = story.pause(about=story.model("other"))
    story.resume(ours)
    unsigned = story.pause("train", kind="restriction", body={"until": "2026-03-01T00:00:00.000Z"})
    story.resume(unsigned)
    story.advance(hours=1)
    assert brief(story.judge().findings) == []


def test_a_pause_that_was_over_is_not_lifted() -> None:
    story = Story(WHEN)
    start = story.deploy()
    until = story.now_ms + HOUR
    pause = story.pause(body={"until": "2026-03-01T01:00:00.000Z"})
    story.end(start)
    story.advance(days=1)
    assert story.now_ms > until
    story.lapse("base.locks")
    story.resume(pause)
    story.advance(hours=1)
    assert "V18 violation" not in brief(story.judge().findings)
