"""Whatever is withheld of a ledger: the verifier comes to an end, passes nothing, and accuses of nothing new.

The ledgers are those of the other properties: each is about one part of the language.
"""

import json
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.story import Story
from tests.support.told import examples

from plimsoll_verify.replay import Judgement
from plimsoll_verify.spans import Span, subtract, union

NEVER = 2**62
ABOUT = (
    "corrected",
    "corrected_incidents",
    "corrected_results",
    "forms",
    "halts",
    "lifting",
    "published",
    "record",
    "reversals",
)
POLICIES = ("policy", "policy-amendment")
VOIDING = ("eval-result", "correction")


def kind_of(story: Story, index: int) -> str:
    """Return the kind of an entry."""
    name: str = json.loads(story.payloads[index])["predicateType"]
    return name.removesuffix("/v1").rpartition("/")[2]


def broken(judgement: Judgement) -> dict[tuple[str, str], list[Span]]:
    """Return when what is surely broken, by subject and rule.

    Not by code: whether something was started during a pause (V17) or went on (V35) may hang on what it was.
    """
    found: dict[tuple[str, str], list[Span]] = {}
    for one in judgement.findings:
        if one.level == "violation":
            stop = NEVER if one.to_ms is None else max(one.to_ms, one.from_ms + 1)
            found.setdefault((one.subject, one.rule), []).append((one.from_ms, stop))
    return {key: union(spans) for key, spans in found.items()}


@pytest.mark.parametrize("part", ABOUT)
def test_what_is_withheld_accuses_nobody_and_passes_nothing(part: str) -> None:
    about = import_module(f"tests.property.test_{part}")

    @settings(max_examples=examples(40))
    @given(about.histories(), st.data())
    def holds(history: list[object], data: st.DataObject) -> None:
        story = about.told(history)
        detached = [index for index in range(story.first, story.size) if story.bodies[index]]
        # A version of a policy that is withheld is a doubt of its own (I04); what was known stays in force.
        detached = [index for index in detached if kind_of(story, index) not in POLICIES]
        if not detached:
            return
        whole = broken(story.judged(about.END))
        withheld = data.draw(st.lists(st.sampled_from(detached), min_size=1, max_size=3))
        for index in withheld:
            story.bodies[index] = b""
        part = story.judged(about.END)
        assert part.verdict in ("violations", "indeterminate")
        # What cannot be read voids what had not seen it where it could be a result, whatever it says.
        if not any(kind_of(story, index) in VOIDING for index in withheld):
            for key, spans in broken(part).items():
                assert subtract(spans, whole.get(key, [])) == [], key

    holds()
