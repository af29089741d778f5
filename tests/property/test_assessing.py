"""Assessments that come round again, and by compute, against the definition at every instant."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import assessing as reference
from tests.reference.assessing import Entry, History, Terms, What
from tests.support.obliged import policy_of

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act, DeedContent, Facts, Registration
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import FormContent, Observation
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

HOUR = 3_600_000
LAST = 40
END = LAST * HOUR
GRID = sorted({at * HOUR + off for at in range(LAST + 1) for off in (0, 1) if at * HOUR + off <= END})
TERMS = Terms(8 * HOUR, 3 * HOUR, 5 * HOUR, 2 * HOUR)
DOCUMENT = policy_of(
    again={"when": {"every": "8 hours"}, "do": {"assessment": "whole"}, "by": "rso", "within": "3 hours"},
    grown={
        "when": {"compute": "4", "since": "the last assessment"}, "do": {"assessment": "whole"}, "by": "rso",
        "within": "5 hours",
    },
)  # fmt: skip
DOCUMENT |= {"effective_from": "1970-01-01T00:00:00Z", "record_rules": {"late_after": "2 hours"}}
VERSIONS = Versions([Version(parse_policy(DOCUMENT), "", 0, -1, 0, ())])


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org="org:o")
    starts = {one.name: index for index, one in enumerate(history) if one.what == "start"}
    for name in ("model:m", "model:n"):
        facts.model(name).is_recorded = True
    for index, one in enumerate(history):
        model = facts.models[one.model]
        match one.what:
            case "assess":
                content = DeedContent("whole", "", (), is_published=False)
                act = Act(index, one.time, one.event, "assessment", (one.model,), "r", "rso", index, content)
                facts.deeds.setdefault("assessment", []).append(act)
                facts.acts[index] = act
            case "register":
                flop = Fraction(one.flop) if one.flop else None
                model.registrations.append(Registration(index, one.time, one.event, (), flop, True, True))
            case _:
                form = FormContent("external.general", "api", frozenset()) if one.what == "start" else None
                kind = "deployment-started" if form else "deployment-ended"
                of = -1 if form else starts.get(one.of, -1)
                snapshot = f"snapshot:{one.model}"
                found = Observation(index, one.time, one.event, kind, snapshot, "rel", True, True, of, form)
                model.add("deployments", found)
    return facts


def judged(history: History) -> set[tuple[str, str, str, int]]:
    """Return what the judge finds at which instants of the grid."""
    context = Context(facts_of(history), VERSIONS, [])
    judge = Judge(context, END)
    found: set[tuple[str, str, str, int]] = set()
    for model in context.facts.models.values():
        for finding in judge.judge(judge.world(model)):
            assert finding.code == "V07"
            duty = finding.rule.removeprefix("duties.")
            stop = END + 1 if finding.to_ms is None else finding.to_ms
            found |= {
                (duty, finding.subject, finding.level, at) for at in GRID if finding.from_ms <= at < stop
            }
    return found


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a small history; an end names a start of its model that was recorded before it."""
    found: History = []
    for number in range(draw(st.integers(0, 9))):
        what: What = draw(
            st.sampled_from(["assess", "assess", "register", "register", "start", "start", "end"])
        )
        event = draw(st.integers(0, LAST - 1)) * HOUR
        time = min(event + draw(st.sampled_from([0, 0, 1, 3, 9])) * HOUR, END)
        model = draw(st.sampled_from(["model:m", "model:n"]))
        flop = draw(st.sampled_from([0, 1, 2, 4, 8]))
        found.append(Entry(what, model, event, time, flop, draw(st.integers(0, 8)), number))
    kept: History = []
    for one in sorted(found, key=lambda one: one.time):
        started = {(other.name, other.model) for other in kept if other.what == "start"}
        if one.what != "end" or (one.of, one.model) in started:
            kept.append(one)
    return kept


@settings(max_examples=400, deadline=None)
@given(histories())
def test_assessments_agree_with_the_definition_at_every_instant(history: History) -> None:
    defined = {(*one, at) for at in GRID for one in reference.broken(history, TERMS, at, GRID)}
    assert judged(history) == defined
