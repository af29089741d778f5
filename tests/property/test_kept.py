"""Keeping what was found changes no finding: random histories of several models, judged at each entry."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.family import LINEAGE, Family
from tests.support.obliged import Obliged
from tests.support.story import COMMIT, POLICY, policy_with

EXAMPLES = int(os.environ.get("PLIMSOLL_EXAMPLES", "25"))
LABELS = ("m", "child", "other", "twin")
DUTIES: dict[str, Any] = {
    "notice": {
        **COMMIT, "when": {"event": "incident"}, "from": "aware", "do": {"notice": "notice"}, "to": "office",
        "by": {"all_of": ["rso", "ceo"]}, "within": "3 days",
    },
    "card": {
        **COMMIT, "when": {"activity": "deploying it"}, "do": {"publication": "card"}, "within": "2 days",
    },
}  # fmt: skip
RULES = {
    **POLICY["record_rules"],
    "inventory": {"by": "keeper", "of": ["api"], "every": "9 days", "tolerance": "1 hour"},
    "plans": {"close_within": "4 days"},
}
WIDE = policy_with(
    lineage=LINEAGE,
    record_rules=RULES,
    roles={**POLICY["roles"], "keeper": {}},
    duties=DUTIES,
    thresholds__cbrn__respond_within={"time": "2 days", **COMMIT},
    standards__base__criteria__locks__good_for="12 days",
)
HALTING = policy_with(
    standards__top={"status": "undefined", "if_needed": {**COMMIT, "halt": ["training"], "of": "it"}}
)
POLICIES = (POLICY, WIDE, HALTING)


class Many(Family, Obliged):  # type: ignore[misc]  # Nothing is carried over here.
    """A ledger with several models, about which much can be said."""


@st.composite
def histories(draw: st.DrawFn) -> Many:
    """Generate a history; what is said is about one of the models, or the organisation."""
    story = Many(draw(st.sampled_from(POLICIES)))
    story.enrol("kee", "keeper")
    starts: list[int] = []
    notices: list[int] = []
    incidents: list[int] = []

    def start() -> None:
        starts.append(story.start_deployment(surface=draw(st.sampled_from(["api", "web"]))))

    def incident() -> None:
        incidents.append(story.incident(about=draw(st.sampled_from([story.m, story.org()]))))

    def notice() -> None:
        of = draw(st.sampled_from(incidents)) if incidents else None
        notices.append(story.disclose("notice", of=of, about=draw(st.sampled_from([story.m, story.org()]))))

    def inventory() -> None:
        seen = draw(st.sampled_from([{}, {"model": story.m}, {"snapshot": story.s}]))
        story.inventory(*([{**seen, "scope": "external.general"}] if seen else []))

    steps: list[Callable[[], object]] = [
        story.register,
        story.clear,
        story.plan,
        lambda: story.result(80),
        lambda: story.result(60, event_time=story.now(-86_400_000)),
        lambda: story.determine("cbrn", "crossed"),
        lambda: story.determine("cbrn", "ruled_out", "rso", "ceo", "board"),
        start,
        story.deploy,
        lambda: starts and story.end(draw(st.sampled_from(starts))),
        story.secure,
        story.filters,
        lambda: story.attest("base.locks", "document"),
        lambda: story.lapse("base.locks"),
        lambda: story.lapse("high-dep.filters", about=story.m),
        lambda: story.say("security", "weights-deleted", [story.m], {"reasons": "old"}),
        lambda: story.say("rso", "heartbeat", [story.org()], {}),
        lambda: story.pause("deploy"),
        lambda: story.publish_text("card", about=story.m),
        incident,
        notice,
        lambda: notices and story.approve(draw(st.sampled_from(notices)), "ceo"),
        inventory,
    ]
    story.born("child", ("m", "fine-tune"))
    for _ in range(draw(st.integers(4, 14))):
        story.advance(days=draw(st.sampled_from([0, 0, 1, 3, 10])), ms=1)
        with story.about(draw(st.sampled_from(LABELS))):
            if story.m == story.model("twin"):
                story.s = story.snapshot("m")
            draw(st.sampled_from(steps))()
    story.advance(days=draw(st.sampled_from([0, 1, 20])))
    return story


@settings(max_examples=EXAMPLES)
@given(histories())
def test_what_is_kept_is_what_would_be_found(story: Many) -> None:
    judged = story.judge()  # Which compares, see there.
    assert judged.size == story.size
    assert not [one for one in judged.findings if one.code in ("I04", "I05")]
