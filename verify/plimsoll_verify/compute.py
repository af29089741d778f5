"""Models that have outgrown what was assessed: so many times the compute of the largest that was.

Compute is what registrations say. Where a figure is missing on either side nobody can tell, and what hangs on
it is in doubt.

Source: SPEC 9.19.
"""

from fractions import Fraction

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
    base = _ancestral(world, world.model.id)
    own = [
        (min(one.event_ms, one.time_ms), one.index, "", _together(base, one.flop))
        for one in world.model.registrations
    ]
    tally = _Tally(world.model.id, times)
    grown: list[Span] = []
    doubt: list[Span] = []
    moments = sorted([(0, -1, "-", None), *assessed, *own], key=lambda one: one[:2])
    for (at, index, model, flop), following in zip(
        moments, [*moments[1:], (NEVER, 0, "", None)], strict=True
    ):
        tally.take(index, model, flop)
        is_grown, is_sure = tally.compare()
        if is_grown:
            grown.append((at, following[0]))
            if not is_sure:
                doubt.append((at, following[0]))
    return union(grown), union(doubt)


class _Tally:
    """What is known by some instant of a model's compute, and of that of those that were assessed."""

    def __init__(self, model: str, times: Fraction) -> None:
        self._model, self._times = model, times
        self._own: Fraction | None = None
        self._own_entry, self._own_assessed = -1, -2
        self._most: Fraction | None = None
        self._are_all_known = True

    def take(self, index: int, model: str, flop: Fraction | None) -> None:
        """Take the next: a registration of the model ("") or an assessment of any."""
        if model == "-":
            return
        if model:
            if model == self._model:
                self._own_assessed = max(self._own_assessed, index)
            self._are_all_known &= flop is not None
            self._most = _larger(self._most, flop)
            return
        self._own_entry = max(self._own_entry, index)
        self._own = _larger(self._own, flop)

    def compare(self) -> tuple[bool, bool]:
        """Return whether the model may have outgrown what was assessed, and whether that is sure."""
        if self._times > 1 and self._own_entry < self._own_assessed:
            return False, True  # It was assessed with the compute that it has.
        if self._own is None or self._most is None:
            return True, False
        return self._own >= self._times * self._most, self._are_all_known


def _larger(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return b if a is None or (b is not None and b > a) else a


def _assessed(world: World, do: Deed, by: Quorum | None) -> list[tuple[int, int, str, Fraction | None]]:
    """Return the assessments of any model: from when, the entry, the model, and its compute by then."""
    context = world.context

    def find() -> list[tuple[int, int, str, Fraction | None]]:
        any_of = do.kind == "assessment"
        wanted = Wanted(do if any_of else Deed("assessment", ANY), by if any_of else None, "", "")
        found = []
        for one in find_done(context, wanted, is_hopeful=world.is_hopeful):
            model = context.facts.models[context.facts.acts[one.act].subjects[0]]
            found.append((one.acts_ms, one.entry, model.id, _compute(world, model, one.act)))
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
