import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ledger.kit import HOUR_MS, START_MS, ToldClock, new_ledger, url_of, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.checkpoint import sign_checkpoint
from plimsoll_ledger.create import create_store
from plimsoll_ledger.errors import StorageFailed
from plimsoll_ledger.fsck import MAX_PROBLEMS, FsckFailed, FsckReport, examine, fsck
from plimsoll_ledger.hashing import Hash, leaf_hash
from plimsoll_ledger.store import Store

SIZE = 600


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A ledger of 600 entries over two hours, with one retained checkpoint, at 300."""
    clock = ToldClock()
    sequencer, signer = new_ledger(tmp_path, clock=clock)
    sequencer.append([b"entry %d" % index for index in range(1, 300)], atomic=True)
    clock.ms += HOUR_MS
    sequencer.append([b"entry %d" % index for index in range(300, SIZE)], atomic=True)
    sequencer.close()
    store = sequencer.store
    store.signer = signer  # type: ignore[attr-defined]
    with store:
        assert fsck(store).size == SIZE
        yield store


def edit(store: Store, *statements: str, values: tuple[object, ...] = ()) -> None:
    path = store.engine.url.database
    assert path is not None
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement, values)
    connection.close()


def problems(store: Store) -> list[str]:
    with pytest.raises(FsckFailed) as caught:
        fsck(store)
    report = caught.value.report
    assert report.count == len(report.problems)
    assert str(report.problems[0]) in str(caught.value)
    assert caught.value.hint
    return [str(problem) for problem in report.problems]


def places(found: list[str]) -> list[str]:
    return [item.partition(": ")[0] for item in found]


def test_a_sound_ledger(store: Store) -> None:
    report = fsck(store)
    assert (report.origin, report.size, report.root) == (store.origin, SIZE, store.head().root)
    assert (report.checkpoints, report.problems, report.count) == (1, [], 0)


@pytest.mark.parametrize("index", [0, 17, 255, 256, 575, 576, 599])
def test_a_changed_entry(store: Store, index: int) -> None:
    edit(store, "UPDATE entry SET leaf = CAST(leaf || 'x' AS BLOB) WHERE \"index\" = ?", values=(index,))
    found = problems(store)
    (of_entry,) = [item for item in found if item.endswith(f" from entry {index}")]
    where, at = (f"tile/0/{index // 256:03d}", index % 256) if index < 576 else ("newest leaves", index - 576)
    assert of_entry.startswith(f"{where}: hash {at} is ")
    assert "head" in places(found)
    assert ("checkpoint 300" in places(found)) == (index < 300)


def test_a_dropped_entry_is_one_loss_and_no_thousand(store: Store) -> None:
    edit(store, 'DELETE FROM entry WHERE "index" = 17')
    assert problems(store) == ["entry 17: is missing"]


def test_the_last_entry_dropped(store: Store) -> None:
    edit(store, 'DELETE FROM entry WHERE "index" >= ?', values=(SIZE - 2,))
    assert problems(store) == ["entry 598: is missing", "entry 599: is missing"]


def test_a_dropped_entry_of_a_dropped_tile(store: Store) -> None:
    edit(store, 'DELETE FROM entry WHERE "index" = 17', "DELETE FROM tile WHERE level = 0 AND n = 0")
    found = problems(store)
    assert places(found)[:2] == ["entry 17", "tile/1/000"]
    assert "tile/0/000: is missing" in found


def test_two_entries_that_changed_places(store: Store) -> None:
    edit(
        store,
        'UPDATE entry SET "index" = -1 WHERE "index" = 5',
        'UPDATE entry SET "index" = 5 WHERE "index" = 6',
        'UPDATE entry SET "index" = 6 WHERE "index" = -1',
    )
    found = problems(store)
    assert found[0].endswith("from entry 5")
    assert found[1].endswith("from entry 6")


def test_an_entry_beyond_the_head(store: Store) -> None:
    edit(store, "INSERT INTO entry VALUES (?, x'00', zeroblob(32), 't', 1)", values=(SIZE + 3,))
    assert problems(store) == [f"entry {SIZE + 3}: lies beyond the head's size {SIZE}"]


def test_a_flipped_tile(store: Store) -> None:
    edit(
        store,
        "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 0 AND n = 1",
    )
    assert places(problems(store)) == ["tile/0/001"]


def test_a_flipped_hash_higher_up(store: Store) -> None:
    edit(
        store, "UPDATE tile SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(32) AS BLOB) WHERE level = 1"
    )
    (found,) = problems(store)
    assert found.startswith(f"tile/1/000: hash 1 is {'00' * 32}, computed ")


@pytest.mark.parametrize(
    ("n", "middle"), [(0, bytes(512)), (1, b""), (2, bytes(512))], ids=["other", "none", "of-no-full-tile"]
)
def test_wrong_middle_hashes(store: Store, n: int, middle: bytes) -> None:
    edit(store, "UPDATE tile SET middle = ? WHERE level = 0 AND n = ?", values=(middle, n))
    assert problems(store) == [f"tile/0/00{n}: its middle hashes are not those of its hashes"]


def test_tiles_without_middle_hashes_are_whole(store: Store) -> None:
    edit(store, "UPDATE tile SET middle = NULL")
    assert fsck(store).size == SIZE


def test_tiles_too_few_and_too_many(store: Store) -> None:
    edit(
        store,
        "DELETE FROM tile WHERE level = 0 AND n = 1",
        "INSERT INTO tile VALUES (0, 3, zeroblob(32), NULL)",
        "INSERT INTO tile VALUES (9, 0, zeroblob(32), NULL)",
        "UPDATE tile SET hashes = substr(hashes, 1, 64) WHERE level = 0 AND n = 2",
    )
    assert problems(store) == [
        "tile/0/002: has 64 bytes, wanted 2048",
        "tile/0/003: a tree of size 600 has no such tile",
        "tile 9/0: a tree of size 600 has no such tile",
        "tile/0/001: is missing",
    ]


def test_a_wrong_head(store: Store) -> None:
    edit(store, "UPDATE head SET root = zeroblob(32)")
    (found,) = problems(store)
    assert found.startswith(f"head: has root {'00' * 32}, computed ")
    edit(store, "UPDATE head SET root = x'00'")
    assert problems(store) == ["head: the head has no root: a hash is 32 bytes, got 1"]
    edit(store, "DELETE FROM head")
    assert problems(store) == ["head: the ledger's database has no head"]


def test_a_head_of_another_size(store: Store) -> None:
    edit(store, "UPDATE head SET size = 599")
    assert places(problems(store)) == ["entry 599", "newest leaves", "head", "head"]


def test_a_wrong_time(store: Store) -> None:
    edit(store, 'UPDATE entry SET time_ms = ? WHERE "index" = 7', values=(START_MS - 1,))
    assert problems(store) == [
        "entry 7: has time 2026-11-21T23:59:59.999Z, before an earlier entry's 2026-11-22T00:00:00.000Z"
    ]
    edit(store, 'UPDATE entry SET time_ms = ? WHERE "index" = 7', values=(START_MS,))
    edit(store, "UPDATE head SET time_ms = 5")
    assert problems(store) == [
        "head: has time 1970-01-01T00:00:00.005Z, the last entry 2026-11-22T01:00:00.000Z"
    ]


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE head SET note = ?", "head"),
        ("UPDATE checkpoint SET note = ?", "checkpoint 300"),
    ],
)
def test_a_wrong_note(store: Store, statement: str, where: str) -> None:
    signer = store.signer  # type: ignore[attr-defined]
    (good,) = [row.note for row in store.checkpoints()] if where != "head" else [store.head().note]
    notes = {
        good.replace(b"acme", b"acne", 1): "does not verify",
        b"no note at all": "a note has a blank line",
        sign_checkpoint(300, leaf_hash(b"other"), signer): "its note says size 300 and root ",
        sign_checkpoint(77, Hash(store.head().root), signer): "its note says size 77 and root ",
        sign_checkpoint(300, leaf_hash(b"x"), generate_signer(store.origin)): "not signed by any known key",
    }
    for note, message in notes.items():
        edit(store, statement, values=(note,))
        (found,) = problems(store)
        assert found.startswith(f"{where}: ")
        assert message in found


def test_a_checkpoint_of_a_size_that_never_was(store: Store) -> None:
    edit(store, "UPDATE checkpoint SET size = 601")
    assert problems(store) == ["checkpoint 601: the log has never had this size, it has 600 entries"]


def test_identities(store: Store) -> None:
    edit(store, "UPDATE entry SET ident = x'00' WHERE \"index\" = 9")
    assert problems(store) == ["entry 9: its identity has 1 bytes, wanted 32"]


def test_repeated_identities(store: Store) -> None:
    ident = store.entry(4).ident
    rebuild = (
        "CREATE TABLE copy AS SELECT * FROM entry",
        "DROP TABLE entry",
        "ALTER TABLE copy RENAME TO entry",
    )
    edit(store, *rebuild)
    edit(store, 'UPDATE entry SET ident = ? WHERE "index" = 9', values=(ident,))
    assert problems(store) == [f"entry 9: its identity {ident.hex()} is that of an earlier entry"]


def test_an_entry_that_is_too_long(store: Store) -> None:
    edit(store, 'UPDATE entry SET leaf = zeroblob(65536) WHERE "index" = 9')
    assert problems(store)[0] == "entry 9: is 65536 bytes long, at most 65535 are allowed"


def test_a_text_where_bytes_belong(store: Store) -> None:
    edit(store, "UPDATE entry SET leaf = 'text' WHERE \"index\" = 9")
    assert problems(store)[0].endswith("from entry 9")


def test_an_index_of_the_database_that_is_damaged(store: Store) -> None:
    path = store.engine.url.database
    assert path is not None
    connection = sqlite3.connect(path)
    (root_page,) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'entry_topic'"
    ).fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    store.engine.dispose()
    with Path(path).open("r+b") as file:
        file.seek((root_page - 1) * page_size + page_size - 40)
        file.write(b"\xa5" * 30)
    assert set(places(problems(store))) == {"database"}


def test_a_file_that_cannot_be_read(store: Store) -> None:
    path = store.engine.url.database
    assert path is not None
    store.engine.dispose()
    Path(path).unlink()
    Path(path).mkdir()
    with pytest.raises(StorageFailed):
        examine(store)


def test_an_empty_log(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with create_store(url_of(tmp_path / "empty"), vkey_of(generate_signer("empty.example"))) as store:
        assert fsck(store).size == 0
        edit(store, "UPDATE head SET note = 'x'")
        assert problems(store) == ["head: has a note or a time, but there are no entries"]


def test_a_report_lists_so_many_and_counts_all() -> None:
    report = FsckReport("origin", 1, leaf_hash(b""))
    for number in range(MAX_PROBLEMS + 5):
        report.add(f"entry {number}", "is missing")
    assert (len(report.problems), report.count) == (MAX_PROBLEMS, MAX_PROBLEMS + 5)
    assert str(FsckFailed(report)) == "1005 problem(s), the first: entry 0: is missing"
