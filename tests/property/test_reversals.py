"""Reversals of permits and starts against the definition at every instant."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import reversals as reference
from tests.reference.reversals import History, Step, Terms
from tests.support.forge import time_text
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples, without_dangling

DAY = 86_400_000
LAST = 18
END = LAST * DAY
TERMS = Terms(stops_within=3 * DAY, late_after=2 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
Found = set[tuple[str, int, int]]
DOCUMENT = policy_with(
    gates=[{**COMMIT, "for": "deploying it", "approved_by": "rso"}],
    tests={},
    thresholds={},
    baseline=[],
    reversal={**COMMIT, "by": "board", "stops_within": "3 days"},
)


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    for step in history:
        more = story.said(step.time, step.event)
        of = story.index_of.get(step.of, -1)
        index = -1
        match step.what:
            case "permit":
                index = story.permit(scope=step.scope, expires=time_text(story.began_ms + step.until))
            case "approve":
                story.approve(of, "rso")
            case "start":
                index = story.start_deployment(step.scope, **more)
            case "end":
                story.end(of, **more)
            case _:
                role = "board" if step.is_entitled else "ceo"
                subjects = story.subjects[of]
                story.statement("reversal", [], {"of": story.ref(of)}, f"{role}-1", role, subject=subjects)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    what = {step.name: step.what for step in history}
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code in ("V14", "V35"):
            assert finding.level == "violation"
            (start,) = [name for name in story.names(finding) if what[name] == "start"]
            found |= {(finding.code, start, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at)}


START = 10


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate permits, starts under them, and reversals of either."""
    few, days = st.sampled_from([0, 0, 0, 1, 2, 3, 5]), st.integers(0, 8)
    scopes = st.sampled_from(["external.general"] * 7 + ["external.trusted"])
    steps: list[Step] = []
    for name in range(draw(st.integers(1, 3))):
        at = draw(days)
        until = day(at + draw(st.sampled_from([3, 6, LAST, LAST])))
        steps.append(Step("permit", day(at), day(at), name, scope=draw(scopes), until=until))
        signed = day(at + draw(few))
        steps += [Step("approve", signed, signed, of=name)] * draw(st.sampled_from([0, 1, 1, 1, 1]))
    for name in range(START, START + draw(st.integers(1, 2))):
        approvals = [step.time // DAY for step in steps if step.what == "approve"]
        event = draw(st.one_of(days, st.sampled_from(approvals or [0]))) + draw(st.sampled_from([0, 1]))
        time = event + draw(st.sampled_from([0, 0, 0, 0, 1, 3]))
        steps.append(Step("start", day(event), day(time), name, scope=draw(scopes)))
        if draw(st.integers(0, 2)) == 0:
            ended = event + draw(st.integers(0, 8))
            steps.append(Step("end", day(ended), day(max(time, ended + draw(few))), of=name))
    permits = [step.name for step in steps if step.what == "permit"]
    starts = [step.name for step in steps if step.what == "start"]
    whats = st.sampled_from([*permits * 3, *starts])
    for of in draw(st.lists(whats, min_size=1, max_size=4)):
        at = day(draw(days) + draw(st.sampled_from([1, 2, 4, 8])))
        steps.append(Step("reverse", at, at, of=of, is_entitled=draw(st.integers(0, 5)) > 0))
    return in_order(steps)


def in_order(steps: History) -> History:
    """Sort by entry time, what is named before what names it; what names nothing yet is left out."""
    rank = {"permit": 0, "approve": 1, "start": 2, "end": 3, "reverse": 3}
    ordered = sorted(dict.fromkeys(steps), key=lambda step: (step.time, rank[step.what]))
    return without_dangling(ordered)


@settings(max_examples=examples(200))
@given(histories())
def test_reversals_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Starts and what let them begin are reversed, and let on by another permit."""
    seen: Counter[str] = Counter()

    @counted(600)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for step in history:
            if step.what == "start":
                seen["V14"] += any(one[:2] == ("V14", step.name) for one in found)
                ignored = any(one[:2] == ("V35", step.name) for one in found)
                is_own = bool(reference.reversed_at(history, step.name))
                seen["V35 of a start"] += ignored and is_own
                seen["V35 of permits"] += ignored and not is_own
                permits = reference.passing(history, step, TERMS)
                gone = [at for one in permits for at in reference.reversed_at(history, one.name)]
                if permits and len(gone) == len(permits):
                    seen["let on"] += reference.is_let_on(history, step, TERMS, max(gone), END)

    count()
    wanted = ["V14", "V35 of a start", "V35 of permits", "let on"]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
