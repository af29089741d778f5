"""Results that speak against a model and that nobody has answered in time: V05.

Source: SPEC 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.acts import Completion
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import NEVER
from plimsoll_verify.policy.model import Respond, Threshold
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.thresholds import ThresholdSpans
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World


def find_undeclared(world: World) -> Iterator[Breach]:
    """Yield each threshold that stayed treated as crossed past `respond_within` with no determination.

    Source: SPEC 9.10.
    """
    for segment in world.segments:
        for threshold in segment.version.policy.thresholds.values():
            respond = threshold.respond_within
            states = world.thresholds.of(segment.version, threshold.id)
            if respond is not None and states.adverse:
                yield from _undeclared(world, segment, threshold, states, respond)


def _undeclared(
    world: World, segment: Segment, threshold: Threshold, states: ThresholdSpans, respond: Respond
) -> Iterator[Breach]:
    late: list[Span] = []
    entries: set[int] = set()
    for acts_ms, index in states.adverse:
        is_answered = union(answered(world, threshold, states, index))
        for onset, stop in world.onsets(threshold.id):
            due = respond.due(max(onset, acts_ms), is_hopeful=world.is_hopeful)
            open_for = subtract([(due, stop)] if due < stop else [], is_answered)
            if open_for:
                late += open_for
                entries.add(index)
    within = intersect(states.treated, [(segment.start, segment.stop)])
    spans = intersect(union(late), within)
    if spans:
        promise = respond.promise
        key = BreachKey("V05", threshold.id, promise.clause, threshold.id, "", promise.is_commitment)
        case = Case(world.model.id, "", threshold.id)
        yield Breach(
            key,
            promise,
            f"thresholds.{threshold.id}.respond_within",
            segment.version,
            spans,
            [],
            case,
            entries=tuple(sorted(entries)),
        )


def answered(world: World, threshold: Threshold, states: ThresholdSpans, result: int) -> Iterator[Span]:
    """Yield when a result is answered by determinations.

    What its signers ruled out having seen the result answers it. A crossing that was declared answers every
    result, whenever it came, until something is ruled out without having seen it.
    """
    cleared = [completion for completion, _ in states.cleared]
    for one in cleared:
        if result < one.seen:
            # Who reverses it gives the time to answer anew in which what it let go on has to stop.
            undone = world.context.undone.get(one.entries[0])
            stop = undone.due(is_hopeful=world.is_hopeful) if undone else NEVER
            yield (one.time_ms, min(stop, _lost_ms(world, threshold, one)))
    # What is ruled out was said when it was complete first, however often it is signed again.
    said = {other.entries[0]: other for other in reversed(cleared)}.values()
    blind = sorted((one for one in said if result >= one.seen), key=_index)
    # From the last one back: what ends a crossing ends those before it as well.
    until = NEVER
    for one in sorted([*states.declared, *_hoped(world, threshold)], key=_index, reverse=True):
        while blind and blind[-1].index > one.index:
            until = min(until, blind.pop().time_ms)
        yield (one.time_ms, until)


def _index(one: Completion) -> int:
    return one.index


def _lost_ms(world: World, threshold: Threshold, one: Completion) -> int:
    """Return until when a determination answers: once a key under it was lost, there is time to answer anew.

    Source: SPEC 6.5.
    """
    within = threshold.decide_within or threshold.respond_within
    if one.lost is None or within is None:
        return one.lost_ms
    return within.due(one.lost_ms, is_hopeful=world.is_hopeful)


def _hoped(world: World, threshold: Threshold) -> Iterator[Completion]:
    """Yield determinations that are not known, and could be of a crossing."""
    if world.is_hopeful:
        for act in world.model.determinations:
            completion = world.context.determination(act, threshold.id, "crossed")
            if act.content is None and completion is not None:
                yield completion
