"""Where a rule stands in the source, and how binding it is: every rule and every timed part has both.

Source: SPEC 7.2.
"""

from dataclasses import dataclass
from typing import Literal

from plimsoll_verify.policy.grammar import Period


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the source: who can judge it, and what it says."""

    judged_by: Literal["log", "attestation", "nobody"]
    text: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """Where a rule stands in the source, and how binding it is."""

    clause: str
    force: str

    @property
    def is_commitment(self) -> bool:
        """Whether breaking it is a violation."""
        return self.force == "commitment"


@dataclass(frozen=True, slots=True)
class Respond:
    """How long something may take.

    Attributes:
        time: how long; `is_quantified` says whether the source has a figure.
        words: what the source says, word for word, or "".
    """

    time: Period
    promise: Promise
    words: str = ""

    def due(self, start_ms: int, *, is_hopeful: bool) -> int:
        """Return when it is over.

        What the source does not quantify is over at once, or for who hopes never: what depends on it is in
        doubt.

        Args:
            start_ms: when it begins.
            is_hopeful: whether what is not known is taken to speak for whoever has the time.

        Source: SPEC 9.14.
        """
        if self.time.is_quantified or is_hopeful:
            return self.time.after(start_ms)
        return start_ms
