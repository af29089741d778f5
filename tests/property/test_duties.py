"""Duties against the definition at every instant, and the laws that no history may break."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import duties as reference
from tests.reference.duties import Entry, History, What, adverse
from tests.support.obliged import Obliged, policy_of
from tests.support.story import COMMIT, policy_with

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act, DeedContent, Facts, Happening, IncidentContent
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import FormContent, Observation
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

HOUR = 3_600_000
LAST = 40
END = LAST * HOUR
GRID = sorted({at * HOUR + off for at in range(LAST + 1) for off in (0, 1) if at * HOUR + off <= END})
MODEL, ORG, SNAPSHOT = "model:m", "org:o", "snapshot:s"
DISCLOSURES = ("summary", "notice", "news", "last", "card", "launch")
FIRST = reference.Version(0, 8 * HOUR, 2 * HOUR, 5 * HOUR, 6 * HOUR, 3 * HOUR, 4 * HOUR, 2 * HOUR)


def hours(ms: int) -> str:
    """Write a time as a policy does."""
    count = ms // HOUR
    return f"{count} hour{'' if count == 1 else 's'}"


def duties_of(version: reference.Version) -> dict[str, Any]:
    """Write a version's duties as a policy does."""
    news = {
        **COMMIT,
        "do": {"notice": "news"},
        "every": hours(version.news_every),
        "until": {"notice": "last"},
    }
    return {
        "summary": {
            **COMMIT,
            "when": {"every": hours(version.summary_every)},
            "do": {"publication": "summary"},
            "within": hours(version.summary_within),
        },
        "notice": {
            **COMMIT,
            "when": {"event": "incident", "class": "critical"},
            "from": "aware",
            "do": {"notice": "notice"},
            "to": "office",
            "within": hours(version.notice_within),
            "then": [news],
        },
        "card": {
            **COMMIT,
            "when": {"activity": "deploying it"},
            "do": {"publication": "card"},
            "before": "deploying it",
            "at_least": hours(version.card_before),
        },
        "launch": {
            **COMMIT,
            "when": {"activity": "deploying it"},
            "do": {"publication": "launch"},
            "within": hours(version.launch_within),
        },
    }


def judged_by(versions: reference.Versions) -> Versions:
    """Return versions of a policy as the judge has them."""
    found = []
    for number, version in enumerate(versions):
        keeps = {"transition": {"keep_until": "1 day"}, **COMMIT} if version.keeps else {}
        policy = parse_policy(
            policy_with(
                gates=[],
                baseline=[],
                thresholds={},
                standards={},
                effective_from="1970-01-01T00:00:00Z",
                record_rules={"late_after": hours(version.late_after)},
                amendment={"approved_by": "ceo", **keeps},
                duties=duties_of(version),
            )
        )
        found.append(Version(policy, "", 0, -1 + number, version.since, ()))
    return Versions(found)


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org=ORG)
    model = facts.model(MODEL)
    model.is_recorded = True
    at = {(one.what, one.name): index for index, one in enumerate(history)}
    for index, one in enumerate(history):
        if one.what == "incident":
            said = IncidentContent("critical", 0, min(one.event, one.time))
            found = Happening(index, one.time, one.event, "incident", (ORG,), "rso", True, said)
            facts.happenings.setdefault("incident", []).append(found)
        elif one.what in ("start", "end"):
            form = FormContent("external.general", "api", frozenset()) if one.what == "start" else None
            kind = "deployment-started" if form else "deployment-ended"
            of = at.get(("start", one.of), -1)
            model.add(
                "deployments",
                Observation(index, one.time, one.event, kind, SNAPSHOT, "rso", True, True, of, form),
            )
        else:
            refs = (at["incident", one.of],) if ("incident", one.of) in at else ()
            content = DeedContent(one.what, "office", refs, is_published=True)
            about = (MODEL,) if one.what in ("card", "launch") else (ORG,)
            act = Act(index, one.time, one.event, "disclosure", about, "rso", "rso", index, content)
            facts.deeds.setdefault("disclosure", []).append(act)
    return facts


def judged(history: History, versions: reference.Versions) -> set[tuple[str, int, int]]:
    """Return which duties the judge calls broken, for what, at which instants of the grid."""
    context = Context(facts_of(history), judged_by(versions), [])
    judge = Judge(context, END)
    broken = set()
    for world in (judge.organisation(), judge.world(context.facts.models[MODEL])):
        for finding in judge.judge(world):
            assert finding.level == "violation"
            key = finding.rule.removeprefix("duties.").replace("notice.then.0", "news")
            of = {"notice": "incident", "news": "incident", "launch": "start"}.get(key)
            named = [history[index].name for index in finding.entries if history[index].what == of]
            stop = END + 1 if finding.to_ms is None else finding.to_ms
            name = named[0] if of else -1
            broken |= {(key, name, at) for at in GRID if finding.from_ms <= at < stop}
    return broken


def defined(history: History, versions: reference.Versions) -> set[tuple[str, int, int]]:
    """Return the same by the definition."""
    return {(key, name, at) for at in GRID for key, name in reference.broken(history, versions, at)}


WHATS: list[What] = [
    "summary", "summary", "notice", "notice", "news", "news", "last", "card", "card", "launch", "incident",
    "incident", "start", "start", "end",
]  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a small history; disclosures and ends name what was recorded before them."""
    found: History = []
    for number in range(draw(st.integers(0, 9))):
        what = draw(st.sampled_from(WHATS))
        event = draw(st.integers(0, LAST - 1)) * HOUR
        time = min(event + draw(st.sampled_from([0, 0, 0, 1, 2, 3, 9])) * HOUR, END)
        found.append(Entry(what, event, time, draw(st.integers(0, 9)), number))
    return in_order(found)


def in_order(found: History) -> History:
    """Sort by entry time, and leave out what names something that was not recorded before it."""
    kept: History = []
    for one in sorted(found, key=lambda one: one.time):
        wanted = {"notice": "incident", "news": "incident", "last": "incident", "end": "start"}.get(one.what)
        if wanted is None:
            kept.append(replace(one, of=-1))
        elif any(other.what == wanted and other.name == one.of for other in kept):
            kept.append(one)
    return kept


@st.composite
def some_versions(draw: st.DrawFn) -> reference.Versions:
    """Generate one version, or two of which the second has other terms."""
    if draw(st.booleans()):
        return [FIRST]
    a, b, c, d, e, f = (draw(st.integers(1, 12)) * HOUR for _ in range(6))
    since = draw(st.integers(1, LAST - 1)) * HOUR
    return [FIRST, reference.Version(since, a, b, c, d, e, f, 2 * HOUR, draw(st.booleans()))]


@settings(max_examples=400, deadline=None)
@given(histories(), some_versions())
def test_duties_agree_with_the_definition_at_every_instant(
    history: History, versions: reference.Versions
) -> None:
    assert judged(history, versions) == defined(history, versions)


@settings(max_examples=200, deadline=None)
@given(histories(), st.data())
def test_recording_late_never_helps(history: History, data: st.DataObject) -> None:
    if not history:
        return
    at = data.draw(st.integers(0, len(history) - 1))
    time = min(history[at].time + data.draw(st.integers(1, 12)) * HOUR, END)
    delayed = sorted(
        [*history[:at], replace(history[at], time=time), *history[at + 1 :]], key=lambda one: one.time
    )
    if in_order(delayed) == delayed:
        assert judged(history, [FIRST]) <= judged(delayed, [FIRST])


@settings(max_examples=200, deadline=None)
@given(histories(), st.sampled_from(["incident", "start"]), st.integers(0, LAST - 1))
def test_an_adverse_fact_never_improves_anything(history: History, what: What, hour: int) -> None:
    fact = Entry(what, hour * HOUR, END, -1, 99)
    assert judged(history, [FIRST]) <= judged([*history, fact], [FIRST])


MEMBERS = ("summary_every", "summary_within", "notice_within", "launch_within")


@settings(max_examples=200, deadline=None)
@given(histories(), st.sampled_from(MEMBERS), st.integers(1, 3))
def test_a_stricter_policy_never_finds_less(history: History, member: str, less: int) -> None:
    stricter = replace(FIRST, **{member: max(HOUR, getattr(FIRST, member) - less * HOUR)})
    assert judged(history, [FIRST]) <= judged(history, [stricter])


@settings(max_examples=100, deadline=None)
@given(histories())
def test_an_amendment_gives_nobody_more_time(history: History) -> None:
    longer = replace(FIRST, since=9 * HOUR, notice_within=30 * HOUR, launch_within=30 * HOUR)
    old, new = judged(history, [FIRST]), judged(history, [FIRST, longer])
    begun = {one.name for one in history if one.what in ("incident", "start") and adverse(one) < 9 * HOUR}
    keys = ("notice", "launch")
    assert {one for one in old if one[0] in keys and one[1] in begun} == {
        one for one in new if one[0] in keys and one[1] in begun
    }


DOCUMENT = policy_of(
    notice={
        "when": {"event": "incident"}, "from": "aware", "do": {"notice": "incident"}, "within": "15 days",
        "then": [{**COMMIT, "do": {"notice": "news"}, "every": "4 weeks", "until": {"notice": "last"}}],
    },
    assess={"when": {"every": "1 month"}, "do": {"assessment": "whole"}, "within": "0 days"},
    card={
        "when": {"activity": "deploying it"}, "do": {"publication": "card"}, "before": "deploying it",
        "at_least": "2 days",
    },
)  # fmt: skip


STEPS = ("incident", "notice", "news", "last", "assess", "card", "start")


def tell(steps: list[tuple[str, int, int]]) -> tuple[Obliged, list[int]]:
    """Write a ledger in which duties are done, or not; returns it with the entries that do any."""
    story = Obliged(DOCUMENT)
    incidents: list[int] = []
    deeds: list[int] = []
    for step, number, days in steps:
        of = incidents[number % len(incidents)] if incidents else None
        match step:
            case "incident":
                incidents.append(story.incident())
            case "start":
                story.start_deployment()
            case "assess":
                deeds.append(story.assess("whole"))
            case "card":
                deeds.append(story.publish_text("card", about=story.m))
            case _:
                deeds.append(story.disclose({"notice": "incident"}.get(step, step), of=of))
        story.advance(days=days)
    return story, deeds


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.sampled_from([0, 1, 20])),
        min_size=1,
        max_size=7,
    ),
    st.integers(1, 127),
)
def test_withholding_what_was_done_helps_nobody(steps: list[tuple[str, int, int]], which: int) -> None:
    story, deeds = tell(steps)
    withheld = [index for number, index in enumerate(deeds) if which >> number & 1]
    if not withheld:
        return
    whole = {one.rule for one in story.judge().findings}
    for index in withheld:
        story.bodies[index] = b""
    part = story.judge()
    assert part.verdict in ("violations", "indeterminate")
    assert whole <= {one.rule for one in part.findings}
