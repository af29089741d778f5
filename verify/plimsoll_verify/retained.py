"""Retained checkpoints: the log's earlier words, held against its tree of today.

Source: SPEC 10.4.
"""

from hashlib import sha256
from typing import NamedTuple

from plimsoll_verify.checkpoint import Checkpoint, read_checkpoint
from plimsoll_verify.errors import Fork, Malformed
from plimsoll_verify.limits import MAX_NOTE_BYTES
from plimsoll_verify.logpolicy import LogPolicy, there_by
from plimsoll_verify.note import Signed
from plimsoll_verify.source import Source, expect
from plimsoll_verify.tree import Tree

_AHEAD = 64
"""Checkpoints that are announced to the source together."""


class Retained(NamedTuple):
    """What is kept of a verified checkpoint, of any age.

    Attributes:
        size: entries of its tree.
        imprint: SHA-256 of the note's text, which time-stamping authorities are asked about.
        by_ms: when a quorum of witnesses had seen it; None where they did not, or none is asked for.
    """

    size: int
    imprint: bytes
    by_ms: int | None

    @classmethod
    def of(cls, checkpoint: Checkpoint, policy: LogPolicy, signed: tuple[Signed, ...]) -> "Retained":
        """Keep what matters of a verified checkpoint."""
        by_s = there_by(policy, signed)
        imprint = sha256(checkpoint.note.text.encode()).digest()
        return cls(checkpoint.size, imprint, None if by_s is None else by_s * 1000)


Known = dict[int, Retained]
"""By size the retained checkpoints that were verified."""


def verify_retained(
    source: Source, policy: LogPolicy, newest: Checkpoint, tree: Tree, known: Known
) -> list[Retained]:
    """Verify every retained checkpoint of a size up to the newest one's, in ascending order.

    Witness quorums are not asked for again: what counts is that the log signed it.

    Args:
        source: the published ledger.
        policy: the log's keys and the witnesses.
        newest: the newest checkpoint.
        tree: its tree.
        known: those that were verified as parts of a tree that this one continues, by the same policy; those
            that are verified now are added. They are read again only where witnesses may have signed since.

    Raises:
        VerificationError: one is not signed by the log, or is not of the size that it is kept under.
        Fork: one names another root than the tree had at its size; both are signed by the log.

    Source: SPEC 10.4.
    """
    sizes = [size for size in source.list_retained() if size <= newest.size]
    unread = [size for size in sizes if size not in known or (policy.witnesses and known[size].by_ms is None)]
    for position, size in enumerate(unread):
        if position % _AHEAD == 0:
            ahead = unread[position : position + _AHEAD]
            expect(source, [(f"checkpoints/{one}", MAX_NOTE_BYTES + 1) for one in ahead])
        path = f"checkpoints/{size}"
        kept, signed = read_checkpoint(source, path, policy, "retained")
        if kept.size != size:
            raise Malformed("retained", f"a checkpoint of size {size}", f"one of size {kept.size}", path=path)
        verify_continues(kept, newest, tree, path)
        known[size] = Retained.of(kept, policy, signed)
    return [known[size] for size in sizes]


def verify_continues(earlier: Checkpoint, newest: Checkpoint, tree: Tree, path: str | None = None) -> bytes:
    """Verify that a tree begins with what an earlier checkpoint covers; returns the root it had then.

    Args:
        earlier: a checkpoint that the log signed, not larger than the newest.
        newest: the checkpoint of the tree.
        tree: the tree.
        path: the earlier one's path in the published ledger, if it comes from there.

    Raises:
        Fork: the tree had another root at that size; both are signed by the log.

    Source: SPEC 10.4.
    """
    root = tree.root_at(earlier.size)
    if earlier.root != root:
        raise Fork(
            "fork",
            f"the root {root.hex()} at size {earlier.size}",
            f"{earlier.root.hex()}, which the log signed as well",
            note_a=newest.data,
            note_b=earlier.data,
            path=path,
            hint="keep both notes: together they prove that the log showed two histories",
        )
    return root
