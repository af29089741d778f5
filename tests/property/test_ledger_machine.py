"""Any sequence of appends, refusals, reopenings and publications is what a list says it is."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.reference import rfc6962
from tests.unit.ledger.kit import HOUR_MS, ORIGIN, MemoryTree, TextAdmission, ToldClock, url_of, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.errors import ClockBehind, Duplicate, Refused
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.hashing import Hash, leaf_hash
from plimsoll_ledger.publish import publish
from plimsoll_ledger.sequencer import Appended, Sequencer, create_ledger
from plimsoll_ledger.store import open_store
from plimsoll_ledger.tiles import parse_bundle
from plimsoll_ledger.tlogproof import verify_tlog_proof
from plimsoll_ledger.tree import (
    prove_consistency,
    prove_inclusion,
    root_at,
    verify_consistency,
    verify_inclusion,
)

SIGNER = generate_signer(ORIGIN)


@given(st.lists(st.binary(max_size=40), max_size=80), st.data())
def test_inclusion_and_consistency_of_any_tree(entries: list[bytes], data: st.DataObject) -> None:
    tree, size = MemoryTree(entries), len(entries)
    root = Hash(rfc6962.mth(entries))
    assert tree.edge.root() == root_at(tree, size) == root
    if entries:
        index = data.draw(st.integers(0, size - 1))
        proof = prove_inclusion(tree, index, size)
        assert verify_inclusion(index, size, leaf_hash(entries[index]), proof, root) == root
    old = data.draw(st.integers(0, size))
    old_root = Hash(rfc6962.mth(entries[:old]))
    proof = prove_consistency(tree, old, size)
    assert verify_consistency(old, old_root, size, root, proof) == root


@given(st.integers(0, 70_000), st.lists(st.integers(0, 600), max_size=4))
@settings(max_examples=20, deadline=None)
def test_an_edge_saved_and_loaded_between_batches(start: int, batches: list[int]) -> None:
    """Whatever is appended in between saves, the tiles and the root are those of one go."""
    leaf = leaf_hash(b"any")
    whole, tiles = RightEdge(), MemoryTree()
    for count in (start, *batches):
        edge = RightEdge.load(tiles, whole.size)
        for _ in range(count):
            whole.append(leaf)
            for tile, hashes in edge.append(leaf):
                tiles.tiles[tile.level, tile.n] = hashes
        for tile, hashes in edge.partial(whole.size - count):
            tiles.tiles[tile.level, tile.n] = hashes
        assert edge.root() == whole.root()
    assert root_at(tiles, whole.size) == whole.root()


@given(st.lists(st.tuples(st.integers(1, 300), st.booleans()), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_batching_gives_the_same_log(batches: list[tuple[int, bool]]) -> None:
    blobs = [b"entry %d" % index for index in range(1 + sum(count for count, _ in batches))]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        sequencer = create_ledger(url_of(directory), SIGNER, TextAdmission(), ToldClock(), blobs[:1])
        with sequencer, sequencer.store as store:
            for count, atomic in batches:
                size = store.size
                outcomes = sequencer.append(blobs[size : size + count], atomic=atomic)
                assert [item.index for item in outcomes if isinstance(item, Appended)] == list(
                    range(size, size + count)
                )
            assert fsck(store).root == MemoryTree(blobs).edge.root()


def no_bodies(start: int, end: int) -> Iterable[bytes]:
    return [b""] * (end - start)


class LedgerMachine(RuleBasedStateMachine):
    """A ledger beside a list of what should be in it."""

    @initialize(text=st.integers(0, 5))
    def create(self, text: int) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="plimsoll-machine-"))
        self.clock = ToldClock()
        self.model = [b"genesis %d" % text]
        self.published = 0
        self.sequencer = create_ledger(
            url_of(self.directory), SIGNER, TextAdmission(), self.clock, self.model
        )
        self.store = self.sequencer.store

    def _expect(self, blobs: list[bytes], outcomes: list[Appended | Refused]) -> None:
        for blob, outcome in zip(blobs, outcomes, strict=True):
            if blob.startswith((b"refuse", b"malformed")):
                assert isinstance(outcome, Refused)
                assert not isinstance(outcome, Duplicate)
            elif blob in self.model:
                assert isinstance(outcome, Duplicate)
                assert self.model[outcome.index] == blob
            else:
                assert isinstance(outcome, Appended)
                assert (outcome.index, outcome.leaf) == (len(self.model), blob)
                self.model.append(blob)

    texts = st.one_of(
        st.integers(0, 40).map(lambda number: b"text %d" % number),
        st.sampled_from([b"refuse this", b"malformed"]),
    )

    @rule(blobs=st.lists(texts, max_size=12))
    def append(self, blobs: list[bytes]) -> None:
        self._expect(blobs, self.sequencer.append(blobs))

    @rule(start=st.integers(100, 10_000), count=st.integers(200, 300))
    def append_many(self, start: int, count: int) -> None:
        blobs = [b"text %d" % number for number in range(start, start + count)]
        self._expect(blobs, self.sequencer.append(blobs))

    @rule(blobs=st.lists(texts, max_size=6))
    def append_atomically(self, blobs: list[bytes]) -> None:
        outcomes = self.sequencer.append(blobs, atomic=True)
        is_new = len(set(blobs)) == len(blobs) and not set(blobs) & set(self.model)
        if is_new and not any(blob.startswith((b"refuse", b"malformed")) for blob in blobs):
            self._expect(blobs, outcomes)
        else:
            assert all(isinstance(item, Refused) for item in outcomes)

    @rule(milliseconds=st.integers(0, 2 * HOUR_MS))
    def wait(self, milliseconds: int) -> None:
        self.clock.ms += milliseconds

    @rule(milliseconds=st.integers(1, HOUR_MS))
    def set_the_clock_back(self, milliseconds: int) -> None:
        last_ms = self.store.head().time_ms
        now_ms, self.clock.ms = self.clock.ms, last_ms - milliseconds
        with pytest.raises(ClockBehind) as caught:
            self.sequencer.append([b"text never"])
        assert caught.value.last_ms == last_ms
        self.clock.ms = now_ms

    @rule()
    def reopen(self) -> None:
        self.sequencer.close()
        self.store.close()
        self.store = open_store(url_of(self.directory))
        self.sequencer = Sequencer(self.store, SIGNER, TextAdmission(), self.clock)

    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.model) - 1))
        proven = verify_tlog_proof(self.store.prove_entry(index), [vkey_of(SIGNER)])
        assert (proven.entry, proven.checkpoint.size) == (self.model[index], len(self.model))

    @rule()
    def publish(self) -> None:
        done = publish(self.store, self.directory / "public", no_bodies)
        assert (done.previous_size, done.checkpoint.size) == (self.published, len(self.model))
        self.published = len(self.model)

    @precondition(lambda self: self.published)
    @rule()
    def read_what_was_published(self) -> None:
        public = self.directory / "public"
        bundles = [path for path in (public / "tile/entries").iterdir() if path.is_file()]
        entries = [entry for path in sorted(bundles) for entry in parse_bundle(path.read_bytes())]
        if width := self.published % 256:
            partial = public / f"tile/entries/{self.published // 256:03d}.p/{width}"
            entries += parse_bundle(partial.read_bytes())
        assert entries == self.model[: self.published]
        root = (public / "checkpoint").read_bytes().split(b"\n")[2]
        assert root == _base64(rfc6962.mth(entries))

    @rule()
    def check_everything(self) -> None:
        assert fsck(self.store).root == rfc6962.mth(self.model)

    @invariant()
    def the_size_is_the_models(self) -> None:
        assert self.store.size == len(self.model)
        last = self.store.entry(len(self.model) - 1)
        assert last.ident == hashlib.sha256(self.model[-1]).digest()

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            assert fsck(self.store).root == rfc6962.mth(self.model)
            self.sequencer.close()
            self.store.close()
            shutil.rmtree(self.directory)


def _base64(value: bytes) -> bytes:
    import base64

    return base64.b64encode(value)


LedgerMachine.TestCase.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLedgerMachine = LedgerMachine.TestCase
