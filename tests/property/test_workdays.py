"""Periods with a calendar: computed without counting days, and compared with the count."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.days import business_days_later, end_1182_71

from plimsoll_verify.policy.grammar import parse_period
from plimsoll_verify.workdays import Calendar

ZONES = [UTC, ZoneInfo("Europe/Brussels"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Kolkata")]
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 31))
EVENTS = st.integers(0, 90 * 24 * 60).map(lambda at: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=at))


def ms(at: datetime) -> int:
    """Return an instant in ms."""
    return int(at.timestamp()) * 1000


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.integers(1, 30), st.sets(DAYS, max_size=12), st.sampled_from(ZONES))
def test_business_days_are_those_that_one_counts(
    event: datetime, count: int, holidays: set[date], zone: ZoneInfo
) -> None:
    calendar = Calendar(zone, frozenset(holidays))
    local = event.astimezone(zone)
    assert (
        calendar.business_days_after(ms(event) + 7, count)
        == ms(business_days_later(local, count, holidays)) + 7
    )
    ends = calendar.period_after_1182_71(ms(event), parse_period("0 days"), count)
    assert ends == ms(end_1182_71(local, count, holidays, working=True))


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.integers(1, 30), st.sets(DAYS, max_size=12), st.sampled_from(ZONES))
def test_periods_of_days_end_where_the_regulation_has_it(
    event: datetime, days: int, holidays: set[date], zone: ZoneInfo
) -> None:
    calendar = Calendar(zone, frozenset(holidays))
    period = parse_period(f"{days} day{'s' if days > 1 else ''}")
    ends = calendar.period_after_1182_71(ms(event), period, 0)
    assert ends == ms(end_1182_71(event.astimezone(zone), days, holidays))
