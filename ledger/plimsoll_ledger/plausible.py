"""Refuse a clock that cannot be right: one behind the last entry, or far past it with nobody to confirm it.

An entry that is dated wrongly stays so, and holds up the log: no later one may be dated before it. So a clock
that reads more than a day past the last entry is compared with other clocks, where there are any to be asked:
those of witnesses and of time-stamping authorities. One that says the same is enough, and then the clock is
believed for a day.

A jump of less than a day past the last entry is not noticed here; verifiers notice it once somebody else has
vouched for the entries (V28).

Source: SPEC 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from plimsoll_ledger.clock import Clock, format_time
from plimsoll_ledger.errors import ClockBehind, ClockUnproven
from plimsoll_ledger.reading import Head

MAX_PAUSE_MS = 24 * 3_600_000
"""After how long without an entry the clock is doubted, in ms. Source: SPEC 3.1."""

TOLERANCE_MS = 60_000
"""How far clocks may be apart, in ms: what verifiers tolerate. Source: SPEC 9.12."""


class ClockProof(Protocol):
    """Somebody else's clocks."""

    def ask(self, head: Head) -> Mapping[str, int]:
        """Return what time each says it is, by name, in ms; none of those that do not answer.

        Args:
            head: The newest checkpoint, for them to sign.
        """
        ...


class ClockDoubted(Exception):
    """The clock reads so long after the head that others are to be asked (`ClockGuard.prove`)."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head


class ClockGuard:
    """Reads a clock for a log."""

    def __init__(self, clock: Clock, proof: ClockProof | None) -> None:
        """Take the clock.

        Args:
            clock: The clock.
            proof: Whom to ask after a pause of more than a day; None to believe the clock then.
        """
        self._clock = clock
        self._proof = proof
        self._proven_ms: int | None = None

    def read(self, head: Head) -> int:
        """Return the time for entries after a head, in ms. Asks nobody: it is called with the head locked.

        Raises:
            ClockBehind: if it is before the last entry's.
            ClockDoubted: if others have to be asked first.

        Source: SPEC 3.1.
        """
        now_ms = self._clock.now_ms()
        if now_ms < head.time_ms:
            raise ClockBehind(now_ms, head.time_ms, format_time(now_ms), format_time(head.time_ms))
        is_late = head.size > 0 and now_ms - head.time_ms > MAX_PAUSE_MS
        if self._proof is not None and is_late and not self._is_proven(now_ms):
            raise ClockDoubted(head)
        return now_ms

    def _is_proven(self, now_ms: int) -> bool:
        return self._proven_ms is not None and abs(now_ms - self._proven_ms) <= MAX_PAUSE_MS

    def prove(self, head: Head) -> None:
        """Ask others for the time, and believe the clock for a day if any of them says the same.

        Raises:
            ClockUnproven: if none does.

        Source: SPEC 3.1.
        """
        others = self._proof.ask(head) if self._proof is not None else {}
        now_ms = self._clock.now_ms()
        if not any(abs(now_ms - other_ms) <= TOLERANCE_MS for other_ms in others.values()):
            told = [f"{name} says {format_time(other_ms)}" for name, other_ms in sorted(others.items())]
            raise ClockUnproven(
                now_ms,
                head.time_ms,
                others,
                f"the clock reads {format_time(now_ms)}, more than a day after the last entry's time"
                f" {format_time(head.time_ms)}, and {', '.join(told) or 'nobody else could be asked'}",
            )
        self._proven_ms = now_ms
