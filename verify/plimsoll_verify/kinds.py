"""The kinds of statement of this version: which body each has, where it stands, what it may be about."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from plimsoll_verify.bodies import (
    BroughtForward,
    CarriedOver,
    DeploymentChanged,
    DeploymentEnded,
    DeploymentStarted,
    Determination,
    Erasure,
    EvalPlanned,
    EvalResult,
    Genesis,
    Heartbeat,
    Interpretation,
    Key,
    KeyCompromised,
    KeyRetired,
    LogKey,
    ModelRegistered,
    OfWithReasons,
    Pause,
    Permit,
    Person,
    Report,
    Role,
    RoleEnded,
    SafeguardAttested,
    SafeguardLapsed,
    SignOff,
    TrainingCheckpoint,
    TrainingStarted,
    TrainingStopped,
    WeightsDeleted,
)
from plimsoll_verify.bodies_corrections import Correction
from plimsoll_verify.bodies_duties import (
    Assessment,
    Disclosure,
    ExternalReview,
    Incident,
    Inventory,
    Noncompliance,
)
from plimsoll_verify.bodies_exceptions import Exempting, MarginalRisk

About = Callable[[tuple[str, ...]], bool]


class Document(Struct, frozen=True):
    """Stands for a policy document, which is generic and read by the policy's own parser (SPEC 5.2, 7)."""


class Kind(NamedTuple):
    """What is known of a kind.

    Attributes:
        body: its struct.
        structural: True if the body stands inline (SPEC 4.6).
        about: says whether its subjects may have these types, in the order of their sorted names.
        names: the subjects that the body itself implies, where it does.
    """

    body: type[Struct]
    structural: bool
    about: About
    names: Callable[..., tuple[str, ...]] | None = None


def _person(body: Person | Key | KeyRetired | KeyCompromised) -> tuple[str, ...]:
    return (f"person:{body.person}",)


def _person_and_role(body: Role | RoleEnded) -> tuple[str, ...]:
    return (f"person:{body.person}", f"role:{body.role}")


def _policy(body: Interpretation) -> tuple[str, ...]:
    return (f"policy:{body.policy}",)


def _origin(body: Genesis) -> tuple[str, ...]:
    return (f"org:{body.origin}",)


def _exactly(*shapes: tuple[str, ...]) -> About:
    return lambda types: types in shapes


def _of_another(types: tuple[str, ...]) -> bool:
    """Any: the subjects are those of the statement referred to, which takes that statement to tell."""
    return bool(types)


def _org_and_any(types: tuple[str, ...]) -> bool:
    return types.count("org") == 1


def _org_or_models(types: tuple[str, ...]) -> bool:
    return types == ("org",) or set(types) == {"model"}


def _of_what_is_corrected(types: tuple[str, ...]) -> bool:
    return types == ("model", "snapshot") or _org_or_models(types)


_ORG = _exactly(("org",))
_ORG_OR_MODEL = _exactly(("org",), ("model",))
_MODEL = _exactly(("model",))
_SNAPSHOT = _exactly(("model", "snapshot"))
_MODEL_OR_SNAPSHOT = _exactly(("model",), ("model", "snapshot"))
_PERSON = _exactly(("person",))
_ROLE = _exactly(("person", "role"))
_POLICY = _exactly(("policy",))

INLINE, DETACHED = True, False

KINDS: dict[str, Kind] = {
    "genesis": Kind(Genesis, INLINE, _ORG, _origin),
    "person": Kind(Person, INLINE, _PERSON, _person),
    "key": Kind(Key, INLINE, _PERSON, _person),
    "key-retired": Kind(KeyRetired, INLINE, _PERSON, _person),
    "key-compromised": Kind(KeyCompromised, INLINE, _PERSON, _person),
    "role": Kind(Role, INLINE, _ROLE, _person_and_role),
    "role-ended": Kind(RoleEnded, INLINE, _ROLE, _person_and_role),
    "log-key": Kind(LogKey, INLINE, _ORG),
    "sign-off": Kind(SignOff, INLINE, _of_another),
    "pause": Kind(Pause, INLINE, _org_or_models),
    "restriction": Kind(Pause, INLINE, _org_or_models),
    "resumed": Kind(OfWithReasons, INLINE, _of_another),
    "reversal": Kind(OfWithReasons, INLINE, _of_another),
    "interpretation": Kind(Interpretation, INLINE, _POLICY, _policy),
    "erasure": Kind(Erasure, INLINE, _ORG),
    "heartbeat": Kind(Heartbeat, INLINE, _ORG),
    "brought-forward": Kind(BroughtForward, INLINE, _org_and_any),
    "policy": Kind(Document, DETACHED, _POLICY),
    "policy-amendment": Kind(Document, DETACHED, _POLICY),
    "model-registered": Kind(ModelRegistered, DETACHED, _MODEL),
    "training-started": Kind(TrainingStarted, DETACHED, _MODEL),
    "training-checkpoint": Kind(TrainingCheckpoint, DETACHED, _SNAPSHOT),
    "training-stopped": Kind(TrainingStopped, DETACHED, _MODEL),
    "weights-deleted": Kind(WeightsDeleted, DETACHED, _MODEL_OR_SNAPSHOT),
    "permit": Kind(Permit, DETACHED, _MODEL_OR_SNAPSHOT),
    "deployment-started": Kind(DeploymentStarted, DETACHED, _SNAPSHOT),
    "deployment-changed": Kind(DeploymentChanged, DETACHED, _SNAPSHOT),
    "deployment-ended": Kind(DeploymentEnded, DETACHED, _SNAPSHOT),
    "eval-planned": Kind(EvalPlanned, DETACHED, _MODEL),
    "eval-result": Kind(EvalResult, DETACHED, _SNAPSHOT),
    "carried-over": Kind(CarriedOver, DETACHED, _MODEL),
    "interim-measure": Kind(Exempting, DETACHED, _ORG_OR_MODEL),
    "waiver": Kind(Exempting, DETACHED, _ORG_OR_MODEL),
    "marginal-risk": Kind(MarginalRisk, DETACHED, _ORG_OR_MODEL),
    "determination": Kind(Determination, DETACHED, _MODEL),
    "safeguard-attested": Kind(SafeguardAttested, DETACHED, _ORG_OR_MODEL),
    "safeguard-lapsed": Kind(SafeguardLapsed, DETACHED, _ORG_OR_MODEL),
    "report": Kind(Report, DETACHED, _org_or_models),
    "assessment": Kind(Assessment, DETACHED, _MODEL),
    "incident": Kind(Incident, DETACHED, _org_or_models),
    "noncompliance": Kind(Noncompliance, DETACHED, _org_or_models),
    "external-review": Kind(ExternalReview, DETACHED, _org_or_models),
    "disclosure": Kind(Disclosure, DETACHED, _org_or_models),
    "inventory": Kind(Inventory, DETACHED, _ORG),
    "correction": Kind(Correction, DETACHED, _of_what_is_corrected),
}
"""Every kind of `plimsoll/1`. Others, and other versions of these, are recorded and not understood."""

DOCUMENT_KINDS = frozenset({"policy", "policy-amendment"})
"""Kinds whose detached body is a policy document."""
