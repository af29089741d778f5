"""Witnesses with ML-DSA-44 in the verifier: what is checked, what is not there, and what is then said."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from tests.support.forge import Forge, cosign_note, public, vkey
from tests.support.mldsa import ml_cosign, ml_public, ml_seed, ml_sign, ml_vkey

from plimsoll_verify import cli, mldsa
from plimsoll_verify.audit import audit
from plimsoll_verify.cosigned import message_with_name
from plimsoll_verify.errors import BadSignature, Malformed, Quorum
from plimsoll_verify.logpolicy import parse_log_policy, verify_quorum
from plimsoll_verify.note import COSIGNATURE_ML_DSA, parse_note, parse_vkey, unchecked, verify_note
from plimsoll_verify.proofs import verify_proof
from plimsoll_verify.report import format_report
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict, verdict_json

SEED = ml_seed("verify")
NAME = "pq.example"
KEY = parse_vkey(ml_vkey(NAME, SEED), "c", COSIGNATURE_ML_DSA)
MODULE = "cryptography.hazmat.primitives.asymmetric.mldsa"
AT_S = 1_800_000_000


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    return forge


def policy(forge: Forge, quorum: str = "quorum pq\n") -> str:
    """Return a policy of a witness with both kinds of keys."""
    lines = f"witness pq {ml_vkey(NAME, SEED)}\nwitness ed {vkey(NAME, public(forge.secret('w')), 4)}\n"
    return f"log {forge.log_vkey}\n{lines}{quorum}"


def judged(forge: Forge, tmp_path: Path, lines: str, quorum: str = "quorum pq\n") -> Verdict:
    trust = forge.publish(tmp_path, forge.checkpoint(cosigned=lines), policy=policy(forge, quorum))
    return audit(DirectorySource(tmp_path), parse_trust(trust.encode()), workers=1)


def by_both(forge: Forge) -> str:
    text = forge.checkpoint_text()
    return cosign_note(text, NAME, forge.secret("w"), AT_S - 5) + ml_cosign(text, NAME, SEED, AT_S)


def test_such_a_witness_proves_the_time(forge: Forge, tmp_path: Path) -> None:
    verdict = judged(forge, tmp_path, ml_cosign(forge.checkpoint_text(), NAME, SEED, AT_S))
    assert (verdict.log.time_basis, verdict.log.end_ms) == ("witness", AT_S * 1000)
    assert (verdict.log.witnesses, verdict.log.unchecked) == (("pq",), ())
    assert "NOT CHECKED" not in format_report(verdict)


def test_both_kinds_of_one_witness_are_named_and_count_once(forge: Forge, tmp_path: Path) -> None:
    quorum = "group g any pq ed\nquorum g\n"
    verdict = judged(forge, tmp_path, by_both(forge), quorum)
    assert (verdict.log.witnesses, verdict.log.proven_ms) == (("ed", "pq"), AT_S * 1000)


@pytest.mark.parametrize("absent", ["cryptography.exceptions", MODULE])
def test_without_the_extra_it_counts_for_nothing_and_is_told(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    lines = by_both(forge)
    monkeypatch.setitem(sys.modules, absent, None)
    refused = judged(forge, tmp_path, lines)
    assert refused.error is not None
    told = "cosignatures by ed; those with ML-DSA-44 were not checked"
    assert (refused.error.check, refused.error.actual) == ("quorum", told)
    assert refused.error.hint == "pip install 'plimsoll-verify[mldsa]'"
    # The other kind is enough here. That one was not looked at is said all the same.
    found = judged(forge, tmp_path, lines, "group g any pq ed\nquorum g\n")
    assert (found.log.witnesses, found.log.unchecked) == (("ed",), ("pq",))
    assert found.log.proven_ms == (AT_S - 5) * 1000
    assert verdict_json(found)["log"]["unchecked_witnesses"] == ["pq"]
    said = "ML-DSA-44 COSIGNATURES NOT CHECKED: by pq; pip install 'plimsoll-verify[mldsa]'"
    assert said in format_report(found)


def test_without_the_extra_a_false_one_counts_for_nothing_either(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ml_cosign(forge.checkpoint_text(origin="other.example/log"), NAME, SEED, AT_S)
    assert judged(forge, tmp_path, lines, "quorum none\n").verdict == "rejected"
    monkeypatch.setitem(sys.modules, MODULE, None)
    verdict = judged(forge, tmp_path, lines, "quorum none\n")
    assert (verdict.log.witnesses, verdict.log.unchecked) == ((), ("pq",))
    assert verdict.log.time_basis == "log-claim"
    assert judged(forge, tmp_path, lines).verdict == "rejected"


def test_a_library_without_the_algorithm_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lacking:
        @staticmethod
        def from_public_bytes(_: bytes) -> None:
            raise UnsupportedAlgorithm("not supported")

    assert mldsa.is_available()
    monkeypatch.setattr(sys.modules[MODULE], "MLDSA44PublicKey", Lacking)
    assert not mldsa.is_available()
    with pytest.raises(mldsa.NoExtra, match="lacks ML-DSA-44"):
        mldsa.verify_signature(KEY.key, b"", bytes(2420), "c")


def test_the_extra_is_not_looked_for_where_no_such_key_is(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked() -> bool:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr(mldsa, "is_available", looked)
    monkeypatch.setitem(sys.modules, MODULE, None)
    text = forge.checkpoint_text()
    line = cosign_note(text, NAME, forge.secret("w"), AT_S) + ml_cosign(text, NAME, ml_seed("stranger"), AT_S)
    keys = f"witness ed {vkey(NAME, public(forge.secret('w')), 4)}\n"
    trust = forge.publish(
        tmp_path, forge.checkpoint(cosigned=line), policy=f"log {forge.log_vkey}\n{keys}quorum ed\n"
    )
    verdict = audit(DirectorySource(tmp_path), parse_trust(trust.encode()), workers=1)
    assert (verdict.log.witnesses, verdict.log.unchecked) == (("ed",), ())
    with pytest.raises(Quorum) as caught:
        verify_quorum(parse_trust(trust.encode()).log_policy, [])
    assert caught.value.hint == ""


def test_a_known_key_of_which_a_note_has_no_line_is_not_unchecked(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = forge.checkpoint_text()
    with_line = parse_note(forge.checkpoint(cosigned=ml_cosign(text, NAME, SEED, AT_S)).encode(), "c")
    without = parse_note(forge.checkpoint().encode(), "c")
    assert unchecked(with_line, (KEY,)) == ()
    monkeypatch.setitem(sys.modules, MODULE, None)
    assert unchecked(without, (KEY,)) == ()
    assert unchecked(with_line, (KEY,)) == (KEY,)
    assert verify_note(with_line, (KEY,), "c") == ()


def test_what_an_author_had_seen_bounds_times_where_it_can_be_read(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = forge.size
    quoted = forge.checkpoint(cosigned=ml_cosign(forge.checkpoint_text(), NAME, SEED, forge.now_ms // 1000))
    forge.advance(hours=1)
    forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator", seen=quoted)
    lines = by_both(forge)

    def below(quorum: str) -> int:
        found = judged(forge, tmp_path, lines, quorum)
        assert found.judgement is not None
        return found.judgement.coverage.below

    either = "group g any pq ed\nquorum g\n"
    assert (forge.size, below("quorum pq\n"), below(either), below("quorum ed\n")) == (size + 1, 1, 1, 0)
    monkeypatch.setitem(sys.modules, MODULE, None)
    assert below(either) == 0


def test_a_proof_is_under_such_a_quorum_too(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    note = forge.checkpoint(cosigned=ml_cosign(forge.checkpoint_text(), NAME, SEED, AT_S))
    trust = parse_trust(forge.trust(policy=policy(forge)).encode())
    assert verify_proof(forge.proof(2, note), trust).cosigned_s == AT_S
    monkeypatch.setitem(sys.modules, MODULE, None)
    with pytest.raises(Quorum) as caught:
        verify_proof(forge.proof(2, note), trust)
    assert "plimsoll-verify[mldsa]" in caught.value.hint


def test_what_is_signed_is_a_checkpoint_of_a_name_that_fits() -> None:
    root = "A" * 43 + "="
    assert len(message_with_name(NAME, f"{'o' * 255}\n7\n{root}\n", 0, "c")) == 12 + 11 + 8 + 256 + 48
    with pytest.raises(Malformed, match="at most 255 bytes"):
        message_with_name(NAME, f"{'o' * 256}\n7\n{root}\n", 0, "c")
    line = ml_cosign(f"o\n7\n{root}\n", NAME, SEED, AT_S)
    for text in ("o\n", "o\n7\n", f"o\n07\n{root}\n", f"o\n7\n{root[:-1]}\n"):
        with pytest.raises(Malformed):
            verify_note(parse_note(f"{text}\n{line}".encode(), "c"), (KEY,), "c")


def test_a_signature_is_of_one_length() -> None:
    good = ml_sign(SEED, b"message")
    assert mldsa.verify_signature(ml_public(SEED), b"message", good, "c") == b"message"
    for signature in (good[:-1], good + b"\0", b""):
        with pytest.raises(BadSignature, match=f"{len(signature)} bytes"):
            mldsa.verify_signature(ml_public(SEED), b"message", signature, "c")
    with pytest.raises(BadSignature, match="does not verify"):
        mldsa.verify_signature(ml_public(SEED), b"massage", good, "c")


def test_a_trust_file_is_shown_with_the_digest_of_such_a_key(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(forge.trust(policy=policy(forge)))
    digest = hashlib.sha256(ml_public(SEED)).hexdigest()
    told = f"count for nothing here without {mldsa.EXTRA}"
    assert cli.run(["trust", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"witness      pq: {KEY.key_id.hex()} ML-DSA-44, SHA-256 {digest}\n" in out
    assert f" {public(forge.secret('w')).hex()}\n" in out
    assert told not in out
    monkeypatch.setitem(sys.modules, MODULE, None)
    assert cli.run(["trust", str(path)]) == 0
    assert told in capsys.readouterr().out
    assert cli.run(["--json", "trust", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["witnesses"]["pq"]["key"] == ml_public(SEED).hex()


def test_what_a_watcher_settled_without_the_extra_is_settled_anew(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, none = parse_log_policy(policy(forge)), parse_log_policy(f"log {forge.log_vkey}\nquorum none\n")
    before = found.digest, none.digest
    assert not found.lacks_extra()
    monkeypatch.setitem(sys.modules, MODULE, None)
    assert found.lacks_extra()
    assert not none.lacks_extra()
    assert found.digest != before[0]
    assert none.digest == before[1]
