"""From records to facts: one method for each kind that a judgement can depend on.

An entry that may not be relied on relieves nothing; what it says against its author's interest is kept.

Source: SPEC 8.1, 9.13.
"""

from collections.abc import Callable
from sys import intern
from typing import Any, cast

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from plimsoll_verify.authority import GOVERNANCE
from plimsoll_verify.bodies import (
    CarriedOver,
    DeploymentStarted,
    Determination,
    Erasure,
    EvalPlanned,
    EvalResult,
    Interpretation,
    ModelRegistered,
    OfWithReasons,
    Pause,
    Permit,
    Report,
    SafeguardAttested,
    SafeguardLapsed,
    SignOff,
    TrainingStarted,
    files_of,
)
from plimsoll_verify.bodies_corrections import Correction
from plimsoll_verify.bodies_duties import Assessment
from plimsoll_verify.bodies_exceptions import Exempting, MarginalRisk
from plimsoll_verify.claims import INFORMATION, claim_record
from plimsoll_verify.collect_corrections import (
    HAPPENED,
    correction_content,
    keep_unread,
    read_correction,
)
from plimsoll_verify.collect_duties import (
    VOIDING,
    completed_by,
    deed_of,
    keep_deed,
    keep_happening,
)
from plimsoll_verify.collect_results import result_content
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.errors import Malformed
from plimsoll_verify.exact import parse_value
from plimsoll_verify.facts import (
    NEVER,
    Act,
    AttestationContent,
    CarriedContent,
    Content,
    DeterminationContent,
    ErasureFact,
    ExceptionContent,
    Facts,
    InterpretationContent,
    Lapse,
    LapseContent,
    PauseContent,
    PermitContent,
    PolicyContent,
    Registration,
    ReportContent,
    ResumedContent,
    ReversalContent,
    SignOffFact,
    Unknown,
    shared_set,
)
from plimsoll_verify.hands import MAKING, Part
from plimsoll_verify.limits import CLAIMED_WITHIN_MS
from plimsoll_verify.observed import FormContent, Mention, Observation, PlanFact, ResultContent
from plimsoll_verify.policy.parse import PolicyError, parse_policy
from plimsoll_verify.record import Record
from plimsoll_verify.undone import can_be_reversed

STARTS = frozenset({"deployment-changed", "deployment-started", "training-started"})
"""Kinds by which something begins, about which people are told (SPEC 9.23)."""

UNCONCERNED = frozenset({"erasure", "sign-off"}) | GOVERNANCE
"""Kinds that are not about what a model may do; sign-offs are taken by `sign_off`."""

_RESTORING = frozenset({"training-checkpoint", "deployment-started", "deployment-changed", "eval-result"})
"""Kinds that nobody can do without the weights: after a deletion they say that these are still there."""


class Collector:
    """Takes the records of a log in order, and keeps what matters."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._starts: set[int] = set()
        self._begun: set[str] = set()
        self._take: dict[str, Callable[[Record, bool], str]] = {
            "model-registered": self._registered,
            "eval-planned": self._planned,
            "eval-result": self._result,
            "training-started": self._training,
            "training-stopped": self._training,
            "training-checkpoint": self._training,
            "deployment-started": self._deployment,
            "deployment-changed": self._deployment,
            "deployment-ended": self._deployment,
            "weights-deleted": self._deleted,
            "safeguard-lapsed": self._lapsed,
            "determination": self._determination,
            "carried-over": self._carried,
            "safeguard-attested": self._attested,
            "report": self._report,
            "permit": self._permit,
            "pause": self._pause,
            "restriction": self._pause,
            "resumed": self._resumed,
            "reversal": self._reversed,
            "interpretation": self._interpreted,
            "interim-measure": self._exception,
            "waiver": self._exception,
            "marginal-risk": self._exception,
            "policy": self._policy,
            "policy-amendment": self._policy,
            "assessment": self._deed,
            "disclosure": self._deed,
            "external-review": self._deed,
            "incident": self._happened,
            "noncompliance": self._happened,
            "inventory": self._happened,
            "heartbeat": self._heartbeat,
            "correction": self._corrected,
        }

    def take(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001 - the two go together.
        """Keep what an entry says.

        Args:
            record: any but the genesis.
            is_reliable: whether it is admissible and authentic.

        Returns:
            "" or why the entry is inadmissible after all (V36).
        """
        kind = record.kind
        if kind == "brought-forward":
            return self._brought_forward(record, is_reliable)
        if record.body_state != "ok":
            self._note_unknown(record)
        self._keep_files(record)
        if kind in UNCONCERNED:
            if kind == "key-compromised":
                keep_happening(self.facts, record, is_reliable)
            return ""
        if is_reliable and record.index not in self.facts.claims:
            self._note_hand(record, "made" if kind in MAKING else "said")
            if kind in STARTS:
                self._starts.add(record.index)
        when = min(record.event_ms, record.time_ms)
        for subject in record.subjects:
            if subject.startswith("model:"):
                model = self.facts.model(subject)
                model.first_ms = min(model.first_ms, when)
                model.is_recorded |= record.index not in self.facts.claims
                if kind != "model-registered" and record.index not in self.facts.claims:
                    self._begun.add(subject)
        take = self._take.get(kind)
        return take(record, is_reliable) if take else ""

    def _brought_forward(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        """Take a claim for what it claims.

        Source: SPEC 8.4.
        """
        try:
            claimed = claim_record(record, self.facts.org)
        except Malformed as error:
            return f"its claim: expected {error.expected}, got {error.actual} (SPEC 5.1)"
        if claimed is None:
            self._note_unknown(record)
            return ""
        if record.event_ms >= self.facts.genesis_ms:
            return "brings forward what was not before this ledger began (SPEC 8.4)"
        if not is_reliable or claimed.kind in INFORMATION:
            return ""
        self.facts.claims.add(record.index)
        if self._is_late(claimed, record.time_ms):
            # Whatever the ledger shows could be put right by what nobody can look into any more.
            self.facts.late_claims.add(record.index)
            return self.take(replace(claimed, time_ms=record.time_ms), is_reliable=False)
        return self.take(claimed, is_reliable)

    def _is_late(self, claimed: Record, time_ms: int) -> bool:
        """Say whether a claim comes after what is recorded of the same, or long after the genesis.

        Source: SPEC 8.4.
        """
        models = {subject for subject in claimed.subjects if subject.startswith("model:")}
        is_told = bool(models & self._begun if models else self._begun)
        return is_told or time_ms > self.facts.genesis_ms + CLAIMED_WITHIN_MS

    def sign_off(self, record: Record, body: SignOff) -> str:
        """Keep an authentic sign-off of an act; returns "" or why it is inadmissible."""
        act = self.facts.acts.get(body.of.index)
        signed = SignOffFact(
            record.index,
            record.time_ms,
            intern(record.actor),
            intern(record.role),
            intern(body.decision),
            record.seen_size,
            record.granted_ms,
        )
        if act is not None and (
            record.subjects != act.subjects
            or (act.digest and act.digest not in record.subject_digests.values())
        ):
            return f"signs off entry {act.index} under other subjects than that entry has (SPEC 5.1)"
        if body.of.index in self._starts:
            self.facts.signed.setdefault(body.of.index, []).append(signed)
        if act is None:
            return ""
        act.sign_offs.append(signed)
        if body.decision == "approve":
            self._note_hand(record, "approved")
        return ""

    def _note_hand(self, record: Record, part: Part) -> None:
        """Keep who had a hand in what was done about the models of an entry."""
        hand = (record.actor, record.role, part)
        self.facts.hands.note(record.subjects, record.index, record.time_ms, hand)

    def _keep_files(self, record: Record) -> None:
        """Keep which files of evidence an entry rests on, or says to be erased, whoever says so."""
        body = record.body
        if isinstance(body, Erasure):
            digests = tuple(map(bytes.fromhex, body.digests))
            erased = ErasureFact(record.index, record.time_ms, record.event_ms, digests)
            self.facts.erasures.append(erased)
            return
        for file in files_of(body):
            event_ms = min(record.event_ms, record.time_ms)
            self.facts.evidence.note(bytes.fromhex(file.sha256), record.index, event_ms)

    def _note_unknown(self, record: Record, why: str = "") -> None:
        is_judged = record.kind != "brought-forward" or record.body is None
        state = record.body_state if is_judged else "not judged"
        self.facts.unknowns.append(
            Unknown(record.index, record.time_ms, record.event_ms, record.kind, record.subjects, state, why)
        )
        for subject in record.subjects:
            if subject.startswith("model:"):
                self.facts.model(subject).has_unknowns = True

    # -- observations

    def _registered(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        model = self.facts.model(record.subjects[0])
        body = record.body if isinstance(record.body, ModelRegistered) else None
        if is_reliable and body and not model.name:
            model.name = body.name
        parents = tuple((intern(one.model), intern(one.relation)) for one in (body and body.parents) or ())
        model.registrations.append(
            Registration(
                record.index,
                record.time_ms,
                record.event_ms,
                parents,
                parse_value(body.compute.flop) if body and body.compute else None,
                body is not None,
                is_reliable,
            )
        )
        return ""

    def _happened(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if record.kind in VOIDING:
            self._void(record)
        keep_happening(self.facts, record, is_reliable)
        return ""

    def _heartbeat(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            self.facts.heartbeats.append((record.time_ms, record.index))
        return ""

    def _planned(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            task = record.body.task if isinstance(record.body, EvalPlanned) else None
            name, version = (intern(task.name), intern(task.version)) if task else (None, None)
            surface = record.body.surface or "" if isinstance(record.body, EvalPlanned) else ""
            plan = PlanFact(record.time_ms, name, version, surface)
            self.facts.model(record.subjects[0]).plan(record.index, plan)
        return ""

    def _observe(
        self,
        record: Record,
        is_reliable: bool,  # noqa: FBT001
        content: ResultContent | FormContent | None = None,
        of: int = -1,
    ) -> Observation:
        """Make an observation of an entry about [model] or [model, snapshot]."""
        # A model and its snapshots are named by thousands of entries, each in a text of its own.
        snapshot = intern(record.subjects[1]) if len(record.subjects) > 1 else ""
        if snapshot and record.kind in _RESTORING:
            self._mention(record, snapshot)
        return Observation(
            record.index,
            record.time_ms,
            record.event_ms,
            intern(record.kind),
            snapshot,
            intern(record.role),
            is_reliable,
            record.body is not None,
            of,
            content,
        )

    def _mention(self, record: Record, snapshot: str) -> None:
        when = min(record.event_ms, record.time_ms)
        # Weights are evaluated that were there before: what the result says is not why they are kept.
        began = when - 1 if record.kind == "eval-result" else when
        mention = Mention(when, began, record.index)
        model = self.facts.model(record.subjects[0])
        model.mention(snapshot, mention)
        owner = self.facts.owners.setdefault(snapshot, model.id)
        if owner != model.id:
            self.facts.shared.setdefault(snapshot, {owner}).add(model.id)

    def _result(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        body = record.body
        content = None
        if isinstance(body, EvalResult):
            content = result_content(body)
            record = completed_by(record, body.completed)
        observed = self._observe(record, is_reliable, content)
        self.facts.model(record.subjects[0]).add("results", observed)
        return ""

    def _training(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        body, content = record.body, None
        if isinstance(body, TrainingStarted) and body.environment:
            content = FormContent("", "", frozenset(), intern(body.environment))
        observed = self._observe(record, is_reliable, content, _of(body))
        self.facts.model(record.subjects[0]).add("training", observed)
        return ""

    def _deployment(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        body = cast("Any", record.body)
        content = None
        if body is not None and record.kind != "deployment-ended":
            content = FormContent(
                intern(body.scope),
                intern(body.surface),
                shared_set(body.attributes or ()),
                intern(body.environment or ""),
                (body.deployment or "") if isinstance(body, DeploymentStarted) else "",
            )
            if content.deployment:
                self.facts.deployment_names.setdefault(content.deployment, record.index)
        observed = self._observe(record, is_reliable, content, _of(body))
        self.facts.model(record.subjects[0]).add("deployments", observed)
        return ""

    def _deleted(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        observed = self._observe(record, is_reliable)
        self.facts.model(record.subjects[0]).add("deletions", observed)
        return ""

    def _lapsed(self, record: Record, is_reliable: bool) -> str:  # noqa: ARG002, FBT001 - it is adverse.
        self._void(record)
        body = record.body
        if isinstance(body, SafeguardLapsed):
            bound = body.bound_to
            content = LapseContent(
                body.standard,
                body.criterion,
                bound.surface or "",
                bound.threshold or "",
                bound.environment or "",
                bound.deployment or "",
            )
            lapse = Lapse(record.index, record.time_ms, record.event_ms, record.subjects[0], content)
            self.facts.lapses.setdefault(body.standard, []).append(lapse)
        return ""

    def _void(self, record: Record) -> None:
        for subject in record.subjects:
            self.facts.voiding.setdefault(subject, []).append(record.index)

    def _corrected(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        """Take a correction for one more statement of the kind that it corrects.

        Source: SPEC 8.5.
        """
        try:
            said = read_correction(self.facts, record)
        except Malformed as error:
            return f"what it corrects: expected {error.expected}, got {error.actual} (SPEC 8.5)"
        act = self._act(record, None) if is_reliable else None
        if said is None:
            keep_unread(self.facts, record, is_reliable)
            if isinstance(record.body, Correction):
                self._note_unknown(replace(record, body_state="not-understood"))
            return ""
        claimed = said.claimed
        self._keep_files(claimed)
        self._take[claimed.kind](claimed, is_reliable and claimed.kind not in HAPPENED)
        if act is not None:
            act.content = correction_content(self.facts, said)
            if claimed.kind in STARTS:
                self._starts.add(record.index)
        return ""

    # -- acts

    def _act(self, record: Record, content: Content | None, digest: str = "") -> Act:
        act = Act(
            record.index,
            record.time_ms,
            record.event_ms,
            intern(record.kind),
            tuple(map(intern, record.subjects)),
            intern(record.actor),
            intern(record.role),
            record.seen_size,
            content,
            digest,
            is_claim=record.index in self.facts.claims,
            granted_ms=record.granted_ms,
        )
        self.facts.acts[record.index] = act
        return act

    def _determination(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            body = record.body
            content = None
            if isinstance(body, Determination):
                content = DeterminationContent(body.threshold, body.outcome, bool(body.reasons.strip()))
            self.facts.model(record.subjects[0]).determinations.append(self._act(record, content))
        return ""

    def _carried(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            body = record.body
            content = None
            if isinstance(body, CarriedOver):
                content = CarriedContent(body.threshold or "", intern(body.from_), bool(body.reasons.strip()))
            self.facts.model(record.subjects[0]).carried.append(self._act(record, content))
        return ""

    def _attested(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            body = record.body
            content = None
            if isinstance(body, SafeguardAttested):
                bound = body.bound_to
                content = AttestationContent(
                    body.standard,
                    body.criterion,
                    bound.surface or "",
                    bound.threshold or "",
                    bound.environment or "",
                    shared_set(body.shown_by),
                    _until(body.valid_until),
                    bound.deployment or "",
                )
            standard = content.standard if content else ""
            self.facts.attestations.setdefault(standard, []).append(self._act(record, content))
        return ""

    def _report(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            body = record.body
            content = None
            if isinstance(body, Report):
                content = ReportContent(
                    body.type, body.standard or "", tuple(ref.index for ref in body.cites)
                )
            act = self._act(record, content)
            keep_deed(self.facts, act)
            if content is None or (content.type == "safeguards" and content.standard):
                standard = content.standard if content else ""
                self.facts.reports.setdefault(standard, []).append(act)
        return ""

    def _deed(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            if isinstance(record.body, Assessment) and record.body.completed is not UNSET:
                record = completed_by(record, record.body.completed)
            keep_deed(self.facts, self._act(record, deed_of(record)))
        return ""

    def _permit(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if len(record.subjects) > 1:
            self._mention(record, intern(record.subjects[1]))
        if not is_reliable:
            return ""
        body = record.body
        content = None
        if isinstance(body, Permit):
            content = PermitContent(
                body.activity,
                body.scope or "",
                body.surface or "",
                shared_set(body.attributes or ()),
                parse_time(body.expires),
            )
            if (body.activity == "deploy") != (len(record.subjects) > 1):
                return "a permit to deploy names a snapshot, and one to train names none (SPEC 5.3)"
        self.facts.model(record.subjects[0]).permits.append(self._act(record, content))
        return ""

    def _pause(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        body = record.body
        if is_reliable and isinstance(body, Pause):
            self._void(record)
            content = PauseContent(
                frozenset(body.activities), frozenset(body.scopes or ()), _until(body.until)
            )
            self.facts.pauses.append(self._act(record, content))
        return ""

    def _resumed(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        body = record.body
        if is_reliable and isinstance(body, OfWithReasons):
            pause = self.facts.acts.get(body.of.index)
            if pause is None or pause.kind not in ("pause", "restriction"):
                return f"resumes entry {body.of.index}, which is no pause or restriction (SPEC 5.1)"
            if pause.subjects != record.subjects:
                return f"resumes entry {pause.index} under other subjects than that entry has (SPEC 5.1)"
            act = self._act(record, ResumedContent(pause.index))
            self.facts.resumed.setdefault(pause.index, []).append(act)
        return ""

    def _reversed(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        body = record.body
        if is_reliable and isinstance(body, OfWithReasons):
            if not can_be_reversed(self.facts, record, body.of.index):
                return f"reverses entry {body.of.index}, which under these subjects nobody can (SPEC 9.28)"
            self.facts.reversals.append(self._act(record, ReversalContent(body.of.index)))
        return ""

    def _interpreted(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        body = record.body
        if is_reliable and isinstance(body, Interpretation):
            # Who signs it off has to have the same document in view.
            content = InterpretationContent(body.policy, body.clause)
            act = self._act(record, content, record.subject_digests[record.subjects[0]])
            self.facts.interpretations.append(act)
        return ""

    def _exception(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if is_reliable:
            body, content = record.body, None
            if isinstance(body, Exempting):
                content = ExceptionContent(
                    body.standard,
                    body.criterion or "",
                    frozenset(body.scopes or ()),
                    frozenset(body.surfaces or ()),
                    _until(body.expires),
                    body.publication is not UNSET,
                    frozenset(body.preconditions if isinstance(body, MarginalRisk) else ()),
                )
            self.facts.exceptions.append(self._act(record, content))
        return ""

    def _policy(self, record: Record, is_reliable: bool) -> str:  # noqa: FBT001
        if not is_reliable or not isinstance(record.body, bytes):
            return ""
        try:
            policy = parse_policy(record.body)
        except PolicyError as error:
            self._note_unknown(replace(record, body_state="not-understood"), error.told())
            return ""
        if record.subjects != (f"policy:{policy.id}",):
            return f"a document of policy {policy.id} under the subject {record.subjects[0]} (SPEC 5.2)"
        content = PolicyContent(policy, record.body_sha256)
        self.facts.policies.setdefault(policy.id, []).append(self._act(record, content, record.body_sha256))
        return ""


def _of(body: object) -> int:
    of = getattr(body, "of", None)
    return -1 if of is None else int(of.index)


def _until(text: str | UnsetType) -> int:
    return NEVER if text is UNSET else parse_time(text)
