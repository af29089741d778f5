import itertools

import pytest

from plimsoll_ledger.errors import Malformed
from plimsoll_ledger.hashing import fold_hashes
from plimsoll_ledger.tiles import (
    MAX_BODY_SIZE,
    Tile,
    check_tile,
    format_bundle,
    format_bundle_path,
    format_number,
    format_pack,
    format_pack_path,
    format_tile_path,
    middle_hashes,
    parse_bundle,
    parse_number,
    parse_pack,
    parse_tile_path,
    partial_tiles,
    tiles_between,
)


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (70_000, "x070/000"),
        (1_234_067, "x001/x234/067"),
        (1_000_000_000, "x001/x000/x000/000"),
    ],
)
def test_numbers(number: int, path: str) -> None:
    assert format_number(number) == path
    assert parse_number(path) == number
    assert format_pack_path(number) == f"bodies/{path}"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "00",
        "0000",
        "x000/001",
        "001/002",
        "x001/",
        "x001/x002",
        "/001",
        "x1/001",
        "\u0660\u0660\u0661",
        "001\n",
    ],
)
def test_numbers_that_are_none(path: str) -> None:
    with pytest.raises(Malformed):
        parse_number(path)


def test_a_number_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        format_number(-1)


@pytest.mark.parametrize(
    ("tile", "is_bundle", "path"),
    [
        (Tile(0, 0), False, "tile/0/000"),
        (Tile(0, 0, 1), False, "tile/0/000.p/1"),
        (Tile(2, 1_234_067, 255), False, "tile/2/x001/x234/067.p/255"),
        (Tile(0, 1_234_067), True, "tile/entries/x001/x234/067"),
        (Tile(0, 3, 7), True, "tile/entries/003.p/7"),
    ],
)
def test_paths(tile: Tile, is_bundle: bool, path: str) -> None:
    assert (format_bundle_path(tile) if is_bundle else format_tile_path(tile)) == path
    assert parse_tile_path(path) == (tile, is_bundle)


@pytest.mark.parametrize(
    "path",
    [
        "tile/8/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/x000/000",
        "tile/entries/x1/000",
        "tile/00/000",
        "/tile/0/000",
        "tile/0/../0/000",
        "checkpoint",
    ],
)
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(Malformed):
        parse_tile_path(path)


@pytest.mark.parametrize("coordinates", [(-1, 0, 1), (8, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_tiles_that_no_tree_has(coordinates: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no such tile"):
        Tile(*coordinates)


def test_only_leaves_have_entries() -> None:
    with pytest.raises(ValueError, match="only tiles at level 0"):
        format_bundle_path(Tile(1, 0))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000])
def test_widths_at_the_right_edge(size: int) -> None:
    widths = {tile.level: tile.width for tile in partial_tiles(size)}
    for level in range(8):
        assert widths.get(level, 0) == size // 256**level % 256


def test_tiles_between_sizes() -> None:
    assert list(tiles_between(0, 0)) == []
    assert list(tiles_between(5, 5)) == []
    assert list(tiles_between(0, 1)) == [Tile(0, 0, 1)]
    assert list(tiles_between(1, 3)) == [Tile(0, 0, 3)]
    assert list(tiles_between(255, 257)) == [Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1)]
    assert list(tiles_between(257, 300)) == [Tile(0, 1, 44)]
    with pytest.raises(ValueError, match="out of order"):
        list(tiles_between(2, 1))


def test_all_steps_together_give_the_tiles_of_the_whole() -> None:
    sizes = [0, 1, 200, 256, 1000, 65_536, 65_800]
    stepwise: dict[tuple[int, int], int] = {}
    for old, new in itertools.pairwise(sizes):
        stepwise.update({(tile.level, tile.n): tile.width for tile in tiles_between(old, new)})
    assert stepwise == {(tile.level, tile.n): tile.width for tile in tiles_between(0, sizes[-1])}


def test_a_tile_that_grew_serves_its_narrower_self() -> None:
    assert check_tile(Tile(0, 0, 2), bytes(96)) == bytes(64)
    for length in (32, 65, 0):
        with pytest.raises(Malformed, match="wanted 64"):
            check_tile(Tile(0, 0, 2), bytes(length))


def test_middle_hashes() -> None:
    leaves = [bytes([number]) * 32 for number in range(256)]
    found = middle_hashes(b"".join(leaves))
    assert [found[at : at + 32] for at in range(0, 512, 32)] == [
        fold_hashes(b"".join(leaves[at : at + 16])) for at in range(0, 256, 16)
    ]
    for length in (0, 8160, 8224):
        with pytest.raises(ValueError, match=f"8192 bytes, not {length}"):
            middle_hashes(bytes(length))


def test_bundles() -> None:
    entries = [b"", b"a", b"x" * 65_535]
    assert parse_bundle(format_bundle(entries)) == entries
    assert format_bundle([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    with pytest.raises(ValueError, match="entry of 65536 bytes"):
        format_bundle([b"x" * 65_536])


def test_packs() -> None:
    bodies = [b"", b"{}", b"x" * 70_000]
    assert parse_pack(format_pack(bodies)) == bodies
    assert format_pack([b"ab"]) == b"\x00\x00\x00\x02ab"
    with pytest.raises(ValueError, match="at most"):
        format_pack([bytes(MAX_BODY_SIZE + 1)])


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_record_cut_short(cut: int) -> None:
    bundle = format_bundle([b"first", b"abcde"])
    with pytest.raises(Malformed, match="record 1 is cut short"):
        parse_bundle(bundle[:-cut])


@pytest.mark.parametrize("count", [0, 257])
def test_a_bundle_has_1_to_256_entries(count: int) -> None:
    with pytest.raises(Malformed, match=f"{count} records"):
        parse_bundle(format_bundle([b""] * count))
    with pytest.raises(Malformed):
        parse_pack(format_pack([b""] * count))
