"""Which policies make one model's findings depend on other models, or on what no source quantifies.

Source: SPEC 9.14.
"""

from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Needs, Policy


def looks_elsewhere(policy: Policy) -> bool:
    """Say whether what is recorded of one model can matter to another one."""
    return policy.lineage is not None or looks_beyond_family(policy)


def looks_beyond_family(policy: Policy) -> bool:
    """Say whether it can matter to models that do not come from it."""
    if any(standard.halt for standard in policy.standards.values()):
        return True
    if any(test.is_compared for test in policy.tests.values()):
        return True
    return any(
        threshold.as_model or binds_others(policy, threshold.id) for threshold in policy.thresholds.values()
    )


def binds_others(policy: Policy, threshold: str) -> bool:
    """Say whether a threshold has a rule about the training of other models."""
    return any(
        isinstance(rule, Needs) and Activity.TRAINING_OTHERS in rule.activities
        for rule in policy.thresholds[threshold].then
    )


def leaves_open(policy: Policy) -> bool:
    """Say whether a finding can depend on a time that is not quantified, or on compute that is not known."""
    if any(binds_others(policy, threshold) for threshold in policy.thresholds):
        return True
    if policy.reversal is not None and not policy.reversal.stops_within.is_quantified:
        return True
    return any(
        respond is not None and not respond.time.is_quantified
        for threshold in policy.thresholds.values()
        for respond in (threshold.respond_within, threshold.decide_within, threshold.determination_within)
    )
