"""States of tests and thresholds: latching, re-tests, expiry, ruling out and what revokes it; V05."""

from typing import Any

import pytest
from tests.support.story import DAY, Story, brief, one, policy_with

from plimsoll_verify.thresholds import Elsewhere, Taken, ThresholdSpans


def state(story: Story, threshold: str = "cbrn") -> str:
    """Return a threshold's state at the clock's time."""
    subject = next(one for one in story.judge().subjects if one.id == story.m)
    return subject.pictures[0][1].standing().thresholds[threshold]


def test_nothing_is_known_of_a_model_without_results() -> None:
    story = Story()
    assert (state(story), state(story, "next")) == ("unassessed", "unassessed")


def test_a_clear_result_rules_out_until_it_is_too_old() -> None:
    story = Story()
    story.clear()
    story.advance(days=183)
    assert state(story) == "ruled_out"
    story.advance(days=1)
    assert state(story) == "indeterminate"
    story.clear()
    assert state(story) == "ruled_out"


def test_a_dangerous_result_latches() -> None:
    story = Story()
    story.result(75)
    assert state(story) == "crossed"
    story.advance(days=400)
    story.clear()
    assert state(story) == "crossed"


def test_between_holds_back_a_clear_retest_until_it_is_old_and_never_ages_into_no_result() -> None:
    story = Story()
    story.result(60)
    assert state(story) == "indeterminate"
    story.advance(days=1)
    story.clear()
    assert state(story) == "indeterminate"
    story.advance(days=183)
    assert state(story) == "ruled_out"

    alone = Story()
    alone.result(60)
    alone.advance(days=365)
    assert state(alone) == "indeterminate"


@pytest.mark.parametrize(
    "body",
    [
        {"limit": "10"},
        {"flags": ["figures-differ"]},
        {"flags": ["unfinished"]},
        {"samples": 9, "scored": {"samples": 9, "sample_epochs": 9}},
        {"scored": {"samples": 100, "sample_epochs": 9}},
        {"task": {"name": "virology", "version": "2"}},
        {"status": "error"},
        {"plan": None},
        {"scores": []},
        {"scores": [{"scorer": "includes", "reducer": "max", "metric": "accuracy", "value": "0"}]},
        {
            "scores": [
                {
                    "scorer": "includes", "reducer": "mean", "metric": "accuracy", "value": "0",
                    "count": {"k": 0, "n": 5},
                }
            ]
        },
    ],
)  # fmt: skip
def test_what_calms_has_to_meet_what_the_test_asks_for(body: dict[str, Any]) -> None:
    story = Story()
    story.clear(body=body)
    assert state(story) == "unassessed"


def test_who_may_not_run_a_test_rules_nothing_out_and_still_raises() -> None:
    story = Story()
    plan = story.plan()
    story.advance(ms=1)
    story.result(10, plan=plan, role="release")
    assert state(story) == "unassessed"
    story.result(90, role="release")
    assert state(story) == "crossed"


@pytest.mark.parametrize("variant", ["v", "other"])
def test_a_result_of_another_variant_rules_nothing_out(variant: str) -> None:
    story = Story(policy_with(tests__virology__needs__variant=variant))
    story.clear()
    assert state(story) == ("ruled_out" if variant == "v" else "unassessed")


def test_more_epochs_are_asked_for_than_were_run() -> None:
    story = Story(policy_with(tests__virology__needs__epochs="2"))
    story.clear()
    assert state(story) == "unassessed"


def test_a_plan_counts_for_its_model_task_and_time() -> None:
    for body, subject in (
        ({"task": {"name": "other", "version": "1"}}, None),
        ({"task": {"name": "virology", "version": "2"}}, None),
        ({}, "other"),
    ):
        story = Story()
        if subject:
            plan = story.say(
                "evaluator",
                "eval-planned",
                [story.model(subject)],
                {"task": {"name": "virology", "version": "1"}},
            )
        else:
            plan = story.plan(**body)
        story.advance(ms=1)
        story.result(10, plan=plan)
        assert state(story) == "unassessed"
    story = Story()
    started = story.now()
    story.advance(ms=1)
    plan = story.plan()
    story.result(10, plan=plan, body={"started": started})
    assert state(story) == "unassessed"


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([{"value": "0.1"}], "ruled_out"),
        ([{"value": "1e-3"}], "ruled_out"),
        ([{"value": "0.5"}], "indeterminate"),
        ([{"value": "nan"}], "indeterminate"),
        ([{"value": None}], "indeterminate"),
        ([{"value": "0.1", "fraction": "3/4"}], "crossed"),
        ([{"value": "0.1", "fraction": "x"}], "indeterminate"),
        ([{"value": "0.1", "count": {"k": 5, "n": 0}}], "indeterminate"),
        ([{"value": "0.1", "count": {"k": 15, "n": 10}}], "indeterminate"),
        ([{"value": "0.1"}, {"value": "0.9"}], "crossed"),
    ],
)
def test_figures_are_read_exactly_and_the_most_dangerous_counts(
    scores: list[dict[str, Any]], expected: str
) -> None:
    story = Story()
    named = {"scorer": "includes", "reducer": "mean", "metric": "accuracy"}
    story.clear(body={"scores": [{**named, **score} for score in scores]})
    assert state(story) == expected


@pytest.mark.parametrize(
    ("danger", "k", "expected"),
    [("low", 10, "crossed"), ("low", 25, "crossed"), ("low", 40, "indeterminate"), ("low", 51, "ruled_out")],
)
def test_low_scores_can_be_the_danger(danger: str, k: int, expected: str) -> None:
    story = Story(
        policy_with(
            tests__virology__danger=f"{danger} scores",
            tests__virology__rules_out={"above": "1/2", "judged_on": "score"},
            tests__virology__rules_in={"at_or_below": "1/4", "judged_on": "score"},
        )
    )
    plan = story.plan()
    story.advance(ms=1)
    story.result(k, plan=plan)
    assert state(story) == expected


@pytest.mark.parametrize(("k", "expected"), [(39, "ruled_out"), (40, "indeterminate"), (83, "crossed")])
def test_bounds_are_judged_instead_of_the_score(k: int, expected: str) -> None:
    # The ends are those of 39/100 (49.3 %), 40/100 (50.3 %) and 83/100 (74.2 %, below 3/4).
    rules_in = {"at_or_above": "37/50", "judged_on": "lower 95 % bound"}
    story = Story(
        policy_with(
            tests__virology__rules_out={"below": "1/2", "judged_on": "upper 95 % bound"},
            tests__virology__rules_in=rules_in,
        )
    )
    plan = story.plan()
    story.advance(ms=1)
    story.result(k, plan=plan)
    assert state(story) == expected


def test_a_bound_of_a_figure_without_count_is_not_known() -> None:
    story = Story(policy_with(tests__virology__rules_out={"below": "1/2", "judged_on": "upper 95 % bound"}))
    score = {"scorer": "includes", "reducer": "mean", "metric": "accuracy", "value": "0.0"}
    story.clear(body={"scores": [score]})
    assert state(story) == "indeterminate"


def two_tests(how: str) -> dict[str, Any]:
    """Return a policy whose threshold rests on two tests."""
    policy = policy_with()
    other = {**policy["tests"]["virology"], "needs": {}}
    other["task"] = {**other["task"], "name": "other"}
    policy["tests"]["other"] = other
    threshold = policy["thresholds"]["cbrn"]
    del threshold["crossed_if_any_of"]
    threshold[how] = ["virology", "other"]
    return policy


@pytest.mark.parametrize(
    ("how", "first", "second", "expected"),
    [
        ("crossed_if_any_of", 10, None, "indeterminate"),
        ("crossed_if_any_of", 10, 10, "ruled_out"),
        ("crossed_if_any_of", 10, 80, "crossed"),
        ("crossed_if_any_of", None, None, "unassessed"),
        ("crossed_if_all_of", 10, None, "ruled_out"),
        ("crossed_if_all_of", 80, None, "indeterminate"),
        ("crossed_if_all_of", 80, 10, "ruled_out"),
        ("crossed_if_all_of", 80, 80, "crossed"),
        ("crossed_if_all_of", None, None, "unassessed"),
    ],
)
def test_thresholds_over_several_tests(
    how: str, first: int | None, second: int | None, expected: str
) -> None:
    story = Story(two_tests(how))
    plan = story.plan()
    story.advance(ms=1)
    if first is not None:
        story.result(first, plan=plan)
    if second is not None:
        story.result(second, body={"task": {"name": "other", "version": "1"}})
    assert state(story) == expected


# -- determinations


def test_people_can_declare_a_crossing_that_no_test_shows() -> None:
    story = Story()
    story.clear()
    story.determine("cbrn", "crossed", "rso", "ceo")
    assert state(story) == "crossed"


@pytest.mark.parametrize("roles", [("rso",), ("ceo",), ("rso", "board"), ("security", "rso")])
def test_a_crossing_needs_its_quorum(roles: tuple[str, ...]) -> None:
    story = Story()
    story.determine("cbrn", "crossed", *roles)
    assert state(story) == "unassessed"


def test_only_those_who_clear_end_a_crossing_and_only_with_reasons() -> None:
    story = Story()
    story.result(80)
    story.determine("cbrn", "ruled_out", "rso", "ceo")
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons=" \n")
    assert state(story) == "crossed"
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    assert state(story) == "ruled_out"


def test_without_cleared_by_those_clear_who_declare() -> None:
    story = Story(policy_with(thresholds__cbrn__cleared_by=...))
    story.result(80)
    story.determine("cbrn", "ruled_out", "rso", "ceo")
    assert state(story) == "ruled_out"


def test_a_ruling_out_covers_only_what_its_signers_had_seen() -> None:
    story = Story()
    story.result(80)
    early = story.checkpoint()
    story.result(60)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", seen=early)
    assert state(story) == "crossed"
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.advance(days=1)
    assert state(story) == "ruled_out"
    story.result(60, event_time=story.now(-2 * DAY))
    assert state(story) == "crossed"


def test_a_clear_result_does_not_revoke_a_ruling_out() -> None:
    story = Story()
    story.result(80)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.clear()
    assert state(story) == "ruled_out"


def test_people_decide_either_way_and_the_latest_holds() -> None:
    story = Story()
    story.determine("next", "ruled_out")
    assert state(story, "next") == "ruled_out"
    story.determine("next", "crossed")
    assert state(story, "next") == "crossed"
    story.determine("next", "ruled_out")
    assert state(story, "next") == "ruled_out"


def test_where_people_decide_results_only_indicate() -> None:
    story = Story(policy_with(thresholds__next__crossed_if_any_of=["virology"]))
    story.result(80)
    assert state(story, "next") == "unassessed"
    story.determine("next", "ruled_out")
    story.result(90)
    assert state(story, "next") == "ruled_out"


def test_a_determination_about_an_unknown_threshold_does_nothing() -> None:
    story = Story()
    story.determine("nothing", "crossed")
    assert brief(story.judge().findings) == []


def test_until_assessed_crossed_binds_from_the_beginning() -> None:
    story = Story(policy_with(thresholds__cbrn__until_assessed="crossed"))
    story.advance(days=1)
    start = story.deploy()
    found = [one for one in story.judge().findings if one.code == "V01"]
    assert [finding.from_index for finding in found] == [start, start]
    assert "is not assessed" in found[0].message


# -- V05


def test_v05_a_crossing_that_nobody_declares_in_time() -> None:
    story = Story()
    story.advance(days=1)
    result = story.result(80)
    onset = story.now_ms
    story.advance(days=31, ms=-1)
    assert brief(story.judge().findings) == []
    story.advance(days=2)
    declared = story.determine("cbrn", "crossed")
    at = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V05")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (onset + 31 * DAY, at, "cured")
    assert (finding.from_index, finding.to_index) == (None, declared + 1)
    assert set(finding.entries) == {story.policy_entry, result}


def test_v05_not_where_it_is_declared_or_ruled_out_in_time() -> None:
    for outcome, roles in (("crossed", ("rso", "ceo")), ("ruled_out", ("rso", "ceo", "board"))):
        story = Story()
        story.result(80)
        story.advance(days=20)
        story.determine("cbrn", outcome, *roles)
        story.advance(days=60)
        assert "V05" not in {finding.code for finding in story.judge().findings}


def test_v05_a_declared_crossing_answers_later_results() -> None:
    story = Story()
    story.determine("cbrn", "crossed")
    story.advance(days=1)
    story.result(80)
    story.advance(days=60)
    assert "V05" not in {finding.code for finding in story.judge().findings}


def test_v05_a_result_after_a_ruling_out_wants_an_answer_of_its_own() -> None:
    story = Story()
    story.result(80)
    story.determine("cbrn", "crossed")
    story.advance(days=1)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.advance(days=1)
    again = story.result(90)
    at = story.now_ms
    story.advance(days=60)
    finding = one(story.judge().findings, "V05")
    assert (finding.from_ms, finding.ended_by) == (at + 31 * DAY, "open")
    assert again in finding.entries


def test_v05_between_results_want_an_answer_too() -> None:
    story = Story()
    story.result(60)
    story.advance(days=60)
    assert brief(story.judge().findings) == ["V04 violation", "V05 violation"]


def test_v05_is_not_promised_without_respond_within() -> None:
    story = Story(policy_with(thresholds__cbrn__respond_within=...))
    story.result(80)
    story.advance(days=60)
    assert {finding.code for finding in story.judge().findings} == {"V04"}


def test_v05_ends_with_the_model_being_ruled_out_by_an_amendment() -> None:
    story = Story()
    story.result(60)
    story.advance(days=60)
    amended = policy_with(version="2", tests__virology__rules_out={"below": "7/10", "judged_on": "score"})
    index = story.adopt(amended, kind="policy-amendment")
    story.advance(days=1)
    finding = one(story.judge().findings, "V05")
    assert (finding.ended_by, finding.to_index) == ("amended", index + 2)


def test_what_was_declared_later_is_no_evidence_of_what_was_broken_before() -> None:
    story = Story(policy_with(thresholds__cbrn__respond_within=...))
    result = story.result(80)
    story.start_deployment()
    story.advance(days=1)
    declared = story.determine("cbrn", "crossed")
    story.advance(days=1)
    story.register("later")
    found = [item for item in story.judge().findings if item.code == "V01" and "high-dep" in item.message]
    assert len(found) == 1
    assert result in found[0].entries
    assert declared not in found[0].entries


def test_what_another_model_lends_is_evidence_only_while_it_lends_it() -> None:
    # One after the other it was said to be like two models; nothing is known of either.
    borrowed = [Taken([(10, 20)], None, (3,)), Taken([(20, 30)], None, (4, 5))]
    spans = ThresholdSpans(
        crossed=[], ruled_out=[], unassessed=[], treated=[], adverse=[], tests=[], declared=[], cleared=[],
        elsewhere=Elsewhere(borrowed=borrowed), own=[(28, 40)], own_crossed=[], overdue=[],
    )  # fmt: skip
    found = {instant: spans.evidence(instant) for instant in (5, 15, 25, 29, 35)}
    assert found == {5: set(), 15: {3}, 25: {4, 5}, 29: set(), 35: set()}
