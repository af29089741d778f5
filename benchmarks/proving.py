"""Proofs from the store's tiles, beside pymerkle's SqliteTree (a benchmark-only peer), and bytes an entry.

Ours are made at up to 1,000,000 entries, the peer's at 20,000: what it does for a proof grows with its tree.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pymerkle
from pymerkle import SqliteTree

from benchmarks.make_ledger import Clock, SeededSigner
from benchmarks.rounds import Comparison, compare
from plimsoll_ledger.admission import Admitted, LogView
from plimsoll_ledger.sequencer import Sequencer, create_ledger
from plimsoll_ledger.tree import prove_consistency

_ENTRY = b'{"envelope":{"payload":"%d"},"time":"2026-11-20T00:00:00.000Z"}'
_ASKED = 20
_ASKED_COLD = 3


class BlobSeal:
    """Admits blobs as they are."""

    def precheck(self, blob: bytes) -> bytes:
        """Return the blob."""
        return blob

    def keep(self, prechecked: Sequence[Any]) -> None:
        """Keep nothing: nothing comes with blobs."""

    def begin(self, view: LogView) -> None:
        """Remember nothing of the log."""

    def admit(self, prechecked: bytes, index: int, time_ms: int) -> Admitted:  # noqa: ARG002 - the Protocol's form
        """Take the blob as the entry."""
        return Admitted(prechecked, hashlib.sha256(prechecked).digest(), "blob")

    def abort(self) -> None:
        """Forget nothing."""


def _blobs(size: int) -> Iterator[bytes]:
    for index in range(size):
        yield _ENTRY % index


def our_log(folder: Path, size: int) -> Sequencer:
    """Return a log of ``size`` small entries in embedded SQLite."""
    seal = BlobSeal()
    signer = SeededSigner("bench.example/proofs", "proofs")
    blobs = list(_blobs(size))
    url = f"sqlite:///{folder}/ours-{size}.sqlite3"
    sequencer = create_ledger(url, signer, seal, Clock(), blobs[:1])
    for start in range(1, size, 4096):
        sequencer.append(blobs[start : start + 4096], atomic=True)
    return sequencer


def pymerkle_tree(folder: Path, size: int) -> SqliteTree:
    """Return pymerkle's tree over the same entries, in its own SQLite file."""
    tree = SqliteTree(str(folder / f"pymerkle-{size}.sqlite3"), algorithm="sha256")
    tree.append_entries(list(_blobs(size)))
    return tree


SIZES = (1_000, 10_000, 100_000, 1_000_000)
PEER_SIZE = 20_000


def _prove(sequencer: Sequencer, rng: random.Random) -> Callable[[], object]:
    """Ask for other entries each time: what is remembered of earlier proofs must not be what is measured."""
    size = sequencer.store.size

    def run() -> None:
        for _ in range(_ASKED):
            sequencer.store.prove_entry(rng.randrange(size))

    return run


def _prove_growth(sequencer: Sequencer, rng: random.Random) -> Callable[[], object]:
    size = sequencer.store.size

    def run() -> None:
        for _ in range(_ASKED):
            with sequencer.store.reading() as reader:
                prove_consistency(reader, rng.randrange(1, size), size)

    return run


def _check(sequencer: Sequencer, peer: SqliteTree) -> None:
    """Stop if either side proves anything but what was asked for."""
    at = sequencer.store.size * 3 // 4
    if sequencer.store.prove_entry(at).extra != _ENTRY % at:
        raise RuntimeError("the proof is of another entry than was asked for")
    asked = PEER_SIZE * 3 // 4
    proof = peer.prove_inclusion(asked, PEER_SIZE)
    pymerkle.verify_inclusion(peer.get_leaf(asked), peer.get_state(PEER_SIZE), proof)


def measure(folder: Path, rounds: int) -> Iterator[Comparison]:
    """Yield both proofs at the largest size beside the peer's, then our cost at each size beside 10^3."""
    rng = random.Random("proofs")
    logs = {size: our_log(folder, size) for size in SIZES}
    peer = pymerkle_tree(folder, PEER_SIZE)
    largest = logs[SIZES[-1]]
    _check(largest, peer)

    def inclusion() -> None:
        for _ in range(_ASKED_COLD):
            peer.cache_clear()  # Ours keeps some folded halves of the tiles at the right edge, and no proof.
            peer.prove_inclusion(rng.randrange(PEER_SIZE) + 1, PEER_SIZE)

    def consistency() -> None:
        for _ in range(_ASKED_COLD):
            peer.cache_clear()
            peer.prove_consistency(rng.randrange(1, PEER_SIZE), PEER_SIZE)

    def inclusion_as_it_comes() -> None:
        for _ in range(_ASKED):
            peer.prove_inclusion(rng.randrange(PEER_SIZE) + 1, PEER_SIZE)

    cold, per = (_ASKED, _ASKED_COLD), (_ASKED, _ASKED)
    ours = _prove(largest, rng)
    growth = _prove_growth(largest, rng)
    beside = f"at {SIZES[-1]:,}, theirs at {PEER_SIZE:,}"
    yield compare(f"inclusion {beside}", ours, inclusion, wanted=50, rounds=rounds, per=cold, cpu=True)
    yield compare(f"consistency {beside}", growth, consistency, wanted=50, rounds=rounds, per=cold, cpu=True)
    name = "inclusion once more, its cache filling up"
    yield compare(name, ours, inclusion_as_it_comes, wanted=None, rounds=rounds, per=per, cpu=True)
    small, small_growth = (
        _prove(logs[SIZES[0]], rng),
        _prove_growth(logs[SIZES[0]], rng),
    )
    for size in SIZES[1:]:
        against = f"at {size:,} beside {SIZES[0]:,} entries"
        # Twice as many bits in the size are twice as many hashes; a tile is read for eight of them.
        for what, mine, theirs in (
            ("inclusion", _prove(logs[size], rng), small),
            ("consistency", _prove_growth(logs[size], rng), small_growth),
        ):
            name = f"{what} {against}"
            yield compare(name, mine, theirs, wanted=3, most=True, rounds=rounds, per=per, cpu=True)


def bytes_an_entry(folder: Path) -> tuple[float, float]:
    """Return the bytes that the largest log's database takes for each entry, and those of its leaf."""
    size = SIZES[-1]
    stored = sum(path.stat().st_size for path in folder.glob(f"ours-{size}.sqlite3*"))
    return stored / size, sum(map(len, _blobs(size))) / size
