"""Who may speak: persons, keys and roles as the log has made them, entry by entry.

The rules are the auditor's own (`plimsoll_verify.authority`), so that what is admitted here is authentic
there. What this module adds is a writer's need: to take back entries that did not become part of the log.
"""

from collections.abc import Iterator
from typing import Final

from plimsoll_attest.canonical import format_canonical
from plimsoll_attest.statements.checking import Checked
from plimsoll_ledger.errors import Refused
from plimsoll_verify.authority import ENROLMENTS, GOVERNANCE, Authority, Flaw
from plimsoll_verify.bodies import SignOff
from plimsoll_verify.contents import DECODERS
from plimsoll_verify.record import Record
from plimsoll_verify.register import ROOT, KeyState, Register

__all__ = ["ENROLMENTS", "ROOT", "TOPICS", "Standing", "make_record"]

TOPICS: Final = (*sorted(GOVERNANCE), "sign-off")
"""The kinds that can change anybody's standing; all others are not even read."""

_PENDING_HINT: Final = "`plimsoll pending` shows who still has to sign off"


def make_record(said: Checked, index: int, time_ms: int) -> Record:
    """Return a statement as the auditor's replay takes it.

    Args:
        said: The statement, its form checked.
        index: Its entry.
        time_ms: The entry's time.
    """
    kind = said.kind.name
    body = DECODERS[kind](format_canonical(said.body)) if said.body is not None else None
    return Record(
        index=index,
        time_ms=time_ms,
        statement_id=said.ident,
        kind=kind,
        subjects=said.names,
        actor=said.actor,
        role=said.role,
        keyid=said.keyid,
        event_ms=said.event_ms,
        seen_size=said.seen.size,
        body=body,
        body_sha256=said.body_sha256,
    )


class Standing:
    """All persons, keys and roles of a log, up to some entry.

    Attributes:
        size: How many entries are taken into account.
    """

    def __init__(self) -> None:
        self.size = 0
        self._authority = Authority({})
        self._taken: list[Record] = []
        self._details: dict[str, str] = {}

    # ------------------------------------------------------------------------------------------ asking

    @property
    def register(self) -> Register:
        """Everybody who was ever recorded."""
        return self._authority.register

    @property
    def log_keys(self) -> list[str]:
        """The vkeys of the log that the root quorum has put in force by entries, in order."""
        return list(self._authority.log_keys)

    @property
    def persons(self) -> list[str]:
        """All persons, in the order in which they were recorded."""
        return list(self.register.persons)

    @property
    def founders(self) -> set[str]:
        """Founders who have not signed off the genesis yet."""
        return self.register.waiting

    def is_in_effect(self, person: str) -> bool:
        """Say whether a person's enrolment is complete."""
        return self.register.persons.get(person, False)

    def details_of(self, person: str) -> str:
        """Return the digest of a person's details, or an empty string."""
        return self._details.get(person, "")

    def key(self, keyid: str) -> KeyState | None:
        """Return a recorded key by its hex id, whatever its state."""
        return self.register.keys.get(keyid)

    def keys_of(self, person: str, *, pending: bool = False) -> Iterator[str]:
        """Yield the hex ids of a person's keys that count now; with `pending` those that wait, too."""
        for keyid, key in self.register.keys.items():
            if key.person == person and not key.ended and (key.counts or pending):
                yield keyid

    def roles_of(self, person: str, time_ms: int) -> list[str]:
        """Return the roles that a person holds at a time, sorted."""
        if not self.is_in_effect(person):
            return []
        return sorted(
            role
            for (who, role), grants in self.register.grants.items()
            if who == person and any(grant.holds(time_ms) for grant in grants)
        )

    def refuse_unless_authentic(self, record: Record) -> bytes:
        """Return the public key with which a statement must be signed, if its author may speak so.

        Raises:
            Refused: If the key or the role is not theirs, or not in effect.

        Source: SPEC 6.4.
        """
        flaw = self._authority.flaw(record)
        if flaw is not None:
            raise Refused(flaw.reason, hint=self._hint(flaw, record))
        return self.register.keys[record.keyid].key

    def _hint(self, flaw: Flaw, record: Record) -> str:
        if flaw.code == "V14":
            return _PENDING_HINT
        if self.key(record.keyid) is None:
            return "`plimsoll key enrol` records a key"
        if record.role not in self.roles_of(record.actor, record.time_ms):
            held = ", ".join(self.roles_of(record.actor, record.time_ms)) or "none"
            return f"roles that {record.actor} holds: {held}"
        return ""

    # ---------------------------------------------------------------------------------------- following

    def follow(self, record: Record) -> None:
        """Take an entry into account.

        Raises:
            Refused: If it would have no effect: an id that is taken or confusable, a key that is somebody's
                already, a person who is unknown, an end that others may not declare. Nothing is changed then.
            VerificationError: If it is a genesis that verifiers would reject.

        Source: SPEC 1.5, 6.2, 6.3.
        """
        if record.kind in TOPICS:
            flaw = self._apply(record)
            if flaw is not None:
                raise Refused(flaw.reason, hint="sign in the role root" if flaw.code == "V14" else "")
            self._taken.append(record)
        self.size = record.index + 1

    def go_back(self, size: int) -> None:
        """Forget the entries from `size` on."""
        kept = [record for record in self._taken if record.index < size]
        if len(kept) < len(self._taken):
            # What an enrolment did cannot be undone one by one; what stays is gone through once more.
            self._authority, self._taken, self._details = Authority({}), kept, {}
            for record in kept:
                self._apply(record)
        self.size = size

    def _apply(self, record: Record) -> Flaw | None:
        if record.index == 0:
            self._authority.begin(record)
            return None
        if isinstance(record.body, SignOff):
            self._authority.sign_off(record, record.body)
            return None
        flaw = self._authority.follow(record)
        if flaw is None and record.kind == "person":
            self._details[record.subjects[0].partition(":")[2]] = (
                getattr(record.body, "details_sha256", "") or ""
            )
        return flaw
