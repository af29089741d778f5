"""Why a witness does not cosign: one class for each answer that C2SP tlog-witness knows."""

from __future__ import annotations

from typing import ClassVar

from plimsoll_ledger.errors import LedgerError


class Refusal(LedgerError):
    """A request that is not cosigned.

    Attributes:
        status: The HTTP status that says so.
    """

    status: ClassVar[int] = 500


class BadRequest(Refusal):
    """A body that is no add-checkpoint request, or an old size past the checkpoint's own."""

    status = 400


class Untrusted(Refusal):
    """A checkpoint that no trusted key of its log has signed, or that one has signed wrongly."""

    status = 403


class UnknownLog(Refusal):
    """A log that this witness does not follow."""

    status = 404


class SizeConflict(Refusal):
    """An old size that is not the size this witness holds.

    Attributes:
        size: The size that it holds.
    """

    status = 409

    def __init__(self, size: int) -> None:
        """Take the size that the witness holds."""
        super().__init__(f"this witness holds size {size}")
        self.size = size


class Inconsistent(Refusal):
    """A checkpoint that does not continue what this witness has cosigned."""

    status = 422


class NotNow(Refusal):
    """A witness that cannot cosign at present, through no fault of who asks."""

    status = 503
