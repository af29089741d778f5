"""RFC 3161 tokens: what a time-stamping authority says was there, and when.

Reading them takes X.509 and CMS, far more than all else in this package: it is left to rfc3161-client and
cryptography, which the extra `plimsoll-verify[tsa]` installs, and nothing but this module imports them. All
of it works offline; whether a certificate was revoked is not asked.

Source: SPEC 10.13 / RFC 3161.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from plimsoll_verify.encoding import sample
from plimsoll_verify.errors import UsageError
from plimsoll_verify.limits import MAX_TIME_S

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse, Verifier

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHA256 = "2.16.840.1.101.3.4.2.1"
_SECOND_MS = 1000
_MAX_MS = MAX_TIME_S * _SECOND_MS


class BadToken(Exception):
    """A token that is nobody's word whom the auditor trusts. Carries why."""


class NoExtra(Exception):
    """Tokens cannot be read here: the extra is not installed."""


class Stamp(NamedTuple):
    """What a token says whose signature leads to a trusted root.

    Attributes:
        imprint: the SHA-256 digest that it is over; b"" for one by another function.
        time_ms: when, as the authority wrote it, in whole seconds.
        late_ms: not later than this it was there: after the fraction of a second that is not read, and the
            inaccuracy that the authority admits.
    """

    imprint: bytes
    time_ms: int
    late_ms: int


class Authorities:
    """The time-stamping authorities that somebody trusts, by the roots of their certificates.

    Attributes:
        names: what the root certificates call their holders; foreign text.
    """

    def __init__(self, roots: str) -> None:
        """Load root certificates.

        Args:
            roots: PEM, one certificate or more.

        Raises:
            NoExtra: the extra is not installed.
            UsageError: no certificates.

        Source: SPEC 10.10.
        """
        try:
            from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - an extra.
            from rfc3161_client import VerifierBuilder  # noqa: PLC0415
        except ImportError:
            raise NoExtra("plimsoll-verify[tsa] is not installed") from None
        try:
            certificates = load_pem_x509_certificates(roots.encode())
        except ValueError:
            raise UsageError(
                "tsa_roots holds something else than certificates in PEM",
                "paste the authority's root certificates, from BEGIN to END",
            ) from None
        self.names = [one.subject.rfc4514_string() for one in certificates]
        # A certificate that stands twice is no other root.
        self._verifier: Verifier = VerifierBuilder(roots=list(dict.fromkeys(certificates))).build()

    def verify(self, token: bytes) -> Stamp:
        """Verify that a trusted authority signed a token, with a certificate for time-stamping valid then.

        Not verified: what the token is over (compare the imprint), and whether a certificate was revoked.

        Args:
            token: a TimeStampResp, DER.

        Raises:
            BadToken: it cannot be read, was not granted, or is not signed so.

        Source: SPEC 10.13 / RFC 3161 2.4.2.
        """
        from rfc3161_client import VerificationError, decode_timestamp_response  # noqa: PLC0415

        try:
            response = decode_timestamp_response(token)
            if response.status != 0:
                raise BadToken("the authority did not grant it")
            # The library compares a digest as well. Here it gets the token's own: whether that is the one
            # that was wanted is another question, with another answer if it is not.
            self._verifier.verify(response, response.tst_info.message_imprint.message)
            return _read(response)
        except VerificationError as error:
            raise BadToken(_why(str(error))) from None
        except ValueError as error:
            raise BadToken(f"it cannot be read: {sample(str(error).lower())}") from None


def _read(response: "TimeStampResponse") -> Stamp:
    info = response.tst_info
    time_ms = (info.gen_time - _EPOCH) // timedelta(milliseconds=1)
    if time_ms < 0:
        raise BadToken(f"its time, in the year {info.gen_time.year}, is before 1970")
    accuracy = info.accuracy
    # Rounded up: that a token is inexact must not make anything look older than it is.
    slack_ms = _SECOND_MS
    if accuracy is not None:
        slack_ms += (accuracy.seconds or 0) * _SECOND_MS + (accuracy.millis or 0) + bool(accuracy.micros)
    imprint = info.message_imprint
    is_sha256 = imprint.hash_algorithm.dotted_string == _SHA256
    return Stamp(imprint.message if is_sha256 else b"", time_ms, min(time_ms + slack_ms, _MAX_MS))


def _why(message: str) -> str:
    """Say in few words why a token does not verify; the library's own are OpenSSL's whole stack of errors."""
    found = [why for words, why in _REASONS.items() if words in message]
    return found[0] if found else f"it does not verify: {sample(message.lower())}"


_REASONS = {
    "unable to get": "its certificate does not lead to a root in tsa_roots",
    "self-signed certificate": "its certificate does not lead to a root in tsa_roots",
    "certificate has expired": "a certificate in its chain had expired at its time",
    "certificate is not yet valid": "a certificate in its chain was not yet valid at its time",
    "unsuitable certificate purpose": "its certificate is not for time-stamping",
    "EKU extension": "its certificate is not for time-stamping only",
    "digest failure": "its content is not what was signed",
    "signature failure": "its signature does not verify",
}
