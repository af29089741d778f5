"""Drafting: from a kind, subjects and fields to a signed envelope, with everything that belongs to it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plimsoll_attest.bodies import format_text
from plimsoll_attest.canonical import format_canonical
from plimsoll_attest.errors import BadStatement
from plimsoll_attest.statements.checking import check_envelope
from plimsoll_attest.statements.envelope import sign_envelope
from plimsoll_attest.statements.kinds import find_kind
from plimsoll_attest.statements.statement import (
    Header,
    Subject,
    check_texts,
    format_body,
    format_statement,
    make_subject,
    sort_subjects,
)
from plimsoll_attest.surroundings import Surroundings
from plimsoll_attest.views import Draft, EvidenceFile
from plimsoll_keys.signer import Signer


@dataclass(frozen=True, slots=True)
class Writing:
    """What a statement says, before it is laid out and signed.

    Attributes:
        kind: Its kind.
        subjects: Names, in any order.
        body: The kind's fields, without salt.
        role: In which capacity.
        event_ms: When it happened.
        ledger: Hex digest of the genesis payload.
        seen: The newest checkpoint that the author's client held.
        texts: Written texts for `<name>_sha256` members.
        evidence: Files that the body names.
        known: Subjects whose digest does not follow from their name: those of policies.
    """

    kind: str
    subjects: Sequence[str]
    body: Mapping[str, Any]
    role: str
    event_ms: int
    ledger: str
    seen: str
    texts: Mapping[str, str]
    evidence: Sequence[EvidenceFile] = ()
    known: Sequence[Subject] = ()


def write_draft(writing: Writing, signer: Signer, origin: str, surroundings: Surroundings) -> Draft:
    """Check, salt, lay out and sign a statement; nothing is stored.

    Args:
        writing: What it says.
        signer: The author's key; its name is the author.
        origin: The log's origin.
        surroundings: Randomness for salts and nonce.

    Raises:
        BadStatement: If fields or subjects are not those of the kind.
    """
    kind = find_kind(writing.kind)
    documents: list[bytes] = []
    fields = dict(writing.body)
    for name, text in writing.texts.items():
        if not kind.structural:
            fields[name] = text
            continue
        check_texts(text, f"$.{name}")
        documents.append(format_text(text, surroundings.random(32)))
        fields[f"{name}_sha256"] = hashlib.sha256(documents[-1]).hexdigest()
    if isinstance(fields.get("claim"), Mapping):
        fields.setdefault("claim_sha256", hashlib.sha256(format_canonical(fields["claim"])).hexdigest())
    body = kind.check_body(fields)
    said: Mapping[str, Any] | str = body
    if not kind.structural:
        if kind.fields is not None:
            body = {**body, "salt": surroundings.random(32).hex()}
        documents.append(format_body(body))
        said = hashlib.sha256(documents[-1]).hexdigest()
    subjects = _subjects(writing, str(body["claim_sha256"] if "claim" in body else said))
    names = [item.name for item in subjects]
    kind.check_subjects(names)
    kind.check_names(names, body)
    _check_evidence(writing)
    header = Header(
        kind=writing.kind,
        subjects=subjects,
        ledger=writing.ledger,
        seen=writing.seen,
        nonce=surroundings.random(16).hex(),
        event_ms=writing.event_ms,
        actor=signer.name,
        role=writing.role,
    )
    envelope = sign_envelope(format_statement(header, said), signer)
    # What we sign must pass our own gate: a mistake here would otherwise only be seen when it is appended.
    checked = check_envelope(envelope, origin)
    return Draft(
        kind=writing.kind,
        subjects=tuple(names),
        actor=signer.name,
        role=writing.role,
        event_ms=writing.event_ms,
        statement_id=checked.ident.hex(),
        envelope=envelope,
        body=body,
        documents=tuple(documents),
        evidence=tuple(writing.evidence),
    )


def _subjects(writing: Writing, digest: str) -> tuple[Subject, ...]:
    known = {item.name: item for item in writing.known}
    is_document = writing.kind in {"policy", "policy-amendment", "brought-forward"}
    return sort_subjects(
        [
            known[name] if name in known else make_subject(name, digest if is_document else None)
            for name in writing.subjects
        ]
    )


def _check_evidence(writing: Writing) -> None:
    """Every file that is kept must be one that the body names: else nobody could find it again."""
    named = {item["sha256"] for item in writing.body.get("evidence", ()) if isinstance(item, Mapping)}
    document = writing.body.get("document")
    if isinstance(document, Mapping):
        named.add(document.get("sha256"))
    for file in writing.evidence:
        if file.sha256 not in named:
            raise BadStatement(f"the body of {writing.kind} does not name the file {file.name}")
