"""What can go wrong in the ledger, one class for each thing a caller would do differently.

Programmer mistakes are `ValueError` or `AssertionError`, never one of these. A message says what was
got and what was wanted, in lower case; `hint` says what a person can do about it, or is empty.
"""

from collections.abc import Mapping


class LedgerError(Exception):
    """Anything the ledger refuses or cannot do.

    Attributes:
        hint: What a person can do about it, in lower case; empty where nothing useful can be said.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Take what happened and what to do about it."""
        super().__init__(message)
        self.hint = hint


class Malformed(LedgerError):
    """Bytes that do not have the format they should have (note, checkpoint, tile, bundle, proof)."""


class BadNote(LedgerError):
    """A note that parses, but is not signed as it must be."""


class ProofError(LedgerError):
    """An inclusion or consistency proof that does not prove what it is said to prove."""


class NotFound(LedgerError):
    """Something asked for that this ledger does not hold."""


class Conflict(LedgerError):
    """Somebody else moved the head again and again; nothing was appended, and trying again is safe."""


class FatalSequencing(LedgerError):
    """Storage and head disagree: stop appending, run fsck, restore or investigate.

    Appending in this state could sign a second history, so nothing is ever signed past it.
    """


class StorageFailed(LedgerError):
    """The database or the file system failed; what was acknowledged before stays, nothing else was."""


class StorageFull(StorageFailed):
    """There was no room to write; the ledger is as it was before."""


class RowExists(LedgerError):
    """A row was to be inserted whose key is there already; who inserts it says what that means."""


class Busy(LedgerError):
    """Another process holds the ledger, and went on holding it for as long as we would wait."""


class NotALedger(LedgerError):
    """What was opened is not a ledger: nothing there, or something else."""


class LedgerExists(LedgerError):
    """A ledger was to be created where there is one already."""


class KeyRefused(LedgerError):
    """A witness is told to follow a key of a log that it ended, or to end the only one."""


class SchemaMismatch(LedgerError):
    """The database has another schema number than this program writes.

    Attributes:
        found: The number in the database.
        wanted: The number of this program.
    """

    def __init__(self, found: int, wanted: int) -> None:
        """Take the number found in the database, and the one that this program writes."""
        if found < wanted:
            hint = "run `plimsoll migrate`"
        else:
            hint = "it was written by a newer plimsoll: upgrade this one"
        super().__init__(
            f"the ledger's database has schema {found}, and this program uses {wanted}", hint=hint
        )
        self.found = found
        self.wanted = wanted


class ClockBehind(LedgerError):
    """The clock reads earlier than the last entry's time, so appending would run time backwards.

    Attributes:
        now_ms: What the clock read, in UTC milliseconds since the epoch.
        last_ms: The time of the last entry, in the same unit.
    """

    def __init__(self, now_ms: int, last_ms: int, now_text: str, last_text: str) -> None:
        """Take both times, as numbers and as people read them."""
        super().__init__(
            f"the clock reads {now_text}, which is before the last entry's time {last_text}",
            hint="set the clock right; if the last entry's time is wrong, wait until it has passed",
        )
        self.now_ms = now_ms
        self.last_ms = last_ms


class ClockUnproven(LedgerError):
    """The clock reads long after the last entry, and nobody else says that it is so late.

    Attributes:
        now_ms: What the clock read, in UTC milliseconds since the epoch.
        last_ms: The time of the last entry, in the same unit.
        others: What the others said, if anything, by name.
    """

    def __init__(self, now_ms: int, last_ms: int, others: Mapping[str, int], told: str) -> None:
        """Take the times, as numbers and in words."""
        super().__init__(
            told, hint="set the clock right, or let a witness or a time-stamping authority be reached"
        )
        self.now_ms = now_ms
        self.last_ms = last_ms
        self.others = dict(others)


class Refused(LedgerError):
    """One blob that was not admitted. The others of its batch are unaffected, unless it was atomic."""

    @property
    def reason(self) -> str:
        """Say why, in lower case."""
        return str(self)


class Duplicate(Refused):
    """A blob that says what an earlier entry says already.

    Attributes:
        index: The index of the earlier entry.
    """

    def __init__(self, index: int) -> None:
        """Take the index of the earlier entry."""
        super().__init__(f"entry {index} records this already")
        self.index = index


class PublishRefused(LedgerError):
    """A directory that must not be written to: another log's, a later state's, or no published ledger."""
