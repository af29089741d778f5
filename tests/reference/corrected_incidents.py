"""Corrections of incidents by SPEC 8.5 and 9.19, evaluated afresh at every instant.

One version of a policy, in force from the beginning, that asks for a notice of each critical incident within
so long of when somebody became aware of it. What is corrected is made worse, and never better.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: incident; correct: of an incident; notice: of an incident or a correction.
        event: when it happened; of corrections the time.
        name: of an incident or a correction.
        of: what a correction or a notice is of.
        occurred, aware, kind: of an incident or a correction: its times and its class.
    """

    what: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    occurred: int = 0
    aware: int = 0
    kind: str = ""


History = list[Step]


def relieving(step: Step, late_after: int) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time) if step.time - step.event <= late_after else step.time


def said_until(history: History, correction: Step) -> list[Step]:
    """The corrected entry, and the corrections of it before."""
    before = history[: history.index(correction)]
    return [
        one for one in before if one.name == correction.of or (one.what, one.of) == ("correct", correction.of)
    ]


def times(step: Step) -> tuple[int, int]:
    """SPEC 9.19: its times, none later than its entry."""
    return min(step.occurred, step.time), min(step.aware, step.time)


def sets_a_clock(history: History, step: Step) -> bool:
    """SPEC 8.5: whether it is an event of its own."""
    if step.what == "incident":
        return True
    return step.what == "correct" and all(
        step.kind != one.kind or any(new < old for new, old in zip(times(step), times(one), strict=True))
        for one in said_until(history, step)
    )


def is_told(history: History, step: Step, late_after: int, t: int) -> bool:
    """SPEC 8.5, 9.19: whatever names the corrected entry names its correction, too."""
    names = {step.name, step.of} if step.what == "correct" else {step.name}
    return any(
        one.what == "notice" and one.of in names and relieving(one, late_after) <= t for one in history
    )


def overdue(history: History, within: int, late_after: int, t: int) -> set[int]:
    """The names of incidents and corrections of which no notice was given in time."""
    return {
        step.name
        for step in history
        if sets_a_clock(history, step)
        and step.kind == "critical"
        and times(step)[1] + within <= t
        and not is_told(history, step, late_after, t)
    }
