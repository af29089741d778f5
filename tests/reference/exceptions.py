"""Exceptions by SPEC 9.26, evaluated afresh at every instant: meant to be obviously right.

Steps of a log, of which each is an entry. A model is deployed on surfaces, for which a standard of two
criteria is needed; criteria are attested and lapse, exceptions are recorded, and approved later.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal["attested", "lapsed", "start", "end", "excepted", "approved"]


@dataclass(frozen=True)
class Step:
    """An entry. Its index is its place in the history, which is sorted by `time`; all are recorded at once.

    Attributes:
        name: of a start and its end; of an exception and its approval. Each has one of its own.
        criterion: of attested and lapsed; of an exception, "" for the standard as a whole.
        surface: of a start; of an exception, "" for all.
        is_org: of an exception: whether it is about the organisation, and not this model.
        expires: of an exception.
    """

    what: What
    time: int
    name: int = 0
    criterion: str = ""
    surface: str = ""
    is_org: bool = False
    expires: int = 0


History = list[Step]
CRITERIA = ("a", "b")


def is_attested(history: History, criterion: str, t: int) -> bool:
    """SPEC 9.9: whether a criterion is in force: attested, and no lapse at that time or since."""
    said = [step for step in history if step.criterion == criterion and step.time <= t]
    lapses = [step.time for step in said if step.what == "lapsed"]
    return any(step.what == "attested" and not any(at >= step.time for at in lapses) for step in said)


def approval(history: History, exception: Step) -> Step | None:
    """The step that completes an exception, the first."""
    found = [step for step in history if (step.what, step.name) == ("approved", exception.name)]
    return found[0] if found else None


def completed(history: History) -> list[tuple[Step, int]]:
    """The exceptions that are complete, in the order in which they were, and when."""
    found = []
    for step in history:
        if step.what == "approved":
            (exception,) = (one for one in history if (one.what, one.name) == ("excepted", step.name))
            if approval(history, exception) is step:
                found.append((exception, step.time))
    return found


def covers(history: History, at_most: int) -> dict[int, tuple[int, int]]:
    """From when until when each exception covers, by its name."""
    found: dict[int, tuple[int, int]] = {}
    begun = end = None
    for exception, since in completed(history):
        if begun is None or end is None or since > end + at_most:
            begun = since
        stop = min(exception.expires, begun + at_most)
        found[exception.name] = (since, stop)
        end = max(since, stop, begun if end is None else end)
    return found


def is_covered(history: History, at_most: int, surface: str, t: int) -> bool:
    """Whether an exception covers what goes on on a surface."""
    spans = covers(history, at_most)
    for exception, _ in completed(history):
        since, stop = spans[exception.name]
        others = [one for one in CRITERIA if exception.criterion and one != exception.criterion]
        if (
            since <= t < stop
            and exception.surface in ("", surface)
            and all(is_attested(history, one, t) for one in others)
        ):
            return True
    return False


def goes_on(history: History, start: Step, t: int) -> bool:
    """Whether what was started goes on, the instant of its end excluded, that of its start included."""
    ends = [step.time for step in history if (step.what, step.name) == ("end", start.name)]
    ends = [max(time, start.time) for time in ends]
    return start.time <= t and (t == start.time or not any(time <= t for time in ends))


def is_broken(history: History, at_most: int, t: int) -> bool:
    """Whether something goes on that needs the standard, which is neither in force nor excepted."""
    if all(is_attested(history, one, t) for one in CRITERIA):
        return False
    return any(
        goes_on(history, step, t) and not is_covered(history, at_most, step.surface, t)
        for step in history
        if step.what == "start"
    )
