"""Key files: written locked, read from OpenSSH and PKCS#8, refused when unsafe or damaged."""

import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from plimsoll_keys.errors import (
    InsecureKey,
    KeyExists,
    KeyFileUnusable,
    KeysError,
    MalformedKey,
    PassphraseNeeded,
    UnsupportedKey,
    WrongPassphrase,
)
from plimsoll_keys.files import FileSigner, generate_signer, read_key_file, write_key_file
from plimsoll_keys.points import verify_signature
from plimsoll_keys.secret import Secret
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import VKey

PASSPHRASE = "correct horse båttery".encode()
Save = Callable[[bytes], Path]
needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")


@pytest.fixture(scope="module")
def signer() -> FileSigner:
    """A signer to write and compare with."""
    return generate_signer("evaluator-1")


@pytest.fixture(scope="module")
def locked(signer: FileSigner, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a key file as we write it; made once, because it is slow on purpose."""
    path = tmp_path_factory.mktemp("keys") / "key"
    write_key_file(path, signer, PASSPHRASE)
    return path.read_bytes()


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Put bytes into a file that only its owner may use."""

    def put(data: bytes) -> Path:
        path = tmp_path / "key"
        path.write_bytes(data)
        path.chmod(0o600)
        return path

    return put


def pkcs8(
    key: Ed25519PrivateKey | rsa.RSAPrivateKey, lock: KeySerializationEncryption | None = None
) -> bytes:
    """Return a key as PKCS#8 text."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption())


def no_question() -> bytes:
    """Stand where a passphrase must not be asked for."""
    raise AssertionError("asked for a passphrase in vain")


# ------------------------------------------------------------------------------------ what it signs


def test_rfc_8032_gives_the_same_key_and_signature() -> None:
    seed = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
    signer = generate_signer("rfc", lambda size: seed[:size])
    assert signer.public_key.hex() == "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
    assert signer.sign(b"\xaf\x82").hex() == (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )


def test_a_file_signer_is_a_signer(signer: FileSigner) -> None:
    assert isinstance(signer, Signer)
    assert signer.name == "evaluator-1"
    assert verify_signature(signer.public_key, b"text", signer.sign(b"text")) == b"text"


def test_two_generated_keys_differ() -> None:
    assert generate_signer("a").public_key != generate_signer("a").public_key


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_no_vkey_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(MalformedKey, match="name"):
        generate_signer(name)
    with pytest.raises(MalformedKey, match="name"):
        read_key_file(tmp_path / "key", name, None)


# ------------------------------------------------------------------------------------------ writing


def test_what_is_written_is_read(signer: FileSigner, tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_key_file(path, signer, Secret(PASSPHRASE))
    again = read_key_file(path, "evaluator-1", PASSPHRASE)
    assert (again.name, again.public_key) == (signer.name, signer.public_key)
    assert again.sign(b"text") == signer.sign(b"text")


def test_the_file_is_locked_with_24_rounds_of_bcrypt(locked: bytes) -> None:
    lines = locked.splitlines()
    assert lines[0] == b"-----BEGIN OPENSSH PRIVATE KEY-----"
    body = base64.b64decode(b"".join(lines[1:-1]))
    assert body.startswith(b"openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt\0\0\0\x18\0\0\0\x10")
    # The options are a string of 24 bytes: a salt of 16 with its length, then the rounds.
    options = body[15 + 14 + 10 + 4 :][:24]
    assert int.from_bytes(options[20:], "big") >= 24


def test_the_file_is_its_owners_alone_whatever_the_umask(signer: FileSigner, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_key_file(tmp_path / "key", signer, PASSPHRASE)
    finally:
        os.umask(before)
    assert (tmp_path / "key").stat().st_mode & 0o7777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_an_existing_key_is_never_overwritten(signer: FileSigner, save: Save) -> None:
    path = save(b"somebody's key")
    with pytest.raises(KeyExists, match="exists already") as caught:
        write_key_file(path, signer, PASSPHRASE)
    assert "never overwritten" in caught.value.hint
    assert path.read_bytes() == b"somebody's key"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("passphrase", [b"", Secret(b"")])
def test_an_empty_passphrase_writes_nothing(
    signer: FileSigner, tmp_path: Path, passphrase: bytes | Secret
) -> None:
    with pytest.raises(PassphraseNeeded, match="passphrase is empty"):
        write_key_file(tmp_path / "key", signer, passphrase)
    assert list(tmp_path.iterdir()) == []


def test_the_longest_passphrase_works_and_one_more_byte_is_refused(
    signer: FileSigner, tmp_path: Path
) -> None:
    write_key_file(tmp_path / "key", signer, b"p" * 1023)
    assert read_key_file(tmp_path / "key", "x", b"p" * 1023).public_key == signer.public_key
    with pytest.raises(WrongPassphrase):
        read_key_file(tmp_path / "key", "x", b"p" * 1022)
    with pytest.raises(KeysError, match="has 1024 bytes, want at most 1023"):
        write_key_file(tmp_path / "other", signer, b"p" * 1024)
    assert not (tmp_path / "other").exists()


# ------------------------------------------------------------------------------------------ reading


def test_a_passphrase_may_be_asked_for_when_it_is_needed(
    signer: FileSigner, locked: bytes, save: Save
) -> None:
    path = save(locked)
    asked = []

    def ask() -> Secret:
        asked.append(1)
        return Secret(PASSPHRASE)

    assert read_key_file(path, "x", ask).public_key == signer.public_key
    assert asked == [1]


@pytest.mark.parametrize("wrong", [b"wrong", PASSPHRASE + b" ", PASSPHRASE[:-1]])
def test_a_wrong_passphrase_is_said_to_be_wrong(locked: bytes, save: Save, wrong: bytes) -> None:
    with pytest.raises(WrongPassphrase, match=r"the passphrase does not open .*key") as caught:
        read_key_file(save(locked), "x", wrong)
    assert "try again" in caught.value.hint


@pytest.mark.parametrize("nothing", [None, b"", Secret(b""), lambda: b""])
def test_a_missing_passphrase_is_asked_for(locked: bytes, save: Save, nothing: bytes | None) -> None:
    with pytest.raises(PassphraseNeeded, match="is locked with a passphrase"):
        read_key_file(save(locked), "x", nothing)


def test_pkcs8_is_read_locked_and_unlocked(save: Save) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert read_key_file(save(pkcs8(key)), "x", no_question).public_key == public
    path = save(pkcs8(key, BestAvailableEncryption(PASSPHRASE)))
    assert read_key_file(path, "x", PASSPHRASE).public_key == public
    with pytest.raises(PassphraseNeeded):
        read_key_file(path, "x", None)
    with pytest.raises(WrongPassphrase):
        read_key_file(path, "x", b"wrong")


def test_an_openssh_key_without_a_lock_is_read(save: Save) -> None:
    key = Ed25519PrivateKey.generate()
    path = save(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert read_key_file(path, "x", no_question).public_key == public


def test_crlf_line_ends_are_read(signer: FileSigner, locked: bytes, save: Save) -> None:
    path = save(locked.replace(b"\n", b"\r\n"))
    assert read_key_file(path, "x", PASSPHRASE).public_key == signer.public_key


def test_a_link_to_a_key_is_followed(signer: FileSigner, locked: bytes, save: Save) -> None:
    link = save(locked).with_name("link")
    link.symlink_to("key")
    assert read_key_file(link, "x", PASSPHRASE).public_key == signer.public_key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777])
def test_a_file_that_others_may_use_is_refused(locked: bytes, save: Save, mode: int) -> None:
    path = save(locked)
    path.chmod(mode)
    with pytest.raises(InsecureKey, match=f"mode {mode:04o}.*, want 0600") as caught:
        read_key_file(path, "x", no_question)
    assert caught.value.hint.startswith(f"chmod 600 {path}")


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_that_only_its_owner_may_use_is_read(locked: bytes, save: Save, mode: int) -> None:
    path = save(locked)
    path.chmod(mode)
    assert read_key_file(path, "x", PASSPHRASE).name == "x"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnusable, match="is a folder"):
        read_key_file(tmp_path, "x", no_question)
    with pytest.raises(KeyFileUnusable, match=r"cannot read .*absent: no such file"):
        read_key_file(tmp_path / "absent", "x", no_question)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileUnusable, match="no regular file"):
        read_key_file(tmp_path / "pipe", "x", no_question)


def test_a_file_too_large_for_a_key_is_refused(save: Save) -> None:
    with pytest.raises(KeyFileUnusable, match="has 65537 bytes"):
        read_key_file(save(b"x" * 65537), "x", no_question)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"\x00\xff" * 100, "no private key between"),
        (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI somebody", "this is a public key"),
        (b"PuTTY-User-Key-File-3: ssh-ed25519\n", "no private key between"),
        (b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "no private key between"),
        (b"-----BEGIN PRIVATE KEY-----\nAAA\n-----END PRIVATE KEY-----\n", "cut short or damaged"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "says PKCS#8, but"),
        (
            b"-----BEGIN PRIVATE KEY-----\nMIIA\n-----END PRIVATE KEY-----\n",
            "cut short, or something follows",
        ),
        (b"-----BEGIN PRIVATE KEY-----\nMAEA\n-----END PRIVATE KEY-----\n", "the key is damaged"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            "says OpenSSH, but",
        ),
    ],
)
def test_what_is_no_key_is_refused(save: Save, data: bytes, message: str) -> None:
    path = save(data)
    with pytest.raises(MalformedKey, match=message) as caught:
        read_key_file(path, "x", no_question)
    assert str(caught.value).startswith(f"{path}: ")


def recut(text: bytes, size: int) -> bytes:
    """Keep the BEGIN and END lines and so many of the bytes between."""
    lines = text.splitlines()
    body = base64.b64decode(b"".join(lines[1:-1]))[:size]
    return b"\n".join([lines[0], base64.b64encode(body), lines[-1], b""])


def test_a_file_cut_anywhere_is_malformed(locked: bytes, save: Save) -> None:
    for size in range(0, len(locked) - 1, 7):
        with pytest.raises(MalformedKey):
            read_key_file(save(locked[:size]), "x", no_question)


def test_content_cut_anywhere_is_malformed(locked: bytes, save: Save) -> None:
    whole = len(base64.b64decode(b"".join(locked.splitlines()[1:-1])))
    for size in range(whole):
        with pytest.raises(MalformedKey):
            read_key_file(save(recut(locked, size)), "x", no_question)
    assert recut(locked, whole).splitlines()[0] == locked.splitlines()[0]


def test_locked_pkcs8_cut_anywhere_is_malformed(save: Save) -> None:
    text = pkcs8(Ed25519PrivateKey.generate(), BestAvailableEncryption(PASSPHRASE))
    whole = len(base64.b64decode(b"".join(text.splitlines()[1:-1])))
    for size in range(whole):
        with pytest.raises(MalformedKey):
            read_key_file(save(recut(text, size)), "x", no_question)


def openssh(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """Return another kind of key in OpenSSH's container."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def test_other_kinds_of_key_are_refused(save: Save) -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    curve_key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(UnsupportedKey, match="type 'ssh-rsa', want ssh-ed25519"):
        read_key_file(save(openssh(rsa_key)), "x", no_question)
    with pytest.raises(UnsupportedKey, match="type 'ecdsa-sha2-nistp256'"):
        read_key_file(save(openssh(curve_key)), "x", no_question)
    with pytest.raises(UnsupportedKey, match="another key than Ed25519"):
        read_key_file(save(pkcs8(rsa_key)), "x", no_question)
    with pytest.raises(UnsupportedKey, match="another key than Ed25519"):
        read_key_file(save(pkcs8(rsa_key, BestAvailableEncryption(PASSPHRASE))), "x", PASSPHRASE)
    old = curve_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with pytest.raises(UnsupportedKey, match="ec private key files are not read"):
        read_key_file(save(old), "x", no_question)
    goldilocks = ed448.Ed448PrivateKey.generate()
    text = goldilocks.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UnsupportedKey, match="another key than Ed25519"):
        read_key_file(save(text), "x", no_question)


def with_body(locked: bytes, old: bytes, new: bytes) -> bytes:
    """Replace bytes of a key file's content."""
    lines = locked.splitlines()
    body = base64.b64decode(b"".join(lines[1:-1]))
    assert old in body
    return b"\n".join([lines[0], base64.b64encode(body.replace(old, new)), lines[-1], b""])


def test_a_cipher_that_is_not_read_is_no_wrong_passphrase(locked: bytes, save: Save) -> None:
    with pytest.raises(UnsupportedKey, match="locked with 'aes128-ctr'") as caught:
        read_key_file(save(with_body(locked, b"aes256-ctr", b"aes128-ctr")), "x", no_question)
    assert "ssh-keygen -p" in caught.value.hint


def test_a_file_of_two_keys_is_refused(locked: bytes, save: Save) -> None:
    # The count stands before the public part, which is a string of 51 bytes.
    two = with_body(locked, b"\0\0\0\x01\0\0\0\x33", b"\0\0\0\x02\0\0\0\x33")
    with pytest.raises(UnsupportedKey, match="holds 2 keys"):
        read_key_file(save(two), "x", no_question)


# -------------------------------------------------------------------------------- OpenSSH's own tool


@needs_ssh_keygen
def test_ssh_keygen_reads_what_we_write(signer: FileSigner, locked: bytes, save: Save) -> None:
    path = save(locked)
    command = ["ssh-keygen", "-y", "-P", PASSPHRASE.decode(), "-f", str(path)]
    line = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    blob = base64.b64decode(line.split()[1])
    assert blob == b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + signer.public_key


@needs_ssh_keygen
@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-cbc", "aes256-gcm@openssh.com"])
def test_we_read_what_ssh_keygen_writes(tmp_path: Path, cipher: str) -> None:
    path = tmp_path / "theirs"
    subprocess.run(
        [
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-a",
            "2",
            "-Z",
            cipher,
            "-N",
            "pass",
            "-C",
            "",
            "-f",
            str(path),
        ],
        check=True,
        timeout=60,
    )
    blob = base64.b64decode(path.with_suffix(".pub").read_text().split()[1])
    signer = read_key_file(path, "x", b"pass")
    assert VKey.of(signer).public_key == blob[-32:]
    with pytest.raises(WrongPassphrase):
        read_key_file(path, "x", b"word")


@needs_ssh_keygen
def test_we_read_what_ssh_keygen_writes_without_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=60)
    blob = base64.b64decode(path.with_suffix(".pub").read_text().split()[1])
    assert read_key_file(path, "x", None).public_key == blob[-32:]
