"""A difference between two versions of a policy: where, what it is, and why.

Source: SPEC 7.7.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from plimsoll_verify.policy.order import EQUAL, WEAKER, Order, Relation


class Reason(NamedTuple):
    """One difference within a part."""

    relation: Relation
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """A part that differs.

    Attributes:
        where: its place, in the new version where it is there, else in the old one.
        clause: the clause of a rule, or "".
        reasons: the differences.
    """

    where: str
    clause: str
    reasons: tuple[Reason, ...]

    @property
    def relation(self) -> Relation:
        """What the new part is, compared with the old one."""
        return _joined(reason.relation for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All parts that differ."""

    changes: tuple[Change, ...]

    @property
    def relation(self) -> Relation:
        """What the new version is, compared with the old one."""
        return _joined(change.relation for change in self.changes)

    @property
    def may_weaken(self) -> bool:
        """Whether something is asked for less than before, be it that something else is asked for more."""
        return bool(self.relation & WEAKER)

    @property
    def surely_weakens(self) -> bool:
        """Whether some member is asked for less, and not only something else in its place."""
        return any(reason.relation is WEAKER for change in self.changes for reason in change.reasons)


def _joined(relations: Iterable[Relation]) -> Relation:
    found = EQUAL
    for relation in relations:
        found |= relation
    return found


class Part:
    """Collects the differences of one part."""

    def __init__(self, where: str, clause: str = "") -> None:
        self.where = where
        self.clause = clause
        self.reasons: list[Reason] = []

    def weigh(self, what: str, old: Any, new: Any, order: Order, told: Callable[[Any], str] = str) -> None:
        """Compare a member of the part, and note what differs.

        Args:
            what: the member, in words.
            old: what it was.
            new: what it is.
            order: how to compare.
            told: how to say it.
        """
        if old != new:
            was, now = (("not given" if one is None else told(one)) for one in (old, new))
            self.reasons.append(Reason(order(old, new), f"{what} was {was}, is {now}"))

    def say(self, relation: Relation, words: str) -> None:
        """Note a difference."""
        self.reasons.append(Reason(relation, words))

    def change(self) -> Iterable[Change]:
        """Yield the change, if there is any."""
        if self.reasons:
            yield Change(self.where, self.clause, tuple(self.reasons))


def named(
    where: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    compared: Callable[[Part, Any, Any], None],
    *,
    added: Relation,
) -> Iterable[Change]:
    """Yield what differs among parts that have names.

    Args:
        where: the kind of part.
        old: the old ones, by name.
        new: the new ones, by name.
        compared: compares two of a name.
        added: what one more of them is; EQUAL where it has an effect only by what refers to it.
    """
    for name in [*old, *(name for name in new if name not in old)]:
        one, other = old.get(name), new.get(name)
        promise = getattr(one if other is None else other, "promise", None)
        part = Part(f"{where}.{name}", promise.clause if promise else "")
        if one is None:
            part.say(added, "is new")
        elif other is None:
            part.say(added.flipped(), "is gone")
        elif one != other:
            compared(part, one, other)
        yield from part.change()


def listed(names: Iterable[Any]) -> str:
    """Return names in one line."""
    return ", ".join(sorted(map(str, names))) or "none"


def yes(is_so: object) -> str:
    """Return yes or no."""
    return "yes" if is_so else "no"


def period(one: Any) -> str:
    """Return a period as the policy writes it."""
    return str(one.text)
