r"""Read, write, build and check tlog-proof files: one entry, proven from one file alone.

    c2sp.org/tlog-proof@v1\n
    extra <base64 of the entry's bytes>\n      optional in the format; always written here
    index <decimal>\n
    <base64 hash>\n                            the inclusion proof, leaf to root, at most 63
    \n
    <checkpoint, a signed note>

Carrying the entry, the file needs nothing beside it but the log's key. Source: SPEC 2.4 / C2SP tlog-proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_ledger.encoding import format_base64, parse_base64, parse_decimal
from plimsoll_ledger.errors import Malformed, ProofError
from plimsoll_ledger.hashing import Hash, leaf_hash
from plimsoll_ledger.note import MAX_NOTE_SIZE
from plimsoll_ledger.tiles import MAX_ENTRY_SIZE
from plimsoll_ledger.tree import verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
"""The first line of every such file."""

MAX_PROOF = 63
"""The longest inclusion proof, in hashes: sizes are below 2**63."""

_MAX_FILE_SIZE = MAX_NOTE_SIZE + 2 * MAX_ENTRY_SIZE


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An inclusion proof with its checkpoint, not checked yet.

    Attributes:
        index: Where the entry is.
        proof: Hashes from leaf to root.
        checkpoint: The signed note.
        extra: The entry's bytes, or None where the file has no such line.
    """

    index: int
    proof: tuple[Hash, ...]
    checkpoint: bytes
    extra: bytes | None = None


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry that a checkpoint signed by a known log key is known to cover.

    Attributes:
        index: Where it is.
        entry: Its bytes.
        checkpoint: The checkpoint.
    """

    index: int
    entry: bytes
    checkpoint: Checkpoint


def format_tlog_proof(proof: TlogProof) -> bytes:
    """Write the file."""
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {format_base64(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += (format_base64(item) for item in proof.proof)
    return ("\n".join(lines) + "\n\n").encode() + proof.checkpoint


def parse_tlog_proof(data: bytes) -> TlogProof:
    """Read the file, without checking what it proves.

    Raises:
        Malformed: if it is no tlog-proof.
    """
    if len(data) > _MAX_FILE_SIZE:
        raise Malformed(f"a tlog-proof of {len(data)} bytes, at most {_MAX_FILE_SIZE} are read")
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("a tlog-proof is ASCII up to its checkpoint, and this is not") from None
    if lines.pop(0) != HEADER or not blank:
        raise Malformed(f"a tlog-proof starts with {HEADER!r} and has a blank line; this does not")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0).removeprefix("extra "), "a tlog-proof's extra line")
    if not lines or not lines[0].startswith("index "):
        raise Malformed("a tlog-proof has an index line, and this has none")
    index = parse_decimal(lines.pop(0).removeprefix("index "), "a tlog-proof's index")
    if len(lines) > MAX_PROOF:
        raise Malformed(f"a tlog-proof has at most {MAX_PROOF} hashes, and this has {len(lines)}")
    proof = tuple(Hash(parse_base64(line, "a hash of a tlog-proof")) for line in lines)
    return TlogProof(index, proof, checkpoint, extra)


def verify_tlog_proof(proof: TlogProof, known: Iterable[VKey]) -> ProvenEntry:
    """Check the checkpoint's signatures, and that it covers the entry carried in `extra`.

    Raises:
        Malformed: if there is no entry in it, or its checkpoint is none.
        BadNote: if the checkpoint is not signed as it must be.
        ProofError: if the hashes do not lead from the entry to the checkpoint's root.
    """
    if proof.extra is None:
        raise Malformed("this tlog-proof carries no entry, so there is nothing it could prove")
    if len(proof.extra) > MAX_ENTRY_SIZE:
        raise ProofError(f"an entry has at most {MAX_ENTRY_SIZE} bytes, this has {len(proof.extra)}")
    checkpoint = verify_checkpoint(proof.checkpoint, known)
    leaf = leaf_hash(proof.extra)
    verify_inclusion(proof.index, checkpoint.size, leaf, proof.proof, checkpoint.root)
    return ProvenEntry(proof.index, proof.extra, checkpoint)
