from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine
from tests.unit.ledger.kit import TextAdmission, ToldClock, make_schema_2, new_ledger, url_of

from plimsoll_ledger.errors import NotALedger, SchemaMismatch, StorageFailed
from plimsoll_ledger.fsck import FsckFailed, fsck
from plimsoll_ledger.migrate import STEPS, Migration, migrate
from plimsoll_ledger.models import SCHEMA
from plimsoll_ledger.sequencer import Sequencer
from plimsoll_ledger.store import open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    sequencer, _ = new_ledger(tmp_path, [b"genesis", b"two"])
    sequencer.close()
    sequencer.store.close()
    return url_of(tmp_path)


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def make_old(url: str) -> None:
    """Make it a database as an imagined schema -1 had it: without what came later."""
    make_schema_2(url)
    run(url, "ALTER TABLE tile DROP COLUMN middle")
    run(url, "ALTER TABLE checkpoint DROP COLUMN time_ms")
    run(url, "UPDATE meta SET schema_number = -1")


def add_column(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE checkpoint ADD COLUMN time_ms INTEGER NOT NULL DEFAULT 0")


def count_meta(connection: Connection) -> None:
    assert connection.exec_driver_sql("SELECT count(*) FROM meta").scalar() == 1


STORY: dict[int, Callable[[Connection], None]] = {-1: add_column, 0: count_meta, **STEPS}


def test_a_current_database_needs_nothing(url: str) -> None:
    assert migrate(url) == Migration(SCHEMA, SCHEMA, is_done=False)
    assert set(STEPS) == {1, 2}


def test_an_old_database_goes_through_every_step(url: str) -> None:
    make_old(url)
    with pytest.raises(SchemaMismatch):
        open_store(url)
    assert migrate(url, check=True, steps=STORY) == Migration(-1, SCHEMA, is_done=False)
    assert run(url, "SELECT schema_number FROM meta") == [(-1,)]
    assert migrate(url, steps=STORY) == Migration(-1, SCHEMA, is_done=True)
    with open_store(url) as store:
        assert fsck(store).size == 2


def test_a_database_of_schema_1_gets_middle_hashes_from_now_on(url: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    sequencer, signer = new_ledger(tmp_path / "other", [b"%d" % number for number in range(400)])
    with sequencer, sequencer.store:
        proofs = [sequencer.store.prove_entry(index).proof for index in range(0, 400, 7)]
    url = url_of(tmp_path / "other")
    make_schema_2(url)
    run(url, "ALTER TABLE tile DROP COLUMN middle")
    run(url, "UPDATE meta SET schema_number = 1")
    with pytest.raises(SchemaMismatch, match="schema 1"):
        open_store(url)
    assert migrate(url) == Migration(1, SCHEMA, is_done=True)
    with open_store(url) as store:
        assert [store.prove_entry(index).proof for index in range(0, 400, 7)] == proofs
        with Sequencer(store, signer, TextAdmission(), ToldClock()) as again:
            again.append([b"%d" % number for number in range(400, 600)])
        assert fsck(store).size == 600
    full = run(url, "SELECT n, length(middle) FROM tile WHERE level = 0 ORDER BY n")
    assert full == [(0, None), (1, 512), (2, None)]


@pytest.mark.parametrize("size", [1, 31, 32, 33, 255, 256, 257, 288, 300])
def test_a_database_of_schema_2_has_its_newest_hashes_moved(tmp_path: Path, size: int) -> None:
    sequencer, signer = new_ledger(tmp_path, [b"%d" % number for number in range(size)])
    url = url_of(tmp_path)
    with sequencer, sequencer.store as store:
        head, proofs = store.head(), [store.prove_entry(index).proof for index in range(size)]
    whole = "SELECT * FROM tile ORDER BY level, n"
    rows = run(url, whole)
    make_schema_2(url)
    assert run(url, "SELECT sum(length(hashes)) FROM tile WHERE level = 0") == [(32 * size,)]
    with pytest.raises(SchemaMismatch, match="schema 2"):
        open_store(url)
    assert migrate(url) == Migration(2, SCHEMA, is_done=True)
    assert run(url, whole) == rows
    with open_store(url) as store:
        assert store.head() == head
        assert [store.prove_entry(index).proof for index in range(size)] == proofs
        with Sequencer(store, signer, TextAdmission(), ToldClock()) as again:
            again.append([b"next"])
        assert fsck(store).size == size + 1


def test_a_damaged_database_is_as_damaged_after_migration(url: str) -> None:
    make_schema_2(url)
    run(url, "DELETE FROM tile")
    assert migrate(url) == Migration(2, SCHEMA, is_done=True)
    with open_store(url) as store, pytest.raises(FsckFailed, match="newest leaves: has 0 bytes, wanted 64"):
        fsck(store)


def test_a_step_that_fails_undoes_all_steps(url: str) -> None:
    make_old(url)

    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE checkpoint ADD COLUMN other INTEGER")
        connection.exec_driver_sql("SELECT * FROM nowhere")

    before = run(url, "SELECT sql FROM sqlite_master")
    with pytest.raises(StorageFailed, match="nowhere"):
        migrate(url, steps={**STORY, 0: fail})
    assert run(url, "SELECT sql FROM sqlite_master") == before
    assert run(url, "SELECT schema_number FROM meta") == [(-1,)]


def test_a_database_that_no_step_can_read(url: str) -> None:
    make_old(url)
    for check in (False, True):
        with pytest.raises(SchemaMismatch, match="schema -1"):
            migrate(url, check=check)
        with pytest.raises(SchemaMismatch):
            migrate(url, check=check, steps={-1: add_column})
    assert run(url, "SELECT schema_number FROM meta") == [(-1,)]


def test_a_newer_database(url: str) -> None:
    run(url, "UPDATE meta SET schema_number = 4")
    with pytest.raises(SchemaMismatch) as caught:
        migrate(url)
    assert "upgrade" in caught.value.hint
    assert (caught.value.found, caught.value.wanted) == (4, SCHEMA)


def test_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(NotALedger):
        migrate(url_of(tmp_path))
    assert list(tmp_path.iterdir()) == []
