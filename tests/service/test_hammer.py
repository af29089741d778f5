"""A slice of the hammer: writers, readers that verify, restarts. `benchmarks/hammer.py` runs for hours."""

import subprocess
import sys
from pathlib import Path

import pytest

HAMMER = Path(__file__).parents[2] / "benchmarks/hammer.py"


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    options = ["--seconds", "8", "--writers", "6", "--readers", "2", "--restart-every", "2.5"]
    done = subprocess.run(
        [sys.executable, HAMMER, *options, "--in", tmp_path],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    for word in ("held:", "appended", "proofs", "SIGKILL"):
        assert word in done.stdout
