"""The company changes its promises: nobody asked, nobody told, before anybody could object.

Each test tells an honest story up to its deed, and requires what the deed comes to. At the end stand those
who do the same things as they are meant.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import later, live
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, Story, one, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V20 = "V20 violation"
QUORUM = {"all_of": ["ceo", "board"]}
RULES: dict[str, Any] = {
    "approved_by": QUORUM,
    **COMMIT,
    "proposed_by": {"all_of": ["ceo", "rso"]},
    "consulted": ["auditor"],
    "published": "before effect",
    "notice": "7 days",
    "weakening": {"approved_by": {"all_of": ["ceo", "board", "auditor"]}, "notice": "30 days"},
}


def promised(**more: Any) -> Story:
    """A model that is out under a policy which says how it changes."""
    return live(policy_with(amendment=RULES, **more))


def next_version(story: Story, *, days: float = 0, **changes: Any) -> dict[str, Any]:
    """Return the policy's next version, in force after so many days."""
    story.advance(ms=-story.now_ms % 1000)  # Policies are in force from whole seconds.
    effective = time_text(story.now_ms + round(days * DAY))[:19] + "Z"
    return {**story.document, "version": "2", "effective_from": effective, **changes}


def amend(story: Story, document: dict[str, Any], leave_out: str = "") -> int:
    """Amend as the policy asks, but for one thing."""
    index = story.propose(document, kind="policy-amendment")
    if leave_out != "proposed":
        story.approve(index, "rso")
    if leave_out != "consulted":
        story.sign_off(index, "aud", "auditor", "consulted")
    if leave_out != "published":
        publish(story, index)
    story.approve(index, "ceo", "board")
    return index


def publish(story: Story, index: int, digest: str = "", **more: Any) -> int:
    """Say that a version was published."""
    digest = digest or story.subjects[index][0]["digest"]["sha256"]
    body = {"to": "everybody", "type": "policy", "published": {"sha256": digest}}
    return story.say("rso", "disclosure", [story.org()], body, **more)


STRONGER = {"record_rules": {"late_after": "1 day"}}


@pytest.mark.parametrize("step", ["proposed", "consulted", "published"])
def test_a_step_of_the_procedure_is_left_out(audited: Audited, step: str) -> None:
    story = promised()
    index = amend(story, next_version(story, days=7, **STRONGER), step)
    found = one(audited(later(story, days=8)).findings, "V20")
    assert (found.level, index in found.entries, step in found.message) == ("violation", True, True)


def test_it_takes_effect_before_anybody_could_read_it(audited: Audited) -> None:
    story = promised()
    amend(story, next_version(story, days=6.5, **STRONGER))
    found = one(audited(later(story, days=8)).findings, "V20")
    assert (found.level, found.to_ms - found.from_ms) == ("violation", DAY // 2)  # type: ignore[operator]


def test_a_rule_is_relaxed_by_those_who_may_only_strengthen(audited: Audited) -> None:
    story = promised()
    amend(story, next_version(story, days=30, baseline=story.document["baseline"][:1]))
    found = one(audited(later(story, days=40)).findings, "V20")
    assert (found.level, "approved by ceo and board and auditor" in found.message) == ("violation", True)


def test_a_rule_is_relaxed_overnight(audited: Audited) -> None:
    story = promised()
    index = amend(story, next_version(story, days=7, baseline=story.document["baseline"][:1]))
    story.approve(index, "auditor")
    found = one(audited(later(story, days=40)).findings, "V20")
    assert (found.level, "the notice of 30 days" in found.message) == ("violation", True)


def test_the_procedure_is_repealed_first_by_a_version_that_never_takes_effect(codes: Codes) -> None:
    story = promised()
    free = {**next_version(story), "amendment": {"approved_by": "ceo"}}
    index = amend(story, {**free, "effective_from": "2999-01-01T00:00:00Z"})
    story.approve(index, "auditor")
    story.adopt({**free, "version": "3", "baseline": []}, kind="policy-amendment", by=("ceo",))
    assert codes(later(story, days=1)) == [V20]


def test_the_procedure_is_repealed_and_used_in_the_same_millisecond(codes: Codes) -> None:
    story = promised()
    free = {**next_version(story), "amendment": {"approved_by": "ceo"}}
    story.adopt(free, kind="policy-amendment")
    story.adopt({**free, "version": "3", "baseline": []}, kind="policy-amendment", by=("ceo",))
    assert codes(later(story, days=1)) == [V20]


def test_the_promise_about_changes_becomes_an_aim(audited: Audited) -> None:
    story = promised()
    aim = {**RULES, "force": "aim"}
    amend(story, next_version(story, days=30, amendment=aim))
    found = one(audited(later(story, days=40)).findings, "V20")
    assert (found.level, "relaxes what was asked for" in found.message) == ("violation", True)


def test_somebody_else_says_that_the_auditor_was_consulted(codes: Codes) -> None:
    story = promised()
    index = story.propose(next_version(story, days=7, **STRONGER), kind="policy-amendment")
    story.sign_off(index, "rel", "release", "consulted")
    publish(story, index)
    story.approve(index, "rso", "ceo", "board")
    assert codes(later(story, days=8)) == [V20]


def test_what_was_consulted_on_and_published_was_another_text(audited: Audited) -> None:
    story = promised()
    shown = story.propose(next_version(story, days=7, **STRONGER), kind="policy-amendment")
    story.sign_off(shown, "aud", "auditor", "consulted")
    publish(story, shown)
    index = story.propose(
        next_version(story, days=7, record_rules={"late_after": "36 hours"}), kind="policy-amendment"
    )
    story.approve(index, "rso", "ceo", "board")
    found = [one for one in audited(later(story, days=8)).findings if one.code == "V20"]
    assert {one.level for one in found} == {"violation"}
    assert len([one for one in found if "published" in one.message or "consulted" in one.message]) == 2


def test_an_old_source_stands_for_a_new_encoding(codes: Codes) -> None:
    source = {"title": "these tests", "sha256": "5e" * 32}
    story = promised(source=source)
    publish(story, story.policy_entry, source["sha256"])
    amend(story, next_version(story, days=7, **STRONGER), "published")
    assert codes(later(story, days=8)) == [V20]


def test_the_publication_is_dated_back(codes: Codes) -> None:
    story = promised()
    before = story.now()
    index = amend(story, next_version(story, days=7, **STRONGER), "published")
    story.advance(days=30)
    publish(story, index, event_time=before)
    assert codes(later(story, days=1)) == [V20, "V28 finding"]


def test_the_publication_is_withheld(codes: Codes) -> None:
    story = promised()
    index = amend(story, next_version(story, days=7, **STRONGER), "published")
    publish(story, index, withheld=True)
    assert codes(later(story, days=8)) == ["I01 indeterminate", "V20 indeterminate"]


# -- the document, and not the record


def observed(story: Story, digest: str, **more: Any) -> int:
    """Have the auditor record what stands there as the policy."""
    said = {"type": "publication", "of": story.ref(story.policy_entry), "published": {"sha256": digest}}
    return story.say("auditor", "external-review", [story.org()], said, **more)


SOURCE, CHANGED = "5e" * 32, "0f" * 32


def test_the_document_on_the_web_is_changed_and_the_record_is_not(audited: Audited) -> None:
    story = promised(source={"title": "these tests", "sha256": SOURCE})
    observed(story, SOURCE)
    story.advance(days=1)
    index = observed(story, CHANGED)
    found = one(audited(later(story, days=1)).findings, "V21")
    assert (found.level, found.from_index, found.ended_by) == ("violation", index, "open")


def test_the_company_says_itself_that_it_is_right_again(codes: Codes) -> None:
    story = promised(source={"title": "these tests", "sha256": SOURCE})
    observed(story, CHANGED)
    said = {"type": "publication", "of": story.ref(story.policy_entry), "published": {"sha256": SOURCE}}
    story.say("rso", "external-review", [story.org()], said)
    verdict = later(story, days=1).judge()
    assert one(verdict.findings, "V21").ended_by == "open"
    assert codes(story) == ["V21 violation"]


def test_a_draft_that_nobody_approved_does_not_excuse_what_stands_there(codes: Codes) -> None:
    story = promised(source={"title": "these tests", "sha256": SOURCE})
    draft = next_version(story, source={"title": "these tests", "sha256": CHANGED})
    story.propose(draft, kind="policy-amendment")
    observed(story, CHANGED)
    assert codes(later(story, days=1)) == ["V21 violation"]


def test_the_look_is_recorded_late_and_counts_from_when_it_was_made(audited: Audited) -> None:
    story = promised(source={"title": "these tests", "sha256": SOURCE})
    at, since = story.now(), story.now_ms
    story.advance(days=9)
    observed(story, CHANGED, event_time=at)
    assert one(audited(later(story, days=1)).findings, "V21").from_ms == since


# -- the day before


def unready(within: str = "") -> Story:
    """A model that is past a threshold, and not out; what it needs is not in place."""
    bar = {"approved_by": QUORUM, "forbidden_within": within}
    rules = {"approved_by": QUORUM, **COMMIT, **({"weakening": bar} if within else {})}
    story = Story(policy_with(amendment=rules, thresholds__cbrn__respond_within=...))
    story.result(90)
    story.secure()
    story.advance(days=1)
    return story


def relax(story: Story, **changes: Any) -> None:
    """Put a version in force at once."""
    story.adopt(next_version(story, **changes), kind="policy-amendment")


def without_filters(story: Story) -> dict[str, Any]:
    """Return thresholds under which filters are not needed any more."""
    cbrn = story.document["thresholds"]["cbrn"]
    return {**story.document["thresholds"], "cbrn": {**cbrn, "then": cbrn["then"][:1]}}


@pytest.mark.parametrize("how", ["rule", "threshold", "limit", "force", "gate"])
def test_a_rule_is_relaxed_the_day_before_the_release(audited: Audited, how: str) -> None:
    story = unready("90 days")
    document = story.document
    tests = document["tests"]
    cbrn = document["thresholds"]["cbrn"]
    aims = [{**rule, "force": "aim"} for rule in cbrn["then"]]
    laxer = {"rules_out": {"below": "95/100", "judged_on": "score"},
             "rules_in": {"at_or_above": "99/100", "judged_on": "score"}}  # fmt: skip
    changes: dict[str, Any] = {
        "rule": {"thresholds": without_filters(story)},
        "threshold": {"thresholds": {"next": document["thresholds"]["next"]}},
        "limit": {"tests": {"virology": {**tests["virology"], **laxer}}},
        "force": {"thresholds": {**document["thresholds"], "cbrn": {**cbrn, "then": aims}}},
        "gate": {"gates": document["gates"][1:], "thresholds": without_filters(story)},
    }[how]
    relax(story, **changes)
    story.advance(days=1)
    if how == "gate":
        story.start_deployment()
    else:
        story.deploy()
    verdict = audited(later(story, days=1))
    found = [one for one in verdict.findings if one.code == "V19"]
    assert {(one.level, one.clause) for one in found} == {("violation", "1")}
    words = "approval" if how == "gate" else "high-dep"
    assert any(words in one.message for one in found)


def test_the_same_is_a_finding_where_nobody_forbade_it(codes: Codes) -> None:
    story = unready()
    relax(story, thresholds=without_filters(story))
    story.advance(days=1)
    story.deploy()
    assert codes(later(story, days=1)) == ["V19 finding"]


def test_it_is_relaxed_in_two_steps_of_which_neither_matters_alone(audited: Audited) -> None:
    story = unready("90 days")
    relax(story, thresholds=without_filters(story))
    story.advance(days=30)
    relax(story, thresholds=without_filters(story), version="3", gates=[])
    story.advance(days=30)
    story.start_deployment()
    found = [one for one in audited(later(story, days=1)).findings if one.code == "V19"]
    assert {one.level for one in found} == {"violation"}
    assert {one.code for one in found if "high-dep" in one.message} == {"V19"}
    assert any("without the approval" in one.message for one in found)


# -- those who do it as it is meant


def test_a_rule_is_relaxed_long_before_it_would_have_bound(codes: Codes) -> None:
    story = unready("90 days")
    relax(story, thresholds=without_filters(story))
    story.advance(days=90)
    story.deploy()
    assert codes(later(story, days=1)) == []


def test_a_rule_is_relaxed_and_kept_nevertheless(codes: Codes) -> None:
    story = unready("90 days")
    relax(story, thresholds=without_filters(story))
    story.filters()
    story.determine("next", "ruled_out")
    story.deploy()
    assert codes(later(story, days=1)) == []


def test_the_next_version_is_published_before_it_is_in_force(codes: Codes) -> None:
    story = promised(source={"title": "these tests", "sha256": SOURCE})
    amend(story, next_version(story, days=7, **STRONGER, source={"title": "new", "sha256": CHANGED}))
    story.advance(days=1)
    observed(story, CHANGED)
    assert codes(later(story, days=20)) == []


def test_a_policy_is_amended_as_it_says(audited: Audited) -> None:
    story = promised()
    amend(story, next_version(story, days=7, **STRONGER))
    verdict = audited(later(story, days=20))
    assert (verdict.verdict, verdict.findings) == ("compliant", ())


def test_a_policy_is_relaxed_as_it_says(audited: Audited) -> None:
    story = promised()
    index = amend(story, next_version(story, days=30, baseline=story.document["baseline"][:1]))
    story.approve(index, "auditor")
    verdict = audited(later(story, days=40))
    assert (verdict.verdict, verdict.findings) == ("compliant", ())
    assert verdict.judgement is not None
    assert verdict.judgement.policies[0].policy.version == "2"


def test_a_flaw_is_noticed_in_time_and_mended_by_another_amendment(codes: Codes) -> None:
    story = promised()
    amend(story, next_version(story, days=7, **STRONGER), "consulted")
    story.advance(days=1)
    amend(story, {**next_version(story, days=7, **STRONGER), "version": "3"})
    assert codes(later(story, days=6)) == [V20]  # The flawed one is in force for a day.
    story = promised()
    flawed = next_version(story, days=8, **STRONGER)
    amend(story, flawed, "consulted")
    story.advance(days=1)
    amend(story, {**flawed, "version": "3"})
    assert codes(later(story, days=20)) == []
