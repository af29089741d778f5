r"""Receipts: what the log's operator promised a submitter, held against the log.

    plimsoll/receipt/v1\n<origin>\n<statement id>\n<deadline>\n      signed by the log's key

Who was promised that a statement would be in the log, and finds it missing when the deadline has passed, has
evidence that nobody else could have made: V39.

Source: SPEC 2.8, 9.18.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from plimsoll_verify.encoding import HEX_PATTERN, format_time, parse_time, sample
from plimsoll_verify.errors import UsageError, VerificationError
from plimsoll_verify.findings import Finding
from plimsoll_verify.note import Note, VerifierKey, parse_note, verify_note
from plimsoll_verify.record import Record

KIND = "plimsoll/receipt/v1"
MAX_RECEIPTS = 1000
"""Receipts that are looked at in one run."""

State = Literal["kept", "open", "broken"]
_is_hex = re.compile(HEX_PATTERN).fullmatch


@dataclass(frozen=True, slots=True)
class Receipt:
    """A promise that the log's key has signed.

    Attributes:
        statement_id: hex, of the statement that was submitted.
        deadline_ms: from when on every published checkpoint covers it.
    """

    statement_id: str
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class UnverifiedReceipt:
    """What may be a promise, once somebody has looked who signed it.

    Attributes:
        receipt: what its text says.
        note: the signed note.
        name: what the user calls it, for messages.
    """

    receipt: Receipt
    note: Note
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a promise.

    Attributes:
        receipt: the promise.
        state: kept in time; open, since the deadline is not past; or broken.
        index: the entry of the statement, in time or too late; None if there is none.
    """

    receipt: Receipt
    state: State
    index: int | None


def unverified_receipt(data: bytes, origin: str, name: str) -> UnverifiedReceipt:
    """Read a receipt. Not verified: who signed it, which `verify_receipt` does.

    Args:
        data: the signed note.
        origin: the log's name.
        name: what the user calls it, for messages.

    Raises:
        UsageError: it is none, or another log's: then it proves nothing.

    Source: SPEC 2.8.
    """
    try:
        note = parse_note(data, "receipt")
        kind, named, statement_id, deadline, *rest = (*note.text.split("\n"), "", "", "")
        if kind != KIND or rest != ["", "", "", ""] or not _is_hex(statement_id):
            raise _unusable(name, f"its text is {sample(note.text)}, not that of a receipt")
        if named != origin:
            raise _unusable(name, f"it is of the log {sample(named)}, not of {origin}")
        deadline_ms = parse_time(deadline, "receipt", "a deadline")
    except VerificationError as error:
        raise _unusable(name, f"expected {error.expected}, got {error.actual}") from None
    return UnverifiedReceipt(Receipt(statement_id, deadline_ms), note, name)


def verify_receipt(unverified: UnverifiedReceipt, logs: tuple[VerifierKey, ...]) -> Receipt:
    """Verify that a trusted key of the log has signed a receipt.

    Args:
        unverified: as it was read.
        logs: the keys of the log, of the trust file and those that the ledger changed to since.

    Raises:
        UsageError: none of them has signed it, or a signature fails: then it proves nothing.

    Source: SPEC 2.8, 10.15.
    """
    try:
        signed = verify_note(unverified.note, logs, "receipt")
    except VerificationError as error:
        raise _unusable(unverified.name, f"expected {error.expected}, got {error.actual}") from None
    if not signed:
        raise _unusable(unverified.name, "no trusted key of the log has signed it")
    return unverified.receipt


def _unusable(name: str, reason: str) -> UsageError:
    return UsageError(
        f"the receipt {sample(name)} proves nothing: {reason}", "a receipt is what the log's key has signed"
    )


class Promises:
    """Looks out for the statements that receipts are about, while a log is read."""

    def __init__(self, receipts: Sequence[Receipt] = ()) -> None:
        self._receipts = receipts
        self._wanted = {bytes.fromhex(one.statement_id) for one in receipts}
        self._found: dict[str, tuple[int, int]] = {}

    def note(self, record: Record) -> None:
        """Take the next entry."""
        if record.statement_id in self._wanted:
            self._found.setdefault(record.statement_id.hex(), (record.index, record.time_ms))

    def outcomes(self, end_ms: int) -> tuple[Outcome, ...]:
        """Return what became of each promise by T, the last instant that is judged.

        Source: SPEC 9.18.
        """
        return tuple(self._outcome(one, end_ms) for one in self._receipts)

    def _outcome(self, receipt: Receipt, end_ms: int) -> Outcome:
        index, time_ms = self._found.get(receipt.statement_id, (None, 0))
        if index is not None and time_ms <= receipt.deadline_ms:
            return Outcome(receipt, "kept", index)
        return Outcome(receipt, "broken" if end_ms > receipt.deadline_ms else "open", index)

    def findings(self, end_ms: int, size: int) -> Iterator[Finding]:
        """Yield a finding for each promise that is broken.

        Args:
            end_ms: T.
            size: how many entries are judged.
        """
        for one in self.outcomes(end_ms):
            if one.state == "broken":
                yield self._finding(one, size)

    def _finding(self, one: Outcome, size: int) -> Finding:
        receipt, index = one.receipt, one.index
        promised = (
            f"statement {receipt.statement_id} would be in the log by {format_time(receipt.deadline_ms)}"
        )
        came = "it is not" if index is None else f"it came later, as entry {index}"
        return Finding(
            code="V39",
            level="violation",
            subject="",
            policy="",
            rule="SPEC 9.18",
            clause="",
            from_ms=receipt.deadline_ms,
            to_ms=None if index is None else self._found[receipt.statement_id][1],
            from_index=None,
            to_index=index,
            ended_by="open" if index is None else "cured",
            known_from=max(0, size - 1) if index is None else index,
            entries=() if index is None else (index,),
            because=(),
            message=f"The log's operator promised, signed with the log's key, that {promised}; {came}.",
        )
