"""Group commit across requests: what many clients submit at once goes to the sequencer together.

Two threads take turns: while one waits for the disk in the section that moves the head, the other checks the
signatures of the next batch on all cores. A request's answer is certain once its future has a result: then
what was appended is durable.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from plimsoll_ledger.errors import Duplicate, LedgerError, Refused
from plimsoll_ledger.sequencer import MAX_BATCH, Appended, Sequencer
from plimsoll_ledger.service.intake import Intake
from plimsoll_ledger.service.wire import Item, Rejected

THREADS = 2
Outcome = Appended | Refused
Outcomes = list[Outcome]


@dataclass(slots=True, eq=False)
class _Request:
    items: Sequence[Item]
    atomic: bool
    future: asyncio.Future[Outcomes]


class Gatherer:
    """Hands submissions to a sequencer, as many at once as there are."""

    def __init__(self, sequencer: Sequencer, intake: Intake, *, max_waiting: int, retry_after_s: int) -> None:
        """Start the threads.

        Args:
            sequencer: The log's; stays the caller's to close, after this.
            intake: Takes the documents.
            max_waiting: Statements that may wait.
            retry_after_s: What clients are told when it is full.
        """
        self._sequencer = sequencer
        self._intake = intake
        self._max_waiting = max_waiting
        self._retry_after_s = retry_after_s
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Request] = deque()
        self._waiting = 0
        self._closing = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"plimsoll-gather-{number}") for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Return how many statements wait for their turn."""
        return self._waiting

    @property
    def is_alive(self) -> bool:
        """Say whether submissions are being taken."""
        return not self._closing and all(thread.is_alive() for thread in self._threads)

    def submit(self, items: Sequence[Item], *, atomic: bool) -> asyncio.Future[Outcomes]:
        """Queue statements; the future has an outcome for each, or the error that befell all.

        To be called in the event loop. Whoever stops waiting takes nothing back: others share the batch.

        Raises:
            Rejected: if too many wait, or it is closing.
        """
        # One alone is as good as atomic, and can then share a transaction with others.
        request = _Request(items, atomic and len(items) > 1, self._loop.create_future())
        with self._changed:
            if self._closing:
                raise Rejected(503, "stopping", "the service is stopping", retry_after_s=self._retry_after_s)
            if self._waiting + len(items) > self._max_waiting:
                raise Rejected(
                    503, "busy", f"{self._waiting} statements wait already", retry_after_s=self._retry_after_s
                )
            self._queue.append(request)
            self._waiting += len(items)
            self._changed.notify()
        return request.future

    def close(self) -> None:
        """Take nothing more, finish what waits, and return when it is answered."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while batch := self._take():
            self._answer(batch)

    def _answer(self, batch: list[_Request]) -> None:
        found: Outcomes | BaseException
        try:
            found = self._append(batch)
        except BaseException as error:  # noqa: BLE001 - each client is told; the thread goes on.
            if len(batch) > 1 and not isinstance(error, LedgerError):
                # A mistake of ours over one blob must not become everybody's.
                for request in batch:
                    self._answer([request])
                return
            found = error
        # One call for all: waking the event loop costs more than an answer.
        self._loop.call_soon_threadsafe(_settle, batch, found)

    def _take(self) -> list[_Request]:
        """Return requests that go to the sequencer together; an atomic one is alone. None at the end."""
        with self._changed:
            while not self._queue and not self._closing:
                self._changed.wait()
            batch: list[_Request] = []
            count = 0
            while self._queue:
                request = self._queue[0]
                if batch and (request.atomic or count + len(request.items) > MAX_BATCH):
                    break
                batch.append(self._queue.popleft())
                count += len(request.items)
                if request.atomic:
                    break
            self._waiting -= count
            return batch

    def _append(self, batch: list[_Request]) -> Outcomes:
        items = [item for request in batch for item in request.items]
        for item in items:
            self._intake.offer(item.documents)
        try:
            blobs = [item.envelope for item in items]
            outcomes = self._append_atomic(blobs) if batch[0].atomic else self._sequencer.append(blobs)
        except BaseException:
            # Whether it took effect may not be known: what was kept stays, or an entry could lack its body.
            for item in items:
                self._intake.settle(item.documents, is_taken=True)
            raise
        for item, outcome in zip(items, outcomes, strict=True):
            self._intake.settle(item.documents, is_taken=isinstance(outcome, Appended | Duplicate))
        return outcomes

    def _append_atomic(self, blobs: Sequence[bytes]) -> Outcomes:
        """Append what the log has not yet, all or nothing: so that submitting again has the same answer."""
        try:
            idents = [self._intake.identify(blob) for blob in blobs]
        except Refused as refusal:
            return [refusal] * len(blobs)
        with self._sequencer.store.reading() as reader:
            known = [reader.find_ident(ident) for ident in idents]
        missing = [blob for blob, index in zip(blobs, known, strict=True) if index is None]
        fresh = iter(self._sequencer.append(missing, atomic=True)) if missing else iter(())
        return [next(fresh) if index is None else Duplicate(index) for index in known]


def _settle(batch: list[_Request], found: Outcomes | BaseException) -> None:
    """Answer the requests of a batch, in the event loop."""
    at = 0
    for request in batch:
        end = at + len(request.items)
        if request.future.done():  # Its client went away.
            pass
        elif isinstance(found, BaseException):
            request.future.set_exception(found)
        else:
            request.future.set_result(found[at:end])
        at = end
