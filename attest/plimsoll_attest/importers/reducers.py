"""What Inspect makes of one sample's epochs, in exact arithmetic.

Inspect maps a scorer's values to floats (`value_to_float`), and reduces the epochs of each sample to one
value, before a metric goes over the samples. Here the same is done with fractions: a mean of 0.8 is 4/5, not
0.8000000000000002, and pass_at_k is a ratio of binomial coefficients.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from statistics import median
from typing import Final

from plimsoll_attest.importers.foreign import Number, exact_decimal

ONE: Final = Fraction(1)
ZERO: Final = Fraction(0)
HALF: Final = Fraction(1, 2)

_WORDS: Final = {"C": ONE, "I": ZERO, "P": HALF, "N": ZERO}
_LOWER_WORDS: Final = {"yes": ONE, "true": ONE, "no": ZERO, "false": ZERO}
_WITH_K = re.compile(r"(at_least|pass_at|pass_k)_([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Grade:
    """What one scorer gave one sample in one epoch.

    Attributes:
        raw: What makes two grades the same to `mode`: text as written, a number by its value.
        exact: Its exact value; None where it is no number to Inspect either.
        scored: False for NaN and null, with which a scorer says that it could not score.
    """

    raw: str | Fraction
    exact: Fraction | None
    scored: bool = True


UNSCORED: Final = Grade("NaN", None, scored=False)


def parse_grade(value: object) -> Grade:
    """Return the grade of a score value as it stands in a log.

    "C" is 1, "I" and "N" are 0, "P" is 1/2; yes, no, true and false in any case; numbers, also as text;
    booleans. Anything else has no exact value, though Inspect counts it as 0 and warns.
    """
    if value is None or (isinstance(value, Number) and value.is_nan):
        return UNSCORED
    if isinstance(value, bool | int):
        return Grade(Fraction(value), Fraction(value))
    if isinstance(value, Number):
        exact = value.exact()
        return Grade(value.text if exact is None else exact, exact)
    if isinstance(value, str):
        exact = _WORDS.get(value)
        if exact is None:
            exact = _LOWER_WORDS.get(value.lower())
        return Grade(value, exact_decimal(value) if exact is None else exact)
    return Grade("", None)


def reduce_epochs(reducer: str, grades: Sequence[Grade]) -> Grade | None:
    """Return one sample's grade over its epochs.

    Args:
        reducer: The name that the log gives: mean, median, mode, majority, max, at_least_K, pass_at_K or
            pass_k_K.
        grades: In the order of the epochs, unscored ones included.

    Returns:
        The grade, `UNSCORED` where Inspect leaves the sample out, or None if this cannot be recomputed here.
    """
    scored = [grade for grade in grades if grade.scored]
    if not scored:
        return UNSCORED
    if reducer == "mode":
        # Counter keeps the order of arrival, so that the first of several equally common values wins.
        return _by_raw(scored, Counter(grade.raw for grade in scored).most_common(1)[0][0])
    if reducer == "majority":
        raw, count = Counter(grade.raw for grade in scored).most_common(1)[0]
        # Grades that nobody gave withhold their vote: the bar stays at half of all epochs.
        return _by_raw(scored, raw) if count * 2 > len(grades) else UNSCORED
    values = [grade.exact for grade in scored if grade.exact is not None]
    statistic = _statistic(reducer)
    if len(values) < len(scored) or statistic is None:
        return None
    value = statistic(values)
    return UNSCORED if value is None else Grade(value, value)


def is_estimator(reducer: str) -> bool:
    """Return whether a reducer estimates a probability, so that its mean is no count of samples."""
    return reducer.startswith(("pass_at_", "pass_k_"))


def _by_raw(grades: Sequence[Grade], raw: str | Fraction) -> Grade:
    return next(grade for grade in grades if grade.raw == raw)


def _statistic(reducer: str) -> Callable[[list[Fraction]], Fraction | None] | None:
    simple: dict[str, Callable[[list[Fraction]], Fraction | None]] = {
        "mean": lambda values: sum(values, ZERO) / len(values),
        "median": median,
        "max": max,
    }
    if reducer in simple:
        return simple[reducer]
    match = _WITH_K.fullmatch(reducer)
    if match is None or int(match[2]) < 1:
        return None
    k = int(match[2])
    formula = {"at_least": _at_least, "pass_at": _pass_at, "pass_k": _pass_k}[match[1]]

    def with_k(values: list[Fraction]) -> Fraction | None:
        return formula(k, sum(value >= 1 for value in values), len(values))

    return with_k


def _at_least(k: int, correct: int, _total: int) -> Fraction:
    return ONE if correct >= k else ZERO


def _pass_at(k: int, correct: int, total: int) -> Fraction | None:
    """Chance that k epochs, drawn without replacement, hold a correct one: 1 - C(n-c, k) / C(n, k)."""
    return None if total < k else 1 - Fraction(comb(total - correct, k), comb(total, k))


def _pass_k(k: int, correct: int, total: int) -> Fraction | None:
    """Chance that k epochs, drawn without replacement, are all correct: C(c, k) / C(n, k)."""
    return None if total < k else Fraction(comb(correct, k), comb(total, k))
