"""Show foreign text so that it cannot act: control, bidirectional and invisible characters are escaped.

Names, reasons, task names and file contents come from other people. Printed raw, an escape sequence could
rewrite the terminal's lines, and a right-to-left override could make one id look like another.
"""

import unicodedata
from typing import Final

# Cc control, Cf format (bidi, zero width, tags), Cs surrogates, Zl and Zp line and paragraph separators,
# Co private use, Cn unassigned: what a terminal may act on, or draws as nothing.
_ACTIVE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})
_PLAIN: Final = frozenset(map(chr, range(0x20, 0x7F)))


def escape(text: str) -> str:
    r"""Return text with each active character as `\n`, `\x1b` or `\u202e`, on one line."""
    if _PLAIN.issuperset(text):
        return text
    return "".join(_escaped(char) if unicodedata.category(char) in _ACTIVE else char for char in text)


def escape_lines(text: str) -> str:
    """Return text of several lines with each line escaped; line feeds alone stay."""
    return "\n".join(escape(line) for line in text.split("\n"))


def width(text: str) -> int:
    """Return how many columns of a terminal an escaped text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _escaped(char: str) -> str:
    code = ord(char)
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    if short is not None:
        return short
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
