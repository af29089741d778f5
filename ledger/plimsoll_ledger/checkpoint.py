"""Sign and check checkpoints: the text of a tree head (`treehead`) as a signed note.

Source: SPEC 2.1 / C2SP tlog-checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable

from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import ED25519, VKey
from plimsoll_ledger.errors import BadNote
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.note import format_note, parse_note, sign_note, verify_note
from plimsoll_ledger.treehead import Checkpoint, format_checkpoint, parse_checkpoint

__all__ = [
    "Checkpoint",
    "format_checkpoint",
    "parse_checkpoint",
    "sign_checkpoint",
    "unverified_checkpoint",
    "verify_checkpoint",
]


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
