"""Notes, trees, tiles and proofs are those of Go's checksum database: golang.org/x/mod/sumdb, note and tlog.

The other side is a small Go program (go/oracle.go) built from Debian's packages, offline. What it writes we
read, what we write it reads, byte for byte where both write the same thing; what either must refuse, both do.
x/mod knows no cosignatures; it takes other kinds of keys from its callers, and ignores lines of keys that it
is not told of. Its base64 is more lenient than ours, and it looks at the first line of each key only. In the
version that Debian 12 has (0.7.0), TileHashReader leaves some inner tiles unauthenticated where subtrees of
the right edge share tiles; so of damaged tiles only those of the edge are put to it here.
"""

import base64
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.ledger.kit import ORIGIN, MemoryTree, ToldClock, new_ledger, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_keys.mldsa import generate_ml_dsa_signer
from plimsoll_ledger.checkpoint import unverified_checkpoint
from plimsoll_ledger.cosignature import cosigner_vkey, sign_cosignature
from plimsoll_ledger.cosigning import Asking
from plimsoll_ledger.errors import BadNote, Malformed, ProofError
from plimsoll_ledger.hashing import Hash, leaf_hash
from plimsoll_ledger.logpolicy import Witness as Named
from plimsoll_ledger.logpolicy import parse_policy
from plimsoll_ledger.note import Note, format_note, parse_note, sign_note, verify_note
from plimsoll_ledger.publish import publish
from plimsoll_ledger.tiles import TILE_WIDTH, Tile
from plimsoll_ledger.tlogproof import format_tlog_proof, parse_tlog_proof
from plimsoll_ledger.tree import (
    prove_consistency,
    prove_inclusion,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.request import format_request
from plimsoll_ledger.witness.state import State
from plimsoll_ledger.witnessed import Witnessing
from plimsoll_verify import note as reader_note
from plimsoll_verify import tree as reader_tree
from plimsoll_verify.errors import VerificationError

HERE = Path(__file__).parent
GOCODE = Path("/usr/share/gocode")
pytestmark = pytest.mark.skipif(
    shutil.which("go") is None or not (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
    reason="needs Debian's golang-go and golang-golang-x-mod-dev (scripts/install_test_tools.sh)",
)

SEEDS = {name: bytes([number]) * 32 for number, name in enumerate(["log", "w1", "w2", "else"], 1)}
LOG = generate_signer(ORIGIN, lambda _: SEEDS["log"])
W1 = generate_signer("witness.example/w1", lambda _: SEEDS["w1"])
W2 = generate_signer("witness.example/w2", lambda _: SEEDS["w2"])
PQ = generate_ml_dsa_signer("witness.example/pq", lambda _: SEEDS["w1"])
ELSE = generate_signer("else.example", lambda _: SEEDS["else"])
KNOWN = [vkey_of(LOG), cosigner_vkey(W1), cosigner_vkey(W2)]
NOW_S = 1_795_305_600
DIVE = 65_536 + 700
"""Entries of the largest tree: its tiles have three levels."""


class Oracle:
    """The Go program, answering one request after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, op: str, **members: Any) -> dict[str, Any]:
        """Return the answer; bytes travel as base64, as Go's JSON has them."""
        request = {"Op": op, **{name: _sent(value) for name, value in members.items()}}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def bytes(self, op: str, **members: Any) -> bytes:
        found = self.ask(op, **members)
        assert "error" not in found, found
        return base64.b64decode(found["bytes"])

    def proof(self, op: str, **members: Any) -> list[Hash]:
        found = self.ask(op, **members)
        assert "error" not in found, found
        return [Hash(base64.b64decode(item)) for item in found.get("proof") or []]

    def refuses(self, op: str, **members: Any) -> bool:
        return "error" in self.ask(op, **members)


def _sent(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return [_sent(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    folder = tmp_path_factory.mktemp("go")
    env = {
        **os.environ, "GO111MODULE": "off", "GOPATH": str(GOCODE), "GOFLAGS": "", "GOPROXY": "off",
        "GOCACHE": str(folder / "cache"),
    }  # fmt: skip
    subprocess.run(
        ["go", "build", "-o", str(folder / "oracle"), str(HERE / "go" / "oracle.go")],
        env=env, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    with subprocess.Popen(
        [folder / "oracle"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Oracle(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(120) == 0


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    chance = random.Random(6962)
    return [chance.randbytes(chance.randrange(40)) for _ in range(DIVE)]


@pytest.fixture(scope="module")
def tree(entries: list[bytes], oracle: Oracle) -> MemoryTree:
    """Return our tree over the entries; the oracle has its own over the same."""
    ours, root = MemoryTree(entries), b""
    for start in range(0, DIVE, 4096):
        root = oracle.bytes("grow", Size=start, Records=entries[start : start + 4096])
    assert root == root_at(ours, DIVE)
    return ours


# ------------------------------------------------------------------------------------------------ notes

TEXTS = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=["Cs"]) | st.just("\n"), max_size=60
).map(lambda text: text + "\n")


@given(text=TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_both_write_the_same_notes(oracle: Oracle, text: str) -> None:
    ours = format_note(sign_note(text, LOG))
    assert oracle.bytes("sign", Text=text, Name=ORIGIN, Seed=SEEDS["log"]) == ours
    found = oracle.ask("open", Note=ours, VKeys=[str(vkey_of(LOG))])
    assert (found["text"], found["names"]) == (text, [ORIGIN])


@given(size=st.integers(0, 2**53 - 1), time_s=st.integers(1, 253_402_300_799), more=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_both_write_the_same_cosignatures(oracle: Oracle, size: int, time_s: int, *, more: bool) -> None:
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n" + "an extension\n" * more
    ours = format_note(Note(text, (sign_cosignature(text, time_s, W1),)))
    assert oracle.bytes("sign", Text=text, Name=W1.name, Seed=SEEDS["w1"], Time=time_s) == ours
    found = oracle.ask("open", Note=ours, VKeys=[str(cosigner_vkey(W1))])
    assert (found["text"], found["names"]) == (text, [W1.name])
    # One who is not told of the witness passes its line over, and one who is told of nobody refuses.
    whole = format_note(Note(text, (*sign_note(text, LOG).signatures, sign_cosignature(text, time_s, W1))))
    found = oracle.ask("open", Note=whole, VKeys=[str(vkey_of(LOG))])
    assert (found["names"], found["others"]) == ([ORIGIN], 1)
    assert oracle.refuses("open", Note=whole, VKeys=[])


def test_an_ml_dsa_line_is_passed_over_by_who_does_not_know_the_type(oracle: Oracle) -> None:
    text = f"{ORIGIN}\n7\n{base64.b64encode(bytes(32)).decode()}\n"
    lines = [*sign_note(text, LOG).signatures, *(sign_cosignature(text, NOW_S, PQ) for _ in range(32))]
    found = oracle.ask("open", Note=format_note(Note(text, tuple(lines))), VKeys=[str(vkey_of(LOG))])
    assert (found["text"], found["names"]) == (text, [ORIGIN])
    assert found["others"] == 32


def a_note() -> bytes:
    text = f"{ORIGIN}\n17\n{base64.b64encode(bytes(range(32))).decode()}\n"
    lines = (
        *sign_note(text, LOG).signatures, sign_cosignature(text, NOW_S, W1),
        *sign_note(text, ELSE).signatures, sign_cosignature(text, NOW_S + 1, W2),
    )  # fmt: skip
    return format_note(Note(text, lines))


def ours_opens(note: bytes) -> tuple[str, set[str]] | None:
    """Return what both of our readers make of a note, which must be the same; None if they refuse it."""
    writer: tuple[str, set[str]] | None = None
    with suppress(Malformed, BadNote):
        opened = verify_note(parse_note(note), KNOWN)
        writer = (opened.text, {vkey.name for vkey in opened.signers})
    keys = tuple(reader_note.parse_vkey(str(vkey), "test", 1, 4) for vkey in KNOWN)
    reader: tuple[str, set[str]] | None = None
    with suppress(VerificationError):
        parsed = reader_note.parse_note(note, "test")
        signed = reader_note.verify_note(parsed, keys, "test")
        reader = (parsed.text, {one.key.name for one in signed}) if signed else None
    assert writer == reader
    return writer


def is_lenient(note: bytes) -> bool:
    """Say whether a note has what x/mod lets pass and we do not: loose base64, or a key's second line."""
    lines = note[note.rindex(b"\n\n") + 2 : -1].split(b"\n")
    values = [line.split(b" ", 2)[2] for line in lines]
    loose = any(base64.b64encode(base64.b64decode(value)) != value for value in values)
    names = [(line.split(b" ")[1], base64.b64decode(line.split(b" ", 2)[2])[:4]) for line in lines]
    return loose or len(set(names)) < len(names)


def mutated(chance: random.Random, note: bytes) -> bytes:
    """Return a note with a few bytes, or lines, changed."""
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(note))
        lines = note.split(b"\n")
        row = chance.randrange(len(lines))
        note = chance.choice(
            [
                note[:at] + bytes([note[at] ^ 1 << chance.randrange(8)]) + note[at + 1 :],
                note[:at] + note[at + 1 :],
                note[:at] + bytes([chance.choice(b"\n +=A\x00\xff\xe2")]) + note[at:],
                b"\n".join(lines[:row] + lines[row + 1 :]),
                b"\n".join([*lines[:row], lines[row], *lines[row:]]),
                b"\n".join(lines[row:] + lines[:row]),
                note[:at],
            ]
        )
    return note


def test_both_open_and_refuse_the_same_notes(oracle: Oracle) -> None:
    chance, vkeys = random.Random(4), [str(vkey) for vkey in KNOWN]
    opened = refused = 0
    for note in [a_note(), *(mutated(chance, a_note()) for _ in range(3000))]:
        ours = ours_opens(note)
        theirs = oracle.ask("open", Note=note, VKeys=vkeys)
        if "error" not in theirs:
            opened += 1
            assert (theirs["text"], set(theirs["names"])) == ours or (ours is None and is_lenient(note))
        else:
            refused += 1
            assert ours is None, note
    assert opened > 100
    assert refused > 1000


def test_a_checkpoint_that_somebody_else_signed_is_refused_by_both(oracle: Oracle) -> None:
    text = f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}\n"
    other = f"{ORIGIN}\n4\n{base64.b64encode(bytes(32)).decode()}\n"
    good, cosigned = sign_note(text, LOG).signatures, sign_cosignature(text, NOW_S, W1)
    for lines in (
        sign_note(other, LOG).signatures,
        sign_note(text, ELSE).signatures,
        (*good, sign_cosignature(other, NOW_S, W1)),
        (*good, type(cosigned)(cosigned.name, cosigned.key_id, cosigned.signature[8:])),
        (*good, type(cosigned)(cosigned.name, cosigned.key_id, bytes(8) + cosigned.signature[8:])),
    ):
        note = format_note(Note(text, tuple(lines)))
        assert ours_opens(note) is None
        assert oracle.refuses("open", Note=note, VKeys=[str(vkey) for vkey in KNOWN])


# ------------------------------------------------------------------------------------- trees and proofs


def sizes(count: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    edges = [1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, DIVE]
    return [*edges, *(chance.randrange(1, DIVE) for _ in range(count))]


def test_both_give_the_same_roots_and_tiles(oracle: Oracle, tree: MemoryTree) -> None:
    for size in [*range(1, 70), *sizes(50, 1)]:
        assert oracle.bytes("hash", Size=size) == root_at(tree, size)
    for (level, number), hashes in tree.tiles.items():
        width = len(hashes) // 32
        if number % 7 == 0 or width < TILE_WIDTH or level > 0:
            assert oracle.bytes("tile", Level=level, Index=number, Width=width) == hashes


def test_both_make_the_same_inclusion_proofs(oracle: Oracle, tree: MemoryTree, entries: list[bytes]) -> None:
    chance = random.Random(2)
    for size in sizes(40, 3):
        root = root_at(tree, size)
        for index in {0, size - 1, chance.randrange(size)}:
            proof = prove_inclusion(tree, index, size)
            assert oracle.proof("prove-record", Size=size, Index=index) == proof
            leaf = leaf_hash(entries[index])
            claim = {"Size": size, "Index": index, "Root": root, "Leaf": leaf}
            assert not oracle.refuses("check-record", Proof=proof, **claim)
            for bad in broken(chance, proof):
                assert oracle.refuses("check-record", Proof=bad, **claim)
                with pytest.raises(ProofError):
                    verify_inclusion(index, size, leaf, bad, root)
                with pytest.raises(VerificationError):
                    reader_tree.verify_inclusion(entries[index], index, size, bad, root)
            other = (index + 1) % size
            if size > 1 and entries[other] != entries[index]:
                assert oracle.refuses("check-record", Proof=proof, **{**claim, "Index": other})
                with pytest.raises(ProofError):
                    verify_inclusion(other, size, leaf, proof, root)


def test_both_make_the_same_consistency_proofs(oracle: Oracle, tree: MemoryTree) -> None:
    chance = random.Random(5)
    for size in sizes(40, 7):
        for old in {1, size, chance.randrange(1, size + 1), max(1, size - 1)}:
            proof = prove_consistency(tree, old, size)
            assert oracle.proof("prove-tree", Size=size, Old=old) == proof
            old_root, root = root_at(tree, old), root_at(tree, size)
            claim = {"Size": size, "Old": old, "Root": root, "OldRoot": old_root}
            assert not oracle.refuses("check-tree", Proof=proof, **claim)
            assert verify_consistency(old, old_root, size, root, proof) == root
            reader_tree.verify_consistency(old, old_root, size, root, proof)
            for bad in broken(chance, proof):
                assert oracle.refuses("check-tree", Proof=bad, **claim)
                with pytest.raises(ProofError):
                    verify_consistency(old, old_root, size, root, bad)
                with pytest.raises(VerificationError):
                    reader_tree.verify_consistency(old, old_root, size, root, bad)
            wrong = Hash(bytes(32))
            for changes in ({"Root": wrong}, {"OldRoot": wrong}):
                assert oracle.refuses("check-tree", Proof=proof, **{**claim, **changes})
            for roots in ((wrong, root), (old_root, wrong)):
                with pytest.raises(ProofError):
                    verify_consistency(old, roots[0], size, roots[1], proof)


def broken(chance: random.Random, proof: Sequence[Hash]) -> list[list[Hash]]:
    """Return proofs that prove nothing: longer, shorter, with a bit flipped, with two hashes swapped."""
    found = [[*proof, Hash(bytes(32))], [Hash(bytes(32)), *proof]]
    if proof:
        at = chance.randrange(len(proof))
        flipped = Hash(bytes([proof[at][0] ^ 1]) + proof[at][1:])
        found += [list(proof[:-1]), list(proof[1:]), [*proof[:at], flipped, *proof[at + 1 :]]]
    if len(set(proof)) > 1:
        found.append(list(reversed(proof)))
    return found


class TheirTiles:
    """The oracle's tree as our proofs read one."""

    def __init__(self, oracle: Oracle, size: int) -> None:
        self.oracle, self.size = oracle, size

    def read_tiles(self, tiles: Sequence[Tile]) -> list[bytes]:
        return [self.oracle.bytes("tile", Level=tile.level, Index=tile.n, Width=tile.width) for tile in tiles]


def test_we_prove_from_their_tiles(oracle: Oracle, tree: MemoryTree) -> None:
    theirs, chance = TheirTiles(oracle, DIVE), random.Random(8)
    for size in sizes(10, 9):
        assert root_at(theirs, size) == root_at(tree, size)
        index, old = chance.randrange(size), chance.randrange(1, size + 1)
        assert prove_inclusion(theirs, index, size) == prove_inclusion(tree, index, size)
        assert prove_consistency(theirs, old, size) == prove_consistency(tree, old, size)


# --------------------------------------------------------------------------------- what is published


class Direct:
    """Asks a witness without a network in between."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness

    def add_checkpoint(self, old_size: int, proof: Sequence[Hash], note: bytes, _deadline: float) -> str:
        return self.witness.add_checkpoint(format_request(old_size, proof, note)).decode()

    def checkpoint(self, _origin: str, _deadline: float) -> bytes | None:
        return None

    def close(self) -> None:
        pass


def test_they_read_what_we_publish(oracle: Oracle, tmp_path: Path) -> None:
    """Published at random sizes: notes, tiles, bundles and proofs of each, authenticated by x/mod alone."""
    chance, clock, public = random.Random(10), ToldClock(), tmp_path / "public"
    (tmp_path / "log").mkdir()
    sequencer, signer = new_ledger(tmp_path / "log", [b"genesis"], clock=clock)
    state = State.create(tmp_path / "state", cosigner_vkey(W1))
    state.follow([vkey_of(signer)])
    witness = Witness(state, W1, clock)

    def connect(_named: Named) -> Asking:
        return Direct(witness)

    policy = parse_policy(f"witness w {cosigner_vkey(W1)} http://w.example\nquorum w\n")
    rule = Witnessing(policy, sequencer.store, clock, connect, timeout_s=60)
    vkeys = [str(vkey_of(signer)), str(cosigner_vkey(W1))]
    published: list[tuple[int, Hash]] = []
    for count in (0, 1, 253, 1, 1, chance.randrange(2, 300), 256, chance.randrange(2, 300)):
        size = sequencer.store.size
        sequencer.append(
            [f"entry {size + at} ".encode() + chance.randbytes(9).hex().encode() for at in range(count)]
        )
        publish(sequencer.store, public, lambda start, end: [b""] * (end - start), witnessing=rule)
        note = (public / "checkpoint").read_bytes()
        found = oracle.ask("open", Note=note, VKeys=vkeys)
        assert found["names"] == [ORIGIN, W1.name]
        assert oracle.ask("open", Note=note, VKeys=vkeys[:1])["others"] == 1
        checkpoint = unverified_checkpoint(note)
        check_published(oracle, public, checkpoint.size, checkpoint.root, chance)
        for old_size, old_root in published:
            proof = oracle.proof(
                "prove-tree", Size=checkpoint.size, Root=checkpoint.root, Dir=str(public), Old=old_size
            )
            verify_consistency(old_size, old_root, checkpoint.size, checkpoint.root, proof)
        published.append((checkpoint.size, checkpoint.root))
        index = chance.randrange(checkpoint.size)
        proven = parse_tlog_proof(format_tlog_proof(sequencer.store.prove_entry(index, note)))
        assert proven.extra is not None
        claim = {
            "Size": checkpoint.size,
            "Root": checkpoint.root,
            "Index": index,
            "Leaf": leaf_hash(proven.extra),
        }
        assert not oracle.refuses("check-record", Proof=list(proven.proof), **claim)
    size, root = published[-1]
    check_broken(oracle, public, size, root)
    state.close()
    sequencer.store.close()


def check_published(oracle: Oracle, public: Path, size: int, root: Hash, chance: random.Random) -> None:
    claim = {"Size": size, "Root": root, "Dir": str(public)}
    assert oracle.bytes("hash", **claim) == root
    for number in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        assert oracle.ask("bundle", Index=number, Width=width, **claim) == {}
    index = chance.randrange(size)
    assert len(oracle.proof("prove-record", Index=index, **claim)) <= 63


def check_broken(oracle: Oracle, public: Path, size: int, root: Hash) -> None:
    """One bit, and x/mod refuses it; our verifier does so for every byte (tests/property)."""
    last = (size - 1) // TILE_WIDTH
    width = size - last * TILE_WIDTH
    claim = {"Size": size, "Root": root, "Dir": str(public)}
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    for path, op, index in (
        (f"tile/0/{last:03d}{suffix}", "prove-record", size - 1),
        ("tile/entries/000", "bundle", 0),
        (f"tile/entries/{last:03d}{suffix}", "bundle", last),
    ):
        data = (public / path).read_bytes()
        asked = {"Index": index, "Width": TILE_WIDTH if index == 0 else width, **claim}
        assert not oracle.refuses(op, **asked)
        (public / path).write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
        assert oracle.refuses(op, **asked), path
        (public / path).write_bytes(data)
