"""Entries of the log as people and commands read them: header, and the body if the home holds it."""

from typing import Any

from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.statements.envelope import parse_entry
from plimsoll_attest.statements.statement import Subject, parse_statement
from plimsoll_attest.views import EntryView
from plimsoll_ledger.admission import Entry


def seen_size(seen: str) -> int:
    """Return the size that a checkpoint note states; 0 where there is none. Nothing is verified."""
    return int(seen.split("\n", 2)[1]) if seen else 0


def read_subjects(leaf: bytes) -> tuple[Subject, ...]:
    """Return the subjects of an admitted entry, with their digests."""
    return parse_statement(parse_entry(leaf)[0].payload)[0].subjects


def read_entry(entry: Entry, bodies: ContentStore) -> EntryView:
    """Take an admitted entry apart.

    Args:
        entry: From the store, which holds only what admission let in.
        bodies: Where detached bodies are kept.

    Raises:
        BadStatement: If it is no entry of this format.
        CouldNotRun: If its body is damaged.
    """
    envelope, time_ms = parse_entry(entry.leaf)
    header, said = parse_statement(envelope.payload)
    digest = said if isinstance(said, str) else ""
    body: dict[str, Any] | None = bodies.get_tree(said) if isinstance(said, str) else said
    return EntryView(
        index=entry.index,
        time_ms=time_ms,
        statement_id=entry.ident.hex(),
        kind=header.kind,
        subjects=tuple(item.name for item in header.subjects),
        actor=header.actor,
        role=header.role,
        event_ms=header.event_ms,
        seen_size=seen_size(header.seen),
        keyid=envelope.keyid,
        body=body,
        body_sha256=digest,
        leaf=entry.leaf,
    )
