"""Collect cosignatures over a checkpoint from several witnesses at once, within a bounded time.

Each witness is asked in a thread of its own; one that has several keys behind one URL is asked once, and what
each of them signed is looked for in its answer. It is taken to hold the size over which its last cosignature
was published; if it answers that it holds another, the proof is made anew from there. A cosignature counts
only if it verifies over this very text and states a credible time: one before the entries that it vouches
for, or ahead of the clock here, would bring the log into trouble with every verifier.

As soon as the policy is met, the others have a moment more, and no witness that hangs delays what it cannot
prevent. Whoever has not answered by then has failed, with the reason.

A witness that holds *more* than this log has, or another root at some size, and can show a checkpoint that
the log signed, proves that the log went back or forked. That is not a failure of the witness: nothing may
be published then.

Source: SPEC 2.6, 2.7 / C2SP tlog-witness.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import Checkpoint, unverified_checkpoint, verify_checkpoint
from plimsoll_ledger.clock import Clock, format_time
from plimsoll_ledger.cosignature import Cosignature, find_cosignatures
from plimsoll_ledger.errors import BadNote, LedgerError, Malformed, NotFound, PublishRefused
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.logpolicy import Witness, WitnessPolicy
from plimsoll_ledger.note import parse_note, parse_signature_lines
from plimsoll_ledger.witness.errors import SizeConflict

TIMEOUT_S = 5.0
"""How long all witnesses together may take, in seconds."""

GRACE_S = 1.0
"""How long the others are waited for once the policy is met, in seconds."""

TOLERANCE_S = 60
"""How far a witness's clock may be off, in seconds: what verifiers tolerate. Source: SPEC 2.7."""

_TRIES = 4

Prove = Callable[[int, int], Sequence[Hash]]
"""Makes the consistency proof between two sizes; called from several threads."""


class Asking(Protocol):
    """The other side of `witness.client.WitnessClient`."""

    def add_checkpoint(self, old_size: int, proof: Sequence[Hash], note: bytes, deadline: float) -> str:
        """Return signature lines; see `WitnessClient`."""
        ...

    def checkpoint(self, origin: str, deadline: float) -> bytes | None:
        """Return the newest checkpoint that the witness cosigned, or None; see `WitnessClient`."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be cosigned.

    Attributes:
        note: The checkpoint, signed by the log.
        log_keys: The log's keys.
        prove: Makes consistency proofs of this log.
        root_at: Says which root this log had at a size that it reached; called from several threads, too.
        entries_ms: The time of the last entry that the checkpoint covers.
        hints: The size that each witness is thought to hold, by its name in the policy.
    """

    note: bytes
    log_keys: tuple[VKey, ...]
    prove: Prove
    root_at: Callable[[int], Hash]
    entries_ms: int
    hints: Mapping[str, int]


@dataclass(slots=True)
class Collected:
    """What witnesses answered.

    Attributes:
        cosignatures: By the witness's name in the policy.
        failures: Why the others gave none.
    """

    cosignatures: dict[str, Cosignature] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


class _Contradiction(Exception):
    """A checkpoint that the log signed and that this log does not continue."""

    def __init__(self, refused: PublishRefused) -> None:
        super().__init__(str(refused))
        self.refused = refused


def collect(
    policy: WitnessPolicy,
    task: Task,
    connect: Callable[[Witness], Asking],
    clock: Clock,
    *,
    timeout_s: float = TIMEOUT_S,
    grace_s: float = GRACE_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> Collected:
    """Ask all witnesses of a policy.

    Args:
        policy: Names them.
        task: What they are asked to cosign.
        connect: Returns the client for a witness.
        clock: The time that cosignatures are compared with.
        timeout_s: How long all of them may take, in seconds.
        grace_s: How long to wait for the rest once the policy is met, in seconds.
        monotonic: The clock to wait by; the clients' own.

    Raises:
        PublishRefused: if a witness shows that the log went back or forked; names it.
    """
    deadline = monotonic() + timeout_s
    answers: queue.Queue[tuple[str, Cosignature | Exception]] = queue.Queue()

    def ask(asked: Sequence[Witness]) -> None:
        found: Mapping[str, Cosignature | Exception]
        try:
            found = _ask(asked, task, connect, clock, deadline)
        except Exception as error:  # noqa: BLE001 - told by the thread that waits.
            found = dict.fromkeys((witness.name for witness in asked), error)
        for answer in found.items():
            answers.put(answer)

    for asked in _by_place(policy):
        # Daemons: a witness that drips one byte at a time must not keep the program from ending.
        name = f"witness {asked[0].name}"
        threading.Thread(target=ask, args=(asked,), daemon=True, name=name).start()
    collected, until = Collected(), deadline
    while len(collected.cosignatures) + len(collected.failures) < len(policy.witnesses):
        try:
            name, found = answers.get(timeout=max(0.0, until - monotonic()))
        except queue.Empty:
            break
        if isinstance(found, Cosignature):
            collected.cosignatures[name] = found
            if policy.is_met(collected.cosignatures):
                until = min(until, monotonic() + grace_s)
        elif isinstance(found, _Contradiction):
            raise found.refused
        elif isinstance(found, LedgerError):
            collected.failures[name] = str(found)
        else:
            raise found
    for name in policy.witnesses:
        if name not in collected.cosignatures:
            collected.failures.setdefault(name, "it did not answer in time")
    return collected


def _by_place(policy: WitnessPolicy) -> list[list[Witness]]:
    """Return the keys of a policy by whom they are asked for: those of one key name at one URL together."""
    places: dict[tuple[str, str], list[Witness]] = {}
    for witness in policy.witnesses.values():
        places.setdefault((witness.vkey.name, witness.url), []).append(witness)
    return list(places.values())


def _ask(
    asked: Sequence[Witness], task: Task, connect: Callable[[Witness], Asking], clock: Clock, deadline: float
) -> dict[str, Cosignature | Exception]:
    """Ask a witness; return what each of its keys came to, by its name in the policy."""
    if not asked[0].url:
        raise NotFound("the policy names no URL for it")
    client = connect(asked[0])
    try:
        lines = _negotiate(client, asked, task, deadline)
    finally:
        client.close()
    return {witness.name: _checked(lines, witness, task, clock) for witness in asked}


def _negotiate(client: Asking, asked: Sequence[Witness], task: Task, deadline: float) -> str:
    """Ask, and ask again from the size that the witness says it holds; return its answer."""
    witness, checkpoint = asked[0], unverified_checkpoint(task.note)
    old_size = min(max(task.hints.get(one.name, 0) for one in asked), checkpoint.size)
    for _ in range(_TRIES):
        try:
            return client.add_checkpoint(old_size, task.prove(old_size, checkpoint.size), task.note, deadline)
        except SizeConflict as conflict:
            if conflict.size > checkpoint.size:
                _refuse_if_contradicted(client, witness, task, checkpoint, deadline)
                raise Malformed(
                    f"it holds size {conflict.size}, and this log has only {checkpoint.size}"
                ) from None
            old_size = conflict.size
        except LedgerError:
            _refuse_if_contradicted(client, witness, task, checkpoint, deadline)
            raise
    raise Malformed("it names another size each time it is asked")


def _checked(lines: str, witness: Witness, task: Task, clock: Clock) -> Cosignature | LedgerError:
    """Return the key's own line, or why there is none that counts; others are ignored."""
    try:
        return _verified(lines, witness, task, clock)
    except LedgerError as error:
        return error


def _verified(lines: str, witness: Witness, task: Task, clock: Clock) -> Cosignature:
    """Return the key's own line, if it holds and states a credible time."""
    text = parse_note(task.note).text
    found = find_cosignatures(text, parse_signature_lines(lines), [witness.vkey])
    if not found:
        raise BadNote("it answered without a signature line of the key that the policy names")
    best = max(found, key=lambda item: item.time_s)
    if best.time_s * 1000 < task.entries_ms - TOLERANCE_S * 1000:
        raise BadNote(
            f"it states the time {format_time(best.time_s * 1000)}, which is before the last entry's, "
            f"{format_time(task.entries_ms)}"
        )
    if best.time_s * 1000 > clock.now_ms() + TOLERANCE_S * 1000:
        raise BadNote(f"it states the time {format_time(best.time_s * 1000)}, which has not come here yet")
    return best


def _refuse_if_contradicted(
    client: Asking, witness: Witness, task: Task, checkpoint: Checkpoint, deadline: float
) -> None:
    """Look whether the witness can show a checkpoint of this log that this log does not continue.

    Only the log's own signature counts: a witness's bare word would let it stop every publication.
    """
    note = client.checkpoint(checkpoint.origin, deadline)
    if note is None:
        return
    try:
        shown = verify_checkpoint(note, task.log_keys)
    except (Malformed, BadNote):
        return
    if shown.size > checkpoint.size:
        told = f"size {shown.size}, signed by this log, which has only {checkpoint.size}"
        hint = "was the database restored from a backup? append nothing; fetch what is missing"
    elif shown.root != task.root_at(shown.size):
        told = f"another root at size {shown.size}, signed by this log as well"
        hint = "append nothing; keep both checkpoints, they are signed proof of a fork"
    else:
        return
    refused = PublishRefused(f"witness {witness.name} holds {told}", hint=hint)
    raise _Contradiction(refused)


def hints_from(policy: WitnessPolicy, notes: Iterable[bytes]) -> dict[str, int]:
    """Return the largest size over which each witness is known to have cosigned, from published checkpoints.

    What does not verify is ignored: a wrong hint costs one more question.
    """
    hints: dict[str, int] = {}
    names = {witness.vkey: witness.name for witness in policy.witnesses.values()}
    for data in notes:
        try:
            note = parse_note(data)
            size = unverified_checkpoint(data).size
            found = find_cosignatures(note.text, note.signatures, names)
        except (Malformed, BadNote):
            continue
        for item in found:
            hints[names[item.vkey]] = max(hints.get(names[item.vkey], 0), size)
    return hints
