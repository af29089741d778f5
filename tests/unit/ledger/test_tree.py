import itertools
from collections.abc import Sequence

import pytest
from tests.reference import rfc6962
from tests.unit.ledger.kit import MemoryTree, make_entries

from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.errors import Malformed, NotFound, ProofError
from plimsoll_ledger.hashing import EMPTY_ROOT, Hash, fold_hashes, leaf_hash, node_hash
from plimsoll_ledger.tiles import Tile, middle_hashes
from plimsoll_ledger.tree import (
    prove_consistency,
    prove_inclusion,
    root_at,
    verify_consistency,
    verify_inclusion,
)

MOST = 64
ENTRIES = make_entries(MOST)
TREE = MemoryTree(ENTRIES)
ROOTS = [Hash(rfc6962.mth(ENTRIES[:size])) for size in range(MOST + 1)]
WRONG = Hash(b"\x55" * 32)


def damaged(proof: list[Hash]) -> list[list[Hash]]:
    """Return the proof with each hash flipped in its first and last bit, shortened, and lengthened."""
    proofs = [[*proof, WRONG], [WRONG, *proof], [*proof, *proof[-1:], WRONG]]
    for at, item in enumerate(proof):
        proofs.append(proof[:at] + proof[at + 1 :])
        for flip in (1 << 255, 1):
            changed = Hash((int.from_bytes(item, "big") ^ flip).to_bytes(32, "big"))
            proofs.append([*proof[:at], changed, *proof[at + 1 :]])
    return proofs


@pytest.mark.parametrize("size", range(MOST + 1))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert root_at(TREE, size) == ROOTS[size]
    assert RightEdge.load(TREE, size).root() == ROOTS[size]


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_inclusion_proof(size: int) -> None:
    for index in range(size):
        proof = prove_inclusion(TREE, index, size)
        assert proof == rfc6962.path(index, ENTRIES[:size])
        leaf = leaf_hash(ENTRIES[index])
        assert verify_inclusion(index, size, leaf, proof, ROOTS[size]) == ROOTS[size]
        for wrong in damaged(proof):
            with pytest.raises(ProofError):
                verify_inclusion(index, size, leaf, wrong, ROOTS[size])
        with pytest.raises(ProofError):
            verify_inclusion(index, size, WRONG, proof, ROOTS[size])
        with pytest.raises(ProofError):
            verify_inclusion(index, size, leaf, proof, WRONG)


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_no_inclusion_proof_serves_another_index(size: int) -> None:
    for index, other in itertools.permutations(range(size), 2):
        proof = prove_inclusion(TREE, index, size)
        with pytest.raises(ProofError):
            verify_inclusion(other, size, leaf_hash(ENTRIES[index]), proof, ROOTS[size])


@pytest.mark.parametrize("new", range(MOST + 1))
def test_every_consistency_proof(new: int) -> None:
    for old in range(new + 1):
        proof = prove_consistency(TREE, old, new)
        assert proof == (rfc6962.proof(old, ENTRIES[:new]) if old > 0 else [])
        assert verify_consistency(old, ROOTS[old], new, ROOTS[new], proof) == ROOTS[new]
        for wrong in damaged(proof):
            with pytest.raises(ProofError):
                verify_consistency(old, ROOTS[old], new, ROOTS[new], wrong)
        with pytest.raises(ProofError):
            verify_consistency(old, WRONG, new, ROOTS[new], proof)
        if old > 0:
            with pytest.raises(ProofError):
                verify_consistency(old, ROOTS[old], new, WRONG, proof)


@pytest.mark.parametrize("old", range(1, MOST + 1))
def test_a_smaller_tree_never_extends_a_larger_one(old: int) -> None:
    for new in range(old):
        forward = prove_consistency(TREE, new, old)
        for proof in ([], forward, forward[::-1]):
            with pytest.raises(ProofError, match="larger than"):
                verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)
        with pytest.raises(NotFound):
            prove_consistency(TREE, old, new)


def test_the_empty_tree() -> None:
    assert root_at(TREE, 0) == EMPTY_ROOT == rfc6962.mth([])
    assert verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, []) == EMPTY_ROOT
    with pytest.raises(ProofError):
        verify_consistency(0, EMPTY_ROOT, 0, WRONG, [])
    with pytest.raises(ProofError):
        verify_consistency(0, WRONG, 5, ROOTS[5], [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (6, 5), (-1, 5)])
def test_an_index_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(NotFound, match=f"no entry {index} in a tree of size {size}"):
        prove_inclusion(TREE, index, size)
    with pytest.raises(ProofError):
        verify_inclusion(index, size, leaf_hash(b""), [], ROOTS[max(size, 0)])


def test_negative_sizes_are_mistakes() -> None:
    with pytest.raises(ValueError, match="not negative"):
        root_at(TREE, -1)
    with pytest.raises(ProofError):
        verify_consistency(-1, WRONG, 3, ROOTS[3], [])
    with pytest.raises(NotFound):
        prove_consistency(TREE, -1, 3)


def test_a_proof_reads_few_tiles_and_each_once() -> None:
    tree = MemoryTree(make_entries(70_000))
    tree.reads.clear()
    prove_inclusion(tree, 12_345, 70_000)
    assert [(tile.level, tile.n) for tile in tree.reads] == [(0, 48), (1, 0), (1, 1), (0, 273)]
    tree.reads.clear()
    prove_consistency(tree, 12_345, 70_000)
    assert len(tree.reads) == len(set(tree.reads)) <= 5


class WithMiddles(MemoryTree):
    """Gives the middle hashes of each full tile behind its own."""

    def read_tiles(self, tiles: Sequence[Tile]) -> list[bytes]:
        found = super().read_tiles(tiles)
        return [hashes + (middle_hashes(hashes) if len(hashes) == 8192 else b"") for hashes in found]


@pytest.mark.parametrize("size", [256, 257, 700, 66_000])
def test_middle_hashes_change_no_proof(size: int) -> None:
    tree = WithMiddles(make_entries(66_000))
    plain = MemoryTree()
    plain.tiles = tree.tiles
    assert root_at(tree, size) == root_at(plain, size)
    for index in [*range(0, size, size // 97), size - 1]:
        assert prove_inclusion(tree, index, size) == prove_inclusion(plain, index, size)
        assert prove_consistency(tree, index, size) == prove_consistency(plain, index, size)


def test_a_proof_is_made_of_middle_hashes() -> None:
    """If it were not, nobody would notice that it takes ten times the hashing again."""
    tree = WithMiddles(make_entries(256))
    proof = prove_inclusion(tree, 0, 256)
    sound = tree.tiles[0, 0]
    plain = MemoryTree()
    plain.tiles[0, 0] = sound[:-32] + bytes(32)
    assert prove_inclusion(plain, 0, 256) != proof
    plain.tiles[0, 0] += middle_hashes(sound)
    assert prove_inclusion(plain, 0, 256) == proof


@pytest.mark.parametrize("extra", [32, 480, 544])
def test_what_is_no_middle_is_cut_off(extra: int) -> None:
    tree = MemoryTree(make_entries(600))
    proof = prove_inclusion(tree, 300, 600)
    tree.tiles = {place: hashes + bytes(extra) for place, hashes in tree.tiles.items()}
    assert prove_inclusion(tree, 300, 600) == proof


def test_hashes_are_32_bytes() -> None:
    assert Hash(bytes(32)) == bytes(32)
    assert repr(Hash(bytes(32))) == f"Hash({'00' * 32})"
    for length in (0, 31, 33):
        with pytest.raises(Malformed, match=f"32 bytes, got {length}"):
            Hash(bytes(length))


def test_folding_is_pairwise_hashing() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES[:4]]
    assert fold_hashes(leaves[0]) == leaves[0]
    pairs = node_hash(leaves[0], leaves[1]), node_hash(leaves[2], leaves[3])
    assert fold_hashes(b"".join(leaves)) == node_hash(*pairs) == ROOTS[4]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_793])
def test_a_loaded_edge_grows_like_the_one_it_was_saved_from(size: int) -> None:
    tree = MemoryTree(make_entries(size))
    loaded = RightEdge.load(tree, size)
    assert loaded.root() == tree.edge.root()
    assert loaded.partial() == tree.edge.partial()
    for number in range(300):
        leaf = leaf_hash(b"more %d" % number)
        assert loaded.append(leaf) == tree.edge.append(leaf)
    assert loaded.root() == tree.edge.root()
    assert loaded.partial() == tree.edge.partial()
