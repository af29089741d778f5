"""Periods, amounts, activities, quorums, spans: the small things that everything else rests on."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise, permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll_verify.policy.grammar import (
    NEVER_MS,
    Activity,
    Quorum,
    activities_of,
    parse_amount,
    parse_period,
    parse_whole,
)
from plimsoll_verify.quorum import is_met, missing_roles
from plimsoll_verify.spans import contains, intersect, subtract, union


def ms(text: str) -> int:
    """Return a time in ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        ("2026-01-31T12:00:00.001", "1 month", "2026-02-28T12:00:00.001"),
        ("2028-01-31", "1 month", "2028-02-29"),
        ("2026-03-31", "1 month", "2026-04-30"),
        ("2026-12-15", "1 month", "2027-01-15"),
        ("2026-01-31", "2 months", "2026-03-31"),
        ("2026-08-31", "6 months", "2027-02-28"),
        ("2028-02-29", "1 year", "2029-02-28"),
        ("2028-02-29", "4 years", "2032-02-29"),
        ("2096-02-29", "4 years", "2100-02-28"),
        ("2000-02-29", "400 years", "2400-02-29"),
        ("2026-03-01", "1 week", "2026-03-08"),
        ("2026-03-01", "36 hours", "2026-03-02T12:00:00"),
        ("2026-03-01", "90 minutes", "2026-03-01T01:30:00"),
        ("2026-03-01", "0 days", "2026-03-01"),
        ("2026-03-01", "0 months", "2026-03-01"),
    ],
)
def test_periods_are_calendar_months_and_exact_days(start: str, period: str, end: str) -> None:
    assert parse_period(period).after(ms(start)) == ms(end)


def test_past_the_year_9999_nothing_comes() -> None:
    start = ms("9999-06-01")
    assert parse_period("7 months").after(start) == NEVER_MS
    assert parse_period("99999 weeks").after(start) == NEVER_MS
    assert parse_period("99999 years").after(0) == NEVER_MS


@pytest.mark.parametrize(
    "text",
    ["1 months", "2 month", "0 day", "one month", "1  day", " 1 day", "1 day ", "01 days", "-1 days",
     "1.5 days", "100000 days", "1 decade", "", "\u0661 day", "1 day\n"],
)  # fmt: skip
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="a period such as"):
        parse_period(text)


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 4_000_000_000_000), st.integers(0, 60))
def test_months_never_overtake_each_other(a: int, b: int, months: int) -> None:
    period = parse_period("1 month" if months == 1 else f"{months} months")
    first, second = sorted((a, b))
    day_ms = 86_400_000
    assert period.after(first // day_ms * day_ms) <= period.after(second // day_ms * day_ms)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0.25", Fraction(1, 4)), ("27/33", Fraction(9, 11)), ("0", Fraction(0)), ("0/1", Fraction(0)),
     ("12", Fraction(12)), ("999999.999999", Fraction(999999999999, 10**6))],
)  # fmt: skip
def test_amounts(text: str, amount: Fraction) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text", ["1/0", "01", "1.", ".5", "-1", "+1", "1e3", "1/02", "1234567", "0.1234567", "1/2/3", "", "1 /2"]
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="an amount such as"):
        parse_amount(text)


def test_whole_numbers() -> None:
    assert [parse_whole(text) for text in ("0", "10", "999999999")] == [0, 10, 999_999_999]
    for text in ("01", "-1", "1.0", "1000000000", ""):
        with pytest.raises(ValueError, match="a whole number"):
            parse_whole(text)


def test_which_forms_are_which_activities() -> None:
    none: frozenset[str] = frozenset()
    assert activities_of("train", "", none) == {Activity.TRAINING}
    assert activities_of("store", "", none) == {Activity.STORING}
    assert activities_of("deploy", "", none) == {Activity.DEPLOYING}
    assert activities_of("deploy", "external.weights", none) == {
        Activity.DEPLOYING,
        Activity.DEPLOYING_EXTERNALLY,
        Activity.RELEASING_WEIGHTS,
    }
    internal = {Activity.DEPLOYING, Activity.DEPLOYING_INTERNALLY}
    assert activities_of("deploy", "internal.limited", none) == internal | {Activity.DEPLOYING_LITTLE}
    at_scale = internal | {Activity.DEPLOYING_AT_SCALE}
    assert activities_of("deploy", "internal.large-scale", none) == at_scale
    assert activities_of("deploy", "internal.high-risk", none) == at_scale | {Activity.DEPLOYING_AT_RISK}
    expanded = activities_of("deploy", "internal.limited", frozenset({"autonomy-expanded", "tools"}))
    assert expanded == internal | {
        Activity.DEPLOYING_LITTLE,
        Activity.DEPLOYING_AUTONOMY,
        Activity.DEPLOYING_TOOLS,
    }
    assert [one.kind for one in Activity] == ["train", "train", "store", *["deploy"] * 13]


# -- quorums


ROLES = ("a", "b", "c")
PERSONS = ("p", "q", "r")


def quorums() -> st.SearchStrategy[Quorum]:
    """Generate nested quorums."""

    def of(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Quorum]:
        lists = st.lists(parts, min_size=1, max_size=3)
        return lists.flatmap(lambda found: st.integers(1, len(found)).map(lambda k: Quorum(k, tuple(found))))

    return of(st.recursive(st.sampled_from(ROLES), of, max_leaves=4))


def slots(quorum: Quorum | str) -> list[list[str]]:
    """List every way to fill a quorum, as lists of roles."""
    if isinstance(quorum, str):
        return [[quorum]]
    found = []
    for chosen in permutations(range(len(quorum.of)), quorum.k):
        if list(chosen) == sorted(chosen):
            ways = product(*(slots(quorum.of[at]) for at in chosen))
            found += [[role for part in way for role in part] for way in ways]
    return found


@given(quorums(), st.frozensets(st.tuples(st.sampled_from(PERSONS), st.sampled_from(ROLES))))
def test_a_quorum_is_met_iff_some_assignment_of_distinct_persons_fills_it(
    quorum: Quorum, approvals: frozenset[tuple[str, str]]
) -> None:
    def filled(roles: list[str]) -> bool:
        return any(
            all(pair in approvals for pair in zip(order, roles, strict=False))
            for order in permutations(PERSONS, len(roles))
        )

    expected = any(len(roles) <= len(PERSONS) and filled(roles) for roles in slots(quorum))
    assert is_met(quorum, approvals) is expected
    missing = missing_roles(quorum, approvals)
    assert (missing == ()) is expected
    assert set(missing) <= set(quorum.roles())


def test_quorums_in_words() -> None:
    assert str(Quorum(1, ("a",))) == "a"
    assert str(Quorum(2, ("a", "b"))) == "a and b"
    assert str(Quorum(1, ("a", Quorum(2, ("b", "c"))))) == "a or (b and c)"
    assert str(Quorum(2, ("a", "b", "c"))) == "2 of a, b, c"
    assert str(Quorum(2, ("a", "a"))) == "2 persons in role a"
    assert str(Quorum(1, ("a", "a"))) == "1 person in role a"


# -- spans

SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=6)


@given(SPANS, SPANS)
def test_spans_are_sets_of_instants(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> None:
    def instants(spans: list[tuple[int, int]]) -> set[int]:
        return {at for start, stop in spans for at in range(start, stop)}

    first, second = union(a), union(b)
    assert instants(first) == instants(a)
    for found, expected in (
        (first, instants(a)),
        (intersect(first, second), instants(a) & instants(b)),
        (subtract(first, second), instants(a) - instants(b)),
    ):
        assert instants(found) == expected
        assert all(start < stop for start, stop in found)
        assert all(one[1] <= two[0] for one, two in pairwise(found))
        assert [contains(found, at) for at in range(21)] == [at in expected for at in range(21)]
    assert all(one[1] < two[0] for one, two in pairwise(first))
