"""What nobody can judge: withheld bodies of each kind, what is not understood or not judged, age."""

from collections.abc import Callable

import pytest
from tests.support.forge import time_text
from tests.support.story import DAY, Story, brief, one, policy_with


def levels(story: Story, code: str) -> list[tuple[str, int, int | None, str]]:
    """Return level, from, to and end of the findings of a code, in order of time."""
    found = [finding for finding in story.judge().findings if finding.code == code]
    return sorted((one.level, one.from_ms, one.to_ms, one.ended_by) for one in found)


SAYINGS: list[Callable[[Story], int]] = [
    lambda s: s.say("evaluator", "model-registered", [s.model("x")], {"name": "x"}, withheld=True),
    lambda s: s.say(
        "evaluator", "eval-planned", [s.m], {"task": {"name": "t", "version": "1"}}, withheld=True
    ),
    lambda s: s.result(10, withheld=True),
    lambda s: s.determine("next", "ruled_out", "rso", withheld=True),
    lambda s: s.attest("part.alignment", "document", withheld=True),
    lambda s: s.lapse("part.alignment", withheld=True),
    lambda s: s.report("high-sec", [], withheld=True),
    lambda s: s.say("release", "permit", [s.m], {"activity": "train", "expires": s.now()}, withheld=True),
    lambda s: s.start_deployment(withheld=True),
    lambda s: s.change(0, withheld=True),
    lambda s: s.end(0, withheld=True),
    lambda s: s.say("release", "training-started", [s.m], {}, withheld=True),
    lambda s: s.say("release", "training-stopped", [s.m], {"of": s.ref(0)}, withheld=True),
    lambda s: s.checkpoint_of_training(withheld=True),
    lambda s: s.say("release", "weights-deleted", [s.m], {}, withheld=True),
]


@pytest.mark.parametrize("say", SAYINGS)
def test_i01_a_withheld_body_is_never_a_pass(say: Callable[[Story], int]) -> None:
    story = Story(policy_with(gates=[]))
    index = say(story)
    found = story.judge()
    finding = one(found.findings, "I01")
    assert (finding.entries, finding.level, finding.ended_by) == ((index,), "indeterminate", "open")
    assert found.verdict == "indeterminate"
    assert sum(found.withheld.values()) == 1


def test_i01_counts_from_its_event() -> None:
    story = Story()
    story.advance(days=2)
    story.result(10, withheld=True, event_time=story.now(-DAY))
    story.result(10, withheld=True)
    finding = one(story.judge().findings, "I01")
    assert (finding.from_ms, len(finding.entries)) == (story.now_ms - DAY, 2)
    assert "2 eval-result entries" in finding.message


def test_i02_unknown_members_and_unknown_kinds() -> None:
    story = Story()
    story.attest("part.alignment", "document", body={"surprise": "x"})
    story.say("rso", "horoscope", [story.org()], {})
    story.pause("deploy", body={"surprise": "x"})
    found = story.judge()
    assert brief(found.findings) == ["I02 indeterminate"] * 3
    assert found.verdict == "indeterminate"


def test_i07_what_is_brought_forward_without_a_claim() -> None:
    story = Story()
    story.say("rso", "brought-forward", [story.org()], {"kind": "person", "claim_sha256": "0" * 64})
    found = story.judge()
    assert brief(found.findings) == ["I07 indeterminate"]


def test_i06_a_ledger_older_than_the_auditor_allows() -> None:
    story = Story()
    fresh = story.judge(now_ms=story.now_ms + DAY, max_age_ms=DAY)
    assert (fresh.findings, fresh.freshness_checked) == ((), True)
    stale = story.judge(now_ms=story.now_ms + DAY + 1, max_age_ms=DAY)
    assert (brief(stale.findings), stale.verdict) == (["I06 indeterminate"], "indeterminate")
    assert not story.judge(now_ms=story.now_ms + DAY + 1).freshness_checked


# -- a violation that a withheld body could have prevented


def unsafe(policy: dict[str, object] | None = None) -> tuple[Story, int, int]:
    """Deploy a crossed model that lacks filters; returns the story, the start's entry and its time."""
    story = Story(policy)
    story.result(80)
    story.determine("cbrn", "crossed")
    story.secure()
    story.determine("next", "ruled_out")
    story.advance(days=1)
    start = story.deploy()
    began = story.now_ms
    story.advance(days=1)
    return story, start, began


def test_a_withheld_attestation_makes_the_rest_indeterminate() -> None:
    story, _, began = unsafe()
    story.filters(withheld=True)
    at = story.now_ms
    story.advance(days=1)
    assert levels(story, "V01") == [
        ("indeterminate", at, None, "open"),
        ("violation", began, at, "covered"),
    ]


def test_a_withheld_attestation_by_somebody_who_may_not_attest_it_changes_nothing() -> None:
    story, _, began = unsafe()
    story.attest("high-dep.filters", "red-team", about=story.m, surface="api", role="release", withheld=True)
    story.attest("high-dep.filters", "red-team", surface="api", withheld=True)
    story.say(
        "security", "safeguard-attested", [story.m],
        {"standard": "high-dep", "criterion": "filters", "bound_to": {"surface": "api"},
         "shown_by": ["red-team"], "evidence": []},
        who="eva", withheld=True,
    )  # fmt: skip
    assert levels(story, "V01") == [("violation", began, None, "open")]


def test_a_withheld_report_could_be_the_approval() -> None:
    story = Story()
    story.checkpoint_of_training()
    story.advance(hours=1)
    story.result(80)
    story.determine("cbrn", "crossed")
    story.attest("high-sec.audit", "audit", role="auditor")
    story.report("high-sec", [], "rso", "ceo", withheld=True)
    story.advance(days=60)
    assert [level for level, *_ in levels(story, "V04")] == ["indeterminate"]


def test_a_withheld_report_that_nobody_approved_could_not() -> None:
    story = Story()
    story.checkpoint_of_training()
    story.advance(hours=1)
    story.result(80)
    story.determine("cbrn", "crossed")
    story.attest("high-sec.audit", "audit", role="auditor")
    story.report("high-sec", [], "rso", withheld=True)
    story.advance(days=60)
    assert [level for level, *_ in levels(story, "V04")] == ["violation"]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [(("rso", "ceo", "board"), ["indeterminate", "violation"]), (("rso", "ceo"), ["violation"])],
)
def test_a_withheld_determination_could_rule_out(roles: tuple[str, ...], expected: list[str]) -> None:
    story, _, _ = unsafe()
    story.determine("cbrn", "ruled_out", *roles, withheld=True)
    story.advance(days=1)
    assert [level for level, *_ in levels(story, "V01")] == expected


def test_a_withheld_determination_could_declare() -> None:
    story = Story()
    story.result(80)
    story.advance(days=20)
    story.determine("cbrn", "crossed", withheld=True)
    story.advance(days=20)
    assert [level for level, *_ in levels(story, "V05")] == ["indeterminate"]


def test_a_withheld_result_could_be_clear_but_ends_no_crossing() -> None:
    story = Story()
    story.clear()
    story.deploy()
    story.advance(days=200)
    story.result(10, withheld=True)
    at = story.now_ms
    story.advance(days=1)
    assert levels(story, "V01") == []
    story.advance(days=30)
    assert {level for level, *_ in levels(story, "V04")} == {"indeterminate"}
    story.result(80)
    story.result(10, withheld=True)
    story.advance(days=60)
    assert max(start for level, start, *_ in levels(story, "V04") if level == "violation") > at


def test_a_withheld_plan_could_have_been_the_right_one() -> None:
    story = Story()
    plan = story.say(
        "evaluator", "eval-planned", [story.m], {"task": {"name": "virology", "version": "1"}}, withheld=True
    )
    story.advance(ms=1)
    story.result(60)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.advance(days=1)
    story.result(10, plan=plan)
    assert story.judge().subjects[0].pictures[0][1].standing().thresholds["cbrn"] == "ruled_out"
    story = Story(policy_with(thresholds__cbrn__until_assessed="crossed"))
    story.secure()
    plan = story.say(
        "evaluator", "eval-planned", [story.m], {"task": {"name": "virology", "version": "1"}}, withheld=True
    )
    story.advance(ms=1)
    story.result(10, plan=plan)
    story.deploy()
    assert [level for level, *_ in levels(story, "V01")] == ["indeterminate"]


@pytest.mark.parametrize("kind", ["end", "change"])
def test_a_withheld_end_or_change_could_have_ended_a_deployment(kind: str) -> None:
    story, start, began = unsafe()
    (story.end if kind == "end" else story.change)(start, withheld=True)
    at = story.now_ms
    story.advance(days=1)
    assert levels(story, "V01") == [
        ("indeterminate", at, None, "open"),
        ("violation", began, at, "covered"),
    ]


def test_a_withheld_end_by_somebody_who_may_not_say_so_could_not() -> None:
    story, start, began = unsafe()
    story.end(start, withheld=True, who="eva")
    assert levels(story, "V01") == [("violation", began, None, "open")]


def test_a_withheld_stop_could_have_ended_training_and_a_deletion_storing() -> None:
    story = Story()
    start = story.train()
    story.checkpoint_of_training()
    story.lapse("base.locks")
    lapsed = story.now_ms
    story.advance(days=1)
    story.say("release", "training-stopped", [story.m], {"of": story.ref(start)}, withheld=True)
    story.say("release", "weights-deleted", [story.m], {}, withheld=True)
    at = story.now_ms
    later = story.say("release", "training-started", [story.m], {})
    story.advance(days=1)
    assert levels(story, "V04") == [
        ("indeterminate", at, None, "open"),
        ("violation", lapsed, at, "covered"),
    ]
    assert levels(story, "V02") == [("violation", lapsed, None, "open")]
    assert later > start


@pytest.mark.parametrize(("roles", "expected"), [(("rso", "ceo"), "indeterminate"), (("rso",), "violation")])
def test_a_withheld_permit_could_have_been_the_one(roles: tuple[str, ...], expected: str) -> None:
    story = Story()
    story.clear()
    body = {"activity": "deploy", "scope": "external.general", "surface": "api", "expires": story.now(DAY)}
    permit = story.say("release", "permit", [story.m, story.s], body, withheld=True)
    story.approve(permit, *roles)
    story.start_deployment()
    assert [level for level, *_ in levels(story, "V14")] == [expected]


def test_of_a_withheld_start_is_known_that_something_is_deployed() -> None:
    story = Story()
    story.result(80)
    story.determine("next", "crossed")
    story.determine("cbrn", "crossed")
    story.advance(hours=1)
    start = story.start_deployment(withheld=True)
    story.advance(days=1)
    found = story.judge().findings
    known = one([one for one in found if one.code == "V01" and one.rule == "next.then.0"], "V01")
    assert (known.level, known.from_index) == ("violation", start)
    assert "scope not known" in known.message
    assert one(found, "V14").level == "indeterminate"
    assert {one.rule for one in found if one.code == "V01"} == {"next.then.0", "cbrn.then.0"}


def test_on_which_surface_is_not_known_of_a_withheld_start() -> None:
    rule = {"clause": "1", "force": "commitment", "needs": ["high-dep"], "while": ["deploying it"]}
    story = Story(policy_with(baseline=[rule]))
    story.start_deployment(withheld=True)
    assert levels(story, "V01") == []


def test_a_permit_that_expires_is_no_doubt() -> None:
    story = Story()
    story.permit("rso", "ceo", expires=time_text(story.now_ms + DAY))
    story.advance(days=2)
    assert story.judge().verdict == "compliant"
