"""How a policy changes: proposed, consulted on, approved, published, announced; and more so where it weakens.

Source: SPEC 7.4, 7.5.
"""

from dataclasses import dataclass

from plimsoll_verify.policy.grammar import Period, Quorum, parse_period
from plimsoll_verify.policy.names import Names
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.policy.reading import Place, PolicyError


@dataclass(frozen=True, slots=True)
class Weakening:
    """What an amendment that relaxes a rule needs besides.

    Attributes:
        approved_by: whose approval.
        notice: how long before it takes effect it has to be recorded; None for no time.
        forbidden_within: how soon before a need that the old version has it may not come; None for never.
    """

    approved_by: Quorum
    notice: Period | None
    forbidden_within: Period | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """How an amendment comes about.

    Attributes:
        promise: clause and force, None where the policy gives none.
        approved_by: whose approval completes it.
        proposed_by: who proposes it, None for anybody.
        consulted: roles that are consulted before.
        published: whether it is published before it takes effect.
        notice: how long before it takes effect it has to be recorded; None for no time.
        weakening: what one that relaxes a rule needs besides.
        keep_until: for how long what was let out under the version before may go by it; None for no time.
    """

    approved_by: Quorum
    promise: Promise | None = None
    proposed_by: Quorum | None = None
    consulted: tuple[str, ...] = ()
    published: bool = False
    notice: Period | None = None
    weakening: Weakening | None = None
    keep_until: Period | None = None


_DEMANDS = ("proposed_by", "consulted", "published", "notice", "weakening", "transition")


def read_amendment(place: Place, names: Names) -> Amendment:
    """Return how a policy is amended.

    Whatever it asks for besides its quorum is a promise, and has its clause and force.
    """
    members = place.members(["approved_by"], ["clause", "force", *_DEMANDS])
    demands = [demand for demand in _DEMANDS if demand in members]
    given = [member for member in ("clause", "force") if member in members]
    if len(given) == 1 or (demands and not given):
        missing = "force" if given == ["clause"] else "clause"
        reason = f"{demands[0]} is a promise" if demands else f"{given[0]} stands there"
        place.note(PolicyError(place.path, f"{missing} is missing", f"{reason}: give clause and force"))
    members.get("published", lambda at: at.one_of(["before effect"]), "")
    return Amendment(
        members.of("approved_by", names.quorum),
        names.promise(members) if len(given) == 2 else None,
        members.get("proposed_by", names.quorum, None),
        members.get("consulted", names.all_roles, ()),
        "published" in members,
        members.get("notice", _period, None),
        members.get("weakening", lambda at: _weakening(at, names), None),
        members.get("transition", _transition, None),
    )


def _weakening(place: Place, names: Names) -> Weakening:
    members = place.members(["approved_by"], ["notice", "forbidden_within"])
    return Weakening(
        members.of("approved_by", names.quorum),
        members.get("notice", _period, None),
        members.get("forbidden_within", _period, None),
    )


def _transition(place: Place) -> Period:
    return place.members(["keep_until"]).of("keep_until", _period)


def _period(place: Place) -> Period:
    return place.read(parse_period)
