"""Options and argument types that several commands share."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from plimsoll_attest.cli.app import App
from plimsoll_attest.times import read_time

if TYPE_CHECKING:
    # Generic since click 8.5 only, and there only for type checkers.
    _IntType = click.ParamType[int]
else:
    _IntType = click.ParamType

_Function = TypeVar("_Function", bound=Callable[..., Any])
_INDEX: Final = re.compile(r"#?(0|[1-9]\d{0,17})", re.ASCII)


class Time(_IntType):
    """An RFC 3339 time with its offset, as milliseconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return UTC milliseconds."""
        if isinstance(value, int):
            return value
        try:
            return read_time(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Index(_IntType):
    """An entry's number, with or without `#` before it."""

    name = "index"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        found = _INDEX.fullmatch(value)
        if found is None:
            self.fail(f"`{value}` is not the number of an entry, such as 12 or '#12'", param, ctx)
        return int(found[1])


TIME: Final = Time()
INDEX: Final = Index()


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        app = ctx.find_root().obj
        if isinstance(app, App) and not ctx.resilient_parsing and value is not None and value is not False:
            setattr(app.options, name, value)

    return keep


def _option(name: str, to: str, text: str, **settings: Any) -> Callable[[_Function], _Function]:
    return click.option(name, f"run_{to}", expose_value=False, callback=_keep(to), help=text, **settings)


def locks(function: _Function) -> _Function:
    """Add the options of commands that take the home's lock."""
    return _option(
        "--lock-timeout", "lock_timeout_s", "How long to queue behind another writer. [10]",
        type=float, metavar="SECONDS",
    )(function)  # fmt: skip


def signs(function: _Function) -> _Function:
    """Add the options of commands that unlock a key."""
    function = _option(
        "--passphrase-fd", "passphrase_fd", "Read the passphrase from it. [else $PLIMSOLL_PASSPHRASE]",
        type=int, metavar="N",
    )(function)  # fmt: skip
    return asks(function)


def asks(function: _Function) -> _Function:
    """Add the option of commands that ask a person."""
    return _option("--no-input", "no_input", "Ask nothing, not even on a terminal.", is_flag=True)(function)


def appends(function: _Function) -> _Function:
    """Add the options of commands that append to the log."""
    for decorate in (locks, signs):
        function = decorate(function)
    function = _option("--yes", "yes", "Append without asking, on a terminal too.", is_flag=True)(function)
    return _option(
        "--dry-run", "dry_run", "Check and show what would be appended; append nothing.", is_flag=True
    )(function)
