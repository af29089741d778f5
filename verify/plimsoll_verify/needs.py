"""The rules that bind while an activity goes on: V01, V02, V04, V07 and V37.

Source: SPEC 9.8, 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.activities import UNKNOWN_FORM, Form
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Forbid, Needs, Respond, Rule, RuleOut
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World

CODES = {"deploy": "V01", "train": "V02", "store": "V04"}


def find_unmet(world: World) -> Iterator[Breach]:
    """Yield every need that was not met while it bound, whatever its force.

    Source: SPEC 9.10.
    """
    for segment in world.segments:
        inside = [(segment.start, segment.stop)]
        for rule in segment.version.policy.baseline:
            yield from _judge(world, segment, rule, "", inside, None)
        for threshold in segment.version.policy.thresholds.values():
            within = intersect(world.treated(segment.version, threshold.id), inside)
            if within:
                for rule in threshold.then:
                    yield from _judge(world, segment, rule, threshold.id, within, threshold.respond_within)


def _judge(
    world: World, segment: Segment, rule: Rule, owner: str, within: list[Span], respond: Respond | None
) -> Iterator[Breach]:
    match rule:
        case Needs():
            for kind in ("deploy", "train", "store"):
                activities = [one for one in rule.activities if one.kind == kind]
                bound = _bound(world, activities, owner, within, respond)
                for standard in rule.standards if bound else ():
                    yield from _need(world, segment, rule, owner, standard, bound, CODES[kind])
        case Forbid():
            bound = _bound(world, [rule.activity], owner, within, respond)
            yield from _need(world, segment, rule, owner, rule.standard, bound, "V37")
        case RuleOut():
            bound = _bound(world, [rule.activity], owner, within, respond)
            out = world.thresholds.of(segment.version, rule.threshold).ruled_out
            spans = subtract(union(span for _, spans in bound for span in spans), out)
            if spans:
                key = BreachKey(
                    "V07", owner, rule.promise.clause, rule.threshold, "", rule.promise.is_commitment
                )
                forms = [form for form, _ in bound]
                case = Case(world.model.id, "", owner)
                yield Breach(key, rule.promise, rule.id, segment.version, spans, forms, case)


def _bound(
    world: World,
    activities: list[Activity],
    owner: str,
    within: list[Span],
    respond: Respond | None,
) -> list[tuple[Form, list[Span]]]:
    """Return the forms of some activities, each with the spans in which a rule binds it."""
    found = []
    wanted = frozenset(activities)
    for form in world.forms if activities else ():
        if not wanted.isdisjoint(form.activities()):
            spans = world.due(form, within, owner, respond)
            if spans:
                found.append((form, spans))
    return found


def _need(
    world: World,
    segment: Segment,
    rule: Needs | Forbid,
    owner: str,
    standard_id: str,
    bound: list[tuple[Form, list[Span]]],
    code: str,
) -> Iterator[Breach]:
    """Yield a breach for each surface, or for all together where none makes a difference."""
    standard = segment.version.policy.standards[standard_id]
    criterion = rule.criterion if isinstance(rule, Forbid) else ""
    per_surface = any("surface" in one.for_each for one in standard.criteria.values())
    groups: dict[str, list[tuple[Form, list[Span]]]] = {}
    for form, spans in bound:
        if per_surface and form.kind == "deploy" and form.content == UNKNOWN_FORM:
            continue  # On which surface is not known, and so neither is what is missing there.
        surface = form.content.surface
        if not (per_surface or world.standards.is_about(standard, surface)):
            surface = ""
        groups.setdefault(surface, []).append((form, spans))
    for surface, group in groups.items():
        case = Case(world.model.id, surface, owner)
        in_force = world.standards.in_force(segment.version, standard_id, criterion, case)
        spans = subtract(union(span for _, spans in group for span in spans), in_force)
        if spans:
            promise = rule.promise
            what = rule.until if isinstance(rule, Forbid) else standard_id
            key = BreachKey(code, owner, promise.clause, what, surface, promise.is_commitment)
            yield Breach(
                key,
                promise,
                rule.id,
                segment.version,
                spans,
                [form for form, _ in group],
                case,
                standard_id,
                criterion,
            )
