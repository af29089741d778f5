"""When standards are in force, and why not, against the definition at every instant, and its laws."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import attested as reference
from tests.reference.attested import NEVER, Cause, History, Step, Terms
from tests.support.forge import time_text
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST = 20
END = LAST * DAY
TERMS = Terms(good_for=8 * DAY, renewed_every=5 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
BY = {"all_of": ["security", "auditor"]}
DOCUMENT = policy_with(
    gates=[],
    tests={},
    thresholds={},
    baseline=[{**COMMIT, "needs": [{"any_of": ["main", "other"]}], "while": ["deploying it"]}],
    standards={
        "main": {
            "approved_by": {"all_of": ["rso", "ceo"]},
            "renewed": {"every": "5 days", **COMMIT},
            "criteria": {
                "made": {"text": "It is.", "for_each": ["model"], "attested_by": BY, "good_for": "8 days"},
                "shown": {
                    "text": "It is shown.", "for_each": ["organisation"], "attested_by": "security",
                    "shown_by": ["audit"], "not_shown_by": ["self-report"], "good_for": "8 days",
                },
            },
        },
        "other": {
            "criteria": {
                "done": {"text": "It is done.", "for_each": ["model"], "attested_by": "security",
                         "not_shown_by": ["self-report"], "good_for": "8 days"},
            },
        },
    },
)  # fmt: skip
OF = {criterion: standard for standard, criteria in reference.CRITERIA.items() for criterion in criteria}


def told(history: History) -> Told:
    """Tell a history as a ledger in which the model is deployed from the beginning."""
    story = Told(DOCUMENT)
    story.start_deployment()
    story.first = story.size
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event, step.unseen)
        about = story.org() if step.about == "org" else story.model(step.about)
        what = f"{OF.get(step.on, '')}.{step.on}"
        index = -1
        match step.what:
            case "attest":
                body = {"valid_until": time_text(story.began_ms + step.until)} if step.until < NEVER else {}
                index = story.attest(what, *step.shown_by, about=about, body=body, **more)
            case "lapse":
                story.lapse(what, about=about, **more)
            case "report":
                index = story.report("main", [story.index_of[step.of]], about=about, **more)
            case _:
                story.approve(story.index_of[step.of], step.on, **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


Found = set[tuple[int, frozenset[Cause]]]
"""The instants at which the rule is broken, and what is told of why where an interval begins."""


def judged(history: History) -> tuple[set[int], Found]:
    """Return when the verifier finds the rule broken, and the causes with each beginning."""
    story = told(history)
    broken: set[int] = set()
    begun: Found = set()
    for finding in story.judged(END).findings:
        if finding.code == "V01":
            assert finding.level == "violation"
            broken |= {at for at in GRID if story.covers(finding, at)}
            why = {(one.code, frozenset(at - story.first for at in one.entries)) for one in finding.because}
            begun.add((max(0, finding.from_ms - story.began_ms), frozenset(why)))
    return broken, begun


def defined(history: History) -> tuple[set[int], Found]:
    broken = {at for at in GRID if reference.is_broken(history, TERMS, at)}
    before = dict(zip(GRID[1:], GRID, strict=False))
    begins = [at for at in sorted(broken) if before.get(at) not in broken]
    return broken, {(at, frozenset(reference.causes(history, TERMS, at))) for at in begins}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of what is attested, signed, reported and lapses."""
    steps: list[Step] = []
    days, few = st.integers(0, 14), st.sampled_from([0, 0, 0, 1, 3])
    unseen, about = st.sampled_from([0, 0, 0, 1, 2, 5]), st.sampled_from(["m", "m", "m", "org", "n"])
    methods = st.sampled_from([("audit",), ("audit",), ("audit", "self-report"), ("self-report",), ()])
    if draw(st.integers(0, 2)):
        at = draw(st.integers(0, 4))
        steps += [
            Step("attest", day(at), day(at), 20, about="m", on="made"),
            Step("sign", day(at), day(at), of=20, on="auditor"),
            Step("attest", day(at), day(at), 21, about="org", on="shown", shown_by=("audit",)),
        ]
        for name, of in ((22, 20), (23, 21)):
            steps.append(Step("report", day(at), day(at), name, of, about="org"))
            steps += [Step("sign", day(at), day(at), of=name, on=role) for role in ("rso", "ceo")]
    for name in range(draw(st.integers(0, 3))):
        event, on = draw(days), draw(st.sampled_from(["made", "shown", "done"]))
        time = event + draw(few)
        until = day(event + draw(st.integers(1, 9))) if not draw(st.integers(0, 3)) else NEVER
        subject = draw(st.sampled_from(["org", "org", "m"])) if on == "shown" else draw(about)
        steps.append(
            Step("attest", day(event), day(time), name, about=subject, on=on, unseen=draw(unseen),
                 until=until, shown_by=draw(methods))
        )  # fmt: skip
        for _ in range(draw(st.integers(0, 2))):
            at = day(time + draw(few))
            steps.append(Step("sign", at, at, of=name, on="auditor", unseen=draw(unseen)))
    cited = [step for step in steps if step.what == "attest" and OF[step.on] == "main"]
    for name in range(10, 10 + draw(st.integers(0, 2)) if cited else 10):
        attested = draw(st.sampled_from(cited))
        reported = attested.time // DAY + draw(st.sampled_from([0, 1, 4]))
        steps.append(Step("report", day(reported), day(reported), name, attested.name, about=draw(about)))
        for role in draw(st.permutations(["rso", "ceo", "rso", "ceo", "auditor"]))[: draw(st.integers(1, 4))]:
            signed = day(reported + draw(few))
            steps.append(Step("sign", signed, signed, of=name, on=role, unseen=draw(unseen)))
    for _ in range(draw(st.integers(0, 2))):
        event = draw(days)
        on = draw(st.sampled_from(["made", "shown", "done"]))
        steps.append(Step("lapse", day(event), day(event + draw(few)), about=draw(about), on=on))
    return in_order(steps)


@settings(max_examples=examples(120))
@given(histories())
def test_standards_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(60))
@given(histories(), st.data())
def test_recording_a_lapse_late_never_helps(history: History, data: st.DataObject) -> None:
    # Everybody has seen all that was recorded before, or else other entries were unseen afterwards.
    history = in_order(replace(one, unseen=0) for one in history)
    lapses = [step for step in history if step.what == "lapse"]
    if lapses:
        step = data.draw(st.sampled_from(lapses))
        late = replace(step, time=min(step.time + data.draw(st.integers(1, 9)) * DAY, END))
        delayed = in_order(late if one is step else one for one in history)
        assert judged(history)[0] <= judged(delayed)[0]


@settings(max_examples=examples(60))
@given(histories(), st.sampled_from(["made", "shown", "done"]), st.integers(0, LAST))
def test_a_lapse_never_improves_a_verdict(history: History, on: str, event: int) -> None:
    lapse = Step("lapse", day(event), END, about="org", on=on)
    assert judged(history)[0] <= judged([*history, lapse])[0]


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Standards in force and not, for each reason that there is, and signatures that do not count."""
    seen: Counter[str] = Counter()

    @counted(250)
    @given(histories())
    def count(history: History) -> None:
        broken, begun = defined(history)
        seen["in force"] += len(broken) < len(GRID)
        seen["broken again"] += len(begun) > 1
        for _, found in begun:
            for code, entries in found:
                seen[code] += 1
                seen["V11 by a lapse"] += code == "V11" and len(entries) > 1
        for at, step in enumerate(history):
            if step.what in ("attest", "report") and step.about != "n":
                complete = reference.completed(history, at)
                seen[f"complete {step.what}"] += complete is not None
                signed = {one.on for one in history if one.what == "sign" and one.of == step.name}
                seen["signed in vain"] += complete is None and signed >= {"rso", "ceo"}
        for standard, criteria in reference.CRITERIA.items():
            seen[f"{standard} in force"] += any(
                all(reference.is_criterion_in_force(history, TERMS, standard, one, at) for one in criteria)
                for at in GRID[::2]
            )

    count()
    wanted = ["in force", "broken again", "V11", "V12", "V11 by a lapse", "complete attest",
              "complete report", "signed in vain", "main in force", "other in force"]  # fmt: skip
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
