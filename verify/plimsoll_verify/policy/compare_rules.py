"""Thresholds and rules of two versions of a policy, compared.

Rules are taken apart into what each asks for; two that ask for the same thing are one rule that changed.

Source: SPEC 7.7.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple

from plimsoll_verify.policy.difference import Change, Part, listed, period
from plimsoll_verify.policy.model import Define, Needs, Policy, Rule, RuleOut, Threshold
from plimsoll_verify.policy.order import (
    EQUAL,
    INCOMPARABLE,
    STRONGER,
    WEAKER,
    Relation,
    changed,
    fewer,
    force,
    harder,
    if_given,
    more,
    shorter,
    sooner,
    unless_given,
)
from plimsoll_verify.policy.reach import reach


class _Demand(NamedTuple):
    """One thing that a rule asks for.

    Attributes:
        verb: "needs", "rule_out", "define" or "forbid".
        what: standards of which one will do, the threshold, or what lifts a ban.
    """

    verb: str
    what: tuple[str, ...]
    rule: Rule

    def told(self) -> str:
        words = {"needs": "need", "rule_out": "rule out", "define": "define"}
        if self.verb == "forbid":
            return f"forbid{' until ' + self.what[0] if self.what[0] else ''}"
        return f"{words[self.verb]} {' or '.join(self.what)}"

    def reach(self) -> frozenset[object]:
        rule = self.rule
        return frozenset(reach(rule.activities if isinstance(rule, Needs) else (rule.activity,)))


def compare_rules(old: Policy, new: Policy) -> Iterator[Change]:
    """Yield what differs in the baseline and in the thresholds."""
    yield from _rules(old.baseline, new.baseline)
    for name in [*old.thresholds, *(name for name in new.thresholds if name not in old.thresholds)]:
        before, after = old.thresholds.get(name), new.thresholds.get(name)
        if before is None or after is None:
            found = after or before
            part = Part(f"thresholds.{name}", found.promise.clause if found else "")
            part.say(STRONGER if before is None else WEAKER, f"is {'new' if before is None else 'gone'}")
            yield from part.change()
        else:
            yield from _threshold(before, after)
            yield from _rules(before.then, after.then)


def _threshold(old: Threshold, new: Threshold) -> Iterable[Change]:
    part = Part(f"thresholds.{new.id}", new.promise.clause)
    part.weigh("who decides", old.decided_by, new.decided_by, changed)
    part.weigh("what crosses it", old.group, new.group, if_given(sooner))
    part.weigh("until assessed", _until(old), _until(new), _assessed)
    part.weigh("time to determine what is open", _time(old, "determination_within"),
               _time(new, "determination_within"), unless_given(shorter), period)  # fmt: skip
    part.weigh("the time to respond", _time(old, "respond_within"), _time(new, "respond_within"),
               _responded, period)  # fmt: skip
    part.weigh("the time to decide", _time(old, "decide_within"), _time(new, "decide_within"),
               if_given(shorter), period)  # fmt: skip
    part.weigh("who declares a crossing", old.declared_by, new.declared_by, changed)
    cleared = [one.cleared_by or one.declared_by for one in (old, new)]
    part.weigh("who rules it out", cleared[0], cleared[1], harder)
    part.weigh("who carries it over", old.carried_over_by, new.carried_over_by, harder)
    for member in ("respond_within", "decide_within", "determination_within"):
        one, other = getattr(old, member), getattr(new, member)
        if one is not None and other is not None:
            part.weigh(f"the force of {member}", one.promise.force, other.promise.force, force)
    if old.text != new.text:
        part.say(EQUAL, "its text reads otherwise")
    return part.change()


def _time(threshold: Threshold, member: str) -> object:
    found = getattr(threshold, member)
    return None if found is None else found.time


def _until(threshold: Threshold) -> str:
    if threshold.as_model:
        return f"as {threshold.as_model}"
    return "crossed" if threshold.crossed_until_assessed else "baseline"


def _assessed(old: str, new: str) -> Relation:
    if "crossed" in (old, new) and "baseline" in (old, new):
        return STRONGER if new == "crossed" else WEAKER
    return INCOMPARABLE


def _responded(old: object, new: object) -> Relation:
    """Compare times to respond: without one nothing is pending, and nothing has to be declared either."""
    return INCOMPARABLE if old is None or new is None else if_given(shorter)(old, new)


def _demands(rules: Iterable[Rule]) -> Iterator[_Demand]:
    for rule in rules:
        if isinstance(rule, Needs):
            for standards in rule.wanted:
                yield _Demand("needs", standards, rule)
        elif isinstance(rule, RuleOut):
            yield _Demand("rule_out", (rule.threshold,), rule)
        elif isinstance(rule, Define):
            yield _Demand("define", (rule.standard,), rule)
        else:
            yield _Demand("forbid", (rule.until,), rule)


def _changed(old: _Demand, new: _Demand) -> Iterable[Change]:
    """Yield how a demand changed."""

    def told(reached: object) -> str:
        rule = old.rule if reached == old.reach() else new.rule
        return listed(rule.activities if isinstance(rule, Needs) else (rule.activity,))

    part = Part(new.rule.id, new.rule.promise.clause)
    part.weigh(f"to {new.told()}: its force", old.rule.promise.force, new.rule.promise.force, force)
    part.weigh(f"to {new.told()}: it binds while", old.reach(), new.reach(), more, told)
    part.weigh("what will do", frozenset(old.what), frozenset(new.what), _alternatives, listed)
    return part.change()


def _rules(old: tuple[Rule, ...], new: tuple[Rule, ...]) -> Iterator[Change]:
    """Yield the demands that differ: first those that are the same, then those of which some standard is."""
    before, after = list(_demands(old)), list(_demands(new))
    pairs: list[tuple[_Demand, _Demand]] = []
    for keys in (_same, _like, _about):
        before, after, found = _paired(before, after, keys)
        pairs += found
    for one, other in pairs:
        yield from _changed(one, other)
    for demand in after:
        yield from _alone(demand, STRONGER, "is new")
    for demand in before:
        yield from _alone(demand, WEAKER, "is gone")


def _alone(demand: _Demand, relation: Relation, words: str) -> Iterable[Change]:
    part = Part(demand.rule.id, demand.rule.promise.clause)
    part.say(relation, f"to {demand.told()} {words}")
    return part.change()


def _alternatives(old: frozenset[str], new: frozenset[str]) -> Relation:
    """Compare standards of which one will do: the fewer they are, the more is asked for."""
    return STRONGER if not any(new) else fewer(old, new) if any(old) else WEAKER


_Keys = Callable[[_Demand], list[Hashable]]


def _paired(
    before: list[_Demand], after: list[_Demand], keys: _Keys
) -> tuple[list[_Demand], list[_Demand], list[tuple[_Demand, _Demand]]]:
    """Return demands of which a key is the same, in pairs, after those of the two lists that are left."""
    by_key: dict[Hashable, deque[_Demand]] = {}
    for one in before:
        for key in keys(one):
            by_key.setdefault(key, deque()).append(one)
    taken: set[int] = set()
    pairs: list[tuple[_Demand, _Demand]] = []
    left: list[_Demand] = []
    for demand in after:
        found = _first([by_key.get(key, deque()) for key in keys(demand)], taken)
        if found is None:
            left.append(demand)
        else:
            taken.add(id(found))
            pairs.append((found, demand))
    return [one for one in before if id(one) not in taken], left, pairs


def _first(queues: list[deque[_Demand]], taken: set[int]) -> _Demand | None:
    """Return the first demand of some queues that is not taken, and drop those that are."""
    for queue in queues:
        while queue and id(queue[0]) in taken:
            queue.popleft()
        if queue:
            return queue[0]
    return None


def _same(demand: _Demand) -> list[Hashable]:
    return [(demand.verb, demand.what, demand.reach())]


def _like(demand: _Demand) -> list[Hashable]:
    return [(demand.verb, frozenset(demand.what))]


def _about(demand: _Demand) -> list[Hashable]:
    """Return the standards that a demand names, and what it forbids."""
    found: list[Hashable] = [(demand.verb, name) for name in demand.what]
    if demand.verb == "forbid":
        found.append((demand.verb, demand.reach()))
    return found
