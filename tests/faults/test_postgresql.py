"""The crash matrix on PostgreSQL: the connection is cut at each statement, before it and after it."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from tests.faults.checking import check_after, trust_of
from tests.faults.work import Acknowledged, Case, prepare
from tests.support.office import ORIGIN, Office, add_staff

from plimsoll_attest.enrol import Founding, create_ledger
from plimsoll_attest.errors import AttestError
from plimsoll_attest.home import Home, Settings
from plimsoll_attest.keyring import create_key
from plimsoll_ledger.errors import LedgerError

_KILLS = 3


class Cutter:
    """Counts the statements of all connections, and cuts one of them off at the n-th."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._at: tuple[int, bool, bool] | None = None
        self.count = 0

    def arm(self, number: int, *, after: bool, kill: bool) -> None:
        """Cut before or after the n-th statement: end its session, or kill the server's process."""
        self.count, self._at = 0, (number, after, kill)

    def disarm(self) -> None:
        self._at = None

    def around(self, driver: psycopg.Connection[Any], run: Any) -> Any:
        """Run one statement, and cut if it is its turn."""
        self.count += 1
        at = self._at
        if at is None or self.count != at[0]:
            return run()
        self._at = None
        pid = driver.info.backend_pid
        if at[1]:
            try:
                return run()
            finally:
                self._cut(pid, kill=at[2])
        self._cut(pid, kill=at[2])
        return run()

    def _cut(self, pid: int, *, kill: bool) -> None:
        if kill:
            os.kill(pid, signal.SIGKILL)  # The server ends all other sessions, and recovers.
            _wait_until_gone(pid)
        with self.connect() as admin:
            if not kill:
                admin.execute("SELECT pg_terminate_backend(%s, 60000)", (pid,))

    def connect(self) -> psycopg.Connection[Any]:
        """Connect beside the work, waiting for a server that recovers."""
        for _ in range(1200):  # A minute: recovery waits for the disk.
            try:
                return psycopg.connect(f"user=plimsoll dbname=postgres {self._server}", autocommit=True)
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise TimeoutError("the server did not come back")


def _wait_until_gone(pid: int) -> None:
    """Wait until the server knows that a process of its died: until it has recovered it lets nobody in."""
    for _ in range(6000):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.01)
    raise TimeoutError(f"the server did not take note of the end of {pid}")


@contextmanager
def counting(cutter: Cutter) -> Iterator[None]:
    """Let a cutter see each statement that goes to a driver, commits among them."""

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, *args: Any, **named: Any) -> Any:
            return cutter.around(self.connection, lambda: super(Cursor, self).execute(*args, **named))

        def executemany(self, *args: Any, **named: Any) -> Any:
            return cutter.around(self.connection, lambda: super(Cursor, self).executemany(*args, **named))

    def set_up(driver: psycopg.Connection[Any], _record: object) -> None:
        commit = driver.commit
        driver.cursor_factory = Cursor
        driver.commit = lambda: cutter.around(driver, commit)  # type: ignore[method-assign]

    event.listen(Engine, "connect", set_up)
    try:
        yield
    finally:
        event.remove(Engine, "connect", set_up)


class Databases:
    """A founded home on PostgreSQL, and copies of it with databases of their own."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._made = 0
        self._engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        self.run("DROP DATABASE IF EXISTS faults")
        self.run("CREATE DATABASE faults")
        self.case = self._found()
        self.trust = trust_of(self.case)
        with self.case.office.desk(writing=False) as desk:
            self.published = desk.size

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://plimsoll@/{name}?{self._server}"

    def run(self, statement: str) -> None:
        for _ in range(1200):
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql(statement)
            except DBAPIError:  # The server may be recovering, or a session of the template ending.
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(f"the server did not run: {statement}")

    def _found(self) -> Case:
        path = self._folder / "home"
        office = Office(path)
        create_key(Home(path, Settings(ORIGIN)), "rso", office.surroundings)
        create_ledger(path, Founding(ORIGIN, "rso", database=self.url("faults")), office.surroundings)
        add_staff(office)
        return prepare(office)

    def copy(self) -> Case:
        """Return the same case elsewhere."""
        self._made += 1
        name = f"faults_{self._made}"
        self.run(f"DROP DATABASE IF EXISTS {name}")
        self.run(f"CREATE DATABASE {name} TEMPLATE faults")
        case = self.case.copy_to(self._folder / name)
        home = case.office.home
        Home(home.path, replace(home.settings, database=self.url(name))).write_settings()
        return case

    def drop(self) -> None:
        self.run(f"DROP DATABASE faults_{self._made} WITH (FORCE)")

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def databases(postgresql_server: str, tmp_path: Path) -> Iterator[Databases]:
    found = Databases(postgresql_server, tmp_path)
    yield found
    found.close()


def meet(databases: Databases, cutter: Cutter, number: int, after: bool, *, kill: bool) -> str:
    """Let the work meet one cut, check what is left; return how the work ended."""
    case, told = databases.copy(), Acknowledged()
    ended = "ended"
    cutter.arm(number, after=after, kill=kill)
    try:
        case.work(told)
    except (LedgerError, AttestError):
        ended = "refused"
    cutter.disarm()
    cutter.connect().close()
    check_after(case, told, databases.trust, databases.published)
    databases.drop()
    told.close()
    return ended


def count_statements(databases: Databases, cutter: Cutter) -> int:
    case = databases.copy()
    cutter.count = 0
    case.work(Acknowledged())
    count = cutter.count
    databases.drop()
    return count


def test_cut_at_each_statement(databases: Databases, postgresql_server: str) -> None:
    cutter = Cutter(postgresql_server)
    every = 1 if os.environ.get("PLIMSOLL_FAULTS") == "all" else 23
    with counting(cutter):
        statements = count_statements(databases, cutter)
        assert statements > 60
        points = [(number, after) for number in range(1, statements + 1) for after in (False, True)]
        ends = [meet(databases, cutter, *point, kill=False) for point in points[::every]]
    assert "refused" in ends
    _tell(f"cut at {len(ends)} of {len(points)} points, {ends.count('refused')} reported, none lost")


def test_backends_killed(databases: Databases, postgresql_server: str) -> None:
    """SIGKILL to the server's own process: the server ends all sessions and recovers from its log."""
    cutter = Cutter(postgresql_server)
    with counting(cutter):
        statements = count_statements(databases, cutter)
        asked = os.environ.get("PLIMSOLL_FAULTS", str(_KILLS))  # A number, spread over all statements.
        kills = statements if asked == "all" else int(asked)
        points = [(1 + at * statements // kills, at % 2 == 0) for at in range(kills)]
        try:
            ends = [meet(databases, cutter, *point, kill=True) for point in points]
        except PermissionError:
            pytest.skip("the server's processes are another user's")
    assert "refused" in ends
    _tell(f"backends killed at {len(ends)} points, {ends.count('refused')} reported, none lost")


def _tell(line: str) -> None:
    """Keep a line for whoever counts (`make faults` shows it)."""
    sys.stdout.write(line + "\n")
