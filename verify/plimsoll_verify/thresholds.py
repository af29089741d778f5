"""The state of each threshold over time, for one model: from results, determinations, and other models.

A crossing latches: neither age nor a later clear result ends it, only people do who say why. What they rule
out holds until something speaks against it that one of them had not seen.

Source: SPEC 9.3 to 9.6.
"""

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from typing import Literal, Protocol

from plimsoll_verify.acts import Completion
from plimsoll_verify.context import Context
from plimsoll_verify.crossing import combine
from plimsoll_verify.facts import NEVER, Act, DeterminationContent, ModelFacts
from plimsoll_verify.policy.grammar import NEVER_MS, Period
from plimsoll_verify.policy.model import Respond, Test, Threshold
from plimsoll_verify.spans import Span, contains, intersect, subtract, union
from plimsoll_verify.teststates import NO_RESULTS, TestReader, TestSpans
from plimsoll_verify.undone import Undone
from plimsoll_verify.versions import Version

State = Literal["unassessed", "ruled_out", "indeterminate", "crossed"]
ALWAYS: list[Span] = [(0, NEVER)]
FOREVER = Period("", ms=NEVER_MS)


@dataclass(slots=True)
class Taken:
    """What a model has from another one.

    Attributes:
        spans: when it has it.
        states: those of the other model; None where nothing is known of it.
        entries: that say that it has it from there.
    """

    spans: list[Span]
    states: "ThresholdSpans | None"
    entries: tuple[int, ...]

    def evidence(self, instant: int) -> set[int]:
        """Return the entries that show it at an instant."""
        return {*self.entries, *(self.states.evidence(instant) if self.states else ())}


@dataclass(slots=True)
class Elsewhere:
    """What other models make of a threshold.

    Attributes:
        crossed: when an ancestor is crossed.
        open: when it is not known what an ancestor is, or the model has to be assessed again.
        borrowed_crossed, borrowed_open, borrowed_out: states of other models that it was said to be like;
            they count only while it has none of its own.
        against: from when ancestors' adverse results act, and their indexes.
        declared: the same of crossings of ancestors that were determined.
        inherited, borrowed: where all that is from.
    """

    crossed: list[Span] = field(default_factory=list)
    open: list[Span] = field(default_factory=list)
    borrowed_crossed: list[Span] = field(default_factory=list)
    borrowed_open: list[Span] = field(default_factory=list)
    borrowed_out: list[Span] = field(default_factory=list)
    against: list[tuple[int, int]] = field(default_factory=list)
    declared: list[tuple[int, int]] = field(default_factory=list)
    inherited: list[Taken] = field(default_factory=list)
    borrowed: list[Taken] = field(default_factory=list)


NOWHERE = Elsewhere()
"""Of a model that has nothing from others; one for all, never to be added to."""


class OtherModels(Protocol):
    """Knows what a model has from other ones."""

    def elsewhere(self, version: Version, threshold: Threshold, model: ModelFacts) -> Elsewhere:
        """Return what other models make of a threshold; `NOWHERE` for nothing."""
        ...


@dataclass(slots=True)
class ThresholdSpans:
    """When a threshold is in which state; indeterminate is the rest.

    Attributes:
        adverse: from when a dangerous or between result acts, and its index.
        tests: states of the tests that decide or indicate.
        declared: completions of `crossed` determinations, in the order of completion.
        cleared: completions of `ruled_out` determinations with the spans in which they hold.
        own: when results and people make it crossed or leave it open, whatever other models are.
        own_crossed: when they make it crossed.
        overdue: when it has not been determined for longer than people had to do so.
        undone: reversals of what was ruled out.
        revoking: from when what is said of ancestors ends what was ruled out, and its index.
    """

    crossed: list[Span]
    ruled_out: list[Span]
    unassessed: list[Span]
    treated: list[Span]
    adverse: list[tuple[int, int]]
    tests: list[TestSpans]
    declared: list[Completion]
    cleared: list[tuple[Completion, Span]]
    elsewhere: Elsewhere
    own: list[Span]
    own_crossed: list[Span]
    overdue: list[Span]
    undone: list[Undone] = field(default_factory=list)
    revoking: list[tuple[int, int]] = field(default_factory=list)

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
        for undone in self.undone:
            if undone.time_ms <= instant:
                entries |= {undone.of, *undone.entries}
        for one, _ in self.cleared:
            if one.lost is not None and one.lost_ms <= instant:
                entries |= {one.entries[0], one.lost.entry}
        entries |= self.heritage(instant)
        if not contains(self.own, instant):
            for taken in self.elsewhere.borrowed:
                if contains(taken.spans, instant):
                    entries |= taken.evidence(instant)
        lost = {index for test in self.tests for at, index in test.lost if at <= instant}
        return entries or lost | {index for acts, index in self.calming if acts <= instant}

    def heritage(self, instant: int) -> set[int]:
        """Return the entries of what it has from its ancestors, where nothing of its own is the reason."""
        is_worse = contains(self.elsewhere.crossed, instant) and not contains(self.own_crossed, instant)
        if contains(self.own, instant) and not is_worse:
            return set()
        return {index for taken in self._taken(instant) for index in taken.evidence(instant)}

    def inherited(self, instant: int) -> set[int]:
        """Return the entries of what it has from ancestors, and of what they have revoked of its own."""
        entries = {index for taken in self._taken(instant) for index in taken.evidence(instant)}
        entries |= {index for taken in self.elsewhere.inherited for index in taken.entries}
        seen = min((one.seen for one, _ in self.cleared if one.time_ms <= instant), default=NEVER)
        return entries | {index for at, index in self.revoking if at <= instant and index >= seen}

    def _taken(self, instant: int) -> list[Taken]:
        return [taken for taken in self.elsewhere.inherited if contains(taken.spans, instant)]


class Thresholds:
    """The thresholds of all versions of a policy, for one model; each is worked out once, when asked for."""

    def __init__(
        self,
        context: Context,
        model: ModelFacts,
        *,
        is_hopeful: bool = False,
        others: OtherModels | None = None,
        reader: TestReader | None = None,
        snapshot: str = "",
        is_ageless: bool = False,
    ) -> None:
        """Prepare.

        Args:
            context: the policy's versions and the facts.
            model: whose thresholds.
            is_hopeful: whether what is not known is taken to speak for the model wherever it could.
            others: what it has from other models; None for nothing.
            reader: reads its results; by default one of its own.
            snapshot: that results have to be of to rule out; "" where they may be of any.
            is_ageless: whether results are good for ever.
        """
        self._context = context
        self._model = model
        self._is_hopeful = is_hopeful
        self._others = others
        self._snapshot = snapshot
        self._is_ageless = is_ageless
        self._reader = reader or TestReader(context, model, is_hopeful=is_hopeful)
        self._tests: dict[tuple[Version, str], TestSpans] = {}
        self._found: dict[tuple[Version, str], ThresholdSpans] = {}

    def for_snapshot(self, snapshot: str) -> "Thresholds":
        """Return the thresholds as they are where results rule out only if they are of a snapshot."""
        return self._where(snapshot=snapshot)

    def ageless(self) -> "Thresholds":
        """Return the thresholds as they would be if no result of this model had run out."""
        return self._where(is_ageless=True)

    def _where(self, *, snapshot: str = "", is_ageless: bool = False) -> "Thresholds":
        """Return those of the same model by the same results, where these rule out by other terms."""
        return Thresholds(
            self._context,
            self._model,
            is_hopeful=self._is_hopeful,
            others=self._others,
            reader=self._reader,
            snapshot=snapshot,
            is_ageless=is_ageless,
        )

    def of(self, version: Version, threshold_id: str) -> ThresholdSpans:
        """Return the states of a threshold, as a version defines it, over all time."""
        key = (version, threshold_id)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(version, version.policy.thresholds[threshold_id])
        return found

    def _find(self, version: Version, threshold: Threshold) -> ThresholdSpans:
        tests = {test: self._test(version, test) for test in threshold.tests}
        elsewhere = self._others.elsewhere(version, threshold, self._model) if self._others else NOWHERE
        is_silent = not self._model.determinations and all(test is NO_RESULTS for test in tests.values())
        if is_silent and elsewhere is NOWHERE:
            return _silent(version, threshold.id)
        declared: list[Completion] = []
        cleared: list[tuple[Completion, Span]] = []
        inherited: list[tuple[int, int]] = []
        adverse = sorted({one for test in tests.values() for one in test.adverse})
        if self._model.determinations:
            by_tests = threshold.decided_by == "tests"
            inherited = [*elsewhere.declared, *(elsewhere.against if by_tests else ())]
            against = [*inherited, *(adverse if by_tests else ())]
            declared, cleared = self._determined(threshold.id, against)
        clock = _Clock(self._context, is_hopeful=self._is_hopeful)
        found = _states(threshold, tests, adverse, declared, cleared, elsewhere, clock)
        found.revoking = inherited
        found.undone = [undone for one, _ in cleared for undone in self._undone(one)]
        return found

    def _test(self, version: Version, test_id: str) -> TestSpans:
        key = (version, test_id)
        found = self._tests.get(key)
        if found is None:
            test: Test = version.policy.tests[test_id]
            if self._is_ageless:
                test = replace(test, good_for=FOREVER)
            found = self._tests[key] = self._reader.read(test, self._snapshot)
        return found

    # -- determinations

    def _determined(
        self, threshold: str, concerns: list[tuple[int, int]]
    ) -> tuple[list[Completion], list[tuple[Completion, Span]]]:
        """Return the crossings that were declared, and what was ruled out with how long that held.

        Source: SPEC 9.4, 9.5.
        """
        declared: list[Completion] = []
        cleared: list[Completion] = []
        for act in self._model.determinations:
            outcome = self._outcome(act, threshold)
            completion = outcome and self._context.determination(act, threshold, outcome)
            if completion and outcome == "crossed":
                declared.append(completion)
            elif completion:
                cleared += completion.times()
        declared.sort(key=lambda one: one.index)
        against = sorted(
            [*((one.index, one.time_ms) for one in declared), *((at, ms) for ms, at in concerns)]
        )
        # When the first of those acts that are not before each of them.
        soonest = [*accumulate((ms for _, ms in reversed(against)), min, initial=NEVER)][::-1]
        found = []
        for one in sorted(cleared, key=lambda one: one.index):
            ends = [soonest[bisect_left(against, (one.seen, 0))]]
            ends += [undone.time_ms for undone in self._undone(one)]
            found.append((one, (one.time_ms, min([*ends, one.lost_ms]))))
        return declared, found

    def _undone(self, one: Completion) -> list[Undone]:
        """Return the reversal of a determination, if there is one, which may have come before its effect."""
        undone = self._context.undone.get(one.entries[0])
        return [undone] if undone else []

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


class _Clock:
    """How long a state that is open counts as not crossed.

    Source: SPEC 9.6.
    """

    def __init__(self, context: Context | None, *, is_hopeful: bool) -> None:
        self._from_ms = min((one.start for one in context.versions.segments), default=0) if context else 0
        self._is_hopeful = is_hopeful

    def grace(self, within: Respond, concern: list[Span]) -> list[Span]:
        """Return when what is open need not be determined yet.

        Args:
            within: how long that may take.
            concern: when it is crossed or open. What is crossed meanwhile does not stop the clock.
        """
        return [
            (start, min(stop, within.due(max(start, self._from_ms), is_hopeful=self._is_hopeful)))
            for start, stop in concern
        ]


def _states(
    threshold: Threshold,
    tests: dict[str, TestSpans],
    adverse: list[tuple[int, int]],
    declared: list[Completion],
    cleared: list[tuple[Completion, Span]],
    elsewhere: Elsewhere,
    clock: _Clock,
) -> ThresholdSpans:
    """Put together what tests, determinations and other models say.

    Source: SPEC 9.4 to 9.6.
    """
    # Where people decide, tests only indicate.
    is_tested = threshold.decided_by == "tests" and threshold.group is not None
    by_tests = combine(threshold.group, tests) if is_tested and threshold.group else None
    crossed, ruled_out, unassessed = by_tests or ([], [], ALWAYS)
    own: list[Span] = subtract(ALWAYS, union([*ruled_out, *unassessed])) if elsewhere is not NOWHERE else []
    own_crossed = crossed
    if declared or cleared or elsewhere.crossed:
        over = union(span for _, span in cleared)
        said = [*crossed, *((one.time_ms, NEVER) for one in declared)]
        own, own_crossed = subtract(union([*own, *said]), over), subtract(union(said), over)
        crossed = subtract(union([*said, *elsewhere.crossed]), over)
        ruled_out = union([*subtract(ruled_out, crossed), *over])
    unassessed = subtract(unassessed, union([*crossed, *ruled_out]) if crossed else ruled_out)
    if elsewhere is not NOWHERE:
        crossed, ruled_out, unassessed = _borrow(crossed, ruled_out, unassessed, elsewhere)
    calm = ruled_out if threshold.crossed_until_assessed else union([*ruled_out, *unassessed])
    treated, overdue = subtract(ALWAYS, calm), []
    if threshold.determination_within is not None:
        concern = subtract(ALWAYS, union([*ruled_out, *unassessed]))
        grace = union(clock.grace(threshold.determination_within, concern))
        determined = [
            (one.time_ms, stop) for start, stop in concern for one in declared if start <= one.time_ms < stop
        ]
        overdue = subtract(concern, union([*grace, *determined]))
        if not threshold.crossed_until_assessed:
            treated = subtract(treated, subtract(grace, crossed))
    return ThresholdSpans(
        crossed,
        ruled_out,
        unassessed,
        treated,
        adverse,
        list(tests.values()),
        declared,
        cleared,
        elsewhere,
        own,
        own_crossed,
        overdue,
    )


def _borrow(
    crossed: list[Span], ruled_out: list[Span], unassessed: list[Span], elsewhere: Elsewhere
) -> tuple[list[Span], list[Span], list[Span]]:
    """Fill in, where a model has no state of its own, what it has from others."""
    # What is open was not assessed to an end: a first result that settles nothing must not relieve.
    taken = intersect(subtract(ALWAYS, union([*crossed, *ruled_out])), elsewhere.borrowed_crossed)
    rest = subtract(unassessed, union([*taken, *elsewhere.open, *elsewhere.borrowed_open]))
    out = intersect(rest, elsewhere.borrowed_out)
    left = subtract(rest, elsewhere.borrowed_out)
    return union([*crossed, *taken]), union([*ruled_out, *out]), left


@lru_cache(maxsize=1024)
def _silent(version: Version, threshold: str) -> ThresholdSpans:
    """Return the states of a threshold of which neither a result nor a person says anything.

    So it is with most models and most thresholds, and it comes to the same for all of them.
    """
    found = version.policy.thresholds[threshold]
    tests = dict.fromkeys(found.tests, NO_RESULTS)
    return _states(found, tests, [], [], [], NOWHERE, _Clock(None, is_hopeful=False))
