"""The tree from its root downwards, and proofs in it, against RFC 6962 as it is written."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.forge import Forge, inclusion_path, tree_root, write_files

from plimsoll_verify.errors import Consistency, Inclusion, Missing, RootMismatch, TileMismatch
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.tree import EMPTY_ROOT, Tree, leaf_hash, verify_consistency, verify_inclusion

ENTRIES = [f"entry {n}".encode() for n in range(70)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def consistency_path(old: int, leaves: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """RFC 6962 2.1.2, as it is written there."""
    if old == len(leaves):
        return [] if known else [tree_root(leaves)]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= split:
        return [*consistency_path(old, leaves[:split], known=known), tree_root(leaves[split:])]
    return [*consistency_path(old - split, leaves[split:], known=False), tree_root(leaves[:split])]


def flipped(proof: list[bytes]) -> list[list[bytes]]:
    """Spoil a proof in each of its places."""
    return [
        [bytes([one[0] ^ 1]) + one[1:] if i == place else one for i, one in enumerate(proof)]
        for place in range(len(proof))
    ]


@pytest.mark.parametrize("size", range(1, 34))
def test_every_inclusion_proof_verifies_and_no_spoilt_one(size: int) -> None:
    root = tree_root(LEAVES[:size])
    for index in range(size):
        proof = inclusion_path(index, LEAVES[:size])
        assert verify_inclusion(ENTRIES[index], index, size, proof, root) == LEAVES[index]
        spoilt = [*flipped(proof), proof[:-1], [*proof, root]]
        for wrong in spoilt if proof else [[root]]:
            with pytest.raises(Inclusion):
                verify_inclusion(ENTRIES[index], index, size, wrong, root)
        with pytest.raises(Inclusion):
            verify_inclusion(b"other", index, size, proof, root)
        for other in range(size):
            if other != index:
                with pytest.raises(Inclusion):
                    verify_inclusion(ENTRIES[index], other, size, proof, root)
    with pytest.raises(Inclusion, match="an index below the size"):
        verify_inclusion(ENTRIES[0], size, size, [], root)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_consistency_proof_verifies_and_no_spoilt_one(size: int) -> None:
    root = tree_root(LEAVES[:size])
    for old in range(1, size + 1):
        old_root = tree_root(LEAVES[:old])
        proof = consistency_path(old, LEAVES[:size])
        assert verify_consistency(old, old_root, size, root, proof) == root
        for wrong in [*flipped(proof), [*proof, root], *([proof[:-1]] if proof else [])]:
            with pytest.raises(Consistency):
                verify_consistency(old, old_root, size, root, wrong)
        with pytest.raises(Consistency):
            verify_consistency(old, bytes(32), size, root, proof)
        with pytest.raises(Consistency):
            verify_consistency(old, old_root, size, bytes(32), proof)
    for old in (0, size + 1):
        with pytest.raises(Consistency, match="an old size of 1 to"):
            verify_consistency(old, EMPTY_ROOT, size, root, [])


SIZES = [1, 2, 255, 256, 257, 511, 512, 513, 700]


def grown(size: int) -> Forge:
    forge = Forge(genesis=False)
    for n in range(size):
        forge.append(f"entry {n}".encode())
    return forge


@pytest.mark.parametrize("size", SIZES)
def test_all_earlier_roots_come_from_the_tiles(size: int, tmp_path: Path) -> None:
    forge = grown(size)
    forge.publish(tmp_path)
    tree = Tree(DirectorySource(tmp_path), size, forge.roots[size])
    assert [tree.root_at(earlier) for earlier in range(size + 1)] == forge.roots
    with pytest.raises(ValueError, match=f"never had {size + 1}"):
        tree.root_at(size + 1)
    with pytest.raises(ValueError, match="never had -1"):
        tree.root_at(-1)


def test_the_empty_tree_needs_no_tile(tmp_path: Path) -> None:
    assert Tree(DirectorySource(tmp_path), 0, EMPTY_ROOT).root_at(0) == EMPTY_ROOT
    with pytest.raises(RootMismatch):
        Tree(DirectorySource(tmp_path), 0, bytes(32))


def test_three_levels_of_tiles(tmp_path: Path) -> None:
    # 65,536 entries fill a tile of level 1; only hashes are needed, so only they are written.
    forge = grown(65_536 + 300)
    write_files(tmp_path, {path: data for path, data in forge.files().items() if path.startswith("tile/")})
    tree = Tree(DirectorySource(tmp_path), forge.size, forge.roots[-1])
    for size in (1, 255, 256, 257, 65_535, 65_536, 65_537, 65_792, 65_836, 40_000, 12_345):
        assert tree.root_at(size) == forge.roots[size]
    assert tree.subtrees(0, 17)[0] == forge.leaves[17 * 256 : 18 * 256]


def test_more_tiles_than_are_kept_can_be_asked_for(tmp_path: Path) -> None:
    forge = grown(70 * 256)
    forge.publish(tmp_path)
    tree = Tree(DirectorySource(tmp_path), forge.size, forge.roots[-1])
    for number in (*range(70), 0, 69):
        assert tree.subtrees(0, number)[0] == forge.leaves[number * 256 : number * 256 + 256]
    assert len(tree._kept) <= 65


@pytest.mark.parametrize("size", [5, 700])
def test_another_root_is_refused(size: int, tmp_path: Path) -> None:
    forge = grown(size)
    forge.publish(tmp_path)
    with pytest.raises(RootMismatch):
        Tree(DirectorySource(tmp_path), size, forge.roots[size - 1])


def test_a_tile_that_does_not_fit_its_parent_is_refused(tmp_path: Path) -> None:
    forge = grown(700)
    files = forge.files()
    files["tile/0/001"] = files["tile/0/000"]
    write_files(tmp_path, files)
    tree = Tree(DirectorySource(tmp_path), 700, forge.roots[-1])
    assert tree.root_at(256) == forge.roots[256]
    with pytest.raises(TileMismatch) as caught:
        tree.root_at(300)
    assert caught.value.path == "tile/0/001"


def test_a_tile_that_is_missing_is_named(tmp_path: Path) -> None:
    forge = grown(700)
    forge.publish(tmp_path)
    (tmp_path / "tile/0/001").unlink()
    tree = Tree(DirectorySource(tmp_path), 700, forge.roots[-1])
    with pytest.raises(Missing) as caught:
        tree.subtrees(0, 1)
    assert caught.value.path == "tile/0/001"
