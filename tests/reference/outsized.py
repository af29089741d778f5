"""Training of others of at least a model's effective compute, by SPEC 9.8 and 9.10, at every instant afresh.

Three models, of which any may be made from others, and one version of a policy that is in force from the
beginning. While one is past `x`, `strong` is needed for training any other of at least its effective compute.
"""

from dataclasses import dataclass

from tests.reference import standing
from tests.reference.brief import Brief
from tests.reference.standing import adverse, is_attested

MODELS = ("a", "b", "c")


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: register. cross, clear: determinations, complete at once. train, stop. attest, lapse: of
            `strong`.
        event: when it happened; of what people decide the time.
        name: of a train; `of` is the one that a stop is of.
        flop: of a registration, beyond that of its parents; -1 where it is not said.
        parent: of a registration, or "".
    """

    what: str
    model: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    flop: int = -1
    parent: str = ""


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    respond_within: int
    late_after: int


History = list[Step]


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1."""
    return step.event if step.time - step.event <= terms.late_after else step.time


# -- compute


def made_from(history: History, model: str) -> set[str]:
    """Return a model and all that it was made from, whenever that was recorded."""
    family = {model}
    while True:
        more = {
            one.parent for one in history if one.what == "register" and one.model in family and one.parent
        }
        if more <= family:
            return family
        family |= more


def spent(history: History, model: str) -> int:
    """Return the most that any registration says of a model; -1 where none says anything."""
    return max((one.flop for one in history if one.what == "register" and one.model == model), default=-1)


def effective(history: History, model: str) -> tuple[int, bool]:
    """Return the effective compute of a model, as far as it is known, and whether all of it is."""
    family = [spent(history, one) for one in made_from(history, model)]
    return sum(one for one in family if one >= 0), all(one >= 0 for one in family)


def is_of_its_size(history: History, model: str, other: str) -> str:
    """SPEC 9.8: whether a model has at least the effective compute of another one: yes, no, or perhaps."""
    (mine, is_all_mine), (theirs, is_all_theirs) = effective(history, model), effective(history, other)
    if not is_all_theirs:
        return "perhaps"
    if mine >= theirs:
        return "yes"
    return "no" if is_all_mine else "perhaps"


# -- what is past the threshold, and what goes on


def is_crossed(history: History, model: str, t: int) -> bool:
    """SPEC 9.4, 9.5: crossed until people rule it out, who have seen all that was recorded before."""
    said = [one for one in history if one.what in ("cross", "clear") and one.model == model and one.time <= t]
    return bool(said) and said[-1].what == "cross"


def onset(history: History, model: str, t: int, grid: list[int]) -> int:
    """SPEC 9.6: since when it has been treated as crossed without a gap."""
    return standing.onset(lambda at: is_crossed(history, model, at), t, grid)


def is_strong(history: History, model: str, t: int) -> bool:
    """SPEC 9.9."""
    about = [step for step in history if step.model == model]
    return is_attested(about, t)


def goes_on(history: History, step: Step, terms: Terms, t: int) -> bool:
    """SPEC 8.2, 9.7."""
    ends = [end for end in history if end.what == "stop" and end.of == step.name]
    return t == adverse(step) or (adverse(step) < t and not any(relieving(end, terms) <= t for end in ends))


def broken(history: History, terms: Terms, t: int, grid: list[int]) -> set[tuple[str, str, str]]:
    """Return what is found at an instant: the model in training, the other, and how sure it is."""
    found = set()
    for step in history:
        if step.what != "train" or not goes_on(history, step, terms, t) or is_strong(history, step.model, t):
            continue
        began = min(relieving(step, terms), step.time)
        for other in MODELS:
            if other == step.model or not is_crossed(history, other, t):
                continue
            since = onset(history, other, t, grid)
            is_pending = began < since and t < since + terms.respond_within
            size = is_of_its_size(history, step.model, other)
            if size != "no" and not is_pending:
                found.add((step.model, other, "violation" if size == "yes" else "indeterminate"))
    return found
