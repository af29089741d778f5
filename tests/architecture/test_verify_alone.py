"""The auditor's package works where nothing else of the project is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Runs with -I -S: no PYTHONPATH, no current folder, no site-packages and so no editable install. The
# only roots are the copied package and the folders of its three dependencies, among whose neighbours
# the finder then hides all that is the writer's.
ALONE = """
import sys

HIDDEN = {
    "plimsoll_keys", "plimsoll_ledger", "plimsoll_attest",
    "cryptography", "sqlalchemy", "sqlmodel", "pydantic", "yaml", "bcrypt", "backports",
}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"{name} is absent here", name=name)

sys.meta_path.insert(0, Absent())
sys.path[:0] = sys.argv[1:3]
del sys.argv[1:3]
"""
HELP = ALONE + "from plimsoll_verify.cli import main\nsys.exit(main())\n"
EVERY_MODULE = ALONE + (
    "import importlib, pkgutil, plimsoll_verify\n"
    "for found in pkgutil.walk_packages(plimsoll_verify.__path__, 'plimsoll_verify.'):\n"
    "    if not found.name.endswith('.__main__'):\n"
    "        importlib.import_module(found.name)\n"
    "        print(found.name)\n"
)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder that holds the verifier's package and nothing else."""
    shutil.copytree(
        ROOT / "verify" / "plimsoll_verify",
        tmp_path / "plimsoll_verify",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tmp_path


def run_alone(script: str, copied: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter that sees the copied package and third-party packages only."""
    nacl = pytest.importorskip("nacl")
    site_packages = str(Path(nacl.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", script, str(copied), site_packages, *args]
    return subprocess.run(command, cwd=copied, capture_output=True, text=True, check=False, timeout=60)


def test_help_runs_with_the_siblings_absent(copied: Path) -> None:
    result = run_alone(HELP, copied, "--help")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("Usage: ")


def test_every_module_imports_with_the_siblings_absent(copied: Path) -> None:
    result = run_alone(EVERY_MODULE, copied)
    assert result.returncode == 0, result.stderr
    assert "plimsoll_verify.cli" in result.stdout


@pytest.mark.parametrize("name", ["plimsoll_ledger", "sqlmodel", "cryptography"])
def test_what_is_said_to_be_absent_is_absent(copied: Path, name: str) -> None:
    result = run_alone(ALONE + f"import {name}\n", copied)
    assert result.returncode == 1
    assert f"{name} is absent here" in result.stderr
