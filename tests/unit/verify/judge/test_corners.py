"""Corners that only an adversary or a bad day reaches: each decides for the safe reading."""

from tests.support.story import DAY, Story, brief, one, policy_with

from plimsoll_verify.log import LogFacts
from plimsoll_verify.report import format_report
from plimsoll_verify.verdict import Verdict


def state(story: Story) -> str:
    """Return the state of cbrn at the clock's time."""
    subject = next(one for one in story.judge().subjects if one.id == story.m)
    return subject.pictures[0][1].standing().thresholds["cbrn"]


# -- activities


def test_a_narrowing_recorded_after_the_end_was_never_in_force() -> None:
    story = Story()
    story.clear()
    start = story.deploy()
    story.advance(days=1)
    event = story.now()
    story.advance(days=1)
    story.end(start)
    story.advance(days=5)
    story.change(start, scope="external.trusted", event_time=event)
    active = story.judge().subjects[0].pictures[0][1].standing().active
    assert [form.kind for form in active] == ["store"]


def test_weights_that_are_named_and_deleted_in_one_millisecond_were_there() -> None:
    story = Story()
    story.lapse("base.locks")
    story.checkpoint_of_training()
    story.say("release", "weights-deleted", [story.m, story.s], {})
    story.advance(days=1)
    finding = one(story.judge().findings, "V04")
    assert (finding.to_ms, finding.ended_by) == (finding.from_ms + 1, "ceased")


def test_weights_that_are_deployed_are_not_deleted() -> None:
    story = Story()
    story.clear()
    story.deploy()
    story.advance(days=1)
    story.say("release", "weights-deleted", [story.m, story.s], {})
    story.advance(days=1)
    story.lapse("base.locks")
    assert {finding.code for finding in story.judge().findings} == {"V01", "V04"}


def test_a_start_recorded_late_did_not_begin_before_the_onset() -> None:
    story = Story()
    event = story.now()
    story.advance(days=3)
    story.result(80, event_time=story.now(-DAY))
    story.start_deployment(event_time=event)
    assert "V01" in {finding.code for finding in story.judge().findings}


# -- results


def test_results_of_shared_weights_count_for_every_model_that_has_them() -> None:
    story = Story()
    story.clear()
    other = story.model("other name")
    body = {"files": 1, "bytes": 1}
    story.say("release", "training-checkpoint", [other, story.s], body)
    own, story.m = story.m, other
    story.result(80)
    story.m = own
    assert state(story) == "crossed"


def test_a_run_that_was_over_long_before_its_event_is_held_to_the_former() -> None:
    story = Story()
    story.advance(days=200)
    plan = story.plan()
    story.advance(ms=1)
    story.result(10, plan=plan, body={"completed": story.now(-190 * DAY)})
    assert state(story) == "indeterminate"


def test_a_plan_by_somebody_who_may_not_plan_is_none() -> None:
    story = Story()
    task = {"task": {"name": "virology", "version": "1"}}
    plan = story.say("evaluator", "eval-planned", [story.m], task, who="rel")
    story.advance(ms=1)
    story.result(10, plan=plan)
    assert state(story) == "unassessed"


def test_other_figures_beside_the_one_that_counts_do_no_harm() -> None:
    story = Story()
    named = {"scorer": "includes", "reducer": "mean", "metric": "accuracy"}
    scores = [
        {**named, "metric": "stderr", "value": "0.9"},
        {**named, "value": "0.1", "count": {"k": 10, "n": 100}},
    ]
    story.clear(body={"scores": scores})
    assert state(story) == "ruled_out"


# -- acts


def test_an_act_that_a_milder_version_would_accept_waits_for_a_signature() -> None:
    story = Story()
    crossing = story.determine("next", "crossed", "rso")
    story.adopt(policy_with(version="2", thresholds__next__declared_by="rso"), kind="policy-amendment")
    assert crossing not in {one.index for one in story.judge().pending}
    standing = story.judge().subjects[0].pictures[0][1].standing()
    assert standing.thresholds["next"] == "unassessed"
    story.sign_off(crossing, "rso-1", "rso")
    standing = story.judge().subjects[0].pictures[0][1].standing()
    assert standing.thresholds["next"] == "crossed"


def test_a_key_that_was_recorded_by_somebody_who_may_not_is_not_recorded() -> None:
    story = Story()
    other = story.person("other")
    body = {"person": "eva", "vkey": other.vkey, "proof": other.proof(story.origin)}
    story.statement("person", ["person:other"], {"person": "other"}, "root-1", "root")
    body["person"] = "other"
    story.statement("key", ["person:other"], body, "eva", "ceo")
    story.statement("heartbeat", [story.org()], {}, "other", "ceo")
    found = [one for one in story.judge().findings if one.entries == (story.size - 1,)]
    assert "which is not recorded" in found[0].message


def test_a_sign_off_of_an_enrolment_under_other_subjects_is_inadmissible() -> None:
    story = Story()
    person = story.statement("person", ["person:new"], {"person": "new"}, "ceo-1", "ceo")
    index = story.sign_off(person, "root-1", "root", subject=[story.subject("person:other")])
    assert one(story.judge().findings, "V36").entries == (index,)
    assert [one.index for one in story.judge().pending] == [person]


def test_reports_of_other_types_and_resumptions_by_nobody_have_no_effect() -> None:
    story = Story()
    index = story.say("security", "report", [story.org()], {"type": "risk", "cites": []})
    pause = story.pause("deploy")
    story.resume(pause, "rso", who="eva")
    assert {one.index for one in story.judge().pending} == set()
    assert brief(story.judge().findings) == ["V36 violation"]
    assert index < pause


def test_lifting_one_pause_leaves_another() -> None:
    story = Story()
    story.clear()
    first = story.pause("deploy")
    second = story.pause("deploy")
    story.resume(second)
    story.advance(hours=1)
    story.deploy()
    assert first in one(story.judge().findings, "V17").entries


# -- standards


def two_criteria(story: Story | None = None) -> Story:
    """Return a story under a policy whose base standard has two criteria and no dimension."""
    policy = policy_with(standards__base__dimension=...)
    policy["standards"]["base"]["criteria"]["alarms"] = {
        "text": "Alarms.",
        "for_each": ["organisation"],
        "attested_by": "security",
    }
    return story or Story(policy)


def test_of_several_criteria_the_one_that_is_missing_is_named() -> None:
    story = two_criteria()
    story.checkpoint_of_training()
    finding = one(story.judge().findings, "V04")
    assert "base.alarms was not attested" in finding.message
    assert "base.locks" not in finding.message


def test_a_standard_without_a_dimension_has_no_place_in_the_picture() -> None:
    story = two_criteria()
    story.attest("base.alarms", "document")
    story.advance(days=1)
    (*_, last) = story.judge().subjects[0].pictures[0][1].timeline([])
    assert (last.in_force, last.level_in_force) == (("base",), 0)


def test_an_attestation_for_each_surface_that_names_none_holds_for_none() -> None:
    story = Story()
    story.attest("high-dep.filters", "red-team", about=story.m)
    assert "high-dep" not in story.judge().subjects[0].pictures[0][1].standing().in_force


# -- entries, times, the text


def test_v36_an_entry_that_cannot_be_read() -> None:
    story = Story()
    index = story.append(b"nonsense")
    finding = one(story.judge().findings, "V36")
    assert (finding.entries, finding.subject) == ((index,), "")
    assert "(damaged)" in finding.message


def test_v28_entries_that_are_younger_than_their_cosignatures() -> None:
    story = Story()
    story.advance(days=1)
    index = story.say("rso", "heartbeat", [story.org()], {})
    assert story.judge(proven_ms=story.now_ms - 60_000).findings == ()
    finding = one(story.judge(proven_ms=story.now_ms - 60_001).findings, "V28")
    assert (finding.entries, finding.level) == ((index,), "violation")


def test_i06_a_ledger_that_ends_in_the_future_is_of_unknown_age() -> None:
    story = Story()
    found = story.judge(now_ms=story.now_ms - 60_001, max_age_ms=DAY)
    assert "still to come" in one(found.findings, "I06").message
    assert story.judge(now_ms=story.now_ms - 60_000, max_age_ms=DAY).findings == ()


def test_a_rejection_without_a_reason_is_told_as_one() -> None:
    text = format_report(Verdict("rejected", LogFacts("acme.example/log")))
    assert text.splitlines()[-1] == "The ledger itself is not authentic; nothing in it was judged."


def test_deleting_one_snapshot_while_another_is_deployed() -> None:
    story = Story()
    story.clear()
    story.deploy()
    other = story.snapshot("other")
    story.say("release", "training-checkpoint", [story.m, other], {"files": 1, "bytes": 1})
    story.advance(days=1)
    story.say("release", "weights-deleted", [story.m, other], {})
    story.advance(days=1)
    (stored, _) = story.judge().subjects[0].pictures[0][1].standing().active
    assert (stored.kind, stored.ended_by) == ("store", -1)
