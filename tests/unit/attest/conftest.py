"""Ledger homes, made once for all tests and copied for each."""

from pathlib import Path

import pytest
from tests.support.office import Office, add_staff, make_founded


@pytest.fixture(scope="session")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = make_founded(tmp_path_factory.mktemp("staffed") / "home")
    add_staff(office)
    return office


@pytest.fixture(scope="session")
def founded_by_two(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return make_founded(tmp_path_factory.mktemp("two") / "home", ("alice", "bob"), quorum=2)


@pytest.fixture
def office(staffed: Office, tmp_path: Path) -> Office:
    """A home with root person `rso`, and `evaluator-1`, `security-1` and `ceo`, each with one role."""
    return staffed.copy_to(tmp_path / "home")


@pytest.fixture
def two(founded_by_two: Office, tmp_path: Path) -> Office:
    """A home founded by `alice` and `bob`, quorum 2; `bob` has not signed off the genesis yet."""
    return founded_by_two.copy_to(tmp_path / "home")
