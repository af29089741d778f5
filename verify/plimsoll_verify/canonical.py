"""Canonical JSON: the one spelling of a value, and the refusal of every other.

Two readings of the same bytes must not differ, so the parser refuses what decoders usually let through:
fractions and exponents, integers that a double cannot hold, keys that come twice, lone surrogates, and white
space. Typed readings elsewhere (`msgspec`) are checked by the same law: what was read, written again, must
be the bytes that were read.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from plimsoll_verify.encoding import sample
from plimsoll_verify.errors import Malformed
from plimsoll_verify.limits import MAX_DEPTH, MAX_INTEGER, MAX_REASON_CHARS

_T = TypeVar("_T")
_is_name = re.compile(r"[A-Za-z0-9_.:-]+").fullmatch
_INTEGER_CHARS = len(str(-MAX_INTEGER))

encode_sorted = msgspec.json.Encoder(order="sorted").encode
"""Write a typed value canonically: keys of structs and objects in code-point order, no white space."""


@lru_cache(maxsize=4096)
def is_member_name(name: str) -> bool:
    """Say whether an object of the profile may have a member of this name.

    Source: SPEC 1.2.
    """
    return _is_name(name) is not None


class _Refused(Exception):
    """A value that canonical JSON does not have; carries what was wanted and what was found."""


def _integer(text: str) -> int:
    # The length is looked at first: int() of a million digits takes its time, or raises.
    if len(text) > _INTEGER_CHARS or abs(int(text)) > MAX_INTEGER or text == "-0":
        raise _Refused("integers within ±(2^53-1)", sample(text))
    return int(text)


def _no_number(text: str) -> Any:
    raise _Refused("no fractions, exponents, NaN or Infinity", sample(text))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("each key once", "a key that comes twice")
    for key in found:
        if not is_member_name(key):
            raise _Refused("keys of [A-Za-z0-9_.:-]", sample(key))
    return found


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_no_number, parse_int=_integer, parse_constant=_no_number
)


def _verify_depth(value: Any) -> None:
    """Refuse what is nested deeper than the limit, level by level and so without recursion."""
    level: list[Any] = [value]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _Refused(f"nesting of at most {MAX_DEPTH}", "deeper nesting")
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]


def parse_canonical(data: bytes, check: str, what: str) -> Any:
    """Read canonical JSON into dicts, lists, strings, integers, booleans and None.

    Bounded by the caller: memory is up to some fifty times `data`.

    Raises:
        Malformed: not JSON, not within the profile, or not the canonical spelling.

    Source: SPEC 1.2 / RFC 8785 3.2.
    """
    try:
        value = _decoder.decode(data.decode("utf-8"))
        _verify_depth(value)
        again = format_canonical(value)
    except _Refused as refused:
        wanted, found = refused.args
        raise Malformed(check, f"canonical JSON for {what}: {wanted}", found) from None
    except RecursionError:
        raise Malformed(
            check, f"canonical JSON for {what}: nesting of at most 64", "deeper nesting"
        ) from None
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError and UnicodeEncodeError.
        raise Malformed(check, f"canonical JSON for {what}", _reason(error)) from None
    if again != data:
        place = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), len(again))
        raise Malformed(
            check,
            f"the canonical spelling of {what}",
            f"another spelling, from byte {place}: {sample(data[place:])}",
        )
    return value


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at character {error.pos}: {error.msg.lower()}"
    return "text that is not Unicode"


def format_canonical(value: Any) -> bytes:
    """Write a value of the profile canonically.

    Raises:
        UnicodeEncodeError: a lone surrogate in a string.

    Source: SPEC 1.2 / RFC 8785 3.2.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def decode_exactly(data: bytes, decode: Callable[[bytes], _T], what: str) -> _T:
    """Read bytes into a struct that has a place for every member, and whose encoding they are.

    Args:
        data: canonical JSON.
        decode: of a `msgspec.json.Decoder` of a type without floats, and whose integers are bounded.
        what: what is read, for the error.

    Raises:
        Malformed: not canonical, members missing, unknown or of another type.

    Source: SPEC 1.2.
    """
    try:
        value = decode(data)
        if encode_sorted(value) == data:
            return value
        found = "members that it does not have, or base64 of another spelling"
    except msgspec.ValidationError as error:
        found = str(error)[:MAX_REASON_CHARS]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = "no JSON"
    # The generic parser says best what is wrong with the spelling. What it accepts has the wrong members.
    parse_canonical(data, "entries", what)
    raise Malformed("entries", f"the members of {what}", found)
