"""Tests, standards, gates, exceptions, duties and procedures of two versions of a policy, compared.

Source: SPEC 7.7.
"""

from collections.abc import Callable, Iterable
from typing import Any

from plimsoll_verify.policy.difference import Change, Part, listed, named, period, yes
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.policy.order import (
    EQUAL,
    STRONGER,
    WEAKER,
    Order,
    Relation,
    changed,
    easier,
    flip,
    force,
    harder,
    if_given,
    larger,
    longer,
    more,
    ruling_in,
    ruling_out,
    same_task,
    shorter,
    smaller,
    unless_given,
)  # fmt: skip


def compare_parts(old: Policy, new: Policy) -> Iterable[Change]:
    """Yield what differs beside the rules."""
    yield from named("tests", old.tests, new.tests, _tests(old, new), added=EQUAL)
    yield from named("standards", old.standards, new.standards, _standard, added=EQUAL)
    yield from _gates(old, new)
    yield from _pause(old, new)
    yield from named("exceptions", old.exceptions, new.exceptions, _exception, added=WEAKER)
    yield from named("duties", old.duties, new.duties, _duty, added=STRONGER)
    yield from _rest(old, new)


def _tests(old: Policy, new: Policy) -> Callable[[Part, Any, Any], None]:
    """Return how to compare tests, which depends on what they decide.

    A result that lacks what a test asks for does nothing. Where what has no result counts as not crossed, to
    ask for more can leave a model there, so that it is neither stronger nor weaker.
    """
    lenient = {
        test
        for policy in (old, new)
        for one in policy.thresholds.values()
        if one.decided_by == "tests" and not one.crossed_until_assessed
        for test in one.tests
    }
    return lambda part, one, other: _test(part, one, other, may_stay_unassessed=other.id in lenient)


def _test(part: Part, old: Any, new: Any, *, may_stay_unassessed: bool) -> None:
    if not same_task(old, new):
        part.say(Relation.INCOMPARABLE, "is of another task, version, scorer, metric or reducer")
        return
    part.weigh("what rules out", old.rules_out, new.rules_out, ruling_out, _limit)
    part.weigh("what is dangerous", old.rules_in, new.rules_in, if_given(ruling_in), _limit)
    wanted: tuple[tuple[str, str, Order, Callable[[Any], str]], ...] = (
        ("the least number of samples", "samples", larger, str),
        ("the least number of epochs", "epochs", larger, str),
        ("the variant", "variant", if_given(changed), str),
        ("who runs it", "run_by", if_given(changed), str),
        ("planned first", "planned_first", larger, yes),
    )
    for what, member, order, told in wanted:
        one, other = getattr(old.needs, member), getattr(new.needs, member)
        part.weigh(what, one, other, changed if may_stay_unassessed else order, told)
    part.weigh("how long a result is good", old.good_for, new.good_for, shorter, period)


def _limit(limit: Any) -> str:
    compared = limit.compare
    amount = f"{compared.times} times the score of {compared.model}" if compared else str(limit.amount)
    margin = f" with a margin of {limit.margin}" if limit.margin else ""
    return f"{limit.judged_on} {limit.word.replace('_', ' ')} {amount}{margin}"


def _standard(part: Part, old: Any, new: Any) -> None:
    part.weigh("its status", old.status == "defined", new.status == "defined", smaller, _defined)
    part.weigh("who approves it", old.approved_by, new.approved_by, if_given(harder))
    renewed = [one.renewed.every if one.renewed else None for one in (old, new)]
    part.weigh("how old an approval may become", renewed[0], renewed[1], if_given(shorter), period)
    part.weigh("what halts while it is needed", old.halt, new.halt, if_given(_halted), _halt)
    for name in [*old.criteria, *(name for name in new.criteria if name not in old.criteria)]:
        one, other = old.criteria.get(name), new.criteria.get(name)
        if one is None or other is None:
            part.say(STRONGER if one is None else WEAKER, f"{name} is {'new' if one is None else 'gone'}")
        else:
            _criterion(part, name, one, other)


def _defined(is_defined: object) -> str:
    return "defined" if is_defined else "not defined, so that it could never be in force"


def _halted(old: Any, new: Any) -> Relation:
    return (
        more(old.activities, new.activities)
        | larger(old.descendants, new.descendants)
        | force(old.promise.force, new.promise.force)
    )


def _halt(halt: Any) -> str:
    return f"{listed(halt.activities)} of it{' and its descendants' if halt.descendants else ''}"


def _criterion(part: Part, name: str, old: Any, new: Any) -> None:
    part.weigh(f"who attests {name}", old.attested_by, new.attested_by, harder)
    part.weigh(f"for what {name} is attested", old.for_each, new.for_each, _for_each, listed)
    part.weigh(f"what {name} is shown by", old.shown_by, new.shown_by, more, listed)
    part.weigh(f"what does not show {name}", old.not_shown_by, new.not_shown_by, more, listed)
    part.weigh(
        f"what {name} is measured by", old.measured_by or None, new.measured_by or None, if_given(changed)
    )
    part.weigh(f"how long {name} is good", old.good_for, new.good_for, if_given(shorter), period)
    if old.text != new.text:
        part.say(EQUAL, f"the text of {name} reads otherwise")


def _for_each(old: frozenset[str], new: frozenset[str]) -> Relation:
    """Compare for what something is attested: a model and the organisation do not stand for one another."""
    bearers = {"organisation", "model"}
    if old & bearers and new & bearers and old & bearers != new & bearers:
        return Relation.INCOMPARABLE
    return more(old, new)


def _gates(old: Policy, new: Policy) -> Iterable[Change]:
    waiting = list(old.gates)
    for number, gate in enumerate(new.gates):
        part = Part(f"gates.{number}", gate.promise.clause)
        before = next((one for one in waiting if one.activity == gate.activity), None)
        if before is None:
            part.say(STRONGER, f"{gate.activity} is new behind a gate")
        else:
            waiting.remove(before)
            part.weigh("its force", before.promise.force, gate.promise.force, force)
            part.weigh("who approves", before.approved_by, gate.approved_by, harder)
            part.weigh("who is told before", before.told_before, gate.told_before, more, listed)
            part.weigh("who is consulted", before.consulted_before, gate.consulted_before, more, listed)
            part.weigh("who is told after", before.told_after, gate.told_after, if_given(_told), _telling)
        yield from part.change()
    for gate in waiting:
        part = Part(f"gates.{old.gates.index(gate)}", gate.promise.clause)
        part.say(WEAKER, f"{gate.activity} has one gate less")
        yield from part.change()


def _told(old: Any, new: Any) -> Relation:
    return more(old.who, new.who) | shorter(old.within, new.within)


def _telling(telling: Any) -> str:
    return f"{listed(telling.who)} within {telling.within.text}"


def _pause(old: Policy, new: Policy) -> Iterable[Change]:
    one, other = old.pause, new.pause
    part = Part("pause", other.promise.clause)
    part.weigh("its force", one.promise.force, other.promise.force, force)
    part.weigh("who calls it", one.called_by, other.called_by, easier)
    part.weigh("who lifts it", one.lifted_by, other.lifted_by, harder)
    part.weigh("how soon it stops", one.stops_within, other.stops_within, shorter, period)
    part.weigh("lifted only while all is in force", one.lifts_in_force, other.lifts_in_force, larger, yes)
    return part.change()


def _exception(part: Part, old: Any, new: Any) -> None:
    part.weigh("its force", old.promise.force, new.promise.force, force)
    part.weigh("who approves it", old.approved_by, new.approved_by, harder)
    part.weigh("who is told", old.told, new.told, more, listed)
    part.weigh("how long it lasts at most", old.at_most, new.at_most, if_given(shorter), period)
    part.weigh("published", old.published, new.published, larger, yes)
    part.weigh("its preconditions", old.preconditions, new.preconditions, more, listed)
    if old.assurance != new.assurance:
        part.say(EQUAL, "the assurance that is asked for reads otherwise")


def _duty(part: Part, old: Any, new: Any) -> None:
    part.weigh("its force", old.promise.force, new.promise.force, force)
    part.weigh("what is due", _occasion(old), _occasion(new), changed, _occasion_told)
    part.weigh("by whom", old.by, new.by, if_given(harder))
    part.weigh("within", old.within, new.within, if_given(_term), period)
    part.weigh("how long before", old.at_least, new.at_least, if_given(flip(_term)), period)
    part.weigh("excused if carried over", old.unless_carried_over, new.unless_carried_over, smaller, yes)
    part.weigh("what follows", old.then, new.then, changed, lambda then: f"{len(then)} more")


def _occasion(duty: Any) -> tuple[Any, ...]:
    return duty.when, duty.do, duty.to, duty.before, duty.clock, duty.within is None


def _occasion_told(occasion: Any) -> str:
    return f"{occasion[1]} for {occasion[2] or 'anybody'}"


def _term(old: Any, new: Any) -> Relation:
    if (old.calendar, old.counting) != (new.calendar, new.counting):
        return Relation.INCOMPARABLE
    if old.business_days and new.business_days:
        return smaller(old.business_days, new.business_days)
    if old.business_days or new.business_days:
        return Relation.INCOMPARABLE
    return shorter(old.period, new.period)


def _rest(old: Policy, new: Policy) -> Iterable[Change]:
    """Yield what differs in the parts that are no rules about models."""
    parts: tuple[tuple[str, Any, Any, Callable[[Part, Any, Any], None]], ...] = (
        ("adoption", old, new, _adoption),
        ("amendment", old.amendment, new.amendment, _amendment),
        ("record_rules", old.record_rules, new.record_rules, _record_rules),
        ("lineage", old.lineage, new.lineage, _lineage),
        ("reversal", old.reversal, new.reversal, _reversal),
        ("people", old, new, _people),
    )
    for where, one, other, weigh in parts:
        part = Part(where)
        if one is not None and other is not None:
            weigh(part, one, other)
        elif one is not other:
            part.say(STRONGER if one is None else WEAKER, f"is {'new' if one is None else 'gone'}")
        yield from part.change()


def _adoption(part: Part, old: Policy, new: Policy) -> None:
    part.weigh("who signs it off", old.signed_off_by, new.signed_off_by, harder)


def _amendment(part: Part, old: Any, new: Any) -> None:
    forces = [one.promise and one.promise.force for one in (old, new)]
    part.weigh("its force", forces[0], forces[1], if_given(force))
    part.weigh("who approves", old.approved_by, new.approved_by, harder)
    part.weigh("who proposes", old.proposed_by, new.proposed_by, if_given(harder))
    part.weigh("who is consulted", old.consulted, new.consulted, more, listed)
    part.weigh("published before effect", old.published, new.published, larger, yes)
    part.weigh("the notice", old.notice, new.notice, if_given(longer), period)
    for what, member, order in (
        ("who approves weakening", "approved_by", harder),
        ("the notice of weakening", "notice", longer),
        ("how soon before a need weakening is forbidden", "forbidden_within", longer),
    ):
        one, other = (getattr(each.weakening, member, None) for each in (old, new))
        part.weigh(what, one, other, if_given(order), _text)
    part.weigh("how long what is out may stay", old.keep_until, new.keep_until, unless_given(shorter), period)


def _text(one: Any) -> str:
    return str(getattr(one, "text", one))


def _record_rules(part: Part, old: Any, new: Any) -> None:
    part.weigh("late after", old.late_after, new.late_after, shorter, period)
    part.weigh("a heartbeat every", old.heartbeat, new.heartbeat, if_given(shorter), period)
    part.weigh(
        "plans close within", old.plans_close_within, new.plans_close_within, if_given(shorter), period
    )
    part.weigh("evidence is kept for", old.evidence_kept, new.evidence_kept, if_given(longer), period)
    part.weigh("the inventory", old.inventory, new.inventory, if_given(_inventory), _inventory_told)


def _inventory(old: Any, new: Any) -> Relation:
    return (
        shorter(old.every, new.every)
        | changed(old.by, new.by)
        | more(old.of, new.of)
        | shorter(old.tolerance, new.tolerance)
    )


def _inventory_told(one: Any) -> str:
    return f"every {one.every.text} by {one.by} of {listed(one.of)}, to within {one.tolerance.text}"


def _lineage(part: Part, old: Any, new: Any) -> None:
    part.weigh("its force", old.promise.force, new.promise.force, force)
    part.weigh("what is inherited along", old.inherit, new.inherit, more, listed)
    again = if_given(smaller)
    part.weigh("assessed again from", old.assess_again_from, new.assess_again_from, again)


def _reversal(part: Part, old: Any, new: Any) -> None:
    part.weigh("its force", old.promise.force, new.promise.force, force)
    part.weigh("who reverses", old.by, new.by, easier)
    part.weigh("how soon it stops", old.stops_within, new.stops_within, shorter, period)


def _people(part: Part, old: Policy, new: Policy) -> None:
    for role in sorted({*old.terms, *new.terms}):
        one, other = old.terms.get(role), new.terms.get(role)
        part.weigh(f"the term of {role}", one, other, if_given(shorter), period)
    part.weigh("who is kept apart", _apart(old), _apart(new), more, lambda pairs: f"{len(pairs)} pairs")
    part.weigh("what it adheres to", _adheres(old), _adheres(new), more, listed)
    readers = [one.interpretation.by if one.interpretation else None for one in (old, new)]
    part.weigh("who interprets", readers[0], readers[1], changed)
    part.weigh("the calendars", old.calendars, new.calendars, changed, listed)


def _apart(policy: Policy) -> frozenset[Any]:
    return frozenset((one.who, one.apart_from, one.on, one.promise.force) for one in policy.separate)


def _adheres(policy: Policy) -> frozenset[str]:
    return frozenset(one.to for one in policy.adheres)
