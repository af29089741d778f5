"""Ed25519 keys and signatures at their edges, and verifier keys: SPEC 1.6 and 1.7.

The curve's arithmetic is libsodium's; which points are of small order is stated here as bytes.
"""

import hashlib

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_scalar_add,
    crypto_core_ed25519_scalar_mul,
    crypto_core_ed25519_scalar_reduce,
    crypto_scalarmult_ed25519_base_noclamp,
)
from nacl.signing import SigningKey

from tests.support.forge import b64, key_id, public, sha, vkey
from tests.support.mldsa import ml_public, ml_seed, ml_vkey
from tests.vectors.families.base import Family, Vector, unique, vector

OK, BAD, MALFORMED = "ok", "bad-signature", "malformed"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
SIGN = 1 << 255
Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826

MESSAGE = b"plimsoll"
SEED = sha(b"a key for vectors")
KEY = SigningKey(SEED)
ML_SEED = ml_seed("vkey")


def le(number: int) -> bytes:
    """Write 32 bytes, little-endian."""
    return number.to_bytes(32, "little")


SMALL_ORDER: dict[str, bytes] = {
    "identity": le(1),
    "order-2": le(P - 1),
    "order-4": le(0),
    "order-4-other-sign": le(SIGN),
    "order-8-a": le(Y8),
    "order-8-a-other-sign": le(Y8 | SIGN),
    "order-8-b": le(P - Y8),
    "order-8-b-other-sign": le((P - Y8) | SIGN),
}
"""The eight points of small order, each in its canonical encoding."""

NOT_CANONICAL: dict[str, bytes] = {
    "identity-with-sign-of-zero": le(1 | SIGN),
    "order-2-with-sign-of-zero": le((P - 1) | SIGN),
    "p": le(P),
    "p-with-sign": le(P | SIGN),
    "p-plus-1": le(P + 1),
    "p-plus-1-with-sign": le((P + 1) | SIGN),
    "p-plus-3": le(P + 3),
    "2-to-the-255-minus-1": le(2**255 - 1),
    "all-bits": le(2**256 - 1),
}
"""Encodings that are not the shortest ones, of points of small order, of other points, or of none."""

NOT_A_POINT = le(2)  # x^2 = (y^2 - 1) / (d y^2 + 1) has no root for y = 2.


def scalar(number: int) -> bytes:
    """Reduce a number modulo the order of the base point."""
    return le(number % L)


def secret_scalar(seed: bytes) -> bytes:
    """RFC 8032 5.1.5: the scalar that belongs to a seed, reduced."""
    clamped = bytearray(hashlib.sha512(seed).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    return crypto_core_ed25519_scalar_reduce(bytes(clamped) + bytes(32))


def challenge(big_r: bytes, key: bytes, message: bytes) -> bytes:
    """RFC 8032 5.1.6: the hash of R, A and the message, modulo the order."""
    return crypto_core_ed25519_scalar_reduce(hashlib.sha512(big_r + key + message).digest())


def sign_as(big_r: bytes, r: bytes, a: bytes, key: bytes, message: bytes) -> bytes:
    """Make a signature with any R and A of which we claim to know the scalars."""
    h = challenge(big_r, key, message)
    return big_r + crypto_core_ed25519_scalar_add(r, crypto_core_ed25519_scalar_mul(h, a))


def _signature(name: str, expect: str, key: bytes, message: bytes, signature: bytes) -> Vector:
    return vector(name, "1.6", expect, key=key.hex(), message=message.hex(), signature=signature.hex())


def _of_small_order() -> list[Vector]:
    """R = rB and S = r fit any message under a key A that is the identity: S B = R + h A."""
    r = scalar(12345)
    big_r = crypto_scalarmult_ed25519_base_noclamp(r)
    found = [
        _signature(f"key-{name}", BAD, key, MESSAGE, big_r + r)
        for name, key in {**SMALL_ORDER, **NOT_CANONICAL}.items()
    ]
    a, key = secret_scalar(SEED), public(KEY)
    found += [
        # The equation holds for the identity: R = 0, S = h a.
        _signature(f"point-{name}", BAD, key, MESSAGE, sign_as(point, scalar(0), a, key, MESSAGE))
        for name, point in {**SMALL_ORDER, **NOT_CANONICAL}.items()
    ]
    return found


def _of_mixed_order() -> list[Vector]:
    """A key with a component of order 8: the equation without cofactor holds iff 8 divides h."""
    a, r = secret_scalar(SEED), scalar(67890)
    key = crypto_core_ed25519_add(public(KEY), SMALL_ORDER["order-8-a"])
    big_r = crypto_scalarmult_ed25519_base_noclamp(r)
    tried = (b"message %d" % number for number in range(1000))
    by_rest: dict[int, bytes] = {}
    for message in tried:
        by_rest.setdefault(challenge(big_r, key, message)[0] % 8, message)
    mixed_r = crypto_core_ed25519_add(big_r, SMALL_ORDER["order-8-a"])
    plain = public(KEY)
    return [
        _signature("key-mixed-order-holds", OK, key, by_rest[0], sign_as(big_r, r, a, key, by_rest[0])),
        _signature(
            "key-mixed-order-only-with-cofactor", BAD, key, by_rest[1], sign_as(big_r, r, a, key, by_rest[1])
        ),
        _signature(
            "point-mixed-order-only-with-cofactor",
            BAD,
            plain,
            MESSAGE,
            sign_as(mixed_r, r, a, plain, MESSAGE),
        ),
    ]


def signatures() -> Family:
    """SPEC 1.6."""
    key, good = public(KEY), KEY.sign(MESSAGE).signature
    big_r, s = good[:32], int.from_bytes(good[32:], "little")
    # RFC 8032 7.1, tests 1 and 2.
    rfc_1 = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    rfc_2 = SigningKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    flipped = bytes([good[0] ^ 1]) + good[1:]
    vectors = [
        _signature("rfc-8032-test-1", OK, public(rfc_1), b"", rfc_1.sign(b"").signature),
        _signature("rfc-8032-test-2", OK, public(rfc_2), b"\x72", rfc_2.sign(b"\x72").signature),
        _signature("valid", OK, key, MESSAGE, good),
        _signature("other-message", BAD, key, MESSAGE + b".", good),
        _signature("other-key", BAD, public(rfc_1), MESSAGE, good),
        _signature("bit-of-point-flipped", BAD, key, MESSAGE, flipped),
        _signature("scalar-plus-order", BAD, key, MESSAGE, big_r + le(s + L)),
        _signature("scalar-plus-8-times-order", BAD, key, MESSAGE, big_r + le(s + 8 * L)),
        _signature("scalar-is-order", BAD, key, MESSAGE, big_r + le(L)),
        _signature("scalar-all-bits", BAD, key, MESSAGE, big_r + b"\xff" * 32),
        _signature("zeros", BAD, key, MESSAGE, bytes(64)),
        _signature("empty", BAD, key, MESSAGE, b""),
        _signature("63-bytes", BAD, key, MESSAGE, good[:-1]),
        _signature("65-bytes", BAD, key, MESSAGE, good + b"\0"),
        _signature("key-of-31-bytes", BAD, key[:-1], MESSAGE, good),
        _signature("key-of-33-bytes", BAD, key + b"\0", MESSAGE, good),
        _signature("key-not-a-point", BAD, NOT_A_POINT, MESSAGE, good),
        _signature("point-not-a-point", BAD, key, MESSAGE, NOT_A_POINT + good[32:]),
        *_of_small_order(),
        *_of_mixed_order(),
    ]
    about = "Signatures by the strictest reading: the same answer from every verifier, whatever its library."
    return Family("signatures", about, unique(vectors))


def _vkey(name: str, expect: str, text: str, *, key_type: int = 1, spec: str = "1.7", **parts: str) -> Vector:
    return vector(name, spec, expect, vkey=text, type=key_type, **parts)


def _bad_vkeys() -> list[Vector]:
    key = public(KEY)
    good = vkey("ada", key)
    name, hint, encoded = good.split("+", 2)
    point = SMALL_ORDER["identity"]
    short, long = b64(b"\x01" + key[:31]), b64(b"\x01" + key + b"\0")

    def with_data(data: bytes) -> str:
        return f"ada+{sha(b'ada' + bytes([0x0A]) + data)[:4].hex()}+{b64(data)}"

    return [
        _vkey("name-empty", MALFORMED, vkey("", key)),
        _vkey("name-with-space", MALFORMED, vkey("a da", key)),
        _vkey("name-with-no-break-space", MALFORMED, vkey("a\u00a0da", key)),
        _vkey("name-with-plus", MALFORMED, vkey("a+da", key)),
        _vkey("name-with-newline", MALFORMED, vkey("a\nda", key)),
        _vkey("name-other", MALFORMED, f"eva+{hint}+{encoded}"),
        _vkey("id-of-another-key", MALFORMED, f"{name}+{key_id('ada', sha(b'')).hex()}+{encoded}"),
        _vkey("id-in-upper-case", MALFORMED, f"{name}+{hint.upper()}+{encoded}"),
        _vkey("id-too-short", MALFORMED, f"{name}+{hint[:-1]}+{encoded}"),
        _vkey("id-missing", MALFORMED, f"{name}+{encoded}"),
        _vkey("key-missing", MALFORMED, f"{name}+{hint}"),
        _vkey("key-empty", MALFORMED, f"{name}+{hint}+"),
        _vkey("key-of-31-bytes", BAD, with_data(b"\x01" + key[:31])),
        _vkey("key-of-33-bytes", BAD, with_data(b"\x01" + key + b"\0")),
        _vkey("key-not-padded", MALFORMED, f"{name}+{hint}+{short.rstrip('=')}"),
        _vkey("key-with-stray-bits", MALFORMED, f"{name}+{hint}+{long[:-2]}B="),
        _vkey("type-04-where-01-is-wanted", MALFORMED, vkey("ada", key, 4)),
        _vkey("type-01-where-04-is-wanted", MALFORMED, good, key_type=4),
        _vkey("type-06-where-01-is-wanted", MALFORMED, ml_vkey("ada", ML_SEED)),
        _vkey("type-04-where-06-is-wanted", MALFORMED, vkey("w.example", key, 4), key_type=6),
        _vkey("type-06-with-an-ed25519-key", MALFORMED, vkey("w.example", key, 6), key_type=6),
        _vkey("type-06-of-1311-bytes", MALFORMED, vkey("w.example", ml_public(ML_SEED)[:-1], 6), key_type=6),
        _vkey(
            "type-06-of-1313-bytes", MALFORMED, vkey("w.example", ml_public(ML_SEED) + b"\0", 6), key_type=6
        ),
        _vkey("type-06-with-a-name-of-256-bytes", MALFORMED, ml_vkey("w" * 256, ML_SEED), key_type=6),
        _vkey("type-04-with-an-ml-dsa-key", BAD, vkey("w.example", ml_public(ML_SEED), 4), key_type=4),
        _vkey("type-07", MALFORMED, vkey("ada", key, 7)),
        _vkey("type-ff", MALFORMED, vkey("ada", key, 0xFF)),
        _vkey("type-missing", MALFORMED, with_data(key)),
        _vkey("newline-after", MALFORMED, good + "\n"),
        _vkey("space-before", MALFORMED, " " + good),
        _vkey("empty", MALFORMED, ""),
        _vkey("small-order", BAD, vkey("ada", point), spec="1.7 1.6"),
        _vkey("not-canonical", BAD, vkey("ada", NOT_CANONICAL["p-plus-3"]), spec="1.7 1.6"),
        _vkey("not-a-point", BAD, vkey("ada", NOT_A_POINT), spec="1.7 1.6"),
    ]


def vkeys() -> Family:
    """SPEC 1.7."""
    # A key whose base64 holds a plus sign, which must not be taken for a separator.
    with_plus = next(
        key
        for key in (public(SigningKey(sha(b"plus %d" % number))) for number in range(1000))
        if b64(b"\x01" + key).count("+") == 2
    )
    good = {
        "person": ("ada", public(KEY), 1),
        "log": ("acme.example/rsp", public(KEY), 1),
        "witness": ("witness.example", public(KEY), 4),
        "plus-in-base64": ("ada", with_plus, 1),
        "name-not-ascii": ("witness.ex\u00e4mple", public(KEY), 4),
        "witness-ml-dsa-44": ("witness.example", ml_public(ML_SEED), 6),
        "witness-ml-dsa-44-name-of-255-bytes": ("w" * 255, ml_public(ML_SEED), 6),
    }
    vectors = [
        vector(
            name,
            "1.7",
            OK,
            vkey=vkey(who, key, key_type),
            type=key_type,
            key_name=who,
            key=key.hex(),
            key_id=key_id(who, key, key_type).hex(),
            keyid=sha(key).hex(),
        )
        for name, (who, key, key_type) in good.items()
    ]
    about = "Verifier keys of the type that is wanted (1: Ed25519; 4 and 6: a witness's cosignatures)."
    return Family("vkey", about, unique(vectors + _bad_vkeys()))


def possession() -> Family:
    """SPEC 6.2."""
    origin, other = "acme.example/log", "acme.example/other"
    line = vkey("ada", public(KEY))
    text = f"plimsoll/key-proof/v1\n{origin}\nada\n{line}\n"

    def proof(signed: str, key: SigningKey = KEY) -> str:
        return b64(key.sign(signed.encode()).signature)

    def one(name: str, expect: str, proof_text: str, **changes: str) -> Vector:
        members = {"origin": origin, "person": "ada", "vkey": line, **changes}
        return vector(name, "6.2", expect, **members, proof=proof_text)

    as_eva = vkey("eva", public(KEY))
    vectors = [
        one("valid", OK, proof(text)),
        one("other-origin", BAD, proof(text.replace(origin, other))),
        one("other-person", BAD, proof(text.replace("ada\n", "eva\n"))),
        one("other-key-signed", BAD, proof(text, SigningKey(sha(b"another")))),
        one("no-last-newline", BAD, proof(text[:-1])),
        one("other-version", BAD, proof(text.replace("/v1", "/v2"))),
        one("of-another-name", MALFORMED, proof(text.replace(line, as_eva)), vkey=as_eva),
        one("of-type-04", MALFORMED, proof(text), vkey=vkey("ada", public(KEY), 4)),
    ]
    return Family("possession", "Proofs that whoever enrols a key holds its private half.", unique(vectors))


def families() -> list[Family]:
    """List this module's families."""
    return [signatures(), vkeys(), possession()]
