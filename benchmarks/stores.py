"""The same appends on PostgreSQL and on SQLite: batches of 256, and one at a time, both durable."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.postgresql import Unavailable, new_database, run_server

from benchmarks.make_ledger import Clock, SeededSigner
from benchmarks.proving import BlobSeal
from benchmarks.rounds import Comparison, compare
from plimsoll_ledger.sequencer import Sequencer, create_ledger

_BATCH = 256
_BATCHES = 4
_SINGLES = 50


def _log(url: str) -> Sequencer:
    return create_ledger(
        url, SeededSigner("bench.example/stores", "stores"), BlobSeal(), Clock(), [b"genesis"]
    )


def _append(sequencer: Sequencer, count: int, batch: int) -> Callable[[], object]:
    def run() -> None:
        for _ in range(0, count, batch):
            for outcome in sequencer.append([os.urandom(600) for _ in range(batch)]):
                if isinstance(outcome, Exception):
                    raise outcome

    return run


def measure(folder: Path, rounds: int) -> Iterator[Comparison]:
    """Yield both comparisons, or nothing where PostgreSQL does not run."""
    try:
        with run_server() as server:
            ours = _log(new_database(server, "stores"))
            beside = _log(f"sqlite:///{folder / 'stores.sqlite3'}")
            for name, count, batch in (
                ("PostgreSQL beside SQLite, batches of 256, each", _BATCH * _BATCHES, _BATCH),
                ("PostgreSQL beside SQLite, one at a time", _SINGLES, 1),
            ):
                made = (_append(log, count, batch) for log in (ours, beside))
                yield compare(name, *made, wanted=2, most=True, rounds=rounds, per=(count, count))
            for log in (ours, beside):
                log.close()
                log.store.close()
    except Unavailable as error:
        print(f"PostgreSQL is not measured: {error}")
