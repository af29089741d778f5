"""What a needed standard halts, against the definition at every instant, and its laws."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import halts as reference
from tests.reference.halts import HALTS, MODELS, NEEDED, History, Step, Terms
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples

DAY = 86_400_000
LAST = 20
END = LAST * DAY
TERMS = Terms(respond_within=4 * DAY, late_after=2 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
HALTING = {"clause": "2", "force": "commitment"}
"""The clause of what halts, by which it is told from the needs."""
WORDS = {"train": "training", "deploy": "deploying"}


def threshold(*needs: object) -> dict[str, object]:
    """Return a threshold that people decide; what its rule is about makes no difference."""
    return {
        "domain": "x", **COMMIT, "decided_by": "people", "until_assessed": "baseline",
        "if_not_ruled_out": "treat as crossed", "declared_by": "rso",
        "respond_within": {"time": "4 days", **COMMIT},
        "then": [{**COMMIT, "needs": list(needs), "while": ["releasing its weights"]}],
    }  # fmt: skip


def standard(name: str) -> dict[str, object]:
    """Return a standard that is attested for each model."""
    criteria = {"c": {"text": name, "for_each": ["model"], "attested_by": "security"}}
    if name not in HALTS:
        return {"criteria": criteria}
    of = "it and its descendants" if name in reference.DESCENDANTS_TOO else "it"
    halt = {**HALTING, "halt": [WORDS[one] for one in HALTS[name]], "of": of}
    return {"criteria": criteria, "if_needed": halt}


DOCUMENT = policy_with(
    gates=[],
    tests={},
    thresholds={"x": threshold({"any_of": ["wide", "other"]}), "y": threshold("narrow")},
    baseline=[{**COMMIT, "needs": ["floor"], "while": ["releasing its weights"]}],
    standards={name: standard(name) for name in ("wide", "other", "narrow", "floor")},
)


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    for step in history:
        more = story.said(step.time, step.event)
        story.m, story.s = story.model(step.model), story.snapshot(step.model)
        index = -1
        match step.what, step.activity:
            case "start", "train":
                index = story.say("release", "training-started", [story.m], {}, **more)
            case "start", _:
                index = story.start_deployment(**more)
            case "end", "train":
                of = {"of": story.ref(story.index_of[step.of])}
                story.say("release", "training-stopped", [story.m], of, **more)
            case "end", _:
                story.end(story.index_of[step.of], **more)
            case "checkpoint", _:
                story.checkpoint_of_training(**more)
            case "attest", _:
                story.attest(f"{step.on}.c", "document", about=story.m, **more)
            case "lapse", _:
                story.lapse(f"{step.on}.c", about=story.m, **more)
            case "register", _:
                parents = [{"model": story.model(step.on), "relation": "other"}]
                body = {"name": step.model, "parents": parents}
                story.say("evaluator", "model-registered", [story.m], body, **more)
            case "cross", _:
                story.determine(step.on, "crossed", "rso", **more)
            case _:
                story.determine(step.on, "ruled_out", "rso", **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History) -> set[tuple[str, str, str, int]]:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    models = {story.model(name): name for name in MODELS}
    found: set[tuple[str, str, str, int]] = set()
    for finding in story.judged(END).findings:
        if finding.clause == "2":
            assert finding.level == "violation"
            _, halting, _ = finding.rule.split(".")
            found |= {
                (finding.code, models[finding.subject], halting, at)
                for at in GRID
                if story.covers(finding, at)
            }
    return found


def defined(history: History) -> set[tuple[str, str, str, int]]:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at, GRID)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of training and deployments, and of what is found out and attested meanwhile."""
    steps: list[Step] = []
    few, models, days = st.sampled_from([0, 0, 0, 1, 2, 5]), st.sampled_from(MODELS), st.integers(0, 14)
    for name in range(draw(st.integers(1, 3))):
        event, activity = draw(days), draw(st.sampled_from(["train", "train", "deploy"]))
        model = draw(models)
        time = event + draw(few)
        steps.append(Step("start", model, day(event), day(time), name, activity=activity))
        if draw(st.booleans()):
            ended = event + draw(st.integers(0, 9))
            late = max(time, ended + draw(few))
            steps.append(Step("end", model, day(ended), day(late), of=name, activity=activity))
    for _ in range(draw(st.integers(0, 1))):
        event = draw(days)
        steps.append(Step("checkpoint", draw(models), day(event), day(event + draw(few))))
    if draw(st.integers(0, 2)):
        at = day(draw(days))
        steps.append(Step("register", *draw(st.sampled_from([("m", at), ("n", at)])), at, on=draw(models)))
    steps = [step for step in steps if step.what != "register" or step.model != step.on]
    for what in draw(st.lists(st.sampled_from(["cross", "cross", "clear"]), min_size=1, max_size=4)):
        at = day(draw(days))
        steps.append(Step(what, draw(models), at, at, on=draw(st.sampled_from(["x", "x", "y"]))))
    for what in draw(st.lists(st.sampled_from(["attest", "attest", "lapse"]), max_size=4)):
        event = draw(days)
        late = draw(few) if what == "lapse" else 0
        on = draw(st.sampled_from(["wide", "other", "narrow"]))
        steps.append(Step(what, draw(models), day(event), day(event + late), on=on))
    for model in MODELS:
        if draw(st.integers(0, 4)):
            steps.append(Step("attest", model, 0, 0, on="floor"))
    return in_order(steps)


def in_order(steps: History) -> History:
    """Sort by entry time, starts first; nothing stands twice."""
    return sorted(dict.fromkeys(steps), key=lambda step: (step.time, step.what != "start"))


@settings(max_examples=examples(250))
@given(histories())
def test_halts_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=examples(60))
@given(histories(), st.data())
def test_recording_late_never_helps(history: History, data: st.DataObject) -> None:
    late = [step for step in history if step.what in ("start", "end", "checkpoint", "lapse")]
    step = data.draw(st.sampled_from(late))
    delay = data.draw(st.integers(1, 9)) * DAY
    delayed = [
        replace(one, time=min(one.time + delay, END))
        if one is step or (one.what == "end" and one.of == step.name)
        else one
        for one in history
    ]
    assert judged(history) <= judged(in_order(delayed))


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """What is halted goes on, pending and not, of the model and of what was made from it."""
    seen: Counter[str] = Counter()

    @counted(250)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for code, name in (("V03", "wide"), ("V01", "wide"), ("V03", "narrow"), ("V03", "floor")):
            seen[f"{code} {name}"] += any(one[0] == code and one[2] == name for one in found)
        for step in history:
            seen["checkpoint"] += step.what == "checkpoint" and any(one[3] == step.event for one in found)
        for at in GRID[::2]:
            for model, other in (("m", "n"), ("n", "m")):
                seen["descendant"] += (
                    reference.is_made_from(history, model, other)
                    and reference.is_needed(history, "wide", other, at)
                    and not reference.is_needed(history, "wide", model, at)
                    and any(one[1] == model and one[2:] == ("wide", at) for one in found)
                )
        seen["over"] += bool(found) and max(one[3] for one in found) < END

    count()
    wanted = ["V03 wide", "V01 wide", "V03 narrow", "V03 floor", "checkpoint", "descendant", "over"]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
    assert set(NEEDED) == {word.split()[1] for word in wanted if word.startswith("V03")}
