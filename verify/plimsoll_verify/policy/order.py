"""When one word of a policy asks for more than another: periods, quorums, groups, limits, lists.

A policy is at least as strong as another if whatever history breaks the other breaks it, too. What asks for
more in one way and for less in another is neither.

Source: SPEC 7.7.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from enum import IntFlag
from functools import lru_cache
from itertools import accumulate, chain, combinations, islice, product
from typing import Any

from plimsoll_verify.policy.grammar import FORCES, Period, Quorum
from plimsoll_verify.policy.groups import Group
from plimsoll_verify.policy.measures import Limit, Test

MAX_WAYS = 64
"""Ways to meet a quorum or a group that are compared one by one; with more of them only what is equal is.

An amendment is compared by every verifier, so that whoever writes it must not make that take long.
"""

_Way = frozenset[tuple[str, int]]
"""What is enough to meet a quorum or a group: each name as often as it takes, numbered from 0."""


class Relation(IntFlag):
    """What the new one is, compared with the old one; together they are joined by `|`."""

    EQUAL = 0
    STRONGER = 1
    WEAKER = 2
    INCOMPARABLE = 3

    @property
    def word(self) -> str:
        """Return its name in lower case."""
        return ("equal", "stronger", "weaker", "incomparable")[self]

    def flipped(self) -> "Relation":
        """Return what the old one is, compared with the new one."""
        return Relation((self & 1) << 1 | self >> 1)


Order = Callable[[Any, Any], Relation]
"""Compares an old value with a new one."""

EQUAL, STRONGER, WEAKER, INCOMPARABLE = map(Relation, range(4))


def changed(old: Any, new: Any) -> Relation:
    """Compare what is the same or not to be compared."""
    return EQUAL if old == new else INCOMPARABLE


def larger(old: Any, new: Any) -> Relation:
    """Compare numbers of which the larger asks for more."""
    return _implied(new >= old, old >= new)


def smaller(old: Any, new: Any) -> Relation:
    """Compare numbers of which the smaller asks for more."""
    return larger(new, old)


def more(old: Collection[Any], new: Collection[Any]) -> Relation:
    """Compare lists of which the longer asks for more."""
    return _implied(set(new) >= set(old), set(old) >= set(new))


def fewer(old: Collection[Any], new: Collection[Any]) -> Relation:
    """Compare lists of which the shorter asks for more."""
    return more(new, old)


def flip(order: Order) -> Order:
    """Return an order the other way round."""
    return lambda old, new: order(new, old)


def if_given(order: Order) -> Order:
    """Return an order in which what is absent (None) asks for nothing."""

    def found(old: Any, new: Any) -> Relation:
        if old is None or new is None:
            return _implied(old is None, new is None)
        return order(old, new)

    return found


def unless_given(order: Order) -> Order:
    """Return an order in which what is absent (None) asks for most."""

    def found(old: Any, new: Any) -> Relation:
        if old is None or new is None:
            return _implied(new is None, old is None)
        return order(old, new)

    return found


def force(old: str, new: str) -> Relation:
    """Compare forces: a commitment binds most."""
    return smaller(FORCES.index(old), FORCES.index(new))


def _implied(at_least: bool, at_most: bool) -> Relation:  # noqa: FBT001
    """Return the relation of a new one that asks for at least as much, or at most as much."""
    if at_least and at_most:
        return EQUAL
    if at_least or at_most:
        return STRONGER if at_least else WEAKER
    return INCOMPARABLE


# -- periods


def shorter(old: Period, new: Period) -> Relation:
    """Compare periods of which the shorter asks for more, whenever they begin; no figure asks for least.

    A month is 28 to 31 days: 30 days and 1 month are not to be compared.
    """
    (old_low, old_high), (new_low, new_high) = _lengths(old), _lengths(new)
    if bool(old.months) == bool(new.months):
        return smaller(old_low, new_low)
    return _implied(new_high <= old_low, old_high <= new_low)


longer = flip(shorter)


@lru_cache(maxsize=256)
def _lengths(period: Period) -> tuple[int, int]:
    """Return the least and the greatest length in ms, whenever it begins."""
    if not period.months:
        return period.ms, period.ms
    days = [_days(year % 400, month) for year in range(-(-period.months // 12) + 401) for month in range(12)]
    ends = [0, *accumulate(days)]
    found = {
        ends[at + period.months] - ends[at] + min(day, days[at + period.months]) - day
        for at in range(4800)
        for day in range(28, days[at] + 1)
    }
    return min(found) * 86_400_000, max(found) * 86_400_000


def _days(year: int, month: int) -> int:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year == 0)
    return 28 + is_leap if month == 1 else 30 + (month in (0, 2, 4, 6, 7, 9, 11))


# -- quorums and groups


def harder(old: Quorum, new: Quorum) -> Relation:
    """Compare quorums of which the harder asks for more: whoever meets it meets the other as well."""
    return _by_ways(old, new)


easier = flip(harder)


def sooner(old: Group, new: Group) -> Relation:
    """Compare groups of tests of which the one that is crossed sooner asks for more.

    It has to hold all tests of the other: what has no result of any of its tests is unassessed.
    """
    return _by_ways(new, old) | _implied(
        set(new.tests()) >= set(old.tests()), set(old.tests()) >= set(new.tests())
    )


def _by_ways(old: Quorum | Group, new: Quorum | Group) -> Relation:
    if old == new:
        return EQUAL
    old_ways, new_ways = (tuple(islice(_ways(one), MAX_WAYS + 1)) for one in (old, new))
    if max(len(old_ways), len(new_ways)) > MAX_WAYS:
        return INCOMPARABLE
    return _implied(_implies(new_ways, old_ways), _implies(old_ways, new_ways))


def _implies(ways: tuple[_Way, ...], others: tuple[_Way, ...]) -> bool:
    """Say whether whatever meets one of these ways meets one of the others."""
    return all(any(other <= way for other in others) for way in ways)


def _ways(one: Quorum | Group) -> Iterator[_Way]:
    """Yield what is enough to meet a quorum or a group."""
    for names in _names(one):
        seen: Counter[str] = Counter()
        way = []
        for name in names:
            way.append((name, seen[name]))
            seen[name] += 1
        yield frozenset(way)


def _names(one: "str | Quorum | Group") -> Iterator[tuple[str, ...]]:
    if isinstance(one, str):
        yield (one,)
        return
    for chosen in combinations(one.of, one.k):
        # Each way to meet each of the parts, together; a part that was looked through is at most so large.
        for parts in product(*(tuple(islice(_names(part), MAX_WAYS + 1)) for part in chosen)):
            yield tuple(chain.from_iterable(parts))


# -- limits of tests


def ruling_out(old: Limit, new: Limit) -> Relation:
    """Compare limits under which a result rules out: the narrower asks for more."""
    if old.word != new.word or old.compare != new.compare:
        return INCOMPARABLE
    is_high = old.word == "below"
    by_amount = (smaller if is_high else larger)(_amount(old), _amount(new))
    cautious = "upper 95 % bound" if is_high else "lower 95 % bound"
    if old.judged_on == new.judged_on:
        by_figure = EQUAL
    elif cautious in (old.judged_on, new.judged_on):
        # A result of which the bound is not known rules nothing out, so that the cautious one asks for more.
        by_figure = STRONGER if new.judged_on == cautious else WEAKER
    else:
        by_figure = INCOMPARABLE
    return by_amount | by_figure


def ruling_in(old: Limit, new: Limit) -> Relation:
    """Compare limits past which a result is dangerous: the wider asks for more."""
    if old.word != new.word or old.compare != new.compare:
        return INCOMPARABLE
    is_high = old.word == "at_or_above"
    by_amount = (smaller if is_high else larger)(_amount(old), _amount(new))
    if old.judged_on == new.judged_on:
        return by_amount
    if "score" in (old.judged_on, new.judged_on):
        return INCOMPARABLE  # Of some results only the score is known.
    is_upper = new.judged_on == "upper 95 % bound"
    return by_amount | (STRONGER if is_upper == is_high else WEAKER)


def _amount(limit: Limit) -> Any:
    """Return a limit's amount; of another model's score only the margin differs, and that the other way."""
    return limit.moved(limit.amount) if limit.compare else limit.amount


def same_task(old: Test, new: Test) -> bool:
    """Say whether two tests are of the same figure of the same task."""
    return all(
        getattr(old, name) == getattr(new, name)
        for name in ("task", "version", "scorer", "metric", "reducer", "of_system")
    )
