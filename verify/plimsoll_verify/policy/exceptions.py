"""Exceptions: interim measures, waivers, and safeguards lowered because the risk is there anyhow.

Source: SPEC 7.4.
"""

from dataclasses import dataclass

from plimsoll_verify.policy.grammar import Period, Quorum, parse_period
from plimsoll_verify.policy.names import Names, truth
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.policy.reading import Place

KINDS = ("interim", "waiver", "marginal")


@dataclass(frozen=True, slots=True)
class ExceptionRule:
    """How a standard that is needed may be done without for a time.

    Attributes:
        kind: "interim", "waiver" or "marginal".
        told: roles that have to be told.
        at_most: for how long in all; None where the source gives no time (`unstated`).
        published: whether it has to be published.
        assurance: what measures in the meantime have to achieve, or "".
        preconditions: what has to be attested of a marginal risk.
    """

    kind: str
    promise: Promise
    approved_by: Quorum
    told: tuple[str, ...]
    at_most: Period | None
    published: bool
    assurance: str
    preconditions: tuple[str, ...]


def read_exceptions(place: Place, names: Names) -> dict[str, ExceptionRule]:
    """Return the exceptions of a document, by kind."""
    members = place.members([], KINDS)
    found = {}
    for kind in KINDS:
        rule = members.get(kind, lambda at: _exception(at, names, str(at.path[-1])), None)
        if rule is not None:
            found[kind] = rule
    return found


def _exception(place: Place, names: Names, kind: str) -> ExceptionRule:
    if kind == "marginal":
        members = place.members(
            ["clause", "force", "approved_by", "preconditions", "at_most"], ["told", "published"]
        )
    else:
        members = place.members(
            ["clause", "force", "approved_by", "at_most"], ["told", "published", "assurance"]
        )
    return ExceptionRule(
        kind,
        names.promise(members),
        members.of("approved_by", names.quorum),
        members.get("told", names.all_roles, ()),
        members.of("at_most", _at_most),
        members.get("published", truth, default=False),
        members.get("assurance", Place.text, ""),
        members.get("preconditions", lambda at: at.distinct(Place.id), ()),
    )


def _at_most(place: Place) -> Period | None:
    if place.value == "unstated":
        return None
    return place.read(_period_or_unstated)


def _period_or_unstated(text: str) -> Period:
    try:
        return parse_period(text)
    except ValueError as error:
        raise ValueError(f"{error}, or `unstated`,") from None
