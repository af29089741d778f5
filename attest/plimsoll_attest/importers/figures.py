"""Proportions recomputed from sample records, and held against what a log reports.

A reported figure is a double, computed by adding doubles. It agrees with the exact figure if it is no further
from it than such a computation can stray; one sample more or less is always further. Where they do not agree,
both stay in the body, the recomputed one decides, and the flag `figures-differ` keeps the result from ruling
out anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from plimsoll_attest.importers.body import Flags, ScoreBody
from plimsoll_attest.importers.foreign import Number, nearest_double
from plimsoll_attest.importers.reducers import ONE, ZERO, Grade, is_estimator, parse_grade, reduce_epochs

ACCURACY: Final = "accuracy"
_MAX_DENOMINATOR: Final = 10**9
_ULP: Final = Fraction(1, 2**52)


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One sample in one epoch: the score values as they stand in the log, by scorer."""

    sample_id: str
    epoch: int
    scores: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """An exact figure.

    Attributes:
        exact: The mean over the samples that the reducer left scored; None if it left none.
        count: k and n where the figure is a proportion of things that are either right or wrong.
        samples: Samples behind it.
        sample_epochs: Scored sample-epochs behind it.
        scale: The largest size of a value among them, at least 1.
    """

    exact: Fraction | None
    count: tuple[int, int] | None
    samples: int
    sample_epochs: int
    scale: Fraction


def grades_by_sample(
    records: Iterable[SampleRecord], scorer: str, key: str | None = None
) -> dict[str, list[Grade]]:
    """Return one scorer's grades for each sample, in the order of the epochs.

    Args:
        records: Sample records in any order.
        scorer: The scorer; records that it left out are left out.
        key: Where scores are objects, the member meant.
    """
    found: dict[str, list[tuple[int, Grade]]] = {}
    for record in records:
        if scorer in record.scores:
            grade = _grade(record.scores[scorer], key)
            found.setdefault(record.sample_id, []).append((record.epoch, grade))
    return {
        sample_id: [grade for _, grade in sorted(grades, key=lambda pair: pair[0])]
        for sample_id, grades in found.items()
    }


def recompute(reducer: str, samples: Mapping[str, Sequence[Grade]]) -> Recomputed | None:
    """Return the exact mean over samples of their reduced grades.

    Returns:
        None if the reducer is not known, or a grade has no exact value.
    """
    reduced: list[Fraction] = []
    for grades in samples.values():
        grade = reduce_epochs(reducer, grades)
        if grade is None:
            return None
        if grade.scored:
            if grade.exact is None:
                return None
            reduced.append(grade.exact)
    each = [grade.exact for grades in samples.values() for grade in grades if grade.scored]
    exact = sum(reduced, ZERO) / len(reduced) if reduced else None
    counted = each if reducer == "mean" else [] if is_estimator(reducer) else reduced
    count = None
    if counted and all(value in (ZERO, ONE) for value in counted):
        count = (sum(value == ONE for value in counted), len(counted))
    scale = max([ONE, *(abs(value) for value in [*reduced, *each] if value is not None)])
    return Recomputed(exact, count, len(reduced), len(each), scale)


def agrees(reported: Fraction, exact: Fraction, additions: int, scale: Fraction = ONE) -> bool:
    """Return whether a reported double may be the rounded computation of an exact figure.

    Args:
        reported: The exact value of the decimal text in the log.
        exact: The figure as it ought to be.
        additions: How many values were added up.
        scale: The largest of them, at least 1.
    """
    # Each addition errs by at most half a unit in the last place of a sum of at most additions * scale, and
    # the mean divides by their number again. Eight times that leaves room for the reducers' own arithmetic;
    # for a million samples it is still a thousandth of what one sample makes.
    return abs(exact - reported) <= 4 * (additions + 4) * _ULP * scale


def make_score(
    names: tuple[str, str, str],
    value: object,
    recomputed: Recomputed | None,
    flags: Flags,
    *,
    unreduced: bool = False,
) -> ScoreBody:
    """Return one figure of a body, flagged where the log contradicts itself.

    Args:
        names: Scorer, reducer, metric.
        value: The reported value as it stands in the log.
        recomputed: The exact figure, if there is one.
        flags: Receives what there is to say.
        unreduced: The log names no reducer, so its figure may also run over sample-epochs instead of samples.
    """
    scorer, reducer, metric = names
    where = "/".join(names)
    text, reported = _reported(value)
    score: ScoreBody = {"scorer": scorer, "reducer": reducer, "metric": metric, "value": text}
    if text is None:
        flags.add("not-a-number", where)
    if recomputed is None:
        return score
    exact, count = recomputed.exact, recomputed.count
    if exact is None:
        # Where nothing was scored, Inspect reports NaN; any number there is somebody's own.
        if text is not None:
            flags.add("figures-differ", f"{where}: reported {text}, but no sample is scored")
        return score
    ratio = exact if count is None else Fraction(*count)
    if count is not None:
        score["count"] = {"k": count[0], "n": count[1]}
    elif exact.denominator <= _MAX_DENOMINATOR:
        score["fraction"] = f"{exact.numerator}/{exact.denominator}"
    if ratio != exact:
        flags.add("uneven-epochs", where)
    expected = [exact, ratio] if unreduced else [exact]
    if reported is None or not any(
        agrees(reported, figure, recomputed.sample_epochs, recomputed.scale) for figure in expected
    ):
        shown = f"{count[0]}/{count[1]}" if count else nearest_double(exact)
        flags.add("figures-differ", f"{where}: reported {text}, recomputed {shown}")
    return score


def _grade(value: object, key: str | None) -> Grade:
    if key is None or not isinstance(value, dict):
        return parse_grade(value)
    # A member that is null or missing is not the mark for "not scored", which is NaN.
    return Grade("", None) if value.get(key) is None else parse_grade(value[key])


def _reported(value: object) -> tuple[str | None, Fraction | None]:
    """Return a reported figure's text and exact value; None for what is no finite number."""
    if isinstance(value, Number):
        exact = value.exact()
        return (None, None) if exact is None else (value.text, exact)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value), Fraction(value)
    return None, None
