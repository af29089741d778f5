"""Heartbeats and inventories against the definition at every instant, and the laws that hold for them."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import observed as reference
from tests.reference.observed import Entry, History, Terms, What
from tests.support.obliged import watched

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Facts, Happening, InventoryContent, RunningFact
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import FormContent, Observation
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

HOUR = 3_600_000
LAST = 40
END = LAST * HOUR
GRID = sorted({at * HOUR + off for at in range(LAST + 1) for off in (0, 1) if at * HOUR + off <= END})
MODEL, ORG, SNAPSHOT = "model:m", "org:o", "snapshot:s"
TERMS = Terms(9 * HOUR, 12 * HOUR, HOUR, 2 * HOUR)
DOCUMENT = watched(
    heartbeat={"every": "9 hours"},
    inventory={"every": "12 hours", "by": "keeper", "of": ["api"], "tolerance": "1 hour"},
    late_after="2 hours",
)
POLICY = parse_policy({**DOCUMENT, "effective_from": "1970-01-01T00:00:00Z"})
VERSIONS = Versions([Version(POLICY, "", 0, -1, 0, ())])


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org=ORG)
    model = facts.model(MODEL)
    model.is_recorded = True
    starts = {one.name: index for index, one in enumerate(history) if one.what == "start"}
    for index, one in enumerate(history):
        at = min(one.event, one.time)
        match one.what:
            case "beat":
                facts.heartbeats.append((one.time, index))
            case "look":
                seen = RunningFact(MODEL, None, f"external.{one.scope}", None, max(0, at - one.since))
                said = InventoryContent("api", at, (seen,) if one.scope else ())
                role = "keeper" if one.keeper else "release"
                look = Happening(index, one.time, one.event, "inventory", (ORG,), role, True, said)
                facts.happenings.setdefault("inventory", []).append(look)
            case _:
                form = FormContent(f"external.{one.scope}", "api", frozenset()) if one.scope else None
                kind = "deployment-started" if one.what == "start" else "deployment-ended"
                of = starts.get(one.of, -1) if one.what == "end" else -1
                found = Observation(index, one.time, one.event, kind, SNAPSHOT, "rel", True, True, of, form)
                model.add("deployments", found)
    return facts


def judged(history: History) -> set[tuple[str, int]]:
    """Return what the judge finds at which instants of the grid."""
    context = Context(facts_of(history), VERSIONS, [])
    judge = Judge(context, END)
    found = set()
    for world in (judge.organisation(), judge.world(context.facts.models[MODEL])):
        for finding in judge.judge(world):
            name = finding.code
            if name == "V34":
                assert finding.level == "indeterminate"
                name = "beat" if finding.rule.endswith("heartbeat") else "look"
            stop = END + 1 if finding.to_ms is None else finding.to_ms
            found |= {(name, at) for at in GRID if finding.from_ms <= at < stop}
    return found


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a small history; an end names a start that was recorded before it."""
    found: History = []
    for number in range(draw(st.integers(0, 8))):
        what: What = draw(st.sampled_from(["beat", "look", "look", "start", "start", "end"]))
        event = draw(st.integers(0, LAST - 1)) * HOUR
        time = min(event + draw(st.sampled_from([0, 0, 1, 2, 3, 9])) * HOUR, END)
        scopes = {"look": ["", "trusted", "general"], "start": ["trusted", "general"]}.get(what, [""])
        scope = draw(st.sampled_from(scopes))
        since = draw(st.sampled_from([0, 0, 3, 8])) * HOUR
        keeper = draw(st.booleans())
        found.append(Entry(what, event, time, scope, since, keeper, draw(st.integers(0, 8)), number))
    return in_order(found)


def in_order(found: History) -> History:
    """Sort by entry time, and leave out ends of what was not recorded before them."""
    kept: History = []
    for one in sorted(found, key=lambda one: one.time):
        if one.what != "end" or any(other.what == "start" and other.name == one.of for other in kept):
            kept.append(one)
    return kept


@settings(max_examples=400, deadline=None)
@given(histories())
def test_what_is_observed_agrees_with_the_definition_at_every_instant(history: History) -> None:
    defined = {(name, at) for at in GRID for name in reference.broken(history, TERMS, at, GRID)}
    assert judged(history) == defined


@settings(max_examples=200, deadline=None)
@given(histories(), st.data())
def test_recording_late_never_helps(history: History, data: st.DataObject) -> None:
    # A heartbeat is what it is when it is recorded; and what is recorded late as ended went on until then.
    may_be_late = [at for at, one in enumerate(history) if one.what in ("look", "start")]
    if not may_be_late:
        return
    at = data.draw(st.sampled_from(may_be_late))
    time = min(history[at].time + data.draw(st.integers(1, 12)) * HOUR, END)
    delayed = sorted(
        [*history[:at], replace(history[at], time=time), *history[at + 1 :]], key=lambda one: one.time
    )
    if in_order(delayed) == delayed:
        late = judged(delayed)
        # What runs otherwise than was recorded is no less than what nobody recorded.
        unlogged = {(name, instant) for name, instant in late if name in ("V27", "V33")}
        for name, instant in judged(history):
            other = {("V27", instant), ("V33", instant)} & unlogged
            assert (name, instant) in late or (name in ("V27", "V33") and other)
