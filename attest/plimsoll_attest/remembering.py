"""What a home remembers of its log outside the database, so that no restored backup is signed past.

Its high-water file, what it publishes, and what each author's client has seen; a service that starts asks the
home's witnesses as well.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from plimsoll_attest.durable import could_not
from plimsoll_attest.errors import AttestError
from plimsoll_attest.home import Home
from plimsoll_attest.witnesses import connect_witness, read_witness_policy
from plimsoll_ledger.checkpoint import verify_checkpoint
from plimsoll_ledger.errors import LedgerError
from plimsoll_ledger.memory import FileSource, HighWater, Known, Memory, Source
from plimsoll_ledger.publish import CHECKPOINT
from plimsoll_ledger.store import Store

WITNESSES_TIMEOUT_S = 5.0
"""How long all witnesses of a home together may take to say what they hold, in seconds."""


def open_memory(home: Home, store: Store, *, ask_witnesses: bool = False) -> Memory:
    """Return what is known of a home's log outside its database.

    Args:
        home: The home.
        store: Its log.
        ask_witnesses: Whether the home's witnesses are asked, over the network.

    Raises:
        CouldNotRun: If the home cannot be read.
    """
    try:
        held = sorted(home.seen_dir.iterdir()) if home.seen_dir.is_dir() else []
    except OSError as error:
        raise could_not(f"read {home.seen_dir}", error) from None
    paths = [path for path in held if not path.name.startswith(".")]
    if home.publish_path is not None:
        paths.append(home.publish_path / CHECKPOINT)
    sources: list[Source] = [FileSource(paths)]
    if ask_witnesses:
        sources.append(WitnessSource(home, store))
    return Memory(HighWater(home.high_water_path, store.vkeys), sources)


@dataclass(frozen=True, slots=True)
class WitnessSource:
    """What the witnesses of a home's policy have cosigned last.

    One that cannot be reached, or answers what this log has not signed, counts for nothing: a witness can
    tell us what we have forgotten, and cannot keep us from working.
    """

    home: Home
    store: Store
    monotonic: Callable[[], float] = time.monotonic

    def known(self) -> Iterator[Known]:
        """Yield what each witness holds of this log."""
        policy = read_witness_policy(self.home, self.store)
        deadline = self.monotonic() + WITNESSES_TIMEOUT_S
        for witness in () if policy is None else policy.witnesses.values():
            with suppress(LedgerError, AttestError):
                client = connect_witness(witness)
                try:
                    note = client.checkpoint(self.store.origin, deadline)
                finally:
                    client.close()
                if note is not None:
                    verify_checkpoint(note, self.store.vkeys)
                    yield Known(f"the witness {witness.name}", note)
