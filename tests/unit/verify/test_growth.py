"""Growth: what a mirror verifies, tile by tile."""

from pathlib import Path

import pytest
from tests.support.forge import Forge, write_files

from plimsoll_verify.audit import verify_newest
from plimsoll_verify.checkpoint import Checkpoint
from plimsoll_verify.errors import BodyMismatch, Fork, GenesisMismatch, TileMismatch
from plimsoll_verify.growth import Growth
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import Trust, parse_trust


def beats(forge: Forge, size: int, **overrides: object) -> None:
    while forge.size < size:
        forge.statement("heartbeat", [forge.org()], {}, "root-1", "root", **overrides)


def newest(forge: Forge, directory: Path) -> tuple[DirectorySource, Trust, Checkpoint]:
    trust = parse_trust(forge.publish(directory).encode())
    source = DirectorySource(directory)
    return source, trust, verify_newest(source, trust)[0]


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    beats(forge, 300)
    return forge


def test_all_is_verified_from_the_beginning(forge: Forge, tmp_path: Path) -> None:
    forge.retain()
    growth = Growth(*newest(forge, tmp_path))
    assert growth.tiles == range(2)
    assert [len(growth.verify_tile(number)) for number in growth.tiles] == [256, 44]
    assert growth.verify_kept() == [300]


def test_only_what_is_new_is_verified_after_an_earlier_one(forge: Forge, tmp_path: Path) -> None:
    _, _, earlier = newest(forge, tmp_path)
    beats(forge, 520)
    growth = Growth(*newest(forge, tmp_path), earlier)
    assert growth.tiles == range(1, 3)


def test_another_history_is_a_fork(forge: Forge, tmp_path: Path) -> None:
    _, _, earlier = newest(forge, tmp_path)
    other = Forge()
    beats(other, 290)
    other.advance(hours=1)
    beats(other, 310)
    with pytest.raises(Fork) as caught:
        Growth(*newest(other, tmp_path), earlier)
    assert caught.value.note_b == earlier.data


def test_an_entry_that_quotes_another_history_is_a_fork(tmp_path: Path) -> None:
    other = Forge()
    other.advance(hours=1)
    beats(other, 5)
    forge = Forge()
    beats(forge, 5)
    beats(forge, 6, seen=other.checkpoint(5))
    growth = Growth(*newest(forge, tmp_path))
    with pytest.raises(Fork) as caught:
        growth.verify_tile(0)
    assert caught.value.note_b == other.checkpoint(5).encode()


def test_a_history_that_somebody_made_up_is_none(tmp_path: Path) -> None:
    forge = Forge()
    beats(forge, 5)
    text = forge.checkpoint_text(4, root=bytes(32))
    beats(forge, 6, seen=f"{text}\n{forge.checkpoint().rpartition(chr(10) * 2)[2]}")
    assert len(Growth(*newest(forge, tmp_path)).verify_tile(0)) == 6


def test_a_wrong_entry_and_a_wrong_body_are_named(tmp_path: Path) -> None:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    forge.statement("model-registered", [forge.model("m")], {"name": "m"}, "eva", "evaluator")
    source, trust, checkpoint = newest(forge, tmp_path)
    files = forge.files()
    for path, kind in (("tile/entries/000.p/5", TileMismatch), ("bodies/000", BodyMismatch)):
        data = bytearray(files[path])
        data[-3] ^= 1
        write_files(tmp_path, {**files, path: bytes(data)})
        with pytest.raises(kind):
            Growth(source, trust, checkpoint).verify_tile(0)


def test_another_genesis(forge: Forge, tmp_path: Path) -> None:
    source, _, checkpoint = newest(forge, tmp_path)
    trust = parse_trust(forge.trust(genesis="0" * 64).encode())
    with pytest.raises(GenesisMismatch):
        Growth(source, trust, checkpoint).verify_tile(0)


def test_a_first_entry_that_is_none(tmp_path: Path) -> None:
    forge = Forge(genesis=False)
    forge.append(b"nonsense")
    source = DirectorySource(tmp_path)
    write_files(tmp_path, forge.files())
    trust = parse_trust(forge.trust(genesis="0" * 64).encode())
    with pytest.raises(GenesisMismatch, match="cannot be read"):
        Growth(source, trust, verify_newest(source, trust)[0]).verify_tile(0)


def test_a_log_without_entries(tmp_path: Path) -> None:
    forge = Forge(genesis=False)
    write_files(tmp_path, forge.files())
    source, trust = DirectorySource(tmp_path), parse_trust(forge.trust(genesis="0" * 64).encode())
    with pytest.raises(GenesisMismatch, match="a log without entries"):
        Growth(source, trust, verify_newest(source, trust)[0])
