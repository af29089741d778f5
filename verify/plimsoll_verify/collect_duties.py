"""From records to facts, of the kinds that duties and the rules about the record are about.

Source: SPEC 5.4, 8.1, 9.13.
"""

from sys import intern

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from plimsoll_verify.bodies_duties import (
    Assessment,
    Disclosure,
    ExternalReview,
    Incident,
    Inventory,
    Noncompliance,
    Published,
    Running,
)
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.facts import (
    Act,
    DeedContent,
    Facts,
    Happening,
    IncidentContent,
    InventoryContent,
    RunningFact,
)
from plimsoll_verify.record import Record
from plimsoll_verify.times import TOLERANCE_MS

DEED_KINDS = frozenset({"assessment", "determination", "disclosure", "external-review", "report"})
"""Kinds with which duties are done."""

VOIDING = frozenset({"incident", "noncompliance"})
"""Kinds of these that void the sign-offs of whoever had not seen them (SPEC 6.6)."""


def keep_happening(facts: Facts, record: Record, is_reliable: bool) -> None:  # noqa: FBT001
    """Keep an incident, a noncompliance, an inventory or a compromise: adverse, whoever said it."""
    content: IncidentContent | InventoryContent | None = None
    body, when = record.body, min(record.event_ms, record.time_ms)
    if isinstance(body, Incident):
        content = IncidentContent(
            intern(body.class_),
            min(parse_time(body.occurred), record.time_ms),
            min(parse_time(body.aware), record.time_ms),
        )
    elif isinstance(body, Noncompliance):
        occurred = when if body.occurred is UNSET else min(parse_time(body.occurred), record.time_ms)
        content = IncidentContent("" if body.class_ is UNSET else intern(body.class_), occurred, when)
    elif isinstance(body, Inventory):
        at_ms = min(parse_time(body.at), when)
        content = InventoryContent(
            intern(body.surface), at_ms, tuple(_running(one, at_ms) for one in body.running)
        )
    found = Happening(
        record.index,
        record.time_ms,
        record.event_ms,
        intern(record.kind),
        tuple(map(intern, record.subjects)),
        intern(record.role),
        is_reliable,
        content,
    )
    facts.happenings.setdefault(found.kind, []).append(found)


def _running(one: Running, at_ms: int) -> RunningFact:
    return RunningFact(
        None if one.model is UNSET else intern(one.model),
        None if one.snapshot is UNSET else f"snapshot:{one.snapshot}",
        None if one.scope is UNSET else intern(one.scope),
        None if one.attributes is UNSET else frozenset(one.attributes),
        at_ms if one.since is UNSET else min(parse_time(one.since), at_ms),
    )


def completed_by(record: Record, completed: str) -> Record:
    """Return an entry with the event that it is held to.

    Who says that a run or an assessment was over long before what they call its event is held to the former.
    """
    completed_ms = parse_time(completed)
    is_later = record.event_ms > completed_ms + TOLERANCE_MS
    return replace(record, event_ms=completed_ms) if is_later else record


def deed_of(record: Record) -> DeedContent | None:
    """Return what an assessment, a disclosure or an outside review says; None if that is not known."""
    body = record.body
    match body:
        case Assessment():
            return DeedContent(body.type, "", _indexes(body), is_published=False)
        case Disclosure():
            published = body.published
            is_published = published is not UNSET and not (
                published.url is UNSET and published.sha256 is UNSET
            )
            return DeedContent(body.type, body.to, _indexes(body), is_published, _sha256(published))
        case ExternalReview():
            # Who looks publishes nothing.
            found = _sha256(body.published)
            return DeedContent(body.type, "", _indexes(body), is_published=False, published_sha256=found)
        case _:
            return None


def _sha256(published: Published | UnsetType) -> str:
    return "" if published is UNSET or published.sha256 is UNSET else published.sha256


def _indexes(body: Assessment | Disclosure | ExternalReview) -> tuple[int, ...]:
    return tuple(ref.index for ref in body.refs())


def keep_deed(facts: Facts, act: Act) -> None:
    """Keep an act with which a duty can be done."""
    facts.deeds.setdefault(act.kind, []).append(act)
