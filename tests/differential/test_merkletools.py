"""Roots and inclusion paths are those of merkletools, a library that has never heard of us.

merkletools hashes as it is told and promotes an odd last node, as RFC 6962 does; with our prefixes put
in, its trees are RFC 6962's. It has no consistency proofs: those meet `tests/reference/rfc6962.py`.
"""

import hashlib
import warnings
from collections.abc import Iterable

import pytest
from tests.unit.ledger.kit import MemoryTree, make_entries

from plimsoll_ledger.hashing import Hash, leaf_hash
from plimsoll_ledger.tree import prove_inclusion, root_at, verify_inclusion

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # It misses pysha3, whose hashes nobody here asks for.
    merkletools = pytest.importorskip("merkletools", reason="the oracle is installed by `make dev`")

SMALL = range(131)
MIDDLE = [255, 256, 257, 511, 512, 513]
LARGE = [65_535, 65_536, 65_537]


class Oracle:
    """A tree by merkletools, over the same entries."""

    def __init__(self, entries: Iterable[bytes]) -> None:
        self._tree = merkletools.MerkleTools()
        self._tree.hash_function = lambda data: hashlib.sha256(b"\x01" + data)
        self._tree.add_leaf([hashlib.sha256(b"\x00" + entry).hexdigest() for entry in entries])
        self._tree.make_tree()

    def root(self) -> bytes:
        return bytes.fromhex(self._tree.get_merkle_root())

    def path(self, index: int) -> list[bytes]:
        return [bytes.fromhex(value) for step in self._tree.get_proof(index) for value in step.values()]


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    return make_entries(max(LARGE))


@pytest.fixture(scope="module")
def tree(entries: list[bytes]) -> MemoryTree:
    return MemoryTree(entries)


@pytest.mark.parametrize("size", [*SMALL, *MIDDLE])
def test_every_root_and_path(size: int, entries: list[bytes], tree: MemoryTree) -> None:
    if size == 0:
        assert root_at(tree, 0) == hashlib.sha256(b"").digest()
        return
    oracle = Oracle(entries[:size])
    root = root_at(tree, size)
    assert root == oracle.root()
    assert MemoryTree(entries[:size]).edge.root() == root
    for index in range(size):
        proof = prove_inclusion(tree, index, size)
        assert proof == oracle.path(index)
        assert verify_inclusion(index, size, leaf_hash(entries[index]), proof, root) == root


@pytest.mark.parametrize("size", LARGE)
def test_large_roots_and_a_sample_of_paths(size: int, entries: list[bytes], tree: MemoryTree) -> None:
    oracle = Oracle(entries[:size])
    root = Hash(oracle.root())
    assert root_at(tree, size) == root
    edges = {0, 1, 255, 256, 257, 32_767, 32_768, 65_279, 65_280, 65_534, size - 2, size - 1}
    for index in sorted(edges | set(range(0, size, 1009))):
        proof = prove_inclusion(tree, index, size)
        assert proof == oracle.path(index)
        verify_inclusion(index, size, leaf_hash(entries[index]), proof, root)
