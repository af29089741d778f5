"""Who may speak, as of each entry: persons, keys and roles, and the root quorum that makes them count.

A statement is authentic if its key counts for its actor and its actor holds its role, both by what the
entries *before* it say. Nothing that comes later makes it more, or less, authentic.

Source: SPEC 6.
"""

import hashlib
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import UNSET

from plimsoll_verify.acts import Lost, Voids
from plimsoll_verify.bodies import (
    Genesis,
    Key,
    KeyCompromised,
    KeyRetired,
    LogKey,
    Person,
    Role,
    RoleEnded,
    SignOff,
)
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.errors import GenesisMismatch, PinMismatch
from plimsoll_verify.note import parse_vkey
from plimsoll_verify.record import Record
from plimsoll_verify.register import ROOT, Grant, Register

ENROLMENTS = frozenset({"person", "key", "role", "log-key"})
"""Acts that take effect by the root quorum (SPEC 6.3)."""

GOVERNANCE = frozenset({"genesis", "key-retired", "key-compromised", "role-ended"}) | ENROLMENTS
"""Every kind that changes who may speak."""


class Flaw(NamedTuple):
    """Why an entry may not be relied on: V14 or V36, and in words."""

    code: str
    reason: str


@dataclass(slots=True)
class Enrolment:
    """An act that waits for the root quorum."""

    index: int
    kind: str
    subjects: tuple[str, ...]
    take_effect: Callable[[int, int], None]
    """Called with the entry that completes it, and its time."""
    signed: dict[str, None] = field(default_factory=dict)


class Authority:
    """Follows the entries of a log, and says of each whether its author may say it."""

    def __init__(self, pins: Mapping[str, bytes]) -> None:
        """Begin before the genesis.

        Args:
            pins: keys by person that the auditor knows from elsewhere.
        """
        self.register = Register()
        self.pending: dict[int, Enrolment] = {}
        self.compromised: list[tuple[int, str]] = []
        """Index and person of each `key-compromised` in effect."""
        self.log_keys: list[str] = []
        """vkeys of the log, first those of the genesis, in the order of coming into force (SPEC 10.15)."""
        self.quorum = 0
        self._subjects: dict[int, tuple[str, ...]] = {}
        self._pins = pins
        self._signed_by = array("i")

    def note_signer(self, record: Record) -> None:
        """Remember by which key an entry is, in case that key turns out to be compromised."""
        key = self.register.keys.get(record.keyid)
        self._signed_by.append(-1 if key is None else key.number)

    def entries_by(self, number: int, start: int, stop: int) -> list[int]:
        """Return the indexes from start to stop, exclusive, of entries signed by a key."""
        signed = self._signed_by
        return [index for index in range(start, min(stop, len(signed))) if signed[index] == number]

    def lost_at(self, index: int) -> Lost | None:
        """Return since when the signature of an entry is not relied on any more; None while it is.

        Source: SPEC 6.5.
        """
        if not self.compromised:
            return None
        number = self._signed_by[index]
        said = self.register.by_number[number].declarations if number >= 0 else ()
        return next((Lost(time_ms, entry) for since, entry, time_ms in said if since <= index), None)

    def voids(self) -> Voids:
        """Return what voids signatures whatever the policy."""
        return Voids(
            self.compromised, lambda person, index, time_ms: self.register.held(person, ROOT, index, time_ms)
        )

    # -- whether a statement is authentic

    def flaw(self, record: Record) -> Flaw | None:
        """Return why an entry is not authentic, or None if it is.

        Source: SPEC 6.4.
        """
        register = self.register
        key = register.keys.get(record.keyid)
        if key is None:
            return Flaw("V36", f"signed by key {record.keyid}, which is not recorded (SPEC 6.4)")
        actor, role = record.actor, record.role
        if key.person != actor:
            return Flaw("V36", f"says it is {actor}'s, and is signed with {key.person}'s key (SPEC 6.4)")
        if key.ended:
            return Flaw("V36", f"signed with a key of {actor} that {key.ended} (SPEC 6.4)")
        if not (key.counts and register.persons[actor]):
            return Flaw("V14", f"{actor} or the key that signed still waits for the root quorum")
        for grant in register.grants.get((actor, role), ()):
            if grant.holds(record.time_ms):
                return None
        return self._role_flaw(record)

    def _role_flaw(self, record: Record) -> Flaw | None:
        actor, role = record.actor, record.role
        if role == ROOT and actor in self.register.waiting:
            if isinstance(record.body, SignOff) and record.body.of.index == 0:
                return None
            return Flaw("V14", f"founder {actor} has not signed the genesis yet (SPEC 6.1)")
        grants = self.register.grants.get((actor, role), ())
        if any(not grant.counts and not grant.ended for grant in grants):
            return Flaw("V14", f"{actor}'s role {role} still waits for the root quorum")
        return Flaw("V36", f"{actor} does not hold role {role} here (SPEC 6.4)")

    # -- what the entries do

    def begin(self, record: Record) -> None:
        """Take the genesis.

        Raises:
            GenesisMismatch: it is none, two founders look alike, or its author is no founder.
            PinMismatch: a pinned person has another key.

        Source: SPEC 6.1.
        """
        body = record.body
        if not isinstance(body, Genesis):
            raise GenesisMismatch(
                "genesis", "a genesis at entry 0", f"a {record.kind or 'damaged entry'}", entry=0
            )
        self.quorum = body.quorum
        self.log_keys.extend(body.log)
        for founder in body.root:
            fault = self.register.add_person(founder.person, counts=True) or self._add_key(
                founder.person, founder.vkey, counts=True
            )
            if fault:
                raise GenesisMismatch("genesis", "founders with ids and keys of their own", fault, entry=0)
            self._verify_pin(founder.person, 0)
            self.register.waiting.add(founder.person)
        key = self.register.keys.get(record.keyid)
        if key is None or key.person != record.actor or record.role != ROOT:
            wanted = "a founder in role root as its author"
            raise GenesisMismatch("genesis", wanted, f"{record.actor} in role {record.role}", entry=0)
        self._welcome(record)

    def _welcome(self, record: Record) -> None:
        """Let a founder count who has signed the genesis."""
        self.register.waiting.discard(record.actor)
        grant = Grant(0, None, record.time_ms)
        grant.begin(record.index, record.time_ms)
        self.register.add_grant(record.actor, ROOT, grant)

    def follow(self, record: Record) -> Flaw | None:
        """Take an authentic entry of one of the kinds of `GOVERNANCE` after the genesis.

        Returns:
            None, or why it has no effect.

        Raises:
            PinMismatch: it enrols another key for a pinned person.

        Source: SPEC 6.2, 6.3, 6.5.
        """
        match record.body:
            case Person() | Key() | Role() | LogKey() as body:
                return self._propose(record, body)
            case KeyRetired() | RoleEnded() as body:
                if record.actor != body.person and record.role != ROOT:
                    return Flaw("V14", f"{record.actor} may not end what is {body.person}'s (SPEC 6.3)")
                return _sound(self._end(record, body))
            case KeyCompromised() as body:
                return self._declare_compromised(record, body)
            case _:
                return Flaw("V36", f"a {record.kind} that is not the first entry (SPEC 3.4)")

    def _end(self, record: Record, body: KeyRetired | RoleEnded) -> str:
        if isinstance(body, RoleEnded):
            return self.register.end_role(body.person, body.role, record.index, record.time_ms)
        return self.register.end_key(body.person, body.keyid, "is retired")

    def _declare_compromised(self, record: Record, body: KeyCompromised) -> Flaw | None:
        own = record.actor == body.person and record.keyid != body.keyid
        if not own and (record.role != ROOT or record.actor == body.person):
            return Flaw("V14", f"{record.actor} may not declare this key compromised (SPEC 6.3)")
        if body.since > record.index:
            return Flaw("V36", f"compromised since entry {body.since}, which is not there yet (SPEC 5.1)")
        fault = self.register.end_key(body.person, body.keyid, "is declared compromised")
        if fault:
            return Flaw("V36", fault)
        self.register.keys[body.keyid].declarations.append((body.since, record.index, record.time_ms))
        self.compromised.append((record.index, body.person))
        for enrolment in self.pending.values():
            enrolment.signed.pop(body.person, None)
        return None

    def _propose(self, record: Record, body: Person | Key | Role | LogKey) -> Flaw | None:
        """Record what waits for the root quorum; the author's own signature counts."""
        fault, take_effect = self._record(record, body)
        if fault:
            return Flaw("V36", fault)
        self._subjects[record.index] = record.subjects
        self.pending[record.index] = Enrolment(record.index, record.kind, record.subjects, take_effect)
        self._sign(record.index, record)
        return None

    def _record(
        self, record: Record, body: Person | Key | Role | LogKey
    ) -> tuple[str, Callable[[int, int], None]]:
        register = self.register
        match body:
            case Person():
                fault = register.add_person(body.person, counts=False)
                return fault, lambda *_: register.persons.__setitem__(body.person, True)  # noqa: FBT003
            case Key():
                fault = self._add_key(body.person, body.vkey, counts=False)
                return fault, lambda *_: self._let_key_count(body)
            case Role():
                until = None if body.until is UNSET else parse_time(body.until)
                grant = Grant(record.index, until, record.time_ms)
                fault = register.add_grant(body.person, body.role, grant)
                return fault, grant.begin
            case _:  # A log's key.
                return "", lambda *_: self.log_keys.append(body.vkey)

    def _let_key_count(self, body: Key) -> None:
        key = parse_vkey(body.vkey, "key").key
        self.register.keys[hashlib.sha256(key).hexdigest()].counts = True

    def _add_key(self, person: str, vkey: str, *, counts: bool) -> str:
        """Record a key whose form and proof of possession have been verified; returns "" or why not.

        Source: SPEC 6.2.
        """
        key = parse_vkey(vkey, "key").key
        return self.register.add_key(hashlib.sha256(key).hexdigest(), person, key, counts=counts)

    def sign_off(self, record: Record, body: SignOff) -> str:
        """Take an authentic sign-off of the genesis or of an enrolment; of anything else do nothing.

        Returns:
            "" or why it is inadmissible.

        Raises:
            PinMismatch: it lets another key count for a pinned person.

        Source: SPEC 5.1, 6.1, 6.3, 6.6.
        """
        index = body.of.index
        if self._subjects.get(index, record.subjects) != record.subjects:
            return f"signs off entry {index} under other subjects than that entry has (SPEC 5.1)"
        if record.role != ROOT or index >= record.seen_size:
            return ""
        if index == 0 and body.decision == "approve" and record.actor in self.register.waiting:
            self._welcome(record)
        elif index in self.pending:
            if body.decision == "approve":
                self._sign(index, record)
            elif body.decision in ("dissent", "recuse"):
                self.pending[index].signed.pop(record.actor, None)
        return ""

    def _sign(self, index: int, record: Record) -> None:
        enrolment = self.pending[index]
        if record.role != ROOT:
            return
        enrolment.signed[record.actor] = None
        # Who is no root person any more by the time the quorum would be complete, does not complete it.
        if (
            sum(self.register.holds(person, ROOT, record.time_ms) for person in enrolment.signed)
            >= self.quorum
        ):
            del self.pending[index]
            enrolment.take_effect(record.index, record.time_ms)
            if enrolment.kind == "key":
                self._verify_pin(enrolment.subjects[0].removeprefix("person:"), record.index)

    def _verify_pin(self, person: str, index: int) -> None:
        """Verify that no other key counts for a pinned person than the one that is pinned.

        Source: SPEC 10.10.
        """
        pin = self._pins.get(person)
        for key in self.register.keys.values():
            if pin is not None and key.person == person and key.counts and key.key != pin:
                raise PinMismatch(
                    "pin",
                    f"no key for {person} but {pin.hex()}, which the trust file pins",
                    key.key.hex(),
                    entry=index,
                    hint="ask them which key is theirs, by another road than this ledger",
                )


def _sound(fault: str) -> Flaw | None:
    return Flaw("V36", fault) if fault else None
