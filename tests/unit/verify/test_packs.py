"""Packs of bodies are read one body at a time, to their end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.forge import write_files

from plimsoll_verify.errors import Malformed, Missing
from plimsoll_verify.packs import read_bodies
from plimsoll_verify.source import DirectorySource


def pack(*bodies: bytes) -> bytes:
    return b"".join(len(body).to_bytes(4, "big") + body for body in bodies)


class OnePack:
    """A source with one file, that counts how much of it is held at a time."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.largest = 0

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        assert path == "bodies/000"
        assert limit > 0
        self.largest = max(self.largest, limit)
        return self.data[offset : offset + limit]

    def list_retained(self) -> list[int]:
        return []

    def list_anchors(self) -> list[tuple[int, str]]:
        return []


def read(data: bytes, count: int) -> list[bytes]:
    return list(read_bodies(OnePack(data), 0, count))


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 1000])
def test_bodies_come_in_order_however_they_are_read(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plimsoll_verify.packs.PACK_CHUNK_BYTES", chunk)
    bodies = [b"", b"one", b"", b"x" * 700, b"last"]
    assert read(pack(*bodies), 5) == bodies
    assert read(pack(*bodies), 3) == bodies[:3]  # A log that grows has added two.


def test_no_more_than_a_chunk_or_a_body_is_held() -> None:
    bodies = [bytes([n]) * 2**20 for n in range(12)]
    source = OnePack(pack(*bodies))
    found: Iterator[bytes] = read_bodies(source, 0, 12)
    assert [body[:1] for body in found] == [bytes([n]) for n in range(12)]
    assert source.largest <= 4 * 2**20


def test_an_empty_pack_serves_no_entry() -> None:
    assert read(b"", 0) == []
    with pytest.raises(Malformed, match="expected 1 records, got 0"):
        read(b"", 1)


def test_the_largest_body_is_read_and_no_larger_one() -> None:
    assert [len(body) for body in read(pack(b"x" * 2**23), 1)] == [2**23]
    with pytest.raises(Malformed, match="bodies of at most 8388608 bytes"):
        read((2**23 + 1).to_bytes(4, "big") + bytes(2**23 + 1), 1)
    with pytest.raises(Malformed, match="bodies of at most 8388608 bytes"):
        read(b"\xff\xff\xff\xff", 1)


@pytest.mark.parametrize(
    "data", [b"\x00", b"\x00\x00\x00", pack(b"xy")[:-1], pack(b"x") + b"\x00\x00\x00\x01"]
)
def test_a_cut_pack_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="a cut one") as caught:
        read(data, 1)
    assert caught.value.path == "bodies/000"


def test_256_records_are_as_many_as_there_are_entries() -> None:
    assert len(read(pack(*[b""] * 256), 2)) == 2
    with pytest.raises(Malformed, match="at most 256 records"):
        read(pack(*[b""] * 257), 2)


def test_a_pack_of_two_sparse_gigabytes_ends_soon(tmp_path: Path) -> None:
    (tmp_path / "bodies").mkdir()
    with (tmp_path / "bodies/000").open("wb") as file:
        file.truncate(2 * 2**30)
    with pytest.raises(Malformed, match="at most 256 records"):
        list(read_bodies(DirectorySource(tmp_path), 0, 5))


def test_a_pack_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"bodies/001": b""})
    with pytest.raises(Missing) as caught:
        list(read_bodies(DirectorySource(tmp_path), 1234, 1))
    assert (caught.value.path, caught.value.check) == ("bodies/x001/234", "bodies")
