"""Reversals of permits and starts by SPEC 9.28 (V14, V35), evaluated afresh at every instant.

One model and one version of a policy, in force from the beginning. Permits are approved, deployments start
and end; whoever may reverses permits and starts, at once.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: permit, approve, start, end, reverse.
        event: when it happened; of all but starts and ends the time.
        name: of a permit or a start.
        of: what an approval, an end or a reversal is of.
        is_entitled: of a reversal: whether its author may.
        scope: of a permit or a start.
        until: of a permit, which expires then.
    """

    what: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    is_entitled: bool = True
    scope: str = "external.general"
    until: int = 0


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    stops_within: int
    late_after: int


History = list[Step]


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1."""
    return adverse(step) if step.time - step.event <= terms.late_after else step.time


def reversed_at(history: History, name: int) -> list[int]:
    """SPEC 9.28: when something was reversed by those who may; the first time counts."""
    found = [one for one in history if (one.what, one.of) == ("reverse", name) and one.is_entitled]
    return [one.time for one in found[:1]]


def approved(history: History, permit: Step) -> Step | None:
    """The entry that completes a permit."""
    found = [one for one in history if (one.what, one.of) == ("approve", permit.name)]
    return found[0] if found else None


def passing(history: History, start: Step, terms: Terms) -> list[Step]:
    """SPEC 9.10, 9.28: the permits that pass the gate for a start."""
    found = []
    for permit in history:
        done = approved(history, permit) if permit.what == "permit" and permit.scope == start.scope else None
        if (
            done is not None
            and history.index(done) < history.index(start)
            and done.time <= adverse(start) < permit.until
            and not any(at <= relieving(start, terms) for at in reversed_at(history, permit.name))
        ):
            found.append(permit)
    return found


def is_let_on(history: History, start: Step, terms: Terms, since: int, t: int) -> bool:
    """SPEC 9.28: whether another permit that fits has been in effect since, and is not reversed."""
    for permit in history:
        done = approved(history, permit) if permit.what == "permit" and permit.scope == start.scope else None
        if done is not None:
            begin, gone = max(done.time, since), reversed_at(history, permit.name)
            is_in_effect = begin < permit.until and not any(at <= begin for at in gone)
            if is_in_effect and begin <= t and not any(at + terms.stops_within <= t for at in gone):
                return True
    return False


def goes_on(history: History, start: Step, terms: Terms, t: int) -> bool:
    """SPEC 8.2, 9.7."""
    ends = [one for one in history if (one.what, one.of) == ("end", start.name)]
    return t == adverse(start) or (adverse(start) < t and not any(relieving(end, terms) <= t for end in ends))


def broken(history: History, terms: Terms, t: int) -> set[tuple[str, int]]:
    """What is found at an instant: the code and the start."""
    found = set()
    for start in history:
        if start.what != "start" or not goes_on(history, start, terms, t):
            continue
        if any(at + terms.stops_within <= t for at in reversed_at(history, start.name)):
            found.add(("V35", start.name))
        permits = passing(history, start, terms)
        if not permits:
            found.add(("V14", start.name))
            continue
        gone = [reversed_at(history, permit.name) for permit in permits]
        if all(gone):
            last = max(at for (at,) in gone)
            if last + terms.stops_within <= t and not is_let_on(history, start, terms, last, t):
                found.add(("V35", start.name))
    return found
