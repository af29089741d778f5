"""The kinds of statement of this version: which body each has, where it stands, what it may be about."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from plimsoll_verify.bodies import (
    BroughtForward,
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


class Document(Struct, frozen=True):
    """Stands for a policy document, which is generic and read by the policy's own parser (SPEC 5.2, 7)."""


class Kind(NamedTuple):
    """What is known of a kind.

    Attributes:
        body: its struct.
        structural: True if the body stands inline (SPEC 4.6).
        about: which types its subjects may have, each a sorted tuple; () means those of the statement it
            refers to.
        names: the subjects that the body itself implies, where it does.
    """

    body: type[Struct]
    structural: bool
    about: tuple[tuple[str, ...], ...]
    names: Callable[..., tuple[str, ...]] | None = None


def _person(body: Person | Key | KeyRetired | KeyCompromised) -> tuple[str, ...]:
    return (f"person:{body.person}",)


def _person_and_role(body: Role | RoleEnded) -> tuple[str, ...]:
    return (f"person:{body.person}", f"role:{body.role}")


def _policy(body: Interpretation) -> tuple[str, ...]:
    return (f"policy:{body.policy}",)


def _origin(body: Genesis) -> tuple[str, ...]:
    return (f"org:{body.origin}",)


_ORG = (("org",),)
_ORG_AND_MORE = (("org",), ("org", "..."))
_ORG_OR_MODELS = (("org",), ("model", "..."))
_ORG_OR_MODEL = (("org",), ("model",))
_MODEL = (("model",),)
_SNAPSHOT = (("model", "snapshot"),)
_PERSON = (("person",),)
_ROLE = (("person", "role"),)
_POLICY = (("policy",),)

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
    "sign-off": Kind(SignOff, INLINE, ()),
    "pause": Kind(Pause, INLINE, _ORG_OR_MODELS),
    "restriction": Kind(Pause, INLINE, _ORG_OR_MODELS),
    "resumed": Kind(OfWithReasons, INLINE, ()),
    "reversal": Kind(OfWithReasons, INLINE, ()),
    "interpretation": Kind(Interpretation, INLINE, _POLICY, _policy),
    "erasure": Kind(Erasure, INLINE, _ORG),
    "heartbeat": Kind(Heartbeat, INLINE, _ORG),
    "brought-forward": Kind(BroughtForward, INLINE, _ORG_AND_MORE),
    "policy": Kind(Document, DETACHED, _POLICY),
    "policy-amendment": Kind(Document, DETACHED, _POLICY),
    "model-registered": Kind(ModelRegistered, DETACHED, _MODEL),
    "training-started": Kind(TrainingStarted, DETACHED, _MODEL),
    "training-checkpoint": Kind(TrainingCheckpoint, DETACHED, _SNAPSHOT),
    "training-stopped": Kind(TrainingStopped, DETACHED, _MODEL),
    "weights-deleted": Kind(WeightsDeleted, DETACHED, (*_MODEL, *_SNAPSHOT)),
    "permit": Kind(Permit, DETACHED, (*_MODEL, *_SNAPSHOT)),
    "deployment-started": Kind(DeploymentStarted, DETACHED, _SNAPSHOT),
    "deployment-changed": Kind(DeploymentChanged, DETACHED, _SNAPSHOT),
    "deployment-ended": Kind(DeploymentEnded, DETACHED, _SNAPSHOT),
    "eval-planned": Kind(EvalPlanned, DETACHED, _MODEL),
    "eval-result": Kind(EvalResult, DETACHED, _SNAPSHOT),
    "determination": Kind(Determination, DETACHED, _MODEL),
    "safeguard-attested": Kind(SafeguardAttested, DETACHED, _ORG_OR_MODEL),
    "safeguard-lapsed": Kind(SafeguardLapsed, DETACHED, _ORG_OR_MODEL),
    "report": Kind(Report, DETACHED, _ORG_OR_MODELS),
}
"""Every kind of `plimsoll/1`. Others, and other versions of these, are recorded and not understood."""

DOCUMENT_KINDS = frozenset({"policy", "policy-amendment"})
"""Kinds whose detached body is a policy document."""
