"""Run a child under strace: record its system calls, or have one of them fail or kill it."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.work import Acknowledged, Case, run_child

CALLS = [
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "close",
    "unlink",
    "unlinkat",
    "mkdir",
    "rmdir",
    "ftruncate",
]
"""The system calls of append and publish that change what is stored, or open what does."""

ERRORS = ("EIO", "ENOSPC")
KILL = "SIGKILL"
_LIMIT_S = 60.0
_PATH = re.compile(r'<(/[^>]*)>|"(/[^"]*)"')
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<[^>]*>)?(?: .*)?$")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what happens at the n-th use of a system call, counted from 1."""

    call: str
    number: int
    kind: str

    @property
    def option(self) -> str:
        what = f"signal={self.kind}" if self.kind == KILL else f"error={self.kind}"
        return f"inject={self.call}:{what}:when={self.number}"

    def __str__(self) -> str:
        return f"{self.kind} at {self.call} {self.number}"


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that was recorded: its name, its arguments as strace writes them, what it returned."""

    name: str
    arguments: str
    result: int

    def paths(self) -> list[str]:
        """Return the paths in the arguments: of file descriptors, and written out."""
        return [held or written for held, written in _PATH.findall(self.arguments)]


def can_trace() -> bool:
    """Say whether strace is here, and may attach to a child of ours."""
    child = subprocess.Popen(["sleep", "30"])
    try:
        tracer = subprocess.run(
            ["timeout", "1", "strace", "-qq", "-p", str(child.pid)], check=False, capture_output=True
        )
    except FileNotFoundError:
        return False
    finally:
        child.kill()
        child.wait()
    return b"ptrace" not in tracer.stderr and b"not permitted" not in tracer.stderr


def run(
    case: Case, told: Acknowledged, options: list[str], sabotage: Callable[[], None] | None = None
) -> int:
    """Fork a child that works under strace; return how it ended, a negative number for a signal.

    Raises:
        TimeoutError: If it does not end.
    """
    gate_read, gate_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(gate_write)
        run_child(case, told, gate_read, sabotage)
    os.close(gate_read)
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-p", str(child), *options], stderr=subprocess.DEVNULL)
    try:
        _wait_for_tracer(child, tracer)
        os.write(gate_write, b"g")
        tracer.wait(_LIMIT_S)
    except subprocess.TimeoutExpired:
        os.kill(child, 9)
        raise TimeoutError(f"the child did not end within {_LIMIT_S:g} s") from None
    finally:
        os.close(gate_write)
        _, status = os.waitpid(child, 0)
        tracer.wait(60)
    return os.waitstatus_to_exitcode(status)


def inject(case: Case, told: Acknowledged, fault: Fault, sabotage: Callable[[], None] | None = None) -> int:
    """Let the child meet a fault; return how it ended."""
    return run(case, told, ["-o", os.devnull, "-e", f"trace={fault.call}", "-e", fault.option], sabotage)


def record(
    case: Case, told: Acknowledged, sabotage: Callable[[], None] | None = None
) -> tuple[int, list[Call]]:
    """Let the child work without a fault; return how it ended, and its system calls in order."""
    trace = case.office.path.with_suffix(".trace")
    code = run(case, told, ["-y", "-s", "4096", "-o", str(trace), "-e", f"trace={','.join(CALLS)}"], sabotage)
    calls = list(_parse(trace))
    trace.unlink()
    return code, calls


def _parse(trace: Path) -> Iterator[Call]:
    for line in trace.read_text("utf-8", "replace").splitlines():
        if found := _LINE.match(line):
            yield Call(found[2], found[3], int(found[4]))


def _wait_for_tracer(child: int, tracer: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while "TracerPid:\t0\n" in Path(f"/proc/{child}/status").read_text():
        if tracer.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("strace does not attach to a child here")
        time.sleep(0.001)
