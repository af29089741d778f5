"""Periods with a calendar, counted day by day on paper: slow, and meant to be obviously right (SPEC 7.6)."""

from datetime import date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)


def is_working(day: date, holidays: set[date]) -> bool:
    """Regulation 1182/71, Article 2(2): all days but holidays, Saturdays and Sundays."""
    return day.weekday() < 5 and day not in holidays


def business_days_later(event: datetime, count: int, holidays: set[date]) -> datetime:
    """The same time of day that many business days later; `event` is local time."""
    day = event.date()
    for _ in range(count):
        day += DAY
        while not is_working(day, holidays):
            day += DAY
    return datetime.combine(day, event.time(), tzinfo=event.tzinfo)


def end_1182_71(event: datetime, days: int, holidays: set[date], *, working: bool = False) -> datetime:
    """Article 3: the end of a period of days (or of working days) that runs from an event, as local time."""
    period: list[date] = []
    day = event.date()
    while (len([one for one in period if is_working(one, holidays)]) if working else len(period)) < days:
        day += DAY
        period.append(day)
    if not working:
        least = 2 if days >= 2 else 1
        while (
            not is_working(period[-1], holidays)
            or len([one for one in period if is_working(one, holidays)]) < least
        ):
            period.append(period[-1] + DAY)
    zone: tzinfo | None = event.tzinfo
    return datetime.combine(period[-1] + DAY, time.min, tzinfo=zone)
