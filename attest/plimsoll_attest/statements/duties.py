"""Kinds that duties are about: assessments, incidents, disclosures, outside reviews, inventories."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from plimsoll_attest.statements.evidence import File, Reasons
from plimsoll_attest.statements.kinds import Body, Digest, Id, Kind, ModelName, Name, Ref, Text, Time
from plimsoll_attest.statements.models import Attribute
from plimsoll_attest.statements.structural import Scope


class Assessment(Body):
    """A model was assessed as a whole."""

    type: Annotated[Name, "which assessment, as the policy's duties call it: comprehensive..."]
    covers: Annotated[list[Id], "the thresholds that it covers"] = field(default_factory=list)
    results: Annotated[list[Ref], "the results that it rests on"] = field(default_factory=list)
    completed: Annotated[Time | UnsetType, "when it was completed"] = UNSET
    reasons: Reasons = UNSET


class Incident(Body):
    """Something happened that should not have."""

    class_: Annotated[Id, "which class, as the policy's duties call it: critical, cyber..."] = field(
        name="class"
    )
    occurred: Annotated[Time, "when it happened"]
    aware: Annotated[Time, "when somebody of the organisation noticed it"]
    text: Annotated[Text | UnsetType, "what happened"] = UNSET


class Noncompliance(Body):
    """The organisation broke a policy, and says so itself."""

    text: Annotated[Text, "what was done, or left undone"]
    clause: Annotated[Text | UnsetType, "which clause was broken"] = UNSET
    policy: Annotated[Id | UnsetType, "of which policy"] = UNSET
    class_: Annotated[Id | UnsetType, "which class, as the policy's duties call it: material..."] = field(
        name="class", default=UNSET
    )
    occurred: Annotated[Time | UnsetType, "when it happened"] = UNSET


class Published(Body):
    """Where it stands for everybody."""

    url: Text | UnsetType = UNSET
    sha256: Digest | UnsetType = UNSET


class ExternalReview(Body):
    """Somebody outside reviewed something."""

    type: Annotated[Name, "which review, as the policy's duties call it"]
    of: Annotated[Ref | UnsetType, "what was reviewed"] = UNSET
    document: Annotated[File | UnsetType, "the review"] = UNSET
    published: Annotated[
        Published | UnsetType, "published.url and published.sha256 (of a policy: of what stands there)"
    ] = UNSET
    reasons: Reasons = UNSET


class Disclosure(Body):
    """Something was told to somebody, or published."""

    to: Annotated[Name, "to whom, as the policy's duties call them; `everybody` if it was published"]
    type: Annotated[Name, "what, as the policy's duties call it"]
    of: Annotated[Ref | UnsetType, "the entry that was disclosed"] = UNSET
    document: Annotated[File | UnsetType, "what was sent"] = UNSET
    published: Annotated[
        Published | UnsetType,
        "published.url and published.sha256 (of a policy: of the recorded document, or of its source)",
    ] = UNSET


class Running(Body):
    """Something that runs."""

    model: ModelName | UnsetType = UNSET
    snapshot: Digest | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    attributes: list[Attribute] | UnsetType = UNSET
    since: Time | UnsetType = UNSET


class Inventory(Body):
    """What was found running on a surface."""

    surface: Annotated[Id, "which surface"]
    at: Annotated[Time, "when it was looked at"]
    running: Annotated[list[Running], Meta(max_length=4096), "what runs there"] = field(default_factory=list)


_MODEL = ("model",)
_ORG = ("org",)
_ORG_OR_MODELS = (_ORG, ("model+",))

KINDS = (
    Kind(
        "assessment",
        Assessment,
        (_MODEL,),
        "A model was assessed as a whole",
        example="type=comprehensive --set covers=[cbrn-3] --set results=[#12]",
    ),
    Kind(
        "incident",
        Incident,
        _ORG_OR_MODELS,
        "Something happened that should not have",
        example="class=critical --set occurred=2026-05-01T09:00:00Z --set aware=2026-05-02T08:00:00Z",
    ),
    Kind(
        "noncompliance",
        Noncompliance,
        _ORG_OR_MODELS,
        "The organisation broke a policy, and says so",
        example="clause=3.1 --set class=material --set 'text=the assessment was skipped'",
    ),
    Kind(
        "external-review",
        ExternalReview,
        _ORG_OR_MODELS,
        "Somebody outside reviewed something",
        example="type=procedures --set of=#12",
    ),
    Kind(
        "disclosure",
        Disclosure,
        _ORG_OR_MODELS,
        "Something was told, or published",
        example="to='the board' --set type=incident --set of=#12",
    ),
    Kind(
        "inventory",
        Inventory,
        (_ORG,),
        "What was found running on a surface; see `plimsoll reconcile`",
        example="surface=api --set at=2026-05-01T09:00:00Z",
    ),
)
