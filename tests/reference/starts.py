"""Starts and their gates by SPEC 9.10 (V14) and 9.23 (V16), evaluated afresh at every instant.

One model, one gate for deploying, and a policy of one version that is in force from the beginning. The gate
is approved by two roles; of the others one is told and one consulted before, and one is told within a time
afterwards. Each role has one person. Deployments start and end, and are not changed.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal["permit", "sign", "start", "end"]
Decision = Literal["approve", "consulted", "dissent", "recuse", "told"]
APPROVERS = ("rso", "board")
TOLD, CONSULTED, TOLD_AFTER = "lead", "auditor", "ceo"
SHOWS_CONSULTED = ("approve", "consulted", "dissent")


@dataclass(frozen=True)
class Step:
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        event: when it happened; permits and sign-offs happen when they are recorded.
        name: of a permit or a start, its own; of a sign-off or an end that of what it is about.
        role, decision: of a sign-off.
        activity, snapshot, expires: of a permit.
        scope, surface, attributes: of a permit or a start.
    """

    what: What
    event: int
    time: int
    name: int
    role: str = ""
    decision: Decision = "approve"
    activity: str = "deploy"
    snapshot: str = "s"
    expires: int = 0
    scope: str = ""
    surface: str = ""
    attributes: frozenset[str] = frozenset()


History = list[Step]


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def relieving(step: Step, late_after: int) -> int:
    """SPEC 8.1."""
    return adverse(step) if step.time - step.event <= late_after else step.time


def goes_on(history: History, start: Step, late_after: int, t: int) -> bool:
    """SPEC 8.2, 9.7."""
    ends = [step for step in history if (step.what, step.name) == ("end", start.name)]
    return t == adverse(start) or (
        adverse(start) < t and not any(relieving(end, late_after) <= t for end in ends)
    )


def fits(permit: Step, start: Step) -> bool:
    """SPEC 9.10: whether a permit is of what was started."""
    return (
        permit.what == "permit"
        and (permit.activity, permit.snapshot) == ("deploy", start.snapshot)
        and (permit.scope, permit.surface) == (start.scope, start.surface)
        and start.attributes <= permit.attributes
    )


def signed(history: History, name: int) -> list[Step]:
    """The sign-offs of a permit or a start."""
    return [step for step in history if (step.what, step.name) == ("sign", name)]


def completed(history: History, permit: Step) -> Step | None:
    """SPEC 6.6: the entry at which a permit has all approvals, each of which stands at that entry."""
    said = signed(history, permit.name)
    for last in said:
        latest = {
            role: [
                step
                for step in said[: said.index(last) + 1]
                if step.role == role and step.decision in ("approve", "dissent", "recuse")
            ]
            for role in APPROVERS
        }
        if all(steps and steps[-1].decision == "approve" for steps in latest.values()):
            return last
    return None


def is_passed(history: History, start: Step) -> bool:
    """SPEC 9.10: whether a permit in effect passes the gate."""
    for permit in history:
        done = completed(history, permit) if fits(permit, start) else None
        if (
            done is not None
            and history.index(done) < history.index(start)
            and done.time <= adverse(start) < permit.expires
        ):
            return True
    return False


def shown(history: History, start: Step, role: str, decisions: tuple[str, ...] = ()) -> list[Step]:
    """SPEC 9.23: the sign-offs by which a role shows that it knew of a start, or was consulted."""
    about = [start, *(step for step in history if fits(step, start))]
    return [
        step
        for one in about
        for step in signed(history, one.name)
        if step.role == role and (not decisions or step.decision in decisions)
    ]


def is_untold(history: History, start: Step, role: str, decisions: tuple[str, ...], t: int) -> bool:
    """SPEC 9.23, of who is told or consulted before; of a start that goes on."""
    said = shown(history, start, role, decisions)
    if any(history.index(step) < history.index(start) and step.time <= adverse(start) for step in said):
        return False
    return t == adverse(start) or not any(step.time <= t for step in said)


def is_untold_after(history: History, start: Step, within: int, t: int) -> bool:
    """SPEC 9.23, of who is told afterwards."""
    due = adverse(start) + within
    said = shown(history, start, TOLD_AFTER)
    return due <= t and not any(step.time <= due or step.time <= t for step in said)


def broken(history: History, within: int, late_after: int, t: int) -> set[tuple[str, int, str]]:
    """What is found at an instant: the code, the name of the start, and the role of V16."""
    found = set()
    for start in history:
        if start.what != "start" or not goes_on(history, start, late_after, t):
            continue
        if not is_passed(history, start):
            found.add(("V14", start.name, ""))
        if is_untold(history, start, TOLD, (), t):
            found.add(("V16", start.name, TOLD))
        if is_untold(history, start, CONSULTED, SHOWS_CONSULTED, t):
            found.add(("V16", start.name, CONSULTED))
        if is_untold_after(history, start, within, t):
            found.add(("V16", start.name, TOLD_AFTER))
    return found
