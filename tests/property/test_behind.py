"""What is behind a broken rule, V26 and V09, against the definition at the beginning of every interval."""

from collections import Counter
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import behind as reference
from tests.reference.behind import SUBJECT, TESTS, History, Step, Terms
from tests.support.family import Family
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples, in_order

DAY = 86_400_000
LAST = 16
END = LAST * DAY
GRID = tuple(
    sorted({at * DAY + off for at in range(LAST + 1) for off in (-2, 0, 1) if at * DAY + off <= END})
)
CODES = ("V02", "V05", "V07", "V37")
MODELS = (SUBJECT, "p", "g")
Found = dict[tuple[str, int], set[tuple[str, frozenset[int]]]]


class Kin(Told, Family):
    """A history of several models."""


def terms_of(**said: Any) -> Terms:
    """Return what the policy says; what is not given as it is most often."""
    usual: dict[str, Any] = {
        "k": 1,
        "by_people": False,
        "has_lineage": True,
        "is_crossed_until_assessed": False,
    }
    usual |= {"open_for": None, **said}
    return Terms(**usual, good_for=4 * DAY, late_after=2 * DAY, in_force=-2, grid=GRID)


def policy_of(terms: Terms) -> dict[str, Any]:
    """Return the policy that says the same."""
    virology = policy_with()["tests"]["virology"]
    within = {"determination_within": f"{(terms.open_for or 0) // DAY} days", **COMMIT}
    return policy_with(
        gates=[
            {**COMMIT, "for": "deploying it externally", "approved_by": "rso"},
            {**COMMIT, "for": "training it", "approved_by": "rso"},
        ],
        tests={
            name: {
                **virology,
                "task": {**virology["task"], "name": name},
                "needs": {"planned_first": "true"},
                "good_for": "4 days",
            }
            for name in TESTS
        },
        baseline=[{**COMMIT, "rule_out": "x", "before": "deploying it"}],
        thresholds={
            "x": {
                "domain": "x", **COMMIT, "decided_by": "people" if terms.by_people else "tests",
                "crossed_if_any_of" if terms.k == 1 else "crossed_if_all_of": [*TESTS],
                "until_assessed": "crossed" if terms.is_crossed_until_assessed else "baseline",
                "if_not_ruled_out": within if terms.open_for else "treat as crossed",
                "declared_by": "rso", "carried_over_by": "rso",
                "then": [
                    {**COMMIT, "needs": ["top"], "while": ["training it"]},
                    {**COMMIT, "forbid": "deploying it"},
                ],
            }
        },
        **({"lineage": {**COMMIT, "inherit": ["fine-tune"]}} if terms.has_lineage else {}),
    )  # fmt: skip


def told(history: History, terms: Terms) -> Kin:
    """Tell a history as a ledger."""
    story = Kin(policy_of(terms))
    plans = {}
    for label in MODELS:
        with story.about(label):
            for test in TESTS:
                plans[label, test] = story.plan(task={"name": test, "version": "1"})
    story.advance(ms=1)  # A run begins after it was planned.
    story.began_ms, story.first = story.now_ms, story.size
    for step in history:
        more: dict[str, Any] = story.said(step.time, step.event)
        with story.about(step.model):
            story.index_of[step.name] = record(story, step, plans, more)
    return story


def record(story: Kin, step: Step, plans: dict[tuple[str, str], int], more: dict[str, Any]) -> int:
    """Record a step; returns its entry."""
    of = story.index_of.get(step.of, -1)
    snapshot = story.snapshot(step.model + step.snapshot)
    match step.what:
        case "result":
            story.s = snapshot
            plan = plans[step.model, step.test] if step.is_fit else None
            task = {"name": step.test, "version": "1"}
            return story.result(step.percent, plan=plan, body={"task": task}, **more)
        case "correct":
            claim = story.claim_of(of)
            claim["scores"] = [{**claim["scores"][0], "count": {"k": step.percent, "n": 100}}]
            return story.approve(story.correct(of, claim, **more), "rso") - 1
        case "crossed" | "ruled-out":
            return story.determine("x", step.what.replace("-", "_"), "rso", **more)
        case "register":
            parents = [(step.other, "fine-tune")] if step.other else []
            return story.born(step.model, *parents, **more)
        case "carry":
            return story.carry(step.model, step.other, "rso")
        case "start":
            return story.start_deployment(step.scope, snapshot=snapshot, **more)
        case "widen":
            return story.change(of, snapshot=snapshot, **more)
        case "end":
            return story.end(of, **more)
        case _:
            kind = "training-started" if step.what == "train" else "training-stopped"
            body = {} if step.what == "train" else {"of": story.ref(of)}
            return story.say("release", kind, [story.m], body, **more)


def judged(history: History, terms: Terms) -> Found:
    """Return the beginning of each interval that the verifier finds, and what it says is behind it."""
    story = told(history, terms)
    name_of = {index: name for name, index in story.index_of.items()}
    found: Found = {}
    for finding in story.judged(END).findings:
        if finding.code in CODES and finding.subject == story.m:
            begin = (finding.code, finding.from_ms - story.began_ms)
            assert begin not in found
            found[begin] = {
                (one.code, frozenset(name_of[index] for index in one.entries if index in name_of))
                for one in finding.because
                if one.code in ("V09", "V26")
            }
    return found


def defined(history: History, terms: Terms) -> Found:
    """Return the same by the definition."""
    found: Found = {}
    for code in CODES:
        was_broken = False
        for at in GRID:
            is_broken = reference.is_broken(history, terms, code, at)
            if is_broken and not was_broken:
                found[code, at] = reference.causes(history, terms, code, at)
            was_broken = is_broken
    return found


TERMS = st.builds(
    terms_of,
    k=st.sampled_from([1, 2, 2]),
    by_people=st.sampled_from([False] * 6 + [True]),
    has_lineage=st.sampled_from([True, True, True, False]),
    is_crossed_until_assessed=st.sampled_from([False, False, True]),
    open_for=st.sampled_from([None, None, 3 * DAY]),
)
LATE = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 7])


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def evidence(draw: st.DrawFn, name: int) -> list[Step]:
    """Generate what is said of a model: a result, corrected or not; a determination; where it is from."""
    model = draw(st.sampled_from([SUBJECT] * 3 + ["p", "p", "g"]))
    whats = ["register", "register", "carry", "carry", "crossed", "ruled-out", *["result"] * 7]
    what = draw(st.sampled_from(whats))
    at = draw(st.integers(0, 9))
    time = at + (draw(LATE) if what in ("result", "register") else 0)
    others = [one for one in MODELS if one != model]
    step = Step(
        what,
        day(at),
        day(time),
        name,
        model=model,
        test=draw(st.sampled_from(TESTS)),
        percent=draw(st.sampled_from([10] * 7 + [60, 80])),
        is_fit=draw(st.sampled_from([True] * 7 + [False])),
        snapshot=draw(st.sampled_from(["s", "s", "z"])),
        other=draw(st.sampled_from(["", *others] if what == "register" else others)),
    )
    if what == "result" and draw(st.integers(0, 4)) == 0:
        later = day(time + draw(st.sampled_from([0, 1, 3])))
        said = draw(st.sampled_from([10, 10, 60, 80]))
        return [step, Step("correct", later, later, name + 50, of=name, model=model, percent=said)]
    return [step]


@st.composite
def activities(draw: st.DrawFn, name: int) -> list[Step]:
    """Generate a deployment, which may be widened and may end, or training."""
    at = draw(st.integers(2, 14))
    what = draw(st.sampled_from(["start", "start", "start", "train"]))
    scope = draw(st.sampled_from(["external.limited", "internal.large-scale"]))
    snapshot = draw(st.sampled_from(["s", "s", "z"]))
    steps = [Step(what, day(at), day(at + draw(LATE)), name, snapshot=snapshot, scope=scope)]
    if what == "start" and draw(st.booleans()):
        event = at + draw(st.sampled_from([0, 1, 1, 3]))
        time = max(steps[0].time, day(event + draw(LATE)))
        steps.append(Step("widen", day(event), time, name + 50, name, snapshot=draw(st.sampled_from("sz"))))
    if draw(st.booleans()):
        event = at + draw(st.sampled_from([0, 1, 3, 5]))
        time = max(steps[0].time, day(event + draw(LATE)))
        steps.append(Step("end" if what == "start" else "stop", day(event), time, of=name))
    return steps


@st.composite
def once_clear(draw: st.DrawFn) -> list[Step]:
    """Generate results by which all that is asked about was ruled out, if they are recorded in time."""
    at, delay, snapshot = draw(st.integers(0, 8)), draw(LATE), draw(st.sampled_from(["s", "s", "z"]))
    steps = [
        Step("result", day(at), day(at + delay), 10 + name, test=test, snapshot=snapshot)
        for name, test in enumerate(TESTS)
    ]
    later = day(at + delay + draw(st.sampled_from([0, 1, 3])))
    return steps + [Step("correct", later, later, 12, of=10)] * draw(st.integers(0, 1))


@st.composite
def descent(draw: st.DrawFn) -> list[Step]:
    """Generate a parent, and what is said of it, perhaps after a ruling-out of what was made from it."""
    at, parent = draw(st.integers(0, 9)), draw(st.sampled_from(["p", "p", "g"]))
    steps = [Step("register", day(at), day(at + draw(LATE)), 15, other=parent)]
    if draw(st.booleans()):
        other = draw(st.sampled_from(["", SUBJECT, SUBJECT, "g" if parent == "p" else "p"]))
        steps.append(Step("register", 0, 0, 16, model=parent, other=other))
    results = [Step("result", day(at), day(at), 17, model=parent, percent=said) for said in (10, 60, 80, 80)]
    steps += draw(st.lists(st.sampled_from(results), max_size=1))
    if draw(st.booleans()):
        before = day(max(0, at - draw(st.sampled_from([0, 1, 3]))))
        steps.append(Step("ruled-out", before, before, 18))
    return steps


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of models, one of which is deployed and trained."""
    steps: list[Step] = []
    for name in range(draw(st.integers(0, 4))):
        steps += draw(evidence(name))
    steps += draw(once_clear()) if draw(st.integers(0, 2)) else []
    steps += draw(descent()) if draw(st.integers(0, 2)) else []
    for name in range(20, 20 + draw(st.integers(1, 3))):
        steps += draw(activities(name))
    return in_order(steps)


@settings(max_examples=examples(120))
@given(histories(), TERMS)
def test_causes_agree_with_the_definition_at_every_beginning(history: History, terms: Terms) -> None:
    assert judged(history, terms) == defined(history, terms)


@settings(max_examples=examples(100))
@given(histories(), TERMS)
def test_a_newer_look_at_the_same_weights_would_have_mended_what_is_stale(
    history: History, terms: Terms
) -> None:
    for (code, at), causes in judged(history, terms).items():
        for names in [entries for cause, entries in causes if cause == "V09"]:
            looked = [reference.named(history, name) for name in names]
            tests = {reference.named(history, one.of).test if one.of >= 0 else one.test for one in looked}
            newer = [
                Step("result", at, at, number, test=test, snapshot=snapshot)
                for number, (test, snapshot) in enumerate(product(sorted(tests), "sz"), 90)
            ]
            mended = judged(in_order([*history, *newer]), terms)
            assert (code, at) not in mended


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Both causes are there and are not, under each code, for each reason that the definition knows."""
    seen: Counter[str] = Counter()

    @counted(700)
    @given(histories(), TERMS)
    def count(history: History, terms: Terms) -> None:
        for (code, at), causes in defined(history, terms).items():
            told = dict(causes)
            for one in ("V09", "V26"):
                seen[f"{one} {code}" if one in told else f"no {one} {code}"] += 1
            seen["both"] += len(told) == 2
            if "V26" in told:
                count_inherited(history, terms, code, at)
            count_stale(history, terms, code, at, told.get("V09", frozenset()))

    def count_inherited(history: History, terms: Terms, code: str, at: int) -> None:
        own = reference.own_state(history, terms, SUBJECT, at, set())
        seen[f"V26 over own {own}"] += 1
        is_treated = reference.is_treated(history, terms, at)
        seen["V26 for other weights only"] += code in ("V02", "V37") and not is_treated
        seen["V26 by a clock"] += is_treated and reference.state(history, terms, SUBJECT, at) == (
            reference.state(history, terms, SUBJECT, at, "borrowed")
        )
        seen["V26 and alike"] += bool(reference.likes(history, SUBJECT, at))
        above = reference.ancestors(history, SUBJECT)
        seen["V26 of a circle"] += SUBJECT in above
        seen["V26 of two"] += len(above) > 1
        ruled = reference.ruled_out_by_people(history, SUBJECT, at)
        seen["V26 of what was ruled out"] += any(
            reference.revoking(history, terms, one, above - {SUBJECT}, at) for one in ruled
        )

    def count_stale(history: History, terms: Terms, code: str, at: int, named: frozenset[int]) -> None:
        begun = [one for one in reference.about(history, terms, code) if one.begin == at]
        gated = [one for one in begun if one.is_gated]
        for name in named:
            step = reference.named(history, name)
            about = reference.named(history, step.of) if step.what == "correct" else step
            seen["V09 of a correction"] += step.what == "correct"
            is_over = reference.adverse(about) + terms.good_for <= at
            seen["V09 over" if is_over else "V09 of other weights"] += 1
            seen["V09 over when recorded"] += is_over and step.time >= (
                reference.adverse(about) + terms.good_for
            )
            seen["V09 acts then"] += reference.relieving(step, terms) == at
        seen["V09 of a widening"] += bool(named) and all(one.step.what == "widen" for one in begun)
        seen["V09 of two starts"] += bool(named) and len(gated) > 1
        seen["V09 with lineage"] += bool(named) and terms.has_lineage
        cleared = {
            name
            for test in TESTS
            for name in reference.ruling_out(history, terms, SUBJECT, test, at, ageless=True)
        }
        if cleared and not named:
            seen["ungated"] += bool(begun) and not gated
            seen["no start"] += not begun
            if gated:
                reads = {one.reads for test in TESTS for one in reference.said(history, terms, SUBJECT, test)}
                seen["spoken against"] += bool(reads - {"clear"})
                seen["by people"] += terms.by_people
                seen["one test only"] += reads == {"clear"} and terms.k == 1 and not terms.by_people

    count()
    wanted = [
        *(f"{one} {code}" for one in ("V26", "no V26", "no V09") for code in CODES),
        *(f"V09 {code}" for code in CODES if code != "V05"),
        *(f"V26 over own {one}" for one in ("ruled_out", "unassessed", "indeterminate")),
        "both", "V26 for other weights only", "V26 by a clock", "V26 and alike", "V26 of a circle",
        "V26 of two", "V26 of what was ruled out", "V09 of a correction", "V09 over", "V09 of other weights",
        "V09 over when recorded", "V09 acts then", "V09 of a widening", "V09 of two starts",
        "V09 with lineage", "ungated", "no start", "spoken against", "by people", "one test only",
    ]  # fmt: skip
    assert [(word, seen[word]) for word in wanted if seen[word] < 5] == []
    assert seen["V09 V05"] == 0
