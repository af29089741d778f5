"""What relaxed policies would have forbidden against the definition at every instant, and its laws."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import weakening as reference
from tests.reference.weakening import PARTS, History, Step, Version
from tests.support.forge import time_text
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples

DAY = 86_400_000
LAST = 44
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
Story = tuple[History, list[Version]]
Found = set[tuple[int, str, str, int]]
BOTH = frozenset({"rso", "ceo"})
ROLES = (frozenset[str](), frozenset({"rso"}), frozenset({"ceo"}), BOTH)


def document(version: Version, number: int, **more: Any) -> dict[str, Any]:
    """Write a version as a policy."""

    def rules(part: str) -> list[dict[str, Any]]:
        return [
            {**COMMIT, "force": "commitment" if is_firm else "aim", "needs": [one], "while": ["deploying it"]}
            for one, is_firm in version.needs.items()
            if PARTS[one] == part
        ]

    force = "commitment" if version.is_bound else "aim"
    amendment: dict[str, Any] = {**COMMIT, "force": force, "approved_by": "ceo"}
    if version.forbidden_within:
        days = version.forbidden_within // DAY
        amendment["weakening"] = {"approved_by": "ceo", "forbidden_within": f"{days} days"}
    criterion = {"text": "Shown.", "for_each": ["organisation"], "attested_by": _any_of(version.attested_by)}
    gate = {**COMMIT, "for": "deploying it", "approved_by": {"all_of": sorted(version.gate)}}
    threshold = {
        **COMMIT, "domain": "cbrn", "decided_by": "people", "until_assessed": "baseline",
        "if_not_ruled_out": "treat as crossed", "declared_by": "rso", "then": rules("threshold"),
    }  # fmt: skip
    return policy_with(
        version=str(number),
        tests={},
        thresholds={"next": threshold},
        baseline=rules("baseline"),
        standards={one: {"criteria": {"shown": criterion}} for one in PARTS},
        gates=[gate] if version.gate else [],
        amendment=amendment,
        **more,
    )


def _any_of(roles: frozenset[str]) -> dict[str, Any]:
    return {"any_of": sorted(roles)}


def told(history: History, versions: list[Version]) -> Told:
    """Tell a history as a ledger."""
    story = Told(document(versions[0], 0))
    for step in history:
        story.said(step.time)
        match step.what:
            case "amend":
                version = versions[step.name]
                since = time_text(story.began_ms + version.effective)
                changed = document(version, step.name, effective_from=since)
                story.adopt(changed, kind="policy-amendment", by=("ceo",))
            case "crossed":
                story.determine("next", "crossed", "rso")
            case "attested":
                (role,) = step.roles
                story.attest(f"{step.standard}.shown", "document", role=role)
            case "lapsed":
                story.lapse(f"{step.standard}.shown")
            case "start":
                # A permit is for one surface: each deployment has its own.
                surface, expires = f"s{step.name}", time_text(story.began_ms + 2 * END)
                story.permit(*sorted(step.roles), surface=surface, expires=expires)
                story.index_of[step.name] = story.start_deployment(surface=surface)
            case "ended":
                story.end(story.index_of[step.name])
    return story


def judged(history: History, versions: list[Version]) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history, versions)
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code == "V19":
            said = re.match(r"Version (\d+) of ", finding.message)
            needed = re.search(r" while (\w+) was not in force", finding.message)
            assert said
            (what,) = [needed[1]] if needed else map(str, story.names(finding))
            found |= {(int(said[1]), what, finding.level, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History, versions: list[Version]) -> Found:
    return {(*one, at) for at in GRID for one in reference.weakened(history, versions, at)}


def relaxed(draw: st.DrawFn, before: Version, effective: int, *, is_even: bool) -> Version:
    """Generate the version after another one, from which it differs in little; or only in whom it asks."""
    changed = replace(before, effective=effective)
    other = {ROLES[1]: ROLES[2], ROLES[2]: ROLES[1]}
    kinds = ["needs", "needs", "needs", "gate", "attested", "bar", "swap"]
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        match "swap" if is_even else draw(st.sampled_from(kinds)):
            case "swap":
                # Neither asks for more.
                gate, by = (other.get(one, one) for one in (changed.gate, changed.attested_by))
                changed = replace(changed, gate=gate, attested_by=by)
            case "needs":
                one = draw(st.sampled_from(sorted(PARTS)))
                is_firm = draw(st.sampled_from([None, None, True, False, False]))
                rest = {each: firm for each, firm in changed.needs.items() if each != one}
                changed = replace(changed, needs=rest if is_firm is None else {**rest, one: is_firm})
            case "gate":
                changed = replace(changed, gate=draw(st.sampled_from(ROLES)))
            case "attested":
                changed = replace(changed, attested_by=draw(st.sampled_from(ROLES[1:])))
            case _:
                within = draw(st.sampled_from([0, 5, 9]))
                changed = replace(changed, forbidden_within=within * DAY, is_bound=draw(st.booleans()))
    return changed


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Generate a strict policy, how it is relaxed, and what happens meanwhile."""
    within = draw(st.sampled_from([0, 8, 16])) * DAY
    is_even = draw(st.integers(0, 2)) == 0
    gates, attesting = (ROLES[1:3], ROLES[1:3]) if is_even else (ROLES, ROLES[1:])
    gate, by = draw(st.sampled_from(gates)), draw(st.sampled_from(attesting))
    firm = st.sampled_from([True, True, True, False])
    needs = draw(st.dictionaries(st.sampled_from(sorted(PARTS)), firm, min_size=1))
    versions = [Version(0, dict(sorted(needs.items())), by, gate, within, draw(st.integers(0, 2)) > 0)]
    days, early = st.integers(1, LAST - 2), st.integers(1, 14)
    steps: list[tuple[int, int, Step]] = []
    for name, at in enumerate(sorted(draw(st.lists(early, min_size=1, max_size=3))), 1):
        since = at + draw(st.sampled_from([0, 0, 0, 8] if name > 1 else [0, 0, 8, 8]))
        versions.append(relaxed(draw, versions[-1], since * DAY, is_even=is_even))
        # Of those of one time the first was completed first.
        steps.append((at * DAY, name, Step("amend", at * DAY, name)))
    some = draw(st.lists(st.sampled_from(["attested", "attested", "lapsed"]), max_size=8))
    for what in some:
        at = draw(st.one_of(early, days)) * DAY
        roles = draw(st.sampled_from(ROLES[1:3])) if what == "attested" else ROLES[0]
        standard = draw(st.sampled_from(sorted(PARTS)))
        kind: Any = what
        steps.append((at, draw(st.sampled_from([0, 9])), Step(kind, at, -1, standard, roles)))
    if draw(st.integers(0, 3)):
        at = draw(st.sampled_from([0, 0, 9, 16])) * DAY
        steps.append((at, 9, Step("crossed", at)))
    for name in range(draw(st.integers(1, 3))):
        at, roles = draw(st.one_of(early, days)), draw(st.sampled_from(ROLES))
        steps.append((at * DAY, draw(st.sampled_from([0, 9])), Step("start", at * DAY, name, roles=roles)))
        stop = min(at + draw(st.sampled_from([2, 6, 15, LAST])), LAST) * DAY
        if stop < END:
            steps.append((stop, 9, Step("ended", stop, name)))
    return [step for _, _, step in sorted(steps, key=lambda one: one[:2])], versions


@settings(max_examples=examples(150))
@given(stories())
def test_what_was_relaxed_agrees_with_the_definition_at_every_instant(story: Story) -> None:
    assert judged(*story) == defined(*story)


def test_the_generated_stories_hold_what_they_are_about() -> None:
    """Everything that is relaxed is found and is not, and stages that are never in force are there."""
    seen: Counter[str] = Counter()

    @counted(800)
    @given(stories())
    def count(story: Story) -> None:
        history, versions = story
        found = defined(history, versions)
        for word in ("violation", "indeterminate", "finding"):
            seen[word] += any(level == word for _, _, level, _ in found)
        for part in ("baseline", "threshold"):
            seen[part] += any(PARTS.get(what) == part for _, what, _, _ in found)
        seen["gate"] += any(what not in PARTS for _, what, _, _ in found)
        seen["nothing"] += not found
        seen["ends"] += bool(found) and max(one[3] for one in found) < END
        begun = {
            reference.in_force(history, versions, len(versions), one.effective)
            for one in versions[1:]
            if one.effective <= END
        }
        # What came before by number was never in force.
        seen["staged"] += any(one[0] - 1 not in {0, *begun} for one in found)
        like = [reference.broken(history, versions, len(versions), at) for at in GRID]
        seen["broken still"] += any(one.is_violation for all_ in like for one in all_)

    count()
    wanted = ["violation", "indeterminate", "finding", "baseline", "threshold", "gate", "nothing", "ends"]
    assert all(seen[word] >= 5 for word in [*wanted, "staged", "broken still"]), str(dict(seen))


@settings(max_examples=examples(60))
@given(stories())
def test_to_attest_or_approve_less_never_finds_less(story: Story) -> None:
    """What breaks an older version or the one in force is broken for as long, or longer, without relief."""
    history, versions = story
    worse = [replace(step, roles=frozenset()) if step.what == "start" else step for step in history]
    worse = [step for step in worse if step.what != "attested"]
    assert against(history, versions) <= against(worse, versions)


def against(history: History, versions: list[Version]) -> set[tuple[str, int]]:
    """Return the codes, V19 as what it stands for, and the instants of the grid at which one is found."""
    found: set[tuple[str, int]] = set()
    story = told(history, versions)
    for finding in story.judged(END).findings:
        if finding.code in ("V01", "V14", "V19"):
            code = "V01" if " was not in force" in finding.message else "V14"
            found |= {(code, at) for at in GRID if story.covers(finding, at)}
    return found
