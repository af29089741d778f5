"""Somebody wants an honest ledger to look guilty: with a statement of their own, or by what they leave out.

What they do is their own doing: it is named as what it is, or it has no effect at all.
"""

from collections.abc import Callable

from tests.support.story import Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]


def live() -> Story:
    """An honest deployment of a model that is ruled out."""
    story = Story()
    story.clear()
    story.deploy()
    story.advance(days=1)
    return story


def test_withholding_makes_nobody_guilty(audited: Audited) -> None:
    # Whoever serves the ledger leaves out the permit, the result and the attestations that made it right.
    story = live()
    heartbeat = story.say("rso", "heartbeat", [story.org()], {})
    assert audited(story).verdict == "compliant"
    story.bodies[:] = [b"" if body and b"plimsoll/policy/v1" not in body else body for body in story.bodies]
    verdict = audited(story)
    assert heartbeat
    assert verdict.verdict == "indeterminate"
    assert {one.level for one in verdict.findings} == {"indeterminate"}


def test_a_dissent_after_the_quorum_takes_nothing_back(codes: Codes) -> None:
    story = Story()
    story.clear()
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "ceo-1", "ceo", "dissent")
    story.start_deployment()
    assert codes(story) == []


def test_a_pause_that_one_of_two_called_pauses_nothing(codes: Codes) -> None:
    story = Story(policy_with(pause__called_by={"all_of": ["rso", "ceo"]}))
    story.clear()
    story.pause("deploy")
    story.deploy()
    assert codes(story) == []


def test_a_pause_by_somebody_who_may_not_call_one(codes: Codes) -> None:
    story = live()
    story.pause("deploy", role="evaluator")
    story.advance(days=5)
    story.deploy(surface="chat")
    assert codes(story) == []


def test_a_crossing_that_one_of_two_declared_is_none(codes: Codes) -> None:
    story = live()
    story.determine("cbrn", "crossed", "rso")
    story.advance(days=60)
    story.say("rso", "heartbeat", [story.org()], {})
    assert codes(story) == []


def test_a_lapse_about_another_model_or_surface_is_none_here(codes: Codes) -> None:
    story = Story(policy_with(thresholds__cbrn__then__2=..., thresholds__cbrn__respond_within=...))
    story.secure()
    story.filters()
    story.result(90)
    story.deploy()
    story.lapse("high-dep.filters", about=story.m, surface="chat")
    story.lapse("high-dep.filters", about=story.model("other"))
    story.advance(days=1)
    story.say("rso", "heartbeat", [story.org()], {})
    assert codes(story) == []


def test_an_adverse_result_of_other_weights_under_another_name_is_not_ours(codes: Codes) -> None:
    story = live()
    story.m, story.s = story.model("theirs"), story.snapshot("theirs")
    story.result(60)
    assert codes(story) == []


def test_a_result_of_another_task_concerns_nobody(codes: Codes) -> None:
    story = live()
    story.result(100, body={"task": {"name": "poems", "version": "1"}})
    assert codes(story) == []


def test_a_policy_that_nobody_adopted_binds_nobody(codes: Codes) -> None:
    story = live()
    strict = policy_with(
        baseline__1={"clause": "1", "force": "commitment", "needs": ["top"], "while": ["deploying it"]}
    )
    story.adopt({**strict, "id": "strict"}, by=("ceo",))
    story.adopt({**strict, "version": "2"}, kind="policy-amendment", by=("board",))
    assert codes(story) == []


def test_a_compromise_declared_by_a_stranger_casts_no_doubt(audited: Audited) -> None:
    story = live()
    rso = story.person("rso-1")
    body = {"person": "rso-1", "keyid": rso.keyid, "since": 1}
    index = story.say("evaluator", "key-compromised", ["person:rso-1"], body)
    # It should not have been let in; but nothing that rso-1 signed is doubted for it.
    assert [(one.code, one.entries) for one in audited(story).findings] == [("V14", (index,))]


def test_a_backdated_start_of_somebody_elses_is_told_by_its_author(audited: Audited) -> None:
    story = live()
    index = story.start_deployment(surface="chat", event_time="2026-03-01T00:00:00.000Z")
    found = {one.code: one for one in audited(story).findings}
    assert set(found) == {"V14"}
    assert index in found["V14"].entries
