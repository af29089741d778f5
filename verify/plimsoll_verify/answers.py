"""Results that speak against a model and that nobody has answered in time: V05.

Source: SPEC 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.acts import Completion
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import NEVER
from plimsoll_verify.policy.model import Threshold
from plimsoll_verify.spans import Span, intersect, union
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
            if threshold.respond_within is not None:
                states = world.thresholds.of(segment.version, threshold.id)
                if states.adverse:
                    yield from _undeclared(world, segment, threshold, states)


def _undeclared(
    world: World, segment: Segment, threshold: Threshold, states: ThresholdSpans
) -> Iterator[Breach]:
    respond = threshold.respond_within
    if respond is None:
        return
    late: list[Span] = []
    entries: set[int] = set()
    for acts_ms, index in states.adverse:
        answered = min(_answers(world, threshold, states, index), default=NEVER)
        for onset, stop in world.onsets(threshold.id):
            due = respond.time.after(max(onset, acts_ms))
            until = min(stop, answered)
            if due < until:
                late.append((due, until))
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


def _answers(world: World, threshold: Threshold, states: ThresholdSpans, result: int) -> Iterator[int]:
    """Yield since when determinations answer a result.

    What its signers ruled out having seen the result answers it. A crossing that was declared answers every
    result, whenever it came, unless something was ruled out in between.
    """
    cleared = [completion for completion, _ in states.cleared]
    for one in cleared:
        if result < one.seen:
            yield one.time_ms
    for one in [*states.declared, *_hoped(world, threshold)]:
        if not any(other.index > one.index and result >= other.seen for other in cleared):
            yield one.time_ms


def _hoped(world: World, threshold: Threshold) -> Iterator[Completion]:
    """Yield determinations that are not known, and could be of a crossing."""
    for act in world.model.determinations if world.is_hopeful else ():
        if act.content is None:
            completion = world.context.determination(act, threshold.id, "crossed")
            if completion is not None:
                yield completion
