"""RFC 3161 tokens: whose count, and how each that does not count is told apart."""

import hashlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.tsa import EMAIL, TIME_STAMPING, Authority, response

from plimsoll_verify.errors import UsageError
from plimsoll_verify.timestamps import Authorities, BadToken, NoExtra, Stamp

AT_S = 1_800_000_000
TEXT = b"acme.example/log\n1\nAAAA=\n"
DIGEST = hashlib.sha256(TEXT).digest()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


def why(roots: str, token: bytes) -> str:
    with pytest.raises(BadToken) as caught:
        Authorities(roots).verify(token)
    return str(caught.value)


def test_a_token_says_what_was_there_and_when(authority: Authority) -> None:
    stamp = Authorities(authority.roots).verify(authority.token(TEXT, AT_S))
    # A fraction of a second may have been left out.
    assert stamp == Stamp(DIGEST, AT_S * 1000, AT_S * 1000 + 1000)


def test_what_openssl_answers_is_read(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(TEXT)
    subprocess.run(
        ["openssl", "ts", "-query", "-data", "text", "-sha256", "-cert", "-out", "query"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    stamp = Authorities(authority.roots).verify(authority.reply((tmp_path / "query").read_bytes()))
    assert stamp.imprint == DIGEST
    assert abs(stamp.time_ms - datetime.now(UTC).timestamp() * 1000) < 600_000
    assert stamp.late_ms == stamp.time_ms + 2000  # It says: accurate to a second.


@pytest.mark.parametrize(
    ("accuracy", "slack_ms"),
    [((0, 0, 0), 1000), ((3, 500, 0), 4500), ((0, 0, 7), 1001), ((0, 20, 7), 1021), ((60, 0, 0), 61_000)],
)
def test_an_inexact_token_bounds_less(
    authority: Authority, accuracy: tuple[int, int, int], slack_ms: int
) -> None:
    stamp = Authorities(authority.roots).verify(authority.token(TEXT, AT_S, accuracy=accuracy))
    assert stamp.late_ms - stamp.time_ms == slack_ms


def test_no_inaccuracy_leads_past_the_year_9999(authority: Authority) -> None:
    stamp = Authorities(authority.roots).verify(authority.token(TEXT, AT_S, accuracy=(2**60, 0, 0)))
    assert stamp.late_ms == 253_402_300_799_000


def test_another_digest_is_no_imprint(authority: Authority) -> None:
    assert Authorities(authority.roots).verify(authority.token(TEXT, AT_S, algorithm="sha512")).imprint == b""


def test_certificates_between_the_root_and_the_signer_come_with_the_token(tmp_path: Path) -> None:
    authority = Authority(tmp_path, intermediate=True)
    assert Authorities(authority.roots).verify(authority.token(TEXT, AT_S)).imprint == DIGEST


def test_any_of_several_roots_is_trusted(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    trusted = Authorities(authority.roots + other.roots + other.roots)
    assert trusted.names == ["CN=tsa root", "CN=other root", "CN=other root"]
    for each in (authority, other):
        assert trusted.verify(each.token(TEXT, AT_S)).imprint == DIGEST


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"uses": ()}, "not for time-stamping"),
        ({"uses": (EMAIL,)}, "not for time-stamping"),
        ({"uses": (TIME_STAMPING, EMAIL)}, "not for time-stamping"),
        ({"critical": False}, "not for time-stamping"),
        ({"not_after": datetime(2026, 1, 1, tzinfo=UTC)}, "had expired at its time"),
        ({"not_before": datetime(2040, 1, 1, tzinfo=UTC)}, "was not yet valid at its time"),
    ],
)
def test_a_certificate_that_is_not_for_this(tmp_path: Path, options: dict[str, object], reason: str) -> None:
    authority = Authority(tmp_path, **options)  # type: ignore[arg-type]
    assert reason in why(authority.roots, authority.token(TEXT, AT_S))


def test_a_certificate_that_has_expired_since_is_good(tmp_path: Path) -> None:
    authority = Authority(tmp_path, not_after=datetime(2021, 1, 1, tzinfo=UTC))
    stamp = Authorities(authority.roots).verify(authority.token(TEXT, 1_600_000_000))
    assert stamp.time_ms == 1_600_000_000_000


def test_whoever_has_a_certificate_cannot_make_another(tmp_path: Path) -> None:
    """The root has certified somebody for something; with that key they certify an authority of their own."""
    authority = Authority(tmp_path, intermediate=True, between_is_ca=False)
    assert why(authority.roots, authority.token(TEXT, AT_S))


def test_somebody_elses_root(authority: Authority, tmp_path: Path) -> None:
    assert "does not lead to a root" in why(Authority(tmp_path, "other").roots, authority.token(TEXT, AT_S))


def test_a_root_of_the_same_name(authority: Authority, tmp_path: Path) -> None:
    assert why(Authority(tmp_path).roots, authority.token(TEXT, AT_S))


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda token: flip(token, len(token) - 5), "its signature does not verify"),
        (lambda token: flip(token, token.find(DIGEST)), "its content is not what was signed"),
        (lambda token: token[:-1], "cannot be read"),
        (lambda token: token + b"\0", "cannot be read"),
        (lambda _: b"", "cannot be read"),
        (lambda _: bytes.fromhex("30053003020100"), "cannot be read"),
        (lambda _: bytes.fromhex("30053003020102"), "did not grant it"),
    ],
)
def test_a_spoilt_token(authority: Authority, spoil: Callable[[bytes], bytes], reason: str) -> None:
    assert reason in why(authority.roots, spoil(authority.token(TEXT, AT_S)))


@pytest.mark.parametrize("status", [1, 2, 5])
def test_a_token_that_was_not_plainly_granted(authority: Authority, status: int) -> None:
    assert (
        why(authority.roots, authority.token(TEXT, AT_S, status=status)) == "the authority did not grant it"
    )


def test_a_signature_over_something_else(authority: Authority) -> None:
    assert "cannot be read" in why(authority.roots, response(authority.sign(b"hello")))


def test_a_time_before_1970(tmp_path: Path) -> None:
    authority = Authority(tmp_path, not_before=datetime(1955, 1, 1, tzinfo=UTC))
    assert "1969, is before 1970" in why(authority.roots, authority.token(TEXT, -1))


def test_a_byte_that_matters_cannot_be_changed(authority: Authority) -> None:
    """Wherever a bit is turned, the token is refused or says the same."""
    token, trusted = authority.token(TEXT, AT_S), Authorities(authority.roots)
    good = trusted.verify(token)
    refused = 0
    for place in range(len(token)):
        try:
            assert trusted.verify(flip(token, place)) == good
        except BadToken:
            refused += 1
    assert refused > len(token) * 0.9


@pytest.mark.parametrize(
    "roots", ["PEM", "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_roots_that_are_no_certificates(roots: str) -> None:
    with pytest.raises(UsageError, match="tsa_roots"):
        Authorities(roots)


@pytest.mark.parametrize("absent", ["rfc3161_client", "cryptography.x509"])
def test_without_the_extra(authority: Authority, absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, absent, None)
    with pytest.raises(NoExtra, match=r"plimsoll-verify\[tsa\] is not installed"):
        Authorities(authority.roots)


def test_a_reason_that_nobody_foresaw(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plimsoll_verify.timestamps._REASONS", {})
    assert "it does not verify: 'error while" in why(authority.roots, flip(authority.token(TEXT, AT_S), -5))
