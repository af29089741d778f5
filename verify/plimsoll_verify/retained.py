"""Retained checkpoints: the log's earlier words, held against its tree of today.

Source: SPEC 10.4.
"""

from hashlib import sha256
from typing import NamedTuple

from plimsoll_verify.checkpoint import Checkpoint, require_log, verify_signatures
from plimsoll_verify.errors import Fork, Malformed, VerificationError
from plimsoll_verify.limits import MAX_NOTE_BYTES
from plimsoll_verify.logpolicy import LogPolicy, there_by
from plimsoll_verify.note import Signed
from plimsoll_verify.source import Source, expect, read_file
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

    Witness quorums are not asked for again. Nor does it matter who signed what is true of this tree: a key
    that the log had before may be trusted no more, and what it said is still what cosignatures are over.

    Args:
        source: the published ledger.
        policy: the log's keys and the witnesses.
        newest: the newest checkpoint.
        tree: its tree.
        known: those that were verified as parts of a tree that this one continues, by the same policy; those
            that are verified now are added. They are read again only where witnesses may have signed since.

    Raises:
        VerificationError: one has a known key's signature that does not verify, or is not of the size that it
            is kept under, or names another root than the tree had and is by no trusted key of the log.
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
        try:
            known[size] = _verify(source, size, policy, newest, tree)
        except VerificationError as error:
            error.path = error.path or path
            raise
    return [known[size] for size in sizes]


def _verify(source: Source, size: int, policy: LogPolicy, newest: Checkpoint, tree: Tree) -> Retained:
    data = read_file(source, f"checkpoints/{size}", MAX_NOTE_BYTES, "retained")
    kept, signed = verify_signatures(data, policy, "retained")
    if kept.size != size:
        raise Malformed("retained", f"a checkpoint of size {size}", f"one of size {kept.size}")
    if kept.root != tree.root_at(size):
        # By a key that is not trusted it proves no fork: whoever stole a key could show one.
        require_log(kept, signed, policy, "retained")
        verify_continues(kept, newest, tree)
    return Retained.of(kept, policy, signed)


def verify_continues(earlier: Checkpoint, newest: Checkpoint, tree: Tree) -> bytes:
    """Verify that a tree begins with what an earlier checkpoint covers; returns the root it had then.

    Args:
        earlier: a checkpoint that the log signed, not larger than the newest.
        newest: the checkpoint of the tree.
        tree: the tree.

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
            hint="keep both notes: together they prove that the log showed two histories",
        )
    return root
