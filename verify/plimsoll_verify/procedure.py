"""How a policy was amended, held against what the policy asks of an amendment: V20.

An amendment is in force once its quorum is complete, however else it came about: what people go by is what is
in force. That it came about otherwise than was promised is found, and does not go away with what it changed.

Source: SPEC 9.29.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from plimsoll_verify.acts import Voids
from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Act, DeedContent
from plimsoll_verify.findings import EndedBy, Finding, Level
from plimsoll_verify.notice import DECISIONS
from plimsoll_verify.policy.amending import Amendment, Weakening
from plimsoll_verify.policy.grammar import Period, Quorum
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.versions import Version, always, count_policy


class _Lack(NamedTuple):
    """What was not there when a version came into force.

    Attributes:
        words: what is missing, after "in force".
        met_ms, met_by: when it was there after all, and by which entry; NEVER and -1 where it is not.
        hoped_ms: from when it may have been there, for all that is known.
    """

    words: str
    met_ms: int
    met_by: int
    hoped_ms: int


_NOTHING = (NEVER, -1)


def find_unprocedural(context: Context, voids: Voids, end_ms: int) -> Iterator[Finding]:
    """Yield a finding for everything that an amendment in force lacked, and was promised.

    Args:
        context: the policy's versions and the facts.
        voids: what voids signatures whatever the policy.
        end_ms: the last instant that is judged.

    Source: SPEC 9.29.
    """
    versions = context.versions.all
    for number, version in enumerate(versions[1:], 1):
        later = versions[number + 1 :]
        if not any(_replaces(one, version) for one in later):
            told: set[tuple[str, Promise]] = set()
            for before in _asking(context, number):
                promise = before.policy.amendment.promise
                found = _Procedure(context, voids, before, number).lacks() if promise else ()
                for lack in found:
                    if promise and (lack.words, promise) not in told:
                        told.add((lack.words, promise))
                        yield from _findings((before, version), later, promise, lack, context, end_ms)


def _replaces(later: Version, version: Version) -> bool:
    """Say whether a version was replaced before it could be in force at any entry or instant."""
    return later.completed_ms < version.from_ms and later.from_ms <= version.from_ms


def _asking(context: Context, number: int) -> Iterator[Version]:
    """Yield the versions by whose procedure an amendment has to go: the one that it replaces first.

    One that is complete and not in force yet could ask for nothing; so the one that is in force asks as well.
    """
    versions = context.versions.all
    version, before = versions[number], versions[number - 1]
    yield before
    in_force = context.versions.at_entry(version.completed - 1, version.completed_ms)
    if in_force is not before:
        yield in_force


class _Procedure:
    """What one version asks of another one that replaces it."""

    def __init__(self, context: Context, voids: Voids, before: Version, number: int) -> None:
        version = context.versions.all[number]
        self._context = context
        self._earlier = context.versions.all[:number]
        self._voids = voids
        self._before = before
        self._version = version
        self._act = context.facts.acts[version.index]

    def lacks(self) -> Iterator[_Lack]:
        """Yield what was not there."""
        rule = self._before.policy.amendment
        yield from self._unsigned(rule) if not self._act.is_claim else ()
        yield from self._unpublished() if rule.published else ()
        yield from self._unannounced(rule.notice, "") if rule.notice else ()

    def _unsigned(self, rule: Amendment) -> Iterator[_Lack]:
        if rule.proposed_by is not None:
            when = self._signed(rule.proposed_by, author_counts=True)
            if self._is_late(when):
                yield self._lack(f"without having been proposed by {rule.proposed_by}", when)
        for role in rule.consulted:
            when = _consulted(self._act, role)
            if self._is_late(when):
                yield self._lack(f"without {role} having been consulted before it was approved", when)
        yield from self._unapproved(rule.approved_by, "")
        if rule.weakening is not None:
            yield from self._weakened(rule.weakening)

    def _is_late(self, when: tuple[int, int]) -> bool:
        """Say whether something was signed after the amendment was approved, or never."""
        return not 0 <= when[1] <= self._version.completed

    def _weakened(self, bar: Weakening) -> Iterator[_Lack]:
        compared = self._context.compared(self._before, self._version)
        is_sure = compared.surely_weakens
        if compared.may_weaken:
            may = "although it relaxes what was asked for, " if is_sure else "although it may relax a rule, "
            yield from self._unapproved(bar.approved_by, may, is_sure=is_sure)
            yield from self._unannounced(bar.notice, may, is_sure=is_sure) if bar.notice else ()

    def _unapproved(self, quorum: Quorum, may: str, *, is_sure: bool = True) -> Iterator[_Lack]:
        when = self._signed(quorum, author_counts=False)
        if when[0] > self._version.from_ms:
            yield self._lack(f"{may}without having been approved by {quorum}", when, is_sure=is_sure)

    def _unannounced(self, notice: Period, may: str, *, is_sure: bool = True) -> Iterator[_Lack]:
        over = notice.after(self._act.time_ms)
        if over > self._version.from_ms:
            words = f"{may}before the notice of {notice.text} was over"
            yield self._lack(words, (over, -1), is_sure=is_sure)

    def _unpublished(self) -> Iterator[_Lack]:
        wanted = self._published_as()
        known, hoped = [], []
        for act in self._context.facts.deeds.get("disclosure", ()):
            if not isinstance(act.content, DeedContent):
                hoped.append(self._context.relief_ms(act))
            elif act.content.published_sha256 in wanted:
                known.append((self._context.relief_ms(act), act.index))
        when = min(known, default=_NOTHING)
        if when[0] > self._version.from_ms:
            lack = self._lack("without having been published before", when)
            yield lack._replace(hoped_ms=min([lack.hoped_ms, *hoped]))

    def _published_as(self) -> set[str]:
        """Return the digests of which one is that of the version: its own, or that of a new source.

        A source that an earlier version has, too, was published as that: it does not show what changed.
        """
        earlier = {one.policy.source.get("sha256") for one in self._earlier}
        source = self._version.policy.source.get("sha256")
        return (
            {self._version.digest} if source is None or source in earlier else {self._version.digest, source}
        )

    def _lack(self, words: str, when: tuple[int, int], *, is_sure: bool = True) -> _Lack:
        # Of what was before the ledger there are claims only, and nobody is found to have broken anything. A
        # first policy of the ledger's own follows nothing else.
        is_sure = is_sure and not self._act.is_claim and self._act.kind != "policy"
        return _Lack(words, *when, NEVER if is_sure else self._version.from_ms)

    def _signed(self, quorum: Quorum, *, author_counts: bool) -> tuple[int, int]:
        """Return when a quorum was complete under the amendment, and by which entry."""
        count = count_policy(
            self._act, always(quorum), self._voids, author_counts=author_counts, terms_of=self._before.policy
        )
        done = count.completion()
        return (done.time_ms, done.index) if done else _NOTHING


def _consulted(act: Act, role: str) -> tuple[int, int]:
    """Return when somebody in a role had a say in an act first, as its author or by a decision."""
    if act.role == role:
        return act.time_ms, act.index
    said = [
        (one.time_ms, one.index)
        for one in act.sign_offs
        if one.role == role and one.decision in DECISIONS["consulted"]
    ]
    return min(said, key=lambda one: one[1], default=_NOTHING)


def _findings(
    pair: tuple[Version, Version],
    later: Iterable[Version],
    promise: Promise,
    lack: _Lack,
    context: Context,
    end_ms: int,
) -> Iterator[Finding]:
    """Yield the interval in which a version was in force and something lacked; what is in doubt apart."""
    start = pair[1].from_ms
    ends: list[tuple[int, EndedBy, int]] = [(one.from_ms, "amended", one.completed) for one in later]
    stop, ended_by, by = min([*ends, (lack.met_ms, "cured", lack.met_by)], key=lambda end: end[0])
    # What was signed in the same millisecond, but later, was not there.
    stop = max(stop, start + 1)
    sure: Level = "violation" if promise.is_commitment else "finding"
    doubt: Level = "indeterminate" if promise.is_commitment else "finding"
    cut = min(max(lack.hoped_ms, start), stop)
    for begin, end, level in ((start, cut, sure), (cut, stop, doubt)):
        if begin < end and begin <= end_ms:
            is_open = end > end_ms
            how: EndedBy = "open" if is_open else "covered" if end < stop else ended_by
            to_index = by if how in ("cured", "amended") and by >= 0 else None
            yield _finding(
                pair, promise, lack, context, (begin, None if is_open else end), how, to_index, level
            )


def _finding(
    pair: tuple[Version, Version],
    promise: Promise,
    lack: _Lack,
    context: Context,
    span: tuple[int, int | None],
    ended_by: EndedBy,
    to_index: int | None,
    level: Level,
) -> Finding:
    before, version = pair
    is_by_entry = span[0] == version.completed_ms
    entries = {*before.entries[:1], *version.entries, *(() if to_index is None else (to_index,))}
    return Finding(
        code="V20",
        level=level,
        subject=f"policy:{context.versions.id}",
        policy=context.versions.id,
        rule="amendment",
        clause=promise.clause,
        from_ms=span[0],
        to_ms=span[1],
        from_index=version.completed if is_by_entry else None,
        to_index=to_index,
        ended_by=ended_by,
        known_from=max(entries),
        entries=tuple(sorted(entries)),
        because=(),
        message=(
            f"Version {version.policy.version} of {context.versions.id} was put in force {lack.words}, which"
            f" clause {promise.clause} of version {before.policy.version} asks for."
        ),
        force=promise.force,
    )
