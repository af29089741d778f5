"""Points and signatures, against a reference implementation written from RFC 8032 alone."""

import hashlib

import nacl.bindings
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll_keys import points
from plimsoll_keys.errors import BadPoint, BadSignature
from plimsoll_keys.points import verify_point, verify_signature

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1)

Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    """Add two points by the affine formula of RFC 8032 5.1."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def multiply(scalar: int, point: Point) -> Point:
    """Multiply by doubling and adding."""
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def encode(point: Point) -> bytes:
    """Encode y in 255 bits and the sign of x in the last."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(encoded: bytes) -> Point | None:
    """Recover a point whose y is canonical, or None if the curve has none."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P:
        return None
    return (P - x if x & 1 != sign else x), y


def first_point_of_order_8() -> Point:
    """Multiply points by L until what remains is a generator of the small subgroup."""
    for y in range(2, 100):
        point = decode(y.to_bytes(32, "little"))
        if point is not None:
            small = multiply(L, point)
            if multiply(4, small) != IDENTITY:
                return small
    raise AssertionError


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert BASE is not None
TORSION = first_point_of_order_8()
SMALL_ORDER = [encode(multiply(k, TORSION)) for k in range(8)]
SIGN_BIT = bytes(31) + b"\x80"


def flip_sign(encoded: bytes) -> bytes:
    """Return the same y with the other sign."""
    return encoded[:31] + bytes([encoded[31] ^ 0x80])


# Every 32-byte string whose y is p or more: y = p + 0 ... p + 18, with either sign.
NON_CANONICAL = [(P + k | sign << 255).to_bytes(32, "little") for k in range(19) for sign in (0, 1)]
# x = 0 with its sign set: a second spelling of the identity and of the point of order 2.
SIGNED_ZERO = [flip_sign(encode(IDENTITY)), flip_sign(encode((0, P - 1)))]


def reference_sign(
    secret: int, nonce: int, message: bytes, *, twist: Point = IDENTITY
) -> tuple[bytes, bytes]:
    """Sign with a key A = aB + twist, as somebody may who knows a."""
    assert BASE is not None
    public = encode(add(multiply(secret, BASE), twist))
    r = encode(multiply(nonce, BASE))
    challenge = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % L
    return public, r + ((nonce + challenge * secret) % L).to_bytes(32, "little")


RFC_8032_VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032_VECTORS)
def test_the_vectors_of_rfc_8032_verify(public: str, message: str, signature: str) -> None:
    key, text, good = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify_point(key) == key
    assert verify_signature(key, text, good) == text


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032_VECTORS)
def test_every_flipped_bit_of_a_signature_is_refused(public: str, message: str, signature: str) -> None:
    key, text, good = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    for bit in range(512):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignature):
            verify_signature(key, text, bytes(bad))


def test_another_message_or_key_is_refused() -> None:
    key, signature = reference_sign(1234567, 7654321, b"one")
    other, _ = reference_sign(7654321, 1, b"")
    assert verify_signature(key, b"one", signature) == b"one"
    with pytest.raises(BadSignature, match="does not hold"):
        verify_signature(key, b"two", signature)
    with pytest.raises(BadSignature, match="does not hold"):
        verify_signature(other, b"one", signature)


def test_the_small_subgroup_has_eight_points() -> None:
    assert len(set(SMALL_ORDER)) == 8
    assert all(multiply(8, point) == IDENTITY for point in map(decode, SMALL_ORDER) if point)


@pytest.mark.parametrize("encoded", SMALL_ORDER + SIGNED_ZERO, ids=bytes.hex)
def test_small_order_is_refused_as_key_and_as_signature_point(encoded: bytes) -> None:
    with pytest.raises(BadPoint, match="small order"):
        verify_point(encoded)
    with pytest.raises(BadPoint, match=r"public key .* small order"):
        verify_signature(encoded, b"", encode(TORSION) + bytes(32))
    key, _ = reference_sign(5, 7, b"")
    with pytest.raises(BadSignature, match=r"signature's point .* small order"):
        verify_signature(key, b"", encoded + bytes(32))


@pytest.mark.parametrize("encoded", NON_CANONICAL, ids=bytes.hex)
def test_a_second_spelling_is_refused(encoded: bytes) -> None:
    with pytest.raises(BadPoint, match="not a canonical encoding"):
        verify_point(encoded)
    with pytest.raises(BadPoint, match="not a canonical encoding"):
        verify_signature(encoded, b"", bytes(64))
    key, _ = reference_sign(5, 7, b"")
    with pytest.raises(BadSignature, match="not a canonical encoding"):
        verify_signature(key, b"", encoded + bytes(32))


def test_identity_as_point_would_otherwise_verify() -> None:
    """What the checks are for: R the identity, S = hA's scalar, satisfies the equation."""
    key, signature = reference_sign(99, 0, b"message")
    assert signature[:32] == encode(IDENTITY)
    with pytest.raises(BadSignature, match="small order"):
        verify_signature(key, b"message", signature)


@pytest.mark.parametrize("multiple", [1, 2, 7])
def test_a_scalar_of_the_group_order_or_more_is_refused(multiple: int) -> None:
    key, signature = reference_sign(1234567, 7654321, b"one")
    scalar = int.from_bytes(signature[32:], "little") + multiple * L
    with pytest.raises(BadSignature, match="not below the group order"):
        verify_signature(key, b"one", signature[:32] + scalar.to_bytes(32, "little"))


def test_the_bound_of_the_scalar_is_exact() -> None:
    key, signature = reference_sign(1234567, 7654321, b"one")
    with pytest.raises(BadSignature, match="not below the group order"):
        verify_signature(key, b"one", signature[:32] + L.to_bytes(32, "little"))
    with pytest.raises(BadSignature, match="does not hold"):
        verify_signature(key, b"one", signature[:32] + (L - 1).to_bytes(32, "little"))


def test_the_equation_is_without_the_cofactor() -> None:
    """With a key of mixed order, only the messages whose challenge is 0 modulo 8 verify."""
    outcomes = set()
    for number in range(40):
        message = b"%d" % number
        key, signature = reference_sign(1234567, 7654321, message, twist=TORSION)
        challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
        cofactorless = challenge % 8 == 0
        outcomes.add(cofactorless)
        if cofactorless:
            assert verify_signature(key, message, signature) == message
        else:
            with pytest.raises(BadSignature, match="does not hold"):
                verify_signature(key, message, signature)
    assert outcomes == {True, False}


def test_points_and_curve_agree_with_the_reference_on_small_y() -> None:
    seen = set()
    for y in range(2, 200):
        encoded = y.to_bytes(32, "little")
        on_curve = decode(encoded) is not None
        seen.add(on_curve)
        if on_curve:
            assert verify_point(encoded) == encoded
        else:
            with pytest.raises(BadPoint, match="no point of the curve"):
                verify_point(encoded)
    assert seen == {True, False}


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_another_length_is_refused(size: int) -> None:
    with pytest.raises(BadPoint, match=f"has {size} bytes, want 32"):
        verify_point(bytes(size))
    with pytest.raises(BadPoint, match=f"has {size} bytes, want 32"):
        verify_signature(bytes(size), b"", bytes(64))


@pytest.mark.parametrize("size", [0, 32, 63, 65, 128])
def test_another_signature_length_is_refused(size: int) -> None:
    key, _ = reference_sign(5, 7, b"")
    with pytest.raises(BadSignature, match=f"has {size} bytes, want 64"):
        verify_signature(key, b"", bytes(size))


@settings(max_examples=150, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300))
def test_what_libsodium_signs_verifies(seed: bytes, message: bytes) -> None:
    public, secret = nacl.bindings.crypto_sign_seed_keypair(seed)
    signature = nacl.bindings.crypto_sign(message, secret)[:64]
    assert verify_point(public) == public
    assert verify_signature(public, message, signature) == message


@settings(max_examples=150, deadline=None)
@given(encoded=st.binary(min_size=32, max_size=32))
def test_any_bytes_are_a_point_iff_the_reference_says_so(encoded: bytes) -> None:
    y = int.from_bytes(encoded, "little") & ((1 << 255) - 1)
    good = y < P and encoded not in SMALL_ORDER + SIGNED_ZERO and decode(encoded) is not None
    try:
        verify_point(encoded)
    except BadPoint:
        assert not good
    else:
        assert good


def test_the_listed_coordinates_are_those_of_the_small_subgroup() -> None:
    ys = {int.from_bytes(encoded, "little") & ((1 << 255) - 1) for encoded in SMALL_ORDER}
    assert ys == points._SMALL_ORDER_Y
