"""Turn whatever went wrong into an exit code, a short word, a message and a hint: one place for all commands.

Exit codes: 0 done, 1 denied, 2 usage, 3 indeterminate, 4 not authentic, 5 could not run, 130 interrupted,
141 closed pipe. Denials and usage errors are never confused: 1 only ever follows a printed denial.
"""

import errno
import os
from dataclasses import dataclass
from typing import Final

import click

from plimsoll_attest.cli.commands import NoSuchCommand
from plimsoll_attest.errors import AttestError, as_attest_error

USAGE: Final = 2
COULD_NOT_RUN: Final = 5
INTERRUPTED: Final = 130
CLOSED_PIPE: Final = 141

_REPORT: Final = (
    "this is a fault of plimsoll, not yours; run the command again with --debug and report what it prints, "
    "with `plimsoll --version`"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What a run that failed says.

    Attributes:
        exit_code: What the program ends with.
        code: A short word for programs.
        message: What was wrong, in lower case; the printer escapes it.
        hint: What a person can do, or an empty string.
        unexpected: True if the program itself is at fault.
    """

    exit_code: int
    code: str
    message: str
    hint: str = ""
    unexpected: bool = False


def failure_of(error: BaseException) -> Failure:
    """Return what to say about an exception that ended a command."""
    if isinstance(error, click.UsageError):
        return _usage(error)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Failure(INTERRUPTED, "interrupted", "interrupted", _after_interrupt())
    if isinstance(error, BrokenPipeError):
        return Failure(CLOSED_PIPE, "closed-pipe", "the reader of the output went away")
    if isinstance(error, EOFError):
        return Failure(
            USAGE,
            "no-answer",
            "the input ended before a question was answered",
            "use --yes to append without being asked",
        )
    known = error if isinstance(error, AttestError) else as_attest_error(error)
    if known is not None:
        return Failure(known.exit_code, known.code, _with_problems(known), known.hint)
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, MemoryError):
        return Failure(COULD_NOT_RUN, "out-of-memory", "the machine has no memory left for this", "")
    told = str(error)
    return Failure(
        COULD_NOT_RUN,
        "unexpected",
        f"unexpected {type(error).__name__}" + (f": {told}" if told else ""),
        _REPORT,
        unexpected=True,
    )


def _with_problems(error: AttestError) -> str:
    """Return an error's message with the single problems that it lists, one a line."""
    problems = [str(problem) for problem in getattr(error, "problems", ())]
    return "\n".join([error.message, *(problem for problem in problems if problem not in error.message)])


def _usage(error: click.UsageError) -> Failure:
    """Say in our own words what click found, so that its versions do not show."""
    path = error.ctx.command_path if error.ctx is not None else "plimsoll"
    see = f"see `{path} --help`"
    if isinstance(error, NoSuchCommand):
        return Failure(USAGE, "usage", error.message, _did_you_mean(error.name, error.there_are, see))
    if isinstance(error, click.NoSuchOption):
        names = [name for parameter in _parameters(error.ctx) for name in parameter.opts]
        hint = _did_you_mean(error.option_name, tuple(names), see)
        return Failure(USAGE, "usage", f"there is no option {error.option_name}", hint)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return Failure(USAGE, "usage", f"{_shown(error.param, error.ctx)} is missing", see)
    if isinstance(error, click.BadParameter) and error.param is not None and error.ctx is not None:
        shown = _shown(error.param, error.ctx)
        return Failure(USAGE, "usage", f"{shown}: {error.message.strip().removesuffix('.')}", see)
    message = error.format_message().strip().removesuffix(".")
    lowered = message[:1].lower() + message[1:]
    return Failure(USAGE, "usage", lowered, see)


def _shown(parameter: click.Parameter, ctx: click.Context | None) -> str:
    """Return a parameter as the usage line has it: INDEX, --model."""
    if isinstance(parameter, click.Argument) and ctx is not None:
        metavar = parameter.make_metavar(ctx).strip("[]")
        return (parameter.name or "").upper() if metavar.startswith("{") else metavar
    return parameter.opts[0]


def _parameters(ctx: click.Context | None) -> list[click.Parameter]:
    return ctx.command.get_params(ctx) if ctx is not None else []


def _did_you_mean(given: str, there_are: tuple[str, ...], otherwise: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(given, there_are, n=3)
    return f"did you mean {' or '.join(near)}? ({otherwise})" if near else otherwise


_ADVICE: Final = {
    errno.ENOSPC: "free some room and run the command again; what was acknowledged before is safe",
    errno.EDQUOT: "free some room and run the command again; what was acknowledged before is safe",
    errno.EFBIG: "the limit on the size of files is too low for this; raise it and run the command again",
    errno.EROFS: "the file system is read-only; remount it, or use another directory",
    errno.EACCES: "check who owns it and its permissions",
    errno.EPERM: "check who owns it and its permissions",
    errno.ENOENT: "check the path",
    errno.EIO: "the disk reports a fault; do not append before you know why",
}


_OF_NETWORK: Final = "see that the log is served there and the network is up, then run the command again"


def _system(error: OSError) -> Failure:
    """Say what the operating system refused, and of which file."""
    reason = os.strerror(error.errno).lower() if error.errno else str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename is not None else ""
    advice = _OF_NETWORK if reason.startswith(("http://", "https://")) else _ADVICE.get(error.errno or 0, "")
    return Failure(COULD_NOT_RUN, "system", f"{where}{reason}", advice)


def _after_interrupt() -> str:
    return (
        "what was acknowledged is in the log and nothing else is; `plimsoll submit --outbox` finishes "
        "what was signed and not yet acknowledged"
    )
