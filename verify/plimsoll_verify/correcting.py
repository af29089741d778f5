"""Corrections: which relieve, and which of those nobody but their author stands behind: V31.

Every correction is told (V41), with what it corrects: both stand in the log, and neither replaces the other.

Source: SPEC 8.5, 9.27.
"""

from collections.abc import Iterator
from dataclasses import replace

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Act, CorrectionContent, Facts
from plimsoll_verify.findings import Finding, lasting, point
from plimsoll_verify.observed import FormContent, ResultContent
from plimsoll_verify.results import Reading


def find_corrected(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each correction, whoever made it.

    Source: SPEC 9.27.
    """
    for act in corrections_of(facts):
        content = act.content
        if isinstance(content, CorrectionContent):
            message = f"Entry {act.index} corrects entry {content.of}; both stand."
            found = point(
                "V41", "finding", act.subjects[0], act.time_ms, (content.of, act.index), message, "SPEC 9.27"
            )
            yield replace(found, from_index=act.index, to_index=act.index)


def corrections_of(facts: Facts) -> list[Act]:
    """Return the corrections whose authors may make them, in the order of the log."""
    return [facts.acts[index] for index in facts.corrected if index in facts.acts]


def find_abused(context: Context, end_ms: int) -> Iterator[Finding]:
    """Yield each correction that would relieve, and lacks its reasons or, after a time, a second person: V31.

    Args:
        context: the policy and the facts.
        end_ms: the last instant that is judged.

    Source: SPEC 9.27.
    """
    corrections = [
        (act, act.content)
        for act in corrections_of(context.facts)
        if isinstance(act.content, CorrectionContent)
    ]
    # By corrected entry and correction, when that one or a later one first stood, and by which entry.
    done: dict[int, dict[int, tuple[int, int]]] = {}
    for act, content in reversed(corrections):
        complete = context.correction(act)
        later = done.setdefault(content.of, {})
        stands = (NEVER, -1) if complete is None else (complete.time_ms, complete.index)
        later[act.index] = min(stands, next(reversed(later.values()), (NEVER, -1)))
    unread = _unread(context)
    for act, content in corrections:
        version = context.versions.at_entry(act.index, act.time_ms)
        start = version.policy.late_after.after(act.time_ms) if content.has_reasons else act.time_ms
        start = max(start, context.versions.segments[0].start)
        # It, or a later one of the same, that somebody else stands behind; what an earlier one says is over.
        until, by = done[content.of][act.index]
        if start > end_ms or until <= start:
            continue
        is_relief, is_known = relieves(context, act, content)
        if is_relief:
            why = "no second person has signed it" if content.has_reasons else "it gives no reasons"
            message = (
                f"Entry {act.index} corrects entry {content.of} to say what would relieve, and {why}:"
                " it relieves nothing."
            )
            entries = {*version.entries[:1], content.of, act.index}
            found = replace(
                lasting("V31", act.subjects[0], start, tuple(sorted(entries)), message),
                level="violation" if is_known else "indeterminate",
                policy=context.versions.id,
                rule="SPEC 9.27",
                from_index=act.index if start == act.time_ms else None,
            )
            if until <= end_ms:
                found = replace(found, to_ms=until, to_index=by, ended_by="cured")
            hoped = (ms for index, ms, about in unread if index > act.index and about == act.subjects)
            yield from _as_far_as_known(found, min(hoped, default=NEVER), end_ms)


def _unread(context: Context) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return corrections that are not known: entry, since when somebody else stands behind it, subjects."""
    found = []
    for act in corrections_of(context.facts):
        complete = context.correction(act) if act.content is None else None
        if complete is not None:
            found.append((act.index, complete.time_ms, act.subjects))
    return found


def _as_far_as_known(found: Finding, hoped_ms: int, end_ms: int) -> Iterator[Finding]:
    """Yield a finding until what is not known may have put an end to it, and from then on in doubt."""
    stop = end_ms + 1 if found.to_ms is None else found.to_ms
    if found.level == "indeterminate" or hoped_ms >= stop:
        yield found
        return
    if found.from_ms < hoped_ms:
        yield replace(found, to_ms=hoped_ms, to_index=None, ended_by="covered")
        found = replace(found, from_ms=hoped_ms, from_index=None)
    yield replace(found, level="indeterminate")


_ORDER: dict[Reading, int] = {"clear": 0, "none": 1, "between": 2, "dangerous": 3}


def relieves(context: Context, act: Act, content: CorrectionContent) -> tuple[bool, bool]:
    """Say whether a correction would relieve, and whether that is known.

    Of a deployment it would if what was said before reaches further; of a result if by some test it stands
    lower in the order dangerous, between, no result for the test, clear.

    Source: SPEC 9.27.
    """
    before, after = content.before, content.after
    if before is None or after is None:
        return False, True
    match before.content, after.content:
        case FormContent() as said, FormContent() as claimed:
            return not said.within(claimed), True
        case ResultContent() as said, ResultContent() as claimed:
            lower = [
                test
                for test in context.policy_at(act.index, act.time_ms).tests.values()
                if _ORDER[context.read(after, claimed, test)] < _ORDER[context.read(before, said, test)]
            ]
            has_unknowns = any(model.has_unknowns for model in context.facts.models.values())
            return bool(lower), not (has_unknowns and all(test.is_compared for test in lower))
        case _:
            return True, False  # What it corrects is withheld.
