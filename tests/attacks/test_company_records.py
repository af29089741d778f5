"""The company that runs the log, with every key there is, plays with times, results and bodies.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import beat, live, quick, ready
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, HOUR, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V14, V28 = "V01 violation", "V14 violation", "V28 violation"


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
    assert f"others had seen entry {story.size - 1} at" in found["V28"].message


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
