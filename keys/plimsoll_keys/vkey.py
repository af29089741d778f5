"""Verifier keys: the one line of text in which a public key travels with its name.

    <name>+<hex8(key id)>+<base64(type || key)>

The key id is a hint for finding the key of a signature, four bytes long and easy to collide. It is
never an identity: keys are compared by all their bytes.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final, Self

from plimsoll_keys.errors import MalformedKey, UnsupportedKey
from plimsoll_keys.points import PUBLIC_KEY_BYTES, verify_point
from plimsoll_keys.signer import Signer

ED25519: Final = 0x01
"""A key that signs notes and statements. Source: C2SP signed-note."""

COSIGNATURE: Final = 0x04
"""A witness's Ed25519 key, whose signatures carry their time. Source: C2SP tlog-cosignature."""

_KEY_TYPES: Final = frozenset({ED25519, COSIGNATURE})


@dataclass(frozen=True, slots=True)
class VKey:
    """A public key under a name, with the kind of signatures it makes.

    Attributes:
        name: A person's id or a log's origin; not empty, no space, no `+`, no control character.
        key_type: `ED25519` or `COSIGNATURE`.
        public_key: 32 bytes; a canonical point of the curve, not of small order.

    Raises:
        MalformedKey: If the name is not one.
        UnsupportedKey: If the type is another.
        BadPoint: If the key is not such a point.

    Source: SPEC 1.7
    """

    name: str
    key_type: int
    public_key: bytes

    def __post_init__(self) -> None:
        verify_name(self.name)
        if self.key_type not in _KEY_TYPES:
            raise UnsupportedKey(f"key type {self.key_type} of {self.name!r} is not supported, want 1 or 4")
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

    def __str__(self) -> str:
        return format_vkey(self)


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
        UnsupportedKey: If the type is neither Ed25519 nor a timestamped Ed25519 cosignature.
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
    if decoded[0] in _KEY_TYPES and len(decoded) != 1 + PUBLIC_KEY_BYTES:
        raise MalformedKey(f"the key of vkey {name!a} has {len(decoded) - 1} bytes, want {PUBLIC_KEY_BYTES}")
    vkey = VKey(name, decoded[0], decoded[1:])
    if vkey.key_id.hex() != id_hex:
        raise MalformedKey(
            f"vkey {name!a} says key id {id_hex!a}, but its name and key give {vkey.key_id.hex()}",
            hint="ask for the whole line again; a part of it was changed",
        )
    return vkey
