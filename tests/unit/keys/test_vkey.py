"""Verifier keys: the published ones of other projects, and every spelling that is not canonical."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll_keys.errors import BadPoint, KeysError, MalformedKey, UnsupportedKey
from plimsoll_keys.files import generate_signer
from plimsoll_keys.vkey import COSIGNATURE, ED25519, VKey, format_vkey, key_id, parse_vkey

# From the documentation of Go's note package, and the key of Go's checksum database.
PUBLISHED = [
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
]
KEY = generate_signer("somebody", lambda _: b"k" * 32).public_key
NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="+"), min_size=1
)


def spelled(name: str, id_hex: str, decoded: bytes) -> str:
    """Put a vkey together without any check."""
    return f"{name}+{id_hex}+{base64.b64encode(decoded).decode()}"


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_keys_are_read_and_written_alike(text: str) -> None:
    vkey = parse_vkey(text)
    assert vkey.name == text.split("+", maxsplit=1)[0]
    assert vkey.key_type == ED25519
    assert len(vkey.public_key) == 32
    assert vkey.key_id.hex() == text.split("+")[1]
    assert format_vkey(vkey) == str(vkey) == text


@given(name=NAMES, key_type=st.sampled_from([ED25519, COSIGNATURE]), seed=st.binary(min_size=32, max_size=32))
def test_formatting_and_parsing_are_a_pair(name: str, key_type: int, seed: bytes) -> None:
    vkey = VKey(name, key_type, generate_signer("x", lambda _: seed).public_key)
    assert parse_vkey(format_vkey(vkey)) == vkey


@given(text=st.text(max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        vkey = parse_vkey(text)
    except KeysError:
        return
    assert format_vkey(vkey) == text


def test_the_ids_are_the_formulas() -> None:
    vkey = VKey("acme.example/rsp", ED25519, KEY)
    assert vkey.key_id == hashlib.sha256(b"acme.example/rsp\n\x01" + KEY).digest()[:4]
    assert vkey.key_id == key_id("acme.example/rsp", ED25519, KEY)
    assert vkey.keyid_hex == hashlib.sha256(KEY).hexdigest()
    assert VKey("acme.example/rsp", COSIGNATURE, KEY).key_id != vkey.key_id
    assert VKey("someone-else", ED25519, KEY).keyid_hex == vkey.keyid_hex


def test_a_signers_vkey_is_of_type_ed25519() -> None:
    signer = generate_signer("evaluator-1")
    assert VKey.of(signer) == VKey("evaluator-1", ED25519, signer.public_key)


GOOD_ID = key_id("log", ED25519, KEY).hex()
GOOD_TEXT = spelled("log", GOOD_ID, b"\x01" + KEY)


def test_the_text_that_the_bad_ones_vary_is_good() -> None:
    assert parse_vkey(GOOD_TEXT) == VKey("log", ED25519, KEY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "three parts"),
        ("log", "three parts"),
        (f"log+{GOOD_ID}", "three parts"),
        (f"log+{GOOD_ID}+", "not canonical base64"),
        (GOOD_TEXT + "\n", "not canonical base64"),
        (GOOD_TEXT + "=", "not canonical base64"),
        (GOOD_TEXT[:-1], "not canonical base64"),
        (GOOD_TEXT[:-1] + "\N{FULLWIDTH LATIN SMALL LETTER A}", "not canonical base64"),
        (f"log+{GOOD_ID}+" + GOOD_TEXT[13:].replace("+", "-"), "not canonical base64"),
        (spelled("log", GOOD_ID.upper(), b"\x01" + KEY), "says key id"),
        (spelled("log", "00000000", b"\x01" + KEY), "says key id '00000000'"),
        (spelled("log", GOOD_ID + "00", b"\x01" + KEY), "says key id"),
        (spelled("lag", GOOD_ID, b"\x01" + KEY), "says key id"),
        (" " + GOOD_TEXT, "holds ' '"),
        (spelled("", GOOD_ID, b"\x01" + KEY), "name is empty"),
        (spelled("a b", GOOD_ID, b"\x01" + KEY), "holds ' '"),
        (spelled("a\N{NO-BREAK SPACE}b", GOOD_ID, b"\x01" + KEY), r"holds '\\xa0'"),
        (spelled("a\nb", GOOD_ID, b"\x01" + KEY), r"holds '\\n'"),
        (spelled("a\x00b", GOOD_ID, b"\x01" + KEY), r"holds '\\x00'"),
        (spelled("a\x9bb", GOOD_ID, b"\x01" + KEY), r"holds '\\x9b'"),
        (spelled("a\ud800b", GOOD_ID, b"\x01" + KEY), "not Unicode text"),
        (spelled("log", GOOD_ID, b"\x01" + KEY[:31]), "has 31 bytes, want 32"),
        (spelled("log", GOOD_ID, b"\x01" + KEY + b"\x00"), "has 33 bytes, want 32"),
        (spelled("log", GOOD_ID, b"\x01"), "has 0 bytes, want 32"),
    ],
)
def test_what_is_no_vkey_is_refused(text: str, message: str) -> None:
    assert text != GOOD_TEXT
    with pytest.raises(MalformedKey, match=message):
        parse_vkey(text)


def test_padding_bits_that_are_not_zero_are_refused() -> None:
    # 34 bytes leave four unused bits in the last digit, which Python's decoder ignores.
    decoded = b"\x01" + KEY + b"\x00"
    text = spelled("log", GOOD_ID, decoded)
    assert text.endswith("A==")
    other = text[:-3] + "B=="
    assert base64.b64decode(other.split("+", 2)[2]) == decoded
    with pytest.raises(MalformedKey, match="not canonical base64"):
        parse_vkey(other)


@pytest.mark.parametrize("key_type", [0, 2, 3, 5, 7, 255])
def test_other_types_are_said_to_be_unsupported(key_type: int) -> None:
    text = spelled("log", key_id("log", key_type, KEY).hex(), bytes([key_type]) + KEY)
    with pytest.raises(UnsupportedKey, match=f"key type {key_type} of 'log' is not supported"):
        parse_vkey(text)


def test_a_key_of_small_order_is_refused() -> None:
    identity = b"\x01" + bytes(31)
    with pytest.raises(BadPoint, match="small order"):
        parse_vkey(spelled("log", key_id("log", 1, identity).hex(), b"\x01" + identity))
    with pytest.raises(BadPoint, match="small order"):
        VKey("log", ED25519, identity)


def test_a_changed_part_gets_a_hint() -> None:
    with pytest.raises(MalformedKey) as caught:
        parse_vkey(spelled("log", "00000000", b"\x01" + KEY))
    assert "ask for the whole line again" in caught.value.hint
