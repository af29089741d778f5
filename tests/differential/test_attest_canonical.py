"""The writer's canonical JSON against a tiny independent writer, taken straight from RFC 8785 3.2."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll_attest.canonical import format_canonical

SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def reference(value: Any) -> str:
    """Write a value as RFC 8785 says: keys by UTF-16 code units, the shortest escapes, no spaces."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:d}"
    if isinstance(value, str):
        escaped = (
            SHORT.get(ord(sign)) or (f"\\u{ord(sign):04x}" if ord(sign) < 0x20 else sign) for sign in value
        )
        return '"' + "".join(escaped) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(reference, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(f"{reference(key)}:{reference(value[key])}" for key in keys) + "}"


@pytest.mark.parametrize("first", range(0, 0x110000, 0x8000))
def test_every_character_is_written_alike(first: int) -> None:
    text = "".join(chr(code) for code in range(first, first + 0x8000) if not 0xD800 <= code < 0xE000)
    assert format_canonical(text) == reference(text).encode()


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(1 - 2**53, 2**53 - 1)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("Zz09_.:-", min_size=1), inner),
        max_leaves=40,
    )
)
def test_every_value_is_written_alike(value: Any) -> None:
    assert format_canonical(value) == reference(value).encode()
