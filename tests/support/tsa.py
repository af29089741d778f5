"""Time-stamping authorities for tests: a real one behind HTTP (`openssl ts`), and one that obeys.

A token is a CMS message around a TSTInfo. `Authority.token` writes the TSTInfo here, byte by byte, and lets
`openssl cms` sign it, so that it can be of any time and over anything; `serve` answers requests with
`openssl ts`, as an authority in the world does. The certificates are made with cryptography.
"""

import hashlib
import http.server
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
_SHA256, _SHA512 = "608648016503040201", "608648016503040203"
_FROM, _TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
_CONFIG = """
[tsa]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def der(tag: int, *parts: bytes) -> bytes:
    """A DER element: tag, length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def der_int(number: int) -> bytes:
    """A DER INTEGER, of a number that is not negative."""
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def der_items(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of some DER, by tag and content; lengths below 256 only."""
    found, at = [], 0
    while at < len(data):
        tag, size, head = data[at], data[at + 1], 2
        if size >= 128:
            assert size == 0x81
            size, head = data[at + 2], 3
        found.append((tag, data[at + head : at + head + size]))
        at += head + size
    return found


def response(token: bytes, status: int = 0) -> bytes:
    """A TimeStampResp around a token."""
    return der(0x30, der(0x30, der_int(status)), token)


@dataclass
class Authority:
    """A root certificate and one below it that signs time stamps, with their keys, in a folder of its own."""

    folder: Path
    name: str = "tsa"
    uses: Sequence[x509.ObjectIdentifier] = (TIME_STAMPING,)
    critical: bool = True
    not_before: datetime = _FROM
    not_after: datetime = _TO
    intermediate: bool = False
    between_is_ca: bool = True
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))
        root_key = ec.generate_private_key(ec.SECP256R1())
        root = self._certificate(f"{self.name} root", root_key, None, root_key)
        issuer, issuer_key = root, root_key
        self._between: list[x509.Certificate] = []
        if self.intermediate:
            issuer_key = ec.generate_private_key(ec.SECP256R1())
            name = f"{self.name} between"
            issuer = self._certificate(name, issuer_key, root, root_key, is_ca=self.between_is_ca)
            self._between.append(issuer)
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self._certificate(self.name, key, issuer, issuer_key, is_ca=False)
        self.roots = root.public_bytes(serialization.Encoding.PEM).decode()
        (self.folder / "root.pem").write_text(self.roots)
        self._write("signer.pem", signer)
        self._write("between.pem", *self._between)
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        (self.folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))

    def _write(self, name: str, *certificates: x509.Certificate) -> None:
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
        (self.folder / name).write_bytes(pem)

    def _certificate(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: x509.Certificate | None,
        issuer_key: ec.EllipticCurvePrivateKey,
        *,
        is_ca: bool = True,
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if issuer is None else issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.not_before)
            .not_valid_after(self.not_after)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if not is_ca and self.uses:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.uses), critical=self.critical)
        return builder.sign(issuer_key, hashes.SHA256())

    def info(
        self,
        text: bytes,
        at_s: float,
        *,
        algorithm: str = "sha256",
        accuracy: tuple[int, int, int] | None = None,
        time: bytes | None = None,
        nonce: bytes | None = None,
        digest: bytes = b"",
    ) -> bytes:
        """A TSTInfo over the digest of a text, or over any digest."""
        oid = _SHA256 if algorithm == "sha256" else _SHA512
        digest = digest or hashlib.new(algorithm, text).digest()
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s)
        exact = b""
        if accuracy is not None:
            seconds, millis, micros = accuracy
            small = [der(0x80, millis.to_bytes(2, "big").lstrip(b"\0"))] if millis else []
            small += [der(0x81, micros.to_bytes(2, "big").lstrip(b"\0"))] if micros else []
            exact = der(0x30, *([der_int(seconds)] if seconds else []), *small)
        return der(
            0x30,
            der_int(1),
            der(6, bytes.fromhex("2a030401")),
            der(0x30, der(0x30, der(6, bytes.fromhex(oid)), der(5)), der(4, digest)),
            der_int(7),
            der(0x18, time or f"{moment:%Y%m%d%H%M%S}Z".encode()),
            exact,
            b"" if nonce is None else der(2, nonce),
        )

    def sign(self, info: bytes) -> bytes:
        """Sign a TSTInfo; returns the token, without the response around it."""
        between = ["-certfile", "between.pem"] if self._between else []
        return subprocess.run(
            [
                "openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-md", "sha256",
                "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-signer", "signer.pem", "-inkey", "key.pem",
                *between,
            ],
            cwd=self.folder, input=info, capture_output=True, check=True, timeout=120,
        ).stdout  # fmt: skip

    def token(
        self,
        text: bytes | str,
        at_s: float,
        *,
        status: int = 0,
        algorithm: str = "sha256",
        accuracy: tuple[int, int, int] | None = None,
    ) -> bytes:
        """A response whose token says that a text was there at a time, in seconds since 1970."""
        data = text.encode() if isinstance(text, str) else text
        return response(self.sign(self.info(data, at_s, algorithm=algorithm, accuracy=accuracy)), status)

    def answer_at(self, clock_ms: Callable[[], int]) -> Callable[[bytes], bytes]:
        """Answer requests as an authority whose clock is that one."""

        def answer(query: bytes) -> bytes:
            ((_, request),) = der_items(query)
            (_, (_, imprint), *others) = der_items(request)
            digest = der_items(imprint)[1][1]
            nonce = next(content for tag, content in others if tag == 2)
            return response(self.sign(self.info(b"", clock_ms() / 1000, digest=digest, nonce=nonce)))

        return answer

    def reply(self, query: bytes) -> bytes:
        """What `openssl ts` answers a request with; its time is the machine's."""
        (self.folder / "query.tsq").write_bytes(query)
        subprocess.run(
            [
                "openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-signer", "signer.pem",
                "-inkey", "key.pem", "-queryfile", "query.tsq", "-out", "reply.tsr",
            ],
            cwd=self.folder, capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        return (self.folder / "reply.tsr").read_bytes()

    @contextmanager
    def serve(
        self, answer: Callable[[bytes], bytes] | None = None, *, status: int = 200, delay_s: float = 0
    ) -> Iterator[str]:
        """Answer requests over HTTP on loopback; gives the URL.

        Args:
            answer: Makes the answer; by default `openssl ts` does.
            status: Of each answer.
            delay_s: How long to wait after each half of it.
        """
        authority, make = self, answer or self.reply

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked.append(query)
                is_right = self.headers["Content-Type"] == "application/timestamp-query"
                found = make(query) if is_right else b""
                self.send_response(status if is_right else 415)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(found)))
                self.end_headers()
                for part in (found[: len(found) // 2], found[len(found) // 2 :]):
                    with suppress(OSError):
                        self.wfile.write(part)
                        self.wfile.flush()
                    time.sleep(delay_s)

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/tsr"
            finally:
                server.shutdown()
                thread.join()
