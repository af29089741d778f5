"""Who had a hand in what was done about each model: who made it, who said something, who approved.

Source: SPEC 9.22.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Literal, NamedTuple

Part = Literal["approved", "made", "said"]

MAKING = frozenset({"model-registered", "training-checkpoint", "training-started", "training-stopped"})
"""Kinds by which somebody says that they made a model."""


class Hand(NamedTuple):
    """What somebody did, in which role."""

    person: str
    role: str
    part: Part


class Deed(NamedTuple):
    """An entry by which somebody had a hand in something."""

    entry: int
    time_ms: int
    hand: Hand


_PACKED = Struct("<qqi")


class Hands:
    """Every deed about each model, in the order of the log: packed, for nearly every entry is one."""

    def __init__(self) -> None:
        self._of: dict[str, bytearray] = {}
        self._numbers: dict[tuple[str, str, Part], int] = {}

    def note(self, subjects: tuple[str, ...], entry: int, time_ms: int, hand: tuple[str, str, Part]) -> None:
        """Keep a deed, for each model that it is about; `hand` is person, role and part."""
        number = self._numbers.get(hand)
        if number is None:
            number = self._numbers[hand] = len(self._numbers)
        packed = _PACKED.pack(entry, time_ms, number)
        for subject in subjects:
            if subject.startswith("model:"):
                if subject in self._of:
                    self._of[subject] += packed
                else:
                    self._of[subject] = bytearray(packed)

    def deeds(self) -> Iterator[tuple[str, list[Deed]]]:
        """Yield each model with the deeds about it."""
        hands = [Hand(*hand) for hand in self._numbers]
        for model, packed in self._of.items():
            found = _PACKED.iter_unpack(packed)
            yield model, [Deed(entry, time_ms, hands[number]) for entry, time_ms, number in found]
