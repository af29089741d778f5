"""The rules that bind while an activity goes on: V01, V02, V04, V07 and V37.

Source: SPEC 9.8, 9.10.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Bound, Breach, BreachKey, Held
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Define, Forbid, Needs, Respond, Rule, RuleOut
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import PLACES, Case, asks_for_each, case_of
from plimsoll_verify.versions import Version
from plimsoll_verify.world import World

Bindable = list[tuple[Form, frozenset[Activity], list[Span]]]
"""Forms, each with all activities that it is one of."""

CODES = {"deploy": "V01", "train": "V02", "store": "V04"}


class _Binding(NamedTuple):
    """A rule, with the code that breaking it has during some of its activities."""

    rule: Rule
    code: str
    activities: frozenset[Activity]


@lru_cache(maxsize=256)
def _bindings(version: Version, owner: str) -> tuple[_Binding, ...]:
    """Return the rules of a threshold, or with "" of the baseline, taken apart for all models."""
    policy = version.policy
    found: list[_Binding] = []
    for rule in policy.thresholds[owner].then if owner else policy.baseline:
        match rule:
            case Needs():
                for kind, code in CODES.items():
                    activities = frozenset(one for one in rule.activities if one.kind == kind)
                    if activities:
                        found.append(_Binding(rule, code, activities))
            case Define():
                found.append(_Binding(rule, CODES[rule.activity.kind], frozenset({rule.activity})))
            case Forbid():
                found.append(_Binding(rule, "V37", frozenset({rule.activity})))
            case _:
                found.append(_Binding(rule, "V07", frozenset({rule.activity})))
    return tuple(found)


def find_unmet(world: World, held: Held) -> Iterator[Breach]:
    """Yield every need that was not met while it bound, whatever its force.

    Args:
        world: the model's world.
        held: what is held to which version.

    Source: SPEC 9.10.
    """
    version, inside = held.version, [held.span]
    forms = [(form, form.activities(), spans) for form, spans in held.bound if spans]
    yield from _judge(world, version, "", forms)
    for threshold in version.policy.thresholds.values() if forms else ():
        within = intersect(world.treated(version, threshold.id), inside)
        is_usual, respond = held.segments is world.segments, threshold.respond_within
        onsets = None if is_usual else world.onsets_of(world.thresholds, threshold.id, held.segments)
        here = [
            (form, activities, world.due(form, bound, spans, threshold.id, respond, onsets))
            for form, activities, bound in forms
            if (spans := world.within(form, version, threshold.id, inside, within))
        ]
        yield from _judge(world, version, threshold.id, here)


def _judge(world: World, version: Version, owner: str, here: Bindable) -> Iterator[Breach]:
    """Yield what forms broke of the rules of a threshold, or with "" of the baseline."""
    here = [one for one in here if one[2]]
    for rule, code, wanted in _bindings(version, owner) if here else ():
        bound = [(form, spans) for form, activities, spans in here if not wanted.isdisjoint(activities)]
        if not bound:
            continue
        match rule:
            case Needs():
                for standards in rule.wanted:
                    yield from _need(world, version, rule, owner, standards, bound, code)
            case Forbid() if rule.standard:
                yield from _need(world, version, rule, owner, (rule.standard,), bound, code)
            case Forbid():
                yield _whatever(world, version, rule, owner, bound, code, "")
            case Define():
                if version.policy.standards[rule.standard].status != "defined":
                    yield _whatever(world, version, rule, owner, bound, code, rule.standard)
            case _:
                yield from _rule_out(world, version, rule, owner, bound)


def _rule_out(world: World, version: Version, rule: RuleOut, owner: str, bound: Bound) -> Iterator[Breach]:
    spans = union(
        span
        for form, due in bound
        for span in subtract(
            subtract(due, world.thresholds_for(form).of(version, rule.threshold).ruled_out),
            world.reprieves(form, rule.threshold),
        )
    )
    if spans:
        promise = rule.promise
        key = BreachKey("V07", owner, promise.clause, rule.threshold, "", promise.is_commitment)
        forms = [form for form, _ in bound]
        case = Case(world.model.id, "", owner)
        yield Breach(key, promise, rule.id, version, spans, forms, case)


def _all_of(bound: Bound) -> list[Span]:
    """Return when any of some forms is bound."""
    return bound[0][1] if len(bound) == 1 else union(span for _, spans in bound for span in spans)


def _whatever(
    world: World, version: Version, rule: Forbid | Define, owner: str, bound: Bound, code: str, standard: str
) -> Breach:
    """Return the breach of a rule that nothing but another version of the policy could have met.

    Args:
        world: the model's world.
        version: whose rule it is.
        rule: what is forbidden always, or asks for a definition that is not there.
        owner: the threshold whose rule it is, or "".
        bound: what it binds, and when.
        code: what breaking it is called.
        standard: the standard that is not defined, or "".
    """
    promise = rule.promise
    what = f"define {standard}" if standard else ""
    key = BreachKey(code, owner, promise.clause, what, "", promise.is_commitment)
    case = Case(world.model.id, "", owner)
    forms = [form for form, _ in bound]
    return Breach(key, promise, rule.id, version, _all_of(bound), forms, case, standard)


def group_by_case(
    world: World, version: Version, standards: tuple[str, ...], bound: Bound, owner: str
) -> dict[Case, Bound]:
    """Return the forms that a need binds by the case for which standards are asked.

    Of a form that is not known nobody knows where it is, nor what is missing there.
    """
    is_placed = any(asks_for_each(version, one).intersection(PLACES) for one in standards)
    groups: dict[Case, Bound] = {}
    for form, spans in bound:
        if form.is_known or not is_placed:
            case = world.standards.narrowed(version, standards, case_of(form, world.model.id, owner))
            groups.setdefault(case, []).append((form, spans))
    return groups


def _need(
    world: World,
    version: Version,
    rule: Needs | Forbid,
    owner: str,
    standards: tuple[str, ...],
    bound: Bound,
    code: str,
) -> Iterator[Breach]:
    """Yield a breach for each place, or for all together where none makes a difference.

    Of several standards one that is in force will do.
    """
    criterion = rule.criterion if isinstance(rule, Forbid) else ""
    for case, group in group_by_case(world, version, standards, bound, owner).items():
        spans = _all_of(group)
        if world.exemptions.of(world.model.id) and isinstance(rule, Needs):
            spans = _uncovered(world, version, standards, group, case)
        respond = version.policy.thresholds[owner].respond_within if owner else None
        spans = find_missing(world, version, standards, criterion, case, group, spans, respond)
        if spans:
            promise = rule.promise
            what = rule.until if isinstance(rule, Forbid) else " or ".join(standards)
            key = BreachKey(code, owner, promise.clause, what, case.place, promise.is_commitment)
            yield Breach(
                key,
                promise,
                rule.id,
                version,
                spans,
                [form for form, _ in group],
                case,
                standards[0],
                criterion,
                alternatives=standards[1:],
            )


def find_missing(
    world: World,
    version: Version,
    standards: tuple[str, ...],
    criterion: str,
    case: Case,
    group: Bound,
    spans: list[Span],
    respond: Respond | None,
) -> list[Span]:
    """Return when none of some standards is in force, and there is no time left to sign one again.

    Args:
        world: the model's world.
        version: of the policy.
        standards: of which one will do.
        criterion: one of their criteria, or "".
        case: for what.
        group: the forms that need it, each with when.
        spans: when any of them needs it.
        respond: how long the policy gives to respond.

    Source: SPEC 6.5, 9.8.
    """
    for standard in standards:
        spans = subtract(spans, world.standards.in_force(version, standard, criterion, case))
    if not (spans and respond and world.context.losses):
        return spans
    # Who began before a key was lost has time to have signed again what it had signed.
    unsigned = (
        subtract(bound, world.time_to_sign(form, version, standards, criterion, case, respond))
        for form, bound in group
    )
    return intersect(spans, union(span for one in unsigned for span in one))


def _uncovered(
    world: World, version: Version, standards: tuple[str, ...], group: Bound, case: Case
) -> list[Span]:
    """Return when any of some forms is bound and no exception covers it.

    Source: SPEC 9.26.
    """
    exemptions = world.exemptions
    return union(
        span
        for form, spans in group
        for span in subtract(
            spans,
            union(span for one in standards for span in exemptions.covered(version, one, form, case)),
        )
    )
