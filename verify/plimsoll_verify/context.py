"""One policy with the facts that it is held against: which acts are complete, and from when things act.

Each completion is worked out once, when somebody asks for it.

Source: SPEC 6.6, 8.1.
"""

from bisect import bisect_left
from collections.abc import Callable
from operator import attrgetter
from typing import Literal

from plimsoll_verify.acts import Completion, Count, LostAt, QuorumAt, Voids
from plimsoll_verify.comparators import read_as_recorded
from plimsoll_verify.facts import (
    NEVER,
    Act,
    AttestationContent,
    CorrectionContent,
    DeterminationContent,
    Facts,
    Happening,
    InterpretationContent,
    ModelFacts,
    ReportContent,
    ReversalContent,
)
from plimsoll_verify.observed import Observation, ResultContent
from plimsoll_verify.once import Once
from plimsoll_verify.policy.compare import Comparison, compare
from plimsoll_verify.policy.grammar import Period, Quorum
from plimsoll_verify.policy.model import Policy, Test
from plimsoll_verify.results import Reading, read_result, rules_out
from plimsoll_verify.undone import Undone
from plimsoll_verify.versions import Version, Versions

_index = attrgetter("index")


class Context(Once):
    """A policy's versions, the facts, and the completions of acts under that policy."""

    def __init__(
        self,
        facts: Facts,
        versions: Versions,
        compromised: list[tuple[int, str]],
        lost_at: LostAt | None = None,
    ) -> None:
        """Prepare.

        Args:
            facts: what was recorded.
            versions: of the policy.
            compromised: index and person of each key declared compromised.
            lost_at: which signatures are not relied on any more.
        """
        super().__init__()
        self.facts = facts
        self.versions = versions
        self.lost_at: LostAt = lost_at or (lambda _index: None)
        self.losses = [one.time_ms for one in facts.happenings.get("key-compromised", ()) if one.is_reliable]
        """The times at which keys were declared compromised."""
        self.voids = _PolicyVoids(self, compromised)
        self._complete: dict[tuple[int, object], Completion | None] = {}
        self._by_time: dict[int, list[tuple[int, tuple[str, ...]]]] = {}
        self._acts: dict[str, list[Act]] = {}
        self._deeds: dict[tuple[str, str], list[Act]] = {}

    def lost_ms(self, result: Observation) -> int:
        """Return until when a result can rule out: until the key that it was signed with was lost."""
        lost = self.lost_at(result.index)
        return NEVER if lost is None else lost.time_ms

    def policy_at(self, index: int, time_ms: int) -> Policy:
        """Return the version by which an entry is judged."""
        return self.versions.at_entry(index, time_ms).policy

    def compared(self, before: Version, version: Version) -> Comparison:
        """Return how a version differs from one before it."""
        key = ("compare", before.digest, version.digest)
        return self.once(key, lambda: compare(before.policy, version.policy))

    def acts_of(self, kind: str) -> list[Act]:
        """Return the acts of a kind, in the order of the log."""
        if not self._acts:
            for act in self.facts.acts.values():
                self._acts.setdefault(act.kind, []).append(act)
        return self._acts.get(kind, [])

    def deeds_about(self, kind: str, model: str) -> list[Act]:
        """Return the acts of a kind with which duties are done, about a model, or all where it is ""."""
        if not self._deeds:
            for one, acts in self.facts.deeds.items():
                for act in acts:
                    for subject in ("", *act.subjects):
                        self._deeds.setdefault((one, subject), []).append(act)
        return self._deeds.get((kind, model), [])

    def relief_ms(self, observed: Observation | Act | Happening) -> int:
        """Return from when a relieving observation acts; `NEVER` for a correction that lacks what it takes.

        Source: SPEC 8.1, 8.5.
        """
        if observed.index in self.facts.corrected:
            complete = self.correction(self.facts.acts.get(observed.index))
            return NEVER if complete is None else complete.time_ms
        return self.versions.relief_ms(observed.index, observed.time_ms, observed.event_ms)

    # -- completions

    def count(
        self,
        act: Act,
        quorum_at: QuorumAt,
        *,
        author_counts: bool,
        is_voidable: bool,
        is_deed: bool = False,
        can_be_lost: bool = True,
    ) -> Count:
        """Return the count of the signatures under an act."""
        voids = self.voids if is_voidable else None
        return Count(
            act,
            quorum_at,
            author_counts=author_counts,
            voids=voids,
            org=self.facts.org,
            # What speaks against its author's interest stays, whoever's term is over (SPEC 6.8).
            term_of=self._term_of if is_voidable or is_deed else None,
            lost_at=self.lost_at if self.losses and is_voidable and can_be_lost else None,
        )

    def _term_of(self, role: str, index: int, time_ms: int) -> Period | None:
        return self.policy_at(index, time_ms).terms.get(role)

    def _completion(self, act: Act, about: object, make: Callable[[], Count]) -> Completion | None:
        key = (act.index, about)
        if key not in self._complete:
            found = self._complete[key] = make().completion()
            if found is not None:
                self._by_time.setdefault(found.time_ms, []).append((found.index, act.subjects))
        return self._complete[key]

    def completed_at(self, time_ms: int, model: str) -> int | None:
        """Return the entry that completed an act about a model or the organisation at a time."""
        found = self._by_time.get(time_ms, ())
        about = {self.facts.org, model}
        return max((index for index, subjects in found if about & set(subjects)), default=None)

    def determination(
        self, act: Act, threshold: str, outcome: Literal["crossed", "ruled_out"]
    ) -> Completion | None:
        """Return the completion of a determination.

        Source: SPEC 9.4, 9.5.
        """
        return self._completion(
            act, (threshold, outcome), lambda: self.count_determination(act, threshold, outcome)
        )

    def count_determination(self, act: Act, threshold: str, outcome: str) -> Count:
        """Return the count under a determination; a crossing is against interest, and nothing voids it."""

        def quorum_at(index: int, time_ms: int) -> Quorum | None:
            found = self.policy_at(index, time_ms).thresholds.get(threshold)
            if found is None:
                return None
            return (found.cleared_by if outcome == "ruled_out" else None) or found.declared_by

        return self.count(act, quorum_at, author_counts=True, is_voidable=outcome == "ruled_out")

    def carried(self, act: Act, threshold: str, *, is_voidable: bool) -> Completion | None:
        """Return the completion of a `carried-over`, as far as it speaks for the model or against it.

        Args:
            act: the statement.
            threshold: of which threshold.
            is_voidable: whether it is to calm anything; what it says against the model nothing voids.

        Source: SPEC 9.6.
        """
        return self._completion(
            act,
            (threshold, "carried", is_voidable),
            lambda: self.count_carried(act, threshold, is_voidable=is_voidable),
        )

    def count_carried(self, act: Act, threshold: str, *, is_voidable: bool) -> Count:
        """Return the count under a `carried-over`."""

        def quorum_at(index: int, time_ms: int) -> Quorum | None:
            found = self.policy_at(index, time_ms).thresholds.get(threshold)
            return found.carried_over_by if found else None

        return self.count(act, quorum_at, author_counts=True, is_voidable=is_voidable)

    def attestation(self, act: Act, standard: str, criterion: str) -> Completion | None:
        """Return the completion of an attestation."""
        return self._completion(
            act, (standard, criterion), lambda: self.count_attestation(act, standard, criterion)
        )

    def count_attestation(self, act: Act, standard: str, criterion: str) -> Count:
        """Return the count under an attestation."""

        def quorum_at(index: int, time_ms: int) -> Quorum | None:
            found = self.policy_at(index, time_ms).standards.get(standard)
            wanted = found and found.criteria.get(criterion)
            return wanted.attested_by if wanted else None

        return self.count(act, quorum_at, author_counts=True, is_voidable=True)

    def report(self, act: Act, standard: str) -> Completion | None:
        """Return the completion of a safeguards report."""
        return self._completion(act, standard, lambda: self.count_report(act, standard))

    def count_report(self, act: Act, standard: str) -> Count:
        """Return the count under a safeguards report."""

        def quorum_at(index: int, time_ms: int) -> Quorum | None:
            found = self.policy_at(index, time_ms).standards.get(standard)
            return found.approved_by if found else None

        return self.count(act, quorum_at, author_counts=False, is_voidable=True)

    def permit(self, act: Act, quorum: Quorum) -> Completion | None:
        """Return the completion of a permit under a gate's quorum."""
        return self._completion(act, quorum, lambda: self.count_permit(act, quorum))

    def count_permit(self, act: Act, quorum: Quorum) -> Count:
        """Return the count under a permit."""
        return self.count(act, lambda _i, _t: quorum, author_counts=False, is_voidable=True)

    def deed(self, act: Act, quorum: Quorum) -> Completion | None:
        """Return the completion of that with which a duty is done, by those who have to do it."""
        return self._completion(
            act,
            ("deed", quorum),
            lambda: self.count(
                act, lambda _i, _t: quorum, author_counts=True, is_voidable=False, is_deed=True
            ),
        )

    def exception(self, act: Act, kind: str) -> Completion | None:
        """Return the completion of an exception, by the rule of its kind."""
        return self._completion(act, "exception", lambda: self.count_exception(act, kind))

    def count_exception(self, act: Act, kind: str) -> Count:
        """Return the count under an exception."""

        def quorum_at(index: int, time_ms: int) -> Quorum | None:
            rule = self.policy_at(index, time_ms).exceptions.get(kind)
            return rule.approved_by if rule else None

        return self.count(act, quorum_at, author_counts=False, is_voidable=True)

    def is_alone(self, observed: Observation) -> bool:
        """Say whether something observed is a correction that nobody else has signed, or without reasons."""
        return observed.index in self.facts.corrected and self.relief_ms(observed) == NEVER

    def correction(self, act: Act | None) -> Completion | None:
        """Return when somebody else has signed a correction for which there are reasons, if they have.

        Source: SPEC 8.5.
        """
        if act is None or (isinstance(act.content, CorrectionContent) and not act.content.has_reasons):
            return None
        return self._completion(act, "correction", lambda: self.count_correction(act))

    def count_correction(self, act: Act) -> Count:
        """Return the count under a correction: any other person will do, in whatever role."""
        roles = tuple(sorted({one.role for one in act.sign_offs}))
        quorum = Quorum(1, roles) if roles else None
        # What was relieved by it is in doubt (I03), and stays so.
        return self.count(
            act, lambda _i, _t: quorum, author_counts=False, is_voidable=True, can_be_lost=False
        )

    def pause(self, act: Act) -> Completion | None:
        """Return the completion of a pause or restriction, which is against interest."""
        return self._completion(act, "pause", lambda: self.count_pause(act))

    def count_pause(self, act: Act) -> Count:
        """Return the count under a pause or restriction."""
        return self.count(
            act, lambda i, t: self.policy_at(i, t).pause.called_by, author_counts=True, is_voidable=False
        )

    def reversal(self, act: Act) -> Completion | None:
        """Return the completion of a reversal, which is against interest."""
        return self._completion(act, "reversal", lambda: self.count_reversal(act))

    def count_reversal(self, act: Act) -> Count:
        """Return the count under a reversal."""

        def quorum_at(index: int, time_ms: int) -> Quorum | None:
            rule = self.policy_at(index, time_ms).reversal
            return rule.by if rule else None

        return self.count(act, quorum_at, author_counts=True, is_voidable=False)

    @property
    def undone(self) -> dict[int, Undone]:
        """By entry its first reversal by those who may.

        Source: SPEC 9.28.
        """
        return self.once("undone", self._find_undone)

    def _find_undone(self) -> dict[int, Undone]:
        found: dict[int, Undone] = {}
        for act in self.facts.reversals:
            complete, said = self.reversal(act), act.content
            version = complete and self.versions.at_entry(complete.index, complete.time_ms)
            rule = version and version.policy.reversal
            if complete and version and rule and isinstance(said, ReversalContent):
                one = Undone(complete.time_ms, said.of, act.index, complete.entries, version, rule)
                found[said.of] = min(one, found.get(said.of, one), key=lambda one: one.time_ms)
        return found

    def interpretation(self, act: Act) -> Completion | None:
        """Return the completion of an interpretation, which decides nothing, and nothing voids."""
        return self._completion(act, "interpretation", lambda: self.count_interpretation(act))

    def count_interpretation(self, act: Act) -> Count:
        """Return the count under an interpretation of a clause that the policy has."""
        said = act.content

        def quorum_at(index: int, time_ms: int) -> Quorum | None:
            policy = self.policy_at(index, time_ms)
            if not isinstance(said, InterpretationContent) or said.policy != policy.id:
                return None
            rule = policy.interpretation
            return rule.by if rule and said.clause in policy.clauses else None

        return self.count(act, quorum_at, author_counts=True, is_voidable=False, is_deed=True)

    def resumed(self, act: Act) -> Completion | None:
        """Return the completion of a resumption."""
        return self._completion(act, "resumed", lambda: self.count_resumed(act))

    def count_resumed(self, act: Act) -> Count:
        """Return the count under a resumption."""
        return self.count(
            act, lambda i, t: self.policy_at(i, t).pause.lifted_by, author_counts=True, is_voidable=True
        )

    # -- what voids

    def crossings(self, model: ModelFacts) -> list[int]:
        """Return the entries at which a crossing of a model was determined, in order."""
        # A copy of a model to which something was added has the same determinations.
        return self.once(("crossings", model.id), lambda: self._find_crossings(model))

    def _find_crossings(self, model: ModelFacts) -> list[int]:
        found = []
        for act in model.determinations:
            content = act.content
            if isinstance(content, DeterminationContent) and content.outcome == "crossed":
                completion = self.determination(act, content.threshold, "crossed")
                if completion:
                    found.append(completion.index)
        return sorted(found)

    def has_concern(self, model: ModelFacts, seen: int, last: int) -> bool:
        """Say whether a result that does not rule out lies between two indexes, both included.

        A result concerns if a test names its task and it does not rule out by that test, or cannot be read.

        Source: SPEC 6.6.
        """
        results = model.results
        if not results or results[-1].index < seen:
            return False
        at = bisect_left(results, seen, key=_index)
        while at < len(results) and results[at].index <= last:
            if self._concerns(model, results[at]):
                return True
            at += 1
        return False

    def _concerns(self, model: ModelFacts, result: Observation) -> bool:
        content = result.content
        if not isinstance(content, ResultContent):
            return True
        policy = self.policy_at(result.index, result.time_ms)
        plan = model.plans.get(content.plan)
        return any(
            self.read(result, content, test) != "clear"
            or not rules_out(result, content, test, plan, is_hopeful=False)
            for test in policy.tests_of_task(content.task)
        )

    def read(self, result: Observation, content: ResultContent, test: Test) -> Reading:
        """Return what a result reads by a test, against what was recorded of other models before it."""
        if test.is_compared:
            return read_as_recorded(self.facts, self.versions, result, content, test)
        return read_result(content, test)


class _PolicyVoids(Voids):
    """What voids sign-offs under one policy.

    Source: SPEC 6.6.
    """

    def __init__(self, context: Context, compromised: list[tuple[int, str]]) -> None:
        super().__init__(compromised)
        self._context = context

    def speaks_against(self, subject: str, seen: int, last: int) -> bool:
        """Say whether anything about a subject voids, with an index from `seen` to `last`."""
        facts = self._context.facts
        indexes = facts.voiding.get(subject)
        if indexes:
            at = bisect_left(indexes, seen)
            if at < len(indexes) and indexes[at] <= last:
                return True
        model = facts.models.get(subject)
        if model is None:
            return False
        if self._context.has_concern(model, seen, last):
            return True
        if not model.determinations:
            return False
        crossings = self._context.crossings(model)
        at = bisect_left(crossings, seen)
        return at < len(crossings) and crossings[at] <= last


def attestation_of(act: Act) -> AttestationContent | None:
    """Return what an attestation says, None if that is not known."""
    return act.content if isinstance(act.content, AttestationContent) else None


def report_of(act: Act) -> ReportContent | None:
    """Return what a report says, None if that is not known."""
    return act.content if isinstance(act.content, ReportContent) else None
