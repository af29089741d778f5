"""Where tiles and bundles lie, how wide they are, and what is cut."""

from pathlib import Path

import pytest
from tests.support.forge import write_files

from plimsoll_verify.errors import Malformed, Missing, TileMismatch
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.tiles import parse_bundle, read_bundle, read_tile, tile_number, tile_path, tile_width


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"), (10**9, "x001/x000/x000/000")],
)
def test_numbers_are_written_in_groups(number: int, text: str) -> None:
    assert tile_number(number) == text
    assert tile_path(2, number) == f"tile/2/{text}"
    assert tile_path("entries", number, 5) == f"tile/entries/{text}.p/5"


@pytest.mark.parametrize(
    ("size", "level", "number", "width"),
    [
        (1, 0, 0, 1),
        (255, 0, 0, 255),
        (256, 0, 0, 256),
        (256, 1, 0, 1),
        (257, 0, 1, 1),
        (70_000, 1, 0, 256),
        (70_000, 1, 1, 17),
        (70_000, 2, 0, 1),
        (256, 0, 1, 0),
    ],
)
def test_widths(size: int, level: int, number: int, width: int) -> None:
    assert tile_width(size, level, number) == width


def bundle(*entries: bytes) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def test_a_bundle_is_cut_into_its_entries() -> None:
    entries = [b"", b"x", b"y" * 65_535]
    assert parse_bundle(bundle(*entries), "p") == entries
    assert parse_bundle(b"", "p") == []


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x01", b"\x00\x00\x00", b"\xff\xff" + bytes(65_534)])
def test_a_cut_bundle_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="a cut one") as caught:
        parse_bundle(data, "tile/entries/000")
    assert caught.value.path == "tile/entries/000"


def test_a_full_tile_stands_in_for_a_partial_one_that_is_gone(tmp_path: Path) -> None:
    hashes = bytes(range(256)) * 32
    write_files(tmp_path, {"tile/0/000": hashes, "tile/entries/000": bundle(*[b"e"] * 256)})
    source = DirectorySource(tmp_path)
    assert read_tile(source, 0, 0, 7) == hashes[: 7 * 32]
    assert read_bundle(source, 0, 7) == [b"e"] * 7


def test_a_partial_tile_that_is_there_counts(tmp_path: Path) -> None:
    write_files(tmp_path, {"tile/0/000": bytes(256 * 32), "tile/0/000.p/1": b"\x01" * 32})
    assert read_tile(DirectorySource(tmp_path), 0, 0, 1) == b"\x01" * 32


@pytest.mark.parametrize("width", [3, 256])
def test_what_is_missing_is_named(width: int, tmp_path: Path) -> None:
    source = DirectorySource(tmp_path)
    with pytest.raises(Missing) as tile:
        read_tile(source, 0, 0, width)
    with pytest.raises(Missing) as entries:
        read_bundle(source, 0, width)
    assert (tile.value.path, tile.value.check) == (tile_path(0, 0, width), "tile")
    assert (entries.value.path, entries.value.check) == (tile_path("entries", 0, width), "entries")


@pytest.mark.parametrize("length", [0, 31, 33, 64, 256 * 32, 256 * 32 + 1])
def test_a_tile_has_the_length_of_its_width(length: int, tmp_path: Path) -> None:
    write_files(tmp_path, {"tile/0/000.p/1": bytes(length)})
    with pytest.raises(TileMismatch):
        read_tile(DirectorySource(tmp_path), 0, 0, 1)


def test_a_full_tile_in_place_of_a_partial_one_is_as_long_as_it_should_be(tmp_path: Path) -> None:
    write_files(tmp_path, {"tile/0/000": bytes(255 * 32), "tile/entries/000": bundle(b"e")})
    with pytest.raises(TileMismatch, match="256 hashes"):
        read_tile(DirectorySource(tmp_path), 0, 0, 1)
    with pytest.raises(Malformed, match="expected 256 entries, got 1"):
        read_bundle(DirectorySource(tmp_path), 0, 1)


@pytest.mark.parametrize("count", [0, 1, 3, 256])
def test_a_bundle_has_as_many_entries_as_its_width(count: int, tmp_path: Path) -> None:
    write_files(tmp_path, {"tile/entries/000.p/2": bundle(*[b"e"] * count)})
    with pytest.raises(Malformed, match=f"expected 2 entries, got {count}"):
        read_bundle(DirectorySource(tmp_path), 0, 2)
