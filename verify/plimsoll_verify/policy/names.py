"""The names that a document defines, so that whoever refers to one can be held to it at once.

Source: SPEC 7.4.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from plimsoll_verify.policy.grammar import (
    FORCES,
    MAX_QUORUM_ROLES,
    Activity,
    Quorum,
    parse_deadline,
    parse_whole,
)
from plimsoll_verify.policy.promise import Promise, Respond
from plimsoll_verify.policy.reading import MAX_NESTING, Members, Place, nearest


@dataclass(slots=True)
class Names:
    """What a document defines.

    Attributes:
        clauses, roles, thresholds: by their names.
        tests: of each test whether it is of the system as deployed.
        criteria: of each standard the names of its criteria.
    """

    clauses: Mapping[str, object] = field(default_factory=dict)
    roles: Mapping[str, object] = field(default_factory=dict)
    thresholds: Mapping[str, object] = field(default_factory=dict)
    tests: Mapping[str, bool] = field(default_factory=dict)
    criteria: Mapping[str, AbstractSet[str]] = field(default_factory=dict)

    def promise(self, members: Members) -> Promise:
        """Return the clause and the force of a part."""
        return Promise(members.of("clause", self.clause), members.of("force", lambda at: at.one_of(FORCES)))

    def clause(self, place: Place) -> str:
        """Return a clause that the document lists."""
        clause = place.text()
        if clause not in self.clauses:
            place.fail(f"no clause {clause[:80]!a} is listed", nearest(clause, self.clauses))
        return clause

    def role(self, place: Place) -> str:
        """Return a role that the document lists."""
        role = place.id()
        if role not in self.roles:
            place.fail(f"no role {role} is listed", nearest(role, self.roles))
        return role

    def all_roles(self, place: Place) -> tuple[str, ...]:
        """Return a list of roles, none of them twice."""
        return place.distinct(self.role)

    def deadline(self, place: Place, member: str) -> Respond:
        """Return how long something may take, from `{<member>, words?, clause, force}`."""
        members = place.members([member, "clause", "force"], ["words"])
        return Respond(
            members.of(member, lambda at: at.read(parse_deadline)),
            self.promise(members),
            members.get("words", Place.text, ""),
        )

    def quorum(self, place: Place) -> Quorum:
        """Return a quorum of roles that the document lists.

        Source: SPEC 6.7, 7.2.
        """
        found = self._quorum(place, 1)
        if len(found.roles()) > MAX_QUORUM_ROLES:
            place.fail(f"{len(found.roles())} roles in one quorum, at most {MAX_QUORUM_ROLES} are allowed")
        return found

    def _quorum(self, place: Place, depth: int) -> Quorum:
        if isinstance(place.value, str):
            return Quorum(1, (self.role(place),))
        if not isinstance(place.value, dict) or len(place.value) != 1:
            place.fail("a quorum is a role, or one of all_of, any_of and k_of")
        if depth > MAX_NESTING:
            place.fail(f"quorums nested deeper than {MAX_NESTING}")
        word = next(iter(place.value))
        members = place.members([], ["all_of", "any_of", "k_of"])
        if word != "k_of":
            parts = self._parts(members[word], depth)
            return Quorum(len(parts) if word == "all_of" else 1, parts)
        inner = members["k_of"].members(["k", "of"])
        parts = self._parts(inner["of"], depth)
        return Quorum(count_of(inner["k"], len(parts)), parts)

    def _parts(self, place: Place, depth: int) -> tuple[str | Quorum, ...]:
        return tuple(
            self.role(item) if isinstance(item.value, str) else self._quorum(item, depth + 1)
            for item in place.items()
        )


def count_of(place: Place, size: int) -> int:
    """Return how many of a list are asked for: from 1 to all."""
    k = place.read(parse_whole)
    if not 1 <= k <= size:
        place.fail(f"{k} of {size}", "k is from 1 to the number of what is listed")
    return k


def activity(place: Place, *barred: Activity) -> Activity:
    """Return an activity, if it is none of those that make no sense there."""
    return Activity(place.one_of(one.value for one in Activity if one not in barred))


def truth(place: Place) -> bool:
    """Return whether it says "true"."""
    return place.one_of(["true", "false"]) == "true"
