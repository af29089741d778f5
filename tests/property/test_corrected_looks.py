"""Corrections of inventories against the definition at every instant, and that they make nothing better."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import corrected_looks as reference
from tests.reference import corrections
from tests.reference.corrected_looks import History, Step, Terms
from tests.support.forge import time_text
from tests.support.obliged import watched
from tests.support.story import PEOPLE
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST = 16
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (-1, 0, 1) if at * DAY + off <= END})
TERMS = Terms(every=6 * DAY, tolerance=DAY, late_after=2 * DAY, in_force=-1)
DOCUMENT = watched(inventory={"every": "6 days", "by": "keeper", "of": ["api"], "tolerance": "1 day"})
CODES = ("V27", "V33", "V34")
Found = set[tuple[str, str, bool, int]]


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT, {**PEOPLE, "kee": ["keeper"]})
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event, step.unseen)
        of = story.index_of.get(step.of, -1)
        index = -1
        match step.what:
            case "start":
                index = story.start_deployment(step.scope, **more)
            case "end":
                story.end(of, **more)
            case "correct":
                claim = story.claim_of(of, scope=step.scope, surface="api")
                reasons = "a slip" if step.has_reasons else None
                index = story.correct(of, claim, corrections.AUTHOR, reasons=reasons, **more)
            case "sign":
                story.approve(of, step.role, **more)
            case _:
                index = look(story, step, of, more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def look(story: Told, step: Step, of: int, more: dict[str, Any]) -> int:
    """Record an inventory, or the correction of one."""
    at = story.began_ms + step.at
    seen: dict[str, Any] = {"since": time_text(at - step.since)}
    seen |= {"model": story.m} if step.is_named else {}
    seen |= {"scope": step.scope} if step.scope != "any" else {}
    body = {"surface": step.surface, "at": time_text(at), "running": [seen] if step.scope else []}
    role, who = ("keeper", "kee") if step.keeper else ("security", "sec")
    if step.what == "amend":
        return story.correct(of, body, role, who=who, **more)
    return story.say(role, "inventory", [story.org()], body, who=who, **more)


def judged(history: History) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code in CODES:
            assert finding.level == ("indeterminate" if finding.code == "V34" else "violation")
            surface = "web" if " on web " in finding.message else "api"
            is_named = finding.subject == story.m
            found |= {(finding.code, surface, is_named, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at, GRID)}


def day(days: int) -> int:
    return max(0, min(days, LAST)) * DAY


FEW = st.sampled_from([0, 0, 0, 1, 2, 3, 7])
SEEN = ["", "any", "external.trusted", "external.limited", "external.limited", "external.general"]


@st.composite
def looks(draw: st.DrawFn) -> list[Step]:
    """Generate inventories, and corrections of them with somebody behind them or not."""
    keepers, surfaces = st.booleans(), st.sampled_from(["api", "api", "api", "web"])
    found: list[Step] = []

    def said(at: int) -> dict[str, Any]:
        since = day(at) - day(at - draw(st.sampled_from([0, 0, 2, 5])))
        named = draw(st.sampled_from([True, True, True, False]))
        return {"at": day(at), "since": since, "scope": draw(st.sampled_from(SEEN)), "is_named": named}

    for name in range(draw(st.integers(1, 3))):
        at = draw(st.integers(1, 14))
        event = at + draw(st.sampled_from([-1, 0, 0, 0, 1]))
        found.append(
            Step(
                "look", day(event), day(event + draw(FEW)), name=name, keeper=draw(keepers),
                surface=draw(surfaces), **said(at),
            )
        )  # fmt: skip
    for name in range(10, 10 + draw(st.integers(1, 3))):
        of = draw(st.sampled_from(found[: name - 9] or found))
        of = of if of.what == "look" else found[0]
        time = of.time + day(draw(FEW))
        at = of.at // DAY + draw(st.sampled_from([-2, 0, 0, 0, 3]))
        amend = Step(
            "amend", min(time, END), min(time, END), name=name, of=of.name, keeper=draw(keepers),
            surface=draw(st.sampled_from([of.surface, of.surface, "api", "web"])), **said(max(0, at)),
        )  # fmt: skip
        found.append(amend)
        if draw(st.booleans()):
            found.append(Step("sign", amend.time, amend.time, of=name, role="rso"))
    return found


@st.composite
def deployments(draw: st.DrawFn) -> list[Step]:
    """Generate a deployment, which may end, and corrections of what is said of it."""
    scopes = st.sampled_from(["external.limited", "external.general", "external.general"])
    corrected = st.sampled_from(["external.trusted", "external.limited", "external.general"])
    event = draw(st.integers(0, 8))
    start = Step("start", day(event), day(event + draw(FEW)), name=20, scope=draw(scopes))
    found = [start]
    for name in range(30, 30 + draw(st.sampled_from([0, 0, 1, 2]))):
        time = start.time // DAY + draw(st.integers(0, 5))
        has_reasons = draw(st.integers(0, 6)) > 0
        found.append(
            Step(
                "correct",
                day(time),
                day(time),
                name=name,
                of=20,
                scope=draw(corrected),
                has_reasons=has_reasons,
            )
        )
        if draw(st.integers(0, 3)):
            signed = day(time + draw(st.sampled_from([0, 1, 3])))
            found.append(Step("sign", signed, signed, of=name, role="rso"))
    if draw(st.booleans()):
        over = event + draw(st.integers(0, 6))
        found.append(Step("end", day(over), max(start.time, day(over + draw(FEW))), of=20))
    return found


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate inventories of what is deployed, or not."""
    return in_order([*draw(looks()), *(draw(deployments()) if draw(st.integers(0, 3)) else [])])


@settings(max_examples=examples(120))
@given(histories())
def test_corrected_inventories_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(100))
@given(histories())
def test_a_correction_of_an_inventory_makes_nothing_better(history: History) -> None:
    amended = {step.name for step in history if step.what == "amend"}
    without = [step for step in history if step.name not in amended and step.of not in amended]
    assert judged(without) <= judged(history)


@settings(max_examples=examples(100))
@given(histories())
def test_who_stands_behind_a_corrected_inventory_makes_no_difference(history: History) -> None:
    amended = {step.name for step in history if step.what == "amend"}
    alone = [step for step in history if not (step.what == "sign" and step.of in amended)]
    others = [replace(step, keeper=step.what == "amend" or step.keeper) for step in alone]
    assert judged(history) == judged(alone) == judged(others)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Corrections of inventories show more, less or elsewhere; those of deployments explain it, or not."""
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        amended = {step.name for step in history if step.what == "amend"}
        plain = [step for step in history if step.name not in amended and step.of not in amended]
        said = [step for step in history if step.what == "correct"]
        uncorrected = [
            step for step in history if step not in said and step.of not in {one.name for one in said}
        ]
        before, other = defined(plain), defined(uncorrected)
        for code in CODES:
            seen[code] += any(one[0] == code for one in found)
            seen[f"{code} for an amendment"] += any(one[0] == code for one in found - before)
            seen[f"{code} for a correction"] += any(one[0] == code for one in found - other)
            seen[f"no {code} for a correction"] += any(one[0] == code for one in other - found)
        seen["organisation"] += any(one[0] != "V34" and not one[2] for one in found - before)
        seen["elsewhere"] += any(one[1] == "web" for one in found - before)
        for step in history:
            if step.what == "amend":
                (of,) = [one for one in history if one.name == step.of]
                seen["shows nothing more"] += bool(of.scope) and not step.scope
                seen["by the keeper, of another's"] += step.keeper and not of.keeper
                seen["earlier" if step.at < of.at else "not earlier"] += step.at != of.at
                mended = [
                    at
                    for at in GRID
                    if step.scope and at >= reference.looked(history, step)
                    if not reference.is_unexplained(history, TERMS, step, at, GRID)
                ]
                seen["explained or looked at anew"] += bool(mended)

    count()
    wanted = [
        *CODES, "V27 for an amendment", "V33 for an amendment", "V27 for a correction",
        "no V27 for a correction", "no V33 for a correction", "organisation", "elsewhere",
        "shows nothing more", "by the keeper, of another's", "earlier", "not earlier",
        "explained or looked at anew",
    ]  # fmt: skip
    assert [(word, seen[word]) for word in wanted if seen[word] < 5] == []
    assert seen["V34 for an amendment"] == 0
