"""A local S3 server (moto) on loopback, in a process of its own."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

BUCKET = "transparency"

# The system chooses the port, when it is bound: one that was free a moment ago may be somebody else's by now.
_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


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
    urllib.request.urlopen(request, timeout=120).close()  # noqa: S310


@contextmanager
def serve_s3() -> Iterator[str]:
    """Start the server with one empty bucket; gives its endpoint."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        endpoint = f"http://127.0.0.1:{int(process.stdout.readline())}"
        _put(f"{endpoint}/{BUCKET}")
        _put(f"{endpoint}/{BUCKET}?policy", json.dumps(_EVERYBODY_READS).encode())
        yield endpoint
    finally:
        process.terminate()
        process.communicate(timeout=120)


def environment(endpoint: str) -> dict[str, str]:
    """What a publisher's environment holds."""
    return {
        "AWS_ACCESS_KEY_ID": "an-id",
        "AWS_SECRET_ACCESS_KEY": "a secret of the publisher",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-central-1",
    }
