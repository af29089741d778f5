"""The judge's spans against the definition at every instant, and the laws that no history may break."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.semantics import (
    Entry,
    History,
    Terms,
    What,
    is_undeclared,
    threshold_state,
    unsafe_surfaces,
)
from tests.support.story import COMMIT, Story, policy_with

from plimsoll_verify.acts import Lost
from plimsoll_verify.context import Context
from plimsoll_verify.facts import (
    NEVER,
    Act,
    AttestationContent,
    DeterminationContent,
    Facts,
    Happening,
    Lapse,
    LapseContent,
)
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import FormContent, Observation, PlanFact, ResultContent, ScoreFact
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

MINUTE = 60_000
TERMS = Terms(8 * MINUTE, 6 * MINUTE, 4 * MINUTE, 2 * MINUTE)
LAST = 30
END = LAST * MINUTE
GRID = sorted(
    {at * MINUTE + offset for at in range(LAST + 1) for offset in (0, 1) if at * MINUTE + offset <= END}
)
MODEL, ORG, SNAPSHOT = "model:m", "org:o", "snapshot:s"

POLICY = parse_policy(
    policy_with(
        gates=[],
        baseline=[],
        effective_from="1970-01-01T00:00:00Z",
        record_rules={"late_after": "2 minutes"},
        tests__virology__good_for="8 minutes",
        thresholds__cbrn__respond_within={"time": "4 minutes", **COMMIT},
        thresholds__cbrn__declared_by="rso",
        thresholds__cbrn__cleared_by="rso",
        thresholds__cbrn__then=[{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
        **{"standards__high-dep__criteria__filters__good_for": "6 minutes"},
    )
)
VERSION = Version(POLICY, "", 0, -1, 0, ())
SIGNED = ("attested", "clear")
"""What loses its effect when its key is declared compromised, and is generated so."""
Said = DeterminationContent | AttestationContent
Seen = ResultContent | FormContent | None
K = {"dangerous": 80, "between": 60, "clear": 10, "clear-unfit": 10}


def act(index: int, entry: Entry, seen: int, content: Said, kind: str, role: str) -> Act:
    """Return an act by somebody who is called like their role."""
    return Act(index, entry.time, entry.event, kind, (MODEL,), role, role, seen, content)


def observed(index: int, entry: Entry, kind: str, content: Seen = None, of: int = -1) -> Observation:
    """Return an observation by the evaluator."""
    return Observation(
        index,
        entry.time,
        entry.event,
        kind,
        SNAPSHOT,
        role="evaluator",
        is_reliable=True,
        is_known=True,
        of=of,
        content=content,
    )


def result_of(entry: Entry) -> ResultContent:
    """Return a result of 100 samples that reads as the entry says; an unfit one names no plan."""
    plan = -1 if entry.what == "clear-unfit" else -2
    score = ScoreFact("includes", "mean", "accuracy", (K[entry.what], 100))
    return ResultContent(
        succeeded=True,
        task="virology",
        version="1",
        variant="v",
        epochs=1,
        samples=100,
        sample_epochs=100,
        is_limited=False,
        is_flagged=False,
        plan=plan,
        started_ms=1,
        scores=(score,),
    )


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org=ORG)
    model = facts.model(MODEL)
    model.is_recorded = True
    starts = {entry.name: index for index, entry in enumerate(history) if entry.what == "start"}
    model.plan(-2, PlanFact(0, "virology", "1"))
    facts.happenings["key-compromised"] = [
        Happening(len(history), at, at, "key-compromised", (ORG,), "root", is_reliable=True)
        for at in sorted({entry.lost for entry in history} - {NEVER})
    ]
    for index, entry in enumerate(history):
        seen = min(sum(other.time <= entry.seen for other in history), index)
        match entry.what:
            case "crossed" | "ruled-out":
                content = DeterminationContent("cbrn", entry.what.replace("-", "_"), has_reasons=True)
                model.determinations.append(act(index, entry, seen, content, "determination", "rso"))
            case "attested":
                shown = frozenset({"red-team"})
                said = AttestationContent("high-dep", "filters", entry.surface, "", "", shown, NEVER)
                attested = act(index, entry, seen, said, "safeguard-attested", "security")
                facts.attestations.setdefault("high-dep", []).append(attested)
            case "lapsed":
                lapse = LapseContent("high-dep", "filters", entry.surface, "")
                lapsed = Lapse(index, entry.time, entry.event, MODEL, lapse)
                facts.lapses.setdefault("high-dep", []).append(lapsed)
                facts.voiding.setdefault(MODEL, []).append(index)
            case "start":
                form = FormContent("external.general", entry.surface, frozenset())
                model.add("deployments", observed(index, entry, "deployment-started", form))
            case "end":
                of = starts.get(entry.name, -1)
                model.add("deployments", observed(index, entry, "deployment-ended", of=of))
            case _:
                model.add("results", observed(index, entry, "eval-result", result_of(entry)))
    return facts


def judged(history: History) -> tuple[set[tuple[str, str, int]], Callable[[int], str]]:
    """Return what is broken at which instants of the grid, and the threshold's state at any."""

    def lost_at(index: int) -> Lost | None:
        lost = history[index].lost
        return Lost(lost, len(history)) if lost < NEVER else None

    context = Context(facts_of(history), Versions([VERSION]), [], lost_at)
    judge = Judge(context, END)
    world = judge.world(context.facts.models[MODEL])
    broken = set()
    for finding in judge.judge(world):
        assert finding.level == "violation"
        stop = END + 1 if finding.to_ms is None else finding.to_ms
        where = ""
        if finding.code == "V01":
            # Which surface it is about is told by the deployments that prove it.
            (where,) = {
                entry.surface
                for index, entry in enumerate(history)
                if entry.what == "start" and index in finding.entries
            }
        broken |= {(finding.code, where, at) for at in GRID if finding.from_ms <= at < stop}
    return broken, world.thresholds.of(VERSION, "cbrn").state


def defined(history: History) -> set[tuple[str, str, int]]:
    """Return the same by the definition."""
    broken = set()
    for at in GRID:
        broken |= {("V01", surface, at) for surface in unsafe_surfaces(history, TERMS, at, GRID)}
        if is_undeclared(history, TERMS, at, GRID):
            broken.add(("V05", "", at))
    return broken


WHATS: list[What] = [
    "dangerous", "between", "clear", "clear", "clear-unfit", "crossed", "ruled-out", "attested", "attested",
    "lapsed", "start", "start", "end",
]  # fmt: skip


@st.composite
def entries(draw: st.DrawFn, *, sees_all: bool) -> Entry:
    """Generate an entry; acts are recorded when they are made, observations now or later."""
    what = draw(st.sampled_from(WHATS))
    event = draw(st.integers(0, LAST - 1))
    is_act = what in ("crossed", "ruled-out", "attested")
    delay = 0 if is_act else draw(st.sampled_from([0, 0, 0, 1, 2, 3, 9]))
    time = min(event + delay, LAST)
    seen = time if sees_all else draw(st.integers(max(0, time - 4), time))
    lost = draw(st.sampled_from([None, None, 0, 1, 2, 4, 6])) if what in SIGNED else None
    return Entry(
        what,
        event * MINUTE,
        time * MINUTE,
        seen * MINUTE,
        draw(st.sampled_from(["api", "web", ""] if what == "lapsed" else ["api", "web"])),
        draw(st.integers(0, 2)),
        NEVER if lost is None else min(time + lost, LAST) * MINUTE,
    )


def in_order(found: list[Entry]) -> History:
    """Sort by entry time; give each start a name of its own, since ends name one start."""
    history: History = []
    names: set[int] = set()
    for entry in sorted(found, key=lambda one: one.time):
        if entry.what == "start":
            if entry.name in names:
                continue
            names.add(entry.name)
        if entry not in history:
            history.append(entry)
    # An end that is recorded before its start names nothing that there is.
    started: set[int] = set()
    kept: History = []
    for entry in history:
        if entry.what == "start":
            started.add(entry.name)
        if entry.what != "end" or entry.name in started:
            kept.append(entry)
    return kept


def histories(*, sees_all: bool = False) -> st.SearchStrategy[History]:
    """Generate small histories."""
    return st.lists(entries(sees_all=sees_all), max_size=9).map(in_order)


@settings(max_examples=400, deadline=None)
@given(histories())
def test_spans_agree_with_the_definition_at_every_instant(history: History) -> None:
    broken, state = judged(history)
    assert {at: state(at) for at in GRID} == {at: threshold_state(history, TERMS, at) for at in GRID}
    assert broken == defined(history)


ADVERSE: list[What] = ["dangerous", "between", "lapsed", "start"]
OBSERVED = ("dangerous", "between", "clear", "lapsed", "start", "end")


@settings(max_examples=300, deadline=None)
@given(histories(sees_all=True), st.data())
def test_recording_late_never_helps(history: History, data: st.DataObject) -> None:
    observed = [at for at, entry in enumerate(history) if entry.what in OBSERVED]
    if not observed:
        return
    at = data.draw(st.sampled_from(observed))
    entry = history[at]
    time = min(entry.time + data.draw(st.integers(1, 12)) * MINUTE, END)
    delayed = sorted([*history[:at], replace(entry, time=time), *history[at + 1 :]], key=lambda one: one.time)
    # An end that would now come before its start names nothing: then more than one entry was changed.
    if in_order(delayed) == delayed:
        assert judged(history)[0] <= judged(delayed)[0]


@settings(max_examples=300, deadline=None)
@given(histories(sees_all=True), st.sampled_from(ADVERSE), st.data())
def test_an_adverse_fact_never_improves_anything(history: History, what: What, data: st.DataObject) -> None:
    event = data.draw(st.integers(0, LAST - 1)) * MINUTE
    surface = data.draw(st.sampled_from(["api", "web"]))
    fact = Entry(what, event, END, END, surface, 99)
    assert judged(history)[0] <= judged([*history, fact])[0]


@settings(max_examples=300, deadline=None)
@given(histories(sees_all=True), st.integers(0, LAST), st.data())
def test_a_compromised_key_never_improves_anything(history: History, after: int, data: st.DataObject) -> None:
    signed = [at for at, entry in enumerate(history) if entry.what in SIGNED]
    if signed:
        at = data.draw(st.sampled_from(signed))
        lost = min(history[at].time + after * MINUTE, history[at].lost)
        assert (
            judged(history)[0]
            <= judged([*history[:at], replace(history[at], lost=lost), *history[at + 1 :]])[0]
        )


@st.composite
def ledgers(draw: st.DrawFn) -> Story:
    """Generate a ledger in which much may go wrong and nothing is withheld."""
    story = Story()
    steps: list[Callable[[], object]] = [
        story.clear,
        lambda: story.result(60),
        lambda: story.result(80),
        lambda: story.determine("cbrn", "crossed"),
        lambda: story.determine("next", "ruled_out"),
        story.secure,
        story.filters,
        lambda: story.lapse("high-dep.filters"),
        story.deploy,
        story.start_deployment,
        story.train,
        story.checkpoint_of_training,
    ]
    for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=6)):
        step()
        story.advance(days=draw(st.sampled_from([0, 1, 40])))
    return story


@settings(max_examples=60, deadline=None)
@given(ledgers(), st.data())
def test_withholding_never_reaches_compliant(story: Story, data: st.DataObject) -> None:
    given_bodies = [index for index, body in enumerate(story.bodies) if body]
    withheld = data.draw(st.lists(st.sampled_from(given_bodies), min_size=1, unique=True))
    for index in withheld:
        story.bodies[index] = b""
    part = story.judge()
    assert part.verdict in ("violations", "indeterminate")
    assert {index for finding in part.findings for index in finding.entries} >= set(withheld)
