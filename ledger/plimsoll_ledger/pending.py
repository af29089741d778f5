"""Submit from anywhere, sequence in one place: a table of blobs that wait for the leader.

A submitter on any host inserts its blobs, durably, and waits. The leader takes up to 256 that wait, in the
order in which they came, appends them in one transaction (so that all submitters of all hosts share its
commit), and writes down what became of each. Submitters and leader wake each other by NOTIFY.

A crash at any point loses nothing and appends nothing twice:

    blobs inserted       they wait for whoever leads next
    appended             the next leader appends them again, and is told the index: `Duplicate`
    outcomes written     the submitter reads them
    outcomes removed     by the submitter; those of one that has died, by the leader after an hour

The table stands beside the ledger's own, on PostgreSQL only. Each blob is admitted for itself; what
shall be appended all or not at all goes to a sequencer directly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from plimsoll_ledger.batch import Appended
from plimsoll_ledger.errors import Busy, Duplicate, LedgerError, Refused, StorageFailed
from plimsoll_ledger.leading import NotLeading
from plimsoll_ledger.sequencer import MAX_BATCH, Sequencer
from plimsoll_ledger.store import Store

_CHANNEL_IN, _CHANNEL_OUT = "plimsoll_pending", "plimsoll_answered"
_WAIT_S = 0.25  # A notification that got lost with its connection costs no more than this.
_KEPT = timedelta(hours=1)

_PENDING = Table(
    "pending",
    MetaData(),
    Column("number", BigInteger, primary_key=True, autoincrement=True),
    Column("blob", LargeBinary, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("outcome", Text),  # NULL as long as it waits.
    Column("index", BigInteger),
    Column("reason", Text),
    Column("hint", Text),
)
_ANSWER = (
    update(_PENDING)
    .where(_PENDING.c.number == bindparam("at"), _PENDING.c.outcome.is_(None))
    .values(
        outcome=bindparam("what"), index=bindparam("where"), reason=bindparam("why"), hint=bindparam("help")
    )
)

Outcome = Appended | Refused


def prepare_pending(store: Store) -> None:
    """Make the table of what waits, if it is not there.

    Raises:
        ValueError: if the log is not on PostgreSQL.
        StorageFailed: if it cannot be made.
    """
    if store.engine.dialect.name != "postgresql":
        raise ValueError("submissions wait in PostgreSQL only; on SQLite the home's lock is waited for")
    with store.translated(), store.engine.begin() as connection:
        # Two that start at once would both find it missing.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7310868735417148517)")
        _PENDING.metadata.create_all(connection)


def submit(
    store: Store,
    blobs: Sequence[bytes],
    *,
    timeout_s: float = 30.0,
    monotonic: Callable[[], float] = time.monotonic,
) -> list[Outcome]:
    """Leave blobs for the leader, and return what became of each once all are durable or refused.

    Args:
        store: The log, on PostgreSQL.
        blobs: What to append.
        timeout_s: How long to wait for all answers, in seconds.
        monotonic: The clock to wait by.

    Returns:
        For each blob `Appended`, `Duplicate` with its index (also where an earlier leader appended it and
        died before it could say so), or why it was refused.

    Raises:
        Busy: if there was no answer in time; what was left still waits, and is appended once somebody leads.
        StorageFailed: if the database failed; submitting again is safe.
    """
    deadline = monotonic() + timeout_s
    with store.translated(), store.engine.connect() as connection:
        with _listening(connection, _CHANNEL_OUT) as wait:
            rows = [{"blob": blob} for blob in blobs]
            with connection.begin():
                made = connection.execute(
                    insert(_PENDING).returning(_PENDING.c.number, sort_by_parameter_order=True), rows
                )
                numbers = [int(number) for number in made.scalars()]
                connection.exec_driver_sql(f"NOTIFY {_CHANNEL_IN}")
            while (answers := _answers(connection, numbers)) is None:
                if monotonic() >= deadline:
                    raise Busy(
                        f"nobody has sequenced {len(numbers)} submissions within {timeout_s:g} s",
                        hint="they wait for whoever leads next; submitting them again is safe",
                    )
                wait(min(_WAIT_S, max(0.0, deadline - monotonic())))
        with connection.begin():
            connection.execute(delete(_PENDING).where(_PENDING.c.number.in_(numbers)))
    return [_to_outcome(store, answers[number]) for number in numbers]


def _answers(connection: Connection, numbers: Sequence[int]) -> dict[int, Any] | None:
    query = select(_PENDING).where(_PENDING.c.number.in_(numbers), _PENDING.c.outcome.is_not(None))
    with connection.begin():
        found = {row.number: row for row in connection.execute(query)}
    return found if len(found) == len(numbers) else None


def _to_outcome(store: Store, row: Any) -> Outcome:
    if row.outcome == "refused":
        return Refused(row.reason, hint=row.hint)
    if row.outcome == "duplicate":
        return Duplicate(row.index)
    entry = store.entry(row.index)
    return Appended(entry.index, entry.leaf, entry.ident, entry.time_ms)


class Leader:
    """Stands by, leads when it can, and sequences what waits, until it is told to stop."""

    def __init__(
        self,
        store: Store,
        open_sequencer: Callable[[], Sequencer],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the log, and how to open a sequencer over it.

        Args:
            store: The log, on PostgreSQL.
            open_sequencer: Opens a sequencer that leads (`stand_by_s`), anew after each failure.
            sleep: How to pass the time after a failure.
        """
        self._store = store
        self._open = open_sequencer
        self._sleep = sleep
        self.leads = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Lead whenever nobody else does, until `stop` is set; failures of the database are waited out.

        Raises:
            FatalSequencing: if storage and head disagree: then nobody must lead.
        """
        while not stop.is_set():
            try:
                with self._open() as sequencer:
                    sequencer.lead()
                    prepare_pending(self._store)
                    self.leads.set()
                    self._lead(sequencer, stop)
            except NotLeading:
                continue
            except (StorageFailed, Busy):
                self._sleep(_WAIT_S)
            finally:
                self.leads.clear()

    def _lead(self, sequencer: Sequencer, stop: threading.Event) -> None:
        with self._store.translated(), self._store.engine.connect() as connection:
            with connection.begin():
                old = _PENDING.c.since < func.now() - _KEPT
                connection.execute(delete(_PENDING).where(_PENDING.c.outcome.is_not(None), old))
            with _listening(connection, _CHANNEL_IN) as wait:
                while not stop.is_set():
                    if not drain(self._store, sequencer):
                        sequencer.lead()
                        wait(_WAIT_S)


def drain(store: Store, sequencer: Sequencer) -> int:
    """Append what waits, at most 256 blobs; return how many were answered.

    Raises:
        LedgerError: if they could not be appended now; they go on waiting.
    """
    query = (
        select(_PENDING.c.number, _PENDING.c.blob)
        .where(_PENDING.c.outcome.is_(None))
        .order_by(_PENDING.c.number)
        .limit(MAX_BATCH)
    )
    with store.translated(), store.engine.connect() as connection:
        with connection.begin():
            rows = connection.execute(query).fetchall()
        if not rows:
            return 0
        outcomes = _append(sequencer, [bytes(row.blob) for row in rows])
        answers = [_answer(row.number, outcome) for row, outcome in zip(rows, outcomes, strict=True)]
        with connection.begin():
            connection.execute(_ANSWER, answers)
            connection.exec_driver_sql(f"NOTIFY {_CHANNEL_OUT}")
    return len(rows)


def _append(sequencer: Sequencer, blobs: list[bytes]) -> list[Outcome]:
    try:
        return sequencer.append(blobs)
    except LedgerError:
        raise
    except Exception:  # noqa: BLE001 - one blob that breaks the admission must not hold up all others.
        return [_append_alone(sequencer, blob) for blob in blobs]


def _append_alone(sequencer: Sequencer, blob: bytes) -> Outcome:
    try:
        return sequencer.append([blob])[0]
    except LedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - its submitter hears of it, the others go on.
        return Refused(f"admitting it failed: {type(error).__name__}", hint="report this as a bug")


def _answer(number: int, outcome: Outcome) -> dict[str, Any]:
    answer: dict[str, Any] = {"at": number, "what": "appended", "where": None, "why": None, "help": None}
    if isinstance(outcome, Appended):
        return answer | {"where": outcome.index}
    if isinstance(outcome, Duplicate):
        return answer | {"what": "duplicate", "where": outcome.index}
    return answer | {"what": "refused", "why": outcome.reason, "help": outcome.hint}


@contextmanager
def _listening(connection: Connection, channel: str) -> Iterator[Callable[[float], None]]:
    """Listen on a channel while the block runs; give what waits for a notification, for some seconds."""
    with connection.begin():
        connection.exec_driver_sql(f"LISTEN {channel}")
    driver: Any = connection.connection.driver_connection

    def wait(seconds: float) -> None:
        # Outside a transaction: within one, nothing that others commit would be heard.
        for _ in driver.notifies(timeout=seconds, stop_after=1):
            pass

    try:
        yield wait
    finally:
        if not connection.invalidated and not driver.closed:
            with connection.begin():
                connection.exec_driver_sql(f"UNLISTEN {channel}")
