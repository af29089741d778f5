"""What is attested for each environment and each deployment: SPEC 9.7, 9.9 and 9.16."""

from typing import Any

import pytest
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, HOUR, Story, brief, later, of, one, policy_with

from plimsoll_verify.activities import Form
from plimsoll_verify.findings import Finding

EVERYWHERE = ["training it", "deploying it"]


def needing(*things: str, activities: list[str] | None = None, **standard: Any) -> dict[str, Any]:
    """A policy whose baseline needs a standard for each of some things, and nothing else."""
    shown = {"text": "Shown.", "for_each": list(things), "attested_by": "security"}
    rule = {**COMMIT, "needs": ["placed"], "while": activities or EVERYWHERE}
    return policy_with(
        standards__placed={"criteria": {"shown": shown}, **standard}, baseline=[rule], thresholds={}, gates=[]
    )


def attest(story: Story, **bound: Any) -> int:
    return story.attest("placed.shown", **bound)


def deploy(story: Story, environment: str = "", deployment: str = "", **more: Any) -> int:
    body = {"environment": environment} if environment else {}
    body |= {"deployment": deployment} if deployment else {}
    return story.start_deployment(body=body, **more)


def spans(found: tuple[Finding, ...], code: str = "V01") -> list[tuple[int, int | None, str]]:
    return [(one.from_ms, one.to_ms, one.ended_by) for one in found if one.code == code]


def forms(story: Story) -> list[Form]:
    (subject,) = (one for one in story.judge().subjects if one.id == story.m)
    return [form for form in subject.pictures[0][1]._world.forms if form.kind == "deploy"]


# -- environments


def test_each_environment_needs_an_attestation_of_its_own() -> None:
    story = Story(needing("environment"))
    attest(story, environment="eu")
    deploy(story, "eu")
    story.advance(hours=1)
    assert later(story, hours=1).verdict == "compliant"
    started, began = deploy(story, "us", surface="web"), story.now_ms
    story.advance(hours=1)
    attest(story, environment="us")
    found = one(later(story, hours=1).findings, "V01")
    assert (found.from_ms, found.to_ms, found.from_index) == (began, began + HOUR, started)
    assert "in us" in found.message
    assert "placed.shown was not attested for this" in found.message


def test_where_nobody_says_where_it_is_nothing_was_attested() -> None:
    story = Story(needing("environment"))
    attest(story, environment="eu")
    attest(story)
    deploy(story)
    assert brief(story.judge().findings) == ["V01 violation"]


def test_an_attestation_that_names_no_environment_holds_for_none() -> None:
    story = Story(needing("environment"))
    attest(story)
    deploy(story, "eu")
    assert brief(story.judge().findings) == ["V01 violation"]


def test_one_that_is_narrower_than_it_has_to_be_holds_there_only() -> None:
    story = Story(needing("model"))
    attest(story, about=story.m, environment="eu")
    deploy(story, "eu")
    assert story.judge().verdict == "compliant"
    story.advance(hours=1)
    deploy(story, "us")
    assert spans(story.judge().findings) == [(story.now_ms, None, "open")]


def test_what_lapses_in_one_environment_goes_on_in_another() -> None:
    story = Story(needing("environment"))
    for environment in ("eu", "us"):
        attest(story, environment=environment)
        deploy(story, environment)
    story.advance(hours=1)
    lapse = story.lapse("placed.shown", environment="eu")
    found = one(later(story, hours=1).findings, "V01")
    assert (found.from_index, [one.code for one in found.because]) == (lapse, ["V11"])
    assert "in eu" in found.message
    assert "in us" not in found.message


@pytest.mark.parametrize("bound", [{}, {"environment": "eu"}], ids=["nowhere", "somewhere"])
def test_what_lapses_speaks_against_what_is_nobody_knows_where(bound: dict[str, str]) -> None:
    story = Story(needing("organisation"))
    attest(story)
    deploy(story)
    story.advance(hours=1)
    story.lapse("placed.shown", **bound)
    assert spans(story.judge().findings) == [(story.now_ms, None, "open")]


def test_to_move_is_to_begin_anew() -> None:
    story = Story(needing("environment"))
    attest(story, environment="eu")
    started = deploy(story, "eu")
    story.advance(hours=1)
    moved = story.change(started, body={"environment": "us"})
    at = story.now_ms
    story.advance(hours=1)
    back = story.change(moved, body={"environment": "eu"})
    assert [(form.index, form.is_start, form.content.environment) for form in forms(story)] == [
        (started, True, "eu"), (moved, True, "us"), (back, True, "eu"),
    ]  # fmt: skip
    assert spans(story.judge().findings) == [(at, story.now_ms, "ceased")]


def test_a_change_that_does_not_say_where_leaves_it_unsaid() -> None:
    story = Story(needing("environment"))
    attest(story, environment="eu")
    started = deploy(story, "eu")
    story.advance(hours=1)
    story.change(started)
    assert spans(story.judge().findings) == [(story.now_ms, None, "open")]


def test_the_correction_of_an_environment_needs_somebody_else() -> None:
    story = Story(needing("environment"))
    attest(story, environment="eu")
    started = deploy(story, "us")
    story.advance(hours=1)
    story.correct(started, story.claim_of(started, environment="eu"), "release", "rso")
    found = later(story, hours=1).findings
    assert [one.to_ms for one in of_code(found, "V01")] == [story.now_ms - HOUR]


def of_code(found: tuple[Finding, ...], code: str) -> list[Finding]:
    return [one for one in found if one.code == code]


def test_training_is_somewhere_too() -> None:
    story = Story(needing("environment"))
    attest(story, environment="lab")
    story.train(body={"environment": "lab"})
    story.advance(hours=1)
    assert story.judge().verdict == "compliant"
    story.train(body={"environment": "cloud"})
    found = one(story.judge().findings, "V02")
    assert (found.from_ms, found.to_ms) == (story.now_ms, None)
    assert "was trained in cloud" in found.message


def test_a_checkpoint_of_no_run_that_is_known_is_nowhere() -> None:
    story = Story(needing("environment"))
    attest(story, environment="lab")
    started = story.train(body={"environment": "lab"})
    story.checkpoint_of_training()
    assert story.judge().verdict == "compliant"
    story.advance(hours=1)
    story.say("release", "training-stopped", [story.m], {"of": story.ref(started)})
    story.advance(hours=1)
    story.checkpoint_of_training()
    assert spans(story.judge().findings, "V02") == [(story.now_ms, None, "open")]


# -- deployments


def test_each_deployment_needs_an_attestation_of_its_own() -> None:
    story = Story(needing("deployment", activities=["deploying it"]))
    attest(story, deployment="chat")
    deploy(story, deployment="chat")
    story.advance(hours=1)
    assert later(story, hours=1).verdict == "compliant"
    deploy(story, deployment="search")
    found = one(story.judge().findings, "V01")
    assert found.from_ms == story.now_ms
    assert "as search" in found.message


def test_an_attestation_for_a_deployment_ends_with_it() -> None:
    story = Story(needing("deployment", activities=["deploying it"]))
    attest(story, deployment="chat")
    story.end(deploy(story, deployment="chat"))
    story.advance(hours=1)
    deploy(story, deployment="chat")
    assert spans(later(story, hours=1).findings) == [(story.now_ms - HOUR, None, "open")]


def test_a_name_is_the_first_deployments_whatever_model_it_is_of() -> None:
    story = Story(needing("deployment", activities=["deploying it"]))
    attest(story, deployment="chat")
    deploy(story, deployment="chat")
    first = story.m
    story.m, story.s = story.model("other"), story.snapshot("other")
    deploy(story, deployment="chat")
    assert [one.subject for one in of(story.judge(), "V01")] == [story.m]
    assert first != story.m


def test_a_deployment_keeps_its_name_in_every_form() -> None:
    story = Story(needing("deployment", activities=["deploying it"]))
    attest(story, deployment="chat")
    started = deploy(story, deployment="chat")
    story.advance(hours=1)
    changed = story.change(started, surface="web")
    story.advance(hours=1)
    story.change(changed, scope="external.trusted", surface="web")
    assert [form.deployment for form in forms(story)] == ["chat"] * 3
    assert later(story, hours=1).verdict == "compliant"


def test_a_change_of_what_nobody_started_has_no_name() -> None:
    story = Story(needing("deployment", activities=["deploying it"]))
    attest(story, deployment="chat")
    story.change(story.register())
    assert brief(story.judge().findings) == ["V01 violation"]


def test_what_lapses_of_one_deployment_leaves_the_others() -> None:
    story = Story(needing("organisation"))
    attest(story)
    for name in ("chat", "search"):
        deploy(story, deployment=name)
    story.advance(hours=1)
    story.lapse("placed.shown", deployment="chat")
    found = one(story.judge().findings, "V01")
    assert found.from_ms == story.now_ms
    assert "as chat" in found.message
    assert "search" not in found.message


# -- what is not known


@pytest.mark.parametrize("thing", ["surface", "environment", "deployment"])
def test_of_a_start_that_is_withheld_nobody_knows_what_it_lacks(thing: str) -> None:
    story = Story(needing(thing, activities=["deploying it"]))
    story.start_deployment(withheld=True)
    assert brief(story.judge().findings) == ["I01 indeterminate"]


def test_of_training_that_is_withheld_nobody_knows_where_it_is() -> None:
    story = Story(needing("environment"))
    story.train(withheld=True)
    assert brief(story.judge().findings) == ["I01 indeterminate"]
    rule = {**COMMIT, "needs": ["base"], "while": ["training it"]}
    story = Story(policy_with(baseline=[rule], thresholds={}, gates=[]))
    story.lapse("base.locks")
    story.train(withheld=True)
    assert sorted(brief(story.judge().findings)) == ["I01 indeterminate", "V02 violation"]


def test_a_withheld_attestation_could_have_been_of_any_environment() -> None:
    story = Story(needing("environment", activities=["deploying it"]))
    attest(story, withheld=True)
    deploy(story, "eu")
    assert sorted(brief(story.judge().findings)) == ["I01 indeterminate", "V01 indeterminate"]


# -- what else asks for standards


def test_what_halts_is_asked_where_it_goes_on() -> None:
    halt = {**COMMIT, "halt": ["training", "deploying"], "of": "it"}
    story = Story(needing("environment", if_needed=halt))
    attest(story, environment="lab")
    story.train(body={"environment": "lab"})
    story.train(withheld=True)
    deploy(story, "lab")
    assert brief(story.judge().findings) == ["I01 indeterminate"]
    story.advance(hours=1)
    deploy(story, "eu")
    story.train(body={"environment": "eu"})
    found = story.judge().findings
    assert sorted(brief(found)) == [
        "I01 indeterminate", "V01 violation", "V02 violation", "V03 violation",
    ]  # fmt: skip
    assert {one.from_ms for one in found if one.code != "I01"} == {story.now_ms}
    assert "was trained in eu although placed was needed and not in force" in one(found, "V03").message


def test_a_pause_is_lifted_when_all_is_in_force_where_the_model_is() -> None:
    document = needing("environment")
    document["pause"] = {**document["pause"], "when": "every needed standard is in force"}
    story = Story(document)
    attest(story, environment="eu")
    started = deploy(story, "eu")
    story.advance(hours=1)
    pause = story.pause("deploy")
    story.end(started)
    story.advance(hours=1)
    story.resume(pause)
    assert later(story, hours=1).verdict == "compliant"


def test_a_start_that_is_asked_about_is_somewhere() -> None:
    story = Story(needing("environment", "deployment", activities=["deploying it"]))
    attest(story, environment="eu", deployment="chat")
    deploy(story, "eu", "talk")
    attest(story, environment="eu", deployment="talk")
    where = {"environment": "eu", "deployment": "chat"}
    assert story.ask(**where) == ()
    for other in ({"environment": "us"}, {"deployment": "talk"}, {"environment": ""}):
        assert brief(story.ask(**(where | other))) == ["V01 violation"]


def test_training_that_is_asked_about_is_somewhere() -> None:
    story = Story(needing("environment"))
    attest(story, environment="lab")
    assert story.ask(activity="train", environment="lab") == ()
    assert brief(story.ask(activity="train")) == ["V02 violation"]


def test_the_picture_has_what_is_in_force_everywhere() -> None:
    def in_force(story: Story) -> tuple[str, ...]:
        (subject,) = (one for one in story.judge().subjects if one.id == story.m)
        return subject.pictures[0][1].standing().in_force

    story = Story(needing("environment"))
    attest(story, environment="lab")
    assert "placed" not in in_force(story)
    story.train(body={"environment": "lab"})
    assert "placed" in in_force(story)
    story.train(body={"environment": "cloud"})
    assert "placed" not in in_force(story)


def test_a_renewal_leaves_no_gap() -> None:
    document = needing("environment")
    document["standards"]["placed"]["criteria"]["shown"]["good_for"] = "30 days"
    story = Story(document)
    attest(story, environment="eu")
    deploy(story, "eu")
    story.advance(days=29)
    attest(story, environment="eu")
    assert later(story, days=20).verdict == "compliant"
    found = one(later(story, days=20).findings, "V01")
    assert time_text(found.from_ms) == time_text(story.now_ms - 10 * DAY)
    assert [one.code for one in found.because] == ["V11"]
