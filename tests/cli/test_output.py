"""What is printed cannot act on a terminal, and looks the same whatever the locale."""

import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll_attest.cli.foreign import escape, escape_lines, width
from plimsoll_attest.cli.output import Console, format_pairs, format_table
from plimsoll_attest.cli.progress import Progress, format_bytes


def console(**settings: object) -> Console:
    made = Console(io.StringIO(), io.StringIO(), io.StringIO())
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def written(made: Console) -> tuple[str, str]:
    assert isinstance(made.stdout, io.StringIO)
    assert isinstance(made.stderr, io.StringIO)
    return made.stdout.getvalue(), made.stderr.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("harbour-1", "harbour-1"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("line\nline\r\t", "line\\nline\\r\\t"),
        ("rso\u202eoec", "rso\\u202eoec"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\u2066isolated\u2069", "\\u2066isolated\\u2069"),
        ("\u2028\u2029\x7f\x9b", "\\u2028\\u2029\\x7f\\x9b"),
        ("\U000e0041 tag", "\\U000e0041 tag"),
        ("\ud800", "\\ud800"),
        ("Grüße, 海", "Grüße, 海"),
    ],
)
def test_active_characters_are_escaped_and_others_stay(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_is_escaped_can_act(text: str) -> None:
    shown = escape(text)
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"} for char in shown)
    assert escape(shown) == shown
    assert escape_lines(text).split("\n") == [escape(line) for line in text.split("\n")]


def test_tables_align_wide_characters_and_numbers() -> None:
    lines = format_table([["N", "WHO", "ABOUT"], ["9", "海", "x"], ["10", "rso", ""]])
    assert lines == [" N  WHO  ABOUT", " 9  海   x", "10  rso"]
    assert width("e\u0301") == 1
    assert format_pairs([("a", "1\n2"), ("long", "\x1b")]) == ["a     1\n      2", "long  \\x1b"]


def test_errors_are_escaped_and_indented() -> None:
    made = console()
    made.error("first\nsecond \x1b[31m", "do this")
    assert written(made) == ("", "plimsoll: error: first\n  second \\x1b[31m\nplimsoll: hint: do this\n")


def test_json_is_ascii_and_lines_for_people_stay_away() -> None:
    made = console(as_json=True)
    made.line("for people")
    made.table(("A",), [["1"]])
    made.json("status", {"name": "海\u202e"})
    text = written(made)[0]
    assert text.isascii()
    assert json.loads(text) == {"schema": "plimsoll/status/v1", "name": "海\u202e"}


def test_colour_is_never_the_only_sign() -> None:
    plain, coloured = console(), console(colour=True)
    for made in (plain, coloured):
        made.warn("look")
    assert written(plain)[1] == "plimsoll: warning: look\n"
    assert written(coloured)[1] == "plimsoll: \x1b[33mwarning:\x1b[0m look\n"


def test_progress_waits_a_second_and_leaves_nothing_behind() -> None:
    now = [0.0]
    made = console(interactive=True)
    progress = Progress(made, "hashing", lambda: now[0])
    progress(1, 4)
    assert written(made) == ("", "")
    now[0] = 1.5
    progress(2048, 4096)
    progress(2049, 4096)
    assert written(made)[1] == "\r\x1b[Khashing:  50 %  2.0 KiB of 4.0 KiB"
    progress.close()
    assert written(made)[1].endswith("\r\x1b[K")


@pytest.mark.parametrize("settings", [{}, {"interactive": True, "quiet": True}])
def test_progress_is_silent_without_a_terminal_or_when_quiet(settings: dict[str, object]) -> None:
    now = [0.0]
    made = console(**settings)
    progress = Progress(made, "hashing", lambda: now[0])
    now[0] = 9.0
    progress(1, 2)
    progress.close()
    assert written(made) == ("", "")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 40, "3.0 TiB"), (5 << 50, "5120.0 TiB")],
)
def test_bytes_are_shown_for_people(count: int, text: str) -> None:
    assert format_bytes(count) == text
