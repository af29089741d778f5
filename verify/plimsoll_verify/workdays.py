"""Periods that depend on a calendar: business days, and the counting of Regulation (EEC, Euratom) 1182/71.

The calendar is a part of the policy: its zone, and the days besides Saturdays and Sundays on which nobody
works. What takes place at a time takes place on the local day of that time. Nothing here enumerates days, so
that a period of many years costs no more than one of a week.

Source: SPEC 7.6.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plimsoll_verify.policy.grammar import NEVER_MS, Period, parse_period

HOUR_MS = 3_600_000
_LAST_DAY = date.max.toordinal() - 1
_business = re.compile(r"(0|[1-9][0-9]{0,4}) business day(s?)").fullmatch
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


def parse_day(text: str) -> date:
    """Read a day, `YYYY-MM-DD`.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError("a day such as `2026-12-25`")


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


@dataclass(frozen=True)
class Term:
    """How long somebody has, and how that is counted.

    Attributes:
        period: the period; of no length where it is one of business days.
        business_days: how many, or 0.
        calendar: by which it is counted; None where it takes none.
        is_eu: whether it is counted as Regulation 1182/71 has it.
    """

    text: str
    period: Period
    business_days: int = 0
    calendar: Calendar | None = None
    is_eu: bool = False

    @property
    def needs_calendar(self) -> bool:
        """Whether it cannot be counted without a calendar."""
        return self.is_eu or self.text.endswith(("business day", "business days"))

    def after(self, time_ms: int) -> int:
        """Return when it is over that began at an instant; `NEVER_MS` past the year 9999."""
        if self.calendar is None:
            return self.period.after(time_ms)
        if self.is_eu:
            return self.calendar.period_after_1182_71(time_ms, self.period, self.business_days)
        if self.business_days:
            return self.calendar.business_days_after(time_ms, self.business_days)
        return self.period.after(time_ms)


def parse_term(text: str, calendar: Calendar | None = None, *, is_eu: bool = False) -> Term:
    """Read a period, or `<n> business days`, singular for 1 and only for 1.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    found = _business(text)
    if found is not None and (found[1] == "1") != (found[2] == "s"):
        return Term(text, Period(text), int(found[1]), calendar, is_eu)
    try:
        return Term(text, parse_period(text), 0, calendar, is_eu)
    except ValueError:
        raise ValueError("a period such as `15 days`, `72 hours` or `5 business days`") from None
