"""One model under one policy: its activities, the states of its thresholds, the standards that hold for it.

The same is built twice where something is not known: once as the known facts have it, and once as if what is
not known spoke for the model wherever it could. What is broken in both is broken whatever it says.

Source: SPEC 9.6, 9.8, 9.14.
"""

from collections.abc import Iterable

from plimsoll_verify.activities import Form, find_forms
from plimsoll_verify.context import Context
from plimsoll_verify.exempting import Exemptions
from plimsoll_verify.facts import ModelFacts
from plimsoll_verify.once import Once
from plimsoll_verify.others import Others
from plimsoll_verify.policy.model import Respond
from plimsoll_verify.spans import Span, contains, intersect, subtract, union
from plimsoll_verify.standards import Case, Standards
from plimsoll_verify.thresholds import Thresholds, ThresholdSpans
from plimsoll_verify.undone import Undone
from plimsoll_verify.versions import Segment, Version


class World(Once):
    """What rules are held against.

    Attributes:
        stop: the instant after the end of judgement.
        segments: the versions in force, up to there.
    """

    def __init__(
        self,
        context: Context,
        model: ModelFacts,
        standards: Standards,
        others: Others,
        end_ms: int,
        *,
        is_hopeful: bool,
    ) -> None:
        super().__init__()
        self.context = context
        self.model = model
        self.standards = standards
        self.others = others
        self.is_hopeful = is_hopeful
        self.stop = end_ms + 1
        self.thresholds = Thresholds(context, model, is_hopeful=is_hopeful, others=others.reaching("all"))
        self.forms = find_forms(context, model, is_hopeful=is_hopeful)
        self.segments = [
            Segment(one.start, min(one.stop, self.stop), one.version)
            for one in context.versions.segments
            if one.start < self.stop
        ]
        self._measured = {one.snapshot for one in model.results}

    @property
    def exemptions(self) -> Exemptions:
        """The exceptions under the policy, as far as they are known, or as well as can be hoped."""
        standards, hope = self.standards, self.is_hopeful
        return self.context.once(
            ("exemptions", hope), lambda: Exemptions(self.context, standards, is_hopeful=hope)
        )

    def thresholds_of(self, model: str) -> Thresholds:
        """Return the thresholds of this model, for which "" stands as well, or of another one."""
        return self.thresholds if model in ("", self.model.id) else self.others.of(model, "all")

    @property
    def ageless(self) -> Thresholds:
        """The thresholds as they would be if no result had run out, whatever weights it is of."""
        return self.once("ageless", self.thresholds.ageless)

    def thresholds_for(self, form: Form) -> Thresholds:
        """Return the thresholds as they stand for a form: who deploys weights needs results of these weights.

        Source: SPEC 9.6.
        """
        snapshot = form.snapshot
        if form.kind != "deploy" or self._measured <= {snapshot}:
            return self.thresholds
        return self.once(("thresholds", snapshot), lambda: self.thresholds.for_snapshot(snapshot))

    def within(
        self, form: Form, version: Version, threshold: str, inside: list[Span], treated: list[Span]
    ) -> list[Span]:
        """Return when, inside of some spans, a threshold is treated as crossed for a form.

        Args:
            form: the form of an activity.
            version: of the policy.
            threshold: its id.
            inside: the spans.
            treated: when inside of them it is treated as crossed whatever the form.
        """
        thresholds = self.thresholds_for(form)
        if thresholds is self.thresholds:
            return treated
        return union([*treated, *intersect(thresholds.of(version, threshold).treated, inside)])

    def treated(self, version: Version, threshold: str) -> list[Span]:
        """Return when a version treats a threshold as crossed, in force or not (SPEC 9.6)."""
        return self.thresholds.of(version, threshold).treated

    def onsets(self, threshold: str) -> list[Span]:
        """Return the spans without a gap in which a threshold is treated as crossed; each begins at an onset.

        Source: SPEC 9.6.
        """
        return self.once(
            ("onsets", threshold), lambda: self.onsets_of(self.thresholds, threshold, self.segments)
        )

    def onsets_of(self, thresholds: Thresholds, threshold: str, segments: list[Segment]) -> list[Span]:
        """Return the same of any model's thresholds, and by any versions that one takes to be in force."""
        return union(
            span
            for segment in segments
            if threshold in segment.version.policy.thresholds
            for span in intersect(
                thresholds.of(segment.version, threshold).treated, [(segment.start, segment.stop)]
            )
        )

    def due(
        self,
        form: Form,
        bound: list[Span],
        within: list[Span],
        threshold: str,
        respond: Respond | None,
        onsets: list[Span] | None = None,
        *,
        is_own: bool = True,
    ) -> list[Span]:
        """Return when a threshold's rules bind a form: while it went on, and not while a response is pending.

        Args:
            form: the form of an activity.
            bound: when it went on, as far as it is held to the rules.
            within: when the threshold is treated as crossed.
            threshold: its id.
            respond: how long the policy gives to respond.
            onsets: the onsets, where they are not those of this model by the versions in force.
            is_own: whether the threshold is that of this model.

        Source: SPEC 9.8.
        """
        spans = intersect(bound, within)
        pending = self.reprieves(form, threshold) if spans and is_own else []
        if spans and respond is not None:
            # A clock runs only as long as its own onset lasts: a later one begins a clock of its own.
            pending += [
                (start, min(stop, respond.due(start, is_hopeful=self.is_hopeful)))
                for start, stop in (self.onsets(threshold) if onsets is None else onsets)
                if form.began_ms < start
            ]
        return subtract(spans, union(pending))

    def time_to_sign(
        self,
        form: Form,
        version: Version,
        standards: Iterable[str],
        criterion: str,
        case: Case,
        respond: Respond | None,
    ) -> list[Span]:
        """Return when a form may go on although the key of what it needs was declared compromised.

        Source: SPEC 6.5.
        """
        if respond is None or not self.context.losses:
            return []
        return union(
            span
            for standard in standards
            for declared_ms, span in self.standards.to_sign_again(version, standard, criterion, case, respond)
            if form.began_ms < declared_ms
        )

    def reprieves(self, form: Form, threshold: str) -> list[Span]:
        """Return when a form may go on although what had ruled a threshold out was reversed.

        So it may if it began before that, until it has to stop or anything else speaks against the model.

        Source: SPEC 9.28.
        """
        return [
            (undone.time_ms, stop)
            for undone, stop in self.once(("reprieved", threshold), lambda: self._reprieved(threshold))
            if form.began_ms < undone.time_ms
        ]

    def _reprieved(self, threshold: str) -> list[tuple[Undone, int]]:
        return [
            (undone, min([undone.due(is_hopeful=self.is_hopeful), *_concerns(states, undone.time_ms)]))
            for undone in self._reversals()
            if threshold in undone.version.policy.thresholds
            for states in [self.thresholds.of(undone.version, threshold)]
            if contains(states.ruled_out, undone.time_ms - 1)
        ]

    def _reversals(self) -> list[Undone]:
        """Return the reversals of what was determined or carried over about the model."""
        undone = self.context.undone
        said = (*self.model.determinations, *self.model.carried) if undone else ()
        return [undone[act.index] for act in said if act.index in undone]


def _concerns(states: ThresholdSpans, since_ms: int) -> list[int]:
    """Return when anything speaks against a model, from an instant on, whoever's word it is."""
    declared = [one.time_ms for one in states.declared]
    elsewhere = [at for at, _ in (*states.elsewhere.against, *states.elsewhere.declared)]
    return [at for at in (*(acts for acts, _ in states.adverse), *declared, *elsewhere) if at >= since_ms]
