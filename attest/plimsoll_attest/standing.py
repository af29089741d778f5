"""Who may speak: persons, keys and roles as the log has made them, entry by entry.

This is the writer's view, for admission. It follows SPEC 6 and errs on the side of refusal: what it calls in
effect is in effect for a verifier, too. An enrolment takes effect with the entry that completes the root
quorum; until then it is *pending*, and statements that would rest on it are refused, since a verifier would
give them no effect (V14).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from plimsoll_attest.ids import skeleton
from plimsoll_attest.statements.checking import Checked
from plimsoll_attest.times import format_time, parse_time
from plimsoll_keys.vkey import VKey, parse_vkey
from plimsoll_ledger.errors import Refused

ROOT: Final = "root"
ENROLMENTS: Final = frozenset({"person", "key", "role", "log-key"})
"""Acts that take effect by the root quorum (SPEC 6.3)."""

VOIDING: Final = frozenset({"pause", "restriction", "safeguard-lapsed", "key-compromised"})
"""Kinds that, about the organisation or a signer, end approvals given before (SPEC 6.6)."""

TOPICS: Final = (
    "genesis",
    "person",
    "key",
    "key-retired",
    "key-compromised",
    "role",
    "role-ended",
    "log-key",
    "sign-off",
    "pause",
    "restriction",
    "safeguard-lapsed",
)
"""The kinds that can change anybody's standing; all others are not even read."""


@dataclass(slots=True)
class KeyState:
    """A key that the log names: whose it is, and whether it counts now."""

    person: str
    vkey: VKey
    in_effect: bool = False
    ended: str = ""


@dataclass(slots=True)
class RoleState:
    """A role that somebody was given: until when (None: without end), and whether it counts now."""

    role: str
    until_ms: int | None
    in_effect: bool = False
    ended: bool = False


@dataclass(slots=True)
class PersonState:
    """A person that the log names."""

    person: str
    in_effect: bool = False
    roles: list[RoleState] = field(default_factory=list)
    details_sha256: str = ""


@dataclass(slots=True)
class PendingAct:
    """An enrolment that waits for the root quorum.

    Attributes:
        index: Its entry.
        kind: Its kind.
        subjects: What it is about.
        approvals: Who approves, and the size that each had seen.
        effect: What takes effect.
    """

    index: int
    kind: str
    subjects: tuple[str, ...]
    approvals: dict[str, int]
    effect: PersonState | KeyState | RoleState | None


class Standing:
    """All persons, keys and roles of a log, up to some entry."""

    def __init__(self) -> None:
        self.size = 0
        self.quorum = 0
        self.persons: dict[str, PersonState] = {}
        self.keys: dict[str, KeyState] = {}
        self.founders: set[str] = set()
        self.pending: dict[int, PendingAct] = {}
        self.log_keys: list[VKey] = []
        self._voids: list[tuple[int, tuple[str, ...], str]] = []

    # ------------------------------------------------------------------------------------------ asking

    def refuse_unless_authentic(self, said: Checked, time_ms: int) -> bytes:
        """Return the public key with which a statement must be signed, if its author may speak so.

        Args:
            said: The statement.
            time_ms: Its entry's time.

        Raises:
            Refused: If the key or the role is not theirs, or not in effect.

        Source: SPEC 6.4.
        """
        key = self.keys.get(said.keyid)
        if key is None:
            raise Refused(
                f"key {said.keyid[:16]}... is not recorded in this ledger",
                hint="enrol it with `plimsoll key enrol`",
            )
        if key.person != said.actor:
            raise Refused(f"the key that signed is {key.person}'s, not {said.actor}'s")
        if key.ended:
            raise Refused(f"the key of {said.actor} that signed is {key.ended}", hint="sign with another key")
        if not key.in_effect:
            raise Refused(f"the key of {said.actor} waits for the root quorum", hint=_PENDING_HINT)
        if not self._is_founding(said):
            self._refuse_role(said.actor, said.role, time_ms)
        return key.vkey.public_key

    def holds(self, person: str, role: str, time_ms: int) -> bool:
        """Say whether a person holds a role at a time."""
        return any(item.role == role for item in self._held(person, time_ms))

    def roles_of(self, person: str, time_ms: int) -> list[str]:
        """Return the roles that a person holds at a time, sorted."""
        return sorted({item.role for item in self._held(person, time_ms)})

    def keys_of(self, person: str) -> list[KeyState]:
        """Return the keys that are in effect for a person."""
        return [key for key in self.keys.values() if key.person == person and key.in_effect and not key.ended]

    def refuse_unsound(self, said: Checked, index: int) -> None:
        """Refuse an act that contradicts what the log says already about persons, keys and roles.

        Raises:
            Refused: If an id is taken or confusable, a key is somebody's already, or the person is unknown.

        Source: SPEC 1.5, 6.2, 6.3.
        """
        body = said.body or {}
        kind = said.kind.name
        if kind == "person":
            self._refuse_taken(body["person"])
        elif kind in {"key", "role", "key-retired", "key-compromised", "role-ended"}:
            if body["person"] not in self.persons:
                raise Refused(
                    f"there is no person {body['person']!r} in this ledger",
                    hint="`plimsoll person add` records one",
                )
            if kind == "key":
                self._refuse_known_key(said)
            elif kind == "role":
                self._refuse_confusable(body["role"], self._role_names(), "role")
            elif kind == "role-ended":
                self._refuse_ending(
                    said, any(item.role == body["role"] for item in self._open(body["person"]))
                )
            else:
                key = self.keys.get(body["keyid"])
                self._refuse_ending(said, key is not None and key.person == body["person"] and not key.ended)
                if body.get("since", 0) > index:
                    raise Refused(
                        f"entry {body['since']}, since which it would be compromised, is not there yet"
                    )
        elif kind == "log-key" and parse_vkey(body["vkey"]).public_key in self._public_keys():
            raise Refused("this key is recorded already", hint="make a new one")

    # ---------------------------------------------------------------------------------------- following

    def follow(self, said: Checked, index: int) -> None:
        """Take an admitted entry into account.

        Args:
            said: Its statement.
            index: Its index.
        """
        self.size = index + 1
        kind = said.kind.name
        if kind in VOIDING:
            self._voids.append((index, said.names, (said.body or {}).get("person", "")))
        if kind == "genesis":
            self._begin(said)
        elif kind in ENROLMENTS:
            self._propose(said, index)
        elif kind == "sign-off":
            self._sign_off(said)
        elif kind in {"key-retired", "key-compromised"}:
            body = said.body or {}
            self.keys[body["keyid"]].ended = "retired" if kind == "key-retired" else "declared compromised"
        elif kind == "role-ended":
            for item in self._open((said.body or {})["person"]):
                if item.role == (said.body or {})["role"]:
                    item.ended = True

    def _begin(self, said: Checked) -> None:
        body = said.body or {}
        self.quorum = body["quorum"]
        self.log_keys = [parse_vkey(text) for text in body["log"]]
        for founder in body["root"]:
            person = founder["person"]
            # A founder's key counts at once, for the sign-off of entry 0; their word counts only after it.
            is_author = person == said.actor
            vkey = parse_vkey(founder["vkey"])
            self.keys[vkey.keyid_hex] = KeyState(person, vkey, in_effect=True)
            role = RoleState(ROOT, None, in_effect=is_author)
            self.persons[person] = PersonState(person, in_effect=True, roles=[role])
            if not is_author:
                self.founders.add(person)

    def _propose(self, said: Checked, index: int) -> None:
        body: dict[str, Any] = said.body or {}
        effect: PersonState | KeyState | RoleState | None = None
        if said.kind.name == "person":
            effect = PersonState(body["person"], details_sha256=body.get("details_sha256", ""))
            self.persons[effect.person] = effect
        elif said.kind.name == "key" and said.vkey is not None:
            effect = KeyState(body["person"], said.vkey)
            self.keys[said.vkey.keyid_hex] = effect
        elif said.kind.name == "role":
            until = parse_time(body["until"]) if "until" in body else None
            effect = RoleState(body["role"], until)
            self.persons[body["person"]].roles.append(effect)
        act = PendingAct(index, said.kind.name, said.names, {}, effect)
        self.pending[index] = act
        if said.role == ROOT:
            act.approvals[said.actor] = said.seen.size
            self._complete(act)

    def _sign_off(self, said: Checked) -> None:
        body = said.body or {}
        of, approves = body["of"]["index"], body["decision"] == "approve"
        if of == 0 and said.actor in self.founders and approves and said.role == ROOT:
            self.founders.discard(said.actor)
            for item in self.persons[said.actor].roles:
                item.in_effect = True
            return
        act = self.pending.get(of)
        if act is None or said.role != ROOT:
            return
        if approves and of < said.seen.size:
            act.approvals[said.actor] = said.seen.size
            self._complete(act)
        elif body["decision"] in {"dissent", "recuse"}:
            act.approvals.pop(said.actor, None)

    def _complete(self, act: PendingAct) -> None:
        """Let an act take effect if those who approve it, and had everything in view, are enough."""
        counted = [person for person, size in act.approvals.items() if not self._is_void(act, person, size)]
        if len(counted) < self.quorum:
            return
        del self.pending[act.index]
        if act.effect is not None:
            act.effect.in_effect = True

    def _is_void(self, act: PendingAct, person: str, size: int) -> bool:
        return any(
            index >= size
            and (whose == person or any(name.startswith("org:") or name in act.subjects for name in names))
            for index, names, whose in self._voids
        )

    # ------------------------------------------------------------------------------------------ helpers

    def _is_founding(self, said: Checked) -> bool:
        """Say whether this is a founder's own sign-off of the genesis, before which they hold no role."""
        of_genesis = said.kind.name == "sign-off" and (said.body or {})["of"]["index"] == 0
        return of_genesis and said.actor in self.founders and said.role == ROOT

    def _refuse_role(self, person: str, role: str, time_ms: int) -> None:
        if self.holds(person, role, time_ms):
            return
        state = self.persons.get(person)
        found = [item for item in state.roles if item.role == role] if state else []
        if not found:
            held = ", ".join(self.roles_of(person, time_ms)) or "none"
            raise Refused(f"{person} does not hold the role {role}", hint=f"their roles: {held}")
        last = found[-1]
        if last.ended:
            raise Refused(
                f"{person} holds the role {role} no longer", hint="`plimsoll role grant` gives it again"
            )
        if last.until_ms is not None and time_ms >= last.until_ms:
            raise Refused(
                f"the role {role} of {person} ended at {format_time(last.until_ms)}",
                hint="`plimsoll role grant` gives it again",
            )
        raise Refused(f"the role {role} of {person} waits for the root quorum", hint=_PENDING_HINT)

    def _held(self, person: str, time_ms: int) -> Iterator[RoleState]:
        state = self.persons.get(person)
        if state is None or not state.in_effect:
            return
        for item in state.roles:
            if item.in_effect and not item.ended and (item.until_ms is None or time_ms < item.until_ms):
                yield item

    def _open(self, person: str) -> list[RoleState]:
        return [item for item in self.persons[person].roles if not item.ended]

    def _role_names(self) -> set[str]:
        return {ROOT} | {item.role for person in self.persons.values() for item in person.roles}

    def _public_keys(self) -> set[bytes]:
        return {key.vkey.public_key for key in self.keys.values()} | {key.public_key for key in self.log_keys}

    def _refuse_taken(self, person: str) -> None:
        if person in self.persons:
            raise Refused(f"{person} is in this ledger already")
        self._refuse_confusable(person, set(self.persons), "person")

    def _refuse_confusable(self, name: str, known: set[str], what: str) -> None:
        for other in known:
            if other != name and skeleton(other) == skeleton(name):
                raise Refused(f"{what} {name} could be taken for {other}", hint="choose another id")

    def _refuse_known_key(self, said: Checked) -> None:
        if said.vkey is not None and said.vkey.public_key in self._public_keys():
            known = self.keys.get(said.vkey.keyid_hex)
            whose = f"{known.person}'s" if known else "the log's"
            raise Refused(
                f"this key is {whose} already", hint="a key belongs to one person, for good: make a new one"
            )

    def _refuse_ending(self, said: Checked, is_open: bool) -> None:  # noqa: FBT001 - a fact, not an option.
        body = said.body or {}
        if not is_open:
            raise Refused(f"{body['person']} has nothing of the kind that could end")
        if said.actor != body["person"] and said.role != ROOT:
            raise Refused(f"only {body['person']} or a root person may say so", hint="sign in the role root")
        if said.kind.name == "key-compromised" and said.keyid == body["keyid"]:
            raise Refused(
                "a key cannot declare itself compromised", hint="sign with another key, or ask a root person"
            )


_PENDING_HINT: Final = "`plimsoll pending` shows who still has to sign off"
