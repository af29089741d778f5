"""The company that runs the log plays with what shows things: measurements, plans, and files of evidence.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.attacks.telling import beat
from tests.support.language import BYPASS
from tests.support.story import COMMIT, Story, one, policy_with

from plimsoll_verify import evidence
from plimsoll_verify.audit import audit
from plimsoll_verify.cli import main
from plimsoll_verify.evidence import Evidence, Looked
from plimsoll_verify.report import format_report
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict, verdict_json

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01 = "V01 violation"
TASK = {"name": "bypass", "version": "1"}


# -- efficacy, not presence


def measured_policy(**changes: Any) -> dict[str, Any]:
    """Return a policy by which the filters have to be measured on each surface."""
    criteria = policy_with()["standards"]["high-dep"]["criteria"]["filters"]
    del criteria["good_for"]
    return policy_with(
        gates=[],
        baseline=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
        tests={"virology": policy_with()["tests"]["virology"], "bypass": BYPASS},
        **{"standards__high-dep__criteria__filters": {**criteria, "measured_by": "bypass"}},
        **changes,
    )


def bypass(story: Story, k: int, surface: str = "api", **more: Any) -> int:
    """Record how many of 200 attempts got past the filters of a surface."""
    scores = [
        {
            "scorer": "judge", "reducer": "mean", "metric": "rate", "value": "0",
            "count": {"k": k, "n": 200},
        }
    ]  # fmt: skip
    where = {"surface": surface} if surface else {}
    body = {"task": TASK, "scores": scores, **where, **more.pop("body", {})}
    return story.result(k, 200, body=body, **more)


def protected(document: dict[str, Any] | None = None) -> Story:
    """A model that is deployed on api behind filters which were attested and measured."""
    story = Story(document or measured_policy())
    bypass(story, 1)
    story.filters()
    story.start_deployment()
    story.advance(days=10)
    return story


def test_filters_that_are_measured_in_time_are_in_force(codes: Codes) -> None:
    story = protected()
    beat(story)
    assert codes(story) == []


def test_filters_are_there_and_nobody_measured_them(audited: Audited) -> None:
    story = Story(measured_policy())
    attested = story.filters()
    story.start_deployment()
    finding = one(audited(story).findings, "V01")
    assert (finding.level, finding.because) == ("violation", ())
    assert "was not measured for this" in finding.message
    assert attested not in finding.entries


def test_filters_were_measured_on_another_surface(codes: Codes) -> None:
    story = Story(measured_policy())
    bypass(story, 1, "web")
    story.filters()
    story.start_deployment()
    assert codes(story) == [V01]


def test_filters_are_got_past_and_stay(audited: Audited) -> None:
    story = Story(measured_policy())
    good = bypass(story, 1)
    story.filters()
    story.start_deployment()
    story.advance(days=10)
    bad = bypass(story, 60)
    story.advance(days=1)
    better = bypass(story, 0)
    finding = one(audited(story).findings, "V01")
    assert (finding.from_index, finding.ended_by) == (None, "cured")
    assert [(cause.code, cause.entries) for cause in finding.because] == [("V11", (good, bad))]
    assert "speaks against high-dep.filters" in finding.message
    assert better > bad


def test_a_bad_measurement_without_a_surface_is_one_of_every_surface(codes: Codes) -> None:
    story = protected()
    bypass(story, 60, "")
    beat(story)
    assert codes(story) == [V01]


def test_a_measurement_is_not_good_for_ever(audited: Audited) -> None:
    story = protected()
    story.advance(days=200)
    beat(story)
    finding = one(audited(story).findings, "V01")
    assert [cause.code for cause in finding.because] == ["V11"]
    assert "has run out" in finding.message


def test_a_measurement_that_is_recorded_once_it_has_run_out_is_none(codes: Codes) -> None:
    story = Story(measured_policy())
    story.filters()
    begun = story.now()
    story.advance(days=200)
    bypass(story, 1, event_time=begun, body={"started": begun, "completed": begun})
    story.start_deployment()
    assert V01 in codes(story)


def test_a_good_measurement_is_withheld(audited: Audited) -> None:
    story = Story(measured_policy())
    story.bodies[bypass(story, 1)] = b""
    story.filters()
    story.start_deployment()
    found = {finding.level for finding in audited(story).findings if finding.code == "V01"}
    assert found == {"indeterminate"}


def test_a_measurement_of_the_whole_system_does_for_what_has_no_surface(codes: Codes) -> None:
    criteria = {"text": "t", "for_each": ["model"], "attested_by": "security", "measured_by": "bypass"}
    document = measured_policy()
    document["standards"]["high-dep"]["criteria"] = {"filters": criteria}
    story = Story(document)
    bypass(story, 1, "")
    story.attest("high-dep.filters", "red-team", about=story.m)
    story.start_deployment()
    assert codes(story) == []
    bypass(story, 60, "web")
    beat(story)
    assert codes(story) == [V01]


def test_a_plan_for_one_surface_is_none_for_another(codes: Codes) -> None:
    document = measured_policy(tests__bypass={**BYPASS, "needs": {"planned_first": "true"}})
    for surface, expected in (("api", []), ("web", [V01])):
        story = Story(document)
        plan = story.plan(task=TASK, surface=surface)
        story.advance(ms=1)
        bypass(story, 1, plan=plan)
        story.filters()
        story.start_deployment()
        assert codes(story) == expected


# -- runs that were planned


PLANS = {"late_after": "2 days", "plans": {"close_within": "2 weeks"}}


def test_a_run_disappears(audited: Audited) -> None:
    story = Story(policy_with(record_rules=PLANS))
    plan = story.plan()
    story.advance(days=20)
    beat(story)
    verdict = audited(story)
    finding = one(verdict.findings, "V30")
    assert (verdict.verdict, finding.level, finding.ended_by) == ("indeterminate", "indeterminate", "open")
    assert plan in finding.entries


@pytest.mark.parametrize("status", ["error", "cancelled", "success"])
def test_any_end_of_a_run_accounts_for_it(codes: Codes, status: str) -> None:
    story = Story(policy_with(record_rules=PLANS))
    plan = story.plan()
    story.advance(days=10)
    story.result(10, plan=plan, body={"status": status})
    story.advance(days=10)
    beat(story)
    assert codes(story) == []
    # And what came to nothing rules nothing out.
    states = story.judge().subjects[0]
    assert states.id == story.m


def test_a_run_is_accounted_for_late(audited: Audited) -> None:
    story = Story(policy_with(record_rules=PLANS))
    plan = story.plan()
    story.advance(days=20)
    late = story.result(10, plan=plan, body={"status": "error"})
    finding = one(audited(story).findings, "V30")
    assert (finding.level, finding.ended_by, finding.to_index) == ("finding", "cured", late)


@pytest.mark.parametrize(("late_ms", "expected"), [(-1, []), (0, ["V30 indeterminate"])])
def test_a_run_is_unaccounted_for_from_the_very_end_of_its_time(
    codes: Codes, late_ms: int, expected: list[str]
) -> None:
    story = Story(policy_with(record_rules=PLANS))
    story.plan()
    story.advance(days=14, ms=late_ms)
    beat(story)
    assert codes(story) == expected
    story.result(10, plan=story.size - 2)
    assert codes(story) == []


def test_a_result_of_another_run_accounts_for_nothing(codes: Codes) -> None:
    story = Story(policy_with(record_rules=PLANS))
    story.plan()
    other = story.plan()
    story.advance(ms=1)
    story.result(10, plan=other)
    story.advance(days=20)
    beat(story)
    assert codes(story) == ["V30 indeterminate"]


# -- evidence that has to be kept


KEPT = {"late_after": "2 days", "retention": {"evidence": "1 year"}}
FILE = {"name": "run.json", "sha256": "ab" * 32, "size": 10}


def test_evidence_is_erased_before_its_term(audited: Audited) -> None:
    story = Story(policy_with(record_rules=KEPT))
    kept = story.result(10, body={"evidence": [FILE]})
    report = story.say("security", "report", [story.org()], {"type": "risk", "cites": [], "document": FILE})
    story.advance(days=100)
    erased = story.say("rso", "erasure", [story.org()], {"digests": ["ab" * 32]})
    verdict = audited(story)
    finding = one(verdict.findings, "V32")
    assert (verdict.verdict, finding.level) == ("indeterminate", "indeterminate")
    assert {kept, report, erased} <= set(finding.entries)
    assert "and 1 more" in finding.message


def test_evidence_is_erased_after_its_term(codes: Codes) -> None:
    story = Story(policy_with(record_rules=KEPT))
    story.say("security", "report", [story.org()], {"type": "risk", "cites": [], "document": FILE})
    story.advance(days=366)
    story.say("rso", "erasure", [story.org()], {"digests": ["ab" * 32, "cd" * 32]})
    assert codes(story) == []


def test_an_erasure_is_dated_back_into_a_time_without_rule(codes: Codes) -> None:
    story = Story(policy_with(record_rules=KEPT))
    story.say("security", "report", [story.org()], {"type": "risk", "cites": [], "document": FILE})
    story.say(
        "rso", "erasure", [story.org()], {"digests": ["ab" * 32]}, event_time="2020-01-01T00:00:00.000Z"
    )
    assert codes(story) == ["V28 finding", "V32 indeterminate"]


# -- figures against files


def run_log(right: int, wrong: int) -> bytes:
    """Return an Inspect log of a run."""
    samples = [
        {"id": number, "epoch": 1, "scores": {"includes": {"value": "C" if number < right else "I"}}}
        for number in range(right + wrong)
    ]
    return json.dumps({"version": 2, "eval": {}, "samples": samples}).encode()


def filed(data: bytes, folder: Path, name: str = "run.json") -> dict[str, Any]:
    """Keep a file under its digest, as a ledger home does; returns how statements name it."""
    digest = hashlib.sha256(data).hexdigest()
    (folder / digest[:2]).mkdir(parents=True, exist_ok=True)
    (folder / digest[:2] / digest).write_bytes(data)
    return {"name": name, "sha256": digest, "size": len(data)}


def audited_with(story: Story, tmp_path: Path) -> Verdict:
    """Publish a story, and judge it with the evidence that was filed."""
    text = story.publish(tmp_path / "public")
    source = DirectorySource(tmp_path / "public")
    return audit(source, parse_trust(text.encode()), workers=1, evidence=Evidence(tmp_path / "evidence"))


def test_figures_that_are_those_of_the_evidence(tmp_path: Path) -> None:
    story = Story()
    file = filed(run_log(10, 90), tmp_path / "evidence")
    plan = story.plan()
    story.advance(ms=1)
    story.result(10, plan=plan, body={"evidence": [file]})
    verdict = audited_with(story, tmp_path)
    assert (verdict.verdict, verdict.evidence) == ("compliant", Looked(given=1, recounted=1))
    assert "1 figures counted anew" in format_report(verdict, color=False, subject=None)
    described = verdict_json(verdict)
    assert described["evidence"] == {"given": 1, "missing": 0, "recounted": 1, "left": 0}


def test_a_figure_is_better_than_its_evidence(tmp_path: Path) -> None:
    story = Story()
    file = filed(run_log(60, 40), tmp_path / "evidence")
    plan = story.plan()
    story.advance(ms=1)
    better = story.result(10, plan=plan, body={"evidence": [file]})
    finding = one(audited_with(story, tmp_path).findings, "V29")
    assert (finding.level, finding.entries, finding.subject) == ("violation", (better,), story.m)
    assert "its own evidence has 60 of 100" in finding.message


def test_another_file_is_handed_over(tmp_path: Path) -> None:
    story = Story()
    file = filed(run_log(60, 40), tmp_path / "evidence")
    path = tmp_path / "evidence" / file["sha256"][:2] / file["sha256"]
    path.write_bytes(run_log(10, 90))
    plan = story.plan()
    story.advance(ms=1)
    result = story.result(10, plan=plan, body={"evidence": [file]})
    verdict = audited_with(story, tmp_path)
    finding = one(verdict.findings, "V29")
    assert (verdict.verdict, finding.level, finding.entries) == ("indeterminate", "indeterminate", (result,))


def test_evidence_that_is_not_given_or_of_no_known_format(tmp_path: Path) -> None:
    story = Story()
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / hashlib.sha256(b"?").hexdigest()).write_bytes(b"?")
    other = {"name": "notes.txt", "sha256": hashlib.sha256(b"?").hexdigest(), "size": 1}
    plan = story.plan()
    story.advance(ms=1)
    story.result(10, plan=plan, body={"evidence": [FILE, other]})
    scores = [{"scorer": "includes", "reducer": "mean", "metric": "accuracy", "value": "0.9"}]
    story.result(10, body={"evidence": [], "scores": scores, "task": {"name": "other", "version": "1"}})
    story.say("security", "report", [story.org()], {"type": "risk", "cites": [], "document": other})
    verdict = audited_with(story, tmp_path)
    assert (verdict.verdict, verdict.evidence) == ("compliant", Looked(given=2, missing=1, left=1))


def test_a_file_that_is_too_large_is_not_counted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MAX_FILE_BYTES", 10)
    story = Story()
    file = filed(run_log(60, 40), tmp_path / "evidence")
    story.result(60, body={"evidence": [file]})
    assert audited_with(story, tmp_path).evidence == Looked(given=1, left=1)


def test_the_command_takes_a_directory_of_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = Story()
    file = filed(run_log(60, 40), tmp_path / "evidence")
    story.result(10, body={"evidence": [file]})
    (tmp_path / "trust.toml").write_text(story.publish(tmp_path / "public"))
    command = ["log", str(tmp_path / "public"), "--trust", str(tmp_path / "trust.toml"), "--workers", "1"]
    for folder, code, words in (("evidence", 1, "V29"), ("nothing", 2, "is no directory")):
        with pytest.raises(SystemExit) as caught:
            main([*command, "--evidence", str(tmp_path / folder)])
        assert caught.value.code == code
        assert words in "".join(capsys.readouterr())
