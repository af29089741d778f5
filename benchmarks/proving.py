"""An inclusion proof from the store's tiles, beside pymerkle's SqliteTree (a benchmark-only peer)."""

import hashlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pymerkle
from pymerkle import SqliteTree

from benchmarks.make_ledger import Clock, SeededSigner
from benchmarks.rounds import Comparison, compare
from plimsoll_ledger.admission import Admitted, LogView
from plimsoll_ledger.sequencer import Sequencer, create_ledger

_ENTRY = b'{"envelope":{"payload":"%d"},"time":"2026-11-20T00:00:00.000Z"}'
_ASKED = 20


class BlobSeal:
    """Admits blobs as they are."""

    def precheck(self, blob: bytes) -> bytes:
        """Return the blob."""
        return blob

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


def _prove(sequencer: Sequencer, indexes: list[int]) -> Callable[[], object]:
    def run() -> None:
        for index in indexes:
            sequencer.store.prove_entry(index)

    return run


def measure(folder: Path, rounds: int) -> Iterator[Comparison]:
    """Yield the comparison at 100,000 entries, then our own cost at 10^3 to 10^5 beside that at 10^3."""
    rng = random.Random("proofs")
    logs = {size: our_log(folder, size) for size in (1_000, 10_000, 100_000)}
    peer = pymerkle_tree(folder, 100_000)
    indexes = {size: [rng.randrange(size) for _ in range(_ASKED)] for size in logs}
    proof = logs[100_000].store.prove_entry(77_777)
    if proof.extra != _ENTRY % 77_777:
        raise RuntimeError("the proof is of another entry than was asked for")
    theirs_proof = peer.prove_inclusion(77_778, 100_000)
    pymerkle.verify_inclusion(peer.get_leaf(77_778), peer.get_state(100_000), theirs_proof)

    def theirs() -> None:
        for index in indexes[100_000]:
            peer.prove_inclusion(index + 1, 100_000)

    def theirs_cold() -> None:
        # Ours keeps nothing between proofs; so that theirs does not either, its cache is emptied.
        peer.cache_clear()
        theirs()

    ours = _prove(logs[100_000], indexes[100_000])
    per = (_ASKED, _ASKED)
    yield compare(
        "inclusion proof from 100,000 entries", ours, theirs_cold, wanted=20, rounds=rounds, per=per
    )
    name = "the same proofs over and over, its cache full"
    yield compare(name, ours, theirs, wanted=None, rounds=rounds, per=per)
    small = _prove(logs[1_000], indexes[1_000])
    for size in (10_000, 100_000):
        yield compare(
            f"the same at {size:,} beside 1,000 entries",
            _prove(logs[size], indexes[size]),
            small,
            wanted=3,
            most=True,
            rounds=rounds,
            per=(_ASKED, _ASKED),
        )
