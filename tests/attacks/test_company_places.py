"""The company attests in one place and runs in another, or lets what is out stay out.

Each test tells an honest story up to its deed, and requires what the deed comes to. At the end stand those
who do the same things as they are meant.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import later
from tests.support.story import COMMIT, DAY, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V02, V31, V37 = "V01 violation", "V02 violation", "V31 violation", "V37 violation"
EVERYWHERE = ["training it", "deploying it"]
NEED = {**COMMIT, "needs": ["placed"], "while": EVERYWHERE}


def each(thing: str, **more: Any) -> dict[str, Any]:
    """A policy that asks for something for each environment, or each deployment."""
    shown = {"text": "Shown.", "for_each": [thing], "attested_by": "security", "good_for": "60 days"}
    placed = {"placed": {"criteria": {"shown": shown}}}
    activities = EVERYWHERE if thing == "environment" else ["deploying it"]
    baseline = [{**NEED, "while": activities}]
    return policy_with(**{"standards": placed, "baseline": baseline, "thresholds": {}, "gates": [], **more})


class Placed(Story):
    """A ledger in which something was attested for one place."""

    def __init__(self, thing: str, **bound: str) -> None:
        super().__init__(adopt=False)
        self.policy_entry = self.adopt(each(thing))
        self.show(**bound)

    def show(self, **bound: str) -> int:
        """Attest what is asked for."""
        return self.attest("placed.shown", **bound)

    def run(self, surface: str = "api", **said: str) -> int:
        """Start a deployment."""
        return self.start_deployment(surface=surface, body=said)


def starts(verdict: Verdict, code: str = "V01") -> list[int]:
    """Return when what was broken began."""
    return sorted(one.from_ms for one in verdict.findings if (one.code, one.level) == (code, "violation"))


# -- where it runs


def test_one_environment_is_attested_and_another_one_runs(codes: Codes) -> None:
    story = Placed("environment", environment="eu")
    story.run(environment="us")
    assert codes(later(story, days=1)) == [V01]


def test_nobody_says_where_it_runs(codes: Codes) -> None:
    story = Placed("environment", environment="eu")
    story.run()
    assert codes(later(story, days=1)) == [V01]


def test_where_it_runs_is_attested_after_the_move(audited: Audited) -> None:
    story = Placed("environment", environment="eu")
    first = story.run(environment="eu")
    story.advance(days=1)
    story.change(first, body={"environment": "us"})
    moved = story.now_ms
    story.advance(days=1)
    story.show(environment="us")
    verdict = audited(later(story, days=1))
    assert starts(verdict) == [moved]
    assert [one.to_ms for one in verdict.findings] == [moved + DAY]


def test_a_move_is_recorded_late_and_counts_from_when_it_happened(audited: Audited) -> None:
    story = Placed("environment", environment="eu")
    first = story.run(environment="eu")
    story.advance(days=1)
    event, moved = story.now(), story.now_ms
    story.advance(hours=20)
    story.show(environment="us")
    story.change(first, body={"environment": "us"}, event_time=event)
    assert starts(audited(later(story, days=1))) == [moved]


def test_a_place_is_talked_away_by_one_person(codes: Codes) -> None:
    story = Placed("environment", environment="eu")
    first = story.run(environment="us")
    story.advance(days=1)
    story.correct(first, story.claim_of(first, environment="eu"), "release")
    found = codes(later(story, days=3))
    assert {V01, V31} <= set(found)


def test_a_model_is_trained_where_nothing_was_attested(codes: Codes) -> None:
    story = Placed("environment", environment="eu")
    story.train(body={"environment": "us"})
    assert codes(later(story, days=1)) == [V02]


def test_the_organisation_says_everywhere_and_names_no_place(codes: Codes) -> None:
    story = Placed("environment")
    story.run(environment="eu")
    assert codes(later(story, days=1)) == [V01]


def test_a_start_whose_place_is_withheld_is_no_pass(audited: Audited) -> None:
    story = Placed("environment", environment="eu")
    story.start_deployment(body={"environment": "us"}, withheld=True)
    assert audited(later(story, days=1)).verdict == "indeterminate"


# -- which deployment


def test_one_attestation_for_two_deployments(audited: Audited) -> None:
    story = Placed("deployment", deployment="chat")
    story.run(deployment="chat")
    story.advance(days=1)
    story.run(surface="web", deployment="chat")
    assert starts(audited(later(story, days=1))) == [story.now_ms - DAY]


def test_one_attestation_for_two_models(audited: Audited) -> None:
    story = Placed("deployment", deployment="chat")
    story.run(deployment="chat")
    story.m, story.s = story.model("other"), story.snapshot("other")
    story.run(deployment="chat")
    verdict = audited(later(story, days=1))
    assert [one.subject for one in verdict.findings] == [story.m]


def test_a_name_is_used_again_after_the_end(codes: Codes) -> None:
    story = Placed("deployment", deployment="chat")
    story.end(story.run(deployment="chat"))
    story.advance(days=1)
    story.run(deployment="chat")
    assert codes(later(story, days=1)) == [V01]


def test_a_start_is_corrected_to_another_ones_name(codes: Codes) -> None:
    story = Placed("deployment", deployment="chat")
    other = story.run(surface="web", deployment="search")
    story.correct(other, story.claim_of(other, deployment="chat"), "release", "rso")
    assert V01 in codes(later(story, days=1))


# -- what is out


def keeping(keep: str, *baseline: dict[str, Any], version: str = "2") -> dict[str, Any]:
    """A version that forbids what is out, and leaves it for a while."""
    amendment = {"approved_by": {"all_of": ["ceo", "board"]}, **COMMIT, "transition": {"keep_until": keep}}
    forbid = {**COMMIT, "forbid": "deploying it externally"}
    return policy_with(
        amendment=amendment, baseline=[forbid, *baseline], version=version, thresholds={}, gates=[]
    )


class Out(Story):
    """A model that is out when an amendment forbids that, and leaves it 10 days."""

    def __init__(self) -> None:
        super().__init__(policy_with(thresholds={}, gates=[], baseline=[]))
        self.first = self.start_deployment()
        self.advance(days=1)
        self.adopt(keeping("10 days"), kind="policy-amendment")
        self.amended_ms = self.now_ms


def test_an_old_version_runs_past_its_time(audited: Audited) -> None:
    story = Out()
    assert starts(audited(later(story, days=30)), "V37") == [story.amended_ms + 10 * DAY]


def test_the_time_is_renewed_by_amending_again(audited: Audited) -> None:
    story = Out()
    story.advance(days=9)
    story.adopt(keeping("10 days", version="3"), kind="policy-amendment")
    assert starts(audited(later(story, days=30)), "V37") == [story.amended_ms + 10 * DAY]


@pytest.mark.parametrize("how", ["start", "surface", "environment", "snapshot"])
def test_what_is_new_hides_behind_what_is_out(how: str, audited: Audited) -> None:
    story = Out()
    story.advance(days=1)
    if how == "start":
        story.start_deployment(surface="web")
    elif how == "surface":
        story.change(story.first, surface="web")
    elif how == "environment":
        story.change(story.first, body={"environment": "us"})
    else:
        story.change(story.first, snapshot=story.snapshot("second"))
    assert starts(audited(later(story, days=1)), "V37")[0] == story.now_ms - DAY


def test_a_start_is_dated_back_to_before_the_amendment(audited: Audited) -> None:
    story = Out()
    early = story.now()
    story.advance(days=1)
    story.adopt(keeping("10 days", version="3"), kind="policy-amendment")
    amended = story.now_ms
    story.advance(hours=2)
    story.start_deployment(surface="web", event_time=early)
    verdict = audited(later(story, days=1))
    assert starts(verdict, "V37")[0] < amended


def test_what_is_out_keeps_neither_version(codes: Codes) -> None:
    story = Story(policy_with(thresholds={}, gates=[]))
    story.start_deployment()
    story.advance(days=1)
    story.adopt(keeping("10 days"), kind="policy-amendment")
    story.lapse("base.locks")
    assert V01 in codes(later(story, days=1))


# -- as they are meant


def test_a_rollout_that_is_skewed_over_two_environments(codes: Codes) -> None:
    story = Placed("environment", environment="eu")
    story.show(environment="us")
    first = story.run(environment="eu")
    story.advance(days=3)
    second = story.run(environment="us")
    story.advance(hours=2)
    story.end(first)
    story.advance(days=3)
    story.change(second, scope="external.limited", body={"environment": "us"})
    assert codes(later(story, days=1)) == []


def test_a_move_that_takes_a_day(codes: Codes) -> None:
    story = Placed("environment", environment="eu")
    first = story.run(environment="eu")
    story.advance(days=2)
    story.show(environment="us")
    moved = story.change(first, body={"environment": "us"})
    # What is left of the old one runs on until it is drained, and is recorded as what it is.
    drained = story.run(surface="api", environment="eu")
    story.advance(days=1)
    story.end(drained)
    story.end(moved)
    assert codes(later(story, days=1)) == []


def test_each_place_is_renewed_in_its_own_time(codes: Codes) -> None:
    story = Placed("environment", environment="eu")
    story.run(environment="eu")
    story.advance(days=20)
    story.show(environment="us")
    story.run(environment="us")
    for environment in ("eu", "us", "eu"):
        story.advance(days=30)
        story.show(environment=environment)
    assert codes(later(story, days=15)) == []


def test_training_where_it_may_be(codes: Codes) -> None:
    story = Placed("environment", environment="lab")
    run = story.train(body={"environment": "lab"})
    story.checkpoint_of_training()
    story.advance(days=2)
    story.say("release", "training-stopped", [story.m], {"of": story.ref(run)})
    story.show(environment="eu")
    story.run(environment="eu")
    assert codes(later(story, days=1)) == []


def test_a_deployment_after_the_other_each_with_its_name(codes: Codes) -> None:
    story = Placed("deployment", deployment="chat-1")
    first = story.run(deployment="chat-1")
    story.advance(days=5)
    story.show(deployment="chat-2")
    story.run(deployment="chat-2")
    story.end(first)
    assert codes(later(story, days=1)) == []


def test_what_is_out_is_taken_back_in_time(codes: Codes) -> None:
    story = Out()
    story.advance(days=4)
    narrowed = story.change(story.first, scope="external.limited")
    story.advance(days=5)
    story.end(narrowed)
    assert codes(later(story, days=30)) == []
