"""DSSE envelopes as the writer makes them: one payload, one signature, one canonical sequence of bytes.

    envelope  {"payload": base64, "payloadType": TYPE, "signatures": [{"keyid": hex64, "sig": base64}]}
    PAE       "DSSEv1" SP len(type) SP type SP len(payload) SP payload    what is signed
    id        SHA256(PAE)                               what references and duplicates go by
    entry     {"envelope": envelope, "time": T}         the leaf of the log

The id does not depend on the envelope, which somebody else could wrap anew around the same signature.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

from plimsoll_attest.canonical import NotCanonical, format_canonical, parse_canonical
from plimsoll_attest.errors import BadStatement
from plimsoll_attest.times import format_time, parse_time
from plimsoll_keys.signer import Signer

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_ENTRY_SIZE: Final = 65_535
"""Bytes of an entry: its length must fit the u16 of an entry bundle (SPEC 1.8)."""

_HEX64 = re.compile(r"[0-9a-f]{64}")
_BEFORE: Final = b'{"envelope":'


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope taken apart. Nothing about the signature is verified.

    Attributes:
        payload: The statement's canonical bytes.
        keyid: Hex SHA-256 of the key that is said to have signed.
        unverified_signature: 64 bytes.
    """

    payload: bytes = field(repr=False)
    keyid: str
    unverified_signature: bytes = field(repr=False)


def pae(payload: bytes) -> bytes:
    """Return the pre-authentication encoding of a payload: the bytes that are signed.

    Source: SPEC 3.2 / DSSE v1 protocol.
    """
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def statement_id(payload: bytes) -> bytes:
    """Return the 32 bytes by which a statement is known.

    Source: SPEC 3.3.
    """
    return hashlib.sha256(pae(payload)).digest()


def sign_envelope(payload: bytes, signer: Signer) -> bytes:
    """Sign a payload and return the canonical bytes of its envelope.

    Args:
        payload: Canonical bytes of a statement.
        signer: The author's key.

    Source: SPEC 3.2.
    """
    signature = signer.sign(pae(payload))
    keyid = hashlib.sha256(signer.public_key).hexdigest()
    return format_envelope(Envelope(payload, keyid, signature))


def format_envelope(envelope: Envelope) -> bytes:
    """Return the canonical bytes of an envelope."""
    signature = {"keyid": envelope.keyid, "sig": _to_base64(envelope.unverified_signature)}
    return format_canonical(
        {"payload": _to_base64(envelope.payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    )


def parse_envelope(data: bytes) -> Envelope:
    """Take canonical bytes of an envelope apart; the pair of `format_envelope`.

    Raises:
        BadStatement: If they are not canonical, lack or add a member, or do not hold exactly one signature.

    Source: SPEC 3.2.
    """
    return _read_envelope(_canonical(data, "an envelope"))


def format_entry(envelope: bytes, time_ms: int) -> bytes:
    """Return the entry that seals an envelope with the time at which the log took it.

    Args:
        envelope: Canonical bytes, as `format_envelope` gives them.
        time_ms: The log's time.

    Raises:
        BadStatement: If the entry would be longer than 65,535 bytes.

    Source: SPEC 3.1, 1.8.
    """
    # Canonical bytes inside canonical bytes: "envelope" sorts before "time", and no member has spaces.
    entry = b'%b%b,"time":"%b"}' % (_BEFORE, envelope, format_time(time_ms).encode())
    if len(entry) > MAX_ENTRY_SIZE:
        raise BadStatement(
            f"the entry has {len(entry)} bytes, at most {MAX_ENTRY_SIZE} are allowed",
            "shorten what stands inline; long texts belong into a detached body",
        )
    return entry


def parse_entry(leaf: bytes) -> tuple[Envelope, int]:
    """Take an entry apart into its envelope and its time in milliseconds; the pair of `format_entry`.

    Raises:
        BadStatement: If it is not an entry.
    """
    tree = _canonical(leaf, "an entry")
    if not isinstance(tree, dict) or set(tree) != {"envelope", "time"} or not isinstance(tree["time"], str):
        raise BadStatement("an entry has the members envelope and time, and no others")
    try:
        time_ms = parse_time(tree["time"])
    except ValueError as error:
        raise BadStatement(f"an entry's {error}") from None
    return _read_envelope(tree["envelope"]), time_ms


def _read_envelope(tree: Any) -> Envelope:
    if not isinstance(tree, dict) or set(tree) != {"payload", "payloadType", "signatures"}:
        raise BadStatement("an envelope has the members payload, payloadType and signatures, and no others")
    if tree["payloadType"] != PAYLOAD_TYPE:
        raise BadStatement(f"payloadType is {tree['payloadType']!r}, not {PAYLOAD_TYPE!r}")
    signatures = tree["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise BadStatement(
            "an envelope has exactly one signature", "joint acts are one entry and sign-offs that name it"
        )
    signature = signatures[0]
    if not isinstance(signature, dict) or set(signature) != {"keyid", "sig"}:
        raise BadStatement("a signature has the members keyid and sig, and no others")
    keyid = signature["keyid"]
    if not isinstance(keyid, str) or _HEX64.fullmatch(keyid) is None:
        raise BadStatement("a keyid is 64 lower-case hex digits: the SHA-256 of the key")
    raw = _from_base64(signature["sig"], "sig")
    if len(raw) != 64:
        raise BadStatement(f"a signature has 64 bytes, not {len(raw)}")
    return Envelope(_from_base64(tree["payload"], "payload"), keyid, raw)


def _canonical(data: bytes, what: str) -> Any:
    try:
        return parse_canonical(data)
    except NotCanonical as error:
        raise BadStatement(f"{what} is {error}", error.hint) from None


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: object, what: str) -> bytes:
    if isinstance(text, str):
        try:
            data = base64.b64decode(text, validate=True)
        except ValueError:
            data = b""
        # Python's decoder accepts stray bits in the last character; only one text stands for these bytes.
        if data and _to_base64(data) == text:
            return data
    raise BadStatement(f"{what} is not strict base64")
