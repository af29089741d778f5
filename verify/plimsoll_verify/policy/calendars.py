"""Calendars, and the periods of duties: elapsed time, business days, or as Regulation 1182/71 counts.

Source: SPEC 7.2, 7.4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, cast

from plimsoll_verify.encoding import parse_hex
from plimsoll_verify.errors import Malformed
from plimsoll_verify.policy.grammar import Period, parse_business_days, parse_deadline, parse_period
from plimsoll_verify.policy.reading import Members, Place

Counting = Literal["elapsed", "eu-1182-71"]

_part = r"[A-Z][A-Za-z0-9_+-]{0,31}"
_is_zone = re.compile(rf"UTC|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]|{_part}(?:/{_part}){{1,2}}")
_is_day = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class CalendarRule:
    """Which days are no business days, besides Saturdays and Sundays, and where.

    Attributes:
        zone: "UTC", an offset such as "+01:00", or a name such as "Europe/Brussels".
        holidays: ascending.
        sha256: of the published calendar, or "".
    """

    id: str
    zone: str
    holidays: tuple[date, ...]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A period as duties count it.

    Attributes:
        text: as the policy writes it.
        period: elapsed time; of no length for business days.
        business_days: how many, or 0.
        calendar: the calendar's id, "" where none is needed.
    """

    text: str
    period: Period
    business_days: int = 0
    calendar: str = ""
    counting: Counting = "elapsed"


@dataclass(slots=True)
class TermReader:
    """Reads the periods of duties under the calendars of a document."""

    counting: Counting = "elapsed"
    calendars: Mapping[str, CalendarRule] = field(default_factory=dict)

    def calendar_of(self, members: Members) -> str:
        """Return the calendar that a duty names, or the only one; "" if there are none or several."""
        only = next(iter(self.calendars)) if len(self.calendars) == 1 else ""
        return members.get("calendar", lambda at: at.one_of(self.calendars), only)

    def term(self, place: Place, calendar: str, *, may_be_open: bool) -> Term:
        """Return a period.

        Args:
            place: where it stands.
            calendar: the calendar that counts there, or "".
            may_be_open: whether `unquantified` makes sense.
        """
        days = place.read(parse_business_days)
        parse = parse_deadline if may_be_open else parse_period
        period = Period(place.text()) if days else place.read(parse)
        if (days or self.counting != "elapsed") and not calendar:
            if self.calendars:
                place.fail("there are several calendars", f"name one: `calendar: {min(self.calendars)}`")
            place.fail("this needs a calendar", "list one under `calendars`, with its zone and holidays")
        return Term(place.text(), period, days, calendar, self.counting)


def read_calendar(key: str, place: Place) -> CalendarRule:
    """Return a calendar."""
    members = place.members(["zone", "holidays"], ["sha256"])
    return CalendarRule(
        key,
        members.of("zone", lambda at: at.read(_zone)),
        members.of("holidays", _holidays),
        members.get("sha256", lambda at: at.read(digest), ""),
    )


def read_counting(place: Place) -> Counting:
    """Return how periods of duties are counted."""
    return cast("Counting", place.one_of(["elapsed", "eu-1182-71"]))


def _holidays(place: Place) -> tuple[date, ...]:
    found = place.each(lambda at: at.read(parse_day))
    for earlier, later, item in zip(found, found[1:], place.any_items()[1:], strict=False):
        if not earlier < later:
            item.fail(f"{later} does not come after {earlier}", "list the holidays in their order, each once")
    return found


def _zone(text: str) -> str:
    if _is_zone.fullmatch(text):
        return text
    raise ValueError("`UTC`, an offset such as `+01:00`, or a zone such as `Europe/Brussels`")


def parse_day(text: str) -> date:
    """Read a day such as `2026-12-25`.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    try:
        if _is_day.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("a day such as `2026-12-25`")


def digest(text: str) -> str:
    """Read a SHA-256 digest.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    try:
        return parse_hex(text, "policy", "a digest").hex()
    except Malformed:
        raise ValueError("a SHA-256 digest of 64 lower-case hex digits") from None
