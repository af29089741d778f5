"""Adherence against the definition: each interval, at what level, by which version, how ended and why."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import adherence as reference
from tests.reference.adherence import Found, History, Step, Version
from tests.support.forge import time_text
from tests.support.story import policy_with
from tests.support.told import Told, counted, examples

from plimsoll_verify.findings import Finding

DAY = 86_400_000
LAST = 30
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
HOUSE, POLICIES = "house", ("house", "law", "pact")
STANDARDS = {"locks": "security", "keys": "security", "audit": "auditor"}
OWN, ADHERE = "1", "2"
FIRST = 100
"""The name of the first start; those of versions are below."""
Story = tuple[History, list[Version]]


def document(version: Version, number: int, **more: Any) -> dict[str, Any]:
    """Write a version as a policy: what it needs itself is clause 1, to what it adheres clause 2."""

    def force(is_firm: bool) -> str:
        return "commitment" if is_firm else "aim"

    adheres = [
        {"clause": ADHERE, "force": force(is_firm), "to": to} for to, is_firm in version.adheres.items()
    ]
    return policy_with(
        id=version.policy,
        version=str(number),
        tests={},
        thresholds={},
        gates=[],
        baseline=[
            {"clause": OWN, "force": force(is_firm), "needs": [one], "while": ["deploying it"]}
            for one, is_firm in version.needs.items()
        ],
        standards={
            one: {"criteria": {"shown": {"text": "Shown.", "for_each": ["organisation"], "attested_by": by}}}
            for one, by in STANDARDS.items()
        },
        amendment={"approved_by": "ceo"},
        **({"adheres": adheres} if adheres else {}),
        **more,
    )


def told(history: History, versions: list[Version]) -> Told:
    """Tell a history as a ledger; the first version is there before it begins."""
    story = Told(document(versions[0], 0))
    story.index_of[0] = story.policy_entry
    known = {versions[0].policy}
    for step in history:
        more = story.said(step.time, step.event)
        match step.what:
            case "adopt" if step.name:
                version = versions[step.name]
                since = time_text(story.began_ms + version.effective)
                changed = document(version, step.name, effective_from=since)
                if version.policy in known:
                    story.index_of[step.name] = story.adopt(changed, kind="policy-amendment", by=("ceo",))
                else:
                    story.index_of[step.name] = story.adopt(changed)
                known.add(version.policy)
            case "attested":
                story.attest(f"{step.standard}.shown", "document", role=STANDARDS[step.standard])
            case "withheld":
                story.attest("locks.shown", "document", withheld=True)
            case "lapsed":
                story.lapse(f"{step.standard}.shown")
            case "start":
                story.index_of[step.name] = story.start_deployment(**more)
            case "ended":
                story.end(story.index_of[step.name])
    return story


def judged(history: History, versions: list[Version]) -> set[Found]:
    """Return what the verifier finds by adherence, each held to what it says is behind it."""
    story = told(history, versions)
    findings = story.judged(END).findings
    found: set[Found] = set()
    for one in findings:
        if one.code != "V01" or one.clause == OWN:
            continue
        (asking,) = (
            name for name in story.names(one) if name < FIRST and versions[name].policy == one.policy
        )
        (number,) = (int(text) for text in re.findall(r"^adheres\.(\d+)$", one.rule))
        of, is_firm = list(versions[asking].adheres.items())[number]
        assert (one.clause, one.force) == (ADHERE, "commitment" if is_firm else "aim")
        assert one.known_from == max(one.entries)
        (behind,) = (other for other in findings if other.policy == of and is_behind(other, one))
        assert set(one.entries) == {*behind.entries, story.index_of[asking]}
        said = re.search(r" while (\w+) was not in force", one.message)
        assert said
        assert behind.message in one.message
        since = one.from_ms - story.began_ms
        until = None if one.to_ms is None else one.to_ms - story.began_ms
        is_lapsed = [cause.code for cause in one.because] == ["V11"]
        assert is_lapsed or not one.because
        found.add(Found(asking, of, said[1], one.level, since, until, one.ended_by, is_lapsed))
    return found


def is_behind(other: Finding, one: Finding) -> bool:
    """Say whether a finding is the one that another repeats: what adherence changes is not compared."""
    same = ("code", "subject", "from_ms", "to_ms", "from_index", "to_index", "ended_by", "because")
    return (
        other.clause == OWN
        and other.level in ("violation", "indeterminate")
        and all(getattr(other, name) == getattr(one, name) for name in same)
        and set(other.entries) <= set(one.entries)
        and other.message in one.message
    )


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Generate policies that adhere to each other, their versions, and a model that is deployed meanwhile."""
    days, few = st.integers(0, LAST - 2), st.sampled_from([0, 0, 0, 2, 6])
    firm = st.sampled_from([True, True, False])
    versions: list[Version] = []
    steps: list[tuple[int, int, Step]] = []
    early = st.sampled_from([0, 0, 1, 2, 9])
    whose = [HOUSE, *draw(st.lists(st.sampled_from(POLICIES), min_size=2, max_size=5))]
    for name, policy in enumerate(whose):
        at = 0 if name == 0 else draw(early) if policy not in whose[:name] else draw(days)
        least = 1 if policy == HOUSE else 0
        needs = draw(st.dictionaries(st.sampled_from(sorted(STANDARDS)), firm, min_size=least, max_size=2))
        others = [one for one in POLICIES if one != policy]
        adheres = draw(st.dictionaries(st.sampled_from(others), firm, min_size=1 - least))
        effective = 0 if name == 0 else at + draw(few)
        versions.append(Version(policy, effective * DAY, dict(sorted(needs.items())), adheres))
        steps.append((at * DAY, -1, Step("adopt", at * DAY, at * DAY, name)))
    # Numbers are given in the order in which versions are adopted.
    order = sorted(range(len(versions)), key=lambda name: (steps[name][0], name))
    versions = [versions[name] for name in order]
    steps = [(steps[name][0], -1, replace(steps[name][2], name=at)) for at, name in enumerate(order)]
    said = ["attested", "attested", "lapsed", "lapsed", "withheld"]
    for what in draw(st.lists(st.sampled_from(said), max_size=6)):
        at = draw(days) * DAY
        standard = "" if what == "withheld" else draw(st.sampled_from(sorted(STANDARDS)))
        kind: Any = what
        steps.append((at, draw(st.sampled_from([0, 3])), Step(kind, at, at, -1, standard)))
    for name in range(FIRST, FIRST + draw(st.integers(1, 2))):
        event = draw(days)
        at = min(event + draw(few), LAST)
        steps.append((at * DAY, 1, Step("start", at * DAY, event * DAY, name)))
        stop = at + draw(st.sampled_from([1, 5, 9, LAST]))
        if stop <= LAST:
            steps.append((stop * DAY, 2, Step("ended", stop * DAY, stop * DAY, name)))
    return [step for _, _, step in sorted(steps, key=lambda one: one[:2])], versions


@settings(max_examples=examples(200))
@given(stories())
def test_adherence_agrees_with_the_definition(story: Story) -> None:
    assert judged(*story) == reference.handed_on(*story, GRID)


@settings(max_examples=examples(60))
@given(stories())
def test_to_adhere_adds_findings_and_takes_none_away(story: Story) -> None:
    """A policy that asks for less is no way out: whoever adheres to nothing is found the rest of it."""
    history, versions = story
    alone = [replace(version, adheres={}) for version in versions]
    with_, without = (told(history, each).judged(END) for each in (versions, alone))

    def shown(findings: tuple[Finding, ...]) -> Counter[object]:
        return Counter((one.policy, one.level, one.code, one.from_ms, one.to_ms) for one in findings)

    # A version that adheres to less than the one before may weaken it, which is V19 and no other; and what is
    # adhered to may not be there, which is a doubt.
    missing = [one for one in with_.findings if one.code == "I05" and one.subject]
    mine = [one for one in with_.findings if one.clause != ADHERE and one.code not in ("V19", "I05")]
    mine += [one for one in with_.findings if one.code == "I05" and not one.subject]
    assert shown(tuple(mine)) == shown(tuple(one for one in without.findings if one.code != "V19"))
    worse = "indeterminate" if missing and without.verdict == "compliant" else without.verdict
    assert with_.verdict == worse


def test_the_generated_stories_hold_what_they_are_about() -> None:
    """Every level, end and cause is handed on, and what is not handed on is there, too."""
    seen: Counter[str] = Counter()

    @counted(600)
    @given(stories())
    def count(story: Story) -> None:
        history, versions = story
        found = reference.handed_on(history, versions, GRID)
        for word in ("violation", "indeterminate", "finding"):
            seen[word] += any(one.level == word for one in found)
        for word in ("open", "covered", "amended", "ceased", "cured"):
            seen[word] += any(one.ended_by == word for one in found)
        seen["lapsed"] += any(one.is_lapsed for one in found)
        seen["mutual"] += len({one.of for one in found}) > 1
        for one in found:
            policy = versions[one.version].policy
            later = reference.version_at(history, versions, policy, END)
            seen["adheres no longer"] += later is not None and one.of not in versions[later].adheres
            known = max(step.time for step in history if (step.what, step.name) == ("adopt", one.version))
            starts = [step.time for step in history if step.what == "start"]
            seen["adopted last"] += all(time < known for time in starts)
        seen["not asked for"] += not found and any(reference.own(history, versions, HOUSE, at) for at in GRID)
        handed = {(versions[one.version].policy, one.since) for one in found}
        seen["one step"] += any(
            asks.policy != policy and policy in asks.adheres for policy, _ in handed for asks in versions
        )

    count()
    wanted = ["violation", "indeterminate", "finding", "open", "covered", "amended", "ceased", "cured"]
    wanted += ["lapsed", "mutual", "adheres no longer", "adopted last", "not asked for", "one step"]
    assert all(seen[word] >= 5 for word in wanted), str(dict(seen))
