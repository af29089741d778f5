"""Clopper-Pearson ends against bisection on plain binomial sums, and figures as tools write them."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plimsoll_verify.exact import MAX_TRIALS, compare_lower, compare_upper, parse_fraction, parse_value


def tail(k: int, n: int, p: Fraction) -> Fraction:
    """P(X <= k), as it is written in books."""
    return sum((comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1)), Fraction(0))


def upper_end(k: int, n: int) -> tuple[Fraction, Fraction]:
    """Enclose the upper end by bisection."""
    low, high = Fraction(k, n), Fraction(1)
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(k, n, middle) > Fraction(1, 40) else (low, middle)
    return low, high


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 10), (1, 10), (5, 10), (9, 10), (3, 7), (20, 33), (16, 60)])
def test_the_upper_end_is_where_bisection_finds_it(k: int, n: int) -> None:
    low, high = upper_end(k, n)
    assert compare_upper(k, n, low) in (0, 1)
    assert compare_upper(k, n, high) in (0, -1)
    assert compare_lower(n - k, n, 1 - low) in (0, -1)
    assert compare_lower(n - k, n, 1 - high) in (0, 1)


@pytest.mark.parametrize(
    ("k", "n", "upper", "lower"),
    # Published two-sided 95 % intervals, to four places.
    [(0, 10, "0.3085", "0"), (1, 10, "0.4450", "0.0025"), (5, 10, "0.8129", "0.1871"),
     (10, 10, "1", "0.6915"), (4, 20, "0.4366", "0.0573"), (48, 60, "0.8922", "0.6767")],
)  # fmt: skip
def test_known_intervals(k: int, n: int, upper: str, lower: str) -> None:
    step = Fraction(1, 10_000)
    assert compare_upper(k, n, Fraction(upper) + step) == -1
    assert compare_upper(k, n, Fraction(upper) - step) == 1
    assert compare_lower(k, n, Fraction(lower) + step) == -1
    assert compare_lower(k, n, Fraction(lower) - step) == 1


@given(n=st.integers(1, 40), data=st.data())
def test_comparisons_agree_with_the_sums(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    p = data.draw(st.fractions(0, 1, max_denominator=40))
    if k < n and 0 < p < 1:
        difference = tail(k, n, p) - Fraction(1, 40)
        assert compare_upper(k, n, p) == (difference > 0) - (difference < 0)
    if k > 0 and 0 < p < 1:
        difference = (1 - tail(k - 1, n, p)) - Fraction(1, 40)
        assert compare_lower(k, n, p) == (difference < 0) - (difference > 0)


def test_an_end_that_meets_the_limit_exactly() -> None:
    # With one trial and a chance of 39 in 40, no success has a chance of 1 in 40.
    assert compare_upper(0, 1, Fraction(39, 40)) == 0
    assert compare_lower(1, 1, Fraction(1, 40)) == 0


@given(k=st.integers(0, 30), n=st.integers(1, 30), p=st.fractions(-2, 3, max_denominator=9))
@example(5, 5, Fraction(1))
def test_the_ends_enclose_the_proportion(k: int, n: int, p: Fraction) -> None:
    upper, lower = compare_upper(k, n, p), compare_lower(k, n, p)
    if k > n:
        assert upper is lower is None
        return
    assert upper is not None
    assert lower is not None
    if Fraction(k, n) >= p:
        assert upper >= 0
    if Fraction(k, n) <= p:
        assert lower <= 0
    assert lower <= upper


def test_the_ends_of_all_and_of_nothing() -> None:
    assert [compare_upper(4, 4, Fraction(p, 2)) for p in (1, 2, 3)] == [1, 0, -1]
    assert [compare_lower(0, 4, Fraction(p, 2)) for p in (-1, 0, 1)] == [1, 0, -1]
    assert [compare_upper(1, 4, Fraction(p)) for p in (0, 1)] == [1, -1]


def test_what_has_no_interval() -> None:
    assert compare_upper(0, 0, Fraction(1, 2)) is None
    assert compare_upper(-1, 3, Fraction(1, 2)) is None
    assert compare_lower(4, 3, Fraction(1, 2)) is None
    assert compare_upper(1, MAX_TRIALS, Fraction(1, 2)) == -1
    assert compare_upper(1, MAX_TRIALS + 1, Fraction(1, 2)) is None


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("0.8000000000000002", Fraction(8000000000000002, 10**16)), ("1e-05", Fraction(1, 10**5)),
        ("-0.5", Fraction(-1, 2)), ("+3E+2", Fraction(300)), ("0", Fraction(0)),
        ("nan", None), ("inf", None), ("", None), (".5", None), ("5.", None), ("1e9999", None), ("1_0", None),
        ("\u0661", None), ("0" * 41, None), ("1/2", None), (" 1", None),
    ],
)  # fmt: skip
def test_values_are_decimals(text: str, exact: Fraction | None) -> None:
    assert parse_value(text) == exact


@pytest.mark.parametrize(
    ("text", "exact"),
    [("1/2", Fraction(1, 2)), ("-3/4", Fraction(-3, 4)), ("0/5", Fraction(0)), ("1/0", None), ("01/2", None),
     ("0.5", None), ("1/2/3", None), ("1 / 2", None)],
)  # fmt: skip
def test_fractions_are_fractions(text: str, exact: Fraction | None) -> None:
    assert parse_fraction(text) == exact
