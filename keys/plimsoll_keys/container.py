"""Tell what a private key file holds, before anybody is asked for a passphrase.

Two containers are read: OpenSSH's own, which this package writes too, and PKCS#8. Both are text between
BEGIN and END lines around base64. What lies outside the encryption says whether a passphrase is needed
and, for OpenSSH, which key is inside; a file that is well-formed on the outside and does not open has
been given the wrong passphrase, and no other cause needs guessing.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from plimsoll_keys.errors import MalformedKey, UnsupportedKey
from plimsoll_keys.secret import Secret

_PEM: Final = re.compile(
    rb"\s*-----BEGIN (?P<label>[A-Z0-9 ]+)-----\r?\n(?P<body>[A-Za-z0-9+/=\r\n]+)-----END (?P=label)-----\s*"
)
_CIPHERS: Final = frozenset({b"none", b"aes256-ctr", b"aes256-cbc", b"aes256-gcm@openssh.com"})
_OPENSSH_MAGIC: Final = b"openssh-key-v1\0"


@dataclass(frozen=True, slots=True)
class Container:
    """The outside of a private key file.

    Attributes:
        openssh: Whether it is OpenSSH's container; PKCS#8 otherwise.
        locked: Whether a passphrase is needed.
        text: The file's bytes; a secret, because they hold the key if it is not locked.
    """

    openssh: bool
    locked: bool
    text: Secret


def parse_container(text: bytes) -> Container:
    """Read the outside of a private key file.

    Not checked: what is under the encryption. The frames of an exception from here can hold a key that
    is not locked: the caller drops it and raises another.

    Raises:
        MalformedKey: If it is empty, cut short, or no private key file.
        UnsupportedKey: If it says that it holds another kind of key than Ed25519.
    """
    if not text.strip():
        raise MalformedKey("the file is empty")
    if text.startswith((b"ssh-", b"ecdsa-", b"sk-")):
        raise MalformedKey(
            "this is a public key", hint="give the private key; its file has no .pub at the end"
        )
    match = _PEM.fullmatch(text)
    if match is None:
        raise MalformedKey(
            "no private key between BEGIN and END lines, or a part of it is missing",
            hint="give an Ed25519 private key as OpenSSH or PKCS#8 text",
        )
    label = match["label"].decode()
    try:
        body = base64.b64decode(re.sub(rb"\s", b"", match["body"]), validate=True)
    except binascii.Error:
        raise MalformedKey("the base64 between the BEGIN and END lines is cut short or damaged") from None
    if label == "OPENSSH PRIVATE KEY":
        return Container(openssh=True, locked=_openssh_locked(body), text=Secret(text))
    if label in {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}:
        _verify_der_length(body)
        return Container(openssh=False, locked=label.startswith("ENCRYPTED"), text=Secret(text))
    raise UnsupportedKey(f"{label.lower()} files are not read", hint="want Ed25519 as OpenSSH or PKCS#8 text")


def _openssh_locked(body: bytes) -> bool:
    """Read OpenSSH's header: magic, cipher, KDF, its options, key count, public key, private part.

    Source: OpenSSH PROTOCOL.key
    """
    if not body.startswith(_OPENSSH_MAGIC):
        raise MalformedKey("the file says OpenSSH, but its content does not")
    cipher, rest = _take_string(body[len(_OPENSSH_MAGIC) :])
    if cipher not in _CIPHERS:
        raise UnsupportedKey(
            f"the file is locked with {cipher.decode(errors='replace')!a}, which is not read here",
            hint="lock it anew with: ssh-keygen -p -Z aes256-ctr -f FILE",
        )
    _kdf, rest = _take_string(rest)
    _options, rest = _take_string(rest)
    count, rest = _take_number(rest)
    if count != 1:
        raise UnsupportedKey(f"the file holds {count} keys, want one")
    public, rest = _take_string(rest)
    key_type, _ = _take_string(public)
    if key_type != b"ssh-ed25519":
        raise UnsupportedKey(
            f"the file holds a key of type {key_type.decode(errors='replace')!a}, want ssh-ed25519",
            hint="make one with: ssh-keygen -t ed25519",
        )
    # Some ciphers add a tag after the private part, so what follows it is not ours to judge.
    _take_string(rest)
    return cipher != b"none"


def _take_number(data: bytes) -> tuple[int, bytes]:
    if len(data) < 4:
        raise MalformedKey("the key is cut short")
    return int.from_bytes(data[:4], "big"), data[4:]


def _take_string(data: bytes) -> tuple[bytes, bytes]:
    size, rest = _take_number(data)
    if len(rest) < size:
        raise MalformedKey("the key is cut short")
    return rest[:size], rest[size:]


def _verify_der_length(body: bytes) -> None:
    """Check that PKCS#8's outermost SEQUENCE is as long as it says."""
    if len(body) < 2 or body[0] != 0x30:
        raise MalformedKey("the file says PKCS#8, but its content does not")
    header, size = 2, body[1]
    if size > 0x80:
        header += size - 0x80
        size = int.from_bytes(body[2:header], "big")
    if len(body) != header + size:
        raise MalformedKey("the key is cut short, or something follows it")
