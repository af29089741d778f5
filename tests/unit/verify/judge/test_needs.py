"""V01, V02, V04, V07, V37 and their causes: honest stories near them, and the stories that break the rule."""

import pytest
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, one, policy_with

from plimsoll_verify.findings import Because

MONTH_FROM_MARCH = 31 * DAY


def crossed(story: Story) -> int:
    """Evaluate, cross, declare; returns the result's entry."""
    story.advance(hours=1)
    result = story.result(80)
    story.determine("cbrn", "crossed")
    return result


def safe(story: Story) -> tuple[int, int]:
    """Put everything in force that a crossed model needs on the surface api."""
    secured = story.secure()
    story.filters()
    story.determine("next", "ruled_out")
    return secured


def test_a_model_that_is_ruled_out_runs_under_the_baseline() -> None:
    story = Story()
    story.clear()
    story.deploy()
    story.advance(days=30)
    found = story.judge()
    assert (found.verdict, found.findings) == ("compliant", ())


def test_a_crossed_model_with_all_safeguards_is_compliant() -> None:
    story = Story()
    story.clear()
    crossed(story)
    safe(story)
    story.deploy()
    story.advance(days=30)
    assert brief(story.judge().findings) == []


def test_v01_a_crossed_model_is_deployed_without_the_standard() -> None:
    story = Story()
    result = crossed(story)
    story.secure()
    story.determine("next", "ruled_out")
    story.advance(hours=1)
    start = story.deploy()
    began = story.now_ms
    story.advance(days=2)
    filters = story.filters()
    cured = story.now_ms
    story.advance(days=1)
    found = story.judge()
    assert found.verdict == "violations"
    finding = one(found.findings, "V01")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (began, cured, "cured")
    assert (finding.from_index, finding.to_index, finding.known_from) == (start, filters, start)
    assert finding.entries == tuple(sorted({story.policy_entry, result, result + 1, result + 2, start}))
    assert (finding.rule, finding.clause, finding.level) == ("cbrn.then.1", "1", "violation")
    assert finding.because == ()
    assert "high-dep.filters was not attested for this" in finding.message


def test_the_safeguards_of_one_surface_do_not_serve_another() -> None:
    story = Story()
    crossed(story)
    safe(story)
    story.advance(hours=1)
    story.deploy(surface="web")
    finding = one(story.judge().findings, "V01")
    assert (finding.from_ms, finding.ended_by) == (story.now_ms, "open")


def test_the_safeguards_of_one_model_do_not_serve_another() -> None:
    story = Story()
    crossed(story)
    story.secure()
    story.attest("high-dep.filters", "red-team", about=story.model("other"), surface="api")
    story.determine("next", "ruled_out")
    story.deploy()
    assert brief(story.judge().findings) == ["V01 violation"]


def test_v11_a_lapse_counts_from_its_event_however_late_it_is_recorded() -> None:
    story = Story()
    result = crossed(story)
    safe(story)
    story.advance(hours=1)
    start = story.deploy()
    story.advance(days=10)
    event, lapsed = story.now(), story.now_ms
    story.advance(days=9)
    lapse = story.lapse("high-dep.filters", about=story.m, surface="api", event_time=event)
    story.advance(days=1)
    again = story.filters()
    cured = story.now_ms
    story.advance(days=1)
    found = story.judge().findings
    finding = one(found, "V01")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (lapsed, cured, "cured")
    assert (finding.from_index, finding.to_index, finding.known_from) == (lapse, again, lapse)
    filters = start - 6
    assert finding.because == (Because("V11", (filters, lapse)),)
    assert set(finding.entries) >= {result, start, filters, lapse}
    assert brief(found) == ["V01 violation", "V28 finding"]


def test_a_lapse_of_something_else_changes_nothing() -> None:
    story = Story()
    crossed(story)
    safe(story)
    story.deploy()
    story.advance(days=1)
    story.lapse("high-dep.filters", about=story.m, surface="web")
    story.lapse("high-dep.filters", about=story.model("other"), surface="api")
    story.lapse("part.alignment")
    assert brief(story.judge().findings) == []


def test_a_lapse_for_the_organisation_hits_every_model() -> None:
    story = Story()
    crossed(story)
    safe(story)
    story.deploy()
    story.advance(days=1)
    story.lapse("high-dep.filters")
    assert one(story.judge().findings, "V01").from_ms == story.now_ms


def test_v11_an_attestation_runs_out_by_time_alone() -> None:
    story = Story()
    crossed(story)
    safe(story)
    attested = story.now_ms
    filters = story.size - 3
    story.deploy()
    story.advance(days=100)
    finding = one(story.judge().findings, "V01")
    assert finding.from_ms == attested + 61 * DAY
    assert (finding.from_index, finding.ended_by, finding.to_ms) == (None, "open", None)
    assert finding.because == (Because("V11", (filters,)),)


def test_v11_valid_until_ends_an_attestation_early() -> None:
    story = Story()
    crossed(story)
    story.secure()
    until = story.now(5 * DAY)
    story.filters(body={"valid_until": until})
    story.determine("next", "ruled_out")
    story.deploy()
    began = story.now_ms
    story.advance(days=6)
    assert one(story.judge().findings, "V01").from_ms == began + 5 * DAY


def test_v12_an_approval_that_is_not_renewed() -> None:
    policy = policy_with(**{"standards__high-dep__criteria__filters__good_for": "9 years"})
    story = Story(policy)
    story.advance(hours=1)
    story.result(80)
    story.determine("cbrn", "crossed")
    audit, report = safe(story)
    approved = story.now_ms
    story.deploy()
    story.advance(days=400)
    again = story.report("high-sec", [audit], "rso", "ceo")
    found = story.judge().findings
    finding = one(found, "V01")
    assert (finding.from_ms, finding.to_ms) == (approved + 365 * DAY, story.now_ms)
    assert finding.to_index == again + 2
    assert finding.because == (Because("V12", (report, report + 1, report + 2)),)
    assert brief(found) == ["V01 violation", "V04 violation"]


def test_an_attestation_that_no_approved_report_cites_is_not_enough() -> None:
    story = Story()
    crossed(story)
    old, _ = story.secure()
    story.advance(days=1)
    story.lapse("high-sec.audit")
    story.advance(days=1)
    new = story.attest("high-sec.audit", "audit", role="auditor")
    story.report("high-sec", [old], "rso", "ceo")
    story.filters()
    story.determine("next", "ruled_out")
    story.deploy()
    finding = one(story.judge().findings, "V01")
    assert finding.because == ()
    assert "no report that cites it is approved" in finding.message
    assert new in finding.entries


def test_a_report_about_another_model_approves_nothing_here() -> None:
    story = Story()
    crossed(story)
    audit = story.attest("high-sec.audit", "audit", role="auditor")
    story.report("high-sec", [audit], "rso", "ceo", about=story.model("other"))
    story.filters()
    story.determine("next", "ruled_out")
    story.deploy()
    assert one(story.judge().findings, "V01").rule == "cbrn.then.0"


def test_v10_an_undefined_standard_can_never_be_in_force() -> None:
    story = Story()
    story.determine("next", "crossed")
    story.advance(hours=1)
    story.deploy()
    finding = one(story.judge().findings, "V01")
    assert finding.because == (Because("V10", (story.policy_entry,)),)
    assert "top is undefined" in finding.message


@pytest.mark.parametrize(
    ("shown_by", "holds"),
    [
        (["audit"], True),
        (["audit", "self-report"], True),
        (["document"], False),
        (["self-report"], False),
        ([], False),
    ],
)
def test_what_a_criterion_must_and_must_not_be_shown_by(shown_by: list[str], holds: bool) -> None:
    story = Story()
    crossed(story)
    audit = story.attest("high-sec.audit", *shown_by, role="auditor")
    story.report("high-sec", [audit], "rso", "ceo")
    story.filters()
    story.determine("next", "ruled_out")
    story.deploy()
    assert (story.judge().findings == ()) is holds


def test_only_who_may_attest_attests() -> None:
    story = Story()
    crossed(story)
    audit = story.attest("high-sec.audit", "audit", role="security")
    story.report("high-sec", [audit], "rso", "ceo")
    story.filters()
    story.determine("next", "ruled_out")
    story.deploy()
    assert brief(story.judge().findings) == ["V01 violation"]


def test_an_attestation_bound_to_an_environment_is_narrower_than_anything_that_is_asked() -> None:
    story = Story()
    crossed(story)
    safe(story)
    story.lapse("high-dep.filters", about=story.m)
    story.advance(hours=1)
    story.filters(environment="staging")
    story.deploy()
    assert brief(story.judge().findings) == ["V01 violation"]


def test_v02_training_needs_the_baseline() -> None:
    story = Story()
    story.advance(hours=1)
    start = story.train()
    story.advance(days=1)
    lapse = story.lapse("base.locks")
    lapsed = story.now_ms
    story.advance(days=1)
    stop = story.say("release", "training-stopped", [story.m], {"of": story.ref(start)})
    stopped = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V02")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (lapsed, stopped, "ceased")
    assert (finding.from_index, finding.to_index) == (lapse, stop)
    assert finding.because == (Because("V11", (story.base, lapse)),)


def test_v02_a_checkpoint_outside_of_training_counts_at_its_instant() -> None:
    story = Story()
    story.advance(days=1)
    lapse = story.lapse("base.locks")
    story.advance(days=1)
    checkpoint = story.checkpoint_of_training()
    at = story.now_ms
    story.advance(days=1)
    found = story.judge().findings
    finding = one(found, "V02")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (at, at + 1, "ceased")
    assert set(finding.entries) >= {checkpoint, lapse}
    assert brief(found) == ["V02 violation", "V04 violation"]


def test_v02_a_checkpoint_within_training_adds_nothing() -> None:
    story = Story()
    story.train()
    story.advance(days=1)
    story.lapse("base.locks")
    story.advance(days=1)
    story.checkpoint_of_training()
    story.advance(days=1)
    assert one(story.judge().findings, "V02").ended_by == "open"


def test_v04_storing_ends_when_the_weights_are_deleted() -> None:
    story = Story()
    story.advance(hours=1)
    named = story.checkpoint_of_training()
    story.advance(days=1)
    story.lapse("base.locks")
    lapsed = story.now_ms
    story.advance(days=1)
    deleted = story.say("release", "weights-deleted", [story.m, story.s], {})
    gone = story.now_ms
    story.advance(days=1)
    finding = one(story.judge().findings, "V04")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (lapsed, gone, "ceased")
    assert finding.to_index == deleted
    assert named in finding.entries


def test_v04_a_snapshot_that_is_used_after_its_deletion_is_there_again() -> None:
    story = Story()
    story.checkpoint_of_training()
    story.advance(days=1)
    story.say("release", "weights-deleted", [story.m], {})
    story.advance(days=1)
    story.lapse("base.locks")
    story.advance(days=1)
    story.result(10)
    finding = one(story.judge().findings, "V04")
    assert finding.from_ms == story.now_ms


def test_v04_the_deletion_of_one_snapshot_leaves_the_others() -> None:
    story = Story()
    story.checkpoint_of_training()
    story.say("release", "training-checkpoint", [story.m, story.snapshot("other")], {"files": 1, "bytes": 1})
    story.advance(days=1)
    story.say("release", "weights-deleted", [story.m, story.s], {})
    story.lapse("base.locks")
    assert one(story.judge().findings, "V04").ended_by == "open"


def test_v04_a_need_that_comes_with_a_threshold_is_pending_first() -> None:
    story = Story()
    story.checkpoint_of_training()
    story.advance(hours=1)
    crossed(story)
    onset = story.now_ms
    story.advance(days=60)
    finding = one(story.judge().findings, "V04")
    assert (finding.from_ms, finding.from_index) == (onset + MONTH_FROM_MARCH, None)


def test_a_deployment_that_was_out_before_the_crossing_may_go_on_while_a_response_is_pending() -> None:
    story = Story()
    story.clear()
    story.deploy()
    story.advance(days=1)
    crossed(story)
    onset = story.now_ms
    story.advance(days=20)
    safe(story)
    story.advance(days=20)
    assert brief(story.judge().findings) == []
    assert onset + MONTH_FROM_MARCH < story.now_ms


def test_at_the_end_of_the_pending_time_the_violation_begins() -> None:
    story = Story()
    story.clear()
    start = story.deploy()
    story.advance(days=1)
    crossed(story)
    onset = story.now_ms
    story.advance(days=31, ms=-1)
    assert brief(story.judge().findings) == []
    story.advance(ms=1)
    found = story.judge().findings
    assert sorted({finding.code for finding in found}) == ["V01", "V04", "V07"]
    assert {finding.from_ms for finding in found} == {onset + MONTH_FROM_MARCH}
    story.advance(days=1)
    story.end(start)
    story.advance(days=1)
    ended = [finding for finding in story.judge().findings if finding.code != "V04"]
    assert {(finding.to_ms, finding.ended_by) for finding in ended} == {(onset + 32 * DAY, "ceased")}


def test_a_widening_is_never_pending() -> None:
    story = Story()
    story.clear()
    start = story.deploy(scope="external.trusted")
    story.advance(days=1)
    crossed(story)
    story.advance(days=1)
    story.permit("rso", "ceo")
    change = story.change(start)
    found = story.judge().findings
    assert {finding.from_index for finding in found} == {change}
    assert sorted({finding.code for finding in found}) == ["V01", "V07"]


def test_a_narrowing_stays_pending() -> None:
    story = Story()
    story.clear()
    start = story.deploy()
    story.advance(days=1)
    crossed(story)
    story.advance(days=1)
    story.change(start, scope="external.trusted")
    story.advance(days=1)
    assert brief(story.judge().findings) == []


def test_v07_the_next_threshold_has_to_be_ruled_out_first() -> None:
    story = Story()
    crossed(story)
    story.secure()
    story.filters()
    story.advance(hours=1)
    start = story.deploy()
    began = story.now_ms
    story.advance(days=1)
    out = story.determine("next", "ruled_out")
    story.advance(days=1)
    finding = one(story.judge().findings, "V07")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (began, began + DAY, "cured")
    assert (finding.from_index, finding.to_index) == (start, out + 1)
    assert "next was not ruled out" in finding.message


def test_v37_forbidden_until_a_criterion_is_met() -> None:
    story = Story()
    story.clear()
    story.advance(hours=1)
    start = story.deploy(attributes=["autonomy-expanded"])
    began = story.now_ms
    story.advance(days=1)
    shown = story.attest("part.alignment", "interpretability", about=story.m, role="auditor")
    story.advance(days=1)
    finding = one(story.judge().findings, "V37")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (began, began + DAY, "cured")
    assert (finding.from_index, finding.to_index) == (start, shown)
    assert finding.rule == "baseline.1"


def test_v37_not_where_the_criterion_is_met_though_the_standard_is_partial() -> None:
    story = Story()
    story.clear()
    story.attest("part.alignment", "interpretability", about=story.m, role="auditor")
    story.deploy(attributes=["autonomy-expanded"])
    assert brief(story.judge().findings) == []


def test_v37_until_a_partial_standard_is_v10() -> None:
    story = Story(policy_with(baseline__1__until="part"))
    story.clear()
    story.deploy(attributes=["autonomy-expanded", "tools"])
    assert one(story.judge().findings, "V37").because == (Because("V10", (story.policy_entry,)),)


def test_a_broken_aim_is_a_finding() -> None:
    story = Story(policy_with(baseline__0__force="aim"))
    story.checkpoint_of_training()
    story.lapse("base.locks")
    found = story.judge()
    assert brief(found.findings) == ["V02 finding", "V04 finding"]
    assert found.verdict == "compliant"


def test_a_standard_for_each_threshold_is_attested_for_the_one_that_asks() -> None:
    policy = policy_with(**{"standards__high-dep__criteria__filters__for_each": ["threshold"]})
    story = Story(policy)
    crossed(story)
    story.secure()
    story.attest("high-dep.filters", "red-team", threshold="next")
    story.determine("next", "ruled_out")
    story.deploy()
    assert brief(story.judge().findings) == ["V01 violation"]
    story.advance(hours=1)
    story.attest("high-dep.filters", "red-team", threshold="cbrn")
    assert one(story.judge().findings, "V01").ended_by == "cured"


def test_internal_deployments_have_rules_of_their_own() -> None:
    rule = {**COMMIT, "needs": ["top"], "while": ["deploying it internally at large scale"]}
    story = Story(policy_with(baseline__1=rule))
    story.clear()
    start = story.deploy(scope="internal.limited")
    story.advance(days=1)
    assert brief(story.judge().findings) == []
    story.permit("rso", "ceo", scope="internal.large-scale")
    change = story.change(start, scope="internal.large-scale")
    assert one(story.judge().findings, "V01").from_index == change


def test_a_deployment_over_in_its_own_millisecond_is_seen() -> None:
    story = Story()
    story.lapse("base.locks")
    start = story.deploy()
    story.end(start)
    story.advance(hours=1)
    finding = one(story.judge().findings, "V01")
    assert (finding.from_ms, finding.to_ms) == (story.now_ms - HOUR, story.now_ms - HOUR + 1)


def test_every_model_that_is_named_is_judged_registered_or_not() -> None:
    story = Story()
    story.m, story.s = story.model("secret"), story.snapshot("secret")
    story.lapse("base.locks")
    story.deploy()
    finding = one(story.judge().findings, "V01")
    assert finding.subject == story.m


def test_what_is_attested_of_another_model_is_not_attested_of_this_one() -> None:
    needs = [{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}]
    document = policy_with(thresholds={}, gates=[], baseline=needs)
    document["standards"]["high-dep"]["criteria"] = {
        "filters": {"text": "Filters.", "for_each": ["surface"], "attested_by": "security"},
    }
    story = Story(document)
    story.attest("high-dep.filters", "red-team", about=story.model("other"), surface="api")
    story.start_deployment()
    story.advance(days=1)
    story.attest("high-dep.filters", "red-team", about=story.m, surface="api")
    cured = story.now_ms
    story.advance(days=1)
    story.register("later")
    assert one(story.judge().findings, "V01").to_ms == cured
