"""What one model has to do with others: limits, likenesses, lineage, halts; and what is not known of it."""

from typing import Any

import pytest
from tests.support.family import LINEAGE, Family, lineage_policy
from tests.support.language import BYPASS
from tests.support.story import COMMIT, Story, brief, one, policy_with

VIROLOGY = policy_with()["tests"]["virology"]
REFERENCE = Family(adopt=False).model("reference").removeprefix("model:")
PLAIN: dict[str, Any] = {"gates": [], "baseline": []}


def codes(story: Story, about: str = "") -> set[str]:
    """Return `code level` of what is found about a model, or about all."""
    return set(brief([found for found in story.judge().findings if about in ("", found.subject)]))


def compared(**limits: Any) -> Family:
    """A family with limits that are the reference's scores, and no time to respond."""
    below = {"below": {"score_of": REFERENCE}, "judged_on": "score", **limits}
    test = {**VIROLOGY, "rules_out": below}
    return Family(
        policy_with(
            **PLAIN,
            tests__virology=test,
            thresholds__cbrn__respond_within=...,
            thresholds__cbrn__then=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
        )
    )


def reference(family: Family, k: int = 30, **more: Any) -> int:
    """Record a score of the reference."""
    with family.about("reference"):
        return family.result(k, **more)


def served(family: Family) -> Family:
    """Let the model be evaluated well and deployed."""
    family.advance(days=1)
    family.clear()
    family.start_deployment()
    return family


# -- limits


def test_only_one_limit_may_be_another_models_score() -> None:
    family = compared()
    reference(family)
    assert codes(served(family), family.m) == set()
    family.advance(days=1)
    family.result(80)
    assert codes(family, family.m) == {"V01 violation"}


def test_a_score_that_is_no_figure_is_no_limit() -> None:
    family = compared()
    reference(family, 120)
    assert codes(served(family), family.m) == {"V01 violation"}


def test_a_score_by_somebody_unknown_makes_no_limit_and_may_spoil_one() -> None:
    family = compared()
    outsider: dict[str, Any] = {"who": "board-1", "role": "evaluator"}
    reference(family, **outsider)
    assert "V01 violation" in codes(served(family), family.m)
    family = compared()
    reference(family)
    reference(family, 5, **outsider)
    assert "V01 violation" in codes(served(family), family.m)


@pytest.mark.parametrize(("figure", "is_limit"), [("30/100", True), ("3000001/10000001", False)])
def test_ends_of_intervals_are_held_against_short_figures_only(figure: str, is_limit: bool) -> None:
    family = compared(judged_on="upper 95 % bound")
    score = {
        "scorer": "includes", "reducer": "mean", "metric": "accuracy", "value": "0", "fraction": figure,
    }  # fmt: skip
    reference(family, body={"scores": [score]})
    assert codes(served(family), family.m) == (set() if is_limit else {"V01 violation"})


def test_the_score_of_the_reference_is_withheld() -> None:
    family = compared()
    family.bodies[reference(family)] = b""
    served(family)
    assert codes(family, family.m) == {"V01 indeterminate"}


def test_a_run_of_the_reference_that_failed_and_one_of_the_model_say_nothing() -> None:
    family = compared()
    reference(family)
    reference(family, 1, body={"status": "error"})
    family.result(90, body={"status": "error"})
    assert codes(served(family), family.m) == set()


def test_a_result_that_others_are_worse_than_voids_no_signature() -> None:
    # The permit's approvals had not seen the result, which is clear against what was recorded before it.
    below = {"below": {"score_of": REFERENCE}, "judged_on": "score"}
    for k, expected in ((10, set()), (40, {"V14 violation"}), (80, {"V14 violation"})):
        family = Family(policy_with(baseline=[], tests__virology={**VIROLOGY, "rules_out": below}))
        reference(family)
        family.advance(days=1)
        plan = family.plan()
        family.advance(ms=1)
        permit = family.permit("rso")
        seen = family.checkpoint()
        family.result(k, plan=plan)
        family.sign_off(permit, "ceo-1", "ceo", seen=seen)
        family.start_deployment()
        assert {code for code in codes(family, family.m) if code.startswith("V14")} == expected


def test_a_result_of_the_same_weights_under_another_name_counts_against_them() -> None:
    family = compared()
    reference(family)
    served(family)
    weights = family.s
    with family.about("twin"):
        family.s = weights
        family.result(50)
    assert codes(family, family.m) == {"V01 violation"}


# -- likenesses


def like(*roles: str, **body: Any) -> Family:
    """A model that is said to be like one that was evaluated well, where nobody trusts what is not."""
    family = Family(
        policy_with(
            **PLAIN,
            thresholds__cbrn__until_assessed="crossed",
            thresholds__cbrn__respond_within=...,
            thresholds__cbrn__then=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
        )
    )
    family.clear()
    family.born("like")
    family.carried = family.carry("like", "m", *roles, **body)
    with family.about("like"):
        family.start_deployment()
    return family


@pytest.mark.parametrize(
    ("roles", "body", "holds"),
    [
        (("rso", "ceo"), {}, True),
        (("rso", "ceo"), {"threshold": "cbrn"}, True),
        (("rso", "ceo"), {"threshold": "next"}, False),
        (("rso", "ceo"), {"reasons": "  "}, False),
        (("rso",), {}, False),
    ],
)
def test_who_says_of_what_that_a_model_is_like_another(
    roles: tuple[str, ...],
    body: dict[str, Any],
    holds: bool,
) -> None:
    family = like(*roles, **body)
    assert codes(family, family.model("like")) == (set() if holds else {"V01 violation"})


def test_a_likeness_that_is_withheld_is_in_doubt() -> None:
    for roles, level in ((("rso", "ceo"), "indeterminate"), (("rso",), "violation")):
        family = like(*roles)
        family.bodies[family.carried] = b""
        assert f"V01 {level}" in codes(family, family.model("like"))


def test_nobody_says_so_without_a_role() -> None:
    family = like("board")
    assert "V01 violation" in codes(family, family.model("like"))
    family = like()
    family.say("rso", "carried-over", [family.m], {"from": family.model("like"), "reasons": "r"}, who="sec")
    assert "V36 violation" in codes(family)


# -- lineage


def test_who_may_register_and_what_is_withheld_of_it() -> None:
    family = Family(lineage_policy())
    family.born("base", flop="100")
    with family.about("base"):
        family.clear()
    tuned = family.born("tuned", ("base", "fine-tune"), flop="1")
    family.born("tuned", flop="1", who="sec")
    with family.about("tuned"):
        family.start_deployment()
    family.advance(days=60)
    family.say("rso", "heartbeat", [family.org()], {})
    assert codes(family, family.model("tuned")) == {"V36 violation"}
    family.bodies[tuned] = b""
    assert "V01 indeterminate" in codes(family, family.model("tuned"))


def test_compute_that_is_withheld_may_have_been_little() -> None:
    family = Family(lineage_policy(lineage={**LINEAGE, "assess_again_from": "1/4"}))
    family.born("base", flop="100")
    with family.about("base"):
        family.clear()
    middle = family.born("middle", ("base", "fine-tune"), flop="1")
    family.born("tuned", ("middle", "fine-tune"), ("base", "fine-tune"), flop="1")
    family.bodies[middle] = b""
    with family.about("tuned"):
        family.start_deployment()
    family.advance(days=60)
    family.say("rso", "heartbeat", [family.org()], {})
    assert "V01 indeterminate" in codes(family, family.model("tuned"))


def test_crossed_until_assessed_gives_no_time_to_leave_it_open() -> None:
    document = policy_with(
        **PLAIN,
        thresholds__cbrn__until_assessed="crossed",
        thresholds__cbrn__respond_within=...,
        thresholds__cbrn__if_not_ruled_out={"determination_within": "1 month", **COMMIT},
        thresholds__cbrn__then=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
    )
    story = Story(document)
    story.result(60)
    story.start_deployment()
    assert codes(story) == {"V01 violation"}


# -- determinations


def test_reasons_are_asked_for_only_where_results_are_contradicted() -> None:
    story = Story(policy_with(**PLAIN))
    story.determine("next", "ruled_out", reasons=" ")
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons=" ")
    assert "V06 violation" not in codes(story)
    story.result(60)
    story.determine("cbrn", "ruled_out", "rso", reasons=" ")
    assert "V06 violation" not in codes(story)
    blank = story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons=" ")
    story.advance(days=1)
    proper = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    finding = one(story.judge().findings, "V06")
    assert (finding.ended_by, finding.to_index) == ("cured", proper + 2)
    assert blank in finding.entries
    assert "without reasons" in finding.message


def test_what_went_on_before_does_not_hide_that_a_start_rested_on_old_results() -> None:
    story = Story(policy_with(baseline=[]))
    clear = story.clear()
    story.deploy()
    story.advance(days=190)
    story.deploy(surface="web")
    story.advance(days=60)
    story.say("rso", "heartbeat", [story.org()], {})
    found = [finding for finding in story.judge().findings if finding.code == "V01"]
    assert {("V09", (clear,))} <= {(one.code, one.entries) for finding in found for one in finding.because}


# -- halts, and other models' training


def test_a_standard_that_halts_only_the_model_that_needs_it() -> None:
    halt = {**COMMIT, "halt": ["training"], "of": "it"}
    document = policy_with(
        **PLAIN,
        thresholds__cbrn__respond_within=...,
        thresholds__cbrn__then=[
            {**COMMIT, "rule_out": "next", "before": "deploying it"},
            {**COMMIT, "needs": [{"any_of": ["top", "base"]}], "while": ["deploying it"]},
            {**COMMIT, "needs": ["top"], "while": ["storing it"]},
        ],
        standards__top={"status": "undefined", "if_needed": halt},
    )
    family = Family(document)
    family.born("child", ("m", "fine-tune"))
    family.result(80)
    family.train()
    with family.about("child"):
        family.train()
    found = [finding for finding in family.judge().findings if finding.code == "V03"]
    # Where base is in force nothing halts; the second rule has no such way out.
    assert [(finding.subject, finding.rule) for finding in found] == [(family.m, "standards.top.if_needed")]


def test_rules_about_other_models_stand_beside_others() -> None:
    size = "training any model of at least its effective compute"
    document = policy_with(
        **PLAIN,
        thresholds__cbrn__respond_within=...,
        thresholds__cbrn__then=[
            {**COMMIT, "rule_out": "next", "before": "deploying it"},
            {**COMMIT, "needs": ["high-sec", "base"], "while": [size]},
        ],
    )
    family = Family(document)
    for label in ("m", "big"):
        family.born(label, flop="10")
    family.result(80)
    with family.about("big"):
        family.train()
    assert codes(family, family.model("big")) == {"V02 violation"}
    family.advance(days=1)
    family.secure()
    with family.about("big"):
        family.say("rso", "heartbeat", [family.org()], {})
    assert one(family.judge().findings, "V02").ended_by == "cured"


def test_other_models_are_asked_where_they_are_trained_and_for_the_threshold() -> None:
    size = "training any model of at least its effective compute"
    shown = {"text": "t", "for_each": ["environment", "threshold"], "attested_by": "security"}
    document = policy_with(
        **PLAIN,
        thresholds__cbrn__respond_within=...,
        thresholds__cbrn__then=[{**COMMIT, "needs": ["placed"], "while": [size]}],
        standards__placed={"criteria": {"shown": shown}},
    )
    family = Family(document)
    for label in ("m", "big"):
        family.born(label, flop="10")
    family.result(80)
    family.attest("placed.shown", environment="lab", threshold="cbrn")
    with family.about("big"):
        family.train(body={"environment": "lab"})
    assert codes(family, family.model("big")) == set()
    family.advance(days=1)
    with family.about("big"):
        family.train(body={"environment": "cloud"})
    found = one(family.judge().findings, "V02")
    assert (found.from_ms, found.level) == (family.now_ms, "violation")
    assert "was trained in cloud" in found.message


def test_a_reversal_about_one_model_gives_no_time_under_the_threshold_of_another() -> None:
    size = "training any model of at least its effective compute"
    document = policy_with(
        **PLAIN,
        reversal={**COMMIT, "by": "board", "stops_within": "10 days"},
        thresholds__cbrn__respond_within=...,
        thresholds__cbrn__then=[{**COMMIT, "needs": ["high-sec"], "while": [size]}],
    )
    family = Family(document)
    for label in ("m", "big"):
        family.born(label, flop="10")
    family.result(80)
    with family.about("big"):
        family.train()
        ruled_out = family.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    began = family.now_ms
    family.advance(days=1)
    family.say("board", "reversal", [family.model("big")], {"of": family.ref(ruled_out)})
    family.advance(days=1)
    found = one(family.judge().findings, "V02")
    assert (found.subject, found.from_ms, found.to_ms) == (family.model("big"), began, None)


def test_compute_of_the_model_past_the_threshold_that_nobody_told_leaves_doubt() -> None:
    size = "training any model of at least its effective compute"
    then = [{**COMMIT, "needs": ["high-sec"], "while": [size]}]
    family = Family(policy_with(**PLAIN, thresholds__cbrn__respond_within=..., thresholds__cbrn__then=then))
    family.born("big", flop="10")
    family.result(80)
    with family.about("big"):
        family.train()
    assert codes(family, family.model("big")) == {"V02 indeterminate"}


# -- measurements


def test_one_criterion_is_measured_and_another_one_is_not_there() -> None:
    criterion = {"text": "t", "for_each": ["model"], "attested_by": "security", "measured_by": "bypass"}
    document = policy_with(
        gates=[],
        baseline=[{**COMMIT, "needs": ["both"], "while": ["deploying it"]}],
        tests={"virology": VIROLOGY, "bypass": BYPASS},
        standards__both={"criteria": {"one": criterion, "two": {**criterion}}},
    )
    story = Story(document)
    score = {
        "scorer": "judge", "reducer": "mean", "metric": "rate", "value": "0", "count": {"k": 0, "n": 200},
    }  # fmt: skip
    story.clear()
    story.result(0, 200, body={"task": {"name": "bypass", "version": "1"}, "scores": [score]})
    story.attest("both.one", "red-team", about=story.m)
    story.start_deployment()
    finding = one(story.judge().findings, "V01")
    assert "both.two was not attested" in finding.message
    assert "both.one" not in finding.message


def test_a_policy_that_keeps_no_evidence_minds_no_erasure() -> None:
    story = Story()
    story.say("rso", "erasure", [story.org()], {"digests": ["ab" * 32]})
    assert brief(story.judge().findings) == []


def test_results_of_another_snapshot_are_no_cause_once_people_declared_a_crossing() -> None:
    """V09 is about what is open only for want of a newer look; here somebody spoke against the model."""
    changes = {"thresholds__cbrn__until_assessed": "crossed", "thresholds__cbrn__respond_within": ...}
    for is_crossed in (False, True):
        story = Story(policy_with(**changes))
        clear = story.clear()
        if is_crossed:
            story.determine("cbrn", "crossed")
        story.advance(days=1)
        story.start_deployment(snapshot=story.snapshot("other"))
        story.advance(days=40)
        causes = {(one.code, one.entries) for found in story.judge().findings for one in found.because}
        assert (("V09", (clear,)) in causes) is not is_crossed


def test_each_snapshot_is_ruled_out_by_its_own_results() -> None:
    changes = {"thresholds__cbrn__until_assessed": "crossed", "thresholds__cbrn__respond_within": ...}
    story = Story(policy_with(**changes, gates=[]))
    names = [story.s, story.snapshot("other")]
    for name in names:
        story.s = name
        story.clear()
    story.advance(days=1)
    for name in names:
        story.start_deployment(snapshot=name)
    story.start_deployment(snapshot=story.snapshot("third"), surface="web")
    story.advance(days=1)
    found = [one for one in story.judge().findings if one.code == "V01"]
    assert {entry for one in found for entry in one.entries} & {*range(story.size - 3, story.size)} == {
        story.size - 1
    }
