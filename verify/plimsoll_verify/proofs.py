"""Proof files: that one entry is in a log, told from the file and the trust file alone.

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry>
    index <n>
    <hashes from the leaf's sibling up to the root's child, base64, one a line>
    <empty line>
    <checkpoint>

A proof says that the entry is recorded. It does not say that nothing after it takes back what the entry
says, nor, for an author whose key the trust file does not pin, that the ledger has enrolled the key which
signed it.

Source: SPEC 2.4 / C2SP tlog-proof.
"""

from dataclasses import dataclass
from hashlib import sha256

from plimsoll_verify.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_verify.encoding import parse_base64, parse_decimal, parse_hash, parse_time, sample
from plimsoll_verify.envelope import PAYLOAD_TYPE, parse_entry, pre_authentication_encoding, statement_id
from plimsoll_verify.errors import BadSignature, GenesisMismatch, Malformed
from plimsoll_verify.examine import NO_LEDGER
from plimsoll_verify.limits import MAX_ENTRY_BYTES, MAX_PROOF_BYTES
from plimsoll_verify.logpolicy import verify_quorum
from plimsoll_verify.points import verify_signature
from plimsoll_verify.statement import parse_kind, parse_statement, parse_subjects
from plimsoll_verify.tree import verify_inclusion
from plimsoll_verify.trust import Trust

_CHECK = "proof"
_MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof file in its parts; nothing is verified."""

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What a proof file proves.

    Attributes:
        origin: the log.
        index: the entry's place.
        size: entries of the tree that it is proven to be in.
        root: that tree's root, 32 bytes.
        time_ms: when the log took the entry, by the log's word.
        statement_id: hex.
        kind: the statement's kind.
        subjects: names of what it is about.
        actor: person id of its author, by the statement's word.
        role: role id.
        event_ms: when it happened, by its author's word.
        pinned: True if the trust file pins the author's key, and the statement is signed by it. False: the
            key is not pinned; whether the ledger has enrolled it only the whole log can say.
        cosigned_s: since when a quorum of witnesses vouches for the tree, in seconds since 1970, or None.
    """

    origin: str
    index: int
    size: int
    root: bytes
    time_ms: int
    statement_id: str
    kind: str
    subjects: tuple[str, ...]
    actor: str
    role: str
    event_ms: int
    pinned: bool
    cosigned_s: int | None


def parse_proof(data: bytes) -> Proof:
    """Take a proof file apart.

    Raises:
        Malformed: too long, or not of the form above. A file without the entry's bytes proves nothing that
            could be read, and is refused as well.

    Source: SPEC 2.4 / C2SP tlog-proof.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise Malformed(_CHECK, f"a proof of at most {MAX_PROOF_BYTES} bytes", "a longer one")
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed(_CHECK, "ascii before the checkpoint", "something else") from None
    if not blank or lines[0] != "c2sp.org/tlog-proof@v1":
        begins = sample(lines[0]) if data else "an empty one"
        raise Malformed(
            _CHECK,
            "a file that begins with c2sp.org/tlog-proof@v1",
            begins,
            hint="this is no proof: `plimsoll prove` writes them",
        )
    if len(lines) < 3 or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Malformed(_CHECK, "a line `extra` with the entry and a line `index`", sample(data))
    if len(lines) > 3 + _MAX_HASHES:
        raise Malformed(_CHECK, f"at most {_MAX_HASHES} hashes", f"{len(lines) - 3}")
    entry = parse_base64(lines[1].removeprefix("extra "), _CHECK, "the entry")
    if len(entry) > MAX_ENTRY_BYTES:
        raise Malformed(_CHECK, f"an entry of at most {MAX_ENTRY_BYTES} bytes", f"{len(entry)}")
    index = parse_decimal(lines[2].removeprefix("index "), _CHECK, "the index")
    return Proof(
        entry, index, tuple(parse_hash(line, _CHECK, "a hash of the proof") for line in lines[3:]), checkpoint
    )


def verify_proof(data: bytes, trust: Trust) -> ProofReport:
    """Verify that an entry is in the log that the trust file names.

    Not verified: its body, what its author had seen, their authority, and whatever other entries say.

    Raises:
        VerificationError: the checkpoint is not the log's or lacks its quorum, the entry is not in its tree,
            is no statement of this ledger, or is not signed by the key that is pinned for its author.

    Source: SPEC 2.4, 10.2, 10.5.
    """
    proof = parse_proof(data)
    checkpoint, signed = verify_checkpoint(proof.checkpoint, trust.log_policy, "checkpoint")
    cosigned_s = verify_quorum(trust.log_policy, signed)
    verify_inclusion(proof.entry, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return _report(proof, checkpoint, trust, cosigned_s)


def _report(proof: Proof, checkpoint: Checkpoint, trust: Trust, cosigned_s: int | None) -> ProofReport:
    entry = parse_entry(proof.entry)
    envelope = entry.envelope
    if envelope.payloadType != PAYLOAD_TYPE or len(envelope.signatures) != 1:
        raise Malformed("entries", f"one signature over {PAYLOAD_TYPE}", sample(envelope.payloadType))
    statement = parse_statement(envelope.payload)
    predicate = statement.predicate
    ledger = sha256(envelope.payload).hexdigest() if predicate.ledger == NO_LEDGER else predicate.ledger
    if ledger != trust.genesis or (predicate.ledger == NO_LEDGER) != (proof.index == 0):
        raise GenesisMismatch("genesis", f"a statement of the ledger {trust.genesis}", f"one of {ledger}")
    subjects, _, _, fault = parse_subjects(statement.subject)
    if fault:
        raise Malformed("entries", "subjects with the digests of their names", fault)
    pae = pre_authentication_encoding(envelope.payload)
    signature, key = envelope.signatures[0], trust.persons.get(predicate.actor)
    if key is not None:
        if signature.keyid != sha256(key).hexdigest():
            raise BadSignature(
                "pin", f"a signature by the pinned key of {predicate.actor}", "one by another key"
            )
        verify_signature(key, pae, signature.sig, "pin")
    return ProofReport(
        origin=checkpoint.origin,
        index=proof.index,
        size=checkpoint.size,
        root=checkpoint.root,
        time_ms=parse_time(entry.time, "entries", "the entry's time"),
        statement_id=statement_id(pae).hex(),
        kind=parse_kind(statement.predicateType),
        subjects=subjects,
        actor=predicate.actor,
        role=predicate.role,
        event_ms=parse_time(predicate.event_time, "entries", "event_time"),
        pinned=key is not None,
        cosigned_s=cosigned_s,
    )
