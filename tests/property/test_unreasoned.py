"""What is ruled out without reasons, against the definition at every instant, and its laws."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import unreasoned as reference
from tests.reference.unreasoned import ROLES, History, Step
from tests.support.story import policy_with
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST = 16
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
DOCUMENT = policy_with(gates=[], baseline=[], thresholds__cbrn__cleared_by={"all_of": list(ROLES)})
SCORES = {"dangerous": 80, "between": 60, "clear": 10, "unfit": 10}


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    plan = story.plan()
    story.first = story.size
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event, step.unseen)
        index = -1
        match step.what:
            case "sign":
                story.approve(story.index_of[step.of], step.role, **more)
            case "crossed" | "ruled-out":
                outcome = step.what.replace("-", "_")
                index = story.determine("cbrn", outcome, step.role, **more)
            case "blank":
                index = story.determine("cbrn", "ruled_out", step.role, reasons=" ", **more)
            case _:
                of = None if step.what == "unfit" else plan
                story.result(SCORES[step.what], plan=of, **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> set[int]:
    """Return at which instants of the grid the verifier finds V06."""
    story = told(history)
    found: set[int] = set()
    for finding in story.judged(END).findings:
        if finding.code == "V06":
            assert finding.level == "violation"
            found |= {at for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> set[int]:
    return {at for at in GRID if reference.is_broken(history, at)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of results, and of what two people make of them."""
    steps: list[Step] = []
    days, late = st.integers(1, 12), st.sampled_from([0, 0, 0, 1, 3])
    unseen = st.sampled_from([0, 0, 0, 0, 1, 2])
    whats = st.sampled_from(["dangerous", "between", "between", "clear", "unfit"])
    for what in draw(st.lists(whats, min_size=1, max_size=3)):
        event = draw(st.integers(0, 8))
        steps.append(Step(what, day(event), day(event + draw(late))))
    for name in range(draw(st.integers(1, 3))):
        what = draw(st.sampled_from(["blank", "blank", "ruled-out", "crossed"]))
        at, role = draw(days), draw(st.sampled_from(ROLES))
        steps.append(Step(what, day(at), day(at), name, role=role, unseen=draw(unseen)))
        (other,) = {*ROLES} - {role}
        for signer in [other, *draw(st.lists(st.sampled_from([other, role]), max_size=2))]:
            signed = day(at + draw(late))
            steps.append(Step("sign", signed, signed, of=name, role=signer, unseen=draw(unseen)))
    if draw(st.booleans()):
        at = day(draw(st.integers(6, 14)))
        steps.append(Step(draw(st.sampled_from(["ruled-out", "crossed"])), at, at, name=5))
        steps.append(Step("sign", at, at, of=5, role="ceo"))
    return in_order(steps)


@settings(max_examples=examples(120))
@given(histories())
def test_what_is_ruled_out_without_reasons_agrees_with_the_definition(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(40))
@given(histories())
def test_reasons_would_have_broken_nothing(history: History) -> None:
    reasoned = [step for step in history if step.what != "blank"]
    names = {step.name for step in reasoned}
    assert judged([step for step in reasoned if step.of in names]) == set()


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Contradicted and not, put right and not, complete and void."""
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        seen["broken"] += bool(found)
        seen["put right"] += bool(found) and END not in found
        for act, step in enumerate(history):
            if step.what == "blank":
                complete = reference.completed(history, act)
                seen["not contradicted"] += complete is not None and not found
                signed = {one.role for one in history if one.what == "sign" and one.of == step.name}
                seen["void"] += complete is None and signed | {step.role} == set(ROLES)

    count()
    missing = {
        word: seen[word] for word in ("broken", "put right", "not contradicted", "void") if seen[word] < 5
    }
    assert not missing
