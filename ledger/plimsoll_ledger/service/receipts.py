r"""Promise a submitter, signed by the log's key, that a blob will be in a published checkpoint by a deadline.

    plimsoll/receipt/v1\n<origin>\n<hex identity>\n<deadline>\n

as the text of a signed note. Once the deadline has passed and the entry is not in the log, the receipt is
evidence against its operator. Source: SPEC 2.8.
"""

from __future__ import annotations

from plimsoll_keys.signer import Signer
from plimsoll_ledger.clock import format_time
from plimsoll_ledger.note import format_note, sign_note

RECEIPT = "plimsoll/receipt/v1"


def sign_receipt(signer: Signer, ident: bytes, deadline_ms: int) -> bytes:
    """Return the signed note.

    Args:
        signer: The log's key; its name is the origin.
        ident: The entry's identity, 32 bytes.
        deadline_ms: By when it will be published.
    """
    text = f"{RECEIPT}\n{signer.name}\n{ident.hex()}\n{format_time(deadline_ms)}\n"
    return format_note(sign_note(text, signer))
