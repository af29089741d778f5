"""Cosignatures as bounds: of what authors had seen from below, of retained checkpoints from above."""

from pathlib import Path

import pytest
from tests.support.forge import Forge, cosign_note, public, vkey, write_files

from plimsoll_verify.audit import audit
from plimsoll_verify.logpolicy import parse_log_policy, seen_since, there_by
from plimsoll_verify.note import Signed
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict

DAY = 86_400_000


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    beat(forge)
    return forge


def beat(forge: Forge, **overrides: object) -> int:
    forge.advance(days=1)
    return forge.statement("heartbeat", [forge.org()], {}, "root-1", "root", **overrides)


def policy_of(forge: Forge, quorum: str = "group g 2 a b c\nquorum g") -> str:
    keys = "".join(f"witness {n} {vkey(f'{n}.example', public(forge.secret(n)), 4)}\n" for n in "abc")
    return f"log {forge.log_vkey}\n{keys}{quorum}\n"


def cosigned(forge: Forge, size: int, **at_ms: int) -> str:
    """A checkpoint, cosigned by the witnesses a, b, c at times."""
    text = forge.checkpoint_text(size)
    lines = [
        cosign_note(text, f"{name}.example", forge.secret(name), at // 1000) for name, at in at_ms.items()
    ]
    return forge.checkpoint(size, cosigned="".join(lines))


def verdict_of(forge: Forge, directory: Path, policy: str | None = None) -> Verdict:
    """Publish under a checkpoint that all witnesses cosigned now, and judge."""
    newest = cosigned(forge, forge.size, a=forge.now_ms, b=forge.now_ms)
    forge.publish(directory, newest)
    trust = parse_trust(forge.trust(policy=policy or policy_of(forge)).encode())
    return audit(DirectorySource(directory), trust, workers=1)


def impossible(verdict: Verdict) -> list[tuple[tuple[int, ...], str]]:
    return [(one.entries, one.message) for one in verdict.findings if one.code == "V28"]


def coverage(verdict: Verdict) -> tuple[int, int, int | None]:
    assert verdict.judgement is not None
    found = verdict.judgement.coverage
    return found.above, found.below, found.widest_ms


# -- from below


def test_a_cosigned_checkpoint_that_was_seen_bounds_all_that_follows(forge: Forge, tmp_path: Path) -> None:
    beat(forge)
    beat(forge, seen=cosigned(forge, 2, a=forge.now_ms, c=forge.now_ms - 5000))
    beat(forge)
    verdict = verdict_of(forge, tmp_path)
    assert impossible(verdict) == []
    # Entries 3 and 4, up to two days after what the author of 3 had seen, in whole seconds.
    assert coverage(verdict) == (5, 2, 2 * DAY + 5000)
    assert verdict.log.time_basis == "witness"


def test_v28_an_entry_that_is_dated_before_what_its_author_had_seen(forge: Forge, tmp_path: Path) -> None:
    beat(forge)
    later = forge.now_ms + 10 * DAY
    index = beat(forge, seen=cosigned(forge, 2, a=later, b=later))
    beat(forge)
    forge.advance(days=30)
    ((entries, message),) = impossible(verdict_of(forge, tmp_path))
    assert entries == (index, index + 1)
    assert "what the author of entry 3, or of one before it, had seen was cosigned only later" in message


@pytest.mark.parametrize(("ahead_ms", "count"), [(60_000, 0), (61_000, 1)])
def test_a_witness_may_be_a_minute_ahead(forge: Forge, tmp_path: Path, ahead_ms: int, count: int) -> None:
    at = forge.now_ms + DAY + ahead_ms
    beat(forge, seen=cosigned(forge, 2, a=at, b=at))
    forge.advance(days=1)
    assert len(impossible(verdict_of(forge, tmp_path))) == count


def test_v28_an_act_before_what_its_author_had_seen_was_cosigned(forge: Forge, tmp_path: Path) -> None:
    """The entries' own times are all those of long ago; the cosignature tells that the act is not."""
    forge.advance(days=1)
    person = forge.person("eva")
    seen = cosigned(forge, 2, a=forge.now_ms, b=forge.now_ms)
    body = {"person": "eva"}
    at = forge.now(-61_000)
    index = forge.statement("person", ["person:eva"], body, "root-1", "root", seen=seen, event_time=at)
    ((entries, message),) = impossible(verdict_of(forge, tmp_path))
    assert entries == (index,)
    assert "when witnesses cosigned what its author had seen" in message
    assert person.id == "eva"


@pytest.mark.parametrize("spoil", ["one of two", "no quorum asked", "a bad cosignature", "another log's"])
def test_what_no_quorum_cosigned_bounds_nothing(forge: Forge, tmp_path: Path, spoil: str) -> None:
    """One witness alone, with its clock ahead, cannot make an honest log look dishonest."""
    later = forge.now_ms + 10 * DAY
    policy = None
    note = cosigned(forge, 2, a=later, b=later)
    match spoil:
        case "one of two":
            note = cosigned(forge, 2, b=later)
        case "no quorum asked":
            policy = policy_of(forge, "quorum none")
        case "a bad cosignature":
            text = forge.checkpoint_text(2)
            note += cosign_note(text + "x", "c.example", forge.secret("c"), later // 1000)
        case _:
            other = Forge(origin="other.example/log")
            note = cosigned(other, 1, a=later, b=later)
    beat(forge, seen=note)
    verdict = verdict_of(forge, tmp_path, policy)
    assert impossible(verdict) == []
    assert coverage(verdict)[1] == 0


# -- from above


def test_v28_a_retained_checkpoint_was_cosigned_before_its_entries_say(forge: Forge, tmp_path: Path) -> None:
    forge.retained[2] = cosigned(forge, 2, a=forge.now_ms - DAY, b=forge.now_ms, c=forge.now_ms - DAY)
    beat(forge)
    ((entries, message),) = impossible(verdict_of(forge, tmp_path))
    assert entries == (1,)
    assert "others had seen entry 1 at 2026-01-01T00:00:00.000Z" in message


def test_one_witness_alone_cannot_make_a_log_look_dishonest(forge: Forge, tmp_path: Path) -> None:
    forge.retained[2] = cosigned(forge, 2, a=forge.now_ms - DAY, b=forge.now_ms)
    beat(forge)
    assert impossible(verdict_of(forge, tmp_path)) == []


def test_a_bad_cosignature_of_a_known_witness_rejects_a_retained_one(forge: Forge, tmp_path: Path) -> None:
    forge.retained[2] = forge.checkpoint(2, cosigned=cosign_note("x\n", "a.example", forge.secret("a"), 1))
    verdict = verdict_of(forge, tmp_path)
    assert verdict.error is not None
    assert verdict.error.check == "retained"


# -- quorums in time


@pytest.mark.parametrize(
    ("quorum", "times", "by", "since"),
    [
        ("quorum none", {"a": [5]}, None, None),
        ("quorum a", {}, None, None),
        ("quorum a", {"b": [5]}, None, None),
        ("quorum a", {"a": [5, 9, 7]}, 5, 9),
        ("group g any a b\nquorum g", {"a": [5], "b": [9]}, 5, 9),
        ("group g all a b\nquorum g", {"a": [5], "b": [9]}, 9, 5),
        ("group g 2 a b c\nquorum g", {"a": [5], "b": [9], "c": [7]}, 7, 7),
        ("group g 2 a b c\nquorum g", {"a": [5, 8], "b": [9], "c": [7]}, 7, 8),
        ("group g 2 a b c\nquorum g", {"c": [7]}, None, None),
    ],
)
def test_by_when_and_since_when_a_quorum_cosigned(
    quorum: str, times: dict[str, list[int]], by: int | None, since: int | None
) -> None:
    forge = Forge()
    policy = parse_log_policy(policy_of(forge, quorum))
    signed = [Signed(policy.witnesses[name], at) for name, all_at in times.items() for at in all_at]
    signed.append(Signed(policy.logs[0], None))
    assert (there_by(policy, signed), seen_since(policy, signed)) == (by, since)


def test_workers_know_the_witnesses(tmp_path: Path) -> None:
    forge = Forge()
    note = ""
    while forge.size < 600:
        forge.advance(minutes=1)
        if forge.size == 300:
            note = cosigned(forge, 300, a=forge.now_ms, b=forge.now_ms)
        seen = {"seen": note} if forge.size == 300 else {}
        forge.statement("heartbeat", [forge.org()], {}, "root-1", "root", **seen)
    write_files(tmp_path, forge.files(cosigned(forge, 600, a=forge.now_ms, b=forge.now_ms)))
    trust = parse_trust(forge.trust(policy=policy_of(forge)).encode())
    for workers in (1, 2):
        verdict = audit(DirectorySource(tmp_path), trust, workers=workers)
        assert coverage(verdict) == (600, 300, 299 * 60_000)
