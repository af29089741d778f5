"""ML-DSA-44: the signatures of witnesses whose word is to hold against quantum computers as well.

The algorithm is left to cryptography, which the extra `plimsoll-verify[mldsa]` installs. It is looked for
only where a trust file names such a key, and a cosignature that cannot be checked counts for nothing.

Source: SPEC 2.5 / FIPS 204.
"""

from typing import TYPE_CHECKING

from plimsoll_verify.errors import BadSignature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

KEY_BYTES = 1312
SIGNATURE_BYTES = 2420
EXTRA = "plimsoll-verify[mldsa]"


class NoExtra(Exception):
    """Such signatures cannot be checked here: the extra is not installed, or its library lacks ML-DSA-44."""


def is_available() -> bool:
    """Say whether such signatures can be checked here."""
    try:
        _load(bytes(KEY_BYTES))
    except NoExtra:
        return False
    return True


def verify_signature(key: bytes, message: bytes, signature: bytes, check: str) -> bytes:
    """Return the message that a key has signed, with the empty context.

    Args:
        key: 1,312 bytes; any of them are a key.
        message: the bytes that are signed.
        signature: 2,420 bytes.
        check: name of the check, for the error.

    Raises:
        BadSignature: another length, or the signature does not verify.
        NoExtra: it cannot be checked here; nothing is said about it.

    Source: SPEC 2.5 / FIPS 204 5.3.
    """
    loaded = _load(key)
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra, which is there.

    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature(check, f"a signature of {SIGNATURE_BYTES} bytes", f"{len(signature)} bytes")
    try:
        loaded.verify(signature, message)
    except InvalidSignature:
        wanted = f"a signature by the ML-DSA-44 key {key[:16].hex()}..."
        raise BadSignature(check, wanted, "one that does not verify") from None
    return message


def _load(key: bytes) -> "MLDSA44PublicKey":
    try:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra.
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415
    except ImportError:
        raise NoExtra(f"{EXTRA} is not installed") from None
    try:
        return MLDSA44PublicKey.from_public_bytes(key)
    except UnsupportedAlgorithm:
        raise NoExtra(f"the library that {EXTRA} installed lacks ML-DSA-44") from None
