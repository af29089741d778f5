"""The desk's errors: what was got and wanted, a hint where a person can act, and the exit code each means.

Errors of the other packages pass through the desk as they are; `as_attest_error` is the one place that
says which exit code and which short word each of them has. Nothing here imports a database.
"""

from typing import ClassVar, Final


class AttestError(Exception):
    """Something that the desk could not do.

    Attributes:
        message: Lower case, what was got and what was wanted; never a secret. It may quote foreign text, so
            whoever prints it escapes it.
        hint: What a person can do about it, or an empty string.
        exit_code: What the program ends with: 1 denied, 2 usage, 3 indeterminate, 4 rejected, 5 could not
            run.
        code: A short word for programs, stable over versions.
    """

    exit_code: ClassVar[int] = 5
    code: str = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AttestError):
    """What was asked for makes no sense here: a name, an option, a file's content."""

    exit_code = 2
    code = "usage"


class NotAHome(UsageError):
    """A folder that is no ledger home, or whose plimsoll.toml does not say what it must."""

    code = "not-a-home"


class UnknownName(UsageError):
    """A person, model, role, kind or entry that this ledger does not have."""

    code = "unknown-name"


class BadStatement(UsageError):
    """A statement whose fields are not those of its kind.

    Attributes:
        problems: One line for each thing that is wrong.
    """

    code = "bad-statement"

    def __init__(self, message: str, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.problems = problems


class BadPolicy(UsageError):
    """A policy file with problems; `plimsoll policy check` lists them all."""

    code = "bad-policy"


class NotAdmitted(UsageError):
    """A statement that the log refuses, because a verifier would call it inadmissible (V36)."""

    code = "not-admitted"


class NothingToDo(UsageError):
    """All that was asked for is recorded already."""

    code = "nothing-to-do"


class KeyTrouble(UsageError):
    """A key that is missing, locked, malformed, or not the one that the ledger enrols."""

    code = "key"


class PassphraseMissing(KeyTrouble):
    """No passphrase was given for a key that is locked with one."""

    code = "passphrase-missing"


class Denied(AttestError):
    """The gate says no."""

    exit_code = 1
    code = "denied"


class Undecided(AttestError):
    """The gate, or a check, cannot say yes: evidence is withheld or not understood."""

    exit_code = 3
    code = "indeterminate"


class NotAuthentic(AttestError):
    """The log itself is not authentic, or not a continuation of what this client held before."""

    exit_code = 4
    code = "rejected"


class CouldNotRun(AttestError):
    """I/O, database, full disk: the ledger is as it was before."""

    code = "could-not-run"


class HomeBusy(CouldNotRun):
    """Another process holds the home's lock."""

    code = "busy"


def as_attest_error(error: BaseException) -> AttestError | None:
    """Return the desk's error for one of keys, ledger, importers or verify; None for what is none of theirs.

    An `AttestError` comes back as it is. Classes are looked up by name, not imported, so that this costs
    nothing: an error that was raised has loaded its module already.
    """
    if isinstance(error, AttestError):
        return error
    names = [f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(error).__mro__]
    for name in names:
        if name in _FOREIGN:
            kind, code = _FOREIGN[name]
            found = kind(_message(error), str(getattr(error, "hint", "")))
            found.code = code
            return found
    return None


def _message(error: BaseException) -> str:
    text = str(error)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


_FOREIGN: Final[dict[str, tuple[type[AttestError], str]]] = {
    "plimsoll_keys.PassphraseNeeded": (PassphraseMissing, "passphrase-missing"),
    "plimsoll_keys.WrongPassphrase": (KeyTrouble, "wrong-passphrase"),
    "plimsoll_keys.KeyFileFailed": (CouldNotRun, "key"),
    "plimsoll_keys.KeysError": (KeyTrouble, "key"),
    "plimsoll_ledger.Busy": (HomeBusy, "busy"),
    "plimsoll_ledger.NotALedger": (UsageError, "not-a-ledger"),
    "plimsoll_ledger.LedgerExists": (UsageError, "ledger-exists"),
    "plimsoll_ledger.KeyRefused": (UsageError, "key-refused"),
    "plimsoll_ledger.SchemaMismatch": (CouldNotRun, "schema"),
    "plimsoll_ledger.StorageFull": (CouldNotRun, "storage-full"),
    "plimsoll_ledger.ClockBehind": (CouldNotRun, "clock-behind"),
    "plimsoll_ledger.ClockUnproven": (CouldNotRun, "clock-unproven"),
    "plimsoll_ledger.FatalSequencing": (NotAuthentic, "storage-disagrees"),
    "plimsoll_ledger.Duplicate": (NotAdmitted, "duplicate"),
    "plimsoll_ledger.Refused": (NotAdmitted, "not-admitted"),
    "plimsoll_ledger.NotFound": (UnknownName, "not-found"),
    "plimsoll_ledger.PublishRefused": (NotAuthentic, "publish-refused"),
    "plimsoll_ledger.Unwitnessed": (CouldNotRun, "unwitnessed"),
    "plimsoll_ledger.BadObjects": (UsageError, "objects"),
    "plimsoll_ledger.BadPolicy": (UsageError, "witness-policy"),
    "plimsoll_ledger.BadNote": (NotAuthentic, "bad-note"),
    "plimsoll_ledger.ProofError": (NotAuthentic, "proof"),
    "plimsoll_ledger.LedgerError": (CouldNotRun, "ledger"),
    "plimsoll_attest.ImportFailed": (UsageError, "import-failed"),
    "plimsoll_attest.WeightsRefused": (UsageError, "weights"),
    "plimsoll_attest.NotCanonical": (UsageError, "not-canonical"),
    "plimsoll_verify.PolicyError": (BadPolicy, "bad-policy"),
    "plimsoll_verify.UsageError": (UsageError, "usage"),
    "plimsoll_verify.VerificationError": (NotAuthentic, "rejected"),
}
"""Errors of the other packages: the desk's class, which decides the exit code, and the short word."""
