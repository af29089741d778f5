"""A clock that is set, and randomness from a seed: what is told twice is told the same way."""

import hashlib
from dataclasses import dataclass

from plimsoll_attest.times import read_time

FIRST = read_time("2026-11-20T09:00:00Z")


@dataclass(slots=True)
class SetClock:
    """Says the time that was set, and a millisecond more at each look."""

    time_ms: int = FIRST

    def now_ms(self) -> int:
        self.time_ms += 1
        return self.time_ms

    def next_minute(self) -> None:
        self.time_ms += 60_000 - self.time_ms % 60_000


@dataclass(slots=True)
class SeededRandom:
    """Bytes that look random and are the same in each run."""

    seed: bytes = b"plimsoll"
    drawn: int = 0

    def __call__(self, size: int) -> bytes:
        self.drawn += 1
        return hashlib.shake_256(self.seed + self.drawn.to_bytes(8, "big")).digest(size)
