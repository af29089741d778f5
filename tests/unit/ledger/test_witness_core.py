"""The checks of a witness, one by one, and that it never goes back: whoever asks, in whatever order."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN, START_MS, ToldClock
from tests.unit.ledger.witnesskit import NOW_S, Log, new_witness

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint, verify_checkpoint
from plimsoll_ledger.cosignature import verify_cosignature
from plimsoll_ledger.errors import Malformed
from plimsoll_ledger.hashing import EMPTY_ROOT, Hash
from plimsoll_ledger.note import (
    MAX_NOTE_SIZE,
    Note,
    format_note,
    parse_note,
    parse_signature_lines,
    sign_note,
)
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.errors import (
    BadRequest,
    Inconsistent,
    NotNow,
    Refusal,
    SizeConflict,
    UnknownLog,
    Untrusted,
)
from plimsoll_ledger.witness.request import MAX_BODY_SIZE, format_request, parse_request
from plimsoll_ledger.witness.state import State, origin_hash

LOG = Log()


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    found, _ = new_witness(tmp_path / "state.sqlite3", LOG)
    yield found
    found.state.close()


def time_of(witness: Witness, log: Log, size: int, answer: bytes) -> int:
    """Return the time of the one line that was answered, which must be a cosignature over this tree."""
    (line,) = parse_signature_lines(answer.decode())
    return verify_cosignature(parse_note(log.note(size)).text, line, witness.vkey).time_s


def refusal(witness: Witness, body: bytes) -> Refusal:
    """Return why a request is refused; what is held must not change by it."""
    before = witness.state.followed()
    with pytest.raises(Refusal) as caught:
        witness.add_checkpoint(body)
    assert [item.held for item in witness.state.followed()] == [item.held for item in before]
    return caught.value


def test_the_first_checkpoint_then_one_that_continues_it(witness: Witness) -> None:
    assert time_of(witness, LOG, 5, witness.add_checkpoint(LOG.request(0, 5))) == NOW_S
    assert time_of(witness, LOG, 300, witness.add_checkpoint(LOG.request(5, 300))) == NOW_S
    (followed,) = witness.state.followed()
    assert (followed.held.size, followed.held.root) == (300, LOG.root(300))


def test_the_monitoring_note_has_both_signatures_and_nothing_else(witness: Witness) -> None:
    name = origin_hash(ORIGIN)
    assert witness.state.cosigned(name) is None
    note = parse_note(LOG.note(9))
    stray = sign_note(note.text, generate_signer("somebody.example")).signatures
    witness.add_checkpoint(format_request(0, (), format_note(Note(note.text, (*stray, *note.signatures)))))
    kept = witness.state.cosigned(name)
    assert kept is not None
    assert verify_checkpoint(kept, [LOG.vkey, witness.vkey]).size == 9
    assert [line.name for line in parse_note(kept).signatures] == [ORIGIN, witness.vkey.name]
    assert witness.state.cosigned(origin_hash("other.example")) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 0\n" + LOG.note(5),
        b"old 00\n\n" + LOG.note(5),
        b"old +0\n\n" + LOG.note(5),
        b"old -1\n\n" + LOG.note(5),
        b"old  0\n\n" + LOG.note(5),
        b"old 0 \n\n" + LOG.note(5),
        b"Old 0\n\n" + LOG.note(5),
        b"old 0\r\n\r\n" + LOG.note(5),
        b"old \xd9\xa0\n\n" + LOG.note(5),
        b"old 9223372036854775808\n\n" + LOG.note(5),
        b"old 0\nAAAA\n\n" + LOG.note(5),
        b"old 0\n" + b"A" * 43 + b"B=\n\n" + LOG.note(5),
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + LOG.note(5),
        b"old 0\n\n" + LOG.note(5)[:-1],
        b"old 0\n\n" + LOG.note(5).replace(b"\n\n", b"\n"),
        b"old 0\n\n" + format_note(sign_note(f"{ORIGIN}\n5\n", LOG.signer)),
        b"old 0\n\n" + LOG.note(5) + b" " * MAX_BODY_SIZE,
        LOG.request(0, 5).replace(b"old 0", b"old 6"),
    ],
)
def test_what_is_no_request_is_400(witness: Witness, body: bytes) -> None:
    assert isinstance(refusal(witness, body), BadRequest)
    assert refusal(witness, body).status == 400


def test_an_unknown_log_is_404(witness: Witness) -> None:
    stranger = Log(5, "stranger.example/log")
    assert isinstance(refusal(witness, stranger.request(0, 5)), UnknownLog)
    assert UnknownLog.status == 404


def test_a_checkpoint_that_no_trusted_key_signed_is_403(witness: Witness) -> None:
    other = Log(5)
    assert isinstance(refusal(witness, other.request(0, 5)), Untrusted)
    text = parse_note(LOG.note(5)).text
    for lines in (
        sign_note(text, generate_signer("somebody.example")).signatures,
        parse_note(LOG.note(6)).signatures,
        (*parse_note(LOG.note(5)).signatures, *parse_note(LOG.note(6)).signatures),
    ):
        assert refusal(witness, format_request(0, (), format_note(Note(text, lines)))).status == 403
    # Signed by the log, but about another one: its key speaks for its own name alone.
    with_other = format_checkpoint(Checkpoint("other.example/log", 5, LOG.root(5)))
    body = format_request(0, (), format_note(sign_note(with_other, LOG.signer)))
    assert isinstance(refusal(witness, body), UnknownLog)


def test_a_size_that_is_not_held_is_409_with_the_one_that_is(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 40))
    for old_size, size in ((0, 41), (39, 41), (41, 42), (0, 39), (39, 39)):
        error = refusal(witness, LOG.request(old_size, size))
        assert isinstance(error, SizeConflict)
        assert (error.status, error.size) == (409, 40)


def test_what_does_not_continue_the_held_tree_is_422(witness: Witness) -> None:
    # From nothing there is nothing to prove.
    with_proof = format_request(0, [EMPTY_ROOT], LOG.note(40))
    assert isinstance(refusal(witness, with_proof), Inconsistent)
    witness.add_checkpoint(LOG.request(0, 40))
    fork = LOG.forked()
    proof = list(LOG.proof(40, 41))
    for body in (
        fork.request(40, 41),
        fork.request(40, 300),
        format_request(40, (), LOG.note(41)),
        format_request(40, proof[:-1], LOG.note(41)),
        format_request(40, [*proof, EMPTY_ROOT], LOG.note(41)),
        format_request(40, [EMPTY_ROOT], LOG.note(40)),
        format_request(40, LOG.proof(41, 42), LOG.note(42)),
    ):
        assert isinstance(refusal(witness, body), Inconsistent)
        assert refusal(witness, body).status == 422
    assert witness.state.forks() == []


def test_another_root_at_the_held_size_is_422_and_its_proof_is_kept(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 40))
    fork = LOG.forked()
    for _ in range(2):
        assert isinstance(refusal(witness, fork.request(40, 40)), Inconsistent)
    (proof,) = witness.state.forks()
    assert (proof.origin, proof.size, proof.time_s) == (ORIGIN, 40, NOW_S)
    roots = {verify_checkpoint(note, [LOG.vkey]).root for note in (proof.note, proof.held_note)}
    assert roots == {LOG.root(40), fork.root(40)}
    assert witness.state.followed()[0].forks == 1


def test_a_tree_without_entries_has_the_empty_root(witness: Witness) -> None:
    wrong = sign_checkpoint(0, Hash(bytes(32)), LOG.signer)
    assert isinstance(refusal(witness, format_request(0, (), wrong)), Inconsistent)
    empty = sign_checkpoint(0, EMPTY_ROOT, LOG.signer)
    (line,) = parse_signature_lines(witness.add_checkpoint(format_request(0, (), empty)).decode())
    assert verify_cosignature(parse_note(empty).text, line, witness.vkey).time_s == NOW_S
    assert isinstance(refusal(witness, format_request(0, (), wrong)), Inconsistent)
    assert time_of(witness, LOG, 3, witness.add_checkpoint(LOG.request(0, 3))) == NOW_S


def test_the_same_checkpoint_again_gets_a_newer_cosignature(tmp_path: Path) -> None:
    clock = ToldClock()
    witness, _ = new_witness(tmp_path / "state.sqlite3", LOG, clock=clock)
    witness.add_checkpoint(LOG.request(0, 40))
    clock.ms += 5000
    assert time_of(witness, LOG, 40, witness.add_checkpoint(LOG.request(40, 40))) == NOW_S + 5
    # An old request, replayed, is a conflict: nothing is signed anew from a size that is no longer held.
    assert isinstance(refusal(witness, LOG.request(0, 40)), SizeConflict)
    witness.state.close()


def test_extension_lines_are_cosigned_with_the_rest(witness: Witness) -> None:
    text = format_checkpoint(Checkpoint(ORIGIN, 5, LOG.root(5))) + "an extension\n"
    note = format_note(sign_note(text, LOG.signer))
    (line,) = parse_signature_lines(witness.add_checkpoint(format_request(0, (), note)).decode())
    assert verify_cosignature(text, line, witness.vkey).time_s == NOW_S


def test_several_logs_are_held_apart(witness: Witness) -> None:
    other = Log(50, "other.example/log", "other")
    witness.state.follow([other.vkey])
    witness.add_checkpoint(LOG.request(0, 40))
    witness.add_checkpoint(other.request(0, 50))
    witness.add_checkpoint(LOG.request(40, 41))
    assert {item.origin: item.held.size for item in witness.state.followed()} == {
        ORIGIN: 41, "other.example/log": 50,
    }  # fmt: skip


def test_a_second_key_of_one_log_goes_on_from_the_same_tree(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 40))
    second = Log()
    assert refusal(witness, second.request(40, 41)).status == 403
    witness.state.follow([second.vkey])
    witness.add_checkpoint(second.request(40, 41))
    assert witness.state.held(ORIGIN).size == 41


def test_a_clock_that_went_back_signs_nothing(tmp_path: Path) -> None:
    clock = ToldClock()
    witness, _ = new_witness(tmp_path / "state.sqlite3", LOG, clock=clock)
    witness.add_checkpoint(LOG.request(0, 40))
    clock.ms -= 1000
    for body in (LOG.request(40, 41), LOG.request(40, 40)):
        error = refusal(witness, body)
        assert isinstance(error, NotNow)
        assert "2026-11-21T23:59:59.000Z" in str(error)
    clock.ms = 0
    fresh, _ = new_witness(tmp_path / "fresh.sqlite3", LOG, clock=clock)
    assert isinstance(refusal(fresh, LOG.request(0, 40)), NotNow)


def test_a_state_belongs_to_one_key(tmp_path: Path) -> None:
    witness, _ = new_witness(tmp_path / "state.sqlite3", LOG)
    with pytest.raises(ValueError, match="not that of the keys"):
        Witness(witness.state, generate_signer(witness.vkey.name), ToldClock())


def test_a_head_that_moves_under_a_request_is_checked_again(tmp_path: Path) -> None:
    """The race of the specification: A and B are both checked against the old head, B moves it first."""
    path, clock = tmp_path / "state.sqlite3", ToldClock()
    witness, signer = new_witness(path, LOG, clock=clock)
    witness.add_checkpoint(LOG.request(0, 40))
    other = Witness(State.open(path), signer, clock)

    class Overtaken(State):
        """A state that another witness on the same file gets ahead of, once."""

        done = False

        def advance(self, origin: str, old: object, new: object) -> bool:
            if not self.done:
                self.done = True
                other.add_checkpoint(LOG.request(40, 42))
            return super().advance(origin, old, new)  # type: ignore[arg-type]

    slow_state = Overtaken.open(path)
    slow = Witness(slow_state, signer, clock)
    with pytest.raises(SizeConflict) as caught:
        slow.add_checkpoint(LOG.request(40, 41))
    assert caught.value.size == 42
    assert other.state.held(ORIGIN).size == 42


def test_a_head_that_moves_each_time_is_given_up(tmp_path: Path) -> None:
    path, clock = tmp_path / "state.sqlite3", ToldClock()
    witness, signer = new_witness(path, LOG, clock=clock)
    witness.add_checkpoint(LOG.request(0, 40))

    class Restless(State):
        def advance(self, origin: str, old: object, new: object) -> bool:
            clock.ms += 1000
            witness.add_checkpoint(LOG.request(40, 40))
            return super().advance(origin, old, new)  # type: ignore[arg-type]

    with pytest.raises(NotNow, match="too many"):
        Witness(Restless.open(path), signer, clock).add_checkpoint(LOG.request(40, 41))


def test_many_threads_two_histories_one_line_of_heads(tmp_path: Path) -> None:
    """Whatever is asked at once: what was signed is a chain of one history, each size with one root."""
    path, clock = tmp_path / "state.sqlite3", ToldClock()
    first, signer = new_witness(path, LOG, clock=clock)
    second = Witness(State.open(path), signer, clock)
    fork = LOG.forked()
    signed: list[tuple[int, bytes]] = []

    def ask(witness: Witness, log: Log, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            old_size = witness.state.held(ORIGIN).size
            size = min(300, old_size + chance.randrange(4))
            try:
                witness.add_checkpoint(log.request(old_size, size))
            except Refusal:
                continue
            signed.append((size, log.root(size)))

    threads = [
        threading.Thread(target=ask, args=(witness, log, seed))
        for seed, (witness, log) in enumerate([(first, LOG), (second, LOG), (first, fork), (second, fork)])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(signed) > 10
    sizes = dict(signed)
    assert len(sizes) == len(set(signed))
    one = {log for log in (LOG, fork) if all(size == 0 or log.root(size) == root for size, root in signed)}
    assert len(one) == 1


def test_requests_are_written_as_they_are_read() -> None:
    request = parse_request(LOG.request(5, 300))
    assert (request.old_size, list(request.proof), request.note) == (5, LOG.proof(5, 300), LOG.note(300))
    with pytest.raises(ValueError, match="at most 63"):
        format_request(1, [EMPTY_ROOT] * 64, LOG.note(5))
    longest = format_request(2**63 - 1, [EMPTY_ROOT] * 63, b"x" * MAX_NOTE_SIZE)
    assert len(longest) == MAX_BODY_SIZE
    assert len(parse_request(longest).proof) == 63
    with pytest.raises(Malformed, match="at most"):
        parse_request(longest + b"x")


def test_time_is_that_of_the_clock() -> None:
    assert START_MS // 1000 == NOW_S
