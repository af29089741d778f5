"""Two versions of a policy, part by part: stronger, weaker, equal or incomparable, and why.

Source: SPEC 7.7.
"""

from plimsoll_verify.policy.compare_parts import compare_parts
from plimsoll_verify.policy.compare_rules import compare_rules
from plimsoll_verify.policy.difference import Change, Comparison, Reason
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.policy.order import Relation

__all__ = ["Change", "Comparison", "Reason", "Relation", "compare"]


def compare(old: Policy, new: Policy) -> Comparison:
    """Compare two versions of a policy.

    Source: SPEC 7.7.
    """
    return Comparison((*compare_rules(old, new), *compare_parts(old, new)))
