"""Publishing under a witness policy: real witnesses over HTTP, a real store, a real directory."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN, START_MS, TextAdmission, ToldClock, new_ledger, url_of, vkey_of
from tests.unit.ledger.witnesskit import Served, served

from plimsoll_keys.files import FileSigner, generate_signer
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import sign_checkpoint, unverified_checkpoint, verify_checkpoint
from plimsoll_ledger.cosignature import cosigner_vkey, find_cosignatures, sign_cosignature
from plimsoll_ledger.cosigning import Asking, hints_from
from plimsoll_ledger.errors import PublishRefused
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.logpolicy import Witness as Named
from plimsoll_ledger.logpolicy import WitnessPolicy, parse_policy
from plimsoll_ledger.note import format_signature_lines, parse_note, verify_note
from plimsoll_ledger.publish import Published, publish
from plimsoll_ledger.sequencer import Sequencer
from plimsoll_ledger.store import open_store
from plimsoll_ledger.witness.client import WitnessClient
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.errors import SizeConflict
from plimsoll_ledger.witness.request import format_request
from plimsoll_ledger.witness.state import State
from plimsoll_ledger.witnessed import Unwitnessed, Witnessing


@dataclass(slots=True)
class Bench:
    """A ledger, the directory it is published to, three witnesses and a clock for all of them."""

    sequencer: Sequencer
    signer: FileSigner
    directory: Path
    clock: ToldClock
    witnesses: dict[str, Served]

    def policy(self, tail: str = "group g 2 a b c\nquorum g\n") -> WitnessPolicy:
        return parse_policy("".join(found.line(name) for name, found in self.witnesses.items()) + tail)

    def publish(self, policy: WitnessPolicy | None = None, *, allow: bool = False) -> Published:
        rule = Witnessing(
            policy or self.policy(), self.sequencer.store, self.clock, connect,
            allow_unwitnessed=allow, timeout_s=60, grace_s=60,
        )  # fmt: skip
        return publish(
            self.sequencer.store, self.directory, lambda start, end: [b""] * (end - start), witnessing=rule
        )

    def append(self, count: int = 1) -> None:
        size = self.sequencer.store.size
        self.sequencer.append([f"more {size + at}".encode() for at in range(count)])

    def checkpoint(self, path: str = "checkpoint") -> bytes:
        return (self.directory / path).read_bytes()

    def cosigned(self, path: str = "checkpoint") -> dict[str, int]:
        """Return the times that a published note's cosignatures state, each checked, by witness."""
        note = parse_note(self.checkpoint(path))
        vkeys = {found.witness.vkey: name for name, found in self.witnesses.items()}
        verified = verify_note(note, [vkey_of(self.signer), *vkeys])
        assert len(verified.signers) == len(note.signatures)
        return {vkeys[vkey]: time_s - START_MS // 1000 for vkey, time_s in verified.times_s.items()}

    def state(self) -> dict[str, bytes]:
        files = (path for path in self.directory.rglob("*") if path.is_file())
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in files}


def connect(witness: Named) -> Asking:
    return WitnessClient(witness.url)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = ToldClock()
    (tmp_path / "log").mkdir()
    sequencer, signer = new_ledger(tmp_path / "log", [b"genesis", b"two", b"three"], clock=clock)
    with contextlib.ExitStack() as exits:
        exits.callback(sequencer.store.close)
        witnesses = {}
        for name in "abc":
            key = generate_signer(f"{name}.example/w")
            state = State.create(tmp_path / f"{name}.sqlite3", cosigner_vkey(key))
            exits.callback(state.close)
            state.follow([vkey_of(signer)])
            witnesses[name] = exits.enter_context(served(Witness(state, key, clock)))
        yield Bench(sequencer, signer, tmp_path / "public", clock, witnesses)
        for found in witnesses.values():  # All at once, so that they are waited for together.
            found.server.should_exit = True


def gone(bench: Bench, *names: str) -> WitnessPolicy:
    """Return the policy in which some witnesses are at a port where nobody listens."""
    policy = bench.policy()
    for name in names:
        found = policy.witnesses[name]
        policy.witnesses[name] = Named(found.name, found.vkey, "http://127.0.0.1:1")
    return policy


def test_all_cosign_and_what_is_published_says_so(bench: Bench) -> None:
    done = bench.publish()
    assert done.witnessed is not None
    assert (done.witnessed.met, done.witnessed.names, done.witnessed.failures) == (True, ("a", "b", "c"), {})
    assert bench.cosigned() == {"a": 0, "b": 0, "c": 0}
    assert bench.cosigned("checkpoints/3") == {"a": 0, "b": 0, "c": 0}
    assert [kept.note for kept in bench.sequencer.store.checkpoints(2)] == [bench.checkpoint("checkpoints/3")]
    fsck(bench.sequencer.store)


def test_growth_is_proven_from_what_each_witness_holds(bench: Bench) -> None:
    bench.publish()
    bench.append(300)
    bench.clock.ms += 7000
    bench.publish()
    assert bench.cosigned() == {"a": 7, "b": 7, "c": 7}
    # One question each: the size that they hold is known from what was published before.
    assert [[told.status for told in found.told] for found in bench.witnesses.values()] == [[200, 200]] * 3
    assert bench.cosigned("checkpoints/3") == {"a": 0, "b": 0, "c": 0}


def test_a_witness_that_holds_another_size_is_asked_again_from_there(bench: Bench) -> None:
    bench.publish()
    bench.append(5)
    (bench.directory / "checkpoint").rename(bench.directory / "moved")  # As if published by somebody else.
    (bench.directory / "moved").unlink()
    for path in bench.directory.iterdir():
        path.rename(path.with_name(path.name + ".gone"))
    bench.directory = bench.directory.with_name("elsewhere")
    bench.publish()
    assert [[told.status for told in found.told] for found in bench.witnesses.values()] == [
        [200, 409, 200]
    ] * 3
    assert set(bench.cosigned()) == {"a", "b", "c"}


def test_too_few_and_nothing_changes(bench: Bench) -> None:
    bench.publish()
    before = bench.state()
    kept = bench.sequencer.store.checkpoints()
    bench.append(300)
    with pytest.raises(Unwitnessed, match="asks for g; cosigned by a") as caught:
        bench.publish(gone(bench, "b", "c"))
    assert bench.state() == before
    assert [item for item in bench.sequencer.store.checkpoints() if item.published] == kept[-1:]
    assert caught.value.failures == {"b": "it cannot be reached", "c": "it cannot be reached"}
    assert "witness b: it cannot be reached\nwitness c" in str(caught.value)
    assert "--allow-unwitnessed" in caught.value.hint
    # The policy is met, and one failure is told.
    done = bench.publish(gone(bench, "c"))
    assert done.witnessed is not None
    assert done.witnessed.failures == {"c": "it cannot be reached"}
    assert set(bench.cosigned()) == {"a", "b"}


def test_nothing_is_published_first_without_witnesses(bench: Bench) -> None:
    with pytest.raises(Unwitnessed, match="cosigned by nobody"):
        bench.publish(gone(bench, "a", "b", "c"))
    assert bench.state() == {}


def test_unwitnessed_by_choice_says_so(bench: Bench) -> None:
    done = bench.publish(gone(bench, "b", "c"), allow=True)
    assert done.witnessed is not None
    assert (done.witnessed.met, done.witnessed.names) == (False, ("a",))
    assert set(done.witnessed.failures) == {"b", "c"}
    assert bench.cosigned() == {"a": 0}
    # Later the others cosign the same checkpoint: published newest, retained with what came first.
    bench.clock.ms += 9000
    assert bench.publish().witnessed is not None
    assert bench.cosigned() == {"a": 9, "b": 9, "c": 9}
    assert bench.cosigned("checkpoints/3") == {"a": 0, "b": 9, "c": 9}


def test_an_unchanged_log_is_cosigned_anew(bench: Bench) -> None:
    bench.publish()
    bench.clock.ms += 60_000
    assert bench.publish().files == 1
    assert bench.cosigned() == {"a": 60, "b": 60, "c": 60}
    assert bench.cosigned("checkpoints/3") == {"a": 0, "b": 0, "c": 0}
    # What was published over this very checkpoint still counts when witnesses are gone.
    bench.clock.ms += 60_000
    done = bench.publish(gone(bench, "b", "c"))
    assert done.witnessed is not None
    assert done.witnessed.met
    assert set(done.witnessed.failures) == {"b", "c"}
    assert bench.cosigned() == {"a": 120, "b": 60, "c": 60}


def test_cosignatures_of_former_witnesses_stay_where_they_are_retained(bench: Bench) -> None:
    bench.publish()
    two = parse_policy(bench.witnesses["a"].line("a") + bench.witnesses["b"].line("b") + "quorum a\n")
    bench.publish(two)
    assert set(bench.cosigned("checkpoints/3")) == {"a", "b", "c"}
    assert set(bench.cosigned()) == {"a", "b"}


def test_without_a_url_a_witness_cannot_be_asked(bench: Bench) -> None:
    policy = bench.policy()
    found = policy.witnesses["c"]
    policy.witnesses["c"] = Named(found.name, found.vkey, "")
    done = bench.publish(policy)
    assert done.witnessed is not None
    assert done.witnessed.failures == {"c": "the policy names no URL for it"}


def test_a_key_that_is_not_the_witnesss_own_counts_for_nothing(bench: Bench) -> None:
    policy = bench.policy()
    a, b = policy.witnesses["a"], policy.witnesses["b"]
    policy.witnesses["a"] = Named("a", a.vkey, b.url)
    policy.witnesses["b"] = Named("b", b.vkey, a.url)
    with pytest.raises(Unwitnessed) as caught:
        bench.publish(policy)
    assert (
        caught.value.failures["a"] == "it answered without a signature line of the key that the policy names"
    )


def test_a_log_that_a_witness_does_not_follow(bench: Bench, tmp_path: Path) -> None:
    key = generate_signer("d.example/w")
    state = State.create(tmp_path / "d.sqlite3", cosigner_vkey(key))
    with served(Witness(state, key, bench.clock)) as other:
        bench.witnesses["d"] = other
        done = bench.publish(bench.policy("group g all a b\nquorum g\n"))
        assert done.witnessed is not None
        assert done.witnessed.failures == {"d": "it answered 404: this witness does not follow that log"}
    state.close()


@pytest.mark.parametrize(
    ("off_s", "reason"),
    [(-61, "which is before the last entry's"), (61, "which has not come here yet"), (-59, ""), (59, "")],
)
def test_a_witness_with_a_wrong_clock(bench: Bench, tmp_path: Path, off_s: int, reason: str) -> None:
    """Its time would have every verifier call the log's own times impossible, or wait for the future."""
    key = generate_signer("d.example/w")
    state = State.create(tmp_path / "d.sqlite3", cosigner_vkey(key))
    state.follow([vkey_of(bench.signer)])
    with served(Witness(state, key, ToldClock(START_MS + off_s * 1000))) as other:
        bench.witnesses["d"] = other
        done = bench.publish(bench.policy("quorum a\n"))
        assert done.witnessed is not None
        assert reason in done.witnessed.failures.get("d", "")
        assert ("d" in done.witnessed.names) == (not reason)
    state.close()


def test_a_witness_that_hangs_is_not_waited_for_once_the_others_are_enough(bench: Bench) -> None:
    class Hanging(WitnessClient):
        def add_checkpoint(self, *_: object) -> str:
            stop.wait(120)
            raise AssertionError("nobody asks any more")

    stop = threading.Event()

    def connect_or_hang(witness: Named) -> Asking:
        return Hanging(witness.url) if witness.name == "c" else WitnessClient(witness.url)

    rule = Witnessing(bench.policy(), bench.sequencer.store, bench.clock, connect_or_hang, timeout_s=90)
    start = time.monotonic()
    found = rule.witness(bench.sequencer.store.head(), None)
    assert time.monotonic() - start < 60
    assert found.met
    assert found.failures == {"c": "it did not answer in time"}
    stop.set()


def test_a_log_that_went_back_publishes_nothing(bench: Bench, tmp_path: Path) -> None:
    """A database put back to a backup, a new directory: only the witnesses remember."""
    store = bench.sequencer.store
    backup = tmp_path / "backup"
    backup.mkdir()
    bench.sequencer.close()
    store.close()
    (backup / "ledger.sqlite").write_bytes((tmp_path / "log" / "ledger.sqlite").read_bytes())
    bench.append(4)
    bench.publish()
    with open_store(url_of(backup)) as restored:
        bench.sequencer = Sequencer(restored, bench.signer, TextAdmission(), bench.clock)
        bench.directory = tmp_path / "new"
        told = "witness [abc] holds size 7, signed by this log, which has only 3"
        with pytest.raises(PublishRefused, match=told) as caught:
            bench.publish()
        assert "backup" in caught.value.hint
        # It cannot be allowed, either: it is no lack of witnesses.
        with pytest.raises(PublishRefused, match=told):
            bench.publish(allow=True)
        # And going on from the backup is a fork, which they prove.
        bench.sequencer.append([f"other {at}".encode() for at in range(4)])
        for more in (0, 3):
            bench.sequencer.append([f"yet another {at}".encode() for at in range(more)])
            with pytest.raises(PublishRefused, match="another root at size 7, signed by this log as well"):
                bench.publish(allow=True)
        assert not (tmp_path / "new" / "checkpoint").exists()
        forks = [proof for found in bench.witnesses.values() for proof in found.witness.state.forks()]
        assert {proof.size for proof in forks} <= {7}


class Liar:
    """A witness that answers as it likes."""

    def __init__(self, answers: list[object], note: bytes | None = None) -> None:
        self.answers, self.note, self.asked = answers, note, 0

    def add_checkpoint(self, *_: object) -> str:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, int):
            raise SizeConflict(answer)
        return str(answer)

    def checkpoint(self, *_: object) -> bytes | None:
        return self.note

    def close(self) -> None:
        pass


def lied(bench: Bench, liar: Liar) -> str:
    """Return why a witness that lies is not counted; the others are."""

    def connect_or_lie(witness: Named) -> Asking:
        return liar if witness.name == "c" else WitnessClient(witness.url)

    rule = Witnessing(
        bench.policy(), bench.sequencer.store, bench.clock, connect_or_lie, timeout_s=60, grace_s=60
    )
    found = rule.witness(bench.sequencer.store.head(), None)
    assert found.names == ("a", "b")
    return found.failures["c"]


def test_a_witness_that_lies_stops_nothing(bench: Bench) -> None:
    text = parse_note(bench.sequencer.store.head().note).text
    other = parse_note(sign_checkpoint(3, Hash(bytes(32)), bench.signer)).text
    now_s = START_MS // 1000
    stranger = generate_signer("c.example/w")
    assert "holds size 99" in lied(bench, Liar([99]))
    for note in (b"x", sign_checkpoint(99, Hash(bytes(32)), generate_signer(ORIGIN))):
        assert "holds size 99" in lied(bench, Liar([99], note))
    assert "names another size each time" in lied(bench, Liar([1, 2, 1, 2]))
    assert "ends with a signature line" in lied(bench, Liar([""]))
    lines = format_signature_lines([sign_cosignature(text, now_s, stranger)])
    assert "without a signature line" in lied(bench, Liar([lines]))
    wrong = sign_cosignature(other, now_s, bench.witnesses["c"].witness._signers[0])
    assert "does not verify" in lied(bench, Liar([format_signature_lines([wrong])]))
    good = sign_cosignature(text, now_s, bench.witnesses["c"].witness._signers[0])
    assert "does not verify" in lied(bench, Liar([format_signature_lines([good, wrong])]))


def test_an_unexpected_failure_is_no_silence(bench: Bench) -> None:
    class Broken(Liar):
        def add_checkpoint(self, *_: object) -> str:
            raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError, match="of ours"):
        lied(bench, Broken([]))


def test_hints_are_what_verifies(bench: Bench) -> None:
    bench.publish()
    policy = bench.policy()
    note = bench.checkpoint()
    assert hints_from(policy, [note, b"garbage", note.replace(b"\n3\n", b"\n4\n")]) == {
        "a": 3,
        "b": 3,
        "c": 3,
    }


def test_what_witnesses_keep_is_what_the_log_signed(bench: Bench) -> None:
    bench.publish()
    for found in bench.witnesses.values():
        held = found.witness.state.held(ORIGIN)
        assert verify_checkpoint(held.note, [vkey_of(bench.signer)]).root == held.root
        assert unverified_checkpoint(held.note).size == 3
        request = format_request(3, (), bench.checkpoint())
        line = parse_note(b"x\n\n" + found.witness.add_checkpoint(request)).signatures[0]
        text = parse_note(held.note).text
        assert find_cosignatures(text, [line], [found.witness.vkey])[0].time_s == START_MS // 1000
        assert isinstance(found.witness.vkey, VKey)
