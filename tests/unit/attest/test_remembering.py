"""A backup that is put back is noticed before anything is signed, by whatever remembers outside of it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.office import ORIGIN, Office
from tests.unit.ledger.kit import ToldClock
from tests.unit.ledger.witnesskit import served

from plimsoll_attest import remembering
from plimsoll_attest.durable import write_file
from plimsoll_attest.home import Home
from plimsoll_attest.remembering import open_memory
from plimsoll_keys.files import generate_signer
from plimsoll_ledger.checkpoint import sign_checkpoint
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.errors import FatalSequencing
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.memory import WentBack
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.state import State


def back_up(office: Office) -> None:
    shutil.copy(office.path / "ledger.sqlite3", office.path / "backup")


def restore(office: Office) -> None:
    for suffix in ("-wal", "-shm"):
        (office.path / f"ledger.sqlite3{suffix}").unlink(missing_ok=True)
    shutil.copy(office.path / "backup", office.path / "ledger.sqlite3")


def heartbeat(office: Office) -> int:
    return office.record("heartbeat", ["org"], {}, "ceo").index


def set_up(office: Office, **settings: str) -> None:
    home = office.home
    Home(home.path, replace(home.settings, **settings)).write_settings()  # type: ignore[arg-type]


def forget(office: Office) -> None:
    """Lose what the home itself remembers."""
    (office.path / "high-water").unlink()
    for path in (office.path / "seen").iterdir():
        path.unlink()


def test_backup_append_publish_restore_append(office: Office) -> None:
    set_up(office, publish_to="public")
    back_up(office)
    with office.desk() as desk:
        size = desk.size
    heartbeat(office)
    with office.desk() as desk:
        desk.publish(office.path / "public")
    restore(office)
    for keep in ("high-water", "public/checkpoint"):
        if keep != "high-water":
            forget(office)
        with office.desk() as desk, pytest.raises(WentBack) as caught:
            desk.submit([desk.draft("heartbeat", ["org"], {}, person="rso")])
        assert str(caught.value) == (
            f"the database has {size} entries, and {office.path / keep} knows a checkpoint over {size + 1}"
        )
        assert "append nothing" in caught.value.hint
        assert "docs/guides/backup.md" in caught.value.hint
        with office.desk() as desk:
            assert desk.size == size
            with pytest.raises(WentBack):
                desk.publish(office.path / "elsewhere")
    assert not (office.path / "elsewhere").exists()


def test_what_an_author_has_seen(office: Office) -> None:
    back_up(office)
    heartbeat(office)
    heartbeat(office)  # Its author has seen the one before.
    restore(office)
    (office.path / "high-water").unlink()
    with office.desk() as desk, pytest.raises(WentBack, match="seen/ceo knows"):
        desk.submit([desk.draft("heartbeat", ["org"], {}, person="rso")])


def test_a_sound_restore_goes_on(office: Office) -> None:
    index = heartbeat(office)
    back_up(office)
    restore(office)
    assert heartbeat(office) == index + 1


def test_a_witness_remembers_what_the_home_forgot(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "WITNESSES_TIMEOUT_S", 60.0)
    signer = generate_signer("witness.example/w1")
    with office.desk() as desk:
        vkeys = desk.store.vkeys
    state = State.create(tmp_path / "witness", cosigner_vkey(signer))
    state.follow(vkeys)
    with served(Witness(state, signer, ToldClock(office.clock.now_ms()))) as found:
        write_file(office.path / "witnesses", f"{found.line('w1')}quorum w1\n".encode())
        set_up(office, witness_policy="witnesses")
        back_up(office)
        heartbeat(office)
        with office.desk() as desk:
            desk.publish(tmp_path / "public")
        restore(office)
        forget(office)
        with office.desk() as desk, desk.store.reading() as reader:
            memory = open_memory(desk.home, desk.store, ask_witnesses=True)
            with pytest.raises(WentBack, match="the witness w1 knows"):
                memory.verify(reader, desk.store.vkeys)
            memory.close()
    with office.desk() as desk, desk.store.reading() as reader:
        # It does not answer any more: that must not keep anybody from working.
        memory = open_memory(desk.home, desk.store, ask_witnesses=True)
        memory.verify(reader, desk.store.vkeys)
        memory.close()


def test_a_checkpoint_of_another_log_in_its_place(office: Office) -> None:
    set_up(office, publish_to="public")
    other = sign_checkpoint(1, Hash(bytes(32)), generate_signer(ORIGIN))
    write_file(office.path / "public" / "checkpoint", other)
    with office.desk() as desk, pytest.raises(FatalSequencing, match="is not one of this log"):
        desk.submit([desk.draft("heartbeat", ["org"], {}, person="rso")])
