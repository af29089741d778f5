"""Let one sequencer of many lead, and the others stand by and take over, on PostgreSQL.

Who leads holds an advisory lock of the server. The lock belongs to the session *that writes*: when the
leader dies, or its connection is cut, the server ends that session, and with it both the lock and whatever
the leader had begun. So nobody can go on writing who no longer leads, and no lock is ever stale. A machine
that vanished from the network is noticed by keep-alive probes after some 15 seconds.

That is for order, not for safety: the head is moved by compare-and-swap under a row lock, which holds even
where two believe that they lead (docs/decisions/0022).

On SQLite there is nothing to take: the home's lock lets one process write at a time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from plimsoll_ledger.errors import Busy

_POLL_S = 0.05
_PROBES = "SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 3", "SET tcp_keepalives_count = 3"


class NotLeading(Busy):
    """Another sequencer leads; this one stands by."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The lead of one log.

    Attributes:
        origin: The log.
        stand_by_s: How long to wait for it, in seconds.
        monotonic: The clock to wait by.
        sleep: How to pass the time between two tries.
    """

    origin: str
    stand_by_s: float
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @property
    def key(self) -> int:
        """Return the number of the log's advisory lock, a signed 64-bit integer."""
        digest = hashlib.sha256(b"plimsoll/lead\0" + self.origin.encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def take(self, connection: Connection) -> None:
        """Take the lead with a connection that is outside a transaction; it is given up by closing it.

        Raises:
            NotLeading: if another kept it for as long as we would wait.
        """
        if connection.dialect.name != "postgresql":
            return
        deadline = self.monotonic() + self.stand_by_s
        while not self._try(connection):
            if self.monotonic() >= deadline:
                raise NotLeading(
                    f"another process sequences the log {self.origin}, after waiting {self.stand_by_s:g} s",
                    hint="submit to the service that leads, or wait until it ends",
                )
            self.sleep(_POLL_S)

    def _try(self, connection: Connection) -> bool:
        with connection.begin():
            for probe in _PROBES:
                connection.exec_driver_sql(probe)
            return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({self.key})").scalar())
