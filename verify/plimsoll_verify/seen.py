"""What an author had seen: the checkpoint that each statement quotes, compared with the tree.

Every author so bears witness to the history before their statement. A log that shows two histories has to
hide each from the authors in the other, for a quoted checkpoint of another tree is evidence with the log's
own signature on it. And where witnesses have cosigned what an author quotes, the statement is younger than
their signatures.

Source: SPEC 4.5, 10.14.
"""

import re
from typing import NamedTuple

from plimsoll_verify.checkpoint import parse_checkpoint
from plimsoll_verify.encoding import format_base64, sample
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.logpolicy import LogPolicy, seen_since
from plimsoll_verify.note import Note, verify_note
from plimsoll_verify.tree import Tree

_KEPT = 1024


class Seen(NamedTuple):
    """What became of a quoted checkpoint.

    Attributes:
        size: its size; 0 where it cannot be read.
        fault: "" or what is wrong with it.
        contradicts: True if it is whole and names another root than the tree had at its size.
        since_ms: it was not there before, by its cosignatures; 0 where they prove nothing.
    """

    size: int
    fault: str = ""
    contradicts: bool = False
    since_ms: int = 0


class SeenReader:
    """Reads quoted checkpoints of one log; the same note comes many times, and is remembered for a while."""

    def __init__(self, origin: str, tree: Tree, policy: LogPolicy | None = None) -> None:
        self._origin = origin
        self._policy = policy
        self._tree = tree
        self._kept: dict[str, Seen] = {}
        # The shape of nearly all of them: signed by the log alone, with canonical base64 of 32 and of 4 + 64
        # bytes. What has another shape, as one with cosignatures, is taken apart the long way.
        name, tail = re.escape(origin), "[AEIMQUYcgkosw048]="
        self._usual = re.compile(
            rf"{name}\n([1-9][0-9]{{0,14}})\n([A-Za-z0-9+/]{{42}}{tail})\n"
            rf"\n\u2014 {name} [A-Za-z0-9+/]{{90}}{tail}\n"
        ).fullmatch

    def read(self, note: str, index: int) -> Seen:
        """Compare the checkpoint that the statement at an index quotes with the tree.

        Not verified: its signature, unless somebody asks because it contradicts the tree.

        Raises:
            Missing, TileMismatch: a hash tile that is needed is not what the tree has (see `tree`).

        Source: SPEC 4.5.
        """
        seen = self._kept.get(note) or self._compare(note, index)
        if seen.size > index:
            return Seen(0, f"had seen a checkpoint of {seen.size} entries, itself among them (SPEC 4.5)")
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[note] = seen
        return seen

    def _compare(self, note: str, index: int) -> Seen:
        since_ms = 0
        usual = self._usual(note)
        if usual is not None:
            size, root = int(usual[1]), usual[2]
        else:
            try:
                checkpoint = parse_checkpoint(note.encode("utf-8"), "seen")
            except VerificationError as error:
                return Seen(
                    0, f"seen is no checkpoint: expected {error.expected}, got {error.actual} (SPEC 4.5)"
                )
            if checkpoint.origin != self._origin:
                return Seen(0, f"had seen another log, {sample(checkpoint.origin)} (SPEC 4.5)")
            size, root = checkpoint.size, format_base64(checkpoint.root)
            since_ms = self._since_ms(checkpoint.note)
            if size == 0:
                return Seen(0, "had seen a checkpoint of no entries (SPEC 4.5)")
        # One that is larger than the index is refused by `read`, and the tree may never have had its size.
        if size <= index and root != format_base64(self._tree.root_at(size)):
            fault = f"had seen another root at size {size} than this tree had (SPEC 4.5)"
            return Seen(size, fault, contradicts=True)
        return Seen(size, since_ms=since_ms)

    def _since_ms(self, note: Note) -> int:
        """Return since when a quoted note has been there, at the earliest; 0 where nobody proves it."""
        if self._policy is None or self._policy.quorum == "none":
            return 0
        try:
            signed = verify_note(note, tuple(self._policy.witnesses.values()), "seen")
        except VerificationError:
            return 0  # Somebody spoiled it; the root is what it is for.
        return (seen_since(self._policy, signed) or 0) * 1000
