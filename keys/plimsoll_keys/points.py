"""Which Ed25519 points and signatures are valid, decided here before a library is asked.

Libraries disagree at the edges: some accept a public key of small order, under which one signature
fits every message; some accept encodings that are not the shortest, so that one key or signature has
two spellings. Two honest verifiers could then judge one log differently. We draw the line ourselves,
at its strictest: canonical encodings, no small order, `S < L`, and the equation without its cofactor.
"""

from typing import Final

import nacl.bindings
import nacl.exceptions

from plimsoll_keys.errors import BadPoint, BadSignature

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_L: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_SIGN_BIT: Final = 1 << 255

# The eight points of small order have five y-coordinates: 0 (order 4), 1 (the identity), -1 (order 2)
# and two of order 8. Compared without the sign of x, they also cover the two spellings of x = 0 with
# its sign set, which are the only non-canonical encodings that have a y below p.
_Y8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})


def verify_point(public_key: bytes) -> bytes:
    """Check that a public key is a point that may be enrolled.

    Not checked: that somebody holds the private key (see `possession`), nor that the point lies in the
    prime-order subgroup; a key with a component of small order verifies only what its holder signed.

    Args:
        public_key: 32 bytes.

    Returns:
        The same bytes.

    Raises:
        BadPoint: If the length is wrong, the encoding is not canonical, no curve point has this
            y-coordinate, or the point is of small order.

    Source: SPEC 1.6 / RFC 8032 5.1.3
    """
    y = _checked_y(public_key, "public key")
    y2 = y * y % _P
    x2 = (y2 - 1) * pow(_D * y2 + 1, -1, _P) % _P
    # Euler's criterion. x2 is not 0 here, because y is neither 1 nor -1.
    if pow(x2, (_P - 1) // 2, _P) != 1:
        raise BadPoint(f"public key {public_key.hex()} is no point of the curve")
    return public_key


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bytes:
    """Check an Ed25519 signature by the strictest reading of RFC 8032.

    Args:
        public_key: 32 bytes.
        message: Exactly the bytes that were signed.
        signature: 64 bytes, `R || S`.

    Returns:
        The message.

    Raises:
        BadPoint: If the public key is not canonical or of small order.
        BadSignature: If the signature has another length, `S >= L`, `R` is not canonical or of small
            order, or it was not made over this message with this key.

    Source: SPEC 1.6 / RFC 8032 5.1.7
    """
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature(f"a signature has {len(signature)} bytes, want {SIGNATURE_BYTES}")
    _checked_y(public_key, "public key")
    if int.from_bytes(signature[32:], "little") >= _L:
        raise BadSignature("a signature's scalar is not below the group order")
    try:
        _checked_y(signature[:32], "signature's point")
    except BadPoint as error:
        raise BadSignature(str(error)) from None
    # What is left for libsodium: both points are on the curve, and SB = R + hA without the cofactor.
    try:
        return nacl.bindings.crypto_sign_open(signature + message, public_key)
    except nacl.exceptions.BadSignatureError:
        raise BadSignature(
            f"the signature does not hold for public key {public_key.hex()} and this message"
        ) from None


def _checked_y(encoded: bytes, what: str) -> int:
    """Return the y-coordinate of a canonical encoding that is not of small order."""
    if len(encoded) != PUBLIC_KEY_BYTES:
        raise BadPoint(f"a {what} has {len(encoded)} bytes, want {PUBLIC_KEY_BYTES}")
    y = int.from_bytes(encoded, "little") & (_SIGN_BIT - 1)
    if y >= _P:
        raise BadPoint(f"{what} {encoded.hex()} is not a canonical encoding")
    if y in _SMALL_ORDER_Y:
        raise BadPoint(f"{what} {encoded.hex()} is of small order")
    return y
