"""Forms of deployments by SPEC 9.7, and what is found of them by 9.10, evaluated afresh at every instant.

One model with two snapshots, and one version of a policy that is in force from the beginning. Deployments
start, are changed and end. There is a gate for what is external (V14); while people have determined the
threshold to be crossed, a standard is needed for that which nobody ever attests (V01); and the model is
paused (V17, V35).
"""

from dataclasses import dataclass

from tests.reference.brief import Brief

WIDER = {
    "external.trusted": ("external.limited", "external.general"),
    "external.limited": ("external.general",),
    "internal.limited": ("internal.large-scale",),
}


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: start, change, end; permit, approve; pause, cross: these are complete at once.
        event: when it happened; of permits, approvals and crossings the time.
        name: of a start, a change, a permit or a pause.
        of: what a change, an end or an approval is of; -1 is of nothing that was started.
        is_false: whether it is in the name of a role that its author does not hold.
        until: of a pause, and of a permit, which expires then.
    """

    what: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    is_false: bool = False
    snapshot: str = "s"
    scope: str = ""
    surface: str = ""
    attributes: frozenset[str] = frozenset()
    until: int = 0


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    respond_within: int
    stops_within: int
    late_after: int


@dataclass(frozen=True)
class Form:
    """A form of a deployment: the step that tells of it, from when until when it goes on.

    Attributes:
        narrowed: the form that it is narrowed from, or None for what was started or widened.
        began: since when it counts as going on where that is a relief (SPEC 8.1).
    """

    step: Step
    begin: int
    end: int
    narrowed: "Form | None"
    began: int


History = list[Step]
NEVER = 2**60


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1."""
    return adverse(step) if not step.is_false and step.time - step.event <= terms.late_after else step.time


def within(one: Step, other: Step) -> bool:
    """SPEC 9.7: whether a form reaches nobody and nothing that the other does not reach."""
    return (
        (one.snapshot, one.surface) == (other.snapshot, other.surface)
        and one.attributes <= other.attributes
        and (one.scope == other.scope or other.scope in WIDER.get(one.scope, ()))
    )


def deployment(history: History, step: Step) -> int:
    """SPEC 9.7: the index of the start that a step leads to, or of the change of nothing that was started."""
    named = [one for one in history if one.what in ("start", "change") and one.name == step.of]
    if step.what == "start" or not named:
        return history.index(step)
    return deployment(history, named[0])


def steps_of(history: History, begun: int) -> list[tuple[Step, Step | None]]:
    """SPEC 9.7: all steps of a deployment in order, each with the step that told of the form before."""
    rank = {"start": 0, "end": 1, "change": 2}
    mine = [step for step in history if step.what in rank and deployment(history, step) == begun]
    first = history[begun]
    # What names the start cannot have happened before it.
    mine.sort(
        key=lambda step: (
            step is not first,
            max(adverse(step), adverse(first)),
            rank[step.what],
            history.index(step),
        )
    )
    found: list[tuple[Step, Step | None]] = []
    before: Step | None = None
    for step in mine:
        found.append((step, before))
        # What is said in a false name begins things, and ends and narrows nothing.
        if not step.is_false or (step.what != "end" and not (before and within(step, before))):
            before = None if step.what == "end" else step
    return found


def forms(history: History, terms: Terms) -> list[Form]:
    """SPEC 9.7: all forms of all deployments."""
    found: list[Form] = []
    for begun in range(len(history)):
        steps, last = steps_of(history, begun), None
        first = adverse(history[begun])
        for number, (step, before) in enumerate(steps):
            is_narrowing = before is not None and within(step, before)
            if step.what == "end" or (is_narrowing and step.is_false):
                continue
            # A change after an end is a start, which ends nothing.
            ends = [
                max(relieving(one, terms), first)
                for one, former in steps[number + 1 :]
                if not one.is_false and (one.what == "end" or former is not None)
            ]
            began = max(relieving(step, terms), first)
            begin = began if is_narrowing else adverse(step)
            form = Form(step, begin, min(ends, default=NEVER), last if is_narrowing else None, began)
            found.append(form)
            last = form
    return found


def goes_on(form: Form, t: int) -> bool:
    """SPEC 8.2: what was started does at the instant of its start, too, even if it ended in the same."""
    return form.begin <= t < form.end or (t == form.begin and form.narrowed is None)


def origin(form: Form) -> Form:
    """The start or widening that a form was narrowed from, if it was."""
    return form if form.narrowed is None else origin(form.narrowed)


def is_external(step: Step) -> bool:
    """Whether the gate and the need are about it."""
    return step.scope.startswith("external.")


def is_passed(history: History, step: Step) -> bool:
    """SPEC 9.10: whether a permit in effect passes the gate."""
    for permit in history:
        if (
            permit.what == "permit"
            and (permit.snapshot, permit.scope, permit.surface) == (step.snapshot, step.scope, step.surface)
            and step.attributes <= permit.attributes
            and adverse(step) < permit.until
        ):
            for approval in history[: history.index(step)]:
                if (approval.what, approval.of) == ("approve", permit.name) and approval.time <= adverse(
                    step
                ):
                    return True
    return False


def is_in_effect(pause: Step, t: int) -> bool:
    """SPEC 9.10."""
    return adverse(pause) <= t < pause.until


def is_missing(history: History, form: Form, terms: Terms, t: int) -> bool:
    """SPEC 9.6, 9.8: whether the standard is needed for a form, and not pending."""
    onset = min((step.time for step in history if step.what == "cross"), default=NEVER)
    began = origin(form).began
    return onset <= t and not (began < onset and t < onset + terms.respond_within)


def broken(history: History, terms: Terms, t: int) -> set[tuple[str, int, int]]:
    """What is found at an instant: the code, the start or change (-1: of any), and the pause (-1: none)."""
    found = set()
    for form in forms(history, terms):
        if not goes_on(form, t):
            continue
        begun = origin(form).step
        if is_external(form.step) and is_missing(history, form, terms, t):
            found.add(("V01", -1, -1))
        if is_external(begun) and not is_passed(history, begun):
            found.add(("V14", begun.name, -1))
        for pause in history:
            if pause.what != "pause" or not is_in_effect(pause, t):
                continue
            if is_in_effect(pause, adverse(begun)):
                found.add(("V17", begun.name, pause.name))
            is_started_inside = form.narrowed is None and is_in_effect(pause, adverse(form.step))
            if not is_started_inside and adverse(pause) + terms.stops_within <= t:
                found.add(("V35", form.step.name, pause.name))
    return found
