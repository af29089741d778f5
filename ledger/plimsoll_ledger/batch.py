"""Admit a batch: which of the waiting blobs become entries, at which indexes.

Admission remembers what it has admitted. So whenever an admitted blob must be taken back (a repeated
identity, an entry that is too long), everything admitted since `begin` is forgotten and the batch is
admitted again without that blob: `AdmitAgain`. Each such round settles a blob, so there are at most as
many rounds as blobs, and none at all for an admission that refuses duplicates itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plimsoll_ledger.admission import IDENT_SIZE, Admission, Admitted, Entry
from plimsoll_ledger.errors import Duplicate, Refused
from plimsoll_ledger.models import MAX_TOPIC_SIZE
from plimsoll_ledger.tiles import MAX_ENTRY_SIZE


class AdmitAgain(Exception):
    """Something admitted has to be taken back: abort, begin, and admit the rest again."""


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry that is durable and signed for.

    Attributes:
        index: Its index.
        leaf: Its bytes.
        ident: Its 32-byte identity.
        time_ms: When the log took it, in UTC milliseconds since the epoch.
    """

    index: int
    leaf: bytes
    ident: bytes
    time_ms: int


@dataclass(slots=True, eq=False)
class Job:
    """One blob on its way.

    Attributes:
        request: Whose it is.
        prechecked: What `precheck` made of it.
        settled: Why it will not be admitted, whatever happens to the rest of the batch.
        refusal: Why it was not admitted in the round at hand.
        twin: The earlier job of the batch that says the same.
        outcome: What its caller gets, once that is certain.
    """

    request: Request
    prechecked: Any
    settled: Refused | None = None
    refusal: Refused | None = None
    twin: Job | None = None
    outcome: Appended | Refused | None = None


@dataclass(slots=True, eq=False)
class Request:
    """One call of `append`, waiting for its turn.

    Attributes:
        atomic: Whether one refusal refuses all.
        jobs: Its blobs.
        taken: How many of them have been taken into a batch.
        is_done: Whether its caller can be answered.
        error: What its caller gets instead of outcomes.
    """

    atomic: bool
    jobs: list[Job] = field(default_factory=list)
    taken: int = 0
    is_done: bool = False
    error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Answer the caller with an error."""
        self.error, self.is_done = error, True


@dataclass(slots=True)
class Staged:
    """The blobs of a batch that were admitted, and the entries they become."""

    jobs: list[Job] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def admit_batch(admission: Admission, jobs: Sequence[Job], first_index: int, time_ms: int) -> Staged:
    """Admit what can be admitted, in order, at dense indexes from `first_index`.

    Of an atomic request (which is always alone in its batch) either all blobs are admitted or none.

    Raises:
        AdmitAgain: if the batch has to be admitted once more; see the module.
    """
    staged = Staged()
    by_ident: dict[bytes, Job] = {}
    for job in jobs:
        job.refusal = None
        if job.settled is not None or job.twin is not None or job.request.error is not None:
            continue
        index = first_index + len(staged.entries)
        admitted = _admit(admission, job, index, time_ms)
        if admitted is not None:
            twin = by_ident.setdefault(admitted.ident, job)
            if twin is not job:
                job.twin = twin
                raise AdmitAgain
            staged.jobs.append(job)
            staged.entries.append(Entry(index, admitted.leaf, admitted.ident, admitted.topic, time_ms))
        elif job.request.atomic:
            break
    if len(staged.jobs) < len(jobs) and any(job.request.atomic and _is_refused(job) for job in jobs):
        return Staged()
    return staged


def _admit(admission: Admission, job: Job, index: int, time_ms: int) -> Admitted | None:
    """Admit one blob; None if it is refused."""
    try:
        admitted = admission.admit(job.prechecked, index, time_ms)
    except Refused as refusal:
        job.refusal = refusal
        return None
    except Exception as error:  # noqa: BLE001 - handed to the caller whose blob it was.
        # A mistake in the admission, over one blob: its caller hears of it, the others go on.
        job.request.fail(error)
        raise AdmitAgain from None
    if len(admitted.leaf) > MAX_ENTRY_SIZE:
        size = len(admitted.leaf)
        job.settled = Refused(
            f"the entry would be {size} bytes long, at most {MAX_ENTRY_SIZE} fit",
            hint="keep long content in a detached body",
        )
        raise AdmitAgain
    if len(admitted.ident) != IDENT_SIZE or len(admitted.topic) > MAX_TOPIC_SIZE:
        job.request.fail(ValueError("admission gave an identity or a topic of the wrong length"))
        raise AdmitAgain
    return admitted


def _is_refused(job: Job) -> bool:
    return job.settled is not None or job.refusal is not None or job.twin is not None


def settle_outcomes(jobs: Sequence[Job], staged: Staged) -> None:
    """Give each job of a batch its outcome, after the transaction has committed."""
    for job, entry in zip(staged.jobs, staged.entries, strict=True):
        job.outcome = Appended(entry.index, entry.leaf, entry.ident, entry.time_ms)
    for job in jobs:
        if job.outcome is None:
            job.outcome = _refusal(job)


def _refusal(job: Job) -> Refused | None:
    if job.settled is not None or job.refusal is not None:
        return job.settled or job.refusal
    if job.twin is not None:
        first = job.twin.outcome
        if isinstance(first, Appended):
            return Duplicate(first.index)
        if job.request.atomic:
            return Refused("the same batch says this twice", hint="leave one of the two out")
        return first
    if job.request.atomic:
        return Refused("not appended, because another one of its batch was refused")
    return None  # Its request has an error, and its caller gets that instead.


def refuse_together(request: Request) -> None:
    """Refuse all blobs of an atomic request of which `precheck` refused some."""
    settle_outcomes(request.jobs, Staged())
    request.is_done = True
