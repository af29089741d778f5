"""Training of models as large as one that is past a threshold, against the definition at every instant."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import outsized as reference
from tests.reference.outsized import MODELS, History, Step, Terms
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST = 16
END = LAST * DAY
TERMS = Terms(respond_within=4 * DAY, late_after=2 * DAY)
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
OTHERS = "training any model of at least its effective compute"
DOCUMENT = policy_with(
    gates=[],
    tests={},
    baseline=[],
    thresholds={
        "x": {
            "domain": "x", **COMMIT, "decided_by": "people", "until_assessed": "baseline",
            "if_not_ruled_out": "treat as crossed", "declared_by": "rso",
            "respond_within": {"time": "4 days", **COMMIT},
            "then": [
                {**COMMIT, "needs": ["strong"], "while": [OTHERS]}
            ],
        }
    },
    standards={
        "strong": {"criteria": {"c": {"text": "It is.", "for_each": ["model"], "attested_by": "security"}}}
    },
)  # fmt: skip


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    story = Told(DOCUMENT)
    for step in history:
        more = story.said(step.time, step.event)
        story.m = story.model(step.model)
        index = -1
        match step.what:
            case "register":
                parents = (
                    [{"model": story.model(step.parent), "relation": "fine-tune"}] if step.parent else []
                )
                body: dict[str, Any] = {"name": step.model}
                body |= {"parents": parents} if parents else {}
                body |= {"compute": {"flop": str(step.flop)}} if step.flop >= 0 else {}
                story.say("evaluator", "model-registered", [story.m], body, **more)
            case "train":
                index = story.say("release", "training-started", [story.m], {}, **more)
            case "stop":
                of = {"of": story.ref(story.index_of[step.of])}
                story.say("release", "training-stopped", [story.m], of, **more)
            case "attest":
                story.attest("strong.c", "document", about=story.m, **more)
            case "lapse":
                story.lapse("strong.c", about=story.m, **more)
            case _:
                outcome = "crossed" if step.what == "cross" else "ruled_out"
                story.determine("x", outcome, "rso", **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


Found = set[tuple[str, str, str, int]]


def judged(history: History) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    names = {story.model(name): name for name in MODELS}
    crossings = {
        story.first + place: step.model for place, step in enumerate(history) if step.what == "cross"
    }
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code == "V02":
            model = names[finding.subject]
            (other,) = {crossings[at] for at in finding.entries if at in crossings}
            found |= {(model, other, finding.level, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at, GRID)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of models that are made from each other, trained, and past a threshold."""
    steps: list[Step] = []
    days, late, models = st.integers(0, 12), st.sampled_from([0, 0, 0, 1, 3]), st.sampled_from(MODELS)
    for model in [*MODELS[: draw(st.integers(1, 3))], *draw(st.lists(models, max_size=2))]:
        event = draw(days)
        parent = draw(st.sampled_from(["", "", *(one for one in MODELS if one < model)]))
        flop = draw(st.sampled_from([-1, -1, 1, 2, 2, 5, 9]))
        steps.append(Step("register", model, day(event), day(event + draw(late)), flop=flop, parent=parent))
    for name in range(draw(st.integers(1, 3))):
        event, model = draw(days), draw(models)
        time = event + draw(late)
        steps.append(Step("train", model, day(event), day(time), name))
        if draw(st.booleans()):
            ended = event + draw(st.sampled_from([0, 1, 3, 9]))
            steps.append(Step("stop", model, day(ended), day(max(time, ended + draw(late))), of=name))
    for what in draw(st.lists(st.sampled_from(["cross", "cross", "clear"]), min_size=1, max_size=4)):
        at = day(draw(days))
        steps.append(Step(what, draw(models), at, at))
    for what in draw(st.lists(st.sampled_from(["attest", "lapse"]), max_size=2)):
        event = draw(days)
        recorded = event + draw(late) if what == "lapse" else event
        steps.append(Step(what, draw(models), day(event), day(recorded)))
    return in_order(steps)


@settings(max_examples=examples(120))
@given(histories())
def test_training_of_others_agrees_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


def grave(found: Found) -> set[tuple[str, str, int]]:
    return {(model, other, at) for model, other, _, at in found}


@settings(max_examples=examples(40))
@given(histories(), st.data())
def test_a_compute_that_is_not_said_excuses_nobody(history: History, data: st.DataObject) -> None:
    said = [step for step in history if step.what == "register" and step.flop >= 0]
    if said:
        step = data.draw(st.sampled_from(said))
        silent = [replace(one, flop=-1) if one is step else one for one in history]
        kept = {
            one for one in history if one is not step and one.what == "register" and one.model == step.model
        }
        if not any(one.flop >= 0 for one in kept):  # Else another registration is believed instead.
            assert grave(judged(history)) <= grave(judged(silent))


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Sure and in doubt, by own compute and by that of ancestors, pending and not."""
    seen: Counter[str] = Counter()

    @counted(500)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for level in {one[2] for one in found}:
            seen[level] += 1
        for model, other in {one[:2] for one in found if one[2] == "violation"}:
            alone = reference.spent(history, model) < reference.effective(history, other)[0]
            seen["by what it was made from"] += alone
            seen["though not all is known"] += not reference.effective(history, model)[1]
        sizes = {
            reference.is_of_its_size(history, one, two) for one in MODELS for two in MODELS if one != two
        }
        seen["smaller"] += "no" in sizes
        for at in GRID:
            crossed = [one for one in MODELS if reference.is_crossed(history, one, at)]
            seen["pending"] += any(
                step.what == "train"
                and other != step.model
                and reference.goes_on(history, step, TERMS, at)
                and not reference.is_strong(history, step.model, at)
                and reference.is_of_its_size(history, step.model, other) == "yes"
                and (step.model, other, "violation", at) not in found
                for step in history
                for other in crossed
            )

    count()
    wanted = ["violation", "indeterminate", "by what it was made from", "though not all is known", "smaller",
              "pending"]  # fmt: skip
    missing = {word: seen[word] for word in wanted if seen[word] < 5}
    assert not missing
