"""Limits that are another model's score: which figures there are, and what a result reads against them.

Of several figures the one counts that is least kind to the model that is tested; so a new figure of the other
model can make a result worse, and never better, once there is any.

Source: SPEC 9.1.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from plimsoll_verify.facts import NEVER, Facts
from plimsoll_verify.observed import Observation, ResultContent
from plimsoll_verify.policy.model import Limit, Test
from plimsoll_verify.results import Figure, Reading, exact_figure, fitting_figures, read_result
from plimsoll_verify.spans import Span
from plimsoll_verify.versions import Versions

MAX_PART = 10**6
"""Either part of a figure against which an end of an interval is computed; a larger one is no limit."""
_NEVER = (NEVER, -1)


@dataclass(frozen=True, slots=True)
class OtherFigure:
    """What another model scored, times what the policy says, moved by the margin.

    Attributes:
        acts_ms: from when it may make a limit stricter.
        known_ms: from when there is a limit because of it; never where it may not be relied on.
        index: the result that says so.
        limit: the limit; None stands for one that everything is on the safe side of.
    """

    acts_ms: int
    known_ms: int
    index: int
    limit: Fraction | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What a result reads, over time.

    Attributes:
        clear: when it reads clear.
        dangerous_ms: from when it reads dangerous.
        adverse: from when it speaks against the model, or does so again for a new reason, and by which entry.
    """

    clear: list[Span]
    dangerous_ms: int
    adverse: list[tuple[int, int]]


def figures_of(
    facts: Facts, versions: Versions, test: Test, limit: Limit | None, *, is_hopeful: bool
) -> list[OtherFigure] | None:
    """Return the figures of the model that a limit names; None where the limit is a figure itself.

    The least kind one comes first: what a result reads by one of them it reads by all before it, or worse.
    """
    if limit is None or limit.compare is None:
        return None
    model = facts.models.get(limit.compare.model)
    found: list[OtherFigure] = []
    for result in model.results if model else ():
        content, known_ms = result.content, NEVER
        if result.is_reliable and result.index not in facts.corrected:
            known_ms = versions.relief_ms(result.index, result.time_ms, result.event_ms)
        if not isinstance(content, ResultContent):
            if is_hopeful and known_ms < NEVER:
                found.append(OtherFigure(NEVER, known_ms, result.index, None))
            continue
        for figure in fitting_figures(content, test):
            value = _as_limit(figure, limit)
            if value is not None:
                found.append(OtherFigure(result.adverse_ms, known_ms, result.index, value))
    towards = 1 if limit.word in ("below", "at_or_above") else -1
    found.sort(key=lambda one: (one.limit is None, (one.limit or 0) * towards))
    return found


def _as_limit(figure: Figure, limit: Limit) -> Fraction | None:
    exact = exact_figure(figure)
    if exact is None or limit.compare is None:
        return None
    if limit.judged_on != "score" and max(abs(exact.numerator), exact.denominator) > MAX_PART:
        return None
    return limit.moved(exact * limit.compare.times)


def compare_result(
    result: Observation,
    content: ResultContent,
    test: Test,
    out: list[OtherFigure] | None,
    within: list[OtherFigure] | None,
    until_ms: int = NEVER,
) -> Compared | None:
    """Return what a result reads against figures of other models; None if it is no result for the test.

    Args:
        result: when it was recorded.
        content: what it says.
        test: the test.
        out: figures for `rules_out`; None where that is a figure itself.
        within: the same for `rules_in`.
        until_ms: from when it is too old to leave anything open.
    """
    if read_result(content, test) == "none":
        return None
    start = result.adverse_ms
    safe = _plainly(test, is_in=False, limit=test.rules_out.amount)
    known_ms, spoiled_ms = 0, (start, result.index) if read_result(content, safe) != "clear" else _NEVER
    if out is not None:
        known_ms = min((one.known_ms for one in out), default=NEVER)
        spoiled_ms = _first(
            result, out, lambda by: read_result(content, _plainly(test, is_in=False, limit=by)) != "clear"
        )
    clear = [(known_ms, spoiled_ms[0])] if known_ms < spoiled_ms[0] else []
    first_past = _NEVER
    if within is not None:
        first_past = _first(
            result,
            within,
            lambda by: read_result(content, _plainly(test, is_in=True, limit=by)) == "dangerous",
        )
    elif test.rules_in is not None:
        limit = _plainly(test, is_in=True, limit=test.rules_in.amount)
        first_past = (start, result.index) if read_result(content, limit) == "dangerous" else _NEVER
    adverse = {spoiled_ms} if spoiled_ms[0] < until_ms else set()
    adverse |= {first_past} if first_past[0] < NEVER else set()
    if not any(one <= start < other for one, other in clear):
        adverse.add((start, result.index))
    return Compared(clear, first_past[0], sorted(adverse))


def _first(
    result: Observation, figures: list[OtherFigure], is_worse: Callable[[Fraction], bool]
) -> tuple[int, int]:
    """Return since when a result reads worse by figures, the least kind ones first, and by which entry."""

    def is_spared(one: OtherFigure) -> bool:
        return one.limit is None or not is_worse(one.limit)

    # Of thousands of figures the least kind ones are looked for, instead of asking each.
    worse = figures[: bisect_left(figures, 1, key=is_spared)]
    start, index = result.adverse_ms, result.index
    return min(((max(start, one.acts_ms), max(index, one.index)) for one in worse), default=_NEVER)


def read_as_recorded(
    facts: Facts, versions: Versions, result: Observation, content: ResultContent, test: Test
) -> Reading:
    """Return what a result reads against what was recorded of other models before it.

    Source: SPEC 6.6.
    """

    def before(limit: Limit | None) -> list[OtherFigure] | None:
        found = figures_of(facts, versions, test, limit, is_hopeful=False)
        return (
            None if found is None else [replace(one, acts_ms=0) for one in found if one.index < result.index]
        )

    found = compare_result(result, content, test, before(test.rules_out), before(test.rules_in))
    if found is None:
        return "none"
    if found.dangerous_ms < NEVER:
        return "dangerous"
    return "clear" if any(stop == NEVER for _, stop in found.clear) else "between"


def _plainly(test: Test, *, is_in: bool, limit: Fraction) -> Test:
    """Return a test of which one limit is a figure, and the other one out of the question."""
    if is_in and test.rules_in is not None:
        return replace(test, rules_in=replace(test.rules_in, amount=limit, compare=None))
    out = replace(test.rules_out, amount=limit, compare=None)
    return replace(test, rules_out=out, rules_in=None)
