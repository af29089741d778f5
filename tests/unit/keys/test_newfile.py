"""A new private file is wholly there or not at all, whatever fails and whenever the process dies."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plimsoll_keys.errors import KeyExists, KeyFileUnusable
from plimsoll_keys.newfile import create_private_file

ROOT = Path(__file__).parents[3]


def names(folder: Path) -> list[str]:
    """List a folder, hidden files included."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["nameless", "named"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on a filesystem with nameless files, and on one without (as macOS has none)."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no nameless files")
    return tmp_path


def test_the_file_is_whole_and_private(folder: Path) -> None:
    create_private_file(folder / "key", b"content")
    assert (folder / "key").read_bytes() == b"content"
    assert (folder / "key").stat().st_mode & 0o7777 == 0o600
    assert (folder / "key").stat().st_nlink == 1
    assert names(folder) == ["key"]


def test_a_relative_path_works(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    create_private_file(Path("key"), b"content")
    assert (folder / "key").read_bytes() == b"content"


@pytest.mark.parametrize("there", ["file", "folder", "broken link", "link to a file"])
def test_nothing_is_overwritten(folder: Path, there: str) -> None:
    path = folder / "key"
    if there == "file":
        path.write_bytes(b"old")
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to("target")
        if there == "link to a file":
            (folder / "target").write_bytes(b"old")
    before = names(folder)
    with pytest.raises(KeyExists, match="exists already"):
        create_private_file(path, b"new")
    assert names(folder) == before
    assert not path.is_file() or path.read_bytes() == b"old"


def test_a_missing_folder_is_told(folder: Path) -> None:
    with pytest.raises(KeyFileUnusable, match=r"cannot write .*: no such file or directory") as caught:
        create_private_file(folder / "absent" / "key", b"content")
    assert "its folder exists" in caught.value.hint
    assert names(folder) == []


def test_a_file_where_the_folder_should_be_is_told(folder: Path) -> None:
    (folder / "file").write_bytes(b"")
    with pytest.raises(KeyFileUnusable, match="not a directory"):
        create_private_file(folder / "file" / "key", b"content")


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_failing_disk_leaves_nothing(folder: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(KeyFileUnusable, match="no space left on device"):
        create_private_file(folder / "key", b"content")
    assert names(folder) == []


def test_a_filesystem_without_nameless_files_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def refuse(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return real_open(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", refuse)
    create_private_file(tmp_path / "key", b"content")
    assert names(tmp_path) == ["key"]


def test_no_descriptor_is_left_open(folder: Path) -> None:
    before = len(names(Path("/dev/fd")))
    create_private_file(folder / "key", b"content")
    with pytest.raises(KeyExists):
        create_private_file(folder / "key", b"content")
    assert len(names(Path("/dev/fd"))) == before


DIE = """
import os, signal, sys
from pathlib import Path
from plimsoll_keys.newfile import create_private_file

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(os, sys.argv[2], die)
create_private_file(Path(sys.argv[1]), b"content")
"""


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system has no nameless files")
@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_killed_process_leaves_nothing(tmp_path: Path, call: str) -> None:
    """Power lost before the name exists: the bytes had no name and are gone with the process."""
    result = subprocess.run(
        [sys.executable, "-c", DIE, str(tmp_path / "key"), call],
        env={**os.environ, "PYTHONPATH": str(ROOT / "keys")},
        check=False,
        timeout=60,
    )
    assert result.returncode == -signal.SIGKILL
    assert names(tmp_path) == []


def test_two_at_once_make_one_file(tmp_path: Path) -> None:
    """Of several processes that race for one path, one wins and the others are told."""
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from plimsoll_keys.errors import KeyExists\n"
        "from plimsoll_keys.newfile import create_private_file\n"
        "sys.stdin.read()\n"
        "try:\n    create_private_file(Path(sys.argv[1]), sys.argv[2].encode())\n"
        "except KeyExists:\n    sys.exit(3)\n"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "key"), f"racer {number}"],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT / "keys")},
        )
        for number in range(4)
    ]
    for racer in racers:
        assert racer.stdin
        racer.stdin.close()
    codes = [racer.wait(timeout=60) for racer in racers]
    assert sorted(codes) == [0, 3, 3, 3]
    assert (tmp_path / "key").read_text() == f"racer {codes.index(0)}"
    assert names(tmp_path) == ["key"]
