"""Durable appends through the real admission, beside the least that such a log could do.

One at a time: a loop that verifies one signature, signs one checkpoint and commits one row of the same
bytes through sqlite3 with the same pragmas. In batches: one core of libsodium verifying the same
signatures.
"""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from nacl.bindings import crypto_sign_open

from benchmarks.make_ledger import Writer, attest, found
from benchmarks.rounds import Comparison, compare
from plimsoll_attest.admission import LedgerAdmission
from plimsoll_ledger.sequencer import Sequencer

SINGLES = 150
BATCHES = 4
BATCH = 256


class Desk:
    """A founded ledger, and statements signed beforehand: planned evaluations with detached bodies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.writer = Writer(folder, "appending")
        for batch in found(self.writer):
            self.writer.append(batch)
        self.writer.append(attest())
        model = f"model:{self.writer.rng.randbytes(16).hex()}"
        self.writer.append([("evaluator", "model-registered", [model], {"name": "m"})])
        self.model = model
        self.seen = self.writer.seen
        store = self.writer.sequencer.store
        self.writer.sequencer.close()
        self.bodies: dict[str, bytes] = {}
        admission = LedgerAdmission(store.origin, self.bodies.get, store.vkeys)
        self.sequencer = Sequencer(store, self.writer.log, admission, self.writer.clock)

    def sign(self, count: int) -> list[bytes]:
        """Return envelopes of statements that were never said before."""
        made = []
        for number in range(count):
            body = {"task": {"name": "virology_long_form", "version": "3"}, "samples": number, "epochs": 5}
            envelope, detached = self.writer.make(
                "evaluator", "eval-planned", [self.model], body, seen=self.seen
            )
            self.bodies[hashlib.sha256(detached).hexdigest()] = detached
            made.append(envelope)
        return made

    def key(self) -> bytes:
        """Return the public key that signs the statements."""
        return self.writer.signers["evaluator"].public_key


def _signed(envelope: bytes) -> bytes:
    """Return signature || message, as libsodium wants it."""
    tree = json.loads(envelope)
    payload = base64.b64decode(tree["payload"])
    kind = tree["payloadType"].encode()
    pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    return base64.b64decode(tree["signatures"][0]["sig"]) + pae


def _fresh(supply: Iterator[list[bytes]], append: Callable[[list[bytes]], None]) -> Callable[[], object]:
    return lambda: append(next(supply))


def _one_at_a_time(desk: Desk, folder: Path, rounds: int) -> Comparison:
    blobs = [desk.sign(SINGLES) for _ in range(rounds + 1)]

    def append(envelopes: list[bytes]) -> None:
        for envelope in envelopes:
            (outcome,) = desk.sequencer.append([envelope], atomic=True)
            if isinstance(outcome, Exception):
                raise outcome

    connection = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL)")
    signed = [(_signed(envelope), envelope) for envelope in blobs[0]]
    key, log = desk.key(), desk.writer.log

    def raw() -> None:
        for number, (message, envelope) in enumerate(signed):
            crypto_sign_open(message, key)
            log.sign(b"%b\n%d\n%b\n" % (log.name.encode(), number, base64.b64encode(message[:32])))
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO entry (leaf) VALUES (?)", (envelope,))
            connection.execute("COMMIT")

    name = "one durable append at a time, each"
    per = (SINGLES, SINGLES)
    ours = _fresh(iter(blobs), append)
    return compare(name, ours, raw, wanted=0.5, rounds=rounds, per=per, cpu=True)


def _in_batches(desk: Desk, rounds: int) -> Comparison:
    count = BATCH * BATCHES
    blobs = [desk.sign(count) for _ in range(rounds + 1)]

    def append(envelopes: list[bytes]) -> None:
        for start in range(0, count, BATCH):
            for outcome in desk.sequencer.append(envelopes[start : start + BATCH], atomic=True):
                if isinstance(outcome, Exception):
                    raise outcome

    signed = [_signed(envelope) for envelope in blobs[0]]
    key = desk.key()

    def raw() -> None:
        for message in signed:
            crypto_sign_open(message, key)

    name = "durable appends in batches of 256, each"
    ours = _fresh(iter(blobs), append)
    return compare(name, ours, raw, wanted=0.5, rounds=rounds, per=(count, count), cpu=True)


def measure(folder: Path, rounds: int) -> Iterator[Comparison]:
    """Yield both comparisons."""
    desk = Desk(folder / "appending")
    yield _one_at_a_time(desk, folder, rounds)
    yield _in_batches(desk, rounds)
    desk.sequencer.close()
    desk.sequencer.store.close()
