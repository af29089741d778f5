"""The company that runs the log plays with where models come from, and with what is decided when.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable

from tests.attacks.telling import beat
from tests.support.family import LINEAGE, Family, lineage_policy
from tests.support.story import COMMIT, Story, one, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V02, V03 = "V01 violation", "V02 violation", "V03 violation"


def crossed() -> Family:
    """A family of which the first model is past the threshold."""
    family = Family(lineage_policy())
    family.result(80)
    family.determine("cbrn", "crossed")
    family.advance(days=1)
    return family


def deployed(family: Family, label: str) -> Family:
    """Deploy a model for long enough that nothing is pending any more."""
    with family.about(label):
        family.start_deployment()
    family.advance(days=60)
    return family


# -- lineage


def test_a_descendant_is_served_without_what_its_parent_needs(audited: Audited) -> None:
    family = crossed()
    born = family.born("tuned", ("m", "fine-tune"), flop="1e18")
    verdict = audited(deployed(family, "tuned"))
    found = [finding for finding in verdict.findings if finding.code == "V01"]
    assert {finding.level for finding in found} == {"violation"}
    causes = {cause.code: cause.entries for cause in found[0].because}
    assert born in causes["V26"]
    assert "inherited from what it was made from" in found[0].message


def test_a_merge_hides_the_dangerous_parent_behind_a_harmless_one(codes: Codes) -> None:
    family = crossed()
    family.born("tame")
    with family.about("tame"):
        family.clear()
    family.born("merged", ("tame", "merge"), ("m", "merge"), flop="1e18")
    assert V01 in codes(deployed(family, "merged"))


def test_a_crossing_reaches_grandchildren(codes: Codes) -> None:
    family = crossed()
    family.born("child", ("m", "fine-tune"), flop="1")
    family.born("grandchild", ("child", "fine-tune"), flop="1")
    assert V01 in codes(deployed(family, "grandchild"))


def test_a_new_word_for_the_relation_does_not_cut_the_line(codes: Codes) -> None:
    family = crossed()
    family.born("tuned", ("m", "polishing"), flop="1")
    assert V01 in codes(deployed(family, "tuned"))


def test_clear_results_of_a_descendant_do_not_end_what_it_inherits(codes: Codes) -> None:
    family = crossed()
    family.born("tuned", ("m", "fine-tune"), flop="1")
    with family.about("tuned"):
        family.clear()
    assert V01 in codes(deployed(family, "tuned"))


def test_a_parent_is_named_only_after_its_child_is_served(codes: Codes) -> None:
    family = crossed()
    family.born("tuned")
    deployed(family, "tuned")
    family.born("tuned", ("m", "fine-tune"), flop="1")
    assert V01 in codes(family)


def test_a_model_comes_from_one_that_nobody_registered(codes: Codes) -> None:
    family = Family(lineage_policy())
    family.born("tuned", ("model:" + "e" * 32, "fine-tune"), flop="1")
    assert V01 in codes(deployed(family, "tuned"))


def test_a_model_that_is_not_registered_escapes_nothing(codes: Codes) -> None:
    assert V01 in codes(deployed(Family(lineage_policy()), "secret"))


def test_two_models_that_come_from_one_another(codes: Codes) -> None:
    family = Family(lineage_policy())
    family.born("egg", ("hen", "fine-tune"), flop="1")
    family.born("hen", ("egg", "fine-tune"), flop="1")
    assert V01 in codes(deployed(family, "hen"))


def test_many_small_steps_add_up(codes: Codes) -> None:
    family = Family(lineage_policy())
    family.born("base", flop="1e25")
    with family.about("base"):
        family.clear()
    family.born("step-1", ("base", "fine-tune"), flop="1e24")
    family.born("step-2", ("step-1", "fine-tune"), flop="1e24")
    assert V01 not in codes(deployed(family, "step-2"))
    family.born("step-3", ("step-2", "fine-tune"), flop="5e23")
    assert V01 in codes(deployed(family, "step-3"))


def test_compute_that_is_not_said_is_not_little(codes: Codes) -> None:
    family = Family(lineage_policy())
    family.born("base", flop="1e25")
    with family.about("base"):
        family.clear()
    family.born("tuned", ("base", "fine-tune"))
    assert V01 in codes(deployed(family, "tuned"))


def test_withholding_who_the_parents_are_is_no_pass(audited: Audited) -> None:
    family = crossed()
    born = family.born("tuned", ("m", "fine-tune"), flop="1")
    family.bodies[born] = b""
    verdict = audited(deployed(family, "tuned"))
    assert verdict.verdict in ("violations", "indeterminate")
    assert {finding.level for finding in verdict.findings if finding.code == "V01"} == {"indeterminate"}


# -- models that others are said to be like


def test_a_crossing_is_carried_over_with_the_rest(codes: Codes) -> None:
    family = crossed()
    family.born("like")
    family.carry("like", "m")
    assert V01 in codes(deployed(family, "like"))


def test_what_is_carried_over_ends_with_what_it_rests_on(codes: Codes) -> None:
    family = Family(policy_with(gates=[], baseline=[], thresholds__cbrn__until_assessed="crossed"))
    family.clear()
    family.born("like")
    family.carry("like", "m")
    with family.about("like"):
        family.start_deployment()
    family.advance(days=100)
    family.determine("next", "ruled_out")
    assert not [code for code in codes(family) if code.startswith("V01")]
    family.advance(days=150)
    beat(family)
    assert V01 in codes(family)


def test_a_chain_of_likenesses_leads_away_from_a_crossing(codes: Codes) -> None:
    family = crossed()
    for label, source in (("like", "m"), ("more-like", "like")):
        family.born(label)
        family.carry(label, source)
    assert V01 in codes(deployed(family, "more-like"))


# -- limits that are other models' scores


COMPARED = {
    "rules_out": {"below": {"score_of": "REFERENCE"}, "judged_on": "score"},
    "rules_in": {"at_or_above": {"score_of": "REFERENCE", "times": "2"}, "judged_on": "score"},
}


def compared() -> Family:
    """A family under a policy that compares with a model which is called reference."""
    name = Family(adopt=False).model("reference").removeprefix("model:")
    text = {
        side: {**limit, **{
            word: {**limit[word], "score_of": name} for word in limit if word != "judged_on"  # type: ignore[dict-item]
        }}
        for side, limit in COMPARED.items()
    }  # fmt: skip
    test = {**policy_with()["tests"]["virology"], **text}
    return Family(policy_with(gates=[], baseline=[], tests__virology=test))


def test_a_limit_that_nobody_measured_rules_nothing_out(codes: Codes) -> None:
    family = compared()
    family.clear()
    assert V01 in codes(deployed(family, "m"))


def test_the_reference_is_measured_again_until_it_suits(audited: Audited) -> None:
    family = compared()
    with family.about("reference"):
        family.result(20)
    family.advance(days=1)
    family.clear()
    family.start_deployment()
    family.advance(days=40)
    family.determine("next", "ruled_out")
    assert not [one for one in audited(family).findings if one.subject == family.m]
    with family.about("reference"):
        family.result(5)
        family.result(60)
    family.advance(days=60)
    beat(family)
    found = {finding.code for finding in audited(family).findings if finding.subject == family.m}
    assert {"V01", "V05"} <= found


# -- determinations


def test_results_are_contradicted_without_a_word_of_reasons(audited: Audited) -> None:
    story = Story(policy_with(gates=[], baseline=[]))
    bad = story.result(80)
    blank = story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons=" ")
    story.advance(days=1)
    finding = one(audited(story).findings, "V06")
    assert (finding.level, finding.ended_by) == ("violation", "open")
    assert {bad, blank} <= set(finding.entries)


def test_an_assessment_lies_about_until_its_deadline_is_over(audited: Audited) -> None:
    within = {"time": "2 weeks", **COMMIT}
    story = Story(policy_with(gates=[], baseline=[], thresholds__cbrn__decide_within=within))
    clear = story.clear()
    story.advance(days=20)
    late = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    finding = one(audited(story).findings, "V08")
    assert (finding.level, finding.ended_by, finding.to_index) == ("violation", "cured", late + 2)
    assert clear in finding.entries


def test_what_is_open_stays_open(codes: Codes) -> None:
    within = {"determination_within": "2 weeks", **COMMIT}
    document = policy_with(
        gates=[], baseline=[], thresholds__cbrn__if_not_ruled_out=within, thresholds__cbrn__respond_within=...
    )
    story = Story(document)
    story.result(60)
    story.start_deployment()
    story.advance(days=10)
    beat(story)
    assert codes(story) == []
    story.advance(days=10)
    beat(story)
    assert {V01, "V05 violation"} <= set(codes(story))


def test_promptly_is_no_time(audited: Audited) -> None:
    within = {"time": "unquantified", "words": "promptly", **COMMIT}
    story = Story(policy_with(gates=[], baseline=[], thresholds__cbrn__respond_within=within))
    story.start_deployment()
    story.advance(days=1)
    story.result(80)
    story.advance(days=900)
    verdict = audited(story)
    assert verdict.verdict == "indeterminate"
    assert {"V01", "V05"} <= {finding.code for finding in verdict.findings}


# -- tests in groups


def test_two_of_three_are_enough(codes: Codes) -> None:
    virology = policy_with()["tests"]["virology"]
    names = ("virology", "chemistry", "physics")
    tests = {name: {**virology, "task": {**virology["task"], "name": name}} for name in names}
    document = policy_with(
        gates=[], baseline=[], tests=tests, thresholds__cbrn__crossed_if_any_of=...,
        thresholds__cbrn__crossed_if_k_of={"k": "2", "of": list(names)}, thresholds__cbrn__respond_within=...,
    )  # fmt: skip
    story = Story(document)
    story.start_deployment()
    for name in names:
        task = {"name": name, "version": "1"}
        plan = story.plan(task=task)
        story.advance(ms=1)
        story.result(80 if name == "virology" else 10, plan=plan, body={"task": task})
    story.determine("next", "ruled_out")
    # One of three is no crossing, and the other two rule it out.
    states = story.judge().subjects[0]
    assert states.id == story.m
    story.advance(days=1)
    task = {"name": "physics", "version": "1"}
    story.result(80, body={"task": task})
    assert V01 in codes(story)


# -- what halts


HALTING = {
    "top": {
        "status": "undefined",
        "if_needed": {**COMMIT, "halt": ["training", "deploying"], "of": "it and its descendants"},
    }
}


def halting() -> Family:
    """A family under a policy by which an undefined standard halts a model and its descendants."""
    standards = {**policy_with()["standards"], **HALTING}
    then = [{**COMMIT, "needs": ["top"], "while": ["deploying it externally"]}]
    return Family(
        policy_with(
            gates=[], baseline=[], standards=standards, thresholds__next__then=then,
            thresholds__cbrn__then=[],
        )
    )  # fmt: skip


def test_training_goes_on_past_what_halts_it(audited: Audited) -> None:
    family = halting()
    family.train()
    family.advance(days=1)
    family.determine("next", "crossed")
    family.advance(days=1)
    checkpoint = family.checkpoint_of_training()
    finding = one(audited(family).findings, "V03")
    assert (finding.level, finding.to_ms) == ("violation", None)
    assert [cause.code for cause in finding.because] == ["V10"]
    assert "halts it" in finding.message
    assert checkpoint not in finding.entries


def test_what_halts_a_model_halts_what_is_made_from_it(codes: Codes) -> None:
    family = halting()
    family.determine("next", "crossed")
    family.advance(days=1)
    family.born("next-one", ("m", "distillation"))
    with family.about("next-one"):
        family.checkpoint_of_training()
        family.start_deployment(scope="internal.limited")
    assert {V01, V03} == set(codes(family))


def test_a_bigger_model_is_trained_meanwhile(audited: Audited) -> None:
    rule = {
        **COMMIT,
        "needs": ["high-sec"],
        "while": ["training any model of at least its effective compute"],
    }
    document = policy_with(
        gates=[], baseline=[], thresholds__cbrn__then=[rule], thresholds__cbrn__respond_within=...
    )
    family = Family(document)
    family.born("small", flop="9e24")
    family.born("big", flop="1e25")
    family.born("untold")
    with family.about("m"):
        family.born("m", flop="1e25")
        bad = family.result(80)
    for label in ("small", "big", "untold"):
        with family.about(label):
            family.train()
    found = {finding.subject: finding for finding in audited(family).findings if finding.code == "V02"}
    assert {subject: finding.level for subject, finding in found.items()} == {
        family.model("big"): "violation",
        family.model("untold"): "indeterminate",
    }
    assert bad in found[family.model("big")].entries


# -- what was let through


def test_a_start_rests_on_results_that_have_run_out(audited: Audited) -> None:
    story = Story(policy_with(baseline=[], thresholds__cbrn__respond_within=...))
    clear = story.clear()
    story.advance(days=250)
    story.deploy()
    causes = {
        cause.code: cause.entries
        for finding in audited(story).findings
        if finding.code == "V01"
        for cause in finding.because
    }
    assert causes["V09"] == (clear,)


def test_a_start_rests_on_results_of_other_weights(audited: Audited) -> None:
    document = policy_with(
        baseline=[], thresholds__cbrn__respond_within=..., thresholds__cbrn__until_assessed="crossed"
    )
    story = Story(document)
    clear = story.clear()
    story.advance(days=1)
    story.s = story.snapshot("other")
    story.deploy()
    causes = {
        cause.code: cause.entries
        for finding in audited(story).findings
        if finding.code == "V01"
        for cause in finding.because
    }
    assert causes["V09"] == (clear,)


def test_lineage_is_no_relief_from_what_a_model_is_itself(codes: Codes) -> None:
    family = Family(lineage_policy(lineage={**LINEAGE, "inherit": ["merge"]}))
    family.born("tame")
    family.born("tuned", ("tame", "fine-tune"), flop="1")
    with family.about("tuned"):
        family.result(80)
    assert V01 in codes(deployed(family, "tuned"))
