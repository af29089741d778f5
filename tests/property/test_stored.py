"""What is asked of training and storing, against the definition at every instant, and its laws."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import stored as reference
from tests.reference.standing import adverse
from tests.reference.stored import Found, History, Step, Terms
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST = 20
END = LAST * DAY
TERMS = Terms(respond_within=4 * DAY, late_after=2 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
ANY = ["training it", "storing it", "deploying it"]
HELD = {"domain": "x", **COMMIT, "decided_by": "people", "until_assessed": "baseline",
        "if_not_ruled_out": "treat as crossed", "declared_by": "rso"}  # fmt: skip
CRITERIA = {"criteria": {"c": {"text": "It is.", "for_each": ["model"], "attested_by": "security"}}}
DOCUMENT = policy_with(
    gates=[],
    tests={},
    thresholds={
        "x": {
            **HELD,
            "respond_within": {"time": "4 days", **COMMIT},
            "then": [
                {**COMMIT, "needs": ["kept"], "while": ANY},
                {**COMMIT, "rule_out": "y", "before": "training it"},
                {**COMMIT, "forbid": "storing it", "until": "kept.c"},
            ],
        },
        "y": {**HELD, "then": []},
    },
    baseline=[{**COMMIT, "needs": ["floor"], "while": ["storing it"]}],
    standards={"kept": CRITERIA, "floor": CRITERIA},
)


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event)
        story.s = story.snapshot(step.on or "s")
        index = -1
        match step.what:
            case "train":
                index = story.say("release", "training-started", [story.m], {}, **more)
            case "stop":
                of = {"of": story.ref(story.index_of[step.of])}
                story.say("release", "training-stopped", [story.m], of, **more)
            case "checkpoint":
                story.checkpoint_of_training(**more)
            case "result":
                story.result(1, **more)
            case "permit":
                body = {"activity": "deploy", "scope": "external.general", "surface": "api",
                        "expires": story.now()}  # fmt: skip
                story.say("release", "permit", [story.m, story.s], body, **more)
            case "start":
                index = story.start_deployment(**more)
            case "end":
                story.end(story.index_of[step.of], **more)
            case "deleted":
                about = [story.m, story.s] if step.on else [story.m]
                story.say("release", "weights-deleted", about, {}, **more)
            case "attest":
                story.attest(f"{step.on}.c", "document", about=story.m, **more)
            case "lapse":
                story.lapse(f"{step.on}.c", about=story.m, **more)
            case _:
                outcome = "crossed" if step.what == "cross" else "ruled_out"
                story.determine(step.on, outcome, "rso", **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> set[tuple[Found, int]]:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    found: set[tuple[Found, int]] = set()
    for finding in story.judged(END).findings:
        if finding.code == "V28":
            continue  # Recorded late, which no rule here is about.
        assert finding.level == "violation"
        what = {"x.then.1": "y", "x.then.2": "kept.c", "baseline.0": "floor"}.get(finding.rule, "kept")
        found |= {((finding.code, what), at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> set[tuple[Found, int]]:
    return {(one, at) for at in GRID for one in reference.broken(history, TERMS, at, GRID)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of weights that are made, named, deployed and deleted, and of what is found out."""
    steps: list[Step] = []
    late, days, snapshots = st.sampled_from([0, 0, 0, 1, 2, 5]), st.integers(0, 14), st.sampled_from("st")
    for name in range(draw(st.integers(0, 2))):
        event, what = draw(days), draw(st.sampled_from(["train", "start"]))
        on = draw(snapshots) if what == "start" else ""
        time = event + draw(late)
        steps.append(Step(what, day(event), day(time), name, on=on))
        if draw(st.booleans()):
            ended = event + draw(st.sampled_from([0, 0, 1, 3, 9]))
            recorded = max(time, ended + draw(late))
            ending = "stop" if what == "train" else "end"
            steps.append(Step(ending, day(ended), day(recorded), of=name, on=on))
    for what in draw(st.lists(st.sampled_from(["checkpoint", "result", "permit"]), max_size=3)):
        event = draw(days)
        steps.append(Step(what, day(event), day(event + draw(late)), on=draw(snapshots)))
    for on in draw(st.lists(st.sampled_from(["", "s", "t"]), max_size=2)):
        event = draw(days) + 1
        steps.append(Step("deleted", day(event), day(event + draw(late)), on=on))
    for what in draw(st.lists(st.sampled_from(["cross", "cross", "clear"]), min_size=1, max_size=4)):
        at = day(draw(days))
        steps.append(Step(what, at, at, on=draw(st.sampled_from(["x", "x", "y"]))))
    for what in draw(st.lists(st.sampled_from(["attest", "lapse"]), max_size=3)):
        event = draw(days)
        recorded = event + draw(late) if what == "lapse" else event
        steps.append(Step(what, day(event), day(recorded), on=draw(st.sampled_from(["kept", "floor"]))))
    if draw(st.integers(0, 3)):
        steps.append(Step("attest", 0, 0, on="floor"))
    return in_order(steps)


@settings(max_examples=examples(120))
@given(histories())
def test_training_and_storing_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(40))
@given(histories(), st.data())
def test_recording_late_never_helps(history: History, data: st.DataObject) -> None:
    late = [step for step in history if step.what not in ("cross", "clear", "attest")]
    if not late:
        return
    step = data.draw(st.sampled_from(late))
    delay = data.draw(st.integers(1, 9)) * DAY
    delayed = [
        replace(one, time=min(one.time + delay, END)) if one is step or 0 <= one.of == step.name else one
        for one in history
    ]
    assert judged(history) <= judged(in_order(delayed))


@settings(max_examples=examples(40))
@given(histories(), st.data())
def test_what_speaks_against_the_model_takes_nothing_away(history: History, data: st.DataObject) -> None:
    event = data.draw(st.integers(0, LAST))
    what, on = data.draw(
        st.sampled_from([("checkpoint", "s"), ("permit", "t"), ("lapse", "kept"), ("train", "")])
    )
    more = in_order([*history, Step(what, day(event), END, name=8 if what == "train" else -1, on=on)])
    # Weights that are named in between were kept all along: what was begun before is begun earlier then.
    began = ("V04", "V37") if what in ("checkpoint", "permit") else ()
    before = {one for one in judged(history) if one[0][0] not in began}
    assert before <= judged(more)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Every code, pending and not; weights of either snapshot that are deleted, and named again."""
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for code, what in {one for one, _ in found}:
            seen[f"{code} {what}"] += 1
        for at in GRID:
            stored = [reference.is_stored(history, one, TERMS, at) for one in "st"]
            seen["both stored"] += all(stored)
            seen["deployed though deleted"] += any(
                step.what == "start" and reference.goes_on(history, step, TERMS, at) and
                any(one.what == "deleted" and one.on in ("", step.on) and step.event <= one.event
                    and reference.relieving(one, TERMS) <= at for one in history)
                for step in history
            )  # fmt: skip
        spans = [reference.stores(history, TERMS, at) for at in GRID]
        begins = sum(now and not before for before, now in pairwise(spans))
        seen["stored again"] += begins + spans[0] > 1
        seen["pending"] += any(
            reference.is_crossed(history, "x", at)
            and reference.stores(history, TERMS, at)
            and not reference.is_in_force(history, "kept", at)
            and (("V04", "kept"), at) not in found
            for at in GRID
        )
        seen["checkpoint alone"] += any(
            step.what == "checkpoint" and (("V02", "kept"), adverse(step)) in found
            and not any(one.what == "train" for one in history)
            for step in history
        )  # fmt: skip

    count()
    wanted = ["V01 kept", "V02 kept", "V04 kept", "V04 floor", "V07 y", "V37 kept.c", "both stored",
              "pending", "deployed though deleted", "stored again", "checkpoint alone"]  # fmt: skip
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
