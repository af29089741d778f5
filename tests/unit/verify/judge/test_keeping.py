"""What an amendment leaves to deployments that are out already: SPEC 9.34."""

from typing import Any

import pytest
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, later, of, one, policy_with

AIM: dict[str, Any] = {"clause": "1", "force": "aim"}
BASE = {**COMMIT, "needs": ["base"], "while": ["deploying it"]}
MORE = {**COMMIT, "needs": ["more"], "while": ["deploying it"]}
STANDARDS = {
    name: {"criteria": {"shown": {"text": "t", "for_each": ["organisation"], "attested_by": "security"}}}
    for name in ("base", "more", "most")
}


def document(*baseline: dict[str, Any], keep: str = "", version: str = "1", **more: Any) -> dict[str, Any]:
    """A policy of a few rules, with what it leaves to what is out already."""
    amendment: dict[str, Any] = {"approved_by": {"all_of": ["ceo", "board"]}}
    if keep:
        amendment |= {**COMMIT, "transition": {"keep_until": keep}}
    changes = {"thresholds": {}, "gates": [], "standards": STANDARDS, **more}
    return policy_with(baseline=list(baseline), amendment=amendment, version=version, **changes)


class Out(Story):
    """A deployment that is out under a first version, whose one need is met."""

    def __init__(self, first: dict[str, Any] | None = None) -> None:
        super().__init__(adopt=False)
        self.policy_entry = self.adopt(first or document(BASE))
        self.shown = self.attest("base.shown")
        self.first = self.start_deployment()
        self.advance(days=1)

    def amend(self, *baseline: dict[str, Any], version: str = "2", **more: Any) -> int:
        """Amend the policy; returns when."""
        amendment = document(*baseline, version=version, **more)
        self.completed = self.adopt(amendment, kind="policy-amendment") + 2
        return self.now_ms


def spans(story: Story, code: str = "V01", **period: float) -> list[tuple[int, int | None, str, str]]:
    found = later(story, **(period or {"hours": 1})).findings
    return [(one.from_ms, one.to_ms, one.ended_by, one.level) for one in found if one.code == code]


def test_without_a_transition_the_new_version_binds_at_once() -> None:
    story = Out()
    at = story.amend(BASE, MORE)
    assert spans(story) == [(at, None, "open", "violation")]


def test_what_is_out_may_go_by_the_older_version_until_the_time_is_over() -> None:
    story = Out()
    at = story.amend(BASE, MORE, keep="30 days")
    assert later(story, days=29).verdict == "compliant"
    story.advance(days=2)
    found = one(story.judge().findings, "V01")
    assert (found.from_ms, found.to_ms, found.from_index) == (at + 30 * DAY, None, None)
    assert (found.rule, found.level) == ("baseline.1", "violation")


def test_what_starts_or_is_widened_later_is_held_to_the_new_version() -> None:
    story = Out()
    story.amend(BASE, MORE, keep="30 days")
    story.advance(hours=1)
    story.change(story.first, surface="web")
    assert spans(story) == [(story.now_ms - HOUR, None, "open", "violation")]
    story = Out()
    story.amend(BASE, MORE, keep="30 days")
    story.advance(hours=1)
    story.start_deployment(surface="web")
    assert spans(story) == [(story.now_ms - HOUR, None, "open", "violation")]


def test_what_is_narrowed_was_out_all_along() -> None:
    story = Out()
    story.amend(BASE, MORE, keep="30 days")
    story.advance(hours=1)
    story.change(story.first, scope="external.limited")
    assert later(story, days=1).verdict == "compliant"


def test_who_records_a_start_late_was_not_out() -> None:
    story = Out(document(BASE))
    before = story.now()
    story.advance(days=5)
    at = story.amend(BASE, MORE, keep="30 days")
    story.advance(hours=1)
    story.start_deployment(surface="web", event_time=before)
    assert spans(story)[0] == (at, None, "open", "violation")


def test_training_is_not_out() -> None:
    rule = {**COMMIT, "needs": ["more"], "while": ["training it"]}
    story = Out()
    story.train()
    story.advance(hours=1)
    at = story.amend(BASE, rule, keep="30 days")
    assert spans(story, "V02") == [(at, None, "open", "violation")]


def test_the_older_version_is_kept_meanwhile() -> None:
    story = Out()
    at = story.amend(MORE, keep="30 days")
    story.advance(days=1)
    lapse = story.lapse("base.shown")
    lapsed = story.now_ms
    story.advance(days=1)
    found = one(story.judge().findings, "V01")
    assert (found.from_ms, found.from_index, found.rule) == (lapsed, lapse, "baseline.0")
    assert "base was not in force" in found.message
    assert story.policy_entry in found.entries
    story.advance(days=40)
    left, new = sorted(of(story.judge(), "V01"), key=lambda one: one.from_ms)
    end = at + 30 * DAY
    assert (left.from_ms, left.to_ms, left.ended_by) == (lapsed, end, "amended")
    assert left.to_index == story.completed
    assert (new.from_ms, new.to_ms) == (end, None)
    assert "more was not in force" in new.message


def test_who_keeps_the_new_version_needs_the_older_one_no_more() -> None:
    story = Out()
    story.amend(MORE, keep="30 days")
    story.advance(days=1)
    story.attest("more.shown")
    story.lapse("base.shown")
    assert later(story, days=1).verdict == "compliant"
    story.lapse("more.shown")
    # What keeps neither broke the older one, by which it might have gone.
    found = one(story.judge().findings, "V01")
    assert (found.from_ms, found.rule) == (story.now_ms, "baseline.0")
    assert "base was not in force" in found.message


def test_an_aim_of_the_new_version_drives_nobody_back_to_the_older_one() -> None:
    story = Out()
    at = story.amend({**MORE, **AIM}, keep="30 days")
    story.lapse("base.shown")
    assert spans(story) == [(at, None, "open", "finding")]


def test_back_through_several_versions_while_each_has_time() -> None:
    most = {**COMMIT, "needs": ["most"], "while": ["deploying it"]}
    story = Out()
    second = story.amend(BASE, MORE, keep="10 days")
    story.advance(days=5)
    third = story.amend(BASE, most, keep="20 days", version="3")
    assert later(story, days=4).verdict == "compliant"
    story.advance(days=30)
    found = sorted(of(story.judge(), "V01"), key=lambda one: one.from_ms)
    assert [(one.from_ms, one.to_ms, one.rule, one.ended_by) for one in found] == [
        (second + 10 * DAY, third + 20 * DAY, "baseline.1", "amended"),
        (third + 20 * DAY, None, "baseline.1", "open"),
    ]
    assert "more was" in found[0].message
    assert "most was" in found[1].message


def test_a_version_without_a_transition_ends_that_of_the_one_before() -> None:
    story = Out()
    story.amend(BASE, MORE, keep="30 days")
    story.advance(days=5)
    at = story.amend(BASE, MORE, version="3")
    assert spans(story) == [(at, None, "open", "violation")]


def test_a_version_that_is_kept_counts_its_own_thresholds_as_if_it_were_in_force() -> None:
    crossed: dict[str, Any] = {
        "domain": "d", **COMMIT, "decided_by": "people", "until_assessed": "baseline",
        "if_not_ruled_out": "treat as crossed", "respond_within": {"time": "10 days", **COMMIT},
        "declared_by": {"all_of": ["rso", "ceo"]}, "then": [MORE],
    }  # fmt: skip
    most = {**COMMIT, "needs": ["most"], "while": ["deploying it"]}
    story = Out(document(BASE, thresholds={"cbrn": crossed}))
    story.determine("cbrn", "crossed")
    onset = story.now_ms
    story.advance(days=5)
    at = story.amend(most, keep="30 days")
    assert later(story, days=4).verdict == "compliant"
    story.advance(days=40)
    found = sorted((one for one in of(story.judge(), "V01")), key=lambda one: one.from_ms)
    assert [(time_text(one.from_ms), one.rule) for one in found] == [
        (time_text(onset + 10 * DAY), "cbrn.then.0"), (time_text(at + 30 * DAY), "baseline.0"),
    ]  # fmt: skip
    assert found[0].to_ms == found[1].from_ms


@pytest.mark.parametrize("activity", ["deploy", "train"])
def test_what_a_new_version_halts_goes_on_if_it_is_out(activity: str) -> None:
    halt = {**COMMIT, "halt": ["training", "deploying"], "of": "it"}
    halting = {**STANDARDS, "more": {**STANDARDS["more"], "if_needed": halt}}
    rule = {**COMMIT, "needs": ["more"], "while": ["offering it for fine-tuning"]}
    story = Out()
    if activity == "train":
        story.train()
        story.advance(hours=1)
    at = story.amend(BASE, rule, keep="30 days", standards=halting)
    found = later(story, days=40).findings
    expected = [("V01", at + 30 * DAY)] + ([("V03", at)] if activity == "train" else [])
    assert sorted((one.code, one.from_ms) for one in found) == expected


def test_a_rule_against_it_waits_as_well() -> None:
    story = Out()
    at = story.amend(BASE, {**COMMIT, "forbid": "deploying it externally"}, keep="1 day")
    assert spans(story, "V37", days=2) == [(at + DAY, None, "open", "violation")]


def test_where_a_withheld_attestation_could_have_met_the_new_version_is_in_doubt() -> None:
    story = Out()
    story.amend(MORE, keep="30 days")
    story.lapse("base.shown")
    story.attest("more.shown", withheld=True)
    story.advance(hours=1)
    found = sorted(brief(story.judge().findings))
    assert found == ["I01 indeterminate", "V01 indeterminate", "V19 finding"]
