"""Times as statements write them: UTC, milliseconds, exactly 24 characters.

Inside the desk a time is an integer of milliseconds since 1970. A person may write any RFC 3339 time with
an offset (`read_time`); what is signed has one form only (`format_time`).
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

MAX_TIME_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)
_LOOSE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]((?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@lru_cache(maxsize=256)
def format_time(time_ms: int) -> str:
    """Return the 24 characters of a time.

    Args:
        time_ms: Milliseconds since 1970, up to the year 9999.

    Raises:
        ValueError: If it is outside these years.

    Source: SPEC 1.4.
    """
    if not 0 <= time_ms <= MAX_TIME_MS:
        raise ValueError(f"time {time_ms} ms is not between the years 1970 and 9999")
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def parse_time(text: str) -> int:
    """Return the milliseconds of 24 characters; the pair of `format_time`.

    Raises:
        ValueError: On any other form, or an instant that does not exist.

    Source: SPEC 1.4.
    """
    if _EXACT.fullmatch(text) is None:
        raise ValueError(f"time {text[:40]!r} is not of the form YYYY-MM-DDThh:mm:ss.mmmZ")
    return _milliseconds(text, text)


def read_time(text: str) -> int:
    """Return the milliseconds of a time that a person wrote, in RFC 3339 with an offset.

    Digits past the millisecond are cut off.

    Raises:
        ValueError: On any other form, without an offset, or on an instant that does not exist.
    """
    match = _LOOSE.fullmatch(text)
    if match is None:
        if _DAY.fullmatch(text):
            raise ValueError(f"time {text!r} has no hour: write {text}T00:00:00Z")
        raise ValueError(f"time {text[:40]!r} is not of the form YYYY-MM-DDThh:mm:ssZ")
    day, clock, fraction, offset = match.groups()
    if offset is None:
        raise ValueError(f"time {text!r} does not say in which zone: write {day}T{clock}Z for UTC")
    zone = "+00:00" if offset in "Zz" else offset
    return _milliseconds(f"{day}T{clock}.{((fraction or '') + '000')[:3]}{zone}", text)


def _milliseconds(exact: str, text: str) -> int:
    """Return the milliseconds of a time in the form of ISO 8601 with three digits behind the second."""
    try:
        since = datetime.fromisoformat(exact) - _EPOCH
    except ValueError as error:
        raise ValueError(f"time {text!r} does not exist: {error}") from None
    time_ms = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    if not 0 <= time_ms <= MAX_TIME_MS:
        raise ValueError(f"time {text!r} is not between the years 1970 and 9999")
    return time_ms
