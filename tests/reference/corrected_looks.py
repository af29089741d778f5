"""Inventories and their corrections by SPEC 8.5 and 9.20 (V27, V33, V34), evaluated afresh at every instant.

One model that is deployed on `api`, where what is said of it may be corrected, too; inventories of that
surface and of another one. One version of a policy, in force from the beginning, wants one of `api` from
the keeper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.reference import corrections
from tests.reference.corrections import Form


@dataclass(frozen=True, repr=False)
class Step(corrections.Step):
    """An entry: one of `corrections`, an inventory, or the correction of one.

    Attributes:
        what: look: an inventory; amend: the correction of one. A sign-off may be of either correction.
        at: when one looked, as it says.
        surface: where.
        scope: what was seen: "" for nothing, "any" for the model, nobody knows in what form.
        since: for how long before `at` that had been running.
        is_named: whether it says that it is of this model.
        keeper: whether those say so who are to look.
    """

    at: int = 0
    surface: str = "api"
    since: int = 0
    is_named: bool = True
    keeper: bool = True


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    every: int
    tolerance: int
    late_after: int
    in_force: int


History = Sequence[Step]


def looked(history: History, step: Step) -> int:
    """SPEC 8.5, 9.20: of when an inventory is; its correction is of no later time than its event."""
    about = corrections.named(list(history), step.of) if step.what == "amend" else step
    return min(step.at, corrections.adverse(about))


def counts(history: History, terms: Terms, step: Step) -> int | None:
    """SPEC 8.1, 8.5, 9.20: from when it shows that the keeper looked; a correction never does."""
    if step.what != "look" or not step.keeper:
        return None
    at = looked(history, step)
    return at if step.time - at <= terms.late_after else step.time


def began(form: Form, terms: Terms) -> int:
    """SPEC 8.1: when a deployment began, as far as that relieves.

    What is corrected to reach further began with the entry that says so, whoever stands behind it; less far,
    in what it was until then.
    """
    if form.step.what == "correct":
        return max(form.begin, form.step.time)
    return min(corrections.relieving(form.step, terms.late_after), form.step.time)


def near(history: History, terms: Terms, surface: str, t: int) -> list[Form]:
    """SPEC 9.20: what goes on at t, give or take the tolerance, and had been recorded by then."""
    return [
        form
        for form in corrections.forms(list(history), terms.late_after)
        if surface == "api" and began(form, terms) - terms.tolerance <= t < form.end + terms.tolerance
    ]


def is_explained(history: History, terms: Terms, look: Step, t: int) -> bool:
    """SPEC 9.20: whether what was seen is within what goes on."""
    return any(
        look.scope == "any" or corrections.within(look.scope, form.scope)
        for form in near(history, terms, look.surface, t)
    )


def is_unexplained(history: History, terms: Terms, look: Step, t: int, grid: Sequence[int]) -> bool:
    """SPEC 9.20: whether what an inventory shows stands unexplained at t."""
    at = looked(history, look)
    if t < at:
        return look.at - look.since <= t and not is_explained(history, terms, look, t)
    if any(is_explained(history, terms, look, one) for one in grid if at <= one <= t):
        return False
    for other in history:
        since = counts(history, terms, other)
        is_next = other.surface == look.surface and looked(history, other) > at
        if is_next and since is not None and since <= t:
            return False
    return True


def is_silent(history: History, terms: Terms, t: int) -> bool:
    """SPEC 9.20: V34."""
    signs = [(terms.in_force, terms.in_force)]
    for step in history:
        since = counts(history, terms, step)
        if since is not None and step.surface == "api":
            signs.append((since, looked(history, step)))
    return not any(since <= t < at + terms.every for since, at in signs)


def broken(history: History, terms: Terms, t: int, grid: Sequence[int]) -> set[tuple[str, str, bool]]:
    """What is found at an instant: the code, the surface, and whether it is of the model."""
    found = {("V34", "api", False)} if is_silent(history, terms, t) else set()
    for step in history:
        if step.what in ("look", "amend") and step.scope and is_unexplained(history, terms, step, t, grid):
            code = "V27" if near(history, terms, step.surface, t) else "V33"
            found.add((code, step.surface, step.is_named))
    return found
