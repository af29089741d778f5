"""A law that ties the comparison of policies to the judge: what is stronger finds whatever the other finds.

Histories of the small policy are judged by it and by versions of it in which one or two things are changed.

Source: SPEC 7.7.
"""

import copy
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.story import COMMIT, Story, policy_with
from tests.unit.verify.judge.test_language import changed

from plimsoll_verify.policy.compare import compare
from plimsoll_verify.policy.order import Relation
from plimsoll_verify.policy.parse import PolicyError, parse_policy
from plimsoll_verify.replay import Judgement, Replay
from plimsoll_verify.spans import Span, subtract, union

BASE = policy_with(amendment={"approved_by": {"all_of": ["ceo", "board"]}})
CBRN = ("thresholds", "cbrn")
FILTERS = ("standards", "high-dep", "criteria", "filters")
VIROLOGY = ("tests", "virology")
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    ((*VIROLOGY, "rules_out", "below"), "1/4"),
    ((*VIROLOGY, "rules_out", "below"), "7/10"),
    ((*VIROLOGY, "rules_out", "judged_on"), "upper 95 % bound"),
    ((*VIROLOGY, "rules_out", "margin"), "1/10"),
    ((*VIROLOGY, "rules_in", "at_or_above"), "6/10"),
    ((*VIROLOGY, "rules_in", "at_or_above"), "9/10"),
    ((*VIROLOGY, "good_for"), "1 month"),
    ((*VIROLOGY, "good_for"), "2 years"),
    ((*VIROLOGY, "needs"), ...),
    ((*VIROLOGY, "needs", "samples"), "500"),
    ((*CBRN, "until_assessed"), "crossed"),
    ((*CBRN, "respond_within", "time"), "1 day"),
    ((*CBRN, "respond_within", "time"), "3 months"),
    ((*CBRN, "respond_within", "force"), "aim"),
    ((*CBRN, "cleared_by"), "rso"),
    ((*CBRN, "cleared_by"), {"all_of": ["rso", "ceo", "board", "auditor"]}),
    ((*CBRN, "then", 0, "while"), ["deploying it"]),
    ((*CBRN, "then", 1, "while"), ["deploying it"]),
    ((*CBRN, "then", 1, "needs"), ["high-dep", "top"]),
    ((*CBRN, "then", 1, "needs"), [{"any_of": ["high-dep", "base"]}]),
    ((*CBRN, "then", 2, "force"), "recommendation"),
    ((*CBRN, "then"), []),
    (("baseline", 1, "until"), ...),
    (("baseline", 0, "needs"), ["base", "high-sec"]),
    (("baseline",), [{**COMMIT, "define": "top", "before": "deploying it"}, *BASE["baseline"]]),
    (("baseline",), BASE["baseline"][1:]),
    (("standards", "top", "status"), "partial"),
    ((*FILTERS, "good_for"), "1 week"),
    ((*FILTERS, "good_for"), ...),
    ((*FILTERS, "for_each"), ["model"]),
    ((*FILTERS, "shown_by"), ["red-team", "audit"]),
    ((*FILTERS, "attested_by"), {"all_of": ["security", "ceo"]}),
    (("standards", "high-sec", "approved_by"), "rso"),
    (("standards", "high-sec", "renewed"), ...),
    (("gates",), []),
    (("gates", 0, "approved_by"), {"all_of": ["rso", "ceo", "board"]}),
    (("gates", 0, "for"), "deploying it"),
    (("pause", "stops_within"), "1 hour"),
    (("pause", "stops_within"), "30 days"),
    (("record_rules", "late_after"), "1 hour"),
    (("record_rules", "late_after"), "60 days"),
]


def _safe(story: Story) -> None:
    story.secure()
    story.filters()
    story.determine("next", "ruled_out")


def _ruled_out() -> Story:
    story = Story(copy.deepcopy(BASE))
    story.clear()
    story.deploy()
    story.advance(days=200)
    story.result(60)
    story.advance(days=100)
    return story


def _crossed_and_safe() -> Story:
    story = Story(copy.deepcopy(BASE))
    story.clear()
    story.deploy(scope="external.trusted")
    story.advance(days=3)
    story.result(80)
    story.advance(days=10)
    _safe(story)
    story.determine("cbrn", "crossed")
    story.advance(days=100)
    return story


def _late_and_paused() -> Story:
    story = Story(copy.deepcopy(BASE))
    story.train()
    start = story.deploy(scope="internal.high-risk", attributes=["autonomy-expanded"])
    event = story.now()
    story.advance(days=5)
    story.result(90, event_time=event, body={"completed": event})
    story.advance(days=40)
    story.determine("cbrn", "ruled_out")
    story.pause()
    story.advance(days=3)
    story.end(start)
    story.advance(days=300)
    return story


STORIES = (_ruled_out, _crossed_and_safe, _late_and_paused)


@cache
def _replayed(number: int) -> tuple[Replay, int]:
    story = STORIES[number]()
    return story.replayed(), story.now_ms


def _spans(found: Judgement, end_ms: int) -> dict[tuple[str, str], list[Span]]:
    """Return when what was broken, by code and clause; an instant is a millisecond."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for one in found.findings:
        if one.level == "violation":
            stop = end_ms + 1 if one.to_ms is None else max(one.to_ms, one.from_ms + 1)
            spans.setdefault((one.code, one.subject), []).append((one.from_ms, stop))
    return {key: union(each) for key, each in spans.items()}


@given(
    st.integers(0, len(STORIES) - 1),
    st.lists(st.sampled_from(CHANGES), max_size=1),
    st.lists(st.sampled_from(CHANGES), min_size=1, max_size=2),
)
@settings(max_examples=150, deadline=None)
def test_what_is_stronger_finds_whatever_the_other_finds(
    number: int, before: list[Any], after: list[Any]
) -> None:
    documents = [copy.deepcopy(BASE), copy.deepcopy(BASE)]
    for at, changes in enumerate((before, [*before, *after])):
        for where, value in changes:
            try:
                documents[at] = changed(where, value, documents[at])
            except (KeyError, IndexError):
                continue
    try:
        old, new = (parse_policy(copy.deepcopy(document)) for document in documents)
    except PolicyError:
        return
    relation = compare(old, new).relation
    if relation not in (Relation.STRONGER, Relation.WEAKER, Relation.EQUAL):
        return
    replay, end_ms = _replayed(number)
    was, now = (_spans(replay.finish(end_ms, policy=one), end_ms) for one in (old, new))
    if relation in (Relation.STRONGER, Relation.EQUAL):
        assert {key: left for key, spans in was.items() if (left := subtract(spans, now.get(key, [])))} == {}
    if relation in (Relation.WEAKER, Relation.EQUAL):
        assert {key: left for key, spans in now.items() if (left := subtract(spans, was.get(key, [])))} == {}
