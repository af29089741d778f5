"""Why a threshold's rules bound at all, where the model itself does not show it: V26 and V09.

Source: SPEC 9.11.
"""

from collections.abc import Iterator

from plimsoll_verify.breach import Breach
from plimsoll_verify.standards import Cause
from plimsoll_verify.thresholds import ThresholdSpans
from plimsoll_verify.world import World


def find_behind(world: World, breach: Breach, states: ThresholdSpans | None, instant: int) -> Iterator[Cause]:
    """Yield what a model inherited, and the results on which a start was let through although they were old.

    Args:
        world: the model's world.
        breach: the broken rule.
        states: those of the threshold whose rule it is.
        instant: the beginning of the interval.
    """
    owner = breach.key.owner
    if states is not None:
        heritage = states.heritage(instant)
        if heritage:
            yield Cause("V26", tuple(sorted(heritage)), f"{owner} is inherited from what it was made from")
    about = breach.key.what if breach.key.code == "V07" else owner
    if about and _is_gated_start(breach, instant):
        old = world.thresholds.of(breach.version, about).expired(instant)
        for form in breach.forms:
            if form.start == instant and form.is_start:
                old |= world.thresholds_for(form).of(breach.version, about).expired(instant)
                old |= _of_other_snapshots(world, breach, about, form.snapshot, instant)
        if old:
            words = f"the results that ruled {about} out had run out, or were of another snapshot"
            yield Cause("V09", tuple(sorted(old)), words)


def _is_gated_start(breach: Breach, instant: int) -> bool:
    """Say whether an interval begins with a start or widening that a gate is about."""
    return any(
        form.is_start and form.start == instant and form.matches(gate.activity)
        for form in breach.forms
        for gate in breach.version.policy.gates
    )


def _of_other_snapshots(
    world: World, breach: Breach, threshold: str, snapshot: str, instant: int
) -> set[int]:
    """Return the results that rule a threshold out for other snapshots than the one that was started."""
    states = world.thresholds.of(breach.version, threshold)
    if not snapshot or states.is_against(instant):
        return set()
    of_others = {one.index for one in world.model.results if one.snapshot != snapshot}
    return {index for acts, index in states.calming if acts <= instant and index in of_others}
