"""What others than the log say of its times: who is asked, and what their answers come to.

Source: SPEC 10.13, 10.14.
"""

from dataclasses import replace

from plimsoll_verify.anchors import Anchors, verify_anchors, vouched
from plimsoll_verify.bounds import Bounds
from plimsoll_verify.checkpoint import Checkpoint
from plimsoll_verify.log import LogFacts
from plimsoll_verify.note import verify_note
from plimsoll_verify.retained import Retained
from plimsoll_verify.source import Source
from plimsoll_verify.timestamps import Authorities, NoExtra
from plimsoll_verify.trust import Trust


class Timekeeping:
    """The bounds of one log's entries. They are found in step 10.4, before the first entry is read.

    Attributes:
        bounds: the bounds.
        anchors: what became of the time stamps.
    """

    def __init__(self, trust: Trust) -> None:
        """Load the trust file's authorities.

        Raises:
            UsageError: its `tsa_roots` are no certificates.

        Source: SPEC 10.1, 10.13.
        """
        self.bounds = Bounds()
        self.anchors = Anchors()
        self._policy = trust.log_policy
        self._authorities: Authorities | None = None
        self._why_none = "the trust file names no tsa_roots"
        if trust.tsa_roots:
            try:
                self._authorities = Authorities(trust.tsa_roots)
            except NoExtra as error:
                self._why_none = str(error)

    def verify(self, source: Source, newest: Checkpoint, kept: list[Retained]) -> None:
        """Verify the time stamps over checkpoints, and take by when the entries in those were there.

        Args:
            source: the published ledger.
            newest: its checkpoint, verified.
            kept: the retained ones, verified.

        Raises:
            AnchorMismatch: a time stamp is over something else.
            OSError: a file could not be read.
        """
        witnesses = tuple(self._policy.witnesses.values())
        signed = verify_note(newest.note, witnesses, "checkpoint")
        # One that is retained as well stands after it, so that it is the retained note that tokens are over.
        checkpoints = [Retained.of(newest, self._policy, signed), *kept]
        self.anchors = verify_anchors(source, self._authorities, checkpoints, self._why_none)
        self.bounds.take(vouched(checkpoints, self.anchors))

    def told(self, facts: LogFacts, last_ms: int) -> LogFacts:
        """Complete what is known of a log that is verified with what time stamps say of its checkpoint."""
        return replace(facts, last_ms=last_ms, anchors=self.anchors, stamped_ms=self.anchors.at(facts.size))
