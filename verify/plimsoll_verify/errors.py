"""What a verification can come to other than success: one class for each class of failure.

`VerificationError.check` is the name that SPEC section 10 gives the failed check. Errors cross process
borders, so each is rebuilt from its own fields when it is unpickled.
"""

from typing import Any


class VerificationError(Exception):
    """A check failed: the ledger, or the part of it that was looked at, is not what it says it is.

    Attributes:
        check: the name of the failed check in SPEC 10 ("checkpoint", "root", "bodies"...).
        expected: what a good ledger has here.
        actual: what was found.
        entry: index of the entry concerned, where there is one.
        path: path of the file concerned within the published ledger, where there is one.
        hint: what a person can do, or "".

    Source: SPEC 10.
    """

    def __init__(
        self,
        check: str,
        expected: str,
        actual: str,
        *,
        entry: int | None = None,
        path: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(check, expected, actual)
        self.check = check
        self.expected = expected
        self.actual = actual
        self.entry = entry
        self.path = path
        self.hint = hint

    def __str__(self) -> str:
        place = "" if self.path is None else f"{self.path}: "
        entry = "" if self.entry is None else f"entry {self.entry}: "
        return f"{self.check}: {place}{entry}expected {self.expected}, got {self.actual}"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {"entry": self.entry, "path": self.path, "hint": self.hint}
        return (_rebuild, (type(self), (self.check, self.expected, self.actual), fields))


def _rebuild(
    kind: type[VerificationError], args: tuple[Any, ...], fields: dict[str, Any]
) -> VerificationError:
    return kind(*args, **fields)


class Malformed(VerificationError):
    """Bytes that are not in the form that the specification gives them."""


class UnknownKey(VerificationError):
    """Nothing is signed by a key that the trust file names."""


class BadSignature(VerificationError):
    """A signature that does not verify, or a key or signature that is no valid point or scalar."""


class Inclusion(VerificationError):
    """An entry is not proven to be in the tree."""


class Consistency(VerificationError):
    """A tree is not proven to be the beginning of another."""


class Quorum(VerificationError):
    """Fewer witnesses cosigned than the log policy asks for."""


class RootMismatch(VerificationError):
    """The entries do not hash to the root that the checkpoint states."""


class TileMismatch(VerificationError):
    """A published hash tile is not what the tree has at its place."""


class BodyMismatch(VerificationError):
    """A body that is given does not have the digest that its entry states."""


class Missing(VerificationError):
    """A file that the checkpoint implies is not there, or is no readable file."""


class AnchorMismatch(VerificationError):
    """A trusted authority stamped something else than the checkpoint that it is kept for."""


class GenesisMismatch(VerificationError):
    """Entry 0 is not the genesis that the trust file names."""


class PinMismatch(VerificationError):
    """The ledger enrols another key for a person whose key the trust file pins."""


class Backwards(VerificationError):
    """A log shows less than it has shown before."""


class Fork(VerificationError):
    """The log signed two histories.

    The two notes are portable evidence: whoever holds the log's key can check them without this ledger.

    Attributes:
        note_a: the checkpoint that this ledger is verified against, as it was read.
        note_b: the other signed checkpoint that contradicts it.
    """

    def __init__(
        self,
        check: str,
        expected: str,
        actual: str,
        *,
        note_a: bytes,
        note_b: bytes,
        entry: int | None = None,
        path: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(check, expected, actual, entry=entry, path=path, hint=hint)
        self.note_a = note_a
        self.note_b = note_b

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, (kind, args, fields) = super().__reduce__()
        return (rebuild, (kind, args, {**fields, "note_a": self.note_a, "note_b": self.note_b}))


class UsageError(Exception):
    """What the auditor handed in cannot be used: a trust file, an option. Nothing was said about the ledger.

    Attributes:
        hint: what a person can do, or "".
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.args[0], self.hint))
