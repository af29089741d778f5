"""Signers whose key lies in a file: generated, written under a passphrase, read again.

Keys are written as OpenSSH files, because their bcrypt derivation makes guessing a passphrase slow
(PKCS#8, as the library writes it, has 2,048 rounds of PBKDF2) and because every machine has a program
that reads them: `ssh-keygen -y -f FILE`. PKCS#8 is read as well; a witness's ML-DSA-44 key, which OpenSSH
files do not hold, is written so, under scrypt (`pkcs8`).

No passphrase and no private key is in a variable of a frame that can raise, and errors of the library
beneath, whose frames hold both, are dropped before ours are raised.
"""

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from plimsoll_keys.container import Container, parse_container
from plimsoll_keys.errors import (
    InsecureKey,
    KeyFileFailed,
    KeyFileUnusable,
    KeysError,
    MalformedKey,
    PassphraseNeeded,
    UnsupportedKey,
    WrongPassphrase,
    reason_of,
)
from plimsoll_keys.mldsa import MlDsaSigner
from plimsoll_keys.newfile import create_private_file
from plimsoll_keys.secret import Secret
from plimsoll_keys.vkey import ED25519, key_id, verify_name

BCRYPT_ROUNDS: Final = 24
"""About 0.2 s for each guess on one core of 2026; OpenSSH's own default is 16 or 24."""

MAX_PASSPHRASE_BYTES: Final = 1023
MAX_KEY_FILE_BYTES: Final = 64 * 1024

Passphrase = Secret | bytes | Callable[[], Secret | bytes]
"""A passphrase, or how to ask for it. `bytes` show in the caller's own frame, a `Secret` does not."""


class FileSigner:
    """A `Signer` whose private key is in this process's memory."""

    __slots__ = ("_name", "_private_key", "_public_key")

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._name = verify_name(name)
        self._private_key = private_key
        self._public_key = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def name(self) -> str:
        """The vkey's name: a person's id, or a log's origin."""
        return self._name

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over exactly these bytes."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return (
            f"FileSigner(name={self._name!r}, key_id={key_id(self._name, ED25519, self._public_key).hex()})"
        )

    def format_openssh(self, passphrase: Secret) -> bytes:
        """Return the text of a locked OpenSSH file; see `write_key_file`."""
        lock = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(BCRYPT_ROUNDS)
        return self._private_key.private_bytes(
            Encoding.PEM, PrivateFormat.OpenSSH, lock.build(passphrase.reveal())
        )


def generate_signer(name: str, entropy: Callable[[int], bytes] = secrets.token_bytes) -> FileSigner:
    """Make a new key.

    Args:
        name: The person's id, or the log's origin.
        entropy: Gives as many unpredictable bytes as asked for; a seeded one makes reproducible keys,
            for tests and examples only.

    Raises:
        MalformedKey: If the name cannot be a key's.
        ValueError: If the entropy is not 32 bytes long.

    Source: RFC 8032 5.1.5
    """
    seed = Secret(entropy(32))
    if len(seed) != 32:
        raise ValueError(f"the source of entropy gave {len(seed)} bytes, want 32")
    return FileSigner(name, Ed25519PrivateKey.from_private_bytes(seed.reveal()))


def write_key_file(path: Path, signer: FileSigner | MlDsaSigner, passphrase: Secret | bytes) -> None:
    """Write a key to a new file of mode 0600, locked with a passphrase: OpenSSH, or PKCS#8 for ML-DSA-44.

    The file is complete and durable when this returns, and not there at all if it raises.

    Args:
        path: Where; its folder exists, and nothing is there yet.
        signer: The key. Its name is not in the file.
        passphrase: 1 to 1023 bytes.

    Raises:
        PassphraseNeeded: If the passphrase is empty.
        KeysError: If it is too long.
        KeyExists: If something is at the path.
        KeyFileUnusable: If the operating system refuses.

    Source: OpenSSH PROTOCOL.key, RFC 5958
    """
    secret = _hidden(passphrase)
    del passphrase
    if not len(secret):
        raise PassphraseNeeded("the passphrase is empty", hint="keys are written under a passphrase only")
    if len(secret) > MAX_PASSPHRASE_BYTES:
        raise KeysError(f"the passphrase has {len(secret)} bytes, want at most {MAX_PASSPHRASE_BYTES}")
    write = signer.format_openssh if isinstance(signer, FileSigner) else signer.format_pkcs8
    create_private_file(path, write(secret))


def read_key_file(path: Path, name: str, passphrase: Passphrase | None) -> FileSigner:
    """Read a key from an OpenSSH or PKCS#8 file.

    A key that is not locked is read as well, as ssh reads it: the file's owner chose so.

    Args:
        path: A regular file that only its owner may read.
        name: What the key signs as; files do not say it.
        passphrase: Asked for only if the key is locked; None if there is none.

    Raises:
        KeyFileUnusable: If it cannot be opened, is a folder, or is far too large for a key.
        InsecureKey: If others may read or write it.
        MalformedKey: If it is empty, damaged or no private key.
        UnsupportedKey: If the key is not Ed25519.
        PassphraseNeeded: If the key is locked and no passphrase was given.
        WrongPassphrase: If the passphrase does not open it.
    """
    verify_name(name)
    source = None if passphrase is None else _hidden_source(passphrase)
    del passphrase
    return _ed25519_signer(path, name, _read_key(path, source))


def read_ml_dsa_key_file(path: Path, name: str, passphrase: Passphrase | None) -> MlDsaSigner:
    """Read a witness's ML-DSA-44 key from a PKCS#8 file; see `read_key_file`.

    Raises:
        UnsupportedKey: If the key is not ML-DSA-44.
        KeysError: As for `read_key_file`.
    """
    verify_name(name)
    source = None if passphrase is None else _hidden_source(passphrase)
    del passphrase
    return _ml_dsa_signer(path, name, _read_key(path, source))


def _read_key(path: Path, source: Callable[[], Secret] | None) -> object:
    """Return the private key in a file, of whatever kind."""
    container = _parse(path, _read_private_file(path))
    if isinstance(container, KeysError):
        raise container
    if not container.locked:
        key = _open(container, None)
        if key is None:
            raise MalformedKey(f"{path}: the key is damaged")
        return key
    secret = source() if source else None
    if secret is None or not len(secret):
        raise PassphraseNeeded(f"{path} is locked with a passphrase", hint="give its passphrase")
    key = _open(container, secret)
    if key is None:
        raise WrongPassphrase(
            f"the passphrase does not open {path}",
            hint="try again; if you are sure of it, the file was changed: restore it from a copy",
        )
    return key


def _hidden(passphrase: Secret | bytes) -> Secret:
    return passphrase if isinstance(passphrase, Secret) else Secret(passphrase)


def _hidden_source(passphrase: Passphrase) -> Callable[[], Secret]:
    if callable(passphrase):
        ask = passphrase
        return lambda: _hidden(ask())
    secret = _hidden(passphrase)
    return lambda: secret


def _read_private_file(path: Path) -> Secret:
    """Return the bytes of a file that nobody but its owner may use."""
    try:
        # O_NONBLOCK, so that a named pipe does not hold us; it means nothing to a regular file.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # The open file is asked, not the path, which could lead elsewhere by now.
            _verify_status(path, os.fstat(descriptor))
            with open(descriptor, "rb", closefd=False) as file:
                return Secret(file.read(MAX_KEY_FILE_BYTES))
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = reason_of(error)
        if isinstance(error, FileNotFoundError):
            raise KeyFileUnusable(f"cannot read {path}: {reason}", hint="check the path") from None
        raise KeyFileFailed(
            f"cannot read {path}: {reason}", hint="check who owns it and where it is"
        ) from None


def _verify_status(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise KeyFileUnusable(f"{path} is {kind}, want a key file")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise InsecureKey(
            f"{path} may be used by others (mode {mode:04o}), want 0600",
            hint=f"chmod 600 {path}; if others could have read it, replace the key",
        )
    if status.st_size > MAX_KEY_FILE_BYTES:
        raise KeyFileUnusable(f"{path} has {status.st_size} bytes, which is too many for a key file")


# The next two return a failure, where raising is the custom, because the frames that an exception holds
# on to have the passphrase or the key in their variables. `raise ... from None` would only hide them.


def _parse(path: Path, text: Secret) -> Container | KeysError:
    """Return the file's outside, or what is wrong with it."""
    try:
        return parse_container(text.reveal())
    except (MalformedKey, UnsupportedKey) as error:
        return type(error)(f"{path}: {error}", hint=error.hint)


def _open(container: Container, secret: Secret | None) -> object | None:
    """Return the private key, or None if it does not open."""
    load = load_ssh_private_key if container.openssh else load_pem_private_key
    try:
        return load(container.text.reveal(), secret.reveal() if secret else None)
    except (ValueError, TypeError, InvalidTag, UnsupportedAlgorithm):
        return None


def _ed25519_signer(path: Path, name: str, key: object) -> FileSigner:
    # OpenSSH says the type on the outside; PKCS#8 only once it is open.
    if not isinstance(key, Ed25519PrivateKey):
        raise UnsupportedKey(f"{path} holds another key than Ed25519", hint="ssh-keygen -t ed25519 makes one")
    return FileSigner(name, key)


def _ml_dsa_signer(path: Path, name: str, key: object) -> MlDsaSigner:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415 - few need it.

    if not isinstance(key, MLDSA44PrivateKey):
        raise UnsupportedKey(f"{path} holds another key than ML-DSA-44")
    return MlDsaSigner(name, key)
