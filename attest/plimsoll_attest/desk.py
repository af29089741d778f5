"""The desk: one open ledger home at which statements are drafted, submitted, read and judged."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from plimsoll_verify.audit import Verdict
from plimsoll_verify.judge import Start
from plimsoll_verify.policy.model import Policy

from plimsoll_attest.home import Home
from plimsoll_attest.surroundings import Surroundings
from plimsoll_attest.views import Draft, EntryView, EvidenceFile, ModelView, PersonView, Receipt, SnapshotView


class Desk:
    """An open ledger home. Use `Desk.open`, as a context manager."""

    home: Home
    surroundings: Surroundings

    @classmethod
    def open(
        cls, home: Home, surroundings: Surroundings, *, lock_timeout_s: float = 10.0, writing: bool = True
    ) -> "Desk":
        """Open a home: take its lock (if writing), open the store, check its head.

        Args:
            home: The ledger home.
            surroundings: Clock, randomness, passphrases.
            lock_timeout_s: How long to queue behind another writer.
            writing: False for commands that only read; then no lock is taken, no key unlocked, and
                `submit` raises.

        Raises:
            LedgerError: Busy naming the holder, NotALedger, SchemaMismatch, FatalSequencing.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and let go of the lock. Closing twice is harmless."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------ writing

    def draft(
        self,
        kind: str,
        subjects: Sequence[str],
        body: Mapping[str, Any],
        *,
        person: str,
        role: str | None = None,
        event_ms: int | None = None,
        texts: Mapping[str, str] | None = None,
        evidence: Sequence[EvidenceFile] = (),
    ) -> Draft:
        """Check, salt and sign a statement; nothing is appended and nothing stored.

        Args:
            kind: A kind that `statements.kinds` registers.
            subjects: Subject names, in any order; `org` is short for this ledger's organisation.
            body: The kind's fields, without `salt`; for a policy the whole document.
            person: Who speaks; the home holds their key.
            role: In which capacity; without it the one of theirs that the policy asks for, else their only one.
            event_ms: When it happened; without it now.
            texts: Written text for `<name>_sha256` members of structural kinds, such as `{"reasons": "..."}`.
            evidence: Files that the body names and the home shall keep.

        Raises:
            BadStatement: If fields or subjects are not those of the kind.
            UsageError: If the role cannot be chosen, naming the choices; if the person has no key here.
        """
        raise NotImplementedError

    def submit(self, drafts: Sequence[Draft], *, atomic: bool = True) -> list[Receipt]:
        """Append drafts in order, and return when they are durable.

        Bodies and evidence are stored first, the drafts kept in the outbox until the log acknowledges them. A
        refusal takes them out again; a crash leaves them for `submit_outbox`.

        Raises:
            NotAdmitted: If one is refused; with `atomic` nothing was appended, else those before it were.
        """
        raise NotImplementedError

    def check(self, drafts: Sequence[Draft]) -> None:
        """Ask whether `submit` would take them, and change nothing (`--dry-run`).

        Raises:
            NotAdmitted: If one would be refused.
        """
        raise NotImplementedError

    def outbox(self) -> list[str]:
        """Return the names of what a crash left in the outbox, oldest first."""
        raise NotImplementedError

    def submit_outbox(self) -> list[Receipt]:
        """Submit what a crash left in the outbox; what the log holds already is only acknowledged."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------ reading

    @property
    def origin(self) -> str:
        """The log's origin."""
        raise NotImplementedError

    @property
    def genesis_digest(self) -> str:
        """Hex SHA-256 of the genesis payload: the `ledger` of each statement."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """The number of entries."""
        raise NotImplementedError

    def read(self, index: int) -> EntryView:
        """Return an entry.

        Raises:
            UnknownName: If the log has no such entry.
        """
        raise NotImplementedError

    def entries(
        self, kind: str | None = None, model: str | None = None, person: str | None = None
    ) -> Iterator[EntryView]:
        """Yield entries in order, filtered by kind, by model (name or id), by actor or person subject."""
        raise NotImplementedError

    def models(self) -> list[ModelView]:
        """Return the registered models in the order of their registration."""
        raise NotImplementedError

    def model_id(self, name: str) -> str:
        """Return the subject name of a model by its name, or of `model:<hex>` itself.

        Raises:
            UnknownName: If no model is registered so, naming the nearest ones.
        """
        raise NotImplementedError

    def newest_snapshot(self, model: str) -> SnapshotView | None:
        """Return a model's newest recorded snapshot."""
        raise NotImplementedError

    def persons(self) -> list[PersonView]:
        """Return all persons that the ledger names."""
        raise NotImplementedError

    def person_roles(self, person: str) -> list[str]:
        """Return the roles a person holds now, sorted (`root` included)."""
        raise NotImplementedError

    def policy(self) -> Policy | None:
        """Return the policy in force now, or None. Of several the latest to come into force."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------- judging, publishing

    def verdict(self, hypothetical: Start | None = None, now_ms: int | None = None) -> Verdict:
        """Judge the log as it stands with the auditor's verifier, served straight from the store."""
        raise NotImplementedError

    def trust(self) -> str:
        """Return the trust file for auditors: TOML, without pins (those are the auditor's own)."""
        raise NotImplementedError

    def publish(self, directory: Path) -> int:
        """Write the ledger into a static directory and return the published size."""
        raise NotImplementedError

    def prove(self, index: int) -> bytes:
        """Return the tlog-proof of an entry, under the newest checkpoint."""
        raise NotImplementedError
