"""A decision or a start that those reversed who may: since when, and by when what it let go on has to stop.

Source: SPEC 9.28.
"""

from typing import NamedTuple

from plimsoll_verify.collect_corrections import fact_at
from plimsoll_verify.facts import Facts
from plimsoll_verify.policy.people import Reversal
from plimsoll_verify.record import Record
from plimsoll_verify.versions import Version


class Undone(NamedTuple):
    """A reversal that is complete.

    Attributes:
        time_ms: from when it counts.
        of: the entry that is reversed.
        entry: the reversal's entry.
        entries: that and the sign-offs that counted.
        version: of the policy whose rule it is.
        rule: that rule.
    """

    time_ms: int
    of: int
    entry: int
    entries: tuple[int, ...]
    version: Version
    rule: Reversal

    def due(self, *, is_hopeful: bool) -> int:
        """Return by when what it let go on has to stop.

        Where the source has words only, that is at once, or for who hopes never: what depends on it is in
        doubt.

        Source: SPEC 9.14.
        """
        within = self.rule.stops_within
        return within.after(self.time_ms) if within.is_quantified or is_hopeful else self.time_ms


DECISIONS = frozenset(
    {"carried-over", "determination", "interim-measure", "marginal-risk", "permit", "waiver"}
)
"""Kinds of acts that can be reversed."""

STARTS = frozenset({"deployment-started", "deployment-changed", "training-started"})
"""Kinds of observations that can: what they began has to stop."""


def can_be_reversed(facts: Facts, record: Record, of: int) -> bool:
    """Say whether an entry before a reversal is a decision or a start under the same subjects.

    Source: SPEC 9.28.
    """
    act = facts.acts.get(of)
    if act is not None:
        return act.kind in DECISIONS and act.subjects == record.subjects
    model = facts.models.get(record.subjects[0]) if of not in facts.corrected else None
    for found in (model.deployments, model.training) if model else ():
        start = fact_at(found, of)
        if start is not None and start.kind in STARTS:
            return record.subjects[1:] == ((start.snapshot,) if start.snapshot else ())
    return False
