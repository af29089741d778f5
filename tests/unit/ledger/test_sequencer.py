import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.reference import rfc6962
from tests.unit.ledger.kit import HOUR_MS, START_MS, TextAdmission, ToldClock, new_ledger, url_of, vkey_of

from plimsoll_keys.files import FileSigner
from plimsoll_ledger.admission import Admitted, LogView
from plimsoll_ledger.checkpoint import verify_checkpoint
from plimsoll_ledger.errors import (
    ClockBehind,
    Conflict,
    Duplicate,
    FatalSequencing,
    Refused,
    StorageFailed,
    StorageFull,
)
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.hashing import leaf_hash
from plimsoll_ledger.reading import Head
from plimsoll_ledger.sequencer import MAX_BATCH, Appended, Sequencer
from plimsoll_ledger.store import open_store
from plimsoll_ledger.tiles import Tile
from plimsoll_ledger.writing import Transaction


class Bench:
    """A ledger with everything that belongs to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = ToldClock()
        self.sequencer, self.signer = new_ledger(directory, clock=self.clock)
        self.store = self.sequencer.store

    @property
    def admission(self) -> TextAdmission:
        admission = self.sequencer._admission
        assert isinstance(admission, TextAdmission)
        return admission

    def leaves(self) -> list[bytes]:
        return [entry.leaf for entry in self.store.entries()]

    def another(self, admission: Any = None) -> Sequencer:
        return Sequencer(self.store, self.signer, admission or TextAdmission(), self.clock)

    def check(self) -> None:
        """Recompute everything, also by the reference."""
        assert fsck(self.store).root == rfc6962.mth(self.leaves())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with bench.sequencer, bench.store:
        yield bench


def indexes(outcomes: list[Appended | Refused]) -> list[int | str]:
    return [item.index if isinstance(item, Appended) else type(item).__name__ for item in outcomes]


def test_an_entry_is_signed_for_when_it_is_acknowledged(bench: Bench) -> None:
    for number in range(5):
        bench.clock.ms += 7
        (outcome,) = bench.sequencer.append([b"entry %d" % number])
        assert isinstance(outcome, Appended)
        assert (outcome.index, outcome.leaf, outcome.time_ms) == (
            number + 1,
            b"entry %d" % number,
            bench.clock.ms,
        )
        assert outcome.ident == hashlib.sha256(outcome.leaf).digest()
        checkpoint = verify_checkpoint(bench.store.head().note, [vkey_of(bench.signer)])
        assert checkpoint.size == outcome.index + 1
        assert checkpoint.root == rfc6962.mth(bench.leaves())
    bench.check()


@pytest.mark.parametrize("count", [1, 15, 16, 255, 256, 257, 600])
def test_batches_keep_their_order(bench: Bench, count: int) -> None:
    blobs = [b"entry %d" % number for number in range(count)]
    assert indexes(bench.sequencer.append(blobs)) == list(range(1, count + 1))
    assert bench.leaves() == [b"genesis", *blobs]
    bench.check()


def test_one_transaction_a_batch(bench: Bench) -> None:
    before = bench.admission.begins
    bench.sequencer.append([b"entry %d" % number for number in range(2 * MAX_BATCH + 1)])
    assert bench.admission.begins - before == 3
    bench.sequencer.append([b"more %d" % number for number in range(2 * MAX_BATCH + 1)], atomic=True)
    assert bench.admission.begins - before == 4
    assert bench.admission.aborts == 0


def test_nothing_to_append(bench: Bench) -> None:
    head = bench.store.head()
    assert bench.sequencer.append([]) == []
    assert bench.sequencer.append([], atomic=True) == []
    assert bench.store.head() == head


def test_a_refusal_concerns_one_blob(bench: Bench) -> None:
    outcomes = bench.sequencer.append([b"a", b"refuse", b"b", b"malformed", b"c"])
    assert indexes(outcomes) == [1, "Refused", 2, "Refused", 3]
    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].reason == "this text asks to be refused"
    assert outcomes[1].hint == "write another"
    assert bench.leaves() == [b"genesis", b"a", b"b", b"c"]
    bench.check()


@pytest.mark.parametrize("bad", [b"refuse", b"malformed", b"genesis", b"a"])
def test_an_atomic_batch_is_taken_whole_or_not_at_all(bench: Bench, bad: bytes) -> None:
    head = bench.store.head()
    outcomes = bench.sequencer.append([b"a", b"b", bad, b"c"], atomic=True)
    assert all(isinstance(item, Refused) for item in outcomes)
    assert str(outcomes[1]) == "not appended, because another one of its batch was refused"
    assert bench.store.head() == head
    assert indexes(bench.sequencer.append([b"a", b"b", b"c"], atomic=True)) == [1, 2, 3]
    bench.check()


def test_all_refused(bench: Bench) -> None:
    head = bench.store.head()
    assert indexes(bench.sequencer.append([b"refuse", b"refuse again"])) == ["Refused"] * 2
    assert indexes(bench.sequencer.append([b"malformed"])) == ["Refused"]
    assert bench.store.head() == head


def test_a_repetition_is_refused_with_the_earlier_index(bench: Bench) -> None:
    bench.sequencer.append([b"a", b"b"])
    outcomes = bench.sequencer.append([b"b", b"c", b"genesis", b"d", b"c"])
    assert indexes(outcomes) == ["Duplicate", 3, "Duplicate", 4, "Duplicate"]
    found = [item.index for item in outcomes if isinstance(item, Duplicate)]
    assert found == [2, 0, 3]
    assert str(outcomes[0]) == "entry 2 records this already"
    bench.check()
    assert indexes(bench.sequencer.append([b"e"])) == [5]


def test_a_repetition_within_a_batch_of_one_that_the_log_has(bench: Bench) -> None:
    outcomes = bench.sequencer.append([b"genesis", b"genesis", b"x"])
    assert [item.index for item in outcomes if isinstance(item, Duplicate)] == [0, 0]
    assert indexes(outcomes) == ["Duplicate", "Duplicate", 1]


def test_times_come_from_the_clock_and_never_go_back(bench: Bench) -> None:
    bench.clock.ms += 1000
    bench.sequencer.append([b"a"])
    bench.sequencer.append([b"b"])  # The same millisecond is no step back.
    head = bench.store.head()
    bench.clock.ms -= 1
    with pytest.raises(ClockBehind) as caught:
        bench.sequencer.append([b"c"])
    assert str(caught.value) == (
        "the clock reads 2026-11-22T00:00:00.999Z, which is before the last entry's time "
        "2026-11-22T00:00:01.000Z"
    )
    assert (caught.value.now_ms, caught.value.last_ms) == (START_MS + 999, START_MS + 1000)
    assert bench.store.head() == head
    bench.clock.ms += 1
    assert indexes(bench.sequencer.append([b"c"])) == [3]


def test_the_last_checkpoint_of_each_hour_stays(bench: Bench) -> None:
    for minutes in (0, 20, 59, 61, 62, 240, 250):
        bench.clock.ms = START_MS + minutes * HOUR_MS // 60
        bench.sequencer.append([b"at %d" % minutes])
    kept = [(item.size, (item.time_ms - START_MS) * 60 // HOUR_MS) for item in bench.store.checkpoints()]
    assert kept == [(4, 59), (6, 62)]
    for item in bench.store.checkpoints():
        checkpoint = verify_checkpoint(item.note, [vkey_of(bench.signer)])
        assert checkpoint.root == rfc6962.mth(bench.leaves()[: item.size])
        assert not item.published
    bench.check()


class Long(TextAdmission):
    """Make a word into an entry that is too long, or give it a wrong identity."""

    def admit(self, prechecked: bytes, index: int, time_ms: int) -> Admitted:
        admitted = super().admit(prechecked, index, time_ms)
        if prechecked == b"long":
            return replace(admitted, leaf=b"x" * 65_536)
        if prechecked == b"longest":
            return replace(admitted, leaf=b"x" * 65_535)
        if prechecked == b"odd":
            return replace(admitted, ident=b"short")
        if prechecked == b"topical":
            return replace(admitted, topic="t" * 256)
        return admitted


def test_an_entry_that_does_not_fit(bench: Bench) -> None:
    with bench.another(Long()) as sequencer:
        outcomes = sequencer.append([b"a", b"long", b"b"])
        assert indexes(outcomes) == [1, "Refused", 2]
        assert str(outcomes[1]) == "the entry would be 65536 bytes long, at most 65535 fit"
        assert bench.leaves() == [b"genesis", b"a", b"b"]
    bench.check()


def test_the_longest_entry(bench: Bench) -> None:
    class Longest(Long):
        def begin(self, view: LogView) -> None:
            self.known = [view.entry(index).leaf for index in range(view.size)]
            self.committed = view.size

    with bench.another(Longest()) as sequencer:
        assert indexes(sequencer.append([b"longest"])) == [1]
        assert len(bench.store.entry(1).leaf) == 65_535


def test_a_mistake_in_the_admission_is_its_callers_only(bench: Bench) -> None:
    for blob in (b"odd", b"topical"):
        with bench.another(Long()) as sequencer, pytest.raises(ValueError, match="wrong length"):
            sequencer.append([b"x", blob])
    with pytest.raises(RuntimeError, match="a mistake in the admission"):
        bench.sequencer.append([b"crash"])
    assert bench.leaves() == [b"genesis"]
    assert indexes(bench.sequencer.append([b"y"])) == [1]
    bench.check()


def test_callers_that_come_together_are_committed_together(bench: Bench) -> None:
    bench.sequencer._section.acquire()
    results: dict[bytes, Any] = {}

    def call(blob: bytes, *, atomic: bool = False) -> None:
        try:
            results[blob] = bench.sequencer.append([blob, blob + b" too"], atomic=atomic)
        except RuntimeError as error:
            results[blob] = error

    blobs = [b"one", b"two", b"crash", b"three"]
    threads = [threading.Thread(target=call, args=(blob,)) for blob in blobs]
    for thread in threads:
        thread.start()
    while len(bench.sequencer._queue) < len(blobs):
        threading.Event().wait(0.001)
    before = bench.admission.begins
    bench.sequencer._section.release()
    for thread in threads:
        thread.join()
    assert isinstance(results.pop(b"crash"), RuntimeError)
    appended = [item.index for outcomes in results.values() for item in outcomes]
    assert sorted(appended) == [1, 2, 3, 4, 5, 6]
    assert bench.admission.begins - before == 2  # One, and one more without the mistaken caller.
    bench.check()


def test_many_threads(bench: Bench) -> None:
    outcomes: list[Appended | Refused] = []

    def call(number: int) -> None:
        for step in range(20):
            atomic = step % 5 == 0
            outcomes.extend(bench.sequencer.append([b"thread %d step %d" % (number, step)], atomic=atomic))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item.index for item in outcomes if isinstance(item, Appended)) == list(range(1, 161))
    for item in outcomes:
        assert isinstance(item, Appended)
        assert bench.store.entry(item.index).leaf == item.leaf
    bench.check()


def test_a_caller_that_is_interrupted_while_waiting_appends_nothing(bench: Bench) -> None:
    class Interrupted:
        """A lock whose second user hits Ctrl-C while waiting."""

        def __enter__(self) -> None:
            raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None:
            raise AssertionError

    section = bench.sequencer._section
    bench.sequencer._section = Interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        bench.sequencer.append([b"never"])
    bench.sequencer._section = section
    assert indexes(bench.sequencer.append([b"later"])) == [1]
    assert bench.leaves() == [b"genesis", b"later"]


def test_two_sequencers_take_turns(bench: Bench) -> None:
    with bench.another() as second, bench.another() as third:
        for number in range(6):
            turn = (bench.sequencer, second, third)[number % 3]
            assert indexes(turn.append([b"entry %d" % number])) == [number + 1]
        assert isinstance(third.append([b"entry 0"])[0], Duplicate)
    bench.check()


STEPS = ["lock_head", "insert_entries", "write_tiles", "move_head"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_step_that_fails_leaves_the_log_as_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    bench.sequencer.append([b"first"])
    head = bench.store.head()
    real = getattr(Transaction, step)

    def failing(self: Transaction, *args: Any) -> Any:
        if when == "after":
            real(self, *args)
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, step, failing)
        with pytest.raises(StorageFailed, match="disk I/O error"):
            bench.sequencer.append([b"second", b"third"])
    assert bench.store.head() == head
    bench.check()
    assert indexes(bench.sequencer.append([b"second", b"third"])) == [2, 3]
    bench.check()


@pytest.mark.parametrize("happened", [False, True])
def test_a_commit_that_reports_failure(bench: Bench, monkeypatch: pytest.MonkeyPatch, happened: bool) -> None:
    real = bench.store.engine.dialect.do_commit

    def failing(connection: Any) -> None:
        if happened:
            real(connection)
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(bench.store.engine.dialect, "do_commit", failing)
        with pytest.raises(StorageFailed, match="disk I/O error"):
            bench.sequencer.append([b"perhaps"])
    assert bench.store.size == (2 if happened else 1)
    # The caller does not know, asks again, and is told.
    (outcome,) = bench.sequencer.append([b"perhaps"])
    assert isinstance(outcome, Duplicate if happened else Appended)
    assert outcome.index == 1
    bench.check()


def test_a_head_that_is_lost_once_is_taken_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real, lost = Transaction.move_head, [False]

    def lose(self: Transaction, old_size: int, head: Head) -> bool:
        if not lost[0]:
            lost[0] = True
            return False
        return real(self, old_size, head)

    monkeypatch.setattr(Transaction, "move_head", lose)
    before = bench.admission.begins
    assert indexes(bench.sequencer.append([b"a", b"b"])) == [1, 2]
    assert bench.admission.begins - before == 2
    assert bench.admission.aborts == 1
    bench.check()


def test_a_head_that_is_lost_for_good(bench: Bench) -> None:
    with bench.store.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(
            "CREATE TRIGGER keep BEFORE UPDATE ON head BEGIN SELECT RAISE(IGNORE); END"
        )
    with pytest.raises(Conflict, match="moved the head 8 times"):
        bench.sequencer.append([b"a"])
    assert bench.leaves() == [b"genesis"]
    bench.check()


def test_a_signer_that_fails(bench: Bench) -> None:
    class Broken(FileSigner):
        def sign(self, message: bytes) -> bytes:
            raise OSError(f"the token was pulled out before signing {len(message)} bytes")

    signer = bench.sequencer._signer
    assert isinstance(signer, FileSigner)
    bench.sequencer._signer = Broken(signer.name, signer._private_key)
    with pytest.raises(OSError, match="pulled out"):
        bench.sequencer.append([b"a"])
    bench.sequencer._signer = signer
    assert indexes(bench.sequencer.append([b"a"])) == [1]
    bench.check()


def test_a_full_database(bench: Bench) -> None:
    """SQLite's own limit gives the very error that a full disk does."""
    bench.sequencer.append([b"first"])
    connection = bench.sequencer._writer._connection
    assert connection is not None
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    assert isinstance(pages, int)
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    connection.commit()
    head = bench.store.head()
    with pytest.raises(StorageFull, match="no room left") as caught:
        bench.sequencer.append([b"%d " % number + b"x" * 9000 for number in range(20)])
    assert "the ledger is as it was" in caught.value.hint
    assert bench.store.head() == head
    bench.check()
    assert indexes(bench.sequencer.append([b"there is room again"])) == [2]


def edit(bench: Bench, statement: str, *values: object) -> None:
    connection = sqlite3.connect(bench.directory / "ledger.sqlite")
    with connection:
        connection.execute(statement, values)
    connection.close()


DAMAGE = {
    "tail": ("UPDATE head SET tail = zeroblob(length(tail))", "the head says"),
    "no tail": ("UPDATE head SET tail = x''", "is incomplete: tile/0/000.p/3 is not there"),
    "short tail": ("UPDATE head SET tail = zeroblob(32)", "is incomplete"),
    "root": ("UPDATE head SET root = zeroblob(32)", "the head says"),
    "note": ("UPDATE head SET note = replace(note, '3', '4')", "the head's note is not this log's"),
    "no note": ("UPDATE head SET note = ''", "the head's note is not this log's"),
    "old size": ("UPDATE head SET size = 2", "the last entry's index is 2"),
    "last entry": ("UPDATE entry SET leaf = 'x' WHERE \"index\" = 2", "entry 2 is not what the tree has"),
    "no last entry": ('DELETE FROM entry WHERE "index" = 2', "the last entry's index is 1"),
    "time": ('UPDATE entry SET time_ms = 5 WHERE "index" = 2', "disagree about its time"),
    "short root": ("UPDATE head SET root = x'00'", "the head has no root: a hash is 32 bytes, got 1"),
    "no head": ("DELETE FROM head", "has no head"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_nothing_is_signed_when_storage_and_head_disagree(bench: Bench, damage: str) -> None:
    statement, message = DAMAGE[damage]
    bench.sequencer.append([b"a", b"b"])
    edit(bench, statement)
    with pytest.raises(FatalSequencing, match=message):
        bench.another()
    rows = sqlite3.connect(bench.directory / "ledger.sqlite").execute("SELECT * FROM entry").fetchall()
    with open_store(url_of(bench.directory)) as store, pytest.raises(FatalSequencing):
        Sequencer(store, bench.signer, TextAdmission(), bench.clock).append([b"c"])
    connection = sqlite3.connect(bench.directory / "ledger.sqlite")
    assert connection.execute("SELECT * FROM entry").fetchall() == rows
    connection.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE tile SET hashes = zeroblob(length(hashes))", "the head says"),
        ("UPDATE tile SET hashes = zeroblob(32)", "is incomplete"),
        ("DELETE FROM tile", "is incomplete"),
        ("UPDATE head SET tail = x''", "is incomplete"),
    ],
    ids=["other", "short", "none", "no-tail"],
)
def test_nothing_is_signed_over_a_damaged_tile(bench: Bench, statement: str, message: str) -> None:
    bench.sequencer.append([b"entry %d" % number for number in range(40)])
    edit(bench, statement)
    with pytest.raises(FatalSequencing, match=message):
        bench.another()


@pytest.mark.parametrize("width", [1, 31, 32, 33, 64, 255, 256, 257, 287, 288, 289, 300])
def test_the_tail_of_the_leaves_stands_in_the_head(bench: Bench, width: int) -> None:
    """However entries came, the last `size % 32` of their hashes are there, and the others in rows."""
    for count in (1, width):
        while bench.store.size < count:
            bench.sequencer.append([b"entry %d" % number for number in range(bench.store.size, count)])
    hashes = [leaf_hash(leaf) for leaf in bench.leaves()]
    settled = width - width % 32
    assert bench.store.head().tail == b"".join(hashes[settled:])
    with bench.store.reading() as reader:
        rows = b"".join(row for level, _, row, _ in reader.tile_rows() if level == 0)
        last = Tile(0, (width - 1) // 256, (width - 1) % 256 + 1)
        (tile,) = reader.read_tiles([last])
    assert rows == b"".join(hashes[:settled])
    assert tile[: last.width * 32] == b"".join(hashes[last.n * 256 :])
    bench.check()


def test_the_row_of_a_tile_is_written_once_in_32_appends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    real = Transaction.write_tiles

    def write_tiles(self: Transaction, tiles: Any, stored_size: int) -> None:
        written.append(len(tiles))
        real(self, tiles, stored_size)

    monkeypatch.setattr(Transaction, "write_tiles", write_tiles)
    for number in range(70):
        bench.sequencer.append([b"entry %d" % number])
    assert [size for size, count in enumerate(written, 2) if count] == [32, 64]


def test_a_running_sequencer_notices_that_its_head_was_changed(bench: Bench) -> None:
    bench.sequencer.append([b"a", b"b"])
    edit(bench, "UPDATE head SET root = zeroblob(32)")
    for _ in range(2):
        with pytest.raises(FatalSequencing, match="the head says"):
            bench.sequencer.append([b"c"])


def test_a_head_note_over_another_tree(bench: Bench) -> None:
    note = bench.store.head().note
    bench.sequencer.append([b"a"])
    edit(bench, "UPDATE head SET note = ?", note)
    with pytest.raises(FatalSequencing, match="the head's note is over size 1"):
        bench.another()


def test_a_row_that_the_head_does_not_know_of(bench: Bench) -> None:
    edit(bench, "INSERT INTO tile VALUES (0, 0, x'00', NULL)")
    with pytest.raises(FatalSequencing, match="collides with a stored one"):
        bench.sequencer.append([b"entry %d" % number for number in range(40)])
    assert bench.leaves() == [b"genesis"]


def test_an_empty_log_has_no_note(bench: Bench, tmp_path: Path) -> None:
    edit(bench, "DELETE FROM entry")
    edit(bench, "DELETE FROM tile")
    edit(bench, "UPDATE head SET size = 0, root = ?", hashlib.sha256(b"").digest())
    with pytest.raises(FatalSequencing, match="no entries, but its head has a note"):
        bench.another()


def test_an_error_half_way_through_many_leaves_whole_batches(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = [b"entry %d" % number for number in range(3 * MAX_BATCH)]
    real, calls = Transaction.move_head, [0]

    def failing(self: Transaction, old_size: int, head: Head) -> bool:
        calls[0] += 1
        if calls[0] == 2:
            raise sqlite3.OperationalError("disk I/O error")
        return real(self, old_size, head)

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "move_head", failing)
        with pytest.raises(StorageFailed):
            bench.sequencer.append(blobs)
    assert bench.leaves() == [b"genesis", *blobs[:MAX_BATCH]]
    assert not bench.sequencer._queue
    outcomes = bench.sequencer.append(blobs)  # Submitting all again is safe.
    assert [type(item) for item in outcomes[: MAX_BATCH + 1]] == [Duplicate] * MAX_BATCH + [Appended]
    assert bench.leaves() == [b"genesis", *blobs]
    bench.check()


def test_ctrl_c_in_the_middle_answers_everybody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that works for the others is interrupted: they hear of it, and nothing is appended."""
    signer = bench.sequencer._signer
    assert isinstance(signer, FileSigner)
    errors: list[BaseException] = []

    class Interrupted(FileSigner):
        def sign(self, message: bytes) -> bytes:
            bench.sequencer._signer = signer
            raise KeyboardInterrupt(len(message))

    def call(blob: bytes) -> None:
        try:
            bench.sequencer.append([blob])
        except BaseException as error:  # noqa: BLE001 - which one it is, is the test.
            errors.append(error)

    bench.sequencer._signer = Interrupted(signer.name, signer._private_key)
    bench.sequencer._section.acquire()
    threads = [threading.Thread(target=call, args=(b"entry %d" % number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    while len(bench.sequencer._queue) < len(threads):
        threading.Event().wait(0.001)
    bench.sequencer._section.release()
    for thread in threads:
        thread.join()
    kinds = sorted(type(error).__name__ for error in errors)
    assert kinds == ["KeyboardInterrupt", "StorageFailed", "StorageFailed"]
    assert bench.leaves() == [b"genesis"]
    assert indexes(bench.sequencer.append([b"entry 0"])) == [1]
    bench.check()
