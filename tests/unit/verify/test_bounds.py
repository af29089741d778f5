"""The bounds of entries, against the definition."""

from hypothesis import given
from hypothesis import strategies as st

from plimsoll_verify.bounds import Bounds, Coverage

SIZE = 12
vouched = st.lists(st.tuples(st.integers(1, SIZE), st.integers(1, 50)), max_size=12)


@given(st.lists(vouched, max_size=3), st.lists(st.integers(0, 50), min_size=SIZE, max_size=SIZE))
def test_bounds_are_what_the_definition_says(parts: list[list[tuple[int, int]]], seen: list[int]) -> None:
    bounds = Bounds()
    for part in parts:
        bounds.take(iter(part))
    whole = [one for part in parts for one in part]
    widths = []
    for index in range(SIZE):
        upper = min((time for size, time in whole if size > index), default=None)
        lower = max(seen[: index + 1])
        assert bounds.upper_ms(index) == upper
        assert bounds.follow(index, seen[index]) == (lower, upper)
        if lower and upper is not None:
            widths.append(max(0, upper - lower))
    covered = max((size for size, _ in whole), default=0)
    below = sum(max(seen[: index + 1]) > 0 for index in range(SIZE))
    assert bounds.coverage == Coverage(covered, below, max(widths, default=None))


def test_only_the_places_where_a_bound_changes_are_kept() -> None:
    bounds = Bounds()
    bounds.take((size, 1000) for size in range(1, 10_000))
    assert len(bounds._sizes) == 1
    assert bounds.upper_ms(0) == bounds.upper_ms(9998) == 1000
    assert bounds.upper_ms(9999) is None


@given(vouched, vouched, st.lists(st.integers(0, 50), min_size=SIZE, max_size=SIZE), st.integers(0, SIZE))
def test_who_goes_on_comes_to_what_one_who_begins_anew_does(
    first: list[tuple[int, int]], then: list[tuple[int, int]], seen: list[int], fed: int
) -> None:
    bounds, anew = Bounds(), Bounds()
    bounds.take(first)
    for index in range(fed):
        bounds.follow(index, seen[index])
    anew.take([*first, *then])
    same = all(bounds.upper_ms(index) == anew.upper_ms(index) for index in range(fed))
    assert bounds.go_on(anew, fed) == same
    if same:
        found = [bounds.follow(index, seen[index]) for index in range(fed, SIZE)]
        expected = [anew.follow(index, seen[index]) for index in range(SIZE)]
        assert found == expected[fed:]
        assert bounds.coverage == anew.coverage
