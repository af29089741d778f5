"""What is known outside the database: a log that was put back is not signed past."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.ledger.kit import TextAdmission, ToldClock, new_ledger, url_of, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.checkpoint import sign_checkpoint, verify_checkpoint
from plimsoll_ledger.errors import FatalSequencing, StorageFailed, StorageFull
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.memory import FileSource, HighWater, Known, Memory, WentBack
from plimsoll_ledger.sequencer import Appended, Sequencer
from plimsoll_ledger.store import Store, open_store


class Log:
    """A log in a folder, opened and closed as commands do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sequencer, self.signer = new_ledger(folder)
        self.close(sequencer)

    @staticmethod
    def close(sequencer: Sequencer) -> None:
        sequencer.close()
        sequencer.store.close()

    def open(self, *files: Path) -> Sequencer:
        store = open_store(url_of(self.folder))
        try:
            return self.sequence(store, *files)
        except BaseException:
            store.close()
            raise

    def sequence(self, store: Store, *files: Path) -> Sequencer:
        known = Memory(HighWater(self.folder / "high-water", store.vkeys), [FileSource(files)])
        return Sequencer(store, self.signer, TextAdmission(), ToldClock(), memory=known)

    def append(self, *blobs: bytes) -> None:
        sequencer = self.open()
        try:
            assert all(isinstance(item, Appended) for item in sequencer.append(blobs))
        finally:
            self.close(sequencer)

    def back_up(self) -> None:
        shutil.copy(self.folder / "ledger.sqlite", self.folder / "backup")

    def restore(self) -> None:
        for suffix in ("-wal", "-shm"):
            (self.folder / f"ledger.sqlite{suffix}").unlink(missing_ok=True)
        shutil.copy(self.folder / "backup", self.folder / "ledger.sqlite")

    def head_note(self) -> bytes:
        with open_store(url_of(self.folder)) as store:
            return store.head().note

    def known(self) -> list[Known]:
        with open_store(url_of(self.folder)) as store:
            return list(HighWater(self.folder / "high-water", store.vkeys).known())


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_a_restored_backup_is_not_signed_past(log: Log) -> None:
    log.append(b"one")
    log.back_up()
    log.append(b"two", b"three")
    log.restore()
    with pytest.raises(
        WentBack, match=r"has 2 entries, and .*high-water knows a checkpoint over 4"
    ) as caught:
        log.open()
    assert (caught.value.size, caught.value.known_size) == (2, 4)
    assert caught.value.where == str(log.folder / "high-water")
    assert "it would fork the log" in caught.value.hint
    assert "docs/guides/backup.md" in caught.value.hint


def test_a_backup_that_lacks_nothing_is(log: Log) -> None:
    log.append(b"one")
    log.back_up()
    log.restore()
    log.append(b"two")


def test_put_back_under_a_running_sequencer(log: Log) -> None:
    """The file is replaced while a process goes on: its next batch finds another head, and asks again."""
    log.back_up()
    sequencer = log.open()
    try:
        sequencer.append([b"one"])
        sequencer.store.engine.dispose()
        sequencer._writer.close()
        log.restore()
        with pytest.raises(WentBack):
            sequencer.append([b"other"])
    finally:
        log.close(sequencer)
    with open_store(url_of(log.folder)) as store:
        assert store.size == 1


def test_a_published_checkpoint_knows_too(log: Log) -> None:
    log.back_up()
    log.append(b"one")
    published = log.folder / "checkpoint"
    published.write_bytes(log.head_note())
    log.restore()
    (log.folder / "high-water").unlink()
    with pytest.raises(WentBack, match="/checkpoint knows a checkpoint over 2"):
        log.open(published)
    log.close(log.open(log.folder / "nothing", log.folder / "checkpoint" / "below"))


def test_another_history_of_the_same_size(log: Log) -> None:
    log.back_up()
    log.append(b"one")
    published = log.folder / "checkpoint"
    published.write_bytes(log.head_note())
    log.restore()
    (log.folder / "high-water").unlink()
    log.append(b"another")
    with pytest.raises(WentBack, match="another history") as caught:
        log.open(published)
    assert caught.value.size == caught.value.known_size == 2


def test_a_checkpoint_of_somebody_else(log: Log) -> None:
    other = generate_signer("other.example/log")
    (log.folder / "checkpoint").write_bytes(sign_checkpoint(1, Hash(bytes(32)), other))
    with pytest.raises(FatalSequencing, match="not one of this log"):
        log.open(log.folder / "checkpoint")
    (log.folder / "checkpoint").write_bytes(b"x" * 100_000)
    with pytest.raises(FatalSequencing, match="not one of this log"):
        log.open(log.folder / "checkpoint")


def test_both_slots_are_used_in_turn(log: Log) -> None:
    for number in range(3):
        log.append(b"%d" % number)
        assert [known.note for known in log.known()] == [log.head_note()]
    data = (log.folder / "high-water").read_bytes()
    assert len(data) == 8192
    with open_store(url_of(log.folder)) as store:
        sizes = [
            verify_checkpoint(data[at : at + 4096].rstrip(b"\n") + b"\n", store.vkeys).size
            for at in (0, 4096)
        ]
    assert sorted(sizes) == [3, 4]


@pytest.mark.parametrize("slot", [0, 1])
def test_a_write_that_was_cut_off_leaves_the_other_slot(log: Log, slot: int) -> None:
    log.append(b"one")
    log.append(b"two")
    path = log.folder / "high-water"
    data = bytearray(path.read_bytes())
    data[slot * 4096 : slot * 4096 + 100] = bytes(100)
    path.write_bytes(data)
    (known,) = log.known()
    assert verify_checkpoint(known.note, [vkey_of(log.signer)]).size in {2, 3}
    log.append(b"three")
    assert [known.note for known in log.known()] == [log.head_note()]


def test_a_file_of_rubbish_is_not_passed_over(log: Log) -> None:
    (log.folder / "high-water").write_bytes(b"rubbish")
    with pytest.raises(FatalSequencing, match="holds no checkpoint of this log") as caught:
        log.open()
    assert "remove that file" in caught.value.hint
    (log.folder / "high-water").write_bytes(b"")
    log.append(b"one")


def test_a_smaller_head_is_not_noted(log: Log) -> None:
    log.append(b"one")
    with (
        open_store(url_of(log.folder)) as store,
        closing(HighWater(log.folder / "high-water", store.vkeys)) as high,
    ):
        assert len(list(high.known())) == 1
        high.hold(1, b"ignored")
    with pytest.raises(ValueError, match="a slot has 4096"):
        high.hold(9, bytes(4097))
    assert [known.note for known in log.known()] == [log.head_note()]


def test_what_cannot_be_noted_is_not_acknowledged(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    sequencer = log.open()
    try:
        with monkeypatch.context() as patch:
            patch.setattr("plimsoll_ledger.memory.os.pwrite", lambda *_: 10)
            with pytest.raises(StorageFull, match="only 10 bytes"):
                sequencer.append([b"one"])
        # It is in the log all the same, as after any lost acknowledgement.
        (again,) = sequencer.append([b"one"])
        assert not isinstance(again, Appended)
    finally:
        log.close(sequencer)


def test_a_folder_in_its_place(log: Log) -> None:
    (log.folder / "high-water").unlink(missing_ok=True)
    (log.folder / "high-water").mkdir()
    with pytest.raises(StorageFailed, match="cannot read"):
        log.open()
