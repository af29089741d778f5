"""Kinds of exceptions: a standard that is needed is done without for a time, by those who may decide it."""

from typing import Annotated

from msgspec import UNSET, UnsetType

from plimsoll_attest.statements.duties import Published
from plimsoll_attest.statements.kinds import Body, Id, Kind, Text, Time
from plimsoll_attest.statements.structural import Scope


class Exempting(Body):
    """A standard is done without for a time."""

    standard: Annotated[Id, "the standard that is done without"]
    reasons: Annotated[Text, "why, and what is done instead"]
    criterion: Annotated[Id | UnsetType, "the one criterion of it, if not all"] = UNSET
    scopes: Annotated[list[Scope] | UnsetType, "for which scopes of deployment; without it all"] = UNSET
    surfaces: Annotated[list[Id] | UnsetType, "for which surfaces; without it all"] = UNSET
    expires: Annotated[Time | UnsetType, "until when; without it as long as the policy lets it"] = UNSET
    publication: Annotated[Published | UnsetType, "where it was published"] = UNSET


class MarginalRisk(Body):
    """A standard is done without because others pose the risk anyhow."""

    standard: Annotated[Id, "the standard that is done without"]
    reasons: Annotated[Text, "why the risk is not greater for it"]
    preconditions: Annotated[list[Id], "what of the policy's preconditions is the case"]
    criterion: Annotated[Id | UnsetType, "the one criterion of it, if not all"] = UNSET
    scopes: Annotated[list[Scope] | UnsetType, "for which scopes of deployment; without it all"] = UNSET
    surfaces: Annotated[list[Id] | UnsetType, "for which surfaces; without it all"] = UNSET
    expires: Annotated[Time | UnsetType, "until when; without it as long as the policy lets it"] = UNSET
    publication: Annotated[Published | UnsetType, "where it was published"] = UNSET


_ORG_OR_MODEL = (("org",), ("model",))

KINDS = (
    Kind("interim-measure", Exempting, _ORG_OR_MODEL, "Measures of equal assurance stand in for a standard"),
    Kind("waiver", Exempting, _ORG_OR_MODEL, "A standard is waived for a time"),
    Kind(
        "marginal-risk", MarginalRisk, _ORG_OR_MODEL, "A standard is lowered, as others pose the risk anyhow"
    ),
)
