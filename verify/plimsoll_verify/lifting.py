"""Pauses that were lifted although what has to be in force before was not: V18.

Source: SPEC 9.24.
"""

from collections.abc import Iterator

from plimsoll_verify.acts import Completion
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import Act, PauseContent
from plimsoll_verify.policy.model import Needs, Rule
from plimsoll_verify.spans import Span, contains, union
from plimsoll_verify.standards import Case, case_of
from plimsoll_verify.versions import Version
from plimsoll_verify.world import World


def liftings(world: World, pause: Act) -> Iterator[tuple[Act, Completion, tuple[str, ...]]]:
    """Yield the resumptions of a pause that those signed who may, with what was still lacking for the model.

    Source: SPEC 9.24.
    """
    for act in world.context.facts.resumed.get(pause.index, ()):
        complete = world.context.resumed(act)
        for one in complete.times() if complete else ():
            yield act, one, _lacking(world, pause, one)


def _lacking(world: World, pause: Act, complete: Completion) -> tuple[str, ...]:
    """Return the standards that what a pause stopped needs, and that are not in force when it is lifted."""
    version = world.context.versions.at_entry(complete.index, complete.time_ms)
    content, at_ms = pause.content, complete.time_ms
    if not version.policy.pause.lifts_in_force or not isinstance(content, PauseContent):
        return ()
    lacking: dict[str, None] = {}
    for form in world.forms:
        if form.start <= at_ms and content.stops(form.kind, form.content.scope):
            for owner, rule in _rules(world, version, at_ms):
                if isinstance(rule, Needs) and form.activities() & set(rule.activities):
                    case = case_of(form, world.model.id, owner)
                    for wanted in rule.wanted:
                        held = (world.standards.in_force(version, one, "", case) for one in wanted)
                        if not any(contains(spans, at_ms) for spans in held):
                            lacking[" or ".join(wanted)] = None
    return tuple(lacking)


def _rules(world: World, version: Version, at_ms: int) -> Iterator[tuple[str, Rule]]:
    """Yield the rules that bind at an instant, with the threshold under which they stand."""
    yield from (("", rule) for rule in version.policy.baseline)
    for threshold in version.policy.thresholds.values():
        if contains(world.treated(version, threshold.id), at_ms):
            yield from ((threshold.id, rule) for rule in threshold.then)


def lifted(world: World, pause: Act) -> list[Span]:
    """Return when a pause was lifted, as it may be: until a key under that was declared compromised."""
    return union(
        (complete.time_ms, complete.lost_ms)
        for _, complete, lacking in liftings(world, pause)
        if not lacking and complete.time_ms < complete.lost_ms
    )


def find_unlifted(world: World) -> Iterator[Breach]:
    """Yield a breach for each resumption that lacked its conditions, until the pause is lifted or over.

    Source: SPEC 9.24.
    """
    facts = world.context.facts
    for pause in facts.pauses:
        content = pause.content
        about = facts.org in pause.subjects or world.model.id in pause.subjects
        if not (about and isinstance(content, PauseContent) and world.context.pause(pause)):
            continue
        stop = min([content.until_ms, *(start for start, _ in lifted(world, pause))])
        for act, complete, lacking in liftings(world, pause):
            if lacking and complete.time_ms < stop:
                version = world.context.versions.at_entry(complete.index, complete.time_ms)
                promise = version.policy.pause.promise
                message = (
                    f"Entry {act.index} resumes what the {pause.kind} of entry {pause.index} stopped,"
                    f" although {' and '.join(lacking)} was needed for {world.model.name or world.model.id}"
                    f" and not in force, which clause {promise.clause} asks for: it has no effect."
                )
                yield Breach(
                    BreachKey("V18", "", promise.clause, "", str(act.index), promise.is_commitment),
                    promise,
                    "pause",
                    version,
                    [(complete.time_ms, stop)],
                    [],
                    Case(world.model.id, "", ""),
                    entries=tuple(sorted({pause.index, *complete.entries})),
                    told=message,
                    cures=_cures(world, pause),
                )


def _cures(world: World, pause: Act) -> dict[int, int]:
    """Return the entries that lift a pause, by their times."""
    return {
        complete.time_ms: complete.index for _, complete, lacking in liftings(world, pause) if not lacking
    }
