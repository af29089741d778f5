"""The public record: the same facts give the same ledger, and nothing in it is called a violation."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from plimsoll_verify.audit import audit
from plimsoll_verify.bodies import BroughtForward
from plimsoll_verify.explain import read_records
from plimsoll_verify.log import Log
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict

PLACE = Path(__file__).parents[2] / "examples" / "public-record"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reconstruct", PLACE / "reconstruct.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return audit(DirectorySource(PLACE / "public"), parse_trust((PLACE / "trust.toml").read_bytes()))


def test_the_same_facts_give_the_same_bytes(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert script.reconstruct(tmp_path) > 70

    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted((folder / "public").rglob("*"))
            if path.is_file()
        }

    assert files(tmp_path) == files(PLACE), "run: python examples/public-record/reconstruct.py"
    assert (tmp_path / "trust.toml").read_text() == (PLACE / "trust.toml").read_text()


def test_nothing_that_the_record_does_not_hold_is_called_a_violation(verdict: Verdict) -> None:
    assert verdict.verdict == "indeterminate"
    assert {one.level for one in verdict.findings} <= {"indeterminate", "finding"}


def test_the_policies_of_the_time_judge(verdict: Verdict) -> None:
    assert verdict.judgement is not None
    (versions,) = verdict.judgement.histories
    assert [one.policy.version for one in versions.all] == ["1.0", "2.0", "2.1", "2.2"]
    assert [segment.version.policy.version for segment in versions.segments] == ["1.0", "2.0", "2.1", "2.2"]


def test_what_was_determined_is_what_is_shown(verdict: Verdict) -> None:
    assert verdict.judgement is not None
    states = {
        one.name: one.pictures[0][1].standing().thresholds["cbrn-3"] for one in verdict.judgement.subjects
    }
    assert states == {
        "Claude 3.7 Sonnet": "ruled_out",
        "Claude Opus 4": "crossed",
        "Claude Sonnet 4": "ruled_out",
        "Claude Sonnet 4.5": "crossed",
        "Claude Haiku 4.5": "ruled_out",
    }
    opus = next(one for one in verdict.judgement.subjects if one.name == "Claude Opus 4")
    standing = opus.pictures[0][1].standing()
    assert {"asl-3-security", "asl-3-deployment"} <= set(standing.needed) & set(standing.in_force)


def test_every_entry_is_a_claim_that_cites_its_source(verdict: Verdict) -> None:
    facts = json.loads((PLACE / "facts.json").read_text(encoding="utf-8"))
    sources = {event["src"] for event in facts["events"]}
    trust = parse_trust((PLACE / "trust.toml").read_bytes())
    log = Log(trust.origin, trust.genesis, verdict.log.size, verdict.log.root)
    records = read_records(DirectorySource(PLACE / "public"), log, range(1, verdict.log.size))
    cited = set()
    for record in records.values():
        assert isinstance(record.body, BroughtForward)
        label, _, source = str(record.body.source).partition(": ")
        assert label == "public-record reconstruction"
        cited.add(source)
    assert cited == sources
