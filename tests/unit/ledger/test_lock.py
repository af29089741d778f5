import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plimsoll_ledger.errors import Busy, StorageFailed
from plimsoll_ledger.lock import hold_lock, read_holder

HOLD = """
import sys
from pathlib import Path
from plimsoll_ledger.lock import hold_lock
with hold_lock(Path(sys.argv[1]), command="plimsoll import"):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(path: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_another_process_holds_it_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = start_holder(path)
    try:
        assert read_holder(path) == f"process {process.pid} (plimsoll import)"
        with (
            pytest.raises(Busy, match=rf"held by process {process.pid} \(plimsoll import\)") as caught,
            hold_lock(path, command="test", timeout_s=0.05),
        ):
            pytest.fail("both hold it")
        assert "--lock-timeout" in caught.value.hint
    finally:
        process.kill()
        process.communicate()
    # Killed without a chance to clean up, and still nobody has to remove anything.
    with hold_lock(path, command="test", timeout_s=60):
        assert read_holder(path) == f"process {os.getpid()} (test)"
    assert read_holder(path) == "another process"


def test_a_waiting_command_goes_on_as_soon_as_it_can(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    release, order = threading.Event(), []

    def hold() -> None:
        with hold_lock(path, command="first"):
            entered.set()
            release.wait()
            order.append("first")

    entered = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()

    def sleep(_seconds: float) -> None:
        release.set()
        thread.join()

    with hold_lock(path, command="second", sleep=sleep):
        order.append("second")
    assert order == ["first", "second"]


def test_waiting_ends_by_the_clock_that_is_passed_in(tmp_path: Path) -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += 1

    with (
        hold_lock(tmp_path / "lock", command="first"),
        pytest.raises(Busy, match="after waiting 3 s"),
        hold_lock(tmp_path / "lock", command="x", timeout_s=3, monotonic=lambda: now[0], sleep=sleep),
    ):
        pytest.fail("both hold it")
    assert len(slept) == 3


def test_a_directory_is_locked_without_writing_into_it(tmp_path: Path) -> None:
    with hold_lock(tmp_path, command="publish"):
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(Busy, match="another process"), hold_lock(tmp_path, command="x", timeout_s=0):
            pytest.fail("both hold it")


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageFailed, match="cannot open the lock file"),
        hold_lock(tmp_path / "missing" / "lock", command="x"),
    ):
        pytest.fail("held")


@pytest.mark.parametrize("written", [b"", b"\xff\xfe", b"garbage", b"\n\n"])
def test_a_holder_that_is_not_named(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "lock").write_bytes(written)
    assert read_holder(tmp_path / "lock") == "another process"


def test_control_characters_of_a_holder_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"12 evil\x1b[2J\n")
    assert read_holder(tmp_path / "lock") == "process 12 (evil?[2J)"
