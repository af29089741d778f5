"""Starts without a permit, starts and goings-on during a pause: V14, V17 and V35.

Source: SPEC 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.activities import Form
from plimsoll_verify.acts import Completion
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import Act, PauseContent, PermitContent
from plimsoll_verify.lifting import lifted
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Gate, Promise
from plimsoll_verify.spans import Span, clip, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Version
from plimsoll_verify.world import World


def find_ungated(world: World) -> Iterator[Breach]:
    """Yield a breach for each gate that a start or widening passed without a permit in effect.

    Source: SPEC 9.10.
    """
    for form in world.forms:
        # Nobody escapes a gate by recording late that they had begun before there was one.
        version = world.context.versions.at(max(form.start, form.began_ms))
        # Permits are of this ledger; what began before it is claimed, and asked for none (8.4).
        if form.is_start and version is not None and form.index not in world.context.facts.claims:
            for gate in version.policy.gates:
                if form.matches(gate.activity) and not _has_permit(world, form, gate):
                    spans = while_gated(world, form, gate.activity)
                    key = BreachKey(
                        "V14",
                        "",
                        gate.promise.clause,
                        gate.activity.value,
                        str(form.index),
                        gate.promise.is_commitment,
                    )
                    words, entries = _what_is_missing(world, form, gate)
                    yield _breach(key, gate.promise, version, spans, form, world, words, entries)


def _breach(
    key: BreachKey,
    promise: Promise,
    version: Version,
    spans: list[Span],
    form: Form,
    world: World,
    words: str,
    entries: tuple[int, ...],
) -> Breach:
    rule = "gates" if key.code == "V14" else "pause"
    case = Case(world.model.id, form.content.surface, "")
    return Breach(key, promise, rule, version, spans, [form], case, words=words, entries=entries)


def while_gated(world: World, form: Form, activity: Activity) -> list[Span]:
    """Return when a start went on in forms that a gate is about, under versions that have such a gate."""

    def find() -> list[Span]:
        follows = union(
            other.span
            for other in world.forms
            if other.matches(activity)
            and other.snapshot == form.snapshot
            and other.content.within(form.content)
        )
        gated = union(
            (segment.start, segment.stop)
            for segment in world.segments
            if any(gate.activity is activity for gate in segment.version.policy.gates)
        )
        return intersect(follows, gated)

    # Thousands of starts may be of the same weights in the same form.
    spans = world.once((activity, form.snapshot, form.content), find)
    return clip(spans, form.start, form.lasts_to)


def _has_permit(world: World, form: Form, gate: Gate) -> bool:
    undone = world.context.undone
    for act, complete in permits(world, form, gate):
        # Nobody escapes a reversal, or the loss of a key, by recording late that they had begun before it.
        is_undone = act.index in undone and undone[act.index].time_ms <= form.began_ms
        is_over = is_undone or complete.lost_ms <= form.began_ms
        if complete.index < form.index and complete.time_ms <= form.start and not is_over:
            return True
    return world.is_hopeful and form.kind == "deploy" and not form.content.scope


def permits(world: World, form: Form, gate: Gate) -> Iterator[tuple[Act, Completion]]:
    """Yield the permits for a form that had not expired when it began, and that a gate's people signed."""
    for act in world.model.permits:
        content = act.content
        if isinstance(content, PermitContent):
            if not covers(act, content, form) or form.start >= content.expires_ms:
                continue
        elif not world.is_hopeful:
            continue
        complete = world.context.permit(act, gate.approved_by)
        for one in complete.times() if complete else ():
            yield act, one


def covers(act: Act, content: PermitContent, form: Form) -> bool:
    """Say whether a permit, if it is approved, is one for this form."""
    if content.activity != form.kind:
        return False
    return form.kind == "train" or (
        form.snapshot in act.subjects
        and content.scope == form.content.scope
        and content.surface == form.content.surface
        and form.content.attributes <= content.attributes
    )


def _what_is_missing(world: World, form: Form, gate: Gate) -> tuple[str, tuple[int, ...]]:
    """Say which permits there are for a form, and why none was in effect."""
    words, entries = [], []
    for act in world.model.permits:
        content = act.content
        if not isinstance(content, PermitContent) or not covers(act, content, form):
            continue
        entries.append(act.index)
        count = world.context.count_permit(act, gate.approved_by)
        complete = count.completion()
        if complete is None:
            last = act.sign_offs[-1] if act.sign_offs else act
            pending = count.pending(last.index, last.time_ms, world.context.versions.id, "approved_by")
            missing = pending.missing if pending else ()
            words.append(f"the permit of entry {act.index} lacks {' and '.join(missing) or 'an approval'}")
        elif form.start >= content.expires_ms:
            words.append(f"the permit of entry {act.index} had expired")
        elif act.index in world.context.undone and complete.index < form.index:
            words.append(f"the permit of entry {act.index} had been reversed")
        elif complete.lost is not None and complete.index < form.index:
            entries.append(complete.lost.entry)
            words.append(
                f"a key under the permit of entry {act.index} had been declared compromised by entry"
                f" {complete.lost.entry}"
            )
        else:
            words.append(f"the permit of entry {act.index} was complete only with entry {complete.index}")
    return "; ".join(words) or "no permit covers it", tuple(entries)


# -- pauses


def _pauses(world: World) -> Iterator[tuple[Act, PauseContent, Span]]:
    """Yield pauses and restrictions about the model that were called by those who may, with their spans."""
    for act in world.context.facts.pauses:
        content = act.content
        about = world.context.facts.org in act.subjects or world.model.id in act.subjects
        if about and isinstance(content, PauseContent) and world.context.pause(act) is not None:
            start = min(act.event_ms, act.time_ms)
            for span in subtract([(start, content.until_ms)], lifted(world, act)):
                yield act, content, span


def find_unpaused(world: World) -> Iterator[Breach]:
    """Yield what was started during a pause, and what went on past its deadline.

    Source: SPEC 9.10.
    """
    for act, content, (start, stop) in _pauses(world):
        version = world.context.versions.at(start) or world.context.versions.all[0]
        rule = version.policy.pause
        due = rule.stops_within.after(start)
        name = f"the {act.kind} of entry {act.index}"
        in_force = [(world.segments[0].start, world.stop)] if world.segments else []
        for form in world.forms:
            if not content.stops(form.kind, form.content.scope):
                continue
            began_inside = form.is_start and start <= form.start < stop
            if began_inside:
                code, spans = "V17", [(form.start, min(stop, form.lasts_to))]
                words = f"it began during {name}"
            else:
                code, spans = "V35", intersect([form.span], [(due, stop)] if due < stop else [])
                words = f"it went on past {rule.stops_within.text} after {name}"
            spans = intersect(spans, in_force)
            if spans:
                where = f"{act.index}/{form.index}"
                promise = rule.promise
                key = BreachKey(code, "", promise.clause, form.kind, where, promise.is_commitment)
                yield _breach(key, promise, version, spans, form, world, words, (act.index,))
