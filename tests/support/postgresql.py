"""A PostgreSQL server of our own, from Debian's packages, in a temporary folder; a database for each test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine

_PATIENT = ["-w", "-t", "300"]
"""For pg_ctl: wait for up to five minutes, since a machine may have much else to do."""


def find_programs() -> Path | None:
    """Find the folder of initdb and pg_ctl: on the PATH, or where Debian keeps them."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((each for each in folders if (each / "initdb").exists() and (each / "pg_ctl").exists()), None)


class Unavailable(Exception):
    """PostgreSQL does not run here; says why."""


@pytest.fixture(scope="session", name="postgresql_server")
def server() -> Iterator[str]:
    """Run a server of our own, reached by a socket in a temporary folder."""
    with ExitStack() as exits:
        try:
            found = exits.enter_context(run_server())
        except Unavailable as error:
            pytest.skip(str(error))
        yield found


@contextmanager
def run_server() -> Iterator[str]:
    """Run a server while the block runs; give what a URL says to reach it.

    Raises:
        Unavailable: If it does not run here.
    """
    programs = find_programs()
    if programs is None:
        raise Unavailable("needs PostgreSQL's programs")
    base = Path(tempfile.mkdtemp(prefix="plimsoll-postgresql-"))
    user = []
    if os.geteuid() == 0:  # PostgreSQL will not run as root.
        if subprocess.run(["id", "postgres"], check=False, capture_output=True).returncode:
            raise Unavailable("needs a user who is not root")
        shutil.chown(base, "postgres")
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = str(base / "data")
    run([*user, f"{programs}/initdb", "-D", data, "-U", "plimsoll", "-A", "trust", "-E", "UTF8", "--no-sync"])
    options = f"-c listen_addresses= -c unix_socket_directories={base} -c max_prepared_transactions=0"
    run([*user, f"{programs}/pg_ctl", "-D", data, "-o", options, "-l", str(base / "log"), *_PATIENT, "start"])
    try:
        yield f"host={base}"
    finally:
        stop = [*user, f"{programs}/pg_ctl", "-D", data, "-m", "immediate", *_PATIENT, "stop"]
        subprocess.run(stop, check=True, cwd="/", capture_output=True)
        shutil.rmtree(base)


def run(command: list[str]) -> None:
    """Run one of the server's programs."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise Unavailable(f"PostgreSQL does not run here: {done.stderr.strip()[:200]}")


@pytest.fixture
def postgresql_url(postgresql_server: str, request: pytest.FixtureRequest) -> str:
    """Give a database of its own to each test."""
    return new_database(postgresql_server, f"test_{abs(hash(request.node.nodeid))}")


def new_database(server: str, name: str) -> str:
    """Make a database; return its URL."""
    maintenance = f"postgresql+psycopg://plimsoll@/postgres?{server}"
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return f"postgresql+psycopg://plimsoll@/{name}?{server}"
