"""The company that runs the log, with every key there is, wants a clean verdict for what was not clean.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.forge import canonical, time_text
from tests.support.story import COMMIT, DAY, HOUR, PEOPLE, POLICY, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V14, V28 = "V01 violation", "V14 violation", "V28 violation"


def ready(policy: dict[str, Any] | None = None, **more: Any) -> Story:
    """A model that was evaluated and ruled out a day ago, under a policy in force."""
    story = Story(policy, **more)
    story.clear()
    story.advance(days=1)
    return story


def beat(story: Story) -> int:
    """Let the log go on, so that time is judged up to now."""
    return story.say("rso", "heartbeat", [story.org()], {})


def live(policy: dict[str, Any] | None = None) -> Story:
    """The same, deployed with a permit."""
    story = ready(policy)
    story.deploy()
    story.advance(days=1)
    return story


def quick() -> dict[str, Any]:
    """The policy with no time to respond."""
    return policy_with(thresholds__cbrn__respond_within=...)


# -- times of entries and events


def test_entries_are_dated_after_the_cosignatures_that_hold_them(audited: Audited) -> None:
    # What lies after the end of judgement is not judged; so that end must not lie before an entry.
    story = ready()
    cosigned_ms = story.now_ms
    story.advance(days=300)
    story.start_deployment(event_time=story.now())
    verdict = audited(story, cosigned_ms=cosigned_ms)
    found = {one.code: one for one in verdict.findings}
    assert verdict.verdict == "violations"
    assert found["V14"].level == found["V28"].level == "violation"
    assert found["V28"].entries == (story.size - 1,)
    assert "witnesses had seen them" in found["V28"].message


def test_a_ledger_that_ends_in_the_future_is_never_fresh(codes: Codes) -> None:
    story = live()
    assert codes(story, now_ms=story.now_ms, max_age="1 day") == []
    assert codes(story, now_ms=story.now_ms - 30 * DAY, max_age="1 day") == ["I06 indeterminate"]
    assert codes(story, now_ms=story.now_ms + 2 * DAY, max_age="1 day") == ["I06 indeterminate"]


def test_old_cosignatures_are_not_made_fresh_by_a_later_entry(codes: Codes) -> None:
    story = live()
    cosigned_ms = story.now_ms
    story.advance(days=20)
    beat(story)
    found = codes(story, cosigned_ms=cosigned_ms, now_ms=story.now_ms, max_age="1 day")
    assert found == ["I06 indeterminate", V28]


def test_the_clock_of_the_log_goes_back(codes: Codes) -> None:
    story = live()
    story.advance(days=-2)
    beat(story)
    assert codes(story) == [V28]


def test_an_adverse_result_is_recorded_late(audited: Audited) -> None:
    story = ready(quick())
    event = story.now()
    story.advance(hours=1)
    story.deploy()
    began = story.now_ms
    story.advance(days=30)
    story.result(90, event_time=event, body={"started": event, "completed": event})
    finding = next(one for one in audited(story).findings if one.code == "V01")
    assert finding.from_ms == began


def test_an_adverse_result_is_recorded_late_with_an_event_to_match(audited: Audited) -> None:
    # The body says when the run was over, whatever the header calls its event.
    story = ready(quick())
    run = story.now()
    story.advance(hours=1)
    story.deploy()
    began = story.now_ms
    story.advance(days=30)
    story.result(90, body={"started": run, "completed": run})
    finding = next(one for one in audited(story).findings if one.code == "V01")
    assert finding.from_ms == began


def test_an_old_run_is_recorded_as_a_new_one(codes: Codes) -> None:
    # good_for is six months.
    story = Story(quick())
    plan = story.plan()
    story.advance(days=1)
    run = story.now()
    story.advance(days=200)
    story.result(10, plan=plan, body={"started": run, "completed": run})
    story.deploy()
    assert codes(story) == [V01, "V04 violation", "V07 violation"]


def test_a_plan_is_recorded_after_the_run(codes: Codes) -> None:
    story = Story(
        policy_with(thresholds__cbrn__until_assessed="crossed", thresholds__cbrn__respond_within=...)
    )
    run = story.now()
    story.advance(days=1)
    plan = story.plan()
    story.result(10, plan=plan, body={"started": run})
    story.deploy()
    assert V01 in codes(story)


def test_a_plan_is_recorded_after_the_run_that_starts_next_year(codes: Codes) -> None:
    story = Story(
        policy_with(thresholds__cbrn__until_assessed="crossed", thresholds__cbrn__respond_within=...)
    )
    plan = story.plan()
    story.result(10, plan=plan, body={"started": story.now(365 * DAY), "completed": story.now()})
    story.deploy()
    assert V01 in codes(story)


def test_a_start_is_backdated_to_before_the_crossing(codes: Codes) -> None:
    # A permit is at hand from before; what began before the onset has a month, and what starts after it none.
    story = ready()
    story.permit("rso", "ceo")
    story.advance(hours=1)
    claimed = story.now()
    story.advance(days=3)
    story.result(90)
    story.advance(days=3)
    story.start_deployment(event_time=claimed)
    assert codes(story) == [V01, "V07 violation", "V28 finding"]


def test_training_is_backdated_to_before_the_crossing(codes: Codes) -> None:
    story = ready()
    claimed = story.now(HOUR)
    expires = time_text(story.now_ms + 30 * DAY)
    permit = story.say("release", "permit", [story.m], {"activity": "train", "expires": expires})
    story.approve(permit, "rso")
    story.advance(days=3)
    story.result(90)
    story.advance(days=3)
    story.say("release", "training-started", [story.m], {}, event_time=claimed)
    assert codes(story) == ["V02 violation", "V28 finding"]


def test_a_start_is_backdated_to_before_the_policy(codes: Codes) -> None:
    story = ready()
    story.advance(days=5)
    story.start_deployment(event_time="2026-02-01T00:00:00.000Z")
    assert codes(story) == [V14, "V28 finding"]


def test_a_start_is_dated_into_the_future(codes: Codes) -> None:
    story = ready()
    story.start_deployment(event_time=story.now(300 * DAY))
    assert codes(story) == [V14, V28]


def test_everything_happens_in_one_millisecond(codes: Codes) -> None:
    story = ready(quick())
    story.permit("rso", "ceo")
    start = story.start_deployment()
    story.result(90)
    story.end(start)
    found = codes(story)
    assert V01 in found
    assert "V04 violation" in found


def test_an_approval_is_decided_before_what_its_signer_had_seen(codes: Codes) -> None:
    story = ready()
    permit = story.permit("rso")
    story.advance(hours=2)
    beat(story)
    story.approve(permit, "ceo", event_time=story.now(-2 * HOUR))
    assert V28 in codes(story)


# -- results


@pytest.mark.parametrize(
    "body",
    [
        {"task": {"name": "virology", "version": "2"}},
        {"task": {"name": "virology-hard", "version": "1"}},
        {"status": "error"},
        {"variant": "refusing", "flags": ["limited"]},
        {"limit": "5"},
        {"epochs": 1, "samples": 5, "scored": {"samples": 5, "sample_epochs": 5}},
        {"scores": []},
        {"scores": [{"scorer": "other", "reducer": "mean", "metric": "accuracy", "value": "0"}]},
        {"scores": [{"scorer": "includes", "reducer": "max", "metric": "accuracy", "value": "0"}]},
        {"flags": ["scores-edited"]},
    ],
)
def test_a_result_that_is_not_the_tests_rules_nothing_out(codes: Codes, body: dict[str, Any]) -> None:
    story = Story(
        policy_with(thresholds__cbrn__until_assessed="crossed", thresholds__cbrn__respond_within=...)
    )
    plan = story.plan()
    story.advance(ms=1)
    story.result(10, plan=plan, body=body)
    story.deploy()
    assert V01 in codes(story)


def test_ten_runs_and_the_best_comes_last(codes: Codes) -> None:
    story = ready(quick())
    plan = story.plan()
    story.advance(ms=1)
    for k in (90, 60, 10):
        story.result(k, plan=plan)
    story.deploy()
    assert V01 in codes(story)


def test_another_snapshot_was_evaluated_than_is_deployed(codes: Codes) -> None:
    story = ready(
        policy_with(thresholds__cbrn__until_assessed="crossed", thresholds__cbrn__respond_within=...)
    )
    # The model is ruled out by what was measured on weaker weights.
    story.s = story.snapshot("stronger")
    story.deploy()
    assert codes(story) == [V01, "V07 violation"]


def test_a_gate_that_asks_for_a_ruling_out_asks_for_these_weights(codes: Codes) -> None:
    rule = {**COMMIT, "rule_out": "cbrn", "before": "deploying it externally"}
    story = ready(policy_with(baseline__1=rule))
    story.s = story.snapshot("stronger")
    story.deploy()
    assert codes(story) == ["V07 violation"]


def test_weights_that_crossed_are_deployed_under_another_models_name(codes: Codes) -> None:
    story = Story(quick())
    story.result(90)
    story.advance(days=1)
    story.m = story.model("clean-slate")
    story.deploy()
    assert V01 in codes(story)


def test_a_clear_result_of_these_weights_under_another_name_clears_nothing(codes: Codes) -> None:
    story = Story(
        policy_with(thresholds__cbrn__until_assessed="crossed", thresholds__cbrn__respond_within=...)
    )
    story.clear()
    story.m = story.model("other")
    story.deploy()
    assert V01 in codes(story)


def test_a_result_is_recorded_under_another_model(codes: Codes) -> None:
    story = live(quick())
    model, story.m = story.m, story.model("scapegoat")
    story.result(90)
    story.m = model
    story.advance(days=1)
    assert V01 in codes(story)


def test_nobody_escapes_by_not_registering(codes: Codes) -> None:
    story = Story()
    story.m, story.s = story.model("unnamed"), story.snapshot("unnamed")
    story.start_deployment()
    assert codes(story) == [V14]


def test_a_crossing_ends_neither_by_a_better_run_nor_by_age(codes: Codes) -> None:
    story = Story(quick())
    story.result(90)
    story.advance(days=400)
    story.attest("base.locks", "document")
    story.clear()
    story.deploy()
    assert V01 in codes(story)


# -- what is withheld


@pytest.mark.parametrize(
    "what", ["result", "determination", "lapse", "start", "attestation", "permit", "report", "registration"]
)
def test_what_is_withheld_is_never_a_pass(audited: Audited, what: str) -> None:
    story = live()
    match what:
        case "result":
            story.result(90, withheld=True)
        case "determination":
            story.determine("cbrn", "crossed", withheld=True)
        case "lapse":
            story.lapse("base.locks", withheld=True)
        case "start":
            story.start_deployment(withheld=True)
        case "attestation":
            story.attest("high-sec.audit", "audit", role="auditor", withheld=True)
        case "permit":
            story.say("release", "permit", [story.m, story.s], {}, withheld=True)
        case "report":
            story.report("high-sec", [story.base], withheld=True)
        case _:
            body = {"name": "new", "parents": [{"model": story.m, "relation": "fine-tune"}]}
            story.say("evaluator", "model-registered", [story.model("new")], body, withheld=True)
    verdict = audited(story)
    assert verdict.verdict == "indeterminate"
    assert any(one.code == "I01" and story.size - 1 >= one.entries[0] for one in verdict.findings)


def test_an_unknown_member_hides_no_adverse_result(codes: Codes) -> None:
    story = live(quick())
    story.result(90, body={"note": "this one does not count"})
    assert codes(story) == ["I02 indeterminate"]


@pytest.mark.parametrize("kind", ["eval-result-draft", "permit/v2"])
def test_an_unknown_kind_is_not_ignored(codes: Codes, kind: str) -> None:
    story = live()
    name = kind if "/" in kind else f"{kind}/v1"
    change = {"predicateType": f"https://plimsoll.example/{name}"}
    story.say("evaluator", "eval-result", [story.m], {"score": "90"}, statement=change)
    assert codes(story) == ["I02 indeterminate"]


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
    assert set(found) == {"V01", "V04", "V07", "V14"}
    assert {(one.to_ms, one.ended_by) for code, one in found.items() if code != "V14"} == {
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
