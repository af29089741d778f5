"""What need not be judged again: what is kept has to go when it may have changed.

Each story is judged at every entry, twice and once more just before the next, with findings kept and without;
`Story.judge` compares the two.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.family import Family, lineage_policy
from tests.support.forge import time_text
from tests.support.obliged import Obliged, policy_of, watched
from tests.support.reading import FilesSource, read_source
from tests.support.story import COMMIT, Story, brief, of, policy_with

from plimsoll_verify.facts import Facts, ModelFacts
from plimsoll_verify.findings import Finding, lasting
from plimsoll_verify.kept import FAR, Kept
from plimsoll_verify.record import Record
from plimsoll_verify.replay import Replay

DAY_MS = 86_400_000


def rest(story: Story) -> None:
    """Let a day pass with nothing but a sign of life."""
    story.advance(days=1)
    story.say("rso", "heartbeat", [story.org()], {})


# -- what matters to a model


def test_what_is_recorded_of_a_parent_matters_to_its_child() -> None:
    family = Family(lineage_policy())
    family.born("tuned", ("m", "fine-tune"))
    with family.about("tuned"):
        family.clear()
        family.start_deployment()
    rest(family)
    assert family.judge().findings == ()
    family.result(80)
    rest(family)
    family.advance(days=40)
    rest(family)
    judged = family.judge()
    assert family.model("tuned") in {one.subject for one in judged.findings if one.level == "violation"}


def test_what_is_recorded_of_the_same_weights_matters_to_both() -> None:
    family = Family(policy_with(gates=[], baseline=[]))
    family.born("twin")
    family.clear()
    family.start_deployment()
    rest(family)
    assert family.judge().findings == ()
    with family.about("twin"):
        family.s = family.snapshot("m")
        family.result(80)
    rest(family)
    family.advance(days=40)
    rest(family)
    assert family.m in {one.subject for one in family.judge().findings if one.level == "violation"}


def test_a_notice_can_be_about_one_model_and_name_what_happened_to_another() -> None:
    notice = {"when": {"event": "incident"}, "from": "aware", "do": {"notice": "notice"}}
    notice["by"] = {"all_of": ["rso", "ceo"]}
    story = Obliged(policy_of(notice={**notice, "to": "office", "within": "3 days"}))
    incident = story.incident(about=story.m)
    rest(story)
    told = story.disclose("notice", of=incident, about=story.model("other"))
    rest(story)
    story.advance(days=3)
    rest(story)
    assert of(story.judge(), "V25")
    story.approve(told, "ceo")
    rest(story)
    (found,) = of(story.judge(), "V25")
    assert found.ended_by == "cured"


@pytest.mark.parametrize("withheld", [False, True])
def test_what_is_recorded_of_the_organisation_matters_to_every_model(withheld: bool) -> None:
    story = Story(policy_with(gates=[]))
    story.start_deployment()
    rest(story)
    story.lapse("base.locks", about=story.org(), withheld=withheld)
    rest(story)
    assert any(one.subject == story.m for one in story.judge().findings) or withheld


def test_an_act_about_two_models_ties_them_together() -> None:
    kept, facts = Kept(), Facts("org:o")
    both = {"model:a": ModelFacts("model:a"), "model:b": ModelFacts("model:b")}
    facts.models = both
    kept.note(record("safeguard-attested", "model:a", "model:b"), facts, is_sound=True)
    settle(kept, facts)
    kept.note(record("incident", "model:b"), facts, is_sound=True)
    assert settle(kept, facts) == ["model:a", "model:b"]


def test_a_report_on_a_standard_may_matter_to_any() -> None:
    kept, facts = Kept(), Facts("org:o", models={"model:a": ModelFacts("model:a")})
    settle(kept, facts)
    kept.note(record("report", "org:o", body=SimpleNamespace(standard="")), facts, is_sound=True)
    assert settle(kept, facts) == []
    kept.note(record("report", "org:o", body=SimpleNamespace(standard="base")), facts, is_sound=True)
    assert settle(kept, facts) == ["model:a"]


def test_nothing_is_kept_for_longer_than_was_looked_ahead() -> None:
    kept, facts = Kept(), Facts("org:o", models={"model:a": ModelFacts("model:a")})
    settle(kept, facts)
    assert kept.calm("policy", FAR.after(10)) == {"model:a"}
    assert kept.calm("policy", FAR.after(10) + 1) == set()


def test_what_has_no_effect_may_matter_to_any() -> None:
    kept, facts = Kept(), Facts("org:o", models={"model:a": ModelFacts("model:a")})
    settle(kept, facts)
    kept.note(record("incident", "model:b"), facts, is_sound=True)
    assert settle(kept, facts) == []
    kept.note(record("incident", "model:b"), facts, is_sound=False)
    assert settle(kept, facts) == ["model:a"]
    settle(kept, facts)
    kept.note(record("incident", "model:b", body_state="not-understood"), facts, is_sound=True)
    assert settle(kept, facts) == ["model:a"]


def compared() -> dict[str, Any]:
    """A policy of which a limit is another model's score."""
    virology = policy_with()["tests"]["virology"]
    other = Family(adopt=False).model("other").removeprefix("model:")
    below = {"rules_out": {"below": {"score_of": other}, "judged_on": "score"}}
    return policy_with(gates=[], baseline=[], tests__virology={**virology, **below})


def binding() -> dict[str, Any]:
    """A policy under which a crossing binds the training of any other model."""
    others = "training any model of at least its effective compute"
    rule = {**COMMIT, "needs": ["high-sec"], "while": [others]}
    return policy_with(gates=[], baseline=[], thresholds__cbrn__then=[rule])


@pytest.mark.parametrize("document", [compared(), binding()])
def test_models_can_matter_to_each_other_without_being_related(document: dict[str, Any]) -> None:
    family = Family(document)
    family.born("other", flop="1e20")
    family.result(30)
    with family.about("other"):
        family.result(40)
    family.start_deployment()
    family.train()
    for k in (60, 20, 80):
        rest(family)
        with family.about("other"):
            family.result(k)
        rest(family)
        family.advance(days=40)
    family.judge()


def test_what_an_inventory_does_not_show_any_more_has_ended() -> None:
    rule = {"by": "keeper", "of": ["api"], "every": "90 days", "tolerance": "1 hour"}
    story = Obliged(watched(inventory=rule))
    story.enrol("kee", "keeper")
    rest(story)
    story.inventory({"model": story.m, "scope": "external.general"})
    rest(story)
    assert of(story.judge(), "V33")[0].ended_by == "open"
    story.inventory()
    rest(story)
    assert of(story.judge(), "V33")[0].ended_by != "open"


def test_an_act_waits_for_what_another_version_asks_for() -> None:
    story = Story(policy_with(gates=[]))
    story.permit("rso", "ceo")
    rest(story)
    gate = {**COMMIT, "for": "deploying it", "approved_by": {"all_of": ["rso", "board"]}}
    later = time_text(story.now_ms + 5 * DAY_MS)
    story.adopt(policy_with(version="2", gates=[gate], effective_from=later), kind="policy-amendment")
    rest(story)
    assert story.judge().pending == ()
    story.advance(days=9)
    rest(story)
    assert [one.want for one in story.judge().pending] == ["approved_by"]


# -- time


def test_time_alone_can_end_what_is_kept() -> None:
    story = Story(policy_with(gates=[], standards__base__criteria__locks__good_for="30 days"))
    story.clear()
    story.start_deployment()
    for _ in range(2):
        story.advance(days=9)
        rest(story)
    assert story.judge().findings == ()
    story.advance(days=19)
    assert "V01 violation" in brief(story.judge().findings)


class Judged:
    """Judges a model by what is said to be found up to an instant, and counts how often."""

    def __init__(self, kept: Kept, *found: tuple[int, int]) -> None:
        self.kept = kept
        self.found = [
            (seen_ms, lasting("V01", "model:a", at_ms, (at_ms,), "broken")) for at_ms, seen_ms in found
        ]
        self.asked: list[int] = []

    def until(self, end_ms: int) -> list[Finding]:
        def judge(_: ModelFacts, until_ms: int) -> list[Finding]:
            self.asked.append(until_ms)
            return [one for seen_ms, one in self.found if seen_ms <= until_ms]

        return self.kept.judged("policy", ModelFacts("model:a"), end_ms, judge, 0)


def test_a_model_is_judged_again_when_time_brings_something() -> None:
    judged = Judged(Kept(), (5, 5), (20, 20))
    assert len(judged.until(10)) == 1
    assert judged.asked == [10, FAR.after(10)]
    assert len(judged.until(19)) == 1
    assert len(judged.asked) == 2
    assert len(judged.until(20)) == 2
    assert judged.asked[2:] == [20, FAR.after(20)]
    assert len(judged.until(9)) == 1  # Before it was judged, nothing is known.
    assert len(judged.asked) == 6


def test_what_time_makes_otherwise_is_not_kept() -> None:
    # It began before the end, and shows only later: then nothing is certain until then.
    judged = Judged(Kept(), (5, 30))
    assert judged.until(10) == []
    assert judged.until(11) == []
    assert judged.asked == [10, FAR.after(10), 11, FAR.after(11)]


def test_what_waited_before_is_asked_again_by_whoever_goes_back() -> None:
    story = Story(policy_with(baseline=[], thresholds__cbrn__then=[]))
    story.permit("rso", expires=time_text(story.now_ms + DAY_MS))
    early_ms = story.now_ms
    story.advance(days=2)
    replay = Replay(kept=Kept())
    for one in read_source(FilesSource(story.files()), story.trust()):
        replay.feed(one)
    for end_ms, waits in ((story.now_ms, 0), (story.now_ms, 0), (early_ms, 1)):
        assert len(replay.finish(end_ms).pending) == waits


def record(kind: str, *subjects: str, **more: Any) -> Record:
    return Record(1, 0, kind=kind, subjects=subjects, **more)


def settle(kept: Kept, facts: Facts) -> list[str]:
    """Judge all models twice, as if nothing were found; returns those that were judged the first time."""
    asked: list[str] = []

    def judge(model: ModelFacts, _: int) -> list[Finding]:
        asked.append(model.id)
        return []

    rounds: list[list[str]] = []
    for _ in range(2):
        kept.begin(facts, [], 10)
        for model in facts.models.values():
            if model.id not in kept.calm("policy", 10):
                kept.judged("policy", model, 10, judge, 0)
        kept.end(())
        rounds.append(list(dict.fromkeys(asked)))
    return rounds[0]
