"""Strict reading of other people's JSON, with every number kept as it was written.

A statement must carry a score as the tool wrote it, and recompute it exactly. A Python float does neither:
``0.650`` and ``6.5e-1`` become one, and 13/20 becomes its nearest double. So numbers with a fraction or an
exponent stay text (`Number`) until somebody asks for their exact value.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

MAX_NUMBER_TEXT: Final = 400
"""Characters in a number. The longest exact double has 767 digits; no tool prints more than 17."""

MAX_EXPONENT: Final = 400
"""Beyond this a double is zero or infinite, and an exact fraction could fill the memory."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE]([+-]?[0-9]{1,6}))?")


class BadJson(Exception):
    """A text that is not JSON, or JSON that says one thing twice."""


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number with a fraction, an exponent or very many digits, as it was written.

    ``NaN`` and ``Infinity``, which are not JSON but which Python's tools write, are Numbers too.
    """

    text: str

    @property
    def is_nan(self) -> bool:
        """Whether this is ``NaN``, the mark that evaluation tools use for "not scored"."""
        return self.text == "NaN"

    def exact(self) -> Fraction | None:
        """Return the exact value of the decimal text, or None if it is not finite or absurdly long."""
        return exact_decimal(self.text)


def exact_decimal(text: str) -> Fraction | None:
    """Return the exact value of decimal text such as ``-1.5e-3``, or None if it is anything else."""
    if len(text) > MAX_NUMBER_TEXT:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None or abs(int(match[1] or 0)) > MAX_EXPONENT:
        return None
    return Fraction(text)


def nearest_double(value: Fraction) -> float:
    """Return the double nearest to an exact value; infinite where it is past the largest."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def parse_json(data: bytes) -> Any:
    """Parse foreign JSON strictly and keep its numbers as written.

    Integers of up to 15 digits are ``int``; all other numbers are `Number`.

    Raises:
        BadJson: If it is not UTF-8, not JSON, too deep, or an object names a key twice: two readers could
            then see two different results in one file.
    """
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_float=Number,
            parse_constant=Number,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise BadJson(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        raise BadJson(f"not JSON: {message} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise BadJson("nested too deeply") from None


def _integer(text: str) -> int | Number:
    return int(text) if len(text) <= 15 else Number(text)


def _unique(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise BadJson(f"key {name[:80]!r} stands twice in one object")
            seen.add(name)
    return found
