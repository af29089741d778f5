"""When a safeguard is measured (SPEC 9.9), evaluated afresh at every instant."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measured:
    """A result. Its index is its place in the history, which is sorted by `time`."""

    what: Literal["clear", "unfit", "bad"]
    event: int
    time: int
    surface: str


def acts(one: Measured) -> int:
    """SPEC 8.1, of what speaks against the safeguard."""
    return min(one.event, one.time)


def holds(history: list[Measured], surface: str, t: int, good_for: int, late_after: int) -> bool:
    """Whether any measurement for a surface holds at t."""
    for one in history:
        relieves = one.event if one.time - one.event <= late_after else one.time
        if one.what != "clear" or one.surface != surface or not relieves <= t < acts(one) + good_for:
            continue
        if not any(
            bad.what == "bad" and bad.surface in ("", surface) and acts(one) <= acts(bad) <= t
            for bad in history
        ):
            return True
    return False
