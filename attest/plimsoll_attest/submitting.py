"""Submitting: drafts are kept, announced, appended, acknowledged, in an order that survives any crash.

    1  check        would the log refuse one?                  leaves nothing behind
    2  keep         bodies, texts and evidence, durably        a crash leaves files that nothing names
    3  announce     the envelopes in the outbox, durably       a crash leaves them there
    4  append       one transaction of the log                 all or nothing; see the ledger's sequencer
    5  acknowledge  the outbox file is removed                 a crash leaves it; the log knows the ids

So nothing is in the log whose body the home does not hold, and nothing that a person signed is lost.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from plimsoll_attest.admission import LedgerAdmission
from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.errors import CouldNotRun, NotAdmitted
from plimsoll_attest.outbox import Outbox, Submission
from plimsoll_attest.statements.envelope import parse_envelope, statement_id
from plimsoll_attest.surroundings import Surroundings
from plimsoll_attest.views import Draft, Receipt
from plimsoll_ledger.errors import Duplicate, LedgerError, Refused, StorageFailed
from plimsoll_ledger.sequencer import Appended
from plimsoll_ledger.store import Store

_Kept = tuple[ContentStore, str]


class Appender(Protocol):
    """Whatever brings envelopes into the log: the home's own sequencer, or a service elsewhere."""

    def append(self, blobs: Sequence[bytes], *, atomic: bool = False) -> list[Appended | Refused]:
        """Append envelopes; see `Sequencer.append`."""
        ...

    def close(self) -> None:
        """Give up what it holds."""
        ...


class Submitter:
    """Brings drafts into one log. Implements what `Desk` offers for that."""

    def __init__(
        self,
        store: Store,
        bodies: ContentStore,
        evidence: ContentStore,
        outbox: Outbox,
        surroundings: Surroundings,
    ) -> None:
        """Take where everything is kept."""
        self._store = store
        self._bodies = bodies
        self._evidence = evidence
        self._outbox = outbox
        self._surroundings = surroundings
        self._loose: dict[str, bytes] = {}
        self.admission = LedgerAdmission(store.origin, self._body, store.vkeys)

    def submit(
        self, drafts: Sequence[Draft], sequencer: Callable[[], Appender], *, atomic: bool
    ) -> list[Receipt]:
        """Append drafts in order; see `Desk.submit`."""
        if not drafts:
            return []
        if atomic:
            self.check(drafts)
        appender = sequencer()
        kept: dict[str, list[_Kept]] = {draft.statement_id: [] for draft in drafts}
        try:
            for draft in drafts:
                self._keep(draft, kept[draft.statement_id])
            submission = self._announce(drafts, atomic=atomic)
        except BaseException:
            _forget(kept.values())
            raise
        try:
            outcomes = self._append(appender, submission)
        except LedgerError:
            # The log is as it was before, for certain. What was only kept for it goes again.
            self._outbox.remove(submission)
            _forget(kept.values())
            raise
        self._outbox.remove(submission)
        pairs = list(zip(drafts, outcomes, strict=True))
        # `check` has found no repetition, or it was not asked for; so a known id is our own, whose
        # acknowledgement the database kept to itself.
        refused = [
            (draft, item)
            for draft, item in pairs
            if isinstance(item, Refused) and not (atomic and isinstance(item, Duplicate))
        ]
        _forget(kept[draft.statement_id] for draft, _ in refused)
        if refused:
            raise _explain(*next(pair for pair in refused if not _is_other(pair[1])))
        return [self._receipt(item.index) for _, item in pairs if isinstance(item, Appended | Duplicate)]

    def check(self, drafts: Sequence[Draft]) -> None:
        """Ask whether the log would take drafts; see `Desk.check`."""
        self._loose = {hashlib.sha256(item).hexdigest(): item for draft in drafts for item in draft.documents}
        admission = self.admission
        try:
            with self._store.reading() as reader:
                admission.begin(reader)
                time_ms = max(self._surroundings.clock.now_ms(), reader.head().time_ms)
                for position, draft in enumerate(drafts):
                    if (index := reader.find_ident(bytes.fromhex(draft.statement_id))) is not None:
                        raise _explain(draft, Duplicate(index))
                    try:
                        admission.admit(admission.precheck(draft.envelope), reader.size + position, time_ms)
                    except Refused as error:
                        raise _explain(draft, error) from None
        finally:
            admission.abort()
            self._loose = {}

    def submit_outbox(self, sequencer: Callable[[], Appender]) -> list[Receipt]:
        """Submit what a crash left in the outbox; see `Desk.submit_outbox`."""
        receipts: list[Receipt] = []
        for name in self._outbox.names():
            submission = self._outbox.read(name)
            refusal: Refused | None = None
            for item in self._append(sequencer(), submission):
                if isinstance(item, Appended | Duplicate):
                    receipts.append(self._receipt(item.index))
                elif refusal is None or _is_other(refusal):
                    refusal = item
            self._outbox.remove(submission)
            if refusal is not None:
                raise NotAdmitted(f"{name} of the outbox was refused: {refusal}", refusal.hint)
        return receipts

    def _body(self, sha256: str) -> bytes | None:
        return self._loose.get(sha256) or self._bodies.get(sha256)

    def _announce(self, drafts: Sequence[Draft], *, atomic: bool) -> Submission:
        return self._outbox.put(
            [draft.envelope for draft in drafts],
            atomic=atomic,
            now_ms=self._surroundings.clock.now_ms(),
            token=self._surroundings.random(4),
        )

    def _keep(self, draft: Draft, new: list[_Kept]) -> None:
        """Keep a draft's documents and files; note what was not there before."""
        for document in draft.documents:
            digest = hashlib.sha256(document).hexdigest()
            if not self._bodies.holds(digest):
                new.append((self._bodies, digest))
            self._bodies.put(document)
        for file in draft.evidence:
            if not self._evidence.holds(file.sha256):
                new.append((self._evidence, file.sha256))
            self._evidence.put_file(file)

    def _append(self, sequencer: Appender, submission: Submission) -> list[Appended | Refused]:
        """Append what the log does not have yet, and return an outcome for each envelope.

        A database may report an error although the entries are in: what the log then says decides.
        """
        idents = [statement_id(parse_envelope(item).payload) for item in submission.envelopes]
        known = self._known(idents)
        missing = [item for item, index in zip(submission.envelopes, known, strict=True) if index is None]
        try:
            fresh = iter(sequencer.append(missing, atomic=submission.atomic)) if missing else iter(())
        except StorageFailed as error:
            known, fresh = self._known_after(error, idents), iter(())
            if None in known:
                raise
        return [next(fresh) if index is None else Duplicate(index) for index in known]

    def _known_after(self, error: LedgerError, idents: Sequence[bytes]) -> list[int | None]:
        try:
            return self._known(idents)
        except LedgerError:
            raise CouldNotRun(
                f"the database failed, and does not say whether it took the statements: {error}",
                "they wait in the outbox: `plimsoll submit --outbox` brings them in once, whatever happened",
            ) from error

    def _receipt(self, index: int) -> Receipt:
        entry = self._store.entry(index)
        return Receipt(index, entry.ident.hex(), entry.time_ms, entry.topic)

    def _known(self, idents: Sequence[bytes]) -> list[int | None]:
        with self._store.reading() as reader:
            return [reader.find_ident(ident) for ident in idents]


def _forget(kept: Iterable[list[_Kept]]) -> None:
    """Remove what was kept for drafts that the log refused."""
    for parts in kept:
        for store, digest in parts:
            store.remove(digest)


def _is_other(refusal: Refused) -> bool:
    """Say whether this one was only refused because another one of its batch was."""
    return "another one of its batch" in refusal.reason


def _explain(draft: Draft, refusal: Refused) -> NotAdmitted:
    return NotAdmitted(f"the log refuses this {draft.kind} by {draft.actor}: {refusal.reason}", refusal.hint)
