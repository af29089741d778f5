"""Content by digest: complete or absent, checked whenever it is read; and the desk's errors."""

import hashlib
import os
from pathlib import Path

import pytest

from plimsoll_attest import durable
from plimsoll_attest.bodies import ContentStore, format_text
from plimsoll_attest.errors import AttestError, CouldNotRun, NotAuthentic, UsageError, as_attest_error
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


def test_content_is_added_whole_or_not_at_all(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "body")
    data = b"content"
    sha256 = hashlib.sha256(data).hexdigest()
    store.add(sha256, data)
    assert store.get(sha256) == data
    assert [item.name for item in store.locate(sha256).parent.iterdir()] == [sha256]
    other = hashlib.sha256(b"other").hexdigest()
    folder = store.locate(other)
    (folder / "in the way").mkdir(parents=True)
    with pytest.raises(CouldNotRun, match="cannot write"):
        store.add(other, b"other")
    assert [item.name for item in folder.parent.iterdir()] == [other]
