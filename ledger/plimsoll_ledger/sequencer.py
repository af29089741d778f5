"""Append entries: the only code that advances the tree.

`Sequencer.append` takes blobs through these steps. What a crash, a full disk or a killed process leaves
behind at each of them follows from two facts: steps 3 to 9 are one database transaction, and nothing
is acknowledged before it has committed with synchronous=FULL.

    1  precheck      each blob alone, on all cores, outside the section            leaves nothing
       keep          what comes with them is brought to disk                       what nothing names
    2  queue         callers of this process wait for the section; whoever enters
                     takes up to 256 waiting blobs along (group commit)            leaves nothing
    3  lock          BEGIN IMMEDIATE, or SELECT ... FOR UPDATE of the head: from
                     here no other process can move it                             leaves nothing
    4  check         if the head is not the one we left, the tiles' right edge is
                     read, and must give the head's root; the head's note must be
                     signed by the log's key; the last entry must be the last leaf;
                     the log must extend every checkpoint known outside of it      leaves nothing
    5  admit         the clock is read; `Admission` says which blobs become which
                     entries, against exactly the entries before them              leaves nothing
    6  entries       inserted; an identity that is there already undoes everything
                     and the batch is admitted again without it                    rolled back
    7  tiles         the right edge grows, full tiles are cut off                  rolled back
    8  sign          the new root is signed                                        a signature that
                     nobody outside this process has seen                          rolled back
    9  head          moved by compare-and-swap on its size, then COMMIT            all or nothing
    10 note          the head goes into the high-water file, see `memory`          that file one head behind
    11 acknowledge   the callers get their indexes

Between 9 and 11 a crash leaves entries that are in the log though their callers never heard: they
submit again and are refused as `Duplicate`, with the index. The same happens where COMMIT reports an
error although it took effect. After any error everything remembered is dropped, and the next batch
starts at step 4 with the full check.

A signed checkpoint that was rolled back is no fork: it left the process only if the transaction
committed. A database that was put back to an earlier state *as a whole* is sound in itself; step 4
therefore also compares it with what is remembered outside of it (`memory`).

Time is read once a batch, inside the section, and never goes back: a clock behind the last entry
refuses the batch (`ClockBehind`), since an entry's time is a statement to others. A clock more than a day
past the last entry is compared with others' first, where there are any to be asked (`plausible`); that
happens between two tries, while nothing is locked for other processes.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.admission import Admission
from plimsoll_ledger.batch import (
    AdmitAgain,
    Appended,
    Job,
    Request,
    Staged,
    admit_batch,
    refuse_together,
    settle_outcomes,
)
from plimsoll_ledger.checkpoint import sign_checkpoint
from plimsoll_ledger.clock import Clock
from plimsoll_ledger.create import create_store, discard_empty
from plimsoll_ledger.edge import RightEdge
from plimsoll_ledger.errors import (
    Conflict,
    Duplicate,
    FatalSequencing,
    Refused,
    RowExists,
    StorageFailed,
)
from plimsoll_ledger.hashing import leaf_hash
from plimsoll_ledger.headcheck import verify_head
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S
from plimsoll_ledger.memory import Memory
from plimsoll_ledger.plausible import ClockDoubted, ClockGuard, ClockProof
from plimsoll_ledger.reading import Head
from plimsoll_ledger.store import Store
from plimsoll_ledger.tiles import Tile
from plimsoll_ledger.writing import Transaction

__all__ = ["MAX_BATCH", "Appended", "Sequencer", "create_ledger"]

MAX_BATCH = 256
"""The most blobs that one transaction takes from different callers, or from one that is not atomic."""

_MAX_LOST_HEADS = 8
_HOUR_MS = 3_600_000
_POOL_FROM = 16  # Fewer blobs than this are checked sooner by the caller's own thread.
_CHUNK = 16


class _LostHead(Exception):
    """The compare-and-swap found another head than the one that was locked."""


class Sequencer:
    """Appends blobs to one log, for any number of threads; other processes may append as well."""

    def __init__(
        self,
        store: Store,
        signer: Signer,
        admission: Admission,
        clock: Clock,
        *,
        workers: int | None = None,
        clock_proof: ClockProof | None = None,
        memory: Memory | None = None,
        stand_by_s: float | None = None,
    ) -> None:
        """Take over a log, after checking that its storage and its head agree.

        Args:
            store: The log's database; stays the caller's to close.
            signer: The log's key; its name is the log's origin.
            admission: What decides which blobs become entries.
            clock: Where entries' times come from.
            workers: Threads that precheck large batches; by default one a core.
            clock_proof: Whom to ask for the time after a pause of more than a day; None to believe the clock.
            memory: What is known of the log outside its database; closed with the sequencer.
            stand_by_s: How long to wait for the lead among several sequencers, in seconds; see `leading`.
                None to append without leading: safe, though each batch may then find another head.

        Raises:
            FatalSequencing: if storage and head disagree, or the key is not the log's newest.
            WentBack: if the log does not extend a checkpoint that is known outside of it.
        """
        if not store.vkeys or VKey.of(signer) != store.vkeys[-1]:
            raise FatalSequencing(
                f"the key of {signer.name} is not the key that signs the log {store.origin}",
                hint="use the key that this log was created with",
            )
        self._store = store
        self._signer = signer
        self._admission = admission
        self._clock = ClockGuard(clock, clock_proof)
        self._memory = memory or Memory()
        self._writer = store.writer(stand_by_s=stand_by_s)
        self._section = threading.Lock()
        self._queue: deque[Request] = deque()
        self._workers = workers or os.cpu_count() or 1
        # Its threads start when there is first something for them to do.
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="plimsoll-precheck")
        self._head: Head | None = None
        self._edge: RightEdge | None = None
        with store.reading() as reader:
            verify_head(reader, store.vkeys)
            self._memory.verify(reader, store.vkeys)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def store(self) -> Store:
        """Return the log's database."""
        return self._store

    def lead(self) -> None:
        """Wait for the lead where it is wanted, or see that we still have it; `append` does so by itself.

        Raises:
            NotLeading: if another sequencer leads, and went on leading for as long as we would wait.
            StorageFailed: if the database cannot be reached; then the lead is lost, too.
        """
        with self._section, self._store.translated(), self._writer.transaction() as transaction:
            transaction.head()

    def close(self) -> None:
        """Give up the connection and the threads; the store stays open."""
        with self._section:
            self._forget()
            self._writer.close()
        self._pool.shutdown()
        self._memory.close()

    def append(self, blobs: Sequence[bytes], *, atomic: bool = False) -> list[Appended | Refused]:
        """Append blobs, in order; return when what is returned as appended is durable.

        Args:
            blobs: What to append. More than 256 are appended in several transactions, unless atomic:
                an error then leaves whole transactions before it; submitting all again is safe.
            atomic: Whether one refusal refuses all.

        Returns:
            For each blob the entry it became, or why it was refused.

        Raises:
            ClockBehind: if the clock is behind the last entry.
            ClockUnproven: if it is more than a day past it, and nobody who can be asked says the same.
            Busy, Conflict, StorageFull, StorageFailed: if it could not be done now.
            FatalSequencing: if it must not be done: storage and head disagree.
        """
        request = Request(atomic)
        passed: list[Any] = []
        for outcome in self._precheck(blobs):
            if isinstance(outcome, Refused):
                request.jobs.append(Job(request, outcome, settled=outcome))
            else:
                request.jobs.append(Job(request, outcome))
                passed.append(outcome)
        if not passed or (atomic and len(passed) < len(request.jobs)):
            refuse_together(request)
        else:
            self._admission.keep(passed)
            self._queue.append(request)
            try:
                with self._section:
                    while not request.is_done:
                        self._commit_batch(self._take_batch())
            except BaseException as error:
                request.fail(error)  # Ctrl-C while waiting: whoever takes it off the queue passes it over.
                raise
        if request.error is not None:
            raise request.error
        return [job.outcome for job in request.jobs if job.outcome is not None]

    def _precheck(self, blobs: Sequence[bytes]) -> list[Any]:
        """Check each blob alone; a refusal stands in its place."""
        if len(blobs) < _POOL_FROM or self._workers == 1:
            return self._precheck_chunk(blobs)
        waiting = iter(range(0, len(blobs), _CHUNK))
        done: dict[int, list[Any]] = {}

        def check() -> None:
            while (at := next(waiting, None)) is not None:
                done[at] = self._precheck_chunk(blobs[at : at + _CHUNK])

        # This thread is one of the workers: one more than there are cores only takes turns with the others.
        helpers = [self._pool.submit(check) for _ in range(self._workers - 1)]
        check()
        for helper in helpers:
            helper.result()
        return [outcome for at in sorted(done) for outcome in done[at]]

    def _precheck_chunk(self, blobs: Sequence[bytes]) -> list[Any]:
        outcomes: list[Any] = []
        for blob in blobs:
            try:
                outcomes.append(self._admission.precheck(blob))
            except Refused as refusal:
                outcomes.append(refusal)
        return outcomes

    def _take_batch(self) -> list[Job]:
        """Take the next blobs off the queue, first come first served.

        An atomic request is always alone: taking it back must not touch anybody else's entries.
        """
        batch: list[Job] = []
        while self._queue and len(batch) < MAX_BATCH:
            request = self._queue[0]
            if request.atomic and batch:
                break
            room = len(request.jobs) if request.atomic else MAX_BATCH - len(batch)
            taken = request.jobs[request.taken : request.taken + room]
            request.taken += len(taken)
            batch += taken
            if request.taken == len(request.jobs):
                self._queue.popleft()
            if request.atomic:
                break
        return batch

    def _commit_batch(self, batch: Sequence[Job]) -> None:
        """Append a batch and settle its outcomes; an error becomes that of each request in it."""
        try:
            settle_outcomes(batch, self._commit_until_done(batch))
        except Exception as error:  # noqa: BLE001 - handed to each caller, who raises it.
            self._fail(batch, error)
        except BaseException:
            # Ctrl-C hits one thread; the others must not wait for an answer that never comes.
            self._fail(
                batch,
                StorageFailed(
                    "appending was interrupted", hint="try again: what is in the log is not taken twice"
                ),
            )
            raise
        for job in batch:
            job.request.is_done |= job.request.taken == len(job.request.jobs)

    def _fail(self, batch: Sequence[Job], error: BaseException) -> None:
        for request in dict.fromkeys(job.request for job in batch):
            if self._queue and self._queue[0] is request:  # Its later blobs.
                self._queue.popleft()
            request.fail(error)

    def _commit_until_done(self, batch: Sequence[Job]) -> Staged:
        """Try until the batch is committed, or nothing of it is left, or the head was lost too often."""
        lost = 0
        while lost < _MAX_LOST_HEADS:
            staged = Staged()
            try:
                with self._store.translated():
                    return self._commit_once(batch, staged)
            except AdmitAgain:
                continue
            except ClockDoubted as doubt:
                self._clock.prove(doubt.head)
            except RowExists as error:
                self._settle_duplicates(staged, error)
            except _LostHead:
                lost += 1
        raise Conflict(
            f"another process moved the head {lost} times while we tried to",
            hint="try again: nothing was appended",
        )

    def _commit_once(self, batch: Sequence[Job], staged: Staged) -> Staged:
        """Run steps 3 to 10. On any error all that was remembered is dropped."""
        try:
            with self._writer.transaction() as transaction:
                head = transaction.lock_head()
                edge = self._edge_at(transaction, head)
                time_ms = self._clock.read(head)
                self._admission.begin(transaction)
                admitted = admit_batch(self._admission, batch, head.size, time_ms)
                staged.jobs, staged.entries = admitted.jobs, admitted.entries
                if staged.entries:
                    head = self._write(transaction, head, edge, staged)
                else:
                    self._admission.abort()
            if staged.entries:
                self._memory.hold(head.size, head.note)
        except BaseException:
            self._forget()
            raise
        self._head, self._edge = head, edge
        return staged

    def _edge_at(self, transaction: Transaction, head: Head) -> RightEdge:
        """Return the right edge of the tree under the head, which the caller may grow."""
        edge, self._edge = self._edge, None
        if edge is None or head != self._head:
            edge = verify_head(transaction, self._store.vkeys)
            self._memory.verify(transaction, self._store.vkeys)
        return edge

    def _write(self, transaction: Transaction, head: Head, edge: RightEdge, staged: Staged) -> Head:
        """Write entries, tiles and head; return the new head."""
        tiles: list[tuple[Tile, bytes]] = []
        for entry in staged.entries:
            tiles += edge.append(leaf_hash(entry.leaf))
        time_ms, root = staged.entries[-1].time_ms, edge.root()
        note = sign_checkpoint(edge.size, root, self._signer)
        new_head = Head(edge.size, root, time_ms, note, edge.tail())
        if head.size and head.time_ms // _HOUR_MS != time_ms // _HOUR_MS:
            # The last checkpoint of each hour stays, so that whatever later proves *its* time bounds
            # the times of all entries of that hour.
            transaction.retain(head, published=False)
        with transaction.sent_together():
            transaction.insert_entries(staged.entries)
            transaction.write_tiles(tiles + edge.rows(head.size), head.size)
            if not transaction.move_head(head.size, new_head):
                raise _LostHead
        return new_head

    def _settle_duplicates(self, staged: Staged, error: RowExists) -> None:
        """Mark the staged blobs whose identity the log has already.

        Raises:
            FatalSequencing: if there is none: then a row is there that the head does not know of.
        """
        with self._store.reading() as reader:
            found = [reader.find_ident(entry.ident) for entry in staged.entries]
        for job, index in zip(staged.jobs, found, strict=True):
            if index is not None:
                job.settled = Duplicate(index)
        if all(index is None for index in found):
            raise FatalSequencing(
                f"an entry that should be new collides with a stored one: {error}",
                hint="run `plimsoll fsck`",
            ) from error

    def _forget(self) -> None:
        """Drop what was derived from entries that did not commit, or may not have."""
        self._head = self._edge = None
        self._admission.abort()


def create_ledger(
    url: str,
    signer: Signer,
    admission: Admission,
    clock: Clock,
    blobs: Sequence[bytes],
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Sequencer:
    """Create a log with its first entries, all of them or no log at all.

    The first signed checkpoint is over these entries: a log without entries has none.

    Args:
        url: Where: an SQLAlchemy URL.
        signer: The log's key; its name becomes the log's origin.
        admission: What decides which blobs become entries.
        clock: Where entries' times come from.
        blobs: The first entries; of a Plimsoll log exactly one, the genesis.
        timeout_s: How long a writer waits for another, in seconds.

    Returns:
        A sequencer. The caller closes it and its `store`.

    Raises:
        Refused: if one was not admitted; nothing is left behind.
        LedgerExists, StorageFailed, StorageFull: if the database could not be made.
    """
    if not blobs:
        raise ValueError("a log is created with its first entry")
    store = create_store(url, VKey.of(signer), timeout_s=timeout_s)
    sequencer = None
    try:
        sequencer = Sequencer(store, signer, admission, clock)
        for outcome in sequencer.append(blobs, atomic=True):
            if isinstance(outcome, Refused):
                raise outcome
    except BaseException:
        if sequencer is not None:
            sequencer.close()
        discard_empty(store)
        raise
    return sequencer
