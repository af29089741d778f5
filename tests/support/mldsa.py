"""ML-DSA-44 cosignatures for tests, put together by hand: C2SP tlog-cosignature and FIPS 204.

Signing takes fresh randomness, and vectors must be the same bytes at each run. So the signatures in vectors
are made once and kept in tests/vectors/data/ml-dsa-44.json, by the digest of the key's seed, the context and
the message; whoever generates vectors makes those that are missing.
"""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tests.support.forge import b64, key_id, sha, vkey

ML_DSA = 6
KEPT = Path(__file__).parent.parent / "vectors" / "data" / "ml-dsa-44.json"
_kept: dict[str, str] = json.loads(KEPT.read_text(encoding="ascii")) if KEPT.exists() else {}
_used: dict[str, str] = {}


def ml_seed(name: str) -> bytes:
    """Return the seed of a key that follows from its name."""
    return sha(f"ml-dsa-44/{name}".encode())


def ml_public(seed: bytes) -> bytes:
    """Return the 1,312 bytes of a public key."""
    return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def ml_vkey(name: str, seed: bytes) -> str:
    """Return the vkey of a witness, of type 0x06."""
    return vkey(name, ml_public(seed), ML_DSA)


def ml_sign(seed: bytes, message: bytes, context: bytes = b"") -> bytes:
    """Sign, with new randomness each time."""
    return MLDSA44PrivateKey.from_seed_bytes(seed).sign(message, context)


def ml_sign_kept(seed: bytes, message: bytes, context: bytes = b"") -> bytes:
    """Sign once for all: return the signature that is kept, or make it."""
    name = hashlib.sha256(seed + bytes([len(context)]) + context + message).hexdigest()
    if name not in _kept:
        _kept[name] = b64(ml_sign(seed, message, context))
    _used[name] = _kept[name]
    return base64.b64decode(_kept[name])


def save_kept() -> None:
    """Write the signatures that were asked for in this process."""
    KEPT.write_text(json.dumps(_used, indent=0, sort_keys=True) + "\n", encoding="ascii")


def ml_message(name: str, text: str, at_s: int, *, start: int = 0, label: bytes = b"subtree/v1\n\0") -> bytes:
    """Write the cosigned_message of a checkpoint's text."""
    origin, size, root = text.split("\n")[:3]
    return b"".join(
        [
            label,
            bytes([len(name.encode())]), name.encode(), at_s.to_bytes(8, "big"),
            bytes([len(origin.encode())]), origin.encode(),
            start.to_bytes(8, "big"), int(size).to_bytes(8, "big"), base64.b64decode(root),
        ]
    )  # fmt: skip


def ml_line(name: str, seed: bytes, at_s: int, signature: bytes) -> str:
    """Write a signature line with a time and any signature."""
    mark = key_id(name, ml_public(seed), ML_DSA)
    return f"\u2014 {name} {b64(mark + at_s.to_bytes(8, 'big') + signature)}\n"


def ml_cosign(text: str, name: str, seed: bytes, at_s: int) -> str:
    """Return a witness's signature line over a checkpoint's text."""
    return ml_line(name, seed, at_s, ml_sign(seed, ml_message(name, text, at_s)))
