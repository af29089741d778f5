"""Entries and the envelopes in them: which bytes a signature is over, and what a statement's id is.

Typed decoding is fast and lets through what is not canonical; the law of re-encoding closes that: what was
read, written again, must be the bytes that were read. (No member is a number, and struct members come once
and sorted, so nothing that the decoder is lenient about survives it.) Only to say what is wrong is the slow,
generic parser asked.

Source: SPEC 3 / DSSE.
"""

from hashlib import sha256

import msgspec

from plimsoll_verify.canonical import decode_exactly

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Signature(msgspec.Struct, frozen=True, gc=False):
    """One signature of an envelope: the key it is said to be by, and what should be 64 bytes."""

    keyid: str
    sig: bytes


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """A DSSE envelope."""

    payload: bytes
    payloadType: str  # noqa: N815 - the member's name in DSSE.
    signatures: list[Signature]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An entry: an envelope, and when the log took it."""

    envelope: Envelope
    time: str


_decode = msgspec.json.Decoder(Entry).decode


def parse_entry(data: bytes) -> Entry:
    """Read an entry.

    Not verified: payload type, number of signatures, time, or anything about the payload.

    Raises:
        Malformed: not the canonical JSON of an entry.

    Source: SPEC 3.1, 3.2.
    """
    return decode_exactly(data, _decode, "an entry")


def pre_authentication_encoding(payload: bytes) -> bytes:
    """Return what is signed: the payload type and the payload with their lengths.

    Source: SPEC 3.2 / DSSE protocol.
    """
    return b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(payload), payload)


def statement_id(pae: bytes) -> bytes:
    """Return the id by which a statement is referred to, 32 bytes.

    Source: SPEC 3.3.
    """
    return sha256(pae).digest()
