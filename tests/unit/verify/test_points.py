"""Which keys and signatures count is settled before libsodium is asked."""

import pytest
from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_scalar_add,
    crypto_core_ed25519_scalar_mul,
    crypto_core_ed25519_scalar_reduce,
    crypto_scalarmult_ed25519_base_noclamp,
)
from tests.support.forge import Forge, public, sha

from plimsoll_verify.errors import BadSignature
from plimsoll_verify.points import verify_key, verify_signature

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
KEY = Forge(genesis=False).secret("somebody")
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
NOT_CANONICAL = [
    "0100000000000000000000000000000000000000000000000000000000000080",  # x = 0 with a sign
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # y = p
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # y = p + 1
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # y = p + 3, a point
]


def test_an_honest_signature_verifies_and_gives_its_message_back() -> None:
    for message in (b"", b"x", b"x" * 100_000):
        assert verify_signature(public(KEY), message, KEY.sign(message).signature, "c") == message
    assert verify_key(public(KEY), "c") == public(KEY)


@pytest.mark.parametrize("key", SMALL_ORDER + NOT_CANONICAL)
def test_keys_of_small_order_or_not_canonical_are_refused(key: str) -> None:
    with pytest.raises(BadSignature, match="small order, or not canonically encoded"):
        verify_key(bytes.fromhex(key), "c")
    with pytest.raises(BadSignature):
        verify_signature(bytes.fromhex(key), b"m", bytes(64), "c")


def test_a_key_is_a_point_of_the_curve() -> None:
    # Half of all y have no x; 2 is the smallest.
    with pytest.raises(BadSignature, match="no point of the curve"):
        verify_key((2).to_bytes(32, "little"), "c")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(BadSignature, match=f"{length} bytes"):
        verify_key(bytes(length), "c")


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_has_64_bytes(length: int) -> None:
    with pytest.raises(BadSignature, match=f"expected a signature of 64 bytes, got {length} bytes"):
        verify_signature(public(KEY), b"m", bytes(length), "c")


def test_every_bit_of_a_signature_counts() -> None:
    signature = KEY.sign(b"m").signature
    for place in range(512):
        wrong = bytearray(signature)
        wrong[place // 8] ^= 1 << place % 8
        with pytest.raises(BadSignature):
            verify_signature(public(KEY), b"m", bytes(wrong), "c")
    with pytest.raises(BadSignature, match="does not verify"):
        verify_signature(public(KEY), b"n", signature, "c")


@pytest.mark.parametrize("times", [1, 7])
def test_s_is_below_the_order(times: int) -> None:
    signature = KEY.sign(b"m").signature
    scalar = int.from_bytes(signature[32:], "little") + times * L
    with pytest.raises(BadSignature, match="a larger S"):
        verify_signature(public(KEY), b"m", signature[:32] + scalar.to_bytes(32, "little"), "c")


@pytest.mark.parametrize("r", SMALL_ORDER + NOT_CANONICAL)
def test_r_is_canonical_and_not_of_small_order(r: str) -> None:
    with pytest.raises(BadSignature, match="an R of small order"):
        verify_signature(public(KEY), b"m", bytes.fromhex(r) + bytes(32), "c")


def test_the_identity_as_r_is_refused_though_the_equation_holds() -> None:
    # S = h * a with R = identity satisfies S*B = R + h*A; libraries differ on it.
    a = crypto_core_ed25519_scalar_reduce(sha(b"a") + sha(b"b"))
    point = crypto_scalarmult_ed25519_base_noclamp(a)
    r = bytes.fromhex(SMALL_ORDER[0])
    from hashlib import sha512

    h = crypto_core_ed25519_scalar_reduce(sha512(r + point + b"m").digest())
    with pytest.raises(BadSignature, match="an R of small order"):
        verify_signature(point, b"m", r + crypto_core_ed25519_scalar_mul(h, a), "c")


def test_the_equation_is_the_one_without_cofactor() -> None:
    # R has a component of small order: the cofactored equation would hold, ours must not.
    from hashlib import sha512

    a = crypto_core_ed25519_scalar_reduce(sha(b"a") + sha(b"b"))
    nonce = crypto_core_ed25519_scalar_reduce(sha(b"c") + sha(b"d"))
    point = crypto_scalarmult_ed25519_base_noclamp(a)
    plain_r = crypto_scalarmult_ed25519_base_noclamp(nonce)
    for r, holds in ((plain_r, True), (_add(plain_r, bytes.fromhex(SMALL_ORDER[4])), False)):
        h = crypto_core_ed25519_scalar_reduce(sha512(r + point + b"m").digest())
        signature = r + crypto_core_ed25519_scalar_add(nonce, crypto_core_ed25519_scalar_mul(h, a))
        if holds:
            assert verify_signature(point, b"m", signature, "c") == b"m"
        else:
            with pytest.raises(BadSignature, match="does not verify"):
                verify_signature(point, b"m", signature, "c")


def _add(left: bytes, right: bytes) -> bytes:
    return crypto_core_ed25519_add(left, right)
