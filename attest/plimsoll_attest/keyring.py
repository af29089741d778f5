"""The keys that a home holds: made, unlocked once a run, and handed over as cards.

A *key card* is two lines, a vkey and the base64 proof that its holder has the private key. A person makes
one on their own machine and gives it to whoever enrols them; it holds no secret.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from plimsoll_attest.durable import could_not, make_folder, write_file
from plimsoll_attest.errors import KeyTrouble
from plimsoll_attest.home import LOG_KEY_NAME, Home
from plimsoll_attest.surroundings import Surroundings
from plimsoll_keys.errors import MalformedKey
from plimsoll_keys.possession import prove_possession, verify_possession
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import VKey, format_vkey, parse_vkey


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A public key and the proof that its holder has the private one."""

    vkey: VKey
    proof: bytes

    @property
    def person(self) -> str:
        """Whose key it is."""
        return self.vkey.name

    @property
    def proof_text(self) -> str:
        """The proof as statements write it."""
        return base64.b64encode(self.proof).decode("ascii")


def create_key(home: Home, person: str, surroundings: Surroundings) -> KeyCard:
    """Make a person's key: a locked private file, its vkey, and the card to hand over.

    Raises:
        KeysError: If there is one already, or no passphrase is to be had.
    """
    return _create(home, home.key_path(person), person, surroundings)


def create_log_key(home: Home, surroundings: Surroundings) -> VKey:
    """Make the log's own key.

    Raises:
        KeysError: If there is one already, or no passphrase is to be had.
    """
    signer = _write(home.log_key_path, home.settings.origin, surroundings)
    vkey = VKey.of(signer)
    write_file(home.log_key_path.with_suffix(".vkey"), f"{format_vkey(vkey)}\n".encode())
    return vkey


def adopt_key(home: Home, person: str, source: Path, surroundings: Surroundings) -> KeyCard:
    """Take a copy of a private key that a person has already, such as an SSH key, locked anew.

    Raises:
        KeysError: If it cannot be read, is not Ed25519, or the home holds one already.
    """
    return _write_card(home, _copy(source, home.key_path(person), person, surroundings))


def unlock_person(home: Home, person: str, surroundings: Surroundings) -> Signer:
    """Return a person's signer, unlocking the key if this run has not done so yet.

    Raises:
        KeyTrouble: If the home holds no key of theirs.
        KeysError: If it cannot be unlocked.
    """
    path = home.key_path(person)
    hint = f"`plimsoll key new {person}` makes one; --as says who speaks"
    return _unlock(path, person, surroundings, f"this home holds no key of {person}", hint)


def unlock_log(home: Home, surroundings: Surroundings) -> Signer:
    """Return the log's signer, unlocking its key if this run has not done so yet.

    Raises:
        KeyTrouble: If the home does not hold it: then it cannot append, only read.
        KeysError: If it cannot be unlocked.
    """
    origin = home.settings.origin
    message = f"this home holds no key of the log {origin}"
    return _unlock(home.log_key_path, origin, surroundings, message, "only the log's operator appends to it")


def read_log_vkey(home: Home) -> VKey:
    """Return the log's public key, without unlocking anything.

    Raises:
        KeyTrouble: If the home does not hold it.
        KeysError: If the line is malformed.
    """
    path = home.log_key_path.with_suffix(".vkey")
    return parse_vkey(_read_lines(path, 1)[0])


def list_keys(home: Home) -> list[VKey]:
    """Return the public keys of all persons whose key the home holds, by name."""
    found = sorted(path for path in home.keys_dir.glob("*.vkey") if path.stem != LOG_KEY_NAME)
    return [parse_vkey(_read_lines(path, 1)[0]) for path in found]


def format_card(card: KeyCard) -> str:
    """Return the two lines of a key card."""
    return f"{format_vkey(card.vkey)}\n{card.proof_text}\n"


def parse_card(text: str, origin: str) -> KeyCard:
    """Read a key card and check its proof; the pair of `format_card`.

    Args:
        text: Two lines.
        origin: The origin of the log that the proof must be for.

    Raises:
        KeyTrouble: If it is not two lines, or the proof is not base64 of 64 bytes.
        KeysError: If the vkey is malformed, or the proof does not hold.

    Source: SPEC 6.2.
    """
    lines = text.split("\n")
    if len(lines) not in {2, 3} or (len(lines) == 3 and lines[2]):
        raise KeyTrouble("a key card has two lines: a vkey and a proof", "ask for the card again")
    vkey = parse_vkey(lines[0])
    return KeyCard(vkey, verify_proof_text(vkey, origin, lines[1]))


def verify_proof_text(vkey: VKey, origin: str, proof: str) -> bytes:
    """Return the bytes of a proof that holds for this key, its name and this log.

    Raises:
        KeyTrouble: If it is not strict base64 of 64 bytes.
        KeysError: If it does not hold.
    """
    try:
        raw = base64.b64decode(proof, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 64 or base64.b64encode(raw).decode("ascii") != proof:
        raise KeyTrouble("a proof of possession is base64 of 64 bytes", "ask for the card again")
    verify_possession(vkey, origin, vkey.name, raw)
    return raw


def read_card(path: Path, origin: str) -> KeyCard:
    """Read a key card from a file.

    Raises:
        KeyTrouble: If the file cannot be read, or is no card.
        KeysError: If what it says does not hold.
    """
    try:
        return parse_card("\n".join(_read_lines(path, 2)), origin)
    except (_OtherText, MalformedKey) as error:
        what = str(error).replace(f"{path} ", "it ", 1)
        hint = "a card is what `plimsoll key new PERSON` writes, as keys/PERSON.card: ask for theirs"
        raise KeyTrouble(f"{path} is no key card: {what}", hint) from None


def find_card(home: Home, person: str, surroundings: Surroundings) -> KeyCard:
    """Return a person's card: the one the home holds, else one made with the key it holds.

    Raises:
        KeyTrouble: If the home holds neither.
        KeysError: If the card does not hold, or the key cannot be unlocked.
    """
    path = home.card_path(person)
    if path.exists():
        return read_card(path, home.settings.origin)
    signer = unlock_person(home, person, surroundings)
    return _write_card(home, signer)


def _create(home: Home, path: Path, name: str, surroundings: Surroundings) -> KeyCard:
    return _write_card(home, _write(path, name, surroundings))


def _write(path: Path, name: str, surroundings: Surroundings) -> Signer:
    from plimsoll_keys.files import generate_signer, write_key_file  # noqa: PLC0415 - loads cryptography.

    make_folder(path.parent)
    signer = generate_signer(name, surroundings.random)
    write_key_file(path, signer, surroundings.passphrase(name, new=True))
    surroundings.key_cache[_cache_name(path)] = signer
    return signer


def _copy(source: Path, path: Path, name: str, surroundings: Surroundings) -> Signer:
    from plimsoll_keys.files import read_key_file, write_key_file  # noqa: PLC0415 - loads cryptography.

    make_folder(path.parent)
    signer = read_key_file(source, name, _asked(surroundings, name))
    write_key_file(path, signer, surroundings.passphrase(name, new=True))
    surroundings.key_cache[_cache_name(path)] = signer
    return signer


def _write_card(home: Home, signer: Signer) -> KeyCard:
    person = signer.name
    card = KeyCard(VKey.of(signer), prove_possession(signer, home.settings.origin, person))
    write_file(home.vkey_path(person), f"{format_vkey(card.vkey)}\n".encode())
    write_file(home.card_path(person), format_card(card).encode())
    return card


def _unlock(path: Path, name: str, surroundings: Surroundings, message: str, hint: str) -> Signer:
    cached = surroundings.key_cache.get(_cache_name(path))
    if cached is not None:
        return cached
    if not path.exists():
        raise KeyTrouble(message, hint)
    from plimsoll_keys.files import read_key_file  # noqa: PLC0415 - loads cryptography.

    signer = read_key_file(path, name, _asked(surroundings, name))
    surroundings.key_cache[_cache_name(path)] = signer
    return signer


def _asked(surroundings: Surroundings, name: str) -> Callable[[], bytes]:
    return lambda: surroundings.passphrase(name, new=False)


def _cache_name(path: Path) -> str:
    return str(path.absolute())


class _OtherText(KeyTrouble):
    """A file that is there and is not of the form of a card or a vkey."""


def _read_lines(path: Path, count: int) -> list[str]:
    try:
        text = path.read_bytes().decode("ascii")
    except FileNotFoundError:
        raise KeyTrouble(f"there is no file {path}", "check the path") from None
    except UnicodeDecodeError:
        raise _OtherText(f"{path} is not ASCII text") from None
    except OSError as error:
        raise could_not(f"read {path}", error) from None
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != count or len(text) > 4096:
        wanted = "one line" if count == 1 else f"{count} lines"
        raise _OtherText(f"{path} does not have {wanted}, but {len(lines)}")
    return lines
