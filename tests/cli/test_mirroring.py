"""`plimsoll mirror` as a process of its own: what it says, and what it ends with."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.test_process import environment
from tests.support.forge import Forge, write_files
from tests.support.httpd import serve_directory

PLIMSOLL = Path(sys.executable).with_name("plimsoll")
VERIFY = Path(sys.executable).with_name("plimsoll-verify")


def grown(size: int, *, hours_later: int = 0) -> Forge:
    forge = Forge()
    while forge.size < size:
        if forge.size == 5:
            forge.advance(hours=hours_later)
        forge.advance(minutes=1)
        forge.statement("heartbeat", [forge.org()], {}, "root-1", "root")
    forge.retain()
    return forge


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A published ledger of 20 entries, and a trust file for it."""
    forge = grown(20)
    (tmp_path / "trust.toml").write_text(forge.publish(tmp_path / "public"))
    return tmp_path


def run(folder: Path, *argv: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(PLIMSOLL), "mirror", *argv, "--trust", "trust.toml"],
        cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_over_http_and_again(folder: Path) -> None:
    with serve_directory(folder / "public") as url:
        done = run(folder, url, "copy")
        assert (done.returncode, done.stdout) == (
            0, "mirrored 20 new entries of acme.example/log to copy, 20 in all\n"
        )  # fmt: skip
        done = run(folder, url + "/", "copy", "-v")
        assert done.stdout == "copy is up to date: 20 entries of acme.example/log\n"
        assert "0 files, 0 B fetched" in done.stderr
    checked = subprocess.run(
        [str(VERIFY), "log", "copy", "--trust", "trust.toml", "--json"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert json.loads(checked.stdout)["log"]["size"] == 20


def test_a_network_that_fails_is_5(folder: Path) -> None:
    with serve_directory(folder / "public") as url:
        pass
    done = run(folder, url, "copy")
    assert done.returncode == 5
    assert f"cannot copy {url}: " in done.stderr
    assert "run it again: it goes on where it stopped" in done.stderr


def test_less_than_before_is_4(folder: Path) -> None:
    assert run(folder, "public", "copy").returncode == 0
    write_files(folder / "public", {"checkpoint": grown(10).checkpoint().encode()})
    done = run(folder, "public", "copy")
    assert done.returncode == 4
    assert "expected at least the 20 entries that the mirror has, got 10" in done.stderr


def test_another_history_is_4_and_stays_so(folder: Path) -> None:
    assert run(folder, "public", "copy").returncode == 0
    shutil.rmtree(folder / "public")
    grown(30, hours_later=1).publish(folder / "public")
    done = run(folder, "public", "copy", "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (4, "rejected")
    assert sorted(path.name for path in (folder / "copy/fork-1").iterdir()) == ["a.note", "b.note"]
    done = run(folder, "public", "copy")
    assert done.returncode == 4
    assert "an earlier run found that this log forked: see " in done.stderr


@pytest.mark.parametrize("origin", ["nowhere", "ftp://127.0.0.1/x", "http://u:p@127.0.0.1/x"])
def test_an_origin_that_is_none_is_2(folder: Path, origin: str) -> None:
    assert run(folder, origin, "copy").returncode == 2
    assert not (folder / "copy").exists()
