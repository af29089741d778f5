"""A second look at a ledger that has grown, beside a fresh verification of a small one."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.make_ledger import ORIGIN, SeededSigner
from benchmarks.rounds import Comparison, compare
from plimsoll_ledger.checkpoint import sign_checkpoint
from plimsoll_ledger.hashing import Hash
from plimsoll_verify.audit import audit
from plimsoll_verify.checkpoint import parse_checkpoint
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.tiles import tile_path, tile_width
from plimsoll_verify.tree import Tree
from plimsoll_verify.trust import Trust, parse_trust
from plimsoll_verify.watch import Watcher
from plimsoll_verify.watchstate import WatchState

NEW = 1024
FRESH = 1060
"""A small ledger: people and policy, and a thousand entries."""

_PARTIAL = re.compile(r"tile/([0-7])/(.+)\.p/([0-9]+)")


class Growing(DirectorySource):
    """A published ledger, shown as it was at a size: partial tiles of then are cut from those of later."""

    def __init__(self, directory: Path, seed: str = "plimsoll") -> None:
        super().__init__(directory)
        newest = parse_checkpoint(super().read("checkpoint", 1 << 20), "checkpoint")
        self.full = self.size = newest.size
        self._tree = Tree(self, newest.size, newest.root)
        self._log = SeededSigner(ORIGIN, seed)

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Read a file, as it was."""
        if self.size < self.full and path == "checkpoint":
            return sign_checkpoint(self.size, Hash(self._tree.root_at(self.size)), self._log)
        found = _PARTIAL.fullmatch(path) if self.size < self.full else None
        if found is None:
            return super().read(path, limit, offset)
        level, number = int(found[1]), int(found[2].replace("x", "").replace("/", ""))
        wide = tile_path(level, number, tile_width(self.full, level, number))
        return super().read(wide, 1 << 20)[: 32 * int(found[3])]

    def list_retained(self) -> list[int]:
        """List the checkpoints that were retained by then."""
        return [size for size in super().list_retained() if size <= self.size]


def _trust(folder: Path) -> Trust:
    return parse_trust((folder / "trust.toml").read_bytes())


def measure(folder: Path, scratch: Path, rounds: int) -> Iterator[Comparison]:
    """Yield the comparison of a look after 1,024 new entries with a fresh verification of 1,060.

    Args:
        folder: of a ledger, see `make_ledger`.
        scratch: where the watcher keeps its state.
        rounds: how many looks are counted.
    """
    rounds = min(rounds, 8)
    source, fresh, trust = Growing(folder / "public"), Growing(folder / "public"), _trust(folder)
    fresh.size = FRESH
    source.size -= (rounds + 2) * NEW
    state = WatchState(scratch / "watching", trust.origin, trust.genesis, trust.log_policy.digest)
    watcher = Watcher(source, trust, state)

    def look() -> None:
        source.size += NEW
        seen = watcher.look()
        if seen.verdict.verdict != "compliant" or seen.verdict.log.size != source.size:
            raise RuntimeError(f"the watcher says {seen.verdict.verdict} at {source.size}")

    look()  # The first one replays everything.
    yield compare(
        f"a look after {NEW:,} new entries on {source.full:,}",
        look,
        lambda: audit(fresh, trust, workers=1),
        wanted=2.0,
        most=True,
        rounds=rounds,
        cpu=True,
    )
    state.close()
    shutil.rmtree(scratch / "watching")
