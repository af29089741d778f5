"""The crash matrix: each system call of append and publish fails, or kills the process, at every occurrence.

python -m tests.faults.matrix [--every N] [--first N] [--build NAME] [--kinds EIO,ENOSPC,SIGKILL] [--json]

A home is founded once. For each fault it is copied, a forked child appends and publishes in the copy under
strace, which injects the fault; then the ledger is opened again, examined, verified as an auditor does,
worked in again, and verified once more. `--build` runs a build that is broken on purpose instead.

It is a program of its own, because what is forked must have no other threads.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults import sabotage
from tests.faults.checking import check_after, trust_of
from tests.faults.order import verify_order
from tests.faults.tracing import CALLS, ERRORS, KILL, Fault, can_trace, inject, record
from tests.faults.work import BROKEN, ENDED, Acknowledged, Case, prepare
from tests.support.office import add_staff, make_founded

from plimsoll_attest.errors import AttestError
from plimsoll_ledger.errors import LedgerError

_CAUGHT = (AssertionError, LedgerError, AttestError)


def found(path: Path) -> Case:
    """Found a home, and prepare it."""
    office = make_founded(path)
    add_staff(office)
    return prepare(office)


class Matrix:
    """A founded home, and what is done to its copies."""

    def __init__(self, folder: Path, build: Callable[[], None] | None) -> None:
        self._folder = folder
        self._build = build
        self._case = found(folder / "home")
        self._trust = trust_of(self._case)
        with self._case.office.desk(writing=False) as desk:
            self._published = desk.size
        # Once without a fault and without a child, so that everything is imported and warm.
        warm = self._case.copy_to(folder / "warm")
        warm.work(Acknowledged())
        check_after(warm, Acknowledged(), self._trust, self._published)

    def count(self) -> Counter[str]:
        """Run without a fault, check the order of what was done, and count it.

        Raises:
            Unordered: If something depends on what is not on disk.
        """
        case = self._case.copy_to(self._folder / "recorded")
        told = Acknowledged()
        code, calls = record(case, told, self._build)
        if code != ENDED:
            raise AssertionError(f"without a fault the work ended with {code}{_unexpected(case)}")
        renamed, acknowledged = verify_order(calls, case.office.path)
        if acknowledged != 3 or renamed < len(case.drafts):
            raise AssertionError(f"{renamed} renames and {acknowledged} acknowledgements were recorded")
        check_after(case, told, self._trust, self._published)
        return Counter(call.name for call in calls)

    def meet(self, fault: Fault) -> int:
        """Let a copy meet a fault, and check what is left; return how the child ended."""
        path = self._folder / "case"
        shutil.rmtree(path, ignore_errors=True)
        case, told = self._case.copy_to(path), Acknowledged()
        try:
            code = inject(case, told, fault, self._build)
            if code == BROKEN:
                raise AssertionError(f"an error that is not ours{_unexpected(case)}")
            check_after(case, told, self._trust, self._published)
        finally:
            told.close()
        return code


def _unexpected(case: Case) -> str:
    path = case.office.path / "unexpected"
    return f": {path.read_text().strip()}" if path.exists() else ""


def faults(counts: Counter[str], kinds: list[str]) -> Iterator[Fault]:
    """Yield every fault: each kind at each use of each call."""
    for call in CALLS:
        for number in range(1, counts[call] + 1):
            for kind in kinds:
                yield Fault(call, number, kind)


def main() -> int:
    """Run the matrix, or a slice of it; exit 1 if anything was not survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th fault")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="beginning with the N-th")
    parser.add_argument("--build", choices=sorted(sabotage.BUILDS), help="a build that is broken on purpose")
    parser.add_argument("--kinds", default=",".join((*ERRORS, KILL)), help="EIO, ENOSPC, SIGKILL")
    parser.add_argument("--until-caught", action="store_true", help="stop at the first that is not survived")
    args = parser.parse_args()
    if not can_trace():
        sys.stderr.write("error: strace is not here, or may not attach to a process of ours\n")
        return 2
    started = time.monotonic()
    build = sabotage.BUILDS[args.build] if args.build else None
    not_survived: list[str] = []
    ends: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    total = 0
    with tempfile.TemporaryDirectory(prefix="plimsoll-faults-") as scratch:
        matrix = Matrix(Path(scratch), build)
        try:
            calls = matrix.count()
        except _CAUGHT as error:
            not_survived.append(f"without a fault: {type(error).__name__}: {error}")
        every = list(faults(calls, args.kinds.split(",")))
        total = len(every)
        for fault in every[args.first :: args.every]:
            if not_survived and args.until_caught:
                break
            try:
                code = matrix.meet(fault)
                ends["ended" if code == ENDED else "killed" if code < 0 else "refused"] += 1
            except _CAUGHT as error:
                not_survived.append(f"{fault}: {type(error).__name__}: {error}")
    told = {
        "system_calls": dict(sorted(calls.items())),
        "faults": total,
        "survived": dict(sorted(ends.items())),
        "not_survived": not_survived,
        "seconds": round(time.monotonic() - started, 1),
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 1 if not_survived else 0


if __name__ == "__main__":
    sys.exit(main())
