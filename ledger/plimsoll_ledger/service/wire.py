"""What a submission looks like on the wire: strict JSON in, JSON out.

{"statements": [{"envelope": base64, "documents": [base64...]?}...], "atomic": bool?,
 "wait": "durable" | "published"?}
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from plimsoll_ledger.service.limits import Limits


class Rejected(Exception):
    """A request that is answered with an error.

    Attributes:
        status: The HTTP status.
        code: A short word for programs.
        retry_after_s: When to come again, in seconds; None if that would not help.
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        """Take the answer."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


class Item(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One blob, and the documents that come with it."""

    envelope: bytes
    documents: tuple[bytes, ...] = ()


class Submission(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What somebody submits."""

    statements: tuple[Item, ...]
    atomic: bool = False
    wait: Literal["durable", "published"] = "durable"


_DECODER = msgspec.json.Decoder(Submission, strict=True)
_encode = msgspec.json.Encoder().encode


def parse_submission(data: bytes, limits: Limits) -> Submission:
    """Read a request's body.

    Raises:
        Rejected: if it is no submission, or one of too many.
    """
    try:
        found = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = str(error)
        raise Rejected(400, "malformed", f"not a submission: {message[:1].lower()}{message[1:200]}") from None
    if not found.statements:
        raise Rejected(400, "malformed", "a submission has one statement or more, and this has none")
    if len(found.statements) > limits.statements:
        count = len(found.statements)
        raise Rejected(413, "too-many", f"{count} statements, at most {limits.statements} in one request")
    most = max(len(item.documents) for item in found.statements)
    if most > limits.documents:
        raise Rejected(413, "too-many", f"{most} documents with a statement, at most {limits.documents}")
    return found


def format_json(value: Any) -> bytes:
    """Write an answer."""
    return _encode(value) + b"\n"


def format_error(code: str, message: str, hint: str = "") -> bytes:
    """Write the answer to a request that was rejected."""
    return format_json({"error": {"code": code, "message": message, "hint": hint}})
