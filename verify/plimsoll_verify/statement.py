"""Statements: the signed, public header of an entry, and the body that it carries or points to.

What makes a statement unreadable raises Malformed. What is wrong with one that can be read is reported as a
fault: the entry has no effect then, but what it says against its author's interest still counts (SPEC 3.4,
    9.13).

Source: SPEC 4 / in-toto Statement v1.
"""

import re
from functools import lru_cache
from hashlib import sha256

import msgspec
from msgspec import UNSET, Raw, UnsetType

from plimsoll_verify.canonical import decode_exactly
from plimsoll_verify.encoding import HEX_PATTERN, ID_PATTERN, sample
from plimsoll_verify.errors import Malformed
from plimsoll_verify.limits import MAX_SUBJECTS

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_predicate_type = re.compile(r"https://plimsoll\.example/([a-z0-9-]{1,64})/v([1-9][0-9]{0,3})").fullmatch
_subject = re.compile(
    rf"(?:(org):[a-z0-9.-]+(?:/[A-Za-z0-9._-]+)*|(person|role|policy):{ID_PATTERN}"
    rf"|(model):[0-9a-f]{{32}}|(snapshot):{HEX_PATTERN})"
).fullmatch
_is_id = re.compile(ID_PATTERN).fullmatch
_is_hex = re.compile(HEX_PATTERN).fullmatch
_is_nonce = re.compile(r"[0-9a-f]{32}").fullmatch


class Digest(msgspec.Struct, frozen=True, gc=False):
    """A subject's digest."""

    sha256: str


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What a statement is about."""

    digest: Digest
    name: str


class Predicate(msgspec.Struct, frozen=True, gc=False):
    """The part that all kinds have in common; exactly one of `body` and `body_sha256` is there."""

    ledger: str
    seen: str
    nonce: str
    event_time: str
    actor: str
    role: str
    body: Raw | UnsetType = UNSET
    body_sha256: str | UnsetType = UNSET


class Statement(msgspec.Struct, frozen=True, gc=False):
    """An in-toto Statement v1."""

    predicate: Predicate
    predicateType: str  # noqa: N815 - the member's name in in-toto.
    subject: list[Subject]
    type: str = msgspec.field(name="_type")


_decode = msgspec.json.Decoder(Statement).decode


def parse_statement(payload: bytes) -> Statement:
    """Read a statement whose header is well-formed.

    Not verified: its kind and body (an inline one is verified to be JSON, not to be canonical), its
    subjects' digests, its ledger, and what it had seen.

    Raises:
        Malformed: not the canonical JSON of a statement, or a header that cannot be understood.

    Source: SPEC 4.1, 4.4.
    """
    statement = decode_exactly(payload, _decode, "a statement")
    predicate = statement.predicate
    if statement.type != STATEMENT_TYPE:
        raise Malformed("entries", f"_type {STATEMENT_TYPE}", sample(statement.type))
    if (predicate.body is UNSET) == (predicate.body_sha256 is UNSET):
        raise Malformed("entries", "either body or body_sha256", "both or neither")
    if not (_known_id(predicate.actor) and _known_id(predicate.role)):
        raise Malformed(
            "entries", "ids of actor and role", f"{sample(predicate.actor)}, {sample(predicate.role)}"
        )
    if not (_is_nonce(predicate.nonce) and _known_digest(predicate.ledger)):
        raise Malformed("entries", "a nonce of 32 and a ledger of 64 hex digits", sample(predicate.nonce))
    digest = predicate.body_sha256
    if digest is not UNSET and not _is_hex(digest):
        raise Malformed("entries", "64 hex digits for body_sha256", sample(digest))
    return statement


@lru_cache(maxsize=4096)
def _known_id(text: str) -> bool:
    return _is_id(text) is not None


@lru_cache(maxsize=64)
def _known_digest(text: str) -> bool:
    return _is_hex(text) is not None


@lru_cache(maxsize=256)
def parse_kind(predicate_type: str) -> str:
    """Return the kind that a predicate type names: "permit"; of another version than v1, "permit/v2".

    Raises:
        Malformed: no predicate type of this format.

    Source: SPEC 4.1.
    """
    found = _predicate_type(predicate_type)
    if found is None:
        raise Malformed("entries", "https://plimsoll.example/<kind>/v1", sample(predicate_type))
    return found[1] if found[2] == "1" else f"{found[1]}/v{found[2]}"


@lru_cache(maxsize=8192)
def parse_subject(name: str) -> tuple[str, str]:
    """Return a subject's type, and the digest in hex that follows from its name; "" for a policy's.

    Raises:
        Malformed: no subject's name.

    Source: SPEC 4.2.
    """
    found = _subject(name) if len(name) <= 300 else None
    if found is None:
        raise Malformed("entries", "a subject such as model:<32 hex>", sample(name))
    kind, _, rest = name.partition(":")
    if kind == "snapshot":
        return kind, rest
    return kind, "" if kind == "policy" else sha256(rest.encode()).hexdigest()


def parse_subjects(subjects: list[Subject]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str], str]:
    """Read a statement's subjects.

    Returns:
        Their names, their types, the digests of policies among them by name, and a fault or "".

    Raises:
        Malformed: none or too many, a name that is none, not sorted, or not unique.

    Source: SPEC 4.1, 4.2, 1.8.
    """
    if not 0 < len(subjects) <= MAX_SUBJECTS:
        raise Malformed("entries", f"1 to {MAX_SUBJECTS} subjects", f"{len(subjects)}")
    names, types, documents, fault, last = [], [], {}, "", ""
    for subject in subjects:
        name, digest = subject.name, subject.digest.sha256
        kind, wanted = parse_subject(name)
        if name <= last:
            raise Malformed("entries", "subjects sorted by name, each once", sample(name))
        if digest != wanted:
            if kind == "policy" and _is_hex(digest):
                documents[name] = digest
            else:
                fault = fault or f"the digest of subject {sample(name)} is not that of its name (SPEC 4.2)"
        names.append(name)
        types.append(kind)
        last = name
    return tuple(names), tuple(types), documents, fault
