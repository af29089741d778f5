"""Verifying that a ledger grew, tile by tile, without judging what it says: what a mirror asks for.

1. The newest checkpoint is the log's, with its quorum (`audit.verify_newest`).
2. Its tree begins with what was kept before.
3. Tile by tile: entries hash to the tree, bodies to what the entries name; the first one begins with the
   genesis of the trust file; no entry quotes another history that the log signed.
4. The retained checkpoints are beginnings of this tree, and no time stamp of a trusted authority is over
   something else.

Signatures of statements and all that follows from them are left to whoever audits the copy: what is wrong
there is in the log, and is copied as it is.

Source: SPEC 10.3 to 10.6.
"""

from plimsoll_verify.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_verify.errors import Fork, GenesisMismatch, VerificationError
from plimsoll_verify.examine import Examiner
from plimsoll_verify.limits import TILE_WIDTH
from plimsoll_verify.log import Log
from plimsoll_verify.record import Record
from plimsoll_verify.retained import verify_continues, verify_retained
from plimsoll_verify.source import Source
from plimsoll_verify.timekeeping import Timekeeping
from plimsoll_verify.trust import Trust


class Growth:
    """What came to a ledger since an earlier checkpoint.

    Attributes:
        tiles: numbers of the tiles of entries that are new, or have new entries.
    """

    def __init__(
        self, source: Source, trust: Trust, checkpoint: Checkpoint, earlier: Checkpoint | None = None
    ) -> None:
        """Verify the right edge of the tree, and that it continues the earlier one.

        Args:
            source: the published ledger.
            trust: what is trusted.
            checkpoint: the newest checkpoint, verified.
            earlier: one that was verified before, not larger; None to verify all.

        Raises:
            VerificationError: the tree is not that of the checkpoint, or does not begin with the earlier one.
            OSError: a file could not be read.

        Source: SPEC 10.3, 10.4.
        """
        if checkpoint.size == 0:
            raise GenesisMismatch("genesis", f"the genesis {trust.genesis}", "a log without entries")
        self._source = source
        self._trust = trust
        self._checkpoint = checkpoint
        self._examiner = Examiner(source, Log(trust.origin, trust.genesis, checkpoint.size, checkpoint.root))
        first = 0
        if earlier is not None:
            verify_continues(earlier, checkpoint, self._examiner.tree)
            first = earlier.size // TILE_WIDTH
        self.tiles = range(first, -(-checkpoint.size // TILE_WIDTH))

    def verify_tile(self, number: int) -> list[Record]:
        """Verify the entries and bodies of a tile; returns what the entries say, their authors unverified.

        Raises:
            VerificationError: they are not those of the tree, or of the entries.
            Fork: an entry quotes another history, with the log's signature.
            OSError: a file could not be read.

        Source: SPEC 10.3, 10.5, 10.6.
        """
        # No keys: signatures are not this one's business.
        report = self._examiner.examine(number, {})
        error = report.tree_error or report.body_error
        if error is not None:
            raise error
        for index, note in report.suspects:
            self._look_for_fork(index, note)
        if number == 0 and report.records[0].payload_sha256 != self._trust.genesis:
            raise GenesisMismatch(
                "genesis",
                f"the genesis {self._trust.genesis}",
                report.records[0].payload_sha256 or report.records[0].fault,
                entry=0,
                hint="this is another ledger than the one that the trust file names",
            )
        return report.records

    def _look_for_fork(self, index: int, note: str) -> None:
        """Fail if a quoted checkpoint that contradicts the tree has the signature of a trusted log key."""
        try:
            other, _ = verify_checkpoint(note.encode("utf-8"), self._trust.log_policy, "fork")
        except VerificationError:
            return  # Somebody made it up, which is V36 for whoever judges.
        raise Fork(
            "fork",
            f"the root {self._checkpoint.root.hex()} to continue what was seen at size {other.size}",
            f"another root there, {other.root.hex()}, that the log signed as well",
            note_a=self._checkpoint.data,
            note_b=other.data,
            entry=index,
            hint="keep both notes: together they prove that the log showed two histories",
        )

    def verify_kept(self) -> list[int]:
        """Verify the retained checkpoints and the time stamps over them; returns the sizes of the former.

        Raises:
            VerificationError: one is not the log's, or over something else.
            Fork: one is of another history.
            OSError: a file could not be read.

        Source: SPEC 10.4, 10.13.
        """
        kept = verify_retained(
            self._source, self._trust.log_policy, self._checkpoint, self._examiner.tree, {}
        )
        Timekeeping(self._trust).verify(self._source, self._checkpoint, kept)
        return [one.size for one in kept]
