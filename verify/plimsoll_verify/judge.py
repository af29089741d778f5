"""One model under one policy: what was broken, from when until when, and by which entries one can see it.

Source: SPEC 9.10, 9.14.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from plimsoll_verify.activities import Form
from plimsoll_verify.answers import find_undeclared
from plimsoll_verify.behind import find_behind
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.collect_duties import DEED_KINDS
from plimsoll_verify.context import Context
from plimsoll_verify.decisions import find_undecided
from plimsoll_verify.duties import find_overdue
from plimsoll_verify.facts import ModelFacts
from plimsoll_verify.findings import Because, EndedBy, Finding, Level
from plimsoll_verify.gates import find_ungated, find_unpaused
from plimsoll_verify.inventories import find_unlogged
from plimsoll_verify.keeping import find_broken, find_kept_from
from plimsoll_verify.lifting import find_unlifted
from plimsoll_verify.notice import find_untold
from plimsoll_verify.others import Others
from plimsoll_verify.outsized import find_outsized
from plimsoll_verify.reach import leaves_open, looks_elsewhere
from plimsoll_verify.reversing import find_unreversed
from plimsoll_verify.silence import find_silence
from plimsoll_verify.spans import Span, contains, intersect, subtract, union
from plimsoll_verify.standards import Cause, Standards
from plimsoll_verify.telling import tell
from plimsoll_verify.thresholds import ThresholdSpans
from plimsoll_verify.world import World

Breaches = dict[BreachKey, list[Breach]]


class Judge:
    """Judges models under one policy, up to the end of judgement."""

    def __init__(self, context: Context, end_ms: int) -> None:
        """Prepare.

        Args:
            context: the policy and the facts.
            end_ms: the last instant that is judged.
        """
        self.context = context
        self.end_ms = end_ms
        self._known = Standards(context)
        self._hoped = Standards(context, is_hopeful=True)
        self._others = Others(context, is_hopeful=False)
        self._hoped_others = Others(context, is_hopeful=True)
        self._has_unknowns = _has_doubts(context)
        self._by_end: dict[int, Judge] = {end_ms: self}

    def world(self, model: ModelFacts) -> World:
        """Return a model's world, as the known facts have it."""
        return World(self.context, model, self._known, self._others, self.end_ms, is_hopeful=False)

    def _hopeful_world(self, model: ModelFacts) -> World:
        return World(self.context, model, self._hoped, self._hoped_others, self.end_ms, is_hopeful=True)

    def organisation(self) -> World:
        """Return the world of the organisation itself, in which nothing goes on and duties are due."""
        return self.world(ModelFacts(self.context.facts.org, is_recorded=True))

    def judge_model(self, model: ModelFacts) -> list[Finding]:
        """Return what was broken by a model, judged for itself."""
        return self.judge(self.world(model))

    def until(self, end_ms: int) -> "Judge":
        """Return the judge of the same up to another instant."""
        if end_ms not in self._by_end:
            self._by_end[end_ms] = Judge(self.context, end_ms)
        return self._by_end[end_ms]

    def judge(self, world: World) -> list[Finding]:
        """Return what was broken by a model.

        Source: SPEC 9.10.
        """
        found = _gather(world)
        if not found:
            return []
        model = world.model
        sure: Breaches | None = None
        if self._has_unknowns or model.has_unknowns or any(map(_is_doubtful, found.values())):
            sure = _gather(self._hopeful_world(model))
        return [
            finding for key, breaches in found.items() for finding in _tell_all(world, key, breaches, sure)
        ]


def _has_doubts(context: Context) -> bool:
    """Say whether anything could depend for any model on what is not known, or not quantified.

    Source: SPEC 9.14.
    """
    facts = context.facts
    if any(facts.org in one.subjects or one.kind in DEED_KINDS for one in facts.unknowns):
        return True
    has_unknowns = any(model.has_unknowns for model in facts.models.values())
    has_carried = any(model.carried for model in facts.models.values())
    return any(
        leaves_open(version.policy) or (has_unknowns and (has_carried or looks_elsewhere(version.policy)))
        for version in context.versions.all
    )


def _gather(world: World) -> Breaches:
    found: Breaches = {}
    for breach in chain(_find_breaches(world), find_overdue(world), find_unlogged(world)):
        # What is in doubt in any case was not broken if all that is not known spoke for the model.
        if not (breach.is_doubtful and world.is_hopeful):
            found.setdefault(breach.key, []).append(breach)
    return found


def _find_breaches(world: World) -> Iterator[Breach]:
    if world.model.id == world.context.facts.org:
        yield from find_silence(world)
    elif world.forms or world.model.results or _can_stay_open(world):
        yield from find_broken(world)
        yield from find_outsized(world)
        yield from find_ungated(world)
        yield from find_untold(world)
        yield from find_unpaused(world)
        yield from find_unreversed(world)
        yield from find_unlifted(world)
        yield from find_undeclared(world)
        yield from find_undecided(world)


def _is_doubtful(breaches: Iterable[Breach]) -> bool:
    return any(breach.is_doubtful for breach in breaches)


def _can_stay_open(world: World) -> bool:
    """Say whether a threshold can be open although nothing was measured and nothing goes on."""
    return any(
        threshold.determination_within is not None
        for segment in world.segments
        for threshold in segment.version.policy.thresholds.values()
    )


def _spans(breaches: Iterable[Breach], world: World) -> list[Span]:
    spans = union(span for breach in breaches for span in breach.spans)
    return intersect(spans, [(0, world.stop)])


def _tell_all(
    world: World, key: BreachKey, breaches: list[Breach], sure: Breaches | None
) -> Iterable[Finding]:
    """Yield the findings of one broken rule; what a body that is not known could have prevented apart.

    Source: SPEC 9.14.
    """
    spans = _spans(breaches, world)
    level: Level = "violation" if key.is_commitment else "finding"
    certain = spans
    if key.is_commitment:
        # Of before the ledger, and of a model that nobody has begun to record, there are claims only (8.4).
        since = [(world.context.facts.genesis_ms, world.stop)] if world.model.is_recorded else []
        certain = intersect(spans, since)
    if sure is not None:
        certain = intersect(certain, _spans(sure.get(key, ()), world))
    doubtful = subtract(spans, certain)
    doubt: Level = "indeterminate" if key.is_commitment else "finding"
    return [
        *(_Teller(world, breaches, span, doubtful).finding(level) for span in certain),
        *(_Teller(world, breaches, span, certain).finding(doubt) for span in doubtful),
    ]


class _Teller:
    """Makes a finding of one interval in which a rule was broken."""

    def __init__(self, world: World, breaches: list[Breach], span: Span, others: list[Span]) -> None:
        """Prepare.

        Args:
            world: the model's world.
            breaches: of the one rule, under each version.
            span: the interval.
            others: intervals of the same rule at the other level.
        """
        self._world = world
        self._start, self._stop = span
        self._others = others
        self._breach = next(one for one in breaches if contains(one.spans, self._start))
        self._last = next(one for one in breaches if contains(one.spans, self._stop - 1))
        self._forms = [
            form
            for breach in breaches
            for form in breach.forms
            if form.start < self._stop and self._start < self._ends(form)
        ]

    def _ends(self, form: Form) -> int:
        """Return when an activity ends, as far as this rule goes: gates and pauses follow a narrowing."""
        is_lasting = self._breach.key.code in ("V14", "V16", "V17") or self._breach.rule == "reversal"
        return form.lasts_to if is_lasting else form.stop

    def finding(self, level: Level) -> Finding:
        """Return the finding."""
        breach, world = self._breach, self._world
        causes = self._causes()
        evidence = self._evidence()
        at_first = [form for form in self._forms if form.start <= self._start] or self._forms
        entries = {
            *breach.version.entries[:1],
            *breach.entries,
            *(form.index for form in self._forms),
            *evidence,
            *(index for cause in causes for index in cause.entries),
        }
        ended_by, to_index = self._end()
        states = self._states()
        return Finding(
            code=breach.key.code,
            level=level,
            subject=world.model.id,
            policy=world.context.versions.id,
            rule=breach.rule,
            clause=breach.promise.clause,
            from_ms=self._start,
            to_ms=None if ended_by == "open" else self._stop,
            from_index=self._opened_by(entries),
            to_index=to_index,
            ended_by=ended_by,
            known_from=max(entries, default=0),
            entries=tuple(sorted(entries)),
            because=tuple(Because(cause.code, cause.entries) for cause in causes if cause.code),
            force=breach.promise.force,
            message=breach.told
            or tell(
                breach,
                list({form.index: form for form in at_first}.values()),
                world.model.name or world.model.id,
                states.state(self._start) if states else "",
                causes,
            ),
        )

    def _states(self) -> ThresholdSpans | None:
        """Return the states of the threshold whose rule was broken."""
        breach = self._breach
        if not breach.key.owner:
            return None
        return self._world.thresholds_of(breach.whose).of(breach.version, breach.key.owner)

    def _causes(self) -> list[Cause]:
        """Return why it was broken: why the rule bound, if that is not plain, and why nothing met it."""
        breach = self._breach
        behind = find_behind(self._world, breach, self._start)
        return [*behind, *self._lacking(), *self._not_excepted()]

    def _lacking(self) -> list[Cause]:
        breach = self._breach
        if not breach.standard:
            return []
        return [
            cause
            for standard in (breach.standard, *breach.alternatives)
            for cause in self._world.standards.causes(
                breach.version, standard, breach.criterion, breach.case, self._start
            )
        ]

    def _not_excepted(self) -> Iterator[Cause]:
        """Yield why exceptions that there are do not cover what was broken (SPEC 9.26)."""
        breach, world = self._breach, self._world
        for standard in (breach.standard, *breach.alternatives) if breach.standard else ():
            forms = [form for form in self._forms if form.start <= self._start < form.stop]
            yield from world.exemptions.causes(breach.version, standard, forms, world.model.id, self._start)

    def _evidence(self) -> set[int]:
        """Return the entries that make the rule's threshold treated as crossed."""
        states = self._states()
        return states.evidence(self._start) if states else set()

    def _opened_by(self, entries: set[int]) -> int | None:
        """Return the entry that acts from the first instant, None where time alone opened the interval."""
        world, breach, start = self._world, self._breach, self._start
        acting = {form.index for form in self._forms if form.start == start}
        states = self._states()
        if states:
            acting |= {index for acts, index in states.adverse if acts == start}
            acting |= {one.index for one in states.declared if one.time_ms == start}
            acting |= {one.entries[-1] for one in states.undone if one.time_ms == start}
        for lapses in world.context.facts.lapses.values():
            acting |= {one.index for one in lapses if one.adverse_ms == start and one.index in entries}
        version = breach.version
        if start == version.from_ms != version.policy.effective_ms:
            acting.add(version.completed)
        return max(acting, default=None)

    def _end(self) -> tuple[EndedBy, int | None]:
        """Say what ended the interval, and by which entry."""
        world, stop = self._world, self._stop
        if stop >= world.stop:
            return "open", None
        if any(start == stop for start, _ in self._others):
            return "covered", None
        for segment in world.segments[1:]:
            if stop in (segment.start, find_kept_from(segment)) and segment.version is not self._last.version:
                return "amended", segment.version.completed
        forms = self._last.forms
        if forms and not any(form.start <= stop < self._ends(form) for form in forms):
            enders = [form.ended_by for form in forms if self._ends(form) == stop and form.ended_by >= 0]
            return "ceased", max(enders, default=None)
        if self._last.key.code == "V14":
            return "ceased", None
        excepted = self._excepted_by()
        if excepted is not None:
            return "covered", excepted
        return "cured", self._cured_by()

    def _excepted_by(self) -> int | None:
        """Return the entry that completed an exception which covers from the end of the interval on."""
        standards = {self._last.standard, *self._last.alternatives}
        found = [
            max(one.entries)
            for one in self._world.exemptions.of(self._world.model.id)
            if any(start == self._stop for start, _ in one.spans)
            and (one.content is None or one.content.standard in standards)
        ]
        return max(found, default=None)

    def _cured_by(self) -> int | None:
        """Return the act or the result that put an end to a breach; None where time alone did."""
        world, key = self._world, self._last.key
        if self._last.told:
            return self._last.cures.get(self._stop)
        results: set[int] = set()
        for threshold in {key.owner, key.what} & set(self._last.version.policy.thresholds):
            states = world.thresholds.of(self._last.version, threshold)
            results |= {index for acts, index in states.calming if acts == self._stop}
        completed = world.context.completed_at(self._stop, world.model.id)
        return max(results, default=completed)
