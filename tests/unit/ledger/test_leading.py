"""Many sequencers on PostgreSQL: one leads, others stand by and take over; many submit, whoever leads."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from tests.unit.ledger.kit import ORIGIN, TextAdmission, ToldClock, new_ledger

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.errors import Busy, Duplicate, Refused
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.leading import Lead, NotLeading
from plimsoll_ledger.pending import Leader, drain, prepare_pending, submit
from plimsoll_ledger.sequencer import Appended, Sequencer, create_ledger
from plimsoll_ledger.store import Store, open_store

SIGNER = generate_signer(ORIGIN)
_HOLDERS = (
    "SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()"
)


@pytest.fixture
def store(postgresql_url: str) -> Iterator[Store]:
    with create_ledger(postgresql_url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"]) as sequencer:
        prepare_pending(sequencer.store)
        with sequencer.store as store:
            yield store


def candidate(store: Store, stand_by_s: float = 0.0) -> Sequencer:
    return Sequencer(store, SIGNER, TextAdmission(), ToldClock(), stand_by_s=stand_by_s)


def holders(store: Store) -> list[int]:
    with store.engine.connect() as connection:
        return [pid for (pid,) in connection.execute(text(_HOLDERS))]


def wait_until_free(store: Store) -> None:
    """Wait until the server has noticed that whoever led has closed its connection."""
    deadline = time.monotonic() + 60
    while holders(store):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def cut(store: Store) -> bool:
    """End the session of whoever leads; say whether somebody did."""
    found = holders(store)
    with store.engine.begin() as connection:
        for pid in found:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    return len(found) == 1


@contextmanager
def leading(store: Store) -> Iterator[Leader]:
    """Run a candidate in a thread of its own."""
    stop = threading.Event()
    leader = Leader(store, lambda: candidate(store, 0.05))
    thread = threading.Thread(target=leader.run, args=(stop,))
    thread.start()
    try:
        yield leader
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def test_one_leads_and_another_takes_over(store: Store) -> None:
    with candidate(store) as second:
        with candidate(store) as first:
            first.lead()
            with pytest.raises(NotLeading, match=f"sequences the log {ORIGIN}, after waiting 0 s"):
                second.append([b"one"])
            assert len(holders(store)) == 1
        wait_until_free(store)
        (outcome,) = second.append([b"one"])
        assert isinstance(outcome, Appended)
        with candidate(store) as third, pytest.raises(Busy):
            third.lead()


def test_whoever_is_cut_off_leads_no_more(store: Store) -> None:
    with candidate(store) as first, candidate(store, 60.0) as second:
        first.append([b"one"])
        assert cut(store)
        assert isinstance(second.append([b"two"])[0], Appended)
        with pytest.raises(Exception, match=r"failed|sequences"):
            first.append([b"three"])
        with pytest.raises(NotLeading):
            first.append([b"three"])
        assert holders(store)
    assert [entry.leaf for entry in store.entries()] == [b"genesis", b"one", b"two"]


def test_waiting_for_the_lead(store: Store) -> None:
    with candidate(store) as first:
        first.lead()
        slept: list[float] = []
        now = [0.0]

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            now[0] += seconds

        lead = Lead(store.origin, 0.2, lambda: now[0], sleep)
        with store.engine.connect() as connection, pytest.raises(NotLeading):
            lead.take(connection)
        assert 3 <= len(slept) <= 5
    assert lead.key != Lead("other.example/log", 0).key
    assert -(2**63) <= lead.key < 2**63


def test_nothing_is_led_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> None:
    sequencer, signer = new_ledger(tmp_path_factory.mktemp("sqlite"))
    with sequencer, sequencer.store as store:
        with Sequencer(store, signer, TextAdmission(), ToldClock(), stand_by_s=0) as one:
            one.lead()
            sequencer.append([b"one"])
            assert isinstance(one.append([b"two"])[0], Appended)
        with pytest.raises(ValueError, match="in PostgreSQL only"):
            prepare_pending(store)


def test_many_submit_to_whoever_leads(store: Store, postgresql_url: str) -> None:
    results: list[Appended | Refused] = []

    def call(name: int) -> None:
        with open_store(postgresql_url) as mine:
            for number in range(4):
                results.extend(
                    submit(mine, [b"writer %d entry %d" % (name, number), b"all %d" % number], timeout_s=120)
                )

    with leading(store) as leader:
        assert leader.leads.wait(60)
        threads = [threading.Thread(target=call, args=(name,)) for name in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [type(item) for item in submit(store, [b"refuse", b"crash", b"all 1"], timeout_s=120)] == [
            Refused,
            Refused,
            Duplicate,
        ]
    appended = {item.index: item.leaf for item in results if isinstance(item, Appended)}
    assert sorted(appended) == list(range(1, 29))
    assert {entry.index: entry.leaf for entry in store.entries(1)} == appended
    fsck(store)


def test_submissions_survive_leaders(store: Store) -> None:
    """Two stand ready; whoever leads is cut off again and again while others submit."""
    results: list[Appended | Refused] = []
    done, cuts = threading.Event(), 0

    def call() -> None:
        while len(results) < 40 or cuts < 2:
            results.extend(submit(store, [b"entry %d" % len(results)], timeout_s=120))
        done.set()

    with leading(store), leading(store):
        thread = threading.Thread(target=call)
        thread.start()
        while not done.wait(0.2) and cuts < 6:
            cuts += cut(store)
        thread.join()
    # Where a leader died between append and answer, the next one knows the index.
    found = [item.index for item in results if isinstance(item, Appended | Duplicate)]
    assert found == list(range(1, len(results) + 1))
    fsck(store)


def test_nobody_leads(store: Store) -> None:
    with pytest.raises(Busy, match="nobody has sequenced 1 submissions within 0 s"):
        submit(store, [b"one"], timeout_s=0)
    with candidate(store) as late:
        assert drain(store, late) == 1
        assert drain(store, late) == 0
    assert store.entry(1).leaf == b"one"


def test_two_leaders_drain_the_same(store: Store) -> None:
    """Both believe they lead: the same submissions are taken by both, and become one entry each."""
    with pytest.raises(Busy):
        submit(store, [b"entry %d" % number for number in range(50)], timeout_s=0)
    both = [Sequencer(store, SIGNER, TextAdmission(), ToldClock()) for _ in range(2)]
    start = threading.Barrier(2, timeout=60)

    def call(sequencer: Sequencer) -> None:
        with sequencer:
            start.wait()
            drain(store, sequencer)

    threads = [threading.Thread(target=call, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.leaf for entry in store.entries(1)] == [b"entry %d" % number for number in range(50)]
    fsck(store)
