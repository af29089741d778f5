"""The program as a process of its own: signals, pipes, full disks, other writers."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.stories import Stories
from tests.cli.world import PASSPHRASE, World

from plimsoll_ledger.lock import hold_lock

PLIMSOLL = Path(sys.executable).with_name("plimsoll")


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def world(stories: Stories, tmp_path: Path) -> World:
    """Return a small founded ledger."""
    return stories.world("founding", tmp_path / "world")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLIMSOLL")}
    return {**kept, "PLIMSOLL_PASSPHRASE": PASSPHRASE, "PLIMSOLL_AS": "alice", **more}


def start(
    world: World, *argv: str, limit: Callable[[], None] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.Popen[str]:
    env = environment()
    if limit is not None:
        # Under a limit the process could not write what it has covered either, and would say so.
        env = {name: value for name, value in env.items() if not name.startswith("COVERAGE_")}
    return subprocess.Popen(
        [PLIMSOLL, "--home", "home", *argv],
        cwd=world.folder, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
        text=True, preexec_fn=limit,  # noqa: PLW1509 - a limit must be set in the child, before it runs
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=180)
    return process.returncode, stdout, stderr


def entries(world: World) -> str:
    code, stdout, stderr = finish(start(world, "log", "--jsonl"))
    assert (code, stderr) == (0, "")
    return stdout


def test_the_console_script_runs(world: World) -> None:
    code, stdout, stderr = finish(start(world, "--version"))
    assert (code, stderr) == (0, "")
    assert stdout.startswith("plimsoll ")


def test_a_reader_that_goes_away_is_no_failure_of_the_command(world: World) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = start(world, "log", stdout=writer)
    os.close(writer)
    assert finish(process) == (141, "", "") or process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_output_to_a_full_disk_is_not_reported_as_done(world: World) -> None:
    with Path("/dev/full").open("w") as full:
        process = start(world, "log", stdout=full.fileno())
        code, _, stderr = finish(process)
    assert code == 5
    assert stderr.startswith("plimsoll: error: no space left on device\nplimsoll: hint: free some room")
    assert "Traceback" not in stderr


def test_a_held_lock_is_waited_for_and_then_its_holder_is_named(world: World) -> None:
    lock = world.folder / "home" / "lock"
    with hold_lock(lock, command="plimsoll import inspect"):
        code, stdout, stderr = finish(start(world, "record", "heartbeat", "--lock-timeout", "0.2"))
    assert (code, stdout) == (5, "")
    assert str(os.getpid()) in stderr
    assert "plimsoll import inspect" in stderr
    assert "plimsoll: hint: " in stderr


def test_a_second_process_queues_and_both_are_recorded(world: World) -> None:
    before = entries(world).count("\n")
    running = [start(world, "record", "heartbeat", "--lock-timeout", "120") for _ in range(3)]
    for process in running:
        code, _, stderr = finish(process)
        assert (code, stderr) == (0, "")
    assert entries(world).count("\n") == before + 3


def _target(link: Path) -> str:
    """Return where a link leads; it may be gone by now."""
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


def wait_until_it_queues(process: "subprocess.Popen[str]", lock: Path) -> None:
    """Wait until a process has opened the lock that somebody else holds."""
    deadline = time.monotonic() + 60
    opened = Path(f"/proc/{process.pid}/fd")
    wanted = str(lock.resolve())
    while wanted not in {_target(one) for one in opened.iterdir()}:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_interrupt_ends_with_130_and_appends_nothing(world: World) -> None:
    before = entries(world)
    lock = world.folder / "home" / "lock"
    with hold_lock(lock, command="a test"):
        process = start(world, "record", "heartbeat", "--lock-timeout", "120", "--debug")
        wait_until_it_queues(process, lock)
        process.send_signal(signal.SIGINT)
        code, stdout, stderr = finish(process)
    assert (code, stdout) == (130, "")
    assert "plimsoll: error: interrupted\n" in stderr
    assert entries(world) == before


def test_a_full_disk_leaves_the_ledger_as_it_was(world: World) -> None:
    before = entries(world)
    database = world.folder / "home" / "ledger.sqlite3"

    def tiny() -> None:
        # A limit on the size of files is the disk that is full for this process alone.
        limit = 4096
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    assert database.stat().st_size > 4096
    code, stdout, stderr = finish(start(world, "record", "heartbeat", limit=tiny))
    assert (code, stdout) == (5, "")
    assert stderr.startswith("plimsoll: error: ")
    assert "plimsoll: hint: " in stderr
    assert "Traceback" not in stderr
    assert entries(world) == before
    assert finish(start(world, "fsck"))[0] == 0
    assert finish(start(world, "record", "heartbeat"))[0] == 0


def test_a_passphrase_comes_from_a_descriptor(world: World) -> None:
    reader, writer = os.pipe()
    os.write(writer, f"{PASSPHRASE}\n".encode())
    os.close(writer)
    env = environment()
    del env["PLIMSOLL_PASSPHRASE"]
    done = subprocess.run(
        [PLIMSOLL, "--home", "home", "record", "heartbeat", "--passphrase-fd", str(reader)],
        cwd=world.folder, env=env, capture_output=True, text=True, check=False, pass_fds=[reader], timeout=60,
    )  # fmt: skip
    os.close(reader)
    assert (done.returncode, done.stderr) == (0, "")


def test_output_does_not_depend_on_the_locale(world: World) -> None:
    plain, turkish = (
        subprocess.run(
            [PLIMSOLL, "--home", "home", "log", "--json"],
            cwd=world.folder, env=environment(LC_ALL=name), capture_output=True, check=True, timeout=60,
        ).stdout
        for name in ("C", "tr_TR.UTF-8")
    )  # fmt: skip
    assert plain == turkish


def test_closed_streams_and_a_removed_directory_are_survived(world: World) -> None:
    home = world.folder / "home"
    gone = world.folder / "gone"
    script = f'mkdir "{gone}"; cd "{gone}"; rmdir "{gone}"; "{PLIMSOLL}" --home "{home}" log <&- >&- 2>&-'
    done = subprocess.run(
        ["sh", "-c", script], env=environment(), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_home_is_found_upwards(world: World) -> None:
    below = world.folder / "home" / "keys"
    done = subprocess.run(
        [PLIMSOLL, "whoami"],
        cwd=below,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f"home      {world.folder / 'home'}" in done.stdout
