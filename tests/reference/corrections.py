"""Corrections of deployments by SPEC 8.5 and 9.27 (V31), evaluated afresh at every instant.

One model, and one version of a policy that is in force from the beginning. Deployments start, are changed and
end; what is said of a start or a change is corrected, alone or with somebody else behind it.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief

SCOPES = ("external.trusted", "external.limited", "external.general", "internal.limited")
AUTHOR = "release"


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: start, change, end, correct; sign: of a correction; incident: voids what had not seen it.
        event: when it happened; of corrections and sign-offs the time.
        unseen: of a sign-off: how many of the entries before it its author had not seen.
        name: of a start, a change or a correction.
        of: what a change, an end, a correction or a sign-off is of.
        scope: of a start, a change or a correction.
        has_reasons: of a correction.
        role: of a sign-off.
    """

    what: str
    event: int
    time: int
    unseen: int = 0
    name: int = -1
    of: int = -1
    scope: str = ""
    has_reasons: bool = True
    role: str = ""


@dataclass(frozen=True)
class Form:
    """That a scope is served from when until when, and which step says so."""

    scope: str
    begin: int
    end: int
    step: Step


History = list[Step]
NEVER = 2**60


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def relieving(step: Step, late_after: int) -> int:
    """SPEC 8.1."""
    return adverse(step) if step.time - step.event <= late_after else step.time


def within(one: str, other: str) -> bool:
    """SPEC 9.7: of external scopes each is within those that come after it."""
    if one.startswith("internal.") or other.startswith("internal."):
        return one == other
    return SCOPES.index(one) <= SCOPES.index(other)


def named(history: History, name: int) -> Step:
    """What has a name."""
    (found,) = [step for step in history if step.name == name]
    return found


def second(history: History, correction: Step) -> int:
    """SPEC 8.5: when somebody else first signed it whose approval counts."""
    for at, step in enumerate(history):
        if (step.what, step.of) == ("sign", correction.name) and step.role != AUTHOR:
            size = max(0, at - step.unseen)
            had_in_view = history.index(correction) < size
            if had_in_view and not any(one.what == "incident" for one in history[size:at]):
                return step.time
    return NEVER


def effect(history: History, correction: Step) -> int:
    """SPEC 8.5: from when it relieves."""
    return second(history, correction) if correction.has_reasons else NEVER


def said_before(history: History, correction: Step) -> list[str]:
    """What the corrected entry says, and all corrections of it before."""
    before = history[: history.index(correction)]
    corrected = named(history, correction.of)
    return [
        corrected.scope,
        *(one.scope for one in before if (one.what, one.of) == ("correct", correction.of)),
    ]


def is_narrowing(history: History, correction: Step) -> bool:
    """SPEC 8.5: whether less was deployed than all that had been said."""
    return all(within(correction.scope, scope) for scope in said_before(history, correction))


def start_of(history: History, step: Step) -> Step:
    """The start that a change, an end or a correction leads to."""
    return step if step.what == "start" else start_of(history, named(history, step.of))


def forms(history: History, late_after: int) -> list[Form]:
    """SPEC 8.5, 9.7: all forms of all deployments."""
    return [
        form for start in history if start.what == "start" for form in forms_of(history, start, late_after)
    ]


def forms_of(history: History, start: Step, late_after: int) -> list[Form]:
    """SPEC 8.5, 9.7: the forms of one deployment, each ended by the earliest of what comes after it."""
    first = adverse(start)
    rank = {"start": 0, "end": 1, "change": 2, "correct": 2}

    def when(step: Step) -> int:
        at = effect(history, step) if step.what == "correct" else adverse(step)
        return max(at, first)

    mine = [step for step in history if step.what in rank and start_of(history, step) is start]
    mine.sort(key=lambda step: (when(step), rank[step.what], history.index(step)))
    # Of each step from when it ends what is before it; of each form what says it, after which step it is, and
    # whether it is a narrowing.
    ends: list[tuple[int, Step]] = []
    begun: list[tuple[Step, int, Step, bool]] = []
    before: Step | None = None
    about = -1
    for step in mine:
        acts = max(when(step) if step.what == "correct" else relieving(step, late_after), first)
        if step.what == "end":
            ends.append((acts, step))
            before, about = None, -1
        elif step.what != "correct":
            is_narrower = before is not None and within(step.scope, before.scope)
            begun.append((step, acts if is_narrower else adverse(step), step, is_narrower))
            ends.append((acts if before is not None else NEVER, step))
            before, about = step, step.name
        else:
            is_current = about == step.of and acts < NEVER
            corrected = named(history, step.of)
            if not is_narrowing(history, step):
                begun.append((step, adverse(corrected), corrected, False))
            elif is_current:
                begun.append((step, acts, step, True))
            if is_current:
                ends.append((acts, step))
                before = step
    found = []
    for step, begin, after, is_narrower in begun:
        place = next((number for number, (_, one) in enumerate(ends) if one is after), NEVER)
        later = [acts for number, (acts, one) in enumerate(ends) if number > place and one is not step]
        # What was started or widened goes on at that instant, even if it ended in the same.
        least = begin if is_narrower else begin + 1
        found.append(Form(step.scope, begin, max(min(later, default=NEVER), least), step))
    return found


def is_abused(history: History, correction: Step, late_after: int, t: int) -> bool:
    """SPEC 9.27: V31."""
    corrected = named(history, correction.of)
    if within(corrected.scope, correction.scope):
        return False
    since = correction.time + (late_after if correction.has_reasons else 0)
    later = history[history.index(correction) :]
    stands = [one for one in later if (one.what, one.of) == ("correct", correction.of)]
    return since <= t and not any(effect(history, one) <= t for one in stands)


def broken(history: History, late_after: int, t: int) -> set[tuple[str, str, int]]:
    """What is found at an instant: V37 of each scope that is served, and V31 of each correction."""
    found = {("V37", one.scope, -1) for one in forms(history, late_after) if one.begin <= t < one.end}
    for step in history:
        if step.what == "correct" and is_abused(history, step, late_after, t):
            found.add(("V31", "", step.name))
    return found
