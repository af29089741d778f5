"""TAB: what is offered, and that the shells' scripts hand words over as they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.world import World

from plimsoll_attest.cli.completion import SCRIPTS
from plimsoll_attest.cli.kind_help import kinds
from plimsoll_attest.cli.table import COMMANDS

BIN = Path(sys.executable).parent


def offered(world: World, *words: str) -> list[str]:
    """Return the values that TAB offers after these words; the last is being typed."""
    world.env["_PLIMSOLL_COMPLETE"] = "bash"
    done = world.run(*words)
    assert (done.code, done.stderr) == (0, "")
    return [line.split("\t")[1] if "\t" in line else f"<{line}>" for line in done.stdout.splitlines()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_commands_are_offered_in_the_order_of_the_help(world: World) -> None:
    assert offered(world, "") == list(COMMANDS)
    assert offered(world, "re") == ["record", "reconcile", "restrict", "resume"]
    assert offered(world, "key", "") == ["new", "list", "enrol", "rotate", "rotate-log", "revoke"]
    assert offered(world, "nothing", "") == list(COMMANDS)


def test_kinds_choices_and_options_are_offered(world: World) -> None:
    assert offered(world, "record", "") == list(kinds())
    assert offered(world, "record", "dep") == ["deployment-started", "deployment-changed", "deployment-ended"]
    assert offered(world, "gate", "deploy", "m", "--scope", "internal.h") == ["internal.high-risk"]
    assert offered(world, "sign-off", "3", "a") == ["approve"]
    assert {"--dry-run", "--yes", "--json", "--as"} <= set(offered(world, "pause", "--"))
    assert offered(world, "--col") == ["--color"]


def test_an_unknown_shell_gets_no_answer(world: World) -> None:
    world.env["_PLIMSOLL_COMPLETE"] = "tcsh"
    assert world.run("key", "").stdout == ""


def test_bash_completes_through_its_script(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = (
        f"{SCRIPTS['bash']}\n"
        "COMP_WORDS=(plimsoll record 'deployment-s'); COMP_CWORD=2; _plimsoll_complete plimsoll\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
        "COMP_WORDS=(plimsoll key ''); COMP_CWORD=2; _plimsoll_complete plimsoll\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bash, "-c", script], capture_output=True, text=True, check=True, env=env, cwd=tmp_path
    )
    assert done.stdout.split() == [
        "deployment-started",
        "new",
        "list",
        "enrol",
        "rotate",
        "rotate-log",
        "revoke",
    ]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_can_read_their_script(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed here")
    script = tmp_path / "completion"
    script.write_text(SCRIPTS[shell], encoding="utf-8")
    subprocess.run([program, "-n", str(script)], check=True)
