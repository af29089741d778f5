"""Measurements of safeguards against their definition at every instant, and what may not help them."""

from dataclasses import replace
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.measured import Measured, holds
from tests.support.language import BYPASS
from tests.support.story import policy_with

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Facts
from plimsoll_verify.measured import find_measurements
from plimsoll_verify.observed import Observation, ResultContent, ScoreFact
from plimsoll_verify.policy.grammar import Period
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.spans import contains
from plimsoll_verify.versions import Version, Versions

LAST, GOOD_FOR, LATE_AFTER = 30, 9, 3
POLICY = parse_policy(policy_with(tests={"virology": policy_with()["tests"]["virology"], "bypass": BYPASS}))
TEST = replace(POLICY.tests["bypass"], good_for=Period("9 ms", ms=GOOD_FOR))
VERSION = Version(replace(POLICY, late_after=Period("3 ms", ms=LATE_AFTER)), "", 0, -1, 0, ())


def measured(history: list[Measured], surface: str) -> set[int]:
    """Return the instants at which a measurement holds."""
    facts = Facts(org="org:o")
    model = facts.model("model:m")
    for index, one in enumerate(history):
        score = ScoreFact("judge", "mean", "rate", (100 if one.what == "bad" else 0, 200))
        content = ResultContent(
            succeeded=True, task="bypass", version="1", variant="v", epochs=1, samples=200, sample_epochs=200,
            is_limited=False, is_flagged=one.what == "unfit", plan=-1, started_ms=0, scores=(score,),
            surface=one.surface,
        )  # fmt: skip
        model.add("results",
            Observation(
                index, one.time, one.event, "eval-result", "snapshot:s", role="evaluator", is_reliable=True,
                is_known=True, content=content,
            )
        )  # fmt: skip
    context = Context(facts, Versions([VERSION]), [])
    found = find_measurements(context, model, TEST, surface, is_hopeful=False)
    return {at for at in range(LAST + 1) if any(contains(one.spans, at) for one in found)}


WHATS: list[Literal["clear", "unfit", "bad"]] = ["clear", "clear", "unfit", "bad"]


@st.composite
def results(draw: st.DrawFn) -> Measured:
    """Generate a result, recorded now or later."""
    event = draw(st.integers(0, LAST - 1))
    time = min(LAST, event + draw(st.sampled_from([0, 0, 1, 3, 4, 12])))
    what = draw(st.sampled_from(WHATS))
    return Measured(what, event, time, draw(st.sampled_from(["api", "api", "web", ""])))


HISTORIES = st.lists(results(), max_size=7).map(lambda found: sorted(found, key=lambda one: one.time))
SURFACES = st.sampled_from(["api", "web"])


@settings(max_examples=300, deadline=None)
@given(HISTORIES, SURFACES)
def test_measurements_agree_with_the_definition(history: list[Measured], surface: str) -> None:
    defined = {at for at in range(LAST + 1) if holds(history, surface, at, GOOD_FOR, LATE_AFTER)}
    assert measured(history, surface) == defined


@settings(max_examples=200, deadline=None)
@given(HISTORIES, SURFACES, st.data())
def test_recording_a_measurement_late_never_helps(
    history: list[Measured], surface: str, data: st.DataObject
) -> None:
    if history:
        at = data.draw(st.integers(0, len(history) - 1))
        time = min(LAST, history[at].time + data.draw(st.integers(1, 12)))
        delayed = [*history[:at], replace(history[at], time=time), *history[at + 1 :]]
        delayed.sort(key=lambda one: one.time)
        assert measured(delayed, surface) <= measured(history, surface)


@settings(max_examples=200, deadline=None)
@given(HISTORIES, SURFACES, results())
def test_a_bad_measurement_improves_nothing(history: list[Measured], surface: str, one: Measured) -> None:
    bad = replace(one, what="bad", time=LAST)
    assert measured([*history, bad], surface) <= measured(history, surface)
