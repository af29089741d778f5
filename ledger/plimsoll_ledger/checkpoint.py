r"""Read, write, sign and check checkpoints: what the log says its tree is, signed.

    acme.example/rsp\n       the log's origin, which is also its key's name
    17\n                     the tree's size, decimal
    6oYZ...=\n               the tree's root, base64
                             extension lines may follow: read, never written

as the text of a signed note. Source: SPEC 2.1 / C2SP tlog-checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import ED25519, VKey
from plimsoll_ledger.encoding import format_base64, parse_base64, parse_decimal
from plimsoll_ledger.errors import BadNote, Malformed
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.note import format_note, parse_note, sign_note, verify_note


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


def sign_checkpoint(size: int, root: Hash, signer: Signer) -> bytes:
    """Write and sign the checkpoint of a tree; its origin is the signer's name. Returns a note."""
    text = format_checkpoint(Checkpoint(signer.name, size, root))
    return format_note(sign_note(text, signer))


def unverified_checkpoint(note: bytes) -> Checkpoint:
    """Read the checkpoint in a note without checking any signature.

    Raises:
        Malformed: if it is none.
    """
    return parse_checkpoint(parse_note(note).text)


def verify_checkpoint(note: bytes, known: Iterable[VKey]) -> Checkpoint:
    """Check that a log has signed a checkpoint: by a known Ed25519 key whose name is the origin.

    Cosignatures by known witnesses must verify too; how many there must be is not checked here.

    Raises:
        Malformed: if it is no checkpoint.
        BadNote: if a known key's signature does not verify, or none is the log's own.
    """
    verified = verify_note(parse_note(note), known)
    checkpoint = parse_checkpoint(verified.text)
    if not any(key.name == checkpoint.origin and key.key_type == ED25519 for key in verified.signers):
        raise BadNote(f"the checkpoint is not signed by a key of its own log, {checkpoint.origin}")
    return checkpoint
