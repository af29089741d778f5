"""One demo for all tests of it: playing it takes a while."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from plimsoll_attest.demo.run import run_demo

PASSPHRASE = "twelve buoys at the harbour"


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that was played.

    Attributes:
        folder: Where.
        told: What it printed.
    """

    folder: Path
    told: str


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo") / "story"
    env: Mapping[str, str] = {"PLIMSOLL_PASSPHRASE": PASSPHRASE}
    stdout, stderr = io.StringIO(), io.StringIO()
    assert run_demo(folder, stdout, stderr, env) == 0
    assert stderr.getvalue() == ""
    return Played(folder, stdout.getvalue())
