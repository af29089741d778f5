"""Alternating rounds of two measurements: medians, their ratio pair by pair, and the spread.

Where both sides work in this process, the ratio of their processor time is told as well: it is what a busy
machine changes least.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 9
FEWEST = 3
MOST_S = 20.0
"""A comparison ends after this long, in seconds, once it has had its fewest rounds."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the rounds gave.

    Attributes:
        name: What was measured.
        ours_s: Seconds of each round of ours.
        reference_s: Seconds of each round of the reference, next to it in time.
        wanted: The least ratio that the project asks for (`reference / ours`), or with `most` the greatest
            (`ours / reference`). None for a figure that is only reported.
        most: Whether `wanted` is an upper bound on `ours / reference`.
        cpu: The ratio by the time on this process's processors, over all rounds; None where others work, too.
    """

    name: str
    ours_s: tuple[float, ...]
    reference_s: tuple[float, ...]
    wanted: float | None
    most: bool = False
    cpu: float | None = None

    @property
    def ratios(self) -> list[float]:
        """Return a ratio a round: of ours to the reference's speed, or of times with `most`."""
        pairs = zip(self.ours_s, self.reference_s, strict=True)
        return sorted(ours / ref if self.most else ref / ours for ours, ref in pairs)

    def line(self) -> str:
        """Return one line: medians, median ratio, its spread, and what is asked for."""
        ratio = statistics.median(self.ratios)
        asked = "reported only"
        if self.wanted is not None:
            held = ratio <= self.wanted if self.most else ratio >= self.wanted
            bound = "at most" if self.most else "at least"
            asked = f"{bound} {self.wanted:g}: {'held' if held else 'NOT held'}"
        return (
            f"{self.name:<58} ours {_seconds(statistics.median(self.ours_s)):>9}  reference "
            f"{_seconds(statistics.median(self.reference_s)):>9}  ratio {ratio:7.2f}  "
            f"[{self.ratios[0]:.2f} .. {self.ratios[-1]:.2f}]  {asked}"
            + ("" if self.cpu is None else f"  ({self.cpu:.2f} by processor time)")
        )


def compare(
    name: str,
    ours: Callable[[], object],
    reference: Callable[[], object],
    *,
    wanted: float | None,
    most: bool = False,
    rounds: int = ROUNDS,
    per: tuple[int, int] = (1, 1),
    cpu: bool = False,
) -> Comparison:
    """Time `ours` and `reference` in turn after one warm-up each.

    Args:
        name: What is measured.
        ours: One round of ours.
        reference: One round of the reference.
        wanted: See `Comparison`.
        most: See `Comparison`.
        rounds: Counted rounds, nine or more for a published figure; fewer if they take too long.
        per: How many units of work a round of ours and of the reference does; times are divided by them.
        cpu: Whether both sides work in this process alone.
    """
    ours()
    reference()
    ours_s: list[float] = []
    reference_s: list[float] = []
    cpu_s = [0.0, 0.0]
    begun = time.perf_counter()
    while len(ours_s) < rounds and (len(ours_s) < FEWEST or time.perf_counter() - begun < MOST_S):
        for side, (work, times) in enumerate(((ours, ours_s), (reference, reference_s))):
            cpu_began = time.process_time()
            times.append(_timed(work) / per[side])
            cpu_s[side] += (time.process_time() - cpu_began) / per[side]
    by_cpu = (cpu_s[0] / cpu_s[1] if most else cpu_s[1] / cpu_s[0]) if cpu else None
    return Comparison(name, tuple(ours_s), tuple(reference_s), wanted, most, by_cpu)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _seconds(value: float) -> str:
    if value < 1e-3:
        return f"{value * 1e6:.1f} us"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
