"""Examining a tile: 256 entries read, checked against the tree, and told in records.

This is where a verification spends its time, and it can be done for any tile at any time: a worker needs the
tree's root and the keys recorded so far, and hands back what the parent cannot know without reading the
entries itself.

Source: SPEC 10.3, 10.5, 10.6.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from plimsoll_verify.bodies import Genesis, Key, LogKey
from plimsoll_verify.contents import read_body, subjects_fault, verify_digest
from plimsoll_verify.encoding import HEX_PATTERN, parse_time, sample
from plimsoll_verify.enrolment import verify_keys
from plimsoll_verify.envelope import (
    PAYLOAD_TYPE,
    Envelope,
    parse_entry,
    pre_authentication_encoding,
    statement_id,
)
from plimsoll_verify.errors import BadSignature, BodyMismatch, Malformed, TileMismatch, VerificationError
from plimsoll_verify.kinds import DOCUMENT_KINDS
from plimsoll_verify.limits import HASH_BYTES, MAX_BUNDLE_BYTES, PACK_CHUNK_BYTES, TILE_WIDTH
from plimsoll_verify.log import Log
from plimsoll_verify.packs import pack_path, read_bodies
from plimsoll_verify.points import verify_signature
from plimsoll_verify.record import Record
from plimsoll_verify.seen import SeenReader
from plimsoll_verify.source import Source, expect
from plimsoll_verify.statement import Predicate, parse_kind, parse_statement, parse_subjects
from plimsoll_verify.tiles import read_bundle, tile_path, tile_width
from plimsoll_verify.tree import Tree

_BRINGING_KEYS = (Genesis, Key, LogKey)
_is_hex = re.compile(HEX_PATTERN).fullmatch
NO_LEDGER = "0" * 64
UNTIMED = -1
"""The time of an entry that cannot be read, until the parent knows the time of the entry before."""


@dataclass(slots=True)
class TileReport:
    """What a worker found in a tile.

    Attributes:
        number: the tile's.
        records: one for each entry, in order; fewer where `tree_error` is set.
        raws: the bytes that each record's body was decoded from, b"" where it has none.
        pending: (index, PAE, signature) of statements by keys that nothing before them in this tile, nor in
            what the worker had been told, introduces.
        suspects: (index, note) of quoted checkpoints that name another root than the tree had.
        introduced: keys by keyid that the entry of an index brings into the ledger, with whatever authority.
        tree_error: the entries or a hash tile do not fit the root.
        body_error: the pack is not whole, or a body in it is not the one that its entry names.
    """

    number: int
    records: list[Record] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    pending: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    suspects: list[tuple[int, str]] = field(default_factory=list)
    introduced: dict[int, dict[str, bytes]] = field(default_factory=dict)
    tree_error: VerificationError | None = None
    body_error: VerificationError | None = None


class Examiner:
    """Examines the tiles of one log."""

    def __init__(self, source: Source, log: Log) -> None:
        """Read the right edge of the tree.

        Raises:
            VerificationError: it does not fit the root; see `Tree`.
        """
        self._source = source
        self._log = log
        self._org = f"org:{log.origin}"
        self.tree = Tree(source, log.size, log.root)
        self._seen = SeenReader(log.origin, self.tree, log.policy)

    def expect(self, numbers: Sequence[int]) -> None:
        """Announce that these tiles are going to be examined, to a source that can make use of it."""
        files = []
        for number in numbers:
            width = tile_width(self._log.size, 0, number)
            files += [
                (tile_path("entries", number, width), MAX_BUNDLE_BYTES + 1),
                (pack_path(number), PACK_CHUNK_BYTES),
            ]
            if width == TILE_WIDTH:
                files.append((tile_path(0, number), TILE_WIDTH * HASH_BYTES + 1))
        expect(self._source, files)

    def examine(self, number: int, keys: dict[str, bytes]) -> TileReport:
        """Examine the entries of a tile.

        Args:
            number: the tile's, of level 0.
            keys: keys recorded before this tile, by keyid; those that it records are added.

        Returns:
            What was found. Wrong entries are faults of their records (SPEC 3.4), not errors.

        Raises:
            OSError: a file could not be read.
        """
        report = TileReport(number)
        try:
            entries = read_verified_entries(self._source, self.tree, number)
            bodies = self._bodies(number, len(entries), report)
            for position, entry in enumerate(entries):
                self._examine_entry(report, position, entry, next(bodies), keys)
            next(bodies, None)  # There is none; but so the pack is read to its end.
        except VerificationError as error:
            report.tree_error = error
        return report

    def _bodies(self, number: int, count: int, report: TileReport) -> Iterator[bytes]:
        """Read a pack; where it breaks off the rest counts as withheld, and the report says so."""
        given = 0
        try:
            for body in read_bodies(self._source, number, count):
                yield body
                given += 1
        except VerificationError as error:
            report.body_error = error
            for _ in range(count - given):
                yield b""

    def _examine_entry(
        self, report: TileReport, position: int, data: bytes, given: bytes, keys: dict[str, bytes]
    ) -> None:
        """Append an entry's record to the report."""
        record = Record(report.number * TILE_WIDTH + position, UNTIMED)
        report.records.append(record)
        report.raws.append(b"")
        try:
            entry = parse_entry(data)
            record.time_ms = parse_time(entry.time, "entries", "an entry's time")
            pae = pre_authentication_encoding(_payload(entry.envelope))
            record.statement_id = statement_id(pae)
            statement = parse_statement(entry.envelope.payload)
            kind = parse_kind(statement.predicateType)
            names, types, documents, fault = parse_subjects(statement.subject)
            record.event_ms = parse_time(statement.predicate.event_time, "entries", "event_time")
        except Malformed as error:
            record.fault = f"cannot be read: expected {error.expected}, got {error.actual} (SPEC 3.4)"
            if given:
                _refuse_body(report, record.index, BodyMismatch("bodies", "none for this entry", "one"))
            return
        record.kind, record.subjects, record.subject_digests = kind, names, documents
        predicate = statement.predicate
        record.actor, record.role = predicate.actor, predicate.role
        try:
            verify_digest(predicate, given)
        except BodyMismatch as error:
            _refuse_body(report, record.index, error)
            given = b""
        reading = read_body(kind, predicate, given)
        record.body, report.raws[-1] = reading.body, reading.raw
        record.body_state, record.body_sha256 = reading.state, reading.sha256
        fault = fault or reading.fault or subjects_fault(kind, names, types, reading, self._org)
        fault = self._context_fault(report, record, predicate) or fault
        introduced: dict[str, bytes] = {}
        if not fault and isinstance(reading.body, _BRINGING_KEYS):
            try:
                introduced = verify_keys(reading.body, self._log.origin)
            except VerificationError as error:
                fault = f"a key in it: expected {error.expected}, got {error.actual} (SPEC 6.2)"
        if record.index == 0:
            # The founder who signs the genesis does so by a key that only the genesis itself introduces.
            record.payload_sha256 = sha256(entry.envelope.payload).hexdigest()
            keys |= introduced
        record.fault = _signature_fault(report, record, entry.envelope, pae, keys) or fault
        if introduced:
            report.introduced[record.index] = introduced
            keys |= introduced

    def _context_fault(self, report: TileReport, record: Record, predicate: Predicate) -> str:
        """Say why a statement does not belong into this log at its place; notes what its author had seen."""
        if record.index == 0:
            if record.kind != "genesis" or predicate.ledger != NO_LEDGER or predicate.seen:
                return "entry 0 is no genesis (SPEC 4.4)"
            return ""
        if record.kind == "genesis":
            return "a second genesis (SPEC 3.4)"
        seen = self._seen.read(predicate.seen, record.index)
        record.seen_size, record.seen_ms = seen.size, seen.since_ms
        if seen.contradicts:
            report.suspects.append((record.index, predicate.seen))
        if predicate.ledger != self._log.genesis:
            return f"a statement of another ledger, {predicate.ledger} (SPEC 4.4)"
        document = record.subject_digests.get(record.subjects[0], "") if record.kind in DOCUMENT_KINDS else ""
        if document and document != record.body_sha256:
            return "its subject's digest is not that of its document (SPEC 4.2)"
        return seen.fault


def _payload(envelope: Envelope) -> bytes:
    if envelope.payloadType != PAYLOAD_TYPE:
        raise Malformed("entries", f"payload type {PAYLOAD_TYPE}", sample(envelope.payloadType))
    return envelope.payload


def _refuse_body(report: TileReport, index: int, error: VerificationError) -> None:
    """Note a body that cannot be, unless the pack had one before."""
    error.entry, error.path = index, pack_path(report.number)
    report.body_error = report.body_error or error


def _signature_fault(
    report: TileReport, record: Record, envelope: Envelope, pae: bytes, keys: dict[str, bytes]
) -> str:
    """Verify an envelope's one signature, by the key that it names; returns what is wrong with it, or "".

    A key that is not known here may have been recorded in a tile that another worker has; the parent decides
    then.

    Source: SPEC 1.6, 3.2.
    """
    if len(envelope.signatures) != 1:
        return f"{len(envelope.signatures)} signatures instead of one (SPEC 3.2)"
    signature = envelope.signatures[0]
    key = keys.get(signature.keyid)
    if key is None and not _is_hex(signature.keyid):
        return f"keyid {sample(signature.keyid)} is no SHA-256 in hex (SPEC 3.2)"
    record.keyid = signature.keyid
    if key is None:
        report.pending.append((record.index, pae, signature.sig))
        return ""
    return signature_fault(key, pae, signature.sig)


def signature_fault(key: bytes, pae: bytes, signature: bytes) -> str:
    """Verify a statement's signature; returns what is wrong with it, or "".

    Source: SPEC 1.6.
    """
    try:
        verify_signature(key, pae, signature, "entries")
    except BadSignature as error:
        return f"its signature: expected {error.expected}, got {error.actual} (SPEC 1.6)"
    return ""


def read_verified_entries(source: Source, tree: Tree, number: int) -> list[bytes]:
    """Read the entries of a tile, each of which hashes to its leaf.

    Raises:
        Missing, Malformed: the bundle is not there, or cannot be cut into its entries.
        TileMismatch: the published tile does not fit the tree, or the entries do not fit the tile.

    Source: SPEC 10.3.
    """
    width = tile_width(tree.size, 0, number)
    entries = read_bundle(source, number, width)
    leaves = tree.subtrees(0, number)[0]
    found = [sha256(b"\x00" + entry).digest() for entry in entries]  # Leaf hashes, without a call each.
    if found != leaves:
        position = next(i for i, leaf in enumerate(leaves) if found[i] != leaf)
        raise TileMismatch(
            "entries",
            f"an entry that hashes to {leaves[position].hex()}",
            f"one that hashes to {found[position].hex()}",
            entry=number * TILE_WIDTH + position,
            path=tile_path("entries", number, width),
        )
    return entries
