"""What one evaluation result says about one test: dangerous, clear or between, and whether it rules out.

What raises concern counts however it came about; what calms it has to meet everything that the test asks for.

Source: SPEC 9.1, 9.2.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Literal

from plimsoll_verify.exact import compare_lower, compare_upper, parse_fraction, parse_value
from plimsoll_verify.observed import Observation, PlanFact, ResultContent
from plimsoll_verify.policy.model import Limit, Test
from plimsoll_verify.times import TOLERANCE_MS

Figure = tuple[int, int] | str | None
Reading = Literal["dangerous", "between", "clear", "none"]


def read_result(content: ResultContent, test: Test) -> Reading:
    """Return what a result says of a test; "none" if it is no result for it.

    Of several figures for the same scorer, reducer and metric the most dangerous counts; one that cannot be
    read is between.

    Source: SPEC 9.1.
    """
    readings = (read_figure(figure, test) for figure in fitting_figures(content, test))
    return max(readings, key=GRAVITY.__getitem__, default="none")


def fitting_figures(content: ResultContent, test: Test) -> list[Figure]:
    """Return the figures of a result that are for a test; none if it is no result for it."""
    if not content.succeeded or content.task != test.task or content.version != test.version:
        return []
    return [
        score.figure
        for score in content.scores
        if score.metric == test.metric and score.scorer == test.scorer and score.reducer == test.reducer
    ]


GRAVITY: dict[Reading, int] = {"none": 0, "clear": 1, "between": 2, "dangerous": 3}
"""How much each speaks against the model."""


# Few figures differ: most results are of some dozens of samples, of which some were passed.
@lru_cache(maxsize=16384)
def read_figure(figure: Figure, test: Test) -> Reading:
    """Return what one figure says of a test whose limits are figures; one that cannot be read is between.

    Source: SPEC 9.1.
    """
    if test.rules_in is not None and _is_past(figure, test.rules_in):
        return "dangerous"
    return "clear" if _is_past(figure, test.rules_out) else "between"


def _is_past(figure: Figure, limit: Limit) -> bool:
    """Say whether a figure is known to be below, above... a limit."""
    sign = _compare(figure, limit)
    if sign is None:
        return False
    match limit.word:
        case "below":
            return sign < 0
        case "above":
            return sign > 0
        case "at_or_above":
            return sign >= 0
        case _:
            return sign <= 0


def _compare(figure: Figure, limit: Limit) -> int | None:
    """Compare what a limit is judged on with its amount; None where that is not known."""
    if limit.judged_on == "score":
        if isinstance(figure, tuple):
            k, n = figure
            return (
                _sign(k * limit.amount.denominator - n * limit.amount.numerator) if 0 <= k <= n > 0 else None
            )
        exact = None if figure is None else _exact(figure)
        return None if exact is None else _sign(exact - limit.amount)
    if not isinstance(figure, tuple):
        return None
    compare = compare_upper if limit.judged_on == "upper 95 % bound" else compare_lower
    return compare(*figure, limit.amount)


def exact_figure(figure: Figure) -> Fraction | None:
    """Return a figure as a number; None where it is none.

    Source: SPEC 5.5.
    """
    if isinstance(figure, tuple):
        k, n = figure
        return Fraction(k, n) if 0 <= k <= n > 0 else None
    return None if figure is None else _exact(figure)


def _exact(figure: str) -> Fraction | None:
    fraction = parse_fraction(figure)
    return parse_value(figure) if fraction is None else fraction


def _sign(number: Fraction | int) -> int:
    return (number > 0) - (number < 0)


def rules_out(
    result: Observation,
    content: ResultContent,
    test: Test,
    plan: PlanFact | None,
    *,
    is_hopeful: bool,
) -> bool:
    """Say whether a clear result meets what its test asks for.

    Args:
        result: who recorded it.
        content: what it says; it reads clear.
        test: the test.
        plan: the plan that it names, if there is such an entry about its model.
        is_hopeful: whether a plan that is not known is taken to be the right one.

    Source: SPEC 9.2.
    """
    needs = test.needs
    if not result.is_reliable or content.is_limited or content.is_flagged:
        return False
    if content.samples < needs.samples or content.epochs < needs.epochs:
        return False
    if needs.samples and (
        content.sample_epochs < needs.samples * max(1, needs.epochs) or _counts_too_few(content, test)
    ):
        return False
    if needs.variant is not None and content.variant != needs.variant:
        return False
    if needs.run_by is not None and result.role != needs.run_by:
        return False
    return not needs.planned_first or _was_planned(
        content, plan, result.time_ms + TOLERANCE_MS, is_hopeful=is_hopeful
    )


def _counts_too_few(content: ResultContent, test: Test) -> bool:
    """Say whether the figure rests on fewer samples than the test asks for, whatever the header says."""
    least = test.needs.samples * (max(1, test.needs.epochs) if test.reducer == "mean" else 1)
    return any(isinstance(figure, tuple) and figure[1] < least for figure in fitting_figures(content, test))


def _was_planned(content: ResultContent, plan: PlanFact | None, latest_ms: int, *, is_hopeful: bool) -> bool:
    """Say whether a plan was recorded before the run, and the run begun before its result was recorded."""
    if plan is None or not plan.time_ms < content.started_ms <= latest_ms:
        return False
    if plan.task is None:
        return is_hopeful
    if plan.surface not in ("", content.surface):
        return False
    return (plan.task, plan.version) == (content.task, content.version)
