"""One spelling of each value, and no other."""

import pytest

from plimsoll_verify.encoding import (
    format_base64,
    format_time,
    parse_base64,
    parse_decimal,
    parse_hash,
    parse_hex,
    parse_id,
    parse_origin,
    parse_time,
    sample,
    skeleton,
)
from plimsoll_verify.errors import Malformed


@pytest.mark.parametrize("data", [b"", b"\x00", b"ab", b"abc", bytes(range(256))])
def test_base64_round_trips(data: bytes) -> None:
    assert parse_base64(format_base64(data), "x", "y") == data


@pytest.mark.parametrize(
    "text",
    [
        "QQ",  # no padding
        "QR==",  # stray bits
        "QQ===",
        "QQ==\n",
        " QQ==",
        "Q Q==",
        "QQ==QQ==",
        "_-==",  # the other alphabet
        "=",
        "\uff31\uff31==",  # full-width
        "QQ==\x00",
    ],
)
def test_other_base64_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="base64 for y"):
        parse_base64(text, "x", "y")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("9007199254740991", 2**53 - 1)])
def test_decimals(text: str, number: int) -> None:
    assert parse_decimal(text, "x", "y") == number


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+5", "05", "0_5", "5 ", "5\n", "5.0", "1e3", "0x5", "\u0665", "9007199254740992", "9" * 5000],
)
def test_other_decimals_are_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="decimal number"):
        parse_decimal(text, "x", "y")


def test_hex_is_64_lower_case_digits() -> None:
    assert parse_hex("0f" * 32, "x", "y") == b"\x0f" * 32
    for text in ("0F" * 32, "0f" * 31, "0f" * 33, "0g" * 32, "0f" * 31 + "0\n"):
        with pytest.raises(Malformed, match="hex digits"):
            parse_hex(text, "x", "y")


def test_a_hash_is_32_bytes() -> None:
    assert parse_hash(format_base64(bytes(32)), "x", "y") == bytes(32)
    with pytest.raises(Malformed, match="expected 32 bytes for y, got 31 bytes"):
        parse_hash(format_base64(bytes(31)), "x", "y")


def test_ids() -> None:
    assert parse_id("a", "x", "y") == "a"
    assert parse_id("a" + "-" * 62 + "9", "x", "y")
    for text in ("", "-a", "a-", "A", "a.b", "a" * 65, "a\n", "\u0430"):
        with pytest.raises(Malformed, match="an id"):
            parse_id(text, "x", "y")


def test_origins() -> None:
    assert parse_origin("acme.example/rsp/x_1", "x") == "acme.example/rsp/x_1"
    assert parse_origin("a" * 255, "x")
    for text in ("", "Acme", "a//b", "a/", "/a", "a b", "a+b", "a" * 256, "a\n"):
        with pytest.raises(Malformed, match="an origin"):
            parse_origin(text, "x")


def test_ids_that_look_alike_have_one_skeleton() -> None:
    assert skeleton("bo-b1") == skeleton("b0bl") == skeleton("bobi")
    assert skeleton("5am") == skeleton("sam")
    assert skeleton("sam") != skeleton("pam")


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1970-01-01T00:00:00.000Z", 0),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999),
        ("2026-03-02T09:15:04.120Z", 1_772_442_904_120),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_times_round_trip(text: str, time_ms: int) -> None:
    assert parse_time(text) == time_ms
    assert format_time(time_ms) == text


def test_every_millisecond_survives_the_double() -> None:
    for base in ("9999-12-31T23:59:59", "2026-11-20T00:00:00", "1970-01-01T00:00:00"):
        for ms in range(1000):
            text = f"{base}.{ms:03d}Z"
            assert format_time(parse_time(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1969-12-31T23:59:59.999Z",
        "2026-02-30T00:00:00.000Z",
        "2025-02-29T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-00-01T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.00Z",
        "2026-01-01T00:00:00.0000Z",
        "2026-01-01T00:00:00.000+00:00",
        "2026-01-01t00:00:00.000z",
        "2026-01-01 00:00:00.000Z",
        "2026-01-01T00:00:00.000Z\n",
        "\uff12026-01-01T00:00:00.000Z",
        "12026-01-01T00:00:00.000Z",
    ],
)
def test_other_times_are_malformed(text: str) -> None:
    with pytest.raises(Malformed, match=r"YYYY-MM-DDThh:mm:ss\.mmmZ"):
        parse_time(text)


@pytest.mark.parametrize("time_ms", [-1, 253_402_300_800_000])
def test_only_times_of_these_years_can_be_written(time_ms: int) -> None:
    with pytest.raises(ValueError, match="years 1970 and 9999"):
        format_time(time_ms)


def test_a_sample_is_short_and_plain() -> None:
    assert sample("x") == "'x'"
    assert sample(b"x") == "b'x'"
    assert sample("\x1b[31m\u202e") == "'\\x1b[31m\\u202e'"
    assert len(sample("x" * 10_000)) < 100
