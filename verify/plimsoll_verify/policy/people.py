"""Who may not be who, who is told, who interprets, who reverses, and to which other policy one adheres.

Source: SPEC 7.4.
"""

from dataclasses import dataclass
from typing import Literal, cast

from plimsoll_verify.policy.grammar import Period, Quorum, parse_deadline
from plimsoll_verify.policy.names import Names
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.policy.reading import Place

MAKER, APPROVER = "whoever made it", "whoever approves it"


@dataclass(frozen=True, slots=True)
class Separation:
    """Two sides on which nobody may stand at once.

    Attributes:
        id: `separate.<n>`.
        who, apart_from: roles; None for whoever made it, and for whoever approves it.
        on: "model" for everything about one model, "act" for one act.
    """

    id: str
    promise: Promise
    who: tuple[str, ...] | None
    apart_from: tuple[str, ...] | None
    on: Literal["model", "act"]


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told afterwards, and how soon."""

    who: tuple[str, ...]
    within: Period


@dataclass(frozen=True, slots=True)
class Interpretation:
    """Who says what the policy means."""

    promise: Promise
    by: Quorum


@dataclass(frozen=True, slots=True)
class Reversal:
    """Who may reverse a permit, a start or a determination, and how soon that stops what it let happen."""

    promise: Promise
    by: Quorum
    stops_within: Period


@dataclass(frozen=True, slots=True)
class Adherence:
    """Another policy whose violations are findings of this one.

    Attributes:
        id: `adheres.<n>`.
        to: the other policy's id.
    """

    id: str
    promise: Promise
    to: str


def read_separate(place: Place, names: Names) -> tuple[Separation, ...]:
    """Return who has to be somebody else."""
    return place.each(lambda item: _separation(item, names))


def _separation(place: Place, names: Names) -> Separation:
    members = place.members(["clause", "force", "who", "from", "on"])
    on = members.of("on", lambda at: at.one_of(["the same model", "the same act"]))
    return Separation(
        f"separate.{place.path[-1]}",
        names.promise(members),
        members.of("who", lambda at: _side(at, names, MAKER)),
        members.of("from", lambda at: _side(at, names, APPROVER)),
        cast("Literal['model', 'act']", on.removeprefix("the same ")),
    )


def _side(place: Place, names: Names, words: str) -> tuple[str, ...] | None:
    if isinstance(place.value, str):
        place.one_of([words])
        return None
    return names.all_roles(place)


def read_told_after(place: Place, names: Names) -> Telling:
    """Return who is told afterwards."""
    members = place.members(["who", "within"])
    return Telling(members.of("who", names.all_roles), members.of("within", _deadline))


def read_interpretation(place: Place, names: Names) -> Interpretation:
    """Return who interprets."""
    members = place.members(["clause", "force", "by"])
    return Interpretation(names.promise(members), members.of("by", names.quorum))


def read_reversal(place: Place, names: Names) -> Reversal:
    """Return who reverses."""
    members = place.members(["clause", "force", "by", "stops_within"])
    return Reversal(
        names.promise(members), members.of("by", names.quorum), members.of("stops_within", _deadline)
    )


def read_adheres(place: Place, names: Names, own: str) -> tuple[Adherence, ...]:
    """Return to which policies one adheres.

    Args:
        place: the list.
        names: the clauses.
        own: the id of the policy itself.
    """
    found: list[str] = []

    def read(item: Place) -> Adherence:
        members = item.members(["clause", "force", "to"])
        to = members.of("to", Place.id)
        if to == own:
            members["to"].fail("a policy that adheres to itself")
        if to in found:
            members["to"].fail(f"{to} stands here twice", "remove one of the two")
        found.append(to)
        return Adherence(f"adheres.{item.path[-1]}", names.promise(members), to)

    return tuple(item.attempt(read) for item in place.items())


def _deadline(place: Place) -> Period:
    return place.read(parse_deadline)
