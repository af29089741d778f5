"""Roles that nobody holds and that a rule cannot be met without: V38, one for each role and vacancy.

An empty chair breaks nothing by itself: what is missing because of it has codes of its own. So this is a
finding that says beforehand which rules are blocked, and never more.

Source: SPEC 9.33.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER
from plimsoll_verify.findings import Finding, lasting
from plimsoll_verify.policy.grammar import Period, Quorum
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.register import Grant, Register
from plimsoll_verify.spans import Span, contains, union
from plimsoll_verify.versions import Segment, Version

_MOST_NAMED = 5
"""Of so many rules a message gives the names; of more it says how many there are."""


class _Wanted(NamedTuple):
    """A quorum, the rule that asks for it, and whether the terms of its roles matter."""

    where: str
    quorum: Quorum
    has_terms: bool


@dataclass(slots=True)
class _Vacancy:
    """A stretch in which nobody holds a role, and the rules that cannot be met for want of somebody."""

    start: int
    stop: int
    version: Version
    blocked: dict[str, None]


def find_vacant(context: Context, register: Register, end_ms: int) -> Iterator[Finding]:
    """Yield a finding for each role that a rule needs and nobody holds, and each stretch of time.

    Args:
        context: the policy and the facts.
        register: who was given which role.
        end_ms: the last instant that is judged.

    Source: SPEC 9.33.
    """
    given: dict[str, list[Grant]] = {}
    for (_, role), grants in register.grants.items():
        given.setdefault(role, []).extend(one for one in grants if one.counts)
    found: dict[str, list[_Vacancy]] = {}
    for segment in context.versions.segments:
        # Of before the ledger there are claims only, and nobody is asked who held which role (8.4).
        start, stop = max(segment.start, context.facts.genesis_ms), min(segment.stop, end_ms + 1)
        for role, vacancy in _vacancies(context, segment, given, (start, stop)) if start < stop else ():
            before = found.setdefault(role, [])
            if before and before[-1].stop == vacancy.start:
                before[-1].stop = vacancy.stop
                before[-1].blocked |= vacancy.blocked
            else:
                before.append(vacancy)
    for role, vacancies in sorted(found.items()):
        for vacancy in vacancies:
            yield _finding(context, role, given.get(role, []), vacancy, end_ms)


def _vacancies(
    context: Context, segment: Segment, given: dict[str, list[Grant]], inside: Span
) -> Iterator[tuple[str, _Vacancy]]:
    """Yield the vacancies under one version, in the order of time."""
    version, wanted = segment.version, list(_wanted(segment.version.policy))
    roles = {role for one in wanted for role in one.quorum.roles()}
    # By whether terms matter: under what speaks against its author's interest they do not (6.8).
    held = {(role, True): _held(given.get(role, []), version.policy.terms.get(role)) for role in roles}
    held |= {(role, False): _held(given.get(role, []), None) for role in roles}
    # Who held which role before the ledger is not known, nor who would by another policy than the ledger's.
    is_ours = bool(version.entries) and version.completed not in context.facts.claims
    unknown = set() if is_ours else roles - given.keys()
    start, stop = inside
    cuts = {at for spans in held.values() for span in spans for at in span if start < at < stop}
    for begin, end in pairwise(sorted({start, stop, *cuts})):
        blocked: dict[str, dict[str, None]] = {}
        for where, quorum, has_terms in wanted:
            holding = {role for role in roles if role in unknown or contains(held[role, has_terms], begin)}
            if not _can_be_met(quorum, holding):
                for role in quorum.roles():
                    if role not in holding:
                        blocked.setdefault(role, {})[where] = None
        for role, names in blocked.items():
            yield role, _Vacancy(begin, end, version, names)


def _held(grants: list[Grant], term: Period | None) -> list[Span]:
    """Return when anybody holds a role, and their term is not over (SPEC 6.4, 6.8)."""
    return union(
        (one.since_ms, min(one.over_ms, NEVER if term is None else term.after(one.time_ms))) for one in grants
    )


def _can_be_met(quorum: Quorum, holding: set[str]) -> bool:
    """Say whether as many persons as one likes in some roles could meet a quorum."""
    parts = (part in holding if isinstance(part, str) else _can_be_met(part, holding) for part in quorum.of)
    return sum(parts) >= quorum.k


def _wanted(policy: Policy) -> Iterator[_Wanted]:
    """Yield everything in a policy that somebody in a role has to do, with the rule it belongs to."""
    for where, quorum, has_terms in (*_of_models(policy), *_of_the_organisation(policy)):
        if quorum is not None:
            yield _Wanted(where, quorum, has_terms)


def _of_models(policy: Policy) -> Iterator[tuple[str, Quorum | None, bool]]:
    for key, threshold in policy.thresholds.items():
        where = f"thresholds.{key}"
        yield where, threshold.declared_by, threshold.cleared_by is None
        yield where, threshold.cleared_by, True
        yield where, threshold.carried_over_by, True
    for key, standard in policy.standards.items():
        yield f"standards.{key}", standard.approved_by, True
        for criterion in standard.criteria.values():
            yield f"standards.{key}", criterion.attested_by, True
    for number, gate in enumerate(policy.gates):
        after = gate.told_after.who if gate.told_after else ()
        yield f"gates.{number}", gate.approved_by, True
        # Whoever is told or consulted signs in that role, whoever approves.
        for role in (*gate.told_before, *gate.consulted_before, *after):
            yield f"gates.{number}", Quorum(1, (role,)), False
    for key, test in policy.tests.items():
        by = test.needs.run_by
        yield f"tests.{key}", Quorum(1, (by,)) if by else None, False


def _of_the_organisation(policy: Policy) -> Iterator[tuple[str, Quorum | None, bool]]:
    yield "pause", policy.pause.called_by, False
    yield "pause", policy.pause.lifted_by, True
    for key, exception in policy.exceptions.items():
        yield f"exceptions.{key}", exception.approved_by, True
    for key, duty in policy.duties.items():
        yield f"duties.{key}", duty.by, True
        for follow_up in duty.then:
            yield f"duties.{key}", follow_up.by, True
    changes = policy.amendment
    yield "amendment", policy.amended_by, True
    yield "amendment", changes.proposed_by, True
    yield "amendment", changes.weakening.approved_by if changes.weakening else None, True
    for role in changes.consulted:
        yield "amendment", Quorum(1, (role,)), False
    yield "reversal", policy.reversal.by if policy.reversal else None, True
    yield "interpretation", policy.interpretation.by if policy.interpretation else None, True
    inventory = policy.record_rules.inventory
    yield "record_rules.inventory", Quorum(1, (inventory.by,)) if inventory else None, False


def _finding(context: Context, role: str, grants: list[Grant], vacancy: _Vacancy, end_ms: int) -> Finding:
    version, start, stop = vacancy.version, vacancy.start, vacancy.stop
    ending = [one.ended_at for one in grants if one.ended_ms == start]
    # Else a grant or a term ran out, if anybody was ever given it.
    run_out = [one.index for one in grants if one.since_ms < start]
    entries = tuple(sorted({*version.entries[:1], *(ending or run_out[-1:])}))
    names = list(vacancy.blocked)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    message = (
        f"Nobody holds the role {role}: without somebody who does, {', '.join(names[:_MOST_NAMED])}{more} of"
        f" {context.versions.id} cannot be met."
    )
    begun = version.completed if start == version.from_ms != version.policy.effective_ms else None
    found = replace(
        lasting("V38", context.facts.org, start, entries, message),
        level="finding",
        policy=context.versions.id,
        rule=f"roles.{role}",
        from_index=max(ending, default=begun),
    )
    if stop > end_ms:
        return found
    after = [one.version.completed for one in context.versions.segments if one.start == stop]
    if after:
        return replace(found, to_ms=stop, to_index=after[0], ended_by="amended")
    filled = max((one.since for one in grants if one.since_ms == stop), default=None)
    return replace(found, to_ms=stop, to_index=filled, ended_by="cured")
