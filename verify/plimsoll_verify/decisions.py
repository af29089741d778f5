"""What people did not determine in time, or without saying why against what was measured: V05, V06, V08.

Source: SPEC 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.answers import answered
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import NEVER, DeterminationContent
from plimsoll_verify.policy.model import Promise, Threshold
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.thresholds import ThresholdSpans
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World


def find_undecided(world: World) -> Iterator[Breach]:
    """Yield what was not determined in time, and what was determined without reasons.

    Source: SPEC 9.10.
    """
    for segment in world.segments:
        for threshold in segment.version.policy.thresholds.values():
            states = world.thresholds.of(segment.version, threshold.id)
            yield from _open_for_too_long(world, segment, threshold, states)
            yield from _assessed_and_undecided(world, segment, threshold, states)
            if world.model.determinations and states.adverse:
                yield from _without_reasons(world, segment, threshold, states)


def _breach(
    world: World,
    segment: Segment,
    threshold: Threshold,
    code: str,
    part: str,
    promise: Promise,
    spans: list[Span],
    entries: set[int],
) -> Iterator[Breach]:
    """Yield a breach about a threshold, as far as it lies in a segment."""
    spans = intersect(union(spans), [(segment.start, segment.stop)])
    if spans:
        key = BreachKey(code, threshold.id, promise.clause, threshold.id, part, promise.is_commitment)
        rule = f"thresholds.{threshold.id}" + (f".{part}" if part else "")
        case = Case(world.model.id, "", threshold.id)
        yield Breach(key, promise, rule, segment.version, spans, [], case, entries=tuple(sorted(entries)))


def _open_for_too_long(
    world: World, segment: Segment, threshold: Threshold, states: ThresholdSpans
) -> Iterator[Breach]:
    """Yield a state that stayed open past `determination_within`: V05."""
    within = threshold.determination_within
    if within is not None and states.overdue:
        yield from _breach(
            world, segment, threshold, "V05", "if_not_ruled_out", within.promise, states.overdue, set()
        )


def _assessed_and_undecided(
    world: World, segment: Segment, threshold: Threshold, states: ThresholdSpans
) -> Iterator[Breach]:
    """Yield results that nobody determined anything about in the time that there is: V08."""
    decide = threshold.decide_within
    if decide is None:
        return
    late: list[Span] = []
    entries: set[int] = set()
    for acts_ms, index in sorted({one for test in states.tests for one in test.assessed}):
        due = decide.due(acts_ms, is_hopeful=world.is_hopeful)
        open_for = subtract([(due, NEVER)], union(answered(world, threshold, states, index)))
        if intersect(open_for, [(segment.start, min(segment.stop, world.stop))]):
            late += open_for
            entries.add(index)
    yield from _breach(world, segment, threshold, "V08", "decide_within", decide.promise, late, entries)


def _without_reasons(
    world: World, segment: Segment, threshold: Threshold, states: ThresholdSpans
) -> Iterator[Breach]:
    """Yield what was ruled out in the face of results that speak against it, without reasons: V06.

    It has no effect, and lasts until somebody determines it properly.
    """
    proper = [*states.declared, *(one for one, _ in states.cleared)]
    for act in world.model.determinations:
        content = act.content
        if not isinstance(content, DeterminationContent) or content.has_reasons:
            continue
        if content.threshold != threshold.id or content.outcome != "ruled_out":
            continue
        done = world.context.determination(act, threshold.id, "ruled_out")
        if done is None:
            continue
        against = {index for acts, index in states.adverse if index < done.index and acts <= done.time_ms}
        if against:
            until = min((one.time_ms for one in proper if one.index > done.index), default=NEVER)
            spans = [(done.time_ms, max(until, done.time_ms + 1))]
            entries = {*done.entries, *against}
            yield from _breach(world, segment, threshold, "V06", "", threshold.promise, spans, entries)
