"""ML-DSA-44 keys: made, kept under a passphrase, read again, and taken for nothing else."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st
from tests.support.mldsa import ml_public, ml_seed, ml_vkey

from plimsoll_keys.errors import (
    BadPoint,
    BadSignature,
    KeyExists,
    MalformedKey,
    PassphraseNeeded,
    UnsupportedKey,
    WrongPassphrase,
)
from plimsoll_keys.files import generate_signer, read_key_file, read_ml_dsa_key_file, write_key_file
from plimsoll_keys.mldsa import MlDsaSigner, generate_ml_dsa_signer, verify_ml_dsa_signature
from plimsoll_keys.pkcs8 import lock_pkcs8
from plimsoll_keys.possession import prove_possession
from plimsoll_keys.secret import Secret
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import COSIGNATURE_ML_DSA, VKey, format_vkey, parse_vkey

NAME = "witness.example/w1"
SEED = ml_seed("keys")
PASSPHRASE = b"open sesame"


def signer(name: str = NAME) -> MlDsaSigner:
    return generate_ml_dsa_signer(name, lambda _: SEED)


def test_a_key_signs_under_its_name() -> None:
    made = signer()
    assert isinstance(made, Signer)
    assert (made.name, made.public_key) == (NAME, ml_public(SEED))
    signature = made.sign(b"message")
    assert verify_ml_dsa_signature(made.public_key, b"message", signature) == b"message"
    assert len(signature) == 2420
    assert made.sign(b"message") != signature
    assert repr(made) == "MlDsaSigner(name='witness.example/w1')"


def test_nothing_else_verifies() -> None:
    made = signer()
    signature = made.sign(b"message")
    changed = bytes([signature[7] ^ 4])
    other = ml_public(ml_seed("other"))
    for public_key, message, signed in (
        (made.public_key, b"massage", signature),
        (other, b"message", signature),
        (made.public_key, b"message", signature[:7] + changed + signature[8:]),
        (made.public_key, b"message", signature[:-1]),
        (made.public_key, b"message", signature + b"\0"),
        (made.public_key, b"message", b""),
    ):
        with pytest.raises(BadSignature):
            verify_ml_dsa_signature(public_key, message, signed)
    with_context = mldsa.MLDSA44PrivateKey.from_seed_bytes(SEED).sign(b"message", b"context")
    with pytest.raises(BadSignature):
        verify_ml_dsa_signature(made.public_key, b"message", with_context)


def test_its_vkey_is_of_type_6() -> None:
    vkey = VKey(NAME, COSIGNATURE_ML_DSA, ml_public(SEED))
    assert format_vkey(vkey) == ml_vkey(NAME, SEED)
    assert parse_vkey(format_vkey(vkey)) == vkey
    made = signer()
    assert vkey.verify(b"x", made.sign(b"x")) == b"x"
    with pytest.raises(BadSignature):
        vkey.verify(b"y", made.sign(b"x"))


@given(name=st.text("w/.\u00e4", min_size=1, max_size=300))
def test_names_that_what_is_signed_can_hold(name: str) -> None:
    if len(name.encode()) <= 255:
        assert parse_vkey(format_vkey(VKey(name, COSIGNATURE_ML_DSA, bytes(1312)))).name == name
    else:
        with pytest.raises(MalformedKey, match="at most 255"):
            VKey(name, COSIGNATURE_ML_DSA, bytes(1312))
        with pytest.raises(MalformedKey, match="at most 255"):
            signer(name)


def test_no_key_is_taken_for_one_of_another_algorithm() -> None:
    ed25519 = generate_signer("w")
    for key in (ed25519.public_key, ml_public(SEED)[:-1], b""):
        with pytest.raises(MalformedKey, match=f"has {len(key)} bytes, want 1312"):
            VKey("w", COSIGNATURE_ML_DSA, key)
    for key_type in (1, 4):
        with pytest.raises(BadPoint):
            VKey("w", key_type, ml_public(SEED))
    with pytest.raises(BadPoint):
        VKey.of(signer())
    with pytest.raises(BadPoint):
        prove_possession(signer("ada"), "acme.example/log", "ada")


def test_a_key_file_is_private_and_opens_with_its_passphrase(tmp_path: Path) -> None:
    path, made = tmp_path / "witness.key", signer()
    write_key_file(path, made, PASSPHRASE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = read_ml_dsa_key_file(path, NAME, PASSPHRASE)
    assert (again.name, again.public_key) == (NAME, made.public_key)
    for wrong in (b"open sesam", b"Open sesame", PASSPHRASE + b" "):
        with pytest.raises(WrongPassphrase):
            read_ml_dsa_key_file(path, NAME, wrong)
    with pytest.raises(PassphraseNeeded):
        read_ml_dsa_key_file(path, NAME, None)
    with pytest.raises(KeyExists):
        write_key_file(path, made, PASSPHRASE)
    for text in (path.read_bytes(), repr(Secret(PASSPHRASE)).encode()):
        assert SEED not in text


def test_two_files_of_one_key_have_nothing_in_common() -> None:
    plain = Secret(mldsa.MLDSA44PrivateKey.from_seed_bytes(SEED).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    ))  # fmt: skip
    first, second = (lock_pkcs8(plain, Secret(PASSPHRASE)) for _ in range(2))
    # Of 161 bytes only what names the algorithms is the same.
    assert first.splitlines()[2] != second.splitlines()[2]
    for text in (first, second):
        loaded = load_pem_private_key(text, PASSPHRASE)
        assert isinstance(loaded, mldsa.MLDSA44PrivateKey)
        assert loaded.private_bytes_raw() == SEED


def test_openssl_opens_what_is_locked(tmp_path: Path) -> None:
    """With a key of a kind that any OpenSSL knows: what holds the key is the same for all."""
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key").write_bytes(lock_pkcs8(Secret(plain), Secret(PASSPHRASE)))
    command = ["openssl", "pkey", "-in", "key", "-passin", f"pass:{PASSPHRASE.decode()}", "-outform", "DER"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    assert done.stdout == plain


def test_a_key_of_another_kind_in_the_file(tmp_path: Path) -> None:
    ed25519 = tmp_path / "ed25519.key"
    write_key_file(ed25519, generate_signer(NAME), PASSPHRASE)
    with pytest.raises(UnsupportedKey, match="another key than ML-DSA-44"):
        read_ml_dsa_key_file(ed25519, NAME, PASSPHRASE)
    ours = tmp_path / "ml-dsa.key"
    write_key_file(ours, signer(), PASSPHRASE)
    with pytest.raises(UnsupportedKey, match="another key than Ed25519"):
        read_key_file(ours, NAME, PASSPHRASE)


@pytest.mark.parametrize(
    "lock", [NoEncryption(), BestAvailableEncryption(PASSPHRASE)], ids=["open", "locked"]
)
def test_what_other_programs_write_is_read(tmp_path: Path, lock: NoEncryption) -> None:
    path = tmp_path / "theirs.key"
    key = mldsa.MLDSA44PrivateKey.from_seed_bytes(SEED)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    path.chmod(0o600)
    assert read_ml_dsa_key_file(path, NAME, PASSPHRASE).public_key == ml_public(SEED)


def test_a_library_without_the_algorithm_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lacking:
        @staticmethod
        def _refuse(_: bytes) -> None:
            raise UnsupportedAlgorithm("ML-DSA-44 is not supported")

        from_seed_bytes = from_public_bytes = _refuse

    module = sys.modules["cryptography.hazmat.primitives.asymmetric.mldsa"]
    monkeypatch.setattr(module, "MLDSA44PrivateKey", Lacking)
    monkeypatch.setattr(module, "MLDSA44PublicKey", Lacking)
    with pytest.raises(UnsupportedKey, match="has no ML-DSA-44"):
        signer()
    with pytest.raises(UnsupportedKey, match="has no ML-DSA-44"):
        verify_ml_dsa_signature(bytes(1312), b"", bytes(2420))


def test_entropy_of_another_length() -> None:
    with pytest.raises(ValueError, match="gave 31 bytes"):
        generate_ml_dsa_signer(NAME, lambda _: SEED[:31])
