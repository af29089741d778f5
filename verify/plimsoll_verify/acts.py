"""From signatures to effects: when an act's quorum is complete, and what still waits for whom.

A sign-off counts for what its signer had in view. Where something that speaks against the act was recorded
between that and the effect, it stops counting: nobody's approval is used for what they had not seen.

Source: SPEC 6.6, 6.7.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from plimsoll_verify.facts import NEVER, Act, SignOffFact
from plimsoll_verify.policy.grammar import Period, Quorum
from plimsoll_verify.quorum import is_met, missing_roles
from plimsoll_verify.register import ROOT

TermOf = Callable[[str, int, int], Period | None]
"""For how long somebody holds a role, as of an index and a time in ms; None for as long as it is given."""

QuorumAt = Callable[[int, int], Quorum | None]
"""The quorum that an act needs, as of an index and a time in ms; None where it needs none that is known."""


class Lost(NamedTuple):
    """That a signature is not relied on any more, since its key was declared compromised.

    Attributes:
        time_ms: from when on.
        entry: the declaration.
    """

    time_ms: int
    entry: int


NOT_LOST = Lost(NEVER, -1)

LostAt = Callable[[int], Lost | None]
"""Says of the signature of an entry whether and since when it is not relied on any more (SPEC 6.5)."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The entry that completed a quorum.

    Attributes:
        seen: the smallest size that any counted signer had seen.
        entries: the act's entry and those of the sign-offs that counted.
        lost: since when it does not count any more, if a signature that it needs was lost.
        again: the entry that completed it again, with signatures that last longer. What is signed again is
            what it was: no more of it had been seen than the first time.
    """

    index: int
    time_ms: int
    seen: int
    entries: tuple[int, ...]
    lost: Lost | None = None
    again: "Completion | None" = field(default=None, compare=False, repr=False)

    @property
    def lost_ms(self) -> int:
        """Until when it counts."""
        return self.lost.time_ms if self.lost else NEVER

    def times(self) -> Iterator["Completion"]:
        """Yield it, and as often more as it was completed again."""
        one: Completion | None = self
        while one is not None:
            yield one
            one = one.again


@dataclass(frozen=True, slots=True)
class Pending:
    """A quorum that an act waits for.

    Attributes:
        policy: whose quorum it is; "" for the root quorum.
        want: what the quorum is called there, such as approved_by.
        quorum: what it asks for, in words.
        roles: the roles in which an approval can count.
        missing: those of them of which one more approval would bring it nearer.
        counted: person and role of each approval that counts so far.
    """

    index: int
    kind: str
    subjects: tuple[str, ...]
    policy: str
    want: str
    quorum: str
    roles: tuple[str, ...]
    missing: tuple[str, ...]
    counted: tuple[tuple[str, str], ...]


class Voids:
    """The entries that void sign-offs which had not seen them; by itself those about keys only.

    Source: SPEC 6.6.
    """

    def __init__(
        self,
        compromised: list[tuple[int, str]],
        held_root: Callable[[str, int, int], bool] | None = None,
    ) -> None:
        """Keep what voids.

        Args:
            compromised: index and person of each key declared compromised.
            held_root: whether a person was a root person at an entry and its time; None if nobody asks.
        """
        self._compromised = compromised
        self._held_root = held_root

    def lost_root(self, person: str, role: str, last: int, time_ms: int) -> bool:
        """Say whether somebody signed as a root person who is none any more at an entry.

        Source: SPEC 6.3.
        """
        return role == ROOT and self._held_root is not None and not self._held_root(person, last, time_ms)

    def is_void(self, subjects: Iterable[str], person: str, seen: int, last: int) -> bool:
        """Say whether somebody's signature under an act is void at an entry.

        Args:
            subjects: of the act, and the organisation.
            person: who signed.
            seen: the size that they had seen.
            last: the entry at which the quorum would be complete.
        """
        for subject in subjects:
            if self.speaks_against(subject, seen, last):
                return True
        return any(other == person and seen <= index <= last for index, other in self._compromised)

    def speaks_against(self, subject: str, seen: int, last: int) -> bool:  # noqa: ARG002 - for those below.
        """Say whether anything about a subject voids, with an index from `seen` to `last`."""
        return False


@dataclass(slots=True)
class _Signature:
    index: int
    seen: int
    time_ms: int
    granted_ms: int


class Count:
    """Counts the signatures under one act, entry by entry."""

    def __init__(
        self,
        act: Act,
        quorum_at: QuorumAt,
        *,
        author_counts: bool,
        voids: Voids | None,
        org: str,
        term_of: TermOf | None = None,
        lost_at: LostAt | None = None,
    ) -> None:
        """Prepare to count.

        Args:
            act: the act with its sign-offs.
            quorum_at: what it needs.
            author_counts: whether the act itself is its author's approval.
            voids: what voids signatures; None for acts against their authors' interest, which nothing voids.
            org: the organisation's subject.
            term_of: for how long roles are held; None where nobody's term matters.
            lost_at: which signatures are not relied on any more; None where all that were given count.
        """
        self._act = act
        self._term_of = term_of
        self._lost_at = lost_at
        self._quorum_at = quorum_at
        self._author_counts = author_counts
        self._voids = voids
        self._subjects = {*act.subjects, org}
        self._signed: dict[tuple[str, str], list[_Signature]] = {}

    def completion(self) -> Completion | None:
        """Return the first entry that completes the quorum, and those that do so again; or None.

        Source: SPEC 6.5.
        """
        found = self.completions()
        first = next(found, None)
        if first is None or first.lost is None:
            return first
        times = [first]
        for one in found:
            if one.lost_ms > times[-1].lost_ms:
                times.append(replace(one, seen=min(times[-1].seen, one.seen)))
        complete = None
        for one in reversed(times):
            complete = replace(one, again=complete)
        return complete

    def completions(self) -> Iterator[Completion]:
        """Yield each entry at which a signature is given and the quorum is met."""
        act = self._act
        if act.is_claim:
            yield Completion(act.index, act.time_ms, act.index, (act.index,))
        else:
            yield from self._signatures(act)

    def _signatures(self, act: Act) -> Iterator[Completion]:
        self.open()
        if self._author_counts:
            yield from self.look(act.index, act.time_ms)
        for sign_off in act.sign_offs:
            if self.take(sign_off):
                yield from self.look(sign_off.index, sign_off.time_ms)

    def open(self) -> None:
        """Begin with the act itself, which is its author's approval if they count."""
        act = self._act
        if self._author_counts:
            own = _Signature(act.index, act.seen, act.time_ms, act.granted_ms)
            self._sign(act.person, act.role, own)

    def take(self, sign_off: SignOffFact) -> bool:
        """Take the next sign-off; returns whether it is an approval that may count."""
        act = self._act
        if sign_off.decision in ("dissent", "recuse"):
            for person, role in list(self._signed):
                if person == sign_off.person:
                    del self._signed[person, role]
        elif (
            sign_off.decision == "approve"
            and act.index < sign_off.seen
            and (self._author_counts or sign_off.person != act.person)
        ):
            signature = _Signature(sign_off.index, sign_off.seen, sign_off.time_ms, sign_off.granted_ms)
            self._sign(sign_off.person, sign_off.role, signature)
            return True
        return False

    def _sign(self, person: str, role: str, signature: _Signature) -> None:
        """Keep a signature, and of those that somebody gave before what may count for longer."""
        if not self._is_past_term(role, signature):
            lost, before = self._lost_by(signature), self._signed.get((person, role), [])
            longer = (one for one in before if one.seen > signature.seen or self._lost_by(one) > lost)
            self._signed[person, role] = [signature, *longer]

    def _lost_by(self, signature: _Signature) -> Lost:
        return (self._lost_at and self._lost_at(signature.index)) or NOT_LOST

    def look(self, index: int, time_ms: int) -> Iterator[Completion]:
        """Yield the completion by an entry at which a signature is given, if the quorum is met there."""
        quorum = self._quorum_at(index, time_ms)
        # Each of k parts is filled by a person of its own, so fewer signatures need not be looked at.
        if quorum is None or len(self._signed) < quorum.k:
            return
        counted = self._counted(quorum, index, time_ms)
        if is_met(quorum, frozenset(counted)):
            signatures = [max(given, key=lambda one: one.seen) for given in counted.values()]
            entries = {act_or_sign_off.index for act_or_sign_off in signatures} | {self._act.index}
            seen = min(signature.seen for signature in signatures)
            yield Completion(index, time_ms, seen, tuple(sorted(entries)), self._lost(quorum, counted))

    def _lost(self, quorum: Quorum, counted: dict[tuple[str, str], list[_Signature]]) -> Lost | None:
        """Return since when too many of some signatures were lost for a quorum, None if there are enough.

        Source: SPEC 6.5.
        """
        lost = {pair: max(map(self._lost_by, given)) for pair, given in counted.items()}
        for at in sorted(set(lost.values()) - {NOT_LOST}):
            if not is_met(quorum, frozenset(pair for pair in counted if lost[pair] > at)):
                return at
        return None

    def _counted(self, quorum: Quorum, index: int, time_ms: int) -> dict[tuple[str, str], list[_Signature]]:
        """Return by person and role the signatures that count at an entry, the newest first."""
        roles, voids = quorum.roles(), self._voids
        found = {}
        for (person, role), given in self._signed.items():
            if role in roles and not (voids and voids.lost_root(person, role, index, time_ms)):
                counting = [
                    one
                    for one in given
                    if voids is None or not voids.is_void(self._subjects, person, one.seen, index)
                ]
                if counting:
                    found[person, role] = counting
        return found

    def _is_past_term(self, role: str, signature: _Signature) -> bool:
        """Say whether whoever signed had been given their role longer ago than its term.

        Source: SPEC 6.8.
        """
        if self._term_of is None:
            return False
        term = self._term_of(role, signature.index, signature.time_ms)
        return term is not None and term.after(signature.granted_ms) <= signature.time_ms

    def pending(self, last: int, time_ms: int, policy: str, want: str) -> Pending | None:
        """Return what the act still waits for after an entry; None if its quorum is met or not known.

        To be asked after `completions` came to its end.

        Args:
            last: index of the last entry.
            time_ms: its time.
            policy: whose quorum it is, "" for the root quorum.
            want: what the quorum is called there.
        """
        quorum = self._quorum_at(last, time_ms)
        if quorum is None:
            return None
        counted = frozenset(self._counted(quorum, last, time_ms))
        missing = missing_roles(quorum, counted)
        if not missing:
            return None
        act, roles = self._act, tuple(dict.fromkeys(quorum.roles()))
        return Pending(
            act.index,
            act.kind,
            act.subjects,
            policy,
            want,
            str(quorum),
            roles,
            missing,
            tuple(sorted(counted)),
        )


def complete_together(act: Act, first: Count, second: Count) -> list[Completion]:
    """Return the completions of two quorums of an act at the first entry at which both are met, or none.

    What one of them lost before the other was complete is lost: a root person who is none any more, or a
    signature that was voided, puts nothing in force.

    Args:
        act: what both are about.
        first: a count that has not begun.
        second: another one.

    Source: SPEC 7.5.
    """
    first.open()
    second.open()
    for sign_off in act.sign_offs:
        # Both take it, whichever of them it is for.
        if first.take(sign_off) | second.take(sign_off):
            index, time_ms = sign_off.index, sign_off.time_ms
            both = [*first.look(index, time_ms), *second.look(index, time_ms)]
            if len(both) == 2:
                return both
    return []
