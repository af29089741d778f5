"""ML-DSA-44 keys, for witnesses only: signatures that hold against a quantum computer as well.

The signature is that of FIPS 204 in its pure form, with the empty context, and made with fresh randomness:
two over one message differ. Keys and signatures are long, and cryptography's OpenSSL has to know the
algorithm, so nothing but cosignatures is signed with them. What no library can do here is unsupported.

Source: SPEC 1.7, 2.5 / FIPS 204
"""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from plimsoll_keys.errors import BadSignature, MalformedKey, UnsupportedKey
from plimsoll_keys.pkcs8 import lock_pkcs8
from plimsoll_keys.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

PUBLIC_KEY_BYTES: Final = 1312
SEED_BYTES: Final = 32
MAX_NAME_BYTES: Final = 255
"""The longest name that what is signed can hold. Source: C2SP tlog-cosignature"""


class MlDsaSigner:
    """A witness's key that is in this process's memory; it has the members of a `Signer`.

    Its public key has 1,312 bytes and its signatures 2,420, so that nothing takes it for an Ed25519 key.
    """

    __slots__ = ("_name", "_private_key", "_public_key")

    def __init__(self, name: str, private_key: "MLDSA44PrivateKey") -> None:
        self._name = verify_cosigner_name(name)
        self._private_key = private_key
        self._public_key = private_key.public_key().public_bytes_raw()

    @property
    def name(self) -> str:
        """The witness's name."""
        return self._name

    @property
    def public_key(self) -> bytes:
        """The 1,312 bytes of the public key."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """Return the 2,420 bytes of a signature over exactly these bytes, with the empty context."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"MlDsaSigner(name={self._name!r})"

    def format_pkcs8(self, passphrase: Secret) -> bytes:
        """Return the text of a locked PKCS#8 file; see `plimsoll_keys.files.write_key_file`."""
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - where a key is kept.
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        return lock_pkcs8(
            Secret(self._private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            passphrase,
        )


def verify_cosigner_name(name: str) -> str:
    """Check that what is signed can name this witness.

    Raises:
        MalformedKey: If the name is longer than 255 bytes.

    Source: C2SP tlog-cosignature
    """
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > MAX_NAME_BYTES:
        raise MalformedKey(f"a witness's name has {size} bytes, want at most {MAX_NAME_BYTES}")
    return name


def generate_ml_dsa_signer(name: str, entropy: Callable[[int], bytes] = secrets.token_bytes) -> MlDsaSigner:
    """Make a new key.

    Args:
        name: The witness's name.
        entropy: Gives as many unpredictable bytes as asked for.

    Raises:
        MalformedKey: If the name cannot be a witness's.
        UnsupportedKey: If no library here has ML-DSA-44.
        ValueError: If the entropy is not 32 bytes long.

    Source: FIPS 204 5.1
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - few runs need it.
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415 - as above.

    seed = Secret(entropy(SEED_BYTES))
    if len(seed) != SEED_BYTES:
        raise ValueError(f"the source of entropy gave {len(seed)} bytes, want {SEED_BYTES}")
    try:
        key = MLDSA44PrivateKey.from_seed_bytes(seed.reveal())
    except UnsupportedAlgorithm:
        raise _unsupported() from None
    return MlDsaSigner(name, key)


def verify_ml_dsa_signature(public_key: bytes, message: bytes, signature: bytes) -> bytes:
    """Check an ML-DSA-44 signature with the empty context.

    Args:
        public_key: 1,312 bytes; any of them are a key.
        message: Exactly the bytes that were signed.
        signature: 2,420 bytes.

    Returns:
        The message.

    Raises:
        BadSignature: If the signature has another length, or was not made over this message with this key.
        UnsupportedKey: If no library here has ML-DSA-44.

    Source: SPEC 2.5 / FIPS 204 5.3
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 - few need it.
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415 - as above.

    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        raise BadSignature("the signature does not hold for this key and message") from None
    except UnsupportedAlgorithm:
        raise _unsupported() from None
    return message


def _unsupported() -> UnsupportedKey:
    return UnsupportedKey(
        "the installed cryptography has no ML-DSA-44",
        hint="install its wheel: pip install -U cryptography",
    )
