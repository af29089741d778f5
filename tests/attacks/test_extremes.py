"""Ledgers and policies of unusual shapes: all in one instant, nothing for years, circles, too much of it.

Each has the one right verdict, or a clear word about what is not understood; never a crash, and never a pass
by default.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.world import World
from tests.support.family import Family, lineage_policy
from tests.support.forge import canonical
from tests.support.story import DAY, POLICY, Story, of, one, policy_with

from plimsoll_verify.limits import MAX_POLICY_BYTES
from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]


# -- time


def test_a_deployment_that_ends_in_the_instant_in_which_it_starts(audited: Audited) -> None:
    story = Story()
    story.end(story.start_deployment())
    story.advance(days=60)
    story.register("later")
    found = one(audited(story).findings, "V14")
    assert (found.level, (found.to_ms or 0) - found.from_ms) == ("violation", 1)


def test_all_that_is_honest_in_one_instant(codes: Codes) -> None:
    story = Story()
    story.clear()
    story.deploy()
    assert len({story.now_ms}) == 1
    assert codes(story) == []


def test_all_that_is_wrong_in_one_instant(audited: Audited) -> None:
    # The order of entries within an instant does not help: what holds from then on holds in it.
    story = Story()
    begun = story.now_ms
    for number in range(40):
        story.start_deployment(surface=f"api-{number % 7}")
        story.result(80)
        story.determine("cbrn", "crossed")
    assert story.now_ms == begun
    verdict = audited(story)
    assert verdict.verdict == "violations"
    assert {found.from_ms for found in of(verdict, "V14")} == {begun}
    assert len(of(verdict, "V14")) == 40


def test_nothing_for_ten_years(audited: Audited) -> None:
    story = Story()
    story.clear()
    story.deploy()
    deployed = story.now_ms
    story.advance(days=3653)
    story.register("later")
    verdict = audited(story)
    assert verdict.verdict == "violations"
    found = of(verdict, "V01")
    assert {one.ended_by for one in found} == {"open"}
    # What was ruled out holds for as long as the tests are good for, and no longer.
    assert {deployed < one.from_ms < deployed + 3653 * DAY for one in found} == {True}


def test_nothing_more_for_ten_years_is_not_fresh(audited: Audited) -> None:
    story = Story()
    story.clear()
    story.deploy()
    stale = audited(story, cosigned_ms=story.now_ms, now_ms=story.now_ms + 3653 * DAY, max_age="1 day")
    assert (stale.verdict, [found.code for found in stale.findings]) == ("indeterminate", ["I06"])


def test_what_is_dated_before_the_ledger_began(audited: Audited) -> None:
    story = Story()
    story.result(80, event_time="1970-01-01T00:00:00.000Z")
    story.determine("cbrn", "crossed", event_time="2001-01-01T00:00:00.000Z")
    story.advance(days=1)
    story.start_deployment()
    verdict = audited(story)
    assert verdict.verdict == "violations"
    assert of(verdict, "V28")


def test_a_policy_from_before_the_ledger_began_counts_from_its_adoption(codes: Codes) -> None:
    story = Story({**POLICY, "effective_from": "1970-01-01T00:00:00Z"})
    story.clear()
    story.deploy()
    assert codes(story) == []


def test_a_policy_that_begins_after_the_end_of_time_leaves_nothing_to_judge_by(audited: Audited) -> None:
    story = Story({**POLICY, "effective_from": "9999-12-31T00:00:00Z"})
    story.start_deployment()
    story.advance(days=1)
    story.register("later")
    verdict = audited(story)
    assert verdict.verdict == "indeterminate"
    assert {found.code for found in verdict.findings} == {"I05"}


# -- circles


def test_models_that_are_each_others_parents_and_one_that_is_its_own(audited: Audited) -> None:
    family = Family(lineage_policy())
    family.born("egg", ("hen", "fine-tune"), flop="1e18")
    family.born("hen", ("egg", "fine-tune"), flop="1e18")
    family.born("snake", ("snake", "merge"), flop="1e18")
    with family.about("egg"):
        family.result(80)
        family.determine("cbrn", "crossed")
    family.advance(days=1)
    for label in ("hen", "snake"):
        with family.about(label):
            family.start_deployment()
    family.advance(days=60)
    family.register("later")
    verdict = audited(family)
    broken = {found.subject for found in of(verdict, "V01") if "cbrn" in found.message}
    assert {family.model("hen"), family.model("snake")} <= broken  # Whoever is its own ancestor is in doubt.


def test_a_thousand_generations(audited: Audited) -> None:
    family = Family(lineage_policy())
    family.result(80)
    family.determine("cbrn", "crossed")
    for number in range(1000):
        family.born(f"g{number}", (f"g{number - 1}" if number else "m", "fine-tune"), flop="1")
    family.advance(days=1)
    with family.about("g999"):
        family.start_deployment()
    family.advance(days=60)
    family.register("later")
    assert family.model("g999") in {found.subject for found in of(audited(family), "V01")}


# -- too much


def crowded(count: int) -> dict[str, Any]:
    """Return the policy with so many more thresholds."""
    document = policy_with()
    (first, *_) = document["thresholds"].values()
    document["thresholds"] |= {f"t{number}": copy.deepcopy(first) for number in range(count)}
    return document


def test_a_policy_with_a_thousand_thresholds(audited: Audited) -> None:
    story = Story(crowded(1000))
    story.result(80)
    story.deploy()
    story.advance(days=40)
    story.register("later")
    verdict = audited(story)
    assert verdict.verdict == "violations"
    assert {f"t{number}" for number in range(1000)} <= {
        part for found in of(verdict, "V01") for part in found.rule.split(".")
    }


def test_a_policy_of_more_values_than_are_read_is_not_understood(audited: Audited) -> None:
    document = crowded(6000)
    assert len(canonical(document)) < MAX_POLICY_BYTES
    story = Story(document)
    story.start_deployment()
    verdict = audited(story)
    assert verdict.verdict == "indeterminate"
    assert {found.code for found in verdict.findings} == {"I04", "I05"}


def test_a_file_of_a_million_thresholds_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as out:
        out.write(b"thresholds:\n")
        out.write(
            b"".join(b"  t%d: {clause: '1', force: commitment}\n" % number for number in range(1_000_000))
        )
    done = World(tmp_path).run("policy", "check", str(file))
    assert done.code == 2
    assert f"{file} is larger than 4 MiB" in done.stderr
    assert "hint: verifiers read policies of that size at the most" in done.stderr


@pytest.mark.parametrize(
    ("place", "word"),
    [
        (("tests", "virology", "rules_out", "below"), "1e999"),
        (("tests", "virology", "needs", "samples"), "9" * 400),
        (("thresholds", "cbrn", "respond_within", "time"), "999999999999 years"),
        (("language",), "999"),
    ],
    ids=["limit", "samples", "years", "language"],
)
def test_a_figure_past_all_bounds_is_not_understood_and_no_pass(
    audited: Audited, place: tuple[str, ...], word: str
) -> None:
    document = copy.deepcopy(POLICY)
    at = document
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = word
    story = Story(document)
    story.clear()
    story.deploy()
    verdict = audited(story)
    assert verdict.verdict == "indeterminate"
    assert {found.code for found in verdict.findings} == {"I04", "I05"}
    assert any(place[-1] in found.message for found in verdict.findings)


def test_limits_that_contradict_each_other_are_no_policy(audited: Audited) -> None:
    document = copy.deepcopy(POLICY)
    document["tests"]["virology"]["rules_out"]["below"] = "0.9"
    document["tests"]["virology"]["rules_in"]["at_or_above"] = "0.1"
    story = Story(document)
    story.clear()
    story.deploy()
    assert audited(story).verdict == "indeterminate"


# -- memory


_BOUNDED = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
sys.argv = ["plimsoll-verify", "log", {public!r}, "--trust", {trust!r}, "--json", "--workers", "1"]
from plimsoll_verify.__main__ import main
main()
"""


def test_the_most_crowded_ledger_fits_into_a_gibibyte(tmp_path: Path) -> None:
    story = Story(crowded(800))
    for number in range(20):
        story.result(80)
        story.deploy(surface=f"api-{number}")
        story.advance(days=40)
    story.register("later")
    trust = tmp_path / "trust.toml"
    trust.write_text(story.publish(tmp_path / "public"))
    program = _BOUNDED.format(public=str(tmp_path / "public"), trust=str(trust))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr[-500:]
    assert json.loads(ran.stdout)["verdict"] == "violations"
