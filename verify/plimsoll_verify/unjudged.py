"""What the policy language can say and this version does not judge: whoever relies on it gets no pass.

A construct leaves this list with the change that judges it.

Source: SPEC 9.14.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from plimsoll_verify.findings import Finding, lasting
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Needs, Policy, Promise, Rule, Test, Threshold
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


def _under(where: str, threshold: Threshold) -> Iterator[_Use]:
    """Yield a use for each rule that depends on a threshold."""
    for rule in threshold.then:
        yield _Use(where, rule.promise)


def _groups(policy: Policy) -> Iterator[_Use]:
    for one in policy.thresholds.values():
        if one.group is not None and not one.group.is_flat and one.decided_by == "tests":
            yield from _under(f"thresholds.{one.id}", one)


def _is_compared(test: Test) -> bool:
    limits = (test.rules_out, test.rules_in)
    return any(limit is not None and limit.compare is not None for limit in limits)


def _comparators(policy: Policy) -> Iterator[_Use]:
    for one in policy.thresholds.values():
        for test in one.tests:
            if _is_compared(policy.tests[test]):
                yield from _under(f"tests.{test}", one)


def _criteria(policy: Policy, is_used: Callable[[frozenset[str], str], bool]) -> Iterator[_Use]:
    """Yield a use for each rule that depends on a criterion."""
    for rule in _all_rules(policy):
        names = rule.standards if isinstance(rule, Needs) else (getattr(rule, "standard", ""),)
        for standard in names:
            found = policy.standards[standard].criteria if standard else {}
            for one in found.values():
                if is_used(one.for_each, one.measured_by):
                    yield _Use(f"standards.{standard}.criteria.{one.id}", rule.promise)


def _measured(policy: Policy) -> Iterator[_Use]:
    return _criteria(policy, lambda _for_each, measured_by: bool(measured_by))


def _narrow(policy: Policy) -> Iterator[_Use]:
    return _criteria(policy, lambda for_each, _measured_by: bool(for_each & {"environment", "deployment"}))


def _as_model(policy: Policy) -> Iterator[_Use]:
    for one in policy.thresholds.values():
        if one.as_model:
            yield from _under(f"thresholds.{one.id}.until_assessed", one)


def _determination_within(policy: Policy) -> Iterator[_Use]:
    for one in policy.thresholds.values():
        if one.determination_within is not None:
            where = f"thresholds.{one.id}.if_not_ruled_out"
            yield _Use(where, one.determination_within.promise)
            yield from _under(where, one)


def _decide_within(policy: Policy) -> Iterator[_Use]:
    for one in policy.thresholds.values():
        if one.decide_within is not None:
            yield _Use(f"thresholds.{one.id}.decide_within", one.decide_within.promise)


def _unquantified(policy: Policy) -> Iterator[_Use]:
    for one in policy.thresholds.values():
        if one.respond_within is not None and not one.respond_within.time.is_quantified:
            where = f"thresholds.{one.id}.respond_within"
            yield _Use(where, one.respond_within.promise)
            yield from _under(where, one)


def _training_others(policy: Policy) -> Iterator[_Use]:
    for rule in _all_rules(policy):
        if isinstance(rule, Needs) and Activity.TRAINING_OTHERS in rule.activities:
            yield _Use(rule.id, rule.promise)


def _halts(policy: Policy) -> Iterator[_Use]:
    for one in policy.standards.values():
        if one.halt is not None:
            yield _Use(f"standards.{one.id}.if_needed", one.halt.promise)


def _lineage(policy: Policy) -> Iterator[_Use]:
    if policy.lineage is not None:
        yield _Use("lineage", policy.lineage.promise)


def _plans(policy: Policy) -> Iterator[_Use]:
    if policy.record_rules.plans_close_within is not None:
        yield _Use("record_rules.plans", None)


def _retention(policy: Policy) -> Iterator[_Use]:
    if policy.record_rules.evidence_kept is not None:
        yield _Use("record_rules.retention", None)


def _terms(policy: Policy) -> Iterator[_Use]:
    for role in policy.terms:
        yield _Use(f"roles.{role}.term", None)


def _separate(policy: Policy) -> Iterator[_Use]:
    for one in policy.separate:
        yield _Use(one.id, one.promise)


def _told(policy: Policy) -> Iterator[_Use]:
    for number, gate in enumerate(policy.gates):
        if gate.told_before or gate.consulted_before or gate.told_after:
            yield _Use(f"gates.{number}", gate.promise)


def _lifting(policy: Policy) -> Iterator[_Use]:
    if policy.pause.lifts_in_force:
        yield _Use("pause.when", policy.pause.promise)


def _amending(policy: Policy) -> Iterator[_Use]:
    one = policy.amendment
    if one.proposed_by or one.consulted or one.published or one.notice or one.weakening or one.keep_until:
        yield _Use("amendment", one.promise)


def _exceptions(policy: Policy) -> Iterator[_Use]:
    for kind, one in policy.exceptions.items():
        yield _Use(f"exceptions.{kind}", one.promise)


def _reversal(policy: Policy) -> Iterator[_Use]:
    if policy.reversal is not None:
        yield _Use("reversal", policy.reversal.promise)


def _interpretation(policy: Policy) -> Iterator[_Use]:
    if policy.interpretation is not None:
        yield _Use("interpretation", policy.interpretation.promise)


def _adheres(policy: Policy) -> Iterator[_Use]:
    for one in policy.adheres:
        yield _Use(one.id, one.promise)


def _duties(policy: Policy) -> Iterator[_Use]:
    for one in policy.duties.values():
        yield _Use(f"duties.{one.id}", one.promise)
        for number, follow_up in enumerate(one.then):
            yield _Use(f"duties.{one.id}.then.{number}", follow_up.promise)


def _heartbeat(policy: Policy) -> Iterator[_Use]:
    if policy.record_rules.heartbeat is not None:
        yield _Use("record_rules.heartbeat", None)


def _inventory(policy: Policy) -> Iterator[_Use]:
    if policy.record_rules.inventory is not None:
        yield _Use("record_rules.inventory", None)


UNJUDGED_CONSTRUCTS: dict[str, _Construct] = {
    "groups": _Construct("tests in groups, or some number of them", _groups),
    "comparators": _Construct("limits that are another model's score", _comparators),
    "measured-by": _Construct("criteria that are measured", _measured),
    "for-each": _Construct("criteria for each environment or deployment", _narrow),
    "until-assessed-as": _Construct("a state until assessed that is another model's", _as_model),
    "determination-within": _Construct("time to determine what is open", _determination_within),
    "decide-within": _Construct("time to decide after an assessment", _decide_within),
    "unquantified": _Construct("a time that its source does not quantify", _unquantified),
    "training-others": _Construct("training other models of at least its compute", _training_others),
    "if-needed": _Construct("what halts while a standard is needed", _halts),
    "lineage": _Construct("what is inherited from other models", _lineage),
    "plans": _Construct("plans that have to have a result", _plans),
    "retention": _Construct("evidence that has to be kept", _retention),
    "terms": _Construct("terms of roles", _terms),
    "separate": _Construct("who may not be who", _separate),
    "told": _Construct("who is told or consulted about a start", _told),
    "pause-when": _Construct("what has to be the case before a pause is lifted", _lifting),
    "amendment": _Construct("how amendments come about, beside their quorum", _amending),
    "exceptions": _Construct("exceptions", _exceptions),
    "reversal": _Construct("who may reverse a decision", _reversal),
    "interpretation": _Construct("who interprets", _interpretation),
    "adheres": _Construct("adherence to another policy", _adheres),
    "duties": _Construct("duties", _duties),
    "heartbeat": _Construct("heartbeats", _heartbeat),
    "inventory": _Construct("inventories", _inventory),
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
