"""What the two distributions say of themselves agrees: versions, dependencies, locks, licence."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
BUILD_TOOLS = {"hatchling", "editables"}


def project(folder: Path) -> dict[str, Any]:
    """Return the [project] table of a folder's pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def requirements(lines: list[str]) -> dict[str, Requirement]:
    """Return requirements by name, from lines that may be comments, options or empty."""
    wanted = (line for line in lines if line and not line.startswith(("#", "-")))
    return {requirement.name: requirement for requirement in map(Requirement, wanted)}


def pinned(name: str) -> dict[str, str]:
    """Return the exact versions that a lock file pins."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", key).lower(): version for key, version in found}


def test_versions_are_equal_and_the_root_pins_the_verifier() -> None:
    root, verify = project(ROOT), project(ROOT / "verify")
    assert root["version"] == verify["version"]
    assert f"plimsoll-verify=={verify['version']}" in root["dependencies"]
    for module in ("attest/plimsoll_attest", "verify/plimsoll_verify"):
        text = (ROOT / module / "__init__.py").read_text(encoding="utf-8")
        assert f'__version__ = "{root["version"]}"' in text


def test_the_verifier_has_three_dependencies() -> None:
    assert set(requirements(project(ROOT / "verify")["dependencies"])) == {"PyNaCl", "click", "msgspec"}


def test_extras_are_what_the_tests_run_with() -> None:
    listed = requirements((ROOT / "requirements" / "dev.in").read_text(encoding="utf-8").splitlines())
    root, verify = (project(folder)["optional-dependencies"] for folder in (ROOT, ROOT / "verify"))
    assert root["tsa"] == [f"plimsoll-verify[tsa]=={project(ROOT)['version']}"]
    for name, wanted in requirements([*verify["tsa"], *root["s3"]]).items():
        assert str(listed[name]) == str(wanted)
    # What the verifier needs for ML-DSA the company has always, in the same range.
    assert requirements(verify["mldsa"]).items() <= requirements(project(ROOT)["dependencies"]).items()


def test_runtime_in_repeats_the_ranges_of_both_distributions() -> None:
    root = project(ROOT)
    server = root["optional-dependencies"]["server"]
    declared = requirements(root["dependencies"] + server + project(ROOT / "verify")["dependencies"])
    del declared["plimsoll-verify"]
    lines = (ROOT / "requirements" / "runtime.in").read_text(encoding="utf-8").splitlines()
    listed = requirements(lines)
    assert {name: str(wanted) for name, wanted in listed.items() if name not in BUILD_TOOLS} == {
        name: str(wanted) for name, wanted in declared.items()
    }


def test_the_locks_satisfy_the_ranges_and_agree() -> None:
    runtime, dev = pinned("runtime"), pinned("dev")
    assert runtime.items() <= dev.items()
    root = project(ROOT)
    for name, wanted in requirements(root["dependencies"] + root["optional-dependencies"]["server"]).items():
        if name != "plimsoll-verify":
            assert wanted.specifier.contains(runtime[re.sub(r"[-_.]+", "-", name).lower()])


@pytest.mark.parametrize("name", ["runtime", "dev", "oracle", "bench"])
def test_every_pinned_package_has_a_hash_and_no_registry_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pinned(name))
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_the_benchmark_peer_is_no_dependency() -> None:
    for name in ("runtime", "dev", "oracle"):
        assert "pymerkle" not in pinned(name)
    assert "pymerkle" in pinned("bench")


def test_both_distributions_carry_the_same_licence() -> None:
    licence = (ROOT / "LICENSE").read_bytes()
    assert b"Apache License" in licence
    assert (ROOT / "verify" / "LICENSE").read_bytes() == licence


@pytest.mark.parametrize("folder", ["keys", "ledger", "attest", "verify"])
def test_every_package_says_that_it_is_typed(folder: str) -> None:
    assert (ROOT / folder / f"plimsoll_{folder}" / "py.typed").is_file()
