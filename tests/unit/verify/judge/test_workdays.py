"""Calendars: zones, holidays, and the ends of periods that depend on them."""

from datetime import UTC, date, datetime

import pytest

from plimsoll_verify.encoding import parse_time
from plimsoll_verify.policy.calendars import CalendarRule, Counting, TermReader
from plimsoll_verify.policy.grammar import NEVER_MS, parse_period
from plimsoll_verify.policy.reading import Place
from plimsoll_verify.workdays import Calendar, end_of, parse_zone

EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 2)})
BRUSSELS = Calendar(parse_zone("Europe/Brussels"), EASTER)


def at(text: str) -> int:
    """Return a time of 2026 in ms: `04-02 15:30`."""
    return parse_time(f"2026-{text.replace(' ', 'T')}:00.000Z")


@pytest.mark.parametrize("text", ["UTC", "+01:00", "-14:59", "Europe/Brussels"])
def test_zones_that_are_known(text: str) -> None:
    zone = parse_zone(text)
    assert datetime(2026, 1, 1, tzinfo=zone).utcoffset() is not None


@pytest.mark.parametrize(
    "text", ["", "utc+1", "+15:00", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "a\0b"]
)
def test_zones_that_nobody_knows(text: str) -> None:
    with pytest.raises(ValueError, match="an offset such as"):
        parse_zone(text)


@pytest.mark.parametrize(
    ("event", "text", "end"),
    [
        # Thursday before Easter: Friday and Monday are holidays.
        ("04-02 15:30", "1 day", "04-07 22:00"),
        ("04-02 15:30", "3 days", "04-08 22:00"),
        ("04-02 15:30", "1 week", "04-09 22:00"),
        ("04-02 15:30", "0 days", "04-02 15:30"),
        # The hour in which it happened does not count, and a period of hours may end on any day.
        ("04-02 15:30", "72 hours", "04-05 16:00"),
        ("04-02 16:00", "1 hour", "04-02 18:00"),
        ("04-02 15:30", "1440 minutes", "04-03 15:30"),
        # 2 April to 2 May, a Saturday and a holiday: the next working day is Monday, 4 May.
        ("04-02 15:30", "1 month", "05-04 22:00"),
        # Clocks go forward on 29 March: the day ends an hour earlier in UTC.
        ("03-27 12:00", "1 day", "03-30 22:00"),
        ("01-05 23:30", "1 day", "01-07 23:00"),
    ],
)
def test_periods_as_the_regulation_counts_them(event: str, text: str, end: str) -> None:
    assert BRUSSELS.period_after_1182_71(at(event), parse_period(text), 0) == at(end)


def test_business_days() -> None:
    assert BRUSSELS.business_days_after(at("04-02 15:30"), 0) == at("04-02 15:30")
    assert BRUSSELS.business_days_after(at("04-02 15:30"), 1) == at("04-07 15:30")
    assert BRUSSELS.business_days_after(at("04-04 15:30"), 1) == at("04-07 15:30")
    assert BRUSSELS.period_after_1182_71(at("04-02 15:30"), parse_period("0 days"), 5) == at("04-13 22:00")


def test_what_falls_past_the_year_9999_never_comes() -> None:
    late = parse_time("9999-12-31T12:00:00.000Z")
    assert BRUSSELS.business_days_after(late, 1) == NEVER_MS
    assert BRUSSELS.period_after_1182_71(late, parse_period("1 day"), 0) == NEVER_MS
    later = parse_time("9999-12-20T12:00:00.000Z")
    assert BRUSSELS.business_days_after(later, 99_999) == NEVER_MS
    assert BRUSSELS.period_after_1182_71(later, parse_period("99 years"), 0) == NEVER_MS
    assert BRUSSELS.period_after_1182_71(later, parse_period("11 days"), 0) == NEVER_MS
    assert BRUSSELS.period_after_1182_71(later, parse_period("99999 hours"), 0) == NEVER_MS


def test_a_calendar_of_nothing_but_holidays_ends_some_day() -> None:
    holidays = frozenset(date.fromordinal(date(2026, 1, 1).toordinal() + day) for day in range(4096))
    calendar = Calendar(UTC, holidays)
    found = calendar.business_days_after(at("01-01 00:00"), 1)
    assert datetime.fromtimestamp(found // 1000, UTC).date() == date(2037, 3, 20)


RULE = CalendarRule("c", "Europe/Brussels", tuple(sorted(EASTER)))


@pytest.mark.parametrize(
    ("text", "counting", "is_lead", "end"),
    [
        ("3 days", "elapsed", False, "04-05 15:30"),
        ("3 days", "eu-1182-71", False, "04-08 22:00"),
        ("3 days", "eu-1182-71", True, "04-05 15:30"),
        ("1 business day", "elapsed", False, "04-07 15:30"),
        ("1 business day", "eu-1182-71", False, "04-07 22:00"),
        ("1 business day", "eu-1182-71", True, "04-07 15:30"),
    ],
)
def test_terms_end(text: str, counting: Counting, is_lead: bool, end: str) -> None:
    term = TermReader(counting, {"c": RULE}).term(Place(text), "c", may_be_open=True)
    assert end_of(term, {"c": RULE}, at("04-02 15:30"), is_lead=is_lead) == at(end)


def test_what_nobody_can_count_has_no_end() -> None:
    reader = TermReader("elapsed", {})
    assert end_of(reader.term(Place("unquantified"), "", may_be_open=True), {}, 0) is None
    nowhere = CalendarRule("c", "Middle/Earth", ())
    term = TermReader("elapsed", {"c": nowhere}).term(Place("2 business days"), "c", may_be_open=True)
    assert end_of(term, {"c": nowhere}, 0) is None
