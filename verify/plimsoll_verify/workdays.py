"""Periods that depend on a calendar: business days, and the counting of Regulation (EEC, Euratom) 1182/71.

The calendar is a part of the policy: its zone, and the days besides Saturdays and Sundays on which nobody
works. What takes place at a time takes place on the local day of that time. Nothing here enumerates days, so
that a period of many years costs no more than one of a week.

Source: SPEC 7.6.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plimsoll_verify.policy.calendars import CalendarRule, Term
from plimsoll_verify.policy.grammar import NEVER_MS, Period

HOUR_MS = 3_600_000
_LAST_DAY = date.max.toordinal() - 1
_offset = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])").fullmatch


@lru_cache(maxsize=64)
def parse_zone(text: str) -> tzinfo:
    """Read `UTC`, an offset such as `+01:00`, or a name of the time zone database such as `Europe/Brussels`.

    Names are looked up in the verifier's own database, so one that it does not have is not understood.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    if text == "UTC":
        return UTC
    found = _offset(text)
    if found is not None:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-offset if found[1] == "-" else offset)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("`UTC`, an offset such as `+01:00`, or a zone that this computer knows") from None


def _weekdays(day: int) -> int:
    """Return how many Mondays to Fridays there are up to a day, itself included; day 1 was a Monday."""
    weeks, rest = divmod(day, 7)
    return weeks * 5 + min(rest, 5)


def _weekday(number: int) -> int:
    """Return the day that is the number-th Monday to Friday."""
    weeks, rest = divmod(number - 1, 5)
    return weeks * 7 + rest + 1


@dataclass(frozen=True)
class Calendar:
    """Which days are worked on, in which zone.

    Attributes:
        holidays: days besides Saturdays and Sundays on which nobody works.
    """

    zone: tzinfo
    holidays: frozenset[date]
    _off: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep, sorted, which of the Mondays to Fridays are holidays."""
        days = sorted(day.toordinal() for day in self.holidays if day.weekday() < 5)
        object.__setattr__(self, "_off", tuple(map(_weekdays, days)))

    def worked(self, day: int) -> int:
        """Return how many business days there are up to a day (an ordinal), itself included."""
        number = _weekdays(day)
        return number - bisect_right(self._off, number)

    def nth(self, count: int) -> int:
        """Return the first day up to which there are that many business days."""
        number = count
        while (later := count + bisect_right(self._off, number)) != number:
            number = later
        return _weekday(number)

    def is_worked(self, day: int) -> bool:
        """Say whether a day is a business day."""
        number = _weekdays(day)
        at = bisect_left(self._off, number)
        return day % 7 not in (6, 0) and not (at < len(self._off) and self._off[at] == number)

    # -- from instants to local days and back

    def local(self, time_ms: int) -> datetime:
        """Return an instant as local time, whole seconds."""
        return datetime.fromtimestamp(time_ms // 1000, UTC).astimezone(self.zone)

    def midnight(self, day: int) -> int:
        """Return the instant at which a local day begins."""
        return self.instant(day, time.min)

    def instant(self, day: int, clock: time) -> int:
        """Return when it is some time of a local day; of a time that occurs twice the first."""
        if day > _LAST_DAY:
            return NEVER_MS
        at = datetime.combine(date.fromordinal(day), clock, tzinfo=self.zone)
        return int(at.timestamp()) * 1000

    # -- periods

    def business_days_after(self, time_ms: int, count: int) -> int:
        """Return the same time of day that many business days later."""
        if not count:
            return time_ms
        here = self._local_or_none(time_ms)
        if here is None:
            return NEVER_MS
        day = self.nth(self.worked(here.toordinal()) + count)
        return min(self.instant(day, here.time().replace(fold=0)) + time_ms % 1000, NEVER_MS)

    def period_after_1182_71(self, time_ms: int, period: Period, business_days: int) -> int:
        """Return the end of a period as Articles 2 and 3 of Regulation 1182/71 count it.

        The hour or day of the event does not count; a period ends with the last hour of its last day, which
        is a working day unless the period is one of hours; one of two days or more holds two working days.

        Args:
            time_ms: the event.
            period: the period, unless it is one of business days.
            business_days: how many, or 0.
        """
        here = self._local_or_none(time_ms)
        if here is None:
            return NEVER_MS
        today = here.toordinal()
        if business_days:
            return self.midnight(self.nth(self.worked(today) + business_days) + 1)
        unit = period.text.rpartition(" ")[2].removesuffix("s")
        if not period.months and (not period.ms or unit in ("minute", "hour")):
            begin = self._next_hour(time_ms, here) if unit == "hour" and period.ms else time_ms
            return min(begin + period.ms, NEVER_MS)
        days = period.ms // (24 * HOUR_MS)
        last = _same_day(today, period.months) if period.months else today + days
        if last > _LAST_DAY:
            return NEVER_MS
        least = 2 if period.months or days >= 2 else 1
        if not self.is_worked(last) or self.worked(last) - self.worked(today) < least:
            last = max(self.nth(self.worked(today) + least), self._next_worked(last))
        return self.midnight(last + 1)

    def _next_worked(self, day: int) -> int:
        """Return a day if it is a business day, else the next that is."""
        return day if self.is_worked(day) else self.nth(self.worked(day) + 1)

    def _next_hour(self, time_ms: int, here: datetime) -> int:
        """Return when the hour after that of an event begins, by the local clock."""
        return time_ms - time_ms % 1000 - (here.minute * 60 + here.second) * 1000 + HOUR_MS

    def _local_or_none(self, time_ms: int) -> datetime | None:
        """Return an instant as local time; None too near to the year 10000 for there to be one."""
        return self.local(time_ms) if time_ms < NEVER_MS - 48 * HOUR_MS else None


def _same_day(day: int, months: int) -> int:
    """Return the day of the same date some months later, clamped to the month's last."""
    midnight_ms = (day - date(1970, 1, 1).toordinal()) * 24 * HOUR_MS
    later = Period("", months=months).after(midnight_ms)
    return later // (24 * HOUR_MS) + date(1970, 1, 1).toordinal()


@lru_cache(maxsize=64)
def calendar_of(rule: CalendarRule) -> Calendar | None:
    """Return a policy's calendar; None if this computer does not know its zone."""
    try:
        return Calendar(parse_zone(rule.zone), frozenset(rule.holidays))
    except ValueError:
        return None


def end_of(
    term: Term, calendars: Mapping[str, CalendarRule], at_ms: int, *, is_lead: bool = False
) -> int | None:
    """Return when a term is over that begins at an instant; None if nobody can count it.

    Args:
        term: how long.
        calendars: those of the policy.
        at_ms: the instant.
        is_lead: whether it is counted back from something, so that time is elapsed.

    Source: SPEC 7.6.
    """
    if not term.period.is_quantified:
        return None
    is_eu = term.counting == "eu-1182-71" and not is_lead
    if not is_eu and not term.business_days:
        return term.period.after(at_ms)
    calendar = calendar_of(calendars[term.calendar])
    if calendar is None:
        return None
    if is_eu:
        return calendar.period_after_1182_71(at_ms, term.period, term.business_days)
    return calendar.business_days_after(at_ms, term.business_days)
