"""Rules about the record itself, apart from what the source promises.

Source: SPEC 7.4.
"""

from dataclasses import dataclass

from plimsoll_verify.policy.grammar import Period, parse_interval, parse_period
from plimsoll_verify.policy.names import Names
from plimsoll_verify.policy.reading import Place


@dataclass(frozen=True, slots=True)
class InventoryRule:
    """How often somebody looks at what is running, and where.

    Attributes:
        every: how often.
        by: the role that looks.
        of: the surfaces.
        tolerance: how far an inventory and a record may lie apart.
    """

    every: Period
    by: str
    of: tuple[str, ...]
    tolerance: Period


@dataclass(frozen=True, slots=True)
class RecordRules:
    """Rules about the record.

    Attributes:
        late_after: after how long a record is late.
        heartbeat: how often there is at least a heartbeat; None for no rule.
        inventory: who looks at what is running; None for no rule.
        plans_close_within: how long after its plan a run has a result; None for no rule.
        evidence_kept: for how long evidence is kept; None for no rule.
    """

    late_after: Period
    heartbeat: Period | None = None
    inventory: InventoryRule | None = None
    plans_close_within: Period | None = None
    evidence_kept: Period | None = None


def read_record_rules(place: Place, names: Names) -> RecordRules:
    """Return the rules about the record."""
    members = place.members(["late_after"], ["heartbeat", "inventory", "plans", "retention"])
    return RecordRules(
        members.of("late_after", _period),
        members.get("heartbeat", lambda at: at.members(["every"]).of("every", _interval), None),
        members.get("inventory", lambda at: _inventory(at, names), None),
        members.get("plans", lambda at: at.members(["close_within"]).of("close_within", _period), None),
        members.get("retention", lambda at: at.members(["evidence"]).of("evidence", _period), None),
    )


def _inventory(place: Place, names: Names) -> InventoryRule:
    members = place.members(["every", "by", "of", "tolerance"])
    return InventoryRule(
        members.of("every", _interval),
        members.of("by", names.role),
        members.of("of", lambda at: at.distinct(Place.id)),
        members.of("tolerance", _exact),
    )


def _period(place: Place) -> Period:
    return place.read(parse_period)


def _exact(place: Place) -> Period:
    found = place.read(parse_period)
    if found.months:
        place.fail("a tolerance in months", "say how many days: months differ")
    return found


def _interval(place: Place) -> Period:
    return place.read(parse_interval)
