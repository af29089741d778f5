"""The words a policy is made of: periods, amounts, quorums, activities. Each has one reading.

A policy's scalars are strings exactly as their author wrote them; none of them ever passes through a float.

Source: SPEC 7.2, 7.3.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from plimsoll_verify.limits import MAX_TIME_S

NEVER_MS = (MAX_TIME_S + 1) * 1000
"""After the last instant that a time can name."""

MAX_QUORUM_ROLES = 16
"""Roles that one quorum may name in all; more would let a policy keep its readers busy for good."""

MAX_AMOUNT_DIGITS = 6
"""Digits before and after the point of an amount, or of either part of a fraction."""

FORCES = ("commitment", "aim", "recommendation", "illustrative")
"""How binding a rule is. There is no default; only a broken commitment is a violation."""

_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000}
_MONTHS = {"month": 1, "year": 12}
_period = re.compile(r"(0|[1-9][0-9]{0,4}) (minute|hour|day|week|month|year)(s?)").fullmatch
_business = re.compile(r"([1-9][0-9]{0,4}) business day(s?)").fullmatch
_digits = rf"(?:0|[1-9][0-9]{{0,{MAX_AMOUNT_DIGITS - 1}}})"
_amount = re.compile(rf"{_digits}(?:\.[0-9]{{1,{MAX_AMOUNT_DIGITS}}}|/(?!0){_digits})?").fullmatch


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time: exact milliseconds, or calendar months in UTC.

    One of which the source gives no figure (`unquantified`) never ends here; whoever judges by it says so.
    """

    text: str
    ms: int = 0
    months: int = 0

    @property
    def is_quantified(self) -> bool:
        """Whether the source says how long it is."""
        return self.text != _UNQUANTIFIED

    def after(self, time_ms: int) -> int:
        """Return the instant this long after another; `NEVER_MS` past the year 9999.

        The day of a month is clamped to the month's last: 31 January and one month is 28 or 29 February.

        Source: SPEC 7.2.
        """
        if not self.months:
            return min(time_ms + self.ms, NEVER_MS)
        days, rest_ms = divmod(time_ms, 86_400_000)
        later = _months_after(days, self.months)
        return NEVER_MS if later is None else later + rest_ms


@lru_cache(maxsize=4096)
def _months_after(days: int, months: int) -> int | None:
    """Return, in ms, the midnight some months after that of a day since 1970; None past the year 9999."""
    start = datetime.fromtimestamp(days * 86_400, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > 9999:
        return None
    day = min(start.day, _last_day(year, month + 1))
    return int(datetime(year, month + 1, day, tzinfo=UTC).timestamp()) * 1000


def _last_day(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def parse_period(text: str) -> Period:
    """Read `<n> minutes|hours|days|weeks|months|years`, singular for 1 and only for 1.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    found = _period(text)
    if found is None or (found[1] == "1") == (found[3] == "s"):
        raise ValueError("a period such as `1 month`, `72 hours` or `6 months`")
    count, unit = int(found[1]), found[2]
    return Period(text, ms=count * _UNITS_MS.get(unit, 0), months=count * _MONTHS.get(unit, 0))


_UNQUANTIFIED = "unquantified"

UNQUANTIFIED = Period(_UNQUANTIFIED, ms=NEVER_MS)
"""What the source puts in words such as "promptly"."""

MIN_EVERY_MS = 3_600_000
"""The shortest time after which anything can be due again and again."""


def parse_deadline(text: str) -> Period:
    """Read a period, or `unquantified`.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    if text == _UNQUANTIFIED:
        return UNQUANTIFIED
    try:
        return parse_period(text)
    except ValueError as error:
        raise ValueError(f"{error}, or `unquantified`,") from None


def parse_interval(text: str) -> Period:
    """Read a period of an hour or more, after which something comes round again.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    found = parse_period(text)
    if found.ms < MIN_EVERY_MS and not found.months:
        raise ValueError("a period of an hour or more")
    return found


def parse_business_days(text: str) -> int:
    """Read `<n> business days`, singular for 1 and only for 1; 0 if it is no such period at all.

    Raises:
        ValueError: a number and a plural that do not fit.
    """
    found = _business(text)
    if found is None:
        return 0
    if (found[1] == "1") == (found[2] == "s"):
        raise ValueError("`1 business day` or `5 business days`")
    return int(found[1])


def parse_amount(text: str) -> Fraction:
    """Read a decimal such as `0.25` or a fraction such as `27/33`, exactly.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    if _amount(text):
        return Fraction(text)
    raise ValueError("an amount such as `0.25` or `27/33`")


def parse_whole(text: str) -> int:
    """Read a whole number of up to nine digits.

    Raises:
        ValueError: anything else; says what was wanted.
    """
    if re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        return int(text)
    raise ValueError("a whole number such as `10`")


@dataclass(frozen=True, slots=True)
class Quorum:
    """`k` of these roles and nested quorums, each filled by a person of its own.

    `all_of` asks for as many as there are, `any_of` for one.
    """

    k: int
    of: tuple["str | Quorum", ...]

    def roles(self) -> tuple[str, ...]:
        """Return every role it names, in order, as often as it does."""
        return tuple(role for part in self.of for role in ([part] if isinstance(part, str) else part.roles()))

    def __str__(self) -> str:
        parts = [part if isinstance(part, str) else f"({part})" for part in self.of]
        if len(parts) > 1 and len(set(parts)) == 1:
            return f"{self.k} {'persons' if self.k > 1 else 'person'} in role {parts[0]}"
        if self.k == len(parts):
            return " and ".join(parts)
        return " or ".join(parts) if self.k == 1 else f"{self.k} of {', '.join(parts)}"


class Activity(StrEnum):
    """What a rule can be about; the value is how policies write it."""

    TRAINING = "training it"
    TRAINING_OTHERS = "training any model of at least its effective compute"
    STORING = "storing it"
    DEPLOYING = "deploying it"
    DEPLOYING_EXTERNALLY = "deploying it externally"
    DEPLOYING_TO_TRUSTED = "deploying it externally to trusted users"
    DEPLOYING_TO_LIMITED = "deploying it externally to a limited audience"
    DEPLOYING_TO_EVERYBODY = "deploying it externally to everybody"
    RELEASING_WEIGHTS = "releasing its weights"
    OFFERING_FINE_TUNING = "offering it for fine-tuning"
    DEPLOYING_INTERNALLY = "deploying it internally"
    DEPLOYING_LITTLE = "deploying it internally at limited scale"
    DEPLOYING_AT_SCALE = "deploying it internally at large scale"
    DEPLOYING_AT_RISK = "deploying it internally at high risk"
    DEPLOYING_AUTONOMY = "deploying it with expanded autonomy"
    DEPLOYING_TOOLS = "deploying it with tools"

    @property
    def kind(self) -> str:
        """Return "train", "store" or "deploy"."""
        return _KINDS.get(self, "deploy")


_KINDS = {Activity.TRAINING: "train", Activity.TRAINING_OTHERS: "train", Activity.STORING: "store"}

SCOPES: dict[Activity, tuple[str, ...]] = {
    Activity.DEPLOYING_EXTERNALLY: (
        "external.trusted",
        "external.limited",
        "external.general",
        "external.weights",
        "external.fine-tuning",
    ),
    Activity.DEPLOYING_TO_TRUSTED: ("external.trusted",),
    Activity.DEPLOYING_TO_LIMITED: ("external.limited",),
    Activity.DEPLOYING_TO_EVERYBODY: ("external.general",),
    Activity.RELEASING_WEIGHTS: ("external.weights",),
    Activity.OFFERING_FINE_TUNING: ("external.fine-tuning",),
    Activity.DEPLOYING_INTERNALLY: ("internal.limited", "internal.large-scale", "internal.high-risk"),
    Activity.DEPLOYING_LITTLE: ("internal.limited",),
    Activity.DEPLOYING_AT_SCALE: ("internal.large-scale", "internal.high-risk"),
    Activity.DEPLOYING_AT_RISK: ("internal.high-risk",),
}
"""The scopes of the activities that go by scope.

Source: SPEC 7.3.
"""

ATTRIBUTES = {Activity.DEPLOYING_AUTONOMY: "autonomy-expanded", Activity.DEPLOYING_TOOLS: "tools"}
"""The attribute of the activities that go by attribute, whatever the scope."""


@lru_cache(maxsize=1024)
def activities_of(kind: str, scope: str, attributes: frozenset[str]) -> frozenset[Activity]:
    """Return the activities that a form of an activity is one of.

    Args:
        kind: "train", "store" or "deploy".
        scope: of a deployment; "" where it is not known, which only `deploying it` covers.
        attributes: of a deployment.

    Source: SPEC 7.3.
    """
    if kind != "deploy":
        return frozenset({Activity.TRAINING if kind == "train" else Activity.STORING})
    found = {Activity.DEPLOYING}
    found |= {activity for activity, scopes in SCOPES.items() if scope in scopes}
    found |= {activity for activity, attribute in ATTRIBUTES.items() if attribute in attributes}
    return frozenset(found)
