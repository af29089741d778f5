"""Assessments by SPEC 9.19, evaluated afresh at every instant: those that come round again, and by compute.

Two models, and a policy of one version that is in force from the beginning.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal["assess", "register", "start", "end"]


@dataclass(frozen=True)
class Entry:
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: assess: an assessment. register: a registration, with `flop` or, if that is 0, without. start,
            end: of a deployment.
        of, name: which start an end is of.
    """

    what: What
    model: str
    event: int
    time: int
    flop: int = 0
    of: int = -1
    name: int = -1


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    every: int
    within: int
    grown_within: int
    late_after: int
    times: int = 4


History = list[Entry]


def adverse(entry: Entry) -> int:
    """SPEC 8.1."""
    return min(entry.event, entry.time)


def relieving(entry: Entry, terms: Terms) -> int:
    """SPEC 8.1."""
    return adverse(entry) if entry.time - entry.event <= terms.late_after else entry.time


def is_on(history: History, terms: Terms, model: str, t: int) -> bool:
    """Whether a deployment of a model goes on."""
    for start in history:
        if start.what == "start" and start.model == model and adverse(start) <= t:
            ends = [
                max(relieving(one, terms), adverse(start))
                for one in history
                if one.what == "end" and one.of == start.name
            ]
            if t == adverse(start) or not any(end <= t for end in ends):
                return True
    return False


def is_stale(history: History, terms: Terms, model: str, t: int) -> bool:
    """Whether an assessment that comes round again is owed."""
    if not is_on(history, terms, model, t):
        return False
    begin = min(adverse(one) for one in history if one.what == "start" and one.model == model)
    done = [
        (relieving(one, terms), adverse(one)) for one in history if (one.what, one.model) == ("assess", model)
    ]
    return not any(acts <= t < event + terms.every + terms.within for acts, event in [(begin, begin), *done])


def figure(history: History, model: str, before: int) -> int | None:
    """The most compute that a model was said to have in entries before an index; None if nobody said."""
    said = [one.flop for one in history[:before] if (one.what, one.model) == ("register", model) and one.flop]
    return max(said, default=None)


def grown(history: History, terms: Terms, model: str, t: int) -> str:
    """Whether a model has outgrown what was assessed: "yes", "no", or "doubt"."""
    assessed = [
        (index, one)
        for index, one in enumerate(history)
        if one.what == "assess" and relieving(one, terms) <= t
    ]
    registered = [
        (index, one)
        for index, one in enumerate(history)
        if (one.what, one.model) == ("register", model) and adverse(one) <= t
    ]
    last = max((index for index, _ in registered), default=-1)
    if any(one.model == model and index > last for index, one in assessed):
        return "no"
    own = max((one.flop for _, one in registered if one.flop), default=None)
    figures = [figure(history, one.model, index) for index, one in assessed]
    known = [one for one in figures if one is not None]
    if own is None or not known:
        return "doubt"
    if own < terms.times * max(known):
        return "no"
    return "yes" if len(known) == len(figures) else "doubt"


def outgrown(history: History, terms: Terms, model: str, t: int, grid: list[int]) -> str:
    """Whether an assessment is owed because of compute: "yes", "no", or "doubt"."""

    def holds(instant: int) -> bool:
        return is_on(history, terms, model, instant) and grown(history, terms, model, instant) != "no"

    if not holds(t):
        return "no"
    onset = t
    for instant in reversed([one for one in grid if one <= t]):
        if not holds(instant):
            break
        onset = instant
    return grown(history, terms, model, t) if onset + terms.grown_within <= t else "no"


def broken(history: History, terms: Terms, t: int, grid: list[int]) -> set[tuple[str, str, str]]:
    """What is owed at an instant: duty, model, and whether that is sure."""
    found = set()
    for model in ("model:m", "model:n"):
        if is_stale(history, terms, model, t):
            found.add(("again", model, "violation"))
        state = outgrown(history, terms, model, t, grid)
        if state != "no":
            found.add(("grown", model, "violation" if state == "yes" else "indeterminate"))
    return found
