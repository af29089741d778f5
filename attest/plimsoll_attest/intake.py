"""Statements from elsewhere: admitted as one's own are, with the bodies and texts that come with them.

A document is kept, durably, when a statement that names its digest has passed `precheck`, and before the
log takes that statement: in one go for all that are appended together. If the log does not take it, the
document goes again. So nothing gets into the log whose body the home does not hold, and nobody fills the disk
with statements that are refused. Texts of structural kinds are kept if they come along.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from plimsoll_attest.admission import LedgerAdmission, Prechecked
from plimsoll_attest.bodies import MAX_BODY_SIZE, ContentStore
from plimsoll_attest.erasing import ERASURE, recorded_erasures
from plimsoll_attest.errors import BadStatement, CouldNotRun
from plimsoll_attest.standing import ROOT
from plimsoll_attest.statements.checking import Checked
from plimsoll_attest.statements.envelope import parse_envelope, statement_id
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.admission import Admitted, Refused
from plimsoll_ledger.errors import Duplicate, StorageFailed
from plimsoll_ledger.store import Store


@dataclass(slots=True, eq=False)
class _Offer:
    """A document on its way, for however many statements at once.

    Attributes:
        data: Its bytes.
        uses: How many offers are not settled.
        is_new: Whether this is what put it into the home.
        is_taken: Whether the log has taken a statement that came with it.
    """

    data: bytes
    uses: int = 0
    is_new: bool = False
    is_taken: bool = False


class ServiceIntake(LedgerAdmission):
    """Admits for a service. Implements the ledger's `Admission` and `Intake`."""

    def __init__(self, store: Store, bodies: ContentStore) -> None:
        """Take the log and where documents are kept; learn who may speak now."""
        super().__init__(store.origin, self._find, cast("Sequence[VKey]", store.vkeys))
        self._kept = bodies
        self._offers: dict[str, _Offer] = {}
        self._lock = threading.Lock()
        self._erased = recorded_erasures(store)
        with store.reading() as reader:
            self.begin(reader)

    def identify(self, blob: bytes) -> bytes:
        """Return the statement's id.

        Raises:
            Refused: If the blob is no envelope.
        """
        try:
            return statement_id(parse_envelope(blob).payload)
        except BadStatement as error:
            raise Refused(error.message, hint=error.hint) from None

    def offer(self, documents: Sequence[bytes]) -> None:
        """Have documents at hand for the statements that name them."""
        found = [(hashlib.sha256(data).hexdigest(), data) for data in documents]
        with self._lock:
            for digest, data in found:
                self._offers.setdefault(digest, _Offer(data)).uses += 1

    def settle(self, documents: Sequence[bytes], *, is_taken: bool) -> None:
        """Forget an offer; what was only kept for statements that the log refused goes again."""
        digests = [hashlib.sha256(data).hexdigest() for data in documents]
        with self._lock:
            for digest in digests:
                offer = self._offers[digest]
                offer.is_taken |= is_taken
                offer.uses -= 1
                if not offer.uses:
                    del self._offers[digest]
                    if offer.is_new and not offer.is_taken:
                        self._kept.remove(digest)

    def precheck(self, blob: bytes) -> Prechecked:
        """Check what needs no log, and that what the statement names can be kept.

        Raises:
            Refused: As `LedgerAdmission.precheck`; also if its body did not come with it.
        """
        given = super().precheck(blob)
        for digest in named_documents(given.said):
            with self._lock:
                offer = self._offers.get(digest)
            if offer is not None:
                if len(offer.data) > MAX_BODY_SIZE:
                    size = len(offer.data)
                    raise Refused(f"its document has {size} bytes, at most {MAX_BODY_SIZE} are allowed")
            elif digest == given.said.body_sha256 and not self._kept.holds(digest):
                # Texts of structural kinds may be held elsewhere; a body is what auditors will ask for.
                raise Refused(
                    f"its body, {digest}, did not come with it",
                    hint="send its detached body, and its texts, as documents of the statement",
                )
        return given

    def keep(self, prechecked: Sequence[Any]) -> None:
        """Keep what statements name that have passed `precheck` and go to the log next.

        Raises:
            StorageFailed: If it cannot be kept; then none of them may go.
        """
        wanted = {digest for given in prechecked for digest in named_documents(given.said)} - self._erased
        with self._lock:
            offers = {digest: self._offers[digest] for digest in wanted if digest in self._offers}
        if not offers:
            return
        try:
            new = self._kept.add({digest: offer.data for digest, offer in offers.items()})
        except CouldNotRun as error:
            raise StorageFailed(error.message, hint=error.hint) from error
        for digest in new:
            offers[digest].is_new = True

    def admit(self, prechecked: Any, index: int, time_ms: int) -> Admitted:
        """Admit as ever; what the log has is known by its id, before the database trips over it."""
        known = self._log().find_ident(cast("Prechecked", prechecked).said.ident)
        if known is not None:
            raise Duplicate(known)
        admitted = super().admit(prechecked, index, time_ms)
        said = cast("Prechecked", prechecked).said
        if said.kind.name == ERASURE and said.role == ROOT:
            # From now on whoever submits an old statement again does not bring its body back.
            self._erased.update((said.body or {})["digests"])
        return admitted

    def _find(self, sha256: str) -> bytes | None:
        offer = self._offers.get(sha256)
        return self._kept.get(sha256) if offer is None else offer.data


def named_documents(said: Checked) -> Iterator[str]:
    """Yield the digests of the documents that a statement names: its body, its texts."""
    if said.body_sha256:
        yield said.body_sha256
    for name, value in (said.body or {}).items():
        if name.endswith("_sha256") and isinstance(value, str):
            yield value
