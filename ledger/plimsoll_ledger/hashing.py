"""Hash leaves and nodes as RFC 6962 does: SHA-256, with one byte that keeps the two apart.

The prefixes 0x00 and 0x01 stop an attacker from presenting an interior node as if it were an entry.

Source: SPEC 1.1 / RFC 6962 2.1.
"""

from __future__ import annotations

import hashlib
from typing import Self

from plimsoll_ledger.errors import Malformed

HASH_SIZE = 32
"""Length of every hash, in bytes."""

_sha256 = hashlib.sha256


class Hash(bytes):
    """A SHA-256 value: exactly 32 bytes, checked when it is made."""

    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        """Take the 32 bytes.

        Raises:
            Malformed: if there are not exactly 32 of them.
        """
        if len(value) != HASH_SIZE:
            raise Malformed(f"a hash is {HASH_SIZE} bytes, got {len(value)}")
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        """Show the value in hex."""
        return f"Hash({self.hex()})"


def leaf_hash(entry: bytes) -> Hash:
    """Hash an entry's bytes into its leaf: SHA256(0x00 || entry). Source: RFC 6962 2.1."""
    return Hash(_sha256(b"\x00" + entry).digest())


def node_hash(left: bytes, right: bytes) -> Hash:
    """Hash two 32-byte children into their parent: SHA256(0x01 || left || right).

    Source: RFC 6962 2.1.
    """
    return Hash(_sha256(b"\x01" + left + right).digest())


def fold_hashes(hashes: bytes) -> bytes:
    """Return the root over 2**k concatenated 32-byte hashes, k >= 0.

    This is the inner loop of every proof and tile check, so it works on plain bytes: level by level,
    each pair in place of its two children.
    """
    sha256 = _sha256
    while len(hashes) > HASH_SIZE:
        hashes = b"".join(
            [
                sha256(b"\x01" + hashes[at : at + 2 * HASH_SIZE]).digest()
                for at in range(0, len(hashes), 2 * HASH_SIZE)
            ]
        )
    return hashes


EMPTY_ROOT = Hash(_sha256(b"").digest())
"""Root of the tree without entries: SHA256 of nothing. Source: RFC 6962 2.1."""
