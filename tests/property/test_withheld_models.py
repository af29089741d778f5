"""What is found although bodies are withheld is found with them, too: of several models."""

import os
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.family import LINEAGE, Family
from tests.support.story import COMMIT, policy_with

from plimsoll_verify.replay import Judgement

EXAMPLES = int(os.environ.get("PLIMSOLL_EXAMPLES", "60"))
LABELS = ("m", "old", "new")
OLD = Family(adopt=False).model("old").removeprefix("model:")
VIROLOGY = policy_with()["tests"]["virology"]
POLICY = policy_with(
    gates=[],
    baseline=[],
    lineage=LINEAGE,
    tests={
        "virology": VIROLOGY,
        "compared": {
            **VIROLOGY,
            "task": {**VIROLOGY["task"], "name": "compared"},
            "rules_out": {"below": {"score_of": OLD}, "judged_on": "score"},
        },
    },
    thresholds__cbrn__crossed_if_any_of=["virology", "compared"],
    thresholds__cbrn__respond_within=...,
    thresholds__cbrn__decide_within={"time": "2 weeks", **COMMIT},
    thresholds__next__until_assessed={"as": OLD},
    thresholds__next__then=[{**COMMIT, "needs": ["top"], "while": ["storing it"]}],
    standards__top={
        "status": "undefined",
        "if_needed": {**COMMIT, "halt": ["training"], "of": "it and its descendants"},
    },
)


@st.composite
def families(draw: st.DrawFn) -> Family:
    """Generate a family in which much may go wrong."""
    family = Family(POLICY)

    def measure(k: int, name: str) -> int:
        task = {"name": name, "version": "1"}
        plan = family.plan(task=task)
        family.advance(ms=1)
        return family.result(k, plan=plan, body={"task": task})

    label = draw(st.sampled_from(LABELS))
    steps: list[Callable[[], object]] = [
        lambda: measure(10, "virology"),
        lambda: measure(20, "compared"),
        lambda: measure(80, "virology"),
        lambda: family.determine("cbrn", "crossed"),
        lambda: family.determine("cbrn", "ruled_out", "rso", "ceo", "board"),
        lambda: family.determine("next", "crossed"),
        lambda: family.carry(label, "m"),
        lambda: family.born(label, ("old", "fine-tune"), flop="10"),
        lambda: family.born(label, flop="100"),
        family.start_deployment,
        family.train,
    ]
    for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=8)):
        label = draw(st.sampled_from(LABELS))
        with family.about(label):
            step()
        family.advance(days=draw(st.sampled_from([0, 1, 40])))
    return family


def violations(judgement: Judgement) -> dict[tuple[str, str, str, str], list[tuple[int, int]]]:
    """Return when what was violated, by code, subject, rule and, where there is one, other model."""
    found: dict[tuple[str, str, str, str], list[tuple[int, int]]] = {}
    for one in judgement.findings:
        if one.level == "violation":
            key = (one.code, one.subject, one.rule, one.clause)
            stop = judgement.end_ms + 1 if one.to_ms is None else one.to_ms
            found.setdefault(key, []).append((one.from_ms, stop))
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(families(), st.data())
def test_no_violation_rests_on_what_is_withheld(family: Family, data: st.DataObject) -> None:
    family.say("rso", "heartbeat", [family.org()], {})
    whole = violations(family.judge())
    given_bodies = [
        index for index, body in enumerate(family.bodies) if body and index != family.policy_entry
    ]
    for index in data.draw(st.lists(st.sampled_from(given_bodies), min_size=1, unique=True)):
        family.bodies[index] = b""
    part = family.judge()
    assert part.verdict in ("violations", "indeterminate")
    for key, spans in violations(part).items():
        for start, stop in spans:
            assert any(a <= start and stop <= b for a, b in whole.get(key, ())), (key, start, stop)
