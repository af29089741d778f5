"""What becomes of plans and of evidence: runs that never had a result, and files that were erased too early.

Both are rules about the record, and no promise of the source. But what was hidden by either is not known, so
they leave doubt, as withheld bodies do.

Source: SPEC 9.12.
"""

from collections.abc import Iterator
from dataclasses import replace

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, ModelFacts
from plimsoll_verify.findings import Finding, lasting
from plimsoll_verify.observed import ResultContent
from plimsoll_verify.policy.grammar import Period
from plimsoll_verify.versions import Version


def find_unaccounted(context: Context, model: ModelFacts, end_ms: int) -> Iterator[Finding]:
    """Yield each planned run of a model without a result, of whatever status, in the time that there is: V30.

    While it has none, what it came to is not known; once it has one, it was late.

    Source: SPEC 9.12.
    """
    closed = _closed(context, model) if model.plans else {}
    for index, plan in model.plans.items():
        version = context.versions.at_entry(index, plan.time_ms)
        within = version.policy.record_rules.plans_close_within
        due = NEVER if within is None else max(within.after(plan.time_ms), version.from_ms)
        done_ms, done_by = closed.get(index, (NEVER, -1))
        # Of before the ledger there are claims only: what was due then is not asked for (8.4).
        if within is None or due > end_ms or done_ms <= due or due < context.facts.genesis_ms:
            continue
        message = (
            f"The run that entry {index} plans for {model.name or model.id} had no result within"
            f" {within.text}, not even one of an error or a cancellation."
        )
        entries = (*version.entries[:1], index, *((done_by,) if done_ms <= end_ms else ()))
        found = replace(
            lasting("V30", model.id, due, tuple(sorted(entries)), message),
            policy=context.versions.id,
            rule="record_rules.plans.close_within",
            from_index=None,
        )
        if done_ms <= end_ms:
            found = replace(found, level="finding", to_ms=done_ms, to_index=done_by, ended_by="cured")
        yield found


def _closed(context: Context, model: ModelFacts) -> dict[int, tuple[int, int]]:
    """Return from when each plan of a model has a result, and by which entry."""
    found: dict[int, tuple[int, int]] = {}
    for result in model.results:
        content = result.content
        if isinstance(content, ResultContent) and result.is_reliable and content.plan >= 0:
            closes = (context.relief_ms(result), result.index)
            found[content.plan] = min(closes, found.get(content.plan, closes))
    return found


def find_erased(context: Context, end_ms: int) -> Iterator[Finding]:
    """Yield evidence that was erased before its term: V32.

    Source: SPEC 9.12.
    """
    facts = context.facts
    erased = {digest for erasure in facts.erasures for digest in erasure.digests}
    named = facts.evidence.naming(erased) if erased else {}
    for erasure in facts.erasures:
        when_ms = min(erasure.event_ms, erasure.time_ms)
        # The version is that at the entry: nobody dates an erasure back to before there was a rule.
        version = context.versions.at_entry(erasure.index, erasure.time_ms)
        kept = version.policy.record_rules.evidence_kept
        if kept is None or when_ms > end_ms:
            continue
        early = sorted(
            (index, event_ms)
            for digest in erasure.digests
            for index, event_ms in named.get(digest, ())
            if index < erasure.index and when_ms < kept.after(event_ms)
        )
        if early:
            yield _erased(context, version, kept, erasure.index, when_ms, early)


def _erased(
    context: Context,
    version: Version,
    kept: Period,
    index: int,
    when_ms: int,
    early: list[tuple[int, int]],
) -> Finding:
    message = (
        f"Entry {index} says that evidence on which entry {early[0][0]} rests was erased"
        f"{f', and {len(early) - 1} more' if len(early) > 1 else ''}; it was to be kept for {kept.text}, and"
        " nobody can look at it any more."
    )
    entries = tuple(sorted({*version.entries[:1], index, *(one for one, _ in early)}))
    return replace(
        lasting("V32", context.facts.org, when_ms, entries, message),
        policy=context.versions.id,
        rule="record_rules.retention.evidence",
        from_index=index,
    )
