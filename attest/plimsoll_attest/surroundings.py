"""What commands take from the world: a clock, randomness, the environment, and a way to ask for passphrases.

Everything that differs between a real run, a test and the demo stands in this one value. The demo passes
a story clock and a key cache that it fills once; no flag and no variable exposes either.
"""

import os
import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Protocol

from plimsoll_attest.errors import PassphraseMissing
from plimsoll_keys.signer import Signer

PASSPHRASE_VARIABLE = "PLIMSOLL_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret.


class Clock(Protocol):
    """Says what time it is."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000_000


class PassphraseSource(Protocol):
    """Asks for the passphrase of a key."""

    def __call__(self, name: str, *, new: bool) -> bytes:
        """Return the passphrase.

        Args:
            name: Whose key it is: a person's id, or the log's origin.
            new: True where a key is about to be written, so that a prompt asks twice.

        Raises:
            PassphraseMissing: If nobody can be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class EnvironmentPassphrase:
    """Takes every passphrase from PLIMSOLL_PASSPHRASE."""

    env: Mapping[str, str] = field(repr=False)

    def __call__(self, name: str, *, new: bool) -> bytes:
        """Return the variable's bytes; see `PassphraseSource`."""
        text = self.env.get(PASSPHRASE_VARIABLE, "")
        if not text:
            wanted = (
                f"a new passphrase for the key of {name}" if new else f"the passphrase for the key of {name}"
            )
            raise PassphraseMissing(
                f"{wanted} is needed", f"set {PASSPHRASE_VARIABLE}, or use --passphrase-fd"
            )
        return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What commands take from the world.

    Attributes:
        clock: The time of entries and events.
        random: Returns that many random bytes: nonces, salts, model ids.
        env: Environment variables.
        passphrase: Asks for the passphrases of keys.
        key_cache: Unlocked signers by the path of their file, so that each key is unlocked once a run.
    """

    clock: Clock
    random: Callable[[int], bytes]
    env: Mapping[str, str] = field(repr=False)
    passphrase: PassphraseSource
    key_cache: MutableMapping[str, Signer] = field(default_factory=dict, repr=False)

    @classmethod
    def real(cls, passphrase: PassphraseSource | None = None) -> "Surroundings":
        """Return the machine's clock, randomness and environment.

        Args:
            passphrase: How to ask; without it only PLIMSOLL_PASSPHRASE is read.
        """
        env = dict(os.environ)
        return cls(SystemClock(), secrets.token_bytes, env, passphrase or EnvironmentPassphrase(env))
