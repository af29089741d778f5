"""Which Ed25519 keys and signatures are valid, settled before a library is asked.

Libraries differ where an encoding is not canonical or a point has small order: some take a key with which
one signature fits every message. Here both are refused first, so that every verifier of a ledger comes to
one answer. What is left to libsodium is the equation without cofactor, which it checks by comparing R.
"""

from functools import lru_cache

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from plimsoll_verify.errors import BadSignature

_P = 2**255 - 19
# The order of the group. Its highest byte is 0x10.
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_Y_MASK = 2**255 - 1

# A point is told by its y, and the eight points of small order have these five: 0, 1, -1 and the two roots of
# d*y^4 + 2*y^2 = 1. Whatever the sign of x, such a point is refused.
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})
# The highest byte, without the sign, of each of these and of all encodings that are not canonical. Other
# encodings, that is nearly all, need no closer look.
_SUSPECT_BYTES = frozenset(y >> 248 for y in _SMALL_ORDER_Y) | {_P >> 248}


def _is_canonical_and_large(encoded: bytes) -> bool:
    if encoded[31] & 0x7F not in _SUSPECT_BYTES:
        return True
    y = int.from_bytes(encoded, "little") & _Y_MASK
    return y < _P and y not in _SMALL_ORDER_Y


@lru_cache(maxsize=65_536)
def _key_fault(key: bytes) -> str:
    """Say what is wrong with a key; "" if nothing is."""
    if len(key) != 32:
        return f"{len(key)} bytes"
    if not _is_canonical_and_large(key):
        return "a point of small order, or not canonically encoded"
    y2 = pow(int.from_bytes(key, "little") & _Y_MASK, 2, _P)
    x2 = (y2 - 1) * pow(_D * y2 + 1, -1, _P) % _P
    # Euler's criterion; x2 is not 0, because y is neither 1 nor -1.
    return "" if pow(x2, (_P - 1) // 2, _P) == 1 else "no point of the curve"


def verify_key(key: bytes, check: str) -> bytes:
    """Return a public key that may be relied on.

    Args:
        key: 32 bytes.
        check: name of the check, for the error.

    Raises:
        BadSignature: another length, not canonical, of small order, or no point.

    Source: SPEC 1.6 / RFC 8032 5.1.3.
    """
    fault = _key_fault(key)
    if fault:
        raise BadSignature(check, "an Ed25519 public key of 32 bytes", f"{fault}: {key[:32].hex()}")
    return key


def verify_signature(key: bytes, message: bytes, signature: bytes, check: str) -> bytes:
    """Return the message that a key has signed.

    Args:
        key: 32 bytes.
        message: the bytes that are signed.
        signature: 64 bytes, R || S.
        check: name of the check, for the error.

    Raises:
        BadSignature: the key or R is no acceptable point, S is not below the group's order, or the equation
            does not hold.

    Source: SPEC 1.6 / RFC 8032 5.1.7.
    """
    verify_key(key, check)
    if len(signature) != 64:
        raise BadSignature(check, "a signature of 64 bytes", f"{len(signature)} bytes")
    if signature[63] >= 0x10 and int.from_bytes(signature[32:], "little") >= _L:
        raise BadSignature(check, "a signature whose S is below the order of the group", "a larger S")
    if not _is_canonical_and_large(signature[:32]):
        raise BadSignature(
            check, "a signature with a canonical R", "an R of small order, or not canonically encoded"
        )
    try:
        return crypto_sign_open(signature + message, key)
    except BadSignatureError:
        raise BadSignature(check, f"a signature by the key {key.hex()}", "one that does not verify") from None
