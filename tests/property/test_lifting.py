"""Pauses and what lifts them against the definition at every instant, and their laws."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import lifting as reference
from tests.reference.lifting import History, Step, Terms
from tests.support.forge import time_text
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples

DAY = 86_400_000
LAST = 24
END = LAST * DAY
TERMS = Terms(base_for=12 * DAY, stops_within=3 * DAY, late_after=2 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
ATTESTED, FOR = {"attested_by": "security"}, {"good_for": "12 days"}

DOCUMENT = policy_with(
    gates=[],
    tests={},
    thresholds={
        "x": {
            "domain": "x", **COMMIT, "decided_by": "people", "until_assessed": "baseline",
            "if_not_ruled_out": "treat as crossed", "declared_by": "rso", "cleared_by": "board",
            "respond_within": {"time": "5 days", **COMMIT},
            "then": [
                {
                    **COMMIT,
                    "needs": [{"any_of": ["filters", "alt"]}],
                    "while": ["deploying it externally", "releasing its weights"],
                }
            ],
        }
    },
    baseline=[{**COMMIT, "needs": ["base"], "while": ["training it", "deploying it"]}],
    standards={
        "base": {"criteria": {"c": {**ATTESTED, "text": "B", "for_each": ["organisation"], **FOR}}},
        "alt": {"criteria": {"c": {**ATTESTED, "text": "A", "for_each": ["organisation"]}}},
        "filters": {"criteria": {"c": {**ATTESTED, "text": "F", "for_each": ["model", "surface"]}}},
    },
    pause={
        **COMMIT, "called_by": {"all_of": sorted(reference.CALLED_BY)},
        "lifted_by": {"all_of": sorted(reference.LIFTED_BY)},
        "stops_within": "3 days", "when": "every needed standard is in force",
    },
)  # fmt: skip


def do(story: Told, step: Step, start: Step, more: dict[str, str]) -> int:
    """Begin or end training or a deployment."""
    if start.activity == "train":
        kind = "training-started" if step is start else "training-stopped"
        body = {} if step is start else {"of": story.ref(story.index_of[step.of])}
        return story.say("release", kind, [story.m], body, **more)
    if step is start:
        return story.start_deployment(step.scope, step.surface, **more)
    return story.end(story.index_of[step.of], **more)


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    named = {step.name: step for step in history if step.name >= 0}
    for step in history:
        more = story.said(step.time, step.event, step.unseen)
        on = {"surface": step.surface} if step.surface else {}
        about = story.m if step.standard == "filters" else None
        of = story.index_of.get(step.of, -1)
        index = -1
        match step.what:
            case "pause":
                body: dict[str, Any] = {"scopes": list(step.scopes)} if step.scopes else {}
                if step.until < 2**60:
                    body["until"] = time_text(story.began_ms + step.until)
                about = None if step.is_org else story.m
                index = story.pause(*step.activities, role=step.role, about=about, body=body, **more)
            case "resume":
                index = story.resume(of, step.role, **more)
            case "sign":
                story.approve(of, step.role, **more)
            case "start" | "end":
                index = do(story, step, named.get(step.of, step), more)
            case "attest":
                story.attest(f"{step.standard}.c", "document", about=about, **on, **more)
            case "lapse":
                story.lapse(f"{step.standard}.c", about=about, **on, **more)
            case "cross":
                story.determine("x", "crossed", "rso", **more)
            case "clear":
                story.determine("x", "ruled_out", "board", **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> set[tuple[str, int, int, int]]:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    what = {step.name: step.what for step in history}
    found: set[tuple[str, int, int, int]] = set()
    for finding in story.judged(END).findings:
        if finding.code in ("V17", "V18", "V35"):
            assert finding.level == "violation"
            names = story.names(finding)
            (start,) = [name for name in names if what[name] == "start"] or [-1]
            (act,) = [name for name in names if what[name] == ("resume" if start < 0 else "pause")]
            found |= {(finding.code, act, start, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> set[tuple[str, int, int, int]]:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at)}


PAUSES, RESUMED, STARTS = 0, 10, 20
"""From where names of these begin."""
SCOPES = ["external.general", "external.general", "external.trusted", "internal.limited"]


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of a pause or two, and of what goes on and is attested around them."""
    steps: list[Step] = []
    few = st.sampled_from([0, 0, 0, 1, 2, 5])
    unseen = st.just(0) if draw(st.integers(0, 3)) else st.sampled_from([0, 0, 0, 1, 2, 3])

    def sign(name: int, since: int, *roles: str) -> None:
        for role in roles:
            at = day(since + draw(few))
            steps.append(Step("sign", at, at, draw(unseen), of=name, role=role))

    for name in range(PAUSES, PAUSES + draw(st.sampled_from([1, 1, 1, 2]))):
        event, is_org = draw(st.integers(1, 12)), draw(st.booleans())
        time = event + draw(few)
        pause = Step(
            "pause",
            day(event),
            day(time),
            name=name,
            role="rso",
            is_org=is_org,
            activities=draw(st.sampled_from([("deploy",), ("deploy",), ("deploy", "train"), ("train",)])),
            scopes=draw(st.sampled_from([(), (), ("external.general",)])),
            until=draw(st.sampled_from([2**60, 2**60, day(time + 4), day(time + 9)])),
        )
        steps.append(pause)
        sign(name, time, *draw(st.sampled_from([("ceo",)] * 6 + [()])))
        for number in range(draw(st.integers(1, 2))):
            at = time + draw(st.integers(0, 8))
            own = RESUMED + 2 * name + number
            role = draw(st.sampled_from(["rso", "board"]))
            resumed = Step("resume", day(at), day(at), draw(unseen), name=own, of=name, role=role)
            steps.append(replace(resumed, is_org=is_org))
            sign(own, at, *draw(st.sampled_from([("rso", "board")] * 6 + [("rso",)])))
    for name in range(STARTS, STARTS + draw(st.integers(1, 3))):
        at_once = [step.time // DAY for step in steps if step.what in ("resume", "sign")]
        event = draw(st.one_of(st.integers(0, 14), st.sampled_from(at_once or [0])))
        is_deploy = draw(st.integers(0, 3)) > 0
        time = event + draw(few)
        steps.append(
            Step(
                "start",
                day(event),
                day(time),
                name=name,
                activity="deploy" if is_deploy else "train",
                scope=draw(st.sampled_from(SCOPES)) if is_deploy else "",
                surface=draw(st.sampled_from(["api", "web"])) if is_deploy else "",
            )
        )
        if draw(st.booleans()):
            ended = event + draw(st.integers(0, 10))
            steps.append(Step("end", day(ended), day(max(time, ended + draw(few))), of=name))
    whats = st.sampled_from(["attest", "attest", "attest", "lapse", "cross", "cross", "clear"])
    for what in draw(st.lists(whats, max_size=5)):
        event = draw(st.integers(0, 16))
        standard = draw(st.sampled_from(["base", "base", "filters", "filters", "alt"]))
        surface = draw(st.sampled_from(["api", "web", ""])) if standard == "filters" else ""
        if what == "attest" and standard == "filters":
            surface = surface or "api"
        is_late = what == "lapse"
        at = day(event)
        steps.append(
            Step(
                what,
                at,
                day(event + draw(few)) if is_late else at,
                draw(unseen),
                standard=standard,
                surface=surface,
            )
        )
    # What everything needs is there most of the time; what else is needed, and one of the two, often.
    early = st.integers(0, 3).map(day)
    if draw(st.integers(0, 4)):
        at = draw(early)
        steps.append(Step("attest", at, at, standard="base"))
    if draw(st.booleans()):
        steps += [Step("cross", at, at) for at in [draw(early)]]
        standard, surface = draw(st.sampled_from([("filters", "api"), ("filters", "web"), ("alt", "")]))
        steps += [Step("attest", at, at, standard=standard, surface=surface) for at in [draw(early)]]
    return in_order(steps)


def in_order(steps: History) -> History:
    """Sort by entry time, what is named first; nothing stands twice."""
    order = ["pause", "resume", "start"]
    return sorted(
        dict.fromkeys(steps),
        key=lambda step: (step.time, order.index(step.what) if step.what in order else 3),
    )


@settings(max_examples=examples(200))
@given(histories())
def test_pauses_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(60))
@given(histories(), st.data())
def test_recording_late_never_helps(history: History, data: st.DataObject) -> None:
    """Neither what goes on nor its end; what is about it is recorded later, too."""
    history = [replace(step, unseen=0) for step in history]
    late = [step for step in history if step.what in ("start", "end")]
    step = data.draw(st.sampled_from(late))
    delay = data.draw(st.integers(1, 9)) * DAY
    delayed = [
        replace(one, time=min(one.time + delay, END))
        if one is step or (one.what == "end" and one.of == step.name)
        else one
        for one in history
    ]
    assert judged(history) <= judged(in_order(delayed))


@settings(max_examples=examples(60))
@given(histories(), st.integers(0, 40))
def test_what_was_not_attested_never_helps(history: History, which: int) -> None:
    """To leave out what speaks for the model; V18 aside, which is only found of who tried to lift a pause."""
    history = [replace(step, unseen=0) for step in history]
    good = [step for step in history if step.what in ("attest", "resume", "clear")]
    if good:
        gone = good[which % len(good)]
        without = [step for step in history if step is not gone and (gone.name < 0 or step.of != gone.name)]
        assert {one for one in judged(history) if one[0] != "V18"} <= judged(without)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Pauses are ignored, and lifted, with and without what is needed, among those that are tried."""
    seen: Counter[str] = Counter()

    @counted(250)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for code in ("V17", "V18", "V35"):
            at = [one[3] for one in found if one[0] == code]
            seen[code] += bool(at)
            seen[f"{code} over"] += bool(at) and max(at) < END
        for pause in (step for step in history if step.what == "pause"):
            for _, since in reference.resumptions(history, pause):
                lifts = reference.may_lift(history, TERMS, pause, since)
                seen["lifted" if lifts else "not lifted"] += 1

    count()
    wanted = ["V17", "V18", "V35", "V17 over", "V18 over", "V35 over", "lifted", "not lifted"]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
