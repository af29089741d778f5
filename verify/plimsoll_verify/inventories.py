"""Inventories against what was recorded: V33 where nothing explains what runs, V27 where it runs otherwise.

An inventory is somebody's look at a surface. What it shows has to be explained by a deployment that was
recorded by then; what was recorded only when it had been found explains nothing that lies before its entry.

Source: SPEC 9.20.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from plimsoll_verify.activities import UNKNOWN_FORM, Form, find_forms
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.encoding import format_time
from plimsoll_verify.facts import NEVER, Happening, InventoryContent, RunningFact
from plimsoll_verify.observed import FormContent
from plimsoll_verify.policy.recording import InventoryRule
from plimsoll_verify.silence import NO_PROMISE
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World


class Sighting(NamedTuple):
    """Something that an inventory shows.

    Attributes:
        entry: the inventory.
        subject: the model that it is about, else the organisation.
        models: the models that it may be one of; empty for any.
    """

    entry: Happening
    said: InventoryContent
    item: RunningFact
    subject: str
    models: tuple[str, ...]


def sightings(world: World) -> Iterator[Sighting]:
    """Yield what inventories show of a model, or of none that is known in the world of the organisation."""
    facts = world.context.facts
    for entry in facts.happenings.get("inventory", ()):
        said = entry.content
        for item in said.running if isinstance(said, InventoryContent) else ():
            owner = facts.owners.get(item.snapshot or "")
            models = (item.model,) if item.model else ((owner,) if owner else ())
            shared = facts.shared.get(item.snapshot or "", ()) if not item.model else ()
            subject = models[0] if models else facts.org
            if subject == world.model.id and isinstance(said, InventoryContent):
                yield Sighting(entry, said, item, subject, tuple(sorted({*models, *shared})))


def find_unlogged(world: World) -> Iterator[Breach]:
    """Yield what inventories show of a model, or of the organisation, and no recorded activity explains.

    Source: SPEC 9.20.
    """
    seen = list(sightings(world))
    for segment in world.segments if seen else ():
        rule = segment.version.policy.record_rules.inventory
        if rule is not None:
            for one in seen:
                yield from _unexplained(world, segment, rule, one)


def _unexplained(world: World, segment: Segment, rule: InventoryRule, one: Sighting) -> Iterator[Breach]:
    at_ms = one.said.at_ms
    forms = [form for form in _forms(world, one) if _may_be_on(form, one.said.surface, world)]
    same = [form for form in forms if _is_same(form, one, world)]
    explained = _on(same, rule)
    known = _on([form for form in forms if form.content is not UNKNOWN_FORM], rule)
    stop, cured_by = _until(world, rule, one, explained)
    before = subtract([(min(one.item.since_ms, at_ms), at_ms)], explained)
    found = intersect(union([*before, (at_ms, stop)]), [(segment.start, segment.stop)])
    for code, spans in (("V27", intersect(found, known)), ("V33", subtract(found, known))):
        if spans:
            yield _breach(world, segment, one, code, spans, {stop: cured_by} if cured_by >= 0 else {})


def _forms(world: World, one: Sighting) -> Iterator[Form]:
    """Yield the deployments that may explain something."""
    facts = world.context.facts
    for name in one.models or facts.models:
        model = facts.models.get(name)
        if name == world.model.id:
            yield from world.forms
        elif model is not None and model.deployments:
            yield from find_forms(world.context, model, is_hopeful=world.is_hopeful)


def _may_be_on(form: Form, surface: str, world: World) -> bool:
    if form.kind != "deploy":
        return False
    return form.content.surface == surface or (world.is_hopeful and form.content is UNKNOWN_FORM)


def _is_same(form: Form, one: Sighting, world: World) -> bool:
    """Say whether a recorded form reaches as far as what was seen, as far as that is known."""
    item, content = one.item, form.content
    if item.snapshot is not None and item.snapshot != form.snapshot:
        return False
    if content is UNKNOWN_FORM:
        return world.is_hopeful
    seen = FormContent(
        content.scope if item.scope is None else item.scope,
        content.surface,
        content.attributes if item.attributes is None else item.attributes,
        content.environment,
    )
    return seen.within(content)


def _on(forms: list[Form], rule: InventoryRule) -> list[Span]:
    """Return when any of some forms went on, give or take the tolerance."""
    early = rule.tolerance.ms
    return union((max(0, form.began_ms - early), form.stop + early) for form in forms)


def _until(world: World, rule: InventoryRule, one: Sighting, explained: list[Span]) -> tuple[int, int]:
    """Return until when something seen stays unexplained, and the entry that ends that, or -1.

    It ends when it is explained, or when those who are to look have looked again.
    """
    at_ms, surface = one.said.at_ms, one.said.surface
    ends = [(max(at_ms, start), -1) for start, stop in explained if at_ms < stop]
    for other in world.context.facts.happenings.get("inventory", ()):
        if not other.is_reliable or other.role != rule.by:
            continue
        said = other.content
        if isinstance(said, InventoryContent):
            if said.surface == surface and said.at_ms > at_ms:
                ends.append((max(said.at_ms, _relief(world, other, said)), other.index))
        elif world.is_hopeful and other.time_ms > at_ms:
            ends.append((_earliest(world, other, at_ms), other.index))
    return min(ends, default=(NEVER, -1))


def _earliest(world: World, other: Happening, at_ms: int) -> int:
    """Return from when an inventory that is not known counts at the earliest, if it was after an instant."""
    late_after = world.context.versions.at_entry(other.index, other.time_ms).policy.late_after
    times = range(at_ms + 1, other.time_ms + 1)
    return times[bisect_left(times, other.time_ms, key=late_after.after)]


def _relief(world: World, other: Happening, said: InventoryContent) -> int:
    return world.context.versions.relief_ms(other.index, other.time_ms, said.at_ms)


def _breach(
    world: World, segment: Segment, one: Sighting, code: str, spans: list[Span], cures: dict[int, int]
) -> Breach:
    item, said = one.item, one.said
    name = world.model.name or item.model or item.snapshot or "something"
    form = " with ".join(chain([item.scope] if item.scope else [], sorted(item.attributes or ())))
    what = f"{name}{f' ({form})' if form else ''} on {said.surface}"
    why = (
        "and what was recorded of it there reaches less far, or is of other weights"
        if code == "V27"
        else "and no activity that had been recorded by then explains it"
    )
    key = BreachKey(code, "", "", said.surface, item.snapshot or "", is_commitment=True)
    return Breach(
        key,
        NO_PROMISE,
        "record_rules.inventory",
        segment.version,
        spans,
        [],
        Case(world.model.id, said.surface, ""),
        entries=(one.entry.index,),
        told=f"The inventory of entry {one.entry.index} shows at {format_time(said.at_ms)} that {what} is"
        f" running, {why}.",
        cures=cures,
    )
