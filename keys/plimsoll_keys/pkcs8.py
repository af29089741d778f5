"""Lock a private key in PKCS#8, for the kinds of keys that OpenSSH files do not hold.

cryptography writes such files with 2,048 rounds of PBKDF2, which guess too fast. Here the passphrase goes
through scrypt, with parameters that keep to the memory which OpenSSL allows itself, so that both read the
file (`openssl pkey -in FILE`, from OpenSSL 3.5 on for ML-DSA). The encryption has no seal of its own: that
the passphrase was right shows in the padding and in the key's own encoding.

    EncryptedPrivateKeyInfo { PBES2 { scrypt { salt, N, r, p, 32 }, aes256-CBC { iv } }, encrypted key }

Source: RFC 5958, RFC 8018, RFC 7914
"""

import base64
import os
from typing import Final

from plimsoll_keys.secret import Secret

_N: Final = 2**14
_R: Final = 8
_P: Final = 8
"""About 0.2 s and 16 MiB for each guess on one core of 2026."""

_SEQUENCE: Final = 0x30
_OCTETS: Final = 0x04
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT: Final = bytes.fromhex("06092b06010401da47040b")
_AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")
_KEY_BYTES: Final = 32
_BLOCK_BYTES: Final = 16


def lock_pkcs8(plain: Secret, passphrase: Secret) -> bytes:
    """Return the text of an ENCRYPTED PRIVATE KEY.

    Args:
        plain: A PrivateKeyInfo, DER, of fewer than 128 bytes.
        passphrase: What locks it.

    Source: RFC 5958 3
    """
    from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415 - where a key is written.
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415 - as above.
    from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415 - as above.
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 - as above.

    salt, iv = os.urandom(_BLOCK_BYTES), os.urandom(_BLOCK_BYTES)
    cipher = Cipher(
        AES(Scrypt(salt, _KEY_BYTES, _N, _R, _P).derive(passphrase.reveal())), CBC(iv)
    ).encryptor()
    padding = _BLOCK_BYTES - len(plain) % _BLOCK_BYTES
    locked = cipher.update(plain.reveal() + bytes([padding]) * padding) + cipher.finalize()
    parameters = _der(
        _SEQUENCE, _der(_OCTETS, salt), _number(_N), _number(_R), _number(_P), _number(_KEY_BYTES)
    )
    scheme = _der(
        _SEQUENCE,
        _der(_SEQUENCE, _SCRYPT, parameters),
        _der(_SEQUENCE, _AES_256_CBC, _der(_OCTETS, iv)),
    )
    whole = _der(_SEQUENCE, _der(_SEQUENCE, _PBES2, scheme), _der(_OCTETS, locked))
    text = base64.b64encode(whole).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    label = "ENCRYPTED PRIVATE KEY"
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def _der(tag: int, *parts: bytes) -> bytes:
    """Return a DER element of fewer than 256 bytes."""
    content = b"".join(parts)
    long_form = b"\x81" if len(content) >= 0x80 else b""
    return bytes([tag]) + long_form + bytes([len(content)]) + content


def _number(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))
