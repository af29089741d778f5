"""Weights manifests: exact bytes, and everything on a disk that is no set of weights."""

import hashlib
import json
import os
import socket
from pathlib import Path

import pytest

from plimsoll_attest import weights, weights_tree
from plimsoll_attest.openers import open_at_once
from plimsoll_attest.weights import (
    WeightFile,
    WeightsManifest,
    WeightsRefused,
    build_manifest,
    format_manifest,
    parse_manifest,
    snapshot_digest,
)

HERE = Path("manifest.json")
EMPTY = hashlib.sha256(b"").hexdigest()


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def test_bytes_and_digest_are_exact(tmp_path: Path) -> None:
    write(tmp_path, {"b.safetensors": b"bb", "a/z.json": b"{}", "a.txt": b"", "é.bin": b"e"})
    manifest = build_manifest(tmp_path)
    data = format_manifest(manifest)
    expected = (
        f'{{"files":[{{"path":"a.txt","sha256":"{EMPTY}","size":0}},'
        f'{{"path":"a/z.json","sha256":"{digest_of(b"{}")}","size":2}},'
        f'{{"path":"b.safetensors","sha256":"{digest_of(b"bb")}","size":2}},'
        f'{{"path":"é.bin","sha256":"{digest_of(b"e")}","size":1}}]}}'
    )
    assert data == expected.encode()
    assert snapshot_digest(manifest) == digest_of(data)
    assert manifest.total_size == 5
    assert parse_manifest(data, HERE) == manifest


def test_order_is_that_of_utf8_bytes_of_whole_paths(tmp_path: Path) -> None:
    names = ["a/b", "a.b", "a0", "Z", "\U0001f600", "\uffee", "é"]
    write(tmp_path, dict.fromkeys(names, b""))
    paths = [file.path for file in build_manifest(tmp_path).files]
    assert paths == sorted(names, key=lambda name: name.encode())
    assert paths != sorted(names, key=lambda name: name.encode("utf-16-be"))


def test_single_file_stands_under_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, {"dir/model.gguf": b"weights"})
    manifest = build_manifest(tmp_path / "dir" / "model.gguf")
    assert manifest.files == (WeightFile("model.gguf", digest_of(b"weights"), 7),)
    assert snapshot_digest(manifest) == snapshot_digest(build_manifest(tmp_path / "dir"))


def test_files_of_many_blocks(tmp_path: Path) -> None:
    data = os.urandom((2 << 20) + 17)
    write(tmp_path, {"big": data, "block": data[: 1 << 20]})
    big, block = build_manifest(tmp_path).files
    assert (big.sha256, big.size) == (digest_of(data), len(data))
    assert block.sha256 == digest_of(data[: 1 << 20])


def test_links_are_followed_as_in_hub_caches(tmp_path: Path) -> None:
    write(tmp_path / "blobs", {"abc123": b"weights", "def456": b"{}"})
    snapshot = tmp_path / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to("../../blobs/abc123")
    (snapshot / "config.json").symlink_to("../../blobs/def456")
    (tmp_path / "shared").mkdir()
    write(tmp_path / "shared", {"tokenizer.json": b"t"})
    (snapshot / "tokenizer").symlink_to("../../shared")
    plain = write(
        tmp_path / "plain",
        {"model.safetensors": b"weights", "config.json": b"{}", "tokenizer/tokenizer.json": b"t"},
    )
    assert build_manifest(snapshot) == build_manifest(plain)
    (tmp_path / "link").symlink_to(snapshot)
    assert build_manifest(tmp_path / "link") == build_manifest(plain)
    alone = build_manifest(snapshot / "model.safetensors")
    assert alone.files[0].path == "model.safetensors"


def test_one_directory_linked_twice_is_no_circle(tmp_path: Path) -> None:
    write(tmp_path, {"a/x": b"1"})
    (tmp_path / "b").symlink_to("a")
    assert [file.path for file in build_manifest(tmp_path).files] == ["a/x", "b/x"]


@pytest.mark.parametrize("target", ["..", ".", "../../root/sub"])
def test_circles_are_refused(tmp_path: Path, target: str) -> None:
    root = write(tmp_path / "root", {"sub/x": b"1"})
    (root / "sub" / "link").symlink_to(target)
    with pytest.raises(WeightsRefused, match="leads back to a directory above it"):
        build_manifest(root)


def test_links_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"x": b"1"})
    (tmp_path / "gone").symlink_to("absent")
    with pytest.raises(WeightsRefused, match="leads nowhere or in a circle") as caught:
        build_manifest(tmp_path)
    assert caught.value.path == tmp_path / "gone"
    (tmp_path / "gone").unlink()
    (tmp_path / "self").symlink_to("self")
    with pytest.raises(WeightsRefused, match="leads nowhere or in a circle"):
        build_manifest(tmp_path)


def test_ladders_of_links_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two links in each directory double the paths at every step, without a circle."""
    monkeypatch.setattr(weights_tree, "MAX_ENTRY_COUNT", 1_000)
    for step in range(30):
        (tmp_path / f"d{step}").mkdir()
    for step in range(29):
        for name in "ab":
            (tmp_path / f"d{step}" / name).symlink_to(f"../d{step + 1}")
    with pytest.raises(WeightsRefused, match="more than 1000 files and directories"):
        build_manifest(tmp_path / "d0")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"x": b"1"})
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WeightsRefused, match="pipe: a pipe, socket or device"):
        build_manifest(tmp_path)
    (tmp_path / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        with pytest.raises(WeightsRefused, match="socket: a pipe, socket or device"):
            build_manifest(tmp_path)
    with pytest.raises(WeightsRefused, match="/dev/null: a pipe, socket or device"):
        build_manifest(Path("/dev/null"))


def test_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "only" / "directories").mkdir(parents=True)
    with pytest.raises(WeightsRefused, match="no file in this directory"):
        build_manifest(tmp_path)
    with pytest.raises(WeightsRefused, match="absent: there is no such file"):
        build_manifest(tmp_path / "absent")


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["Model.bin", "model.bin"], "'Model.bin' and 'model.bin' differ in case alone"),
        (["A/x", "a/y"], "'A' and 'a' differ in case alone"),
        (["straße", "STRASSE"], "differ in case alone"),
        (["e\u0301.bin"], "not in Unicode NFC"),
        (["a\\b"], "a backslash or a control character"),
        (["a\nb"], "a backslash or a control character"),
        (["a\x7f"], "a backslash or a control character"),
    ],
)
def test_paths_that_differ_elsewhere_are_refused(tmp_path: Path, names: list[str], what: str) -> None:
    write(tmp_path, dict.fromkeys(names, b""))
    with pytest.raises(WeightsRefused) as caught:
        build_manifest(tmp_path)
    assert what in str(caught.value).replace(str(tmp_path), "")


def test_names_that_are_no_unicode_are_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).write_bytes(b"")
    with pytest.raises(WeightsRefused, match="is not UTF-8"):
        build_manifest(tmp_path)


def test_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a": b"1", "b": b"2"})

    def refuse(path: str, flags: int) -> int:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return open_at_once(path, flags)

    monkeypatch.setattr(weights, "open_at_once", refuse)
    with pytest.raises(WeightsRefused, match="b: cannot be read: Permission denied"):
        build_manifest(tmp_path)


def test_progress_counts_all_bytes_and_ends_with_them(tmp_path: Path) -> None:
    write(tmp_path, {f"f{index}": bytes(index * 100_000) for index in range(8)})
    calls: list[tuple[int, int]] = []
    build_manifest(tmp_path, progress=lambda done, total: calls.append((done, total)), workers=3)
    assert calls[-1] == (2_800_000, 2_800_000)
    assert calls == sorted(calls)


def test_progress_that_raises_stops_the_work(tmp_path: Path) -> None:
    write(tmp_path, {f"f{index}": bytes(1_000) for index in range(20)})

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_manifest(tmp_path, progress=interrupt, workers=1)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_number_of_threads_does_not_matter(tmp_path: Path, workers: int) -> None:
    write(tmp_path, {f"d{index % 3}/f{index}": bytes([index]) * index for index in range(30)})
    assert build_manifest(tmp_path, workers=workers) == build_manifest(tmp_path)


class Meddler:
    """Does something to the weights when the first file is opened, or read to its end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, action: str, root: Path) -> None:
        self.action, self.root, self.done = action, root, False
        monkeypatch.setattr(weights, "open_at_once", self.open)

    def open(self, path: str, flags: int) -> int:
        if not self.done:
            self.done = True
            if self.action == "grow":
                with (self.root / "a").open("ab") as file:
                    file.write(b"more")
            elif self.action == "rewrite":
                status = (self.root / "a").stat()
                (self.root / "a").write_bytes(b"2")
                os.utime(self.root / "a", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
            elif self.action == "replace by a pipe":
                (self.root / "a").unlink()
                os.mkfifo(self.root / "a")
            elif self.action == "add":
                (self.root / "new").write_bytes(b"")
            elif self.action == "remove":
                (self.root / "a").unlink()
            elif self.action == "rename":
                (self.root / "a").rename(self.root / "renamed")
        return open_at_once(path, flags)


@pytest.mark.parametrize("action", ["grow", "rewrite", "replace by a pipe", "add", "remove", "rename"])
def test_weights_that_change_meanwhile_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    write(tmp_path, {"a": b"1"})
    before = build_manifest(tmp_path)
    meddler = Meddler(monkeypatch, action, tmp_path)
    with pytest.raises(
        WeightsRefused, match=r"changed while|cannot be read|bytes where|pipe, socket or device"
    ) as caught:
        build_manifest(tmp_path)
    assert meddler.done
    if action in {"grow", "rewrite"}:
        # Found at the file itself, not hours later when everything has been read.
        assert caught.value.path == tmp_path / "a"
    assert before.files[0].sha256 == digest_of(b"1")


def test_file_that_is_shorter_than_it_says_is_refused() -> None:
    """Files of the kernel's own: their size says 0, their content something else."""
    with pytest.raises(WeightsRefused, match="bytes where 0 were promised"):
        build_manifest(Path("/proc/self/status"))


FILE = {"path": "a", "sha256": EMPTY, "size": 0}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ([], 'a manifest is {"files": [...]}'),
        ({"files": {}}, 'a manifest is {"files": [...]}'),
        ({"files": [FILE], "more": 1}, 'a manifest is {"files": [...]}'),
        ({"files": []}, "without files"),
        ({"files": [{"path": "a"}]}, "has path, sha256 and size"),
        ({"files": [3]}, "has path, sha256 and size"),
        ({"files": [FILE | {"path": 3}]}, "a path in a manifest is text"),
        ({"files": [FILE | {"sha256": "A" * 64}]}, "not 64 lower-case hex digits"),
        ({"files": [FILE | {"sha256": "a" * 63}]}, "not 64 lower-case hex digits"),
        ({"files": [FILE | {"size": -1}]}, "no count of bytes"),
        ({"files": [FILE | {"size": True}]}, "no count of bytes"),
        ({"files": [FILE | {"path": "b"}, FILE]}, "not ordered"),
        ({"files": [FILE, FILE]}, "stands there twice"),
        ({"files": [FILE | {"path": ""}]}, "empty or dotted part"),
        ({"files": [FILE | {"path": "/a"}]}, "empty or dotted part"),
        ({"files": [FILE | {"path": "a/../b"}]}, "empty or dotted part"),
        ({"files": [FILE, FILE | {"path": "a/b"}]}, "both a file and a directory"),
        ({"files": [FILE | {"path": "A"}, FILE]}, "differ in case alone"),
        ({"files": [FILE | {"path": "x" * 4_097}]}, "a path of 4097 bytes"),
    ],
)
def test_manifests_that_nobody_could_have_built_are_refused(value: object, what: str) -> None:
    data = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(WeightsRefused) as caught:
        parse_manifest(data, HERE)
    assert what in caught.value.what


def test_manifests_that_are_not_canonical_are_refused() -> None:
    data = format_manifest(WeightsManifest((WeightFile("a", EMPTY, 0),)))
    with pytest.raises(WeightsRefused, match="not canonical JSON"):
        parse_manifest(data + b"\n", HERE)
