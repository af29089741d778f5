"""No passphrase and no private key shows: in a repr, a message, a pickle or a traceback with variables."""

import base64
import copy
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plimsoll_keys.errors import KeysError
from plimsoll_keys.files import FileSigner, generate_signer, read_key_file, write_key_file
from plimsoll_keys.secret import Secret

PASSPHRASE = b"zq-passphrase-zq"
SEED = bytes(range(100, 132))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
LOCK = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1).build(PASSPHRASE)
FILES = {
    "locked-openssh": KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, LOCK),
    "open-openssh": KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
    "locked-pkcs8": KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)),
    "open-pkcs8": KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
}


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that it drags along, shown or not."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def everything_a_reporter_sees(error: BaseException) -> str:
    """Render an exception as an error reporter does, with the variables of all frames of our packages."""
    lines = []
    for each in causes(error):
        lines += [repr(each), getattr(each, "hint", "")]
        report = traceback.TracebackException.from_exception(each, capture_locals=True)
        for frame in report.stack:
            # The test's own frames hold what they gave.
            if frame.filename != __file__:
                lines += [f"{name} = {value}" for name, value in (frame.locals or {}).items()]
    return "\n".join(lines)


def spellings(secret: bytes) -> list[str]:
    """List how secret bytes could stand in a text."""
    encoded = base64.b64encode(secret).decode()
    return [repr(secret)[2:-1], secret.hex(), secret.decode("latin-1"), encoded[:20], str(list(secret))[1:-1]]


def assert_silent(text: str) -> None:
    """Assert that neither the passphrase nor the key is in a text."""
    hidden = spellings(PASSPHRASE) + spellings(SEED)
    for data in (FILES["open-openssh"], FILES["open-pkcs8"]):
        hidden += [line for line in data.decode().splitlines() if "PRIVATE KEY" not in line]
    assert [each for each in hidden if each in text] == []


def test_the_searched_spellings_are_found_where_they_are() -> None:
    def leak(passphrase: bytes) -> None:
        raise ValueError(f"{len(passphrase)} bytes")

    with pytest.raises(ValueError, match="16 bytes") as caught:
        leak(PASSPHRASE)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "\n".join(str(frame.locals) for frame in report.stack)
    assert any(spelling in text for spelling in spellings(PASSPHRASE))
    with pytest.raises(AssertionError):
        assert_silent(text)


def test_a_signer_shows_its_name_and_key_id_only() -> None:
    signer = FileSigner("rso", KEY)
    assert repr(signer) == "FileSigner(name='rso', key_id=d004d26f)"
    assert_silent(repr(signer) + str(signer) + f"{signer}" + repr([signer]))


def test_a_signer_cannot_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(FileSigner("rso", KEY))


def test_a_secret_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(PASSPHRASE)
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("got %s and %r", secret, [secret])
    assert caplog.messages == ["got <secret> and [<secret>]"]
    assert f"{secret}" == str(secret) == repr(secret) == "<secret>"
    assert len(secret) == len(PASSPHRASE)
    assert secret.reveal() == PASSPHRASE


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_copied(duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="not to be pickled or copied"):
        duplicate(Secret(PASSPHRASE))


@pytest.mark.parametrize("kind", ["locked-openssh", "locked-pkcs8"])
@pytest.mark.parametrize("wrap", [bytes, Secret, lambda it: lambda: it, lambda it: lambda: Secret(it)])
def test_a_wrong_passphrase_is_in_no_traceback(
    tmp_path: Path, kind: str, wrap: Callable[[bytes], Secret | bytes]
) -> None:
    path = tmp_path / "key"
    path.write_bytes(FILES[kind].replace(b"\n", b"\r\n"))
    path.chmod(0o600)
    other = PASSPHRASE + b"-typo"
    with pytest.raises(KeysError) as caught:
        read_key_file(path, "rso", wrap(other))
    assert_silent(everything_a_reporter_sees(caught.value))


@pytest.mark.parametrize("where", ["absent/key", "there"])
def test_a_failed_write_shows_nothing(tmp_path: Path, where: str) -> None:
    (tmp_path / "there").write_bytes(b"")
    with pytest.raises(KeysError) as caught:
        write_key_file(tmp_path / where, FileSigner("rso", KEY), PASSPHRASE)
    assert_silent(everything_a_reporter_sees(caught.value))


def test_a_passphrase_that_is_too_long_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="has 1600 bytes") as caught:
        write_key_file(tmp_path / "key", FileSigner("rso", KEY), PASSPHRASE * 100)
    assert_silent(everything_a_reporter_sees(caught.value))


def test_bad_entropy_is_not_shown() -> None:
    with pytest.raises(ValueError, match="33 bytes, want 32") as caught:
        generate_signer("rso", lambda _: SEED + b"x")
    assert_silent(everything_a_reporter_sees(caught.value))


def test_a_refused_mode_shows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(FILES["open-pkcs8"])
    path.chmod(0o644)
    with pytest.raises(KeysError) as caught:
        read_key_file(path, "rso", PASSPHRASE)
    assert_silent(everything_a_reporter_sees(caught.value))


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), kind=st.sampled_from(sorted(FILES)))
def test_a_damaged_file_is_refused_in_silence(tmp_path: Path, data: st.DataObject, kind: str) -> None:
    """Whatever byte is changed, cut or put in, the outcome is one of our errors, or the very same key."""
    lines = FILES[kind].splitlines()
    body = bytearray(base64.b64decode(b"".join(lines[1:-1])))
    # Of a locked file only what is encrypted: a damaged number of rounds would make guessing, and this
    # test, as slow as it says.
    first = len(body) - 60 if kind.startswith("locked") else 0
    start = data.draw(st.integers(first, len(body)))
    stop = data.draw(st.integers(start, min(start + 4, len(body))))
    body[start:stop] = data.draw(st.binary(max_size=4))
    path = tmp_path / "key"
    path.write_bytes(b"\n".join([lines[0], base64.b64encode(body), lines[-1], b""]))
    path.chmod(0o600)
    try:
        signer = read_key_file(path, "rso", PASSPHRASE)
    except KeysError as error:
        assert_silent(everything_a_reporter_sees(error))
    else:
        assert len(signer.sign(b"")) == 64
