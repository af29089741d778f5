"""Duties: when something is due, what, by whom, to whom, by when, and what follows.

One form serves assessments, reports, notices and publications.

Source: SPEC 7.4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from plimsoll_verify.policy.calendars import Term, TermReader
from plimsoll_verify.policy.grammar import Activity, Period, Quorum, parse_amount, parse_interval
from plimsoll_verify.policy.names import Names, activity
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.policy.reading import MAX_NESTING, Members, Place, settled

EVENTS = (
    "assessment", "carried-over", "correction", "deployment-changed", "deployment-ended",
    "deployment-started", "determination", "disclosure", "eval-result", "external-review", "incident",
    "interim-measure", "inventory", "key-compromised", "marginal-risk", "model-registered", "noncompliance",
    "pause", "permit", "policy", "policy-amendment", "report", "restriction", "resumed",
    "safeguard-attested", "safeguard-lapsed", "training-checkpoint", "training-started", "training-stopped",
    "waiver", "weights-deleted",
)  # fmt: skip
"""Kinds of record that can make something due."""

CLASSED = {
    "assessment": "type",
    "determination": "outcome",
    "disclosure": "type",
    "external-review": "type",
    "incident": "class",
    "noncompliance": "class",
    "report": "type",
}
"""Kinds that come in classes, and the member of their body that says which."""

REPORT_TYPES = ("capability", "safeguards", "risk", "model", "safety-case", "risk-register")
"""Types of report (SPEC 5.4)."""

DEEDS = ("assessment", "report", "determination", "notice", "publication", "external_review")
CLOCKS = ("occurred", "aware", "determined")


@dataclass(frozen=True, slots=True)
class Deed:
    """What has to be done.

    Attributes:
        kind: "assessment", "report", "determination", "notice", "publication" or "external_review".
        what: its type, the threshold that is to be determined, or to whom the notice goes.
    """

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.what}"


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again, each time so long after the last deed, or without one on its own."""

    period: Period
    since: Deed | None = None


@dataclass(frozen=True, slots=True)
class OnEvent:
    """When a record of a kind is made; of a class only, if there is one."""

    kind: str
    class_: str = ""


@dataclass(frozen=True, slots=True)
class OnActivity:
    """When an activity begins."""

    activity: Activity


@dataclass(frozen=True, slots=True)
class OnCompute:
    """When a model has so many times the compute of the last one that was assessed."""

    times: Fraction


@dataclass(frozen=True, slots=True)
class AnyOf:
    """When the first of several of these comes."""

    of: tuple["Trigger", ...]


Trigger = Every | OnEvent | OnActivity | OnCompute | AnyOf


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is due after a deed, once or again and again.

    Attributes:
        within: how long after; None for one that comes again and again.
        every: after how long again; None for one that comes once.
        until: the deed that ends the repetition, None if nothing does.
    """

    promise: Promise
    do: Deed
    by: Quorum | None
    to: str
    within: Term | None
    every: Period | None
    until: Deed | None


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is due.

    Attributes:
        when: what makes it due.
        do: what has to be done.
        by: who has to do it, None for anybody.
        to: whom it is for, or "".
        within: by when, counted from the trigger; None where an activity is the deadline.
        before: the activity that may not begin before it is done; None where time is the deadline.
        at_least: how long before that activity; None where any time before it will do.
        unless_carried_over: whether what was found for an earlier model will do.
        clock: from which of an event's times `within` runs, "" for the time of the event.
        words: what the source says of the time, or "".
        then: what follows.
    """

    id: str
    promise: Promise
    when: Trigger
    do: Deed
    by: Quorum | None
    to: str
    within: Term | None
    before: Activity | None
    at_least: Term | None
    unless_carried_over: bool
    clock: Literal["", "occurred", "aware", "determined"]
    words: str
    then: tuple[FollowUp, ...]


_REQUIRED = ("clause", "force", "when", "do")
_OPTIONAL = (
    "by", "to", "within", "before", "at_least", "unless", "from", "words", "calendar", "then",
)  # fmt: skip


def read_duty(key: str, place: Place, names: Names, terms: TermReader) -> Duty:
    """Return a duty."""
    members = place.members(_REQUIRED, _OPTIONAL)
    calendar = terms.calendar_of(members)
    if ("within" in members) == ("before" in members):
        place.fail("one of within and before is wanted", "a duty has one deadline")
    if "at_least" in members and "before" not in members:
        members["at_least"].fail("at_least without before", "say before what")
    when = members.of("when", lambda at: _trigger(at, names, 1))
    clock = members.get("from", lambda at: _clock(at, when), "")
    if not clock and any(
        isinstance(one, OnEvent) and one.kind == "incident" for one in triggers_of(settled(when))
    ):
        place.fail("from is missing", f"an incident has several times: {', '.join(CLOCKS)}")
    members.get("unless", lambda at: at.one_of(["carried over"]), "")
    if "before" in members:
        _check_before(members, settled(when))
    return Duty(
        id=key,
        promise=names.promise(members),
        when=when,
        do=members.of("do", lambda at: _deed(at, names)),
        by=members.get("by", names.quorum, None),
        to=members.get("to", Place.text, ""),
        within=members.get("within", lambda at: terms.term(at, calendar, may_be_open=True), None),
        before=members.get("before", _started, None),
        at_least=members.get("at_least", lambda at: terms.term(at, calendar, may_be_open=False), None),
        unless_carried_over="unless" in members,
        clock=cast("Literal['', 'occurred', 'aware', 'determined']", clock),
        words=members.get("words", Place.text, ""),
        then=members.get(
            "then", lambda at: at.each(lambda item: _follow_up(item, names, terms, calendar)), ()
        ),
    )


def _check_before(members: Members, when: Trigger) -> None:
    """Refuse a duty that one activity makes due, and that is due before another."""
    for part in triggers_of(when):
        if isinstance(part, OnActivity) and part.activity != members["before"].value:
            members["before"].fail("another activity than that of `when`", f"write {part.activity}")


def triggers_of(trigger: Trigger) -> Iterator[Trigger]:
    """Yield what sets a duty's clock, alternatives one by one."""
    if isinstance(trigger, AnyOf):
        for part in trigger.of:
            yield from triggers_of(settled(part))
    else:
        yield trigger


def _started(place: Place) -> Activity:
    """Return an activity that can begin at an instant that people choose."""
    return activity(place, Activity.TRAINING_OTHERS, Activity.STORING)


def _clock(place: Place, when: Trigger) -> str:
    clock = place.one_of(CLOCKS)
    if not any(isinstance(part, OnEvent) for part in triggers_of(settled(when))):
        place.fail("only events have several times", "leave `from` out")
    return clock


def _trigger(place: Place, names: Names, depth: int) -> Trigger:
    forms = ("every", "event", "activity", "compute", "any_of")
    found = [form for form in forms if isinstance(place.value, dict) and form in place.value]
    if len(found) != 1:
        place.fail("a trigger has one of every, event, activity, compute and any_of")
    if depth > MAX_NESTING:
        place.fail(f"triggers nested deeper than {MAX_NESTING}")
    match found[0]:
        case "every":
            members = place.members(["every"], ["since"])
            every = members.of("every", lambda at: at.read(parse_interval))
            return Every(every, members.get("since", lambda at: _deed(at, names), None))
        case "event":
            return _event(place.members(["event"], ["class"]))
        case "activity":
            return OnActivity(place.members(["activity"]).of("activity", _started))
        case "compute":
            members = place.members(["compute", "since"])
            members.of("since", lambda at: at.one_of(["the last assessment"]))
            return OnCompute(members.of("compute", lambda at: at.read(parse_amount)))
        case _:
            parts = place.members(["any_of"])["any_of"].items()
            return AnyOf(tuple(part.attempt(lambda at: _trigger(at, names, depth + 1)) for part in parts))


def _event(members: Members) -> OnEvent:
    kind = members.of("event", lambda at: at.one_of(EVENTS))

    def read_class(place: Place) -> str:
        if kind not in CLASSED:
            place.fail(f"{kind} has no classes", f"these have: {', '.join(CLASSED)}")
        return place.text()

    return OnEvent(kind, members.get("class", read_class, ""))


def _deed(place: Place, names: Names) -> Deed:
    if not isinstance(place.value, dict) or len(place.value) != 1:
        place.fail(f"one of {', '.join(DEEDS)} is wanted")
    kind = next(iter(place.value))
    members = place.members([], DEEDS)
    if kind == "report":
        return Deed(kind, members.of(kind, lambda at: at.one_of(REPORT_TYPES)))
    if kind == "determination":
        return Deed(kind, members.of(kind, lambda at: at.one_of(names.thresholds)))
    return Deed(kind, members.of(kind, Place.text))


def _follow_up(place: Place, names: Names, terms: TermReader, calendar: str) -> FollowUp:
    members = place.members(["clause", "force", "do"], ["by", "to", "within", "every", "until"])
    if ("within" in members) == ("every" in members):
        place.fail("one of within and every is wanted", "what follows comes once, or again and again")
    if "until" in members and "every" not in members:
        members["until"].fail("until without every", "what comes once needs no end")
    return FollowUp(
        names.promise(members),
        members.of("do", lambda at: _deed(at, names)),
        members.get("by", names.quorum, None),
        members.get("to", Place.text, ""),
        members.get("within", lambda at: terms.term(at, calendar, may_be_open=True), None),
        members.get("every", lambda at: at.read(parse_interval), None),
        members.get("until", lambda at: _deed(at, names), None),
    )
