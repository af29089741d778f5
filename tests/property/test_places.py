"""Places and transitions against the definition at every instant, and the laws that hold for them."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import places as reference
from tests.reference.places import FOR_EACH, History, Step, Terms
from tests.support.story import COMMIT, policy_with
from tests.support.told import counted

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Act, AttestationContent, Facts, Lapse, LapseContent
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import FormContent, Observation
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

DAY = 86_400_000
LAST = 40
END = LAST * DAY
MODEL, ORG, SNAPSHOT = "model:m", "org:o", "snapshot:s"
ENVIRONMENTS, NAMES = ("", "eu", "us"), ("", "chat", "search")


def document(terms: Terms) -> dict[str, Any]:
    """Write a version as a policy."""
    criteria = {
        name: {"text": name, "for_each": sorted(things) or ["organisation"], "attested_by": "security"}
        for name, things in FOR_EACH.items()
    }
    amendment: dict[str, Any] = {"approved_by": "ceo"}
    if terms.keep:
        amendment |= {**COMMIT, "transition": {"keep_until": f"{terms.keep // DAY} days"}}
    return policy_with(
        amendment=amendment,
        effective_from="1970-01-01T00:00:00Z",
        gates=[],
        thresholds={},
        baseline=[{**COMMIT, "needs": [name], "while": ["deploying it"]} for name in terms.needs],
        standards={name: {"criteria": {"shown": one}} for name, one in criteria.items()},
    )


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org=ORG)
    model = facts.model(MODEL)
    model.is_recorded = True
    starts = {step.of: index for index, step in enumerate(history) if step.what == "start"}
    for index, step in enumerate(history):
        at, bound = step.time, (step.environment, step.deployment)
        if step.what == "attested":
            said = AttestationContent(step.standard, "shown", "", "", bound[0], frozenset(), NEVER, bound[1])
            act = Act(index, at, at, "safeguard-attested", (ORG,), "s", "security", index, said)
            facts.attestations.setdefault(step.standard, []).append(act)
        elif step.what == "lapsed":
            lapse = Lapse(index, at, at, ORG, LapseContent(step.standard, "shown", "", "", *bound))
            facts.lapses.setdefault(step.standard, []).append(lapse)
            facts.voiding.setdefault(ORG, []).append(index)
        else:
            kind = {"start": "started", "moved": "changed", "ended": "ended"}[step.what]
            form = FormContent("external.general", "api", frozenset(), *bound)
            if step.what == "start" and step.deployment:
                facts.deployment_names.setdefault(step.deployment, index)
            model.add("deployments",
                Observation(
                    index, at, at, f"deployment-{kind}", SNAPSHOT, role="release", is_reliable=True,
                    is_known=True, of=-1 if step.what == "start" else starts[step.of],
                    content=None if step.what == "ended" else form,
                )
            )  # fmt: skip
    return facts


def grid(history: History, versions: list[Terms]) -> list[int]:
    """All instants at which anything can change, and one millisecond after."""
    times = {step.time for step in history} | {one.start for one in versions}
    times |= {one.start + one.keep for one in versions}
    return sorted({at + off for at in times for off in (0, 1) if at + off <= END})


def judged(history: History, versions: list[Terms]) -> set[tuple[int, str]]:
    """Return the instants of the grid at which a standard is found to be lacking."""
    found = [
        Version(parse_policy(document(one)), str(number), 0, number - len(versions), one.start, ())
        for number, one in enumerate(versions)
    ]
    context = Context(facts_of(history), Versions(found), [])
    judge = Judge(context, END)
    broken: set[tuple[int, str]] = set()
    for finding in judge.judge(judge.world(context.facts.models[MODEL])):
        assert (finding.code, finding.level) == ("V01", "violation")
        (standard,) = (one for one in FOR_EACH if f" while {one} was not in force" in finding.message)
        stop = END + 1 if finding.to_ms is None else finding.to_ms
        broken |= {(at, standard) for at in grid(history, versions) if finding.from_ms <= at < stop}
    return broken


def defined(history: History, versions: list[Terms]) -> set[tuple[int, str]]:
    """Return the same by the definition."""
    return {(at, one) for at in grid(history, versions) for one in reference.broken(history, versions, at)}


def instants(broken: set[tuple[int, str]]) -> set[int]:
    return {at for at, _ in broken}


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history: what is attested and lapses, deployments that start, move and end."""
    standards, environments = st.sampled_from(sorted(FOR_EACH)), st.sampled_from(ENVIRONMENTS)
    steps: list[Step] = []
    for of in range(draw(st.integers(1, 3))):
        steps.append(Step("start", 0, of, "", draw(environments), draw(st.sampled_from(NAMES))))
        steps += [
            Step("moved", 0, of, "", draw(environments)) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))
        ]
        steps += [Step("ended", 0, of)] * draw(st.integers(0, 1))
    lengths = [sum(step.of == of for step in steps) for of in range(3)]
    said = [
        Step(
            "attested" if draw(st.integers(0, 3)) else "lapsed",
            0, -1, draw(standards), draw(environments), draw(st.sampled_from(NAMES)),
        )
        for _ in range(draw(st.integers(0, 8)))
    ]  # fmt: skip
    days = draw(st.permutations(range(1, LAST)))
    taken = 0
    timed: list[Step] = []
    for chain in (*([step for step in steps if step.of == of] for of in range(len(lengths))), said):
        at = list(days[taken : taken + len(chain)])
        taken += len(chain)
        ordered = sorted(at) if chain is not said else at
        timed += [replace(step, time=day * DAY) for step, day in zip(chain, ordered, strict=True)]
    return sorted(timed, key=lambda step: step.time)


@st.composite
def policies(draw: st.DrawFn) -> list[Terms]:
    """Generate versions: one that is in force from the beginning, and some that replace it."""
    days = sorted(draw(st.sets(st.integers(3, LAST - 1), max_size=3)))
    return [
        Terms(
            day * DAY + (DAY // 2 if day else 0),
            tuple(sorted(draw(st.sets(st.sampled_from(sorted(FOR_EACH)), max_size=3)))),
            draw(st.sampled_from([0, 3, 10, 30])) * DAY,
        )
        for day in (0, *days)
    ]


@settings(max_examples=600)
@given(histories(), policies())
def test_places_and_transitions_agree_with_the_definition(history: History, versions: list[Terms]) -> None:
    assert judged(history, versions) == defined(history, versions)


@settings(max_examples=200)
@given(histories(), policies(), st.integers(1, 3))
def test_who_leaves_less_to_what_is_out_never_finds_less(
    history: History, versions: list[Terms], number: int
) -> None:
    stricter = [replace(one, keep=0) if at == number else one for at, one in enumerate(versions)]
    lenient, strict = (instants(judged(history, one)) for one in (versions, stricter))
    assert lenient & set(grid(history, stricter)) <= strict


@settings(max_examples=200)
@given(histories(), policies(), st.sampled_from(sorted(FOR_EACH)), st.sampled_from(ENVIRONMENTS))
def test_a_lapse_more_or_an_attestation_less_never_helps(
    history: History, versions: list[Terms], standard: str, environment: str
) -> None:
    lapse = Step("lapsed", DAY // 4 * 81, -1, standard, environment)
    worse = sorted([*history, lapse], key=lambda step: step.time)
    assert instants(judged(history, versions)) <= instants(judged(worse, versions))
    bare = [step for step in history if step.what != "attested"]
    was, now = instants(judged(history, versions)), instants(judged(bare, versions))
    assert was & set(grid(bare, versions)) <= now


@settings(max_examples=200)
@given(histories(), policies())
def test_who_says_no_place_never_gains(history: History, versions: list[Terms]) -> None:
    told = [
        replace(step, environment="", deployment="") if step.what in ("start", "moved") else step
        for step in history
    ]
    # Nothing moves any more, so that what is out is out for longer: that is no gain without a transition.
    plain = [replace(one, keep=0) for one in versions]
    assert instants(judged(history, plain)) <= instants(judged(told, plain))


def test_each_kind_of_answer_occurs() -> None:
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories(), policies())
    def count(history: History, versions: list[Terms]) -> None:
        found, plain = defined(history, versions), [replace(one, keep=0) for one in versions]
        seen["broken" if found else "kept"] += 1
        seen["spared"] += bool(instants(defined(history, plain)) - instants(found))
        for name in ("env", "dep", "both"):
            seen[name] += any(standard == name for _, standard in found)
            seen[f"{name} in force"] += any(
                reference.is_in_force(history, name, out, at)
                for at in grid(history, versions)
                for out in reference.going_on(history, at)
            )

    count()
    wanted = ("broken", "kept", "spared", "env", "dep", "both", "env in force", "dep in force")
    assert all(seen[name] > 5 for name in wanted), seen
    assert seen["both in force"] > 0, seen
