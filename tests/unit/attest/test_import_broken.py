"""Files that are no evaluation logs, or no longer: cut, forged, swollen, changed under the reader."""

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from backports.zstd import ZstdCompressor, zipfile

from plimsoll_attest.importers import ImportFailed, Limits, read_inspect, read_lm_eval
from plimsoll_attest.importers.files import open_evidence

LOG = Path(__file__).parents[3] / "examples" / "logs" / "harbour-1-small" / "autonomy-tasks.eval"
MIB = 1 << 20


def write_archive(path: Path, members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def members_of(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


@pytest.mark.parametrize("percent", [0, 1, 10, 50, 90, 99, 99.9])
def test_truncated_archives_are_refused(tmp_path: Path, percent: float) -> None:
    data = LOG.read_bytes()
    cut = tmp_path / "cut.eval"
    cut.write_bytes(data[: max(1, int(len(data) * percent / 100))])
    with pytest.raises(ImportFailed, match=r"zip archive") as caught:
        read_inspect(cut)
    assert caught.value.hint


@pytest.mark.parametrize("lost", [1, 2, 21, 22, 23])
def test_archives_that_lost_their_last_bytes_are_refused(tmp_path: Path, lost: int) -> None:
    cut = tmp_path / "cut.eval"
    cut.write_bytes(LOG.read_bytes()[:-lost])
    with pytest.raises(ImportFailed, match="not a complete zip archive"):
        read_inspect(cut)


def test_no_changed_byte_gives_another_result(tmp_path: Path) -> None:
    """Whatever single byte is changed, the log is refused or says what it said (a date, a permission)."""
    data = bytearray(LOG.read_bytes())
    expected: dict[str, Any] = {**read_inspect(LOG).body, "evidence": None}
    path = tmp_path / "log.eval"
    refused = 0
    for offset in range(0, len(data), 401):
        data[offset] ^= 0x55
        path.write_bytes(data)
        try:
            body: dict[str, Any] = {**read_inspect(path).body, "evidence": None}
        except ImportFailed:
            refused += 1
        else:
            assert body == expected
        data[offset] ^= 0x55
    assert refused > 100


def test_damaged_member_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(LOG) as archive:
        member = archive.getinfo("header.json")
    data = bytearray(LOG.read_bytes())
    data[member.header_offset + 30 + len("header.json") + 40] ^= 0xFF
    path = tmp_path / "damaged.eval"
    path.write_bytes(data)
    with pytest.raises(ImportFailed, match=r"member 'header\.json' is damaged"):
        read_inspect(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"hello", "neither a zip archive nor a JSON object"),
        (b"[]", "neither a zip archive nor a JSON object"),
        (b"{", "the log is not JSON: expecting property name"),
        (b'{"eval": {}, "eval": {}}', "key 'eval' stands twice in one object"),
        (b'{"eval": {"a": "\xff"}}', "the log is not UTF-8 at byte 16"),
        (b'{"a":' * 5_000, "the log is nested too deeply"),
        (b'{"results": {"t": {}}}', "no `eval` object"),
        (b"PK\x03\x04" + bytes(100), "not a complete zip archive"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(content)
    with pytest.raises(ImportFailed, match=what) as caught:
        read_inspect(path)
    assert caught.value.path == path


def test_huge_integers_do_not_stop_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(b'{"eval": {"task": "t"}, "version": ' + b"9" * 200_000 + b"}")
    with pytest.raises(ImportFailed, match="log format 9"):
        read_inspect(path)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["header.json", "header.json"], "two members are named 'header.json'"),
        (["header.json", "../header.json"], "leaves the archive"),
        (["/header.json"], "leaves the archive"),
        (["samples\\x.json"], "leaves the archive"),
        (["something.json"], "neither header.json nor _journal/start.json"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_doubtful_member_names_are_refused(tmp_path: Path, names: list[str], what: str) -> None:
    path = write_archive(tmp_path / "log.eval", [(name, b"{}") for name in names])
    with pytest.raises(ImportFailed, match=what):
        read_inspect(path)


def test_member_that_is_no_json_is_named(tmp_path: Path) -> None:
    members = [(name, b"{" if name.startswith("samples/") else data) for name, data in members_of(LOG)]
    path = write_archive(tmp_path / "log.eval", members)
    with pytest.raises(ImportFailed, match=r"samples/autonomy-000_epoch_1\.json is not JSON"):
        read_inspect(path)


def test_other_compression_methods_are_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "log.eval", members_of(LOG), zipfile.ZIP_BZIP2)
    with pytest.raises(ImportFailed, match="compression method 12"):
        read_inspect(path)


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "log.eval", [("header.json", b"{}")])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ImportFailed, match="is encrypted"):
        read_inspect(path)


def test_declared_bombs_are_refused_before_unpacking(tmp_path: Path) -> None:
    members = [("header.json", b"{}"), ("samples/a.json", bytes(8 * MIB)), ("samples/b.json", bytes(8 * MIB))]
    path = write_archive(tmp_path / "bomb.eval", members, 93)
    assert path.stat().st_size < 10_000
    tracemalloc.start()
    try:
        for limits, what in [
            (Limits(member_size=8 * MIB - 1), f"unpacks to {8 * MIB} bytes"),
            (Limits(unpacked_size=16 * MIB), f"unpacks to {16 * MIB + 2} bytes"),
            (Limits(member_count=2), "3 members, at most 2"),
        ]:
            with pytest.raises(ImportFailed, match=what):
                read_inspect(path, limits)
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


def test_bombs_that_lie_about_their_size_are_refused(tmp_path: Path) -> None:
    """A directory that promises 100 bytes for a member that unpacks to 256 MiB."""
    compressor = ZstdCompressor()
    packed = b"".join(compressor.compress(bytes(MIB)) for _ in range(256)) + compressor.flush()
    path = tmp_path / "bomb.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("header.json", packed)
    data = bytearray(path.read_bytes())
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    for method_at, size_at in ((local + 8, local + 22), (central + 10, central + 24)):
        data[method_at : method_at + 2] = (93).to_bytes(2, "little")
        data[size_at : size_at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(ImportFailed, match=r"member 'header\.json'"):
            read_inspect(path)
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_members_shorter_than_promised_are_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "short.eval", [("header.json", b'{"eval": {}}')], zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for size_at in (data.index(b"PK\x03\x04") + 22, data.index(b"PK\x01\x02") + 24):
        data[size_at : size_at + 4] = (50).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(ImportFailed, match=r"member 'header\.json'"):
        read_inspect(path)


@pytest.mark.parametrize("read", [read_inspect, read_lm_eval])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, read: Any) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in [
        (tmp_path, "a directory, not a file"),
        (tmp_path / "pipe", "not a regular file"),
        (tmp_path / "absent.eval", "there is no such file"),
    ]:
        with pytest.raises(ImportFailed, match=what):
            read(path)


def test_file_names_that_no_statement_can_hold_are_refused(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/log-\xff.eval"))
    path.write_bytes(LOG.read_bytes())
    with pytest.raises(ImportFailed, match="the file name has half a surrogate pair"):
        read_inspect(path)


def test_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"a": 1}), encoding="utf-8")

    def read_while_somebody_writes() -> None:
        with open_evidence(path, MIB) as source:
            assert source.evidence["size"] == 8
            with path.open("a", encoding="utf-8") as writer:
                writer.write(" ")

    with pytest.raises(ImportFailed, match="changed while it was read"):
        read_while_somebody_writes()
