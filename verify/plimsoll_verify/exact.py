"""Figures compared exactly: scores, fractions, and the ends of Clopper-Pearson intervals.

No float is used. Half of all proportions k/n have a float below them, and a threshold is crossed at its limit
or it is not.

Source: SPEC 5.5, 9.1.
"""

import re
from fractions import Fraction
from functools import lru_cache

MAX_TRIALS = 50_000
"""The largest n for which the ends of an interval are computed; that of a larger one is not known."""

_value = re.compile(r"[+-]?([0-9]{1,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?").fullmatch
_fraction = re.compile(r"-?(0|[1-9][0-9]{0,39})/([1-9][0-9]{0,39})").fullmatch


def parse_value(text: str) -> Fraction | None:
    """Return a figure as a tool wrote it, exactly; None if it is no decimal, such as `nan`.

    Source: SPEC 5.5.
    """
    return Fraction(text) if _value(text) else None


def parse_fraction(text: str) -> Fraction | None:
    """Return `a/b` exactly; None if it is nothing of the kind.

    Source: SPEC 5.5.
    """
    return Fraction(text) if _fraction(text) else None


def compare_upper(k: int, n: int, limit: Fraction) -> int | None:
    """Compare the upper end of the two-sided 95 % Clopper-Pearson interval of k/n with a limit.

    Returns:
        -1, 0 or 1, as the end lies below, at or above the limit; None where there is no such interval: no
        trials, more successes than trials, or more than `MAX_TRIALS`.

    Source: SPEC 9.1.
    """
    if not (0 <= k <= n and 0 < n <= MAX_TRIALS):
        return None
    if k == n:
        return _sign(1 - limit)
    if limit <= 0:
        return 1
    # The end is where P(X <= k) is 1/40, and the probability falls as the limit grows.
    return -1 if limit >= 1 else _at_most(k, n, limit.numerator, limit.denominator)


def compare_lower(k: int, n: int, limit: Fraction) -> int | None:
    """Compare the lower end of the same interval with a limit; it mirrors the upper end of (n-k)/n.

    Returns:
        As `compare_upper`.

    Source: SPEC 9.1.
    """
    mirrored = compare_upper(n - k, n, 1 - limit)
    return None if mirrored is None else -mirrored


def _sign(number: Fraction | int) -> int:
    return (number > 0) - (number < 0)


@lru_cache(maxsize=4096)
def _at_most(k: int, n: int, a: int, b: int) -> int:
    """Return the sign of P(X <= k | n, a/b) - 1/40.

    With c = b - a the probability is (c/b)^n * (1 + the sum of the ratios that _ratios gives).
    Of the two tails the one with fewer terms is summed.
    """
    is_long = k > n // 2
    if is_long:
        # P(X >= k+1) = P(failures <= n-k-1), and the signs change sides.
        a, k = b - a, n - k - 1
    c = b - a
    _, q, t = _ratios(0, k, n, a, c) if k else (1, 1, 0)
    tail, whole = c**n * (q + t) * 40, b**n * q
    return _sign(39 * whole - tail) if is_long else _sign(tail - whole)


def _ratios(low: int, high: int, n: int, a: int, c: int) -> tuple[int, int, int]:
    """Sum the ratios of the terms low+1..high of the binomial sum to term low, by halves.

    Returns:
        P, Q and T: P/Q is the last ratio, T/Q the sum.
    """
    if high - low == 1:
        p = (n - low) * a
        return p, (low + 1) * c, p
    middle = (low + high) // 2
    p1, q1, t1 = _ratios(low, middle, n, a, c)
    p2, q2, t2 = _ratios(middle, high, n, a, c)
    return p1 * p2, q1 * q2, t1 * q2 + p1 * t2
