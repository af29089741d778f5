"""Where models come from: ancestors along some relations, and compute that was added since one was assessed.

A model is what it was made from, whenever that is recorded: what speaks against it follows from its parents
from the beginning. That nothing more is to be known about where it comes from is a relief, and acts only once
it and all its ancestors are registered.

Source: SPEC 9.6.
"""

from dataclasses import dataclass
from fractions import Fraction

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Facts, ModelFacts
from plimsoll_verify.policy.lineage import RELATIONS

MAX_ANCESTORS = 256
"""Ancestors that are followed; with more it is not known where a model comes from."""


@dataclass(frozen=True, slots=True)
class Family:
    """A model's ancestors.

    Attributes:
        ancestors: in the order in which they are found, the nearest first, the model itself not among them.
        entries: the registrations of the model and its ancestors.
        known_ms: from when all of it is known; never for a model that is its own ancestor.
    """

    ancestors: tuple[str, ...]
    entries: tuple[int, ...]
    known_ms: int


class Lineages:
    """The families of all models, along sets of relations."""

    def __init__(self, context: Context, *, is_hopeful: bool) -> None:
        """Prepare.

        Args:
            context: the facts, and from when relieving observations act.
            is_hopeful: whether registrations that are not known are taken to name no parents.
        """
        self._context = context
        self._facts: Facts = context.facts
        self._is_hopeful = is_hopeful
        self._families: dict[tuple[str, frozenset[str]], Family] = {}
        self._parents: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}
        self._flop: dict[str, Fraction | None] = {}
        self._effective: dict[str, tuple[Fraction, bool]] = {}

    def family(self, model: str, relations: frozenset[str]) -> Family:
        """Return a model's family; a relation that is none of SPEC 5.3 always counts."""
        key = (model, relations)
        found = self._families.get(key)
        if found is None:
            found = self._families[key] = self._find(model, relations)
        return found

    def _find(self, model: str, relations: frozenset[str]) -> Family:
        found: dict[str, None] = {}
        waiting, known_ms = [model], self._registered_ms(model)
        while waiting:
            for parent in self.parents(waiting.pop(0), relations):
                if len(found) >= MAX_ANCESTORS:
                    known_ms, waiting = NEVER, []
                    break
                if parent == model:
                    known_ms = NEVER
                elif parent not in found:
                    found[parent] = None
                    known_ms = max(known_ms, self._registered_ms(parent))
                    waiting.append(parent)
        entries = {one.index for name in (model, *found) for one in self._of(name).registrations}
        return Family(tuple(found), tuple(sorted(entries)), known_ms)

    def _of(self, model: str) -> ModelFacts:
        return self._facts.models.get(model) or ModelFacts(model)

    def parents(self, model: str, relations: frozenset[str]) -> tuple[str, ...]:
        """Return the models that a model was made from, whoever said so, along some relations."""
        key = (model, relations)
        found = self._parents.get(key)
        if found is None:
            said = (pair for one in self._of(model).registrations for pair in one.parents)
            found = self._parents[key] = tuple(
                dict.fromkeys(
                    parent for parent, relation in said if relation in relations or relation not in RELATIONS
                )
            )
        return found

    def _registered_ms(self, model: str) -> int:
        """Return from when a model is registered; never if a registration of it is not known."""
        acts: list[int] = []
        for one in self._of(model).registrations:
            if one.is_reliable:
                if not (one.is_known or self._is_hopeful):
                    return NEVER
                acts.append(self._context.versions.relief_ms(one.index, one.time_ms, one.event_ms))
        return min(acts, default=NEVER)

    # -- compute

    def flop(self, model: str) -> Fraction | None:
        """Return the compute that was spent on a model beyond its parents'; the most that anybody said."""
        if model not in self._flop:
            said = [one for one in self._of(model).registrations if one.is_reliable]
            known = [one.flop for one in said if one.flop is not None and one.flop >= 0]
            is_hoped = self._is_hopeful and any(not one.is_known for one in said)
            self._flop[model] = max(known, default=Fraction(0) if is_hoped else None)
        return self._flop[model]

    def effective(self, model: str) -> tuple[Fraction, bool]:
        """Return the compute in a model and all its ancestors, and whether that is all of it."""
        found = self._effective.get(model)
        if found is None:
            family = self.family(model, frozenset(RELATIONS))
            spent = [self.flop(name) for name in (model, *family.ancestors)]
            known = sum((one for one in spent if one is not None), Fraction(0))
            found = self._effective[model] = (known, None not in spent)
        return found

    def must_assess(
        self, model: str, relations: frozenset[str], share: Fraction, assessed: frozenset[str]
    ) -> bool:
        """Say whether so much was added since the ancestors that were assessed that it has to be done again.

        Compute is added up over all ways to them; where some of it is not known, it may be as much.

        Args:
            model: a model that was not assessed itself.
            relations: along which to look.
            share: how much of an assessed ancestor's compute is too much.
            assessed: the ancestors that were.
        """
        added, bases, waiting = {model}, set(), [model]
        while waiting:
            for parent in self.parents(waiting.pop(), relations):
                if parent in assessed:
                    bases.add(parent)
                elif parent not in added:
                    added.add(parent)
                    waiting.append(parent)
                    if len(added) > MAX_ANCESTORS:
                        return True
        if not bases:
            return False
        spent = [self.flop(one) for one in added]
        known = [one for one in spent if one is not None]
        if len(known) < len(spent):
            return True
        # All of an ancestor's compute that is known is the least that it can be.
        return any(sum(known, Fraction(0)) >= share * self.effective(base)[0] for base in sorted(bases))
