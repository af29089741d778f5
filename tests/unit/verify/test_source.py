"""A directory is read within its bounds: no link leads out, nothing is read without end, nothing hangs."""

import os
import pickle
from pathlib import Path

import pytest

from plimsoll_verify.errors import Malformed, Missing
from plimsoll_verify.source import DirectorySource, NotFound, read_file


def test_files_are_read_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    source = DirectorySource(tmp_path)
    assert source.root == tmp_path
    assert source.read("a", 100) == b"0123456789"
    assert source.read("a", 3) == b"012"
    assert source.read("a", 3, 8) == b"89"
    assert source.read("a", 3, 10) == b""
    assert source.read("a", 0) == b""
    assert pickle.loads(pickle.dumps(source)).read("a", 1) == b"0"  # noqa: S301 - our own bytes.


def test_a_large_file_is_not_read_past_the_limit(tmp_path: Path) -> None:
    with (tmp_path / "checkpoint").open("wb") as file:
        file.truncate(2 * 2**30)  # 2 GiB that take no room on the disk.
    with pytest.raises(Malformed, match="at most 65536 bytes") as caught:
        read_file(DirectorySource(tmp_path), "checkpoint", 65_536, "checkpoint")
    assert caught.value.path == "checkpoint"


@pytest.mark.parametrize("path", ["absent", "file/below", "absent/below"])
def test_what_is_not_there_is_not_found(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotFound, match="no file"):
        DirectorySource(tmp_path).read(path, 1)
    with pytest.raises(Missing) as caught:
        read_file(DirectorySource(tmp_path), path, 1, "c")
    assert (caught.value.path, caught.value.check) == (path, "c")
    assert caught.value.hint


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(NotFound, match="no regular file"):
        DirectorySource(tmp_path).read("checkpoint", 1)


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "checkpoint")
    with pytest.raises(NotFound, match="no regular file"):
        DirectorySource(tmp_path).read("checkpoint", 1)


def test_links_stay_inside(tmp_path: Path) -> None:
    inside, outside = tmp_path / "public", tmp_path / "secret"
    inside.mkdir()
    outside.write_bytes(b"secret")
    (inside / "real").write_bytes(b"real")
    (inside / "link").symlink_to("real")
    (inside / "out").symlink_to("../secret")
    (inside / "absolute").symlink_to(outside)
    (inside / "folder").symlink_to(tmp_path)
    source = DirectorySource(inside)
    assert source.read("link", 10) == b"real"
    for path in ("out", "absolute", "folder/secret", "../secret"):
        with pytest.raises(NotFound, match="a link that leads out"):
            source.read(path, 10)


def test_a_link_to_itself_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises((NotFound, OSError)):
        DirectorySource(tmp_path).read("loop", 1)


def test_the_directory_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    assert DirectorySource(tmp_path / "link").read("a", 1) == b"x"


def test_retained_sizes_are_those_that_are_sizes(tmp_path: Path) -> None:
    source = DirectorySource(tmp_path)
    assert source.list_retained() == []
    (tmp_path / "checkpoints").mkdir()
    for name in ("10", "9", "09", "x", ".tmp", "1.p", "\u0661"):
        (tmp_path / "checkpoints" / name).write_bytes(b"")
    assert source.list_retained() == [9, 10]


def test_retained_checkpoints_that_are_a_file_are_none(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_bytes(b"")
    assert DirectorySource(tmp_path).list_retained() == []


def test_an_input_error_is_no_word_about_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x")

    def fail(*_: object) -> int:
        raise PermissionError(13, "permission denied", "a")

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(PermissionError):
        read_file(DirectorySource(tmp_path), "a", 1, "c")


def test_a_name_that_no_disk_can_have_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        DirectorySource(tmp_path).read("x" * 300, 1)
