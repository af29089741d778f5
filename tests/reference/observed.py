"""Heartbeats and inventories by SPEC 9.20, evaluated afresh at every instant: meant to be obviously right.

One model, one surface, and a policy of one version that is in force from the beginning.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal["beat", "look", "start", "end"]


@dataclass(frozen=True)
class Entry:
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: beat: a heartbeat. look: an inventory of the surface. start, end: of a deployment.
        event: when it happened; of a look, when it was made.
        scope: of a start; of a look what was seen of the model, "" for nothing.
        since: of a look: for how long it says that it had been running.
        keeper: of a look: whether those made it who are to.
        of, name: which start an end is of.
    """

    what: What
    event: int
    time: int
    scope: str = ""
    since: int = 0
    keeper: bool = True
    of: int = -1
    name: int = -1


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    beat_every: int
    look_every: int
    tolerance: int
    late_after: int


History = list[Entry]


def adverse(entry: Entry) -> int:
    """SPEC 8.1."""
    return min(entry.event, entry.time)


def relieving(entry: Entry, terms: Terms) -> int:
    """SPEC 8.1."""
    return adverse(entry) if entry.time - entry.event <= terms.late_after else entry.time


def has_no_beat(history: History, terms: Terms, t: int) -> bool:
    """Whether no heartbeat was recorded for too long."""
    beats = [0, *(one.time for one in history if one.what == "beat")]
    return not any(at <= t < at + terms.beat_every for at in beats)


def has_no_look(history: History, terms: Terms, t: int) -> bool:
    """Whether nobody who is to has looked for too long."""
    looks = [(relieving(one, terms), adverse(one)) for one in history if one.what == "look" and one.keeper]
    return not any(acts <= t < at + terms.look_every for acts, at in [(0, 0), *looks])


def stop(history: History, terms: Terms, start: Entry) -> int | None:
    """When a deployment ended, if it did; it goes on at the instant of its start."""
    ends = [
        max(relieving(one, terms), adverse(start), adverse(start) + 1)
        for one in history
        if one.what == "end" and one.of == start.name
    ]
    return min(ends, default=None)


def is_near(history: History, terms: Terms, start: Entry, t: int) -> bool:
    """Whether a deployment goes on, give or take the tolerance, and had been recorded by then."""
    began = min(relieving(start, terms), start.time)
    end = stop(history, terms, start)
    return began - terms.tolerance <= t and (end is None or t < end + terms.tolerance)


def reaches(start: Entry, look: Entry) -> bool:
    """Whether a recorded deployment reaches as far as what was seen."""
    return look.scope == start.scope or (look.scope, start.scope) == ("trusted", "general")


def is_explained(history: History, terms: Terms, look: Entry, t: int) -> bool:
    """Whether a deployment explains at t what was seen."""
    return any(
        one.what == "start" and reaches(one, look) and is_near(history, terms, one, t) for one in history
    )


def is_unexplained(history: History, terms: Terms, look: Entry, t: int, grid: list[int]) -> bool:
    """Whether what a look shows stands unexplained at t."""
    at = adverse(look)
    if t < at:
        return at - look.since <= t and not is_explained(history, terms, look, t)
    if any(is_explained(history, terms, look, one) for one in grid if at <= one <= t):
        return False
    return not any(
        one.what == "look" and one.keeper and adverse(one) > at and relieving(one, terms) <= t
        for one in history
    )


def broken(history: History, terms: Terms, t: int, grid: list[int]) -> set[str]:
    """What is found at an instant."""
    found = set()
    if has_no_beat(history, terms, t):
        found.add("beat")
    if has_no_look(history, terms, t):
        found.add("look")
    for one in history:
        if one.what == "look" and one.scope and is_unexplained(history, terms, one, t, grid):
            other = any(start.what == "start" and is_near(history, terms, start, t) for start in history)
            found.add("V27" if other else "V33")
    return found
