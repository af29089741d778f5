"""What the record owes, plans and evidence, against the definition at every instant, and its laws."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import record as reference
from tests.reference.record import History, Step, Terms
from tests.support.story import policy_with
from tests.support.told import Told, counted, examples

DAY = 86_400_000
LAST = 20
END = LAST * DAY
TERMS = Terms(close_within=4 * DAY, retention=6 * DAY, late_after=2 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
Found = set[tuple[str, int, str, int]]

DOCUMENT = policy_with(
    record_rules={
        "late_after": "2 days",
        "plans": {"close_within": "4 days"},
        "retention": {"evidence": "6 days"},
    }
)
LAXER = policy_with(
    record_rules={
        "late_after": "2 days",
        "plans": {"close_within": "5 days"},
        "retention": {"evidence": "5 days"},
    }
)


def digest(file: str) -> str:
    """Return the digest that a file is known by."""
    return file.encode().hex() * 32


def told(history: History, document: dict[str, Any] = DOCUMENT) -> Told:
    """Tell a history as a ledger."""
    story = Told(document)
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event)
        # Of somebody who does not hold the role that they speak in.
        more |= {"who": "sec"} if step.is_false else {}
        story.m, story.s = story.model(step.model), story.snapshot(step.model)
        match step.what:
            case "plan":
                task = {"task": {"name": "virology", "version": "1"}}
                index = story.say("evaluator", "eval-planned", [story.m], task, **more)
                story.index_of[step.name] = index
            case "result":
                files = [{"name": step.file, "sha256": digest(step.file), "size": 1}] if step.file else []
                body: dict[str, Any] = {"evidence": files}
                story.result(10, plan=story.index_of.get(step.name), body=body, **more)
            case _:
                body = {"digests": [digest(step.file)]}
                story.say("rso", "erasure", [story.org()], body, **more)
    return story


def judged(history: History, document: dict[str, Any] = DOCUMENT) -> Found:
    """Return what the verifier finds at which instants of the grid, and of which entry."""
    story = told(history, document)
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code in ("V30", "V32"):
            what = "plan" if finding.code == "V30" else "erase"
            (at,) = [
                index - story.first
                for index in finding.entries
                if index >= story.first and history[index - story.first].what == what
            ]
            found |= {(finding.code, at, finding.level, one) for one in GRID if story.covers(finding, one)}
    return found


def defined(history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of plans, results that name them or do not, and erasures of their files."""
    steps: list[Step] = []
    few, lies = st.sampled_from([0, 0, 0, 1, 2, 3, 5]), st.sampled_from([False] * 7 + [True])
    models, files = st.sampled_from(["m", "m", "m", "n"]), st.sampled_from(["a", "b", ""])
    count = draw(st.integers(1, 3))
    for name in range(count):
        at = draw(st.integers(0, 12))
        plan = Step("plan", day(at), day(at + draw(few)), draw(models), name, is_false=draw(lies))
        steps.append(plan)
    plans = list(steps)
    for _ in range(draw(st.integers(0, 4))):
        plan = draw(st.sampled_from(plans))
        event = plan.time // DAY + draw(st.sampled_from([0, 1, 3, 4, 4, 5, 7]))
        is_its = draw(st.integers(0, 6)) > 0
        steps.append(
            Step(
                "result",
                day(event),
                day(event + draw(few)),
                plan.model if draw(st.integers(0, 6)) else draw(models),
                plan.name if is_its else -1,
                draw(files),
                draw(lies),
            )
        )
    for _ in range(draw(st.integers(0, 2))):
        named = [step for step in steps if step.file]
        since = draw(st.sampled_from(named)).time // DAY if named else 0
        event = max(0, since + draw(st.sampled_from([-2, 0, 1, 4, 5, 6, 6, 7])))
        file = draw(st.sampled_from(["a", "b"]))
        erased = Step("erase", day(event), day(event + draw(few)), file=file, is_false=draw(lies))
        steps.append(erased)
    return in_order(steps)


def in_order(steps: History) -> History:
    """Sort by entry time, plans first; nothing stands twice, and no result names a plan after it."""
    ordered = sorted(dict.fromkeys(steps), key=lambda step: (step.time, step.what != "plan"))
    plans: set[int] = set()
    kept: History = []
    for step in ordered:
        if step.what == "plan":
            plans.add(step.name)
        is_lost = step.what == "result" and step.name not in plans
        kept.append(replace(step, name=-1) if is_lost else step)
    return kept


@settings(max_examples=examples(150))
@given(histories())
def test_the_record_agrees_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(40))
@given(histories())
def test_stricter_rules_about_the_record_never_find_less(history: History) -> None:
    assert {one[:2] for one in judged(history, LAXER)} <= {one[:2] for one in judged(history)}


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Plans come to nothing, late and in time; files are erased too early, and not."""
    seen: Counter[str] = Counter()

    @counted(200)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for at, step in enumerate(history):
            if step.what != "result":
                levels = {one[2] for one in found if one[1] == at} or {"nothing"}
                seen.update(f"{step.what} {level}" for level in levels)

    count()
    wanted = ["plan indeterminate", "plan finding", "plan nothing", "erase indeterminate", "erase nothing"]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
