"""What the bodies of statements hold: one struct for each kind.

A body is read into its struct without refusing members that the struct does not have: the law of re-encoding
(`statement`) finds those, and such a body is *not understood*, which is something else than wrong. Absent
members are UNSET, which is false.
"""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from plimsoll_verify.encoding import HEX_PATTERN, ID_PATTERN
from plimsoll_verify.limits import MAX_INTEGER, MAX_TEXT_CHARS

Id = Annotated[str, Meta(pattern=rf"\A{ID_PATTERN}\Z")]
Hex = Annotated[str, Meta(pattern=rf"\A{HEX_PATTERN}\Z")]
Model = Annotated[str, Meta(pattern=r"\Amodel:[0-9a-f]{32}\Z")]
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
Count = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Time = Annotated[str, Meta(min_length=24, max_length=24)]
"""Kept as text; `times` lists them, so that one who has read a body can be sure that each is a real one."""

ActivityName = Literal["deploy", "train"]
Scope = Literal[
    "external.fine-tuning",
    "external.general",
    "external.limited",
    "external.trusted",
    "external.weights",
    "internal.high-risk",
    "internal.large-scale",
    "internal.limited",
]
Attribute = Literal["autonomy-expanded", "tools"]
Method = Literal["audit", "document", "interpretability", "red-team", "self-report", "test", "threat-model"]


class Body(Struct, frozen=True, kw_only=True, gc=False):
    """What the kinds' structs have in common; names and types of members are those of SPEC 5."""


class Ref(Body, frozen=True, kw_only=True):
    """A reference to an earlier statement, SPEC 4.7.

    What is no digest is no entry's id either, so the stream finds it out (`scan`), and it is not matched
    here.
    """

    id: Text
    index: Count


# Structural kinds, SPEC 5.1: inline, opaque ids only.


class Founder(Body, frozen=True, kw_only=True):
    """A root person of the genesis with their key and its proof of possession (base64)."""

    person: Id
    vkey: Text
    proof: Text


class Genesis(Body, frozen=True, kw_only=True):
    """`genesis`."""

    format: Literal["plimsoll/1"]
    origin: Text
    log: Annotated[list[Text], Meta(min_length=1)]
    root: Annotated[list[Founder], Meta(min_length=1)]
    quorum: Annotated[int, Meta(ge=1, le=MAX_INTEGER)]


class Person(Body, frozen=True, kw_only=True):
    """`person`."""

    person: Id
    details_sha256: Hex | UnsetType = UNSET


class Key(Body, frozen=True, kw_only=True):
    """`key`."""

    person: Id
    vkey: Text
    proof: Text


class KeyRetired(Body, frozen=True, kw_only=True):
    """`key-retired`."""

    person: Id
    keyid: Hex


class KeyCompromised(Body, frozen=True, kw_only=True):
    """`key-compromised`; `since` is an index."""

    person: Id
    keyid: Hex
    since: Count


class Role(Body, frozen=True, kw_only=True):
    """`role`."""

    person: Id
    role: Id
    until: Time | UnsetType = UNSET


class RoleEnded(Body, frozen=True, kw_only=True):
    """`role-ended`."""

    person: Id
    role: Id


class LogKey(Body, frozen=True, kw_only=True):
    """`log-key`."""

    vkey: Text


class SignOff(Body, frozen=True, kw_only=True):
    """`sign-off`."""

    of: Ref
    decision: Literal["approve", "consulted", "dissent", "recuse", "told"]
    reasons_sha256: Hex | UnsetType = UNSET


class Pause(Body, frozen=True, kw_only=True):
    """`pause` and `restriction`; no `scopes` means all."""

    activities: Annotated[list[ActivityName], Meta(min_length=1)]
    scopes: list[Scope] | UnsetType = UNSET
    until: Time | UnsetType = UNSET
    reasons_sha256: Hex | UnsetType = UNSET


class OfWithReasons(Body, frozen=True, kw_only=True):
    """`resumed` and `reversal`."""

    of: Ref
    reasons_sha256: Hex | UnsetType = UNSET


class Interpretation(Body, frozen=True, kw_only=True):
    """`interpretation`."""

    policy: Id
    clause: Text
    reading_sha256: Hex


class Erasure(Body, frozen=True, kw_only=True):
    """`erasure`."""

    digests: Annotated[list[Hex], Meta(min_length=1)]
    reasons_sha256: Hex | UnsetType = UNSET


class Heartbeat(Body, frozen=True, kw_only=True):
    """`heartbeat`."""


class BroughtForward(Body, frozen=True, kw_only=True):
    """`brought-forward`; `claim` is the body of a statement of that kind, without its salt."""

    kind: Text
    claim: dict[str, Any] | UnsetType = UNSET
    claim_sha256: Hex
    source: Text | UnsetType = UNSET
    source_sha256: Hex | UnsetType = UNSET


# Models and activities, SPEC 5.3: detached, each with a salt.


class Salted(Body, frozen=True, kw_only=True):
    """What the detached bodies have in common."""

    salt: Hex

    def refs(self) -> tuple[Ref, ...]:
        """List the earlier statements that it names; for kinds that `references` does not list."""
        return ()

    def dates(self) -> tuple[str | UnsetType, ...]:
        """List the times that it names; for kinds that `times` does not list."""
        return ()


class Parent(Body, frozen=True, kw_only=True):
    """A model that another one was made from."""

    model: Model
    relation: Text


class Compute(Body, frozen=True, kw_only=True):
    """Compute spent, as decimal text."""

    flop: Text


class ModelRegistered(Salted, frozen=True, kw_only=True):
    """`model-registered`."""

    name: Text
    parents: list[Parent] | UnsetType = UNSET
    stage: Text | UnsetType = UNSET
    compute: Compute | UnsetType = UNSET


class TrainingStarted(Salted, frozen=True, kw_only=True):
    """`training-started`."""

    stage: Text | UnsetType = UNSET
    permit: Ref | UnsetType = UNSET
    environment: Id | UnsetType = UNSET


class TrainingCheckpoint(Salted, frozen=True, kw_only=True):
    """`training-checkpoint`."""

    label: Text | UnsetType = UNSET
    files: Count
    bytes: Count


class TrainingStopped(Salted, frozen=True, kw_only=True):
    """`training-stopped`."""

    of: Ref


class WeightsDeleted(Salted, frozen=True, kw_only=True):
    """`weights-deleted`."""

    reasons: Text | UnsetType = UNSET


class Permit(Salted, frozen=True, kw_only=True):
    """`permit`."""

    activity: ActivityName
    scope: Scope | UnsetType = UNSET
    surface: Id | UnsetType = UNSET
    attributes: list[Attribute] | UnsetType = UNSET
    expires: Time


class _Deployment(Salted, frozen=True, kw_only=True):
    """A form of deployment."""

    scope: Scope
    surface: Id
    attributes: list[Attribute] | UnsetType = UNSET
    permit: Ref | UnsetType = UNSET
    environment: Id | UnsetType = UNSET


class DeploymentStarted(_Deployment, frozen=True, kw_only=True):
    """`deployment-started`."""

    deployment: Id | UnsetType = UNSET


class DeploymentChanged(_Deployment, frozen=True, kw_only=True):
    """`deployment-changed`."""

    of: Ref


class DeploymentEnded(Salted, frozen=True, kw_only=True):
    """`deployment-ended`."""

    of: Ref
    reasons: Text | UnsetType = UNSET


# Evidence, SPEC 5.4: detached, each with a salt.


class File(Body, frozen=True, kw_only=True):
    """A file of evidence, by its digest."""

    name: Text
    sha256: Hex
    size: Count


class PlannedTask(Body, frozen=True, kw_only=True):
    """A task as it is planned."""

    name: Text
    version: Text


class EvalPlanned(Salted, frozen=True, kw_only=True):
    """`eval-planned`."""

    task: PlannedTask
    variant: Text | UnsetType = UNSET
    epochs: Count | UnsetType = UNSET
    samples: Count | UnsetType = UNSET
    surface: Id | UnsetType = UNSET


class RunTask(PlannedTask, frozen=True, kw_only=True):
    """A task as it was run."""

    registry_name: Text | UnsetType = UNSET


class Tool(Body, frozen=True, kw_only=True):
    """The program that ran an evaluation, by its own word."""

    name: Text
    version: Text


class Scored(Body, frozen=True, kw_only=True):
    """How many samples, and samples times epochs, have scores."""

    samples: Count
    sample_epochs: Count


class Reported(Body, frozen=True, kw_only=True):
    """What the evaluation log says of the model: a claim, never an identity."""

    model: Text
    snapshot: Text
    metadata: dict[str, Text]


class KOfN(Body, frozen=True, kw_only=True):
    """A proportion recomputed from the samples."""

    k: Count
    n: Count


class Score(Body, frozen=True, kw_only=True):
    """One figure. `value` as the tool wrote it, `count` and `fraction` exact (SPEC 5.5)."""

    scorer: Text
    reducer: Text
    metric: Text
    value: Text | None
    count: KOfN | UnsetType = UNSET
    fraction: Text | UnsetType = UNSET


class EvalResult(Salted, frozen=True, kw_only=True):
    """`eval-result`."""

    plan: Ref | None
    status: Literal["cancelled", "error", "success"]
    tool: Tool
    task: RunTask
    run: dict[str, Text]
    started: Time
    completed: Time
    variant: Text
    epochs: Count
    samples: Count
    scored: Scored
    limit: Text | None
    reported: Reported
    scores: list[Score]
    error: Text | UnsetType = UNSET
    evidence: list[File]
    flags: list[Text]
    surface: Id | UnsetType = UNSET


class Determination(Salted, frozen=True, kw_only=True):
    """`determination`."""

    threshold: Id
    outcome: Literal["crossed", "ruled_out"]
    basis: list[Ref]
    reasons: Text


class CarriedOver(Salted, frozen=True, kw_only=True):
    """`carried-over`."""

    threshold: Id | UnsetType = UNSET
    from_: Model = field(name="from")
    reasons: Text


class Binding(Body, frozen=True, kw_only=True):
    """What an attestation holds for."""

    surface: Id | UnsetType = UNSET
    threshold: Id | UnsetType = UNSET
    environment: Id | UnsetType = UNSET
    deployment: Id | UnsetType = UNSET


class SafeguardAttested(Salted, frozen=True, kw_only=True):
    """`safeguard-attested`."""

    standard: Id
    criterion: Id
    bound_to: Binding
    shown_by: list[Method]
    valid_until: Time | UnsetType = UNSET
    evidence: list[File]
    reasons: Text | UnsetType = UNSET


class SafeguardLapsed(Salted, frozen=True, kw_only=True):
    """`safeguard-lapsed`."""

    standard: Id
    criterion: Id
    bound_to: Binding
    reasons: Text | UnsetType = UNSET


class Report(Salted, frozen=True, kw_only=True):
    """`report`."""

    type: Literal["capability", "model", "risk", "risk-register", "safeguards", "safety-case"]
    standard: Id | UnsetType = UNSET
    cites: list[Ref]
    coverage_date: Text | UnsetType = UNSET
    document: File | UnsetType = UNSET
    reasons: Text | UnsetType = UNSET


def _of(body: SignOff | OfWithReasons | TrainingStopped | DeploymentEnded) -> tuple[Ref, ...]:
    return (body.of,)


def _permit(body: TrainingStarted | _Deployment) -> tuple[Ref, ...]:
    return () if body.permit is UNSET else (body.permit,)


def _of_and_permit(body: DeploymentChanged) -> tuple[Ref, ...]:
    return (body.of, *_permit(body))


def _plan(body: EvalResult) -> tuple[Ref, ...]:
    return () if body.plan is None else (body.plan,)


def _basis(body: Determination) -> tuple[Ref, ...]:
    return tuple(body.basis)


def _cites(body: Report) -> tuple[Ref, ...]:
    return tuple(body.cites)


_REFERENCES: dict[type, Callable[[Any], tuple[Ref, ...]]] = {
    SignOff: _of,
    OfWithReasons: _of,
    TrainingStopped: _of,
    DeploymentEnded: _of,
    TrainingStarted: _permit,
    DeploymentStarted: _permit,
    DeploymentChanged: _of_and_permit,
    EvalResult: _plan,
    Determination: _basis,
    Report: _cites,
}


def references(body: object) -> tuple[Ref, ...]:
    """List the earlier statements that a body names.

    Source: SPEC 4.7.
    """
    find = _REFERENCES.get(type(body))
    if find is None:
        return body.refs() if isinstance(body, Salted) else ()
    return find(body)


@cache
def _has_files(kind: type) -> bool:
    return not {"document", "evidence"}.isdisjoint(getattr(kind, "__struct_fields__", ()))


def files_of(body: object) -> tuple[File, ...]:
    """List the files of evidence that a body names, its document included."""
    if not _has_files(type(body)):  # type: ignore[arg-type]
        return ()
    listed = getattr(body, "evidence", UNSET) or ()
    document = getattr(body, "document", UNSET)
    return (*listed, document) if isinstance(document, File) else tuple(listed)


_TIMES: dict[type, tuple[str, ...]] = {
    Role: ("until",),
    Pause: ("until",),
    Permit: ("expires",),
    EvalResult: ("started", "completed"),
    SafeguardAttested: ("valid_until",),
}


def times(body: object) -> list[str]:
    """List the times that a body names.

    Source: SPEC 1.4.
    """
    members = _TIMES.get(type(body), ())
    found = [getattr(body, member) for member in members] or (
        body.dates() if isinstance(body, Salted) else ()
    )
    return [time for time in found if time is not UNSET]
