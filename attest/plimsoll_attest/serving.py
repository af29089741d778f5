"""What a home gives to the service: its log and key, its bodies, and how it publishes."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import AttestError
from plimsoll_attest.intake import ServiceIntake
from plimsoll_attest.keyring import unlock_log
from plimsoll_attest.remembering import open_memory
from plimsoll_ledger.checkpoint import verify_checkpoint
from plimsoll_ledger.errors import StorageFailed
from plimsoll_ledger.publish import CHECKPOINT
from plimsoll_ledger.sequencer import Sequencer
from plimsoll_ledger.service.app import Setting
from plimsoll_ledger.service.guard import JsonLog
from plimsoll_ledger.service.limits import Limits
from plimsoll_ledger.witnessed import Unwitnessed

ANCHOR_EVERY_S = 3600.0
"""How often authorities are asked to stamp what is published, in seconds."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How somebody wants a log to be served.

    Attributes:
        directory: Where it is published.
        publish_every_s: The longest that a grown log stays unpublished, in seconds.
        receipt_s: By when a receipt promises publication, in seconds.
        allow_unwitnessed: Whether to publish although too few witnesses cosign.
        log_requests: Whether each request is logged.
        limits: The limits.
    """

    directory: Path
    publish_every_s: float
    receipt_s: float
    allow_unwitnessed: bool
    log_requests: bool
    limits: Limits


@contextlib.contextmanager
def open_setting(desk: Desk, wanted: Wanted, log: JsonLog) -> Iterator[Setting]:
    """Open what the service is made of; publishes once, so that a directory that is refused is refused now.

    Args:
        desk: The home, open for writing; its lock is held for as long as the log is served.
        wanted: How it is to be served.
        log: Takes what happens.

    Raises:
        KeysError, KeyTrouble: If the log's key cannot be unlocked.
        NotLeading: If another process sequences this log, on PostgreSQL.
        LedgerError: If storage and head disagree, or the directory must not be written to.
    """
    signer = unlock_log(desk.home, desk.surroundings)
    publisher = _Publisher(desk, wanted, log)
    try:
        publisher.publish()
    except Unwitnessed as error:
        log.write("publish-failed", reason=str(error))
    intake = ServiceIntake(desk.store, desk.bodies)
    clock = desk.surroundings.clock
    clocks = desk.other_clocks()
    memory = open_memory(desk.home, desk.store, ask_witnesses=True)
    with Sequencer(
        desk.store,
        signer,
        intake,
        clock,
        clock_proof=clocks,
        memory=memory,
        stand_by_s=desk.lock_timeout_s,
    ) as sequencer:
        sequencer.lead()
        yield Setting(
            sequencer=sequencer,
            signer=signer,
            intake=intake,
            clock=clock,
            directory=wanted.directory,
            publish=publisher.publish,
            published_size=publisher.published_size(),
            log=log,
            log_requests=wanted.log_requests,
            publish_every_s=wanted.publish_every_s,
            receipt_s=wanted.receipt_s,
            limits=wanted.limits,
        )


class _Publisher:
    """Publishes as the command `publish` does, and has it stamped now and then."""

    def __init__(self, desk: Desk, wanted: Wanted, log: JsonLog) -> None:
        self._desk = desk
        self._wanted = wanted
        self._log = log
        self._anchored = -ANCHOR_EVERY_S

    def publish(self) -> int:
        """Publish and return the published size.

        Raises:
            LedgerError: If it cannot be done.
        """
        try:
            done = self._desk.publish(
                self._wanted.directory, allow_unwitnessed=self._wanted.allow_unwitnessed
            )
            if self._desk.home.settings.authorities and self._anchored + ANCHOR_EVERY_S < time.monotonic():
                self._anchored = time.monotonic()
                self._anchor()
        except AttestError as error:
            raise StorageFailed(error.message, hint=error.hint) from error
        return done.checkpoint.size

    def published_size(self) -> int:
        """Return what the directory says now."""
        try:
            note = (self._wanted.directory / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return 0
        return verify_checkpoint(note, self._desk.store.vkeys).size

    def _anchor(self) -> None:
        found = self._desk.anchor(self._wanted.directory)
        for name, reason in sorted(found.failures.items()) if found else ():
            self._log.write("not-stamped", authority=name, reason=reason)
