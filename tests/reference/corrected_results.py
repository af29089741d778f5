"""Corrections of results by SPEC 8.5, 9.1 to 9.4 and 9.27 (V31), evaluated afresh at every instant.

One model, one test of one threshold, and one version of a policy that is in force from the beginning. What is
not ruled out, and was once, is treated as crossed; each result asks for a determination, which nobody makes.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief

AUTHOR = "evaluator"
NEVER = 2**60


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: result; correct: of a result; sign: of a correction; incident: voids what had not seen it.
        event: when it happened; of corrections and sign-offs the time.
        unseen: of a sign-off: how many of the entries before it its author had not seen.
        name: of a result or a correction.
        of: what a correction or a sign-off is of.
        percent: of a result or a correction; -1 where the run failed.
        is_fit: of a result: whether it was planned, as what rules out has to be. A correction says no other.
        has_reasons: of a correction.
        role: of a sign-off.
    """

    what: str
    event: int
    time: int
    unseen: int = 0
    name: int = -1
    of: int = -1
    percent: int = -1
    is_fit: bool = True
    has_reasons: bool = True
    role: str = ""


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms and percent."""

    clear_below: int
    dangerous_from: int
    good_for: int
    late_after: int
    decide_within: int


History = list[Step]

ORDER = ("clear", "none", "between", "dangerous")


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def named(history: History, name: int) -> Step:
    """What has a name."""
    (found,) = [step for step in history if step.name == name]
    return found


def reading(step: Step, terms: Terms) -> str:
    """SPEC 9.1: what a result, or a correction of one, says."""
    if step.percent < 0:
        return "none"
    if step.percent >= terms.dangerous_from:
        return "dangerous"
    return "clear" if step.percent < terms.clear_below else "between"


def original(history: History, step: Step) -> Step:
    """The result that a correction is of, or the result itself."""
    return named(history, step.of) if step.what == "correct" else step


def voids(history: History, step: Step, terms: Terms) -> bool:
    """SPEC 6.6, where a correction is one more result (8.5)."""
    if step.what in ("result", "correct"):
        return not (original(history, step).is_fit and reading(step, terms) == "clear")
    return step.what == "incident"


def second(history: History, correction: Step, terms: Terms) -> int:
    """SPEC 8.5: when somebody else first signed it whose approval counts."""
    for at, step in enumerate(history):
        if (step.what, step.of) == ("sign", correction.name) and step.role != AUTHOR:
            size = max(0, at - step.unseen)
            had_in_view = history.index(correction) < size
            if had_in_view and not any(voids(history, one, terms) for one in history[size:at]):
                return step.time
    return NEVER


def effect(history: History, correction: Step, terms: Terms) -> int:
    """SPEC 8.5: from when it relieves."""
    return second(history, correction, terms) if correction.has_reasons else NEVER


def relieves(history: History, step: Step, terms: Terms) -> int:
    """SPEC 8.1, 8.5: from when what a statement says for the model acts."""
    if step.what == "correct":
        return effect(history, step, terms)
    return adverse(step) if step.time - step.event <= terms.late_after else step.time


def state(history: History, terms: Terms, t: int) -> str:
    """SPEC 9.3: of the test, and with it of the threshold (9.4)."""
    said = [
        (reading(step, terms), adverse(original(history, step)), step)
        for step in history
        if step.what in ("result", "correct")
    ]
    if any(reads == "dangerous" and acts <= t for reads, acts, _ in said):
        return "dangerous"
    if any(reads == "between" and acts <= t < acts + terms.good_for for reads, acts, _ in said):
        return "between"
    ruling_out = [
        (relieves(history, step, terms), acts + terms.good_for)
        for reads, acts, step in said
        if reads == "clear" and original(history, step).is_fit
    ]
    if any(begin <= t < end for begin, end in ruling_out):
        return "clear"
    # Recorded only when it had run out it has run out, too; what never acts does not.
    is_over = any(begin < NEVER and end <= t for begin, end in ruling_out)
    if is_over or any(reads == "between" and acts + terms.good_for <= t for reads, acts, _ in said):
        return "expired"
    return "no result"


def is_abused(history: History, correction: Step, terms: Terms, t: int) -> bool:
    """SPEC 9.27: V31."""
    before, after = reading(named(history, correction.of), terms), reading(correction, terms)
    if ORDER.index(after) >= ORDER.index(before):
        return False
    since = correction.time + (terms.late_after if correction.has_reasons else 0)
    later = history[history.index(correction) :]
    stands = [one for one in later if (one.what, one.of) == ("correct", correction.of)]
    return since <= t and not any(effect(history, one, terms) <= t for one in stands)


def is_undecided(history: History, terms: Terms, t: int) -> bool:
    """SPEC 8.5, 9.10: V08."""
    return any(
        adverse(original(history, step)) + terms.decide_within <= t
        for step in history
        if (step.what == "result" and reading(step, terms) != "none")
        or (step.what == "correct" and reading(step, terms) in ("between", "dangerous"))
    )


def broken(history: History, terms: Terms, t: int) -> set[tuple[str, int]]:
    """What is found at an instant: V37 treated as crossed, V07 not ruled out, V08, V31 of a correction."""
    now = state(history, terms, t)
    found = {("V07", -1)} if now != "clear" else set()
    if now in ("dangerous", "between", "expired"):
        found.add(("V37", -1))
    if is_undecided(history, terms, t):
        found.add(("V08", -1))
    for step in history:
        if step.what == "correct" and is_abused(history, step, terms, t):
            found.add(("V31", step.name))
    return found
