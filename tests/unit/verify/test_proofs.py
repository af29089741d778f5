"""Proof files: one entry in the log, told from two small files."""

import base64
from typing import Any

import pytest
from tests.support.forge import Forge, cosign_note, public, sign_note, vkey

from plimsoll_verify.errors import (
    BadSignature,
    GenesisMismatch,
    Inclusion,
    Malformed,
    Quorum,
    UnknownKey,
    VerificationError,
)
from plimsoll_verify.proofs import parse_proof, verify_proof
from plimsoll_verify.trust import parse_trust


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    forge.advance(hours=1)
    forge.statement("model-registered", [forge.model("m")], {"name": "m"}, "eva", "evaluator")
    return forge


def check(forge: Forge, proof: bytes, **trust: Any) -> Any:
    return verify_proof(proof, parse_trust(forge.trust(**trust).encode()))


def test_every_entry_can_be_proven(forge: Forge) -> None:
    for index in range(forge.size):
        report = check(forge, forge.proof(index))
        assert (report.index, report.size, report.root) == (index, forge.size, forge.roots[-1])
        assert report.statement_id == forge.ids[index].hex()
        assert not report.pinned


def test_a_report_says_what_is_recorded(forge: Forge) -> None:
    report = check(forge, forge.proof(4))
    assert report.origin == forge.origin
    assert (report.kind, report.subjects) == ("model-registered", (forge.model("m"),))
    assert (report.actor, report.role) == ("eva", "evaluator")
    assert report.time_ms == report.event_ms == forge.now_ms
    assert report.cosigned_s is None


def test_the_author_may_be_pinned(forge: Forge) -> None:
    assert check(forge, forge.proof(4), persons={"eva": forge.person("eva").vkey}).pinned
    other = vkey("eva", public(forge.secret("mallory")))
    with pytest.raises(BadSignature, match="one by another key"):
        check(forge, forge.proof(4), persons={"eva": other})
    wrong = bytes(31) + b"\x02" + bytes(32)
    index = forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator", sig=wrong)
    with pytest.raises(BadSignature, match="does not verify") as caught:
        check(forge, forge.proof(index), persons={"eva": forge.person("eva").vkey})
    assert caught.value.check == "pin"


def test_witnesses_count_here_as_well(forge: Forge) -> None:
    key = vkey("w.example", public(forge.secret("w")), 4)
    policy = f"log {forge.log_vkey}\nwitness w {key}\nquorum w\n"
    with pytest.raises(Quorum):
        check(forge, forge.proof(0), policy=policy)
    line = cosign_note(forge.checkpoint_text(), "w.example", forge.secret("w"), 1_800_000_000)
    proof = forge.proof(0, forge.checkpoint(cosigned=line))
    assert check(forge, proof, policy=policy).cosigned_s == 1_800_000_000


def test_a_proof_of_another_log_or_ledger(forge: Forge) -> None:
    other = Forge(seed="other")
    with pytest.raises(BadSignature):
        check(forge, forge.proof(0).replace(b"\n5\n", b"\n6\n"))
    with pytest.raises(UnknownKey):
        check(other, forge.proof(0))
    with pytest.raises(Malformed):
        verify_proof(forge.proof(0), parse_trust(Forge(origin="other.example").trust().encode()))
    for index in (0, 4):
        with pytest.raises(GenesisMismatch):
            check(forge, forge.proof(index), genesis="0" * 64)
    again = forge.write_genesis(ledger="0" * 64)
    with pytest.raises(GenesisMismatch):
        check(forge, forge.proof(again))
    twin = Forge(genesis=False)
    twin.statement("heartbeat", [twin.org()], {}, "root-1", "root", ledger=forge.ledger)
    with pytest.raises(GenesisMismatch):
        check(twin, twin.proof(0), genesis=forge.ledger)


@pytest.mark.parametrize(
    "overrides",
    [
        {"payload_type": "x"},
        {"envelope": {"signatures": []}},
        {"time": "x"},
        {"event_time": "x"},
        {"payload": b"x"},
        {"entry": lambda _: b"x"},
        {"statement": {"predicateType": "x"}},
        {"subject": [{"name": "org:acme.example/log", "digest": {"sha256": "0" * 64}}]},
    ],
    ids=range(8),
)
def test_an_entry_that_says_nothing_proves_nothing(forge: Forge, overrides: dict[str, Any]) -> None:
    index = forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator", **overrides)
    with pytest.raises(Malformed):
        check(forge, forge.proof(index))


def test_another_entry_or_place_is_not_proven(forge: Forge) -> None:
    with pytest.raises(Inclusion):
        check(forge, forge.proof(3, extra=forge.entries[4]))
    with pytest.raises(Inclusion):
        check(forge, forge.proof(3).replace(b"index 3", b"index 2"))
    with pytest.raises(Inclusion):
        check(forge, forge.proof(3).replace(b"index 3", b"index 9"))


def test_every_byte_of_a_proof_counts(forge: Forge) -> None:
    proof = forge.proof(3)
    parsed = parse_trust(forge.trust().encode())
    for place in range(len(proof)):
        wrong = bytearray(proof)
        wrong[place] ^= 0x01
        with pytest.raises(VerificationError):
            verify_proof(bytes(wrong), parsed)


HASH = base64.b64encode(bytes(32)).decode()
HEAD = "c2sp.org/tlog-proof@v1\nextra eA==\nindex 3\n"


def test_a_proof_in_its_parts() -> None:
    proof = parse_proof(f"{HEAD}{HASH}\n\nnote\n\nlines\n".encode())
    assert (proof.entry, proof.index, proof.hashes) == (b"x", 3, (bytes(32),))
    assert proof.checkpoint == b"note\n\nlines\n"
    assert parse_proof(f"{HEAD}\nnote".encode()).hashes == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with"),
        ("c2sp.org/tlog-proof@v2\nextra eA==\nindex 3\n\nnote", "begins with"),
        (HEAD, "begins with"),
        ("c2sp.org/tlog-proof@v1\nindex 3\n\nnote", "a line `extra`"),
        ("c2sp.org/tlog-proof@v1\nextra eA==\n\nnote", "a line `extra`"),
        ("c2sp.org/tlog-proof@v1\nindex 3\nextra eA==\n\nnote", "a line `extra`"),
        (f"{HEAD.replace('eA==', 'eB==')}\nnote", "base64"),
        (f"{HEAD.replace('eA==', base64.b64encode(bytes(65_536)).decode())}\nnote", "at most 65535 bytes"),
        (f"{HEAD.replace('index 3', 'index 03')}\nnote", "decimal"),
        (f"{HEAD.replace('index 3', 'index  3')}\nnote", "decimal"),
        (f"{HEAD}AAAA\n\nnote", "32 bytes"),
        (f"{HEAD}{HASH} \n\nnote", "base64"),
        (f"{HEAD}{f'{HASH}{chr(10)}' * 64}\nnote", "at most 63 hashes"),
        (HEAD.replace("eA==", "\u00e9") + "\nnote", "ascii"),
        ("x" * (256 * 1024 + 1), "at most 262144 bytes"),
    ],
)
def test_other_files_are_malformed(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_proof(text.encode())


def test_a_checkpoint_by_a_stranger(forge: Forge) -> None:
    text = forge.checkpoint_text()
    note = f"{text}\n{sign_note(text, forge.origin, forge.secret('mallory'))}"
    with pytest.raises(UnknownKey):
        check(forge, forge.proof(0, note))
