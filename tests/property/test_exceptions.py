"""Exceptions against the definition at every instant, and the laws that hold for them."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import exceptions as reference
from tests.reference.exceptions import History, Step, What
from tests.support.story import COMMIT, policy_with
from tests.support.told import counted

from plimsoll_verify.context import Context
from plimsoll_verify.facts import (
    NEVER,
    Act,
    AttestationContent,
    ExceptionContent,
    Facts,
    Lapse,
    LapseContent,
    SignOffFact,
)
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import FormContent, Observation
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

DAY = 86_400_000
LAST = 40
END = LAST * DAY
AT_MOST = 7
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
MODEL, ORG, SNAPSHOT = "model:m", "org:o", "snapshot:s"
ATTESTED: dict[str, Any] = {"for_each": ["model"], "attested_by": "security"}

VERSION = Version(
    parse_policy(
        policy_with(
            gates=[],
            thresholds={},
            effective_from="1970-01-01T00:00:00Z",
            baseline=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
            exceptions={"waiver": {**COMMIT, "approved_by": "rso", "at_most": f"{AT_MOST} days"}},
            **{
                "standards__high-dep__criteria": {
                    name: {"text": name, **ATTESTED} for name in reference.CRITERIA
                }
            },
        )
    ),
    "", 0, -1, 0, (),
)  # fmt: skip


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org=ORG)
    model = facts.model(MODEL)
    model.is_recorded = True
    waivers: dict[int, Act] = {}
    starts = {step.name: index for index, step in enumerate(history) if step.what == "start"}
    for index, step in enumerate(history):
        match step.what:
            case "attested":
                said = AttestationContent("high-dep", step.criterion, "", "", "", frozenset(), NEVER)
                act = Act(
                    index, step.time, step.time, "safeguard-attested", (MODEL,), "s", "security", index, said
                )
                facts.attestations.setdefault("high-dep", []).append(act)
            case "lapsed":
                lapse = LapseContent("high-dep", step.criterion, "", "")
                facts.lapses.setdefault("high-dep", []).append(
                    Lapse(index, step.time, step.time, MODEL, lapse)
                )
                facts.voiding.setdefault(MODEL, []).append(index)
            case "excepted":
                surfaces = frozenset({step.surface} if step.surface else ())
                except_ = ExceptionContent(
                    "high-dep", step.criterion, frozenset(), surfaces, step.expires, False, frozenset()
                )
                subject = ORG if step.is_org else MODEL
                waivers[step.name] = Act(
                    index, step.time, step.time, "waiver", (subject,), "s", "security", index, except_
                )
                facts.exceptions.append(waivers[step.name])
            case "approved":
                waivers[step.name].sign_offs.append(
                    SignOffFact(index, step.time, "r", "rso", "approve", index)
                )
            case _:
                form = (
                    FormContent("external.general", step.surface, frozenset())
                    if step.what == "start"
                    else None
                )
                model.add(
                    "deployments",
                    Observation(
                        index,
                        step.time,
                        step.time,
                        f"deployment-{step.what}ed",
                        SNAPSHOT,
                        role="release",
                        is_reliable=True,
                        is_known=True,
                        of=starts.get(step.name, -1) if form is None else -1,
                        content=form,
                    ),
                )
    return facts


def judged(history: History) -> set[int]:
    """Return the instants of the grid at which the standard is lacking."""
    context = Context(facts_of(history), Versions([VERSION]), [])
    judge = Judge(context, END)
    broken: set[int] = set()
    for finding in judge.judge(judge.world(context.facts.models[MODEL])):
        assert finding.level == "violation"
        if finding.code == "V01":
            stop = END + 1 if finding.to_ms is None else finding.to_ms
            broken |= {at for at in GRID if finding.from_ms <= at < stop}
    return broken


def defined(history: History) -> set[int]:
    return {at for at in GRID if reference.is_broken(history, AT_MOST * DAY, at)}


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history: exceptions with their approvals, deployments with their ends, attestations."""
    steps: list[Step] = []
    days = st.integers(0, LAST)
    for name in range(draw(st.integers(1, 5))):
        at = draw(days)
        expires = draw(st.sampled_from([END, END, at * DAY + 3 * DAY, at * DAY + 9 * DAY]))
        said = Step(
            "excepted",
            at * DAY,
            name,
            criterion=draw(st.sampled_from(["", "", "a", "b"])),
            surface=draw(st.sampled_from(["", "", "api"])),
            is_org=draw(st.booleans()),
            expires=expires,
        )
        steps.append(said)
        if draw(st.integers(0, 4)):
            steps.append(Step("approved", min(at + draw(st.integers(0, 12)), LAST) * DAY, name))
    for name in range(draw(st.integers(1, 2))):
        at = draw(days)
        steps.append(Step("start", at * DAY, name, surface=draw(st.sampled_from(["api", "web"]))))
        if draw(st.booleans()):
            steps.append(Step("end", min(at + draw(st.integers(0, 20)), LAST) * DAY, name))
    for _ in range(draw(st.integers(0, 5))):
        what: What = "attested" if draw(st.integers(0, 2)) else "lapsed"
        steps.append(Step(what, draw(days) * DAY, criterion=draw(st.sampled_from(reference.CRITERIA))))
    return sorted(steps, key=lambda step: step.time)


@settings(max_examples=600)
@given(histories())
def test_exceptions_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=200)
@given(histories(), st.integers(0, LAST))
def test_a_lapse_more_or_no_approval_at_all_never_helps(history: History, day: int) -> None:
    lapse = Step("lapsed", day * DAY, criterion="a")
    worse = sorted([*history, lapse], key=lambda step: step.time)
    bare = [step for step in history if step.what != "approved"]
    assert judged(history) <= judged(worse)
    assert judged(history) <= judged(bare)


def test_no_chain_of_exceptions_covers_for_longer_than_one() -> None:
    """However many, of whomever, approved in whatever order."""
    for org in (range(0), range(12), range(0, 12, 2)):
        for first in range(7):
            steps = [Step("start", 0, 0, surface="api")]
            for name in range(12):
                steps.append(Step("excepted", 0, name, is_org=name in org, expires=END))
                steps.append(Step("approved", ((name * 5 + first) % 12) * 3 * DAY, name))
            history = sorted(steps, key=lambda step: step.time)
            covered = [at for at in GRID if at % DAY == 0 and at not in judged(history)]
            assert len(covered) <= AT_MOST, covered


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Each way of a history to go is there among those that are tried."""
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories())
    def count(history: History) -> None:
        spans = reference.covers(history, AT_MOST * DAY)
        broken = [at for at in GRID if reference.is_broken(history, AT_MOST * DAY, at)]
        bare = [step for step in history if step.what != "approved"]
        without = [at for at in GRID if reference.is_broken(bare, AT_MOST * DAY, at)]
        seen["broken"] += bool(broken)
        seen["covered"] += len(broken) < len(without)
        seen["cut"] += any(0 < stop - since < AT_MOST * DAY for since, stop in spans.values())
        seen["nothing left"] += any(stop <= since for since, stop in spans.values())
        seen["out of order"] += list(spans) != sorted(
            spans,
            key=lambda name: next(
                at for at, step in enumerate(history) if (step.what, step.name) == ("excepted", name)
            ),
        )

    count()
    assert all(seen[word] >= 10 for word in ("broken", "covered", "cut", "nothing left", "out of order")), (
        seen
    )
