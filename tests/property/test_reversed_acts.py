"""Reversals of determinations, carried-over states and exceptions against the definition, and laws."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import reversed_acts as reference
from tests.reference.reversed_acts import History, Step, Terms
from tests.support.forge import time_text
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples, without_dangling

from plimsoll_verify.findings import Level
from plimsoll_verify.replay import Judgement

DAY = 86_400_000
LAST = 20
END = LAST * DAY
RESPOND, DECIDE, STOP = DAY, 5 * DAY, 4 * DAY
Story = tuple[Terms, History]
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
OTHER = "other"
Found = set[tuple[str, int, int]]


def document(terms: Terms) -> dict[str, Any]:
    """Return the policy."""
    return policy_with(
        gates=[],
        baseline=[],
        thresholds__next=...,
        thresholds__cbrn__until_assessed="crossed" if terms.is_cautious else "baseline",
        thresholds__cbrn__respond_within={"time": "1 day", **COMMIT},
        thresholds__cbrn__decide_within={"time": "5 days", **COMMIT},
        thresholds__cbrn__then=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
        exceptions={"waiver": {**COMMIT, "approved_by": "rso", "at_most": "90 days"}},
        reversal={**COMMIT, "by": "board", "stops_within": "4 days"},
    )


OUTCOMES = {"crossed": ("rso", "ceo"), "ruled-out": ("rso", "ceo", "board")}


def told(terms: Terms, history: History) -> Told:
    """Tell a history as a ledger; the other model was ruled out at its very beginning."""
    story = Told(document(terms))
    other = story.model(OTHER)
    story.say("evaluator", "model-registered", [other], {"name": OTHER})
    said = {"threshold": "cbrn", "outcome": "ruled_out", "basis": [], "reasons": "as written"}
    story.approve(story.say("rso", "determination", [other], said), "ceo", "board")
    for step in history:
        story.said(step.time)
        of = story.index_of.get(step.of, -1)
        index = -1
        match step.what:
            case "dangerous" | "between":
                index = story.result(90 if step.what == "dangerous" else 60)
            case "crossed" | "ruled-out":
                outcome = step.what.replace("-", "_")
                index = story.determine("cbrn", outcome, *OUTCOMES[step.what])
            case "carried":
                index = story.say("rso", "carried-over", [story.m], {"from": other, "reasons": "like it"})
                story.approve(index, "ceo")
            case "waived":
                body = {
                    "standard": "high-dep",
                    "reasons": "it is late",
                    "expires": time_text(story.began_ms + step.until),
                }
                index = story.say("security", "waiver", [story.org()], body)
                story.approve(index, "rso")
            case "start":
                # Needs are told apart by surface: each deployment has its own.
                index = story.start_deployment(surface=f"s{step.name}")
            case "end":
                story.end(of)
            case _:
                role = "board" if step.is_entitled else "ceo"
                subjects = story.subjects[of]
                story.statement("reversal", [], {"of": story.ref(of)}, f"{role}-1", role, subject=subjects)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(terms: Terms, history: History) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(terms, history)
    return shown(history, story, story.judged(END))


def shown(history: History, story: Told, judgement: Judgement) -> Found:
    """Return the findings of a judgement, of which codes the definition tells, at instants of the grid."""
    starts = {step.name for step in history if step.what == "start"}
    found: Found = set()
    for finding in judgement.findings:
        if finding.code in ("V01", "V05", "V08") and finding.subject == story.m:
            assert finding.level == "violation"
            names = (story.names(finding) & starts) if finding.code == "V01" else {-1}
            (name,) = names
            found |= {(finding.code, name, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(terms: Terms, history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, terms, at)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


ACTS = ("ruled-out", "carried", "waived", "crossed")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Generate results, what relieves the model of them, deployments, and reversals of what relieves it."""
    days, few = st.integers(0, 10), st.sampled_from([0, 1, 2, 4])
    steps: list[Step] = []
    mixed = ["between", "between", "dangerous", "crossed", *["ruled-out"] * 3, "carried", "waived", "waived"]
    # What is said about another model counts where nothing else is known.
    kinds = draw(st.sampled_from([mixed, mixed, ["carried", "carried", "carried", "waived"]]))
    for name, what in enumerate(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=7))):
        at = draw(days)
        until = day(at + draw(st.sampled_from([4, 6, 9, 80]))) if what == "waived" else 0
        steps.append(Step(what, day(at), name, until=until))
    acts = [step for step in steps if step.what in ACTS]
    for name in range(50, 50 + draw(st.integers(1, 2))):
        at = draw(st.one_of(st.integers(0, 4), days))
        steps.append(Step("start", day(at), name))
        if draw(st.integers(0, 3)) == 0:
            ended = day(at + draw(st.integers(0, 9)))
            steps.append(Step("end", ended, of=name))
    for act in draw(st.lists(st.sampled_from(acts), max_size=4)) if acts else []:
        at = day(act.time // DAY + draw(few) + draw(st.sampled_from([1, 2, 6])))
        steps.append(Step("reverse", at, of=act.name, is_entitled=draw(st.integers(0, 6)) > 0))
        if draw(st.integers(0, 3)) == 0:
            what = draw(st.sampled_from(["between", "crossed"]))
            steps.append(Step(what, day(at // DAY + draw(st.integers(0, 3))), len(steps) + 100))
    terms = Terms(draw(st.integers(0, 2)) > 0, RESPOND, DECIDE, STOP)
    return terms, in_order(steps, draw(st.permutations(range(len(steps)))))


def in_order(steps: History, places: list[int]) -> History:
    """Sort by entry time, those of one time by some order; what names nothing yet is left out."""
    numbered = sorted(zip(steps, places, strict=True), key=lambda one: (one[0].time, one[1]))
    return without_dangling(step for step, _ in numbered)


@settings(max_examples=examples(200))
@given(stories())
def test_reversed_acts_agree_with_the_definition_at_every_instant(story: Story) -> None:
    assert judged(*story) == defined(*story)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """What was reversed is missed, at once or after the time to stop; a crossing is there all the same."""
    seen: Counter[str] = Counter()

    @counted(350)
    @given(stories())
    def count(story: Story) -> None:
        terms, history = story
        found = defined(terms, history)
        gone = {step.of for step in history if step.what == "reverse" and step.is_entitled}
        for what in ACTS:
            acts = {step.name for step in history if step.what == what} & gone
            kept = [step for step in history if not (step.what == "reverse" and step.of in acts)]
            before = defined(terms, kept) if acts else found
            seen[f"{what} reversed"] += bool(acts)
            for code in ("V01", "V05", "V08"):
                seen[f"{code} of {what}"] += any(one[0] == code for one in found - before)
        for step in history:
            if step.what == "start":
                times = [at for at in GRID if reference.has_time_to_stop(history, terms, step, at)]
                seen["time to stop"] += bool(times)
                since = [at for at in times if reference.is_treated(history, terms, at)]
                # Without a reversal there is time to respond: it is the longer one.
                seen["longer"] += len(since) > RESPOND // DAY * 2
                seen["cut short"] += 0 < len(times) < STOP // DAY * 2 and times[-1] < END - DAY
                reversals = {reference.reversed_at(history, one) for one in history if one.what == "waived"}
                seen["covered still"] += any(
                    at in GRID and at > step.time and reference.is_covered(history, terms, step, at)
                    for at in reversals
                    if at is not None
                )

    count()
    wanted = [f"{what} reversed" for what in ACTS]
    wanted += [f"V01 of {what}" for what in ACTS if what != "crossed"]
    wanted += ["V05 of ruled-out", "V08 of ruled-out", "time to stop", "longer", "cut short", "covered still"]
    assert all(seen[word] >= 5 for word in wanted), str(dict(seen))
    assert not any(seen[f"{code} of crossed"] for code in ("V01", "V05", "V08")), str(dict(seen))


RANK = {"compliant": 0, "indeterminate": 1, "violations": 2}


def everything(terms: Terms, history: History) -> tuple[int, set[tuple[str, Level, int]]]:
    """Return how bad the verdict is, and each code and level with the instants at which it is found."""
    story = told(terms, history)
    judgement = story.judged(END)
    found = {(one.code, one.level, at) for one in judgement.findings for at in GRID if story.covers(one, at)}
    return RANK[judgement.verdict], found


def with_reversal(
    data: st.DataObject, history: History, kinds: tuple[str, ...]
) -> tuple[History, Step] | None:
    """Reverse something of a kind that nobody reversed, or return None where there is nothing."""
    gone = {step.of for step in history if step.what == "reverse" and step.is_entitled}
    left = [step for step in history if step.what in kinds and step.name not in gone]
    if not left:
        return None
    of = data.draw(st.sampled_from(left))
    at = day(of.time // DAY + data.draw(st.sampled_from([0, 1, 2, 3, 6])))
    reversal = Step("reverse", at, of=of.name)
    return sorted([*history, reversal], key=lambda step: step.time), reversal


@settings(max_examples=examples(80))
@given(stories(), st.data())
def test_reversing_what_relieves_never_helps_and_binds_forward_only(
    story: Story, data: st.DataObject
) -> None:
    """Nor does it change what was before; neither does whoever may not reverse it change anything."""
    terms, history = story
    changed = with_reversal(data, history, ("ruled-out", "carried", "waived"))
    if changed is None:
        return
    worse, reversal = changed
    (verdict, found), (later, more) = everything(terms, history), everything(terms, worse)
    assert later >= verdict
    assert found <= more
    assert all(at >= reversal.time for _, _, at in more - found)
    idle = [replace(step, is_entitled=False) if step is reversal else step for step in worse]
    assert everything(terms, idle) == (verdict, found)


@settings(max_examples=examples(80))
@given(stories(), st.data())
def test_reversing_what_is_adverse_takes_nothing_away(story: Story, data: st.DataObject) -> None:
    """A crossing stays, whoever reverses it; a start has to stop, and what it broke was broken."""
    terms, history = story
    changed = with_reversal(data, history, ("crossed", "start"))
    if changed is None:
        return
    other, reversal = changed
    (verdict, found), (later, more) = everything(terms, history), everything(terms, other)
    assert later >= verdict
    assert found <= more
    assert {code for code, _, _ in more - found} <= {"V35"}
    assert all(at >= reversal.time + STOP for _, _, at in more - found)
