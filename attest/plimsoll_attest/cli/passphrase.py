"""Where passphrases come from: --passphrase-fd, PLIMSOLL_PASSPHRASE, or a person at a terminal; never argv.

What was read is kept for the run, so that a key is asked about once. Nothing here prints or logs one.
"""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from plimsoll_attest.cli.app import App
from plimsoll_attest.errors import PassphraseMissing

if TYPE_CHECKING:
    from plimsoll_attest.surroundings import PassphraseSource

VARIABLE: Final = "PLIMSOLL_PASSPHRASE"
MAX_BYTES: Final = 4096


@dataclass(slots=True)
class DescriptorPassphrase:
    """Reads one line from an open file descriptor, once, for all keys of the run."""

    descriptor: int
    _read: bytes | None = field(default=None, repr=False)

    def __call__(self, name: str, *, new: bool) -> bytes:  # noqa: ARG002 - the source's signature
        """Return the line without its line feed; see `PassphraseSource`."""
        if self._read is None:
            try:
                with os.fdopen(self.descriptor, "rb", closefd=False) as stream:
                    line = stream.readline(MAX_BYTES + 1)
            except OSError as error:
                raise PassphraseMissing(
                    f"--passphrase-fd {self.descriptor}: {os.strerror(error.errno or 0).lower()}",
                    "open it in the shell: plimsoll ... --passphrase-fd 3 3< FILE",
                ) from None
            self._read = _checked(line.rstrip(b"\r\n"), f"--passphrase-fd {self.descriptor}")
        return self._read


@dataclass(slots=True)
class AskedPassphrase:
    """Asks the person at the terminal, twice where a key is about to be written."""

    app: App
    _given: dict[str, bytes] = field(default_factory=dict, repr=False)

    def __call__(self, name: str, *, new: bool) -> bytes:
        """Return what was typed; see `PassphraseSource`."""
        if name not in self._given:
            secret = self._ask(
                f"New passphrase for the key of {name}: " if new else f"Passphrase for {name}: "
            )
            if new and self._ask("The same once more: ") != secret:
                raise PassphraseMissing(
                    "the two passphrases differ", "run the command again; nothing was written"
                )
            self._given[name] = secret
        return self._given[name]

    def _ask(self, question: str) -> bytes:
        return _checked(
            self.app.console.ask_secret(question).encode("utf-8", "surrogateescape"), "the terminal"
        )


def source_for(app: App, default: "PassphraseSource") -> "PassphraseSource":
    """Return the source that the run's options ask for.

    Args:
        app: The run.
        default: What the surroundings bring: the environment, or a test's or the demo's own source.
    """
    if app.options.passphrase_fd is not None:
        return DescriptorPassphrase(app.options.passphrase_fd)
    if app.may_ask and not app.env.get(VARIABLE):
        return AskedPassphrase(app)
    return default


def _checked(secret: bytes, where: str) -> bytes:
    if not secret:
        raise PassphraseMissing(f"{where} gave an empty passphrase", "keys are never stored without one")
    if len(secret) > MAX_BYTES:
        raise PassphraseMissing(
            f"{where} gave more than {MAX_BYTES} bytes in one line", "is it the right file?"
        )
    return secret
