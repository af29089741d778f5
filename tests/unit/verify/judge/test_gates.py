"""V14, V17, V35: permits, pauses, forms; and the start that nobody has recorded."""

from typing import Any

import pytest
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, one, policy_with

from plimsoll_verify.findings import Finding


def ready(policy: dict[str, Any] | None = None) -> Story:
    """Return a story whose model is ruled out, a day later."""
    story = Story(policy)
    story.clear()
    story.advance(days=1)
    return story


def test_v14_a_start_without_any_permit() -> None:
    story = ready()
    start = story.start_deployment()
    began = story.now_ms
    story.advance(days=1)
    ended = story.end(start)
    story.advance(days=1)
    finding = one(story.judge().findings, "V14")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (began, began + DAY, "ceased")
    assert (finding.from_index, finding.to_index) == (start, ended)
    assert finding.entries == (story.policy_entry, start)
    assert (finding.rule, finding.clause, finding.subject) == ("gates", "1", story.m)
    assert "no permit covers it" in finding.message


def test_v14_not_under_a_permit_that_everybody_approved() -> None:
    story = ready()
    story.deploy()
    assert brief(story.judge().findings) == []


def test_v14_a_permit_that_somebody_has_not_signed() -> None:
    story = ready()
    permit = story.permit("rso")
    start = story.start_deployment()
    finding = one(story.judge().findings, "V14")
    assert f"the permit of entry {permit} lacks ceo" in finding.message
    assert set(finding.entries) == {story.policy_entry, permit, start}


def test_v14_a_permit_that_was_complete_only_after_the_start() -> None:
    story = ready()
    permit = story.permit("rso")
    story.start_deployment()
    story.approve(permit, "ceo")
    story.advance(hours=1)
    finding = one(story.judge().findings, "V14")
    assert "complete only with entry" in finding.message
    assert finding.ended_by == "open"


def findings_of(story: Story) -> tuple[Finding, ...]:
    """Judge once, at the end: to judge at each of so many entries takes long."""
    return story.replayed().finish(story.now_ms).findings


def test_v14_names_sixteen_permits_at_most() -> None:
    """Those just before the start and, where that is fewer, just after it."""
    story = ready()
    early = [story.permit("rso") for _ in range(20)]
    first = story.start_deployment(surface="web")
    second = story.start_deployment()
    late = [story.permit("rso") for _ in range(20)]
    other = [story.permit("rso", surface="web") for _ in range(20)]
    of_api, of_web = [found for found in findings_of(story) if found.code == "V14"]
    assert set(of_api.entries) == {story.policy_entry, second, *early[-16:]}
    assert of_api.message.count("the permit of entry") == 16
    assert set(of_web.entries) == {story.policy_entry, first, *other[:16]}
    story = ready()
    early = [story.permit("rso") for _ in range(5)]
    start = story.start_deployment()
    late = [story.permit("rso") for _ in range(20)]
    finding = one(findings_of(story), "V14")
    assert set(finding.entries) == {story.policy_entry, start, *early, *late[:11]}


def test_of_many_permits_those_that_expired_let_nothing_begin() -> None:
    story = ready()
    for days in (3, 1, 2):
        story.permit("rso", "ceo", expires=time_text(story.now_ms + days * DAY))
    started = []
    for _ in range(4):
        started.append(story.start_deployment())
        story.advance(days=1)
    finding = one(story.judge().findings, "V14")
    assert started[3] in finding.entries
    assert not {*started[:3]} & {*finding.entries}


def test_a_permit_that_is_not_complete_does_not_make_up_for_one_that_expired() -> None:
    story = ready()
    lacking = story.permit("rso", expires=time_text(story.now_ms + 9 * DAY))
    expired = story.permit("rso", "ceo", expires=time_text(story.now_ms + DAY))
    story.advance(days=2)
    start = story.start_deployment()
    finding = one(story.judge().findings, "V14")
    assert set(finding.entries) == {story.policy_entry, lacking, expired, start}


def test_v14_a_late_record_of_a_start_before_its_permit() -> None:
    story = ready()
    event = story.now()
    story.advance(hours=1)
    story.permit("rso", "ceo")
    story.start_deployment(event_time=event)
    finding = one(story.judge().findings, "V14")
    assert finding.from_ms == story.now_ms - HOUR


@pytest.mark.parametrize(
    "permit",
    [
        {"scope": "external.trusted"},
        {"surface": "web"},
        {"attributes": ["autonomy-expanded"]},
        {"expires": "2026-03-02T00:00:00.000Z"},
    ],
)
def test_v14_a_permit_for_something_else(permit: dict[str, Any]) -> None:
    story = ready(policy_with(baseline__1=...))
    story.permit("rso", "ceo", **permit)
    story.start_deployment(body={"attributes": ["tools"]})
    assert brief(story.judge().findings) == ["V14 violation"]


def test_v14_a_permit_has_expired_at_its_very_instant() -> None:
    story = ready()
    story.permit("rso", "ceo", expires=time_text(story.now_ms + HOUR))
    story.advance(hours=1, ms=-1)
    first = story.start_deployment()
    story.end(first)
    story.advance(ms=1)
    second = story.start_deployment()
    finding = one(story.judge().findings, "V14")
    assert finding.from_index == second
    assert "had expired" in finding.message


def test_v14_a_permit_for_another_snapshot_or_model() -> None:
    story = ready()
    story.permit("rso", "ceo")
    story.start_deployment(snapshot=story.snapshot("swapped"))
    assert brief(story.judge().findings) == ["V14 violation"]


def test_v14_a_permit_to_train_is_none_to_deploy() -> None:
    story = ready()
    story.train()
    story.start_deployment()
    assert brief(story.judge().findings) == ["V14 violation"]
    assert brief(Story.judge(story, end_ms=story.now_ms - 1).findings) == []


def test_v14_the_author_of_a_permit_does_not_approve_it() -> None:
    story = Story(people={"rel": ["release", "rso"], "ceo-1": ["ceo"], "eva": ["evaluator"],
                          "sec": ["security"], "board-1": ["board"], "aud": ["auditor"]})  # fmt: skip
    story.clear()
    permit = story.permit()
    story.sign_off(permit, "rel", "rso")
    story.approve(permit, "ceo")
    story.start_deployment()
    assert brief(story.judge().findings) == ["V14 violation"]


def test_v14_swapping_the_snapshot_under_a_deployment_is_a_start() -> None:
    story = ready()
    start = story.deploy()
    story.advance(days=1)
    change = story.change(start, snapshot=story.snapshot("swapped"))
    assert one(story.judge().findings, "V14").from_index == change


def test_v14_widening_asks_again_and_narrowing_does_not() -> None:
    story = ready()
    start = story.deploy(scope="external.limited")
    story.advance(days=1)
    narrowed = story.change(start, scope="external.trusted")
    story.advance(days=1)
    assert brief(story.judge().findings) == []
    widened = story.change(narrowed, scope="external.general")
    story.advance(days=1)
    story.change(start, scope="external.trusted")
    story.advance(days=1)
    finding = one(story.judge().findings, "V14")
    assert (finding.from_index, finding.ended_by) == (widened, "open")


def test_v14_ends_where_the_gate_matches_no_more() -> None:
    gate = {**COMMIT, "for": "deploying it internally at large scale", "approved_by": "rso"}
    story = ready(policy_with(gates=[gate]))
    start = story.start_deployment(scope="internal.large-scale")
    began = story.now_ms
    story.advance(days=1)
    story.change(start, scope="internal.limited")
    story.advance(days=1)
    finding = one(story.judge().findings, "V14")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (began, began + DAY, "ceased")


def test_v14_a_change_of_nothing_and_one_after_the_end_are_starts() -> None:
    story = ready()
    other = story.say("rso", "heartbeat", [story.org()], {})
    change = story.change(other)
    assert one(story.judge().findings, "V14").from_index == change
    story = ready()
    start = story.deploy()
    story.advance(days=40)
    story.end(start)
    story.advance(days=1)
    again = story.change(start)
    assert one(story.judge().findings, "V14").from_index == again


def test_v14_training_has_a_gate_of_its_own() -> None:
    story = ready()
    story.train()
    assert brief(story.judge().findings) == []
    story = ready()
    start = story.say("release", "training-started", [story.m], {})
    finding = one(story.judge().findings, "V14")
    assert finding.from_index == start
    assert "was trained" in finding.message


def test_v14_a_start_before_the_policy_was_in_force_broke_nothing() -> None:
    story = Story(adopt=False)
    story.start_deployment()
    story.advance(days=1)
    story.attest("base.locks", "document")
    story.adopt(story.document)
    story.advance(days=1)
    assert brief(story.judge().findings) == []


def test_v14_a_gate_that_an_amendment_adds_binds_later_starts_only() -> None:
    story = ready(policy_with(gates=[]))
    start = story.start_deployment()
    story.advance(days=1)
    amended = story.adopt({**policy_with(), "version": "2"}, kind="policy-amendment")
    story.advance(days=1)
    assert brief(story.judge().findings) == []
    story.end(start)
    again = story.start_deployment()
    story.advance(days=1)
    assert one(story.judge().findings, "V14").from_index == again
    story.adopt({**policy_with(gates=[]), "version": "3"}, kind="policy-amendment")
    story.advance(days=1)
    finding = one(story.judge().findings, "V14")
    assert (finding.ended_by, finding.to_index) == ("amended", again + 3)
    assert amended > 0


# -- pauses


def test_v17_a_start_during_a_pause() -> None:
    story = ready()
    pause = story.pause("deploy")
    story.advance(days=1)
    start = story.deploy()
    began = story.now_ms
    story.advance(days=1)
    resumed = story.resume(pause)
    story.advance(days=1)
    finding = one(story.judge().findings, "V17")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (began, began + DAY, "cured")
    assert (finding.from_index, finding.to_index) == (start, resumed + 1)
    assert finding.entries == (story.policy_entry, pause, start)
    assert brief(story.judge().findings) == ["V17 violation"]


def test_v17_not_after_it_was_lifted_or_is_over_or_is_about_something_else() -> None:
    for how in ("lifted", "over", "training", "scope", "model"):
        story = ready()
        body: dict[str, Any] = {"until": time_text(story.now_ms + HOUR)} if how == "over" else {}
        if how == "scope":
            body["scopes"] = ["internal.limited"]
        about = story.model("other") if how == "model" else None
        pause = story.pause("train" if how == "training" else "deploy", about=about, body=body)
        if how == "lifted":
            story.resume(pause)
        story.advance(days=1)
        story.deploy()
        assert brief(story.judge().findings) == [], how


def test_v17_a_pause_that_one_person_lifted_alone_holds() -> None:
    story = ready()
    pause = story.pause("deploy", about=story.m, kind="restriction", body={"scopes": ["external.general"]})
    story.resume(pause, "rso")
    story.advance(days=1)
    story.deploy()
    finding = one(story.judge().findings, "V17")
    assert (finding.ended_by, "the restriction of entry" in finding.message) == ("open", True)


def test_a_pause_called_by_somebody_who_may_not_binds_nobody() -> None:
    story = ready()
    story.pause("deploy", role="evaluator")
    story.advance(days=1)
    story.deploy()
    assert brief(story.judge().findings) == []
    assert [(one.kind, one.want, one.roles) for one in story.judge().pending] == [
        ("pause", "called_by", ("rso", "ceo"))
    ]


def test_v17_a_pause_counts_from_its_event_however_late_it_is_recorded() -> None:
    story = ready()
    event = story.now()
    story.advance(hours=1)
    start = story.deploy()
    story.advance(hours=1)
    story.pause("deploy", event_time=event)
    assert one(story.judge().findings, "V17").from_index == start


def test_v17_a_training_start_during_a_pause_of_whatever_scopes() -> None:
    story = ready()
    story.pause("train", body={"scopes": ["internal.limited"]})
    story.advance(hours=1)
    start = story.train()
    assert one(story.judge().findings, "V17").from_index == start


def test_v35_going_on_past_the_deadline() -> None:
    story = ready()
    start = story.deploy()
    story.advance(days=1)
    pause = story.pause("deploy")
    paused = story.now_ms
    story.advance(days=4)
    end = story.end(start)
    story.advance(days=1)
    finding = one(story.judge().findings, "V35")
    assert (finding.from_ms, finding.to_ms, finding.ended_by) == (
        paused + 3 * DAY,
        paused + 4 * DAY,
        "ceased",
    )
    assert (finding.from_index, finding.to_index) == (None, end)
    assert finding.entries == (story.policy_entry, start, pause)
    assert "72 hours" in finding.message


def test_v35_not_where_it_stopped_in_time_or_the_pause_was_short() -> None:
    story = ready()
    start = story.deploy()
    story.advance(hours=1)
    pause = story.pause("deploy", body={"until": time_text(story.now_ms + 2 * DAY)})
    story.advance(days=10)
    assert brief(story.judge().findings) == []
    assert pause > start
    story = ready()
    start = story.deploy()
    story.advance(hours=1)
    story.pause("deploy")
    story.advance(days=2)
    story.end(start)
    story.advance(days=10)
    assert brief(story.judge().findings) == []


def test_v35_a_pause_from_before_the_policy_counts_from_when_it_is_in_force() -> None:
    story = Story(adopt=False)
    story.start_deployment()
    story.advance(hours=1)
    story.pause("deploy")
    story.advance(days=10)
    story.attest("base.locks", "document")
    story.adopt(story.document)
    at = story.now_ms
    story.advance(days=1)
    assert one(story.judge().findings, "V35").from_ms == at


# -- forms and late records


def test_a_change_recorded_late_ends_the_old_form_only_then() -> None:
    story = ready()
    start = story.deploy()
    story.advance(days=1)
    event = story.now()
    story.advance(days=10)
    story.permit("rso", "ceo", scope="internal.limited")
    story.change(start, scope="internal.limited", event_time=event)
    story.result(80, event_time=story.now(-DAY))
    story.determine("cbrn", "crossed")
    subject = story.judge().subjects[0].pictures[0][1].standing()
    assert [form.content.scope for form in subject.active if form.kind == "deploy"] == ["internal.limited"]
    assert "V14" in {finding.code for finding in story.judge().findings}


def test_an_end_recorded_late_relieves_only_from_its_entry() -> None:
    story = ready()
    start = story.start_deployment()
    story.advance(days=1)
    event = story.now()
    story.advance(days=2)
    in_time = story.end(start, event_time=event)
    assert one(story.judge().findings, "V14").to_ms == story.now_ms - 2 * DAY
    assert in_time > start
    story = ready()
    start = story.start_deployment()
    story.advance(days=1)
    event = story.now()
    story.advance(days=2, ms=1)
    story.end(start, event_time=event)
    story.advance(hours=1)
    assert one(story.judge().findings, "V14").to_ms == story.now_ms - HOUR


def test_an_end_of_something_else_ends_nothing() -> None:
    story = ready()
    story.start_deployment()
    heartbeat = story.say("rso", "heartbeat", [story.org()], {})
    story.end(heartbeat)
    start = story.say("release", "training-started", [story.m], {})
    story.say("release", "training-stopped", [story.m], {"of": story.ref(heartbeat)})
    story.advance(days=1)
    assert {finding.ended_by for finding in story.judge().findings} == {"open"}
    assert start > heartbeat


# -- the hypothetical start


def test_the_gate_allows_what_breaks_nothing() -> None:
    story = ready()
    story.permit("rso", "ceo")
    assert story.ask() == ()


def test_the_gate_names_whose_approval_is_missing() -> None:
    story = ready()
    permit = story.permit("ceo")
    (finding,) = story.ask()
    assert (finding.code, finding.from_index) == ("V14", story.size)
    assert f"the permit of entry {permit} lacks rso" in finding.message
    assert [(one.index, one.missing, one.counted) for one in story.judge().pending] == [
        (permit, ("rso",), (("ceo-1", "ceo"),))
    ]


def test_the_gate_denies_a_crossed_model_before_its_safeguards() -> None:
    story = ready()
    story.result(80)
    story.permit("rso", "ceo")
    assert sorted({finding.code for finding in story.ask()}) == ["V01", "V07"]


def test_the_gate_speaks_of_training_and_of_models_that_nobody_has_named() -> None:
    story = ready()
    assert [finding.code for finding in story.ask(activity="train")] == ["V14"]
    assert [finding.code for finding in story.ask(model=story.model("new"))] == ["V14"]


def test_the_gate_does_not_repeat_what_the_start_does_not_break() -> None:
    story = ready()
    story.start_deployment(surface="web")
    story.permit("rso", "ceo")
    assert story.ask() == ()
    assert brief(story.judge().findings) == ["V14 violation"]


def test_the_gate_tells_of_doubts() -> None:
    story = ready()
    story.permit("rso", "ceo")
    story.result(10, withheld=True)
    assert "I01" in {finding.code for finding in story.ask()}


def test_the_gate_before_there_is_a_policy() -> None:
    story = Story(adopt=False)
    assert [finding.code for finding in story.ask()] == ["I05"]


def test_a_later_time_can_be_asked_about() -> None:
    story = ready()
    story.permit("rso", "ceo")
    (finding,) = story.ask(at_ms=story.now_ms + 31 * DAY)
    assert "had expired" in finding.message
