"""A witness's home: one folder with its keys, what it remembers, and its name.

witness.key, .vkey     the private key (Ed25519, OpenSSH, locked), and the public line for witness policies
witness-ml-dsa-44.*    the same of ML-DSA-44 (PKCS#8, locked); a home has keys of one kind, or of both
state.sqlite3          what it has cosigned (plimsoll_ledger.witness.state), and with which keys
witness.toml           format and name; written last, so that a home without it is none yet

A key is worth what the memory is: a witness that has forgotten could cosign a second history. So the state
is made before the keys, once; a key whose state is gone is never used again. A key that comes later has
signed nothing yet, and takes part in the memory that is there.
"""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from plimsoll_attest.durable import could_not, make_folder, write_file
from plimsoll_attest.errors import NotAuthentic, UsageError
from plimsoll_attest.surroundings import Surroundings
from plimsoll_keys.mldsa import MlDsaSigner, generate_ml_dsa_signer
from plimsoll_keys.secret import Secret
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import COSIGNATURE, COSIGNATURE_ML_DSA, VKey, format_vkey, parse_vkey, verify_name
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.witness.state import State

if TYPE_CHECKING:
    from plimsoll_keys.files import FileSigner

FORMAT: Final = "plimsoll-witness/1"
SETTINGS_NAME: Final = "witness.toml"
_STATE: Final = "state.sqlite3"
ED25519_KEY: Final = "ed25519"
ML_DSA_KEY: Final = "ml-dsa-44"
KEY_TYPES: Final = {ED25519_KEY: COSIGNATURE, ML_DSA_KEY: COSIGNATURE_ML_DSA}
"""What the kinds of keys are called, and the types of their vkeys."""

_FILES: Final = {COSIGNATURE: "witness.key", COSIGNATURE_ML_DSA: "witness-ml-dsa-44.key"}


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
    def create(
        cls, path: Path, name: str, surroundings: Surroundings, kinds: Sequence[str] = (ED25519_KEY,)
    ) -> Self:
        """Make a home with new keys, which follows no log yet.

        Args:
            path: A folder that does not exist, is empty, or in which this was interrupted.
            name: The witness's name: a URL without its scheme, by custom.
            surroundings: Randomness, and the passphrase that locks the keys.
            kinds: Of `KEY_TYPES`, one key of each.

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
        if not set(there).isdisjoint(_FILES.values()):
            raise UsageError(
                f"{path} holds a key of a witness that was not finished",
                "remove the folder: it signed nothing",
            )
        strangers = [item for item in there if not item.startswith(_STATE)]
        if strangers:
            raise UsageError(f"{path} is not empty: it holds {strangers[0]!r}", "name a new folder")
        for item in there:  # Of an interrupted run, whose key was never written.
            (path / item).unlink()
        signers = [_generate(home.name, kind, surroundings) for kind in dict.fromkeys(kinds)]
        make_folder(path)
        State.create(home.state_path, *map(cosigner_vkey, signers)).close()
        home._write(signers, surroundings)
        return home

    @property
    def state_path(self) -> Path:
        """What the witness remembers."""
        return self.path / _STATE

    def key_path(self, vkey: VKey) -> Path:
        """Return where the private half of a key lies."""
        return self.path / _FILES[vkey.key_type]

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

    def unlock(self, surroundings: Surroundings, vkeys: Sequence[VKey]) -> list[Signer]:
        """Return the signers of a state's keys, unlocking those that this run has not unlocked yet.

        Raises:
            KeysError: If one cannot be unlocked.
        """
        passphrase = _asked_once(surroundings, self.name)
        cached = [surroundings.key_cache.get(str(self.key_path(vkey).absolute())) for vkey in vkeys]
        return [found or self._unlock(vkey, passphrase) for found, vkey in zip(cached, vkeys, strict=True)]

    def add_key(self, surroundings: Surroundings, kind: str) -> VKey:
        """Make a new key of another kind, which continues what this witness has cosigned; return its vkey.

        It is locked with the passphrase of the first one.

        Raises:
            UsageError: If the witness has one of this kind, or was interrupted when it got one.
            KeysError: If the passphrase does not open the first key.
            CouldNotRun, LedgerError: If it cannot be written.
        """
        from plimsoll_keys.files import write_key_file  # noqa: PLC0415 - loads cryptography.

        signer = _generate(self.name, kind, surroundings)
        vkey = cosigner_vkey(signer)
        path = self.key_path(vkey)
        state = self.open_state()
        try:
            if any(one.key_type == vkey.key_type for one in state.vkeys):
                raise UsageError(f"the witness in {self.path} has a key of the kind {kind}")
            if path.exists():
                raise UsageError(
                    f"{path} is a key that the witness has not taken up", "remove it: it signed nothing"
                )
            passphrase = _asked_once(surroundings, self.name)
            self._unlock(state.vkey, passphrase)
            write_key_file(path, signer, passphrase())
            # Killed here, a key lies there that signs nothing.
            state.add_key(vkey)
        finally:
            state.close()
        write_file(path.with_suffix(".vkey"), f"{vkey}\n".encode())
        return vkey

    def _unlock(self, vkey: VKey, passphrase: Callable[[], Secret]) -> Signer:
        from plimsoll_keys.files import read_key_file, read_ml_dsa_key_file  # noqa: PLC0415 - load cryptography.

        read = read_ml_dsa_key_file if vkey.key_type == COSIGNATURE_ML_DSA else read_key_file
        return read(self.key_path(vkey), self.name, passphrase)

    def _write(self, signers: Sequence["FileSigner | MlDsaSigner"], surroundings: Surroundings) -> None:
        from plimsoll_keys.files import write_key_file  # noqa: PLC0415 - loads cryptography.

        paths = {self.key_path(cosigner_vkey(signer)): signer for signer in signers}
        try:
            passphrase = Secret(surroundings.passphrase(self.name, new=True))
            for path, signer in paths.items():
                write_key_file(path, signer, passphrase)
        except BaseException:
            for item in (*self.path.glob(f"{_STATE}*"), *paths):
                item.unlink(missing_ok=True)
            raise
        for path, signer in paths.items():
            surroundings.key_cache[str(path.absolute())] = signer
            write_file(path.with_suffix(".vkey"), f"{cosigner_vkey(signer)}\n".encode())
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        write_file(self.path / SETTINGS_NAME, f'format = "{FORMAT}"\nname = "{escaped}"\n'.encode())


def _generate(name: str, kind: str, surroundings: Surroundings) -> "FileSigner | MlDsaSigner":
    if KEY_TYPES[kind] == COSIGNATURE_ML_DSA:
        return generate_ml_dsa_signer(name, surroundings.random)
    from plimsoll_keys.files import generate_signer  # noqa: PLC0415 - loads cryptography.

    return generate_signer(name, surroundings.random)


def _asked_once(surroundings: Surroundings, name: str) -> Callable[[], Secret]:
    """Return how to ask for the passphrase that all of a witness's keys are locked with."""
    return cache(lambda: Secret(surroundings.passphrase(name, new=False)))


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
            raise UsageError(
                f"{format_vkey(vkey)} is no log's key", f"a log's vkey has type 1, not {vkey.key_type}"
            )
    return found


def _check_name(name: str) -> str:
    verify_name(name)
    if not name.isascii() or "://" in name:
        raise UsageError(
            f"{name!r} cannot name a witness",
            "by custom it is a URL without its scheme: regulator.example/w1",
        )
    return name
