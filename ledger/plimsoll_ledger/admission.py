"""Decide what gets into the log: the seam between the ledger and whoever uses it.

The ledger takes blobs. What a blob is, who may submit it, and what bytes of it become the entry is an
`Admission`'s business, in four steps:

    precheck   what can be told from the blob alone (its form, its signatures); on any core, any time
    keep       what comes with blobs and the log only names is made durable, for some at once
    begin      at the start of a section: bring what is remembered of the log up to the view's size
    admit      inside the section that moves the head: what depends on the entries before it

Whatever `admit` decides is decided against exactly the entries that will stand before the new one: no
other writer can come between, because the head moves in the same transaction, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from plimsoll_ledger.errors import Duplicate, Refused

__all__ = ["Admission", "Admitted", "Duplicate", "Entry", "LogView", "Refused"]

IDENT_SIZE = 32
"""Length of an entry's identity, in bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log.

    Attributes:
        index: Its place, from 0, without gaps.
        leaf: Its bytes, at most 65,535.
        ident: 32 bytes that no other entry of the log has; what a repetition is recognised by.
        topic: What it is found by, for whoever filters.
        time_ms: When the log took it, in UTC milliseconds since the epoch; never decreasing.
    """

    index: int
    leaf: bytes
    ident: bytes
    topic: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """What an admitted blob becomes.

    Attributes:
        leaf: The entry's bytes, at most 65,535.
        ident: Its identity, 32 bytes.
        topic: What it is found by, at most 255 characters.
    """

    leaf: bytes
    ident: bytes
    topic: str


class LogView(Protocol):
    """The log as it stands under the head that is about to be moved."""

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        ...

    def entry(self, index: int) -> Entry:
        """Return one entry.

        Raises:
            NotFound: if there is none at this index.
        """
        ...

    def entries_by_topic(self, topics: Sequence[str], start_index: int = 0) -> Iterator[Entry]:
        """Yield the entries of these topics from `start_index` on, in the log's order."""
        ...

    def find_ident(self, ident: bytes) -> int | None:
        """Return the index of the entry with this identity, or None."""
        ...


class Admission(Protocol):
    """Who decides what becomes an entry.

    All but `precheck` and `keep` is only called by one thread at a time, inside the section. Entries that
    were admitted and are not in the view yet are those admitted since the last `begin`.
    """

    def precheck(self, blob: bytes) -> Any:
        """Check what needs no log; return what `admit` shall be given.

        Called outside the section, from several threads at once; so it changes nothing.

        Raises:
            Refused: if the blob cannot be admitted whatever the log says.
        """
        ...

    def keep(self, prechecked: Sequence[Any]) -> None:
        """Bring to disk what the log shall not name without its being there; blobs that go to the log next.

        Called outside the section, from several threads at once.

        Raises:
            LedgerError: if it cannot be kept; then none of the blobs goes to the log.
        """
        ...

    def begin(self, view: LogView) -> None:
        """Bring what is remembered of the log to exactly the view's entries.

        Called before the first `admit` of each transaction, also when it is tried again.
        """
        ...

    def admit(self, prechecked: Any, index: int, time_ms: int) -> Admitted:
        """Say what the blob becomes, as the entry at this index and time; remember it.

        Raises:
            Refused: if it is not admitted; then nothing is remembered, and the index is given to the
                next one. `Duplicate` if the log has it already.
        """
        ...

    def abort(self) -> None:
        """Forget all that was admitted since the last `begin`: it did not become part of the log."""
        ...
