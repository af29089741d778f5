"""Canonical JSON as the writer makes it: one value, one sequence of bytes.

The profile is RFC 8785 with less in it: objects whose keys match ``[A-Za-z0-9_.:-]+``, arrays, strings,
integers within +-(2^53-1), ``true``, ``false`` and ``null``. Without fractions nobody has to agree on how a
float is printed, and with these keys the order of code points and the order of UTF-16 units that the RFC
asks for are the same. A digest over such bytes is therefore a digest of the value.

The reader in the verifier is another implementation, on purpose.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import msgspec

MAX_DEPTH: Final = 64
"""Arrays and objects that may stand inside one another, the outermost one counted."""

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer, of either sign, that every JSON reader reads as the same number."""

_KEY = re.compile(r"[A-Za-z0-9_.:-]+")
_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder()


class NotCanonical(Exception):
    """A value or a text that the canonical profile does not hold.

    Attributes:
        what: What was found and what was wanted.
        where: A path to it, such as ``$.scores[0].value``, or a byte offset; ``$`` is the whole.
        hint: What a person can do, or an empty string.
    """

    def __init__(self, what: str, where: str = "$", hint: str = "") -> None:
        super().__init__(f"not canonical JSON at {where}: {what}")
        self.what = what
        self.where = where
        self.hint = hint


def format_canonical(value: object) -> bytes:
    """Return the canonical bytes of a value.

    Args:
        value: Built of exactly ``dict``, ``list``, ``str``, ``int``, ``bool`` and ``None``. Tuples and
            subclasses are refused, so that what comes out of `parse_canonical` equals what went in.

    Raises:
        NotCanonical: On floats, integers past 2^53-1, keys outside the profile, lone surrogates, other
            types, or more than 64 levels.

    Source: SPEC 1.2 / RFC 8785 3.2.
    """
    _check(value, "$", 1)
    # msgspec escapes exactly what RFC 8785 3.2.2.2 escapes and sorts by code point; a differential test
    # holds both against an independent writer. What it would let through, the check above has refused.
    return _ENCODER.encode(value)


def parse_canonical(data: bytes) -> Any:
    """Return the value of canonical bytes.

    Raises:
        NotCanonical: On anything whose canonical form is not these very bytes, with the first reason found.

    Source: SPEC 1.2.
    """
    try:
        value = _DECODER.decode(data)
        # Duplicate keys, spaces, other escapes, ``-0`` and ``1.0`` decode, and are caught here: they do
        # not come back as the same bytes. Floats and big integers do come back, and are caught by the check.
        if format_canonical(value) == data:
            return value
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _explain(data)


def _check(value: object, where: str, depth: int) -> None:
    """Walk a value and raise on the first part that the profile does not hold."""
    kind = type(value)
    if kind is str:
        _check_text(value, where)
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            raise NotCanonical(
                f"integer {_short(value)} is past 2^53-1", where, "write it as a decimal string"
            )
    elif kind is dict or kind is list:
        if depth > MAX_DEPTH:
            raise NotCanonical(f"nested deeper than {MAX_DEPTH} levels", where)
        if kind is dict:
            _check_object(value, where, depth)  # type: ignore[arg-type]
        else:
            for index, item in enumerate(value):  # type: ignore[arg-type,var-annotated]
                _check(item, f"{where}[{index}]", depth + 1)
    elif value is not None and kind is not bool:
        hint = "write it as a decimal string" if isinstance(value, float) else ""
        raise NotCanonical(f"a {kind.__name__} has no canonical form", where, hint)


def _check_object(value: Mapping[object, object], where: str, depth: int) -> None:
    for key, item in value.items():
        if type(key) is not str or _KEY.fullmatch(key) is None:
            raise NotCanonical(f"key {_short(key)} does not match [A-Za-z0-9_.:-]+", where)
        if type(item) is not str or not item.isascii():  # ASCII has no surrogates.
            _check(item, f"{where}.{key}", depth + 1)


def _check_text(value: object, where: str) -> None:
    try:
        str(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"lone surrogate at character {error.start}", where) from None


def _explain(data: bytes) -> NoReturn:
    """Raise `NotCanonical` with the reason a person can act on, read again with a slower parser."""
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_float=_refuse_float,
            parse_constant=_refuse_float,
            parse_int=_refuse_large,
        )
    except UnicodeDecodeError as error:
        raise NotCanonical("not UTF-8", f"byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotCanonical(error.msg[:1].lower() + error.msg[1:], f"character {error.pos}") from None
    except RecursionError:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH} levels") from None
    _check(value, "$", 1)
    raise NotCanonical("these bytes differ from the canonical form of what they say")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotCanonical(f"key {_short(key)} stands twice in one object")
            seen.add(key)
    return found


def _refuse_float(text: str) -> NoReturn:
    raise NotCanonical(f"number {_short(text)} is not an integer", hint="write it as a decimal string")


def _refuse_large(text: str) -> int:
    # The length first: turning a million digits into an integer takes minutes.
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise NotCanonical(f"integer {_short(text)} is past 2^53-1", hint="write it as a decimal string")
    if text == "-0":
        raise NotCanonical("-0 is written 0")
    return int(text)


def _short(value: object) -> str:
    # An integer of more than 4,300 digits cannot be printed; its size says enough.
    text = (
        f"of {value.bit_length()} bits"
        if isinstance(value, int) and value.bit_length() > 256
        else repr(value)
    )
    return text if len(text) <= 60 else f"{text[:60]}..."
