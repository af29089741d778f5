"""How far a rule reaches: the forms of activity that it binds, so that two phrases can be compared.

Source: SPEC 7.3, 7.7.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations

from plimsoll_verify.policy.grammar import ATTRIBUTES, SCOPES, Activity, activities_of

Form = tuple[str, str, frozenset[str]]
"""Kind, scope and attributes; `others` is the training of other models."""

_OTHERS: Form = ("others", "", frozenset())


@lru_cache(maxsize=1)
def _forms() -> tuple[Form, ...]:
    """Return every form that activities tell apart."""
    scopes = sorted({scope for found in SCOPES.values() for scope in found})
    names = sorted(ATTRIBUTES.values())
    sets = [frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size)]
    none: frozenset[str] = frozenset()
    return (
        ("train", "", none),
        ("store", "", none),
        *(("deploy", one, some) for one in scopes for some in sets),
    )


@lru_cache(maxsize=1024)
def _reached(activity: Activity) -> frozenset[Form]:
    if activity is Activity.TRAINING_OTHERS:
        return frozenset({_OTHERS})
    return frozenset(form for form in _forms() if activity in activities_of(*form))


def reach(activities: Iterable[Activity]) -> frozenset[Form]:
    """Return the forms that are of any of some activities."""
    return frozenset(form for activity in activities for form in _reached(activity))
