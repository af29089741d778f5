"""Signed notes: what is taken apart, and which signatures count."""

import pytest
from tests.support.forge import Forge, b64, cosign_note, key_id, public, sign_note, vkey

from plimsoll_verify.errors import BadSignature, Malformed
from plimsoll_verify.note import COSIGNATURE, ED25519, parse_note, parse_vkey, verify_note

FORGE = Forge(genesis=False)
LOG, OTHER, WITNESS = FORGE.secret("log"), FORGE.secret("other"), FORGE.secret("witness")
TEXT = "hello\nworld\n"
LOG_KEY = parse_vkey(vkey("log.example", public(LOG)), "c")
WITNESS_KEY = parse_vkey(vkey("w.example", public(WITNESS), 4), "c", COSIGNATURE)


def signed(text: str = TEXT) -> str:
    return f"{text}\n{sign_note(text, 'log.example', LOG)}"


def test_a_note_is_split_at_its_last_blank_line() -> None:
    note = parse_note(signed("a\n\nb\n").encode(), "c")
    assert note.text == "a\n\nb\n"
    assert [line.name for line in note.signatures] == ["log.example"]
    (one,) = verify_note(note, (LOG_KEY,), "c")
    assert (one.key, one.time_s) == (LOG_KEY, None)


def test_unknown_keys_are_passed_over() -> None:
    lines = sign_note(TEXT, "log.example", OTHER) + sign_note(TEXT, "else.example", LOG)
    note = parse_note((signed() + lines).encode(), "c")
    assert len(note.signatures) == 3
    assert len(verify_note(note, (LOG_KEY,), "c")) == 1


def test_a_known_key_that_fails_rejects_the_note() -> None:
    # Its name and key id are public; whoever adds a line under them can spoil a note, never forge one.
    line = f"\u2014 log.example {b64(key_id('log.example', public(LOG)) + bytes(64))}\n"
    note = parse_note((signed() + line).encode(), "c")
    with pytest.raises(BadSignature, match=r"for the name 'log\.example'"):
        verify_note(note, (LOG_KEY,), "c")


def test_a_signature_does_not_fit_another_text() -> None:
    note = parse_note(signed().replace("world", "moon").encode(), "c")
    with pytest.raises(BadSignature, match="does not verify"):
        verify_note(note, (LOG_KEY,), "c")


def test_a_cosignature_carries_its_time() -> None:
    note = parse_note((signed() + cosign_note(TEXT, "w.example", WITNESS, 1_800_000_000)).encode(), "c")
    found = verify_note(note, (LOG_KEY, WITNESS_KEY), "c")
    assert [one.time_s for one in found] == [None, 1_800_000_000]


def test_a_cosignature_with_another_time_fails() -> None:
    line = cosign_note(TEXT, "w.example", WITNESS, 5)
    other = cosign_note(TEXT, "w.example", OTHER, 6)
    assert line.split()[:2] == other.split()[:2]
    signature = WITNESS.sign(f"cosignature/v1\ntime 5\n{TEXT}".encode()).signature
    wrong = b64(key_id("w.example", public(WITNESS), 4) + (6).to_bytes(8, "big") + signature)
    note = parse_note((signed() + f"\u2014 w.example {wrong}\n").encode(), "c")
    with pytest.raises(BadSignature):
        verify_note(note, (LOG_KEY, WITNESS_KEY), "c")


@pytest.mark.parametrize("time_s", [253_402_300_800, 2**64 - 1])
def test_a_cosignature_of_the_year_10000_is_malformed(time_s: int) -> None:
    note = parse_note((signed() + cosign_note(TEXT, "w.example", WITNESS, time_s)).encode(), "c")
    with pytest.raises(Malformed, match="year 10000"):
        verify_note(note, (WITNESS_KEY,), "c")


def test_sixteen_signatures_are_accepted_and_256_but_not_more() -> None:
    line = sign_note(TEXT, "else.example", OTHER)
    assert len(parse_note((signed() + line * 15).encode(), "c").signatures) == 16
    assert len(parse_note((signed() + line * 255).encode(), "c").signatures) == 256
    with pytest.raises(Malformed, match="at most 256 signature lines"):
        parse_note((signed() + line * 256).encode(), "c")


NAME = "\u2014 log.example"
LINE = sign_note(TEXT, "log.example", LOG)


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (b"", "blank line"),
        (TEXT.encode(), "blank line"),
        (f"{TEXT}\n".encode(), "blank line|signature line"),
        (f"{TEXT}{LINE}".encode(), "blank line"),
        (f"{TEXT}\n{LINE}"[:-1].encode(), "blank line"),
        (f"{TEXT}\n{LINE}\n".encode(), "blank line|signature line"),
        (f"{TEXT}\n{LINE}x\n".encode(), "signature line"),
        (f"{TEXT}\n- log.example AAAAAAA=\n".encode(), "signature line"),
        (f"{TEXT}\n\u2014  AAAAAAA=\n".encode(), "signature line"),
        (f"{TEXT}\n\u2014 a+b AAAAAAA=\n".encode(), "signature line"),
        (f"{TEXT}\n\u2014 a\u2003b AAAAAAA=\n".encode(), "signature line"),
        (f"{TEXT}\n{NAME}\n".encode(), "key id and a signature"),
        (f"{TEXT}\n{NAME} AAAAAA==\n".encode(), "key id and a signature"),
        (f"{TEXT}\n{NAME} AAAAAAB=\n".encode(), "base64"),
        (f"{TEXT}\n{NAME} AAAAAAA= \n".encode(), "base64"),
        (f"{TEXT}\n{LINE}".replace("\n", "\r\n").encode(), "control characters"),
        (f"a\tb\n\n{LINE}".encode(), "control characters"),
        (f"a\0b\n\n{LINE}".encode(), "control characters"),
        (b"\xff\n\n" + LINE.encode(), "UTF-8"),
        (f"{TEXT}\n{LINE}".encode("utf-16"), "UTF-8|control"),
        (b"x" * (128 * 1024) + b"\n", "at most 131072 bytes"),
    ],
)
def test_other_notes_are_malformed(note: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_note(note, "c")


def test_vkeys() -> None:
    assert (LOG_KEY.name, LOG_KEY.key_type, LOG_KEY.key) == ("log.example", ED25519, public(LOG))
    assert LOG_KEY.key_id == key_id("log.example", public(LOG))
    # The base64 of a key may hold a plus sign, at which a vkey must not be cut.
    keys = (FORGE.secret(str(n)) for n in range(1000))
    text = next(text for key in keys if (text := vkey("n", public(key))).count("+") > 2)
    assert parse_vkey(text, "c").name == "n"


GOOD = vkey("n", public(LOG))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a vkey"),
        ("n", "type"),
        ("n+00000000", "type"),
        (GOOD.replace("n+", "m+", 1), "key id"),
        (GOOD.replace("n+", "+", 1), "a vkey"),
        (GOOD.replace("n+", "n\u00a0+", 1), "a vkey"),
        (GOOD.replace("n+", "n\x1b+", 1), "a vkey"),
        (GOOD.upper(), "key id|base64|type"),
        (GOOD + "=", "base64"),
        (vkey("n", public(LOG), 2), "type"),
        (vkey("n", public(LOG), 4), "type"),
    ],
)
def test_other_vkeys_are_malformed(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_vkey(text, "c")


def test_a_vkey_of_a_bad_point_is_refused() -> None:
    with pytest.raises(BadSignature, match="small order"):
        parse_vkey(vkey("n", bytes(32)), "c")
    with pytest.raises(BadSignature, match="31 bytes"):
        parse_vkey(vkey("n", public(LOG)[:31]), "c")
