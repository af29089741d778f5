"""What is published as the policy, and is not what was recorded: V21, from whoever looked.

Somebody who reads what stands there records its digest. Of a version whose source has one, another document
in its place is a change that nobody recorded; what is complete may stand there before it is in force.

Source: SPEC 9.31.
"""

from collections.abc import Iterator
from typing import NamedTuple

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Act, DeedContent
from plimsoll_verify.findings import EndedBy, Finding, Level
from plimsoll_verify.spans import Span, subtract, union
from plimsoll_verify.versions import Version


class _Look(NamedTuple):
    """What somebody found.

    Attributes:
        at_ms: when they looked, and from when it counts against the record.
        relief_ms: from when it counts for it.
        is_right: whether it is what was recorded; None where that is not known.
    """

    at_ms: int
    relief_ms: int
    entry: int
    is_right: bool | None


def find_changed(context: Context, end_ms: int) -> Iterator[Finding]:
    """Yield a finding for each time during which another document stood there, as far as somebody looked.

    Args:
        context: the policy's versions and the facts.
        end_ms: the last instant that is judged.

    Source: SPEC 9.31.
    """
    for (version, _), looks in _looks(context).items():
        yield from _Watched(context, version, looks, end_ms).findings()


def _looks(context: Context) -> dict[tuple[Version, str], list[_Look]]:
    """Return what was found of each version by those in each role."""
    found: dict[tuple[Version, str], list[_Look]] = {}
    documents = {act.index for act in context.facts.policies.get(context.versions.id, ())}
    for act in context.facts.deeds.get("external-review", ()):
        said, at_ms = act.content, min(act.event_ms, act.time_ms)
        version = context.versions.at(at_ms)
        is_about = not isinstance(said, DeedContent) or (
            said.published_sha256 and not documents.isdisjoint(said.refs)
        )
        # A policy that is handed in to judge by is none of the documents, and stands nowhere.
        if (
            version is not None
            and version.index in documents
            and is_about
            and "sha256" in version.policy.source
        ):
            look = _Look(at_ms, context.relief_ms(act), act.index, _is_right(context, version, act))
            found.setdefault((version, act.role), []).append(look)
    return found


def _is_right(context: Context, version: Version, act: Act) -> bool | None:
    """Say whether what was found is the version in force, or one that was complete by then and follows it."""
    if not isinstance(act.content, DeedContent):
        return None
    recorded = {
        digest
        for one in context.versions.all
        if one is version or version.completed < one.completed < act.index
        for digest in (one.digest, one.policy.source.get("sha256"))
    }
    return act.content.published_sha256 in recorded


class _Watched:
    """What those in one role found while one version was in force."""

    def __init__(self, context: Context, version: Version, looks: list[_Look], end_ms: int) -> None:
        self._context = context
        self._version = version
        self._wrong = [one for one in looks if one.is_right is False]
        self._right = [one for one in looks if one.is_right]
        self._unknown = [one for one in looks if one.is_right is None]
        later = (one for one in context.versions.segments if one.start > version.from_ms)
        self._replaced = min(((one.start, one.version.completed) for one in later), default=(NEVER, -1))
        self._end_ms = end_ms

    def findings(self) -> Iterator[Finding]:
        """Yield the times at which it was found to be another one; what is in doubt apart."""
        spans = union(self._lasting(one, self._right) for one in self._wrong)
        known = union(self._lasting(one, [*self._right, *self._unknown]) for one in self._wrong)
        sure = [span for span in known if span[0] >= self._context.facts.genesis_ms]
        doubtful = subtract(spans, sure)
        for is_sure, found, others in ((True, sure, doubtful), (False, doubtful, sure)):
            for span in found:
                if span[0] <= self._end_ms:
                    is_covered = any(start == span[1] for start, _ in others)
                    yield self._finding(span, is_sure=is_sure, is_covered=is_covered)

    def _lasting(self, wrong: _Look, better: list[_Look]) -> Span:
        """Return from when until when what was found is taken to stand there."""
        relieved = (one.relief_ms for one in better if one.at_ms > wrong.at_ms)
        return wrong.at_ms, min([*relieved, self._replaced[0]])

    def _ended(self, stop: int, *, is_covered: bool) -> tuple[EndedBy, int | None]:
        if stop > self._end_ms:
            return "open", None
        if is_covered:
            return "covered", None
        if stop == self._replaced[0]:
            return "amended", self._replaced[1]
        return "cured", max(one.entry for one in self._right if one.relief_ms == stop)

    def _finding(self, span: Span, *, is_sure: bool, is_covered: bool) -> Finding:
        version, policy = self._version, self._context.versions.id
        rule = version.policy.amendment
        promise = rule.promise if rule.published else None
        shown = [
            one for one in self._wrong if one.at_ms < span[1] and self._lasting(one, self._right)[1] > span[0]
        ]
        ended_by, to_index = self._ended(span[1], is_covered=is_covered)
        entries = {
            *version.entries[:1],
            *(one.entry for one in shown),
            *(() if to_index is None else (to_index,)),
        }
        level: Level = "finding"
        if promise and promise.is_commitment:
            level = "violation" if is_sure else "indeterminate"
        first = max((one.entry for one in shown if one.at_ms == span[0]), default=None)
        words = " and ".join(f"entry {one.entry}" for one in shown)
        return Finding(
            code="V21",
            level=level,
            subject=f"policy:{policy}",
            policy=policy,
            rule="amendment" if promise else "SPEC 9.31",
            clause=promise.clause if promise else "",
            from_ms=span[0],
            to_ms=None if ended_by == "open" else span[1],
            from_index=first,
            to_index=to_index,
            ended_by=ended_by,
            known_from=max(entries),
            entries=tuple(sorted(entries)),
            because=(),
            message=(
                f"What was published as {policy} is not version {version.policy.version}, which was in force:"
                f" who looked, by {words}, found another document than the recorded source."
            ),
            force=promise.force if promise else "",
        )
