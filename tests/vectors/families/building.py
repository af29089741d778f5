"""Canonical JSON, base64, decimals, hex, times and ids: SPEC 1.2 to 1.5, and manifests of weights."""

import base64
import hashlib
import json
from collections.abc import Iterator

from tests.support.forge import canonical
from tests.vectors.families.base import Family, Vector, octets, unique, vector

OK, MALFORMED = "ok", "malformed"

# What canonical JSON has.
GOOD_JSON: dict[str, bytes] = {
    "empty-object": b"{}",
    "empty-array": b"[]",
    "literals": b"[true,false,null]",
    "zero": b"0",
    "largest-integer": b"9007199254740991",
    "smallest-integer": b"-9007199254740991",
    "keys-in-order": b'{"-":1,".":2,"0":3,":":4,"A":5,"_":6,"a":7}',
    "prefix-key-first": b'{"a":1,"aa":2}',
    "non-ascii-text-unescaped": '"é€𝄞"'.encode(),
    "control-characters-escaped": b'"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f"',
    "quote-and-backslash-escaped": b'"\\"\\\\"',
    "solidus-and-del-unescaped": b'"/\x7f"',
    "line-separators-unescaped": '"\u2028\u2029"'.encode(),
    "text-is-not-normalised": '"e\u0301"'.encode(),
    "depth-64": b"[" * 64 + b"]" * 64,
    "depth-64-of-objects": b'{"a":' * 63 + b"{}" + b"}" * 63,
}

# What it has not, each wrong in one way.
BAD_JSON: dict[str, bytes] = {
    "empty": b"",
    "fraction": b"0.5",
    "fraction-that-is-an-integer": b"1.0",
    "exponent": b"1e3",
    "infinite-exponent": b"1e999",
    "nan": b"NaN",
    "infinity": b"Infinity",
    "negative-zero": b"-0",
    "plus-sign": b"+1",
    "leading-zero": b"01",
    "integer-past-the-largest": b"9007199254740992",
    "integer-past-the-smallest": b"-9007199254740992",
    "integer-past-2-to-the-53-plus-1": b"9007199254740993",
    "integer-of-5000-digits": b"1" + b"0" * 4999,
    "key-twice": b'{"a":1,"a":1}',
    "key-twice-with-other-values": b'{"a":1,"a":2}',
    "key-twice-by-escape": b'{"a":1,"\\u0061":2}',
    "keys-out-of-order": b'{"b":1,"a":2}',
    "key-empty": b'{"":1}',
    "key-with-space": b'{"a b":1}',
    "key-with-slash": b'{"a/b":1}',
    "key-not-ascii": '{"é":1}'.encode(),
    "key-ends-in-newline": b'{"a\\n":1}',
    "space-after-colon": b'{"a": 1}',
    "space-before": b" {}",
    "newline-after": b"{}\n",
    "byte-order-mark": b"\xef\xbb\xbf{}",
    "escape-of-a-printable": b'"\\u0061"',
    "escape-of-a-solidus": b'"\\/"',
    "escape-of-non-ascii": b'"\\u00e9"',
    "escape-in-upper-case-hex": b'"\\u001F"',
    "escape-long-where-short-exists": b'"\\u000a"',
    "control-character-unescaped": b'"\t"',
    "surrogate-pair-escaped": b'"\\ud834\\udd1e"',
    "surrogate-high-alone": b'"\\ud834"',
    "surrogate-low-alone": b'"\\udd1e"',
    "surrogate-in-utf-8": b'"\xed\xa0\x80"',
    "utf-8-cut": b'"\xc3"',
    "utf-8-overlong": b'"\xc0\xaf"',
    "utf-8-past-unicode": b'"\xf4\x90\x80\x80"',
    "depth-65": b"[" * 65 + b"]" * 65,
    "depth-65-of-objects": b'{"a":' * 64 + b"{}" + b"}" * 64,
    "depth-10000": b"[" * 10_000 + b"]" * 10_000,
    "trailing-comma": b"[1,]",
    "comment": b"[/**/]",
    "single-quotes": b"'a'",
    "two-values": b"{}{}",
    "cut": b'{"a":',
    "undefined": b"undefined",
}


def canonical_json() -> Family:
    """SPEC 1.2."""
    good = [vector(name, "1.2", OK, input=octets(data)) for name, data in GOOD_JSON.items()]
    bad = [vector(name, "1.2", MALFORMED, input=octets(data)) for name, data in BAD_JSON.items()]
    about = "Bytes that are canonical JSON, or are not. What is accepted must re-encode to the same bytes."
    return Family("canonical-json", about, unique(good + bad))


def base64_text() -> Family:
    """SPEC 1.3."""
    good = {"empty": "", "one-byte": "AA==", "two-bytes": "AAA=", "three-bytes": "AAAA", "both-signs": "+/+/"}
    bad = {
        "stray-bits-in-one-byte": "AB==",
        "stray-bits-in-two-bytes": "AAB=",
        "padding-missing": "AA",
        "padding-half": "AA=",
        "padding-too-much": "AAAA====",
        "padding-only": "====",
        "padding-inside": "AA==AAAA",
        "url-safe-alphabet": "-_-_",
        "newline-at-the-end": "AAAA\n",
        "newline-inside": "AA\nAA",
        "space-inside": "AA AA",
        "one-character": "A",
        "five-characters": "AAAAA",
        "not-ascii": "ÅÅÅÅ",
        "full-width-letters": "\uff21\uff21\uff21\uff21",
        "nul-at-the-end": "AAAA\0",
    }
    vectors = [
        vector(name, "1.3", OK, text=text, hex=base64.b64decode(text).hex()) for name, text in good.items()
    ]
    vectors += [vector(name, "1.3", MALFORMED, text=text) for name, text in bad.items()]
    return Family(
        "base64", "Text that is standard, padded base64 with one spelling, or is not.", unique(vectors)
    )


def decimals() -> Family:
    """SPEC 1.3."""
    good = {"zero": "0", "one": "1", "ten": "10", "largest": "9007199254740991"}
    bad = {
        "empty": "",
        "leading-zero": "01",
        "two-zeros": "00",
        "plus": "+5",
        "minus": "-5",
        "minus-zero": "-0",
        "underscore": "0_5",
        "space-before": " 5",
        "newline-after": "5\n",
        "full-width-digit": "\uff15",
        "arabic-indic-digit": "\u0665",
        "superscript": "\u00b2",
        "hexadecimal": "0x5",
        "fraction": "5.0",
        "exponent": "5e0",
        "comma": "1,000",
        "past-2-to-the-53": "9007199254740992",
        "past-2-to-the-63": "9223372036854775808",
        "past-2-to-the-64": "18446744073709551616",
        "of-5000-digits": "1" * 5000,
    }
    vectors = [vector(name, "1.3", OK, text=text) for name, text in good.items()]
    vectors += [vector(name, "1.3", MALFORMED, text=text) for name, text in bad.items()]
    return Family("decimals", "Sizes and indexes as notes and proofs write them.", unique(vectors))


def hex_digests() -> Family:
    """SPEC 1.3."""
    bad = {
        "empty": "",
        "of-63-digits": "0" * 63,
        "of-65-digits": "0" * 65,
        "upper-case": "A" * 64,
        "one-upper-case-digit": "0" * 63 + "F",
        "not-a-digit": "0" * 63 + "g",
        "prefix": "0x" + "0" * 62,
        "newline-after": "0" * 64 + "\n",
        "newline-for-a-digit": "0" * 63 + "\n",
        "full-width-digit": "0" * 63 + "\uff10",
        "spaces": "0" * 62 + "  ",
    }
    vectors = [vector("digits", "1.3", OK, text="0123456789abcdef" * 4)]
    vectors += [vector(name, "1.3", MALFORMED, text=text) for name, text in bad.items()]
    return Family("hex", "Digests of 32 bytes in hex.", unique(vectors))


def times() -> Family:
    """SPEC 1.4."""
    good = {
        "first": ("1970-01-01T00:00:00.000Z", 0),
        "last": ("9999-12-31T23:59:59.999Z", 253402300799999),
        "a-millisecond": ("1970-01-01T00:00:00.001Z", 1),
        "leap-day": ("2024-02-29T00:00:00.000Z", 1709164800000),
        "leap-day-of-2000": ("2000-02-29T12:34:56.789Z", 951827696789),
        "after-2038": ("2038-01-19T03:14:08.000Z", 2147483648000),
    }
    bad = {
        "empty": "",
        "before-1970": "1969-12-31T23:59:59.999Z",
        "year-0000": "0000-01-01T00:00:00.000Z",
        "year-10000": "10000-01-01T00:00:00.000Z",
        "no-milliseconds": "2026-01-01T00:00:00Z",
        "microseconds": "2026-01-01T00:00:00.000000Z",
        "two-decimals": "2026-01-01T00:00:00.00Z",
        "comma": "2026-01-01T00:00:00,000Z",
        "offset": "2026-01-01T00:00:00.000+00:00",
        "no-zone": "2026-01-01T00:00:00.000",
        "lower-case-t": "2026-01-01t00:00:00.000Z",
        "lower-case-z": "2026-01-01T00:00:00.000z",
        "space-for-t": "2026-01-01 00:00:00.000Z",
        "space-before": " 2026-01-01T00:00:00.000Z",
        "newline-after": "2026-01-01T00:00:00.000Z\n",
        "leap-second": "2016-12-31T23:59:60.000Z",
        "hour-24": "2026-01-01T24:00:00.000Z",
        "minute-60": "2026-01-01T00:60:00.000Z",
        "month-00": "2026-00-01T00:00:00.000Z",
        "month-13": "2026-13-01T00:00:00.000Z",
        "day-00": "2026-01-00T00:00:00.000Z",
        "day-32": "2026-01-32T00:00:00.000Z",
        "31-april": "2026-04-31T00:00:00.000Z",
        "29-february-of-2026": "2026-02-29T00:00:00.000Z",
        "29-february-of-2100": "2100-02-29T00:00:00.000Z",
        "week-date": "2026-W01-1T00:00:00.000Z",
        "one-digit-month": "2026-1-01T00:00:00.0000Z",
        "full-width-digit": "202\uff16-01-01T00:00:00.000Z",
        "sign-in-seconds": "2026-01-01T00:00:+1.000Z",
    }
    vectors = [vector(name, "1.4", OK, text=text, time_ms=ms) for name, (text, ms) in good.items()]
    vectors += [vector(name, "1.4", MALFORMED, text=text) for name, text in bad.items()]
    return Family("times", "Times of 24 characters, with their milliseconds since 1970.", unique(vectors))


def _ids() -> Iterator[Vector]:
    good = {"one-letter": "a", "one-digit": "0", "hyphen": "a-b", "two-hyphens": "a--b", "64-long": "a" * 64}
    bad = {
        "empty": "",
        "65-long": "a" * 65,
        "upper-case": "Ada",
        "hyphen-first": "-a",
        "hyphen-last": "a-",
        "hyphen-alone": "-",
        "underscore": "a_b",
        "dot": "a.b",
        "space": "a b",
        "newline-after": "a\n",
        "cyrillic-a": "\u0430da",
        "umlaut": "j\u00fcrgen",
        "full-width": "\uff41",
        "colon": "a:b",
        "plus": "a+b",
    }
    yield from (vector(f"id-{name}", "1.5", OK, type="id", text=text) for name, text in good.items())
    yield from (vector(f"id-{name}", "1.5", MALFORMED, type="id", text=text) for name, text in bad.items())


def _origins() -> Iterator[Vector]:
    good = {
        "host": "acme.example",
        "path": "acme.example/rsp",
        "two-parts": "acme.example/a/B_c.d-e",
        "255-long": "a" * 255,
    }
    bad = {
        "empty": "",
        "256-long": "a" * 256,
        "upper-case-host": "Acme.example",
        "slash-last": "acme.example/",
        "slash-first": "/rsp",
        "two-slashes": "acme.example//rsp",
        "scheme": "https://acme.example/rsp",
        "port": "acme.example:443",
        "plus": "acme.example/a+b",
        "space": "acme.example/a b",
        "newline-after": "acme.example\n",
        "not-ascii": "acm\u00e9.example",
        "underscore-in-host": "acme_x.example",
        "query": "acme.example/a?b",
    }
    yield from (vector(f"origin-{name}", "1.5", OK, type="origin", text=text) for name, text in good.items())
    yield from (
        vector(f"origin-{name}", "1.5", MALFORMED, type="origin", text=text) for name, text in bad.items()
    )


def ids() -> Family:
    """SPEC 1.5."""
    confusable = {
        "hyphen": ("ann-lee", "annlee"),
        "hyphens-elsewhere": ("a-nn", "an-n"),
        "zero-and-o": ("r0so", "roso"),
        "one-and-l": ("eva1", "eval"),
        "i-and-l": ("ian", "lan"),
        "one-and-i": ("1an", "ian"),
        "five-and-s": ("5am", "sam"),
        "several": ("0-1i5", "ol-ls"),
    }
    different = {
        "order": ("ab", "ba"),
        "rn-and-m": ("rn", "m"),
        "two-and-z": ("2", "z"),
        "b-and-8": ("b", "8"),
        "doubled-letter": ("an", "ann"),
    }
    pairs = [
        vector(f"confusable-{name}", "1.5", "confusable", type="pair", texts=list(two))
        for name, two in confusable.items()
    ]
    pairs += [
        vector(f"different-{name}", "1.5", OK, type="pair", texts=list(two))
        for name, two in different.items()
    ]
    about = "Ids and origins; pairs of ids of which the later is inadmissible, as it looks like the first."
    return Family("ids", about, unique([*_ids(), *_origins(), *pairs]))


def _file(path: str, content: bytes = b"", **changes: object) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path, "sha256": digest, "size": len(content), **changes}


def manifests() -> Family:
    """SPEC 4.3."""
    whole = canonical({"files": [_file("config.json", b"{}"), _file("model.safetensors", b"weights")]})
    # U+FF01 comes before U+1D11E in UTF-8, but after its first surrogate in UTF-16.
    astral = canonical({"files": [_file("\uff01"), _file("\U0001d11e")]})
    bad = {
        "path-order": {"files": [_file("b"), _file("a")]},
        "utf-16-order": {"files": [_file("\U0001d11e"), _file("\uff01")]},
        "path-twice": {"files": [_file("a"), _file("a")]},
        "upper-case-digest": {"files": [_file("a", sha256="A" * 64)]},
        "negative-size": {"files": [_file("a", size=-1)]},
        "size-as-text": {"files": [_file("a", size="0")]},
        "member-too-many": {"files": [_file("a", mode=420)]},
        "member-missing": {"files": [{"path": "a", "size": 0}]},
        "other-member-beside-files": {"files": [_file("a")], "name": "m"},
        "not-an-object": [_file("a")],
    }
    vectors = [
        vector(name, "4.3 4.2", OK, input=octets(data), snapshot=hashlib.sha256(data).hexdigest())
        for name, data in {"two-files": whole, "utf-8-order": astral}.items()
    ]
    vectors += [vector(name, "4.3", MALFORMED, input=octets(canonical(tree))) for name, tree in bad.items()]
    spaced = json.dumps({"files": [_file("a")]}).encode()
    vectors.append(vector("white-space", "4.3 1.2", MALFORMED, input=octets(spaced)))
    about = "Manifests of weights, whose SHA-256 is the snapshot's id."
    return Family("manifests", about, unique(vectors))


def families() -> list[Family]:
    """List this module's families."""
    return [canonical_json(), base64_text(), decimals(), hex_digests(), times(), ids(), manifests()]
