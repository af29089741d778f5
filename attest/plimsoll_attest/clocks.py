"""Other clocks that the sequencer may ask: those of the home's time-stamping authorities.

A fresh token over the newest checkpoint says what time it is. It is not kept: as an anchor of that checkpoint
a later token proves less than an earlier one.
"""

from collections.abc import Mapping

from plimsoll_attest.anchoring import ask_all
from plimsoll_attest.home import Home
from plimsoll_attest.stamping import open_authorities
from plimsoll_ledger.note import parse_note


class AuthorityClocks:
    """Implements the ledger's `ClockProof` with the authorities of a home."""

    def __init__(self, home: Home) -> None:
        """Take the home; nobody is asked yet."""
        self._home = home

    @classmethod
    def of(cls, home: Home) -> "AuthorityClocks | None":
        """Return a home's other clocks, or None where it names none: then its own clock is believed."""
        return cls(home) if home.settings.authorities else None

    def ask(self, note: bytes) -> Mapping[str, int]:
        """Return what time each authority says it is, by its name, in ms; see `ClockProof`."""
        clients, _ = open_authorities(self._home)
        asked = ask_all(clients, parse_note(note).text.encode())
        return {name: stamp.time_ms for name, (_, stamp) in asked.stamped.items()}
