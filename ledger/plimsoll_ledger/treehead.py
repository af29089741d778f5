r"""Read and write the text of a checkpoint: which log, how large its tree is, and which root it has.

    acme.example/rsp\n       the log's origin, which is also its key's name
    17\n                     the tree's size, decimal
    6oYZ...=\n               the tree's root, base64
                             extension lines may follow: read, never written

Source: SPEC 2.1 / C2SP tlog-checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass

from plimsoll_ledger.encoding import format_base64, parse_base64, parse_decimal
from plimsoll_ledger.errors import Malformed
from plimsoll_ledger.hashing import Hash


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree's size and root under a log's name.

    Attributes:
        origin: The log's name.
        size: How many entries.
        root: The root over them.
        extensions: Further lines, without newlines, whose meaning nobody here knows.
    """

    origin: str
    size: int
    root: Hash
    extensions: tuple[str, ...] = ()


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint from a note's text.

    Raises:
        Malformed: if the text is no checkpoint.
    """
    if not text.endswith("\n"):
        raise Malformed("a checkpoint ends in a newline, and this does not")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or "" in lines:
        raise Malformed("a checkpoint has three lines or more, none of them empty")
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin,
        parse_decimal(size, "a checkpoint's size"),
        Hash(parse_base64(root, "a checkpoint's root")),
        tuple(extensions),
    )


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Write the three lines of a checkpoint's text.

    Raises:
        ValueError: if it has extension lines, which this log never writes, or no proper origin.
    """
    if checkpoint.extensions:
        raise ValueError("extension lines are read, never written")
    if not checkpoint.origin or "\n" in checkpoint.origin:
        raise ValueError("a checkpoint's origin is one line, not empty")
    return f"{checkpoint.origin}\n{checkpoint.size}\n{format_base64(checkpoint.root)}\n"
