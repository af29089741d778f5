"""The state of one test over time, for one model: what its results make it, and until when.

Source: SPEC 9.1 to 9.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from plimsoll_verify.comparators import OtherFigure, compare_result, figures_of
from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Facts, ModelFacts
from plimsoll_verify.observed import Observation, ResultContent
from plimsoll_verify.policy.model import Test
from plimsoll_verify.results import read_result, rules_out
from plimsoll_verify.spans import Span, contains, intersect, subtract, union

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
    ruling: "tuple[_Clear, ...]" = ()
    """The results that rule out."""
    assessed: list[tuple[int, int]] = field(default_factory=list)
    """The same of all results of this model, whatever they say."""
    lost: list[tuple[int, int]] = field(default_factory=list)
    """From when the key of a result that ruled out is declared compromised, and by which entry."""

    def holding(self, instant: int) -> set[int]:
        """Return the results that hold at an instant, of those that rule out."""
        return {one.entry for one in self.ruling if contains(one.spans, instant)}


NO_RESULTS = TestSpans()
"""Of a test that no result names; one for all, never to be added to."""


class _Clear(NamedTuple):
    """A result that rules out, where results may be of its snapshot."""

    entry: int
    happened_ms: int
    spans: list[Span]
    acts: list[int]
    lost: tuple[int, int] | None


@dataclass(slots=True)
class _Common:
    """What the results of a test say, whichever snapshot is asked about."""

    dangerous: list[Span] = field(default_factory=list)
    between: list[Span] = field(default_factory=list)
    adverse: list[tuple[int, int]] = field(default_factory=list)
    assessed: list[tuple[int, int]] = field(default_factory=list)
    clear: dict[str, list[_Clear]] = field(default_factory=dict)
    """By snapshot; under "" all."""


class TestReader:
    """Reads the results of one model, test by test, for any of its snapshots."""

    __test__ = False

    def __init__(self, context: Context, model: ModelFacts, *, is_hopeful: bool) -> None:
        """Prepare.

        Args:
            context: the policy's versions and the facts.
            model: whose results.
            is_hopeful: whether what is not known is taken to speak for the model wherever it could.
        """
        self._context = context
        self._model = model
        self._is_hopeful = is_hopeful
        self._results: dict[tuple[str, str], list[tuple[Observation, ResultContent]]] = {}
        self._common: dict[Test, _Common] = {}
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

    def read(self, test: Test, snapshot: str = "") -> TestSpans:
        """Work out a test's states.

        Args:
            test: the test.
            snapshot: that results have to be of to rule out; "" where they may be of any.

        Source: SPEC 9.3.
        """
        if not (self._unread or (test.task, test.version) in self._results):
            return NO_RESULTS
        common = self._common.get(test)
        if common is None:
            common = self._common[test] = self._read_all(test)
        clear = tuple(common.clear.get(snapshot, ()))
        spans = TestSpans(common.dangerous, common.between, adverse=common.adverse, assessed=common.assessed)
        spans.ruling = clear
        spans.calming = [(acts, one.entry) for one in clear for acts in one.acts]
        spans.lost = [one.lost for one in clear if one.lost is not None]
        held = [span for one in clear for span in one.spans]
        held += [(self._context.relief_ms(one), test.good_for.after(one.adverse_ms)) for one in self._unread]
        # What was recorded only when it had run out has run out, too: recording late never helps.
        begun = [*(start for start, _ in (*spans.dangerous, *spans.between)), *(min(span) for span in held)]
        spans.first_ms = min(begun, default=NEVER)
        spans.heard_ms = min((one.happened_ms for one in clear), default=NEVER)
        spans.heard_ms = min(spans.heard_ms, spans.first_ms)
        spans.clear = union(held)
        if spans.adverse:
            spans.clear = subtract(spans.clear, union([*spans.dangerous, *spans.between]))
        return spans

    def _read_all(self, test: Test) -> _Common:
        """Read all results that a test is about."""
        common = _Common()
        limits = self._limits(test) if test.is_compared else None
        for result, content in self._results.get((test.task, test.version), ()):
            if limits is not None:
                self._compare(common, test, result, content, limits)
            else:
                self._take(common, test, result, content)
        common.dangerous, common.between = union(common.dangerous), union(common.between)
        return common

    def _take(self, common: _Common, test: Test, result: Observation, content: ResultContent) -> None:
        """Add what a result says where the limits are figures."""
        reading = read_result(content, test)
        if reading == "none":
            return
        start, until = result.adverse_ms, test.good_for.after(result.adverse_ms)
        is_corrected = result.index in self._context.facts.corrected
        if result.index not in self._others and not (is_corrected and reading == "clear"):
            common.assessed.append((start, result.index))
        if reading == "clear":
            if self._is_fit(test, result, content):
                acts = self._context.relief_ms(result)
                until, lost = self._until(result, until)
                self._add_clear(common, result, [(acts, until)], [acts], lost)
            return
        if reading == "dangerous":
            common.dangerous.append((start, NEVER))
        else:
            common.between.append((start, until))
        common.adverse.append((start, result.index))

    def _add_clear(
        self,
        common: _Common,
        result: Observation,
        spans: list[Span],
        acts: list[int],
        lost: tuple[int, int] | None,
    ) -> None:
        one = _Clear(result.index, result.adverse_ms, spans, acts, lost)
        for snapshot in {"", result.snapshot}:
            common.clear.setdefault(snapshot, []).append(one)

    def _until(self, result: Observation, until: int) -> tuple[int, tuple[int, int] | None]:
        """Return until when a result rules out: no longer than its key is relied on (SPEC 6.5)."""
        lost = self._context.lost_at(result.index)
        if lost is None or until <= lost.time_ms:
            return until, None
        return lost.time_ms, (lost.time_ms, lost.entry)

    def _is_fit(self, test: Test, result: Observation, content: ResultContent) -> bool:
        if result.index in self._others:
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
        self, common: _Common, test: Test, result: Observation, content: ResultContent, limits: Limits
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
            common.assessed.append((start, result.index))
        common.between += subtract([(start, until)], found.clear)
        common.dangerous += [(found.dangerous_ms, NEVER)] if found.dangerous_ms < NEVER else []
        common.adverse += found.adverse
        if found.clear and self._is_fit(test, result, content):
            acts = self._context.relief_ms(result)
            until, lost = self._until(result, until)
            clear = intersect(found.clear, [(acts, until)]) if acts < until else [(acts, until)]
            self._add_clear(common, result, clear, [begun for begun, _ in clear], lost)


def _results_elsewhere(facts: Facts, model: ModelFacts) -> Iterator[Observation]:
    """Yield results of a model's own weights that were recorded under another model's name.

    Source: SPEC 9.1.
    """
    for snapshot in facts.shared.keys() & model.mentions.keys() if facts.shared else ():
        for name in sorted(facts.shared[snapshot] - {model.id}):
            yield from (one for one in facts.models[name].results if one.snapshot == snapshot)
