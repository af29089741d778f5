r"""Write and read the body of an add-checkpoint request.

    old <decimal>\n          the size that the proof starts from: what the witness holds
    <base64 hash>\n          the consistency proof, at most 63 hashes
    \n
    <checkpoint>             a signed note

Source: SPEC 2.6 / C2SP tlog-witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plimsoll_ledger.encoding import format_base64, parse_base64, parse_decimal
from plimsoll_ledger.errors import Malformed
from plimsoll_ledger.hashing import HASH_SIZE, Hash
from plimsoll_ledger.note import MAX_NOTE_SIZE

MAX_PROOF = 63
"""The most hashes of a consistency proof that a client may send."""

_LINE_SIZE = 4 * -(-HASH_SIZE // 3) + 1
_OLD_LINE_SIZE = len(f"old {2**63}\n")

MAX_BODY_SIZE = _OLD_LINE_SIZE + MAX_PROOF * _LINE_SIZE + 1 + MAX_NOTE_SIZE
"""The longest body that can be a request, in bytes: nothing longer is read."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to cosign a checkpoint; nothing about it is checked.

    Attributes:
        old_size: The size that the proof starts from.
        proof: The consistency proof, as RFC 6962 orders it.
        note: The checkpoint, a signed note.
    """

    old_size: int
    proof: tuple[Hash, ...]
    note: bytes


def format_request(old_size: int, proof: Sequence[Hash], note: bytes) -> bytes:
    """Write the body of a request.

    Raises:
        ValueError: if the proof is longer than a client may send.
    """
    if len(proof) > MAX_PROOF:
        raise ValueError(f"a proof of {len(proof)} hashes, at most {MAX_PROOF} may be sent")
    lines = [f"old {old_size}\n", *(f"{format_base64(item)}\n" for item in proof), "\n"]
    return "".join(lines).encode() + note


def parse_request(body: bytes) -> Request:
    """Read the body of a request.

    Args:
        body: At most `MAX_BODY_SIZE` bytes.

    Raises:
        Malformed: if it is none, or too long.
    """
    if len(body) > MAX_BODY_SIZE:
        raise Malformed(f"a request of {len(body)} bytes, at most {MAX_BODY_SIZE} are read")
    # The first blank line ends the proof; a checkpoint's own text begins after it.
    head, blank, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the lines before the checkpoint are ASCII, and these are not") from None
    if not blank or not first.startswith("old "):
        raise Malformed("a request is a line `old <size>`, proof lines, a blank line and a checkpoint")
    if len(lines) > MAX_PROOF:
        raise Malformed(f"a proof of {len(lines)} hashes, at most {MAX_PROOF} may be sent")
    old_size = parse_decimal(first.removeprefix("old "), "the old size")
    proof = tuple(Hash(parse_base64(line, "a hash of the proof")) for line in lines)
    return Request(old_size, proof, note)
