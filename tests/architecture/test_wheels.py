"""Both wheels, built from the checkout and installed where the checkout is not."""

import email
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
OUTSIDE = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path) -> str:
    """Run a command away from the checkout and from its environment's settings."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env=OUTSIDE, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build both wheels by way of their source archives, from a copy of what git would give."""
    folder = tmp_path_factory.mktemp("build")
    copy = folder / "checkout"
    wanted = ["keys", "ledger", "attest", "verify", "policies", "examples"]
    for name in wanted:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*.*"):
        if path.suffix in {".md", ".toml"}:
            shutil.copy(path, copy)
    shutil.copy(ROOT / "LICENSE", copy)
    found = {}
    for name, project in (("plimsoll", copy), ("plimsoll_verify", copy / "verify")):
        # No --sdist or --wheel: the wheel is then built from the source archive, which so must be whole.
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / name, project, cwd=folder)
        (found[name],) = (folder / name).glob("*.whl")
    return found


@pytest.fixture(scope="module")
def names(wheels: dict[str, Path]) -> dict[str, set[str]]:
    """List what each wheel holds."""
    return {name: set(zipfile.ZipFile(path).namelist()) for name, path in wheels.items()}


def metadata(wheel: Path) -> email.message.Message:
    """Read a wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(path))


def test_each_wheel_installs_its_own_packages_only(names: dict[str, set[str]]) -> None:
    tops = {
        name: {path.partition("/")[0] for path in held if ".dist-info/" not in path}
        for name, held in names.items()
    }
    assert tops == {
        "plimsoll": {"plimsoll_keys", "plimsoll_ledger", "plimsoll_attest"},
        "plimsoll_verify": {"plimsoll_verify"},
    }


def test_wheels_are_typed_and_carry_their_licence(names: dict[str, set[str]]) -> None:
    for package in ("plimsoll_keys", "plimsoll_ledger", "plimsoll_attest"):
        assert f"{package}/py.typed" in names["plimsoll"]
    assert "plimsoll_verify/py.typed" in names["plimsoll_verify"]
    for held in names.values():
        assert any(path.endswith(".dist-info/licenses/LICENSE") for path in held)


def test_the_companys_wheel_carries_policies_and_examples(names: dict[str, set[str]]) -> None:
    carried = {path for path in names["plimsoll"] if path.startswith("plimsoll_attest/_data/")}
    for folder in ("policies", "examples"):
        expected = {
            f"plimsoll_attest/_data/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert expected
        assert expected <= carried


def test_the_verifier_asks_for_three_packages(wheels: dict[str, Path]) -> None:
    lines = metadata(wheels["plimsoll_verify"]).get_all("Requires-Dist", [])
    wanted = {need.name.lower() for need in map(Requirement, lines) if "extra" not in str(need.marker)}
    assert wanted == {"click", "msgspec", "pynacl"}


@pytest.fixture(scope="module")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the locked dependencies and both wheels; returns its folder of programs."""
    folder = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", "env", cwd=folder)
    pip = [
        folder / "env" / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "install",
    ]
    settings = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HOME", "SSL_"))
    }
    for more in (
        ["--require-hashes", "-r", ROOT / "requirements" / "runtime.txt"],
        ["--no-deps", *wheels.values()],
    ):
        command = [str(part) for part in [*pip, *more]]
        subprocess.run(command, cwd=folder, env={**OUTSIDE, **settings}, check=True, timeout=600)
    run(folder / "env" / "bin" / "python", "-m", "pip", "check", cwd=folder)
    return folder / "env" / "bin"


@pytest.mark.parametrize("program", ["plimsoll", "plimsoll-verify"])
def test_the_programs_start(installed: Path, tmp_path: Path, program: str) -> None:
    assert "0.1.0" in run(installed / program, "--version", cwd=tmp_path)
    assert run(installed / program, "--help", cwd=tmp_path).startswith("Usage: ")


def test_the_demo_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    run(installed / "plimsoll", "demo", "story", cwd=tmp_path)
    public, trust = tmp_path / "story" / "public", tmp_path / "story" / "trust.toml"
    output = run(installed / "plimsoll-verify", "log", public, "--trust", trust, cwd=tmp_path)
    assert "compliant" in output
