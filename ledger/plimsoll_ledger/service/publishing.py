"""Publish again and again: whenever the log has grown, not more often than every so many seconds.

Somebody who waits for a publication gets one as soon as the last is old enough. What fails is tried again at
the next turn: readers find the older state meanwhile, and monitoring finds the failure.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from plimsoll_ledger.errors import LedgerError

RENEW_EVERY_S = 3600.0
"""How often a log that has not grown is published all the same: auditors ask how old its cosignatures are."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is published.

    Attributes:
        size: The published checkpoint's size; 0 while nothing is.
        failure: Why the last attempt failed; empty if it did not.
    """

    size: int = 0
    failure: str = ""


class PublishLoop:
    """A thread that publishes."""

    def __init__(
        self,
        publish: Callable[[], int],
        log_size: Callable[[], int],
        told: Callable[[Published, float], None],
        *,
        every_s: float,
        at_once_s: float = 0.2,
        renew_every_s: float = RENEW_EVERY_S,
        size: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take how to publish; `start` starts.

        Args:
            publish: Publishes and returns the published size; raises LedgerError.
            log_size: Returns the size of the log.
            told: Called after each attempt with what is published and how long it took, in seconds.
            every_s: The longest that a grown log stays unpublished, in seconds.
            at_once_s: The shortest time between two publications when somebody waits.
            renew_every_s: How often a log is published that has not grown, so that witnesses cosign it anew.
            size: What is published already.
            monotonic: The clock to go by.
        """
        self._publish = publish
        self._log_size = log_size
        self._told = told
        self._every_s = every_s
        self._at_once_s = at_once_s
        self._renew_every_s = renew_every_s
        self._monotonic = monotonic
        self._renewed = monotonic()
        self._wanted = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="plimsoll-publish")
        self.published = Published(size)

    def start(self) -> None:
        """Start; the first attempt is made at once."""
        self._thread.start()

    def want(self) -> None:
        """Say that somebody waits."""
        self._wanted.set()

    def close(self) -> None:
        """Publish a last time and return."""
        self._closing = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            closing = self._closing
            self._wanted.clear()
            self._attempt()
            if closing:
                return
            begun = self._monotonic()
            self._wanted.wait(self._every_s)
            while not self._closing and (left := begun + self._at_once_s - self._monotonic()) > 0:
                time.sleep(min(left, 0.05))

    def _attempt(self) -> None:
        begun = self._monotonic()
        try:
            is_new = begun - self._renewed < self._renew_every_s
            if self._log_size() == self.published.size and not self.published.failure and is_new:
                return
            self.published = Published(self._publish())
            self._renewed = begun
        except (LedgerError, OSError) as error:
            self.published = Published(self.published.size, str(error))
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the loop silently.
            self.published = Published(self.published.size, f"{type(error).__name__}: {error}")
        self._told(self.published, self._monotonic() - begun)
