"""From a directory to a verdict: a rejection is one, too, and what cannot be asked is none."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.forge import Forge, cosign_note, public, vkey
from tests.support.story import Story

from plimsoll_verify.audit import audit
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.errors import GenesisMismatch, Missing, PinMismatch, UsageError
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import Trust, parse_trust
from plimsoll_verify.verdict import verdict_json


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    for n in range(4):
        forge.advance(hours=1)
        model = forge.model(str(n))
        forge.statement("model-registered", [model], {"name": f"m-{n}"}, "eva", "evaluator")
    return forge


def trusting(forge: Forge, directory: Path, **trust: object) -> tuple[DirectorySource, Trust]:
    text = forge.publish(directory)
    if trust:
        text = forge.trust(**trust)  # type: ignore[arg-type]
    return DirectorySource(directory), parse_trust(text.encode())


def test_a_ledger_without_a_policy_is_indeterminate(forge: Forge, tmp_path: Path) -> None:
    verdict = audit(*trusting(forge, tmp_path))
    assert verdict.verdict == "indeterminate"
    assert verdict.error is None
    assert (verdict.log.size, verdict.log.root) == (8, forge.roots[-1])
    assert verdict.log.end_ms == forge.now_ms


def test_one_process_or_two_come_to_one_verdict(forge: Forge, tmp_path: Path) -> None:
    while forge.size < 900:
        forge.advance(minutes=1)
        forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    source, trust = trusting(forge, tmp_path)
    one, two = (verdict_json(audit(source, trust, workers=count)) for count in (1, 2))
    assert one == two
    assert len(one["subjects"]) == 4


def test_a_rejection_is_a_verdict(forge: Forge, tmp_path: Path) -> None:
    source, trust = trusting(forge, tmp_path)
    (tmp_path / "tile/entries/000.p/8").unlink()
    verdict = audit(source, trust)
    assert verdict.verdict == "rejected"
    assert isinstance(verdict.error, Missing)
    assert verdict.judgement is None
    assert verdict.log.size == 8
    (tmp_path / "checkpoint").unlink()
    verdict = audit(source, trust)
    assert (verdict.verdict, verdict.log.origin, verdict.log.size) == ("rejected", forge.origin, 0)


def test_another_genesis_and_another_pin_are_rejections(forge: Forge, tmp_path: Path) -> None:
    verdict = audit(*trusting(forge, tmp_path, genesis="0" * 64))
    assert isinstance(verdict.error, GenesisMismatch)
    other = vkey("eva", public(forge.secret("somebody else")))
    verdict = audit(*trusting(forge, tmp_path, persons={"eva": other}))
    assert isinstance(verdict.error, PinMismatch)
    assert audit(*trusting(forge, tmp_path, persons={"eva": forge.person("eva").vkey})).error is None


def test_the_state_after_an_entry(forge: Forge, tmp_path: Path) -> None:
    source, trust = trusting(forge, tmp_path)
    for at in range(4, 8):
        verdict = audit(source, trust, at=at)
        assert verdict.judgement is not None
        assert len(verdict.judgement.subjects) == at - 3
        assert verdict.judgement.end_ms == parse_time(forge.start) + (at - 3) * 3_600_000
        assert verdict.log.size == 8


def test_the_state_at_a_time(forge: Forge, tmp_path: Path) -> None:
    source, trust = trusting(forge, tmp_path)
    at_ms = parse_time(forge.start) + 2 * 3_600_000 + 7
    verdict = audit(source, trust, at_ms=at_ms)
    assert verdict.judgement is not None
    assert (len(verdict.judgement.subjects), verdict.judgement.end_ms) == (2, at_ms)
    assert audit(source, trust, at_ms=forge.now_ms).judgement == audit(source, trust).judgement


def test_what_comes_after_a_later_entry_is_not_of_the_time_before(tmp_path: Path) -> None:
    """The log's clock goes back between a permit and its approvals; nobody is blamed for half of that."""
    story = Story()
    story.advance(hours=1)
    size, at_ms = story.size, story.now_ms - 1
    permit = story.permit()
    story.advance(minutes=-30)
    story.approve(permit, "rso", "ceo")
    story.start_deployment()
    story.advance(hours=1)
    story.register("another")
    source, trust = trusting(story, tmp_path)
    judgement = audit(source, trust, workers=1, at_ms=at_ms).judgement
    assert judgement is not None
    assert (judgement.size, judgement.findings) == (size, ())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"at": 8}, "entry 8 is asked for, of a ledger with 8"),
        ({"at": -1}, "entry -1 is asked for"),
        ({"at_ms": 0}, "outside of the ledger"),
        ({"at_ms": 4_000_000_000_000}, "outside of the ledger"),
        ({"policy_override": b"{}"}, "the policy cannot be understood"),
        ({"policy_override": b"x"}, "the policy cannot be understood"),
    ],
)
def test_what_cannot_be_asked(forge: Forge, tmp_path: Path, asked: dict[str, int], message: str) -> None:
    source, trust = trusting(forge, tmp_path)
    with pytest.raises(UsageError, match=message):
        audit(source, trust, **asked)  # type: ignore[arg-type]


def test_the_proven_time_ends_the_judgement(forge: Forge, tmp_path: Path) -> None:
    at_s = forge.now_ms // 1000 + 86_400
    line = cosign_note(forge.checkpoint_text(), "w.example", forge.secret("w"), at_s)
    forge.publish(tmp_path, forge.checkpoint(cosigned=line))
    key = vkey("w.example", public(forge.secret("w")), 4)
    policy = f"log {forge.log_vkey}\nwitness w {key}\nquorum w\n"
    trust = parse_trust(forge.trust(policy=policy, max_age="1 day").encode())
    source = DirectorySource(tmp_path)
    fresh = audit(source, trust, now_ms=(at_s + 86_400) * 1000)
    stale = audit(source, trust, now_ms=(at_s + 86_401) * 1000)
    assert (fresh.log.end_ms, fresh.log.time_basis, fresh.log.witnesses) == (at_s * 1000, "witness", ("w",))
    assert fresh.judgement is not None
    assert fresh.judgement.end_ms == at_s * 1000
    assert len(stale.findings) == len(fresh.findings) + 1
    # After an entry that is not the last nothing is proven of the log's state but the entry's own time.
    earlier = audit(source, trust, at=5)
    assert earlier.judgement is not None
    assert earlier.judgement.end_ms == forge.now_ms - 2 * 3_600_000


def test_an_input_error_is_no_verdict(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, trust = trusting(forge, tmp_path)

    def fail(*_: object) -> bytes:
        raise OSError(5, "input/output error")

    monkeypatch.setattr(DirectorySource, "read", fail)
    with pytest.raises(OSError, match="input/output error"):
        audit(source, trust)


def test_the_ledgers_own_policy_finds_what_the_ledger_finds(tmp_path: Path) -> None:
    story = Story()
    story.advance(days=1)
    story.result(90)
    story.start_deployment()
    story.advance(days=90)
    story.lapse("base.locks")
    source, trust = trusting(story, tmp_path)
    own, other = (
        audit(source, trust, workers=1, policy_override=text)
        for text in (None, story.bodies[story.policy_entry])
    )
    assert own.judgement is not None
    assert other.judgement is not None
    assert (own.judgement.is_counterfactual, other.judgement.is_counterfactual) == (False, True)
    # Its document is no entry of the ledger then; all else is what it was.
    found = [
        [replace(one, entries=tuple({*one.entries} - {story.policy_entry})) for one in verdict.findings]
        for verdict in (own, other)
    ]
    assert found[0] == found[1] != []


def test_the_time_now_makes_a_ledger_stale_and_nothing_else(tmp_path: Path) -> None:
    story = Story()
    story.start_deployment()
    source, trust = trusting(story, tmp_path, max_age="1 day")
    first, *later = (
        audit(source, trust, workers=1, now_ms=story.now_ms + days * 86_400_000) for days in (0, 2, 4000)
    )
    assert "I06" not in {one.code for one in first.findings}
    for verdict in later:
        others = [replace(one, id="") for one in verdict.findings if one.code != "I06"]
        assert others == [replace(one, id="") for one in first.findings] != []
        assert len(verdict.findings) == len(others) + 1
