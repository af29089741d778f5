"""Who had a hand in what was done about each model: who made it, who said something, who approved.

Source: SPEC 9.22.
"""

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


class Hands:
    """Every deed about each model, in the order of the log."""

    def __init__(self) -> None:
        self.of: dict[str, list[Deed]] = {}

    def note(self, subjects: tuple[str, ...], deed: Deed) -> None:
        """Keep a deed, for each model that it is about."""
        for subject in subjects:
            if subject.startswith("model:"):
                self.of.setdefault(subject, []).append(deed)
