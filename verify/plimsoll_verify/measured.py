"""When a safeguard is measured: a test of the system as deployed is clear, and nothing since says otherwise.

Unlike what a model can do, what a safeguard does can be mended. So a result that speaks against it ends the
measurements before it, as a lapse ends attestations, and a clear one afterwards holds.

Source: SPEC 9.9.
"""

from dataclasses import dataclass

from plimsoll_verify.comparators import compare_result, figures_of
from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, ModelFacts
from plimsoll_verify.observed import Observation, ResultContent
from plimsoll_verify.policy.model import Test
from plimsoll_verify.results import rules_out
from plimsoll_verify.spans import Span, intersect


@dataclass(frozen=True, slots=True)
class Measurement:
    """A clear result, and when it holds.

    Attributes:
        index: the result.
        spans: when it holds.
        began_ms: when it was measured, or recorded if that was earlier.
        ended_by: the result that ends it, or -1.
    """

    index: int
    spans: list[Span]
    began_ms: int
    ended_by: int


def find_measurements(
    context: Context, model: ModelFacts, test: Test, surface: str, *, is_hopeful: bool
) -> list[Measurement]:
    """Return the measurements of a safeguard by a test.

    Args:
        context: the policy's versions and the facts.
        model: with which it was measured.
        test: the test.
        surface: on which it has to be measured; "" for wherever.
        is_hopeful: whether results that are not known are taken to be clear.
    """
    out, within = (
        figures_of(context.facts, context.versions, test, limit, is_hopeful=is_hopeful)
        for limit in (test.rules_out, test.rules_in)
    )
    against: list[tuple[int, int]] = []
    clear: list[tuple[Observation, list[Span], int]] = []
    for result in model.results:
        content = result.content
        start = result.adverse_ms
        until = test.good_for.after(start)
        if not isinstance(content, ResultContent):
            if is_hopeful and result.is_reliable:
                clear.append((result, [(context.relief_ms(result), until)], start))
            continue
        if surface and content.surface not in ("", surface):
            continue
        found = compare_result(result, content, test, out, within, until)
        if found is None:
            continue
        against += found.adverse
        plan = model.plans.get(content.plan)
        is_here = not surface or content.surface == surface
        if is_here and rules_out(result, content, test, plan, is_hopeful=is_hopeful):
            acts, until = context.relief_ms(result), min(until, context.lost_ms(result))
            clear.append((result, intersect(found.clear, [(acts, until)]) if acts < until else [], start))
    return [_measurement(result, spans, start, against) for result, spans, start in clear]


def _measurement(
    result: Observation, spans: list[Span], start: int, against: list[tuple[int, int]]
) -> Measurement:
    """End a measurement with the first result that speaks against it and did not happen before it."""
    stop, ended_by = min((one for one in against if one[0] >= start), default=(NEVER, -1))
    return Measurement(result.index, intersect(spans, [(0, stop)] if stop else []), start, ended_by)


def last_measurement(found: list[Measurement], instant: int) -> Measurement | None:
    """Return the measurement that held last before an instant, at which none does."""
    held = [one for one in found if one.spans and one.spans[0][0] <= instant]
    return max(held, key=lambda one: (one.spans[-1][1], one.index), default=None)
