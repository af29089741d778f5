"""What the replay keeps of a log: the few members of each entry on which a judgement can depend.

Acts wait for signatures; observations say that something happened. Each keeps its index, the time of its
entry and the time of its event, since these decide from when it acts (SPEC 8.1). What a body said is in
`content`, which is None where the body is withheld or not understood.

Source: SPEC 8.
"""

import struct
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from sys import intern
from typing import NamedTuple

from msgspec import Struct

from plimsoll_verify.hands import Hands
from plimsoll_verify.histories import History, Shelf
from plimsoll_verify.observed import Observation
from plimsoll_verify.policy.model import Policy

NEVER = 2**62
"""After every instant."""

_EVIDENCE = struct.Struct("<32sqq")

_sets: dict[frozenset[str], frozenset[str]] = {}


def shared_set(items: Iterable[str]) -> frozenset[str]:
    """Return a set of words of the policy's: thousands of facts have the same few, or none."""
    found = frozenset(items)
    return _sets.setdefault(found, found)


class SignOffFact(Struct, frozen=True, gc=False):
    """A decision about an act, by somebody entitled to speak in their role."""

    index: int
    time_ms: int
    person: str
    role: str
    decision: str
    seen: int
    granted_ms: int = 0


class DeterminationContent(NamedTuple):
    """What a determination says."""

    threshold: str
    outcome: str
    has_reasons: bool


class CarriedContent(NamedTuple):
    """That a model is not notably more capable than another one; no threshold is every one."""

    threshold: str
    model: str
    has_reasons: bool


class Bindings(NamedTuple):
    """What of a case an attestation or a lapse is about; "" where it does not say."""

    surface: str
    threshold: str
    environment: str
    deployment: str


class AttestationContent(NamedTuple):
    """What an attestation says; bindings are "" where absent."""

    standard: str
    criterion: str
    surface: str
    threshold: str
    environment: str
    shown_by: frozenset[str]
    valid_until_ms: int
    deployment: str = ""

    @property
    def bound(self) -> "Bindings":
        """What it holds for."""
        return Bindings(self.surface, self.threshold, self.environment, self.deployment)


class ReportContent(NamedTuple):
    """What a report says."""

    type: str
    standard: str
    cites: tuple[int, ...]


class DeedContent(NamedTuple):
    """What an assessment, a disclosure or an outside review says: with these a duty can be done.

    Attributes:
        type: as the policy's duties call it.
        to: to whom it was disclosed, or "".
        refs: the entries that it names.
        is_published: whether it stands for everybody to read.
        published_sha256: digest of what does, or "".
    """

    type: str
    to: str
    refs: tuple[int, ...]
    is_published: bool
    published_sha256: str = ""


class PermitContent(NamedTuple):
    """What a permit says."""

    activity: str
    scope: str
    surface: str
    attributes: frozenset[str]
    expires_ms: int


class PauseContent(NamedTuple):
    """What a pause or restriction says; no scopes are all scopes."""

    activities: frozenset[str]
    scopes: frozenset[str]
    until_ms: int

    def stops(self, activity: str, scope: str) -> bool:
        """Say whether it is about an activity, and of deployments about a scope (SPEC 9.10)."""
        if activity not in self.activities:
            return False
        return activity == "train" or not self.scopes or scope in self.scopes


class ResumedContent(NamedTuple):
    """Which pause is lifted."""

    of: int


class ExceptionContent(NamedTuple):
    """What an exception says; no scopes and no surfaces are all."""

    standard: str
    criterion: str
    scopes: frozenset[str]
    surfaces: frozenset[str]
    expires_ms: int
    is_published: bool
    preconditions: frozenset[str]

    def told(self) -> str:
        """Say what it is about: `filtered.red-team on api`."""
        about = f"{self.standard}.{self.criterion}" if self.criterion else self.standard
        where = [*sorted(self.scopes), *sorted(self.surfaces)]
        return f"{about} on {', '.join(where)}" if where else about


class InterpretationContent(NamedTuple):
    """Which clause of which policy is read in one way."""

    policy: str
    clause: str


class ReversalContent(NamedTuple):
    """Which entry is reversed."""

    of: int


class CorrectionContent(NamedTuple):
    """What a correction says.

    Attributes:
        of: the entry that it corrects.
        before: what that says; None of kinds of which a correction relieves nothing.
        after: what it should have said; None of the same.
    """

    of: int
    has_reasons: bool
    before: "Observation | None"
    after: "Observation | None"


class PolicyContent(NamedTuple):
    """A policy document that is understood."""

    policy: Policy
    digest: str


Content = (
    DeterminationContent
    | CarriedContent
    | AttestationContent
    | ReportContent
    | DeedContent
    | PermitContent
    | PauseContent
    | ResumedContent
    | PolicyContent
    | ExceptionContent
    | CorrectionContent
    | ReversalContent
    | InterpretationContent
)


class Act(Struct):
    """Something that people decide together.

    Attributes:
        seen: size of the checkpoint that its author had seen.
        content: what it says; None where that is not known.
        sign_offs: in the order of the log.
        is_claim: whether it is a claim about what was before the ledger, which needs no signatures.
        granted_ms: when its author was given the role that they speak in.
    """

    index: int
    time_ms: int
    event_ms: int
    kind: str
    subjects: tuple[str, ...]
    person: str
    role: str
    seen: int
    content: Content | None
    digest: str = ""
    sign_offs: list[SignOffFact] = []
    is_claim: bool = False
    granted_ms: int = 0


class ErasureFact(Struct, frozen=True, gc=False):
    """That files were erased; the digests as bytes."""

    index: int
    time_ms: int
    event_ms: int
    digests: tuple[bytes, ...]


class EvidenceNames:
    """Which entries name which files of evidence: packed, since only an erasure asks for any."""

    def __init__(self) -> None:
        self._packed = bytearray()

    def note(self, digest: bytes, index: int, event_ms: int) -> None:
        """Keep that an entry of an event names the file of a digest, 32 bytes."""
        self._packed += _EVIDENCE.pack(digest, index, event_ms)

    def naming(self, digests: Container[bytes]) -> dict[bytes, list[tuple[int, int]]]:
        """Return the entries that name each of some files, with their events, in the order of the log."""
        found: dict[bytes, list[tuple[int, int]]] = {}
        for digest, index, event_ms in _EVIDENCE.iter_unpack(self._packed):
            if digest in digests:
                found.setdefault(digest, []).append((index, event_ms))
        return found


class Registration(Struct, frozen=True, gc=False):
    """What a model is said to be made from.

    Attributes:
        parents: models, each with how this one comes from it.
        flop: compute spent on it beyond its parents'; None where that is not said, or no number.
        is_known: False where the body is withheld or not understood.
        is_reliable: whether its author may say so.
    """

    index: int
    time_ms: int
    event_ms: int
    parents: tuple[tuple[str, str], ...]
    flop: Fraction | None
    is_known: bool
    is_reliable: bool


class LapseContent(NamedTuple):
    """Which safeguard has lapsed; bindings are "" where absent."""

    standard: str
    criterion: str
    surface: str
    threshold: str
    environment: str = ""
    deployment: str = ""

    @property
    def bound(self) -> Bindings:
        """What it is about."""
        return Bindings(self.surface, self.threshold, self.environment, self.deployment)


@dataclass(slots=True)
class Lapse:
    """A safeguard that is no longer there; `subject` is the organisation or a model."""

    index: int
    time_ms: int
    event_ms: int
    subject: str
    content: LapseContent

    @property
    def adverse_ms(self) -> int:
        """From when it acts (SPEC 8.1)."""
        return min(self.event_ms, self.time_ms)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A body that is withheld or not understood, or a kind that is recorded and not judged.

    Attributes:
        why: where a policy document is not understood, and what it would need; else "".
    """

    index: int
    time_ms: int
    event_ms: int
    kind: str
    subjects: tuple[str, ...]
    state: str
    why: str = ""


class IncidentContent(NamedTuple):
    """What an incident or a noncompliance says; `class_` is "" where absent."""

    class_: str
    occurred_ms: int
    aware_ms: int


class RunningFact(NamedTuple):
    """Something that an inventory found running; what it does not say is None."""

    model: str | None
    snapshot: str | None
    scope: str | None
    attributes: frozenset[str] | None
    since_ms: int


class InventoryContent(NamedTuple):
    """What an inventory says."""

    surface: str
    at_ms: int
    running: tuple[RunningFact, ...]


class Happening(Struct, frozen=True, gc=False):
    """Something that is said to have happened: an incident, a noncompliance, an inventory, a start...

    Attributes:
        content: what it says; None where that is not known, or nothing more is kept.
    """

    index: int
    time_ms: int
    event_ms: int
    kind: str
    subjects: tuple[str, ...]
    role: str
    is_reliable: bool
    content: IncidentContent | InventoryContent | None = None

    @property
    def adverse_ms(self) -> int:
        """From when it acts where it is adverse (SPEC 8.1)."""
        return min(self.event_ms, self.time_ms)


class ModelFacts(History):
    """All that was recorded about one model, in the order of the log.

    Attributes:
        is_recorded: whether anything about it is more than a claim about what was before the ledger
            (SPEC 8.4).
    """

    __slots__ = (
        "carried",
        "determinations",
        "first_ms",
        "has_unknowns",
        "is_recorded",
        "name",
        "permits",
        "registrations",
    )

    def __init__(self, model: str, shelf: Shelf | None = None, *, is_recorded: bool = False) -> None:
        """Begin with nothing recorded."""
        super().__init__(model, shelf)
        self.name = ""
        self.determinations: list[Act] = []
        self.permits: list[Act] = []
        self.registrations: list[Registration] = []
        self.carried: list[Act] = []
        self.has_unknowns = False
        self.is_recorded = is_recorded
        self.first_ms = NEVER


@dataclass(slots=True)
class Facts:
    """All that was recorded, as far as it can matter.

    Attributes:
        models: by subject name.
        acts: by index.
        attestations, lapses, reports: by standard; "" holds attestations and reports that are not known.
        pauses: pauses and restrictions, in order.
        resumed: resumptions, by the pause that they lift.
        policies: `policy` and `policy-amendment` entries whose document is understood, by policy id.
        deeds: assessments, disclosures, outside reviews and reports, by kind.
        happenings: what can set a duty's clock and is kept nowhere else, by kind.
        heartbeats: time and index of each.
    """

    org: str = ""
    models: dict[str, ModelFacts] = field(default_factory=dict)
    acts: dict[int, Act] = field(default_factory=dict)
    attestations: dict[str, list[Act]] = field(default_factory=dict)
    reports: dict[str, list[Act]] = field(default_factory=dict)
    lapses: dict[str, list[Lapse]] = field(default_factory=dict)
    pauses: list[Act] = field(default_factory=list)
    resumed: dict[int, list[Act]] = field(default_factory=dict)
    reversals: list[Act] = field(default_factory=list)
    """Reversals, in order."""
    interpretations: list[Act] = field(default_factory=list)
    """How clauses are read, in order."""
    policies: dict[str, list[Act]] = field(default_factory=dict)
    exceptions: list[Act] = field(default_factory=list)
    """Interim measures, waivers and marginal risk, in order."""
    corrected: dict[int, int] = field(default_factory=dict)
    """By correction the entry that it corrects; -1 where that is not known (SPEC 8.5)."""
    erasures: list[ErasureFact] = field(default_factory=list)
    evidence: EvidenceNames = field(default_factory=EvidenceNames)
    deeds: dict[str, list[Act]] = field(default_factory=dict)
    happenings: dict[str, list[Happening]] = field(default_factory=dict)
    heartbeats: list[tuple[int, int]] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    """By snapshot the model that it was first named with."""
    deployment_names: dict[str, int] = field(default_factory=dict)
    """By name of a deployment the start that had it first."""
    shared: dict[str, set[str]] = field(default_factory=dict)
    """The models of each snapshot that was named with several: the same weights under another name."""
    hands: Hands = field(default_factory=Hands)
    """Who had a hand in what was done about each model (SPEC 9.22)."""
    signed: dict[int, list[SignOffFact]] = field(default_factory=dict)
    """Sign-offs of starts and changes of deployments and training, which are no acts (SPEC 9.23)."""
    genesis_ms: int = 0
    """When the ledger began."""
    claims: set[int] = field(default_factory=set)
    """Entries that are claims about what was before that (SPEC 8.4)."""
    late_claims: set[int] = field(default_factory=set)
    """Those of them that came too late to count for whoever made them."""
    voiding: dict[str, list[int]] = field(default_factory=dict)
    """Indexes of entries that void sign-offs under any policy, by subject (SPEC 6.6)."""

    shelf: Shelf = field(default_factory=Shelf)

    def is_ours(self, index: int) -> bool:
        """Say whether an entry is about what this ledger was there for, or says too late that it was not.

        Source: SPEC 8.4.
        """
        return index not in self.claims or index in self.late_claims

    def model(self, model: str) -> ModelFacts:
        """Return the facts about a model, which may be new."""
        found = self.models.get(model)
        if found is None:
            model = intern(model)
            found = self.models[model] = ModelFacts(model, self.shelf)
        return found
