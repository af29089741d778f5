"""A local S3 server (moto) on loopback, in a process of its own."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection, create_server

BUCKET = "transparency"


_EVERYBODY_READS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
    ],
}


def _put(url: str, data: bytes = b"") -> None:
    kind = {"Content-Type": "application/json"}  # A form would be taken apart.
    request = urllib.request.Request(url, data=data, headers=kind, method="PUT")  # noqa: S310 - loopback.
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


@contextmanager
def serve_s3() -> Iterator[str]:
    """Start the server with one empty bucket; gives its endpoint."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while True:
            try:
                create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.05)
        _put(f"{endpoint}/{BUCKET}")
        _put(f"{endpoint}/{BUCKET}?policy", json.dumps(_EVERYBODY_READS).encode())
        yield endpoint
    finally:
        process.terminate()
        process.wait(20)


def environment(endpoint: str) -> dict[str, str]:
    """What a publisher's environment holds."""
    return {
        "AWS_ACCESS_KEY_ID": "an-id",
        "AWS_SECRET_ACCESS_KEY": "a secret of the publisher",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-central-1",
    }
