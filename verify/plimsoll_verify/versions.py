"""Which policy is in force when: adoption, amendments, and the version as of each entry and each instant.

Acts are judged by the version in force at the entry that completes them, and by the first version where none
is in force yet; states by the version in force at each instant.

Source: SPEC 7.5.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from plimsoll_verify.acts import Completion, Count, QuorumAt, Voids, complete_together
from plimsoll_verify.facts import NEVER, Act, Facts, PolicyContent
from plimsoll_verify.policy.grammar import Period, Quorum
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.register import ROOT


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """One version of a policy.

    Attributes:
        index: the entry of its document.
        completed: the entry that completed its quorums.
        from_ms: since when it is in force, unless a later version was by then.
        entries: its entry and the sign-offs that put it in force.
        completed_ms: the time of the entry that completed its quorums.
    """

    policy: Policy
    digest: str
    index: int
    completed: int
    from_ms: int
    entries: tuple[int, ...]
    completed_ms: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of time in which one version is in force; `stop` is exclusive."""

    start: int
    stop: int
    version: Version


class Versions:
    """The versions of one policy, in the order in which they were completed."""

    def __init__(self, versions: list[Version]) -> None:
        self.all = versions
        self.segments = self._segments()
        # Claims may stand after what was completed later: of each, the first that it or any after it was.
        self._completed = [*accumulate((one.completed for one in reversed(versions)), min)][::-1]
        self._starts = [one.start for one in self.segments]

    def _segments(self) -> list[Segment]:
        newest = {version.from_ms: number for number, version in enumerate(self.all)}
        starts = sorted(newest)
        latest = accumulate((newest[start] for start in starts), max)
        found: list[Segment] = []
        for start, stop, number in zip(starts, [*starts[1:], NEVER], latest, strict=True):
            version = self.all[number]
            if found and found[-1].version is version:
                found[-1] = Segment(found[-1].start, stop, version)
            else:
                found.append(Segment(start, stop, version))
        return found

    @property
    def id(self) -> str:
        """The policy's id."""
        return self.all[0].policy.id

    @property
    def key(self) -> tuple[str, ...]:
        """What tells these versions from others: the policy's id, and the digests."""
        return (self.id, *(one.digest for one in self.all))

    def at_entry(self, index: int, time_ms: int) -> Version:
        """Return the version by which an entry is judged; the first one where none is in force yet."""
        for number in range(bisect_right(self._completed, index) - 1, 0, -1):
            version = self.all[number]
            if version.completed <= index and version.from_ms <= time_ms:
                return version
        return self.all[0]

    def at(self, instant: int) -> Version | None:
        """Return the version in force at an instant, or None before the first."""
        number = bisect_right(self._starts, instant)
        return self.segments[number - 1].version if number else None

    def relief_ms(self, index: int, time_ms: int, event_ms: int) -> int:
        """Return from when a relieving observation acts: its event if recorded in time, else its entry.

        Source: SPEC 8.1.
        """
        late_after = self.at_entry(index, time_ms).policy.late_after
        return event_ms if late_after.after(event_ms) >= time_ms else time_ms


def root_quorum(size: int) -> Quorum:
    """Return the root quorum as a quorum of roles, as far as one can be counted so."""
    return Quorum(size, (ROOT,) * size)


def find_versions(facts: Facts, voids: Voids, root_size: int) -> list[Versions]:
    """Return the versions of each policy that was ever put in force, by policy id.

    Source: SPEC 7.5.
    """
    found = []
    for policy_id in sorted(facts.policies):
        versions = _put_in_force(facts.policies[policy_id], voids, root_size)
        if versions:
            found.append(Versions(versions))
    return found


def _adopted(acts: list[Act], voids: Voids, root_size: int) -> Version | None:
    """Return what is adopted: the `policy` entry that first has root quorum and adoption at one entry."""
    found = []
    for act in acts:
        if act.kind == "policy" and not act.is_claim:
            policy = _policy(act)
            root = count_policy(act, always(root_quorum(root_size)), voids, author_counts=True)
            adoption = count_policy(act, always(policy.signed_off_by), voids, terms_of=policy)
            both = complete_together(act, root, adoption)
            if both:
                found.append(_version(act, both))
    return min(found, key=_completed, default=None)


def _put_in_force(acts: list[Act], voids: Voids, root_size: int) -> list[Version]:
    """Return the versions in the order in which they were completed.

    What people have signed here is not replaced by what somebody claims: a claim counts until any version is
    signed, and the version that is adopted takes its place after all that rests on claims alone.

    Source: SPEC 7.5, 8.4.
    """
    adopted = _adopted(acts, voids, root_size)
    claims = [_claimed(act) for act in acts if act.is_claim]
    amendments = _Amendments(
        [act for act in acts if act.kind == "policy-amendment" and not act.is_claim], voids
    )
    found: list[Version] = []
    while True:
        last = found[-1].completed if found else -1
        following = [
            *(one for one in claims if one.completed > last),
            *([adopted] if adopted is not None and adopted not in found else []),
            *(amendments.after(found[-1]) if found else []),
        ]
        if not following:
            return found
        found.append(min(following, key=_completed))
        if found[-1] not in claims:
            claims = []


class _Amendments:
    """The amendments of one policy."""

    def __init__(self, acts: list[Act], voids: Voids) -> None:
        self._acts = acts
        self._voids = voids
        self._known: dict[int, list[Completion]] = {}
        self._asked: tuple[Quorum, Mapping[str, Period]] | None = None

    def after(self, newest: Version) -> list[Version]:
        """Return the one that the quorum of a version completes first after it, if any."""
        policy = newest.policy
        self._acts = [act for act in self._acts if act.index != newest.index]
        if self._asked != (policy.amended_by, policy.terms):  # Else what each amendment has is what it had.
            self._asked, self._known = (policy.amended_by, policy.terms), {}
            for act in self._acts:
                count = count_policy(act, always(policy.amended_by), self._voids, terms_of=policy)
                self._known[act.index] = list(count.completions())
        complete = [
            (one, act) for act in self._acts for one in self._known[act.index] if one.index > newest.completed
        ]
        if not complete:
            return []
        first, chosen = min(complete, key=lambda pair: pair[0].index)
        return [_version(chosen, [first])]


def _completed(version: Version) -> int:
    return version.completed


def _claimed(act: Act) -> Version:
    """Return a version that is claimed to have been in force before the ledger began (SPEC 8.4)."""
    content = act.content
    assert isinstance(content, PolicyContent)  # noqa: S101 - only such are collected.
    start = max(content.policy.effective_ms, act.time_ms)
    return Version(content.policy, content.digest, act.index, act.index, start, (act.index,), act.time_ms)


def count_policy(
    act: Act,
    quorum_at: QuorumAt,
    voids: Voids,
    *,
    author_counts: bool = False,
    terms_of: Policy | None = None,
) -> Count:
    """Return the count of the signatures under a policy or an amendment.

    Args:
        act: the document's entry.
        quorum_at: what it needs.
        voids: what voids signatures.
        author_counts: whether its author's own is one.
        terms_of: the policy whose roles have terms; None for the root quorum.
    """
    term_of = None if terms_of is None else lambda role, _index, _time_ms: terms_of.terms.get(role)
    return Count(act, quorum_at, author_counts=author_counts, voids=voids, org="", term_of=term_of)


def always(quorum: Quorum) -> QuorumAt:
    """Return a quorum that an act needs whenever it is asked."""
    return lambda _index, _time_ms: quorum


def _policy(act: Act) -> Policy:
    assert isinstance(act.content, PolicyContent)  # noqa: S101 - only such are collected.
    return act.content.policy


def _version(act: Act, completions: list[Completion]) -> Version:
    content = act.content
    assert isinstance(content, PolicyContent)  # noqa: S101 - only such are collected.
    last = max(completions, key=lambda one: one.index)
    return Version(
        content.policy,
        content.digest,
        act.index,
        last.index,
        max(content.policy.effective_ms, last.time_ms),
        tuple(sorted({index for one in completions for index in one.entries})),
        last.time_ms,
    )
