"""Corrections of results against the definition at every instant."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import corrected_results as reference
from tests.reference.corrected_results import History, Step, Terms
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST = 16
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
TERMS = Terms(clear_below=50, dangerous_from=75, good_for=7 * DAY, late_after=2 * DAY, decide_within=4 * DAY)
Found = set[tuple[str, int, int]]
CODES = ("V07", "V08", "V31", "V37")

DOCUMENT = policy_with(
    gates=[],
    tests__virology__good_for="7 days",
    thresholds={
        "cbrn": {
            "domain": "cbrn", **COMMIT, "decided_by": "tests", "crossed_if_any_of": ["virology"],
            "until_assessed": "baseline", "if_not_ruled_out": "treat as crossed",
            "decide_within": {"time": "4 days", **COMMIT},
            "declared_by": "rso", "then": [{**COMMIT, "forbid": "deploying it"}],
        }
    },
    baseline=[{**COMMIT, "rule_out": "cbrn", "before": "deploying it"}],
)  # fmt: skip


def told(history: History) -> Told:
    """Tell a history as a ledger, in which the model is deployed all the time."""
    story = Told(DOCUMENT)
    story.start_deployment()
    plan = story.plan()
    story.first = story.size
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event, step.unseen)
        of = story.index_of.get(step.of, -1)
        match step.what:
            case "result":
                body = {"status": "error" if step.percent < 0 else "success"}
                k = max(step.percent, 0)
                index = story.result(k, plan=plan if step.is_fit else None, body=body, **more)
            case "correct":
                claim = story.claim_of(of, status="error" if step.percent < 0 else "success")
                claim["scores"] = [{**claim["scores"][0], "count": {"k": max(step.percent, 0), "n": 100}}]
                reasons = "a slip" if step.has_reasons else None
                index = story.correct(of, claim, reference.AUTHOR, reasons=reasons, **more)
            case "sign":
                index = story.approve(of, step.role, **more)
            case _:
                at = {"occurred": story.now(), "aware": story.now()}
                index = story.say("rso", "incident", [story.m], {"class": "leak", **at}, **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code in CODES:
            assert finding.level == "violation"
            name = -1
            if finding.code == "V31":
                (name,) = [
                    one for one in story.names(finding) if reference.named(history, one).what == "correct"
                ]
            found |= {(finding.code, name, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a result or two, and corrections of these."""
    percents = st.sampled_from([-1, 10, 10, 60, 60, 80])
    claims = st.sampled_from([-1, 10, 10, 10, 60, 80])
    steps: list[Step] = []
    results: list[Step] = []
    for name in range(draw(st.integers(1, 3))):
        event = draw(st.integers(1, 9))
        time = event + draw(st.sampled_from([0, 0, 0, 1, 3, 8]))
        is_fit = draw(st.sampled_from([True, True, True, False]))
        results.append(
            Step("result", day(event), day(time), name=name, percent=draw(percents), is_fit=is_fit)
        )
    steps += results
    for name in range(10, 10 + draw(st.integers(1, 3))):
        corrected = draw(st.sampled_from(results))
        at = corrected.time // DAY + draw(st.sampled_from([0, 1, 2, 5]))
        has_reasons = draw(st.integers(0, 6)) > 0
        steps.append(
            Step(
                "correct", day(at), day(at), name=name, of=corrected.name, percent=draw(claims),
                has_reasons=has_reasons,
            )
        )  # fmt: skip
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
            signed = day(at + draw(st.sampled_from([0, 0, 1, 2, 3, 6])))
            unseen = draw(st.sampled_from([0, 0, 0, 1, 2]))
            role = draw(st.sampled_from(["rso", "rso", "ceo", reference.AUTHOR]))
            steps.append(Step("sign", signed, signed, unseen, of=name, role=role))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
        at = draw(st.integers(1, 9))
        steps.append(Step("incident", day(at), day(at)))
    return in_order(steps)


@settings(max_examples=examples(300))
@given(histories())
def test_corrected_results_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Corrections raise and relieve, alone and with somebody behind them, and what is found shows it."""
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        at = [one[2] for one in found if one[0] == "V31"]
        seen["V31"] += bool(at)
        seen["V31 over"] += bool(at) and max(at) < END
        plain = [step for step in history if step.what != "correct"]
        states = [(reference.state(plain, TERMS, t), reference.state(history, TERMS, t), t) for t in GRID]
        for before, after, _ in states:
            seen[f"{before} to {after}"] += before != after
        for step in history:
            if step.what == "correct":
                word = reference.reading(step, TERMS)
                seen[word] += 1
                seen[f"{word}, signed"] += reference.effect(history, step, TERMS) < END
                seen["no reasons"] += not step.has_reasons
                signed = any((one.what, one.of) == ("sign", step.name) for one in history)
                seen["signed in vain"] += signed and reference.second(history, step, TERMS) == reference.NEVER

    count()
    wanted = [
        "V31", "V31 over", "clear", "none", "between", "dangerous", "clear, signed", "no reasons",
        "signed in vain", "no result to clear", "clear to between", "between to dangerous",
        "clear to dangerous", "no result to expired",
    ]  # fmt: skip
    assert [word for word in wanted if seen[word] < 5] == []
