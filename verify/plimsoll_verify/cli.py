"""The `plimsoll-verify` program: its commands, and the one place where exit codes are decided.

Exit 0 compliant, 1 violations, 3 indeterminate, 4 rejected; 2 usage, 5 could not run, 130 interrupted,
141 closed pipe. The first four follow a verdict; Ctrl-C, a full disk or a defect must never look like one.
"""

import gc
import os
import sys
from collections.abc import Sequence

import click

from plimsoll_verify import __version__
from plimsoll_verify.cli_explain import explain
from plimsoll_verify.cli_log import log
from plimsoll_verify.cli_output import Output, common
from plimsoll_verify.cli_proof import proof
from plimsoll_verify.cli_trust import trust
from plimsoll_verify.cli_watch import watch

COMPLETE, USAGE, COULD_NOT_RUN, INTERRUPTED, CLOSED_PIPE = 0, 2, 5, 130, 141


_COLLECT_AFTER = (100_000, 50, 1000)
"""What a replay keeps has no cycles: to look for them among millions of facts takes a tenth of its time."""


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's own call.
    if asked:
        click.echo(f"plimsoll-verify {__version__} (formats: plimsoll/1, plimsoll/verdict/v1)")
        context.exit()


@click.group(
    name="plimsoll-verify",
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: plimsoll-verify log DIR --trust trust.toml",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@common
def program(output: Output) -> None:
    """Check a published Plimsoll ledger, and judge what it records by its own policy.

    The log proves what was recorded, not that it is true, nor that everything was recorded.
    """


for _command in (log, explain, proof, trust, watch):
    program.add_command(_command)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program, and exit.

    Args:
        argv: the arguments; without them the process's own.
    """
    gc.set_threshold(*_COLLECT_AFTER)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Foreign text may hold what the terminal's encoding lacks; a name must not end a command.
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:] if argv is None else argv)
    if code == CLOSED_PIPE:
        # The interpreter flushes once more on its way out and would complain to nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong is said and has a code of its own."""
    output = Output()
    output.json = "--json" in argv  # Also where something else in the line is wrong.
    try:
        try:
            code = _invoke(list(argv), output)
            sys.stdout.flush()
            return code
        except Exception as error:  # noqa: BLE001 - the one handler; none may exit 1.
            code = _say(error, output)
            sys.stdout.flush()
            return code
    except BrokenPipeError:
        return CLOSED_PIPE
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except OSError:
        return COULD_NOT_RUN  # Not even the error could be said, as on a full disk.


def _invoke(argv: list[str], output: Output) -> int:
    """Run one command without click's own handler, which exits 1 where a pipe is closed."""
    try:
        with program.make_context("plimsoll-verify", argv, obj=output) as context:
            return program.invoke(context) or COMPLETE
    except click.exceptions.Exit as done:
        return done.exit_code


_TO_DO: dict[type[OSError], str] = {
    FileNotFoundError: "check the path; ",
    IsADirectoryError: "name the file in it; ",
    PermissionError: "check who owns it and its permissions; ",
}


def _say(error: Exception, output: Output) -> int:
    """Print an error and return its exit code; re-raise what has no words."""
    from plimsoll_verify.errors import UsageError

    if isinstance(error, BrokenPipeError | click.Abort):
        raise error
    if output.debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        path = "plimsoll-verify" if context is None else context.command_path
        hint = f"{path} --help shows what there is"
        message = error.format_message().rstrip(".")
        output.error("usage", message[:1].lower() + message[1:], hint)
        return USAGE
    if isinstance(error, UsageError):
        output.error("usage", str(error), error.hint)
        return USAGE
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        reason = str(error.strerror or error).lower()
        todo = next((words for kind, words in _TO_DO.items() if isinstance(error, kind)), "")
        output.error("could-not-run", f"{where}{reason}", f"{todo}nothing is said about the ledger")
        return COULD_NOT_RUN
    hint = "this is a defect of plimsoll-verify, not of the ledger; please report it with what --debug prints"
    output.error("could-not-run", f"{type(error).__name__}: {error}", hint)
    return COULD_NOT_RUN
