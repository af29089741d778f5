"""What tests in groups make of a threshold: how many of each group are dangerous, and how many are clear.

Source: SPEC 9.4.
"""

from collections.abc import Mapping

from plimsoll_verify.policy.groups import Group
from plimsoll_verify.spans import Span, at_least, intersect, subtract, union
from plimsoll_verify.teststates import TestSpans


def combine(group: Group, tests: Mapping[str, TestSpans]) -> tuple[list[Span], list[Span], list[Span]]:
    """Return when tests make a threshold crossed, ruled out and unassessed.

    Args:
        group: which of them, and how many, have to be dangerous.
        tests: the states of each.

    Source: SPEC 9.4.
    """
    crossed, ruled_out = _of_group(group, tests)
    # Of several tests a first clear one rules nothing out yet: recorded late, it opens the question no later.
    first_ms = min(test.heard_ms if len(tests) > 1 else test.first_ms for test in tests.values())
    return crossed, subtract(ruled_out, crossed), [(0, first_ms)] if first_ms else []


def _of_group(group: Group, tests: Mapping[str, TestSpans]) -> tuple[list[Span], list[Span]]:
    """Return when a group is crossed and ruled out; both at once it cannot be, as no test is both."""
    parts = [
        (tests[part].dangerous, tests[part].clear) if isinstance(part, str) else _of_group(part, tests)
        for part in group.of
    ]
    dangerous, clear = [one for one, _ in parts], [one for _, one in parts]
    # The other way round: as soon as fewer than k of n can be dangerous, it is ruled out.
    return _some(group.k, dangerous), _some(len(parts) - group.k + 1, clear)


def _some(k: int, sets: list[list[Span]]) -> list[Span]:
    """Return when `k` of some sets hold; any and all are what is asked for mostly, and quicker."""
    if k == 1:
        return union(span for spans in sets for span in spans)
    if k < len(sets):
        return at_least(k, sets)
    found = sets[0]
    for one in sets[1:]:
        found = intersect(found, one)
    return found
