"""The company that runs the log, with every key there is, plays with approvals, safeguards and policies.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import beat, live, quick, ready
from tests.support.forge import canonical, time_text
from tests.support.story import DAY, HOUR, PEOPLE, POLICY, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V14, V28 = "V01 violation", "V14 violation", "V28 violation"


# -- approvals and permits


def test_approvals_are_got_before_the_adverse_entry(codes: Codes) -> None:
    story = ready(policy_with(thresholds__cbrn__decided_by="people", thresholds__cbrn__respond_within=...))
    before = story.permit("rso")
    story.result(90)
    story.approve(before, "ceo")
    story.start_deployment()
    assert codes(story) == [V14]


def test_a_sign_off_of_what_was_not_in_view(codes: Codes) -> None:
    story = ready()
    seen = story.checkpoint()
    story.permit()
    story.approve(story.size - 1, "rso", "ceo", seen=seen)
    story.start_deployment()
    assert codes(story) == [V14]


def test_the_author_approves_their_own_permit(codes: Codes) -> None:
    story = ready(people={**PEOPLE, "rso-1": ["rso", "release"]})
    body = {
        "activity": "deploy", "scope": "external.general", "surface": "api", "expires": story.now(DAY),
    }  # fmt: skip
    permit = story.say("release", "permit", [story.m, story.s], body, who="rso-1")
    story.approve(permit, "rso", "ceo")
    story.start_deployment()
    assert codes(story) == [V14]


def test_one_person_in_two_roles_is_one_person(codes: Codes) -> None:
    story = ready(people={**PEOPLE, "rso-1": ["rso", "ceo"]})
    permit = story.permit()
    story.sign_off(permit, "rso-1", "rso")
    story.sign_off(permit, "rso-1", "ceo")
    story.start_deployment()
    assert codes(story) == [V14]


def test_who_dissents_before_the_quorum_is_complete_has_not_approved(codes: Codes) -> None:
    story = ready()
    permit = story.permit("rso")
    story.sign_off(permit, "rso-1", "rso", "dissent")
    story.approve(permit, "ceo")
    story.start_deployment()
    assert codes(story) == [V14]


@pytest.mark.parametrize(
    "how", ["snapshot", "model", "scope", "surface", "attributes", "expired", "later", "train"]
)
def test_a_permit_for_something_else(codes: Codes, how: str) -> None:
    story = ready()
    started: dict[str, Any] = {}
    match how:
        case "snapshot":
            story.permit("rso", "ceo")
            story.s = story.snapshot("other")
        case "model":
            story.permit("rso", "ceo")
            story.m = story.model("other")
        case "scope":
            story.permit("rso", "ceo", scope="external.limited")
        case "surface":
            story.permit("rso", "ceo", surface="chat")
        case "attributes":
            story.permit("rso", "ceo")
            started = {"attributes": ["tools"]}
        case "expired":
            story.permit("rso", "ceo", expires=story.now(HOUR))
            story.advance(hours=1)
        case "later":
            permit = story.permit("rso")
            story.start_deployment()
            story.approve(permit, "ceo")
        case _:
            story.train()
    if how != "later":
        story.start_deployment(body=started)
    assert V14 in codes(story)


def test_a_deployment_is_widened_by_a_change(codes: Codes) -> None:
    story = ready()
    start = story.deploy("external.trusted")
    story.advance(days=1)
    story.change(start, "external.general", event_time=story.now())
    assert codes(story) == [V14]


def test_a_deployment_is_ended_on_paper_only_to_go_on_by_a_change(codes: Codes) -> None:
    story = ready()
    start = story.deploy()
    story.end(start)
    story.advance(days=40)
    story.change(start, "external.trusted")
    assert codes(story) == [V14]


def test_the_end_of_another_models_deployment_ends_nothing(audited: Audited) -> None:
    story = live(quick())
    start = story.size - 1
    model, story.m = story.m, story.model("other")
    story.end(start)
    story.m = model
    story.advance(days=1)
    story.result(90)
    story.advance(days=1)
    finding = next(one for one in audited(story).findings if one.code == "V01")
    assert finding.ended_by == "open"


def test_an_end_before_the_start_leaves_the_instant_of_the_start(codes: Codes) -> None:
    story = ready()
    start = story.start_deployment()
    story.end(start, event_time=story.now(-HOUR))
    assert codes(story) == [V14]


def test_an_end_that_is_recorded_late_ends_late(audited: Audited) -> None:
    story = live(quick())
    start = story.size - 1
    event = story.now()
    story.advance(days=1)
    story.result(90)
    story.advance(days=5)
    story.end(start, event_time=event)
    finding = next(one for one in audited(story).findings if one.code == "V01")
    assert finding.to_ms == story.now_ms


# -- weights


def test_weights_of_one_snapshot_are_deleted_and_others_stay(audited: Audited) -> None:
    story = Story(quick())
    story.result(90)
    first, story.s = story.s, story.snapshot("second")
    story.result(90)
    story.advance(days=1)
    story.say("release", "weights-deleted", [story.m, first], {})
    finding = next(one for one in audited(story).findings if one.code == "V04")
    assert finding.ended_by == "open"


def test_weights_are_deleted_on_paper_and_served_all_the_same(audited: Audited) -> None:
    story = live(quick())
    start = story.size - 1
    story.say("release", "weights-deleted", [story.m], {})
    story.advance(days=1)
    crossing = story.determine("cbrn", "crossed")
    story.advance(days=1)
    ended = story.end(start)
    story.advance(days=1)
    beat(story)
    finding = next(one for one in audited(story).findings if one.code == "V04")
    assert crossing in finding.entries
    assert (finding.ended_by, finding.to_index) == ("ceased", ended)


# -- safeguards


NARROW: dict[str, dict[str, Any]] = {
    "another surface": {"surface": "chat"},
    "another model": {"about": "model:" + "ab" * 16},
    "the organisation": {"about": None},
    "an environment": {"environment": "lab"},
    "another threshold": {"threshold": "next"},
    "self-report only": {"shown": "self-report"},
    "another method": {"shown": "document"},
    "another author": {"role": "evaluator"},
    "valid for an hour": {"body": {"valid_until": "2026-03-01T01:00:00.000Z"}},
}


def crossed() -> Story:
    """A model that has crossed, whose weights are safe."""
    story = Story(policy_with(thresholds__cbrn__respond_within=..., thresholds__cbrn__then__2=...))
    story.secure()
    story.result(90)
    return story


@pytest.mark.parametrize("how", NARROW)
def test_an_attestation_that_is_not_about_this(audited: Audited, how: str) -> None:
    story = crossed()
    more = {"about": story.m, "surface": "api", "shown": "red-team", **NARROW[how]}
    story.attest("high-dep.filters", more.pop("shown"), **more)
    story.advance(hours=2)
    story.deploy()
    assert [one.code for one in audited(story).findings] == ["V01"]


@pytest.mark.parametrize("how", ["by age", "here", "for all models", "late"])
def test_a_safeguard_has_lapsed(audited: Audited, how: str) -> None:
    story = crossed()
    story.filters()
    event = story.advance(hours=1)
    story.advance(hours=1)
    match how:
        case "by age":
            story.advance(days=70)
        case "here":
            story.lapse("high-dep.filters", about=story.m, surface="api")
        case "late":
            story.lapse("high-dep.filters", about=story.m, event_time=time_text(event))
        case _:
            story.lapse("high-dep.filters")
    story.deploy()
    (finding,) = audited(story).findings
    assert finding.code == "V01"
    assert [cause.code for cause in finding.because] == ["V11"]


def test_an_approval_from_before_a_lapse_does_not_cover_a_new_attestation(codes: Codes) -> None:
    story = Story(policy_with(thresholds__cbrn__respond_within=..., thresholds__cbrn__then__2=...))
    story.secure()
    story.filters()
    story.result(90)
    assert codes(story) == []
    story.lapse("high-sec.audit")
    story.advance(hours=1)
    story.attest("high-sec.audit", "audit", role="auditor")
    story.advance(hours=1)
    assert codes(story) == ["V04 violation"]


def test_a_safeguards_report_that_nobody_approved(codes: Codes) -> None:
    story = Story(quick())
    audit = story.attest("high-sec.audit", "audit", role="auditor")
    story.report("high-sec", [audit])
    story.result(90)
    assert codes(story) == ["V04 violation"]


def test_a_renewal_that_cites_what_lapsed_renews_nothing(codes: Codes) -> None:
    story = Story(quick())
    audit, _ = story.secure()
    story.result(90)
    story.advance(days=300)
    story.lapse("high-sec.audit")
    story.advance(days=1)
    story.report("high-sec", [audit], "rso", "ceo")
    assert codes(story) == ["V04 violation"]


# -- ruling out


def test_a_ruling_out_covers_what_its_signers_had_seen(codes: Codes) -> None:
    story = Story(quick())
    story.result(90)
    cleared = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    assert cleared
    story.determine("next", "ruled_out")
    story.advance(days=1)
    event = story.now(-2 * DAY)
    story.deploy()
    assert codes(story) == []
    story.result(95, event_time=event, body={"completed": event})
    assert V01 in codes(story)


def test_a_ruling_out_needs_reasons_and_its_quorum(codes: Codes) -> None:
    for signers, reasons in ((("rso", "ceo", "board"), " \t "), (("rso", "ceo"), "we are sure")):
        story = Story(quick())
        story.result(90)
        story.determine("cbrn", "ruled_out", *signers, reasons=reasons)
        story.deploy()
        assert V01 in codes(story)


def test_a_crossing_that_nobody_declares(codes: Codes) -> None:
    story = Story()
    story.secure()
    story.result(90)
    story.advance(days=40)
    beat(story)
    assert codes(story) == ["V05 violation"]


# -- policies


def test_a_ledger_of_nothing_proves_nothing(audited: Audited) -> None:
    story = Story(adopt=False, people={})
    verdict = audited(story)
    assert (verdict.verdict, [one.code for one in verdict.findings]) == ("indeterminate", ["I05"])


@pytest.mark.parametrize("how", ["unsigned", "future", "withheld", "not understood"])
def test_a_policy_that_does_not_bind_proves_nothing(audited: Audited, how: str) -> None:
    story = Story(adopt=False)
    match how:
        case "unsigned":
            story.adopt(POLICY, by=("ceo",))
        case "future":
            story.adopt(policy_with(effective_from="2099-01-01T00:00:00Z"))
        case "withheld":
            story.approve(story.propose(POLICY, withheld=True), "ceo", "board")
        case _:
            document = {**POLICY, "waiver": "whenever it suits"}
            story.approve(story.propose(document, body_bytes=canonical(document)), "ceo", "board")
    story.start_deployment()
    verdict = audited(story)
    found = {one.code for one in verdict.findings}
    assert verdict.verdict == "indeterminate"
    assert found == {"I05"} | ({"I04"} if how in ("withheld", "not understood") else set())


def test_a_second_lenient_policy_does_not_replace_the_first(codes: Codes) -> None:
    story = Story(quick())
    lenient = {**policy_with(gates=[], baseline=[]), "thresholds": {}}
    story.adopt(lenient)
    story.adopt({**lenient, "id": "lenient"})
    story.start_deployment()
    assert codes(story) == [V14]


def test_an_amendment_does_not_work_backwards(audited: Audited) -> None:
    story = Story(quick())
    story.start_deployment()
    story.result(90)
    story.advance(days=1)
    lenient = {**policy_with(gates=[], effective_from="2020-01-01T00:00:00Z"), "thresholds": {}}
    story.adopt(lenient, kind="policy-amendment")
    amended = story.now_ms
    story.advance(days=1)
    found = {one.code: one for one in audited(story).findings}
    assert set(found) == {"V01", "V04", "V07", "V14", "V19"}
    assert found["V19"].level == "finding"
    assert {(one.to_ms, one.ended_by) for code, one in found.items() if code not in ("V14", "V19")} == {
        (amended, "amended")
    }


def test_an_amendment_without_its_quorum_changes_nothing(codes: Codes) -> None:
    story = Story(quick())
    story.adopt({**policy_with(gates=[])}, kind="policy-amendment", by=("ceo",))
    story.start_deployment()
    assert codes(story) == [V14]


# -- pauses


def test_a_start_during_a_pause_and_going_on_after_its_deadline(codes: Codes) -> None:
    story = live()
    story.pause("deploy")
    story.advance(days=2)
    beat(story)
    assert codes(story) == []
    story.advance(days=2)
    beat(story)
    assert codes(story) == ["V35 violation"]
    story.deploy(surface="chat")
    assert codes(story) == ["V17 violation", "V35 violation"]


@pytest.mark.parametrize("how", ["alone", "unseen lapse", "another"])
def test_a_pause_is_lifted_by_those_who_may_and_who_have_seen(codes: Codes, how: str) -> None:
    story = live()
    other = story.pause("train")
    pause = story.pause("deploy")
    match how:
        case "alone":
            story.resume(pause, "rso")
        case "another":
            story.resume(other)
        case _:
            resumed = story.resume(pause, "rso")
            story.lapse("part.alignment")
            story.approve(resumed, "ceo")
    story.advance(days=1)
    story.deploy(surface="chat")
    assert codes(story) == ["V17 violation"]


def test_a_pause_is_recorded_late_and_counts_from_its_event(codes: Codes) -> None:
    story = ready()
    called = story.now()
    story.advance(hours=1)
    story.deploy()
    story.pause("deploy", event_time=called)
    assert codes(story) == ["V17 violation"]
