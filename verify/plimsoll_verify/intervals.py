"""Stretches of time as sorted, disjoint, half-open pairs of milliseconds, and the few operations on them.

Judging is set algebra on these: what is needed, less what is pending, less what is in force. A stretch [start, end)
holds start and not end; none is empty.
"""

from collections.abc import Iterable
from typing import Final

Span = tuple[int, int]
Spans = tuple[Span, ...]

FOREVER: Final = 1 << 62
"""An end that no time reaches."""

NEVER: Final[Spans] = ()
ALWAYS: Final[Spans] = ((0, FOREVER),)


def span(start: int, end: int = FOREVER) -> Spans:
    """Return one stretch, or none if it would be empty."""
    return ((start, end),) if start < end else ()


def union(spans: Iterable[Span]) -> Spans:
    """Return stretches in order, those that overlap or touch joined into one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def intersect(left: Spans, right: Spans) -> Spans:
    """Return what lies in both."""
    found: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(left: Spans, right: Spans) -> Spans:
    """Return what lies in the left one and not in the right one."""
    if not left or not right:
        return left
    return intersect(left, complement(right))


def complement(spans: Spans) -> Spans:
    """Return all other time, from 0 on."""
    found: list[Span] = []
    last = 0
    for start, end in spans:
        if last < start:
            found.append((last, start))
        last = end
    if last < FOREVER:
        found.append((last, FOREVER))
    return tuple(found)


def holds(spans: Spans, time_ms: int) -> bool:
    """Say whether an instant lies in one of them."""
    return any(start <= time_ms < end for start, end in spans)
