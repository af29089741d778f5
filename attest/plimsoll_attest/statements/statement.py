"""in-toto statements as the writer lays them out: subjects with digests, and the predicate around a body.

The header (kind, subjects, author, role, times, what the author had seen) is public and signed; only the
body may be detached and held back.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from plimsoll_attest.canonical import NotCanonical, format_canonical, parse_canonical
from plimsoll_attest.errors import BadStatement
from plimsoll_attest.ids import DIGEST_PATTERN, ID_PATTERN, MODEL_PATTERN
from plimsoll_attest.times import format_time, parse_time

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
KIND_PREFIX: Final = "https://plimsoll.example/"
KIND_SUFFIX: Final = "/v1"
NO_LEDGER: Final = "0" * 64
"""The `ledger` of a genesis, which cannot know its own digest."""

MAX_SUBJECTS: Final = 16
MAX_TEXT: Final = 16_384
"""Code points of a string in a statement (SPEC 1.8)."""

_SUBJECT = re.compile(
    r"org:[a-z0-9.-]+(?:/[A-Za-z0-9._-]+)*"
    rf"|(?:person|role|policy):{ID_PATTERN}|model:{MODEL_PATTERN}|snapshot:{DIGEST_PATTERN}"
)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a statement is about: its name, `type:id`, and its digest in hex."""

    name: str
    sha256: str

    @property
    def type(self) -> str:
        """What stands before the first colon."""
        return self.name.partition(":")[0]

    @property
    def id(self) -> str:
        """What follows the first colon."""
        return self.name.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Header:
    """What a statement says besides its body.

    Attributes:
        kind: Its kind.
        subjects: Its subjects, sorted by name.
        ledger: Hex SHA-256 of the genesis payload.
        seen: The newest checkpoint that the author's client held, verbatim; empty in the genesis.
        nonce: 32 hex digits.
        event_ms: When it happened.
        actor: Who says it.
        role: In which capacity.
    """

    kind: str
    subjects: tuple[Subject, ...]
    ledger: str
    seen: str = field(repr=False)
    nonce: str
    event_ms: int
    actor: str
    role: str


def make_subject(name: str, document_sha256: str | None = None) -> Subject:
    """Return a subject with its digest.

    Args:
        name: `type:id`.
        document_sha256: The digest of the document, for a policy.

    Raises:
        BadStatement: If the name is none, or a policy comes without a digest.

    Source: SPEC 4.2.
    """
    if _SUBJECT.fullmatch(name) is None:
        hint = (
            "subjects are org:, person:, role:, policy:, model: (32 hex digits) or snapshot: (64 hex digits)"
        )
        raise BadStatement(f"{name[:80]!r} is not the name of a subject", hint)
    kind, _, rest = name.partition(":")
    if kind == "snapshot":
        return Subject(name, rest)
    if kind == "policy":
        if document_sha256 is None:
            raise BadStatement(f"{name} needs the digest of its document")
        return Subject(name, document_sha256)
    return Subject(name, hashlib.sha256(rest.encode("ascii")).hexdigest())


def sort_subjects(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """Return subjects in the order of their names, none twice.

    Raises:
        BadStatement: If there are none, more than 16, or one twice.
    """
    ordered = tuple(sorted(subjects))
    if not 1 <= len(ordered) <= MAX_SUBJECTS:
        raise BadStatement(f"a statement has 1 to {MAX_SUBJECTS} subjects, not {len(ordered)}")
    for before, after in pairwise(ordered):
        if before.name == after.name:
            raise BadStatement(f"subject {after.name} stands twice")
    return ordered


def format_statement(header: Header, body: Mapping[str, Any] | str) -> bytes:
    """Return the canonical payload of a statement.

    Args:
        header: All but the body.
        body: The inline body, or the hex digest of a detached one.

    Raises:
        BadStatement: If something in it has no canonical form, or a text is too long.

    Source: SPEC 4.1, 4.4.
    """
    predicate: dict[str, Any] = {
        "actor": header.actor,
        "event_time": format_time(header.event_ms),
        "ledger": header.ledger,
        "nonce": header.nonce,
        "role": header.role,
        "seen": header.seen,
    }
    if isinstance(body, str):
        predicate["body_sha256"] = body
    else:
        predicate["body"] = dict(body)
        check_texts(predicate["body"], "$")
    statement = {
        "_type": STATEMENT_TYPE,
        "predicate": predicate,
        "predicateType": f"{KIND_PREFIX}{header.kind}{KIND_SUFFIX}",
        "subject": [{"digest": {"sha256": item.sha256}, "name": item.name} for item in header.subjects],
    }
    try:
        return format_canonical(statement)
    except NotCanonical as error:
        raise BadStatement(f"the statement is {error}", error.hint) from None


def parse_statement(payload: bytes) -> tuple[Header, dict[str, Any] | str]:
    """Take a payload of this writer apart; the pair of `format_statement`.

    It reads what admission has let in. What a stranger sends is checked by admission first.

    Raises:
        BadStatement: If it is not laid out as a statement.
    """
    try:
        tree = parse_canonical(payload)
        predicate = tree["predicate"]
        kind = str(tree["predicateType"]).removeprefix(KIND_PREFIX).removesuffix(KIND_SUFFIX)
        header = Header(
            kind=kind,
            subjects=tuple(Subject(item["name"], item["digest"]["sha256"]) for item in tree["subject"]),
            ledger=predicate["ledger"],
            seen=predicate["seen"],
            nonce=predicate["nonce"],
            event_ms=parse_time(predicate["event_time"]),
            actor=predicate["actor"],
            role=predicate["role"],
        )
        body = predicate["body"] if "body" in predicate else predicate["body_sha256"]
    except NotCanonical as error:
        raise BadStatement(f"the payload is {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadStatement(f"the payload is not a statement: {error}") from None
    return header, body


def format_body(body: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a detached body.

    Raises:
        BadStatement: If it has no canonical form, a text is too long, or it is larger than 8 MiB.

    Source: SPEC 4.6, 1.8.
    """
    tree = dict(body)
    check_texts(tree, "$")
    try:
        data = format_canonical(tree)
    except NotCanonical as error:
        raise BadStatement(f"the body is {error}", error.hint) from None
    if len(data) > 8 << 20:
        raise BadStatement(f"the body has {len(data)} bytes, at most {8 << 20} are allowed")
    return data


def check_texts(value: Any, where: str) -> None:
    """Raise on the first text that is longer than a statement may hold (SPEC 1.8)."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise BadStatement(f"text at {where} has {len(value)} characters, at most {MAX_TEXT} are allowed")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_texts(item, f"{where}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            check_texts(item, f"{where}[{position}]")
