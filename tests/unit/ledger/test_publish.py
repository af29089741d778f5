import base64
import contextlib
import functools
import hashlib
import itertools
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.reference import rfc6962
from tests.unit.ledger.kit import HOUR_MS, ORIGIN, TextAdmission, ToldClock, new_ledger, url_of, vkey_of

from plimsoll_ledger.checkpoint import sign_checkpoint, verify_checkpoint
from plimsoll_ledger.create import create_store
from plimsoll_ledger.directory import Directory
from plimsoll_ledger.errors import (
    Busy,
    FatalSequencing,
    NotFound,
    PublishRefused,
    StorageFailed,
    StorageFull,
)
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.hashing import leaf_hash
from plimsoll_ledger.lock import hold_lock
from plimsoll_ledger.publish import publish
from plimsoll_ledger.sequencer import Sequencer, create_ledger
from plimsoll_ledger.store import open_store
from plimsoll_ledger.tiles import parse_bundle, parse_pack


def bodies_of(start: int, end: int) -> Iterator[bytes]:
    """Every third entry has a body."""
    for index in range(start, end):
        yield b"body %d" % index if index % 3 == 0 else b""


def number_path(number: int) -> str:
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def read_published(public: Path) -> list[bytes]:
    """Read a directory as an auditor would: the checkpoint first, then only what it implies.

    Independent of the writer: paths, tiles and the tree are worked out here, from C2SP's text.
    """
    text, _, _ = (public / "checkpoint").read_bytes().partition(b"\n\n")
    origin, size_text, root_text = text.split(b"\n")
    assert origin == ORIGIN.encode()
    size = int(size_text)
    entries: list[bytes] = []
    for number in range(-(-size // 256)):
        width = min(256, size - 256 * number)
        suffix = "" if width == 256 else f".p/{width}"
        bundle = parse_bundle((public / f"tile/entries/{number_path(number)}{suffix}").read_bytes())
        assert len(bundle) == width
        entries += bundle
        pack = parse_pack((public / f"bodies/{number_path(number)}").read_bytes())
        assert len(pack) >= width
        assert pack == list(bodies_of(256 * number, 256 * number + len(pack)))
    level, nodes = 0, [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
    while nodes:
        for number in range(-(-len(nodes) // 256)):
            tile = nodes[256 * number : 256 * number + 256]
            suffix = "" if len(tile) == 256 else f".p/{len(tile)}"
            path = public / f"tile/{level}/{number_path(number)}{suffix}"
            assert path.read_bytes() == b"".join(tile), path
        full = [nodes[at : at + 256] for at in range(0, len(nodes) - len(nodes) % 256, 256)]
        nodes, level = [fold(tile) for tile in full], level + 1
    assert rfc6962.mth(entries) == base64.b64decode(root_text)
    assert (public / f"checkpoints/{size}").read_bytes() == (public / "checkpoint").read_bytes()
    return entries


def fold(nodes: list[bytes]) -> bytes:
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=True)
        nodes = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return nodes[0]


class Bench:
    def __init__(self, base: Path) -> None:
        self.base = base
        self.clock = ToldClock()
        self.public = base / "public"
        self.sequencer, self.signer = new_ledger(base, clock=self.clock)
        self.store = self.sequencer.store

    def grow_to(self, size: int) -> None:
        self.sequencer.append([b"entry %d" % index for index in range(self.store.size, size)])

    def publish(self, **options: Any) -> int:
        return publish(self.store, self.public, bodies_of, **options).files

    def files(self) -> set[str]:
        return {str(path.relative_to(self.public)) for path in self.public.rglob("*") if path.is_file()}

    def leaves(self) -> list[bytes]:
        return [entry.leaf for entry in self.store.entries()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with bench.sequencer, bench.store:
        yield bench


SIZES = [1, 2, 255, 256, 257, 300, 511, 512, 513, 1100]


def test_what_is_published_is_the_log(bench: Bench) -> None:
    previous = 0
    for size in SIZES:
        bench.grow_to(size)
        done = publish(bench.store, bench.public, bodies_of)
        assert (done.previous_size, done.checkpoint.size) == (previous, size)
        assert read_published(bench.public) == bench.leaves()
        known = [vkey_of(bench.signer)]
        assert verify_checkpoint((bench.public / "checkpoint").read_bytes(), known) == done.checkpoint
        previous = size
    assert {path for path in bench.files() if path.startswith("checkpoints/")} == {
        "checkpoints/index",
        *(f"checkpoints/{size}" for size in SIZES),
    }
    assert (bench.public / "checkpoints/index").read_text() == "".join(f"{size}\n" for size in SIZES)
    assert [item.size for item in bench.store.checkpoints() if item.published] == SIZES
    fsck(bench.store)


@pytest.mark.parametrize("size", [1, 256, 257, 65_536 + 300])
def test_published_at_once_or_in_steps_is_the_same(tmp_path: Path, size: int) -> None:
    bench = Bench(tmp_path)
    with bench.sequencer, bench.store:
        bench.grow_to(size)
        bench.publish()
        stepwise = tmp_path / "stepwise"
        shutil.copytree(bench.public, stepwise)
        bench.grow_to(size + 300)
        publish(bench.store, stepwise, bodies_of)
        bench.publish()
        assert read_published(bench.public) == read_published(stepwise) == bench.leaves()


def test_publishing_costs_what_is_new(bench: Bench) -> None:
    bench.grow_to(600)
    assert bench.publish() == 3 + 3 + 3 + 1 + 3  # Bundles, packs, tiles, the one above, two notes, a list.
    assert bench.publish() == 0
    bench.grow_to(601)
    assert bench.publish() == 1 + 1 + 1 + 3
    bench.grow_to(768)
    assert bench.publish() == 1 + 1 + 2 + 3


def test_partial_tiles_go_one_publication_after_the_full_one_came(bench: Bench) -> None:
    bench.grow_to(200)
    bench.publish()
    partial = {"tile/0/000.p/200", "tile/entries/000.p/200"}
    assert partial <= bench.files()
    bench.grow_to(300)
    bench.publish()
    assert partial <= bench.files()  # Somebody may have fetched the older checkpoint a moment ago.
    bench.grow_to(310)
    bench.publish()
    assert not {path for path in bench.files() if path.startswith(("tile/0/000.p", "tile/entries/000.p"))}
    assert {"tile/0/001.p/44", "tile/0/001.p/54", "tile/1/000.p/1"} <= bench.files()
    assert read_published(bench.public) == bench.leaves()


def test_hourly_checkpoints_are_published_too(bench: Bench) -> None:
    for hour in range(4):
        bench.clock.ms += HOUR_MS
        bench.grow_to(2 + hour)
    bench.publish()
    assert {path for path in bench.files() if path.startswith("checkpoints/")} == {
        "checkpoints/index",
        *(f"checkpoints/{size}" for size in (1, 2, 3, 4, 5)),
    }
    for size in (1, 2, 3, 4):
        note = (bench.public / f"checkpoints/{size}").read_bytes()
        checkpoint = verify_checkpoint(note, [vkey_of(bench.signer)])
        assert checkpoint.root == rfc6962.mth(bench.leaves()[:size])


def test_anybody_may_read_it(bench: Bench) -> None:
    bench.publish()
    for path in bench.files():
        assert stat.S_IMODE((bench.public / path).stat().st_mode) == 0o644


def test_a_log_without_entries_has_nothing_to_publish(tmp_path: Path) -> None:
    _, signer = new_ledger(tmp_path)
    (tmp_path / "empty").mkdir()
    with (
        create_store(url_of(tmp_path / "empty"), vkey_of(signer)) as store,
        pytest.raises(NotFound, match="no entries"),
    ):
        publish(store, tmp_path / "public", bodies_of)


def test_another_logs_directory_is_refused(bench: Bench, tmp_path: Path) -> None:
    bench.publish()
    before = {path: (bench.public / path).read_bytes() for path in bench.files()}
    (tmp_path / "other").mkdir()
    other, _ = new_ledger(tmp_path / "other", [b"genesis", b"another history"])
    with other, other.store, pytest.raises(PublishRefused, match="is not one of"):
        publish(other.store, bench.public, bodies_of)
    assert {path: (bench.public / path).read_bytes() for path in bench.files()} == before


def test_another_history_of_the_same_log_is_refused(bench: Bench, tmp_path: Path) -> None:
    bench.grow_to(3)
    bench.publish()
    (tmp_path / "fork").mkdir()
    clock = ToldClock()
    fork = create_ledger(
        url_of(tmp_path / "fork"), bench.signer, TextAdmission(), clock, [b"genesis", b"x", b"y", b"z"]
    )
    with fork, fork.store, pytest.raises(PublishRefused, match="has another history") as caught:
        publish(fork.store, bench.public, bodies_of)
    assert "proof of a fork" in caught.value.hint
    assert read_published(bench.public) == bench.leaves()


def test_going_backwards_is_refused(bench: Bench, tmp_path: Path) -> None:
    bench.sequencer.close()
    bench.store.close()
    shutil.copy(tmp_path / "ledger.sqlite", tmp_path / "backup.sqlite")
    with open_store(url_of(tmp_path)) as store:
        with Sequencer(store, bench.signer, TextAdmission(), bench.clock) as sequencer:
            sequencer.append([b"a", b"b"])
        publish(store, bench.public, bodies_of)
    with open_store(f"sqlite:///{tmp_path / 'backup.sqlite'}") as store:
        with pytest.raises(PublishRefused, match="has size 3, and the ledger only 1") as caught:
            publish(store, bench.public, bodies_of)
        assert "restored from a backup" in caught.value.hint
        with Sequencer(store, bench.signer, TextAdmission(), bench.clock) as sequencer:
            sequencer.append([b"c", b"d", b"e"])
        with pytest.raises(PublishRefused, match="has another history"):
            publish(store, bench.public, bodies_of)


@pytest.mark.parametrize("damage", [b"", b"no checkpoint\n", None])
def test_a_directory_whose_checkpoint_is_none_of_ours(bench: Bench, damage: bytes | None) -> None:
    bench.publish()
    path = bench.public / "checkpoint"
    path.write_bytes(path.read_bytes().replace(b"\n1\n", b"\n2\n") if damage is None else damage)
    with pytest.raises(PublishRefused):
        bench.publish()


def test_a_directory_full_of_something_else(bench: Bench) -> None:
    bench.public.mkdir()
    (bench.public / "thesis.tex").write_text("years of work")
    with pytest.raises(PublishRefused, match=r"something else: 'thesis\.tex'"):
        bench.publish()
    assert bench.files() == {"thesis.tex"}


def test_a_file_where_the_directory_should_be(bench: Bench) -> None:
    bench.public.write_text("a file")
    with pytest.raises(StorageFailed, match="cannot make the directory"):
        bench.publish()


def test_one_publication_at_a_time(bench: Bench) -> None:
    bench.public.mkdir()
    with hold_lock(bench.public, command="another"), pytest.raises(Busy):
        bench.publish(timeout_s=0)
    assert bench.publish() > 0


def given_bodies(bodies: list[bytes], _start: int, _end: int) -> list[bytes]:
    return bodies


def test_too_few_or_too_many_bodies(bench: Bench) -> None:
    for bodies in ([], [b"", b""]):
        with pytest.raises(ValueError, match="bodies for entries 0 to 0"):
            publish(bench.store, bench.public, functools.partial(given_bodies, bodies))
    assert bench.files() == set()


def test_a_body_that_was_erased_later(bench: Bench) -> None:
    bench.grow_to(600)
    bench.publish()
    asked: list[tuple[int, int]] = []

    def without_300(start: int, end: int) -> list[bytes]:
        asked.append((start, end))
        return [b"" if index == 300 else body for index, body in enumerate(bodies_of(start, end), start)]

    publish(bench.store, bench.public, without_300, changed=[300])
    assert asked == [(256, 512)]
    pack = parse_pack((bench.public / "bodies/001").read_bytes())
    assert (pack[43], pack[44], pack[47]) == (b"body 299" if 299 % 3 == 0 else b"", b"", b"body 303")


def edit(bench: Bench, statement: str) -> None:
    with bench.store.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE entry SET leaf = x'00' WHERE \"index\" = 3", "entry 3 is not what was published"),
        ("UPDATE entry SET leaf = x'00' WHERE \"index\" = 280", "the entries give root"),
        ('DELETE FROM entry WHERE "index" = 280', "entry 280 is missing"),
        ("UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE n = 1", "the tiles of size"),
    ],
)
def test_a_damaged_ledger_is_not_published(bench: Bench, statement: str, message: str) -> None:
    bench.grow_to(10)
    bench.publish()
    published = bench.leaves()
    bench.grow_to(300)
    edit(bench, statement)
    with pytest.raises(FatalSequencing, match=message):
        bench.publish()
    assert read_published(bench.public) == published


class Stopped(Exception):
    """The power went out."""


class Plug:
    """Pulled at one of the writes: before it, or after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.real = Directory.write
        self.writes, self.at, self.after = 0, 0, False

        def write(out: Directory, path: str, data: bytes) -> None:
            self.write(out, path, data)

        monkeypatch.setattr(Directory, "write", write)

    def set(self, at: int, *, after: bool) -> None:
        self.writes, self.at, self.after = 0, at, after

    def write(self, out: Directory, path: str, data: bytes) -> None:
        self.writes += 1
        if self.writes != self.at or self.after:
            self.real(out, path, data)
        if self.writes == self.at:
            raise Stopped


@pytest.mark.parametrize("sizes", [(1, 300), (200, 300), (300, 310, 520), (255, 256, 257)])
def test_a_reader_after_every_write(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...]
) -> None:
    """Stop at each write, before it and after it: what `checkpoint` says can be read; then go on."""
    plug = Plug(monkeypatch)
    before: list[bytes] | None = None
    for size in sizes:
        bench.grow_to(size)
        snapshot = bench.base / f"before-{size}"
        if bench.public.exists():
            shutil.copytree(bench.public, snapshot)
        for at, after in ((number // 2, number % 2 == 1) for number in itertools.count(2)):
            shutil.rmtree(bench.public, ignore_errors=True)
            if snapshot.exists():
                shutil.copytree(snapshot, bench.public)
            plug.set(at, after=after)
            try:
                bench.publish()
                break  # There were fewer writes than that.
            except Stopped:
                is_last = (bench.public / "checkpoint").exists()
                assert is_last or before is None
                assert not is_last or read_published(bench.public) in (before, bench.leaves())
            plug.set(0, after=False)
            bench.publish()
            assert read_published(bench.public) == bench.leaves()
        assert read_published(bench.public) == bench.leaves()
        assert at > 5
        before = bench.leaves()


def test_what_an_older_checkpoint_implies_stays_during_a_publication(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader who fetched the checkpoint, and then all else while we published, finds all of it."""
    bench.grow_to(200)
    bench.publish()
    older = (bench.public / "checkpoint").read_bytes()
    bench.grow_to(300)
    bench.publish()
    for path, data in (("checkpoint", older), ("checkpoints/200", older)):
        (bench.base / "view" / path).parent.mkdir(parents=True, exist_ok=True)
        (bench.base / "view" / path).write_bytes(data)
    shutil.copytree(bench.public / "tile", bench.base / "view" / "tile")
    shutil.copytree(bench.public / "bodies", bench.base / "view" / "bodies")
    assert read_published(bench.base / "view") == bench.leaves()[:200]


def test_the_checkpoint_is_renamed_when_all_else_is_on_disk(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rename before the bytes, no checkpoint before the directories that hold what it implies."""
    bench.grow_to(300)
    synced: set[str] = set()
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real_fsync(handle)

    def replace(self: Path, target: Path) -> Path:
        assert str(self) in synced
        synced.discard(str(target.parent))
        if target.name == "checkpoint":
            unsynced = {str(path.parent) for path in bench.public.rglob("*") if path.parent != bench.public}
            assert unsynced <= synced
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    bench.publish()
    assert str(bench.public) in synced


@pytest.mark.parametrize("free", [0, 4096, 20_000, 60_000])
def test_a_full_disk(bench: Bench, tmp_path: Path, free: int, mount_small: Callable[[Path], None]) -> None:
    mount_small(bench.public)
    bench.grow_to(10)
    bench.publish()
    published = bench.leaves()
    filler = bench.public / ".filler.tmp"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    os.truncate(filler, max(filler.stat().st_size - free, 0))
    bench.grow_to(900)
    with pytest.raises(StorageFull, match="no room left to write") as caught:
        publish(bench.store, bench.public, lambda start, end: [b"b" * 200] * (end - start))
    assert "publish again" in caught.value.hint
    assert read_leaves(bench.public) == published
    filler.unlink()
    bench.publish()
    assert read_published(bench.public) == bench.leaves()


def read_leaves(public: Path) -> list[bytes]:
    size = int((public / "checkpoint").read_bytes().split(b"\n")[1])
    assert size < 256
    return parse_bundle((public / f"tile/entries/000.p/{size}").read_bytes())


@pytest.fixture
def mount_small() -> Iterator[Callable[[Path], None]]:
    """Give a file system of a few hundred kilobytes; needs the right to mount."""
    mounted: list[Path] = []

    def mount(path: Path) -> None:
        path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("needs the right to mount a tmpfs")
        mounted.append(path)

    yield mount
    for path in mounted:
        subprocess.run(["umount", str(path)], check=True)


def test_a_temporary_name_that_is_a_link_is_not_followed(bench: Bench, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    bench.public.mkdir()
    (bench.public / ".checkpoint.tmp").symlink_to(target)
    with pytest.raises(StorageFailed):
        bench.publish()
    assert target.read_text() == "precious"
    assert bench.publish() > 0  # The link is gone now.


def test_room_is_made_after_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Directory(tmp_path)
    out.write("a/b", b"first")
    monkeypatch.setattr(os, "fsync", raising)
    with pytest.raises(StorageFailed, match="cannot write"):
        out.write("a/b", b"second")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert (tmp_path / "a/b").read_bytes() == b"first"
    out.remove_tree("missing")


def raising(_handle: int) -> None:
    raise OSError(5, "Input/output error")


def test_every_leaf_is_what_the_tree_has(bench: Bench) -> None:
    bench.grow_to(5)
    bench.publish()
    tile = (bench.public / "tile/0/000.p/5").read_bytes()
    for index, leaf in enumerate(bench.leaves()):
        assert tile[32 * index : 32 * index + 32] == leaf_hash(leaf)


def test_a_directory_of_another_size_of_the_same_tree(bench: Bench) -> None:
    """A checkpoint that the log signed, over a root that it never had, is a fork."""
    bench.grow_to(5)
    bench.public.mkdir()
    note = sign_checkpoint(4, leaf_hash(b"never"), bench.signer)
    (bench.public / "checkpoint").write_bytes(note)
    with pytest.raises(PublishRefused, match="another history"):
        bench.publish()
