"""Strict readings of the small things: base64, decimals, digests, times, ids.

Each accepts one spelling of one value, so that two readers cannot take the same bytes for different things.
Python's own decoders accept more (stray bits in base64, `+5`, `0_5`, full-width digits), and so are never
asked alone.
"""

import base64
import binascii
import re
from datetime import UTC, date, datetime
from functools import lru_cache

from plimsoll_verify.errors import Malformed
from plimsoll_verify.limits import HASH_BYTES, MAX_INTEGER, MAX_ORIGIN_BYTES, MAX_TIME_S, SAMPLE_CHARS

ID_PATTERN = r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
"""SPEC 1.5, to be used with `fullmatch` or between `\\A` and `\\Z`."""

HEX_PATTERN = r"[0-9a-f]{64}"
"""A digest in hex, SPEC 1.3."""

_is_id = re.compile(ID_PATTERN).fullmatch
_is_hex = re.compile(HEX_PATTERN).fullmatch
_is_day = re.compile(r"(?:19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T").fullmatch
_is_origin = re.compile(r"[a-z0-9.-]+(?:/[A-Za-z0-9._-]+)*").fullmatch
_is_decimal = re.compile(r"0|[1-9][0-9]{0,15}").fullmatch
_ORDINAL_1970 = date(1970, 1, 1).toordinal()
# The parts of a time, each in its only spelling: to look them up is both the check and the reading.
_MINUTES_MS = {f"{m // 60:02d}:{m % 60:02d}:": m * 60_000 for m in range(24 * 60)}
_SECONDS_MS = {f"{s:02d}.": s * 1000 for s in range(60)}
_MS = {f"{ms:03d}Z": ms for ms in range(1000)}
_ALIKE = str.maketrans({"-": None, "0": "o", "1": "l", "i": "l", "5": "s"})


def sample(text: str | bytes) -> str:
    """Quote the beginning of a foreign text for an error message, every control character escaped."""
    cut = text[:SAMPLE_CHARS]
    more = "..." if len(text) > SAMPLE_CHARS else ""
    return f"{cut!a}{more}"


def parse_base64(text: str, check: str, what: str) -> bytes:
    """Read standard, padded base64 that has exactly one spelling.

    Raises:
        Malformed: other characters, wrong padding, or bits set that belong to no byte.

    Source: SPEC 1.3.
    """
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:  # UnicodeEncodeError and binascii.Error are both of this kind.
        raise Malformed(check, f"base64 for {what}", sample(text)) from None
    if format_base64(data) != text:
        raise Malformed(check, f"base64 for {what} that re-encodes to itself", sample(text))
    return data


def format_base64(data: bytes) -> str:
    """Write standard, padded base64."""
    return base64.b64encode(data).decode("ascii")


def parse_decimal(text: str, check: str, what: str) -> int:
    """Read a count or size: no sign, no leading zero, at most 2^53-1.

    Raises:
        Malformed: anything else.

    Source: SPEC 1.3.
    """
    if _is_decimal(text):
        number = int(text)
        if number <= MAX_INTEGER:
            return number
    raise Malformed(check, f"a decimal number up to 2^53-1 for {what}", sample(text))


def parse_hex(text: str, check: str, what: str) -> bytes:
    """Read a SHA-256 digest of 64 lower-case hex digits into its 32 bytes.

    Raises:
        Malformed: anything else.

    Source: SPEC 1.3.
    """
    if not _is_hex(text):
        raise Malformed(check, f"64 lower-case hex digits for {what}", sample(text))
    return bytes.fromhex(text)


def parse_hash(text: str, check: str, what: str) -> bytes:
    """Read a hash of exactly 32 bytes in base64.

    Raises:
        Malformed: no strict base64, or another length.

    Source: SPEC 2.1.
    """
    data = parse_base64(text, check, what)
    if len(data) != HASH_BYTES:
        raise Malformed(check, f"32 bytes for {what}", f"{len(data)} bytes")
    return data


def parse_id(text: str, check: str, what: str) -> str:
    """Return an id that is well-formed.

    Raises:
        Malformed: it is not.

    Source: SPEC 1.5.
    """
    if not _is_id(text):
        raise Malformed(check, f"an id of [a-z0-9-] for {what}", sample(text))
    return text


def parse_origin(text: str, check: str) -> str:
    """Return an origin that is well-formed.

    Raises:
        Malformed: it is not, or it is longer than 255 bytes.

    Source: SPEC 1.5.
    """
    if not _is_origin(text) or len(text) > MAX_ORIGIN_BYTES:
        raise Malformed(check, "an origin such as example.org/log", sample(text))
    return text


def skeleton(text: str) -> str:
    """Return what two ids share when a person could take one for the other.

    Source: SPEC 1.5.
    """
    return text.translate(_ALIKE)


@lru_cache(maxsize=4096)
def _day_ms(text: str) -> int:
    """Return the milliseconds from 1970 to a `YYYY-MM-DDT`; ValueError where there is no such day."""
    if not _is_day(text):
        raise ValueError(text)
    return (date.fromisoformat(text[:10]).toordinal() - _ORDINAL_1970) * 86_400_000


def parse_time(text: str, check: str = "time", what: str = "a time") -> int:
    """Read a time into milliseconds since 1970-01-01T00:00:00Z.

    Raises:
        Malformed: not of the form `YYYY-MM-DDThh:mm:ss.mmmZ`, or no real instant of the years 1970 to 9999.

    Source: SPEC 1.4.
    """
    try:
        return _day_ms(text[:11]) + _MINUTES_MS[text[11:17]] + _SECONDS_MS[text[17:20]] + _MS[text[20:]]
    except (KeyError, ValueError):
        raise Malformed(check, f"YYYY-MM-DDThh:mm:ss.mmmZ for {what}", sample(text)) from None


def format_time(time_ms: int) -> str:
    """Write milliseconds since 1970 in the one form of SPEC 1.4.

    Raises:
        ValueError: not within the years 1970 to 9999; the caller's mistake.
    """
    seconds, rest = divmod(time_ms, 1000)
    if not 0 <= seconds <= MAX_TIME_S:
        raise ValueError(f"{time_ms} ms is not between the years 1970 and 9999")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
