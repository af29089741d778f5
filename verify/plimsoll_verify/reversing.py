"""What goes on although those who may have reversed what it rested on: V35.

A reversal is against its authors' interest, as a pause is, and nothing voids it. What was reversed has no
effect on what begins later; what began before has to stop within the time that the policy sets.

Source: SPEC 9.28.
"""

from collections.abc import Iterator

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import NEVER
from plimsoll_verify.gates import permits, while_gated
from plimsoll_verify.policy.model import Gate
from plimsoll_verify.spans import Span, intersect
from plimsoll_verify.standards import Case
from plimsoll_verify.undone import Undone
from plimsoll_verify.world import World


def find_unreversed(world: World) -> Iterator[Breach]:
    """Yield what went on past the deadline of a reversal of it, or of the permits that had let it begin.

    Source: SPEC 9.28.
    """
    undone = world.context.undone
    for form in world.forms if undone else ():
        if form.index in undone and form.kind != "store":
            one = undone[form.index]
            due = one.due(is_hopeful=world.is_hopeful)
            yield from _breach(world, form, one, [(due, form.lasts_to)] if due < form.lasts_to else [])
        version = world.context.versions.at(max(form.start, form.began_ms))
        if form.is_start and version is not None:
            for gate in version.policy.gates:
                if form.matches(gate.activity):
                    yield from _unpermitted(world, form, gate)


def _unpermitted(world: World, form: Form, gate: Gate) -> Iterator[Breach]:
    """Yield a start that went on although every permit that had passed it was reversed.

    Another permit for the same, approved since, lets it go on.
    """
    undone = world.context.undone
    passed, others = [], []
    for act, complete in permits(world, form, gate):
        is_before = complete.index < form.index and complete.time_ms <= form.start
        reversed_ms = undone[act.index].time_ms if act.index in undone else NEVER
        if is_before and reversed_ms > form.began_ms:
            passed.append((reversed_ms, act.index))
        elif not is_before:
            others.append((complete.time_ms, reversed_ms))
    last_ms, index = max(passed, default=(NEVER, -1))
    if last_ms < NEVER:
        one = undone[index]
        due = one.due(is_hopeful=world.is_hopeful)
        since = min((at for at, until in others if until > max(at, due)), default=NEVER)
        late = [(due, since)] if due < since else []
        yield from _breach(world, form, one, intersect(while_gated(world, form, gate.activity), late))


def _breach(world: World, form: Form, one: Undone, spans: list[Span]) -> Iterator[Breach]:
    in_force = [(world.segments[0].start, world.stop)] if world.segments else []
    spans = intersect(spans, in_force)
    if spans:
        promise = one.rule.promise
        where = f"{one.entry}/{form.index}"
        key = BreachKey("V35", "", promise.clause, form.kind, where, promise.is_commitment)
        words = (
            f"it went on past {one.rule.stops_within.text} after entry {one.entry} reversed entry {one.of}"
        )
        case = Case(world.model.id, form.content.surface, "")
        entries = tuple(sorted({one.of, *one.entries}))
        yield Breach(key, promise, "reversal", one.version, spans, [form], case, words=words, entries=entries)
