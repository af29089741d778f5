"""What goes on although those who may have reversed what it rested on: V35.

A reversal is against its authors' interest, as a pause is, and nothing voids it. What was reversed has no
effect on what begins later; what began before has to stop within the time that the policy sets.

Source: SPEC 9.28.
"""

from collections.abc import Iterator

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import NEVER, PermitContent
from plimsoll_verify.gates import permits, while_gated
from plimsoll_verify.policy.model import Gate
from plimsoll_verify.spans import Span, intersect, subtract
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

    Another permit for the same, that is in effect since, lets it go on, until that is reversed as well.
    """
    undone = world.context.undone
    gone: list[Undone] = []
    others: list[tuple[int, int, Undone | None]] = []
    for act, complete in permits(world, form, gate):
        one = undone.get(act.index)
        if complete.index < form.index and complete.time_ms <= form.start:
            if one is None:
                return
            if one.time_ms > form.began_ms:
                gone.append(one)
        else:
            until_ms = act.content.expires_ms if isinstance(act.content, PermitContent) else NEVER
            others.append((complete.time_ms, until_ms, one))
    if not gone:
        return
    last_ms = max(one.time_ms for one in gone)
    late = [(min(one.due(is_hopeful=world.is_hopeful) for one in gone if one.time_ms == last_ms), NEVER)]
    for at_ms, until_ms, one in others:
        begin = max(at_ms, last_ms)
        if begin < until_ms and (one is None or begin < one.time_ms):
            late = subtract(late, [(begin, one.due(is_hopeful=world.is_hopeful) if one else NEVER)])
            gone += [one] if one else []
    lasting = while_gated(world, form, gate.activity)
    for span in late:
        # What let it go on last is what was reversed before it became late.
        before = (one for one in gone if one.due(is_hopeful=world.is_hopeful) <= span[0])
        cause = max(before, key=lambda one: (one.time_ms, one.of))
        yield from _breach(world, form, cause, intersect(lasting, [span]))


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
