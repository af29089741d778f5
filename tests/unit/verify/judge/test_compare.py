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
from tests.support.language_compared import CASES
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


UPPER, LOWER = "upper 95 % bound", "lower 95 % bound"


@pytest.mark.parametrize(
    ("word", "old", "new", "relation"),
    [
        ("below", "score", UPPER, S), ("below", UPPER, LOWER, W), ("below", "score", LOWER, N),
        ("above", "score", LOWER, S), ("above", LOWER, UPPER, W), ("above", UPPER, "score", N),
        ("at_or_above", LOWER, UPPER, S), ("at_or_above", UPPER, LOWER, W),
        ("at_or_above", "score", UPPER, N), ("at_or_above", UPPER, UPPER, E),
        ("at_or_below", UPPER, LOWER, S), ("at_or_below", LOWER, UPPER, W),
        ("at_or_below", LOWER, "score", N), ("at_or_below", "score", "score", E),
    ],
)  # fmt: skip
def test_another_figure_of_a_result_asks_for_more_or_less(
    word: Any, old: Any, new: Any, relation: Relation
) -> None:
    half = Fraction(1, 2)
    compare_limits = order.ruling_out if word in ("below", "above") else order.ruling_in
    assert compare_limits(Limit(word, half, old), Limit(word, half, new)) is relation
    assert compare_limits(Limit(word, half, new), Limit(word, half, old)) is relation.flipped()


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: ".".join(map(str, case[0])))
def test_each_part_is_what_it_asks_for(case: Any) -> None:
    where, value, word, part, words = case
    relation = {"stronger": S, "weaker": W, "equal": E, "incomparable": N}[word]
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
    assert time.monotonic() - began < 60


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
