"""Which version what goes on is held to: the one in force or, for a while, the one before.

An amendment with a `transition` leaves deployments that are out already to the older version for a while. As
long as one of them breaks no commitment of the version in force it is held to that. When it does it is held
to the older one instead, and so on back through versions whose own time is not over.

Source: SPEC 9.34.
"""

from collections.abc import Iterator

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Bound, Breach, Held
from plimsoll_verify.halts import find_unhalted
from plimsoll_verify.needs import find_unmet
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World


def find_kept_from(segment: Segment) -> int:
    """Return until when a version leaves what is out to the one before; its beginning if for no time."""
    keep_until = segment.version.policy.amendment.keep_until
    return segment.start if keep_until is None else keep_until.after(segment.start)


def find_broken(world: World) -> Iterator[Breach]:
    """Yield what was broken, of the version that it is held to, by what goes on: needs and halts.

    Source: SPEC 9.10, 9.34.
    """
    left: Bound = []
    for number in range(len(world.segments) - 1, -1, -1):
        segment = world.segments[number]
        inside = [(segment.start, segment.stop)]
        own: Bound = [(form, intersect([form.span], inside)) for form in world.forms]
        all_held = [Held(segment.version, inside[0], own, world.segments)]
        if left:
            # As if the versions after it were not there.
            span = (segment.start, max(spans[-1][1] for _, spans in left))
            segments = [*world.segments[:number], Segment(*span, segment.version)]
            all_held.append(Held(segment.version, span, left, segments))
        left = []
        for held in all_held:
            rest = held._replace(bound=list(_pass_on(world, held, segment, left))) if number else held
            yield from _find(world, rest)


def _find(world: World, held: Held) -> Iterator[Breach]:
    yield from find_unmet(world, held)
    yield from find_unhalted(world, held)


def _pass_on(world: World, held: Held, segment: Segment, left: Bound) -> Iterator[tuple[Form, list[Span]]]:
    """Yield when forms are held to a version, and put when they are left to the one before into `left`."""
    window = [(segment.start, find_kept_from(segment))]
    for form, spans in held.bound:
        is_out = form.kind == "deploy" and form.began_ms < segment.start
        kept = intersect(spans, window) if is_out else []
        if kept:
            broken = _find(world, held._replace(bound=[(form, kept)]))
            kept = union(span for one in broken if one.key.is_commitment for span in one.spans)
        if kept:
            left.append((form, kept))
        yield form, subtract(spans, kept)
