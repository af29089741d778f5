"""The directions between the packages, as import-linter and the syntax tree see them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "plimsoll_keys": ROOT / "keys" / "plimsoll_keys",
    "plimsoll_ledger": ROOT / "ledger" / "plimsoll_ledger",
    "plimsoll_attest": ROOT / "attest" / "plimsoll_attest",
    "plimsoll_verify": ROOT / "verify" / "plimsoll_verify",
}
# All that each package may import besides the standard library. A list of what is allowed catches the
# dependency nobody thought of forbidding. (`compression` is the standard library's, from Python 3.14 on.)
ALLOWED = {
    "plimsoll_keys": {"bcrypt", "cryptography", "nacl"},
    "plimsoll_ledger": {
        "anyio", "msgspec", "nacl", "plimsoll_keys", "prometheus_client", "sqlalchemy", "sqlmodel",
        "starlette", "urllib3", "uvicorn",
    },
    "plimsoll_attest": {
        "backports", "click", "compression", "cryptography", "msgspec", "nacl", "plimsoll_keys",
        "plimsoll_ledger", "plimsoll_verify", "sqlalchemy", "sqlmodel", "yaml",
    },
    "plimsoll_verify": {"click", "msgspec", "nacl"},
}  # fmt: skip
# What one module may ask for besides: what an extra brings, and who else talks HTTP.
EXTRAS = {
    "verify/plimsoll_verify/mldsa.py": {"cryptography"},
    "verify/plimsoll_verify/timestamps.py": {"cryptography", "rfc3161_client"},
    "ledger/plimsoll_ledger/objects.py": {"obstore"},
    "attest/plimsoll_attest/stamping.py": {"rfc3161_client", "urllib3"},
}


def imported_names(path: Path) -> Iterator[str]:
    """Yield the top-level name of each absolute import in a file, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def test_import_linter_keeps_every_contract() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 kept, 0 broken" in result.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_is_on_its_list(package: str) -> None:
    files = sorted(PACKAGES[package].rglob("*.py"))
    assert files
    allowed = sys.stdlib_module_names | ALLOWED[package] | {package}
    strangers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in imported_names(path)
        if name not in allowed | EXTRAS.get(path.relative_to(ROOT).as_posix(), set())
    }
    assert strangers == set()
