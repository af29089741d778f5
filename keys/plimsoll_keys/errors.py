"""What can be wrong with a key, a key file or a proof: one class for each, all with a hint."""


class KeysError(Exception):
    """Base of all that this package raises about its input.

    The message says what was got and what was wanted; it never holds a passphrase or a private key.

    Attributes:
        hint: What a person can do about it; empty if nothing.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class MalformedKey(KeysError):
    """The bytes or the text are no key in any format that is read here."""


class UnsupportedKey(KeysError):
    """It is a key, but of another algorithm, or in a container that is not read here."""


class BadPoint(KeysError):
    """A public key is no canonical encoding of a curve point, or the point is of small order."""


class BadSignature(KeysError):
    """A signature does not hold for this key and message."""


class BadProof(KeysError):
    """A proof of possession does not hold for this key, person and log."""


class KeyFileUnusable(KeysError):
    """The operating system, or what lies at the path, does not let us read or write a key file."""


class KeyFileFailed(KeyFileUnusable):
    """The machine failed, not the user: a full or read-only disk, a permission, an I/O error."""


class KeyExists(KeysError):
    """Something is at the path already; keys are never overwritten."""


class InsecureKey(KeysError):
    """Others than its owner may read or change the key file."""


class PassphraseNeeded(KeysError):
    """The key is locked and no passphrase was given, or a key was to be written without one."""


class WrongPassphrase(KeysError):
    """The passphrase does not open the key file."""


def reason_of(error: OSError) -> str:
    """Return what the operating system refused, in its words, as part of a sentence."""
    return (error.strerror or str(error)).lower()
