"""What tests of witnesses share: a log in memory, witnesses with real states, and one served over HTTP."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from tests.unit.ledger.kit import ORIGIN, START_MS, MemoryTree, ToldClock

from plimsoll_keys.files import FileSigner, generate_signer
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import sign_checkpoint
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.tree import prove_consistency, root_at
from plimsoll_ledger.witness.app import Answered, make_app
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.request import format_request
from plimsoll_ledger.witness.server import bind, format_url
from plimsoll_ledger.witness.state import State

NOW_S = START_MS // 1000


class Log:
    """A log of some entries, in memory, that signs whatever it is asked to."""

    def __init__(self, size: int = 300, origin: str = ORIGIN, word: str = "entry") -> None:
        self.origin = origin
        self.signer = generate_signer(origin)
        self.tree = MemoryTree(f"{word} {index}".encode() for index in range(size))

    @property
    def vkey(self) -> VKey:
        return VKey.of(self.signer)

    def forked(self, size: int = 300) -> "Log":
        """Return another history of the same log, signed by the same key."""
        other = Log(size, self.origin, "forged")
        other.signer = self.signer
        return other

    def root(self, size: int) -> Hash:
        return root_at(self.tree, size)

    def note(self, size: int) -> bytes:
        return sign_checkpoint(size, self.root(size), self.signer)

    def proof(self, old_size: int, size: int) -> Sequence[Hash]:
        return prove_consistency(self.tree, old_size, size)

    def request(self, old_size: int, size: int) -> bytes:
        """Return an add-checkpoint request as an honest client writes it."""
        return format_request(old_size, self.proof(old_size, size), self.note(size))


def new_witness(
    path: Path, *logs: Log, name: str = "witness.example/w1", clock: ToldClock | None = None
) -> tuple[Witness, FileSigner]:
    """Make a witness with a new key and state that follows these logs."""
    signer = generate_signer(name)
    state = State.create(path, cosigner_vkey(signer))
    state.follow([log.vkey for log in logs])
    return Witness(state, signer, clock or ToldClock()), signer


@dataclass(slots=True)
class Served:
    """A witness that answers over HTTP, in a thread of the test.

    Attributes:
        url: Its prefix.
        witness: The witness.
        server: What serves it.
        told: What the operator was told of requests.
    """

    url: str
    witness: Witness
    server: uvicorn.Server
    told: list[Answered]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def line(self, name: str) -> str:
        """Return the line of a witness policy that names this witness."""
        return f"witness {name} {self.witness.vkey} {self.url}\n"


@contextmanager
def served(witness: Witness, *, body_timeout_s: float = 60.0, **limits: Any) -> Iterator[Served]:
    """Serve a witness on loopback while the block runs."""
    listening: socket.socket = bind("127.0.0.1", 0)
    told: list[Answered] = []
    app = make_app(witness, told.append, body_timeout_s=body_timeout_s, **limits)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", ws="none", http="h11", proxy_headers=False)
    )
    found = Served(format_url(listening), witness, server, told)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()
        assert not thread.is_alive()
