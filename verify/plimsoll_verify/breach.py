"""A broken rule, before it is told: what was broken, and when.

Source: SPEC 9.10.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from plimsoll_verify.activities import Form
from plimsoll_verify.policy.model import Promise
from plimsoll_verify.spans import Span
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Segment, Version


class BreachKey(NamedTuple):
    """What makes two breaches one, across versions of a policy.

    Attributes:
        owner: the threshold whose rule it is, or "".
        what: what is missing or forbidden.
        where: the surface and place that it is about, or "", or the index of a start.
    """

    code: str
    owner: str
    clause: str
    what: str
    where: str
    is_commitment: bool


Bound = list[tuple[Form, list[Span]]]
"""Forms, each with the spans in which something binds it."""


class Held(NamedTuple):
    """What is held to a version of a policy.

    Attributes:
        span: in which all of it lies.
        bound: what goes on, and when it is held to it.
        segments: the versions in force, as they count for it.
    """

    version: Version
    span: Span
    bound: Bound
    segments: list[Segment]


@dataclass(slots=True)
class Breach:
    """One rule broken under one version.

    Attributes:
        rule: the rule's place in the document.
        forms: the activities that it is about, whenever they went on.
        case: for which the standard was asked.
        standard, criterion: what is not in force, or "".
        alternatives: standards one of which would have done in its stead.
        whose: the model past the threshold whose rule it is, where that is another one; else "".
        cured_by: the entry that ends it at a time, where nothing else says so.
        words: the rest of the message, where the breach itself knows it best.
        entries: entries that prove it, beside those of the activity and the threshold.
        told: the whole message, where only the breach itself knows it; else "".
        cures: the entries that put an end to it, by the time at which they did.
        is_doubtful: whether nobody can say that it was broken, whatever is not known.
    """

    key: BreachKey
    promise: Promise
    rule: str
    version: Version
    spans: list[Span]
    forms: list[Form]
    case: Case
    standard: str = ""
    criterion: str = ""
    words: str = ""
    entries: tuple[int, ...] = ()
    alternatives: tuple[str, ...] = ()
    whose: str = ""
    because: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    told: str = ""
    cures: Mapping[int, int] = field(default_factory=dict)
    is_doubtful: bool = False
