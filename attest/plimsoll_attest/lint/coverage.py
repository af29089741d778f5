"""Gaps: activities and scopes of which no rule and no gate says anything."""

from collections.abc import Callable, Iterator

from plimsoll_attest.lint.warnings import Warned, listed
from plimsoll_verify.policy.grammar import SCOPES, Activity, activities_of
from plimsoll_verify.policy.model import Needs, Policy

_NAMES = {scopes[0]: activity.value for activity, scopes in SCOPES.items() if len(scopes) == 1}
_NAMES["internal.large-scale"] = Activity.DEPLOYING_AT_SCALE.value
"""What a scope is called in policies."""

_WHOLE = (Activity.DEPLOYING_EXTERNALLY, Activity.DEPLOYING_INTERNALLY)

_SCOPES = sorted({scope for scopes in SCOPES.values() for scope in scopes})


def find_uncovered(policy: Policy) -> Iterator[Warned]:
    """Yield activities that nothing binds, and starts that no gate asks about."""
    always = {one for rule in policy.baseline for one in _activities(rule)}
    under = {one for each in policy.thresholds.values() for rule in each.then for one in _activities(rule)}
    unbound = _uncovered(lambda found: found & (always | under))
    if unbound:
        yield Warned(
            "scope-gap",
            ("baseline",),
            f"no rule binds {listed(unbound)}, whatever a model can do",
            "add a rule, to `baseline` or to a threshold",
        )
    gated = {gate.activity for gate in policy.gates}
    ungated = [name for name in _uncovered(lambda found: found & gated) if name != Activity.STORING.value]
    if ungated and gated:
        yield Warned(
            "gate-gap", ("gates",), f"no gate asks about {listed(ungated)}", "add a gate, or leave it open"
        )
    if not gated:
        yield Warned(
            "no-gates", ("gates",), "nobody has to approve any start", "name whose approval a start needs"
        )


def _activities(rule: object) -> tuple[Activity, ...]:
    if isinstance(rule, Needs):
        return rule.activities
    return (rule.activity,) if hasattr(rule, "activity") else ()


def _uncovered(covers: Callable[[frozenset[Activity]], frozenset[Activity]]) -> list[str]:
    """Return the activities, by scope, of which a set of rules or gates covers none."""
    none: frozenset[str] = frozenset()
    found = [
        activity.value
        for activity, kind in ((Activity.TRAINING, "train"), (Activity.STORING, "store"))
        if not covers(activities_of(kind, "", none))
    ]
    open_scopes = [scope for scope in _SCOPES if not covers(activities_of("deploy", scope, none))]
    for whole in _WHOLE:
        if set(SCOPES[whole]) <= set(open_scopes):
            found.append(whole.value)
            open_scopes = [scope for scope in open_scopes if scope not in SCOPES[whole]]
    return [*found, *(_NAMES[scope] for scope in open_scopes)]
