"""A second ledger writer for tests: plain, deliberately low-level, able to write what no honest writer would.

It shares no code with the packages (only hashlib, json and nacl), so what it writes and the verifier accepts
has been understood twice. Every field can be overridden. Time stands still unless a test moves it; all
randomness is seeded.

    forge = Forge()                                         # genesis by one founder, "root-1"
    forge.enrol("eva", "evaluator")                         # person, key, role: each signed by root-1
    model, snapshot = forge.model("m"), forge.snapshot("m-1")
    forge.advance(hours=1)
    i = forge.statement("model-registered", [model], {"name": "m"}, "eva", "evaluator")
    trust = forge.publish(tmp_path / "public")              # the text of a trust file

Overrides of `statement`: `event_time`, `time`, `ledger`, `seen`, `nonce`, `salt`, `keyid`, `sig`,
`payload_type`, `key` (sign with this SigningKey), `withheld=True`, `inline=True|False`, `body_bytes`,
`subject` (the whole list), `predicate`, `statement`, `envelope`, `entry` (each a dict that is merged last,
or a function from the dict to what stands there).
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STRUCTURAL = {
    "genesis", "person", "key", "key-retired", "key-compromised", "role", "role-ended", "log-key", "sign-off",
    "pause", "restriction", "resumed", "reversal", "interpretation", "erasure", "heartbeat",
    "brought-forward",
}  # fmt: skip
START = "2026-01-01T00:00:00.000Z"

Change = Mapping[str, Any] | Callable[[dict[str, Any]], Any] | None


def sha(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def canonical(value: Any) -> bytes:
    """Canonical JSON of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def b64(data: bytes) -> str:
    """Base64 text."""
    return base64.b64encode(data).decode()


def time_text(time_ms: int) -> str:
    """Write a time as SPEC 1.4 has it."""
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def time_ms(text: str) -> int:
    """Read such a time."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def node(left: bytes, right: bytes) -> bytes:
    """Hash an inner node."""
    return sha(b"\x01" + left + right)


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 2.1, as it is written there."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node(tree_root(leaves[:split]), tree_root(leaves[split:]))


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 2.1.1."""
    if len(leaves) <= 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*inclusion_path(index, leaves[:split]), tree_root(leaves[split:])]
    return [*inclusion_path(index - split, leaves[split:]), tree_root(leaves[:split])]


def tile_path(level: int | str, number: int, width: int = 256) -> str:
    """C2SP tlog-tiles: the path of a tile or, with level "entries", of a bundle."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == 256 else f".p/{width}")


def pack_path(number: int) -> str:
    """The path of a pack of bodies."""
    return "bodies/" + tile_path("entries", number).removeprefix("tile/entries/")


def vkey(name: str, key: bytes, key_type: int = 1) -> str:
    """C2SP signed-note: a verifier key."""
    return f"{name}+{key_id(name, key, key_type).hex()}+{b64(bytes([key_type]) + key)}"


def key_id(name: str, key: bytes, key_type: int = 1) -> bytes:
    """C2SP signed-note: the four bytes before a signature."""
    return sha(name.encode() + b"\n" + bytes([key_type]) + key)[:4]


def public(key: SigningKey) -> bytes:
    """The 32 bytes of the public key."""
    return bytes(key.verify_key)


def sign_note(text: str, name: str, key: SigningKey) -> str:
    """Sign a note's text; returns the signature line."""
    signature = key.sign(text.encode()).signature
    return f"\u2014 {name} {b64(key_id(name, public(key)) + signature)}\n"


def cosign_note(text: str, name: str, key: SigningKey, at_s: int) -> str:
    """Cosign a checkpoint's text as a C2SP witness at a time in seconds; returns the signature line."""
    signature = key.sign(f"cosignature/v1\ntime {at_s}\n{text}".encode()).signature
    return f"\u2014 {name} {b64(key_id(name, public(key), 4) + at_s.to_bytes(8, 'big') + signature)}\n"


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """DSSE's pre-authentication encoding."""
    return f"DSSEv1 {len(payload_type)} {payload_type} {len(payload)} ".encode() + payload


def changed(value: dict[str, Any], change: Change) -> Any:
    """Apply an override."""
    if change is None:
        return value
    return change(value) if callable(change) else {**value, **change}


@dataclass
class Actor:
    """A person with a key that follows from their name."""

    id: str
    key: SigningKey

    @property
    def public(self) -> bytes:
        """The public key's 32 bytes."""
        return public(self.key)

    @property
    def keyid(self) -> str:
        """The DSSE keyid."""
        return sha(self.public).hex()

    @property
    def vkey(self) -> str:
        """The vkey, named for the person."""
        return vkey(self.id, self.public)

    def proof(self, origin: str) -> str:
        """The proof of possession for a ledger, in base64."""
        text = f"plimsoll/key-proof/v1\n{origin}\n{self.id}\n{self.vkey}\n"
        return b64(self.key.sign(text.encode()).signature)


@dataclass
class Forge:
    """A ledger in memory. The genesis is written at once, unless `genesis=False`.

    Attributes:
        entries: the leaves, as bytes.
        bodies: for each entry the detached body as bytes; b"" for inline or withheld ones.
        roots: the tree's root at each size from 0.
        retained: notes by size, to be published under checkpoints/.
        anchors: time-stamp tokens by size and authority, to be published under anchors/.
        now_ms: the clock; it only moves by `advance` or by assignment.
    """

    origin: str = "acme.example/log"
    seed: str = "seed"
    start: str = START
    root: tuple[str, ...] = ("root-1",)
    quorum: int = 1
    genesis: bool = True
    entries: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    subjects: list[list[dict[str, Any]]] = field(default_factory=list)
    roots: list[bytes] = field(default_factory=lambda: [sha(b"")])
    retained: dict[int, str] = field(default_factory=dict)
    anchors: dict[tuple[int, str], bytes] = field(default_factory=dict)
    now_ms: int = 0
    _peaks: list[tuple[int, bytes]] = field(default_factory=list)
    _notes: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.now_ms = self.now_ms or time_ms(self.start)
        self.log_key = self.secret("log")
        self.log_vkey = vkey(self.origin, public(self.log_key))
        if self.genesis:
            self.write_genesis()

    # -- randomness and time

    def bytes_of(self, *parts: object) -> bytes:
        """32 bytes that follow from the seed and the parts."""
        return sha("\0".join(map(str, (self.seed, *parts))).encode())

    def secret(self, name: str) -> SigningKey:
        """The signing key that belongs to a name."""
        return SigningKey(self.bytes_of("key", name))

    def advance(self, **period: float) -> int:
        """Move the clock by days=, hours=, minutes=, seconds=, ms=; returns the new time in ms."""
        units = {"days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1000}
        self.now_ms += round(sum(units.get(unit, 1) * amount for unit, amount in period.items()))
        return self.now_ms

    def now(self, offset_ms: int = 0) -> str:
        """The clock as text."""
        return time_text(self.now_ms + offset_ms)

    # -- names

    def person(self, name: str) -> Actor:
        """A person of this name, enrolled or not."""
        return Actor(name, self.secret(name))

    def org(self) -> str:
        """The subject that is the organisation."""
        return f"org:{self.origin}"

    def model(self, label: str) -> str:
        """A model's subject name."""
        return f"model:{self.bytes_of('model', label)[:16].hex()}"

    def snapshot(self, label: str) -> str:
        """A snapshot's subject name."""
        return f"snapshot:{self.bytes_of('snapshot', label).hex()}"

    def ref(self, index: int) -> dict[str, Any]:
        """A reference to an entry's statement."""
        return {"id": self.ids[index].hex(), "index": index}

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    @property
    def ledger(self) -> str:
        """The digest of the genesis payload."""
        return sha(self.payloads[0]).hex() if self.payloads else "0" * 64

    # -- entries

    def write_genesis(self, **overrides: Any) -> int:
        """Append the genesis, signed by the first founder."""
        founders = sorted(map(self.person, self.root), key=lambda person: person.id)
        body = {
            "format": "plimsoll/1",
            "origin": self.origin,
            "log": [self.log_vkey],
            "root": [{"person": p.id, "vkey": p.vkey, "proof": p.proof(self.origin)} for p in founders],
            "quorum": self.quorum,
        }
        return self.statement("genesis", [self.org()], body, self.root[0], "root", **overrides)

    def enrol(self, name: str, *roles: str, by: str | None = None) -> Actor:
        """Append person, key and role entries for somebody, signed by a root person."""
        person, root = self.person(name), by or self.root[0]
        subject = [f"person:{name}"]
        self.statement("person", subject, {"person": name}, root, "root")
        proof = person.proof(self.origin)
        self.statement("key", subject, {"person": name, "vkey": person.vkey, "proof": proof}, root, "root")
        for role in roles:
            self.grant(name, role, by=root)
        return person

    def grant(self, name: str, role: str, *, by: str | None = None, **body: Any) -> int:
        """Append a role entry, signed by a root person."""
        subjects, by = [f"person:{name}", f"role:{role}"], by or self.root[0]
        return self.statement("role", subjects, {"person": name, "role": role, **body}, by, "root")

    def sign_off(self, of: int, actor: str, role: str, decision: str = "approve", **overrides: Any) -> int:
        """Append a sign-off about the subjects of the entry that it is of."""
        body = {"of": self.ref(of), "decision": decision}
        overrides.setdefault("subject", self.subjects[of])
        return self.statement("sign-off", [], body, actor, role, **overrides)

    def statement(
        self,
        kind: str,
        subjects: Iterable[str],
        body: dict[str, Any],
        actor: str,
        role: str,
        **overrides: Any,
    ) -> int:
        """Append a statement with everything right but what is overridden; returns its index."""
        index = self.size
        detached = not overrides.pop("inline", kind in STRUCTURAL)
        if detached and kind not in ("policy", "policy-amendment"):
            body = {"salt": overrides.pop("salt", self.bytes_of("salt", index).hex()), **body}
        body_bytes = overrides.pop("body_bytes", canonical(body))
        digest = sha(body_bytes).hex()
        default_seen = self.checkpoint() if index else ""
        predicate = {
            "ledger": overrides.pop("ledger", self.ledger),
            "seen": overrides.pop("seen", default_seen),
            "nonce": overrides.pop("nonce", self.bytes_of("nonce", index)[:16].hex()),
            "event_time": overrides.pop("event_time", self.now()),
            "actor": actor,
            "role": role,
            **({"body_sha256": digest} if detached else {"body": body}),
        }
        subject = overrides.pop("subject", None) or [self.subject(name, digest) for name in sorted(subjects)]
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "predicateType": f"https://plimsoll.example/{kind}/v1",
            "subject": subject,
            "predicate": changed(predicate, overrides.pop("predicate", None)),
        }
        statement = changed(statement, overrides.pop("statement", None))
        payload = overrides.pop("payload", None) or canonical(statement)
        withheld = overrides.pop("withheld", False)
        body_given = body_bytes if detached and not withheld else b""
        key = overrides.pop("key", None) or self.person(actor).key
        return self.envelope(payload, key, body_given, subject, **overrides)

    def envelope(
        self,
        payload: bytes,
        key: SigningKey,
        body: bytes = b"",
        subject: Sequence[Any] = (),
        **overrides: Any,
    ) -> int:
        """Append an entry around any payload; returns its index."""
        payload_type = overrides.pop("payload_type", PAYLOAD_TYPE)
        signature = overrides.pop("sig", None) or key.sign(pae(payload, payload_type)).signature
        envelope = {
            "payload": b64(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": overrides.pop("keyid", sha(public(key)).hex()), "sig": b64(signature)}],
        }
        entry = {
            "envelope": changed(envelope, overrides.pop("envelope", None)),
            "time": overrides.pop("time", self.now()),
        }
        entry = changed(entry, overrides.pop("entry", None))
        if overrides:
            raise TypeError(f"no such overrides: {sorted(overrides)}")
        leaf = entry if isinstance(entry, bytes) else canonical(entry)
        return self.append(leaf, body, payload, subject, sha(pae(payload, payload_type)))

    def append(
        self,
        entry: bytes,
        body: bytes = b"",
        payload: bytes = b"",
        subject: Sequence[Any] = (),
        statement_id: bytes = bytes(32),
    ) -> int:
        """Append any bytes as an entry; returns its index."""
        self.entries.append(entry)
        self.bodies.append(body)
        self.payloads.append(payload)
        self.subjects.append(list(subject))
        self.ids.append(statement_id)
        leaf = sha(b"\x00" + entry)
        self.leaves.append(leaf)
        self._peaks.append((1, leaf))
        while len(self._peaks) > 1 and self._peaks[-2][0] == self._peaks[-1][0]:
            width, right = self._peaks.pop()
            self._peaks[-1] = (2 * width, node(self._peaks[-1][1], right))
        root = self._peaks[-1][1]
        for _, left in self._peaks[-2::-1]:
            root = node(left, root)
        self.roots.append(root)
        return self.size - 1

    def subject(self, name: str, document: str = "") -> dict[str, Any]:
        """A subject with the digest that its name asks for."""
        kind, _, rest = name.partition(":")
        digest = {"policy": document, "snapshot": rest}.get(kind) or sha(rest.encode()).hex()
        return {"name": name, "digest": {"sha256": digest}}

    # -- notes

    def checkpoint_text(self, size: int | None = None, root: bytes | None = None, origin: str = "") -> str:
        """A checkpoint's text, of this tree unless said otherwise."""
        size = self.size if size is None else size
        return f"{origin or self.origin}\n{size}\n{b64(self.roots[size] if root is None else root)}\n"

    def checkpoint(self, size: int | None = None, *, root: bytes | None = None, cosigned: str = "") -> str:
        """A checkpoint signed by the log, as text."""
        size = self.size if size is None else size
        if root is None and not cosigned and size in self._notes:
            return self._notes[size]
        text = self.checkpoint_text(size, root)
        note = f"{text}\n{sign_note(text, self.origin, self.log_key)}{cosigned}"
        if root is None and not cosigned:
            self._notes = {size: note}
        return note

    def retain(self) -> int:
        """Keep the present checkpoint, to be published; returns its size."""
        self.retained[self.size] = self.checkpoint()
        return self.size

    # -- publishing

    def files(self, checkpoint: str | None = None) -> dict[str, bytes]:
        """All files of the published ledger by their paths."""
        files = {"checkpoint": (checkpoint or self.checkpoint()).encode()}
        files |= {f"checkpoints/{size}": note.encode() for size, note in self.retained.items()}
        files |= {f"anchors/{size}/{name}.tsr": token for (size, name), token in self.anchors.items()}
        for number, start in enumerate(range(0, self.size, 256)):
            bundle, bodies = self.entries[start : start + 256], self.bodies[start : start + 256]
            packed = b"".join(len(entry).to_bytes(2, "big") + entry for entry in bundle)
            files[tile_path("entries", number, len(bundle))] = packed
            files[pack_path(number)] = b"".join(len(body).to_bytes(4, "big") + body for body in bodies)
        level, hashes = 0, self.leaves
        while hashes:
            tiles = [hashes[start : start + 256] for start in range(0, len(hashes), 256)]
            for number, tile in enumerate(tiles):
                files[tile_path(level, number, len(tile))] = b"".join(tile)
            level, hashes = level + 1, [tree_root(tile) for tile in tiles if len(tile) == 256]
        return files

    def publish(self, directory: Path, checkpoint: str | None = None, **trust: Any) -> str:
        """Write the published ledger into a directory, replacing it; returns a trust file's text."""
        if directory.exists():
            shutil.rmtree(directory)
        write_files(directory, self.files(checkpoint))
        return self.trust(**trust)

    def trust(
        self,
        *,
        genesis: str | None = None,
        policy: str | None = None,
        persons: Mapping[str, str] | None = None,
        max_age: str | None = None,
        tsa_roots: str | None = None,
    ) -> str:
        """A trust file for this ledger, of a log policy that asks for no witness unless it is given."""
        policy = policy or f"log {self.log_vkey}\nquorum none\n"
        lines = [f'genesis = "{genesis or self.ledger}"', f"log_policy = '''\n{policy}'''"]
        if max_age:
            lines.append(f'max_age = "{max_age}"')
        if tsa_roots is not None:
            lines.append(f"tsa_roots = '''\n{tsa_roots}'''")
        if persons:
            lines += ["[persons]", *(f'{name} = "{key}"' for name, key in persons.items())]
        return "\n".join(lines) + "\n"

    def proof(self, index: int, checkpoint: str | None = None, extra: bytes | None = None) -> bytes:
        """A tlog-proof of an entry."""
        hashes = "".join(f"{b64(one)}\n" for one in inclusion_path(index, self.leaves))
        entry = b64(self.entries[index] if extra is None else extra)
        head = f"c2sp.org/tlog-proof@v1\nextra {entry}\nindex {index}\n"
        return f"{head}{hashes}\n{checkpoint or self.checkpoint()}".encode()


def write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths below a directory."""
    for path, data in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
