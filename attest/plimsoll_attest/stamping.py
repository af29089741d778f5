"""Ask one time-stamping authority for a token, within a time that is bounded whatever it does.

The request carries a nonce, so that no old answer passes for a new one; the answer is verified by the very
code that auditors verify it with, under the roots of this authority alone. No redirect is followed and no
proxy of the environment is used. The extra `plimsoll[tsa]` is needed.

Source: SPEC 10.13 / RFC 3161.
"""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from plimsoll_attest.authorities import read_roots
from plimsoll_attest.errors import AttestError
from plimsoll_attest.home import Home
from plimsoll_verify.limits import MAX_TOKEN_BYTES

if TYPE_CHECKING:
    import urllib3
    from rfc3161_client import TimeStampRequest

    from plimsoll_verify.timestamps import Stamp

TIMEOUT_S = 10.0
"""How long all authorities together may take, in seconds."""

_PIECE = 4096
_HINT = "pip install 'plimsoll[tsa]'"


class NotStamped(Exception):
    """An authority that did not answer, or answered something else than a good token; says what."""


class StampClient:
    """Asks one authority."""

    def __init__(self, url: str, roots: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take where it is and by which root certificates its answers are checked.

        Args:
            url: Where it answers.
            roots: PEM.
            monotonic: The clock to wait by, in seconds.
        """
        self._url = url
        self._roots = roots
        self._monotonic = monotonic

    def stamp(self, text: bytes, deadline_s: float) -> "tuple[bytes, Stamp]":
        """Return a token over a text, and what it says.

        Args:
            text: What is to be stamped.
            deadline_s: When to give up, by the client's monotonic clock.

        Raises:
            NotStamped: If there is none, or the extra is not installed.
        """
        from plimsoll_verify.errors import UsageError  # noqa: PLC0415 - loads cryptography.
        from plimsoll_verify.timestamps import Authorities, BadToken, NoExtra  # noqa: PLC0415

        try:
            trusted = Authorities(self._roots)
            request = _request(text)
            token = self._post(request.as_bytes(), deadline_s)
            stamp = trusted.verify(token)
        except NoExtra:
            raise NotStamped(f"time stamps cannot be read here: {_HINT}") from None
        except UsageError:
            raise NotStamped("its roots are no certificates in PEM") from None
        except BadToken as error:
            raise NotStamped(f"it answered a token that does not hold: {error}") from None
        if stamp.imprint != sha256(text).digest():
            raise NotStamped("it answered a token over something else")
        if _nonce(token) != request.nonce:
            raise NotStamped("it answered an old token, or one for somebody else")
        return token, stamp

    def _post(self, request: bytes, deadline_s: float) -> bytes:
        import urllib3  # noqa: PLC0415 - TAB must not load it.

        pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)
        headers = {"content-type": "application/timestamp-query", "user-agent": "plimsoll"}
        try:
            answer = pool.request(
                "POST",
                self._url,
                body=request,
                headers=headers,
                timeout=urllib3.Timeout(total=self._left_s(deadline_s)),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            found = self._read(answer, deadline_s)
        except urllib3.exceptions.NewConnectionError:
            raise NotStamped("it cannot be reached") from None
        except urllib3.exceptions.TimeoutError:
            raise NotStamped("it did not answer in time") from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise NotStamped(f"it cannot be asked: {type(error).__name__}") from None
        finally:
            pool.clear()
        if answer.status != 200:
            raise NotStamped(f"it answered {answer.status}")
        return found

    def _read(self, answer: "urllib3.BaseHTTPResponse", deadline_s: float) -> bytes:
        """Read an answer piece by piece: each piece has a time-out of its own, all together the deadline."""
        found = b""
        try:
            while piece := answer.read1(_PIECE):
                found += piece
                if len(found) > MAX_TOKEN_BYTES:
                    raise NotStamped(f"it answered more than {MAX_TOKEN_BYTES} bytes")
                self._left_s(deadline_s)
        finally:
            answer.close()
        return found

    def _left_s(self, deadline_s: float) -> float:
        left_s = deadline_s - self._monotonic()
        if left_s <= 0:
            raise NotStamped("it did not answer in time")
        return left_s


def open_authorities(home: Home) -> tuple[dict[str, StampClient], dict[str, str]]:
    """Return clients for a home's authorities by their names, and why each of the others has none."""
    clients, failures = {}, {}
    for each in home.settings.authorities:
        try:
            clients[each.name] = StampClient(each.url, read_roots(home.path, each))
        except AttestError as error:
            failures[each.name] = error.message
    return clients, failures


def _request(text: bytes) -> "TimeStampRequest":
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415

    return TimestampRequestBuilder(data=text, hash_algorithm=HashAlgorithm.SHA256).build()


def _nonce(token: bytes) -> int | None:
    from rfc3161_client import decode_timestamp_response  # noqa: PLC0415

    return decode_timestamp_response(token).tst_info.nonce
