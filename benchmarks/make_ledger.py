"""Writes a published ledger of N realistic entries: ``make_ledger.py N DIR [--seed S]``.

It leaves DIR/public and DIR/trust.toml; the verdict is compliant. A few hundred models go through
registration, plans, evaluations, permits, sign-offs, deployment and retirement side by side; every batch of
256 carries the next statement of each. Statements are made by the same code as in real life and appended by
the real sequencer; only admission is left out, since every statement is made here.
"""

import argparse
import base64
import hashlib
import random
import shutil
import sys
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from plimsoll_attest.canonical import format_canonical
from plimsoll_attest.data import find_data
from plimsoll_attest.demo.story import STAFF
from plimsoll_attest.statements.envelope import format_entry, sign_envelope, statement_id
from plimsoll_attest.statements.statement import (
    NO_LEDGER,
    Header,
    format_body,
    format_statement,
    make_subject,
    sort_subjects,
)
from plimsoll_attest.times import format_time
from plimsoll_attest.yamltree import read_yaml
from plimsoll_keys.possession import prove_possession
from plimsoll_keys.vkey import VKey, format_vkey
from plimsoll_ledger.admission import Admitted, LogView
from plimsoll_ledger.publish import publish
from plimsoll_ledger.sequencer import Sequencer, create_ledger

ORIGIN = "bench.example/ledger"
BATCH = 256
START_MS = 1_795_132_800_000  # 2026-11-20
BATCH_MS = 2 * 3_600_000
DAY_MS = 86_400_000

Said = tuple[str, str, list[str], dict[str, Any] | bytes]  # role, kind, subjects, body


class SeededSigner:
    """A signing key made from the seed: for measurements only, nothing keeps it secret."""

    def __init__(self, name: str, seed: str) -> None:
        self.name = name
        self._key = SigningKey(hashlib.sha256(f"{seed}/{name}".encode()).digest())
        self.public_key = bytes(self._key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature."""
        return self._key.sign(message).signature


class Seal:
    """Admits everything: the caller has made it all itself."""

    def __init__(self) -> None:
        self.kinds: dict[bytes, tuple[str, bytes]] = {}

    def precheck(self, blob: bytes) -> bytes:
        """Return the blob."""
        return blob

    def keep(self, prechecked: Sequence[Any]) -> None:
        """Keep nothing: nothing comes with blobs."""

    def begin(self, view: LogView) -> None:
        """Remember nothing of the log."""

    def admit(self, prechecked: bytes, index: int, time_ms: int) -> Admitted:  # noqa: ARG002 - the Protocol's form
        """Seal the envelope with its time."""
        kind, ident = self.kinds.pop(prechecked)
        return Admitted(format_entry(prechecked, time_ms), ident, kind)

    def abort(self) -> None:
        """Forget nothing."""


@dataclass(slots=True)
class Bodies:
    """Detached bodies in a temporary file, by entry."""

    path: Path
    ends: "array[int]" = field(default_factory=lambda: array("Q", [0]))

    def add(self, bodies: Iterable[bytes]) -> None:
        """Append the bodies of the next entries; empty for those that have none."""
        with self.path.open("ab") as file:
            for body in bodies:
                file.write(body)
                self.ends.append(self.ends[-1] + len(body))

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bodies of entries `start` up to `end`."""
        with self.path.open("rb") as file:
            file.seek(self.ends[start])
            for index in range(start, end):
                yield file.read(self.ends[index + 1] - self.ends[index])


class Clock:
    """A clock that the writer sets."""

    def __init__(self) -> None:
        self.time_ms = START_MS

    def now_ms(self) -> int:
        """Return milliseconds since 1970 UTC."""
        return self.time_ms


class Writer:
    """Makes statements and appends them in batches."""

    def __init__(self, folder: Path, seed: str) -> None:
        self.rng = random.Random(seed)
        self.clock = Clock()
        self.log = SeededSigner(ORIGIN, seed)
        self.signers = {role: SeededSigner(person, seed) for person, role in STAFF}
        self.signers["root"] = self.signers["rso"]
        self.seal = Seal()
        self.bodies = Bodies(folder / "bodies.tmp")
        self.refs: list[bytes] = []
        self.ledger = NO_LEDGER
        self.policy_sha256 = ""
        blob, body = self.make("root", "genesis", [f"org:{ORIGIN}"], self._genesis())
        self.genesis = self.ledger
        self.sequencer: Sequencer = create_ledger(
            f"sqlite:///{folder}/ledger.sqlite3", self.log, self.seal, self.clock, [blob]
        )
        self.bodies.add([body])

    def _genesis(self) -> dict[str, Any]:
        founder = self.signers["root"]
        proof = base64.b64encode(prove_possession(founder, ORIGIN, founder.name)).decode()
        root = {"person": founder.name, "proof": proof, "vkey": format_vkey(VKey.of(founder))}
        log = [format_vkey(VKey.of(self.log))]
        return {"format": "plimsoll/1", "log": log, "origin": ORIGIN, "quorum": 1, "root": [root]}

    @property
    def seen(self) -> str:
        """The newest checkpoint, verbatim."""
        return self.sequencer.store.head().note.decode() if self.ledger != NO_LEDGER else ""

    def make(
        self, role: str, kind: str, subjects: list[str], body: dict[str, Any] | bytes, seen: str = ""
    ) -> tuple[bytes, bytes]:
        """Return the envelope of a statement and its detached body (empty if inline)."""
        signer = self.signers[role]
        detached = b""
        laid: dict[str, Any] | str
        if isinstance(body, bytes):
            detached, laid = body, hashlib.sha256(body).hexdigest()
        elif kind in STRUCTURAL:
            laid = body
        else:
            detached = format_body({**body, "salt": self.rng.randbytes(32).hex()})
            laid = hashlib.sha256(detached).hexdigest()
        if kind == "policy":
            self.policy_sha256 = hashlib.sha256(detached).hexdigest()
        named = [make_subject(name, self.policy_sha256) for name in subjects]
        nonce = self.rng.randbytes(16).hex()
        header = Header(
            kind, sort_subjects(named), self.ledger, seen, nonce, self.clock.time_ms, signer.name, role
        )
        payload = format_statement(header, laid)
        if self.ledger == NO_LEDGER:
            self.ledger = hashlib.sha256(payload).hexdigest()
        envelope = sign_envelope(payload, signer)
        ident = statement_id(payload)
        self.refs.append(ident)
        self.seal.kinds[envelope] = (kind, ident)
        return envelope, detached

    def ref(self, index: int) -> dict[str, Any]:
        """Return a reference to an entry."""
        return {"id": self.refs[index].hex(), "index": index}

    def append(self, statements: Iterable[Said]) -> None:
        """Make and append one batch; its statements have all seen the checkpoint before it."""
        seen = self.seen
        made = [self.make(*said, seen=seen) for said in statements]
        self.clock.time_ms += 5_000
        self.sequencer.append([envelope for envelope, _ in made], atomic=True)
        self.bodies.add(body for _, body in made)


STRUCTURAL = frozenset({"genesis", "person", "key", "role", "sign-off", "heartbeat"})


def found(writer: Writer) -> Iterator[list[Said]]:
    """Yield the batches that enrol people, adopt the policy and attest the baseline."""
    people: list[Said] = []
    for person, role in STAFF:
        named = f"person:{person}"
        if person != writer.signers["root"].name:
            signer = writer.signers[role]
            proof = base64.b64encode(prove_possession(signer, ORIGIN, person)).decode()
            people.append(("root", "person", [named], {"person": person}))
            key = {"person": person, "proof": proof, "vkey": format_vkey(VKey.of(signer))}
            people.append(("root", "key", [named], key))
        people.append(("root", "role", [named, f"role:{role}"], {"person": person, "role": role}))
    yield people
    document = format_canonical(read_yaml(find_data("policies") / "harbour.yaml").tree)
    yield [("root", "policy", ["policy:harbour-rsp"], document)]
    policy = writer.ref(len(writer.refs) - 1)
    yield [
        (role, "sign-off", ["policy:harbour-rsp"], {"decision": "approve", "of": policy})
        for role in ("engineering-lead", "product-lead", "ceo")
    ]


def attest() -> list[Said]:
    """Return the organisation-wide attestations, to be renewed."""
    wanted = (
        ("security-lead", "asl-2-security", "weights-protected", "document"),
        ("product-lead", "asl-2-deployment", "usage-policy", "document"),
        ("security-lead", "asl-2-deployment", "misuse-monitoring", "test"),
    )
    org = [f"org:{ORIGIN}"]
    return [
        (role, "safeguard-attested", org,
         {"bound_to": {}, "criterion": criterion, "evidence": [], "shown_by": [how], "standard": standard})
        for role, standard, criterion, how in wanted
    ]  # fmt: skip


TASKS = (
    ("virology_long_form", "3", "includes", 12, 5),
    ("bio_knowledge", "1", "match", 33, 1),
    ("autonomy_tasks", "2", "includes", 10, 3),
)


def result(writer: Writer, task: tuple[str, str, str, int, int], plan: int) -> dict[str, Any]:
    """Return the body of a result that rules out."""
    name, version, scorer, samples, epochs = task
    scored = samples * epochs
    right = writer.rng.randrange(0, max(1, scored // 8))
    when = format_time(writer.clock.time_ms)
    figure = {"metric": "accuracy", "reducer": "mean", "scorer": scorer}
    digest = writer.rng.randbytes(32).hex()
    return {
        "completed": when, "epochs": epochs, "flags": [], "limit": None,
        "plan": writer.ref(plan),
        "evidence": [{"name": f"{name}.eval", "sha256": digest, "size": writer.rng.randrange(10**4, 10**6)}],
        "reported": {"metadata": {"variant": "helpful-only"}, "model": "mockllm/model", "snapshot": ""},
        "run": {"eval_id": digest[:22], "run_id": digest[22:44]}, "samples": samples,
        "scored": {"sample_epochs": scored, "samples": samples},
        "scores": [
            {**figure, "count": {"k": right, "n": scored}, "value": str(right / scored)},
            {**figure, "metric": "stderr", "value": str(writer.rng.random() / 10)},
        ],
        "started": when, "status": "success", "task": {"name": name, "version": version},
        "tool": {"name": "inspect_ai", "version": "0.3.285"}, "variant": "helpful-only",
    }  # fmt: skip


class Lane:
    """One model after another, a statement at a time; it is told the index of each statement it makes."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.index = -1
        self.steps = self._live()

    def _live(self) -> Iterator[Said]:
        while True:
            yield from self._model()

    def _model(self) -> Iterator[Said]:
        writer = self.writer
        model = f"model:{writer.rng.randbytes(16).hex()}"
        snapshot = f"snapshot:{writer.rng.randbytes(32).hex()}"
        both = [model, snapshot]
        yield "evaluator", "model-registered", [model], {"name": f"m-{model[6:14]}", "stage": "pretrained"}
        size = {"bytes": writer.rng.randrange(10**9, 10**12), "files": writer.rng.randrange(2, 200)}
        yield "evaluator", "training-checkpoint", both, size
        for task in TASKS:
            yield from self._evaluate(both, task)
        form = {"scope": "external.general", "surface": "api"}
        expires = format_time(writer.clock.time_ms + 30 * DAY_MS)
        yield "release-engineer", "permit", both, {**form, "activity": "deploy", "expires": expires}
        permit = writer.ref(self.index)
        for role in ("rso", "ceo"):
            yield role, "sign-off", both, {"decision": "approve", "of": permit}
        yield "release-engineer", "deployment-started", both, {**form, "permit": permit}
        started = writer.ref(self.index)
        for turn in range(4):
            yield from self._evaluate(both, TASKS[turn % len(TASKS)])
        yield "release-engineer", "deployment-ended", both, {"of": started, "reasons": "superseded"}
        yield "security-lead", "weights-deleted", [model], {"reasons": "retired"}

    def _evaluate(self, both: list[str], task: tuple[str, str, str, int, int]) -> Iterator[Said]:
        name, version, _, samples, epochs = task
        plan = {"epochs": epochs, "samples": samples, "task": {"name": name, "version": version}}
        yield "evaluator", "eval-planned", both[:1], {**plan, "variant": "helpful-only"}
        yield "evaluator", "eval-result", both, result(self.writer, task, self.index)


def make_ledger(count: int, directory: Path, seed: str = "plimsoll") -> None:
    """Write a published ledger of ``count`` entries, at least 60, into ``directory``.

    Raises:
        ValueError: ``count`` is smaller than the ledger's own beginning.
    """
    if count < 60:
        raise ValueError(f"{count} entries are fewer than the 60 that people, policy and standards take")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        writer = Writer(Path(scratch), seed)
        for batch in found(writer):
            writer.append(batch)
        writer.append(attest())
        _fill(writer, count)
        shutil.rmtree(directory / "public", ignore_errors=True)
        publish(writer.sequencer.store, directory / "public", writer.bodies.between)
        writer.sequencer.close()
        writer.sequencer.store.close()
    vkey = format_vkey(VKey.of(writer.log))
    trust = f'genesis = "{writer.genesis}"\nlog_policy = """\nlog {vkey}\nquorum none\n"""\n'
    (directory / "trust.toml").write_text(trust, encoding="utf-8")


def _fill(writer: Writer, count: int) -> None:
    """Append batches until there are ``count`` entries: a statement a lane, renewals monthly."""
    lanes = [Lane(writer) for _ in range(min(BATCH, max(8, count // 40)))]
    renewed_ms = writer.clock.time_ms
    batches = 0
    while (left := count - len(writer.refs)) > 0:
        writer.clock.time_ms += BATCH_MS
        batch: list[Said] = []
        if writer.clock.time_ms - renewed_ms > 30 * DAY_MS:
            batch += attest()
            renewed_ms = writer.clock.time_ms
        first = len(writer.refs)
        # Lanes start one batch after another, so that a batch holds statements of every kind.
        for lane in lanes[: 8 * (batches + 1)]:
            if len(batch) == min(left, BATCH):
                break
            batch.append(next(lane.steps))
            lane.index = first + len(batch) - 1
        writer.append(batch[:left])
        batches += 1


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("count", type=int, help="entries, at least 60")
    parser.add_argument("directory", type=Path, help="where public/ and trust.toml go")
    parser.add_argument(
        "--seed", default="plimsoll", help="another seed gives another ledger of the same shape"
    )
    args = parser.parse_args()
    try:
        make_ledger(args.count, args.directory, args.seed)
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
