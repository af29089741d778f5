import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN, TextAdmission, ToldClock, new_ledger, url_of, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.create import create_store
from plimsoll_ledger.errors import (
    Busy,
    FatalSequencing,
    LedgerError,
    LedgerExists,
    NotALedger,
    NotFound,
    Refused,
    SchemaMismatch,
    StorageFailed,
)
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.models import SCHEMA
from plimsoll_ledger.sequencer import Appended, Sequencer, create_ledger
from plimsoll_ledger.store import Store, open_store
from plimsoll_ledger.tiles import Tile


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Sequencer]:
    sequencer, _ = new_ledger(tmp_path)
    with sequencer, sequencer.store:
        yield sequencer


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_what_was_created_can_be_opened(tmp_path: Path) -> None:
    sequencer, signer = new_ledger(tmp_path, [b"genesis", b"two"])
    sequencer.close()
    sequencer.store.close()
    with open_store(url_of(tmp_path)) as store:
        assert (store.origin, store.vkeys, store.size) == (ORIGIN, (vkey_of(signer),), 2)
        assert [entry.leaf for entry in store.entries()] == [b"genesis", b"two"]
        assert repr(store) == f"Store('{ORIGIN}' in {url_of(tmp_path)})"
        connection = sqlite3.connect(tmp_path / "ledger.sqlite")
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()
        with store.engine.connect() as checked:
            assert checked.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert checked.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert checked.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000


def test_a_copy_without_its_journal_mode_gets_it_back(tmp_path: Path) -> None:
    sequencer, _ = new_ledger(tmp_path)
    sequencer.close()
    sequencer.store.close()
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute(f"VACUUM INTO '{tmp_path / 'copy.sqlite'}'")
    connection.close()
    with open_store(f"sqlite:///{tmp_path / 'copy.sqlite'}") as store:
        with store.engine.connect() as checked:
            assert checked.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        fsck(store)


def test_reading(ledger: Sequencer) -> None:
    store = ledger.store
    ledger.append([b"red %d" % number for number in range(600)])
    ledger.append([b"blue one", b"red last", b"blue two"])
    assert [entry.leaf for entry in store.by_topic("blue")] == [b"blue one", b"blue two"]
    assert [entry.index for entry in store.by_topic("red")] == [*range(1, 601), 602]
    assert list(store.by_topic("green")) == []
    assert store.entry(602).leaf == b"red last"
    assert [entry.index for entry in store.entries(500, 530)] == list(range(500, 530))
    with store.reading() as reader:
        found = reader.entries_by_topic(["blue", "genesis"], 0)
        assert [entry.index for entry in found] == [0, 601, 603]
        assert [entry.index for entry in reader.entries_by_topic(["blue", "red"], 602)] == [602, 603]
    ident = store.entry(7).ident
    assert store.find_ident(ident) == 7
    assert store.find_ident(bytes(32)) is None
    for index in (604, -1):
        with pytest.raises(NotFound, match=f"no entry {index} in a ledger of 604"):
            store.entry(index)
    for start, end in ((0, 605), (5, 4), (-1, 3)):
        with pytest.raises(NotFound):
            list(store.entries(start, end))
    with pytest.raises(NotFound, match="tile/0/009"):
        store.read_tiles([Tile(0, 9)])


def test_reading_sees_one_state(ledger: Sequencer) -> None:
    with ledger.store.reading() as reader:
        assert reader.size == 1
        ledger.append([b"meanwhile"])
        assert reader.last_index() == 0
        with pytest.raises(NotFound):
            reader.entry(1)
    assert ledger.store.size == 2


def test_an_entry_that_is_gone_is_noticed(ledger: Sequencer, tmp_path: Path) -> None:
    ledger.append([b"one", b"two", b"three"])
    edit(tmp_path, 'DELETE FROM entry WHERE "index" = 2')
    with pytest.raises(FatalSequencing, match="entry 2 is missing"):
        list(ledger.store.entries())
    with pytest.raises(NotFound):
        ledger.store.entry(2)


def edit(directory: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(directory / "ledger.sqlite")
    with connection:
        connection.execute(statement, values)
    connection.close()


def make_text(path: Path) -> None:
    path.write_text("this is a text, and quite a bit longer than a database's header would be\n" * 9)


def make_empty(path: Path) -> None:
    path.touch()


def make_folder(path: Path) -> None:
    path.mkdir()


def make_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE music (title TEXT)")
    connection.close()


def make_database_with_meta(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE meta (key TEXT)")
    connection.close()


def make_nothing(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    "make", [make_text, make_empty, make_folder, make_database, make_database_with_meta, make_nothing]
)
def test_what_is_no_ledger_stays_as_it_is(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "ledger.sqlite"
    make(path)
    before = contents(tmp_path) if path.is_file() else None
    with pytest.raises(NotALedger) as caught:
        open_store(url_of(tmp_path))
    assert caught.value.hint
    if before is not None:
        assert contents(tmp_path) == before
    else:
        assert path.is_dir() == (make is make_folder)
        assert not path.is_file()


@pytest.mark.parametrize("url", ["", "nonsense", "nodriver://host/db", "sqlite://", "sqlite:///:memory:"])
def test_urls_that_name_no_database(url: str) -> None:
    with pytest.raises(NotALedger):
        open_store(url)


@pytest.mark.parametrize(("number", "hint"), [(0, "plimsoll migrate"), (99, "upgrade")])
def test_another_schema(tmp_path: Path, number: int, hint: str) -> None:
    sequencer, _ = new_ledger(tmp_path)
    sequencer.close()
    sequencer.store.close()
    edit(tmp_path, "UPDATE meta SET schema_number = ?", number)
    before = (tmp_path / "ledger.sqlite").read_bytes()
    with pytest.raises(SchemaMismatch, match=f"schema {number}, and this program uses {SCHEMA}") as caught:
        open_store(url_of(tmp_path))
    assert hint in caught.value.hint
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


def test_a_ledger_is_not_created_over_another(tmp_path: Path) -> None:
    sequencer, signer = new_ledger(tmp_path)
    sequencer.close()
    sequencer.store.close()
    before = (tmp_path / "ledger.sqlite").read_bytes()
    with pytest.raises(LedgerExists):
        create_store(url_of(tmp_path), vkey_of(signer))
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


@pytest.mark.parametrize("kind", ["a text, which no ledger must replace", "a database"])
def test_a_ledger_is_not_created_over_anything_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ledger.sqlite"
    make_database(path) if kind == "a database" else make_text(path)
    before = contents(tmp_path)
    with pytest.raises(LedgerExists, match="already") as caught:
        new_ledger(tmp_path)
    assert caught.value.hint == "choose another place"
    assert contents(tmp_path) == before


@pytest.mark.parametrize("pages", [0, 1])
def test_a_creation_that_was_interrupted_can_be_repeated(tmp_path: Path, pages: int) -> None:
    (tmp_path / "ledger.sqlite").touch()
    if pages:
        connection = sqlite3.connect(tmp_path / "ledger.sqlite")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        assert (tmp_path / "ledger.sqlite").stat().st_size > 0
    sequencer, _ = new_ledger(tmp_path)
    with sequencer, sequencer.store as store:
        assert store.size == 1


@pytest.mark.parametrize("blobs", [[b"refuse me"], [b"malformed"], [b"fine", b"refuse me"]])
def test_a_refused_genesis_leaves_nothing_behind(tmp_path: Path, blobs: list[bytes]) -> None:
    with pytest.raises(Refused):
        new_ledger(tmp_path, blobs)
    assert list(tmp_path.iterdir()) == []


def test_a_log_is_created_with_its_first_entry(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="first entry"):
        new_ledger(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as caught:
        create_store(url_of(tmp_path / "missing"), vkey_of(generate_signer(ORIGIN)))
    assert "plimsoll fsck" in caught.value.hint


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_database_held_by_another_process(tmp_path: Path) -> None:
    sequencer, signer = new_ledger(tmp_path)
    sequencer.close()
    sequencer.store.close()
    path = tmp_path / "ledger.sqlite"
    (tmp_path / "lock").write_text("4711 plimsoll import\n")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        with open_store(url_of(tmp_path), timeout_s=0.1) as store:
            assert store.size == 1  # Readers are not held up.
            with (
                Sequencer(store, signer, TextAdmission(), ToldClock()) as late,
                pytest.raises(Busy, match=r"held by process 4711 \(plimsoll import\)"),
            ):
                late.append([b"late"])
            assert store.size == 1
    finally:
        holder.communicate()
    with open_store(url_of(tmp_path)) as store, Sequencer(store, signer, TextAdmission(), ToldClock()) as now:
        assert isinstance(now.append([b"now"])[0], Appended)


def test_a_damaged_file(tmp_path: Path) -> None:
    sequencer, _ = new_ledger(tmp_path, [b"entry %d" % number * 50 for number in range(300)])
    sequencer.close()
    sequencer.store.close()
    path = tmp_path / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(LedgerError) as caught:
        open_store(url_of(tmp_path))
    assert isinstance(caught.value, NotALedger)
    assert "restore a backup" in caught.value.hint


def test_a_truncated_file(tmp_path: Path) -> None:
    sequencer, _ = new_ledger(tmp_path, [b"entry %d" % number * 50 for number in range(300)])
    sequencer.close()
    sequencer.store.close()
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(path.read_bytes()[: 3 * 4096])
    with pytest.raises(LedgerError), open_store(url_of(tmp_path)) as store:
        fsck(store)


def test_two_stores_of_two_copies_are_two_logs_in_one_name(tmp_path: Path) -> None:
    sequencer, signer = new_ledger(tmp_path)
    sequencer.close()
    sequencer.store.close()
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "ledger.sqlite", tmp_path / "copy" / "ledger.sqlite")
    sizes = []
    for directory, count in ((tmp_path, 3), (tmp_path / "copy", 1)):
        with (
            open_store(url_of(directory)) as store,
            Sequencer(store, signer, TextAdmission(), ToldClock()) as appending,
        ):
            appending.append([b"entry %d" % number for number in range(count)])
            sizes.append(store.size)
    assert sizes == [4, 2]


def test_the_creating_key_is_the_log(tmp_path: Path) -> None:
    signer = generate_signer(ORIGIN)
    sequencer = create_ledger(url_of(tmp_path), signer, TextAdmission(), ToldClock(), [b"genesis"])
    with sequencer, sequencer.store as store:
        assert isinstance(store, Store)
        for stranger in (generate_signer(ORIGIN), generate_signer("other.example")):
            with pytest.raises(FatalSequencing, match="not the key that signs the log"):
                Sequencer(store, stranger, TextAdmission(), ToldClock())
