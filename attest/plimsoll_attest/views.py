"""What the desk hands out: drafts before, receipts after, and entries and models as people ask for them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that a statement names by digest.

    Attributes:
        path: Where it lies now; it is copied into the home's evidence store before the statement is appended.
        name: What the statement calls it.
        sha256: Its digest, hex.
        size: Its bytes.
    """

    path: Path
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A signed statement that is not yet in the log.

    Attributes:
        kind: Its kind, such as `eval-result`.
        subjects: Its subjects' names, sorted.
        actor: Who signed it.
        role: In which capacity.
        event_ms: When it happened, milliseconds since 1970.
        statement_id: Hex SHA-256 of the PAE.
        envelope: The canonical DSSE envelope that will be appended.
        body: The body, salt included, as a tree.
        documents: What must be kept by digest before it is appended: its detached body, written reasons.
        evidence: Files to keep by digest.
    """

    kind: str
    subjects: tuple[str, ...]
    actor: str
    role: str
    event_ms: int
    statement_id: str
    envelope: bytes = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    documents: tuple[bytes, ...] = field(default=(), repr=False)
    evidence: tuple[EvidenceFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A statement that is durably in the log.

    Attributes:
        index: Its entry.
        statement_id: Hex SHA-256 of its PAE.
        time_ms: When the log took it, milliseconds since 1970.
        kind: Its kind.
    """

    index: int
    statement_id: str
    time_ms: int
    kind: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with what the home holds of it.

    Attributes:
        index: Its number in the log.
        time_ms: When the log took it.
        statement_id: Hex SHA-256 of its PAE.
        kind: Its kind.
        subjects: Its subjects' names.
        actor: Who signed it.
        role: In which capacity.
        event_ms: When it happened.
        seen_size: The size of the checkpoint that its author had seen; 0 in the genesis.
        keyid: Hex SHA-256 of the signing key.
        body: The body if it is inline or held, else None.
        body_sha256: The detached body's digest; empty where it is inline.
        leaf: The entry's bytes.
    """

    index: int
    time_ms: int
    statement_id: str
    kind: str
    subjects: tuple[str, ...]
    actor: str
    role: str
    event_ms: int
    seen_size: int
    keyid: str
    body: dict[str, Any] | None = field(repr=False)
    body_sha256: str
    leaf: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """A snapshot of a model's weights: the entry that recorded it, its digest, its label (may be empty)."""

    index: int
    sha256: str
    label: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """A registered model.

    Attributes:
        id: Its subject name, `model:<32 hex>`.
        name: The name it was registered under.
        index: The entry that registered it.
        snapshots: Oldest first.
    """

    id: str
    name: str
    index: int
    snapshots: tuple[SnapshotView, ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person of the ledger.

    Attributes:
        person: Their id.
        keyids: Hex ids of their keys that are in effect now.
        roles: The roles that they hold now, sorted.
        is_root: Whether they count for the root quorum.
        in_effect: False while their enrolment waits for the root quorum.
        name: Their display name, if the home holds it.
    """

    person: str
    keyids: tuple[str, ...]
    roles: tuple[str, ...]
    is_root: bool
    in_effect: bool
    name: str = ""
