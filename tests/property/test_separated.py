"""Who stood on both sides of what is to be kept apart, against the definition, and the laws for it."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import separated as reference
from tests.reference.separated import History, Part, Rule, Step
from tests.support.story import COMMIT, policy_with
from tests.support.told import counted

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act, Facts, SignOffFact
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.separation import find_mixed
from plimsoll_verify.versions import Version, Versions

MODEL = "model:m"
LAST, SINCE = 12, 4
RULES = [
    Rule(("rso",), ("security",), "model"),
    Rule(("rso", "security"), ("security", "board"), "act"),
    Rule(None, None, "model"),
    Rule(None, None, "act"),
    Rule(None, ("board",), "model"),
    Rule(("rso", "board"), ("rso", "security"), "model"),
    Rule(("rso",), None, "act"),
]
POLICY = parse_policy(
    policy_with(
        effective_from="1970-01-01T00:00:00Z",
        separate=[
            {
                **COMMIT,
                "who": "whoever made it" if rule.who is None else list(rule.who),
                "from": "whoever approves it" if rule.apart is None else list(rule.apart),
                "on": f"the same {rule.on}",
            }
            for rule in RULES
        ],
    )
)
Found = set[tuple[int, str, int, int]]


def judged(history: History, since: int) -> Found:
    """Return what the verifier finds: the rule, the person, the entry and the first of the others."""
    facts = Facts(org="org:o")
    acts: dict[int, Act] = {}
    for at, step in enumerate(history):
        if step.is_sign_off:
            decision = "approve" if step.is_approving else "dissent"
            acts[step.name].sign_offs.append(SignOffFact(at, step.time, step.person, step.role, decision, at))
        elif step.name >= 0:
            act = Act(at, step.time, step.time, "permit", (MODEL,), step.person, step.role, at, None)
            facts.acts[at] = acts[step.name] = act
        if step.is_approving or not step.is_sign_off:
            facts.hands.note((MODEL,), at, step.time, (step.person, step.role, step.part))
    context = Context(facts, Versions([Version(POLICY, "", 0, -1, since, ())]), [])
    found: Found = set()
    for finding in find_mixed(context, LAST):
        first, last = finding.entries
        assert (finding.code, finding.level, finding.from_ms) == ("V15", "violation", history[last].time)
        rule = int(finding.rule.removeprefix("separate."))
        found.add((rule, history[last].person, last, first))
    return found


def defined(history: History, since: int) -> Found:
    found: Found = set()
    for number, rule in enumerate(RULES):
        names = {step.name for step in history if step.name >= 0} if rule.on == "act" else {-1}
        for name in names:
            found |= {(number, *one) for one in reference.mixed(history, rule, name, since)}
    return found


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate acts, sign-offs of these, and entries that are neither."""
    steps: History = []
    for time in sorted(draw(st.lists(st.integers(0, LAST), min_size=1, max_size=12))):
        person = draw(st.sampled_from(["ann", "ann", "bob", "cat"]))
        role = draw(st.sampled_from(["rso", "security", "board", "ceo"]))
        names = [step.name for step in steps if step.name >= 0]
        what = draw(st.sampled_from(["act", "sign", "sign", "sign", "other"]))
        if what == "sign" and names:
            approves = draw(st.integers(0, 3)) > 0
            part: Part = "approved" if approves else "said"
            steps.append(Step(time, person, role, part, draw(st.sampled_from(names)), True, approves))
        elif what == "other":
            steps.append(Step(time, person, role, draw(st.sampled_from(["made", "said"]))))
        else:
            steps.append(Step(time, person, role, "said", len(steps)))
    return steps


@settings(max_examples=600)
@given(histories(), st.sampled_from([0, SINCE]))
def test_separation_agrees_with_the_definition_at_every_entry(history: History, since: int) -> None:
    assert judged(history, since) == defined(history, since)


@settings(max_examples=200)
@given(histories(), histories())
def test_more_that_was_done_and_a_rule_that_binds_for_longer_never_find_less(
    history: History, more: History
) -> None:
    later = [
        Step(LAST, one.person, one.role, one.part) for one in more if one.name < 0 and not one.is_sign_off
    ]
    assert judged(history, 0) <= judged([*history, *later], 0)
    whom = {(rule, person) for rule, person, _, _ in judged(history, 0)}
    assert {(rule, person) for rule, person, _, _ in judged(history, SINCE)} <= whom


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Each rule is broken, and is not, among the histories that are tried."""
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories())
    def count(history: History) -> None:
        broken = {rule for rule, *_ in defined(history, SINCE)}
        for number in range(len(RULES)):
            seen[f"{'' if number in broken else 'not '}{number}"] += 1

    count()
    assert all(seen[f"{word}{number}"] >= 5 for word in ("", "not ") for number in range(len(RULES))), seen
