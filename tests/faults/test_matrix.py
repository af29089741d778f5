"""Faults at every system call of append and publish: nothing acknowledged is lost, nothing forks.

`make faults` injects all of them; `make test` a fixed slice: every call's first and last occurrence, and
every n-th in between. That the matrix bites is shown by builds that are broken on purpose: each is caught.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults.inject import OUTCOMES, Fault, Ran, run
from tests.faults.survival import Lost, verify_order, verify_survival
from tests.faults.victim import Sabotage
from tests.support.office import make_founded

from plimsoll_ledger import directory, publish
from plimsoll_ledger.target import Target

WHOLE = os.environ.get("PLIMSOLL_FAULTS") == "all"
STRIDE = 1 if WHOLE else 12
PLANTED = 252

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux")


class Range:
    """A founded and published ledger, of which each fault gets a copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._office = make_founded(folder / "home")
        with self._office.desk() as desk:
            subject = f"org:{desk.origin}"
            desk.submit([desk.draft("heartbeat", [subject], {}, person="rso") for _ in range(PLANTED)])
        with self._office.desk() as desk:
            desk.publish(folder / "public")

    def fire(self, fault: Fault | None, sabotage: Sabotage | None = None) -> tuple[Ran, list[str]]:
        """Inject a fault into a copy, restart it, and verify what survived.

        Returns:
            What the victim did, and what it was told.

        Raises:
            Lost: something did not survive.
        """
        folder = self._folder / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        office = self._office.copy_to(folder / "home")
        shutil.copytree(self._folder / "public", folder / "public")
        said = folder / "said"
        ran = run(office, folder / "public", said, fault, sabotage)
        lines = said.read_text().splitlines()
        verify_order(ran.calls, folder / "home", folder / "public", said)
        verify_survival(office, folder / "public", lines)
        return ran, lines


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Range:
    return Range(tmp_path_factory.mktemp("range"))


@pytest.fixture(scope="module")
def honest(target: Range) -> Ran:
    """What the victim does when nothing goes wrong."""
    ran, said = target.fire(None)
    assert ran.code == 0
    assert [line.split()[0] for line in said] == ["entry"] * 4 + ["published"]
    return ran


def faults(ran: Ran) -> Iterator[Fault]:
    """Yield the faults that are injected, over all calls that the victim was seen to make."""
    for call, count in sorted(ran.counts.items()):
        occurrences = {1, count, *range(1, count + 1, STRIDE)}
        for occurrence in sorted(occurrences):
            yield from (Fault(call, occurrence, outcome) for outcome in OUTCOMES)


def test_nothing_acknowledged_is_lost_whatever_fails(
    target: Range, honest: Ran, record_property: Callable[[str, object], None]
) -> None:
    lost, hit = [], 0
    for fault in faults(honest):
        try:
            ran, _ = target.fire(fault)
        except Lost as error:
            lost.append(f"{fault}: {error}")
            continue
        hit += any("(INJECTED)" in line or "killed by SIGKILL" in line for line in ran.calls)
    total = sum(1 for _ in faults(honest))
    record_property("survived", f"{total - len(lost)} of {total} faults, of which the victim met {hit}")
    assert lost == []
    # Calls vary a little from run to run, so that some of the last occurrences may not come about.
    assert hit > total * 9 // 10


# -- builds that are broken on purpose


def _no_fsync() -> None:
    os.fsync = lambda fd: None  # noqa: ARG005 - called by position.


def _no_folder_sync() -> None:
    directory.Directory.sync = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005


def _lazy_commits() -> None:
    from plimsoll_ledger import database

    real = database._set_up_sqlite

    def lazy(connection: sqlite3.Connection, _record: object) -> None:
        real(connection, _record)
        connection.execute("PRAGMA synchronous = OFF")

    database._set_up_sqlite = lazy


def _checkpoint_first() -> None:
    real = publish._write_tree

    def early(out: Target, reader: object, old: object, head: object) -> None:
        out.write(publish.CHECKPOINT, head.note)  # type: ignore[attr-defined]
        real(out, reader, old, head)  # type: ignore[arg-type]

    publish._write_tree = early


@pytest.mark.parametrize("sabotage", [_no_fsync, _no_folder_sync, _lazy_commits, _checkpoint_first])
def test_a_build_whose_order_is_wrong_is_caught_without_any_fault(target: Range, sabotage: Sabotage) -> None:
    with pytest.raises(Lost, match="was not on disk yet"):
        target.fire(None, sabotage)


def test_a_build_that_shows_the_checkpoint_first_is_caught_by_a_kill(target: Range, honest: Ran) -> None:
    caught = set()
    for occurrence in range(1, honest.counts["rename"] + 2):
        try:
            target.fire(Fault("rename", occurrence, "SIGKILL"), _unordered_checkpoint_first)
        except Lost as error:
            caught.add(str(error).partition(":")[0])
    assert "what is published is rejected" in caught


def _unordered_checkpoint_first() -> None:
    """The same, with a sync before it, so that only a kill in between can show it."""
    real = publish._write_tree

    def early(out: Target, reader: object, old: object, head: object) -> None:
        out.sync()
        out.write(publish.CHECKPOINT, head.note)  # type: ignore[attr-defined]
        real(out, reader, old, head)  # type: ignore[arg-type]

    publish._write_tree = early
