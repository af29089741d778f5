"""What all commands have in common: options before and after the command, and how things are said."""

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from plimsoll_verify.trust import Trust

_F = TypeVar("_F", bound=Callable[..., Any])
_CODES = {"red": "31", "green": "32", "yellow": "33", "bold": "1"}


class Output:
    """How the user wants to be told things, and the telling."""

    def __init__(self) -> None:
        self.json = False
        self.quiet = False
        self.debug = False
        self.color = "auto"

    def line(self, text: str = "") -> None:
        """Print a line of a result for people; with --json or -q nothing."""
        if not (self.json or self.quiet):
            click.echo(text, color=True)

    def object(self, value: dict[str, Any]) -> None:
        """Print the one object that --json asks for, if it does."""
        if self.json:
            click.echo(json.dumps(value, indent=1, ensure_ascii=True))

    def error(self, code: str, message: str, hint: str) -> None:
        """Say what went wrong: on stderr, and with --json as an object on stdout."""
        told = {"code": code, "message": plain(message), "hint": plain(hint)}
        self.object({"schema": "plimsoll/error/v1", "error": told})
        click.echo(f"plimsoll-verify: error: {plain(message)}", err=True)
        if hint:
            click.echo(f"plimsoll-verify: hint: {plain(hint)}", err=True)

    def warn(self, message: str) -> None:
        """Say on stderr what a person should know, and the program goes on in spite of."""
        click.echo(f"plimsoll-verify: warning: {plain(message)}", err=True)

    def has_color(self) -> bool:
        """Say whether standard output is to have colours; meaning never hangs on them."""
        if self.color != "auto":
            return self.color == "always"
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def style(self, text: str, name: str) -> str:
        """Colour a text, if colours are wanted."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.has_color() else text


def plain(text: str) -> str:
    """Escape what a foreign text could do to a terminal: everything outside of printable ASCII."""
    return ascii(text)[1:-1].replace("\\'", "'").replace("\\\\", "\\")


def common(function: _F) -> _F:
    """Add the options that every command has, before its name and after it, and pass `output`."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        # Before the command and after it are two contexts with one object between them.
        output = context.find_object(Output)
        if output is not None and value:
            setattr(output, str(parameter.name), value)

    def option(*names: str, **settings: Any) -> Callable[[_F], _F]:
        return click.option(*names, expose_value=False, callback=keep, is_eager=True, **settings)

    for add in (
        option(
            "--color", type=click.Choice(["auto", "always", "never"]), help="Colours; NO_COLOR is honoured."
        ),
        option("--debug", is_flag=True, help="Print tracebacks."),
        option("-q", "--quiet", is_flag=True, help="Print errors only."),
        option("--json", is_flag=True, help="Print one JSON object and nothing else."),
    ):
        function = add(function)
    return click.make_pass_decorator(Output)(function)  # type: ignore[return-value]


def read_trust(path: str) -> "Trust":
    """Read the trust file that the user names, or `-`.

    Raises:
        UsageError: it is none; says which file that was, and who writes them.
    """
    from plimsoll_verify.errors import UsageError
    from plimsoll_verify.limits import MAX_TRUST_BYTES
    from plimsoll_verify.trust import parse_trust

    data = read_input(path, MAX_TRUST_BYTES)
    try:
        return parse_trust(data)
    except UsageError as error:
        hint = "is it the trust file? whoever keeps the ledger writes one with `plimsoll trust export`"
        raise UsageError(f"{path}: {error}", error.hint or hint) from None


def read_input(path: str, limit: int) -> bytes:
    """Read a file that the user names, or `-`; of one that is too long, one byte too many."""
    if path == "-":
        return sys.stdin.buffer.read(limit + 1)
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib would cost --help its import.
        return file.read(limit + 1)
