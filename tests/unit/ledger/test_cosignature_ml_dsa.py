"""ML-DSA-44 cosignatures on the writer's side: made, checked, collected; one witness with two keys."""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.mldsa import ml_message
from tests.unit.ledger.kit import ORIGIN, START_MS, ToldClock, new_ledger, vkey_of
from tests.unit.ledger.witnesskit import NOW_S, Log, served

from plimsoll_keys.files import FileSigner, generate_signer
from plimsoll_keys.mldsa import MlDsaSigner, generate_ml_dsa_signer, verify_ml_dsa_signature
from plimsoll_keys.vkey import COSIGNATURE, COSIGNATURE_ML_DSA
from plimsoll_ledger import note as notes
from plimsoll_ledger.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from plimsoll_ledger.cosignature import (
    cosigner_vkey,
    find_cosignatures,
    sign_cosignature,
    verify_cosignature,
)
from plimsoll_ledger.cosigned import cosigned_message
from plimsoll_ledger.cosigning import Asking
from plimsoll_ledger.errors import BadNote, Malformed
from plimsoll_ledger.hashing import EMPTY_ROOT, Hash
from plimsoll_ledger.logpolicy import BadPolicy, WitnessPolicy, parse_policy
from plimsoll_ledger.logpolicy import Witness as Named
from plimsoll_ledger.note import NoteSignature, parse_note, parse_signature_lines, verify_note
from plimsoll_ledger.publish import publish
from plimsoll_ledger.witness.client import WitnessClient
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.state import State, origin_hash
from plimsoll_ledger.witnessed import Unwitnessed, Witnessing

NAME = "witness.example/w1"
LOG = Log()
ED25519 = generate_signer(NAME)
ML_DSA = generate_ml_dsa_signer(NAME)
TEXT = parse_note(sign_checkpoint(7, EMPTY_ROOT, LOG.signer)).text
VKEY = cosigner_vkey(ML_DSA)


def test_the_bytes_are_those_of_the_specification() -> None:
    line = sign_cosignature(TEXT, NOW_S, ML_DSA)
    assert line.name == NAME
    assert line.key_id == hashlib.sha256(NAME.encode() + b"\n\x06" + ML_DSA.public_key).digest()[:4]
    assert line.signature[:8] == NOW_S.to_bytes(8, "big")
    assert len(line.signature) == 8 + 2420
    message = ml_message(NAME, TEXT, NOW_S)
    assert cosigned_message(VKEY, TEXT, NOW_S) == message
    assert message.startswith(b"subtree/v1\n\0\x12witness.example/w1")
    assert verify_ml_dsa_signature(ML_DSA.public_key, message, line.signature[8:]) == message
    assert (VKEY.key_type, cosigner_vkey(ED25519).key_type) == (COSIGNATURE_ML_DSA, COSIGNATURE)


def test_it_is_the_keys_own_over_this_tree_at_this_time() -> None:
    line = sign_cosignature(TEXT, NOW_S, ML_DSA)
    assert verify_cosignature(TEXT, line, VKEY).time_s == NOW_S
    # Extension lines are not signed, so that what they say is nobody's word but the log's.
    assert verify_cosignature(f"{TEXT}an extension\n", line, VKEY).time_s == NOW_S
    others = [
        TEXT.replace("\n7\n", "\n8\n"), TEXT.replace(ORIGIN, "other.example/log"),
        format_checkpoint(Checkpoint(ORIGIN, 7, Hash(bytes(32)))),
    ]  # fmt: skip
    for other in others:
        assert other != TEXT
        with pytest.raises(BadNote, match="does not verify"):
            verify_cosignature(other, line, VKEY)
    for at in (0, 7, 8, 2427):
        changed = bytearray(line.signature)
        changed[at] ^= 1
        with pytest.raises(BadNote):
            verify_cosignature(TEXT, NoteSignature(line.name, line.key_id, bytes(changed)), VKEY)
    for cut in (line.signature[:-1], line.signature + b"\0", b"", line.signature[:8], line.signature[8:]):
        with pytest.raises(BadNote):
            verify_cosignature(TEXT, NoteSignature(line.name, line.key_id, cut), VKEY)
    with pytest.raises(Malformed):
        verify_cosignature("no checkpoint\n", line, VKEY)
    with pytest.raises(Malformed):
        sign_cosignature("no checkpoint\n", NOW_S, ML_DSA)
    with pytest.raises(Malformed, match="at most 255"):
        sign_cosignature(TEXT.replace(ORIGIN, "o" * 256), NOW_S, ML_DSA)


def test_one_that_states_no_time_verifies_and_is_no_cosignature() -> None:
    signature = bytes(8) + ML_DSA.sign(ml_message(NAME, TEXT, 0))
    line = NoteSignature(NAME, VKEY.key_id, signature)
    verified = verify_note(notes.Note(TEXT, (line,)), [VKEY])
    assert (verified.signers, verified.times_s) == ((VKEY,), {})
    with pytest.raises(BadNote, match="states no time"):
        find_cosignatures(TEXT, [line], [VKEY])
    with pytest.raises(ValueError, match="time"):
        sign_cosignature(TEXT, 0, ML_DSA)


def test_32_witnesses_fit_into_a_note() -> None:
    lines = [sign_cosignature(TEXT, NOW_S, ML_DSA)] * 32
    own = notes.sign_note(TEXT, LOG.signer).signatures
    data = notes.format_note(notes.Note(TEXT, (*own, *lines)))
    assert len(data) > 64 * 1024
    assert verify_note(parse_note(data), [LOG.vkey, VKEY]).times_s == {VKEY: NOW_S}


# -- one witness, two keys


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    state = State.create(tmp_path / "state.sqlite3", cosigner_vkey(ED25519), VKEY)
    state.follow([LOG.vkey])
    yield Witness(state, ED25519, ToldClock(), also=[ML_DSA])
    state.close()


def test_it_answers_with_a_line_of_each(witness: Witness) -> None:
    for old, new in ((0, 40), (40, 40), (40, 41)):
        text = parse_note(LOG.note(new)).text
        lines = parse_signature_lines(witness.add_checkpoint(LOG.request(old, new)).decode())
        found = find_cosignatures(text, lines, witness.vkeys)
        assert [(item.vkey, item.time_s) for item in found] == [(vkey, NOW_S) for vkey in witness.vkeys]
        kept = witness.state.cosigned(origin_hash(ORIGIN))
        assert kept is not None
        assert set(verify_note(parse_note(kept), [LOG.vkey, *witness.vkeys]).times_s) == set(witness.vkeys)


def test_a_state_is_that_of_its_keys_in_their_order(witness: Witness, tmp_path: Path) -> None:
    clock = ToldClock()
    wrong: list[tuple[FileSigner | MlDsaSigner, Sequence[FileSigner | MlDsaSigner]]] = [
        (ED25519, ()), (ML_DSA, ()), (ML_DSA, [ED25519]), (ED25519, [generate_ml_dsa_signer(NAME)]),
    ]  # fmt: skip
    for signer, also in wrong:
        with pytest.raises(ValueError, match="not that of the keys"):
            Witness(witness.state, signer, clock, also=also)
    again = State.open(tmp_path / "state.sqlite3")
    assert again.vkeys == witness.vkeys == (cosigner_vkey(ED25519), VKEY)
    assert again.vkey == witness.vkey == cosigner_vkey(ED25519)
    again.close()


def test_a_key_that_comes_later_shares_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    state = State.create(path, cosigner_vkey(ED25519))
    state.follow([LOG.vkey])
    Witness(state, ED25519, ToldClock()).add_checkpoint(LOG.request(0, 40))
    state.add_key(VKEY)
    state.close()
    again = State.open(path)
    assert again.vkeys == (cosigner_vkey(ED25519), VKEY)
    both = Witness(again, ED25519, ToldClock(), also=[ML_DSA])
    # It does not sign what the first key would not: a history that begins anew.
    assert again.held(ORIGIN).size == 40
    lines = both.add_checkpoint(LOG.request(40, 50)).decode()
    assert len(find_cosignatures(parse_note(LOG.note(50)).text, parse_signature_lines(lines), [VKEY])) == 1
    for vkey in (VKEY, cosigner_vkey(generate_ml_dsa_signer(NAME)), cosigner_vkey(generate_signer("w2"))):
        with pytest.raises(ValueError, match="one name"):
            again.add_key(vkey)
    assert State.open(path).vkeys == again.vkeys
    again.close()
    for keys in ((), (LOG.vkey,), (VKEY, VKEY)):
        with pytest.raises(ValueError, match="one name"):
            State.create(tmp_path / "other.sqlite3", *keys)
    assert not (tmp_path / "other.sqlite3").exists()


# -- the policy


def line_of(name: str, signer: FileSigner | MlDsaSigner, url: str = "http://w.example") -> str:
    return f"witness {name} {cosigner_vkey(signer)} {url}\n"


BOTH = line_of("ed", ED25519) + line_of("pq", ML_DSA)
OTHER = line_of("b", generate_signer("b.example/w"))


@pytest.mark.parametrize(
    "tail",
    [
        "group g 2 ed pq\nquorum g\n",
        "group g all ed pq\nquorum g\n",
        "group g 2 ed pq b\nquorum g\n",
        "group g any ed\ngroup h all g pq\nquorum h\n",
        "group g any ed\ngroup h any pq\ngroup i all g h\nquorum i\n",
        "group g all ed b\ngroup h any g pq\nquorum h\n",
    ],
)
def test_a_witness_is_never_two_of_a_quorum(tail: str) -> None:
    with pytest.raises(BadPolicy, match="would count twice"):
        parse_policy(BOTH + OTHER + tail)


@pytest.mark.parametrize(
    ("tail", "enough", "too_few"),
    [
        ("quorum pq\n", ["pq"], ["ed", "b"]),
        ("group g any ed pq\nquorum g\n", ["ed"], ["b"]),
        ("group g 1 pq ed\ngroup h all g b\nquorum h\n", ["pq", "b"], ["ed", "pq"]),
        ("group g all pq b\nquorum g\n", ["pq", "b"], ["ed", "b"]),
    ],
)
def test_any_of_its_keys_may_count(tail: str, enough: list[str], too_few: list[str]) -> None:
    policy = parse_policy(BOTH + OTHER + tail)
    assert policy.is_met(enough)
    assert not policy.is_met(too_few)


# -- the publisher


class Counted:
    """A client that counts how often its witness is asked."""

    asked = 0

    def __init__(self, url: str) -> None:
        self._client = WitnessClient(url)
        self.checkpoint, self.close = self._client.checkpoint, self._client.close

    def add_checkpoint(self, old_size: int, proof: Sequence[Hash], note: bytes, deadline: float) -> str:
        Counted.asked += 1
        return self._client.add_checkpoint(old_size, proof, note, deadline)


def connect(witness: Named) -> Asking:
    return Counted(witness.url)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[tuple[Witnessing, Path, WitnessPolicy]]:
    """A ledger whose policy names both keys of one witness, and asks for either."""
    clock = ToldClock()
    (tmp_path / "log").mkdir()
    sequencer, signer = new_ledger(tmp_path / "log", [b"genesis", b"two"], clock=clock)
    with contextlib.ExitStack() as exits:
        exits.callback(sequencer.store.close)
        state = State.create(tmp_path / "w.sqlite3", cosigner_vkey(ED25519), VKEY)
        exits.callback(state.close)
        state.follow([vkey_of(signer)])
        there = exits.enter_context(served(Witness(state, ED25519, clock, also=[ML_DSA])))
        text = line_of("ed", ED25519, there.url) + line_of("pq", ML_DSA, there.url)
        policy = parse_policy(text + "group g any ed pq\nquorum g\n")
        Counted.asked = 0
        rule = Witnessing(policy, sequencer.store, clock, connect, timeout_s=60, grace_s=60)
        yield rule, tmp_path / "public", policy


def test_one_witness_is_asked_once_for_both(ledger: tuple[Witnessing, Path, WitnessPolicy]) -> None:
    rule, public, policy = ledger
    for _ in range(2):
        done = publish(rule._store, public, lambda start, end: [b""] * (end - start), witnessing=rule)
        assert done.witnessed is not None
        assert (done.witnessed.met, done.witnessed.names, done.witnessed.failures) == (True, ("ed", "pq"), {})
    assert Counted.asked == 2
    for path in ("checkpoint", "checkpoints/2"):
        note = parse_note((public / path).read_bytes())
        vkeys = [witness.vkey for witness in policy.witnesses.values()]
        times = verify_note(note, [*rule._store.vkeys, *vkeys]).times_s
        assert times == dict.fromkeys(vkeys, START_MS // 1000)
        assert len(note.signatures) == 3


def test_what_a_key_that_is_new_to_the_policy_holds_is_known_by_the_other(
    ledger: tuple[Witnessing, Path, WitnessPolicy],
) -> None:
    rule, public, policy = ledger
    first = WitnessPolicy((), {"ed": policy.witnesses["ed"]}, {}, "ed")
    for named in (first, policy):
        rule = Witnessing(named, rule._store, ToldClock(), connect, timeout_s=60, grace_s=60)
        publish(rule._store, public, lambda start, end: [b""] * (end - start), witnessing=rule)
    # Once each: had it been asked from size 0 again, it would have named the size that it holds.
    assert Counted.asked == 2


def test_a_key_that_did_not_sign_is_named_and_the_other_counts(
    ledger: tuple[Witnessing, Path, WitnessPolicy],
) -> None:
    rule, public, policy = ledger
    stranger = cosigner_vkey(generate_ml_dsa_signer(NAME))
    policy.witnesses["pq"] = Named("pq", stranger, policy.witnesses["pq"].url)
    rule = Witnessing(policy, rule._store, ToldClock(), connect, timeout_s=60, grace_s=60)
    done = publish(rule._store, public, lambda start, end: [b""] * (end - start), witnessing=rule)
    assert done.witnessed is not None
    assert done.witnessed.names == ("ed",)
    assert list(done.witnessed.failures) == ["pq"]
    assert "without a signature line" in done.witnessed.failures["pq"]
    only = WitnessPolicy((), policy.witnesses, {}, "pq")
    rule = Witnessing(only, rule._store, ToldClock(), connect, timeout_s=60, grace_s=60)
    with pytest.raises(Unwitnessed, match="cosigned by ed"):
        publish(rule._store, public, lambda start, end: [b""] * (end - start), witnessing=rule)


def test_a_library_without_the_algorithm_lets_nothing_count(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import mldsa

    class Lacking:
        @staticmethod
        def from_public_bytes(_: bytes) -> None:
            raise UnsupportedAlgorithm("not supported")

    line = sign_cosignature(TEXT, NOW_S, ML_DSA)
    monkeypatch.setattr(mldsa, "MLDSA44PublicKey", Lacking)
    with pytest.raises(BadNote, match="cannot be checked"):
        verify_cosignature(TEXT, line, VKEY)
