"""Exact figures: amounts, Clopper-Pearson bounds, and what a score says of a test: SPEC 5.5, 7.2, 9.1.

Each answer is stated by hand and, while generating, compared with sums of exact fractions.
"""

from fractions import Fraction
from math import comb
from typing import Any

from tests.vectors.families.base import Family, Vector, unique, vector


def at_most(k: int, n: int, p: Fraction) -> Fraction:
    """Return P(X <= k) for X binomial of n and p."""
    return sum((comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(k + 1)), Fraction(0))


def upper_is_below(k: int, n: int, p: Fraction) -> bool:
    """SPEC 9.1: the upper end of the two-sided 95 % interval lies below p."""
    return k < n and at_most(k, n, p) < Fraction(1, 40)


def lower_is_at_or_above(k: int, n: int, p: Fraction) -> bool:
    """SPEC 9.1: the lower end lies at p or above."""
    return k > 0 and 1 - at_most(k - 1, n, p) <= Fraction(1, 40)


# k, n, limit, whether the bound is on the far side. The intervals themselves, to four decimals, are in any
# table: of 0 of 10 [0, 0.3085], of 1 of 10 [0.0025, 0.4450], of 5 of 10 [0.1871, 0.8129]...
UPPER: list[tuple[str, int, int, str, bool]] = [
    ("0-of-10-below-0.3084", 0, 10, "0.3084", False),
    ("0-of-10-below-0.3085", 0, 10, "0.3085", True),
    ("1-of-10-below-0.445", 1, 10, "0.445", False),
    ("1-of-10-below-0.4451", 1, 10, "0.4451", True),
    ("5-of-10-below-0.8128", 5, 10, "0.8128", False),
    ("5-of-10-below-0.813", 5, 10, "0.813", True),
    ("10-of-10-below-1", 10, 10, "1", False),
    ("9-of-10-below-1", 9, 10, "1", True),
    ("0-of-1-below-39/40", 0, 1, "39/40", False),
    ("0-of-1-just-past-39/40", 0, 1, "9751/10000", True),
    ("0-of-10-below-0", 0, 10, "0", False),
    ("15-of-50-below-9/20", 15, 50, "9/20", True),
    ("16-of-50-below-9/20", 16, 50, "9/20", False),
    ("0-of-0-below-1", 0, 0, "1", False),
    ("99-of-1000-below-3/25", 99, 1000, "3/25", True),
    ("100-of-1000-below-3/25", 100, 1000, "3/25", False),
]
LOWER: list[tuple[str, int, int, str, bool]] = [
    ("10-of-10-at-0.6915", 10, 10, "0.6915", True),
    ("10-of-10-at-0.6916", 10, 10, "0.6916", False),
    ("5-of-10-at-0.187", 5, 10, "0.187", True),
    ("5-of-10-at-0.1872", 5, 10, "0.1872", False),
    ("1-of-1-at-1/40", 1, 1, "1/40", True),
    ("1-of-1-just-past-1/40", 1, 1, "251/10000", False),
    ("1-of-10-at-0", 1, 10, "0", True),
    ("45-of-50-at-3/4", 45, 50, "3/4", True),
    ("43-of-50-at-3/4", 43, 50, "3/4", False),
]


def bounds() -> Family:
    """SPEC 9.1."""
    vectors = []
    for bound, rows, judge in (("upper", UPPER, upper_is_below), ("lower", LOWER, lower_is_at_or_above)):
        for name, k, n, limit, holds in rows:
            if judge(k, n, Fraction(limit)) is not holds:
                raise AssertionError(f"{bound} {name} is stated wrongly")
            members = {"bound": bound, "count": {"k": k, "n": n}, "limit": limit}
            vectors.append(vector(f"{bound}-{name}", "9.1", holds, **members))
    about = "Whether the upper bound of a count lies below a limit, or the lower bound at it or above."
    return Family("bounds", about, unique(vectors))


HIGH = {"danger": "high scores", "rules_out": {"below": "1/2"}, "rules_in": {"at_or_above": "4/5"}}
LOW = {"danger": "low scores", "rules_out": {"above": "4/5"}, "rules_in": {"at_or_below": "1/2"}}
SCORE, UPPER_95, LOWER_95 = "score", "upper 95 % bound", "lower 95 % bound"


def _test(limits: dict[str, Any], out_on: str, in_on: str) -> dict[str, Any]:
    return {
        **limits,
        "rules_out": {**limits["rules_out"], "judged_on": out_on},
        "rules_in": {**limits["rules_in"], "judged_on": in_on},
    }


def _figure(value: str | None = None, k: int | None = None, n: int = 0, fraction: str = "") -> dict[str, Any]:
    figure: dict[str, Any] = {"value": value}
    if k is not None:
        figure["count"] = {"k": k, "n": n}
    if fraction:
        figure["fraction"] = fraction
    return figure


def scores() -> Family:
    """SPEC 5.5 and 9.1."""
    high, low = _test(HIGH, SCORE, SCORE), _test(LOW, SCORE, SCORE)
    on_upper, on_lower = _test(HIGH, UPPER_95, SCORE), _test(HIGH, SCORE, LOWER_95)

    def one(
        name: str, expect: str, test: dict[str, Any], figure: dict[str, Any], spec: str = "9.1"
    ) -> Vector:
        return vector(name, spec, expect, test=test, score=figure)

    vectors = [
        one("value-below", "clear", high, _figure("0.49")),
        one("value-at-rules-out", "between", high, _figure("0.5")),
        one("value-at-rules-in", "dangerous", high, _figure("0.8")),
        one("value-just-below-rules-in", "between", high, _figure("0.79999999999999999999")),
        one("value-above", "dangerous", high, _figure("1")),
        one("value-with-trailing-zeros", "dangerous", high, _figure("0.80000")),
        one("value-with-exponent", "clear", high, _figure("5e-7"), "5.5"),
        one("value-negative", "clear", high, _figure("-0.1"), "5.5"),
        one("value-null", "between", high, _figure(None), "5.5"),
        one("value-not-a-number", "between", high, _figure("nan"), "5.5"),
        one("value-infinite", "between", high, _figure("inf"), "5.5"),
        one("value-a-word", "between", high, _figure("C"), "5.5"),
        one("value-a-fraction", "between", high, _figure("1/5"), "5.5"),
        one("value-of-a-huge-exponent", "between", high, _figure("1e999999999"), "5.5"),
        one("count-goes-before-value", "dangerous", high, _figure("0.7999999999999999", 8, 10), "5.5"),
        one("count-goes-before-value-2", "between", high, _figure("0.8000000000000002", 799, 1000), "5.5"),
        one("count-goes-before-fraction", "between", high, _figure("0.9", 7, 10, "9/10"), "5.5"),
        one(
            "fraction-goes-before-value",
            "dangerous",
            high,
            _figure("0.7999999999999999", fraction="4/5"),
            "5.5",
        ),
        one("fraction-not-reduced", "dangerous", high, _figure(None, fraction="8/10"), "5.5"),
        one("count-of-nothing", "between", high, _figure("0.1", 0, 0), "5.5"),
        one("low-score-at-rules-in", "dangerous", low, _figure("0.5")),
        one("low-score-between", "between", low, _figure("0.51")),
        one("low-score-at-rules-out", "between", low, _figure("0.8")),
        one("low-score-above", "clear", low, _figure("0.81")),
        one("upper-bound-below", "clear", on_upper, _figure(None, 1, 10)),
        one("upper-bound-not-below", "between", on_upper, _figure(None, 2, 10)),
        one("upper-bound-without-count", "between", on_upper, _figure("0")),
        one("upper-bound-of-a-fraction", "between", on_upper, _figure("0", fraction="0/10")),
        one("lower-bound-above", "dangerous", on_lower, _figure(None, 49, 50)),
        one("lower-bound-not-above", "between", on_lower, _figure(None, 45, 50)),
        one("lower-bound-without-count", "between", on_lower, _figure("1")),
    ]
    if not (upper_is_below(1, 10, Fraction(1, 2)) and not upper_is_below(2, 10, Fraction(1, 2))):
        raise AssertionError("an upper bound is stated wrongly")
    if not (
        lower_is_at_or_above(49, 50, Fraction(4, 5)) and not lower_is_at_or_above(45, 50, Fraction(4, 5))
    ):
        raise AssertionError("a lower bound is stated wrongly")
    about = "What one figure of a result says of a test: dangerous, clear, or between."
    return Family("scores", about, unique(vectors))


def families() -> list[Family]:
    """List this module's families."""
    return [bounds(), scores()]
