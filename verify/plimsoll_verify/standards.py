"""When a standard is in force for a case, and if not, why not.

A case is a model with, where an activity has them, a surface, an environment and a deployment, and the
threshold whose rule asks. What is attested for the whole organisation is worked out once for all models.

Source: SPEC 9.9, 9.11.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from plimsoll_verify.activities import Form
from plimsoll_verify.acts import Completion
from plimsoll_verify.context import Context, attestation_of, report_of
from plimsoll_verify.facts import NEVER, Act, AttestationContent, Bindings, ModelFacts
from plimsoll_verify.lapses import Lapses
from plimsoll_verify.measured import Measurement, find_measurements, last_measurement
from plimsoll_verify.observed import ResultContent
from plimsoll_verify.once import Once
from plimsoll_verify.policy.model import Criterion, Respond, Standard
from plimsoll_verify.spans import Span, contains, intersect, union
from plimsoll_verify.versions import Version


class Case(NamedTuple):
    """For what a standard is asked; "" where the case has no such thing."""

    model: str
    surface: str
    threshold: str
    environment: str = ""
    deployment: str = ""

    @property
    def bound(self) -> Bindings:
        """What attestations and lapses name of it."""
        return Bindings(*self[1:])

    @property
    def place(self) -> str:
        """Where it is, in words, as far as it makes a difference."""
        words = (("", self.surface), ("environment ", self.environment), ("deployment ", self.deployment))
        return " ".join(f"{what}{name}" for what, name in words if name not in ("", ELSEWHERE))


def case_of(form: Form, model: str, threshold: str) -> Case:
    """Return the case of a form: where it is, and what for."""
    content = form.content
    return Case(model, content.surface, threshold, content.environment, form.deployment)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a standard is not in force: V10, V11 or V12 with the entries that show it, or "" and words."""

    code: str
    entries: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True)
class _Held:
    """An attestation that fits a case, and when it holds.

    Attributes:
        start, stop: when it holds, were no approval needed.
        ended_by: the lapse that ends it, or the declaration that a key under it was compromised, or -1.
        approved: spans of approval, with the entries of the report; None where no approval is needed.
        is_lost: whether it ended because of a key.
    """

    act: Act
    start: int
    stop: int
    ended_by: int
    approved: list[tuple[Span, tuple[int, ...]]] | None
    is_lost: bool = False

    def spans(self) -> list[Span]:
        held = [(self.start, self.stop)] if self.start < self.stop else []
        return held if self.approved is None else intersect(held, union(span for span, _ in self.approved))


_NO_LAPSES = Lapses(())

ELSEWHERE = "-"
"""A place that is known, and makes no difference."""

PLACES = ("surface", "environment", "deployment")
"""What an activity has, and a criterion can be for each of."""


@lru_cache(maxsize=1024)
def asks_for_each(version: Version, standard: str) -> frozenset[str]:
    """Return of what any criterion of a standard is for each."""
    criteria = version.policy.standards[standard].criteria
    return frozenset(thing for one in criteria.values() for thing in one.for_each)


class Standards(Once):
    """The standards of all versions of a policy; spans are kept by what the case can change about them."""

    def __init__(self, context: Context, *, is_hopeful: bool = False) -> None:
        """Prepare.

        Args:
            context: the policy's versions and the facts.
            is_hopeful: whether attestations and reports that are not known are taken to say what is wanted.
        """
        super().__init__()
        self._context = context
        self._facts = context.facts
        self._is_hopeful = is_hopeful
        self._spans: dict[tuple[Version, str, str, Case, bool], list[Span]] = {}
        self._about: dict[str, frozenset[tuple[str, str]]] = {}

    def in_force(
        self, version: Version, standard_id: str, criterion_id: str, case: Case, *, as_signed: bool = False
    ) -> list[Span]:
        """Return when a standard, or with a criterion's id that criterion alone, is in force.

        Args:
            version: of the policy.
            standard_id: the standard.
            criterion_id: one of its criteria, or "".
            case: for what.
            as_signed: whether signatures by keys that were declared compromised count as if they were not.

        Source: SPEC 9.9.
        """
        standard = version.policy.standards[standard_id]
        key = (version, standard_id, criterion_id, self._reduced(standard, case), as_signed)
        found = self._spans.get(key)
        if found is None:
            found = self._spans[key] = self._in_force(
                version, standard, criterion_id, key[3], as_signed=as_signed
            )
        return found

    def to_sign_again(
        self, version: Version, standard_id: str, criterion_id: str, case: Case, respond: Respond
    ) -> list[tuple[int, Span]]:
        """Return the time there is to sign again what keys that were declared compromised had signed.

        It is for what began before the declaration, and never longer than what was signed had held.

        Returns:
            For each stretch the declaration's time, and the span.

        Source: SPEC 6.5, 9.8.
        """
        held = self.in_force(version, standard_id, criterion_id, case, as_signed=True)
        strict = self.in_force(version, standard_id, criterion_id, case)
        return [
            (declared_ms, span)
            for declared_ms in self._context.losses
            if contains(strict, declared_ms - 1) and not contains(strict, declared_ms)
            for span in intersect(
                held, [(declared_ms, respond.due(declared_ms, is_hopeful=self._is_hopeful))]
            )
        ]

    def narrowed(self, version: Version, standards: Iterable[str], case: Case) -> Case:
        """Leave out of a case where it is, as far as that makes no difference to some standards.

        Args:
            version: of the policy.
            standards: what is asked for.
            case: the whole case; its model and threshold stay.

        Source: SPEC 9.16.
        """
        names = list(standards)
        for thing in PLACES:
            here = getattr(case, thing)
            if here and not any(
                thing in asks_for_each(version, one)
                or (thing, here) in self._names(version.policy.standards[one])
                for one in names
            ):
                case = case._replace(**{thing: ELSEWHERE})
        return case

    def _names(self, standard: Standard) -> frozenset[tuple[str, str]]:
        found = self._about.get(standard.id)
        if found is None:
            found = self._about[standard.id] = self._bound(standard)
        return found

    def _reduced(self, standard: Standard, case: Case) -> Case:
        """Leave out of a case what no fact about the standard is bound to."""
        bound = self._names(standard)
        # A model for which nothing was recorded is as good as any other such.
        model = case.model if ("model", case.model) in bound else "model:"
        return Case(
            model,
            *(
                here if not here or (thing, here) in bound else ELSEWHERE
                for thing, here in _named(case.bound)
            ),
        )

    def _bound(self, standard: Standard) -> frozenset[tuple[str, str]]:
        """Return what facts about a standard name: models, surfaces and so on, each with what it is."""
        names: set[tuple[str, str]] = set()
        for key in (standard.id, ""):
            for act in self._facts.attestations.get(key, ()):
                said = attestation_of(act)
                names |= {*_models(act.subjects), *(_named(said.bound) if said else ())}
            for act in self._facts.reports.get(key, ()):
                names |= _models(act.subjects)
        names |= self._measured(standard.id)
        for lapse in self._facts.lapses.get(standard.id, ()):
            names |= {("model", lapse.subject), *_named(lapse.content.bound)}
        return frozenset(names)

    def _measured(self, standard: str) -> set[tuple[str, str]]:
        """Return the models and surfaces with which any criterion of a standard may have been measured."""
        versions = [version.policy for version in self._context.versions.all]
        tasks = {
            policy.tests[criterion.measured_by].task
            for policy in versions
            if standard in policy.standards
            for criterion in policy.standards[standard].criteria.values()
            if criterion.measured_by
        }
        names: set[tuple[str, str]] = set()
        for model in self._facts.models.values() if tasks else ():
            for result in model.results:
                content = result.content
                if not isinstance(content, ResultContent):
                    names.add(("model", model.id))
                elif content.task in tasks:
                    names |= {("model", model.id), ("surface", content.surface)}
        return names

    def _in_force(
        self, version: Version, standard: Standard, criterion_id: str, case: Case, *, as_signed: bool
    ) -> list[Span]:
        if criterion_id:
            criterion = standard.criteria[criterion_id]
            return self._criterion(version, standard, criterion, case, as_signed=as_signed)
        if standard.status != "defined":
            return []
        spans: list[Span] = [(0, NEVER)]
        for criterion in standard.criteria.values():
            spans = intersect(spans, self._criterion(version, standard, criterion, case, as_signed=as_signed))
        return spans

    def _criterion(
        self, version: Version, standard: Standard, criterion: Criterion, case: Case, *, as_signed: bool
    ) -> list[Span]:
        all_held = self._all_held(standard, criterion, case, as_signed=as_signed)
        attested = union(span for held in all_held for span in held.spans())
        if not criterion.measured_by:
            return attested
        found = self._measurements(version, criterion, case)
        return intersect(attested, union(span for one in found for span in one.spans))

    def _measurements(self, version: Version, criterion: Criterion, case: Case) -> list[Measurement]:
        """Return the measurements of a criterion for a case.

        Source: SPEC 9.9.
        """
        return find_measurements(
            self._context,
            self._facts.models.get(case.model) or ModelFacts(case.model),
            version.policy.tests[criterion.measured_by],
            case.surface if "surface" in criterion.for_each else "",
            is_hopeful=self._is_hopeful,
        )

    # -- attestations

    def _all_held(
        self, standard: Standard, criterion: Criterion, case: Case, *, as_signed: bool = False
    ) -> list[_Held]:
        return [
            self._held(act, standard, criterion, case, one, as_signed=as_signed)
            for key in (standard.id, "")
            for act in self._facts.attestations.get(key, ())
            for one in self._completions(act, standard, criterion, case)
        ]

    def _completions(
        self, act: Act, standard: Standard, criterion: Criterion, case: Case
    ) -> Iterable[Completion]:
        """Return when an attestation of a criterion was complete, if it fits a case."""
        said = attestation_of(act)
        subject = act.subjects[0]
        if subject not in (self._facts.org, case.model):
            return ()
        if "organisation" in criterion.for_each and subject != self._facts.org:
            return ()
        if "model" in criterion.for_each and subject != case.model:
            return ()
        if said is None:
            if not self._is_hopeful:
                return ()
        elif said.criterion != criterion.id or not (_fits(said, criterion, case) and _shows(said, criterion)):
            return ()
        completion = self._context.attestation(act, standard.id, criterion.id)
        return completion.times() if completion else ()

    def _held(
        self,
        act: Act,
        standard: Standard,
        criterion: Criterion,
        case: Case,
        completion: Completion,
        *,
        as_signed: bool,
    ) -> _Held:
        """Return when an attestation that fits holds for a case."""
        said = attestation_of(act)
        event = min(act.event_ms, act.time_ms)
        stop = NEVER if criterion.good_for is None else criterion.good_for.after(event)
        stop = min(stop, said.valid_until_ms if said else NEVER)
        lapse = self._lapses(standard.id, criterion.id, case).first(event, completion.seen)
        ended_by = -1
        if lapse is not None and lapse.adverse_ms < stop:
            stop, ended_by = lapse.adverse_ms, lapse.index
        lost = completion.lost
        is_lost = lost is not None and lost.time_ms < stop and not as_signed
        if lost is not None and is_lost:
            stop, ended_by = lost.time_ms, lost.entry
        approved = self._approved(standard, act, case, as_signed=as_signed)
        return _Held(act, completion.time_ms, stop, ended_by, approved, is_lost)

    def _lapses(self, standard: str, criterion: str, case: Case) -> Lapses:
        """Return the lapses that may end attestations of a criterion for a case."""
        lapses = self._facts.lapses.get(standard)
        if not lapses:
            return _NO_LAPSES
        return self.once(
            ("lapses", standard, criterion, case),
            lambda: Lapses(
                lapse
                for lapse in lapses
                if lapse.content.criterion == criterion
                and lapse.subject in (self._facts.org, case.model)
                and _may_be(lapse.content.bound, case.bound)
            ),
        )

    def _approved(
        self, standard: Standard, attested: Act, case: Case, *, as_signed: bool
    ) -> list[tuple[Span, tuple[int, ...]]] | None:
        """Return when reports that cite an attestation are approved, and not too old."""
        if standard.approved_by is None:
            return None
        found = []
        reports = self.once(("reports", standard.id), lambda: self._reports(standard.id))
        unknown = self._facts.reports.get("", ()) if self._is_hopeful else ()
        for act in (*reports.get(attested.index, ()), *unknown):
            if self._facts.org in act.subjects or case.model in act.subjects:
                completion = self._context.report(act, standard.id)
                if completion is None:
                    continue
                # What is signed again, after a key was lost, is no newer for it (SPEC 6.5).
                due = standard.renewed.every.after(completion.time_ms) if standard.renewed else NEVER
                for one in completion.times():
                    stop = due if as_signed else min(due, one.lost_ms)
                    found.append(((one.time_ms, stop), one.entries))
        return found

    def _reports(self, standard: str) -> dict[int, list[Act]]:
        """Return the reports about a standard, by the entries that they cite."""
        found: dict[int, list[Act]] = {}
        for act in self._facts.reports.get(standard, ()):
            said = report_of(act)
            for cited in set(said.cites) if said else ():
                found.setdefault(cited, []).append(act)
        return found

    # -- causes

    def causes(
        self, version: Version, standard_id: str, criterion_id: str, case: Case, instant: int
    ) -> list[Cause]:
        """Say why a standard, or one criterion, is not in force at an instant.

        Source: SPEC 9.11.
        """
        standard = version.policy.standards[standard_id]
        if criterion_id:
            criteria = [standard.criteria[criterion_id]]
        elif standard.status == "defined":
            criteria = list(standard.criteria.values())
        else:
            return [Cause("V10", version.entries[:1], f"{standard.id} is {standard.status}")]
        found = []
        for criterion in criteria:
            # As many findings may have the same case as there are starts.
            all_held = self.once(
                ("held", version, standard.id, criterion.id, case),
                partial(self._all_held, standard, criterion, case),
            )
            name = f"{standard.id}.{criterion.id}"
            if not any(contains(held.spans(), instant) for held in all_held):
                found.append(self._cause(name, all_held, instant))
            elif criterion.measured_by:
                found += self._unmeasured(name, self._measurements(version, criterion, case), instant)
        return found

    def _unmeasured(self, name: str, found: list[Measurement], instant: int) -> list[Cause]:
        """Say why what is attested is not shown by a measurement."""
        if any(contains(one.spans, instant) for one in found):
            return []
        last = last_measurement(found, instant)
        if last is None:
            return [Cause("", (), f"{name} is attested, and was not measured for this")]
        if last.ended_by >= 0 and last.spans[-1][1] <= instant:
            entries = (last.index, last.ended_by)
            return [Cause("V11", tuple(sorted(entries)), f"a later measurement speaks against {name}")]
        return [Cause("V11", (last.index,), f"the measurement of {name} has run out")]

    def _cause(self, name: str, all_held: list[_Held], instant: int) -> Cause:
        begun = [held for held in all_held if held.start <= instant and held.start < held.stop]
        if not begun:
            return Cause("", (), f"{name} was not attested for this")
        holding = [held for held in begun if instant < held.stop]
        if not holding:
            last = max(begun, key=lambda held: (held.stop, held.act.index))
            if last.ended_by >= 0:
                why = (
                    f"the key under the attestation of {name} was declared compromised"
                    if last.is_lost
                    else f"{name} lapsed"
                )
                return Cause("V11", (last.act.index, last.ended_by), why)
            return Cause("V11", (last.act.index,), f"the attestation of {name} has run out")
        old = [
            entries for held in holding for (start, stop), entries in held.approved or () if stop <= instant
        ]
        if old:
            return Cause("V12", max(old), f"the approval of {name} is due to be renewed")
        entries = tuple(sorted(held.act.index for held in holding))
        return Cause("", entries, f"{name} is attested, and no report that cites it is approved")


def _fits(said: AttestationContent, criterion: Criterion, case: Case) -> bool:
    """Say whether the bindings of an attestation are those of a case.

    Source: SPEC 9.9.
    """
    for (thing, bound), here in zip(_named(said.bound), case.bound, strict=True):
        if bound != here and (bound or thing in criterion.for_each):
            return False
        if thing in criterion.for_each and not here:
            return False
    return True


def _may_be(bound: Bindings, here: Bindings) -> bool:
    """Say whether a lapse can be about a case; one of which something is not known can be of any."""
    return all(not one or named in ("", one) for named, one in zip(bound, here, strict=True))


def _named(bound: Bindings) -> Iterable[tuple[str, str]]:
    return zip(Bindings._fields, bound, strict=True)


def _models(subjects: Iterable[str]) -> set[tuple[str, str]]:
    return {("model", subject) for subject in subjects}


def _shows(said: AttestationContent, criterion: Criterion) -> bool:
    """Say whether an attestation is shown by what its criterion asks for.

    Source: SPEC 9.9.
    """
    if not criterion.shown_by <= said.shown_by:
        return False
    return not criterion.not_shown_by or bool(said.shown_by - criterion.not_shown_by)
