"""The same ledger on PostgreSQL: by the same statements, with the head's row locked."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.pq import PipelineStatus
from tests.reference import rfc6962
from tests.unit.ledger.kit import HOUR_MS, ORIGIN, START_MS, TextAdmission, ToldClock, make_schema_2, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.errors import (
    Duplicate,
    FatalSequencing,
    LedgerExists,
    NotALedger,
    Refused,
    StorageFailed,
)
from plimsoll_ledger.fsck import FsckFailed, fsck
from plimsoll_ledger.migrate import migrate
from plimsoll_ledger.publish import publish
from plimsoll_ledger.sequencer import Appended, Sequencer, create_ledger
from plimsoll_ledger.store import open_store
from plimsoll_ledger.tlogproof import verify_tlog_proof
from plimsoll_ledger.writing import Transaction

pytest.importorskip("psycopg", reason="needs the driver psycopg")
SIGNER = generate_signer(ORIGIN)
CLOCK = ToldClock()


@pytest.fixture
def sequencer(postgresql_url: str) -> Iterator[Sequencer]:
    CLOCK.ms = START_MS
    sequencer = create_ledger(postgresql_url, SIGNER, TextAdmission(), CLOCK, [b"genesis"])
    with sequencer, sequencer.store:
        yield sequencer


def leaves(sequencer: Sequencer) -> list[bytes]:
    return [entry.leaf for entry in sequencer.store.entries()]


def edit(sequencer: Sequencer, statement: str) -> None:
    with sequencer.store.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_append_prove_publish_and_check(sequencer: Sequencer, tmp_path: Path) -> None:
    outcomes = sequencer.append([b"entry %d" % number for number in range(600)])
    assert [item.index for item in outcomes if isinstance(item, Appended)] == list(range(1, 601))
    CLOCK.ms += HOUR_MS
    later = sequencer.append([b"refuse", b"entry 5", b"later"])
    assert [type(item) for item in later] == [Refused, Duplicate, Appended]
    assert [item.size for item in sequencer.store.checkpoints()] == [601]
    proven = verify_tlog_proof(sequencer.store.prove_entry(300), [vkey_of(SIGNER)])
    assert proven.entry == b"entry 299"
    assert [entry.leaf for entry in sequencer.store.by_topic("later")] == [b"later"]
    done = publish(sequencer.store, tmp_path / "public", lambda start, end: [b""] * (end - start))
    assert done.checkpoint.root == rfc6962.mth(leaves(sequencer)) == fsck(sequencer.store).root


def test_opened_again(sequencer: Sequencer, postgresql_url: str) -> None:
    sequencer.append([b"one"])
    with (
        open_store(postgresql_url) as store,
        Sequencer(store, SIGNER, TextAdmission(), ToldClock()) as second,
    ):
        assert [type(item) for item in second.append([b"one", b"two"])] == [Duplicate, Appended]
        assert [type(item) for item in sequencer.append([b"two", b"three"])] == [Duplicate, Appended]
        fsck(store)
    assert migrate(postgresql_url).is_done is False


def test_a_database_of_schema_1(sequencer: Sequencer, postgresql_url: str) -> None:
    storage = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'tile'::regclass AND attname = 'hashes'"
    sequencer.close()
    make_schema_2(postgresql_url)
    with sequencer.store.engine.begin() as connection:
        assert connection.exec_driver_sql(storage).scalar() == "e"  # Nobody tries to compress hashes.
        for statement in (
            "ALTER TABLE tile DROP COLUMN middle",
            "ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTENDED",
            "UPDATE meta SET schema_number = 1",
        ):
            connection.exec_driver_sql(statement)
    assert migrate(postgresql_url).is_done
    with open_store(postgresql_url) as store, Sequencer(store, SIGNER, TextAdmission(), ToldClock()) as again:
        assert isinstance(again.append([b"entry %d" % number for number in range(300)])[299], Appended)
        fsck(store)
        with store.engine.begin() as connection:
            assert connection.exec_driver_sql(storage).scalar() == "e"


def test_writes_are_sent_without_waiting_for_each(
    sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[PipelineStatus] = []
    real = Transaction.write_tiles

    def write_tiles(self: Transaction, *rest: Any) -> None:
        driver: Any = self._connection.connection.dbapi_connection
        seen.append(driver.info.pipeline_status)
        real(self, *rest)

    monkeypatch.setattr(Transaction, "write_tiles", write_tiles)
    sequencer.append([b"one"])
    assert seen == [PipelineStatus.ON]


def test_writers_queue_on_the_head(sequencer: Sequencer, postgresql_url: str) -> None:
    results: list[Appended | Refused] = []

    def call(name: int) -> None:
        with (
            open_store(postgresql_url) as store,
            Sequencer(store, SIGNER, TextAdmission(), ToldClock()) as mine,
        ):
            for number in range(15):
                results.extend(mine.append([b"writer %d entry %d" % (name, number)]))

    threads = [threading.Thread(target=call, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item.index for item in results if isinstance(item, Appended)) == list(range(1, 61))
    fsck(sequencer.store)


def test_a_second_creation_is_refused(sequencer: Sequencer, postgresql_url: str) -> None:
    with pytest.raises(LedgerExists, match="tables of a ledger already"):
        create_ledger(postgresql_url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
    assert leaves(sequencer) == [b"genesis"]


def test_a_refused_genesis_leaves_no_tables(postgresql_url: str) -> None:
    with pytest.raises(Refused):
        create_ledger(postgresql_url, SIGNER, TextAdmission(), ToldClock(), [b"refuse"])
    with pytest.raises(NotALedger):
        open_store(postgresql_url)
    sequencer = create_ledger(postgresql_url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
    with sequencer, sequencer.store as store:
        assert store.size == 1


def test_damage_is_noticed(sequencer: Sequencer) -> None:
    sequencer.append([b"one", b"two"])
    edit(sequencer, "UPDATE entry SET leaf = '\\x00' WHERE index = 2")
    with pytest.raises(FsckFailed, match="from entry 2"):
        fsck(sequencer.store)
    with pytest.raises(FatalSequencing):
        Sequencer(sequencer.store, SIGNER, TextAdmission(), ToldClock())


def test_a_server_that_went_away_and_came_back(sequencer: Sequencer) -> None:
    sequencer.append([b"one"])
    terminate = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    edit(sequencer, terminate)
    outcomes: list[Appended | Refused] = []
    for _ in range(3):
        with contextlib.suppress(StorageFailed):
            outcomes += sequencer.append([b"two"])
    assert isinstance(outcomes[0], Appended)
    assert all(isinstance(item, Duplicate) for item in outcomes[1:])
    assert leaves(sequencer) == [b"genesis", b"one", b"two"]


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="the database failed"):
        open_store(f"postgresql+psycopg://plimsoll@/ledger?host={tmp_path}")
