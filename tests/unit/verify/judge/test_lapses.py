"""The lapse that ends an attestation first, found in order, is the one that looking at each finds."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from plimsoll_verify.facts import Lapse, LapseContent
from plimsoll_verify.lapses import Lapses
from plimsoll_verify.spans import clip, intersect, union

CONTENT = LapseContent("high-dep", "filters", "", "")
MOMENTS = st.integers(0, 12)


@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=7), MOMENTS, MOMENTS)
def test_the_first_lapse_is_the_earliest_that_ends_it(
    times: list[tuple[int, int]], event_ms: int, seen: int
) -> None:
    lapses = [Lapse(2 * at, time, event, "org:o", CONTENT) for at, (time, event) in enumerate(times)]
    ending = [one for one in lapses if one.adverse_ms >= event_ms or one.index >= seen]
    expected = min(ending, key=lambda one: one.adverse_ms, default=None)
    assert Lapses(lapses).first(event_ms, seen) == expected


@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=5), MOMENTS, MOMENTS)
def test_what_is_clipped_is_what_lies_between(spans: list[tuple[int, int]], start: int, stop: int) -> None:
    found = union(spans)
    assert clip(found, start, stop) == (intersect(found, [(start, stop)]) if start < stop else [])
    assert all(a[1] < b[0] for a, b in itertools.pairwise(found))
