"""Verifier keys: the one line of text in which a public key travels with its name.

    <name>+<hex8(key id)>+<base64(type || key)>

The key id is a hint for finding the key of a signature, four bytes long and easy to collide. It is
never an identity: keys are compared by all their bytes.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from plimsoll_keys.errors import MalformedKey, UnsupportedKey
from plimsoll_keys.mldsa import PUBLIC_KEY_BYTES as ML_DSA_PUBLIC_KEY_BYTES
from plimsoll_keys.mldsa import verify_cosigner_name, verify_ml_dsa_signature
from plimsoll_keys.points import PUBLIC_KEY_BYTES, verify_point, verify_signature
from plimsoll_keys.signer import Signer

ED25519: Final = 0x01
"""A key that signs notes and statements. Source: C2SP signed-note."""

COSIGNATURE: Final = 0x04
"""A witness's Ed25519 key, whose signatures carry their time. Source: C2SP tlog-cosignature."""

COSIGNATURE_ML_DSA: Final = 0x06
"""A witness's ML-DSA-44 key, whose signatures carry their time. Source: C2SP tlog-cosignature."""

COSIGNATURES: Final = (COSIGNATURE, COSIGNATURE_ML_DSA)
"""The types of keys that cosign."""

_KEY_BYTES: Final = {
    ED25519: PUBLIC_KEY_BYTES,
    COSIGNATURE: PUBLIC_KEY_BYTES,
    COSIGNATURE_ML_DSA: ML_DSA_PUBLIC_KEY_BYTES,
}


@dataclass(frozen=True, slots=True)
class VKey:
    """A public key under a name, with the kind of signatures it makes.

    Attributes:
        name: A person's id or a log's origin; not empty, no space, no `+`, no control character.
        key_type: `ED25519`, `COSIGNATURE` or `COSIGNATURE_ML_DSA`.
        public_key: 32 bytes, a canonical point of the curve, not of small order; of ML-DSA-44 any 1,312.

    Raises:
        MalformedKey: If the name is not one, or an ML-DSA-44 key has another length.
        UnsupportedKey: If the type is another.
        BadPoint: If the key is not such a point.

    Source: SPEC 1.7
    """

    name: str
    key_type: int
    public_key: bytes

    def __post_init__(self) -> None:
        verify_name(self.name)
        if self.key_type not in _KEY_BYTES:
            raise UnsupportedKey(f"key type {self.key_type} of {self.name!r} is not supported, want 1, 4, 6")
        if self.key_type == COSIGNATURE_ML_DSA:
            verify_cosigner_name(self.name)
            _verify_length(self.name, self.key_type, self.public_key)
        else:
            verify_point(self.public_key)

    @classmethod
    def of(cls, signer: Signer) -> Self:
        """Return the vkey under which a signer's signatures verify."""
        return cls(signer.name, ED25519, signer.public_key)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that a note's signature line begins with."""
        return key_id(self.name, self.key_type, self.public_key)

    @property
    def keyid_hex(self) -> str:
        """The 64 hex digits that a DSSE signature names the key by; they commit to no name."""
        return hashlib.sha256(self.public_key).hexdigest()

    def verify(self, message: bytes, signature: bytes) -> bytes:
        """Check a signature by this key, with the algorithm of its type; return the message.

        Raises:
            BadSignature: If it was not made over exactly this message with this key.
            UnsupportedKey: If no library here has the algorithm.

        Source: SPEC 1.6, 2.5
        """
        if self.key_type == COSIGNATURE_ML_DSA:
            return verify_ml_dsa_signature(self.public_key, message, signature)
        return verify_signature(self.public_key, message, signature)

    def __str__(self) -> str:
        return format_vkey(self)


@lru_cache(maxsize=256)  # A log's own is needed with each checkpoint.
def key_id(name: str, key_type: int, public_key: bytes) -> bytes:
    r"""Return the 4-byte key id, `SHA256(name || 0x0A || type || key)[:4]`.

    Source: SPEC 1.7 / C2SP signed-note
    """
    return hashlib.sha256(name.encode() + b"\n" + bytes([key_type]) + public_key).digest()[:4]


def verify_name(name: str) -> str:
    """Check that a text can be a key's name.

    Raises:
        MalformedKey: If it is empty, or holds a space, a `+`, a control character or a lone surrogate.

    Source: C2SP signed-note
    """
    if not name:
        raise MalformedKey("a key's name is empty")
    for character in name:
        if character == "+" or character.isspace() or character < " " or "\x7f" <= character <= "\x9f":
            raise MalformedKey(f"a key's name holds {character!a}: {name!a}")
        if "\ud800" <= character <= "\udfff":
            raise MalformedKey(f"a key's name is not Unicode text: {name!a}")
    return name


def _verify_length(name: str, key_type: int, public_key: bytes) -> None:
    wanted = _KEY_BYTES.get(key_type, len(public_key))
    if len(public_key) != wanted:
        raise MalformedKey(f"the key of vkey {name!a} has {len(public_key)} bytes, want {wanted}")


def format_vkey(vkey: VKey) -> str:
    """Return the one line of a verifier key, without a newline.

    Source: SPEC 1.7 / C2SP signed-note
    """
    encoded = base64.b64encode(bytes([vkey.key_type]) + vkey.public_key).decode()
    return f"{vkey.name}+{vkey.key_id.hex()}+{encoded}"


def parse_vkey(text: str) -> VKey:
    """Read the one line of a verifier key, in exactly the spelling that `format_vkey` gives it.

    Raises:
        MalformedKey: If it has not three parts, the base64 or the key id is not canonical or has
            another length, or the key id is not that of this name and key.
        UnsupportedKey: If the type is neither Ed25519 nor that of a timestamped cosignature.
        BadPoint: If the key is not a canonical point, or of small order.

    Source: SPEC 1.7 / C2SP signed-note
    """
    # Base64 holds "+" as well, so that only the first two separate.
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise MalformedKey(f"a vkey has three parts, name+id+key: got {text!a}")
    name, id_hex, encoded = parts
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    # Python's decoder lets non-zero trailing bits pass: one key would have several spellings.
    if not decoded or base64.b64encode(decoded).decode() != encoded:
        raise MalformedKey(f"the key of vkey {name!a} is not canonical base64")
    _verify_length(name, decoded[0], decoded[1:])
    vkey = VKey(name, decoded[0], decoded[1:])
    if vkey.key_id.hex() != id_hex:
        raise MalformedKey(
            f"vkey {name!a} says key id {id_hex!a}, but its name and key give {vkey.key_id.hex()}",
            hint="ask for the whole line again; a part of it was changed",
        )
    return vkey
