"""All cores on one log: tiles are examined in worker processes, and their reports come back in order.

A task is four tiles. As many tasks are under way as keep the workers busy, so memory does not grow with the
log. What a worker hands back is packed: bodies travel as the bytes they were read from, and are decoded
again where they are used.
"""

import gc
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

import msgspec

from plimsoll_verify.contents import DECODERS
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.examine import Examiner, TileReport
from plimsoll_verify.limits import TILE_WIDTH
from plimsoll_verify.log import Log
from plimsoll_verify.record import Record
from plimsoll_verify.source import Source

TASK_TILES = 4
SMALL_LOG = 4096
"""Up to so many entries it takes longer to start workers than to do their work."""

_COLLECT_AFTER = 100_000

_Packed = tuple[bytes, VerificationError | None, VerificationError | None]


class _Wire(msgspec.Struct, array_like=True, gc=False):
    """A report without its errors, which only pickle can carry."""

    number: int
    records: list[Record]
    pending: list[tuple[int, bytes, bytes]]
    suspects: list[tuple[int, str]]
    introduced: dict[int, dict[str, bytes]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Wire).decode


def pack_report(report: TileReport) -> _Packed:
    """Make a report fit for another process. The report is used up."""
    for record, raw in zip(report.records, report.raws, strict=True):
        if record.body is not None:
            record.body = raw
    wire = _Wire(report.number, report.records, report.pending, report.suspects, report.introduced)
    return _encode(wire), report.tree_error, report.body_error


def unpack_report(packed: _Packed) -> TileReport:
    """Take a report from another process; `raws` stays empty."""
    encoded, tree_error, body_error = packed
    wire = _decode(encoded)
    for record in wire.records:
        if isinstance(record.body, bytes):
            record.body = DECODERS[record.kind](record.body)
    return TileReport(
        wire.number,
        wire.records,
        pending=wire.pending,
        suspects=wire.suspects,
        introduced=wire.introduced,
        tree_error=tree_error,
        body_error=body_error,
    )


class _Worker:
    """What a worker process keeps between tasks."""

    examiner: Examiner

    @classmethod
    def start(cls, source: Source, log: Log) -> None:
        # Ctrl-C goes to every process of the terminal; the parent is the one to act on it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # What a worker makes has no cycles, so looking for them often is time lost.
        gc.set_threshold(_COLLECT_AFTER)
        cls.examiner = Examiner(source, log)

    @classmethod
    def examine(cls, numbers: Sequence[int], keys: dict[str, bytes]) -> list[_Packed]:
        cls.examiner.expect(numbers)
        return [pack_report(cls.examiner.examine(number, keys)) for number in numbers]


def examine_tiles(
    source: Source,
    log: Log,
    examiner: Examiner,
    keys: dict[str, bytes],
    workers: int | None = None,
    numbers: Sequence[int] | None = None,
) -> Iterator[TileReport]:
    """Examine tiles of a log; yields their reports in order.

    Args:
        source: the published ledger.
        log: what is known of it.
        examiner: examines what this process does itself.
        keys: keys by keyid; whoever consumes the reports adds what each introduces before asking for the
            next.
        workers: how many processes; by default one for each core, and none for a small log.
        numbers: which tiles, ascending; by default all.

    Raises:
        OSError: a file could not be read.
    """
    wanted: Sequence[int] = range(-(-log.size // TILE_WIDTH)) if numbers is None else numbers
    count = _worker_count(workers, len(wanted) * TILE_WIDTH, source)
    # Most keys are enrolled at the beginning. With those the workers need to leave few signatures for later.
    own = len(wanted) if count == 1 else min(1, len(wanted))
    for at in range(0, own, TASK_TILES):
        task = wanted[at : min(at + TASK_TILES, own)]
        examiner.expect(task)
        for number in task:
            yield examiner.examine(number, dict(keys))
    if own < len(wanted):
        yield from _examine_apart(source, log, keys, count, wanted[own:])


def _examine_apart(
    source: Source, log: Log, keys: dict[str, bytes], count: int, numbers: Sequence[int]
) -> Iterator[TileReport]:
    """Examine tiles in processes; each task is sent with the keys that are known when it is sent."""
    tasks = (numbers[at : at + TASK_TILES] for at in range(0, len(numbers), TASK_TILES))
    with ProcessPoolExecutor(count, _context(), _Worker.start, (source, log)) as pool:
        under_way: deque[Future[list[_Packed]]] = deque()
        try:
            for task in tasks:
                under_way.append(pool.submit(_Worker.examine, task, dict(keys)))
                if len(under_way) > 2 * count:
                    yield from map(unpack_report, under_way.popleft().result())
            for done in under_way:
                yield from map(unpack_report, done.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _worker_count(workers: int | None, size: int, source: Source) -> int:
    if workers is not None:
        return max(1, workers)
    if size <= SMALL_LOG or not _can_be_shared(source):
        return 1
    return available_cores()


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover - macOS and Windows.


def _can_be_shared(source: Source) -> bool:
    """Say whether worker processes can have the source, too."""
    try:
        pickle.dumps(source)
    except Exception:  # noqa: BLE001 - pickling calls the source's own code, and any failure says no.
        return False
    return True


def _context() -> multiprocessing.context.BaseContext:
    # A forked child of a process with threads can hang in a lock that a thread held; a fresh process cannot.
    fresh = threading.active_count() > 1 or "fork" not in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("spawn" if fresh else "fork")
