"""What relaxed policies would have forbidden, rule by rule, against the definition at every instant."""

import re
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import relaxed as reference
from tests.reference.relaxed import DAY, PART, RULES, History, Step, Version
from tests.support.forge import time_text
from tests.support.story import COMMIT, PEOPLE, policy_with
from tests.support.told import Told, counted, examples

LAST = 40
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (-1, 0, 1) if at * DAY + off <= END})
Story = tuple[History, list[Version]]
Found = set[tuple[int, str, str, str, int]]


def document(version: Version, number: int, **more: Any) -> dict[str, Any]:
    """Write a version as a policy."""

    def those(**said: Any) -> list[Any]:
        return [{**COMMIT, **rule} for name, rule in said.items() if name.replace("_", "-") in version.rules]

    gate = {**COMMIT, "for": "deploying it", "approved_by": "rso"}
    within = {"respond_within": ("respond", "3 days"), "decide_within": ("decide", "5 days")}
    amendment: dict[str, Any] = {**COMMIT, "approved_by": "ceo"}
    amendment["force"] = "commitment" if version.is_bound else "aim"
    if version.forbidden_within:
        days = version.forbidden_within // DAY
        amendment["weakening"] = {"approved_by": "ceo", "forbidden_within": f"{days} days"}
    duties = {
        "notice": {
            "when": {"event": "incident"}, "from": "aware", "do": {"notice": "incident"}, "within": "3 days",
        },
        "card": {
            "when": {"activity": "deploying it"}, "do": {"publication": "card"}, "before": "deploying it",
        },
    }  # fmt: skip
    record: dict[str, Any] = {"late_after": "2 days"}
    record |= {"heartbeat": {"every": "4 days"}} if "beat" in version.rules else {}
    if "look" in version.rules:
        looking = {"every": "400 days", "by": "keeper", "of": ["api"], "tolerance": "1 minute"}
        record["inventory"] = looking
    criterion = {"text": "Shown.", "for_each": ["organisation"], "attested_by": "security"}
    halt = {"if_needed": {**COMMIT, "halt": ["training"], "of": "it"}}
    changed = policy_with(
        version=str(number),
        roles={**policy_with()["roles"], "keeper": {}},
        baseline=[
            *those(
                forbid={"forbid": "training it"},
                guard={"needs": ["guard"], "while": ["training it"]},
                safe={"needs": ["safe"], "while": ["training it"]},
                rule_out={"rule_out": "x", "before": "deploying it"},
            ),
            # What halts has to be needed by a rule; this one itself is but an aim.
            {**COMMIT, "force": "aim", "needs": ["top"], "while": ["storing it"]},
        ],
        standards={
            "guard": {"criteria": {"shown": criterion}},
            "safe": {"criteria": {"shown": criterion}},
            "top": {"status": "undefined", **(halt if "top" in version.rules else {})},
        },
        thresholds={
            "x": {
                "domain": "x", **COMMIT, "decided_by": "tests", "crossed_if_any_of": ["virology"],
                "until_assessed": "baseline", "if_not_ruled_out": "treat as crossed", "declared_by": "rso",
                **{
                    key: {**COMMIT, "time": time}
                    for key, (rule, time) in within.items()
                    if rule in version.rules
                },
                "then": [],
            }
        },
        gates=[{**gate, "told_before": ["board"]} if "told" in version.rules else gate],
        amendment=amendment,
        duties={name: {**COMMIT, **one} for name, one in duties.items() if name in version.rules},
        record_rules=record,
        **more,
    )  # fmt: skip
    if not changed["duties"]:
        del changed["duties"]
    return changed


def told(history: History, versions: list[Version]) -> Told:
    """Tell a history as a ledger."""
    story = Told(document(versions[0], 0), {**PEOPLE, "kee": ["keeper"]})
    for step in history:
        story.said(step.time)
        index = record(story, step, versions)
        if step.name >= 0 and step.what != "amend":
            story.index_of[step.name] = index
    return story


def record(story: Told, step: Step, versions: list[Version]) -> int:
    """Record a step; returns its entry."""
    of = story.index_of.get(step.of, -1)
    expires = time_text(story.began_ms + 2 * END)
    org = [story.org()]
    says: dict[str, tuple[str, str, list[str], dict[str, Any]]] = {
        "notice": ("rso", "disclosure", org, {"type": "incident", "to": "office", "of": story.ref(of)}),
        "card": ("rso", "disclosure", [story.m], {
            "type": "card", "to": "all", "published": {"url": "https://a.example"},
        }),
        "beat": ("rso", "heartbeat", org, {}),
        "incident": ("rso", "incident", org, {"class": "c", "occurred": story.now(), "aware": story.now()}),
        "train": ("release", "training-started", [story.m], {}),
        "stop": ("release", "training-stopped", [story.m], {"of": story.ref(of)}),
    }  # fmt: skip
    match step.what:
        case "amend":
            since = time_text(story.began_ms + versions[step.name].effective)
            changed = document(versions[step.name], step.name, effective_from=since)
            index = story.adopt(changed, kind="policy-amendment", by=("ceo",))
        case "start":
            # A permit is for one surface: each deployment has its own.
            story.permit("rso", surface=f"s{step.name}", expires=expires)
            index = story.start_deployment(surface=f"s{step.name}")
        case "told":
            permit = story.permit("rso", surface=f"s{step.of}", expires=expires)
            index = story.sign_off(permit, "board-1", "board", decision="told")
        case "end":
            index = story.end(of)
        case "attested":
            index = story.attest(f"{step.standard}.shown", "document")
        case "lapsed":
            index = story.lapse(f"{step.standard}.shown")
        case "result":
            index = story.result(80)
        case "crossed":
            index = story.determine("x", "crossed", "rso")
        case "look":
            seen = [{"model": story.m}] if step.is_seen else []
            body = {"surface": "api", "at": story.now(), "running": seen}
            index = story.say("keeper", "inventory", org, body, who="kee")
        case _:
            role, kind, subjects, body = says[step.what]
            index = story.say(role, kind, subjects, body)
    return index


TOLD = {
    "forbid": ", which clause 1 forbids", "guard": " while guard was ", "safe": " while safe was ",
    "top": " although top was needed ", "rule-out": " while x was not ruled out",
    "respond": " were not answered ", "decide": " nobody determined the outcome ",
    "told": "board was not told ", "notice": "notice incident", "card": "publication card",
    "beat": "There was no heartbeat ", "look": "The inventory of entry ",
}  # fmt: skip


def judged(history: History, versions: list[Version]) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history, versions)
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code == "V19":
            said = re.match(r"Version (\d+) of .* By version \d+: (.*)", finding.message)
            assert said
            (rule,) = [one for one, words in TOLD.items() if words in said[2]]
            names = story.names(finding) if rule in ("told", "notice") else ()
            by = "".join(map(str, sorted(names)))
            found |= {(int(said[1]), rule, by, finding.level, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History, versions: list[Version]) -> Found:
    return {(*one, at) for at in GRID for one in reference.relaxed(history, versions, at)}


DAYS = st.one_of(st.integers(0, 16), st.integers(0, LAST - 2))


@st.composite
def activities(draw: st.DrawFn, name: int) -> list[Step]:
    """Generate training, or a deployment that the role may be told of, and its end."""
    what, at = draw(st.sampled_from(["train", "start"])), draw(DAYS)
    found = [Step(what, at * DAY, name)]
    if what == "start" and draw(st.integers(0, 2)) == 0:
        when = max(0, at + draw(st.sampled_from([-1, 0, 2, 6])))
        found.append(Step("told", when * DAY, of=name))
    if draw(st.booleans()):
        stop = min(at + draw(st.sampled_from([0, 2, 6, 15])), LAST)
        found.append(Step("end" if what == "start" else "stop", stop * DAY, of=name))
    return found


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Generate a strict policy, how it is relaxed, and what happens meanwhile."""
    within = draw(st.sampled_from([0, 8, 8, 16])) * DAY
    some = st.frozensets(st.sampled_from(RULES), min_size=3)
    versions = [Version(0, draw(some), within, draw(st.integers(0, 2)) > 0)]
    steps: list[tuple[int, int, Step]] = []
    for name, at in enumerate(sorted(draw(st.lists(st.integers(1, 14), min_size=1, max_size=2))), 1):
        rules = versions[-1].rules
        gone = draw(st.frozensets(st.sampled_from(sorted(rules)), max_size=4)) if rules else frozenset()
        new = draw(st.sampled_from([frozenset(), frozenset(), versions[0].rules, frozenset(RULES)]))
        changed = (rules - gone) | (
            draw(st.frozensets(st.sampled_from(sorted(new)), max_size=2)) if new else new
        )
        effective = (at + draw(st.sampled_from([0, 0, 0, 6]))) * DAY
        after = draw(st.sampled_from([within, within, within, 0, 5 * DAY]))
        versions.append(Version(effective, changed, after, versions[0].is_bound))
        steps.append((at * DAY, name, Step("amend", at * DAY, name)))
    said: list[Step] = []
    for name in range(draw(st.integers(1, 3))):
        said += draw(activities(name))
    for name in range(10, 10 + draw(st.integers(0, 2))):
        at = draw(DAYS)
        said.append(Step("incident", at * DAY, name))
        if draw(st.booleans()):
            when = min(at + draw(st.sampled_from([0, 2, 4, 9])), LAST)
            said.append(Step("notice", when * DAY, of=name))
    for name in range(20, 20 + draw(st.integers(0, 3))):
        said.append(Step("look", draw(DAYS) * DAY, name, is_seen=draw(st.integers(0, 2)) > 0))
    for what in draw(st.lists(st.sampled_from(["attested", "attested", "lapsed"]), max_size=4)):
        said.append(Step(what, draw(DAYS) * DAY, standard=draw(st.sampled_from(["guard", "safe"]))))
    for what in ("result", "crossed", "card", "beat", "beat", "beat"):
        said += [Step(what, at * DAY) for at in draw(st.lists(DAYS, max_size=1))]
    ranks = {
        "start": 2,
        "train": 2,
        "incident": 2,
        "end": 3,
        "stop": 3,
        "notice": 3,
        "told": draw(st.sampled_from([1, 3])),
    }
    steps += [(one.time, ranks.get(one.what, draw(st.sampled_from([0, 9]))), one) for one in said]
    return [step for _, _, step in sorted(steps, key=lambda one: one[:2])], versions


@settings(max_examples=examples(150))
@given(stories())
def test_what_was_relaxed_agrees_with_the_definition_at_every_instant(story: Story) -> None:
    assert judged(*story) == defined(*story)


def test_the_generated_stories_hold_what_they_are_about() -> None:
    """Every rule that is relaxed is found and is not, at each level, and is kept and broken still."""
    seen: Counter[str] = Counter()

    @counted(350)
    @given(stories())
    def count(story: Story) -> None:
        history, versions = story
        found = defined(history, versions)
        now = reference.Held(history, versions, len(versions))
        still = {rule for at in GRID for rule, _ in reference.broken(now, at)}
        for rule in RULES:
            mine = [one for one in found if one[1] == rule]
            seen[rule] += bool(mine)
            seen[f"{rule}, ended"] += bool(mine) and max(one[4] for one in mine) < END
            seen[f"{rule} still"] += rule in still
        for level in ("violation", "indeterminate", "finding"):
            seen[level] += any(one[3] == level for one in found)
        seen["a silence that is forbidden"] += any(one[1:4:2] == ("beat", "indeterminate") for one in found)
        seen["nothing"] += not found
        seen["second"] += any(one[0] == 2 for one in found)

    count()
    wanted = [*RULES, *(f"{rule}, ended" for rule in RULES), *(f"{rule} still" for rule in RULES)]
    wanted += ["violation", "indeterminate", "finding", "nothing", "second", "a silence that is forbidden"]
    assert [(word, seen[word]) for word in wanted if seen[word] < 5] == []


RELIEF = ("attested", "card", "beat", "notice", "told", "crossed", "end", "stop")


@settings(max_examples=examples(60))
@given(stories())
def test_to_do_less_of_what_is_asked_for_never_finds_less(story: Story) -> None:
    """What breaks an older version or the one in force is broken for as long, or longer, without relief."""
    history, versions = story
    worse = [step for step in history if step.what not in RELIEF]
    assert against(history, versions) <= against(worse, versions)


def against(history: History, versions: list[Version]) -> set[tuple[str, int]]:
    """Return the rules, and the instants of the grid at which one of either version is broken."""
    found: set[tuple[str, int]] = set()
    story = told(history, versions)
    for finding in story.judged(END).findings:
        if finding.code in ("V19", *(code for code, _ in PART.values())):
            rules = [one for one, words in TOLD.items() if words in finding.message]
            found |= {(rule, at) for rule in rules for at in GRID if story.covers(finding, at)}
    return found
