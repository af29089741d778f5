"""What the policy language can say and this version does not judge: whoever relies on it gets no pass.

A construct leaves this list with the change that judges it.

Source: SPEC 9.14.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from plimsoll_verify.findings import Finding, lasting
from plimsoll_verify.policy.model import Needs, Policy, Promise, Rule
from plimsoll_verify.versions import Versions


class _Use(NamedTuple):
    """A use of a construct: where in the document, and under which promise, if it is under one."""

    where: str
    promise: Promise | None


class _Construct(NamedTuple):
    """A construct of the language, and how to find it."""

    words: str
    find: Callable[[Policy], Iterator[_Use]]


def _all_rules(policy: Policy) -> Iterator[Rule]:
    yield from policy.baseline
    for threshold in policy.thresholds.values():
        yield from threshold.then


def _criteria(policy: Policy, is_used: Callable[[frozenset[str], str], bool]) -> Iterator[_Use]:
    """Yield a use for each rule that depends on a criterion."""
    for rule in _all_rules(policy):
        names = rule.standards if isinstance(rule, Needs) else (getattr(rule, "standard", ""),)
        for standard in names:
            found = policy.standards[standard].criteria if standard else {}
            for one in found.values():
                if is_used(one.for_each, one.measured_by):
                    yield _Use(f"standards.{standard}.criteria.{one.id}", rule.promise)


def _narrow(policy: Policy) -> Iterator[_Use]:
    return _criteria(policy, lambda for_each, _measured_by: bool(for_each & {"environment", "deployment"}))


def _amending(policy: Policy) -> Iterator[_Use]:
    one = policy.amendment
    if one.keep_until is not None:
        yield _Use("amendment", one.promise)


UNJUDGED_CONSTRUCTS: dict[str, _Construct] = {
    "for-each": _Construct("criteria for each environment or deployment", _narrow),
    "amendment": _Construct("what an amendment leaves to what is out already", _amending),
}
"""What is parsed and not judged, by what it is called."""


def find_unjudged(all_versions: list[Versions], end_ms: int) -> Iterator[Finding]:
    """Yield a finding for each construct and clause that a commitment depends on and nothing here judges.

    Args:
        all_versions: the versions of each policy.
        end_ms: the end of judgement.

    Source: SPEC 9.14.
    """
    for versions in all_versions:
        seen: set[tuple[str, str]] = set()
        for segment in versions.segments:
            for name, construct in UNJUDGED_CONSTRUCTS.items() if segment.start <= end_ms else ():
                for use in construct.find(segment.version.policy):
                    clause = use.promise.clause if use.promise else ""
                    if (use.promise is None or use.promise.is_commitment) and (name, clause) not in seen:
                        seen.add((name, clause))
                        under = f", by which clause {clause} is to be held" if clause else ""
                        found = lasting(
                            "I08",
                            f"policy:{versions.id}",
                            segment.start,
                            segment.version.entries[:1],
                            f"This version does not judge {construct.words} ({name}: {use.where}){under}.",
                        )
                        yield replace(found, policy=versions.id, rule=use.where, clause=clause)
