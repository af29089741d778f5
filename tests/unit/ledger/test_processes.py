"""Real processes: two that append to one log, and some that are killed while they do."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN, START_MS, TextAdmission, ToldClock, new_ledger, url_of

from plimsoll_keys.files import FileSigner, read_key_file, write_key_file
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.sequencer import Appended, Sequencer
from plimsoll_ledger.store import Store, open_store

PASSPHRASE = b"processes"

# A program that appends and says what was acknowledged, killed at a step if it is told to be.
APPEND = """
import json, os, signal, sys
from pathlib import Path
from plimsoll_ledger.clock import SystemClock
from plimsoll_ledger.errors import Refused
from plimsoll_ledger.sequencer import Sequencer, create_ledger
from plimsoll_ledger.store import open_store
from plimsoll_ledger.writing import Transaction
from tests.unit.ledger.test_processes import read_signer
from tests.unit.ledger.kit import TextAdmission, ToldClock, url_of

directory, name, count, step, when = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:6]
store = open_store(url_of(directory), timeout_s=60)
sequencer = Sequencer(store, read_signer(directory), TextAdmission(), ToldClock())
if step:
    owner = store.engine.dialect if step == "do_commit" else Transaction
    real = getattr(owner, step)
    def killed(*args):
        if when == "after":
            real(*args)
        os.kill(os.getpid(), signal.SIGKILL)
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    if step and number == count - 1:
        setattr(owner, step, killed)
    batch = [f"{name} {number} {part}".encode() for part in range(3)]
    for item in sequencer.append(batch):
        if isinstance(item, Refused):
            raise item
        print(json.dumps([item.index, item.leaf.decode()]), flush=True)
"""


def read_signer(directory: Path) -> FileSigner:
    return read_key_file(directory / "log.key", ORIGIN, PASSPHRASE)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    sequencer, signer = new_ledger(tmp_path)
    sequencer.close()
    sequencer.store.close()
    write_key_file(tmp_path / "log.key", signer, PASSPHRASE)
    return tmp_path


def start(directory: Path, name: str, count: int, step: str = "", when: str = "") -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    paths = [str(root), str(root / "keys"), str(root / "ledger")]
    process = subprocess.Popen(
        [sys.executable, "-c", APPEND, str(directory), name, str(count), step, when],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def acknowledged(output: str) -> dict[int, bytes]:
    """Return what a process said was appended; a killed one may have been cut off within a line."""
    lines = [line for line in output.split("\n") if line.endswith("]")]
    return {index: leaf.encode() for index, leaf in map(json.loads, lines)}


def check_all_there(store: Store, entries: dict[int, bytes]) -> None:
    fsck(store)
    for index, leaf in entries.items():
        assert store.entry(index).leaf == leaf


def check_it_goes_on(directory: Path, store: Store) -> None:
    size = store.size
    with Sequencer(store, read_signer(directory), TextAdmission(), ToldClock(START_MS + 1)) as sequencer:
        (outcome,) = sequencer.append([b"afterwards"])
    assert isinstance(outcome, Appended)
    assert outcome.index == size
    fsck(store)


def test_two_processes_append_to_one_log(directory: Path) -> None:
    processes = [start(directory, name, 40) for name in ("left", "right")]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    left, right = map(acknowledged, outputs)
    assert len(left) == len(right) == 120
    assert sorted([*left, *right]) == list(range(1, 241))
    assert sorted(left) == list(left)
    with open_store(url_of(directory)) as store:
        check_all_there(store, {**left, **right})


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["lock_head", "insert_entries", "write_tiles", "move_head", "do_commit"])
def test_killed_between_two_steps(directory: Path, step: str, when: str) -> None:
    process = start(directory, "victim", 4, step, when)
    output, _ = process.communicate("\n", timeout=120)
    assert process.returncode == -signal.SIGKILL
    entries = acknowledged(output)
    assert sorted(entries) == list(range(1, 10))
    with open_store(url_of(directory)) as store:
        # Only after its commit is the last batch there, though nobody was told.
        assert store.size == (13 if (step, when) == ("do_commit", "after") else 10)
        check_all_there(store, entries)
        check_it_goes_on(directory, store)


@pytest.mark.parametrize("after_s", [0.003, 0.02, 0.05])
def test_killed_at_any_moment(directory: Path, after_s: float) -> None:
    process = start(directory, "victim", 10_000)
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    time.sleep(after_s)
    process.kill()
    entries = acknowledged(process.communicate(timeout=120)[0])
    assert process.returncode == -signal.SIGKILL
    with open_store(url_of(directory)) as store:
        assert len(entries) <= store.size - 1 <= len(entries) + 3
        check_all_there(store, entries)
        check_it_goes_on(directory, store)
