"""A slice of the crash matrix, and proof that it bites. `make faults` runs all of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.faults.sabotage import BUILDS
from tests.faults.tracing import can_trace

_ROOT = Path(__file__).parents[2]
_SLICE = 37  # No divisor of three: each kind of fault comes up.


@pytest.fixture(scope="module", autouse=True)
def _tracing() -> None:
    if not can_trace():
        pytest.skip("needs strace, and leave to attach it to a child")


def matrix(*argv: str) -> tuple[int, dict[str, Any]]:
    """Run it as a program of its own: what is forked must have no other threads."""
    command = [sys.executable, "-m", "tests.faults.matrix", *argv]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_ROOT, timeout=300)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_a_slice_is_survived() -> None:
    code, told = matrix("--every", str(_SLICE))
    assert told["not_survived"] == []
    assert code == 0
    assert told["faults"] > 600
    assert sum(told["survived"].values()) == -(-told["faults"] // _SLICE)
    met = set(told["system_calls"])
    assert {"openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "close"} <= met  # Nothing links.
    assert set(told["survived"]) == {"ended", "refused", "killed"}


@pytest.mark.parametrize("build", sorted(BUILDS))
def test_a_broken_build_is_caught(build: str) -> None:
    code, told = matrix("--build", build, "--kinds", "SIGKILL", "--every", "2", "--until-caught")
    assert code == 1
    assert len(told["not_survived"]) == 1
