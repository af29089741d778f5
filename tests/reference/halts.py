"""What a needed standard halts by SPEC 9.10 (V03, and V01 of deployments), evaluated afresh at every instant.

Two models, of which either may be made from the other, and one version of a policy that is in force from the
beginning. While threshold `x` is crossed `wide` is needed, or in its stead `other`; while `y` is, `narrow`;
`floor` always is. What is needed and not in force halts: `wide` the training and the deployments of the model
and of what was made from it, `narrow` and `floor` the training of the model itself.
"""

from dataclasses import dataclass

from tests.reference import standing
from tests.reference.brief import Brief
from tests.reference.standing import adverse, is_attested

NEEDED = {"wide": ("x", ("wide", "other")), "narrow": ("y", ("narrow",)), "floor": ("", ("floor",))}
"""For each standard that halts: the threshold under which it is needed, and what would do."""
HALTS = {"wide": ("train", "deploy"), "narrow": ("train",), "floor": ("train",)}
DESCENDANTS_TOO = ("wide",)
MODELS = ("m", "n")


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: start, end: of training or a deployment. checkpoint: of training. attest, lapse: of a standard
            for a model. cross, clear: determinations, complete at once. register.
        event: when it happened; of what people decide the time.
        name: of a start; `of` is the one that an end is of.
        activity: of a start: train, deploy.
        on: the standard, the threshold or, of a registration, the parent.
    """

    what: str
    model: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    activity: str = "train"
    on: str = ""


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    respond_within: int
    late_after: int


History = list[Step]


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1."""
    return adverse(step) if step.time - step.event <= terms.late_after else step.time


def is_crossed(history: History, threshold: str, model: str, t: int) -> bool:
    """SPEC 9.4, 9.5: crossed until people rule it out, who have seen all that was recorded before."""
    said = [
        step
        for step in history
        if step.what in ("cross", "clear") and (step.on, step.model) == (threshold, model) and step.time <= t
    ]
    return bool(said) and said[-1].what == "cross"


def onset(history: History, threshold: str, model: str, t: int, grid: list[int]) -> int:
    """SPEC 9.6: since when it has been treated as crossed without a gap."""
    return standing.onset(lambda at: is_crossed(history, threshold, model, at), t, grid)


def is_in_force(history: History, standard: str, model: str, t: int) -> bool:
    """SPEC 9.9."""
    about = [step for step in history if (step.on, step.model) == (standard, model)]
    return is_attested(about, t)


def is_made_from(history: History, model: str, other: str) -> bool:
    """SPEC 9.6, 9.10: along any relation, whenever that was recorded."""
    return any(step.what == "register" and (step.model, step.on) == (model, other) for step in history)


def is_needed(history: History, standard: str, model: str, t: int) -> bool:
    """Whether a standard is needed for a model, and neither it nor what would do in its stead is in force."""
    threshold, wanted = NEEDED[standard]
    if threshold and not is_crossed(history, threshold, model, t):
        return False
    return not any(is_in_force(history, one, model, t) for one in wanted)


def goes_on(history: History, step: Step, terms: Terms, t: int) -> bool:
    """SPEC 8.2, 9.7: whether what was started does, or a checkpoint is of that instant alone."""
    if step.what == "checkpoint":
        trained = [
            one for one in history if (one.what, one.activity, one.model) == ("start", "train", step.model)
        ]
        return t == adverse(step) and not any(goes_on(history, one, terms, t) for one in trained)
    ends = [end for end in history if end.what == "end" and end.of == step.name]
    return t == adverse(step) or (adverse(step) < t and not any(relieving(end, terms) <= t for end in ends))


def is_pending(
    history: History, step: Step, standard: str, model: str, terms: Terms, t: int, grid: list[int]
) -> bool:
    """SPEC 9.8: whether what began before the onset has time left to respond."""
    threshold = NEEDED[standard][0]
    if not threshold:
        return False
    since = onset(history, threshold, model, t, grid)
    return relieving(step, terms) < since and t < since + terms.respond_within


def broken(history: History, terms: Terms, t: int, grid: list[int]) -> set[tuple[str, str, str]]:
    """What is found at an instant: the code, the model, and the standard that halts it."""
    found = set()
    for standard in NEEDED:
        for step in history:
            if (
                step.what not in ("start", "checkpoint")
                or step.activity not in HALTS[standard]
                or not goes_on(history, step, terms, t)
            ):
                continue
            for model in MODELS:
                is_descendant = standard in DESCENDANTS_TOO and is_made_from(history, step.model, model)
                if (
                    (model == step.model or is_descendant)
                    and is_needed(history, standard, model, t)
                    and not is_pending(history, step, standard, model, terms, t, grid)
                ):
                    found.add(("V03" if step.activity == "train" else "V01", step.model, standard))
    return found
