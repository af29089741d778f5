"""Canonical JSON has one spelling; typed reading lets nothing through that generic reading refuses."""

import json
from typing import Annotated, Any

import msgspec
import pytest

from plimsoll_verify.bodies import EvalResult
from plimsoll_verify.canonical import decode_exactly, format_canonical, parse_canonical
from plimsoll_verify.errors import Malformed

GOOD = [
    b"null",
    b"true",
    b"0",
    b"-9007199254740991",
    b"9007199254740991",
    b'""',
    b"[]",
    b"{}",
    b'{"A":1,"B":[{"a.b:c-d_e":null}],"a":"x"}',
    b'"' + b"".join(b"\\u%04x" % c for c in range(0x20) if c not in (8, 9, 10, 12, 13)) + b'"',
    b'"\\b\\t\\n\\f\\r\\"\\\\/\x7f"',
    '"\u00e9\u2028\U0001f6a2"'.encode(),
    b"[" * 64 + b"]" * 64,
]
BAD = {
    "empty": b"",
    "a fraction": b"0.5",
    "a fraction that is whole": b"1.0",
    "an exponent": b"1e3",
    "an infinite number": b"1e999",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "minus zero": b"-0",
    "a leading zero": b"01",
    "a plus": b"+1",
    "2^53": b"9007199254740992",
    "-2^53": b"-9007199254740992",
    "2^53+1": b"9007199254740993",
    "a huge integer": b"9" * 100_000,
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, nested": b'[{"a":{"b":1,"b":2}}]',
    "a key outside of the alphabet": b'{"a b":1}',
    "an empty key": b'{"":1}',
    "keys out of order": b'{"b":1,"a":2}',
    "white space": b'{"a": 1}',
    "white space before": b" 1",
    "a newline after": b"1\n",
    "something after": b"1 2",
    "a byte order mark": b"\xef\xbb\xbf1",
    "bytes that are not UTF-8": b'"\xff"',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "a lone surrogate": b'"\\ud800"',
    "a surrogate pair that is escaped": b'"\\ud83d\\ude00"',
    "an escape that is not needed": b'"\\u0041"',
    "an escaped slash": b'"\\/"',
    "an upper-case escape": b'"\\u001F"',
    "a control character": b'"\x01"',
    "a comma too many": b"[1,]",
    "one level too deep": b"[" * 65 + b"]" * 65,
    "10,000 levels": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "levels that never close": b"[" * 1_000_000,
    "UTF-16": '"a"'.encode("utf-16"),
}


@pytest.mark.parametrize("data", GOOD, ids=range(len(GOOD)))
def test_canonical_json_is_read_and_written_again(data: bytes) -> None:
    value = parse_canonical(data, "x", "y")
    assert format_canonical(value) == data
    assert value == json.loads(data)


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_everything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_canonical(data, "x", "y")
    assert caught.value.check == "x"
    assert len(str(caught.value)) < 400


def test_the_error_says_where_another_spelling_begins() -> None:
    with pytest.raises(Malformed, match="from byte 5"):
        parse_canonical(b'{"a": 1}', "x", "y")
    with pytest.raises(Malformed, match="from byte 1: b' '"):
        parse_canonical(b"1 ", "x", "y")


class Inner(msgspec.Struct):
    """Stands for any struct of ours: strings, bounded integers, booleans, lists."""

    n: Annotated[int, msgspec.Meta(le=2**53 - 1, ge=-(2**53) + 1)]
    s: str
    b: bool
    xs: list[str]
    maybe: str | None = None


decode = msgspec.json.Decoder(Inner).decode
EXACT = b'{"b":true,"maybe":null,"n":9007199254740991,"s":"\\u0001\x7f","xs":["\xc3\xa9"]}'


def test_a_struct_is_read_from_its_own_encoding() -> None:
    value = decode_exactly(EXACT, decode, "it")
    assert (value.n, value.s, value.b, value.xs, value.maybe) == (
        2**53 - 1,
        "\x01\x7f",
        True,
        ["\u00e9"],
        None,
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"9007199254740991", b"9007199254740992"),
        (b"9007199254740991", b"18446744073709551616"),
        (b"9007199254740991", b"9" * 400),
        (b"9007199254740991", b"1.0"),
        (b"9007199254740991", b"1e2"),
        (b"9007199254740991", b"1e999"),
        (b"9007199254740991", b"-0"),
        (b"9007199254740991", b"NaN"),
        (b"9007199254740991", b"true"),
        (b"9007199254740991", b'"1"'),
        (b'"b":true', b'"b":true,"b":true'),
        (b'"b":true', b'"b":1'),
        (b'"b":true,', b""),
        (b'"maybe":null,', b""),
        (b'"b":true,"maybe":null', b'"maybe":null,"b":true'),
        (b'"b":true', b'"a":1,"b":true'),
        (b'"b":true', b'"a":' + b"[" * 10_000 + b"]" * 10_000 + b',"b":true'),
        (b"\\u0001", b"\\u0041"),
        (b"\\u0001", b"\\ud800"),
        (b"\\u0001", b"\x01"),
        (b"\xc3\xa9", b"\xff"),
        (b"\xc3\xa9", b"\xed\xa0\x80"),
        (b"\xc3\xa9", b"\\u00e9"),
        (b":true", b": true"),
        (b"}", b"}\n"),
        (b"{", b"\xef\xbb\xbf{"),
        (b"{", b"[{"),
    ],
)
def test_typed_reading_refuses_what_is_not_exactly_that(old: bytes, new: bytes) -> None:
    data = EXACT.replace(old, new, 1)
    assert data != EXACT
    with pytest.raises(Malformed) as caught:
        decode_exactly(data, decode, "it")
    assert caught.value.check == "entries"


def test_no_body_has_a_member_that_could_hold_a_fraction() -> None:
    # What typed reading may be lenient about is numbers; so no struct may have a float, nor an unbounded
    # integer.
    schema = json.dumps(msgspec.json.schema(EvalResult))
    assert '"number"' not in schema

    def integers(value: Any) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return [found for item in value for found in integers(item)]
        if isinstance(value, dict):
            own = [value] if value.get("type") == "integer" else []
            return own + integers(list(value.values()))
        return []

    found = integers(json.loads(schema))
    assert found
    assert all("maximum" in one and "minimum" in one for one in found)
