"""Proof files and receipts beside their ledger: keys that came later, and another history."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import public, sign_note, time_text, vkey
from tests.unit.verify.test_rotation import Rotating

from plimsoll_verify import cli
from plimsoll_verify.errors import Fork, UnknownKey, VerificationError
from plimsoll_verify.proofledger import Held, verify_proof_with_ledger
from plimsoll_verify.proofs import verify_proof
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust


@pytest.fixture
def log(tmp_path: Path) -> Rotating:
    return Rotating(tmp_path / "public")


def rotate(log: Rotating, name: str) -> None:
    log.propose(name)
    log.publish()
    log.switch(name)
    log.publish()


def give_up_what_was(log: Rotating) -> None:
    """No longer publish checkpoints that keys of before have signed, as one does with those of a thief."""
    log.forge.retained.clear()
    shutil.rmtree(log.directory / "checkpoints")


def held(log: Rotating, proof: bytes, trust: Any = None) -> Held:
    return verify_proof_with_ledger(proof, trust or log.trust, DirectorySource(log.directory), workers=1)


def trust_in(log: Rotating, name: str) -> Any:
    """A trust file that names another key than the first."""
    key = vkey(log.forge.origin, public(log.forge.secret(name)))
    return parse_trust(log.forge.trust(policy=f"log {key}\nquorum none\n").encode())


def test_a_proof_by_a_key_that_came_later(log: Rotating) -> None:
    rotate(log, "second")
    proof = log.forge.proof(2)
    with pytest.raises(UnknownKey):
        verify_proof(proof, log.trust)
    found = held(log, proof)
    assert (found.report.index, found.followed, found.size) == (2, True, log.forge.size)
    assert found.continues
    rotate(log, "third")
    assert held(log, log.forge.proof(2)).followed
    assert held(log, proof).followed


def test_a_proof_by_the_first_key_needs_no_other(log: Rotating) -> None:
    log.publish()
    proof = log.forge.proof(2)
    found = held(log, proof)
    assert (found.followed, found.continues) == (False, True)
    rotate(log, "second")
    assert held(log, proof).continues


def test_a_ledger_that_is_older_than_the_proof(log: Rotating) -> None:
    log.propose("second")
    log.publish()
    published = log.forge.size
    log.switch("second")
    log.beat(2)
    found = held(log, log.forge.proof(log.forge.size - 1))
    assert (found.followed, found.size, found.continues) == (True, published, False)


def test_a_proof_of_another_history_is_a_fork(log: Rotating) -> None:
    rotate(log, "second")
    other = Rotating(log.directory.parent / "other")
    other.propose("second")
    other.switch("second")
    other.forge.advance(minutes=1)
    other.forge.statement("heartbeat", [other.forge.org()], {}, other.root, "root", nonce="f" * 32)
    other.forge.log_key = other.forge.secret("second")
    log.beat(2)
    log.publish()
    with pytest.raises(Fork) as caught:
        held(log, other.forge.proof(2))
    assert b"\n\n" in caught.value.note_a
    assert caught.value.note_a != caught.value.note_b


def test_a_stranger_is_not_followed(log: Rotating) -> None:
    rotate(log, "second")
    text = log.forge.checkpoint_text()
    note = f"{text}\n{sign_note(text, log.forge.origin, log.forge.secret('mallory'))}"
    with pytest.raises(UnknownKey):
        held(log, log.forge.proof(2, note))


def test_a_ledger_that_is_not_what_it_was_vouches_for_nothing(log: Rotating) -> None:
    rotate(log, "second")
    bundle = log.directory / "tile" / "entries" / "000.p" / str(log.forge.size)
    data = bundle.read_bytes()
    bundle.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    with pytest.raises(VerificationError):
        held(log, log.forge.proof(2))


def test_a_key_that_was_given_up_is_not_trusted_again(log: Rotating) -> None:
    """Who trusts the third key and not the second has reasons: the second was stolen."""
    rotate(log, "second")
    stolen = log.forge.proof(2)
    rotate(log, "third")
    trust = trust_in(log, "third")
    give_up_what_was(log)
    rotate(log, "fourth")
    assert held(log, log.forge.proof(2), trust).followed
    with pytest.raises(UnknownKey):
        held(log, stolen, trust)
    # Nor does a trust file whose key the ledger does not know lead anywhere.
    with pytest.raises(UnknownKey):
        held(log, stolen, trust_in(log, "fifth"))


def test_a_thief_publishes_by_a_key_that_was_given_up(log: Rotating) -> None:
    for name in ("second", "third"):
        rotate(log, name)
    log.trust = trust_in(log, "third")
    give_up_what_was(log)
    rotate(log, "fourth")
    assert log.judged().verdict == "indeterminate"
    log.switch("second")
    log.publish()
    log.rejected()


def receipt(log: Rotating, name: str, ident: bytes, deadline_ms: int) -> str:
    text = f"plimsoll/receipt/v1\n{log.forge.origin}\n{ident.hex()}\n{time_text(deadline_ms)}\n"
    return f"{text}\n{sign_note(text, log.forge.origin, log.forge.secret(name))}"


@pytest.mark.parametrize("retained_only", [True, False])
def test_receipts_by_a_key_that_came_later(log: Rotating, capsys: Any, retained_only: bool) -> None:
    """The newest checkpoint may still be by the first key, or by the second already."""
    folder = log.directory.parent
    log.propose("second")
    log.publish()
    if not retained_only:
        log.switch("second")
        log.publish()
    (folder / "trust.toml").write_text(log.forge.trust())
    argv = ["log", str(log.directory), "--trust", str(folder / "trust.toml"), "--json", "--receipt"]
    (folder / "r").write_text(receipt(log, "second", bytes(32), log.forge.now_ms - 1000))
    assert cli.run([*argv, str(folder / "r")]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in verdict["receipts"]] == ["broken"]
    assert "V39" in {one["code"] for one in verdict["findings"]}
    (folder / "r").write_text(receipt(log, "second", log.forge.ids[-1], log.forge.now_ms))
    assert cli.run([*argv, str(folder / "r")]) == 3
    (folder / "r").write_text(receipt(log, "third", bytes(32), log.forge.now_ms - 1000))
    assert cli.run([*argv, str(folder / "r")]) == 2
    assert "no trusted key" in capsys.readouterr().err


def test_a_receipt_by_a_key_that_was_given_up_frames_nobody(log: Rotating, capsys: Any) -> None:
    folder = log.directory.parent
    for name in ("second", "third"):
        rotate(log, name)
    give_up_what_was(log)
    rotate(log, "fourth")
    key = vkey(log.forge.origin, public(log.forge.secret("third")))
    (folder / "trust.toml").write_text(log.forge.trust(policy=f"log {key}\nquorum none\n"))
    argv = ["log", str(log.directory), "--trust", str(folder / "trust.toml"), "--receipt", str(folder / "r")]
    for name, code in (("second", 2), ("third", 1), ("fourth", 1)):
        (folder / "r").write_text(receipt(log, name, bytes(32), log.forge.now_ms - 1000))
        assert cli.run(argv) == code


def test_beside_a_key_that_the_ledger_never_recorded_no_other_follows(log: Rotating) -> None:
    rotate(log, "second")
    stolen = log.forge.proof(2)
    give_up_what_was(log)
    log.switch("fifth")
    log.publish()
    trust = trust_in(log, "fifth")
    assert not held(log, log.forge.proof(2), trust).followed
    with pytest.raises(UnknownKey):
        held(log, stolen, trust)


def test_the_command(log: Rotating, capsys: Any) -> None:
    folder = log.directory.parent
    (folder / "trust.toml").write_text(log.forge.trust())
    rotate(log, "second")
    (folder / "p").write_bytes(log.forge.proof(2))
    argv = ["proof", str(folder / "p"), "--trust", str(folder / "trust.toml")]
    assert cli.run(argv) == 4
    assert "its ledger says so: add --ledger DIR|URL" in capsys.readouterr().out
    argv += ["--ledger", str(log.directory)]
    assert cli.run(argv) == 0
    said = f"  ledger      its {log.forge.size} entries begin with these; by a key that the log changed to\n"
    assert said in capsys.readouterr().out
    assert cli.run([*argv, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["ledger"]
    assert told == {"size": log.forge.size, "continues": True, "key_followed": True}
    (folder / "p").write_bytes(log.forge.proof(2, extra=log.forge.entries[1]))
    assert cli.run(argv) == 4
    assert "DIR|URL" not in capsys.readouterr().out
    (folder / "trust.toml").write_text(log.forge.trust(policy=str_policy(log, "second")))
    log.beat()
    (folder / "p").write_bytes(log.forge.proof(2))
    assert cli.run(argv) == 0
    assert "only" in capsys.readouterr().out


def str_policy(log: Rotating, name: str) -> str:
    return f"log {vkey(log.forge.origin, public(log.forge.secret(name)))}\nquorum none\n"
