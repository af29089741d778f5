"""What judging costs grows with how much was recorded, also where all of it is about one model.

Costs are counted in lines of the verifier that are run, which no other work on the machine changes.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from tests.support.forge import time_text
from tests.support.story import DAY, Story, policy_with

Setup = Callable[[Story], Any]
Step = Callable[[Story, Any, int], object]


def nothing(_: Story) -> None:
    return None


def crossed(story: Story) -> None:
    story.determine("cbrn", "crossed")
    story.secure()
    story.start_deployment()


def lapse(story: Story, _: object, __: int) -> object:
    return story.filters(), story.lapse("high-dep.filters", about=story.m, surface="api")


def crossed_anew(story: Story, _: object, number: int) -> object:
    if number < 3:  # What answers a result is asked for each: many of both are more than this is about.
        story.result(60)
        story.advance(ms=5)
    return story.determine("cbrn", "crossed"), story.determine("cbrn", "ruled_out", "rso", "ceo", "board")


def widened(story: Story, start: int, number: int) -> object:
    return story.correct(start, story.claim_of(start, surface=f"api-{number % 5}"), "release", "rso")


def of_its_own_weights(story: Story, _: object, number: int) -> object:
    story.s = f"snapshot:{number + 1:064x}"
    story.clear()
    return story.deploy(), story.start_deployment(snapshot=story.s)


def permits_that_expire(story: Story, _: object, __: int) -> object:
    story.permit("rso", "ceo", expires=time_text(story.now_ms + 1))
    story.advance(ms=10)
    return story.start_deployment()


def happened_twice(story: Story, incident: int, _: int) -> object:
    return story.correct(incident, story.claim_of(incident), "security", "rso")


def incident(story: Story) -> int:
    body = {"class": "theft", "occurred": story.now(), "aware": story.now()}
    return story.say("security", "incident", [story.org()], body)


STORIES: dict[str, tuple[Setup, Step]] = {
    "results that clear": (nothing, lambda story, _, __: story.clear()),
    "results in between": (nothing, lambda story, _, __: story.result(40)),
    "starts": (nothing, lambda story, _, number: story.start_deployment(surface=f"api-{number % 5}")),
    "starts with permits": (nothing, lambda story, _, __: story.deploy()),
    "starts of weights of their own": (nothing, of_its_own_weights),
    "starts by permits that had expired": (nothing, permits_that_expire),
    "starts by a permit that one signs again and again": (
        Story.permit,
        lambda story, permit, _: (story.approve(permit, "rso"), story.start_deployment()),
    ),
    "starts that end": (nothing, lambda story, _, __: story.end(story.start_deployment())),
    "changes of one deployment": (
        Story.start_deployment,
        lambda story, start, number: story.change(start, surface=f"api-{number % 5}"),
    ),
    "corrections of one deployment": (Story.start_deployment, widened),
    "corrections of one result": (
        lambda story: story.result(40),
        lambda story, result, _: story.correct(result, story.claim_of(result), "evaluator", "rso"),
    ),
    "corrections of one incident": (incident, happened_twice),
    "crossings": (nothing, lambda story, _, __: story.determine("cbrn", "crossed")),
    "determinations that rule out": (
        nothing,
        lambda story, _, __: story.determine("cbrn", "ruled_out"),
    ),
    "crossings that are ruled out and declared again": (nothing, crossed_anew),
    "pauses that are lifted": (
        Story.start_deployment,
        lambda story, _, __: story.resume(story.pause()),
    ),
    "attestations that lapse": (crossed, lapse),
    "training": (nothing, lambda story, _, __: story.train()),
    "checkpoints": (Story.train, lambda story, _, __: story.checkpoint_of_training()),
}


def cost(setup: Setup, step: Step, count: int, policy: dict[str, Any] | None = None) -> int:
    """Return how many lines are run to judge a story of so many steps."""
    story = Story(policy)
    story.clear()
    begun = setup(story)
    for number in range(count):
        story.advance(ms=1000)
        step(story, begun, number)
    replay, lines = story.replayed(), 0

    def count_line(_: FrameType, event: str, __: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count_line

    before = sys.gettrace()
    sys.settrace(count_line)
    try:
        replay.finish(story.now_ms + DAY)
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("name", STORIES)
def test_four_times_as_much_costs_about_four_times_as_much(name: str) -> None:
    assert cost(*STORIES[name], 240) < 4.2 * cost(*STORIES[name], 60)


def test_results_are_compared_with_the_least_kind_figures_of_another_model_only() -> None:
    """What is left of each pair of results is a comparison of two numbers."""
    other = {"score_of": Story(adopt=False).model("ref").removeprefix("model:")}
    policy = policy_with(
        tests__virology__rules_out={"below": other, "judged_on": "score"},
        tests__virology__rules_in={"at_or_above": {**other, "times": "2"}, "judged_on": "score"},
    )

    def both(story: Story, _: object, number: int) -> object:
        story.result(10 + number % 60)
        mine, story.m = story.m, story.model("ref")
        found = story.result(20 + number % 30)
        story.m = mine
        return found

    few, many = (cost(nothing, both, count, policy) for count in (20, 40))
    assert many < 3 * few
