"""Create a ledger's database, or nothing at all.

All tables are made in one transaction, in a place where there is nothing yet. What fails is cleaned up;
a crash leaves an SQLite file without tables, in which creation may begin again. The first entry is the
sequencer's to append, see `sequencer.create_ledger`.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect

from plimsoll_keys.vkey import VKey, format_vkey
from plimsoll_ledger.database import WRITES, connect, parse_url, sqlite_path, translate_errors
from plimsoll_ledger.errors import LedgerExists, NotALedger, StorageFailed
from plimsoll_ledger.hashing import EMPTY_ROOT
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S
from plimsoll_ledger.models import METADATA, SCHEMA, HeadRow, LogKeyRow, MetaRow, table
from plimsoll_ledger.store import Store, open_store, use_write_ahead_log

_META = table(MetaRow)
_LOG_KEY = table(LogKeyRow)


def create_store(url: str, vkey: VKey, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Store:
    """Create the database of a log without entries, which has no checkpoint yet.

    Args:
        url: An SQLAlchemy URL. An SQLite file is made; any other database must exist.
        vkey: The log's key; its name is the log's origin.
        timeout_s: How long a writer waits for another, in seconds.

    Raises:
        LedgerExists: if a ledger is there already, or another file.
        StorageFailed, StorageFull: if it cannot be written; then nothing is left behind.
    """
    parsed = parse_url(url)
    path = sqlite_path(parsed)
    engine = connect(parsed, timeout_s=timeout_s)
    lock_path = None if path is None else path.parent / "lock"
    try:
        _refuse_taken(engine, path)
        try:
            with translate_errors(engine.dialect, lock_path):
                use_write_ahead_log(engine)
                # One transaction: a crash leaves a database without tables, in which we may begin again.
                with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
                    _create(connection, vkey)
        except StorageFailed:
            engine.dispose()
            if path is not None:
                _remove_sqlite(path)
            raise
    finally:
        engine.dispose()
    return open_store(url, timeout_s=timeout_s)


def _refuse_taken(engine: Engine, path: Path | None) -> None:
    """Refuse a file that is anything but a database without tables, or a database with our tables.

    Raises:
        LedgerExists: if it is; nothing was changed.
    """
    hint = "choose another place"
    if path is not None and not path.exists():
        return
    try:
        with translate_errors(engine.dialect, None), engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
    except NotALedger as error:
        raise LedgerExists(f"there is a file already, and no database: {path}", hint=hint) from error
    if path is not None and tables:
        raise LedgerExists(f"there is a database already: {path}", hint=hint)
    if taken := tables & set(METADATA.tables):
        names = ", ".join(sorted(taken))
        raise LedgerExists(f"the database has tables of a ledger already: {names}", hint=hint)


def _create(connection: Connection, vkey: VKey) -> None:
    if set(inspect(connection).get_table_names()) & set(METADATA.tables):
        raise LedgerExists("another process has just created a ledger there")
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(insert(_META).values(id=1, schema_number=SCHEMA, origin=vkey.name))
    connection.execute(insert(_LOG_KEY).values(number=0, vkey=format_vkey(vkey)))
    head = {"id": 1, "size": 0, "root": bytes(EMPTY_ROOT), "time_ms": 0, "note": b"", "tail": b""}
    connection.execute(insert(table(HeadRow)).values(head))


def discard_empty(store: Store) -> None:
    """Close a store, and remove its database if the log never got an entry."""
    if store.size:
        store.close()
        return
    path = sqlite_path(store.engine.url)
    if path is None:
        with store.translated():
            METADATA.drop_all(store.engine)
        store.close()
        return
    store.close()
    _remove_sqlite(path)


def _remove_sqlite(path: Path) -> None:
    for suffix in ("-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
