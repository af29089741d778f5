"""The rules that bind while an activity goes on: V01, V02, V04, V07 and V37.

Source: SPEC 9.8, 9.10.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from plimsoll_verify.activities import UNKNOWN_FORM, Form
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Define, Forbid, Needs, Rule, RuleOut
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Segment, Version
from plimsoll_verify.world import World

Bound = list[tuple[Form, list[Span]]]
"""Forms, each with the spans in which a rule binds it."""

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


def find_unmet(world: World) -> Iterator[Breach]:
    """Yield every need that was not met while it bound, whatever its force.

    Source: SPEC 9.10.
    """
    forms = [(form, form.activities()) for form in world.forms]
    for segment in world.segments:
        inside = [(segment.start, segment.stop)]
        here = [(form, activities, intersect([form.span], inside)) for form, activities in forms]
        yield from _judge(world, segment, "", here)
        for threshold in segment.version.policy.thresholds.values():
            within = intersect(world.treated(segment.version, threshold.id), inside)
            here = [
                (form, activities, world.due(form, spans, threshold.id, threshold.respond_within))
                for form, activities in forms
                if (spans := world.within(form, segment.version, threshold.id, inside, within))
            ]
            yield from _judge(world, segment, threshold.id, here)


def _judge(world: World, segment: Segment, owner: str, here: Bindable) -> Iterator[Breach]:
    """Yield what forms broke of the rules of a threshold, or with "" of the baseline."""
    here = [one for one in here if one[2]]
    for rule, code, wanted in _bindings(segment.version, owner) if here else ():
        bound = [(form, spans) for form, activities, spans in here if not wanted.isdisjoint(activities)]
        if not bound:
            continue
        match rule:
            case Needs():
                for standards in rule.wanted:
                    yield from _need(world, segment, rule, owner, standards, bound, code)
            case Forbid() if rule.standard:
                yield from _need(world, segment, rule, owner, (rule.standard,), bound, code)
            case Forbid():
                yield _whatever(world, segment, rule, owner, bound, code, "")
            case Define():
                if segment.version.policy.standards[rule.standard].status != "defined":
                    yield _whatever(world, segment, rule, owner, bound, code, rule.standard)
            case _:
                yield from _rule_out(world, segment, rule, owner, bound)


@lru_cache(maxsize=1024)
def _is_per_surface(version: Version, standard: str) -> bool:
    """Say whether a standard asks anything of each surface."""
    criteria = version.policy.standards[standard].criteria
    return any("surface" in one.for_each for one in criteria.values())


def _rule_out(world: World, segment: Segment, rule: RuleOut, owner: str, bound: Bound) -> Iterator[Breach]:
    spans = union(
        span
        for form, due in bound
        for span in subtract(
            subtract(due, world.thresholds_for(form).of(segment.version, rule.threshold).ruled_out),
            world.reprieves(form, rule.threshold),
        )
    )
    if spans:
        promise = rule.promise
        key = BreachKey("V07", owner, promise.clause, rule.threshold, "", promise.is_commitment)
        forms = [form for form, _ in bound]
        case = Case(world.model.id, "", owner)
        yield Breach(key, promise, rule.id, segment.version, spans, forms, case)


def _all_of(bound: Bound) -> list[Span]:
    """Return when any of some forms is bound."""
    return bound[0][1] if len(bound) == 1 else union(span for _, spans in bound for span in spans)


def _whatever(
    world: World, segment: Segment, rule: Forbid | Define, owner: str, bound: Bound, code: str, standard: str
) -> Breach:
    """Return the breach of a rule that nothing but another version of the policy could have met.

    Args:
        world: the model's world.
        segment: of the version.
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
    return Breach(key, promise, rule.id, segment.version, _all_of(bound), forms, case, standard)


def _need(
    world: World,
    segment: Segment,
    rule: Needs | Forbid,
    owner: str,
    standards: tuple[str, ...],
    bound: Bound,
    code: str,
) -> Iterator[Breach]:
    """Yield a breach for each surface, or for all together where none makes a difference.

    Of several standards one that is in force will do.
    """
    version = segment.version
    defined = [version.policy.standards[standard] for standard in standards]
    criterion = rule.criterion if isinstance(rule, Forbid) else ""
    per_surface = any(_is_per_surface(version, standard) for standard in standards)
    groups: dict[str, Bound] = {}
    for form, spans in bound:
        if per_surface and form.kind == "deploy" and form.content == UNKNOWN_FORM:
            continue  # On which surface is not known, and so neither is what is missing there.
        surface = form.content.surface
        if not (per_surface or any(world.standards.is_about(one, surface) for one in defined)):
            surface = ""
        groups.setdefault(surface, []).append((form, spans))
    for surface, group in groups.items():
        case = Case(world.model.id, surface, owner)
        spans = _all_of(group)
        if world.exemptions.of(world.model.id) and isinstance(rule, Needs):
            spans = _uncovered(world, version, standards, group, case)
        for standard in standards:
            spans = subtract(spans, world.standards.in_force(version, standard, criterion, case))
        if spans:
            promise = rule.promise
            what = rule.until if isinstance(rule, Forbid) else " or ".join(standards)
            key = BreachKey(code, owner, promise.clause, what, surface, promise.is_commitment)
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
