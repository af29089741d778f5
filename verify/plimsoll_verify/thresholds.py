"""The state of each threshold over time, for one model: from results and determinations.

A crossing latches: neither age nor a later clear result ends it, only people do who say why. What they rule
out holds until something speaks against it that one of them had not seen.

Source: SPEC 9.3 to 9.6.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from plimsoll_verify.acts import Completion
from plimsoll_verify.context import Context
from plimsoll_verify.facts import (
    NEVER,
    Act,
    DeterminationContent,
    Facts,
    ModelFacts,
    Observation,
    ResultContent,
)
from plimsoll_verify.policy.model import Test, Threshold
from plimsoll_verify.results import read_result, rules_out
from plimsoll_verify.spans import Span, contains, intersect, subtract, union
from plimsoll_verify.versions import Version

State = Literal["unassessed", "ruled_out", "indeterminate", "crossed"]
ALWAYS: list[Span] = [(0, NEVER)]


@dataclass(slots=True)
class TestSpans:
    """When a test is in which state; expired is what is left after `first_ms`, and no result before it."""

    __test__ = False
    dangerous: list[Span] = field(default_factory=list)
    between: list[Span] = field(default_factory=list)
    clear: list[Span] = field(default_factory=list)
    first_ms: int = NEVER
    adverse: list[tuple[int, int]] = field(default_factory=list)
    """From when a dangerous or between result acts, and its index."""
    calming: list[tuple[int, int]] = field(default_factory=list)
    """The same of results that rule out."""


NO_RESULTS = TestSpans()
"""Of a test that no result names; one for all, never to be added to."""


@dataclass(slots=True)
class ThresholdSpans:
    """When a threshold is in which state; indeterminate is the rest.

    Attributes:
        adverse: from when a dangerous or between result acts, and its index.
        tests: states of the tests that decide or indicate.
        declared: completions of `crossed` determinations, in the order of completion.
        cleared: completions of `ruled_out` determinations with the spans in which they hold.
    """

    crossed: list[Span]
    ruled_out: list[Span]
    unassessed: list[Span]
    treated: list[Span]
    adverse: list[tuple[int, int]]
    tests: list[TestSpans]
    declared: list[Completion]
    cleared: list[tuple[Completion, Span]]

    @property
    def calming(self) -> list[tuple[int, int]]:
        """From when a result that rules out acts, and its index."""
        return sorted({one for test in self.tests for one in test.calming})

    def state(self, instant: int) -> State:
        """Return the state at an instant."""
        if contains(self.ruled_out, instant):
            return "ruled_out"
        if contains(self.crossed, instant):
            return "crossed"
        return "unassessed" if contains(self.unassessed, instant) else "indeterminate"

    def evidence(self, instant: int) -> set[int]:
        """Return the entries that make it crossed or indeterminate at an instant.

        Where nothing speaks against it, these are the results that have run out.
        """
        entries = {index for acts, index in self.adverse if acts <= instant}
        for one in self.declared:
            if one.time_ms <= instant:
                entries |= set(one.entries)
        return entries or {index for acts, index in self.calming if acts <= instant}


class Thresholds:
    """The thresholds of all versions of a policy, for one model; each is worked out once, when asked for."""

    def __init__(
        self, context: Context, model: ModelFacts, *, snapshot: str = "", is_hopeful: bool = False
    ) -> None:
        """Prepare.

        Args:
            context: the policy's versions and the facts.
            model: whose thresholds.
            snapshot: that results have to be of to rule out; "" where they may be of any.
            is_hopeful: whether what is not known is taken to speak for the model wherever it could.
        """
        self._context = context
        self._model = model
        self._is_hopeful = is_hopeful
        self._results: dict[tuple[str, str], list[tuple[Observation, ResultContent]]] = {}
        self._unknown: list[Observation] = []
        self._snapshot = snapshot
        others = list(_results_elsewhere(context.facts, model))
        self._others = frozenset(one.index for one in others)
        for result in (*model.results, *others) if others else model.results:
            content = result.content
            if isinstance(content, ResultContent):
                self._results.setdefault((content.task, content.version), []).append((result, content))
            else:
                self._unknown.append(result)
        self._unread = [one for one in self._unknown if one.is_reliable] if is_hopeful else []
        self._tests: dict[tuple[Version, str], TestSpans] = {}
        self._found: dict[tuple[Version, str], ThresholdSpans] = {}

    def of(self, version: Version, threshold_id: str) -> ThresholdSpans:
        """Return the states of a threshold, as a version defines it, over all time."""
        key = (version, threshold_id)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(version, version.policy.thresholds[threshold_id])
        return found

    def _find(self, version: Version, threshold: Threshold) -> ThresholdSpans:
        tests = [self._test(version, test) for test in threshold.tests]
        if self._model.determinations or any(test is not NO_RESULTS for test in tests):
            return self._threshold(threshold, tests)
        return _silent(version, threshold.id)

    # -- tests

    def _test(self, version: Version, test_id: str) -> TestSpans:
        key = (version, test_id)
        found = self._tests.get(key)
        if found is None:
            found = self._tests[key] = self._read_test(version.policy.tests[test_id])
        return found

    def _read_test(self, test: Test) -> TestSpans:
        """Work out a test's states.

        Source: SPEC 9.3.
        """
        results = self._results.get((test.task, test.version), ())
        if not (results or self._unread):
            return NO_RESULTS
        spans = TestSpans()
        held: list[Span] = []
        good_for, context = test.good_for, self._context
        for result, content in results:
            reading = read_result(content, test)
            start = result.adverse_ms
            if reading == "clear":
                if self._snapshot not in ("", result.snapshot) or result.index in self._others:
                    continue  # It raises no concern, and calms none: it is of other weights.
                plan = context.facts.plans.get(content.plan)
                if rules_out(result, content, test, plan, self._model.id, is_hopeful=self._is_hopeful):
                    acts = context.relief_ms(result)
                    held.append((acts, good_for.after(start)))
                    spans.calming.append((acts, result.index))
            elif reading != "none":
                if reading == "dangerous":
                    spans.dangerous.append((start, NEVER))
                else:
                    spans.between.append((start, good_for.after(start)))
                spans.adverse.append((start, result.index))
        held += [(one.time_ms, good_for.after(one.adverse_ms)) for one in self._unread]
        # What was recorded only when it had run out has run out, too: recording late never helps.
        begun = [*(start for start, _ in (*spans.dangerous, *spans.between)), *(min(span) for span in held)]
        spans.first_ms = min(begun, default=NEVER)
        spans.clear = union(held)
        if spans.adverse:
            spans.dangerous, spans.between = union(spans.dangerous), union(spans.between)
            spans.clear = subtract(spans.clear, union([*spans.dangerous, *spans.between]))
        return spans

    # -- thresholds

    def _threshold(self, threshold: Threshold, tests: list[TestSpans]) -> ThresholdSpans:
        adverse = sorted({one for test in tests for one in test.adverse})
        if not self._model.determinations:
            return _states(threshold, tests, adverse, [], [])
        declared, cleared = self._determined(
            threshold.id, adverse, results_count=threshold.decided_by == "tests"
        )
        return _states(threshold, tests, adverse, declared, cleared)

    def _determined(
        self, threshold: str, adverse: list[tuple[int, int]], *, results_count: bool
    ) -> tuple[list[Completion], list[tuple[Completion, Span]]]:
        """Return the crossings that were declared, and what was ruled out with how long that held.

        Source: SPEC 9.4, 9.5.
        """
        declared, cleared = [], []
        for act in self._model.determinations:
            outcome = self._outcome(act, threshold)
            completion = outcome and self._context.determination(act, threshold, outcome)
            if completion and outcome == "crossed":
                declared.append(completion)
            elif completion:
                cleared.append(completion)
        declared.sort(key=lambda one: one.index)
        against = [(one.time_ms, one.index) for one in declared]
        if results_count:
            against += adverse
        return declared, [
            (one, (one.time_ms, min((at for at, index in against if index >= one.seen), default=NEVER)))
            for one in sorted(cleared, key=lambda one: one.index)
        ]

    def _outcome(self, act: Act, threshold: str) -> Literal["crossed", "ruled_out"] | None:
        """Return what a determination says of a threshold, if it says anything of it."""
        content = act.content
        if not isinstance(content, DeterminationContent):
            return "ruled_out" if self._is_hopeful else None
        if content.threshold != threshold:
            return None
        if content.outcome == "crossed":
            return "crossed"
        return "ruled_out" if content.has_reasons else None


def _states(
    threshold: Threshold,
    tests: list[TestSpans],
    adverse: list[tuple[int, int]],
    declared: list[Completion],
    cleared: list[tuple[Completion, Span]],
) -> ThresholdSpans:
    """Put together what tests and determinations say.

    Source: SPEC 9.4 to 9.6.
    """
    # Where people decide, tests only indicate.
    by_tests = _combine(tests, needs_all=threshold.needs_all) if threshold.decided_by == "tests" else None
    crossed, ruled_out, unassessed = by_tests or ([], [], ALWAYS)
    if declared or cleared:
        over = union(span for _, span in cleared)
        crossed = subtract(union([*crossed, *((one.time_ms, NEVER) for one in declared)]), over)
        ruled_out = union([*subtract(ruled_out, crossed), *over])
    unassessed = subtract(unassessed, union([*crossed, *ruled_out]) if crossed else ruled_out)
    calm = ruled_out if threshold.crossed_until_assessed else union([*ruled_out, *unassessed])
    treated = subtract(ALWAYS, calm)
    return ThresholdSpans(crossed, ruled_out, unassessed, treated, adverse, tests, declared, cleared)


def _results_elsewhere(facts: Facts, model: ModelFacts) -> Iterator[Observation]:
    """Yield results of a model's own weights that were recorded under another model's name.

    Source: SPEC 9.1.
    """
    for snapshot in facts.shared.keys() & model.mentions.keys() if facts.shared else ():
        for name in sorted(facts.shared[snapshot] - {model.id}):
            yield from (one for one in facts.models[name].results if one.snapshot == snapshot)


@lru_cache(maxsize=1024)
def _silent(version: Version, threshold: str) -> ThresholdSpans:
    """Return the states of a threshold of which neither a result nor a person says anything.

    So it is with most models and most thresholds, and it comes to the same for all of them.
    """
    found = version.policy.thresholds[threshold]
    return _states(found, [NO_RESULTS for _ in found.tests], [], [], [])


def _combine(tests: list[TestSpans], *, needs_all: bool) -> tuple[list[Span], list[Span], list[Span]]:
    """Return when tests make a threshold crossed, ruled out and unassessed.

    Source: SPEC 9.4.
    """
    dangerous, clear = [test.dangerous for test in tests], [test.clear for test in tests]
    if needs_all:
        crossed, ruled_out = _all(dangerous), union(span for spans in clear for span in spans)
    else:
        crossed, ruled_out = union(span for spans in dangerous for span in spans), _all(clear)
    first_ms = min(test.first_ms for test in tests)
    return crossed, subtract(ruled_out, crossed), [(0, first_ms)] if first_ms else []


def _all(sets: list[list[Span]]) -> list[Span]:
    found = sets[0]
    for one in sets[1:]:
        found = intersect(found, one)
    return found
