"""Which lapse ends an attestation first, of those that may be about the same.

Source: SPEC 9.9.
"""

from bisect import bisect_left
from collections.abc import Iterable

from plimsoll_verify.facts import Lapse


class Lapses:
    """Lapses of one criterion that may be about one case."""

    def __init__(self, lapses: Iterable[Lapse]) -> None:
        """Take lapses in the order of the log."""
        ordered = list(lapses)
        self._entries = [one.index for one in ordered]
        # Of the lapses from each on, the one that acts first.
        self._earliest: list[Lapse] = []
        for one in reversed(ordered):
            later = self._earliest[-1:]
            self._earliest.append(min([one, *later], key=_acts))
        self._earliest.reverse()
        self._by_time = sorted(ordered, key=_acts)

    def first(self, event_ms: int, seen: int) -> Lapse | None:
        """Return the lapse that ends an attestation first.

        One that came before, and that its signers had not seen, they cannot have attested to be cured.

        Args:
            event_ms: when what is attested was so.
            seen: how many entries those who signed had seen, at the least.
        """
        at, of = bisect_left(self._by_time, event_ms, key=_when), bisect_left(self._entries, seen)
        return min([*self._by_time[at : at + 1], *self._earliest[of : of + 1]], key=_acts, default=None)


def _when(lapse: Lapse) -> int:
    return lapse.adverse_ms


def _acts(lapse: Lapse) -> tuple[int, int]:
    return lapse.adverse_ms, lapse.index
