"""Honest stories, some of them untidy, that must come out without a violation: no attack is in them."""

from collections.abc import Callable

from tests.attacks.telling import beat
from tests.support.forge import Actor, time_text
from tests.support.story import DAY, HOUR, PEOPLE, Story, policy_with

Codes = Callable[..., list[str]]


def live(people: dict[str, list[str]] | None = None) -> Story:
    """A model that was evaluated, ruled out and deployed with a permit."""
    story = Story(people=people)
    story.clear()
    story.advance(days=1)
    story.deploy()
    return story


def test_a_model_is_tested_again_before_its_results_run_out(codes: Codes) -> None:
    story = live()
    for _ in range(4):
        story.advance(days=150)
        story.clear()
    beat(story)
    assert codes(story) == []


def test_a_slip_is_corrected_by_two_and_whatever_it_put_in_doubt_is_determined(codes: Codes) -> None:
    story = live()
    plan = story.plan()
    story.advance(hours=1)
    wrong = story.result(80, plan=plan)
    score = {**story.claim_of(wrong)["scores"][0], "count": {"k": 8, "n": 100}}
    story.advance(hours=1)
    correction = story.correct(
        wrong, story.claim_of(wrong, scores=[score]), reasons="8, not 80, of a hundred"
    )
    story.advance(hours=1)
    story.approve(correction, "security")
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons="as corrected")
    story.advance(days=20)
    beat(story)
    assert codes(story) == ["V41 finding"]


def test_a_deployment_was_recorded_as_wider_than_it_was(codes: Codes) -> None:
    story = Story()
    story.clear()
    start = story.deploy("external.general")
    story.advance(days=1)
    story.correct(start, story.claim_of(start, scope="external.trusted"), "release", "rso")
    story.advance(days=9)
    beat(story)
    assert codes(story) == ["V41 finding"]


def test_what_is_recorded_a_day_late_is_tolerated(codes: Codes) -> None:
    story = Story()
    plan = story.plan()
    story.advance(hours=1)
    run = story.now()
    story.advance(days=1)
    story.result(10, plan=plan, event_time=run, body={"started": run, "completed": run})
    start = story.deploy()
    story.advance(days=30)
    ended = story.now()
    story.advance(days=1)
    story.end(start, event_time=ended)
    assert codes(story) == []


def test_a_start_that_is_recorded_in_time_may_be_pending(codes: Codes) -> None:
    story = Story()
    story.clear()
    story.permit("rso", "ceo")
    story.advance(hours=1)
    began = story.now()
    story.advance(hours=1)
    story.secure()
    story.result(60)
    story.advance(days=1)
    start = story.start_deployment(event_time=began)
    story.advance(days=10)
    story.end(start)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    assert codes(story) == []


def test_a_small_firm_where_one_person_has_two_roles(codes: Codes) -> None:
    story = live({**PEOPLE, "eva": ["evaluator", "security"], "rel": ["release", "rso"]})
    story.advance(days=1)
    story.sign_off(story.permit(surface="chat"), "rso-1", "rso")
    story.approve(story.size - 2, "ceo")
    story.start_deployment(surface="chat")
    story.attest("base.locks", "document", who="eva")
    assert codes(story) == []


def test_a_key_is_rotated(codes: Codes) -> None:
    story = live()
    old = story.person("rso-1")
    new = Actor("rso-1", story.secret("rso-1, the second"))
    body = {"person": "rso-1", "vkey": new.vkey, "proof": new.proof(story.origin)}
    story.say("root", "key", ["person:rso-1"], body)
    retired = {"person": "rso-1", "keyid": old.keyid}
    story.say("rso", "key-retired", ["person:rso-1"], retired, key=new.key)
    story.advance(days=1)
    permit = story.permit("ceo", surface="chat")
    story.sign_off(permit, "rso-1", "rso", key=new.key)
    story.start_deployment(surface="chat")
    assert codes(story) == []


def test_safeguards_are_renewed_while_the_model_is_deployed(codes: Codes) -> None:
    story = Story(policy_with(thresholds__cbrn__then__2=..., thresholds__cbrn__respond_within=...))
    story.secure()
    story.filters()
    story.result(90)
    story.determine("cbrn", "crossed")
    story.deploy()
    for month in range(1, 20):
        story.advance(days=30)
        story.filters()
        if month % 11 == 0:
            story.secure()
    beat(story)
    assert codes(story) == []


def test_a_role_is_handed_over(codes: Codes) -> None:
    story = live()
    story.enrol("rso-2", "rso")
    story.say("root", "role-ended", ["person:rso-1", "role:rso"], {"person": "rso-1", "role": "rso"})
    story.advance(days=1)
    permit = story.permit("ceo", surface="chat")
    story.sign_off(permit, "rso-2", "rso")
    story.start_deployment(surface="chat")
    assert codes(story) == []


def test_a_deployment_is_narrowed_after_its_permit_has_expired(codes: Codes) -> None:
    story = live()
    start = story.size - 1
    story.advance(days=100)
    story.change(start, "external.trusted")
    story.advance(days=1)
    story.end(start)
    assert codes(story) == []


def test_a_policy_is_amended_and_kept(codes: Codes) -> None:
    story = live()
    story.advance(days=1)
    limit = {"below": "2/5", "judged_on": "score"}
    amended = policy_with(version="2", tests__virology__rules_out=limit)
    story.adopt({**amended, "effective_from": "2026-03-10T00:00:00Z"}, kind="policy-amendment")
    story.advance(days=20)
    story.deploy(surface="chat")
    assert codes(story) == []


def test_a_concern_is_met_in_time(codes: Codes) -> None:
    story = live()
    story.advance(days=10)
    story.result(60)
    story.advance(days=20)
    story.result(55)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons="The extra runs had hints.")
    story.advance(days=100)
    beat(story)
    assert codes(story) == []


def test_a_new_snapshot_is_evaluated_and_takes_over(codes: Codes) -> None:
    story = live()
    first = story.size - 1
    story.advance(days=30)
    story.s = story.snapshot("m, the second")
    story.clear()
    story.deploy()
    story.s = story.snapshot("m")
    story.end(first)
    story.say("release", "weights-deleted", [story.m, story.s], {})
    assert codes(story) == []


def test_people_say_that_a_ruling_out_holds_for_a_snapshot_that_was_not_measured(codes: Codes) -> None:
    story = Story(
        policy_with(thresholds__cbrn__until_assessed="crossed", thresholds__cbrn__respond_within=...)
    )
    story.secure()
    story.clear()
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons="The weights differ in one bias.")
    story.s = story.snapshot("one bias")
    story.deploy()
    assert codes(story) == []


def test_a_pause_is_obeyed_and_lifted(codes: Codes) -> None:
    story = live()
    start = story.size - 1
    story.advance(days=1)
    pause = story.pause("deploy")
    story.advance(hours=20)
    story.end(start)
    story.advance(days=5)
    story.resume(pause)
    story.deploy()
    assert codes(story) == []


def test_a_training_run_with_checkpoints(codes: Codes) -> None:
    story = Story()
    start = story.train()
    for _ in range(3):
        story.advance(days=20)
        story.checkpoint_of_training()
    story.say("release", "training-stopped", [story.m], {"of": story.ref(start)}, event_time=story.now())
    story.clear()
    story.deploy()
    assert codes(story) == []


def test_a_clock_that_is_a_few_seconds_off(codes: Codes) -> None:
    story = Story()
    story.clear()
    story.permit("rso", "ceo", expires=time_text(story.now_ms + DAY))
    story.advance(hours=1)
    story.start_deployment(event_time=story.now(30_000))
    cosigned_ms = story.now_ms - 5_000
    assert codes(story, cosigned_ms=cosigned_ms, now_ms=story.now_ms + HOUR, max_age="1 day") == []
