"""The same ledger on PostgreSQL: by the same statements, with the head's row locked."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from tests.reference import rfc6962
from tests.unit.ledger.kit import HOUR_MS, ORIGIN, TextAdmission, ToldClock, vkey_of

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

pytest.importorskip("psycopg", reason="needs the driver psycopg")
SIGNER = generate_signer(ORIGIN)


def find_programs() -> Path | None:
    """Find the folder of initdb and pg_ctl: on the PATH, or where Debian keeps them."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((each for each in folders if (each / "initdb").exists() and (each / "pg_ctl").exists()), None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a server of our own in a temporary directory, reached by a socket there."""
    programs = find_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's programs")
    base = Path(tempfile.mkdtemp(prefix="plimsoll-postgresql-"))
    user = []
    if os.geteuid() == 0:  # PostgreSQL will not run as root.
        if subprocess.run(["id", "postgres"], check=False, capture_output=True).returncode:
            pytest.skip("needs a user who is not root")
        shutil.chown(base, "postgres")
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = str(base / "data")
    run([*user, f"{programs}/initdb", "-D", data, "-U", "plimsoll", "-A", "trust", "-E", "UTF8", "--no-sync"])
    options = f"-c listen_addresses= -c unix_socket_directories={base} -c max_prepared_transactions=0"
    run([*user, f"{programs}/pg_ctl", "-D", data, "-o", options, "-l", str(base / "log"), "-w", "start"])
    yield f"host={base}"
    stop = [*user, f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"]
    subprocess.run(stop, check=True, cwd="/")
    shutil.rmtree(base)


def run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        pytest.skip(f"PostgreSQL does not run here: {done.stderr.strip()[:200]}")


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    """Give a database of its own to each test."""
    name = f"test_{abs(hash(request.node.name))}"
    maintenance = f"postgresql+psycopg://plimsoll@/postgres?{server}"
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return f"postgresql+psycopg://plimsoll@/{name}?{server}"


@pytest.fixture
def sequencer(url: str) -> Iterator[Sequencer]:
    sequencer = create_ledger(url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
    with sequencer, sequencer.store:
        yield sequencer


def leaves(sequencer: Sequencer) -> list[bytes]:
    return [entry.leaf for entry in sequencer.store.entries()]


def edit(sequencer: Sequencer, statement: str) -> None:
    with sequencer.store.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_append_prove_publish_and_check(sequencer: Sequencer, tmp_path: Path) -> None:
    clock = sequencer._clock
    assert isinstance(clock, ToldClock)
    outcomes = sequencer.append([b"entry %d" % number for number in range(600)])
    assert [item.index for item in outcomes if isinstance(item, Appended)] == list(range(1, 601))
    clock.ms += HOUR_MS
    later = sequencer.append([b"refuse", b"entry 5", b"later"])
    assert [type(item) for item in later] == [Refused, Duplicate, Appended]
    assert [item.size for item in sequencer.store.checkpoints()] == [601]
    proven = verify_tlog_proof(sequencer.store.prove_entry(300), [vkey_of(SIGNER)])
    assert proven.entry == b"entry 299"
    assert [entry.leaf for entry in sequencer.store.by_topic("later")] == [b"later"]
    done = publish(sequencer.store, tmp_path / "public", lambda start, end: [b""] * (end - start))
    assert done.checkpoint.root == rfc6962.mth(leaves(sequencer)) == fsck(sequencer.store).root


def test_opened_again(sequencer: Sequencer, url: str) -> None:
    sequencer.append([b"one"])
    with open_store(url) as store, Sequencer(store, SIGNER, TextAdmission(), ToldClock()) as second:
        assert [type(item) for item in second.append([b"one", b"two"])] == [Duplicate, Appended]
        assert [type(item) for item in sequencer.append([b"two", b"three"])] == [Duplicate, Appended]
        fsck(store)
    assert migrate(url).is_done is False


def test_writers_queue_on_the_head(sequencer: Sequencer, url: str) -> None:
    results: list[Appended | Refused] = []

    def call(name: int) -> None:
        with open_store(url) as store, Sequencer(store, SIGNER, TextAdmission(), ToldClock()) as mine:
            for number in range(15):
                results.extend(mine.append([b"writer %d entry %d" % (name, number)]))

    threads = [threading.Thread(target=call, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item.index for item in results if isinstance(item, Appended)) == list(range(1, 61))
    fsck(sequencer.store)


def test_a_second_creation_is_refused(sequencer: Sequencer, url: str) -> None:
    with pytest.raises(LedgerExists, match="tables of a ledger already"):
        create_ledger(url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
    assert leaves(sequencer) == [b"genesis"]


def test_a_refused_genesis_leaves_no_tables(url: str) -> None:
    with pytest.raises(Refused):
        create_ledger(url, SIGNER, TextAdmission(), ToldClock(), [b"refuse"])
    with pytest.raises(NotALedger):
        open_store(url)
    sequencer = create_ledger(url, SIGNER, TextAdmission(), ToldClock(), [b"genesis"])
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
