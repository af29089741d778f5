"""What is behind a broken rule, where the model itself does not show it: V26 and V09.

Both ask what would be otherwise: had the model no ancestors; had no result of it run out.

Source: SPEC 9.11.
"""

from collections.abc import Iterator

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Breach
from plimsoll_verify.gates import gates_about
from plimsoll_verify.spans import contains
from plimsoll_verify.standards import Cause
from plimsoll_verify.thresholds import Thresholds, ThresholdSpans
from plimsoll_verify.world import World

_BOUND = frozenset({"V01", "V02", "V03", "V04", "V05", "V07", "V37"})
"""Of rules that bind only while a threshold is treated as crossed, if they stand under one."""


def find_behind(world: World, breach: Breach, instant: int) -> Iterator[Cause]:
    """Yield what a model inherited, and the results on which a start was let through although they were old.

    Args:
        world: the model's world.
        breach: the broken rule.
        instant: the beginning of the interval.
    """
    key = breach.key
    if key.code not in _BOUND or breach.told:  # Duties (9.19) have codes in common, and bind by no threshold.
        return
    yield from _find_inherited(world, breach, instant)
    about = key.what if key.code == "V07" else key.owner
    if about and not breach.whose:
        old = {
            index
            for form in breach.forms
            if form.start == instant and any(gates_about(world, form)) and _binds(world, breach, form)
            for index in _stale(world, breach, about, form)
        }
        if old:
            words = f"the results that ruled {about} out had run out, or were of another snapshot"
            yield Cause("V09", tuple(sorted(old)), words)


# -- V26


def _find_inherited(world: World, breach: Breach, instant: int) -> Iterator[Cause]:
    version, owner = breach.version, breach.key.owner
    if version.policy.lineage is None:
        return
    model = breach.whose or world.model.id
    states = world.thresholds_of(breach.whose)
    alone = world.others.of(model, "borrowed")
    forms = [one for one in breach.forms if one.start <= instant < one.stop] if not breach.whose else []
    if owner and _is_bound_by_heritage(world, states, alone, breach, forms, instant):
        entries = states.of(version, owner).inherited(instant)
        yield Cause("V26", tuple(sorted(entries)), f"{owner} is inherited from what it was made from")
    what = breach.key.what
    if breach.key.code == "V07" and what != owner:
        pairs = [(states, alone), *((world.thresholds_for(form), _for(world, alone, form)) for form in forms)]
        if any(
            contains(without.of(version, what).ruled_out, instant)
            and not contains(found.of(version, what).ruled_out, instant)
            for found, without in pairs
        ):
            entries = states.of(version, what).inherited(instant)
            yield Cause("V26", tuple(sorted(entries)), f"{what} is inherited from what it was made from")


def _is_bound_by_heritage(
    world: World, found: Thresholds, alone: Thresholds, breach: Breach, forms: list[Form], instant: int
) -> bool:
    """Say whether a threshold would be another one, or not bind, had the model no ancestors."""
    version, owner = breach.version, breach.key.owner
    states, without = found.of(version, owner), alone.of(version, owner)
    is_treated, is_treated_alone = _is_treated(states, instant), _is_treated(without, instant)
    if is_treated and not (is_treated_alone and states.state(instant) == without.state(instant)):
        return True
    return not is_treated and any(
        _is_treated(world.thresholds_for(form).of(version, owner), instant)
        and not _is_treated(_for(world, alone, form).of(version, owner), instant)
        for form in forms
    )


def _is_treated(states: ThresholdSpans, instant: int) -> bool:
    return contains(states.treated, instant)


def _for(world: World, alone: Thresholds, form: Form) -> Thresholds:
    """Return thresholds without ancestors as they stand for a form."""
    return alone if world.thresholds_for(form) is world.thresholds else alone.for_snapshot(form.snapshot)


# -- V09


def _binds(world: World, breach: Breach, form: Form) -> bool:
    """Say whether the rule binds a form when that begins."""
    version, owner = breach.version, breach.key.owner
    return not owner or any(
        contains(one.of(version, owner).treated, form.start)
        for one in (world.thresholds, world.thresholds_for(form))
    )


def _stale(world: World, breach: Breach, threshold: str, form: Form) -> set[int]:
    """Return the results that would rule a threshold out for a start, were they newer and of its weights."""
    version, instant = breach.version, form.start
    states = world.thresholds_for(form).of(version, threshold)
    ageless = world.ageless.of(version, threshold)
    if contains(states.ruled_out, instant) or not contains(ageless.ruled_out, instant):
        return set()
    return {
        index
        for now, ever in zip(states.tests, ageless.tests, strict=True)
        if contains(ever.clear, instant)
        for index in ever.holding(instant) - now.holding(instant)
    }
