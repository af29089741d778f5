"""YAML as text: every scalar as it was written, and each thing that could mean two things refused."""

from pathlib import Path

import pytest

from plimsoll_attest.errors import UsageError
from plimsoll_attest.yamltree import BadYaml, Place, parse_yaml, read_yaml


@pytest.mark.parametrize(
    "written",
    [
        "1.10", "0x10", "1e3", "on", "off", "yes", "No", "2026-01-01", "null", "~", "0o17", "017", "1_000",
        "-0", ".5", "1.", "+1", ".inf", "NaN", "true", "12:30:45", "27/33", "95 %", "0.20",
    ],
)  # fmt: skip
def test_a_scalar_stays_what_was_written(written: str) -> None:
    found = parse_yaml(f"plain: {written}\nquoted: '{written}'\nlist: [{written}]\n".encode())
    assert found.tree == {"plain": written, "quoted": written, "list": [written]}


def test_strings_are_what_their_quotes_say() -> None:
    text = "a: \"x\\ty\"\nb: 'it''s'\nc: |\n  two\n  lines\nd: >-\n  folded\n  text\ne:\n"
    assert parse_yaml(text.encode()).tree == {
        "a": "x\ty",
        "b": "it's",
        "c": "two\nlines\n",
        "d": "folded text",
        "e": "",
    }


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "c is given twice", Place(4, 3)),
        ("a: &x 1\n", "anchor &x is not read", Place(1, 4)),
        ("a: [*x]\n", "alias *x is not read", Place(1, 5)),
        ("a: !!int 3\n", "tag tag:yaml.org,2002:int is not read", Place(1, 4)),
        ("a: !python/object:os.system x\n", "tag !python/object:os.system is not read", Place(1, 4)),
        ("%YAML 1.1\n---\na: 1\n", "directives are not read", Place(1, 1)),
        ("a: 1\n---\nb: 2\n", "a second document begins here", Place(3, 1)),
        ("ä: 1\n", "'\\xe4' cannot be a name", Place(1, 1)),
        ("a:\n  'two words': 1\n", "'two words' cannot be a name", Place(2, 3)),
        ("<<: {a: 1}\n", "'<<' cannot be a name", Place(1, 1)),
        ("? [a]\n: 1\n", "a key is a list or a mapping", Place(1, 3)),
        ("", "the file is empty", Place(1, 1)),
        ("# nothing\n", "the file is empty", Place(1, 1)),
        ("a: [1\n", "expected ',' or ']'", Place(2, 1)),
        ("a:\n\tb: 1\n", "a tab", Place(2, 1)),
        ("a: \x07\n", "character U+0007 is not allowed", Place(1, 4)),
        ("[" * 60 + "]" * 60, "nested deeper than 32 levels", Place(1, 34)),
    ],
)
def test_what_is_refused_is_named_with_its_place(text: str, message: str, place: Place) -> None:
    with pytest.raises(BadYaml) as error:
        parse_yaml(text.encode())
    assert message in error.value.message
    assert error.value.place == place


def test_bytes_that_are_not_utf8_are_placed() -> None:
    with pytest.raises(BadYaml, match="not UTF-8") as error:
        parse_yaml(b"a: 1\nb: \xff\n")
    assert error.value.place == Place(2, 4)


def test_a_byte_order_mark_is_no_content() -> None:
    assert parse_yaml(b"\xef\xbb\xbfa: 1\n").tree == {"a": "1"}


def test_places_are_of_the_nearest_part_that_is_there() -> None:
    found = parse_yaml(b"a:\n  - {b: 1, c: 2}\n")
    assert found.locate(("a", 0, "c")) == Place(2, 12)
    assert found.locate(("a", 0, "missing")) == Place(2, 5)
    assert found.locate(("missing",)) == Place(1, 1)


def test_files_that_cannot_be_read_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(UsageError, match="is a folder"):
        read_yaml(tmp_path)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (4 << 20) + b"\na: 1\n")
    with pytest.raises(UsageError, match=r"large\.yaml is larger than 4 MiB"):
        read_yaml(large)
