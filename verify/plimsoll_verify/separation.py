"""Nobody on both sides of what is to be kept apart: V15, for one act or for everything about one model.

A side is some roles, or whoever made it, or whoever approves it. Who approves and withdraws was on that side
all the same: who has to recuse themselves does so before.

Source: SPEC 9.22.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act
from plimsoll_verify.findings import Finding, Level, point
from plimsoll_verify.hands import Deed, Hand, Part
from plimsoll_verify.policy.people import Separation
from plimsoll_verify.versions import Version

_WORDS = {"act": "the same act", "model": "the same model"}


def find_mixed(context: Context, end_ms: int) -> Iterator[Finding]:
    """Yield a finding for each person who stood on both sides of a `separate` rule, the first time they did.

    Args:
        context: the policy and the facts.
        end_ms: the last instant that is judged.

    Source: SPEC 9.22.
    """
    rules = {rule.on for version in context.versions.all for rule in version.policy.separate}
    found: list[Finding] = []
    if "act" in rules:
        for act in context.facts.acts.values():
            if not act.is_claim:
                found += _mixed(context, "act", act.subjects[0], _deeds_of(act))
    if "model" in rules:
        for model, deeds in context.facts.hands.deeds():
            found += _mixed(context, "model", model, deeds)
    yield from (one for one in found if one.from_ms <= end_ms)


def _deeds_of(act: Act) -> list[Deed]:
    """Return what people did under an act: its author made it, and others approved."""
    made: Part = "made"
    return [
        Deed(act.index, act.time_ms, Hand(act.person, act.role, made)),
        *(
            Deed(one.index, one.time_ms, Hand(one.person, one.role, "approved"))
            for one in act.sign_offs
            if one.decision == "approve"
        ),
    ]


def _mixed(context: Context, on: str, subject: str, deeds: Iterable[Deed]) -> Iterator[Finding]:
    seen: dict[str, list[Deed]] = {}
    told: set[tuple[str, str, str]] = set()
    for deed in deeds:
        person = deed.hand.person
        version = context.versions.at_entry(deed.entry, deed.time_ms)
        if version.completed <= deed.entry and version.from_ms <= deed.time_ms:
            for rule in version.policy.separate if person in seen else ():
                other = _opposite(rule, deed, seen[person])
                key = (person, rule.id, rule.promise.clause)
                if rule.on == on and other is not None and key not in told:
                    told.add(key)
                    yield _finding(context, version, rule, subject, (other, deed))
        seen.setdefault(person, []).append(deed)


def _opposite(rule: Separation, deed: Deed, earlier: list[Deed]) -> Deed | None:
    """Return the first of somebody's earlier deeds that stands on the other side than this one."""
    is_who, is_from = _is_who(rule, deed), _is_from(rule, deed)
    others = (one for one in earlier if (is_who and _is_from(rule, one)) or (is_from and _is_who(rule, one)))
    return next(others, None)


def _is_who(rule: Separation, deed: Deed) -> bool:
    return deed.hand.part == "made" if rule.who is None else deed.hand.role in rule.who


def _is_from(rule: Separation, deed: Deed) -> bool:
    return deed.hand.part == "approved" if rule.apart_from is None else deed.hand.role in rule.apart_from


def _finding(
    context: Context, version: Version, rule: Separation, subject: str, pair: tuple[Deed, Deed]
) -> Finding:
    before, after = pair
    promise = rule.promise
    message = (
        f"{after.hand.person} stood on both sides of what clause {promise.clause} keeps apart for"
        f" {_WORDS[rule.on]}: as {before.hand.role} in entry {before.entry}, and as {after.hand.role} in"
        f" entry {after.entry}."
    )
    level: Level = "violation" if promise.is_commitment else "finding"
    entries = tuple(sorted({*version.entries[:1], before.entry, after.entry}))
    return replace(
        point("V15", level, subject, after.time_ms, entries, message, rule.id),
        from_index=after.entry,
        to_index=after.entry,
        known_from=entries[-1],
        policy=context.versions.id,
        clause=promise.clause,
        force=promise.force,
    )
