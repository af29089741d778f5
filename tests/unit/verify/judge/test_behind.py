"""What is behind a broken rule: what was inherited, and on what a start was let through."""

from typing import Any

from tests.support.family import Family, lineage_policy
from tests.support.forge import time_text
from tests.support.story import COMMIT, Story, later, one, policy_with

from plimsoll_verify.findings import Finding

FORBIDDEN = [{**COMMIT, "forbid": "deploying it externally"}]
VIROLOGY = policy_with()["tests"]["virology"]
OTHER = {**VIROLOGY, "task": {**VIROLOGY["task"], "name": "other"}}


def causes(finding: Finding) -> dict[str, tuple[int, ...]]:
    """Return the entries of each cause of a finding."""
    return {cause.code: cause.entries for cause in finding.because}


def gated(**changes: Any) -> dict[str, Any]:
    """Return a policy with a gate, by which what is not ruled out is not deployed."""
    usual = {"baseline": [], "thresholds__cbrn__respond_within": ..., "thresholds__cbrn__then": FORBIDDEN}
    return policy_with(**usual | changes)


# -- V26


def test_a_crossing_is_inherited_by_what_was_only_open_itself() -> None:
    family = Family(lineage_policy(thresholds__cbrn__respond_within=..., thresholds__cbrn__then=FORBIDDEN))
    family.born("m")
    born = family.born("tuned", ("m", "fine-tune"), flop="1")
    bad = family.result(80)
    with family.about("tuned"):
        family.clear()
        family.advance(days=250)
        family.start_deployment()
        # Its own results have run out, and would leave it open; that it is crossed is its parent's doing.
        assert {born, bad} <= set(causes(one(family.judge().findings, "V37"))["V26"])


def test_what_is_crossed_itself_is_not_told_to_be_inherited() -> None:
    family = Family(lineage_policy(thresholds__cbrn__respond_within=..., thresholds__cbrn__then=FORBIDDEN))
    family.born("m")
    family.born("tuned", ("m", "fine-tune"), flop="1")
    inherited = family.result(80)
    with family.about("tuned"):
        family.result(80)
        family.start_deployment()
        found = one(family.judge().findings, "V37")
    assert causes(found) == {}
    assert inherited not in found.entries


def test_an_assessment_that_is_overdue_hangs_on_no_threshold() -> None:
    duty = {**COMMIT, "when": {"every": "1 month"}, "do": {"assessment": "yearly"}, "by": "evaluator",
            "within": "1 week"}  # fmt: skip
    family = Family(lineage_policy(duties={"cbrn": duty, "yearly": duty}))
    family.born("m")
    family.result(80)
    family.born("tuned", ("m", "fine-tune"), flop="1")
    with family.about("tuned"):
        family.start_deployment()
        family.advance(days=60)
        overdue = [found for found in family.judge().findings if found.rule.startswith("duties.")]
    assert {found.code for found in overdue} == {"V07"}
    assert [causes(found) for found in overdue] == [{}] * len(overdue)


def test_what_is_to_be_ruled_out_is_not_because_of_a_parent() -> None:
    rule = {**COMMIT, "rule_out": "cbrn", "before": "deploying it"}
    family = Family(lineage_policy(baseline=[rule], thresholds__cbrn__then=[]))
    family.born("m")
    born = family.born("tuned", ("m", "fine-tune"), flop="1")
    bad = family.result(80)
    with family.about("tuned"):
        family.clear()
        family.start_deployment()
    found = one(family.judge().findings, "V07")
    assert {born, bad} <= set(causes(found)["V26"])
    assert bad in found.entries
    assert "cbrn is inherited" in found.message


def test_what_ends_a_ruling_out_of_a_child_is_named_though_the_parent_is_ruled_out() -> None:
    document = lineage_policy(
        thresholds__cbrn__respond_within=..., thresholds__cbrn__then=FORBIDDEN,
        thresholds__cbrn__cleared_by="rso", thresholds__cbrn__until_assessed="crossed",
    )  # fmt: skip
    family = Family(document)
    family.born("m")
    family.born("tuned", ("m", "fine-tune"), flop="1")
    with family.about("tuned"):
        family.determine("cbrn", "ruled_out", "rso")
    family.advance(days=1)
    unclear = family.result(60)
    family.determine("cbrn", "ruled_out", "rso")
    with family.about("tuned"):
        family.start_deployment()
    assert unclear in causes(one(family.judge().findings, "V37"))["V26"]


def test_weights_that_were_not_measured_are_open_because_of_a_parent() -> None:
    family = Family(lineage_policy(thresholds__cbrn__respond_within=..., thresholds__cbrn__then=FORBIDDEN))
    family.born("m")
    born = family.born("tuned", ("m", "fine-tune"), flop="1")
    unclear = family.result(60)
    with family.about("tuned"):
        family.clear()
        family.start_deployment()
        assert "V37" not in [finding.code for finding in family.judge().findings]
        family.start_deployment(snapshot=family.snapshot("other"))
    assert {born, unclear} <= set(causes(one(family.judge().findings, "V37"))["V26"])


def test_a_decision_is_overdue_whatever_is_inherited() -> None:
    within = {"time": "5 days", **COMMIT}
    document = lineage_policy(thresholds__cbrn__then=[], thresholds__cbrn__decide_within=within)
    family = Family(document)
    family.born("m")
    family.born("tuned", ("m", "fine-tune"), flop="1")
    with family.about("m"):
        family.determine("cbrn", "crossed")
    with family.about("tuned"):
        family.clear()
    found = one(later(family, days=9).findings, "V08")
    assert (found.subject, causes(found)) == (family.model("tuned"), {})


def test_a_crossing_is_named_that_is_inherited_by_what_a_model_is_said_to_be_like() -> None:
    family = Family(lineage_policy(thresholds__cbrn__respond_within=..., thresholds__cbrn__then=FORBIDDEN))
    for label in ("m", "like"):
        family.born(label)
    family.born("tuned", ("m", "fine-tune"), flop="1")
    bad = family.result(80)
    with family.about("tuned"):
        family.clear()
    family.carry("like", "tuned")
    family.advance(days=250)
    with family.about("like"):
        family.start_deployment()
    # What it is like was left open by its own results, and is crossed by its parent's.
    assert bad in one(family.judge().findings, "V37").entries


# -- V09


def test_what_was_never_measured_in_full_is_not_told_to_be_stale() -> None:
    for group, is_stale in (("crossed_if_any_of", False), ("crossed_if_all_of", True)):
        document = gated(tests={"virology": VIROLOGY, "other": OTHER})
        del document["thresholds"]["cbrn"]["crossed_if_any_of"]
        document["thresholds"]["cbrn"][group] = ["virology", "other"]
        story = Story(document)
        story.clear()
        story.advance(days=250)
        story.deploy()
        assert ("V09" in causes(one(story.judge().findings, "V37"))) is is_stale


def test_what_people_decide_was_never_ruled_out_by_results() -> None:
    story = Story(gated(thresholds__cbrn__decided_by="people", thresholds__cbrn__until_assessed="crossed"))
    story.clear()
    story.advance(days=250)
    story.deploy()
    assert causes(one(story.judge().findings, "V37")) == {}


def test_a_doubt_speaks_against_a_model_however_old_it_is() -> None:
    story = Story(gated())
    story.result(60)
    story.advance(days=250)
    story.clear()
    story.advance(days=250)
    story.deploy()
    assert causes(one(story.judge().findings, "V37")) == {}


def test_only_what_holds_no_longer_is_named() -> None:
    document = gated(tests={"virology": VIROLOGY, "other": OTHER})
    document["thresholds"]["cbrn"]["crossed_if_any_of"] = ["virology", "other"]
    story = Story(document)
    old = story.clear()
    story.advance(days=250)
    plan = story.plan(task={"name": "other", "version": "1"})
    story.advance(ms=1)
    story.result(10, plan=plan, body={"task": {"name": "other", "version": "1"}})
    story.deploy()
    assert causes(one(story.judge().findings, "V37")) == {"V09": (old,)}


def test_results_of_a_test_that_speaks_against_the_model_are_not_told_to_be_stale() -> None:
    document = gated(tests={"virology": VIROLOGY, "other": OTHER})
    del document["thresholds"]["cbrn"]["crossed_if_any_of"]
    document["thresholds"]["cbrn"]["crossed_if_all_of"] = ["virology", "other"]
    story = Story(document)
    story.clear()
    story.advance(days=1)
    story.result(80)
    plan = story.plan(task={"name": "other", "version": "1"})
    story.advance(ms=1)
    old = story.result(10, plan=plan, body={"task": {"name": "other", "version": "1"}})
    story.advance(days=250)
    story.deploy()
    # A newer look by the other test alone would have ruled it out.
    assert causes(one(story.judge().findings, "V37")) == {"V09": (old,)}


def test_a_start_that_was_recorded_late_had_to_pass_the_gate_of_when_it_was() -> None:
    open_door = gated(gates=[])
    story = Story(open_door)
    clear = story.clear()
    story.advance(days=250)
    event = time_text(story.now_ms)
    story.advance(days=5)
    story.adopt({**gated(), "version": "2"}, kind="policy-amendment")
    story.advance(days=5)
    story.start_deployment(event_time=event)
    # When it happened there was no gate; it began when it was recorded.
    assert causes(one(story.judge().findings, "V37")) == {"V09": (clear,)}


def test_what_no_gate_let_through_is_not_stale_at_one() -> None:
    gate = {**COMMIT, "for": "deploying it externally", "approved_by": "rso"}
    story = Story(gated(gates=[gate], thresholds__cbrn__then=[{**COMMIT, "forbid": "deploying it"}]))
    clear = story.clear()
    story.advance(days=250)
    internal = story.start_deployment("internal.limited")
    assert causes(one(story.judge().findings, "V37")) == {}
    story.end(internal)
    story.advance(days=1)
    story.start_deployment()
    (_, found) = [finding for finding in story.judge().findings if finding.code == "V37"]
    assert causes(found) == {"V09": (clear,)}


def test_what_another_model_needs_is_not_open_for_want_of_newer_results() -> None:
    size = "training any model of at least its effective compute"
    family = Family(
        policy_with(
            baseline=[], thresholds__cbrn__respond_within=...,
            thresholds__cbrn__then=[{**COMMIT, "needs": ["high-sec"], "while": [size]}],
        )
    )  # fmt: skip
    for label in ("m", "big"):
        family.born(label, flop="10")
    with family.about("big"):
        family.clear()
    family.advance(days=250)
    family.result(80)
    with family.about("big"):
        family.train()
    assert "V09" not in causes(one(family.judge().findings, "V02"))


def test_a_result_of_a_lost_key_is_not_told_to_be_stale() -> None:
    story = Story(gated())
    clear = story.clear()
    story.advance(days=1)
    body = {"person": "eva", "keyid": story.person("eva").keyid, "since": clear}
    story.say("root", "key-compromised", ["person:eva"], body)
    story.advance(days=1)
    story.deploy()
    found = one(story.judge().findings, "V37")
    assert causes(found) == {}
    assert clear in found.entries
