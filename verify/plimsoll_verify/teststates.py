"""The state of one test over time, for one model: what its results make it, and until when.

Source: SPEC 9.1 to 9.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from plimsoll_verify.comparators import OtherFigure, compare_result, figures_of
from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Facts, ModelFacts
from plimsoll_verify.observed import Observation, ResultContent
from plimsoll_verify.policy.model import Test
from plimsoll_verify.results import read_result, rules_out
from plimsoll_verify.spans import Span, intersect, subtract, union

Limits = tuple[list[OtherFigure] | None, list[OtherFigure] | None]
"""Figures of other models for `rules_out` and `rules_in`."""


@dataclass(slots=True)
class TestSpans:
    """When a test is in which state; expired is what is left after `first_ms`, and no result before it."""

    __test__ = False
    dangerous: list[Span] = field(default_factory=list)
    between: list[Span] = field(default_factory=list)
    clear: list[Span] = field(default_factory=list)
    first_ms: int = NEVER
    heard_ms: int = NEVER
    """When the first of its results happened, were it recorded later or not."""
    adverse: list[tuple[int, int]] = field(default_factory=list)
    """From when a dangerous or between result acts, and its index."""
    calming: list[tuple[int, int]] = field(default_factory=list)
    """The same of results that rule out."""
    assessed: list[tuple[int, int]] = field(default_factory=list)
    """The same of all results of this model, whatever they say."""
    lost: list[tuple[int, int]] = field(default_factory=list)
    """From when the key of a result that ruled out is declared compromised, and by which entry."""


NO_RESULTS = TestSpans()
"""Of a test that no result names; one for all, never to be added to."""


class TestReader:
    """Reads the results of one model, test by test."""

    __test__ = False

    def __init__(self, context: Context, model: ModelFacts, snapshot: str, *, is_hopeful: bool) -> None:
        """Prepare.

        Args:
            context: the policy's versions and the facts.
            model: whose results.
            snapshot: that results have to be of to rule out; "" where they may be of any.
            is_hopeful: whether what is not known is taken to speak for the model wherever it could.
        """
        self._context = context
        self._model = model
        self._snapshot = snapshot
        self._is_hopeful = is_hopeful
        self._results: dict[tuple[str, str], list[tuple[Observation, ResultContent]]] = {}
        unknown: list[Observation] = []
        others = list(_results_elsewhere(context.facts, model))
        self._others = frozenset(one.index for one in others)
        for result in (*model.results, *others) if others else model.results:
            content = result.content
            if isinstance(content, ResultContent):
                self._results.setdefault((content.task, content.version), []).append((result, content))
            else:
                unknown.append(result)
        self._unread = [one for one in unknown if one.is_reliable] if is_hopeful else []

    def read(self, test: Test) -> TestSpans:
        """Work out a test's states.

        Source: SPEC 9.3.
        """
        results = self._results.get((test.task, test.version), ())
        if not (results or self._unread):
            return NO_RESULTS
        spans = TestSpans()
        held: list[Span] = []
        limits = self._limits(test) if test.is_compared else None
        for result, content in results:
            if limits is not None:
                self._compare(spans, held, test, result, content, limits)
            else:
                self._take(spans, held, test, result, content)
        good_for = test.good_for
        held += [(self._context.hoped_ms(one), good_for.after(one.adverse_ms)) for one in self._unread]
        # What was recorded only when it had run out has run out, too: recording late never helps.
        begun = [*(start for start, _ in (*spans.dangerous, *spans.between)), *(min(span) for span in held)]
        spans.first_ms = min(begun, default=NEVER)
        spans.heard_ms = min(spans.heard_ms, spans.first_ms)
        spans.clear = union(held)
        if spans.adverse:
            spans.dangerous, spans.between = union(spans.dangerous), union(spans.between)
            spans.clear = subtract(spans.clear, union([*spans.dangerous, *spans.between]))
        return spans

    def _take(
        self, spans: TestSpans, held: list[Span], test: Test, result: Observation, content: ResultContent
    ) -> None:
        """Add what a result says where the limits are figures."""
        reading = read_result(content, test)
        if reading == "none":
            return
        start, until = result.adverse_ms, test.good_for.after(result.adverse_ms)
        is_corrected = result.index in self._context.facts.corrected
        if result.index not in self._others and not (is_corrected and reading == "clear"):
            spans.assessed.append((start, result.index))
        if reading == "clear":
            if self._is_fit(test, result, content):
                acts = self._context.relief_ms(result)
                held.append((acts, self._until(spans, result, until)))
                spans.calming.append((acts, result.index))
                spans.heard_ms = min(spans.heard_ms, start)
            return
        if reading == "dangerous":
            spans.dangerous.append((start, NEVER))
        else:
            spans.between.append((start, until))
        spans.adverse.append((start, result.index))

    def _until(self, spans: TestSpans, result: Observation, until: int) -> int:
        """Return until when a result rules out: no longer than its key is relied on (SPEC 6.5)."""
        lost = self._context.lost_at(result.index)
        if lost is None or until <= lost.time_ms:
            return until
        spans.lost.append((lost.time_ms, lost.entry))
        return lost.time_ms

    def _is_fit(self, test: Test, result: Observation, content: ResultContent) -> bool:
        if self._snapshot not in ("", result.snapshot) or result.index in self._others:
            return False  # It raises no concern, and calms none: it is of other weights.
        if self._context.is_alone(result):
            return False
        plan = self._model.plans.get(content.plan)
        return rules_out(result, content, test, plan, is_hopeful=self._is_hopeful)

    def _limits(self, test: Test) -> Limits:
        facts, versions = self._context.facts, self._context.versions
        return (
            figures_of(facts, versions, test, test.rules_out, is_hopeful=self._is_hopeful),
            figures_of(facts, versions, test, test.rules_in, is_hopeful=self._is_hopeful),
        )

    def _compare(
        self,
        spans: TestSpans,
        held: list[Span],
        test: Test,
        result: Observation,
        content: ResultContent,
        limits: Limits,
    ) -> None:
        """Add what a result says where a limit is another model's score, which may change.

        Source: SPEC 9.1.
        """
        start, until = result.adverse_ms, test.good_for.after(result.adverse_ms)
        found = compare_result(result, content, test, *limits, until)
        if found is None:
            return
        is_corrected = result.index in self._context.facts.corrected
        if result.index not in self._others and (found.adverse or not is_corrected):
            spans.assessed.append((start, result.index))
        spans.between += subtract([(start, until)], found.clear)
        spans.dangerous += [(found.dangerous_ms, NEVER)] if found.dangerous_ms < NEVER else []
        spans.adverse += found.adverse
        if found.clear and self._is_fit(test, result, content):
            acts = self._context.relief_ms(result)
            until = self._until(spans, result, until)
            clear = intersect(found.clear, [(acts, until)]) if acts < until else [(acts, until)]
            held += clear
            spans.calming += [(begun, result.index) for begun, _ in clear]
            spans.heard_ms = min(spans.heard_ms, start)


def _results_elsewhere(facts: Facts, model: ModelFacts) -> Iterator[Observation]:
    """Yield results of a model's own weights that were recorded under another model's name.

    Source: SPEC 9.1.
    """
    for snapshot in facts.shared.keys() & model.mentions.keys() if facts.shared else ():
        for name in sorted(facts.shared[snapshot] - {model.id}):
            yield from (one for one in facts.models[name].results if one.snapshot == snapshot)
