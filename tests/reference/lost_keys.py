"""What a lost key signed, by SPEC 6.5 to 6.7, 9.4, 9.8 and 9.10, evaluated afresh at every instant.

One model, one version of a policy that is in force from the beginning, and three people who sign: permits,
reports and determinations that rule out need two of them. Each has several keys, and some are declared
compromised. A crossing is declared by one of them alone. One standard is approved by a report, and one gate
passed by a permit.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief

ROLES = ("rso", "ceo", "board")
NEEDED = 2
NEVER = 2**60


@dataclass(frozen=True, repr=False, eq=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: result: one that does not rule out. crossed, ruled: determinations by `role`. permit, report: by
            others, who sign nothing else. sign: of one of these. lose: the declaration that a key is
            compromised. start, end: of a deployment.
        event: when it happened; of all but results, starts and ends the time.
        unseen: of a determination or a sign-off: how many of the entries before it its author had not seen;
            of a declaration: for how many of them the key had been compromised.
        name: of an act or a start.
        of: what a sign-off or an end is of.
        role, key: who signed, and with which of their keys; of a declaration whose and which was lost.
        until: of a permit, which expires then.
    """

    what: str
    event: int
    time: int
    unseen: int = 0
    name: int = -1
    of: int = -1
    role: str = ""
    key: int = 0
    until: int = 0


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms; `decide_within` is -1 where it says nothing of that."""

    respond_within: int
    decide_within: int
    renewed_every: int
    late_after: int


History = list[Step]


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def began(step: Step, terms: Terms) -> int:
    """SPEC 8.1: when a start began, and from when an end relieves."""
    return adverse(step) if step.time - step.event <= terms.late_after else step.time


def size(history: History, step: Step) -> int:
    """How many entries the author had seen; of a declaration since which one the key was compromised."""
    return max(0, history.index(step) - step.unseen)


def declarations(history: History, signature: Step) -> list[Step]:
    """SPEC 6.5: what declares that the key was compromised."""
    return [
        step
        for step in history
        if (step.what, step.role, step.key) == ("lose", signature.role, signature.key)
    ]


def is_authentic(history: History, signature: Step) -> bool:
    """SPEC 6.4: a key is not valid after it was declared compromised."""
    at = history.index(signature)
    return not any(history.index(one) < at for one in declarations(history, signature))


def lost(history: History, signature: Step) -> int:
    """SPEC 6.5: from when on a signature relieves no more."""
    at = history.index(signature)
    return min(
        (
            one.time
            for one in declarations(history, signature)
            if size(history, one) <= at < history.index(one)
        ),
        default=NEVER,
    )


def is_void(history: History, signature: Step, last: Step) -> bool:
    """SPEC 6.6: whether what voids lies between what its author had seen and the completing entry."""
    return any(
        step.what == "result"
        or (step.what == "crossed" and is_authentic(history, step))
        or (step.what == "lose" and step.role == signature.role)
        for step in history[size(history, signature) : history.index(last) + 1]
        if step is not signature
    )


def signatures(history: History, act: Step) -> list[Step]:
    """SPEC 6.6: what was signed under an act that had it in view; by its author, if they count (6.7)."""
    own = [act] if act.what == "ruled" else []
    others = [
        step
        for step in history
        if (step.what, step.of) == ("sign", act.name) and history.index(act) < size(history, step)
    ]
    return [one for one in own + others if is_authentic(history, one)]


def counted(history: History, act: Step, last: Step) -> list[Step]:
    """SPEC 6.6: the signatures that count at an entry."""
    return [
        one
        for one in signatures(history, act)
        if history.index(one) <= history.index(last) and not is_void(history, one, last)
    ]


def is_met(found: list[Step]) -> bool:
    """SPEC 6.7: each role has one person."""
    return len({one.role for one in found}) >= NEEDED


def completions(history: History, act: Step) -> list[Step]:
    """SPEC 6.6, 9.13: the entries by which the quorum was complete, or complete again."""
    if not is_authentic(history, act):
        return []
    return [last for last in signatures(history, act) if is_met(counted(history, act, last))]


def stands(history: History, act: Step, last: Step, t: int, *, is_trusting: bool = False) -> bool:
    """SPEC 6.5: whether what an entry completed does not need at t a signature that was lost by then."""
    found = counted(history, act, last)
    return last.time <= t and is_met([one for one in found if is_trusting or not lost(history, one) <= t])


def seen(history: History, act: Step, last: Step) -> int:
    """SPEC 6.5, 9.4: what all its counted signers had seen; once complete again, those of before, too."""
    first = completions(history, act)[0]
    return min(
        max(size(history, one) for one in counted(history, act, entry) if one.role == role)
        for entry in (first, last)
        for role in {one.role for one in counted(history, act, entry)}
    )


def acts(history: History, what: str) -> list[Step]:
    """All acts of a kind."""
    return [step for step in history if step.what == what]


def is_crossed(history: History, t: int) -> bool:
    """SPEC 9.4: what speaks against the model stays, whoever's key is lost."""
    return any(
        (step.what == "result" and adverse(step) <= t)
        or (step.what == "crossed" and step.time <= t and is_authentic(history, step))
        for step in history
    )


def is_ruled_out(history: History, t: int) -> bool:
    """SPEC 9.4."""
    return any(
        stands(history, act, last, t)
        and not any(
            (step.what == "result" and adverse(step) <= t)
            or (step.what == "crossed" and step.time <= t and is_authentic(history, step))
            for step in history[seen(history, act, last) :]
        )
        for act in acts(history, "ruled")
        for last in completions(history, act)
    )


def is_treated(history: History, t: int) -> bool:
    """SPEC 9.6."""
    return is_crossed(history, t) and not is_ruled_out(history, t)


def onset(history: History, t: int, grid: list[int]) -> int:
    """SPEC 9.6: since when it has been treated as crossed without a gap; it is at t."""
    start = t
    for instant in reversed([one for one in grid if one <= t]):
        if not is_treated(history, instant):
            break
        start = instant
    return start


def in_force(history: History, terms: Terms, t: int, *, is_trusting: bool = False) -> bool:
    """SPEC 9.9, of a standard that was attested in the beginning, and is approved by reports.

    Args:
        history: the entries.
        terms: the policy.
        t: when.
        is_trusting: as it would be if no key had been declared compromised.
    """
    return any(
        stands(history, act, last, t, is_trusting=is_trusting)
        and t < completions(history, act)[0].time + terms.renewed_every
        for act in acts(history, "report")
        for last in completions(history, act)
    )


def is_spared(history: History, terms: Terms, start: Step, t: int) -> bool:
    """SPEC 6.5: whether there is time to sign again that on which the deployment rested."""
    return in_force(history, terms, t, is_trusting=True) and any(
        began(start, terms) < at <= t < at + terms.respond_within
        and in_force(history, terms, at - 1)
        and not in_force(history, terms, at)
        for at in {one.time for one in acts(history, "lose")}
    )


def goes_on(history: History, start: Step, terms: Terms, t: int) -> bool:
    """SPEC 8.2, 9.7."""
    ends = [one for one in history if (one.what, one.of) == ("end", start.name)]
    return t == adverse(start) or (
        adverse(start) < t and not any(max(began(end, terms), adverse(start)) <= t for end in ends)
    )


def is_unsafe(history: History, terms: Terms, start: Step, t: int, grid: list[int]) -> bool:
    """SPEC 9.8, 9.10: V01."""
    if not is_treated(history, t) or in_force(history, terms, t):
        return False
    since = onset(history, t, grid)
    is_pending = began(start, terms) < since and t < since + terms.respond_within
    return not is_pending and not is_spared(history, terms, start, t)


def is_passed(history: History, terms: Terms, start: Step) -> bool:
    """SPEC 6.5, 9.10: whether a permit lets a start pass the gate."""
    return any(
        history.index(last) < history.index(start)
        and last.time <= adverse(start) < act.until
        and stands(history, act, last, began(start, terms))
        for act in acts(history, "permit")
        for last in completions(history, act)
    )


def is_answered(history: History, terms: Terms, result: Step, t: int) -> bool:
    """SPEC 6.5, 9.10: whether determinations answer a result."""
    at = history.index(result)
    within = terms.respond_within if terms.decide_within < 0 else terms.decide_within
    ruled = acts(history, "ruled")
    for act in ruled:
        for last in completions(history, act):
            # Time to answer anew is given from when the signatures are missing.
            is_late = last.time <= t and stands(history, act, last, max(last.time, t - within))
            if is_late and at < seen(history, act, last):
                return True
    return any(
        one.time <= t
        and is_authentic(history, one)
        and not any(
            first.time <= t and history.index(first) > history.index(one) and at >= seen(history, act, first)
            for act in ruled
            for first in completions(history, act)[:1]
        )
        for one in acts(history, "crossed")
    )


def broken(history: History, terms: Terms, t: int, grid: list[int]) -> set[tuple[str, int]]:
    """What is found at an instant: the code, and of V14 the start."""
    found = set()
    for start in acts(history, "start"):
        if goes_on(history, start, terms, t):
            if is_unsafe(history, terms, start, t, grid):
                found.add(("V01", -1))
            if not is_passed(history, terms, start):
                found.add(("V14", start.name))
    for result in acts(history, "result"):
        if adverse(result) <= t and not is_answered(history, terms, result, t):
            if 0 <= terms.decide_within <= t - adverse(result):
                found.add(("V08", -1))
            if is_treated(history, t):
                due = max(adverse(result), onset(history, t, grid)) + terms.respond_within
                if due <= t:
                    found.add(("V05", -1))
    return found
