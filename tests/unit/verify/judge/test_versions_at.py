"""Which version is in force at an entry or an instant, beside the plain reading of SPEC 7.5."""

import random
from dataclasses import replace

import pytest
from tests.support.story import Story

from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions


@pytest.fixture(scope="module")
def version() -> Version:
    """Return some version of a policy."""
    story = Story()
    return Version(parse_policy(story.document), "", story.policy_entry, 0, 0, ())


@pytest.mark.parametrize("seed", range(60))
def test_the_newest_that_was_complete_and_in_force(version: Version, seed: int) -> None:
    """Also where a claim of a version stands after one that was completed later."""
    rng = random.Random(seed)
    all_of_them = [
        replace(version, index=number, completed=rng.randrange(12), from_ms=rng.randrange(12))
        for number in range(rng.randrange(1, 6))
    ]
    versions = Versions(all_of_them)
    for index in range(13):
        for time_ms in range(13):
            fit = [one for one in all_of_them if one.completed <= index and one.from_ms <= time_ms]
            assert versions.at_entry(index, time_ms) is [all_of_them[0], *fit][-1]
    for instant in range(-1, 13):
        begun = [one for one in all_of_them if one.from_ms <= instant]
        assert versions.at(instant) is (begun[-1] if begun else None)
