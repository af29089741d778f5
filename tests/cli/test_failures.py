"""One handler: whatever goes wrong has its exit code, its word, a message and a hint."""

import errno
import io
import json
from pathlib import Path

import pytest
from tests.cli.world import World

from plimsoll_attest.cli import commands, main
from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import NotConfirmed
from plimsoll_attest.cli.failures import failure_of
from plimsoll_attest.cli.output import Console
from plimsoll_attest.errors import AttestError, Denied, NotAuthentic, Undecided, UsageError
from plimsoll_keys.errors import WrongPassphrase
from plimsoll_ledger.errors import Busy, FatalSequencing, NotALedger, SchemaMismatch, StorageFull


def test_a_log_that_does_not_answer_is_no_riddle() -> None:
    failure = failure_of(OSError("https://log.example/checkpoint: Connection refused"))
    assert (failure.exit_code, failure.message) == (5, "https://log.example/checkpoint: Connection refused")
    assert failure.hint.startswith("see that the log is served there")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (Denied("x"), 1),
        (Undecided("x"), 3),
        (NotAuthentic("x"), 4),
        (NotConfirmed("x"), 130),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
        (EOFError(), 2),
        (OSError(errno.ENOSPC, "no space", "/x"), 5),
        (OSError("odd"), 5),
        (MemoryError(), 5),
        (RuntimeError("odd"), 5),
        (RecursionError(), 5),
        (Busy("x"), 5),
        (StorageFull("x"), 5),
        (NotALedger("x"), 2),
        (SchemaMismatch(2, 1), 5),
        (FatalSequencing("x"), 4),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_failure_has_its_exit_code(error: BaseException, code: int) -> None:
    failure = failure_of(error)
    assert failure.exit_code == code
    assert failure.message
    assert failure.message[:1] == failure.message[:1].lower()
    assert failure.unexpected == isinstance(error, RuntimeError)


def test_a_wrong_passphrase_is_no_denial() -> None:
    assert failure_of(WrongPassphrase("x")).exit_code in (2, 5)


def test_the_system_says_which_file_and_what_to_do() -> None:
    failure = failure_of(OSError(errno.EACCES, "Permission denied", "/srv/x"))
    assert failure.message == "/srv/x: permission denied"
    assert failure.hint == "check who owns it and its permissions"


def test_problems_stand_under_the_message() -> None:
    class Listed(AttestError):
        problems = ("line 3: odd", "line 4: odd too")

    assert failure_of(Listed("two problems")).message == "two problems\nline 3: odd\nline 4: odd too"


def _broken(*_arguments: object, **_settings: object) -> None:
    secret = "a passphrase for tests"  # noqa: F841 - a traceback must not show it
    raise RuntimeError("the wheel came off\x1b[2J")


@pytest.mark.parametrize("json_asked", [False, True])
def test_what_nobody_expected_ends_with_5_and_how_to_report_it(
    json_asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "home", _broken)
    done = World(tmp_path).run("status", *(["--json"] if json_asked else []))
    assert done.code == 5
    if json_asked:
        error = json.loads(done.stdout)["error"]
        assert error["code"] == "unexpected"
        assert "--debug" in error["hint"]
        assert done.stderr == ""
    else:
        assert done.stdout == ""
        assert done.stderr.startswith(
            "plimsoll: error: unexpected RuntimeError: the wheel came off\\x1b[2J\n"
        )
        assert "--debug" in done.stderr


def test_debug_shows_where_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "home", _broken)
    done = World(tmp_path).run("status", "--debug")
    assert done.code == 5
    assert "Traceback" in done.stderr
    assert "_broken" in done.stderr
    assert "a passphrase for tests\n" not in done.stderr.replace('secret = "a passphrase for tests"', "")


class Full(io.StringIO):
    """A stream whose disk is full, or whose reader went away."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"), [(OSError(errno.ENOSPC, "No space left on device"), 5), (BrokenPipeError(), 141)]
)
def test_output_that_cannot_be_written_is_never_a_success(error: OSError, code: int, tmp_path: Path) -> None:
    world = World(tmp_path)
    console = Console(Full(error), io.StringIO(), io.StringIO())
    app = App(console, world.env, lambda _app: pytest.fail("not needed"))
    assert main._run(["--version"], app) == code


def test_a_failing_report_still_has_an_exit_code(tmp_path: Path) -> None:
    stderr = Full(OSError(errno.ENOSPC, "No space left on device"))
    console = Console(io.StringIO(), stderr, io.StringIO())
    app = App(console, {}, lambda _app: pytest.fail("not needed"))
    assert main._run(["no-such-command"], app) in (2, 5)


def test_the_programs_own_streams_are_left_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path)
    for argv in (["--help"], ["key"], ["--version"], ["nothing"], ["status"], ["record", "--help"]):
        world.run(*argv)
    assert capfd.readouterr() == ("", "")


def test_options_work_before_and_after_the_command(tmp_path: Path) -> None:
    world = World(tmp_path)
    before, after = world.run("--home", "a", "--json", "status"), world.run("status", "--home", "a", "--json")
    assert before == after
    assert world.run("--home", "b", "status", "--home", "a", "--json") == after


def test_every_command_takes_the_options_that_work_everywhere() -> None:
    names = {name for option in commands.global_options() for name in option.opts}
    assert {"--home", "--as", "--role", "--json", "-q", "-v", "--debug", "--color"} <= names
