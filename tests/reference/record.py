"""What the record owes by SPEC 9.12 (V30, V32), evaluated afresh at every instant.

One version of a policy, in force from the beginning. Evaluations are planned and come to results, of which
each may have a file of evidence; files are erased.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: plan, result, erase.
        event: when it happened.
        model: of a plan or a result.
        name: of a plan; of a result the plan that it names, or -1.
        file: of a result, or what is erased.
        is_false: whether it is in the name of a role that its author does not hold.
    """

    what: str
    event: int
    time: int
    model: str = "m"
    name: int = -1
    file: str = ""
    is_false: bool = False


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    close_within: int
    retention: int
    late_after: int


History = list[Step]
Found = set[tuple[str, int, str]]
"""The code, the entry, and the level."""


def earliest(step: Step) -> int:
    """SPEC 8.1: the earlier of event and entry."""
    return min(step.event, step.time)


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1."""
    return earliest(step) if step.time - step.event <= terms.late_after else step.time


def unaccounted(history: History, plan: Step, terms: Terms, t: int) -> str:
    """V30: what is found of a plan at an instant: nothing, a doubt, or a finding."""
    results = [
        relieving(step, terms)
        for step in history
        if step.what == "result"
        and (step.model, step.name) == (plan.model, plan.name)
        and not step.is_false
        # A result names what was recorded before it.
        and history.index(step) > history.index(plan)
    ]
    due = plan.time + terms.close_within
    if any(at <= due for at in results) or t < due:
        return ""
    # Once there is a result, what the run came to is known, and that it was late is what remains.
    if any(at <= t for at in results):
        return ""
    return "finding" if results else "indeterminate"


def is_breach(history: History, erased: Step, terms: Terms) -> bool:
    """V32: whether a file was erased that an entry before names, of an event too short a time ago."""
    return any(
        step.what == "result"
        and step.file == erased.file
        and earliest(erased) < earliest(step) + terms.retention
        for step in history[: history.index(erased)]
    )


def broken(history: History, terms: Terms, t: int) -> Found:
    """What is found at an instant."""
    found: Found = set()
    for at, step in enumerate(history):
        if step.what == "plan" and not step.is_false:
            level = unaccounted(history, step, terms, t)
            if level:
                found.add(("V30", at, level))
        if step.what == "erase" and earliest(step) <= t and is_breach(history, step, terms):
            found.add(("V32", at, "indeterminate"))
    return found
