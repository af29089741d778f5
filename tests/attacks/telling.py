"""Honest beginnings, from which attacks depart."""

from typing import Any

from tests.support.story import Story, policy_with


def ready(policy: dict[str, Any] | None = None, **more: Any) -> Story:
    """A model that was evaluated and ruled out a day ago, under a policy in force."""
    story = Story(policy, **more)
    story.clear()
    story.advance(days=1)
    return story


def beat(story: Story) -> int:
    """Let the log go on, so that time is judged up to now."""
    return story.say("rso", "heartbeat", [story.org()], {})


def later(story: Story, **period: float) -> Story:
    """Let the log go on for a while."""
    story.advance(**period)
    beat(story)
    return story


def live(policy: dict[str, Any] | None = None) -> Story:
    """The same, deployed with a permit."""
    story = ready(policy)
    story.deploy()
    story.advance(days=1)
    return story


def quick() -> dict[str, Any]:
    """The policy with no time to respond."""
    return policy_with(thresholds__cbrn__respond_within=...)
