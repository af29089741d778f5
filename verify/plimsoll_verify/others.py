"""What a model has from others: crossings of its ancestors, and states of models that it is said to be like.

A state is taken in three steps, none of which asks back: a model's own; what it has from ancestors; and what
it has from a model that it is said to be like, which may be an ancestor's doing as well.

Source: SPEC 9.6.
"""

from itertools import pairwise
from typing import Literal

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Act, CarriedContent, ModelFacts
from plimsoll_verify.lineage import Lineages
from plimsoll_verify.policy.lineage import Lineage
from plimsoll_verify.policy.model import Threshold
from plimsoll_verify.spans import Span, contains, intersect, subtract, union
from plimsoll_verify.thresholds import ALWAYS, NOWHERE, Elsewhere, Taken, Thresholds, ThresholdSpans
from plimsoll_verify.versions import Version

Reach = Literal["own", "inherited", "borrowed", "all"]
"""How far to look: at itself; at its ancestors as well; at what it is said to be like; at both."""


class Others:
    """The thresholds of all models, each worked out once, as far as another model needs them."""

    def __init__(self, context: Context, *, is_hopeful: bool) -> None:
        """Prepare.

        Args:
            context: the policy's versions and the facts.
            is_hopeful: whether what is not known is taken to speak for the models wherever it could.
        """
        self.context = context
        self.lineages = Lineages(context, is_hopeful=is_hopeful)
        self._is_hopeful = is_hopeful
        self._found: dict[tuple[str, Reach], Thresholds] = {}
        self._past: dict[tuple[Version, str], tuple[str, ...]] = {}

    def reaching(self, reach: Reach) -> "_Reaching":
        """Return what looks that far."""
        return _Reaching(self, reach, is_hopeful=self._is_hopeful)

    def of(self, model: str, reach: Reach) -> Thresholds:
        """Return the thresholds of a model, which may be one that nobody recorded anything of."""
        found = self._found.get((model, reach))
        if found is None:
            facts = self.context.facts.models.get(model) or ModelFacts(model)
            others = None if reach == "own" else self.reaching(reach)
            found = Thresholds(self.context, facts, is_hopeful=self._is_hopeful, others=others)
            self._found[model, reach] = found
        return found

    def past(self, version: Version, threshold: str) -> tuple[str, ...]:
        """Return the models for which a threshold is ever treated as crossed, in order."""
        found = self._past.get((version, threshold))
        if found is None:
            found = self._past[version, threshold] = tuple(
                model
                for model in sorted(self.context.facts.models)
                if self.of(model, "all").of(version, threshold).treated
            )
        return found


class _Reaching:
    """Looks as far as it is told."""

    def __init__(self, others: Others, reach: Reach, *, is_hopeful: bool) -> None:
        self._others = others
        self._reach = reach
        self._is_hopeful = is_hopeful

    def elsewhere(self, version: Version, threshold: Threshold, model: ModelFacts) -> Elsewhere:
        """Return what other models make of a threshold."""
        lineage = version.policy.lineage if self._reach in ("inherited", "all") else None
        has_borrowed = self._reach in ("borrowed", "all") and (threshold.as_model or model.carried)
        if lineage is None and not has_borrowed:
            return NOWHERE
        found = Elsewhere()
        if lineage is not None:
            self._inherit(found, version, threshold, model, lineage)
        if has_borrowed:
            self._borrow(found, version, threshold, model)
        return found

    # -- from ancestors

    def _inherit(
        self, found: Elsewhere, version: Version, threshold: Threshold, model: ModelFacts, lineage: Lineage
    ) -> None:
        """Add the union of what its ancestors are, and when it has to be assessed again.

        Source: SPEC 9.6.
        """
        family = self._others.lineages.family(model.id, lineage.inherit)
        # A model passes on what it is said to be like, unless itself is asked by one that is like it.
        reach: Reach = "borrowed" if self._reach == "all" else "own"
        crossed: list[Span] = []
        is_open: list[Span] = [(0, family.known_ms)] if family.known_ms else []
        found.inherited.append(Taken(list(is_open), None, family.entries))
        for ancestor in family.ancestors:
            states = self._others.of(ancestor, reach).of(version, threshold.id)
            doubtful = subtract(ALWAYS, union([*states.crossed, *states.ruled_out, *states.unassessed]))
            crossed += states.crossed
            is_open += doubtful
            if states.crossed or doubtful:
                spans = union([*states.crossed, *doubtful])
                found.inherited.append(Taken(spans, states, family.entries))
            found.against += states.adverse
            found.declared += [(one.time_ms, one.index) for one in states.declared]
        again = self._again(version, threshold, model, lineage, family.ancestors)
        if again:
            found.inherited.append(Taken(again, None, family.entries))
        found.crossed = union(crossed)
        found.open = union([*is_open, *again])

    def _again(
        self,
        version: Version,
        threshold: Threshold,
        model: ModelFacts,
        lineage: Lineage,
        ancestors: tuple[str, ...],
    ) -> list[Span]:
        """Return when so much was added since an ancestor was assessed that it has to be assessed again."""
        share = lineage.assess_again_from
        if share is None or not ancestors:
            return []
        unassessed = {
            one: self._others.of(one, "own").of(version, threshold.id).unassessed for one in ancestors
        }
        cuts = sorted({0, NEVER, *(at for spans in unassessed.values() for span in spans for at in span)})
        found: list[Span] = []
        for start, stop in pairwise(cuts):
            assessed = frozenset(one for one, spans in unassessed.items() if not contains(spans, start))
            if self._others.lineages.must_assess(model.id, lineage.inherit, share, assessed):
                found.append((start, stop))
        return union(found)

    # -- from models that it is said to be like

    def _borrow(self, found: Elsewhere, version: Version, threshold: Threshold, model: ModelFacts) -> None:
        """Add the states of models that it is said to be like: of several the most dangerous counts.

        Source: SPEC 9.6.
        """
        if threshold.as_model:
            self._like(found, version, threshold, threshold.as_model, (0, 0, NEVER), ())
        for act in model.carried:
            content = act.content
            if not isinstance(content, CarriedContent):
                if self._is_hopeful:
                    self._hope(found, act, threshold)
            elif content.threshold in ("", threshold.id):
                against = self._others.context.carried(act, threshold.id, is_voidable=False)
                calming = self._others.context.carried(act, threshold.id, is_voidable=True)
                if against is not None:
                    relief = calming.time_ms if calming and content.has_reasons else NEVER
                    undone = self._others.context.undone.get(act.index)
                    lost_ms = calming.lost_ms if calming else NEVER
                    since = (against.time_ms, relief, min(undone.time_ms if undone else NEVER, lost_ms))
                    self._like(found, version, threshold, content.model, since, against.entries)

    def _like(
        self,
        found: Elsewhere,
        version: Version,
        threshold: Threshold,
        model: str,
        since: tuple[int, int, int],
        entries: tuple[int, ...],
    ) -> None:
        """Add the state of one model, from when it counts against and for this one, and until when for it."""
        states = self._others.of(model, "inherited").of(version, threshold.id)
        against, calming = [(since[0], NEVER)], union([(since[1], since[2])])
        doubtful = subtract(
            ALWAYS, union([*states.crossed, *states.ruled_out, *self._plain(model, states, entries)])
        )
        found.borrowed_crossed = union([*found.borrowed_crossed, *intersect(states.crossed, against)])
        found.borrowed_open = union([*found.borrowed_open, *intersect(doubtful, against)])
        found.borrowed_out = union([*found.borrowed_out, *intersect(states.ruled_out, calming)])
        found.borrowed.append(Taken(against, states, entries))

    def _plain(self, model: str, states: ThresholdSpans, entries: tuple[int, ...]) -> list[Span]:
        """Return when a model is unassessed, and says so of itself: not by being like yet another one.

        The model of `until_assessed` has to be assessed; it is named so that something is known.
        """
        if not entries:
            return []
        facts = self._others.context.facts.models.get(model)
        since = min((act.time_ms for act in facts.carried), default=NEVER) if facts else NEVER
        return intersect(states.unassessed, [(0, since)] if since else [])

    def _hope(self, found: Elsewhere, act: Act, threshold: Threshold) -> None:
        """Take a statement that is not known as one that rules out."""
        completion = self._others.context.carried(act, threshold.id, is_voidable=True)
        if completion is not None:
            undone = self._others.context.undone.get(act.index)
            stop = min(undone.time_ms if undone else NEVER, completion.lost_ms)
            found.borrowed_out = union([*found.borrowed_out, (completion.time_ms, stop)])
