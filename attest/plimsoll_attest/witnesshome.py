"""A witness's home: one folder with its key, what it remembers, and its name.

witness.key, .vkey     the private key (OpenSSH, locked), and the public line for witness policies
state.sqlite3          what it has cosigned (plimsoll_ledger.witness.state)
witness.toml           format and name; written last, so that a home without it is none yet

The key is worth what the memory is: a witness that has forgotten could cosign a second history. So the state
is made before the key, once; a key whose state is gone is never used again.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from plimsoll_attest.durable import could_not, make_folder, write_file
from plimsoll_attest.errors import NotAuthentic, UsageError
from plimsoll_attest.surroundings import Surroundings
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import VKey, format_vkey, parse_vkey, verify_name
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.witness.state import State

FORMAT: Final = "plimsoll-witness/1"
SETTINGS_NAME: Final = "witness.toml"
_STATE: Final = "state.sqlite3"
_KEY: Final = "witness.key"


@dataclass(frozen=True, slots=True)
class WitnessHome:
    """A witness's home on disk.

    Attributes:
        path: The folder.
        name: The witness's name, which its signature lines carry.
    """

    path: Path
    name: str

    @classmethod
    def exists(cls, path: Path) -> bool:
        """Say whether a folder is a witness's home."""
        return (path / SETTINGS_NAME).is_file()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the home at a path.

        Raises:
            UsageError: If there is none, or witness.toml is not as it must be.
        """
        file = path / SETTINGS_NAME
        try:
            table = tomllib.loads(file.read_bytes().decode())
        except (FileNotFoundError, NotADirectoryError):
            hint = "make one with `plimsoll witness init DIR --name NAME`"
            raise UsageError(f"{path} is no witness's home: it has no {SETTINGS_NAME}", hint) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            raise UsageError(f"{file} is not TOML", "restore it: it names format and name") from None
        except OSError as error:
            raise could_not(f"read {file}", error) from None
        name = table.get("name")
        if set(table) != {"format", "name"} or table["format"] != FORMAT or not isinstance(name, str):
            raise UsageError(f"{file} is not of the format {FORMAT}", "a newer plimsoll may have made it")
        return cls(path, verify_name(name))

    @classmethod
    def create(cls, path: Path, name: str, surroundings: Surroundings) -> Self:
        """Make a home with a new key, which follows no log yet.

        Args:
            path: A folder that does not exist, is empty, or in which this was interrupted.
            name: The witness's name: a URL without its scheme, by custom.
            surroundings: Randomness, and the passphrase that locks the key.

        Raises:
            UsageError: If the folder holds a witness, or anything else; if the name cannot be one.
            KeysError: If no passphrase is to be had.
            CouldNotRun: If it cannot be written.
        """
        home = cls(path, _check_name(name))
        try:
            there = sorted(item.name for item in path.iterdir()) if path.exists() else []
        except OSError as error:
            raise could_not(f"read {path}", error) from None
        if SETTINGS_NAME in there:
            raise UsageError(f"{path} is a witness's home already")
        if _KEY in there:
            raise UsageError(
                f"{path} holds a key of a witness that was not finished",
                "remove the folder: it signed nothing",
            )
        strangers = [item for item in there if not item.startswith(_STATE)]
        if strangers:
            raise UsageError(f"{path} is not empty: it holds {strangers[0]!r}", "name a new folder")
        for item in there:  # Of an interrupted run, whose key was never written.
            (path / item).unlink()
        signer = home._generate(surroundings)
        make_folder(path)
        State.create(home.state_path, cosigner_vkey(signer)).close()
        home._write(signer, surroundings)
        return home

    @property
    def state_path(self) -> Path:
        """What the witness remembers."""
        return self.path / _STATE

    @property
    def key_path(self) -> Path:
        """The private key."""
        return self.path / _KEY

    def open_state(self) -> State:
        """Open what the witness remembers.

        Raises:
            NotAuthentic: If it is gone.
            LedgerError: If it cannot be read.
        """
        if not self.state_path.is_file():
            raise NotAuthentic(
                f"{self.state_path} is gone, and with it what this witness has cosigned",
                "never use its key again, it could sign a second history: make a new witness in a new folder",
            )
        return State.open(self.state_path)

    def unlock(self, surroundings: Surroundings) -> Signer:
        """Return the signer, unlocking the key if this run has not done so yet.

        Raises:
            KeysError: If it cannot be unlocked.
        """
        cached = surroundings.key_cache.get(str(self.key_path.absolute()))
        if cached is not None:
            return cached
        from plimsoll_keys.files import read_key_file  # noqa: PLC0415 - loads cryptography.

        return read_key_file(self.key_path, self.name, lambda: surroundings.passphrase(self.name, new=False))

    def _generate(self, surroundings: Surroundings) -> "Signer":
        from plimsoll_keys.files import generate_signer  # noqa: PLC0415 - loads cryptography.

        return generate_signer(self.name, surroundings.random)

    def _write(self, signer: Signer, surroundings: Surroundings) -> None:
        from plimsoll_keys.files import FileSigner, write_key_file  # noqa: PLC0415 - loads cryptography.

        assert isinstance(signer, FileSigner)  # noqa: S101 - says to the type checker what was generated.
        try:
            write_key_file(self.key_path, signer, surroundings.passphrase(self.name, new=True))
        except BaseException:
            for item in self.path.glob(f"{_STATE}*"):
                item.unlink()
            raise
        surroundings.key_cache[str(self.key_path.absolute())] = signer
        write_file(self.key_path.with_suffix(".vkey"), f"{cosigner_vkey(signer)}\n".encode())
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        write_file(self.path / SETTINGS_NAME, f'format = "{FORMAT}"\nname = "{escaped}"\n'.encode())


def logs_of(trust_files: Sequence[tuple[str, bytes]], vkeys: Sequence[str]) -> list[VKey]:
    """Return the keys of logs that trust files and vkeys name.

    Args:
        trust_files: What each is called, and its bytes.
        vkeys: Lines of verifier keys.

    Raises:
        UsageError: If a file is no trust file, or a key is no log's.
        KeysError: If a vkey is malformed.
    """
    from plimsoll_verify.errors import UsageError as Unusable  # noqa: PLC0415 - loads msgspec.
    from plimsoll_verify.trust import parse_trust  # noqa: PLC0415 - as above.

    found = []
    for name, data in trust_files:
        try:
            trust = parse_trust(data)
        except Unusable as error:
            raise UsageError(f"{name}: {error}", error.hint) from None
        found += [VKey(key.name, key.key_type, key.key) for key in trust.log_policy.logs]
    found += [parse_vkey(line) for line in vkeys]
    for vkey in found:
        if vkey.key_type != 1:
            raise UsageError(f"{format_vkey(vkey)} is no log's key", "a log's vkey has type 1, not 4")
    return found


def _check_name(name: str) -> str:
    verify_name(name)
    if not name.isascii() or "://" in name:
        raise UsageError(
            f"{name!r} cannot name a witness",
            "by custom it is a URL without its scheme: regulator.example/w1",
        )
    return name
