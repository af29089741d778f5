"""Decode base64 and decimals strictly: what is accepted re-encodes to the same characters.

Python's own decoders take stray trailing bits, `+5`, `0_5` and full-width digits. Two spellings of
one value would let somebody change a signed file's bytes without changing what it says.
"""

from __future__ import annotations

import base64
import binascii

from plimsoll_ledger.errors import Malformed

MAX_INTEGER = (1 << 63) - 1
"""The largest size or index that any format or database here carries."""

_MAX_DIGITS = len(str(MAX_INTEGER))


def parse_base64(text: str, what: str) -> bytes:
    """Decode standard padded base64 that has exactly one spelling.

    Args:
        text: The characters.
        what: What they stand for, for the message.

    Raises:
        Malformed: if they are not base64, or not the way these bytes are written.
    """
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Malformed(f"{what} is not base64") from None
    if format_base64(value) != text:
        raise Malformed(f"{what} is base64 in a form that does not re-encode to itself")
    return value


def format_base64(value: bytes) -> str:
    """Encode bytes as standard padded base64."""
    return binascii.b2a_base64(value, newline=False).decode("ascii")


def parse_decimal(text: str, what: str) -> int:
    """Decode a decimal from 0 to 2**63-1 without sign, separator or leading zero.

    Args:
        text: The characters.
        what: What they stand for, for the message.

    Raises:
        Malformed: if they are anything else.
    """
    digits = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    if not digits or (text[0] == "0" and text != "0") or int(text) > MAX_INTEGER:
        raise Malformed(f"{what} is not a decimal from 0 to {MAX_INTEGER} without leading zeros")
    return int(text)
