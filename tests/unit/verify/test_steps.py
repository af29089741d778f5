"""The steps in their order: checkpoint, quorum, tree, retained checkpoints; and which failure counts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.forge import Forge, cosign_note, public, sign_note, vkey, write_files
from tests.support.reading import read_directory, rejection

from plimsoll_verify.audit import verify_entries, verify_newest
from plimsoll_verify.diagnosis import diagnose
from plimsoll_verify.errors import (
    Fork,
    Malformed,
    Missing,
    PinMismatch,
    Quorum,
    RootMismatch,
    TileMismatch,
    UnknownKey,
)
from plimsoll_verify.record import Record
from plimsoll_verify.scan import Failures
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust

Spoil = Callable[[Forge, dict[str, bytes]], None]


def flip(path: str, place: int = 40) -> Spoil:
    def spoil(_: Forge, files: dict[str, bytes]) -> None:
        data = bytearray(files[path])
        data[place] ^= 1
        files[path] = bytes(data)

    return spoil


def drop(path: str) -> Spoil:
    def spoil(_: Forge, files: dict[str, bytes]) -> None:
        del files[path]

    return spoil


def other_root(forge: Forge, files: dict[str, bytes]) -> None:
    files["checkpoint"] = forge.checkpoint(root=bytes(32)).encode()


def other_size(forge: Forge, files: dict[str, bytes]) -> None:
    files["checkpoint"] = forge.checkpoint(599, root=forge.roots[600]).encode()


def larger(forge: Forge, files: dict[str, bytes]) -> None:
    files["checkpoint"] = forge.checkpoint(10**15, root=bytes(32)).encode()


def swapped(_: Forge, files: dict[str, bytes]) -> None:
    files["tile/entries/000"], files["tile/entries/001"] = (
        files["tile/entries/001"],
        files["tile/entries/000"],
    )


def rewritten(_: Forge, files: dict[str, bytes]) -> None:
    """Another history of the same size, tiles and all, under the checkpoint of this one."""
    other = Forge(seed="other")
    beats(other, 600)
    files.update({path: data for path, data in other.files().items() if path != "checkpoint"})


def beats(forge: Forge, size: int) -> None:
    while forge.size < size:
        forge.statement("heartbeat", [forge.org()], {}, "root-1", "root")


@pytest.fixture(scope="module")
def forge() -> Forge:
    forge = Forge()
    beats(forge, 300)
    forge.retain()
    beats(forge, 600)
    return forge


REJECTIONS: dict[str, tuple[Spoil, type[Exception], str, str | None, int | None]] = {
    "no checkpoint": (drop("checkpoint"), Missing, "checkpoint", "checkpoint", None),
    "another signature": (flip("checkpoint", -20), Exception, "checkpoint", "checkpoint", None),
    "another root, signed": (other_root, RootMismatch, "root", "checkpoint", None),
    "another size, signed": (other_size, Missing, "entries", None, None),
    "a size that nothing could hold, signed": (larger, Missing, "entries", None, None),
    "a bundle is missing": (drop("tile/entries/001"), Missing, "entries", "tile/entries/001", None),
    "the last bundle is missing": (
        drop("tile/entries/002.p/88"), Missing, "entries", "tile/entries/002.p/88", None,
    ),
    "a byte of an entry": (flip("tile/entries/000", 600), TileMismatch, "entries", "tile/entries/000", 0),
    "a byte of the last bundle": (
        flip("tile/entries/002.p/88", -5), TileMismatch, "entries", "tile/entries/002.p/88", 599,
    ),
    "a length in a bundle": (flip("tile/entries/001", 0), Malformed, "entries", "tile/entries/001", None),
    "bundles in each other's place": (swapped, TileMismatch, "entries", "tile/entries/000", 0),
    "a hash tile is missing": (drop("tile/0/001"), Missing, "tile", "tile/0/001", None),
    "a byte of a hash tile": (flip("tile/0/001"), TileMismatch, "tile", "tile/0/001", None),
    "a byte of the last hash tile": (flip("tile/0/002.p/88"), TileMismatch, "tile", "tile/0/002.p/88", None),
    "a byte of an upper tile": (flip("tile/1/000.p/2"), TileMismatch, "tile", "tile/1/000.p/2", None),
    "an upper tile is missing": (drop("tile/1/000.p/2"), Missing, "tile", "tile/1/000.p/2", None),
    "another history": (rewritten, RootMismatch, "root", "checkpoint", None),
    "a retained checkpoint's signature": (
        flip("checkpoints/300", -20), Exception, "retained", "checkpoints/300", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("spoil", "kind", "check", "path", "entry"), REJECTIONS.values(), ids=REJECTIONS)
def test_what_does_not_fit_is_rejected_by_name(
    forge: Forge,
    tmp_path: Path,
    workers: int,
    spoil: Spoil,
    kind: type[Exception],
    check: str,
    path: str | None,
    entry: int | None,
) -> None:
    files = forge.files()
    spoil(forge, files)
    write_files(tmp_path, files)
    error = rejection(tmp_path, forge.trust(), workers)
    assert isinstance(error, kind), repr(error)
    assert error.check == check
    assert path in (None, error.path)
    assert error.entry == entry


def test_an_honest_ledger_is_read(forge: Forge, tmp_path: Path) -> None:
    trust = forge.publish(tmp_path)
    assert len(read_directory(tmp_path, trust)) == 600
    parsed = parse_trust(trust.encode())
    source = DirectorySource(tmp_path)
    checkpoint, facts = verify_newest(source, parsed)
    assert (facts.origin, facts.size, facts.root) == (forge.origin, 600, forge.roots[-1])
    assert (facts.proven_ms, facts.witnesses, facts.time_basis) == (None, (), "log-claim")
    assert facts.end_ms == facts.last_ms == 0
    assert verify_entries(source, parsed, checkpoint, lambda _: None, workers=1) == forge.now_ms


# -- 10.2


def test_a_checkpoint_of_another_log(forge: Forge, tmp_path: Path) -> None:
    forge.publish(tmp_path)
    error = rejection(tmp_path, Forge(origin="other.example/log").trust())
    assert isinstance(error, Malformed)
    assert (error.check, error.path) == ("checkpoint", "checkpoint")
    assert error.hint == "this is another log than the one that the trust file names"


def test_a_checkpoint_by_another_key(forge: Forge, tmp_path: Path) -> None:
    text = forge.checkpoint_text()
    forge.publish(tmp_path, f"{text}\n{sign_note(text, forge.origin, forge.secret('mallory'))}")
    assert isinstance(rejection(tmp_path, forge.trust()), UnknownKey)


def test_a_directory_in_place_of_the_checkpoint(forge: Forge, tmp_path: Path) -> None:
    forge.publish(tmp_path)
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "checkpoint").mkdir()
    error = rejection(tmp_path, forge.trust())
    assert isinstance(error, Missing)
    assert error.actual == "something that is no regular file"


def test_two_gigabytes_in_place_of_the_checkpoint(forge: Forge, tmp_path: Path) -> None:
    forge.publish(tmp_path)
    with (tmp_path / "checkpoint").open("wb") as file:
        file.truncate(2 * 2**30)
    error = rejection(tmp_path, forge.trust())
    assert isinstance(error, Malformed)
    assert error.check == "checkpoint"


def test_links_out_of_the_directory(forge: Forge, tmp_path: Path) -> None:
    forge.publish(tmp_path / "real")
    (tmp_path / "public").mkdir()
    for name in ("checkpoint", "tile", "bodies"):
        (tmp_path / "public" / name).symlink_to(tmp_path / "real" / name)
    error = rejection(tmp_path / "public", forge.trust())
    assert isinstance(error, Missing)
    assert error.actual == "a link that leads out of the directory"


def witnessed(forge: Forge, tmp_path: Path, *times: int) -> str:
    """Publish under a policy that asks for two of three witnesses; returns the trust file."""
    text = forge.checkpoint_text()
    lines = [
        cosign_note(text, f"{name}.example", forge.secret(name), at)
        for name, at in zip("abc", times, strict=False)
    ]
    forge.publish(tmp_path, forge.checkpoint(cosigned="".join(lines)))
    keys = "".join(f"witness {n} {vkey(f'{n}.example', public(forge.secret(n)), 4)}\n" for n in "abc")
    return forge.trust(policy=f"log {forge.log_vkey}\n{keys}group g 2 a b c\nquorum g\n")


def test_a_quorum_of_witnesses_gives_the_time(forge: Forge, tmp_path: Path) -> None:
    trust = witnessed(forge, tmp_path, 1_800_000_000, 1_900_000_000)
    _, facts = verify_newest(DirectorySource(tmp_path), parse_trust(trust.encode()))
    assert facts.proven_ms == facts.end_ms == 1_800_000_000_000
    assert (facts.witnesses, facts.time_basis) == (("a", "b"), "witness")
    assert len(read_directory(tmp_path, trust)) == 600


def test_too_few_witnesses_are_rejected(forge: Forge, tmp_path: Path) -> None:
    error = rejection(tmp_path, witnessed(forge, tmp_path, 1_800_000_000))
    assert isinstance(error, Quorum)
    assert (error.check, error.actual) == ("quorum", "cosignatures by a")


# -- 10.3


def test_a_full_tile_serves_a_reader_who_comes_late(tmp_path: Path) -> None:
    # The log has grown past a partial tile and taken it away, while an older checkpoint is still read.
    forge = Forge()
    beats(forge, 200)
    older = forge.checkpoint()
    beats(forge, 256)
    trust = forge.publish(tmp_path, older)
    assert not (tmp_path / "tile/0/000.p/200").exists()
    assert len(read_directory(tmp_path, trust)) == 200


def test_the_entries_and_the_tiles_agree_against_the_root_at_a_tile_only(
    forge: Forge, tmp_path: Path
) -> None:
    # A published tile is wrong and an entry below another one as well: nothing agrees with the root.
    files = forge.files()
    flip("tile/0/001")(forge, files)
    flip("tile/entries/000", 600)(forge, files)
    write_files(tmp_path, files)
    error = rejection(tmp_path, forge.trust())
    assert isinstance(error, RootMismatch)


def test_a_tile_of_another_length(forge: Forge, tmp_path: Path) -> None:
    files = forge.files()
    files["tile/0/001"] += bytes(32)
    write_files(tmp_path, files)
    error = rejection(tmp_path, forge.trust())
    assert isinstance(error, TileMismatch)
    assert error.path == "tile/0/001"


def test_what_has_been_mended_since_is_still_told(forge: Forge, tmp_path: Path) -> None:
    forge.publish(tmp_path)
    met = TileMismatch("tile", "a", "b")
    assert diagnose(DirectorySource(tmp_path), 600, forge.roots[-1], met) is met
    error = diagnose(DirectorySource(tmp_path), 600, bytes(32), met)
    assert isinstance(error, RootMismatch)


def test_an_empty_tree_with_another_root_is_diagnosed(tmp_path: Path) -> None:
    error = diagnose(DirectorySource(tmp_path), 0, bytes(32), TileMismatch("tile", "a", "b"))
    assert isinstance(error, RootMismatch)


# -- 10.4


def test_retained_checkpoints_of_this_log_are_read(forge: Forge, tmp_path: Path) -> None:
    files = forge.files()
    files["checkpoints/600"] = forge.checkpoint().encode()
    files["checkpoints/1"] = forge.checkpoint(1).encode()
    files["checkpoints/700"] = b"of a size to come, and so not implied"
    files["checkpoints/junk"] = b"no size"
    write_files(tmp_path, files)
    assert len(read_directory(tmp_path, forge.trust())) == 600


def test_a_retained_checkpoint_under_another_size(forge: Forge, tmp_path: Path) -> None:
    files = forge.files()
    files["checkpoints/299"] = files["checkpoints/300"]
    write_files(tmp_path, files)
    error = rejection(tmp_path, forge.trust())
    assert isinstance(error, Malformed)
    assert (error.check, error.actual) == ("retained", "one of size 300")


def test_a_retained_checkpoint_of_another_history_is_a_fork(forge: Forge, tmp_path: Path) -> None:
    files = forge.files()
    other = forge.checkpoint(300, root=bytes(32))
    files["checkpoints/300"] = other.encode()
    write_files(tmp_path, files)
    error = rejection(tmp_path, forge.trust())
    assert isinstance(error, Fork)
    assert (error.check, error.path) == ("fork", "checkpoints/300")
    assert (error.note_a, error.note_b) == (forge.checkpoint().encode(), other.encode())


def test_a_retained_checkpoint_of_no_entries(forge: Forge, tmp_path: Path) -> None:
    files = forge.files()
    files["checkpoints/0"] = forge.checkpoint(0).encode()
    write_files(tmp_path, files)
    assert len(read_directory(tmp_path, forge.trust())) == 600


# -- the order of the steps


def test_the_earliest_step_counts(forge: Forge, tmp_path: Path) -> None:
    files = forge.files()
    trust = forge.trust(genesis="0" * 64)
    order = []
    for spoil in (
        flip("bodies/000", 3),
        lambda *_: None,  # The genesis is another already, by the trust file.
        flip("checkpoints/300", -20),
        flip("tile/entries/002.p/88", -5),
        flip("checkpoint", -20),
    ):
        spoil(forge, files)
        write_files(tmp_path, files)
        order.append(rejection(tmp_path, trust).check)
    assert order == ["genesis", "genesis", "retained", "entries", "checkpoint"]


def test_a_tile_that_a_retained_checkpoint_needs_is_a_matter_of_the_tree(
    forge: Forge, tmp_path: Path
) -> None:
    files = forge.files()
    flip("tile/0/001")(forge, files)
    files["checkpoints/300"] = forge.checkpoint(300, root=bytes(32)).encode()
    write_files(tmp_path, files)
    assert rejection(tmp_path, forge.trust()).check == "tile"


def test_a_rejection_by_who_is_fed_comes_after_those_of_the_ledger(forge: Forge, tmp_path: Path) -> None:
    trust = parse_trust(forge.publish(tmp_path).encode())
    source = DirectorySource(tmp_path)
    checkpoint, _ = verify_newest(source, trust)
    fed: list[int] = []

    def feed(record: Record) -> None:
        fed.append(record.index)
        raise PinMismatch("pin", "this key", "another")

    with pytest.raises(PinMismatch):
        verify_entries(source, trust, checkpoint, feed, workers=1)
    assert fed == [0]
    write_files(tmp_path, {"bodies/002": b""})
    with pytest.raises(Malformed, match="bodies"):
        verify_entries(source, trust, checkpoint, feed, workers=1)


def test_failures_keep_the_one_that_counts() -> None:
    failures = Failures()
    assert (failures.step, failures.first) == ("", None)
    first, second, third = (Malformed(str(n), "", "") for n in range(3))
    failures.add("10.6", 3, first)
    failures.add("10.5", 9, second)
    failures.add("10.5", 10, third)
    assert (failures.step, failures.first) == ("10.5", second)
