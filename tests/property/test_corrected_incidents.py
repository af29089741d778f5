"""Corrections of incidents against the definition at every instant, and that they make nothing better."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import corrected_incidents as reference
from tests.reference.corrected_incidents import History, Step
from tests.support.forge import time_text
from tests.support.obliged import policy_of
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST, WITHIN, LATE_AFTER = 18, 4 * DAY, 2 * DAY
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
Found = set[tuple[int, int]]

DOCUMENT = policy_of(
    notice={
        "when": {"event": "incident", "class": "critical"}, "from": "aware", "do": {"notice": "incident"},
        "within": "4 days",
    }
)  # fmt: skip


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    for step in history:
        more = story.said(step.time, step.event)
        of = story.index_of.get(step.of, -1)
        times = {
            "occurred": time_text(story.began_ms + step.occurred),
            "aware": time_text(story.began_ms + step.aware),
        }
        match step.what:
            case "incident":
                index = story.say("rso", "incident", [story.org()], {"class": step.kind, **times}, **more)
            case "correct":
                claim = {**story.claim_of(of), "class": step.kind, **times}
                index = story.correct(of, claim, "rso", **more)
            case _:
                body = {"type": "incident", "to": "office", "of": story.ref(of)}
                index = story.say("rso", "disclosure", [story.org()], body, **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> Found:
    """Return of which incidents and corrections the verifier finds no notice, at which instants."""
    story = told(history)
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.rule == "duties.notice":
            assert finding.level == "violation"
            # A correction is named with what it corrects; it is the later one.
            name = max(story.names(finding))
            found |= {(name, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> Found:
    return {(name, at) for at in GRID for name in reference.overdue(history, WITHIN, LATE_AFTER, at)}


def day(days: int) -> int:
    return max(0, min(days, LAST)) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate an incident or two, corrections of these, and notices."""
    steps: list[Step] = []
    kinds = st.sampled_from(["critical", "critical", "minor"])
    few = st.sampled_from([0, 0, 1, 2, 4])

    def times(time: int) -> tuple[int, int]:
        aware = time - draw(few)
        return day(aware - draw(few)), day(aware)

    for name in range(draw(st.integers(1, 2))):
        event = draw(st.integers(1, 8))
        time = event + draw(few)
        occurred, aware = times(event)
        steps.append(
            Step(
                "incident", day(event), day(time), name=name, occurred=occurred, aware=aware, kind=draw(kinds)
            )
        )
    begun = list(steps)
    for name in range(10, 10 + draw(st.integers(1, 3))):
        of = draw(st.sampled_from(begun))
        time = of.time // DAY + draw(st.integers(0, 6))
        said = draw(st.sampled_from([of, *(one for one in steps if one.of == of.name)]))
        occurred, aware = said.occurred // DAY, said.aware // DAY
        if draw(st.booleans()):
            occurred, aware = (
                occurred + draw(st.sampled_from([-1, 0, 1])),
                aware + draw(st.sampled_from([-2, 0, 1])),
            )
        steps.append(
            Step(
                "correct", day(time), day(time), name=name, of=of.name, occurred=day(min(occurred, aware)),
                aware=day(aware), kind=draw(st.sampled_from([said.kind, said.kind, "critical", "minor"])),
            )
        )  # fmt: skip
    for _ in range(draw(st.integers(0, 3))):
        of = draw(st.sampled_from(steps))
        if of.name >= 0:
            event = of.time // DAY + draw(st.integers(0, 6))
            steps.append(Step("notice", day(event), day(event + draw(few)), of=of.name))
    return in_order(steps)


@settings(max_examples=examples(200))
@given(histories())
def test_corrected_incidents_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(100))
@given(histories())
def test_a_correction_of_an_incident_makes_nothing_better(history: History) -> None:
    corrections = {step.name for step in history if step.what == "correct"}
    without = [step for step in history if step.name not in corrections and step.of not in corrections]
    assert judged(without) <= judged(history)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Some corrections set a clock of their own, and some do not; notices name either."""
    seen: Counter[str] = Counter()

    @counted(200)
    @given(histories())
    def count(history: History) -> None:
        overdue = {name for name, _ in defined(history)}
        for step in history:
            if step.what == "correct":
                word = "news" if reference.sets_a_clock(history, step) else "no news"
                seen[word] += 1
                seen["overdue"] += step.name in overdue
                in_vain = not reference.is_told(history, step, LATE_AFTER, END)
                seen["told"] += word == "news" and not in_vain and step.kind == "critical"
            if step.what == "notice":
                seen["of a correction"] += step.of >= 10
                seen["of an incident"] += step.of < 10

    count()
    wanted = ["news", "no news", "overdue", "told", "of a correction", "of an incident"]
    assert [word for word in wanted if seen[word] < 5] == []
