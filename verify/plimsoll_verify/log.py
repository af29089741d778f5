"""What is said of a log as a whole: before its entries are read, and after.

Source: SPEC 8.3, 10.11.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from plimsoll_verify.anchors import Anchors
from plimsoll_verify.logpolicy import LogPolicy

TimeBasis = Literal["witness", "tsa", "log-claim"]


class Log(NamedTuple):
    """What is known of a log before its entries are read.

    Attributes:
        origin: its name.
        genesis: hex SHA-256 of the genesis payload, as the trust file has it.
        size: entries that the checkpoint covers.
        root: the checkpoint's root, 32 bytes.
        policy: the witnesses whose cosignatures on what authors had seen prove times; None for no one's.
    """

    origin: str
    genesis: str
    size: int
    root: bytes
    policy: LogPolicy | None = None


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What is known of a log once it is verified; of one that is rejected, as far as it got.

    Attributes:
        origin: its name.
        size: entries that the checkpoint covers.
        root: the checkpoint's root, 32 bytes.
        last_ms: the time of the last entry, by the log's word; 0 where that is not known.
        proven_ms: since when a quorum of witnesses vouches for the checkpoint; None where none is asked for.
        witnesses: names of those whose cosignatures verify, whether they are needed or not.
        unchecked: names of those who cosigned in a way that nothing here can check, and so count for nothing.
        stamped_ms: when, first, a trusted time-stamping authority had seen the checkpoint; None if none had.
        anchors: what became of the time stamps over this and earlier checkpoints.
    """

    origin: str
    size: int = 0
    root: bytes = b""
    last_ms: int = 0
    proven_ms: int | None = None
    witnesses: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    stamped_ms: int | None = None
    anchors: Anchors = field(default_factory=Anchors)

    @property
    def end_ms(self) -> int:
        """T, the end of judgement: the checkpoint's proven time or its last entry's, the later (8.3)."""
        # An entry that is dated after all cosignatures must not escape judgement by that.
        proven_ms = self.stamped_ms if self.proven_ms is None else self.proven_ms
        return max(self.last_ms, proven_ms or 0)

    @property
    def time_basis(self) -> TimeBasis:
        """What the end of judgement rests on."""
        if self.proven_ms is not None:
            return "witness"
        return "log-claim" if self.stamped_ms is None else "tsa"
