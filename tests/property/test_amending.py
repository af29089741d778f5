"""How amendments come about against the definition at every instant, and the laws that hold for it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import amending as reference
from tests.reference.amending import History, Rules, Step, What
from tests.support.story import POLICY as DOCUMENT

from plimsoll_verify.acts import Voids
from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act, DeedContent, Facts, PolicyContent, SignOffFact
from plimsoll_verify.policy.amending import Amendment
from plimsoll_verify.policy.grammar import Period, Quorum
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.procedure import find_unprocedural
from plimsoll_verify.versions import find_versions

HOUR = 3_600_000
LAST = 24
END = LAST * HOUR
GRID = sorted({at * HOUR + off for at in range(LAST + 1) for off in (0, 1) if at * HOUR + off <= END})
LATE_AFTER = 3 * HOUR
POLICY = replace(parse_policy(DOCUMENT), late_after=Period("3 hours", ms=LATE_AFTER))
SUBJECT = f"policy:{POLICY.id}"
WORDS = {"consulted": "consulted", "published": "published", "notice": "notice of"}


def policy_of(rules: Rules, number: int) -> Policy:
    """Return a version, which the board approves."""
    board = Quorum(1, ("board",))
    amendment = Amendment(
        board,
        Promise("1", "commitment"),
        consulted=("rso",) if rules.consults else (),
        published=rules.publishes,
        notice=Period(f"{rules.notice} ms", ms=rules.notice) if rules.notice else None,
    )
    return replace(
        POLICY, version=str(number), effective_ms=rules.effective, amendment=amendment, amended_by=board
    )


def facts_of(history: History, rules: list[Rules]) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org="org:o")
    first = PolicyContent(policy_of(rules[0], 0), "0")
    acts = {0: Act(0, 0, 0, "policy", (SUBJECT,), "root-1", "root", 0, first, "0", is_claim=True)}
    for index, step in enumerate(history, 1):
        match step.what:
            case "propose":
                content = PolicyContent(policy_of(rules[step.version], step.version), str(step.version))
                acts[step.version] = Act(
                    index, step.time, step.event, "policy-amendment", (SUBJECT,), "root-1", "root", index,
                    content, str(step.version),
                )  # fmt: skip
            case "publish":
                said = DeedContent("policy", "everybody", (), True, str(step.version))
                found = Act(index, step.time, step.event, "disclosure", ("org:o",), "eva", "rso", index, said)
                facts.deeds.setdefault("disclosure", []).append(found)
            case _:
                who, decision = ("board", "approve") if step.what == "approve" else ("rso", "consulted")
                signed = SignOffFact(index, step.time, f"{who}-1", who, decision, index)
                acts[step.version].sign_offs.append(signed)
    facts.acts = {act.index: act for act in acts.values()}
    facts.policies[POLICY.id] = list(facts.acts.values())
    return facts


def judged(history: History, rules: list[Rules]) -> set[tuple[int, str, int]]:
    """Return what is found of which version at which instants of the grid."""
    facts, voids = facts_of(history, rules), Voids([])
    (versions,) = find_versions(facts, voids, 1)
    found = set()
    for finding in find_unprocedural(Context(facts, versions, []), voids, END):
        assert (finding.code, finding.level) == ("V20", "violation")
        number = int(finding.message.split()[1])
        (what,) = (name for name, words in WORDS.items() if words in finding.message)
        if what == "notice":
            what = f"notice {finding.message.split(' of ')[2].split()[0]}"
        stop = END + 1 if finding.to_ms is None else finding.to_ms
        assert finding.from_ms < stop
        found |= {(number, what, at) for at in GRID if finding.from_ms <= at < stop}
    return found


def defined(history: History, rules: list[Rules]) -> set[tuple[int, str, int]]:
    return {(*one, at) for at in GRID for one in reference.broken(history, rules, at, LATE_AFTER)}


@st.composite
def stories(draw: st.DrawFn) -> tuple[History, list[Rules]]:
    """Generate some versions and how they came about; a version is proposed before anything else of it."""
    rules, steps = [], []
    for version in range(draw(st.integers(2, 4))):
        effective = draw(st.sampled_from([0, 0, *range(2, LAST, 3)])) * HOUR if version else 0
        notice = draw(st.sampled_from([0, 0, 4 * HOUR, 9 * HOUR]))
        rules.append(Rules(effective, notice, draw(st.booleans()), draw(st.booleans())))
        kinds: list[What] = ["consult", "approve", "publish"]
        proposed = draw(st.integers(1, LAST)) * HOUR
        if version:
            steps.append((proposed, 0, Step("propose", version, proposed, proposed)))
            for what in kinds:
                if what == "approve" or draw(st.booleans()):
                    time = min(proposed + draw(st.sampled_from([0, 0, 1, 2, 3, 5, 9])) * HOUR, END)
                    event = time - draw(st.sampled_from([0, 0, 2, 5])) * HOUR if what == "publish" else time
                    rank = draw(st.integers(1, 3))
                    steps.append((time, rank, Step(what, version, time, max(0, event))))
    return in_order(steps), rules


def in_order(steps: list[tuple[int, int, Step]]) -> History:
    return [step for _, _, step in sorted(steps, key=lambda one: one[:2])]


@settings(max_examples=500, deadline=None)
@given(stories())
def test_amendments_agree_with_the_definition_at_every_instant(story: tuple[History, list[Rules]]) -> None:
    assert judged(*story) == defined(*story)


@settings(max_examples=200, deadline=None)
@given(stories(), st.data())
def test_to_consult_or_publish_late_or_not_at_all_never_helps(
    story: tuple[History, list[Rules]], data: st.DataObject
) -> None:
    history, rules = story
    may = [at for at, step in enumerate(history) if step.what in ("consult", "publish")]
    if may:
        at = data.draw(st.sampled_from(may))
        time = min(history[at].time + data.draw(st.integers(1, 12)) * HOUR, END)
        rest = [*history[:at], *history[at + 1 :]]
        late = sorted([*rest, replace(history[at], time=time)], key=lambda step: step.time)
        assert judged(history, rules) <= judged(late, rules) <= judged(rest, rules)
