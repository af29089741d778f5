"""``make bench``: every measurement, each a median of nine alternating rounds beside its reference.

python benchmarks/run.py [startup] [appending] [stores] [records] [proving] [serving] [verifying] [watching]
         [--rounds N] [--sizes 10000,100000]
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import appending, proving, records, serving, startup, stores, verifying, watching
from benchmarks.make_ledger import make_ledger
from benchmarks.rounds import ROUNDS, Comparison

PARTS = ("startup", "appending", "stores", "records", "proving", "verifying", "watching", "serving")


def main() -> None:
    """Measure what is asked for, everything by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="counted rounds")
    parser.add_argument("--sizes", default="10000,100000", help="sizes of the ledgers to verify")
    args = parser.parse_args()
    parts = args.parts or list(PARTS)
    for part in parts:
        if part not in PARTS:
            parser.error(f"there is no part {part!r}; there are {', '.join(PARTS)}")
    machine = f"{platform.system()} {platform.machine()}"
    print(f"{os.cpu_count()} cores, load {_load()}, Python {platform.python_version()}, {machine}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as scratch:
        folder = Path(scratch)
        if "startup" in parts:
            _print(startup.measure(args.rounds))
        if "appending" in parts:
            _print(appending.measure(folder, args.rounds))
        if "stores" in parts:
            _print(stores.measure(folder, args.rounds))
        if "records" in parts:
            _print(records.measure(folder, args.rounds))
        if "proving" in parts:
            _print(proving.measure(folder, args.rounds))
            stored, leaf = proving.bytes_an_entry(folder)
            print(f"storage at {proving.SIZES[-1]:,} entries: {stored:.0f} bytes each, its own {leaf:.0f}")
        if "serving" in parts:
            for line in serving.measure(folder, args.rounds):
                print(line, flush=True)
        sizes = [int(size) for size in args.sizes.split(",")]
        if "verifying" in parts or "watching" in parts:
            for size in sizes:
                make_ledger(size, folder / f"ledger-{size}")
        if "verifying" in parts:
            _verify({size: folder / f"ledger-{size}" for size in sizes}, args.rounds)
        if "watching" in parts:
            _print(watching.measure(folder / f"ledger-{max(sizes)}", folder, args.rounds))
    print(f"all of it took {(time.monotonic() - begun) / 60:.1f} minutes; load {_load()}")


def _load() -> str:
    """Return how many processes wanted a processor in the last minute, without which no figure means much."""
    return f"{os.getloadavg()[0]:.1f}"


def _print(comparisons: Iterable[Comparison]) -> None:
    for comparison in comparisons:
        print(comparison.line(), flush=True)


def _verify(folders: dict[int, Path], rounds: int) -> None:
    _print(verifying.measure(folders, rounds))
    for size, folder in sorted(folders.items()):
        peak = verifying.peak_memory(folder)
        print(f"memory of the verifier and its workers at {size:,} entries: {peak / 1e6:.0f} MB at the most")


if __name__ == "__main__":
    main()
