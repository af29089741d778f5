"""What can be told of a submitted envelope alone: its form, its subjects, its inline body, its proofs.

Admission calls this outside the section that moves the head, on any core; nothing here knows the log. It is
strict where a verifier would find the entry inadmissible (SPEC 3.4), and also refuses kinds that this version
does not know.
"""

import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from plimsoll_attest.errors import AttestError, BadStatement
from plimsoll_attest.ids import DIGEST_PATTERN, ID_PATTERN, check_origin
from plimsoll_attest.keyring import verify_proof_text
from plimsoll_attest.statements.envelope import MAX_ENTRY_SIZE, PAYLOAD_TYPE, pae, parse_envelope
from plimsoll_attest.statements.kinds import Kind, find_kind
from plimsoll_attest.statements.statement import (
    KIND_PREFIX,
    KIND_SUFFIX,
    MAX_TEXT,
    STATEMENT_TYPE,
    Subject,
    check_texts,
    make_subject,
    parse_statement,
    sort_subjects,
)
from plimsoll_attest.times import parse_time
from plimsoll_keys.errors import KeysError
from plimsoll_keys.vkey import ED25519, VKey, parse_vkey

_ENTRY_AROUND: Final = len(b'{"envelope":,"time":"2026-01-01T00:00:00.000Z"}')
_REF: Final = frozenset({"id", "index"})
_id = re.compile(ID_PATTERN).fullmatch
_digest = re.compile(DIGEST_PATTERN).fullmatch
_nonce = re.compile(r"[0-9a-f]{32}").fullmatch
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    keyid: str
    sig: bytes


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    payload: bytes
    payloadType: Literal["application/vnd.in-toto+json"]  # noqa: N815 - the name in DSSE.
    signatures: list[_Signature]


class _Digest(msgspec.Struct, forbid_unknown_fields=True):
    sha256: str


class _Subject(msgspec.Struct, forbid_unknown_fields=True):
    digest: _Digest
    name: str


class _Predicate(msgspec.Struct, forbid_unknown_fields=True):
    actor: str
    event_time: str
    ledger: str
    nonce: str
    role: str
    seen: str
    body: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    body_sha256: str | msgspec.UnsetType = msgspec.UNSET


class _Statement(msgspec.Struct, forbid_unknown_fields=True):
    predicate: _Predicate
    predicateType: str  # noqa: N815 - the name in in-toto.
    subject: list[_Subject]
    type_: Literal["https://in-toto.io/Statement/v1"] = msgspec.field(name="_type")


_ENVELOPES: Final = msgspec.json.Decoder(_Envelope)
_STATEMENTS: Final = msgspec.json.Decoder(_Statement)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a statement's checkpoint says. The signature is not verified.

    Attributes:
        note: The note, verbatim.
        size: Entries that its author had seen; 0 if there is no note (the genesis).
        root: 32 bytes.
        origin: Whose log it is of.
    """

    note: str = field(repr=False)
    size: int
    root: bytes
    origin: str


class Checked(msgspec.Struct, frozen=True):
    """A statement whose form is right. Neither its signature nor its author's authority is verified.

    Attributes:
        envelope: Its canonical bytes.
        ident: Its statement id, 32 bytes.
        message: The PAE, which is what was signed.
        keyid: Hex SHA-256 of the key that is said to have signed.
        signature: 64 bytes.
        kind: Its kind.
        subjects: Sorted.
        ledger: Hex digest of the genesis it belongs to.
        seen: What its author had seen.
        event_ms: When it happened.
        actor: Who says it.
        role: In which capacity.
        body: The inline body, or None.
        body_sha256: The digest of the detached body, or an empty string.
        vkey: The key that it enrols, whose proof of possession holds; else None.
    """

    envelope: bytes
    ident: bytes
    message: bytes
    keyid: str
    signature: bytes
    kind: Kind
    subjects: tuple[Subject, ...]
    ledger: str
    seen: Seen
    event_ms: int
    actor: str
    role: str
    body: dict[str, Any] | None
    body_sha256: str
    vkey: VKey | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The subjects' names."""
        return tuple([item.name for item in self.subjects])


def check_envelope(blob: bytes, origin: str) -> Checked:
    """Check the form of a submitted envelope and of the statement in it.

    Args:
        blob: Canonical bytes of an envelope.
        origin: The log's origin, for proofs of possession and subjects.

    Raises:
        BadStatement: Saying what is wrong. The signature is not verified here.

    Source: SPEC 3.2, 4.
    """
    if len(blob) + _ENTRY_AROUND > MAX_ENTRY_SIZE:
        raise BadStatement(
            f"the entry would have {len(blob) + _ENTRY_AROUND} bytes, at most {MAX_ENTRY_SIZE} are allowed"
        )
    envelope = _decode_envelope(blob)
    signature = envelope.signatures[0]
    statement = _decode_statement(envelope.payload)
    predicate = statement.predicate
    kind = _kind_of(statement.predicateType)
    subjects = tuple([_check_subject(item) for item in statement.subject])
    if sort_subjects(subjects) != subjects:
        raise BadStatement("subjects are not sorted by name")
    names = [item.name for item in subjects]
    kind.check_subjects(names)
    _check_predicate(predicate)
    body, digest = _check_body(kind, predicate)
    if kind.fields is None and subjects[0].sha256 != digest:
        raise BadStatement(f"{subjects[0].name} has another digest than the document")
    vkey = None
    if body is not None:
        kind.check_names(names, body)
        vkey = _check_keys(kind.name, body, origin)
    for name in names:
        if name.startswith("org:") and name != f"org:{origin}":
            raise BadStatement(f"{name} is not the organisation of this ledger, which is org:{origin}")
    message = pae(envelope.payload)
    return Checked(
        envelope=blob,
        ident=hashlib.sha256(message).digest(),
        message=message,
        keyid=signature.keyid,
        signature=signature.sig,
        kind=kind,
        subjects=subjects,
        ledger=predicate.ledger,
        seen=parse_seen(predicate.seen),
        event_ms=_time(predicate.event_time),
        actor=predicate.actor,
        role=predicate.role,
        body=body,
        body_sha256=digest,
        vkey=vkey,
    )


@lru_cache(maxsize=256)
def parse_seen(note: str) -> Seen:
    """Take a checkpoint note apart; its signature is not verified.

    Raises:
        BadStatement: If it is no note of a checkpoint.

    Source: SPEC 2.1, 4.5.
    """
    from plimsoll_ledger.checkpoint import unverified_checkpoint  # noqa: PLC0415
    from plimsoll_ledger.errors import LedgerError  # noqa: PLC0415

    if not note:
        return Seen("", 0, b"", "")
    try:
        checkpoint = unverified_checkpoint(note.encode())
    except LedgerError as error:
        raise BadStatement(f"what its author had seen is no checkpoint: {error}") from None
    return Seen(note, checkpoint.size, bytes(checkpoint.root), checkpoint.origin)


def find_references(value: object) -> list[tuple[str, int]]:
    """Return the references in a checked body, wherever they stand: hex id and index (SPEC 4.7)."""
    found: list[tuple[str, int]] = []
    if isinstance(value, dict):
        if value.keys() == _REF:
            return [(value["id"], value["index"])]
        for item in value.values():
            if isinstance(item, (dict, list)):
                found += find_references(item)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, (dict, list)):
                found += find_references(item)
    return found


def check_detached(kind: Kind, tree: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a detached body, without its salt, checked against its kind.

    Raises:
        BadStatement: If it has no salt, or its members are not those of the kind.

    Source: SPEC 4.6, 5.
    """
    if kind.fields is None:
        return tree
    body = dict(tree)
    salt = body.pop("salt", None)
    if not isinstance(salt, str) or _digest(salt) is None:
        raise BadStatement(f"the body of {kind.name} has no salt of 64 hex digits")
    if kind.check_body(body) != body:
        raise BadStatement(
            f"the body of {kind.name} is not written as it must be", "numbers are not texts here"
        )
    return body


def _decode_envelope(blob: bytes) -> _Envelope:
    try:
        envelope = _ENVELOPES.decode(blob)
        if (
            _ENCODER.encode(envelope) == blob
            and len(envelope.signatures) == 1
            and len(envelope.signatures[0].sig) == 64
            and _digest(envelope.signatures[0].keyid)
        ):
            return envelope
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    # The slow way says what is wrong. It never accepts what the fast way has not.
    parse_envelope(blob)
    raise BadStatement(f"the envelope is not canonical JSON around a payload of type {PAYLOAD_TYPE}")


def _decode_statement(payload: bytes) -> _Statement:
    try:
        statement = _STATEMENTS.decode(payload)
        if _ENCODER.encode(statement) == payload:
            return statement
        reason = "its bytes are not canonical"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)
    parse_statement(payload)
    raise BadStatement(f"the payload is not a statement of type {STATEMENT_TYPE}: {reason}")


def _kind_of(predicate_type: str) -> Kind:
    name = predicate_type.removeprefix(KIND_PREFIX).removesuffix(KIND_SUFFIX)
    if f"{KIND_PREFIX}{name}{KIND_SUFFIX}" != predicate_type:
        raise BadStatement(f"predicateType {predicate_type[:80]!r} is not one of plimsoll/1")
    try:
        return find_kind(name)
    except AttestError as error:
        raise BadStatement(error.message, "a newer plimsoll may know it") from None


def _check_subject(item: _Subject) -> Subject:
    wanted = _subject(item.name, item.digest.sha256 if item.name.startswith("policy:") else None)
    if item.digest.sha256 != wanted.sha256 or _digest(wanted.sha256) is None:
        raise BadStatement(f"subject {item.name} has the digest {item.digest.sha256[:80]!r}, not its own")
    return wanted


_subject = lru_cache(maxsize=4096)(make_subject)


def _check_predicate(predicate: _Predicate) -> None:
    if _digest(predicate.ledger) is None:
        raise BadStatement("ledger is not 64 hex digits")
    if _nonce(predicate.nonce) is None:
        raise BadStatement("nonce is not 32 hex digits")
    for what, text in (("actor", predicate.actor), ("role", predicate.role)):
        if _id(text) is None:
            raise BadStatement(f"{what} {text[:80]!r} is not an id")
    if len(predicate.seen) > MAX_TEXT:
        raise BadStatement(f"seen has {len(predicate.seen)} characters, at most {MAX_TEXT} are allowed")


def _check_body(kind: Kind, predicate: _Predicate) -> tuple[dict[str, Any] | None, str]:
    """Return the inline body or the detached one's digest: exactly one is there (SPEC 4.4, 4.6)."""
    body, digest = predicate.body, predicate.body_sha256
    if (body is msgspec.UNSET) == (digest is msgspec.UNSET):
        raise BadStatement("a predicate has either a body or a body_sha256")
    if kind.structural != (digest is msgspec.UNSET):
        raise BadStatement(f"the body of {kind.name} {'stands inline' if kind.structural else 'is detached'}")
    if isinstance(digest, str):
        if _digest(digest) is None:
            raise BadStatement("body_sha256 is not 64 hex digits")
        return None, digest
    assert isinstance(body, dict)  # noqa: S101 - says to the type checker what the lines above settled.
    check_texts(body, "$.predicate.body")
    if kind.check_body(body) != body:
        raise BadStatement(
            f"the body of {kind.name} is not written as it must be", "numbers are not texts here"
        )
    return body, ""


def _check_keys(kind: str, body: dict[str, Any], origin: str) -> VKey | None:
    """Check the keys that a body brings along, and the proofs that their holders have them (SPEC 6.2)."""
    try:
        if kind == "key":
            return _enrolled(body["person"], body["vkey"], body["proof"], origin)
        if kind == "log-key":
            return _log_key(body["vkey"], origin)
        if kind == "genesis":
            _check_genesis(body, origin)
    except KeysError as error:
        raise BadStatement(str(error), error.hint) from None
    return None


def _enrolled(person: str, vkey_text: str, proof: str, origin: str) -> VKey:
    vkey = parse_vkey(vkey_text)
    if vkey.name != person or vkey.key_type != ED25519:
        raise BadStatement(f"the key is named {vkey.name!r}, want {person!r}")
    try:
        verify_proof_text(vkey, origin, proof)
    except AttestError as error:
        raise BadStatement(error.message, error.hint) from None
    return vkey


def _log_key(text: str, origin: str) -> VKey:
    vkey = parse_vkey(text)
    if vkey.name != origin or vkey.key_type != ED25519:
        raise BadStatement(f"the log's key is named {vkey.name!r}, want the origin {origin!r}")
    return vkey


def _check_genesis(body: dict[str, Any], origin: str) -> None:
    check_origin(body["origin"])
    if body["origin"] != origin:
        raise BadStatement(f"the genesis is of {body['origin']!r}, not of {origin!r}")
    persons = [founder["person"] for founder in body["root"]]
    if persons != sorted(set(persons)):
        raise BadStatement("root persons are not sorted, or one stands twice")
    if not 1 <= body["quorum"] <= len(persons):
        raise BadStatement(f"a quorum of {body['quorum']} cannot be met by {len(persons)} root persons")
    keys = [_log_key(text, origin).public_key for text in body["log"]]
    keys += [
        _enrolled(founder["person"], founder["vkey"], founder["proof"], origin).public_key
        for founder in body["root"]
    ]
    if len(set(keys)) != len(keys):
        raise BadStatement("one key stands for two in the genesis", "each person and the log need their own")


def _time(text: str) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise BadStatement(f"event_time: {error}") from None
