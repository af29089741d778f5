"""Whether approvals meet a quorum: distinct persons, one for each role that is needed.

Somebody who holds two roles can fill either of them, and only one.

Source: SPEC 6.7.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from plimsoll_verify.policy.grammar import Quorum

Approvals = frozenset[tuple[str, str]]
"""Pairs of person and role."""


@lru_cache(maxsize=4096)
def is_met(quorum: Quorum, approvals: Approvals) -> bool:
    """Say whether distinct persons can be assigned to the roles that a quorum needs.

    Source: SPEC 6.7.
    """
    by_role: dict[str, list[str]] = {}
    for person, role in sorted(approvals):
        by_role.setdefault(role, []).append(person)
    return any(_can_assign(roles, by_role) for roles in _ways(quorum, by_role))


def _ways(quorum: Quorum, by_role: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """Yield the roles of each way to fill a quorum with roles that somebody has approved in."""
    filled: list[list[tuple[str, ...]]] = [
        [(part,)] if isinstance(part, str) else list(_ways(part, by_role))
        for part in quorum.of
        if not isinstance(part, str) or part in by_role
    ]
    for chosen in combinations(filled, quorum.k):
        yield from _products(chosen)


def _products(parts: tuple[list[tuple[str, ...]], ...]) -> Iterator[tuple[str, ...]]:
    if not parts:
        yield ()
        return
    for rest in _products(parts[1:]):
        for first in parts[0]:
            yield first + rest


def _can_assign(roles: tuple[str, ...], by_role: dict[str, list[str]]) -> bool:
    """Match roles to distinct persons, moving earlier ones where that makes room (augmenting paths)."""
    holder: dict[str, int] = {}

    def place(number: int, tried: set[str]) -> bool:
        for person in by_role[roles[number]]:
            if person not in tried:
                tried.add(person)
                if person not in holder or place(holder[person], tried):
                    holder[person] = number
                    return True
        return False

    return all(place(number, set()) for number in range(len(roles)))


def missing_roles(quorum: Quorum, approvals: Approvals) -> tuple[str, ...]:
    """Return the roles of which one more approval, by somebody new, would bring a quorum nearer.

    Empty if it is met. Where one person holds two of its roles this names both.

    Source: SPEC 6.7.
    """
    if is_met(quorum, approvals):
        return ()
    still: list[str] = []
    for part in quorum.of:
        if isinstance(part, str):
            if sum(1 for _, role in approvals if role == part) < quorum.of.count(part):
                still.append(part)
        else:
            still.extend(missing_roles(part, approvals))
    # Each part is filled, but by too few persons: anybody else in one of its roles would help.
    return tuple(dict.fromkeys(still or quorum.roles()))
