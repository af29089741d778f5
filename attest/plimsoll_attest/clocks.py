"""Other clocks that the sequencer may ask: those of the home's witnesses and time-stamping authorities.

A fresh cosignature or token over the newest checkpoint says what time it is. A token is not kept: as an
anchor of that checkpoint a later one proves less than an earlier one. A witness that shows that the log went
back or forked stops the sequencer, as it stops a publication.
"""

from collections.abc import Mapping

from plimsoll_attest.anchoring import ask_all
from plimsoll_attest.home import Home
from plimsoll_attest.stamping import open_authorities
from plimsoll_ledger.note import parse_note
from plimsoll_ledger.reading import Head
from plimsoll_ledger.witnessed import Witnessing


class OtherClocks:
    """Implements the ledger's `ClockProof` with whomever a home names."""

    def __init__(self, home: Home, witnessing: Witnessing | None) -> None:
        """Take the home and its witnesses; nobody is asked yet."""
        self._home = home
        self._witnessing = witnessing

    @classmethod
    def of(cls, home: Home, witnessing: Witnessing | None) -> "OtherClocks | None":
        """Return a home's other clocks, or None where it names none: then its own clock is believed."""
        return cls(home, witnessing) if home.settings.authorities or witnessing is not None else None

    def ask(self, head: Head) -> Mapping[str, int]:
        """Return what time each says it is, by its name, in ms; see `ClockProof`.

        Raises:
            PublishRefused: If a witness shows that the log went back or forked.
        """
        witnesses = {} if self._witnessing is None else self._witnessing.times(head)
        clients, _ = open_authorities(self._home)
        asked = ask_all(clients, parse_note(head.note).text.encode())
        said = {f"authority {name}": stamp.time_ms for name, (_, stamp) in asked.stamped.items()}
        return {f"witness {name}": time_ms for name, time_ms in witnesses.items()} | said
