r"""Checkpoints: what a log says, over its signature, about how large its tree is and which root it has.

    <origin>\n<size>\n<base64 of the root>\n<extension lines, if any>

Source: SPEC 2.1 / C2SP tlog-checkpoint.
"""

from dataclasses import dataclass

from plimsoll_verify.cosigned import parse_tree_head
from plimsoll_verify.encoding import sample
from plimsoll_verify.errors import Malformed, UnknownKey, VerificationError
from plimsoll_verify.limits import MAX_NOTE_BYTES
from plimsoll_verify.logpolicy import LogPolicy
from plimsoll_verify.note import Note, Signed, parse_note, verify_note
from plimsoll_verify.source import Source, read_file


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint in its parts.

    Attributes:
        origin: the log's name.
        size: entries of its tree.
        root: the tree's root hash, 32 bytes.
        note: the signed note that it is the text of.
        data: the note's bytes, as they were read.
    """

    origin: str
    size: int
    root: bytes
    note: Note
    data: bytes


def parse_checkpoint(data: bytes, check: str) -> Checkpoint:
    """Read a checkpoint and take it apart.

    Not verified: any signature, or that the origin is one that the reader expects.

    Raises:
        Malformed: no signed note, or its text is no checkpoint's.

    Source: SPEC 2.1 / C2SP tlog-checkpoint.
    """
    note = parse_note(data, check)
    return Checkpoint(*parse_tree_head(note.text, check), note, data)


def verify_checkpoint(data: bytes, policy: LogPolicy, check: str) -> tuple[Checkpoint, tuple[Signed, ...]]:
    """Verify that a trusted log signed a checkpoint, and every cosignature by a known witness.

    Not verified: whether the witnesses are as many as the policy wants (`logpolicy`), nor anything about the
    tree.

    Returns:
        The checkpoint, and the signatures that verify.

    Raises:
        Malformed: no checkpoint, or of another origin.
        BadSignature: a known key's signature does not verify.
        UnknownKey: no key of the log has signed it.

    Source: SPEC 10.2.
    """
    checkpoint, signed = verify_signatures(data, policy, check)
    require_log(checkpoint, signed, policy, check)
    return checkpoint, signed


def verify_signatures(data: bytes, policy: LogPolicy, check: str) -> tuple[Checkpoint, tuple[Signed, ...]]:
    """Verify each signature on a checkpoint that is by a known key; there may be none: see `require_log`.

    Returns:
        The checkpoint, and the signatures that verify.

    Raises:
        Malformed: no checkpoint, or of another origin.
        BadSignature: a known key's signature does not verify.

    Source: SPEC 10.2, 10.4.
    """
    checkpoint = parse_checkpoint(data, check)
    if checkpoint.origin != policy.origin:
        raise Malformed(
            check,
            f"a checkpoint of {policy.origin}",
            f"one of {sample(checkpoint.origin)}",
            hint="this is another log than the one that the trust file names",
        )
    return checkpoint, verify_note(checkpoint.note, (*policy.logs, *policy.witnesses.values()), check)


def require_log(checkpoint: Checkpoint, signed: tuple[Signed, ...], policy: LogPolicy, check: str) -> None:
    """Require that one of the signatures on a checkpoint that verify is by a trusted key of the log.

    Raises:
        UnknownKey: none is.

    Source: SPEC 10.2.
    """
    if not any(one.key in policy.logs for one in signed):
        names = ", ".join(
            f"{sample(line.name)} with key {line.key_id.hex()}" for line in checkpoint.note.signatures[:3]
        )
        raise UnknownKey(
            check,
            f"a signature by a trusted key of {policy.origin}",
            f"signatures by {names}",
            hint="the trust file is another ledger's, the log has changed its key, or somebody else signed",
        )


def read_checkpoint(
    source: Source, path: str, policy: LogPolicy, check: str
) -> tuple[Checkpoint, tuple[Signed, ...]]:
    """Read a checkpoint from a published ledger and verify it; see `verify_checkpoint`.

    Raises:
        VerificationError: naming the file.

    Source: SPEC 10.2, 10.4.
    """
    data = read_file(source, path, MAX_NOTE_BYTES, check)
    try:
        return verify_checkpoint(data, policy, check)
    except VerificationError as error:
        error.path = path
        raise
