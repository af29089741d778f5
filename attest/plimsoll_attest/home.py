"""The ledger home: one folder with plimsoll.toml, keys, bodies, evidence, outbox and the embedded database.

plimsoll.toml                    what `Settings` says; unknown keys are errors, no secret stands in it
keys/<person>.key, .vkey, .card  private key (OpenSSH), its public line, and the card to hand over
keys/log.key, keys/log.vkey      the log's own
body/<hh>/<sha256>               detached bodies and texts;   evidence/<hh>/<sha256>   evidence files
body.sqlite3                     small bodies that a service has taken; see `smallbodies`
outbox/<name>.json               statements that are signed and not yet acknowledged
seen/<person>                    the newest checkpoint that this client held for each author
anchors/<size>/<authority>.tsr   time stamps over checkpoints, as they are published
high-water                       the highest checkpoint that was signed from here; see the ledger's `memory`
lock                             held by the one process that writes
ledger.sqlite3                   the log, unless `database` names another
remote.sqlite3, trust.toml       instead of it, where `ledger` names a log that is served elsewhere
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from plimsoll_attest.authorities import AuthoritySetting, format_authorities, read_authorities
from plimsoll_attest.durable import could_not, make_folder, write_file
from plimsoll_attest.errors import CouldNotRun, NotAHome, UsageError
from plimsoll_attest.ids import check_id, check_origin

FORMAT: Final = "plimsoll-home/1"
SETTINGS_NAME: Final = "plimsoll.toml"
HOME_VARIABLE: Final = "PLIMSOLL_HOME"
LEDGER_VARIABLE: Final = "PLIMSOLL_LEDGER"
PERSON_VARIABLE: Final = "PLIMSOLL_AS"
LOG_KEY_NAME: Final = "log"
"""The file name of the log's own key; no person may be called so."""

_AUTHORITIES: Final = "authorities"
_INIT_HINT: Final = "make one with `plimsoll init HOME --origin ORIGIN --as PERSON`, or point --home at one"


@dataclass(frozen=True, slots=True)
class Settings:
    """What plimsoll.toml says.

    Attributes:
        origin: The log's origin.
        database: An SQLAlchemy URL without a password; empty for ledger.sqlite3 in the home.
        default_person: Who speaks where neither --as nor PLIMSOLL_AS says; may be empty.
        keys: The folder of keys, relative to the home.
        publish_to: Where `publish` writes, relative to the home; may be empty.
        authorities: Time-stamping authorities that `publish` asks; in the file a table for each.
        ledger: The URL of the log, if somebody else serves it; empty where this home holds it.
        witness_policy: The C2SP tlog-policy that `publish` follows, relative to the home; empty to ask no
            witness.
    """

    origin: str
    database: str = ""
    default_person: str = ""
    keys: str = "keys"
    publish_to: str = ""
    authorities: tuple[AuthoritySetting, ...] = ()
    witness_policy: str = ""
    ledger: str = ""


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
        named = flag or env.get(HOME_VARIABLE)
        if named:
            return cls.load(cwd / named)
        for folder in (cwd, *cwd.parents):
            if (folder / SETTINGS_NAME).is_file():
                return cls.load(folder)
        raise NotAHome(f"there is no {SETTINGS_NAME} in {cwd} or above it", _INIT_HINT)

    @classmethod
    def load(cls, path: Path) -> "Home":
        """Return the home at a path.

        Raises:
            NotAHome: If plimsoll.toml is missing, not TOML, of another format, or has an unknown or
                mistyped key.
            CouldNotRun: If it cannot be read.
        """
        file = path / SETTINGS_NAME
        try:
            table = tomllib.loads(file.read_bytes().decode())
        except (FileNotFoundError, NotADirectoryError):
            raise NotAHome(f"{path} is not a ledger home: it has no {SETTINGS_NAME}", _INIT_HINT) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise NotAHome(f"{file} is not TOML: {_lower(str(error))}", "mend it by hand") from None
        except OSError as error:
            raise could_not(f"read {file}", error) from None
        return cls(path, _read_settings(file, table))

    @classmethod
    def create(cls, path: Path, settings: Settings) -> "Home":
        """Make the folders and plimsoll.toml; see `prepare`."""
        home = cls.prepare(path, settings)
        home.write_settings()
        return home

    @classmethod
    def prepare(cls, path: Path, settings: Settings) -> "Home":
        """Make the folders of a home that is none yet: plimsoll.toml comes last, when the log is there.

        Args:
            path: A folder that does not exist, is empty, or holds nothing but a folder of keys.
            settings: What plimsoll.toml shall say.

        Raises:
            UsageError: If the folder holds anything else, the settings hold a secret, or its path cannot
                be part of a database URL.
            CouldNotRun: If it cannot be written.
        """
        check_origin(settings.origin)
        _refuse_password(settings.database)
        home = cls(path, settings)
        if not settings.database and "?" in str(path.absolute()):
            raise UsageError(f"the path {path} holds a question mark", "a database URL ends there: rename it")
        try:
            strangers = (
                [item.name for item in path.iterdir() if item != home.keys_dir] if path.exists() else []
            )
            if SETTINGS_NAME in strangers:
                raise UsageError(f"{path} is a ledger home already")
            if strangers:
                raise UsageError(f"{path} is not empty: it holds {min(strangers)!r}", "name a new folder")
            for name in ("body", "evidence", "outbox", "seen"):
                make_folder(path / name)
            make_folder(home.keys_dir)
            home.keys_dir.chmod(0o700)
        except OSError as error:
            raise could_not(f"make {path}", error) from None
        return home

    def write_settings(self) -> None:
        """Write plimsoll.toml, atomically."""
        lines = [f'format = "{FORMAT}"']
        named = {item.name: getattr(self.settings, item.name) for item in fields(Settings)}
        lines += [f"{key} = {_toml(value)}" for key, value in named.items() if value and key != _AUTHORITIES]
        lines += format_authorities(self.settings.authorities, _toml)
        write_file(self.path / SETTINGS_NAME, ("\n".join(lines) + "\n").encode())

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the log, or of the copy of one that is served elsewhere."""
        if self.settings.ledger:
            return f"sqlite:///{self.copy_path.absolute()}"
        return self.settings.database or f"sqlite:///{(self.path / 'ledger.sqlite3').absolute()}"

    @property
    def copy_path(self) -> Path:
        """The copy of a log that is served elsewhere."""
        return self.path / "remote.sqlite3"

    @property
    def trust_path(self) -> Path:
        """What a client trusts whose log is served elsewhere."""
        return self.path / "trust.toml"

    @property
    def keys_dir(self) -> Path:
        """The folder of key files."""
        return self.path / self.settings.keys

    @property
    def log_key_path(self) -> Path:
        """The log's private key."""
        return self.keys_dir / f"{LOG_KEY_NAME}.key"

    @property
    def lock_path(self) -> Path:
        """The lock file of writers."""
        return self.path / "lock"

    @property
    def high_water_path(self) -> Path:
        """The highest checkpoint that was signed from this home."""
        return self.path / "high-water"

    @property
    def outbox_dir(self) -> Path:
        """Statements that are signed and not yet acknowledged."""
        return self.path / "outbox"

    @property
    def body_dir(self) -> Path:
        """Detached bodies and texts, by digest."""
        return self.path / "body"

    @property
    def evidence_dir(self) -> Path:
        """Evidence files, by digest."""
        return self.path / "evidence"

    @property
    def publish_path(self) -> Path | None:
        """Where `publish` writes if nobody says otherwise; None if the settings name nothing."""
        return self.path / self.settings.publish_to if self.settings.publish_to else None

    @property
    def witness_policy_path(self) -> Path | None:
        """The witness policy that `publish` follows; None if no witness is asked."""
        return self.path / self.settings.witness_policy if self.settings.witness_policy else None

    def refuse_remote(self, what: str) -> None:
        """Refuse what only the operator of a log can do, where this is the home of a client.

        Raises:
            UsageError: If the log is served elsewhere.
        """
        if self.settings.ledger:
            raise UsageError(
                f"{what} needs the operator's home, and this one follows {self.settings.ledger}",
                "run it where the log's database and key are",
            )

    @property
    def seen_dir(self) -> Path:
        """The newest checkpoint that this client held, for each author."""
        return self.path / "seen"

    def key_path(self, person: str) -> Path:
        """Return the path of a person's private key."""
        return self.keys_dir / f"{_person(person)}.key"

    def vkey_path(self, person: str) -> Path:
        """Return the path of a person's public key line."""
        return self.keys_dir / f"{_person(person)}.vkey"

    def card_path(self, person: str) -> Path:
        """Return the path of a person's key card: vkey and proof of possession, two lines."""
        return self.keys_dir / f"{_person(person)}.card"

    def seen_path(self, person: str) -> Path:
        """Return the path of the newest checkpoint that this client held for an author."""
        return self.seen_dir / _person(person)

    def speaker(self, flag: str | None, env: Mapping[str, str]) -> str:
        """Return who speaks: the flag, else PLIMSOLL_AS, else the home's default.

        Raises:
            UsageError: If none of them says, or what they say is no id.
        """
        named = flag or env.get(PERSON_VARIABLE) or self.settings.default_person
        if not named:
            hint = f"say it with --as PERSON or {PERSON_VARIABLE}, or set default_person in {SETTINGS_NAME}"
            raise UsageError("nobody said who speaks", hint)
        return check_id(named, "person")


def _person(person: str) -> str:
    # A path is made of it, so that an id must be one before anything else is done with it.
    check_id(person, "person")
    if person == LOG_KEY_NAME:
        raise UsageError(f"{person!r} is the name of the log's own key", "call the person something else")
    return person


def _read_settings(file: Path, table: Mapping[str, object]) -> Settings:
    found = dict(table)
    form = found.pop("format", None)
    if form != FORMAT:
        raise NotAHome(f"{file} has format {form!r}, want {FORMAT!r}", "a newer plimsoll may have made it")
    authorities = read_authorities(file, found.pop(_AUTHORITIES, {}))
    known = [item.name for item in fields(Settings)]
    for key, value in found.items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(['format', *known])}"
            raise NotAHome(f"{file} has an unknown key {key!r}", hint)
        if not isinstance(value, str):
            raise NotAHome(f"{file}: {key} is not text", f'write {key} = "..."')
    if "origin" not in found:
        raise NotAHome(f"{file} does not say the log's origin", 'add origin = "acme.example/rsp"')
    settings = Settings(**{key: str(value) for key, value in found.items()}, authorities=authorities)
    try:
        check_origin(settings.origin)
        _refuse_password(settings.database)
        if settings.default_person:
            check_id(settings.default_person, "person")
    except UsageError as error:
        raise NotAHome(f"{file}: {error.message}", error.hint) from None
    return settings


def _refuse_password(url: str) -> None:
    """Refuse a database URL with a password in it: settings are read, copied and backed up by many."""
    authority = url.partition("://")[2].partition("/")[0]
    if ":" in authority.rpartition("@")[0]:
        raise UsageError(
            "the database URL holds a password", "leave it out, and use the database's own password file"
        )


def _toml(text: str) -> str:
    if any(character < " " or character == "\x7f" for character in text):
        raise CouldNotRun(f"{text!r} holds a control character, which settings cannot hold")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
