"""Canonical JSON: the exact bytes, and everything that is refused."""

from enum import IntEnum
from typing import Any

import pytest

from plimsoll_attest.canonical import MAX_DEPTH, MAX_INTEGER, NotCanonical, format_canonical, parse_canonical


class Colour(IntEnum):
    RED = 1


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({}, b"{}"),
        ([], b"[]"),
        (None, b"null"),
        ([True, False, 0, -1], b"[true,false,0,-1]"),
        ({"b": 1, "a": {"z": [], "A": ""}}, b'{"a":{"A":"","z":[]},"b":1}'),
        ({"a.b:c_d-e": 1, "a": 2, "a-": 3}, b'{"a":2,"a-":3,"a.b:c_d-e":1}'),
        (MAX_INTEGER, b"9007199254740991"),
        (-MAX_INTEGER, b"-9007199254740991"),
        ('"\\/\b\f\n\r\t', b'"\\"\\\\/\\b\\f\\n\\r\\t"'),
        ("\0\x1f\x7f", b'"\\u0000\\u001f\x7f"'),
        ("\u20ac\U0001f600\u2028", "\u20ac\U0001f600\u2028".encode().join([b'"', b'"'])),
    ],
)
def test_bytes_are_exact(value: object, data: bytes) -> None:
    assert format_canonical(value) == data
    assert parse_canonical(data) == value


@pytest.mark.parametrize(
    ("value", "what", "where"),
    [
        (0.5, "a float has no canonical form", "$"),
        ({"a": [0, 1.0]}, "a float has no canonical form", "$.a[1]"),
        (float("nan"), "a float", "$"),
        (MAX_INTEGER + 1, "past 2^53-1", "$"),
        ([-(10**5_000)], "past 2^53-1", "$[0]"),
        ({"a b": 1}, "key 'a b' does not match", "$"),
        ({"": 1}, "key '' does not match", "$"),
        ({"a\n": 1}, "does not match", "$"),
        ({"é": 1}, "does not match", "$"),
        ({1: 1}, "key 1 does not match", "$"),
        ({"k": "a\ud800"}, "lone surrogate at character 1", "$.k"),
        (["\udfff\ud800"], "lone surrogate at character 0", "$[0]"),
        ((1, 2), "a tuple", "$"),
        (b"x", "a bytes", "$"),
        (Colour.RED, "a Colour", "$"),
        ({"k": {1}}, "a set", "$.k"),
        (nested(MAX_DEPTH + 1), "nested deeper than 64", "$" + "[0]" * MAX_DEPTH),
    ],
)
def test_values_outside_the_profile_are_refused_with_their_path(value: object, what: str, where: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        format_canonical(value)
    assert what in caught.value.what
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "expecting value"),
        (b"{", "expecting property name"),
        (b"nul", "expecting value"),
        (b" 1", "differ from the canonical form"),
        (b"1 ", "differ from the canonical form"),
        (b"1 2", "extra data"),
        (b'{"a": 1}', "differ from the canonical form"),
        (b'{"b":1,"a":2}', "differ from the canonical form"),
        (b'{"a":1,"a":1}', "key 'a' stands twice"),
        (b'{"a":1,"a":2}', "key 'a' stands twice"),
        (b'[{"x":{"a":1,"b":2,"a":1}}]', "key 'a' stands twice"),
        (b"0.5", "a float"),
        (b"1.0", "a float"),
        (b"1e2", "a float"),
        (b"-0", "-0 is written 0"),
        (b"01", "extra data"),
        (b"9007199254740992", r"past 2\^53-1"),
        (b"18446744073709551616", r"past 2\^53-1"),
        (b"1" * 100_000, r"past 2\^53-1"),
        (b"NaN", "number 'NaN' is not an integer"),
        (b"-Infinity", "number '-Infinity' is not an integer"),
        (b'"\\u0041"', "differ from the canonical form"),
        (b'"\\/"', "differ from the canonical form"),
        (b'"\\u001F"', "differ from the canonical form"),
        (b'"\n"', "invalid control character"),
        (b'"\\ud800"', "lone surrogate at character 0"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"\xef\xbb\xbf1", "BOM|expecting value"),
        (b'{"a b":1}', "does not match"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64"),
        (b"[" * 100_000, "nested deeper than 64"),
    ],
)
def test_bytes_that_are_not_canonical_are_refused_with_a_reason(data: bytes, what: str) -> None:
    with pytest.raises(NotCanonical, match=what):
        parse_canonical(data)


def test_depth_of_the_limit_is_allowed() -> None:
    data = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert parse_canonical(data) == nested(MAX_DEPTH)


def test_hints_say_what_to_do() -> None:
    with pytest.raises(NotCanonical) as caught:
        format_canonical({"score": 0.25})
    assert caught.value.hint == "write it as a decimal string"
    assert str(caught.value) == "not canonical JSON at $.score: a float has no canonical form"
