"""Run the `plimsoll` program: doors for the console script and for callers, one handler for failures."""

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO, cast

import click

from plimsoll_attest.cli.app import App, with_passphrases
from plimsoll_attest.cli.commands import root
from plimsoll_attest.cli.failures import CLOSED_PIPE, COULD_NOT_RUN, INTERRUPTED, Failure, failure_of
from plimsoll_attest.cli.output import MAX_WIDTH, Console, format_json

if TYPE_CHECKING:
    from plimsoll_attest.surroundings import Surroundings

COMPLETE_VARIABLE = "_PLIMSOLL_COMPLETE"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program on the process's own streams, and exit.

    Args:
        argv: The arguments; without them the process's own.
    """
    stdout, stderr, stdin = _stream(sys.stdout, "w"), _stream(sys.stderr, "w"), _stream(sys.stdin, "r")
    # Foreign text may hold what the terminal's encoding lacks; a name must not end a command.
    for stream in (stdout, stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    asked = stdin.isatty() and stderr.isatty()
    console = Console(stdout, stderr, stdin, interactive=asked, columns=_columns(), read_secret=_read_secret)
    console.ascii_only = (stdout.encoding or "").lower().replace("-", "") != "utf8"
    console.colour = stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    code = _run(list(sys.argv[1:] if argv is None else argv), App(console, os.environ, _real))
    if code == CLOSED_PIPE:
        # The interpreter flushes once more on its way out and would complain to nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
    sys.exit(code)


def run(
    argv: Sequence[str],
    surroundings: "Surroundings",
    stdout: TextIO,
    stderr: TextIO,
    stdin: TextIO,
    isatty: bool = False,  # noqa: FBT001, FBT002 - the contract of the in-process door
) -> int:
    """Run one command in this process, and return its exit code.

    The process's own streams, environment, clock and randomness are not touched.

    Args:
        argv: The arguments after the program's name.
        surroundings: Clock, randomness, environment, passphrases, unlocked keys.
        stdout: Where results go.
        stderr: Where notes and errors go.
        stdin: Where answers come from.
        isatty: Whether a person sits at the streams.
    """
    env = surroundings.env
    console = Console(stdout, stderr, stdin, interactive=isatty, colour=isatty and not env.get("NO_COLOR"))
    world = surroundings
    return _run(list(argv), App(console, env, lambda app: with_passphrases(app, world)))


def _real(app: App) -> "Surroundings":
    from plimsoll_attest.surroundings import Surroundings

    return with_passphrases(app, Surroundings.real())


def _run(argv: list[str], app: App) -> int:
    """Run a command and return its exit code, whatever happens in it."""
    try:
        code = _invoke(argv, app)
        app.console.stdout.flush()
        app.console.stderr.flush()
    except Exception as error:  # noqa: BLE001 - the one handler
        return _report(error, argv, app)
    except KeyboardInterrupt as error:
        return _report(error, argv, app)
    return code


def _invoke(argv: list[str], app: App) -> int:
    shell = app.env.get(COMPLETE_VARIABLE)
    if shell:
        from plimsoll_attest.cli.completion import answer

        answer(shell, argv, root(), app.console)
        return 0
    group = root()
    try:
        with group.make_context("plimsoll", argv, obj=app, terminal_width=app.console.columns) as ctx:
            result = group.invoke(ctx)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    return result if isinstance(result, int) else 0


def _report(error: BaseException, argv: list[str], app: App) -> int:
    """Say what went wrong, as lines or as an object, and return the exit code."""
    console = app.console
    try:
        failure = failure_of(error)
        if failure.exit_code == CLOSED_PIPE:
            return CLOSED_PIPE
        if app.options.debug or (failure.unexpected and "--debug" in argv):
            _write_traceback(error, console)
        if console.as_json or "--json" in argv:
            console.raw(_error_object(failure))
        elif isinstance(error, click.exceptions.NoArgsIsHelpError):
            console.stderr.write(error.ctx.get_help() + "\n")
        else:
            console.error(failure.message, failure.hint)
        console.stdout.flush()
        console.stderr.flush()
    except BrokenPipeError:
        return CLOSED_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError:
        # Nowhere is left to say it; the exit code still does.
        return COULD_NOT_RUN
    return failure.exit_code


def _error_object(failure: Failure) -> str:
    fields = {"code": failure.code, "message": failure.message, "hint": failure.hint}
    return format_json({"schema": "plimsoll/error/v1", "error": fields}) + "\n"


def _write_traceback(error: BaseException, console: Console) -> None:
    import traceback

    # No local variables: they could hold a passphrase.
    console.stderr.write("".join(traceback.format_exception(error)))


def _stream(stream: TextIO | None, mode: str) -> TextIO:
    """Return a standard stream; one that the shell closed (`>&-`) reads as empty, and forgets."""
    if stream is not None:
        return stream
    from pathlib import Path

    return cast("TextIO", Path(os.devnull).open(mode, encoding="utf-8"))


def _read_secret(question: str) -> str:
    from getpass import getpass

    return getpass(question, sys.stderr)


def _columns() -> int:
    try:
        return min(MAX_WIDTH, max(60, os.get_terminal_size(sys.stderr.fileno()).columns))
    except (AttributeError, OSError, ValueError):
        return 80
