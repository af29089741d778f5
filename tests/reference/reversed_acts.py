"""Reversals of what relieves by SPEC 9.28: determinations, what was carried over and exceptions.

Evaluated afresh at every instant. One model, one threshold of one test, under which a standard is needed for
deploying that is never in force. Another model, which it may be said to be like, is ruled out for good. All
is recorded when it happens, by people who have seen all that was before; whoever may reverses it, at once.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: dangerous, between: results. crossed, ruled-out: determinations, complete at once. carried: that
            the model is like the other one. waived: the standard, for a while. start, end: of a deployment.
            reverse: of any but results, starts and ends.
        name: of whatever is no end and no reversal.
        of: what an end or a reversal is of.
        is_entitled: of a reversal: whether its author may.
        until: of an exception, which expires then.
    """

    what: str
    time: int
    name: int = -1
    of: int = -1
    is_entitled: bool = True
    until: int = 0


@dataclass(frozen=True)
class Terms:
    """What the policy says; times in ms.

    Attributes:
        is_cautious: whether what is unassessed is treated as crossed.
    """

    is_cautious: bool
    respond_within: int
    decide_within: int
    stops_within: int


History = list[Step]
RESULTS = ("dangerous", "between")


def reversed_at(history: History, step: Step) -> int | None:
    """SPEC 9.28: when something was reversed by those who may; the first time counts."""
    found = [one for one in history if (one.what, one.of) == ("reverse", step.name) and one.is_entitled]
    return found[0].time if found else None


def is_gone(history: History, step: Step, t: int) -> bool:
    """Whether something has been reversed at an instant."""
    at = reversed_at(history, step)
    return at is not None and at <= t


def state(history: History, t: int) -> str:
    """SPEC 9.3, 9.4, 9.6, 9.28: of the threshold."""
    then = [step for step in history if step.time <= t]
    for step in then:
        if step.what == "ruled-out" and not is_gone(history, step, t):
            later = then[then.index(step) :]
            if not any(one.what in (*RESULTS, "crossed") for one in later):
                return "ruled_out"
    if any(step.what in ("dangerous", "crossed") for step in then):
        return "crossed"
    # One that is too old has expired, and leaves it open as well.
    if any(step.what == "between" for step in then):
        return "indeterminate"
    if any(step.what == "carried" and not is_gone(history, step, t) for step in then):
        return "ruled_out"
    return "unassessed"


def is_treated(history: History, terms: Terms, t: int) -> bool:
    """SPEC 9.6."""
    now = state(history, t)
    return now in ("crossed", "indeterminate") or (terms.is_cautious and now == "unassessed")


def onset(history: History, terms: Terms, t: int) -> int:
    """SPEC 9.6: since when it has been treated as crossed without a gap; at t it is."""
    # The policy was in force before the history begins.
    changes = [-1, *sorted({step.time for step in history if step.time <= t})]
    since = t
    for at in reversed(changes):
        if not is_treated(history, terms, at):
            break
        since = at
    return since


def goes_on(history: History, start: Step, t: int) -> bool:
    """SPEC 8.2, 9.7."""
    ends = [step.time for step in history if (step.what, step.of) == ("end", start.name)]
    return t == start.time or (start.time < t and not any(end <= t for end in ends))


def has_time_to_stop(history: History, terms: Terms, start: Step, t: int) -> bool:
    """SPEC 9.28: whether what had ruled the threshold out was reversed lately, and nothing else has come."""
    for step in history:
        at = reversed_at(history, step)
        if (
            at is not None
            and step.what in ("ruled-out", "carried")
            and start.time < at <= t < at + terms.stops_within
            and state(history, at - 1) == "ruled_out"
            and not any(one.what in (*RESULTS, "crossed") and at <= one.time <= t for one in history)
        ):
            return True
    return False


def is_covered(history: History, terms: Terms, start: Step, t: int) -> bool:
    """SPEC 9.26, 9.28: whether an exception covers a deployment."""
    for step in history:
        if step.what == "waived" and step.time <= t < step.until:
            at = reversed_at(history, step)
            if at is None or t < at or (start.time < at and t < at + terms.stops_within):
                return True
    return False


def is_answered(history: History, terms: Terms, result: Step, t: int) -> bool:
    """SPEC 9.10, 9.28: whether a determination answers a result."""
    then = [step for step in history if step.time <= t]
    seen = then.index(result)
    for number, step in enumerate(then):
        if step.what == "crossed":
            after = then[number:]
            unseen = [one for one in after if one.what == "ruled-out" and then.index(one) < seen]
            if not unseen:
                return True
        if step.what == "ruled-out" and number > seen:
            at = reversed_at(history, step)
            if at is None or t < at + terms.stops_within:
                return True
    return False


def broken(history: History, terms: Terms, t: int) -> set[tuple[str, int]]:
    """SPEC 9.10: what is found at an instant, and of which start; of V05 and V08 none is named."""
    found = set()
    is_open = is_treated(history, terms, t)
    since = onset(history, terms, t) if is_open else t
    for step in history:
        if step.time > t:
            continue
        if step.what == "start" and is_open and goes_on(history, step, t):
            is_pending = step.time < since and t < since + terms.respond_within
            if not (
                is_pending or has_time_to_stop(history, terms, step, t) or is_covered(history, terms, step, t)
            ):
                found.add(("V01", step.name))
        if step.what in RESULTS and not is_answered(history, terms, step, t):
            if is_open and t >= max(since, step.time) + terms.respond_within:
                found.add(("V05", -1))
            if t >= step.time + terms.decide_within:
                found.add(("V08", -1))
    return found
