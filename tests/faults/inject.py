"""Injecting faults into a victim by strace, and reading what system calls it made.

strace is attached to the stopped victim, so nothing before its work is counted. A fault is a system call,
which occurrence of it, and what happens: an error instead of the call, or SIGKILL on its way in. What a kill
after the call leaves is what a kill on the way into the next one leaves.
"""

import os
import re
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.victim import Sabotage, start
from tests.support.office import Office

CALLS = (
    "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "link", "close", "ftruncate",
    "mkdir",
)  # fmt: skip
"""What appending and publishing asks of the system; link is there to show that it does not."""

OUTCOMES = ("EIO", "ENOSPC", "SIGKILL")
TIMEOUT_S = 30
_call = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)").match


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the n-th call (from 1), and an errno or SIGKILL."""

    call: str
    occurrence: int
    outcome: str

    def __str__(self) -> str:
        return f"{self.outcome} at {self.call} {self.occurrence}"

    @property
    def option(self) -> str:
        """How strace is told."""
        what = f"signal={self.outcome}" if self.outcome == "SIGKILL" else f"error={self.outcome}"
        return f"inject={self.call}:{what}:when={self.occurrence}"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a victim ended: its exit code (negative for a signal), and the calls that it made, in order."""

    code: int
    calls: tuple[str, ...]

    @property
    def counts(self) -> Counter[str]:
        """How often it made each call."""
        return Counter(found[1] for line in self.calls if (found := _call(line)))


def run(
    office: Office, public: Path, said: Path, fault: Fault | None = None, sabotage: Sabotage | None = None
) -> Ran:
    """Run a victim with a fault, or without one, and return how it ended."""
    log = said.with_suffix(".strace")
    victim = start(office, public, said, sabotage)
    command = [
        "strace",
        "-f",
        "-y",
        "-qq",
        "-o",
        str(log),
        "-e",
        f"trace={','.join(CALLS)}",
        "-p",
        str(victim),
    ]
    if fault is not None:
        command[1:1] = ["-e", fault.option]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        try:
            _await_attached(victim, tracer)
            os.kill(victim, signal.SIGCONT)
            code = _wait(victim)
        finally:
            _end(victim)
            tracer.wait(TIMEOUT_S)
    return Ran(code, tuple(log.read_text(errors="replace").splitlines()))


def _await_attached(victim: int, tracer: "subprocess.Popen[str]") -> None:
    limit = time.monotonic() + TIMEOUT_S
    status = Path(f"/proc/{victim}/status")
    while f"TracerPid:\t{tracer.pid}\n" not in status.read_text():
        if tracer.poll() is not None:
            raise RuntimeError(f"strace ended: {tracer.stderr and tracer.stderr.read()}")
        if time.monotonic() > limit:
            raise TimeoutError("strace did not attach")
        time.sleep(0.002)


def _wait(victim: int) -> int:
    limit = time.monotonic() + TIMEOUT_S
    while time.monotonic() < limit:
        found, status = os.waitpid(victim, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    raise TimeoutError("the victim did not end")


def _end(victim: int) -> None:
    try:
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
    except (ProcessLookupError, ChildProcessError):
        return
