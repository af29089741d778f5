"""Sets of instants, as sorted disjoint half-open spans of milliseconds.

An instant t is the span [t, t+1): a training checkpoint, or a deployment that ended in the millisecond in
which it began, has a length of one and is not lost.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter

Span = tuple[int, int]
Spans = Sequence[Span]

_start, _stop = itemgetter(0), itemgetter(1)


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the instants that are in any of the spans, which come in any order and may overlap."""
    ordered = sorted(spans)
    if not ordered or (len(ordered) == 1 and ordered[0][0] < ordered[0][1]):
        return ordered
    found: list[Span] = []
    for start, stop in ordered:
        if start >= stop:
            continue
        if found and start <= found[-1][1]:
            if stop > found[-1][1]:
                found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return found


def intersect(a: Spans, b: Spans) -> list[Span]:
    """Return the instants that are in both sets."""
    # This is asked a great many times, so each bound is looked up once.
    found: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        (a_start, a_stop), (b_start, b_stop) = a[i], b[j]
        start = max(a_start, b_start)
        if a_stop <= b_stop:
            if start < a_stop:
                found.append((start, a_stop))
            i += 1
        else:
            if start < b_stop:
                found.append((start, b_stop))
            j += 1
    return found


def clip(spans: Spans, start: int, stop: int) -> list[Span]:
    """Return the instants of a set from a start on, and before a stop."""
    if start >= stop:
        return []
    first = bisect_right(spans, start, key=_stop)
    last = bisect_left(spans, stop, lo=first, key=_start)
    return [(max(one[0], start), min(one[1], stop)) for one in spans[first:last]]


def at_least(k: int, sets: Sequence[Spans]) -> list[Span]:
    """Return the instants that are in `k` or more of some sets."""
    steps = sorted(step for spans in sets for start, stop in spans for step in ((start, 1), (stop, -1)))
    found: list[Span] = []
    depth = begun = 0
    for at, step in steps:
        if step > 0:
            depth += 1
            if depth == k:
                begun = at
        else:
            if depth == k:
                found.append((begun, at))
            depth -= 1
    return union(found)


def subtract(a: Spans, b: Spans) -> list[Span]:
    """Return the instants that are in the first set and not in the second."""
    if not b or not a:
        return list(a)
    found, j = [], 0
    for start, stop in a:
        while j < len(b) and b[j][1] <= start:
            j += 1
        at, k = start, j
        while k < len(b) and b[k][0] < stop:
            if at < b[k][0]:
                found.append((at, b[k][0]))
            at = b[k][1]
            k += 1
        if at < stop:
            found.append((at, stop))
    return found


def contains(spans: Spans, instant: int) -> bool:
    """Say whether an instant is in a set."""
    for start, stop in spans:  # noqa: SIM110 - any() takes twice as long, and this is asked a great many times.
        if start <= instant < stop:
            return True
    return False
