"""The ledger home: one folder with plimsoll.toml, keys, bodies, evidence, outbox and the embedded database.

    plimsoll.toml                    what `Settings` says; unknown keys are errors, and no secret stands in it
    keys/<person>.key, .vkey, .card  OpenSSH private key, its public line, and the card to hand over
    keys/log.key, keys/log.vkey      the log's own
    body/<hh>/<sha256>               detached bodies and texts;   evidence/<hh>/<sha256>   evidence files
    outbox/<name>.json               statements that are signed and not yet acknowledged
    seen/<person>                    the newest checkpoint that this client held for each author
    lock                             held by the one process that writes
    ledger.sqlite3                   the log, unless `database` names another
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FORMAT: Final = "plimsoll-home/1"
SETTINGS_NAME: Final = "plimsoll.toml"
HOME_VARIABLE: Final = "PLIMSOLL_HOME"
PERSON_VARIABLE: Final = "PLIMSOLL_AS"


@dataclass(frozen=True, slots=True)
class Settings:
    """What plimsoll.toml says.

    Attributes:
        origin: The log's origin.
        database: An SQLAlchemy URL; empty for ledger.sqlite3 in the home.
        default_person: Who speaks where neither --as nor PLIMSOLL_AS says; may be empty.
        keys: The folder of keys, relative to the home.
        publish_to: Where `publish` writes, relative to the home; may be empty.
    """

    origin: str
    database: str = ""
    default_person: str = ""
    keys: str = "keys"
    publish_to: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """A ledger home on disk."""

    path: Path
    settings: Settings

    @classmethod
    def find(cls, flag: str | Path | None, env: Mapping[str, str], cwd: Path) -> "Home":
        """Return the home that a command means: the flag's, else PLIMSOLL_HOME's, else the nearest upwards.

        Raises:
            NotAHome: If there is none, or its plimsoll.toml is not as it must be.
        """
        raise NotImplementedError

    @classmethod
    def load(cls, path: Path) -> "Home":
        """Return the home at a path.

        Raises:
            NotAHome: If plimsoll.toml is missing, not TOML, of another format, or has an unknown or mistyped key.
        """
        raise NotImplementedError

    @classmethod
    def create(cls, path: Path, settings: Settings) -> "Home":
        """Make the folders and, last of all, plimsoll.toml.

        Raises:
            UsageError: If the folder exists and is not empty (but for `keys/`, which founders may have filled).
        """
        raise NotImplementedError

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the log."""
        raise NotImplementedError

    @property
    def keys_dir(self) -> Path:
        """The folder of key files."""
        raise NotImplementedError

    @property
    def log_key_path(self) -> Path:
        """The log's private key."""
        raise NotImplementedError

    @property
    def lock_path(self) -> Path:
        """The lock file of writers."""
        raise NotImplementedError

    @property
    def outbox_dir(self) -> Path:
        """Statements that are signed and not yet acknowledged."""
        raise NotImplementedError

    @property
    def publish_path(self) -> Path | None:
        """Where `publish` writes if nobody says otherwise; None if the settings name nothing."""
        raise NotImplementedError

    def key_path(self, person: str) -> Path:
        """Return the path of a person's private key."""
        raise NotImplementedError

    def vkey_path(self, person: str) -> Path:
        """Return the path of a person's public key line."""
        raise NotImplementedError

    def card_path(self, person: str) -> Path:
        """Return the path of a person's key card: vkey and proof of possession, two lines."""
        raise NotImplementedError

    def seen_path(self, person: str) -> Path:
        """Return the path of the newest checkpoint that this client held for an author."""
        raise NotImplementedError

    def speaker(self, flag: str | None, env: Mapping[str, str]) -> str:
        """Return who speaks: the flag, else PLIMSOLL_AS, else the home's default.

        Raises:
            UsageError: If none of them says.
        """
        raise NotImplementedError
