"""Who is known to the ledger: persons, keys, roles, and whether each of them counts yet, or still.

Source: SPEC 6.
"""

from dataclasses import dataclass, field

from plimsoll_verify.encoding import skeleton

ROOT = "root"
NEVER_YET = 2**62
"""In place of the index of an entry that there is not."""


@dataclass(slots=True)
class KeyState:
    """A recorded key.

    Attributes:
        person: whose it is, for good.
        key: its 32 bytes.
        number: its place among all recorded keys.
        counts: True once the root quorum is complete.
        ended: "" or how it ended.
        declarations: every declaration that it is compromised: since which index, its entry, and its time.
    """

    person: str
    key: bytes
    number: int
    counts: bool = False
    ended: str = ""
    declarations: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Grant:
    """A role given to somebody, until a time or without end.

    Attributes:
        index: the entry that gives it.
        time_ms: that entry's time, from which a term runs.
        since: the entry from which it counts; `NEVER_YET` before the root quorum is complete.
        ended_at: the entry that ended it; `NEVER_YET` while none has.
        since_ms, ended_ms: the times of these.
    """

    index: int
    until_ms: int | None
    time_ms: int = 0
    since: int = NEVER_YET
    ended_at: int = NEVER_YET
    since_ms: int = NEVER_YET
    ended_ms: int = NEVER_YET

    def begin(self, index: int, time_ms: int) -> None:
        """Let it count from an entry on, which completed the root quorum."""
        self.since, self.since_ms = index, time_ms

    def end(self, index: int, time_ms: int) -> None:
        """End it at an entry, unless it has ended before."""
        self.ended_at, self.ended_ms = min((self.ended_at, self.ended_ms), (index, time_ms))

    @property
    def over_ms(self) -> int:
        """When it is over, by its own end or by an entry."""
        return self.ended_ms if self.until_ms is None else min(self.until_ms, self.ended_ms)

    @property
    def counts(self) -> bool:
        """Whether the root quorum has let it count."""
        return self.since != NEVER_YET

    @property
    def ended(self) -> bool:
        """Whether it was ended."""
        return self.ended_at != NEVER_YET

    def holds(self, time_ms: int) -> bool:
        """Say whether it gives the role at a time."""
        is_early = self.until_ms is None or time_ms < self.until_ms
        return is_early and self.since != NEVER_YET and self.ended_at == NEVER_YET

    def held(self, index: int, time_ms: int) -> bool:
        """Say whether it gave the role at an entry that is over, by what was recorded up to it."""
        is_early = self.until_ms is None or time_ms < self.until_ms
        return self.since <= index < self.ended_at and is_early


@dataclass(slots=True)
class Register:
    """Everybody who was ever recorded.

    Attributes:
        persons: with whether they count.
        keys: by their DSSE keyid.
        grants: by person and role.
        waiting: founders who have not signed the genesis yet.
    """

    persons: dict[str, bool] = field(default_factory=dict)
    keys: dict[str, KeyState] = field(default_factory=dict)
    grants: dict[tuple[str, str], list[Grant]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    by_number: list[KeyState] = field(default_factory=list)
    """All keys, in the order in which they were recorded."""
    _person_shapes: dict[str, str] = field(default_factory=dict)
    _role_shapes: dict[str, str] = field(default_factory=dict)

    def holds(self, person: str, role: str, time_ms: int) -> bool:
        """Say whether a person holds a role at a time, by what is recorded so far."""
        return any(grant.holds(time_ms) for grant in self.grants.get((person, role), ()))

    def held(self, person: str, role: str, index: int, time_ms: int) -> bool:
        """Say whether a person held a role at an entry, however long ago."""
        return any(grant.held(index, time_ms) for grant in self.grants.get((person, role), ()))

    def granted_ms(self, person: str, role: str, time_ms: int) -> int:
        """Return when the newest grant was given by which a person holds a role at a time.

        Source: SPEC 6.8.
        """
        granted_ms = 0
        for grant in self.grants.get((person, role), ()):  # Asked of every entry: a plain loop is fastest.
            if grant.time_ms > granted_ms and grant.holds(time_ms):
                granted_ms = grant.time_ms
        return granted_ms

    def add_person(self, person: str, *, counts: bool) -> str:
        """Record a person; returns "" or why that cannot be.

        Source: SPEC 1.5.
        """
        other = self._person_shapes.setdefault(skeleton(person), person)
        if person in self.persons:
            return f"person {person} is recorded already (SPEC 6.3)"
        if other != person:
            return f"person {person} can be taken for {other} (SPEC 1.5)"
        self.persons[person] = counts
        return ""

    def add_key(self, keyid: str, person: str, key: bytes, *, counts: bool) -> str:
        """Record a key; returns "" or why that cannot be.

        Source: SPEC 6.2.
        """
        known = self.keys.get(keyid)
        if known is not None:
            return f"key {keyid} is {known.person}'s already (SPEC 6.2)"
        if person not in self.persons:
            return f"a key for {person}, who is not recorded (SPEC 6.4)"
        self.keys[keyid] = KeyState(person, key, len(self.keys), counts)
        self.by_number.append(self.keys[keyid])
        return ""

    def add_grant(self, person: str, role: str, grant: Grant) -> str:
        """Record a role; returns "" or why that cannot be.

        Source: SPEC 1.5.
        """
        if person not in self.persons:
            return f"a role for {person}, who is not recorded (SPEC 6.4)"
        other = self._role_shapes.setdefault(skeleton(role), role)
        if other != role:
            return f"role {role} can be taken for {other} (SPEC 1.5)"
        self.grants.setdefault((person, role), []).append(grant)
        return ""

    def end_role(self, person: str, role: str, index: int, time_ms: int) -> str:
        """End a role however often it was given, pending grants too; returns "" or why that cannot be."""
        grants = self.grants.get((person, role))
        if not grants:
            return f"{person} was never given role {role} (SPEC 6.3)"
        for grant in grants:
            grant.end(index, time_ms)
        return ""

    def end_key(self, person: str, keyid: str, how: str) -> str:
        """End a key; returns "" or why that cannot be."""
        key = self.keys.get(keyid)
        if key is None or key.person != person:
            return f"key {keyid} is not recorded as {person}'s (SPEC 6.3)"
        key.ended = key.ended or how
        return ""
