"""Permits, reports and determinations under lost keys, against the definition at every instant."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import lost_keys as reference
from tests.reference.lost_keys import History, Step, Terms
from tests.support.forge import Actor, time_text, vkey
from tests.support.story import COMMIT, WHO, policy_with
from tests.support.told import Told, counted, examples, without_dangling

DAY = 86_400_000
LAST = 18
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
KEYS = 3
Found = set[tuple[str, int, int]]
CODES = ("V01", "V05", "V08", "V14")
ANY_TWO = {"k_of": {"k": str(reference.NEEDED), "of": list(reference.ROLES)}}


def terms_of(*, decides: bool) -> Terms:
    """Return the terms of a policy, with and without a time in which to decide."""
    decide = 2 * DAY if decides else -1
    return Terms(respond_within=4 * DAY, decide_within=decide, renewed_every=9 * DAY, late_after=2 * DAY)


def document(*, decides: bool) -> dict[str, Any]:
    """Return the policy."""
    decide = {"decide_within": {"time": "2 days", **COMMIT}} if decides else {}
    found = policy_with(
        gates=[{**COMMIT, "for": "deploying it", "approved_by": ANY_TWO}],
        baseline=[],
        thresholds={
            "cbrn": {
                "domain": "cbrn", **COMMIT, "decided_by": "tests", "crossed_if_any_of": ["virology"],
                "until_assessed": "baseline", "if_not_ruled_out": "treat as crossed",
                "respond_within": {"time": "4 days", **COMMIT}, **decide,
                "declared_by": "rso", "cleared_by": ANY_TWO,
                "then": [{**COMMIT, "needs": ["high-sec"], "while": ["deploying it"]}],
            }
        },
    )  # fmt: skip
    found["standards"]["high-sec"] |= {"approved_by": ANY_TWO, "renewed": {"every": "9 days", **COMMIT}}
    return found


class Keys(Told):
    """A ledger in which those who sign have several keys from the beginning."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told)
        self.audit = self.attest("high-sec.audit", "audit", role="auditor")
        for role in reference.ROLES:
            for number in range(1, KEYS):
                actor = self.actor(role, number)
                proof = actor.proof(self.origin)
                body = {"person": actor.id, "vkey": vkey(actor.id, actor.public), "proof": proof}
                self.say("root", "key", [f"person:{actor.id}"], body)
        self.first = self.size

    def actor(self, role: str, number: int) -> Actor:
        """Return who holds a role, with one of their keys."""
        person = WHO[role]
        return Actor(person, self.secret(f"{person} {number}")) if number else self.person(person)


def told(history: History, *, decides: bool) -> Keys:
    """Tell a history as a ledger."""
    story = Keys(document(decides=decides))
    for place, step in enumerate(history):
        is_declared = step.what == "lose"
        more: dict[str, Any] = story.said(step.time, step.event, 0 if is_declared else step.unseen)
        of = story.index_of.get(step.of, -1)
        signed: dict[str, Any] = {"key": story.actor(step.role, step.key).key} if step.role else {}
        index = -1
        match step.what:
            case "result":
                story.result(80, **more)
            case "crossed":
                index = story.determine("cbrn", "crossed", step.role, **more, **signed)
            case "ruled":
                index = story.determine("cbrn", "ruled_out", step.role, **more, **signed)
            case "permit":
                index = story.permit(expires=time_text(story.began_ms + step.until))
            case "report":
                index = story.report("high-sec", [story.audit], about=story.m)
            case "sign":
                story.approve(of, step.role, **more, **signed)
            case "lose":
                actor = story.actor(step.role, step.key)
                since = story.first + max(0, place - step.unseen)
                body = {"person": actor.id, "keyid": actor.keyid, "since": since}
                story.say("root", "key-compromised", [f"person:{actor.id}"], body)
            case "start":
                index = story.start_deployment(**more)
            case _:
                story.end(of, **more)
        if step.name >= 0:
            story.index_of[step.name] = index
    return story


def judged(history: History, *, decides: bool) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history, decides=decides)
    starts = {step.name for step in history if step.what == "start"}
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code in CODES:
            assert finding.level == "violation"
            name = -1
            if finding.code == "V14":
                (name,) = story.names(finding) & starts
            found |= {(finding.code, name, at) for at in GRID if story.covers(finding, at)}
    return found


def defined(history: History, *, decides: bool) -> Found:
    terms = terms_of(decides=decides)
    return {(*one, at) for at in GRID for one in reference.broken(history, terms, at, GRID)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate acts with signatures under them, and what was signed with which keys is lost."""
    few, days = st.sampled_from([0, 0, 1, 1, 2, 4]), st.integers(1, 8)
    roles, keys = st.sampled_from(reference.ROLES), st.sampled_from([0, 0, 0, 1, 2])
    unseen = st.sampled_from([0, 0, 0, 0, 1, 2, 5])
    steps: list[Step] = []
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        event = draw(days)
        steps.append(Step("result", day(event), day(event + draw(st.sampled_from([0, 0, 1, 3])))))
    kinds = st.sampled_from(["permit", "permit", "report", "report", "ruled", "ruled", "crossed"])
    for name in range(draw(st.integers(1, 3))):
        what, at = draw(kinds), draw(days)
        said: dict[str, Any] = {"name": name}
        if what in ("ruled", "crossed"):
            said |= {"unseen": draw(unseen), "key": draw(keys)}
            said |= {"role": "rso" if what == "crossed" else draw(roles)}
        if what == "permit":
            said["until"] = day(at + draw(st.sampled_from([4, LAST, LAST])))
        steps.append(Step(what, day(at), day(at), **said))
        for role in draw(st.permutations(reference.ROLES))[: draw(st.sampled_from([1, 2, 2, 2, 3]))]:
            signed = day(at + draw(few))
            steps.append(Step("sign", signed, signed, draw(unseen), of=name, role=role, key=draw(keys)))
        for _ in range(draw(st.sampled_from([0, 0, 1, 2, 3]))):
            signed = day(at + draw(st.integers(1, 9)))
            again = draw(st.sampled_from([0, 1, 1, 2, 2]))
            steps.append(Step("sign", signed, signed, draw(unseen), of=name, role=draw(roles), key=again))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3]))):
        at = day(draw(days) + draw(st.sampled_from([0, 2, 5])))
        since = draw(st.sampled_from([1, 2, 4, 20, 20]))
        steps.append(Step("lose", at, at, since, role=draw(roles), key=draw(st.sampled_from([0, 0, 0, 1]))))
    if draw(st.booleans()):
        steps += draw(scenes())
    for name in range(10, 10 + draw(st.integers(1, 2))):
        event = draw(days) + draw(st.sampled_from([0, 3]))
        time = event + draw(st.sampled_from([0, 0, 0, 1, 3, 5]))
        steps.append(Step("start", day(event), day(time), name=name))
        if draw(st.integers(0, 3)) == 0:
            ended = day(event + draw(st.integers(0, 8)))
            steps.append(Step("end", ended, max(day(time), ended), of=name))
    return in_order(steps)


@st.composite
def scenes(draw: st.DrawFn) -> History:
    """Generate an act that is complete, on which something rests when a key under it is lost."""
    what = draw(st.sampled_from(["permit", "permit", "report", "ruled"]))
    at, name = draw(st.integers(2, 4)), 5
    said: dict[str, Any] = {"role": "board"} if what == "ruled" else {"until": END}
    steps = [Step("result", day(1), day(1)), Step("start", day(at), day(at), name=12)]
    steps.append(Step(what, day(at), day(at), name=name, **said))
    steps += [Step("sign", day(at), day(at), of=name, role=role) for role in ("rso", "ceo")]
    key = 0
    for role in draw(st.lists(st.sampled_from(["ceo", "rso"]), min_size=1, max_size=3)):
        at += draw(st.integers(1, 5))
        steps.append(Step("lose", day(at), day(at), 20, role=role, key=key))
        key = draw(st.sampled_from([1, 2]))
        signed = day(at + draw(st.sampled_from([0, 1, 3, 6])))
        steps.append(Step("sign", signed, signed, of=name, role=role, key=key))
    return steps


def in_order(steps: History) -> History:
    """Sort by entry time, what is named before what names it; what names nothing yet is left out."""
    rank = {"sign": 1, "end": 1}
    ordered = sorted(dict.fromkeys(steps), key=lambda step: (step.time, rank.get(step.what, 0)))
    return without_dangling(ordered)


@settings(max_examples=examples(120))
@given(histories(), st.booleans())
def test_lost_keys_agree_with_the_definition_at_every_instant(history: History, decides: bool) -> None:
    assert judged(history, decides=decides) == defined(history, decides=decides)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Acts of each kind lose their signatures, are signed again, and that shows in what is found."""
    seen: Counter[str] = Counter()

    @counted(350)
    @given(histories(), st.booleans())
    def count(history: History, decides: bool) -> None:
        # The definition takes its time; what was reached five times need not be looked for any more.
        if any(seen[code] < 5 for code in CODES):
            seen.update({one[0] for one in defined(history, decides=decides)})
        terms = terms_of(decides=decides)
        for act in history:
            ended = reference.completions(history, act) if act.what in ("permit", "report", "ruled") else []
            if ended and not reference.stands(history, act, ended[0], END):
                seen[f"{act.what} lost"] += 1
                if any(reference.stands(history, act, last, END) for last in ended):
                    seen[f"{act.what} signed again"] += 1
                passed = [
                    last
                    for last in ended
                    if not reference.stands(history, act, last, END)
                    and reference.stands(history, act, last, last.time)
                ]
                seen["lost twice"] += len(passed) > 1
        for start in reference.acts(history, "start") if seen["time to sign again"] < 5 else ():
            seen["time to sign again"] += any(
                reference.is_treated(history, t)
                and not reference.in_force(history, terms, t)
                and reference.is_spared(history, terms, start, t)
                for t in GRID[::2]
            )
        for act in reference.acts(history, "crossed"):
            seen["crossing by a lost key"] += reference.lost(history, act) < END

    count()
    wanted = [
        "V01", "V05", "V08", "V14", "permit lost", "report lost", "ruled lost", "permit signed again",
        "report signed again", "ruled signed again", "lost twice", "time to sign again",
        "crossing by a lost key",
    ]  # fmt: skip
    assert [word for word in wanted if seen[word] < 5] == []


@settings(max_examples=examples(60))
@given(histories(), st.booleans())
def test_a_lost_key_improves_nothing(history: History, decides: bool) -> None:
    """The declarations stay where they are, since they void; only what they are about was signed before."""
    kept = [replace(step, unseen=0) if step.what == "lose" else step for step in history]
    assert judged(kept, decides=decides) <= judged(history, decides=decides)
