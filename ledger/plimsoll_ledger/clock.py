"""Read the time, from a clock that is always passed in.

Times are whole UTC milliseconds since 1970, in names that end in `_ms`. Nothing in this package reads
the machine's clock but `SystemClock`, so that a test or a demonstration can tell its own time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Something that tells the time."""

    def now_ms(self) -> int:
        """Return UTC milliseconds since the epoch."""
        ...


class SystemClock:
    """The machine's own clock."""

    __slots__ = ()

    def now_ms(self) -> int:
        """Return UTC milliseconds since the epoch, as the machine has them."""
        return time.time_ns() // 1_000_000


@lru_cache(4096)  # A batch of entries has one time.
def format_time(time_ms: int) -> str:
    """Write a time as people and entries do: RFC 3339, UTC, milliseconds (`2026-03-02T09:15:04.120Z`)."""
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time_ms % 1000:03d}Z"
