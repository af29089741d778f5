"""Policies that were relaxed shortly before they would have bound."""

from typing import Any

import pytest
from tests.support.past import Past
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, one, policy_with
from tests.unit.verify.judge.test_amending import QUORUM, another, in_days

FREE: dict[str, Any] = {"baseline": [], "version": "2"}


def forbidding(within: str = "30 days", **more: Any) -> dict[str, Any]:
    """Return a policy that may not be relaxed so soon before a need."""
    bar = {"approved_by": QUORUM, "forbidden_within": within}
    return policy_with(amendment={"approved_by": QUORUM, **COMMIT, "weakening": bar, **more})


def relaxed(document: dict[str, Any] | None = None, **changes: Any) -> Story:
    """Relax a policy whose baseline was never met; nothing goes on yet."""
    story = Story(document)
    story.lapse("base.locks")
    story.advance(days=1)
    story.adopt({**story.document, **FREE, **changes}, kind="policy-amendment")
    return story


def v19(story: Story, **options: Any) -> list[tuple[str, str]]:
    return [(one.code, one.level) for one in story.judge(**options).findings if one.code == "V19"]


def test_what_the_older_version_forbade_is_found_within_thirty_days() -> None:
    story = relaxed()
    version = story.size - 1
    story.advance(days=29)
    start = story.deploy()
    since = story.now_ms
    story.advance(hours=1)
    found = one([one for one in story.judge().findings if "was deployed" in one.message], "V19")
    assert (found.level, found.subject, found.policy) == ("finding", story.m, "test-policy")
    assert (found.rule, found.clause, found.force, found.because) == ("SPEC 9.32", "", "", ())
    assert (found.from_ms, found.from_index, found.ended_by) == (since, start, "open")
    assert {version, version - 2, start, story.policy_entry} <= set(found.entries)
    assert "Version 2 of test-policy" in found.message
    assert (
        "less than 30 days before that would have been broken. By version 1: m was deployed" in found.message
    )
    # V01 of deploying it, V04 of storing its weights: both for want of the same standard.
    assert len(v19(story)) == 2
    assert story.judge().verdict == "compliant"
    story.advance(days=3)
    found = next(one for one in story.judge().findings if "deployed" in one.message)
    assert (found.to_ms, found.to_index, found.ended_by) == (since + DAY, None, "ceased")


def test_what_comes_later_than_that_is_nothing() -> None:
    story = relaxed()
    story.advance(days=30)
    story.deploy()
    story.advance(days=1)
    assert story.judge().findings == ()


@pytest.mark.parametrize(("days", "is_found"), [(89, True), (90, False)])
def test_where_a_policy_forbids_it_within_a_time_that_is_a_violation(days: int, is_found: bool) -> None:
    story = relaxed(forbidding("90 days"))
    story.advance(days=days)
    story.deploy()
    story.advance(hours=1)
    found = story.judge()
    assert set(brief(found.findings)) == ({"V19 violation"} if is_found else set())
    for each in found.findings:
        assert (each.rule, each.clause, each.force) == ("amendment", "1", "commitment")


def test_it_is_a_finding_where_it_is_only_aimed_at() -> None:
    story = relaxed(forbidding(force="aim"))
    story.deploy()
    story.advance(hours=1)
    assert set(v19(story)) == {("V19", "finding")}


def test_what_was_broken_already_is_not_mended_by_relaxing_it() -> None:
    story = Story(forbidding())
    story.deploy()
    story.lapse("base.locks")
    story.advance(days=1)
    index = story.adopt({**story.document, **FREE}, kind="policy-amendment")
    at = story.now_ms
    story.advance(hours=1)
    found = [one for one in story.judge().findings if one.code == "V19"]
    assert {(one.level, one.from_ms, one.from_index) for one in found} == {("violation", at, index + 2)}
    later = Story(forbidding())
    later.lapse("base.locks")
    later.deploy()
    later.adopt({**later.document, **FREE, "effective_from": in_days(later, 5)}, kind="policy-amendment")
    later.advance(days=6)
    found = [one for one in later.judge().findings if one.code == "V19"]
    assert {one.from_index for one in found} == {None}


def test_what_the_new_version_forbids_as_well_is_found_by_that() -> None:
    story = Story(forbidding())
    story.lapse("base.locks")
    story.advance(days=1)
    changed = another(story.document, baseline=story.document["baseline"][:1])
    story.adopt(changed, kind="policy-amendment")
    story.deploy()
    story.advance(hours=1)
    assert set(brief(story.judge().findings)) == {"V01 violation", "V04 violation"}


def test_a_rule_of_another_place_in_the_same_part_is_the_same_rule() -> None:
    story = Story(forbidding())
    story.lapse("base.locks")
    story.advance(days=1)
    rules = story.document["baseline"]
    forbid = {**COMMIT, "forbid": "releasing its weights"}
    story.adopt(another(story.document, baseline=[forbid, rules[0]]), kind="policy-amendment")
    story.deploy()
    story.advance(hours=1)
    assert set(brief(story.judge().findings)) == {"V01 violation", "V04 violation"}


def test_a_rule_of_another_part_does_not_stand_in_for_one_that_is_gone() -> None:
    story = Story(forbidding())
    story.lapse("base.locks")
    story.determine("next", "crossed")
    story.advance(days=1)
    thresholds = {**story.document["thresholds"]}
    thresholds["next"] = {**thresholds["next"], "then": []}
    story.adopt(another(story.document, thresholds=thresholds), kind="policy-amendment")
    story.deploy()
    story.advance(hours=1)
    found = [one for one in story.judge().findings if one.code == "V19"]
    assert [(one.level, "top" in one.message) for one in found] == [("violation", True)]


def test_a_duty_of_the_organisation_counts_as_well() -> None:
    duty = {
        **COMMIT, "when": {"event": "incident"}, "do": {"notice": "office"}, "within": "2 days",
        "from": "aware",
    }  # fmt: skip
    story = Story({**forbidding(), "duties": {"it": duty}})
    said = {"class": "critical", "occurred": story.now(), "aware": story.now()}
    story.say("rso", "incident", [story.org()], said)
    story.advance(days=1)
    story.adopt(another(story.document, duties={}), kind="policy-amendment")
    story.advance(days=5)
    found = one(story.judge().findings, "V19")
    assert (found.level, found.subject) == ("violation", story.org())


def test_what_was_mended_in_time_ends_with_that() -> None:
    story = relaxed()
    start = story.deploy()
    story.advance(hours=1)
    cure = story.attest("base.locks", "document")
    found = next(one for one in story.judge().findings if "deployed" in one.message)
    assert (found.to_index, found.ended_by, start in found.entries) == (cure, "cured", True)


def test_what_is_no_weaker_is_not_held_to_the_older_version() -> None:
    story = Story(forbidding())
    story.advance(days=1)
    story.adopt(another(story.document, record_rules={"late_after": "1 day"}), kind="policy-amendment")
    story.deploy()
    story.lapse("base.locks")
    story.advance(hours=1)
    assert set(brief(story.judge().findings)) == {"V01 violation", "V04 violation"}


def test_what_cannot_be_compared_is_in_doubt_where_it_is_forbidden() -> None:
    story = Story(forbidding())
    story.advance(days=1)
    document = another(story.document)
    gate = {**document["gates"][0], "approved_by": "security"}
    document["gates"] = [gate, document["gates"][1]]
    story.adopt(document, kind="policy-amendment")
    story.approve(story.permit(), "security")
    story.start_deployment()
    story.advance(hours=1)
    found = story.judge()
    assert (found.verdict, set(brief(found.findings))) == ("indeterminate", {"V19 indeterminate"})


def test_a_withheld_body_that_could_have_met_the_older_version_leaves_a_doubt() -> None:
    story = relaxed(forbidding())
    story.attest("base.locks", "document", withheld=True)
    story.deploy()
    story.advance(hours=1)
    assert set(v19(story)) == {("V19", "indeterminate")}


def test_what_is_in_doubt_by_both_is_told_by_the_version_in_force() -> None:
    document = forbidding()
    rule = {**COMMIT, "needs": ["base"], "while": ["deploying it"]}
    document = {**document, "baseline": [rule, {**COMMIT, "forbid": "deploying it with tools"}]}
    story = Story(document)
    story.lapse("base.locks")
    story.advance(days=1)
    story.adopt(another(document, baseline=[rule]), kind="policy-amendment")
    story.attest("base.locks", "document", withheld=True)
    story.deploy()
    story.advance(hours=1)
    assert brief(story.judge().findings) == ["I01 indeterminate", "V01 indeterminate"]
    story.advance(days=1)
    story.lapse("base.locks")
    known = story.now_ms
    story.advance(days=1)
    # From then on both are broken for certain.
    assert brief(story.judge().findings) == ["V01 violation", "I01 indeterminate", "V01 indeterminate"]
    assert story.judge().findings[0].from_ms == known


def test_an_aim_of_the_older_version_is_not_held_against_the_new_one() -> None:
    story = Story(policy_with(baseline__0__force="aim", baseline__1__force="aim"))
    story.lapse("base.locks")
    story.advance(days=1)
    story.adopt({**story.document, **FREE}, kind="policy-amendment")
    story.deploy()
    story.advance(hours=1)
    assert v19(story) == []


def test_a_commitment_that_became_an_aim_was_relaxed() -> None:
    story = Story(forbidding())
    story.lapse("base.locks")
    story.advance(days=1)
    story.adopt(
        another(story.document, baseline=[{**one, "force": "aim"} for one in story.document["baseline"]]),
        kind="policy-amendment",
    )
    story.deploy()
    story.advance(hours=1)
    assert "V19 violation" in brief(story.judge().findings)


def staged(*, days: float, **second: Any) -> Story:
    """Relax a policy for later, then again before that is in force, and deploy days after."""
    story = Story(forbidding())
    story.lapse("base.locks")
    story.advance(days=1)
    later = another(story.document, baseline=[], effective_from=in_days(story, 5))
    story.adopt(later, kind="policy-amendment")
    story.advance(days=1)
    again = {**story.document, "version": "3", **second}
    story.adopt(again, kind="policy-amendment")
    story.advance(days=days)
    story.deploy()
    story.advance(hours=1)
    return story


def test_to_relax_it_twice_before_the_first_is_in_force_is_no_way_around_it() -> None:
    # The first one never came into force: it is not what would have been there without the second.
    assert set(v19(staged(days=10, baseline=[]))) == {("V19", "violation")}
    assert v19(staged(days=31, baseline=[])) == []


def test_a_relaxation_that_is_withdrawn_before_it_is_in_force_relaxes_nothing() -> None:
    assert v19(staged(days=10)) == []


def test_a_model_that_comes_after_the_time_is_not_looked_at() -> None:
    story = relaxed(forbidding())
    story.advance(days=31)
    story.register("another")
    assert v19(story) == []


def test_what_takes_effect_after_the_end_is_not_looked_at() -> None:
    story = relaxed(forbidding(), effective_from="2026-03-20T00:00:00Z")
    story.attest("base.locks", "document")
    story.deploy()
    story.advance(hours=1)
    assert story.judge().findings == ()


def test_what_is_forbidden_is_due_before_it_happens() -> None:
    story = Story(forbidding())
    story.deploy()
    story.advance(days=1)
    story.adopt({**story.document, **FREE}, kind="policy-amendment")
    assert story.judge(due_ms=story.now_ms + 10 * DAY).due == ()


def test_claims_leave_a_doubt() -> None:
    story = Past(adopt=False)
    story.claim_policy(forbidding())
    story.claim_policy({**forbidding(), **FREE}, "2026-02-01T00:00:00.000Z")
    story.claim_start("2026-02-10T00:00:00.000Z")
    story.advance(ms=HOUR)
    found = [one for one in story.judge().findings if one.code == "V19"]
    assert {one.level for one in found} == {"indeterminate"}
