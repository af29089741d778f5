"""Policies that were relaxed shortly before they would have bound: V19.

For a while after a version took effect that may weaken the one before, the older one is held to what happened
as well, as if nobody had amended it. What breaks it, and breaks nothing any more, is what was made possible.

Source: SPEC 9.32.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from plimsoll_verify.context import Context
from plimsoll_verify.encoding import format_time
from plimsoll_verify.facts import ModelFacts
from plimsoll_verify.findings import Finding, Level
from plimsoll_verify.judge import Judge
from plimsoll_verify.kept import Kept, judged
from plimsoll_verify.policy.grammar import Period, parse_period
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.versions import Segment, Version, Versions

_numbered = re.compile(r"\.[0-9]+$").sub

DEFAULT = parse_period("30 days")
"""How long the older version is held to what happens where it does not say so itself."""


class _Change(NamedTuple):
    """A version that took effect, and what it may have weakened.

    Attributes:
        is_sure: whether something is asked for less, whatever cannot be compared.
        forbidden: the promise that it would not be, where there is one.
        window: for how long the older version is held to what happens.
        span: that time, as far as it is judged.
    """

    before: Version
    version: Version
    is_sure: bool
    forbidden: Promise | None
    window: Period
    span: Span


def find_weakened(
    judge: Judge, compromised: list[tuple[int, str]], found: Iterable[Finding], kept: Kept | None = None
) -> Iterator[Finding]:
    """Yield a finding for everything that broke an older version shortly after it was relaxed.

    Args:
        judge: of the policy.
        compromised: index and person of each key declared compromised.
        found: what was found about models and the organisation by the versions in force.
        kept: what need not be judged again.

    Source: SPEC 9.32.
    """
    found = list(found)
    for earlier, segment in pairwise(judge.context.versions.segments):
        change = _change(judge.context, earlier, segment, judge.end_ms)
        if change is not None:
            for one in _as_before(judge.context, compromised, change, kept):
                yield from _hidden(change, one, found, judge.end_ms)


def _change(context: Context, earlier: Segment, segment: Segment, end_ms: int) -> _Change | None:
    before, version = earlier.version, segment.version
    if segment.start > end_ms:
        return None
    compared = context.compared(before, version)
    if not compared.may_weaken:
        return None
    rule = before.policy.amendment
    forbidden = rule.weakening.forbidden_within if rule.weakening else None
    window = forbidden or DEFAULT
    span = (segment.start, min(window.after(segment.start), end_ms + 1))
    return _Change(
        before, version, compared.surely_weakens, rule.promise if forbidden else None, window, span
    )


def _as_before(
    context: Context, compromised: list[tuple[int, str]], change: _Change, kept: Kept | None
) -> Iterator[Finding]:
    """Yield what would have been found had a version never been amended."""
    # One that was complete before it replaced this one, and is not in force yet, is no way around it.
    versions = [one for one in context.versions.all if one.completed <= change.before.completed]
    before = Context(context.facts, Versions(versions), compromised, context.lost_at)
    judge = Judge(before, change.span[1] - 1)
    yield from judge.judge(judge.organisation())
    about, last_ms = judge.context.versions.key, change.window.after(change.span[0]) - 1

    def judge_until(model: ModelFacts, end_ms: int) -> list[Finding]:
        return judge.until(end_ms).judge_model(model)

    for model in context.facts.models.values():
        if model.first_ms < change.span[1]:
            yield from judged(kept, about, model, judge.end_ms, judge_until, last_ms)


def _hidden(change: _Change, old: Finding, found: list[Finding], end_ms: int) -> Iterator[Finding]:
    """Yield when something broke the older version, and nothing of the kind breaks those in force."""
    # What is a finding in any case is about what was broken, and not about what may have been.
    if old.level == "finding" or (old.level == "indeterminate" and change.forbidden is None):
        return
    like = [
        one for one in found if (one.subject, one.code, _part(one)) == (old.subject, old.code, _part(old))
    ]
    broken = intersect([_span(old, change.span[1])], [change.span])
    known = union(_span(one, end_ms + 1) for one in like if one.level == "violation")
    maybe = union(_span(one, end_ms + 1) for one in like if one.level != "finding")
    sure = subtract(broken, maybe) if old.level == "violation" and change.is_sure else []
    # What is in doubt by both versions is told by the one in force.
    doubtful = subtract(subtract(broken, known if old.level == "violation" else maybe), sure)
    is_violation = change.forbidden is not None and change.forbidden.is_commitment
    levels: tuple[tuple[list[Span], Level], ...] = ((sure, "violation"), (doubtful, "indeterminate"))
    for spans, level in levels:
        for span in spans:
            yield _finding(change, old, span, level if is_violation else "finding", end_ms)


def _part(finding: Finding) -> str:
    """Return the part of the policy in which a rule stands: others of that part are like it."""
    return _numbered("", finding.rule)


def _span(finding: Finding, end_ms: int) -> Span:
    return finding.from_ms, end_ms if finding.to_ms is None else finding.to_ms


def _finding(change: _Change, old: Finding, span: Span, level: Level, end_ms: int) -> Finding:
    """Return the finding about the older version as one about its amendment."""
    version, promise = change.version, change.forbidden
    start, stop = span
    is_open = stop > end_ms
    has_old_end = not is_open and stop == old.to_ms
    by_entry = version.completed if start == version.completed_ms else None
    to_index = old.to_index if has_old_end else None
    entries = {*old.entries, *version.entries}
    message = (
        f"Version {version.policy.version} of {old.policy}, in force from {format_time(version.from_ms)},"
        f" relaxed what version {change.before.policy.version} asked for less than {change.window.text}"
        f" before that would have been broken. By version {change.before.policy.version}: {old.message}"
    )
    return replace(
        old,
        code="V19",
        level=level,
        rule="amendment" if promise else "SPEC 9.32",
        clause=promise.clause if promise else "",
        force=promise.force if promise else "",
        from_ms=start,
        to_ms=None if is_open else stop,
        from_index=old.from_index if start == old.from_ms else by_entry,
        to_index=to_index,
        ended_by="open" if is_open else old.ended_by if has_old_end else "ceased",
        known_from=max(entries),
        entries=tuple(sorted(entries)),
        because=(),
        message=message,
    )
