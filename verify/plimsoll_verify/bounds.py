"""Between which times each entry was written, as far as somebody else than the log and the author says.

Above: a quorum of witnesses, or a trusted authority, had seen a checkpoint that holds it. Below: its author,
or that of an entry before it, had seen a checkpoint with cosignatures, which were not there before their
time. A token bounds nothing from below: nothing in an entry shows that it was made after the token, and a log
can have an old checkpoint stamped when it has grown already.

Of a log with millions of entries the few places are kept where a bound changes.

Source: SPEC 10.14.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from plimsoll_verify.facts import NEVER


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the times of a log's entries are proven.

    Attributes:
        above: entries that are bounded from above.
        below: entries that are bounded from below.
        widest_ms: the widest interval of those that are bounded on both sides, None if there is none.
    """

    above: int = 0
    below: int = 0
    widest_ms: int | None = None


class Bounds:
    """The bounds of all entries of a log. What bounds from above must be known before the entries come."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._upper_ms: list[int] = []
        self._lower_ms = 0
        self._above = self._below = 0
        self._widest_ms: int | None = None

    def take(self, vouched: Iterable[tuple[int, int]]) -> None:
        """Take how many entries were there by when: (size, time in ms), in any order."""
        steps: list[tuple[int, int]] = []
        known = [*zip(self._sizes, self._upper_ms, strict=True), *vouched]
        # From the largest tree down: a smaller one tells more only if it was seen earlier.
        for size, time_ms in sorted(known, key=lambda one: (-one[0], one[1])):
            if not steps or time_ms < steps[-1][1]:
                steps.append((size, time_ms))
        self._sizes = [size for size, _ in reversed(steps)]
        self._upper_ms = [time_ms for _, time_ms in reversed(steps)]

    def upper_ms(self, index: int) -> int | None:
        """Return by when the entry of an index was there, or None where nobody says."""
        # The smallest tree that holds it; larger ones that were seen no later are not kept.
        at = bisect_right(self._sizes, index)
        return self._upper_ms[at] if at < len(self._sizes) else None

    def go_on(self, later: "Bounds", size: int) -> bool:
        """Take other bounds for the entries to come, if the entries below a size have the same by them.

        Returns:
            Whether they have; if not, nothing is changed, and all entries have to come again.
        """
        if self.steps_below(size) != later.steps_below(size):
            return False
        self.take(later.steps_below(NEVER))
        return True

    def steps_below(self, size: int) -> list[tuple[int, int]]:
        """Return the upper bounds of the entries below a size: up to which entry, and the time in ms."""
        at = bisect_left(self._sizes, size) + 1 if size else 0
        return [(min(one, size), ms) for one, ms in zip(self._sizes[:at], self._upper_ms, strict=False)]

    def follow(self, index: int, seen_ms: int) -> tuple[int, int | None]:
        """Take the next entry; returns its bounds.

        Args:
            index: of the entry; each comes once, in order.
            seen_ms: since when what its author had seen was there, at the earliest; 0 where nobody proves it.

        Returns:
            The lower bound in ms, 0 where there is none, and the upper one.
        """
        # What follows an entry was written after it.
        lower_ms = self._lower_ms = max(self._lower_ms, seen_ms)
        upper_ms = self.upper_ms(index)
        self._below += lower_ms > 0
        if upper_ms is not None:
            self._above += 1
            if lower_ms:
                width = max(0, upper_ms - lower_ms)
                self._widest_ms = width if self._widest_ms is None else max(self._widest_ms, width)
        return lower_ms, upper_ms

    @property
    def coverage(self) -> Coverage:
        """How far the entries so far are bounded."""
        return Coverage(self._above, self._below, self._widest_ms)
