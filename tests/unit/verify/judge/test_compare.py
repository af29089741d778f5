"""Two versions of a policy: each part is stronger, weaker, equal or incomparable, as the judge has it."""

import copy
import time
from collections import Counter
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.language import FULL
from tests.support.story import COMMIT, POLICY
from tests.unit.verify.judge.test_language import changed

from plimsoll_verify.policy import order
from plimsoll_verify.policy.compare import compare
from plimsoll_verify.policy.grammar import UNQUANTIFIED, Activity, Quorum, parse_period
from plimsoll_verify.policy.groups import Group
from plimsoll_verify.policy.measures import Limit
from plimsoll_verify.policy.order import Relation
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.policy.reach import reach
from plimsoll_verify.quorum import is_met
from plimsoll_verify.results import _is_past

S, W, N, E = Relation.STRONGER, Relation.WEAKER, Relation.INCOMPARABLE, Relation.EQUAL

# -- words


ROLES = ("a", "b", "c")
QUORUMS = st.recursive(
    st.sampled_from(ROLES).map(lambda role: Quorum(1, (role,))),
    lambda inner: st.tuples(
        st.integers(1, 2), st.lists(st.one_of(st.sampled_from(ROLES), inner), min_size=2, max_size=3)
    ).map(lambda found: Quorum(found[0], tuple(found[1]))),
    max_leaves=4,
)
PAIRS = [(f"{role}{number}", role) for role in ROLES for number in range(3)]


@given(QUORUMS, QUORUMS)
@settings(max_examples=150, deadline=None)
def test_a_harder_quorum_is_one_that_fewer_can_meet(old: Quorum, new: Quorum) -> None:
    relation = order.harder(old, new)
    # Who has several roles can stand for one only, so that persons with one role each show the difference.
    for counts in product(range(4), repeat=3):
        approvals = frozenset(
            (f"{role}{number}", role)
            for role, count in zip(ROLES, counts, strict=True)
            for number in range(count)
        )
        if relation in (S, E) and is_met(new, approvals):
            assert is_met(old, approvals)
        if relation in (W, E) and is_met(old, approvals):
            assert is_met(new, approvals)
    assert order.easier(old, new) == order.harder(new, old) == relation.flipped()


def test_quorums_of_too_many_ways_are_not_compared() -> None:
    many = Quorum(8, tuple(f"r{n}" for n in range(16)))
    assert order.harder(many, many) is E
    assert order.harder(many, Quorum(1, ("r0",))) is N
    nested = Group(1, tuple(Group(1, tuple(f"t{n}-{m}" for m in range(40))) for n in range(40)))
    deep = Group(2, (nested, Group(1, tuple(f"t{n}" for n in range(2000)))))
    assert order.sooner(deep, nested) is N


@pytest.mark.parametrize(
    ("old", "new", "relation"),
    [
        ("1 day", "24 hours", E), ("1 day", "23 hours", S), ("1 month", "30 days", N),
        ("1 month", "28 days", S),
        ("1 month", "27 days", S), ("1 month", "31 days", W), ("12 months", "1 year", E),
        ("1 year", "365 days", S),
        ("1 year", "366 days", W), ("2 months", "1 month", S), ("0 months", "0 days", E),
        ("unquantified", "9 years", S),
        ("1 year", "unquantified", W), ("400 years", "99999 days", S),
    ],
)  # fmt: skip
def test_a_shorter_period_ends_sooner_whenever_it_begins(old: str, new: str, relation: Relation) -> None:
    periods = [UNQUANTIFIED if text == "unquantified" else parse_period(text) for text in (old, new)]
    assert order.shorter(*periods) is relation
    assert order.longer(*periods) == order.shorter(*periods).flipped()
    for at in range(0, 4 * 366 * 86_400_000, 86_400_000 * 7):
        ends = [period.after(at) for period in periods]
        if order.shorter(*periods) is S:
            assert ends[1] <= ends[0]


FIGURES = [(k, n) for n in (1, 3, 20) for k in range(n + 1)] + ["1/2", None]
AMOUNTS = [Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1)]
JUDGED: Any = st.sampled_from(["score", "upper 95 % bound", "lower 95 % bound"])


@given(
    st.sampled_from(["below", "above", "at_or_above", "at_or_below"]), st.sampled_from(AMOUNTS),
    st.sampled_from(AMOUNTS), JUDGED, JUDGED,
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_limits_ask_for_more_as_results_show(
    word: str, one: Fraction, other: Fraction, judged: Any, judged_too: Any
) -> None:
    old, new = Limit(word, one, judged), Limit(word, other, judged_too)
    is_out = word in ("below", "above")
    relation = (order.ruling_out if is_out else order.ruling_in)(old, new)
    for figure in FIGURES:
        was, now = (_is_past(figure, limit) for limit in (old, new))
        if relation in (S, E):
            assert (was or not now) if is_out else (now or not was)
        if relation in (W, E):
            assert (now or not was) if is_out else (was or not now)


def test_limits_that_are_not_alike_are_not_compared() -> None:
    half = Fraction(1, 2)
    assert order.ruling_out(Limit("below", half, "score"), Limit("above", half, "score")) is N
    assert order.ruling_in(Limit("at_or_above", half, "score"), Limit("at_or_below", half, "score")) is N


GROUPS = st.recursive(
    st.sampled_from(["x", "y", "z"]).map(lambda test: Group(1, (test,))),
    lambda inner: st.tuples(st.integers(1, 2), st.lists(inner, min_size=2, max_size=3)).map(
        lambda found: Group(found[0], tuple(found[1]))
    ),
    max_leaves=4,
)


def _is_crossed(group: Group | str, dangerous: frozenset[str]) -> bool:
    if isinstance(group, str):
        return group in dangerous
    return Counter(_is_crossed(part, dangerous) for part in group.of)[True] >= group.k


@given(GROUPS, GROUPS)
@settings(max_examples=150, deadline=None)
def test_a_group_asks_for_more_if_it_is_crossed_whenever_the_other_is(old: Group, new: Group) -> None:
    relation = order.sooner(old, new)
    for bits in product((False, True), repeat=3):
        dangerous = frozenset(test for test, is_one in zip("xyz", bits, strict=True) if is_one)
        if relation in (S, E) and _is_crossed(old, dangerous):
            assert _is_crossed(new, dangerous)
        if relation in (W, E) and _is_crossed(new, dangerous):
            assert _is_crossed(old, dangerous)


def test_activities_reach_as_far_as_their_forms() -> None:
    assert (
        reach([Activity.DEPLOYING])
        > reach([Activity.DEPLOYING_EXTERNALLY])
        > reach([Activity.RELEASING_WEIGHTS])
    )
    assert reach([Activity.DEPLOYING_AT_RISK]) < reach([Activity.DEPLOYING_AT_SCALE])
    assert not reach([Activity.TRAINING]) & reach([Activity.TRAINING_OTHERS])
    both = reach([Activity.DEPLOYING_EXTERNALLY, Activity.DEPLOYING_INTERNALLY])
    assert both == reach([Activity.DEPLOYING])
    assert both > reach([Activity.DEPLOYING_TOOLS])


def test_forces_and_words() -> None:
    assert order.force("aim", "commitment") is S
    assert order.force("aim", "illustrative") is W
    assert [one.word for one in (E, S, W, N)] == ["equal", "stronger", "weaker", "incomparable"]


# -- documents


CBRN = ("thresholds", "cbrn")
CHEM = ("tests", "chemistry")
STAMINA = ("tests", "stamina")
FILTERS = ("standards", "high-dep", "criteria", "filters")
INTERIM, MARGINAL = ("exceptions", "interim"), ("exceptions", "marginal")
ASSESS, INCIDENT, DECIDE = (("duties", one) for one in ("assess", "incident", "decide"))
THEN = FULL["thresholds"]["cbrn"]["then"]
RULES = ("record_rules",)
CASES: list[tuple[tuple[str | int, ...], Any, Relation, str, str]] = [
    # Where something else is set, and what; what it is then; which part differs, and why.
    (("tests", "bypass", "task", "version"), "2", N, "tests.bypass", "of another task"),
    ((*CHEM, "rules_out", "margin"), "0.1", S, "tests.chemistry", "with a margin of 1/10"),
    ((*CHEM, "rules_in", "at_or_above", "score_of"), "ff" * 16, N, "tests.chemistry", "times the score of"),
    ((*STAMINA, "rules_out", "above"), "2/5", W, "tests.stamina", "what rules out"),
    ((*STAMINA, "rules_in", "judged_on"), "upper 95 % bound", W, "tests.stamina", "what is dangerous"),
    # What lacks samples does nothing, and a model without results is not treated as crossed here.
    ((*STAMINA, "needs", "samples"), "20", N, "tests.stamina", "number of samples was 10, is 20"),
    ((*STAMINA, "needs", "planned_first"), ..., N, "tests.stamina", "planned first was yes, is no"),
    (("tests", "bypass", "needs"), {"samples": "20"}, S, "tests.bypass", "number of samples was 0, is 20"),
    (("tests", "bypass", "needs"), {"epochs": "2"}, S, "tests.bypass", "number of epochs"),
    (("tests", "bypass", "needs"), {"variant": "raw"}, S, "tests.bypass", "variant was not given, is raw"),
    (("tests", "bypass", "needs"), {"run_by": "auditor"}, S, "tests.bypass", "who runs it"),
    (("tests", "bypass", "needs"), {"planned_first": "true"}, S, "tests.bypass", "planned first was no"),
    ((*STAMINA, "good_for"), "1 year", W, "tests.stamina", "was 6 months, is 1 year"),
    (("tests", "bypass-both", "rules_in"), ..., W, "tests.bypass-both", "is not given"),
    (("tests", "bypass-both"), ..., E, "tests.bypass-both", "is gone"),
    (("thresholds", "next"), ..., W, "thresholds.next", "is gone"),
    (("thresholds", "more"), FULL["thresholds"]["next"], S, "thresholds.more", "is new"),
    ((*CBRN, "crossed_if_k_of", "k"), "1", S, "thresholds.cbrn", "what crosses it"),
    ((*CBRN, "until_assessed"), "crossed", N, "thresholds.cbrn", "until assessed"),
    (("thresholds", "next", "until_assessed"), "crossed", S, "thresholds.next", "baseline, is crossed"),
    ((*CBRN, "if_not_ruled_out"), "treat as crossed", S, "thresholds.cbrn", "2 weeks, is not given"),
    ((*CBRN, "if_not_ruled_out", "determination_within"), "1 week", S, "thresholds.cbrn", "1 week"),
    ((*CBRN, "respond_within", "time"), "1 month", S, "thresholds.cbrn", "unquantified, is 1 month"),
    ((*CBRN, "respond_within"), ..., N, "thresholds.cbrn", "the time to respond"),
    ((*CBRN, "respond_within", "force"), "aim", W, "thresholds.cbrn", "the force of respond_within"),
    ((*CBRN, "decide_within"), ..., W, "thresholds.cbrn", "the time to decide"),
    ((*CBRN, "declared_by"), "rso", N, "thresholds.cbrn", "who declares a crossing"),
    ((*CBRN, "cleared_by"), "rso", W, "thresholds.cbrn", "who rules it out"),
    ((*CBRN, "carried_over_by"), {"all_of": ["rso", "ceo"]}, S, "thresholds.cbrn", "carries it over"),
    ((*CBRN, "text"), "Words.", E, "thresholds.cbrn", "its text reads otherwise"),
    (("thresholds", "next", "level"), "9", E, "", ""),
    ((*CBRN, "decided_by"), "people", N, "thresholds.cbrn", "who decides was tests, is people"),
    (("baseline", 0, "force"), "aim", W, "baseline.0", "to need base: its force"),
    (("baseline", 0, "while"), ["deploying it"], W, "baseline.0", "while was deploying it, storing it"),
    (("baseline", 0, "needs"), ["base", "high-sec"], S, "baseline.0", "to need high-sec is new"),
    (("baseline", 0, "needs"), [{"any_of": ["base", "otherwise"]}], W, "baseline.0", "what will do"),
    (("baseline", 1, "until"), ..., S, "baseline.1", "what will do"),
    (("baseline", 1, "until"), "part", N, "baseline.1", "what will do was part.alignment, is part"),
    (("baseline", 1), {**COMMIT, "rule_out": "next", "before": "training it"}, N, "baseline.1", "is gone"),
    (("baseline",), [], W, "baseline.1", "to forbid until part.alignment is gone"),
    ((*CBRN, "then"), [*THEN[:2], THEN[3]], W, "cbrn.then.2", "to forbid is gone"),
    ((*CBRN, "then", 1, "define"), "part", N, "cbrn.then.1", "to define part is new"),
    ((*CBRN, "then", 2), {**THEN[2], "until": "base"}, W, "cbrn.then.2", "what will do"),
    (
        (*CBRN, "then"), [*THEN, {**COMMIT, "rule_out": "next", "before": "training it"}], S, "cbrn.then.4",
        "to rule out next is new",
    ),
    (("standards", "top", "if_needed", "of"), "it", W, "standards.top", "what halts while it is needed"),
    (("standards", "part", "status"), "defined", W, "standards.part", "its status was not defined"),
    (("standards", "high-sec", "approved_by"), {"all_of": ["rso", "ceo", "board"]}, S,
     "standards.high-sec", "who approves it"),
    (("standards", "high-sec", "renewed"), ..., W, "standards.high-sec", "how old an approval may become"),
    (("standards", "high-dep", "criteria", "more"), FULL["standards"]["base"]["criteria"]["locks"], S,
     "standards.high-dep", "more is new"),
    ((*FILTERS, "measured_by"), ..., W, "standards.high-dep", "what filters is measured by"),
    ((*FILTERS, "for_each"), ["organisation", "surface"], N, "standards.high-dep", "for what filters"),
    ((*FILTERS, "for_each"), ["model", "surface"], W, "standards.high-dep", "for what filters is attested"),
    ((*FILTERS, "shown_by"), ["red-team", "audit"], S, "standards.high-dep", "audit, red-team"),
    ((*FILTERS, "not_shown_by"), ["self-report"], S, "standards.high-dep", "what does not show filters"),
    ((*FILTERS, "good_for"), ..., W, "standards.high-dep", "how long filters is good"),
    ((*FILTERS, "attested_by"), {"any_of": ["security", "rso"]}, W, "standards.high-dep", "who attests"),
    ((*FILTERS, "text"), "Other.", E, "standards.high-dep", "the text of filters reads otherwise"),
    (("standards", "otherwise", "criteria"), {"seen": FULL["standards"]["otherwise"]["criteria"]["shown"]}, N,
     "standards.otherwise", "shown is gone"),
    (("gates",), [], W, "gates.0", "has one gate less"),
    (("gates",), [*FULL["gates"], {**COMMIT, "for": "training it", "approved_by": "rso"}], S, "gates.1",
     "is new"),
    (("gates", 0, "told_after", "within"), "1 day", S, "gates.0", "board, ceo within 1 day"),
    (("gates", 0, "told_after"), ..., W, "gates.0", "who is told after"),
    (("gates", 0, "told_before"), ["board", "ceo"], S, "gates.0", "who is told before"),
    (("pause", "stops_within"), "1 hour", S, "pause", "how soon it stops"),
    (("pause", "when"), ..., W, "pause", "lifted only while all is in force"),
    (("pause", "called_by"), "board", N, "pause", "who calls it"),
    (("exceptions", "waiver"), ..., S, "exceptions.waiver", "is gone"),
    ((*INTERIM, "at_most"), "unstated", W, "exceptions.interim", "30 days, is not given"),
    ((*INTERIM, "assurance"), "less", E, "exceptions.interim", "reads otherwise"),
    ((*INTERIM, "published"), ..., W, "exceptions.interim", "published was yes, is no"),
    ((*MARGINAL, "preconditions"), ["no-rise"], W, "exceptions.marginal", "its preconditions"),
    (("duties", "decide"), ..., W, "duties.decide", "is gone"),
    ((*ASSESS, "within"), "1 month", S, "duties.assess", "within was unquantified, is 1 month"),
    ((*ASSESS, "unless"), ..., S, "duties.assess", "excused if carried over"),
    ((*ASSESS, "by"), "rso", W, "duties.assess", "by whom"),
    ((*ASSESS, "calendar"), "ours", N, "duties.assess", "within"),
    ((*INCIDENT, "within"), "2 business days", S, "duties.incident", "within was 5 business days"),
    ((*INCIDENT, "within"), "2 days", N, "duties.incident", "within"),
    ((*INCIDENT, "do", "notice"), "nobody", N, "duties.incident", "what is due"),
    ((*INCIDENT, "then"), [], N, "duties.incident", "what follows was 2 more, is 0 more"),
    ((*DECIDE, "at_least"), "3 weeks", S, "duties.decide", "how long before"),
    (("adoption", "signed_off_by"), "ceo", W, "adoption", "who signs it off"),
    (("amendment", "notice"), ..., W, "amendment", "the notice"),
    (("amendment", "weakening"), ..., W, "amendment", "who approves weakening"),
    (("amendment", "weakening", "notice"), "60 days", S, "amendment", "was 30 days, is 60 days"),
    (("amendment", "transition"), ..., S, "amendment", "how long what is out may stay"),
    ((*RULES, "late_after"), "1 day", S, "record_rules", "late after was 2 days"),
    ((*RULES, "retention"), ..., W, "record_rules", "evidence is kept for"),
    ((*RULES, "inventory", "of"), ["api"], W, "record_rules", "the inventory was every 7 days by security"),
    (("lineage", "inherit"), ["merge"], W, "lineage", "what is inherited along"),
    (("lineage", "assess_again_from"), "1/2", W, "lineage", "assessed again from was 1/3, is 1/2"),
    (("lineage",), ..., W, "lineage", "is gone"),
    (("reversal", "by"), {"any_of": ["board", "ceo"]}, S, "reversal", "who reverses"),
    (("roles", "rso", "term"), "1 year", S, "people", "the term of rso"),
    (("separate",), FULL["separate"][:1], W, "people", "who is kept apart was 2 pairs"),
    (("adheres",), ..., W, "people", "what it adheres to was law, is none"),
    (("interpretation", "by"), "rso", N, "people", "who interprets"),
    (("interpretation",), ..., N, "people", "who interprets"),
    (("calendars", "eu", "holidays"), [], N, "people", "the calendars"),
    (("title",), "Another", E, "", ""),
    (("clauses", "1", "text"), "Words", E, "", ""),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: ".".join(map(str, case[0])))
def test_each_part_is_what_it_asks_for(case: Any) -> None:
    where, value, relation, part, words = case
    old, new = parse_policy(copy.deepcopy(FULL)), parse_policy(changed(where, value))
    found = compare(old, new)
    assert found.relation is relation
    assert found.may_weaken == bool(relation & W)
    if words:
        reasons = [reason for one in found.changes if one.where == part for reason in one.reasons]
        assert any(words in reason.words for reason in reasons), reasons
    else:
        assert found.changes == ()
    back = compare(new, old)
    assert back.relation is relation.flipped()


def test_a_policy_is_equal_to_itself() -> None:
    for document in (FULL, POLICY):
        old, new = (parse_policy(copy.deepcopy(document)) for _ in range(2))
        assert compare(old, new).changes == ()


def test_clauses_are_those_of_the_rules() -> None:
    old, new = parse_policy(copy.deepcopy(FULL)), parse_policy(changed(("baseline", 0, "force"), "aim"))
    assert [(one.where, one.clause) for one in compare(old, new).changes] == [("baseline.0", "1")]


def test_whoever_writes_an_amendment_cannot_make_comparing_it_take_long() -> None:
    tests = {f"t{number}": FULL["tests"]["virology"] for number in range(60)}
    names = list(tests)
    versions = []
    for version in range(2):
        document = copy.deepcopy(FULL)
        document["tests"] |= tests
        one = document["thresholds"]["next"]
        halves = [{"all_of": [names[at], names[(at * 7 + version) % 60 - 1]]} for at in range(1, 59, 2)]
        for number in range(300):
            order_of = halves[number % 20 :] + halves[: number % 20]
            document["thresholds"][f"n{number}"] = {**one, "crossed_if_any_of": order_of}
        versions.append(parse_policy(document))
    began = time.monotonic()
    assert compare(versions[0], versions[1]).relation is N
    assert time.monotonic() - began < 10


def test_rules_about_the_same_standard_are_paired_one_by_one() -> None:
    def needs(*activities: str) -> dict[str, Any]:
        return {"baseline": [{**COMMIT, "needs": ["base"], "while": [one]} for one in activities]}

    old, new = (
        parse_policy({**copy.deepcopy(FULL), **needs(*activities)})
        for activities in (("training it", "storing it"), ("deploying it", "releasing its weights"))
    )
    found = compare(old, new)
    assert [one.where for one in found.changes] == ["baseline.0", "baseline.1"]
    assert [one.relation for one in found.changes] == [N, N]
