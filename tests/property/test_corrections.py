"""Laws about corrections and reversals: neither takes back what was broken."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.story import COMMIT, DAY, Story, policy_with

from plimsoll_verify.replay import Judgement
from plimsoll_verify.spans import Span, intersect, subtract, union

NEVER = 2**62
TOLD = ("V31", "V41")
"""What is found of a correction itself."""

SCOPES = ("external.general", "external.trusted", "internal.limited", "external.limited")


def document() -> dict[str, Any]:
    """Return a policy with little time to respond, under which the board may reverse."""
    found = policy_with(
        thresholds__cbrn__respond_within={"time": "5 days", **COMMIT},
        thresholds__cbrn__until_assessed="crossed",
    )
    found["reversal"] = {**COMMIT, "by": "board", "stops_within": "3 days"}
    return found


@dataclass(frozen=True)
class Step:
    """Something that somebody does on a day, chosen by two numbers; `pick` says of which entry, too."""

    what: str
    days: int
    pick: int
    amount: int


WHATS = (
    "result", "result", "failed", "start", "start", "change", "end", "permit", "ruled-out", "crossed",
    "filters", "pause",
)  # fmt: skip


def steps(*more: str) -> st.SearchStrategy[list[Step]]:
    """Generate a history."""
    step = st.builds(
        Step,
        st.sampled_from((*WHATS, *more)),
        st.sampled_from([0, 0, 1, 2, 7]),
        st.integers(0, 9),
        st.sampled_from([10, 60, 80]),
    )
    return st.lists(step, min_size=1, max_size=7)


class Told(Story):
    """A ledger told step by step, always of the same entries where its steps are the same."""

    def __init__(self, told: list[Step]) -> None:
        super().__init__(document())
        self.results: list[int] = []
        self.starts: list[int] = []
        self.decided: list[int] = []
        self.advance(hours=1)
        for step in told:
            self.take(step)
            self.advance(days=step.days, minutes=1)

    def take(self, step: Step) -> None:
        """Do what a step says; what has nothing to be of is a heartbeat, so that entries stay in place."""
        scope = SCOPES[step.pick % len(SCOPES)]
        match step.what:
            case "result" | "failed":
                plan = self.plan()
                self.advance(minutes=1)
                status = "success" if step.what == "result" else "error"
                self.results.append(self.result(step.amount, plan=plan, body={"status": status}))
            case "start":
                self.starts.append(self.start_deployment(scope))
            case "change" if self.starts:
                self.starts.append(self.change(self.starts[step.pick % len(self.starts)], scope))
            case "end" if self.starts:
                self.end(self.starts[step.pick % len(self.starts)])
            case "permit":
                self.decided.append(self.permit("rso", "ceo", scope=scope))
            case "ruled-out":
                self.decided.append(self.determine("cbrn", "ruled_out", "rso", "ceo", "board"))
            case "crossed":
                self.decided.append(self.determine("cbrn", "crossed"))
            case "filters":
                self.filters()
            case "pause":
                self.pause("deploy", body={"until": self.now(2 * DAY)})
            case "reverse" if self.decided or self.starts:
                of = [*self.decided, *self.starts][step.pick % len([*self.decided, *self.starts])]
                self.say("board", "reversal", [], {"of": self.ref(of)}, subject=self.subjects[of])
            case _:
                self.say("rso", "heartbeat", [self.org()], {})

    def correct_one(self, step: Step, *roles: str) -> None:
        """Correct a result or a deployment of the history, if there is one."""
        about = [*self.results, *self.starts]
        if about:
            of = about[step.pick % len(about)]
            said = self.claim_of(of)
            if of in self.results:
                score = {**said["scores"][0], "count": {"k": step.amount, "n": 100}}
                said |= {"scores": [score], "status": "error" if step.days == 7 else "success"}
            else:
                said["scope"] = SCOPES[step.amount % len(SCOPES)]
            self.correct(of, said, *(roles or ("evaluator" if of in self.results else "release",)))


def broken(judgement: Judgement) -> dict[tuple[str, str], list[Span]]:
    """Return when each code was found to be broken by each rule."""
    found: dict[tuple[str, str], list[Span]] = {}
    for one in judgement.findings:
        if one.level == "violation" and one.code not in TOLD:
            span = (one.from_ms, NEVER if one.to_ms is None else max(one.to_ms, one.from_ms + 1))
            found.setdefault((one.code, one.rule), []).append(span)
    return {key: union(spans) for key, spans in found.items()}


def lost(before: Judgement, after: Judgement, until_ms: int = NEVER) -> dict[tuple[str, str], list[Span]]:
    """Return what was broken in one judgement and is not in another, up to an instant."""
    then = broken(after)
    missing = {
        key: subtract(intersect(spans, [(0, until_ms)]), then.get(key, []))
        for key, spans in broken(before).items()
    }
    return {key: spans for key, spans in missing.items() if spans}


def later(story: Story, then: Callable[[], object]) -> tuple[Judgement, Judgement, int]:
    """Judge a story a month from now without something, and with it."""
    now = story.now_ms
    end = now + 30 * DAY
    before = story.judge(end_ms=end)
    then()
    return before, story.judge(end_ms=end), now


@settings(max_examples=30, deadline=None)
@given(steps(), st.builds(Step, st.just(""), st.sampled_from([0, 7]), st.integers(0, 9), st.integers(1, 99)))
def test_a_correction_by_one_alone_takes_nothing_back(told: list[Step], correction: Step) -> None:
    story = Told(told)
    before, after, _ = later(story, lambda: story.correct_one(correction))
    assert lost(before, after) == {}


@settings(max_examples=30, deadline=None)
@given(steps(), st.builds(Step, st.just(""), st.sampled_from([0, 7]), st.integers(0, 9), st.integers(1, 99)))
def test_a_correction_by_two_takes_nothing_back_of_before(told: list[Step], correction: Step) -> None:
    story = Told(told)
    before, after, now = later(story, lambda: story.correct_one(correction, "release", "rso"))
    assert lost(before, after, now) == {}


@settings(max_examples=30, deadline=None)
@given(steps("reverse", "reverse"))
def test_a_reversal_improves_nothing(told: list[Step]) -> None:
    without = [Step("", one.days, one.pick, one.amount) if one.what == "reverse" else one for one in told]
    before, after = Told(without), Told(told)
    assert before.now_ms == after.now_ms
    end = before.now_ms + 30 * DAY
    assert lost(before.judge(end_ms=end), after.judge(end_ms=end)) == {}
