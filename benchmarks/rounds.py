"""Alternating rounds of two measurements: medians, their ratio pair by pair, and the spread."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 9


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
    """

    name: str
    ours_s: tuple[float, ...]
    reference_s: tuple[float, ...]
    wanted: float | None
    most: bool = False

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
) -> Comparison:
    """Time `ours` and `reference` in turn after one warm-up each.

    Args:
        name: What is measured.
        ours: One round of ours.
        reference: One round of the reference.
        wanted: See `Comparison`.
        most: See `Comparison`.
        rounds: Counted rounds, nine or more for a published figure.
        per: How many units of work a round of ours and of the reference does; times are divided by them.
    """
    ours()
    reference()
    ours_s, reference_s = [], []
    for _ in range(rounds):
        ours_s.append(_timed(ours) / per[0])
        reference_s.append(_timed(reference) / per[1])
    return Comparison(name, tuple(ours_s), tuple(reference_s), wanted, most)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _seconds(value: float) -> str:
    if value < 1e-3:
        return f"{value * 1e6:.1f} us"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
