"""Check by the recorded system calls that what must be on disk was brought there before what depends on it.

A killed process loses nothing that the kernel has taken, so that no kill shows a missing fsync. The order of
the calls does:

    a file is renamed into place only after it was synced;
    before the published checkpoint is renamed, every file of the publication is synced, and so is every
    folder that got a name;
    before an entry is acknowledged, the databases' files have no write that was not synced, and the folder
    of bodies none of its names, nor the home that of a new database.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from tests.faults.tracing import Call
from tests.faults.work import MARK


class Unordered(AssertionError):
    """Something depends on what would not survive a loss of power."""


class _Disk:
    def __init__(self, home: Path) -> None:
        self.home = str(home)
        self.written: set[str] = set()
        self.named: set[str] = set()
        self.opened: set[str] = set()  # Databases of bodies that may be new, so that their names may be.
        self.renamed = 0
        self.acknowledged = 0

    def see(self, call: Call) -> None:
        """Follow one call that took effect."""
        paths = call.paths()
        if call.result < 0 or not paths:
            return
        path = paths[-1]
        if call.name in {"write", "pwrite64", "ftruncate"}:
            self.written.add(paths[0])
        elif call.name in {"fsync", "fdatasync"}:
            self.written.discard(paths[0])
            self.named.discard(paths[0])
            if paths[0] == self.home:
                self.opened.clear()
        elif call.name == "openat" and "O_CREAT" in call.arguments:
            self.named.add(os.path.dirname(path))  # noqa: PTH120 - they are strings of a trace.
            if path == f"{self.home}/body.sqlite3":
                self.opened.add(path)
        elif call.name == "mkdir":
            self.named.add(os.path.dirname(path))  # noqa: PTH120
        elif call.name in {"rename", "link"}:
            self._rename(*paths[-2:])

    def _rename(self, source: str, target: str) -> None:
        self.renamed += 1
        if source in self.written:
            raise Unordered(f"{target} was replaced before its content was on disk")
        public = f"{self.home}/public"
        if target == f"{public}/checkpoint":
            self.expect_durable(public, but=public)
        self.named.add(os.path.dirname(target))  # noqa: PTH120

    def expect_durable(self, under: str, but: str = "") -> None:
        """Refuse if anything below a folder would be lost by a loss of power, but the names in one folder."""
        lost = {path for path in self.written if path.startswith(under)}
        lost |= {path for path in self.named if path.startswith(under) and path != but}
        if lost:
            raise Unordered(f"not on disk yet: {', '.join(sorted(lost))}")

    def acknowledge(self) -> None:
        """Refuse an acknowledgement of what would not survive."""
        self.acknowledged += 1
        lost = {path for path in self.written if path.endswith((".sqlite3", ".sqlite3-wal"))}
        lost |= {path for path in self.named if path.startswith(f"{self.home}/body")}
        lost |= {path for path in self.written if path.startswith(f"{self.home}/body/")}
        lost |= self.opened
        if lost:
            raise Unordered(f"acknowledged, and not on disk yet: {', '.join(sorted(lost))}")


def verify_order(calls: Iterable[Call], home: Path) -> tuple[int, int]:
    """Follow a recorded run; return how many renames and acknowledgements there were.

    Raises:
        Unordered: If something would be lost by a loss of power that something else depends on.
    """
    disk = _Disk(home)
    for call in calls:
        if call.name == "unlink" and f"{home}/{MARK}" in call.arguments:
            disk.acknowledge()
        else:
            disk.see(call)
    disk.expect_durable(f"{home}/public")
    return disk.renamed, disk.acknowledged
