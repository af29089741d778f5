"""Corrections of deployments against the definition at every instant."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import corrections as reference
from tests.reference.corrections import SCOPES, History, Step
from tests.support.story import policy_with
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST, LATE_AFTER = 16, 2
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
Found = set[tuple[str, str, int, int]]

PHRASES = {
    "external.trusted": "deploying it externally to trusted users",
    "external.limited": "deploying it externally to a limited audience",
    "external.general": "deploying it externally to everybody",
    "internal.limited": "deploying it internally at limited scale",
}
CLAUSES = {str(number): scope for number, scope in enumerate(SCOPES, 1)}
DOCUMENT = policy_with(
    gates=[],
    tests={},
    thresholds={},
    clauses={clause: {"judged_by": "log"} for clause in CLAUSES},
    baseline=[
        {"clause": clause, "force": "commitment", "forbid": PHRASES[scope]}
        for clause, scope in CLAUSES.items()
    ],
)


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event, step.unseen)
        of = story.index_of.get(step.of, -1)
        index = -1
        match step.what:
            case "start":
                index = story.start_deployment(step.scope, **more)
            case "change":
                index = story.change(of, step.scope, **more)
            case "end":
                story.end(of, **more)
            case "correct":
                claim = {"scope": step.scope, "surface": "api"}
                changed = reference.named(history, step.of).what == "change"
                if changed:
                    claim = story.claim_of(of, scope=step.scope)
                reasons = "a slip" if step.has_reasons else None
                index = story.correct(of, claim, reference.AUTHOR, reasons=reasons, **more)
            case "sign":
                story.approve(of, step.role, **more)
            case _:
                at = {"occurred": story.now(), "aware": story.now()}
                story.say("rso", "incident", [story.m], {"class": "leak", **at}, **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code in ("V31", "V37"):
            assert finding.level == "violation"
            scope, name = CLAUSES.get(finding.clause, ""), -1
            if finding.code == "V31":
                (name,) = [
                    one for one in story.names(finding) if reference.named(history, one).what == "correct"
                ]
            found |= {(finding.code, scope, name, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, LATE_AFTER * DAY, at)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a deployment or two with their changes, and corrections of these."""
    steps: list[Step] = []
    few, days, scopes = st.sampled_from([0, 0, 0, 1, 2, 3, 5]), st.integers(0, 9), st.sampled_from(SCOPES)
    whats = ["start", *draw(st.lists(st.sampled_from(["change", "change", "end"]), max_size=3))]
    begun: list[Step] = []
    for what in whats:
        event = draw(days) if begun else draw(st.integers(0, 3))
        step = Step(what, day(event), day(event + draw(few)))
        of = draw(st.sampled_from([one.name for one in begun])) if begun else -1
        named = {} if what == "end" else {"name": len(begun), "scope": draw(scopes)}
        step = Step(what, step.event, step.time, of=of, **named)  # type: ignore[arg-type]
        steps.append(step)
        if what != "end":
            begun.append(step)
    for name in range(10, 10 + draw(st.integers(1, 3))):
        corrected = draw(st.sampled_from(begun))
        at = corrected.time // DAY + draw(few)
        said = Step("correct", day(at), day(at), name=name, of=corrected.name, scope=draw(scopes))
        if draw(st.integers(0, 6)) == 0:
            said = Step(
                "correct", day(at), day(at), name=name, of=said.of, scope=said.scope, has_reasons=False
            )
        steps.append(said)
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
            signed = day(at + draw(st.sampled_from([0, 0, 1, 2, 3, 5])))
            unseen = draw(st.sampled_from([0, 0, 0, 1, 2]))
            role = draw(st.sampled_from(["rso", "rso", "ceo", reference.AUTHOR]))
            steps.append(Step("sign", signed, signed, unseen, of=name, role=role))
    for _ in range(draw(st.sampled_from([0, 0, 1]))):
        at = day(draw(days))
        steps.append(Step("incident", at, at))
    return in_order(steps)


@settings(max_examples=examples(200))
@given(histories())
def test_corrections_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Corrections narrow and widen, alone and with somebody behind them."""
    seen: Counter[str] = Counter()

    @counted(200)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        at = [one[3] for one in found if one[0] == "V31"]
        seen["V31"] += bool(at)
        seen["V31 over"] += bool(at) and max(at) < END
        for step in history:
            if step.what == "correct":
                word = "narrows" if reference.is_narrowing(history, step) else "widens"
                seen[word] += 1
                seen[f"{word}, signed"] += reference.effect(history, step) < END
                seen["no reasons"] += not step.has_reasons

    count()
    wanted = ["V31", "V31 over", "narrows", "widens", "narrows, signed", "widens, signed", "no reasons"]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
