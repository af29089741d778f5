"""The story as a shell script, replayed with the installed programs under Debian's faketime."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.demo.conftest import PASSPHRASE, Played


@pytest.mark.slow
@pytest.mark.faketime
def test_the_same_commands_typed_by_people_give_the_same_verdicts(played: Played, tmp_path: Path) -> None:
    for name in ("logs", "weights"):
        shutil.copytree(played.folder / name, tmp_path / name)
    for name in ("harbour.yaml", "story.sh"):
        shutil.copyfile(played.folder / name, tmp_path / name)
    programs = Path(sys.executable).parent
    env = {**os.environ, "PLIMSOLL_PASSPHRASE": PASSPHRASE, "PATH": f"{programs}:{os.environ['PATH']}"}
    env.pop("PLIMSOLL_HOME", None)
    replayed = subprocess.run(
        ["sh", "story.sh"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=900
    )
    assert replayed.returncode == 0, replayed.stderr[-2000:]
    for folder, code in (("public", 0), ("lapsed", 1), ("hidden", 1)):
        done = subprocess.run(
            [programs / "plimsoll-verify", "log", folder, "--trust", "trust.toml"],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{folder}: {done.stdout}{done.stderr}"
