"""Periods that depend on a calendar: business days, and Regulation 1182/71."""

from tests.vectors.families.base import Family, Vector, unique, vector

OK, MALFORMED = "ok", "malformed"
BRUSSELS = {
    "zone": "Europe/Brussels",
    "holidays": ["2026-04-03", "2026-04-06", "2026-05-01", "2026-05-02", "2026-12-25"],
}
OFFSET = {"zone": "-08:00", "holidays": []}
UTC = {"zone": "UTC", "holidays": ["2026-01-01"]}

EU = [
    ("days-end-with-their-last", "3 days", BRUSSELS, "03-16T09:00", "03-19T23:00"),
    ("the-hour-of-the-event-does-not-count", "72 hours", BRUSSELS, "03-16T09:20", "03-19T10:00"),
    ("hours-end-on-any-day", "24 hours", BRUSSELS, "04-02T15:30", "04-03T16:00"),
    ("an-hour-that-has-just-begun", "1 hour", BRUSSELS, "04-02T16:00", "04-02T18:00"),
    ("half-hour-zone", "1 hour", {"zone": "+05:30", "holidays": []}, "04-02T16:40", "04-02T18:30"),
    ("minutes-are-elapsed", "1440 minutes", BRUSSELS, "04-02T15:30", "04-03T15:30"),
    ("zero-is-elapsed", "0 days", BRUSSELS, "04-02T15:30", "04-02T15:30"),
    ("a-holiday-moves-the-end", "1 day", BRUSSELS, "04-02T15:30", "04-07T22:00"),
    ("a-saturday-moves-the-end", "4 days", BRUSSELS, "03-17T09:00", "03-23T23:00"),
    ("two-working-days-at-the-least", "2 days", BRUSSELS, "04-02T15:30", "04-08T22:00"),
    ("one-day-needs-one", "1 day", BRUSSELS, "03-16T09:00", "03-17T23:00"),
    ("weeks-end-on-the-same-day", "1 week", BRUSSELS, "03-11T09:00", "03-18T23:00"),
    ("months-end-on-the-same-date", "1 month", BRUSSELS, "03-11T09:00", "04-13T22:00"),
    ("months-are-clamped", "1 month", UTC, "01-30T09:00", "03-03T00:00"),
    ("years", "1 year", UTC, "01-01T09:00", "2027-01-02T00:00"),
    ("business-days-end-with-their-last", "2 business days", BRUSSELS, "04-02T15:30", "04-08T22:00"),
    ("the-local-day-counts", "1 day", BRUSSELS, "03-16T23:30", "03-18T23:00"),
    ("clocks-go-forward", "1 day", BRUSSELS, "03-27T12:00", "03-30T22:00"),
]  # fmt: skip

ELAPSED = [
    ("same-time-of-day", "1 business day", BRUSSELS, "03-16T09:00", "03-17T09:00"),
    ("over-a-weekend", "1 business day", BRUSSELS, "03-20T09:00", "03-23T09:00"),
    ("over-holidays", "1 business day", BRUSSELS, "04-02T15:30", "04-07T15:30"),
    ("from-a-saturday", "5 business days", OFFSET, "03-21T20:00", "03-27T20:00"),
    ("from-a-saturday-that-is-friday-there", "5 business days", OFFSET, "03-21T02:00", "03-28T02:00"),
    ("over-the-change-of-clocks", "1 business day", BRUSSELS, "03-27T09:00", "03-30T08:00"),
    ("a-time-that-is-skipped", "1 business day", {"zone": "America/Santiago", "holidays": []},
     "09-04T04:30", "09-07T03:30"),
    ("other-periods-are-those-of-7.2", "3 days", BRUSSELS, "04-02T15:30", "04-05T15:30"),
]  # fmt: skip

BAD = [
    "1 business days",
    "2 business day",
    "business days",
    "-1 business days",
    "1 working day",
    "0 business days",
    "promptly",
]


def _time(text: str) -> str:
    return f"{text if text.startswith('20') else f'2026-{text}'}:00.000Z"


def families() -> list[Family]:
    """SPEC 7.6."""
    found: list[Vector] = [
        vector(
            f"{counting}-{name}",
            "7.6",
            OK,
            text=text,
            counting=counting,
            calendar=calendar,
            start=_time(start),
            end=_time(end),
        )
        for counting, rows in (("elapsed", ELAPSED), ("eu-1182-71", EU))
        for name, text, calendar, start, end in rows
    ]
    found += [
        vector(f"bad-{text!r}", "7.6", MALFORMED, text=text, counting="elapsed", calendar=UTC) for text in BAD
    ]
    about = "Periods that depend on a calendar, and when one that begins at a time ends."
    return [Family("workdays", about, unique(found))]
