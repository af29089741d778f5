"""Structural kinds: who may say what, and what everybody must be able to read. Their bodies stand inline.

They hold opaque ids only. Names of people and written reasons are texts that the home keeps by digest, so
that they can be erased without touching the log.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from plimsoll_attest.statements.kinds import Body, Count, Digest, Id, Kind, Name, Ref, Text, Time

Decision = Literal["approve", "dissent", "recuse", "consulted", "told"]
Activity = Literal["deploy", "train"]
Scope = Literal[
    "external.trusted",
    "external.limited",
    "external.general",
    "external.weights",
    "external.fine-tuning",
    "internal.limited",
    "internal.large-scale",
    "internal.high-risk",
]
FORMAT: Final = "plimsoll/1"

OptionalReasons = Annotated[Digest | UnsetType, "digest of written reasons; give them with --why"]


class Founder(Body):
    """A root person in the genesis, with the proof that they hold their key."""

    person: Id
    vkey: Text
    proof: Text


class Genesis(Body):
    """The first entry: the log's keys and who decides."""

    format: Annotated[Literal["plimsoll/1"], "plimsoll/1"]
    origin: Annotated[Text, "the log's origin"]
    log: Annotated[list[Text], Meta(min_length=1), "the log's vkeys"]
    root: Annotated[list[Founder], Meta(min_length=1), "root persons, their keys and proofs"]
    quorum: Annotated[Annotated[int, Meta(ge=1)], "root persons needed to enrol"]


class Person(Body):
    """A person enters the ledger."""

    person: Annotated[Id, "their id"]
    details_sha256: Annotated[Digest | UnsetType, "digest of the details that the home keeps"] = UNSET


class Key(Body):
    """A key is enrolled for a person."""

    person: Annotated[Id, "whose key it is"]
    vkey: Annotated[Text, "the public key line"]
    proof: Annotated[Text, "base64 proof of possession"]


class KeyRetired(Body):
    """A key is no longer used."""

    person: Annotated[Id, "whose key it was"]
    keyid: Annotated[Digest, "hex SHA-256 of the key"]


class KeyCompromised(Body):
    """A key has been in other hands since an entry."""

    person: Annotated[Id, "whose key it was"]
    keyid: Annotated[Digest, "hex SHA-256 of the key"]
    since: Annotated[Count, "first entry that is in doubt"]


class Role(Body):
    """A person gets a role."""

    person: Annotated[Id, "who gets it"]
    role: Annotated[Id, "which role"]
    until: Annotated[Time | UnsetType, "end of the term"] = UNSET


class RoleEnded(Body):
    """A person has a role no longer."""

    person: Annotated[Id, "who had it"]
    role: Annotated[Id, "which role"]


class LogKey(Body):
    """The log gets another key."""

    vkey: Annotated[Text, "the log's new vkey"]


class SignOff(Body):
    """A person's word on an act of somebody else."""

    of: Annotated[Ref, "the statement"]
    decision: Annotated[Decision, "what they say"]
    reasons_sha256: OptionalReasons = UNSET


class Pause(Body):
    """Activities stop."""

    activities: Annotated[list[Activity], Meta(min_length=1), "what stops"]
    scopes: Annotated[list[Scope] | UnsetType, "where; absent: everywhere"] = UNSET
    until: Annotated[Time | UnsetType, "when it ends by itself"] = UNSET
    reasons_sha256: OptionalReasons = UNSET


class Resumed(Body):
    """A pause or restriction is lifted."""

    of: Annotated[Ref, "the pause or restriction"]
    reasons_sha256: OptionalReasons = UNSET


class Reversal(Body):
    """A decision is reversed."""

    of: Annotated[Ref, "the decision"]
    reasons_sha256: OptionalReasons = UNSET


class Interpretation(Body):
    """A clause of the policy is read in one way, from now on."""

    policy: Annotated[Id, "which policy"]
    clause: Annotated[Name, "which clause"]
    reading_sha256: Annotated[Digest, "digest of the reading that the home keeps"]


class Erasure(Body):
    """Bodies or texts were erased from the home."""

    digests: Annotated[list[Digest], Meta(min_length=1), "what was erased"]
    reasons_sha256: OptionalReasons = UNSET


class Heartbeat(Body):
    """Nothing happened, and somebody says so."""


class BroughtForward(Body):
    """A claim about what was before this ledger."""

    kind: Annotated[Name, "the kind of statement that it stands for"]
    claim_sha256: Annotated[Digest, "digest of the claim's canonical JSON"]
    claim: Annotated[dict[str, Any] | UnsetType, "the body of such a statement, without salt"] = UNSET
    source: Annotated[Name | UnsetType, "where it was taken from, for people"] = UNSET
    source_sha256: Annotated[Digest | UnsetType, "digest of where it was taken from"] = UNSET


def _person(body: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"person:{body['person']}",)


def _person_and_role(body: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"person:{body['person']}", f"role:{body['role']}")


def _policy(body: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"policy:{body['policy']}",)


def _origin(body: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"org:{body['origin']}",)


_ORG = ("org",)
_PERSON = ("person",)
_ORG_OR_MODELS = (_ORG, ("model+",))

KINDS = (
    Kind("genesis", Genesis, (_ORG,), "The ledger begins", structural=True, names=_origin),
    Kind(
        "person",
        Person,
        (_PERSON,),
        "A person enters the ledger",
        structural=True,
        names=_person,
        example="person=rso",
    ),
    Kind("key", Key, (_PERSON,), "A key is enrolled for a person", structural=True, names=_person),
    Kind("key-retired", KeyRetired, (_PERSON,), "A key is no longer used", structural=True, names=_person),
    Kind(
        "key-compromised",
        KeyCompromised,
        (_PERSON,),
        "A key has been in other hands",
        structural=True,
        names=_person,
    ),
    Kind(
        "role", Role, (("person", "role"),), "A person gets a role", structural=True, names=_person_and_role
    ),
    Kind(
        "role-ended",
        RoleEnded,
        (("person", "role"),),
        "A person has a role no longer",
        structural=True,
        names=_person_and_role,
    ),
    Kind("log-key", LogKey, (_ORG,), "The log gets another key", structural=True),
    Kind("sign-off", SignOff, (), "A person's word on an act", structural=True, example="decision=approve"),
    Kind(
        "pause",
        Pause,
        _ORG_OR_MODELS,
        "Activities stop",
        structural=True,
        example="activities=[deploy,train]",
    ),
    Kind(
        "restriction",
        Pause,
        _ORG_OR_MODELS,
        "Activities are restricted",
        structural=True,
        example="activities=[deploy]",
    ),
    Kind(
        "resumed",
        Resumed,
        (),
        "A pause or restriction is lifted",
        structural=True,
        example="of=#12",
        of=("pause", "restriction"),
    ),
    Kind(
        "reversal",
        Reversal,
        (),
        "A decision or a start is reversed by those who may",
        structural=True,
        example="of=#12",
        of=(
            "permit",
            "determination",
            "carried-over",
            "interim-measure",
            "waiver",
            "marginal-risk",
            "deployment-started",
            "deployment-changed",
            "training-started",
        ),
    ),
    Kind(
        "interpretation",
        Interpretation,
        (("policy",),),
        "A clause is read in one way",
        structural=True,
        names=_policy,
    ),
    Kind("erasure", Erasure, (_ORG,), "Bodies or texts were erased", structural=True),
    Kind("heartbeat", Heartbeat, (_ORG,), "The record is alive", structural=True),
    Kind(
        "brought-forward", BroughtForward, (("org", "*"),), "A claim about what was before", structural=True
    ),
)
