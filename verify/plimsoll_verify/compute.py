"""Models that have outgrown what was assessed: so many times the compute of the largest that was.

Compute is what registrations say. Where a figure is missing on either side nobody can tell, and what hangs on
it is in doubt.

Source: SPEC 9.19.
"""

from fractions import Fraction
from typing import NamedTuple

from plimsoll_verify.deeds import ANY, Wanted, find_done
from plimsoll_verify.facts import NEVER, ModelFacts
from plimsoll_verify.policy.duties import Deed
from plimsoll_verify.policy.grammar import Quorum
from plimsoll_verify.policy.lineage import RELATIONS
from plimsoll_verify.spans import Span, union
from plimsoll_verify.world import World


def outgrown(world: World, times: Fraction, do: Deed, by: Quorum | None) -> tuple[list[Span], list[Span]]:
    """Return when a model has outgrown what was assessed, and when nobody can tell whether it has.

    Args:
        world: the model's.
        times: how many times as much compute it takes.
        do: what the duty asks for; where that is no assessment, any assessment counts.
        by: who has to assess.

    Returns:
        The spans in which it has, doubtful ones among them, and the doubtful ones.

    Source: SPEC 9.19.
    """
    assessed = _assessed(world, do, by)
    base, name = _ancestral(world, world.model.id), world.model.id
    tally = _Tally(times)
    moments: list[tuple[int, int, Step]] = [(at, index, step) for at, index, step in assessed.steps]
    moments += [(at, index, index) for at, index in assessed.own.get(name, ())]
    moments += [
        (min(one.event_ms, one.time_ms), one.index, _Own(_together(base, one.flop)))
        for one in world.model.registrations
    ]
    moments.sort(key=lambda one: one[:2])
    grown: list[Span] = []
    doubt: list[Span] = []
    ends = [*(at for at, *_ in moments[1:]), NEVER]
    for (at, index, step), stop in zip(moments, ends, strict=True):
        tally.take(index, step)
        is_grown, is_sure = tally.compare()
        if is_grown:
            grown.append((at, stop))
            if not is_sure:
                doubt.append((at, stop))
    return union(grown), union(doubt)


class _Most(NamedTuple):
    """The most compute that any model had that was assessed, and whether all of that is known."""

    flop: Fraction | None
    is_known: bool


class _Own(NamedTuple):
    """Compute that a registration of the model says."""

    flop: Fraction | None


Step = _Most | _Own | int
"""What changes: the most of others, the model's own; or the entry of an assessment of the model."""


class _Assessed(NamedTuple):
    """All assessments: from when and by which entry the most changes, and those of each model."""

    steps: list[tuple[int, int, _Most]]
    own: dict[str, list[tuple[int, int]]]


class _Tally:
    """What is known by some instant of a model's compute, and of that of those that were assessed."""

    def __init__(self, times: Fraction) -> None:
        self._times = times
        self._own: Fraction | None = None
        self._own_entry, self._own_assessed = -1, -2
        self._most = _Most(None, is_known=True)

    def take(self, index: int, step: Step) -> None:
        """Take the next change."""
        if isinstance(step, _Most):
            self._most = step
        elif isinstance(step, _Own):
            self._own_entry = max(self._own_entry, index)
            self._own = _larger(self._own, step.flop)
        else:
            self._own_assessed = max(self._own_assessed, step)

    def compare(self) -> tuple[bool, bool]:
        """Return whether the model may have outgrown what was assessed, and whether that is sure."""
        if self._times > 1 and self._own_entry < self._own_assessed:
            return False, True  # It was assessed with the compute that it has.
        if self._own is None or self._most.flop is None:
            return True, False
        return self._own >= self._times * self._most.flop, self._most.is_known


def _larger(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return b if a is None or (b is not None and b > a) else a


def _assessed(world: World, do: Deed, by: Quorum | None) -> _Assessed:
    """Return the assessments of any model, and how the most compute among them grew."""
    context = world.context

    def find() -> _Assessed:
        any_of = do.kind == "assessment"
        wanted = Wanted(do if any_of else Deed("assessment", ANY), by if any_of else None, "", "")
        most = _Most(None, is_known=True)
        found = _Assessed([(0, -1, most)], {})
        done = find_done(context, wanted, is_hopeful=world.is_hopeful)
        for one in sorted(done, key=lambda one: (one.acts_ms, one.entry)):
            model = context.facts.models[context.facts.acts[one.act].subjects[0]]
            flop = _compute(world, model, one.act)
            grown = _Most(_larger(most.flop, flop), most.is_known and flop is not None)
            if grown != most:
                most = grown
                found.steps.append((one.acts_ms, one.entry, most))
            found.own.setdefault(model.id, []).append((one.acts_ms, one.entry))
        return found

    return context.once(("assessed", do, by, world.is_hopeful), find)


def _compute(world: World, model: ModelFacts, entry: int) -> Fraction | None:
    """Return the most compute that a model was said to have before an entry; None if that is not known."""
    own: Fraction | None = None
    for one in model.registrations:
        if one.index < entry:
            own = _larger(own, one.flop)
    return _together(_ancestral(world, model.id), own)


def _ancestral(world: World, model: str) -> Fraction | None:
    """Return the compute in all that a model was made from; None where some of it is not known."""
    lineages = world.others.lineages
    spent = [lineages.flop(one) for one in lineages.family(model, frozenset(RELATIONS)).ancestors]
    known = [one for one in spent if one is not None]
    return sum(known, Fraction(0)) if len(known) == len(spent) else None


def _together(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a + b
