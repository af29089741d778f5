"""What can never happen: limits past every figure, safeguards that nothing could show, times of no length."""

from collections.abc import Iterator
from fractions import Fraction

from plimsoll_attest.lint.warnings import Path, Warned
from plimsoll_verify.policy.grammar import Period, Quorum
from plimsoll_verify.policy.model import Limit, Needs, Policy


def find_unreachable(policy: Policy) -> Iterator[Warned]:
    """Yield what cannot be reached, met or lost."""
    yield from _tests(policy)
    yield from _standards(policy)
    yield from _times(policy)


def _tests(policy: Policy) -> Iterator[Warned]:
    for name, test in policy.tests.items():
        path: Path = ("tests", name)
        if _is_beyond(test.rules_out):
            yield Warned(
                "limit-unreachable",
                (*path, "rules_out"),
                f"no result can rule anything out by {name}: no {_judged(test.rules_out)} lies there",
                "move the limit, or its margin",
            )
        if test.rules_in is not None and _is_beyond(test.rules_in):
            yield Warned(
                "limit-unreachable",
                (*path, "rules_in"),
                f"no result can be dangerous by {name}: no {_judged(test.rules_in)} lies there",
                "move the limit, or its margin",
            )
        if test.good_for.after(0) == 0:
            message = f"a result of {name} is good for no time at all"
            yield Warned("time-empty", (*path, "good_for"), message, "say for how long")
    for name, threshold in policy.thresholds.items():
        found = [policy.tests[test].rules_in for test in threshold.tests]
        if threshold.decided_by == "tests" and all(one is not None and _is_beyond(one) for one in found):
            message = f"no result can cross {name}"
            yield Warned(
                "threshold-unreachable", ("thresholds", name), message, "see the limits of its tests"
            )


def _is_beyond(limit: Limit) -> bool:
    """Say whether no figure can meet a limit; a confidence bound lies between 0 and 1, a score anywhere."""
    if limit.compare is not None:
        return False
    if limit.judged_on == "score":
        # Scores are of any size; but what is below 0 after a margin was hardly meant.
        return limit.word == "below" and limit.amount < 0
    return {
        "below": limit.amount <= 0,
        "above": limit.amount >= 1,
        "at_or_above": limit.amount > 1,
        "at_or_below": limit.amount < 0,
    }[limit.word]


def _judged(limit: Limit) -> str:
    amount = limit.amount
    shown = str(amount.numerator) if amount.denominator == 1 else str(amount)
    margin = f", its margin of {limit.margin} taken off" if limit.margin != Fraction(0) else ""
    return f"{limit.judged_on} {limit.word.replace('_', ' ')} {shown}{margin}"


def _standards(policy: Policy) -> Iterator[Warned]:
    for name, standard in policy.standards.items():
        for key, criterion in standard.criteria.items():
            path: Path = ("standards", name, "criteria", key)
            both = sorted(criterion.shown_by & criterion.not_shown_by)
            if criterion.shown_by and criterion.shown_by <= criterion.not_shown_by:
                yield Warned(
                    "criterion-unshowable",
                    (*path, "not_shown_by"),
                    f"what has to show {name}.{key} ({', '.join(both)}) does not count as showing it",
                    "leave it out of shown_by or of not_shown_by",
                )
            if criterion.good_for is not None and criterion.good_for.after(0) == 0:
                message = f"an attestation of {name}.{key} is good for no time at all"
                yield Warned("time-empty", (*path, "good_for"), message, "say for how long")
    for number, rule in enumerate(policy.baseline):
        if isinstance(rule, Needs) and rule.promise.is_commitment:
            for at, wanted in enumerate(rule.wanted):
                if all(policy.standards[one].status != "defined" for one in wanted):
                    yield Warned(
                        "baseline-unmeetable",
                        ("baseline", number, "needs", at),
                        f"{' or '.join(wanted)} is needed from the first day, and is not defined",
                        "define it, or need it under a threshold",
                    )


def _times(policy: Policy) -> Iterator[Warned]:
    weakening, notice = policy.amendment.weakening, policy.amendment.notice
    if weakening is not None:
        shorter = (
            weakening.notice is not None and notice is not None and _is_shorter(weakening.notice, notice)
        )
        if shorter:
            message = "to weaken the policy takes less notice than to amend it"
            yield Warned(
                "weakening-easier", ("amendment", "weakening", "notice"), message, "ask for as much, or more"
            )
        if _is_part(weakening.approved_by, policy.amendment.approved_by):
            yield Warned(
                "weakening-easier",
                ("amendment", "weakening", "approved_by"),
                "to weaken the policy takes nobody whom an amendment does not take anyhow",
                "name somebody more, or leave `weakening` out",
            )
    inventory = policy.record_rules.inventory
    if inventory is not None and not _is_shorter(inventory.tolerance, inventory.every):
        message = "an inventory may be further off than the time from one to the next"
        yield Warned(
            "inventory-lax",
            ("record_rules", "inventory", "tolerance"),
            message,
            "make it shorter than `every`",
        )
    for name, test in policy.tests.items():
        if _is_shorter(test.good_for, policy.late_after):
            yield Warned(
                "late-after-long",
                ("record_rules", "late_after"),
                f"a result of {name} may be recorded in time when it is no longer good",
                "make late_after shorter",
            )


def _is_shorter(one: Period, other: Period) -> bool:
    return one.after(0) < other.after(0)


def _is_part(one: Quorum, other: Quorum) -> bool:
    """Say whether whoever meets the other quorum meets this one as well, as far as one can see at once."""
    if one == other:
        return True
    is_all = other.k == len(other.of)
    return is_all and one.k == len(one.of) and set(one.of) <= set(other.of)
