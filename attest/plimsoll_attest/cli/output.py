"""What a command prints: lines for people, one object for programs, and where each of them goes.

Results go to standard output; notes, previews, questions and errors to standard error. With `--json`
nothing but one JSON object (or, with `--jsonl`, one an entry) reaches standard output. JSON is written
in ASCII, so that neither the locale nor a bidirectional character changes what is read.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

from plimsoll_attest.cli.foreign import escape, escape_lines, width

_CODES: Final = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "dim": "2"}
MAX_WIDTH: Final = 100


@dataclass(slots=True)
class Console:
    """The three streams of a run, and how to write to them.

    Attributes:
        stdout: Results.
        stderr: Everything else.
        stdin: Answers, and `-` as a file.
        interactive: Whether a person can be asked.
        colour: Whether lines are coloured; meaning never rests on it.
        as_json: Whether results are JSON.
        quiet: Whether notes are left out.
        verbosity: How many `-v` were given.
        columns: The width of help texts.
        ascii_only: Whether pictures keep to ASCII, for terminals of other encodings.
        read_secret: Reads without showing what is typed; without it secrets are read as any line.
    """

    stdout: TextIO
    stderr: TextIO
    stdin: TextIO
    interactive: bool = False
    colour: bool = False
    as_json: bool = False
    quiet: bool = False
    verbosity: int = 0
    columns: int = 80
    ascii_only: bool = False
    read_secret: Callable[[str], str] | None = field(default=None, repr=False)

    def ask(self, question: str) -> str:
        """Ask a person on standard error, and return the line they typed.

        Raises:
            EOFError: If standard input ended.
        """
        self.stderr.write(question)
        self.stderr.flush()
        line = self.stdin.readline()
        if not line:
            self.stderr.write("\n")
            raise EOFError
        return line.rstrip("\r\n")

    def ask_secret(self, question: str) -> str:
        """Ask for a secret; on a real terminal what is typed is not shown."""
        if self.read_secret is not None:
            return self.read_secret(question)
        return self.ask(question)

    def line(self, text: str = "") -> None:
        """Write a line of result for people. The caller has escaped what is foreign in it."""
        if not self.as_json:
            self.stdout.write(text + "\n")

    def raw(self, text: str) -> None:
        """Write text to standard output as it is: a proof, a script, help."""
        self.stdout.write(text)

    def note(self, text: str) -> None:
        """Tell a person something beside the result; `-q` leaves it out."""
        if not self.quiet:
            self.stderr.write(f"{text}\n")

    def detail(self, text: str) -> None:
        """Tell a person who asked with `-v` what is going on."""
        if self.verbosity:
            self.stderr.write(f"{text}\n")

    def warn(self, text: str) -> None:
        """Say what a person should look at; not even `-q` hides it."""
        self.stderr.write(f"plimsoll: {self.style('warning:', 'yellow')} {escape(text)}\n")

    def error(self, message: str, hint: str) -> None:
        """Say what went wrong and what to do about it."""
        self.stderr.write(f"plimsoll: {self.style('error:', 'red')} {_indent(message)}\n")
        if hint:
            self.stderr.write(f"plimsoll: {self.style('hint:', 'bold')} {_indent(hint)}\n")

    def json(self, name: str, fields: Mapping[str, Any]) -> None:
        """Write a result as the one object of schema `plimsoll/<name>/v1`, if JSON was asked for."""
        if self.as_json:
            self.stdout.write(format_json({"schema": f"plimsoll/{name}/v1", **fields}) + "\n")

    def json_line(self, name: str, fields: Mapping[str, Any]) -> None:
        """Write one object of a list on a line of its own (`--jsonl`)."""
        self.stdout.write(
            json.dumps({"schema": f"plimsoll/{name}/v1", **fields}, separators=(",", ":")) + "\n"
        )

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]], empty: str = "") -> None:
        """Write rows under headings, each column as wide as its widest cell; cells are escaped here."""
        cells = [[escape(cell) for cell in row] for row in rows]
        if not cells:
            self.line(empty)
            return
        for number, line in enumerate(format_table([list(headings), *cells])):
            self.line(self.style(line, "bold") if number == 0 else line)

    def style(self, text: str, name: str) -> str:
        """Return text in a colour or weight, where colour is on."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.colour else text


def format_json(value: object) -> str:
    """Return JSON in ASCII, indented by two."""
    return json.dumps(value, indent=2, ensure_ascii=True)


def format_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with aligned columns, two spaces apart; numbers are set to the right."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(width, column)) for column in columns]
    numeric = [all(cell.isdigit() for cell in column[1:] if cell) and any(column[1:]) for column in columns]
    lines = []
    for row in rows:
        padded = [
            " " * (size - width(cell)) + cell if right else cell + " " * (size - width(cell))
            for cell, size, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return lines


def format_pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return `name  value` lines with values aligned, and continuation lines of a value indented; escaped."""
    listed = [(name, escape_lines(value)) for name, value in pairs]
    size = max((len(name) for name, _ in listed), default=0)
    return [
        f"{name:<{size}}  {value}".rstrip().replace("\n", "\n" + " " * (size + 2)) for name, value in listed
    ]


def _indent(text: str) -> str:
    """Escape a message; its further lines stand indented below the first."""
    return escape_lines(text.strip()).replace("\n", "\n  ")
