"""Kinds about models: registration, training, permits, deployments. Bodies are detached and salted."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from plimsoll_attest.statements.kinds import Body, Count, Id, Kind, ModelName, Name, Ref, Text, Time
from plimsoll_attest.statements.structural import Activity, Scope

Attribute = Literal["autonomy-expanded", "tools"]
Attributes = Annotated[list[Attribute] | UnsetType, "what it may do beyond answering"]
Permit = Annotated[Ref | UnsetType, "the permit that it starts under"]
Surface = Annotated[Id, "where it is reached, such as api"]
ScopeOf = Annotated[Scope, "how far it reaches"]
Environment = Annotated[Id | UnsetType, "in which environment the weights are"]
Reasons = Annotated[Text | UnsetType, "why"]


class Parent(Body):
    """A model that this one comes from."""

    model: ModelName
    relation: Id


class Compute(Body):
    """Effective training compute."""

    flop: Annotated[str, Meta(pattern=r"\A(?:0|[1-9][0-9]{0,63})(?:\.[0-9]{1,32})?(?:e[0-9]{1,3})?\Z")]


class ModelRegistered(Body):
    """A model gets its name, before it has weights."""

    name: Annotated[Name, "what people call it"]
    parents: Annotated[list[Parent] | UnsetType, "models that it comes from"] = UNSET
    stage: Annotated[Name | UnsetType, "such as pre-training"] = UNSET
    compute: Annotated[Compute | UnsetType, "training compute, as decimal text"] = UNSET


class TrainingStarted(Body):
    """Training begins."""

    stage: Annotated[Name | UnsetType, "such as fine-tuning"] = UNSET
    permit: Permit = UNSET
    environment: Environment = UNSET


class TrainingCheckpoint(Body):
    """Weights exist: the subject snapshot is their manifest's digest."""

    files: Annotated[Count, "files in the manifest"]
    bytes: Annotated[Count, "bytes in all"]
    label: Annotated[Name | UnsetType, "what people call this snapshot"] = UNSET


class TrainingStopped(Body):
    """Training ends."""

    of: Annotated[Ref, "the training-started"]


class WeightsDeleted(Body):
    """Weights are stored no longer."""

    reasons: Reasons = UNSET


class PermitBody(Body):
    """What gate approvers sign off before a start."""

    activity: Annotated[Activity, "what it permits"]
    expires: Annotated[Time, "until when a start may rely on it"]
    scope: Annotated[Scope | UnsetType, "how far it may reach"] = UNSET
    surface: Annotated[Id | UnsetType, "where it may be reached"] = UNSET
    attributes: Attributes = UNSET


class DeploymentStarted(Body):
    """A deployment begins."""

    scope: ScopeOf
    surface: Surface
    attributes: Attributes = UNSET
    permit: Permit = UNSET
    environment: Environment = UNSET
    deployment: Annotated[Id | UnsetType, "its name, which no other deployment has had"] = UNSET


class DeploymentChanged(Body):
    """A deployment goes on in another form."""

    of: Annotated[Ref, "the deployment-started"]
    scope: ScopeOf
    surface: Surface
    attributes: Attributes = UNSET
    permit: Permit = UNSET
    environment: Environment = UNSET


class DeploymentEnded(Body):
    """A deployment ends."""

    of: Annotated[Ref, "the deployment-started"]
    reasons: Reasons = UNSET


def _permit_fits(names: Sequence[str], body: Mapping[str, Any]) -> str:
    if (body["activity"] == "deploy") == any(name.startswith("snapshot:") for name in names):
        return ""
    return "a permit to deploy names a snapshot, and one to train names none"


_MODEL = ("model",)
_SNAPSHOT = ("model", "snapshot")

KINDS = (
    Kind("model-registered", ModelRegistered, (_MODEL,), "A model gets its name", example="name=harbour-2"),
    Kind("training-started", TrainingStarted, (_MODEL,), "Training begins", example="stage=fine-tuning"),
    Kind("training-checkpoint", TrainingCheckpoint, (_SNAPSHOT,), "A snapshot of the weights exists"),
    Kind(
        "training-stopped",
        TrainingStopped,
        (_MODEL,),
        "Training ends",
        example="of=#12",
        of=("training-started",),
    ),
    Kind("weights-deleted", WeightsDeleted, (_MODEL, _SNAPSHOT), "Weights are stored no longer"),
    Kind(
        "permit",
        PermitBody,
        (_MODEL, _SNAPSHOT),
        "What may start, once approved",
        fits=_permit_fits,
        example="activity=deploy --set scope=external.general --set surface=api "
        "--set expires=2027-01-01T00:00:00Z",
    ),
    Kind(
        "deployment-started",
        DeploymentStarted,
        (_SNAPSHOT,),
        "A deployment begins",
        example="scope=external.general --set surface=api --set permit=#12",
    ),
    Kind(
        "deployment-changed",
        DeploymentChanged,
        (_SNAPSHOT,),
        "A deployment goes on in another form",
        of=("deployment-started",),
    ),
    Kind(
        "deployment-ended",
        DeploymentEnded,
        (_SNAPSHOT,),
        "A deployment ends",
        example="of=#12",
        of=("deployment-started",),
    ),
)
