"""What a ledger promises, on SQLite and on PostgreSQL: one suite, run over both."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.reference import rfc6962
from tests.unit.ledger.kit import HOUR_MS, ORIGIN, TextAdmission, ToldClock, url_of, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.errors import (
    Duplicate,
    FatalSequencing,
    LedgerError,
    LedgerExists,
    Refused,
    StorageFailed,
)
from plimsoll_ledger.fsck import FsckFailed, fsck
from plimsoll_ledger.memory import HighWater, Memory, WentBack
from plimsoll_ledger.publish import publish
from plimsoll_ledger.sequencer import Appended, Sequencer, create_ledger
from plimsoll_ledger.store import Store, open_store
from plimsoll_ledger.tlogproof import verify_tlog_proof
from plimsoll_ledger.writing import Transaction

SIGNER = generate_signer(ORIGIN)
STEPS = ["lock_head", "insert_entries", "write_tiles", "move_head", "do_commit"]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def sequencer(url: str) -> Iterator[Sequencer]:
    sequencer = create_ledger(url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
    with sequencer, sequencer.store:
        yield sequencer


def another(store: Store, **more: Any) -> Sequencer:
    return Sequencer(store, SIGNER, TextAdmission(), ToldClock(), **more)


def leaves(store: Store) -> list[bytes]:
    return [entry.leaf for entry in store.entries()]


def indexes(outcomes: list[Appended | Refused]) -> list[int]:
    return sorted(item.index for item in outcomes if isinstance(item, Appended))


def test_append_prove_publish_and_check(sequencer: Sequencer, tmp_path: Path) -> None:
    store = sequencer.store
    assert indexes(sequencer.append([b"entry %d" % number for number in range(300)])) == list(range(1, 301))
    mixed = sequencer.append([b"refuse", b"entry 5", b"later"])
    assert [type(item) for item in mixed] == [Refused, Duplicate, Appended]
    assert [type(item) for item in sequencer.append([b"x", b"refuse"], atomic=True)] == [Refused, Refused]
    proven = verify_tlog_proof(store.prove_entry(200), [vkey_of(SIGNER)])
    assert proven.entry == b"entry 199"
    done = publish(store, tmp_path / "public", lambda start, end: [b""] * (end - start))
    assert done.checkpoint.root == rfc6962.mth(leaves(store)) == fsck(store).root


def test_the_last_checkpoint_of_an_hour_is_kept(url: str) -> None:
    clock = ToldClock()
    with (
        create_ledger(url, SIGNER, TextAdmission(), clock, [b"genesis"]) as sequencer,
        sequencer.store as store,
    ):
        clock.ms += HOUR_MS
        sequencer.append([b"later"])
        assert [item.size for item in store.checkpoints()] == [1]


def test_created_once(sequencer: Sequencer, url: str) -> None:
    with pytest.raises(LedgerExists):
        create_ledger(url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
    assert leaves(sequencer.store) == [b"genesis"]


def test_writers_take_turns(sequencer: Sequencer, url: str) -> None:
    results: list[Appended | Refused] = []

    def call(name: int) -> None:
        with open_store(url) as store, another(store) as mine:
            for number in range(8):
                results.extend(mine.append([b"writer %d entry %d" % (name, number), b"all %d" % number]))

    threads = [threading.Thread(target=call, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert indexes(results) == list(range(1, 41))
    assert sum(isinstance(item, Duplicate) for item in results) == 24
    fsck(sequencer.store)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("done", [False, True])
def test_an_operation_that_fails(
    sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch, step: str, *, done: bool
) -> None:
    """Each step is lost, or done but reported failed: nothing is there twice, nothing is lost."""
    store = sequencer.store
    sequencer.append([b"before"])
    owner: Any = store.engine.dialect if step == "do_commit" else Transaction
    real = getattr(owner, step)
    driver: Any = store.engine.dialect.loaded_dbapi

    def failing(*args: Any) -> None:
        if done:
            real(*args)
        raise driver.OperationalError("the line went dead")

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, failing)
        with pytest.raises(StorageFailed, match="the line went dead"):
            sequencer.append([b"one", b"two"])
    is_in = done and step == "do_commit"
    assert leaves(store) == [b"genesis", b"before", *([b"one", b"two"] if is_in else [])]
    again = sequencer.append([b"one", b"two"])
    assert [type(item) for item in again] == [Duplicate if is_in else Appended] * 2
    assert leaves(store) == [b"genesis", b"before", b"one", b"two"]
    fsck(store)


@pytest.mark.parametrize("step", ["insert_entries", "write_tiles"])
def test_an_operation_that_lies(sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A step that says it was done, and was not: the next one who looks refuses to go on."""
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, step, lambda *_: None)
        sequencer.append([b"entry %d" % number for number in range(40)])
    with pytest.raises(FatalSequencing) as caught:
        another(sequencer.store)
    assert "plimsoll fsck" in caught.value.hint
    with pytest.raises(FsckFailed):
        fsck(sequencer.store)


def test_two_that_both_believe_they_lead(
    sequencer: Sequencer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither lock nor lead: two race with heads that both have read, and only the swap decides."""
    statements = sequencer.store._statements
    rivals = threading.Barrier(2, timeout=60)

    def unlocked(self: Transaction) -> Any:
        head = self._read_head(statements.head)  # No FOR UPDATE.
        self._head = head
        return head

    monkeypatch.setattr(Transaction, "lock_head", unlocked)
    results: list[Appended | Refused] = []
    errors: list[LedgerError] = []

    def call(name: int) -> None:
        with open_store(url) as store, another(store) as mine:
            rivals.wait()
            for number in range(20):
                blobs = [b"rival %d entry %d" % (name, number), b"both %d" % number]
                while True:
                    try:
                        results.extend(mine.append(blobs))
                    except (StorageFailed, FatalSequencing) as error:
                        errors.append(error)
                    else:
                        break

    threads = [threading.Thread(target=call, args=(name,)) for name in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fsck(sequencer.store)
    assert len(leaves(sequencer.store)) == len(set(leaves(sequencer.store))) == 61
    for item in results:
        if isinstance(item, Appended):
            assert sequencer.store.entry(item.index).leaf == item.leaf


def test_what_is_remembered_outside(sequencer: Sequencer, tmp_path: Path) -> None:
    store = sequencer.store
    high = tmp_path / "high-water"
    with another(store, memory=Memory(HighWater(high, store.vkeys))) as mine:
        mine.append([b"one"])
    with another(store, memory=Memory(HighWater(high, store.vkeys))) as mine:
        assert indexes(mine.append([b"two"])) == [2]
    sizes = [known.note.split(b"\n")[1] for known in HighWater(high, store.vkeys).known()]
    assert sizes == [b"3"]
    with (
        create_rival(tmp_path) as rival,
        rival.store as other,
        pytest.raises(WentBack, match=r"knows .* over 3"),
    ):
        another(other, memory=Memory(HighWater(high, other.vkeys)))


def create_rival(folder: Path) -> Sequencer:
    """Return another log of the same key and name, of one entry."""
    (folder / "rival").mkdir()
    return create_ledger(url_of(folder / "rival"), SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
