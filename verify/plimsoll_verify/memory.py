"""What a verification may remember of an earlier one: tiles whose entries were settled then.

A tile is settled when its entries hash to the tree, its bodies to what the entries name, and each signature
and each look back has been checked. Nothing in it can change as long as the tree continues the one it was
settled under, which is checked anew each time (10.4). A tile that is not full, or of which a body was
withheld, is not kept: it may have more to say the next time.

Source: SPEC 10.12.
"""

from typing import Protocol

import msgspec

from plimsoll_verify.canonical import encode_sorted
from plimsoll_verify.contents import DECODERS
from plimsoll_verify.limits import TILE_WIDTH
from plimsoll_verify.record import Record
from plimsoll_verify.retained import Known


class Settled(msgspec.Struct, array_like=True, gc=False):
    """A settled tile: its records, and the keys that they bring in, by index and keyid."""

    records: list[Record]
    introduced: dict[int, dict[str, bytes]]


class Memory(Protocol):
    """Keeps settled tiles from one verification to the next.

    Attributes:
        retained: retained checkpoints that were verified, while one process goes on.
    """

    retained: Known

    def knows(self, number: int) -> bool:
        """Say whether a tile was settled before."""
        ...

    def recall(self, number: int) -> Settled:
        """Return a tile that it knows."""
        ...

    def keep(self, number: int, records: list[Record], introduced: dict[int, dict[str, bytes]]) -> None:
        """Take a tile that is settled now, if it may be kept."""
        ...


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Settled).decode


def may_be_kept(records: list[Record]) -> bool:
    """Say whether nothing that a later publication gives can change what a tile says."""
    return len(records) == TILE_WIDTH and all(record.body_state != "withheld" for record in records)


def pack_settled(records: list[Record], introduced: dict[int, dict[str, bytes]]) -> bytes:
    """Write a settled tile as bytes; bodies as the canonical JSON that they were read from."""
    packed = [
        msgspec.structs.replace(record, body=_raw(record.body)) if record.body is not None else record
        for record in records
    ]
    return _encode(Settled(packed, introduced))


def unpack_settled(data: bytes) -> Settled:
    """Read what `pack_settled` wrote."""
    settled = _decode(data)
    for record in settled.records:
        if isinstance(record.body, bytes):
            record.body = DECODERS[record.kind](record.body)
    return settled


def _raw(body: object) -> bytes:
    # What was read into a struct without loss is written again as it was (`contents`); documents are bytes.
    return body if isinstance(body, bytes) else encode_sorted(body)
