"""What is asked of training and storing by SPEC 9.7, 9.8 and 9.10, evaluated afresh at every instant.

One model with two snapshots, and one version of a policy that is in force from the beginning. While `x` is
crossed `kept` is needed for training, storing and deploying, `y` has to be ruled out before training, and
storing is forbidden until `kept.c`; `floor` is needed for storing always.
"""

from dataclasses import dataclass

from tests.reference import standing
from tests.reference.brief import Brief
from tests.reference.standing import adverse, is_attested

NAMES_WEIGHTS = ("checkpoint", "result", "permit", "start")


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: train, stop. checkpoint, result, permit: they name a snapshot. start, end: of a deployment.
            deleted. cross, clear: determinations, complete at once. attest, lapse: of a standard.
        event: when it happened; of what people decide the time.
        name: of a train or start; `of` is the one that a stop or an end is of.
        on: the snapshot, the threshold or the standard; of a deletion "" for all of the model's weights.
    """

    what: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    on: str = ""


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    respond_within: int
    late_after: int


History = list[Step]
Found = tuple[str, str]
"""A code, and what is missing or forbidden."""


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1."""
    return step.event if step.time - step.event <= terms.late_after else step.time


def goes_on(history: History, step: Step, terms: Terms, t: int) -> bool:
    """SPEC 8.2, 9.7: whether what was started, training or a deployment, goes on."""
    ends = [end for end in history if end.what in ("stop", "end") and end.of == step.name]
    return t == adverse(step) or (adverse(step) < t and not any(relieving(end, terms) <= t for end in ends))


# -- training


def trains(history: History, terms: Terms, t: int) -> list[int]:
    """SPEC 9.7, 8.1: when what is trained at an instant began, for each stretch of it."""
    runs = [step for step in history if step.what == "train" and goes_on(history, step, terms, t)]
    if runs:
        return [min(relieving(one, terms), one.time) for one in runs]
    return [t for step in history if step.what == "checkpoint" and adverse(step) == t]


# -- storing


def names_in(step: Step) -> bool:
    return step.what in NAMES_WEIGHTS


def is_stored(history: History, snapshot: str, terms: Terms, t: int) -> bool:
    """SPEC 9.7: named, and not deleted since; or deployed."""
    for step in history:
        if not names_in(step) or step.on != snapshot or adverse(step) > t:
            continue
        deletions = [one for one in history if one.what == "deleted" and one.on in ("", snapshot)]
        gone = any(one.event >= adverse(step) and relieving(one, terms) <= t for one in deletions)
        if t == adverse(step) or not gone:
            return True
        if step.what == "start" and goes_on(history, step, terms, t):
            return True
    return False


def stores(history: History, terms: Terms, t: int) -> bool:
    """Whether any snapshot is stored."""
    return any(is_stored(history, snapshot, terms, t) for snapshot in ("s", "t"))


def stored_since(history: History, terms: Terms, t: int, grid: list[int]) -> int:
    """SPEC 9.7, 9.8: when the stretch of storing began; weights that a result names were stored before it."""
    start = standing.onset(lambda at: stores(history, terms, at), t, grid)
    named = [step for step in history if names_in(step) and adverse(step) == start]
    return start - 1 if any(step.what == "result" for step in named) else start


# -- what is needed


def said(history: History, threshold: str, t: int) -> str:
    """SPEC 9.4, 9.5: what was determined last, by people who have seen all that was recorded before."""
    outcomes = [
        step.what
        for step in history
        if step.what in ("cross", "clear") and step.on == threshold and step.time <= t
    ]
    return outcomes[-1] if outcomes else ""


def is_crossed(history: History, threshold: str, t: int) -> bool:
    return said(history, threshold, t) == "cross"


def onset(history: History, threshold: str, t: int, grid: list[int]) -> int:
    """SPEC 9.6: since when it has been treated as crossed without a gap."""
    return standing.onset(lambda at: is_crossed(history, threshold, at), t, grid)


def is_in_force(history: History, standard: str, t: int) -> bool:
    """SPEC 9.9."""
    about = [step for step in history if step.on == standard]
    return is_attested(about, t)


def broken(history: History, terms: Terms, t: int, grid: list[int]) -> set[Found]:
    """What is found at an instant."""
    begun = {
        "V02": trains(history, terms, t),
        "V04": [stored_since(history, terms, t, grid)] if stores(history, terms, t) else [],
        "V01": [
            min(relieving(one, terms), one.time)
            for one in history
            if one.what == "start" and goes_on(history, one, terms, t)
        ],
    }
    found: set[Found] = set()
    if begun["V04"] and not is_in_force(history, "floor", t):
        found.add(("V04", "floor"))
    if not is_crossed(history, "x", t):
        return found
    since = onset(history, "x", t, grid)
    over = t >= since + terms.respond_within
    due = {code for code, starts in begun.items() if any(over or began >= since for began in starts)}
    if not is_in_force(history, "kept", t):
        found |= {(code, "kept") for code in due}
        if "V04" in due:
            found.add(("V37", "kept.c"))
    if "V02" in due and said(history, "y", t) != "clear":
        found.add(("V07", "y"))
    return found
