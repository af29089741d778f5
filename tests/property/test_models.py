"""Groups, comparators, lineage and carried states: spans against the definition at every instant."""

import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.models import (
    Entry,
    Group,
    History,
    Terms,
    What,
    is_open_for_too_long,
    is_treated,
    is_undecided,
    state,
)
from tests.support.story import COMMIT, policy_with

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act, CarriedContent, DeterminationContent, Facts, Registration
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import Mention, Observation, PlanFact, ResultContent, ScoreFact
from plimsoll_verify.policy.grammar import Period
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

EXAMPLES = int(os.environ.get("PLIMSOLL_EXAMPLES", "150"))
LAST = 24
MODELS = {letter: f"model:{letter * 32}" for letter in "abcd"}
TESTS = ("one", "two", "three", "four")
GROUP = {"k": "2", "of": ["one", {"any_of": ["two", "three"]}, {"all_of": ["three", "four"]}]}
GOOD_FOR, LATE_AFTER, DECIDE_WITHIN, OPEN_FOR = 9, 2, 6, 4


def ms(count: int) -> Period:
    """Return a period of a few milliseconds, as no document can say it."""
    return Period(f"{count} ms", ms=count)


def terms_of(*, has_lineage: bool, is_as: bool, has_time: bool) -> Terms:
    """Return what the policy says."""
    return Terms(
        group=Group(2, ("one", Group(1, ("two", "three")), Group(2, ("three", "four")))),
        compared=frozenset({"four"}),
        reference="a",
        inherit=frozenset({"fine-tune"}) if has_lineage else frozenset(),
        share=Fraction(1, 2) if has_lineage else None,
        open_for=OPEN_FOR if has_time else None,
        is_as=is_as,
        good_for=GOOD_FOR,
        late_after=LATE_AFTER,
        decide_within=DECIDE_WITHIN,
    )


def version_of(terms: Terms) -> Version:
    """Return the policy that says the same."""
    limit = {"score_of": "a" * 32}
    within = {"determination_within": "4 minutes", **COMMIT}
    document = policy_with(
        gates=[],
        baseline=[],
        effective_from="1970-01-01T00:00:00Z",
        tests={
            name: {
                **policy_with()["tests"]["virology"],
                "task": {**policy_with()["tests"]["virology"]["task"], "name": name},
                "needs": {"planned_first": "true"},
                **(
                    {
                        "rules_out": {"below": limit, "judged_on": "score"},
                        "rules_in": {"at_or_above": limit, "judged_on": "score"},
                    }
                    if name in terms.compared
                    else {}
                ),
            }
            for name in TESTS
        },
        thresholds={
            "x": {
                "domain": "x", **COMMIT, "decided_by": "tests", "crossed_if_k_of": GROUP,
                "until_assessed": {"as": "a" * 32} if terms.is_as else "baseline",
                "if_not_ruled_out": within if terms.open_for else "treat as crossed",
                "decide_within": {"time": "6 minutes", **COMMIT},
                "declared_by": "rso", "then": [],
            }
        },
        **(
            {"lineage": {**COMMIT, "inherit": ["fine-tune"], "assess_again_from": "1/2"}}
            if terms.inherit
            else {}
        ),
    )  # fmt: skip
    policy = parse_policy(document)
    threshold = policy.thresholds["x"]
    assert threshold.decide_within is not None
    opened = threshold.determination_within
    threshold = replace(
        threshold,
        decide_within=replace(threshold.decide_within, time=ms(DECIDE_WITHIN)),
        determination_within=opened and replace(opened, time=ms(OPEN_FOR)),
    )
    tests = {key: replace(one, good_for=ms(GOOD_FOR)) for key, one in policy.tests.items()}
    policy = replace(policy, tests=tests, thresholds={"x": threshold}, late_after=ms(LATE_AFTER))
    return Version(policy, "", 0, -1, 0, ())


def plan_of(letter: str, test: str) -> int:
    """Return the entry of the plan of all runs of a test of a model, before the history."""
    return -10 - "abcd".index(letter) * 10 - TESTS.index(test)


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org="org:o")
    for index, entry in enumerate(history):
        model = facts.model(MODELS[entry.model])
        for test in () if model.plans else TESTS:
            model.plan(plan_of(entry.model, test), PlanFact(-1, test, "1"))
        seen = min(sum(other.time <= entry.seen for other in history), index)
        if entry.what == "registered":
            parents = ((MODELS[entry.other], entry.relation),) if entry.other else ()
            spent = None if entry.flop is None else Fraction(entry.flop)
            model.registrations.append(
                Registration(index, entry.time, entry.event, parents, spent, is_known=True, is_reliable=True)
            )
        elif entry.what == "result":
            snapshot = f"snapshot:{entry.model}"
            plan = plan_of(entry.model, entry.test)
            score = ScoreFact("includes", "mean", "accuracy", (entry.percent, 100))
            content = ResultContent(
                succeeded=True, task=entry.test, version="1", variant="v", epochs=1, samples=100,
                sample_epochs=100, is_limited=False, is_flagged=False, plan=plan if entry.is_fit else -1,
                started_ms=0, scores=(score,),
            )  # fmt: skip
            model.mention(snapshot, Mention(entry.event, entry.event, index))
            model.add("results",
                Observation(
                    index, entry.time, entry.event, "eval-result", snapshot, role="evaluator",
                    is_reliable=True, is_known=True, content=content,
                )
            )  # fmt: skip
        else:
            said: CarriedContent | DeterminationContent
            if entry.what == "carried":
                said = CarriedContent("", MODELS[entry.other], has_reasons=True)
            else:
                said = DeterminationContent("x", entry.what.replace("-", "_"), has_reasons=True)
            act = Act(index, entry.time, entry.event, entry.what, (model.id,), "rso", "rso", seen, said)
            (model.carried if entry.what == "carried" else model.determinations).append(act)
    return facts


def judged(history: History, terms: Terms) -> set[tuple[str, str, int]]:
    """Return, for each model and instant, its state and what is broken, by the judge."""
    version = version_of(terms)
    context = Context(facts_of(history), Versions([version]), [])
    judge = Judge(context, LAST)
    found: set[tuple[str, str, int]] = set()
    for letter, name in MODELS.items():
        model = context.facts.models.get(name)
        if model is None:
            continue
        world = judge.world(model)
        states = world.thresholds.of(version, "x")
        for at in range(LAST + 1):
            found.add((letter, states.state(at), at))
            if any(start <= at < stop for start, stop in states.treated):
                found.add((letter, "treated", at))
        for finding in judge.judge(world):
            stop = LAST + 1 if finding.to_ms is None else finding.to_ms
            found |= {(letter, finding.code, at) for at in range(finding.from_ms, stop)}
    return found


def defined(history: History, terms: Terms) -> set[tuple[str, str, int]]:
    """Return the same by the definition."""
    found: set[tuple[str, str, int]] = set()
    for letter in {entry.model for entry in history}:
        for at in range(LAST + 1):
            found.add((letter, state(history, terms, letter, at), at))
            if is_treated(history, terms, letter, at):
                found.add((letter, "treated", at))
            if is_open_for_too_long(history, terms, letter, at):
                found.add((letter, "V05", at))
            if is_undecided(history, terms, letter, at):
                found.add((letter, "V08", at))
    return found


WHATS: list[What] = [
    "result", "result", "result", "result", "crossed", "ruled-out", "carried", "registered", "registered",
]  # fmt: skip


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Generate an entry; acts are recorded when they are made, observations now or later."""
    what = draw(st.sampled_from(WHATS))
    model, other = draw(st.sampled_from("abcd")), draw(st.sampled_from(["", "a", "b", "c"]))
    event = draw(st.integers(0, LAST - 1))
    is_act = what in ("crossed", "ruled-out", "carried")
    time = min(event + (0 if is_act else draw(st.sampled_from([0, 0, 0, 1, 2, 3, 12]))), LAST)
    return Entry(
        what,
        model,
        event,
        time,
        seen=draw(st.integers(max(0, time - 4), time)),
        test=draw(st.sampled_from(TESTS)),
        percent=draw(st.sampled_from([10, 40, 60, 80])),
        is_fit=draw(st.sampled_from([True, True, True, False])),
        other=(other or "a") if what == "carried" else other,
        relation=draw(st.sampled_from(["fine-tune", "fine-tune", "merge"])),
        flop=draw(st.sampled_from([None, 1, 10, 100])),
    )


def in_order(found: list[Entry]) -> History:
    """Return entries in the order of their times, each once."""
    history: History = []
    for entry in sorted(found, key=lambda one: one.time):
        if entry not in history:
            history.append(entry)
    return history


HISTORIES = st.lists(entries(), max_size=8).map(in_order)
TERMS = st.builds(terms_of, has_lineage=st.booleans(), is_as=st.booleans(), has_time=st.booleans())


@settings(max_examples=EXAMPLES, deadline=None)
@given(HISTORIES, TERMS)
def test_states_of_several_models_agree_with_the_definition(history: History, terms: Terms) -> None:
    assert judged(history, terms) == defined(history, terms)


def grave(found: set[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Return what counts against a model."""
    return {one for one in found if one[1] in ("treated", "V05", "V08")}


@settings(max_examples=EXAMPLES, deadline=None)
@given(HISTORIES, TERMS, st.data())
def test_recording_late_never_helps(history: History, terms: Terms, data: st.DataObject) -> None:
    history = [replace(one, seen=one.time) for one in history]
    observed = [at for at, entry in enumerate(history) if entry.what in ("result", "registered")]
    if not observed:
        return
    at = data.draw(st.sampled_from(observed))
    time = min(history[at].time + data.draw(st.integers(1, 12)), LAST)
    delayed = [*history[:at], replace(history[at], time=time), *history[at + 1 :]]
    delayed.sort(key=lambda one: one.time)
    assert grave(judged(history, terms)) <= grave(judged(delayed, terms))


Make = Callable[[str, int], Entry]
ADVERSE: list[Make] = [
    lambda model, event: Entry("result", model, event, LAST, LAST, test="one", percent=80),
    lambda model, event: Entry("result", model, event, LAST, LAST, test="two", percent=60),
    lambda model, event: Entry("crossed", model, event, LAST, LAST),
    lambda model, event: Entry("carried", model, event, LAST, LAST, other="b"),
]


@settings(max_examples=EXAMPLES, deadline=None)
@given(HISTORIES, TERMS, st.sampled_from(ADVERSE), st.sampled_from("abcd"), st.integers(0, LAST - 1))
def test_what_speaks_against_a_model_improves_nothing(
    history: History, terms: Terms, make: Make, model: str, event: int
) -> None:
    history = [replace(one, seen=one.time) for one in history]
    before, after = judged(history, terms), judged([*history, make(model, event)], terms)
    # Whoever declares a crossing has determined it, and answers what was to be.
    codes = ("treated",) if make(model, event).what == "crossed" else ("treated", "V05", "V08")
    known = {entry.model for entry in history}
    assert {one for one in before if one[0] in known and one[1] in codes} <= after
