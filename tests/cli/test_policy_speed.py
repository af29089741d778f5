"""Checking and comparing the largest policies that come along takes less than half a second."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll_attest.data import find_data

LARGEST = sorted(find_data("policies").glob("*.yaml"), key=lambda path: path.stat().st_size)[-2:]


def _seconds(*arguments: str | Path) -> float:
    """Return the processor time of one run of the program, start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [Path(sys.executable).parent / "plimsoll", *map(str, arguments)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    "arguments",
    [("policy", "check", LARGEST[1]), ("policy", "diff", *LARGEST), ("policy", "render", LARGEST[1])],
    ids=["check", "diff", "render"],
)
def test_it_takes_less_than_half_a_second(arguments: tuple[str | Path, ...]) -> None:
    # The best of a few: other tests run at the same time, and coverage is measured in every process.
    assert min(_seconds(*arguments) for _ in range(3)) < 0.5
