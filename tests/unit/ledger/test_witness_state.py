"""What a witness remembers: made once, never smaller, and clear about a file that is none of its own."""

import sqlite3
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN
from tests.unit.ledger.witnesskit import Log, new_witness

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.errors import (
    Busy,
    FatalSequencing,
    KeyRefused,
    LedgerExists,
    NotALedger,
    NotFound,
    StorageFailed,
)
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.witness.errors import Untrusted
from plimsoll_ledger.witness.state import MAX_FORKS, ForkProof, Held, State

LOG = Log(50)
VKEY = cosigner_vkey(generate_signer("witness.example/w1"))


def test_it_is_made_once_and_remembers(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    witness, _ = new_witness(path, LOG)
    witness.add_checkpoint(LOG.request(0, 40))
    cosigned = witness.state.followed()
    witness.state.close()
    again = State.open(path)
    assert again.vkey == witness.vkey
    assert again.followed() == cosigned
    with pytest.raises(LedgerExists):
        State.create(path, VKEY)
    assert path.stat().st_mode & 0o077 == 0


def test_it_is_durable_when_it_says_so(tmp_path: Path) -> None:
    state = State.create(tmp_path / "state.sqlite3", VKEY)
    assert state._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert state._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    ("size", "root", "time_s"),
    [(39, b"r" * 32, 9), (40, b"s" * 32, 9), (41, b"r" * 32, 6), (40, b"r" * 31, 9)],
)
def test_the_file_itself_refuses_to_go_back(tmp_path: Path, size: int, root: bytes, time_s: int) -> None:
    """Should all checks above it fail, or somebody edit it, the database has the last word."""
    state = State.create(tmp_path / "state.sqlite3", VKEY)
    state.follow([LOG.vkey])
    start = state.held(ORIGIN)
    held = Held(40, Hash(b"r" * 32), 7, b"note")
    assert state.advance(ORIGIN, start, held)
    new = Held(size, root, time_s, b"note")  # type: ignore[arg-type]
    with pytest.raises(FatalSequencing, match="refused to be changed"):
        state.advance(ORIGIN, held, new)
    assert state.held(ORIGIN) == held
    with pytest.raises(FatalSequencing), state._transaction() as connection:
        connection.execute("DELETE FROM log")
    assert not state.advance(ORIGIN, start, Held(41, Hash(b"t" * 32), 9, b"note"))
    assert state.advance(ORIGIN, held, Held(41, Hash(b"t" * 32), 9, b"note"))


def test_a_cosigned_note_that_came_late_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    state = State.create(tmp_path / "state.sqlite3", VKEY)
    state.follow([LOG.vkey])
    first, second = Held(40, Hash(b"r" * 32), 7, b"note"), Held(41, Hash(b"s" * 32), 8, b"note")
    name = state._rows("SELECT origin_hash FROM log")[0][0]
    assert state.advance(ORIGIN, state.held(ORIGIN), first)
    assert state.advance(ORIGIN, first, second)
    state.keep_cosigned(ORIGIN, second, b"new")
    state.keep_cosigned(ORIGIN, first, b"old")
    assert state.cosigned(str(name)) == b"new"


def test_forks_that_are_kept_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_FORKS >= 100
    monkeypatch.setattr("plimsoll_ledger.witness.state.MAX_FORKS", 3)
    state = State.create(tmp_path / "state.sqlite3", VKEY)
    state.follow([LOG.vkey])
    for number in range(5):
        proof = ForkProof(ORIGIN, number, b"refused", b"held", number)
        state.keep_fork(proof, Hash(bytes([number]) * 32))
    assert [proof.size for proof in state.forks()] == [0, 1, 2]


def test_only_log_keys_are_followed(tmp_path: Path) -> None:
    state = State.create(tmp_path / "state.sqlite3", VKEY)
    with pytest.raises(ValueError, match="no key of a log"):
        state.follow([LOG.vkey, VKEY])
    assert state.followed() == []
    with pytest.raises(NotFound):
        state.held(ORIGIN)


def test_a_file_that_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        State.open(tmp_path / "nothing")
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(NotALedger, match="no witness's state"):
        State.open(empty)
    text = tmp_path / "text"
    text.write_bytes(b"not a database " * 100)
    with pytest.raises(NotALedger):
        State.open(text)
    newer = tmp_path / "newer"
    State.create(newer, VKEY).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE meta SET schema_number = 2")
    connection.close()
    with pytest.raises(NotALedger, match="schema 2"):
        State.open(newer)
    with pytest.raises(StorageFailed):
        State.create(tmp_path / "missing" / "state", VKEY)


def test_a_damaged_file_signs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    witness, _ = new_witness(path, LOG)
    witness.add_checkpoint(LOG.request(0, 40))
    witness.state.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises((NotALedger, StorageFailed)):
        State.open(path).held(ORIGIN)


def test_a_state_that_another_process_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plimsoll_ledger.witness.state._TIMEOUT_S", 0.05)
    path = tmp_path / "state.sqlite3"
    State.create(path, VKEY).close()
    state = State.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        state.follow([LOG.vkey])
    other.execute("ROLLBACK")
    other.close()
    state.follow([LOG.vkey])
    assert state.keys(ORIGIN) == (LOG.vkey,)


def test_an_ended_key_signs_no_more_for_good(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    witness, _ = new_witness(path, LOG)
    new = Log(origin=ORIGIN)
    witness.add_checkpoint(LOG.request(0, 5))
    with pytest.raises(KeyRefused, match="is the only key of"):
        witness.state.end_key(LOG.vkey)
    with pytest.raises(NotFound, match="no key of a log"):
        witness.state.end_key(new.vkey)
    witness.state.follow([new.vkey])
    witness.state.end_key(LOG.vkey)
    with pytest.raises(Untrusted):
        witness.add_checkpoint(LOG.request(5, 9))
    with pytest.raises(KeyRefused, match="was ended here"):
        witness.state.follow([Log(origin="other.example/log").vkey, LOG.vkey])
    assert [(one.origin, one.vkeys) for one in witness.state.followed()] == [(ORIGIN, (new.vkey,))]
    with pytest.raises(NotFound):
        witness.state.end_key(LOG.vkey)
    # The new key continues what the old one began, and forks nothing.
    assert witness.add_checkpoint(new.request(5, 9))
    assert witness.state.held(ORIGIN).size == 9
    witness.state.close()
    state = State.open(path)
    with pytest.raises(KeyRefused):
        state.follow([LOG.vkey])
    state.close()


def test_a_state_from_before_keys_could_be_ended(tmp_path: Path) -> None:
    state = State.create(tmp_path / "state.sqlite3", VKEY)
    state.follow([LOG.vkey])
    state._connection.execute("DROP TABLE ended_key")
    state.close()
    state = State.open(tmp_path / "state.sqlite3")
    new = Log(origin=ORIGIN)
    state.follow([new.vkey])
    state.end_key(LOG.vkey)
    assert state.keys(ORIGIN) == (new.vkey,)
    state.close()
