"""Honest stories of several models, some of them untidy, that must come out clean: no attack is in them."""

from collections.abc import Callable

from tests.attacks.telling import beat
from tests.support.family import LINEAGE, Family, lineage_policy
from tests.support.story import COMMIT, HOUR, Story, policy_with

Codes = Callable[..., list[str]]


def test_a_family_grows_up(codes: Codes) -> None:
    family = Family(lineage_policy(lineage=LINEAGE))
    family.born("base", flop="1e25")
    with family.about("base"):
        family.clear()
        family.start_deployment()
        family.determine("next", "ruled_out")
    family.born("chat", ("base", "fine-tune"), flop="1e23")
    family.born("small", ("chat", "distillation"), ("base", "quantisation"), flop="1e20")
    for label in ("chat", "small"):
        family.advance(days=10)
        with family.about(label):
            family.start_deployment()
            family.determine("next", "ruled_out")
    family.born("big", ("base", "fine-tune"), flop="9e24")
    with family.about("big"):
        family.clear()
        family.determine("next", "ruled_out")
        family.start_deployment()
    family.advance(days=60)
    beat(family)
    assert codes(family) == []


def test_people_look_at_a_descendant_and_rule_out_what_it_would_inherit(codes: Codes) -> None:
    family = Family(lineage_policy())
    family.born("m", flop="100")
    family.result(80)
    family.determine("cbrn", "crossed")
    family.born("tiny", ("m", "fine-tune"), flop="1")
    family.advance(days=2)
    with family.about("tiny"):
        family.clear()
        family.determine("cbrn", "ruled_out", "rso", "ceo", "board")
        family.start_deployment()
    family.advance(hours=1)
    beat(family)
    assert codes(family) == []


def test_a_parent_is_registered_a_day_after_its_child(codes: Codes) -> None:
    family = Family(lineage_policy())
    made = family.now()
    family.advance(hours=20)
    family.born("child", ("parent", "fine-tune"), flop="1")
    family.advance(hours=4)
    family.born("parent", flop="100", event_time=made)
    family.advance(days=3)
    with family.about("child"):
        family.start_deployment()
    family.advance(days=40)
    beat(family)
    assert codes(family) == []


def test_the_next_version_is_like_the_last_until_it_is_assessed(codes: Codes) -> None:
    document = policy_with(gates=[], baseline=[], thresholds__cbrn__until_assessed="crossed")
    family = Family(document)
    family.clear()
    family.born("next-version")
    family.carry("next-version", "m", threshold="cbrn")
    with family.about("next-version"):
        family.start_deployment()
        family.advance(days=100)
        family.clear()
    with family.about("m"):
        family.clear()
    family.advance(days=100)
    beat(family)
    assert codes(family) == []


def test_decisions_are_made_in_time_and_with_reasons(codes: Codes) -> None:
    within = {"time": "2 weeks", **COMMIT}
    opened = {"determination_within": "2 weeks", **COMMIT}
    story = Story(
        policy_with(
            gates=[], baseline=[], thresholds__cbrn__decide_within=within,
            thresholds__cbrn__if_not_ruled_out=opened,
        )
    )  # fmt: skip
    story.start_deployment()
    story.advance(days=1)
    story.result(60)
    story.advance(days=13)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", reasons="the sample was too small to tell")
    story.advance(days=30)
    beat(story)
    assert codes(story) == []


def test_training_stops_before_what_halts_it_binds(codes: Codes) -> None:
    halt = {**COMMIT, "halt": ["training"], "of": "it and its descendants"}
    document = policy_with(
        gates=[],
        baseline=[],
        standards__top={"status": "undefined", "if_needed": halt},
        thresholds__cbrn__then=[{**COMMIT, "needs": ["top"], "while": ["deploying it externally"]}],
    )
    story = Story(document)
    run = story.train()
    story.advance(days=1)
    story.result(80)
    story.determine("cbrn", "crossed")
    story.advance(days=20)
    story.say("release", "training-stopped", [story.m], {"of": story.ref(run)})
    story.advance(days=20)
    beat(story)
    assert codes(story) == []
    assert story.now_ms % HOUR == 0
