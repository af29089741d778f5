"""Content by digest: complete or absent, checked whenever it is read; and the desk's errors."""

import hashlib
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plimsoll_attest import durable, smallbodies
from plimsoll_attest.bodies import ContentStore, format_text
from plimsoll_attest.errors import AttestError, CouldNotRun, NotAuthentic, UsageError, as_attest_error
from plimsoll_attest.smallbodies import MOST
from plimsoll_attest.views import EvidenceFile
from plimsoll_keys.errors import WrongPassphrase
from plimsoll_ledger.errors import Busy, FatalSequencing, SchemaMismatch


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "body")


def files(store: ContentStore) -> list[str]:
    return sorted(item.name for item in store.path.rglob("*") if item.is_file())


def test_content_comes_back_by_its_digest(store: ContentStore) -> None:
    sha256 = store.put(b"content")
    assert sha256 == hashlib.sha256(b"content").hexdigest()
    assert store.locate(sha256) == store.path / sha256[:2] / sha256
    assert (store.get(sha256), store.holds(sha256)) == (b"content", True)
    assert store.put(b"content") == sha256
    assert files(store) == [sha256]
    store.remove(sha256)
    store.remove(sha256)
    assert (store.get(sha256), store.holds(sha256)) == (None, False)


def test_content_that_was_changed_is_never_handed_out(store: ContentStore) -> None:
    sha256 = store.put(b'{"a":1}')
    store.locate(sha256).write_bytes(b'{"a":2}')
    for read in (store.get, store.get_tree):
        with pytest.raises(CouldNotRun, match="its digest is not its name"):
            read(sha256)


@pytest.mark.parametrize("content", [b"[]", b"{ }", b"text", b"\xff", b'{"a":0.5}'])
def test_a_body_is_a_canonical_object(store: ContentStore, content: bytes) -> None:
    with pytest.raises(CouldNotRun, match="body"):
        store.get_tree(store.put(content))


@pytest.mark.parametrize("wrong", ["", "0" * 63, "A" * 64, "../" + "0" * 61])
def test_no_path_is_made_of_what_is_no_digest(store: ContentStore, wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a digest"):
        store.locate(wrong)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_leaves_nothing(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str
) -> None:
    source = tmp_path / "log.eval"
    source.write_bytes(b"evidence")
    file = EvidenceFile(source, "log.eval", hashlib.sha256(b"evidence").hexdigest(), 8)

    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    durable.make_folder(store.locate(file.sha256).parent)
    durable.make_folder(store.locate(hashlib.sha256(b"content").hexdigest()).parent)
    monkeypatch.setattr(os if call == "fsync" else Path, call, failing)
    with pytest.raises(CouldNotRun, match="no space left on device") as error:
        store.put(b"content")
    assert "free some space" in error.value.hint
    with pytest.raises(CouldNotRun, match="no space left on device"):
        store.put_file(file)
    assert files(store) == []


def test_evidence_must_be_what_was_announced(store: ContentStore, tmp_path: Path) -> None:
    source = tmp_path / "log.eval"
    source.write_bytes(b"evidence")
    for digest, size in (("0" * 64, 8), (hashlib.sha256(b"evidence").hexdigest(), 9)):
        with pytest.raises(CouldNotRun, match="changed while it was being recorded"):
            store.put_file(EvidenceFile(source, "log.eval", digest, size))
    assert files(store) == []
    good = EvidenceFile(source, "log.eval", hashlib.sha256(b"evidence").hexdigest(), 8)
    store.put_file(good)
    source.unlink()
    store.put_file(good)
    assert files(store) == [good.sha256]
    with pytest.raises(CouldNotRun, match="no such file"):
        store.put_file(EvidenceFile(source, "log.eval", "1" * 64, 8))


def test_a_text_cannot_be_guessed_from_its_digest() -> None:
    one, two = format_text("yes", bytes(32)), format_text("yes", bytes(31) + b"\1")
    assert hashlib.sha256(one).digest() != hashlib.sha256(two).digest()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    durable.write_file(path, b"one")
    durable.write_file(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("error", "kind", "exit_code", "code"),
    [
        (UsageError("x", "y"), UsageError, 2, "usage"),
        (WrongPassphrase("the passphrase does not open it", hint="y"), UsageError, 2, "wrong-passphrase"),
        (Busy("held by process 1", hint="y"), CouldNotRun, 5, "busy"),
        (FatalSequencing("head and tiles disagree", hint="y"), NotAuthentic, 4, "storage-disagrees"),
    ],
)
def test_errors_of_the_other_packages_have_exit_codes(
    error: Exception, kind: type[AttestError], exit_code: int, code: str
) -> None:
    found = as_attest_error(error)
    assert isinstance(found, kind)
    assert (found.exit_code, found.code, found.hint) == (exit_code, code, "y")
    assert found.message == str(error)


def test_other_errors_are_nobodys() -> None:
    assert as_attest_error(KeyError("x")) is None
    found = as_attest_error(SchemaMismatch(1, 2))
    assert found is not None
    assert (found.exit_code, found.code) == (5, "schema")
    assert "plimsoll migrate" in found.hint


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_small_contents_are_added_together(store: ContentStore, tmp_path: Path) -> None:
    contents = {digest_of(data): data for data in (b"one", b"two", b"", bytes(MOST))}
    first = next(iter(contents))
    assert store.put(contents[first]) == first
    assert store.add(contents) == contents.keys() - {first}
    assert store.add(contents) == set()
    for other in (store, ContentStore(store.path)):
        assert {sha256: other.get(sha256) for sha256 in contents} == contents
        assert all(other.holds(sha256) for sha256 in contents)
        assert set(other.digests()) == contents.keys()
    assert files(store) == [first]
    assert store.get(digest_of(b"three")) is None
    assert not store.holds(digest_of(b"three"))
    assert (tmp_path / "body.sqlite3").is_file()


def test_large_content_has_a_file_of_its_own(store: ContentStore, tmp_path: Path) -> None:
    data = bytes(MOST + 1)
    sha256 = digest_of(data)
    assert store.add({sha256: data}) == {sha256}
    assert store.get(sha256) == data
    assert [item.name for item in store.locate(sha256).parent.iterdir()] == [sha256]
    assert not (tmp_path / "body.sqlite3").exists()
    other = digest_of(b"x" + data)
    folder = store.locate(other)
    (folder / "in the way").mkdir(parents=True)
    with pytest.raises(CouldNotRun, match="cannot write"):
        store.add({other: b"x" + data})
    assert [item.name for item in folder.parent.iterdir()] == [other]


def test_small_content_that_was_changed_is_never_handed_out(store: ContentStore, tmp_path: Path) -> None:
    sha256 = digest_of(b"one")
    store.add({sha256: b"one"})
    store.verify(sha256)
    with sqlite3.connect(tmp_path / "body.sqlite3") as connection:
        connection.execute("UPDATE content SET data = ?", (b"two",))
    for look in (store.get, store.verify):
        with pytest.raises(CouldNotRun, match=r"body\.sqlite3 was changed or damaged") as caught:
            look(sha256)
        assert sha256 in caught.value.message


def test_small_content_is_erased_with_nothing_left(store: ContentStore, tmp_path: Path) -> None:
    secret, kept = b"what somebody wrote of somebody " * 40, b"what stays"
    store.add({digest_of(data): data for data in (secret, kept)})
    store.remove(digest_of(secret))
    store.remove(digest_of(b"what was never here"))
    assert store.get(digest_of(secret)) is None
    store.close()
    assert store.get(digest_of(kept)) == kept
    store.close()
    assert [item.name for item in tmp_path.iterdir()] == ["body.sqlite3"]
    left = (tmp_path / "body.sqlite3").read_bytes()
    assert kept in left
    assert b"somebody" not in left


def test_what_is_erased_is_in_no_file(store: ContentStore, tmp_path: Path) -> None:
    secret = b"what somebody wrote of somebody " * 40
    served = ContentStore(tmp_path / "body")
    served.add({digest_of(secret): secret, digest_of(b"y"): b"y"})
    assert store.erase([digest_of(secret)]) == {digest_of(secret)}
    assert served.get(digest_of(secret)) is None  # It is open here all the while.
    assert served.get(digest_of(b"y")) == b"y"
    for path in tmp_path.iterdir():
        assert b"somebody" not in path.read_bytes()


def test_small_contents_that_cannot_be_read_or_written(store: ContentStore, tmp_path: Path) -> None:
    (tmp_path / "body.sqlite3").write_bytes(b"no database" * 100)
    sha256 = digest_of(b"one")
    for work in (
        lambda: store.add({sha256: b"one"}),
        lambda: store.get(sha256),
        lambda: store.holds(sha256),
        lambda: store.remove(sha256),
        lambda: list(store.digests()),
    ):
        with pytest.raises(CouldNotRun, match=r"body\.sqlite3: file is not a database"):
            work()
    (tmp_path / "body.sqlite3").unlink()
    assert store.add({sha256: b"one"}) == {sha256}


def test_small_contents_without_a_write_ahead_log_are_refused(
    store: ContentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda _path, **more: real(":memory:", **more))
    with pytest.raises(CouldNotRun, match="cannot have a write-ahead log"):
        store.add({digest_of(b"one"): b"one"})


def test_no_room_for_small_contents(store: ContentStore, tmp_path: Path) -> None:
    store.add({digest_of(b"one"): b"one"})
    assert store._small._connection is not None
    store._small._connection.execute("PRAGMA max_page_count = 3")
    many = {digest_of(data): data for data in (bytes([number]) * 60_000 for number in range(9))}
    with pytest.raises(CouldNotRun, match="full") as caught:
        store.add(many)
    assert "make room" in caught.value.hint
    assert not any(store.holds(sha256) for sha256 in many)  # All, or none.
    assert store.add(many) == many.keys()


def test_small_contents_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "gone" / "body")
    with pytest.raises(CouldNotRun, match="cannot write"):
        store.add({digest_of(b"one"): b"one"})
    assert store.get(digest_of(b"one")) is None


def test_small_contents_are_kept_by_several_threads(store: ContentStore) -> None:
    shared = {digest_of(data): data for data in (b"%d" % number for number in range(40))}

    def keep(number: int) -> set[str]:
        own = b"own %d" % number
        return store.add({**shared, digest_of(own): own})

    with ThreadPoolExecutor(4) as pool:
        new = list(pool.map(keep, range(16)))
    assert sum(map(len, new)) == len(shared) + 16  # Each is new to exactly one.


def test_what_is_being_read_is_not_said_to_be_erased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smallbodies, "_TIMEOUT_S", 0.01)
    store = ContentStore(tmp_path / "body")
    secret = b"one that is to go " * 100
    digest = hashlib.sha256(secret).hexdigest()
    store.add({digest: secret})
    reader = sqlite3.connect(tmp_path / "body.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM content").fetchone() == (1,)
    with pytest.raises(CouldNotRun, match="is being read") as caught:
        store.erase([digest])
    assert "again" in caught.value.hint
    reader.execute("ROLLBACK")
    assert store.erase([digest]) == set()  # Gone before, and from the log only now.
    for path in tmp_path.iterdir():
        assert path.is_dir() or secret not in path.read_bytes()
    reader.close()
    store.close()


def test_nothing_to_erase_makes_no_file(tmp_path: Path) -> None:
    assert ContentStore(tmp_path / "body").erase(["0" * 64]) == set()
    assert list(tmp_path.iterdir()) == []
