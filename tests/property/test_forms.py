"""Forms of deployments, and what is found of them, against the definition at every instant; their laws."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import forms as reference
from tests.reference.forms import History, Step, Terms
from tests.support.forge import time_text
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples

DAY = 86_400_000
LAST = 20
END = LAST * DAY
TERMS = Terms(respond_within=4 * DAY, stops_within=3 * DAY, late_after=2 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
CODES = ("V01", "V14", "V17", "V35")

DOCUMENT = policy_with(
    gates=[{**COMMIT, "for": "deploying it externally", "approved_by": "rso"}],
    tests={},
    baseline=[],
    thresholds={
        "x": {
            "domain": "x", **COMMIT, "decided_by": "people", "until_assessed": "baseline",
            "if_not_ruled_out": "treat as crossed", "declared_by": "rso",
            "respond_within": {"time": "4 days", **COMMIT},
            "then": [{**COMMIT, "needs": ["safe"], "while": ["deploying it externally"]}],
        }
    },
    standards={
        "safe": {"criteria": {"c": {"text": "S", "for_each": ["model"], "attested_by": "security"}}},
    },
    pause={**COMMIT, "called_by": "rso", "lifted_by": "rso", "stops_within": "3 days"},
)  # fmt: skip


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event)
        story.s = story.snapshot(step.snapshot)
        if step.is_false:
            more["who"] = "eva"
        # What is of nothing that was started is of the model's registration.
        of = story.index_of.get(step.of, story.first - 1)
        body = {"attributes": sorted(step.attributes)} if step.attributes else {}
        index = -1
        match step.what:
            case "start":
                index = story.start_deployment(step.scope, step.surface, body=body, **more)
            case "change":
                index = story.change(of, step.scope, step.surface, body=body, **more)
            case "end":
                story.end(of, **more)
            case "permit":
                expires = time_text(story.began_ms + step.until)
                index = story.permit(scope=step.scope, surface=step.surface, expires=expires, **body)
            case "approve":
                story.approve(of, "rso")
            case "pause":
                until = {"until": time_text(story.began_ms + step.until)}
                index = story.pause("deploy", body=until, **more)
            case _:
                story.determine("x", "crossed", "rso")
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> set[tuple[str, int, int, int]]:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    what = {step.name: step.what for step in history}
    found: set[tuple[str, int, int, int]] = set()
    for finding in story.judged(END).findings:
        if finding.code in CODES and finding.rule:
            assert finding.level == "violation"
            pause = form = -1
            if finding.code != "V01":
                names = [name for name in story.names(finding) if what[name] != "permit"]
                (form,) = [name for name in names if what[name] != "pause"]
                (pause,) = [name for name in names if what[name] == "pause"] or [-1]
            found |= {(finding.code, form, pause, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> set[tuple[str, int, int, int]]:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at)}


SCOPES = ["external.general"] * 3 + ["external.limited"] * 2 + ["external.trusted", "internal.limited"]
FIRST_PERMIT, PAUSE = 20, 40


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def looks(draw: st.DrawFn) -> dict[str, Any]:
    """Generate what is deployed, and to whom."""
    return {
        "snapshot": draw(st.sampled_from(["s"] * 5 + ["z"])),
        "scope": draw(st.sampled_from(SCOPES)),
        "surface": draw(st.sampled_from(["api"] * 5 + ["web"])),
        "attributes": draw(st.sampled_from([frozenset()] * 3 + [frozenset({"tools"})])),
    }


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of a deployment or two, of their changes, and of permits for some of these."""
    steps: list[Step] = []
    few, days = st.sampled_from([0, 0, 0, 1, 2, 3, 5]), st.integers(0, 12)
    lies = st.sampled_from([False] * (9 if draw(st.booleans()) else 2) + [True])
    names: list[int] = []
    for what in ["start", *draw(st.lists(st.sampled_from(["start", *["change"] * 5, "end"]), max_size=5))]:
        event = draw(days)
        step = Step(what, day(event), day(event + draw(few)), is_false=draw(lies))
        if what != "start":
            step = replace(step, of=draw(st.sampled_from(names * 6 + [-1])))
        if what != "end":
            step = replace(step, name=len(names), **draw(looks()))
            names.append(step.name)
        steps.append(step)
    begun = [step for step in steps if step.what != "end"]
    for name in range(FIRST_PERMIT, FIRST_PERMIT + draw(st.integers(0, 3))):
        like = draw(st.sampled_from(begun))
        at = max(0, like.event // DAY - draw(few))
        permit = replace(like, what="permit", event=day(at), time=day(at), name=name, of=-1, is_false=False)
        steps.append(replace(permit, until=day(at) + draw(st.sampled_from([2, 5, LAST, LAST])) * DAY))
        signed = day(at + draw(st.sampled_from([0, 0, 0, 1, 3])))
        steps.append(Step("approve", signed, signed, of=name))
    for name in range(PAUSE, PAUSE + draw(st.integers(0, 1))):
        event = draw(days)
        until = day(event + draw(st.sampled_from([5, 9, LAST])))
        steps.append(Step("pause", day(event), day(event + draw(few)), name, until=until))
    steps += [Step("cross", at, at) for at in draw(st.lists(days.map(day), max_size=1))]
    return in_order(steps)


def in_order(steps: History) -> History:
    """Sort by entry time, what is named before what names it; nothing stands twice."""
    last = {"end": 1, "approve": 1}
    ordered = sorted(dict.fromkeys(steps), key=lambda step: (step.time, last.get(step.what, 0), step.name))
    kept: History = []
    for step in ordered:
        # What is recorded before that which it is of is of nothing.
        is_there = step.of in [one.name for one in kept]
        kept.append(step if is_there or step.of < 0 else replace(step, of=-1))
    return [step for step in kept if step.what not in ("end", "approve") or step.of >= 0]


@settings(max_examples=examples(150))
@given(histories())
def test_forms_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(60))
@given(histories(), st.data())
def test_recording_late_never_helps(history: History, data: st.DataObject) -> None:
    """Nothing that begins, is changed or ends, what is of it recorded later, too."""
    kinds = {code: "pause" if code in ("V17", "V35") else code for code in CODES}
    # Of what has one time only the index tells the order (SPEC 8.2): what is approved after a start at once.
    begun = {reference.adverse(one) for one in history if one.what in ("start", "change")}
    history = [one for one in history if one.what != "approve" or one.time not in begun]
    step = data.draw(st.sampled_from([one for one in history if one.what in ("start", "change", "end")]))
    delay = data.draw(st.integers(1, 9)) * DAY
    gone = {step.name} if step.name >= 0 else set()
    delayed: History = []
    for one in history:
        # Everything that leads to it comes after it still.
        is_later = one is step or (one.of in gone and one.what in ("change", "end"))
        gone |= {one.name} if is_later and one.name >= 0 else set()
        delayed.append(replace(one, time=min(one.time + delay, END)) if is_later else one)
    # What is found of a form that is narrowed later is found of the one before meanwhile.
    # What was started during a pause is found for that, and once it is narrowed because it goes on, too.
    assert {(kinds[code], at) for code, *_, at in judged(history)} <= {
        (kinds[code], at) for code, *_, at in judged(in_order(delayed))
    }


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Forms are narrowed, widened and ended; what is narrowed is found on in what it was narrowed to."""
    seen: Counter[str] = Counter()

    @counted(200)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for code in CODES:
            seen[code] += any(one[0] == code for one in found)
        for form in reference.forms(history, TERMS):
            seen["narrowed"] += form.narrowed is not None and form.begin < form.end
            seen["widened"] += form.narrowed is None and form.step.what == "change"
            seen["false"] += form.step.is_false
            passed = reference.is_passed(history, reference.origin(form).step)
            seen["narrowed, passed"] += form.narrowed is not None and passed
        seen["narrowed and found"] += any(
            form.narrowed is not None and ("V14", reference.origin(form).step.name, -1, form.begin) in found
            for form in reference.forms(history, TERMS)
        )

    count()
    wanted = [*CODES, "narrowed", "widened", "false", "narrowed, passed", "narrowed and found"]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
