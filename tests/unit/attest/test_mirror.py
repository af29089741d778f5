"""Mirrors: verified as they grow, never smaller, resumed after any interruption; evidence of a fork kept."""

import base64
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.forge import Forge, cosign_note, public, sign_note, vkey, write_files
from tests.support.httpd import serve_directory
from tests.support.mldsa import ml_cosign, ml_seed, ml_vkey
from tests.support.office import Office

from plimsoll_attest import mirrorfiles
from plimsoll_attest.errors import CouldNotRun, NotAuthentic, UsageError
from plimsoll_attest.mirror import Mirrored, mirror
from plimsoll_attest.mirrornotes import is_complete, merge_notes
from plimsoll_ledger.errors import Busy
from plimsoll_ledger.lock import hold_lock
from plimsoll_verify.audit import audit
from plimsoll_verify.errors import Backwards, Fork, Quorum, VerificationError
from plimsoll_verify.httpsource import HttpSource
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import Trust, parse_trust


class Origin(DirectorySource):
    """A published ledger that counts what is read, and can fail."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.asked: list[str] = []
        self.fails_at: int | None = None

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        self.asked.append(path)
        if self.fails_at is not None and len(self.asked) > self.fails_at:
            raise ConnectionResetError("connection reset by peer")
        return super().read(path, limit, offset)


class Place:
    """A ledger, where it is published, and a mirror of it."""

    def __init__(self, folder: Path, size: int = 20) -> None:
        self.forge = Forge()
        self.forge.enrol("eva", "evaluator")
        self.public = folder / "public"
        self.copy = folder / "copy"
        self.trust = parse_trust(self.forge.trust().encode())
        self.grow(size)

    def grow(self, size: int, *, seen: str | None = None) -> None:
        forge = self.forge
        while forge.size < size:
            forge.advance(minutes=1)
            name = str(forge.size)
            more = {} if seen is None else {"seen": seen}
            forge.statement(
                "model-registered", [forge.model(name)], {"name": name}, "eva", "evaluator", **more
            )
        forge.retain()
        self.publish()

    def publish(self) -> None:
        self.forge.publish(self.public)

    @property
    def origin(self) -> Origin:
        return Origin(self.public)

    def mirror(self, **options: object) -> Mirrored:
        return mirror(self.origin, self.copy, self.trust, **options)  # type: ignore[arg-type]

    def size(self) -> int:
        """Return how many entries the mirror has, according to the whole verifier; it must be whole."""
        verdict = audit(DirectorySource(self.copy), self.trust, workers=1)
        assert verdict.error is None, verdict.error
        return verdict.log.size


def tree(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_mirror_is_the_ledger_again(place: Place) -> None:
    found = place.mirror()
    assert (found.origin, found.size, found.previous_size) == (place.forge.origin, 20, 0)
    copied = tree(place.copy)
    assert copied.pop("checkpoints/index") == b"20\n"
    assert copied == tree(place.public)
    assert found.files == len(copied) + 1
    assert place.size() == 20


@pytest.mark.parametrize(("first", "second"), [(20, 21), (250, 256), (256, 257), (256, 600), (300, 1100)])
def test_a_mirror_grows(tmp_path: Path, first: int, second: int) -> None:
    place = Place(tmp_path, first)
    place.mirror()
    assert place.size() == first
    place.grow(second)
    found = place.mirror()
    assert (found.previous_size, found.size) == (first, second)
    assert place.size() == second
    again = place.mirror()
    assert (again.previous_size, again.size, again.files) == (second, second, 0)
    assert place.size() == second


def test_what_the_mirror_has_is_not_fetched_again(tmp_path: Path) -> None:
    place = Place(tmp_path, 600)
    place.mirror()
    place.grow(620)
    origin = place.origin
    mirror(origin, place.copy, place.trust)
    assert "tile/entries/000" not in origin.asked
    assert "bodies/000" not in origin.asked
    assert origin.asked.count("checkpoints/600") == 1  # It may have been cosigned since.
    assert {"tile/entries/002.p/108", "bodies/002", "tile/0/002.p/108", "checkpoints/620"} <= set(
        origin.asked
    )


def test_partial_tiles_that_are_full_now_are_removed(tmp_path: Path) -> None:
    place = Place(tmp_path, 300)
    place.mirror()
    assert (place.copy / "tile/entries/001.p/44").is_file()
    place.grow(310)
    place.mirror()
    assert (place.copy / "tile/entries/001.p/44").is_file()
    place.grow(600)
    place.mirror()
    assert not (place.copy / "tile/entries/001.p").exists()
    assert not (place.copy / "tile/0/001.p").exists()
    assert place.size() == 600


def test_the_origin_has_gone_on_meanwhile(tmp_path: Path) -> None:
    """The partial tile that the checkpoint implies is full now, and only that is there."""
    place = Place(tmp_path, 300)
    old = place.forge.files()
    place.grow(700)
    write_files(place.public, {**old, **place.forge.files(), "checkpoint": old["checkpoint"]})
    shutil.rmtree(place.public / "tile/0/001.p")
    shutil.rmtree(place.public / "tile/entries/001.p")
    place.mirror()
    assert place.size() == 300
    assert (place.copy / "tile/entries/001.p/44").is_file()


# -- refusals


def test_never_backwards(place: Place) -> None:
    place.mirror()
    before = tree(place.copy)
    shutil.rmtree(place.public)
    write_files(place.public, {**place.forge.files(), "checkpoint": place.forge.checkpoint(10).encode()})
    with pytest.raises(Backwards):
        place.mirror()
    assert tree(place.copy) == before


def test_another_history_is_refused_and_its_evidence_kept(place: Place, tmp_path: Path) -> None:
    place.mirror()
    before = tree(place.copy)
    held = (place.copy / "checkpoint").read_bytes()
    other = Place(tmp_path / "other", 10)
    other.forge.advance(days=1)
    other.grow(30)
    with pytest.raises(Fork):
        mirror(other.origin, place.copy, place.trust)
    after = tree(place.copy)
    assert {after.pop("fork-1/a.note"), after.pop("fork-1/b.note")} == {
        other.forge.checkpoint().encode(),
        held,
    }
    assert after == before
    # The honest origin is not copied from any more either: somebody has to look first.
    with pytest.raises(NotAuthentic, match="an earlier run found that this log forked") as caught:
        place.mirror()
    assert caught.value.exit_code == 4


def test_a_fork_that_only_a_retained_checkpoint_shows(place: Place, tmp_path: Path) -> None:
    place.mirror()
    other = Place(tmp_path / "other", 10)
    other.forge.advance(days=1)
    other.grow(15)
    place.grow(25)
    place.forge.retained[15] = other.forge.checkpoint(15)
    place.publish()
    with pytest.raises(Fork):
        place.mirror()
    assert (place.copy / "fork-1/b.note").read_bytes() == other.forge.checkpoint(15).encode()
    assert place.size() == 20


def test_too_few_witnesses(place: Place) -> None:
    witness = place.forge.secret("w")
    policy = f"log {place.forge.log_vkey}\nwitness w {vkey('w', public(witness), 4)}\nquorum w\n"
    trust = parse_trust(place.forge.trust(policy=policy).encode())
    with pytest.raises(Quorum):
        mirror(place.origin, place.copy, trust)
    assert tree(place.copy) == {}
    line = cosign_note(place.forge.checkpoint_text(), "w", witness, 1_800_000_000)
    place.forge.publish(place.public, place.forge.checkpoint(cosigned=line))
    assert mirror(place.origin, place.copy, trust).size == 20


@pytest.mark.parametrize(
    "path", ["tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "bodies/000"]
)
def test_a_spoilt_file_is_refused_and_mended_by_the_next_run(tmp_path: Path, path: str) -> None:
    place = Place(tmp_path, 300)
    good = (place.public / path).read_bytes()
    (place.public / path).write_bytes(good[:-3] + bytes([good[-3] ^ 1]) + good[-2:])
    with pytest.raises(VerificationError):
        place.mirror()
    assert not (place.copy / "checkpoint").exists()
    (place.public / path).write_bytes(good)
    place.mirror()
    assert place.size() == 300


@pytest.mark.parametrize("path", ["tile/entries/001.p/44", "tile/0/000", "bodies/001", "checkpoints/300"])
def test_a_file_that_is_missing(tmp_path: Path, path: str) -> None:
    place = Place(tmp_path, 300)
    (place.public / path).unlink()
    if path.startswith("checkpoints/"):
        place.mirror()  # Nothing implies it; the newest is kept all the same.
        assert (place.copy / path).is_file()
    else:
        with pytest.raises(VerificationError):
            place.mirror()


def test_a_directory_of_something_else_is_left_alone(place: Place, tmp_path: Path) -> None:
    place.copy.mkdir()
    (place.copy / "letters").write_text("dear")
    with pytest.raises(UsageError, match="something else: 'letters'"):
        place.mirror()
    other = Forge(origin="other.example/log")
    other.publish(tmp_path / "foreign")
    with pytest.raises(UsageError, match=r"is not one of acme\.example/log"):
        mirror(place.origin, tmp_path / "foreign", place.trust)


def test_one_run_at_a_time(place: Place) -> None:
    place.copy.mkdir()
    with hold_lock(place.copy, command="mirror"), pytest.raises(Busy):
        place.mirror(timeout_s=0.05)


# -- interruptions


def test_the_network_fails_at_every_request(tmp_path: Path) -> None:
    """Whatever request fails, the mirror is whole in its older state, and goes on the next time."""
    place = Place(tmp_path, 300)
    place.mirror()
    place.grow(600)
    total = len(_all_asked(place, tmp_path / "probe"))
    for fails_at in range(total):
        shutil.copytree(place.copy, tmp_path / "try", dirs_exist_ok=True)
        origin = place.origin
        origin.fails_at = fails_at
        with pytest.raises(ConnectionResetError):
            mirror(origin, tmp_path / "try", place.trust, parallel=1)
        verdict = audit(DirectorySource(tmp_path / "try"), place.trust, workers=1)
        assert (verdict.error, verdict.log.size) == (None, 300)
        assert mirror(place.origin, tmp_path / "try", place.trust).size == 600
        assert audit(DirectorySource(tmp_path / "try"), place.trust, workers=1).log.size == 600
        shutil.rmtree(tmp_path / "try")


def _all_asked(place: Place, copy: Path) -> list[str]:
    shutil.copytree(place.copy, copy)
    origin = place.origin
    mirror(origin, copy, place.trust, parallel=1)
    return origin.asked


def test_an_interrupted_run_is_resumed(tmp_path: Path) -> None:
    place = Place(tmp_path, 600)
    origin = place.origin
    origin.fails_at = 8
    with pytest.raises(ConnectionResetError):
        mirror(origin, place.copy, place.trust, parallel=1)
    first = set(origin.asked[:8])
    origin = place.origin
    mirror(origin, place.copy, place.trust)
    again = first & set(origin.asked)
    assert "tile/entries/000" in first
    assert again.isdisjoint({"tile/entries/000", "tile/0/000"})
    assert place.size() == 600


@pytest.mark.parametrize("leftover", ["tile/entries/001", "tile/0/001", "bodies/001"])
def test_leftovers_that_are_wrong_are_fetched_anew(tmp_path: Path, leftover: str) -> None:
    place = Place(tmp_path, 600)
    for folder in (place.copy, place.copy / ".mirror"):
        write_files(folder, {leftover: b"half of it"})
        place.mirror()
        assert place.size() == 600
        shutil.rmtree(place.copy)


KILLED = """
import os, sys
from pathlib import Path
from plimsoll_attest import mirrorfiles
from plimsoll_attest.mirror import mirror
from plimsoll_ledger.directory import Directory
from plimsoll_verify.httpsource import HttpSource
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import Trust, parse_trust
left = int(sys.argv[1])
def counted(inner):
    def run(*args, **settings):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
        return inner(*args, **settings)
    return run
os.replace = counted(os.replace)
Path.replace = counted(Path.replace)
Path.unlink = counted(Path.unlink)
os.fsync = counted(os.fsync)
mirror(DirectorySource("public"), Path("copy"), parse_trust(Path("trust.toml").read_bytes()), parallel=1)
"""


def test_killed_at_any_rename_or_fsync(tmp_path: Path) -> None:
    place = Place(tmp_path, 257)
    place.mirror()
    place.grow(300)
    (tmp_path / "trust.toml").write_text(place.forge.trust())
    shutil.copytree(place.copy, tmp_path / "before")
    kills = 0
    for count in range(0, 200, 3):
        shutil.rmtree(place.copy)
        shutil.copytree(tmp_path / "before", place.copy)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(count)],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert place.size() in {257, 300}
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        kills += 1
        place.mirror()
        assert place.size() == 300
    assert kills > 5


# -- bodies


def shows(place: Place, body: bytes) -> tuple[bool, bool]:
    """Say whether the log and the mirror show a body."""
    packs = [[path.read_bytes() for path in (at / "bodies").iterdir()] for at in (place.public, place.copy)]
    public, copy = (any(body in pack for pack in held) for held in packs)
    return public, copy


def erasure(place: Place, index: int) -> None:
    """Record that the body of an entry is erased."""
    digest = hashlib.sha256(place.forge.bodies[index]).hexdigest()
    place.forge.advance(minutes=1)
    place.forge.statement("erasure", [place.forge.org()], {"digests": [digest]}, "root-1", "root")


@pytest.mark.parametrize("all_bodies", [False, True])
@pytest.mark.parametrize("index", [10, 280])
def test_what_is_withdrawn_without_a_record_stays(tmp_path: Path, index: int, all_bodies: bool) -> None:
    place = Place(tmp_path, 300)
    place.mirror()
    body = place.forge.bodies[index]
    place.forge.bodies[index] = b""
    place.grow(301)
    found = place.mirror(all_bodies=all_bodies)
    assert shows(place, body) == (False, True)
    assert found.withdrawn == (all_bodies or index > 256)  # As far as the packs were looked at.
    assert place.size() == 301


@pytest.mark.parametrize("index", [10, 280, 300])
def test_what_is_erased_with_a_record_goes(tmp_path: Path, index: int) -> None:
    place = Place(tmp_path, 301)
    place.mirror()
    body, other = place.forge.bodies[index], place.forge.bodies[index - 1]
    erasure(place, index)
    place.forge.bodies[index] = b""
    place.grow(305)
    found = place.mirror()
    assert shows(place, body) == (False, False)
    assert shows(place, other) == (True, True)
    assert (found.withdrawn, place.size()) == (0, 305)
    assert not (place.copy / ".erasures").exists()
    assert place.mirror().files == 0


def test_what_is_erased_later_than_it_is_recorded_goes_then(tmp_path: Path) -> None:
    place = Place(tmp_path, 300)
    place.mirror()
    body = place.forge.bodies[10]
    erasure(place, 10)
    place.grow(302)
    place.mirror()
    assert shows(place, body) == (True, True)  # Somebody said so, and the log shows it still.
    assert (place.copy / ".erasures").read_text() == "10\n"
    place.mirror()
    assert shows(place, body) == (True, True)
    place.forge.bodies[10] = b""
    place.publish()
    place.mirror()  # No entry is new.
    assert shows(place, body) == (False, False)
    assert (place.copy / ".erasures").read_text() == ""
    origin = place.origin
    mirror(origin, place.copy, place.trust)
    assert "bodies/000" not in origin.asked
    assert place.size() == 302


def test_a_first_copy_follows_erasures_as_well(tmp_path: Path) -> None:
    place = Place(tmp_path, 300)
    erasure(place, 10)
    place.grow(302)
    body = place.forge.bodies[10]
    place.mirror()
    assert (place.copy / ".erasures").read_text() == "10\n"
    place.forge.bodies[10] = b""
    place.publish()
    place.mirror()
    assert shows(place, body) == (False, False)


def test_an_interruption_loses_no_erasure(tmp_path: Path) -> None:
    place = Place(tmp_path, 300)
    place.mirror()
    before = tmp_path / "before"
    shutil.copytree(place.copy, before)
    body = place.forge.bodies[10]
    erasure(place, 10)
    place.forge.bodies[10] = b""
    place.grow(320)
    whole = place.origin
    mirror(whole, place.copy, place.trust)
    for count in range(len(whole.asked)):
        shutil.rmtree(place.copy)
        shutil.copytree(before, place.copy)
        origin = place.origin
        origin.fails_at = count
        with pytest.raises(OSError, match="reset"):
            mirror(origin, place.copy, place.trust)
        place.mirror()
        assert shows(place, body) == (False, False)
        assert place.size() == 320


def test_a_damaged_list_of_erasures_is_no_reason_to_forget_them(place: Place) -> None:
    place.mirror()
    (place.copy / ".erasures").write_text("ten\n")
    with pytest.raises(CouldNotRun, match="erasures"):
        place.mirror()


def witnessed(place: Place, size: int, *times: tuple[str, int]) -> str:
    lines = [
        cosign_note(place.forge.checkpoint_text(size), f"{name}.example", place.forge.secret(name), time_s)
        for name, time_s in times
    ]
    return place.forge.checkpoint(size, cosigned="".join(lines))


def trusting(place: Place, *names: str) -> Trust:
    keys = [f"witness {one} {vkey(f'{one}.example', public(place.forge.secret(one)), 4)}\n" for one in names]
    policy = f"log {place.forge.log_vkey}\n{''.join(keys)}quorum none\n"
    return parse_trust(place.forge.trust(policy=policy).encode())


def test_cosignatures_that_came_later_come_to_the_mirror(place: Place) -> None:
    place.trust = trusting(place, "w", "v")
    place.forge.retained[20] = witnessed(place, 20, ("w", 100))
    place.grow(25)
    place.mirror()
    place.grow(30)
    place.mirror()
    place.forge.retained[20] = witnessed(place, 20, ("v", 90), ("x", 50))
    place.publish()
    place.mirror()
    held = (place.copy / "checkpoints/20").read_text()
    assert [held.count(f" {name}.example ") for name in "wvx"] == [1, 1, 1]
    assert place.size() == 30
    # It is complete, and not asked for again; the newest one is.
    origin = place.origin
    assert mirror(origin, place.copy, place.trust).files == 0
    assert "checkpoints/20" not in origin.asked
    # Nor is anything lost by what the log no longer shows.
    place.forge.retained[30] = witnessed(place, 30, ("w", 100))
    place.publish()
    place.mirror()
    place.forge.retained[30] = witnessed(place, 30, ("w", 90))
    place.publish()
    place.mirror()
    assert (place.copy / "checkpoints/30").read_text() == witnessed(place, 30, ("w", 90))
    for shown in (witnessed(place, 30, ("w", 95)), witnessed(place, 30)):
        place.forge.retained[30] = shown
        place.publish()
        place.mirror()
        assert (place.copy / "checkpoints/30").read_text() == witnessed(place, 30, ("w", 90))


def test_cosignatures_under_a_key_that_is_trusted_no_more_are_kept(place: Place) -> None:
    forge = place.forge
    forge.retained[20] = witnessed(place, 20, ("w", 100))
    later_note = witnessed(place, 20, ("v", 90))
    forge.log_key, forge.log_vkey = forge.secret("second"), vkey(forge.origin, public(forge.secret("second")))
    place.trust = trusting(place, "w", "v")
    place.grow(25)
    place.mirror()
    forge.retained[20] = later_note
    place.publish()
    place.mirror()
    held = (place.copy / "checkpoints/20").read_text()
    assert [held.count(f" {name}.example ") for name in "wv"] == [1, 1]


def test_a_false_cosignature_is_no_gain(place: Place) -> None:
    place.trust = trusting(place, "w")
    place.mirror()
    before = (place.copy / "checkpoints/20").read_bytes()
    line = cosign_note(place.forge.checkpoint_text(20), "w.example", place.forge.secret("v"), 5)
    key_line = cosign_note(place.forge.checkpoint_text(20), "w.example", place.forge.secret("w"), 5)
    head, _, tail = key_line.rpartition(" ")
    forged = bytearray(base64.b64decode(tail))
    forged[20] ^= 1
    place.forge.retained[20] = place.forge.checkpoint(
        20, cosigned=f"{line}{head} {base64.b64encode(forged).decode()}\n"
    )
    place.publish()
    with pytest.raises(VerificationError):
        place.mirror()
    assert (place.copy / "checkpoints/20").read_bytes() == before


def test_stamps_that_came_later_come_to_the_mirror(place: Place) -> None:
    place.mirror()
    place.grow(25)
    place.mirror()
    write_files(place.public, {"anchors/20/tsa.tsr": b"a token", "anchors/index": b"20 tsa\n"})
    assert place.mirror().files == 2
    assert (place.copy / "anchors/20/tsa.tsr").read_bytes() == b"a token"


def test_notes_that_cannot_be_merged() -> None:
    forge = Forge()
    policy = parse_trust(forge.trust().encode()).log_policy
    good = forge.checkpoint().encode()
    assert merge_notes(b"damaged", good, policy) == good
    assert not is_complete(b"damaged", policy)
    text = forge.checkpoint_text() + "extension\n"
    other = f"{text}\n{sign_note(text, forge.origin, forge.log_key)}".encode()
    assert merge_notes(good, other, policy) == good
    strangers = "".join(
        cosign_note(forge.checkpoint_text(), f"s{number}.example", forge.secret("s"), 5)
        for number in range(200)
    )
    more = strangers.replace(".example", ".other")
    held, shown = (forge.checkpoint(cosigned=lines).encode() for lines in (strangers, more))
    assert merge_notes(held, shown, policy) == held
    assert merge_notes(good, held, policy) == held


def test_large_packs_are_fetched_in_pieces(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrorfiles, "PACK_CHUNK_BYTES", 100)
    origin = place.origin
    mirror(origin, place.copy, place.trust)
    assert origin.asked.count("bodies/000") > 3
    assert (place.copy / "bodies/000").read_bytes() == (place.public / "bodies/000").read_bytes()


def test_a_pack_without_end_is_not_fetched_for_ever(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrorfiles, "_MAX_PACK_BYTES", 250)
    monkeypatch.setattr(mirrorfiles, "PACK_CHUNK_BYTES", 100)
    with pytest.raises(VerificationError):
        place.mirror()


# -- time stamps


def test_anchors_are_copied_whoever_trusts_them(place: Place) -> None:
    place.forge.anchors = {
        (20, "tsa"): b"a token",
        (20, "huge"): b"x" * 70_000,
        (19, "tsa"): b"of no checkpoint",
    }
    place.publish()
    (place.public / "anchors/index").write_text("20 huge\n20 tsa\n")
    place.mirror()
    assert (place.copy / "anchors/20/tsa.tsr").read_bytes() == b"a token"
    assert not (place.copy / "anchors/20/huge.tsr").exists()
    assert (place.copy / "anchors/index").read_bytes() == b"20 tsa\n"
    assert place.size() == 20


def test_the_earliest_cosignature_stays_on_the_retained_note(place: Place) -> None:
    """The newest checkpoint has the newest one; both are copied, each as it is."""
    witness = place.forge.secret("w")
    policy = f"log {place.forge.log_vkey}\nwitness w {vkey('w', public(witness), 4)}\nquorum w\n"
    trust = parse_trust(place.forge.trust(policy=policy).encode())
    early, late = (
        place.forge.checkpoint(cosigned=cosign_note(place.forge.checkpoint_text(), "w", witness, at_s))
        for at_s in (1_800_000_000, 1_800_009_000)
    )
    place.forge.retained[20] = early
    place.forge.publish(place.public, late)
    mirror(place.origin, place.copy, trust)
    assert (place.copy / "checkpoints/20").read_text() == early
    assert (place.copy / "checkpoint").read_text() == late


def test_progress_is_told(tmp_path: Path) -> None:
    place = Place(tmp_path, 600)
    told: list[tuple[int, int]] = []
    note: Callable[[int, int], None] = lambda done, total: told.append((done, total))  # noqa: E731
    place.mirror(progress=note)
    assert told == [(256, 600), (512, 600), (600, 600)]


def test_a_mirror_of_a_mirror(place: Place, tmp_path: Path) -> None:
    place.mirror()
    mirror(DirectorySource(place.copy), tmp_path / "second", place.trust)
    assert tree(tmp_path / "second") == tree(place.copy)


# -- over HTTP


def test_a_mirror_over_http_of_what_the_company_publishes(office: Office, tmp_path: Path) -> None:
    public, copy = tmp_path / "public", tmp_path / "copy"
    with office.desk() as desk:
        desk.publish(public)
        trust = parse_trust(desk.trust().encode())
    with serve_directory(public) as url:
        first = mirror(HttpSource(url), copy, trust)
        office.clock.time_ms += 3_600_000
        office.record("heartbeat", ["org"], {}, "ceo")
        with office.desk() as desk:
            desk.publish(public)
        second = mirror(HttpSource(url), copy, trust)
    assert (second.previous_size, second.size) == (first.size, first.size + 1)
    assert tree(copy) == tree(public)
    assert (copy / "checkpoints/index").read_text().splitlines()[-1] == str(second.size)
    with serve_directory(copy) as url:
        verdict = audit(HttpSource(url), trust)
    assert (verdict.error, verdict.log.size) == (None, second.size)


def test_a_server_that_goes_away_is_no_verdict(place: Place) -> None:
    with serve_directory(place.public) as url:
        source = HttpSource(url, timeout_s=1, deadline_s=2)
    with pytest.raises(OSError, match="checkpoint"):
        mirror(source, place.copy, place.trust)
    assert tree(place.copy) == {}


def test_notes_are_merged_where_ml_dsa_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = Place(tmp_path).forge
    text, seed = forge.checkpoint_text(), ml_seed("mirror")
    own, ours = sign_note(text, forge.origin, forge.log_key), forge.secret("w")
    policy = parse_trust(
        forge.trust(
            policy=f"log {forge.log_vkey}\nwitness w {vkey('w.example', public(ours), 4)}\n"
            f"witness pq {ml_vkey('pq.example', seed)}\nquorum none\n"
        ).encode()
    ).log_policy

    def note(*lines: str) -> bytes:
        return f"{text}\n{own}{''.join(lines)}".encode()

    early, late = (ml_cosign(text, "pq.example", seed, at_s) for at_s in (100, 200))
    by_w = cosign_note(text, "w.example", ours, 90)
    assert merge_notes(note(late), note(early, by_w), policy) == note(early, by_w)
    assert is_complete(note(early, by_w), policy)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    # Which is the earlier one cannot be told: what is held stays, and what can be read comes along.
    assert merge_notes(note(late), note(early, by_w), policy) == note(late, by_w)
    assert not is_complete(note(early, by_w), policy)
