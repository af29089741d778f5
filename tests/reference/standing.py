"""What SPEC 9.6 and 9.9 say of any history, for the definitions that need no more of it."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Recorded(Protocol):
    """A step of a history: an `attest`, a `lapse` or anything else, when it happened and was recorded."""

    @property
    def what(self) -> str: ...

    @property
    def event(self) -> int: ...

    @property
    def time(self) -> int: ...


def adverse(step: Recorded) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def onset(holds: Callable[[int], bool], t: int, grid: list[int]) -> int:
    """SPEC 9.6: since when something has held without a gap."""
    start = t
    for instant in reversed([one for one in grid if one <= t]):
        if not holds(instant):
            break
        start = instant
    return start


def is_attested(about: Sequence[Recorded], t: int) -> bool:
    """SPEC 9.9: attested, and not lapsed at that time or since, or by an entry after it.

    Args:
        about: all steps about one standard for one model, in the order of the history.
        t: the instant.
    """
    return any(
        step.what == "attest"
        and step.time <= t
        and not any(
            lapse.what == "lapse"
            and adverse(lapse) <= t
            and (adverse(lapse) >= step.time or about.index(lapse) > about.index(step))
            for lapse in about
        )
        for step in about
    )
