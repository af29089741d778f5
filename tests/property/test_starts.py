"""Gates, and who is told of a start, against the definition at every instant, and their laws."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import starts as reference
from tests.reference.starts import APPROVERS, CONSULTED, TOLD, TOLD_AFTER, Decision, History, Step
from tests.support.story import COMMIT, policy_with
from tests.support.told import counted

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act, Facts, PermitContent, SignOffFact
from plimsoll_verify.judge import Judge
from plimsoll_verify.observed import FormContent, Observation
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

DAY = 86_400_000
LAST = 20
END = LAST * DAY
WITHIN, LATE_AFTER = 4, 2
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
MODEL, ORG = "model:m", "org:o"
Found = set[tuple[str, int, str, int]]
FIRST = 10
"""The name of the first start; permits have smaller ones."""


def version(**gate: Any) -> Version:
    """Return a version of a policy whose one gate tells whom it says."""
    for_all = {"for": "deploying it", "approved_by": {"all_of": list(APPROVERS)}}
    document = policy_with(
        gates=[{**COMMIT, **for_all, **gate}],
        thresholds={},
        baseline=[],
        effective_from="1970-01-01T00:00:00Z",
        record_rules={"late_after": f"{LATE_AFTER} days"},
        roles__lead={},
    )
    return Version(parse_policy(document), "", 0, -1, 0, ())


BEFORE = {"told_before": [TOLD], "consulted_before": [CONSULTED]}
AFTER = {"told_after": {"who": [TOLD_AFTER], "within": f"{WITHIN} days"}}
STRICT = version(**BEFORE, **AFTER)
LAXER = [version(), version(**BEFORE), version(**AFTER)]


def form_of(step: Step) -> FormContent:
    return FormContent(step.scope, step.surface, step.attributes)


def facts_of(history: History) -> Facts:
    """Write a history as the facts that the replay would have kept."""
    facts = Facts(org=ORG)
    model = facts.model(MODEL)
    model.is_recorded = True
    indexes = {step.name: at for at, step in enumerate(history) if step.what in ("permit", "start")}
    permits: dict[int, Act] = {}
    for at, step in enumerate(history):
        match step.what:
            case "permit":
                said = PermitContent(step.activity, step.scope, step.surface, step.attributes, step.expires)
                subjects = (MODEL, f"snapshot:{step.snapshot}")
                act = Act(at, step.time, step.event, "permit", subjects, "r", "release", at, said)
                permits[step.name] = act
                model.permits.append(act)
            case "sign":
                fact = SignOffFact(at, step.time, step.role, step.role, step.decision, at)
                if step.name in permits:
                    permits[step.name].sign_offs.append(fact)
                else:
                    facts.signed.setdefault(indexes[step.name], []).append(fact)
            case _:
                is_start = step.what == "start"
                model.add(
                    "deployments",
                    Observation(
                        at,
                        step.time,
                        step.event,
                        "deployment-started" if is_start else "deployment-ended",
                        f"snapshot:{step.snapshot}",
                        role="release",
                        is_reliable=True,
                        is_known=True,
                        of=-1 if is_start else indexes[step.name],
                        content=form_of(step) if is_start else None,
                    ),
                )
    return facts


def judged(history: History, under: Version = STRICT) -> Found:
    """Return what the judge finds at which instants of the grid."""
    context = Context(facts_of(history), Versions([under]), [])
    judge = Judge(context, END)
    found: Found = set()
    for finding in judge.judge(judge.world(context.facts.models[MODEL])):
        assert finding.level == "violation"
        (start,) = (
            history[at].name for at in finding.entries if at < len(history) and history[at].what == "start"
        )
        role = ""
        if finding.code == "V16":
            (role,) = re.findall(r"^(\w+) was not (?:told|consulted) about entry", finding.message)
        stop = END + 1 if finding.to_ms is None else finding.to_ms
        found |= {(finding.code, start, role, at) for at in GRID if finding.from_ms <= at < stop}
    return found


def defined(history: History) -> Found:
    return {
        (code, name, role, at)
        for at in GRID
        for code, name, role in reference.broken(history, WITHIN * DAY, LATE_AFTER * DAY, at)
    }


ALL = [*APPROVERS, TOLD, CONSULTED, TOLD_AFTER]
DECISIONS: list[Decision] = [
    "approve", "approve", "approve", "approve", "approve", "told", "consulted", "dissent", "recuse",
]  # fmt: skip


def _days(days: int) -> int:
    return min(days, LAST) * DAY


FORMS = st.tuples(
    st.sampled_from(["external.general"] * 4 + ["external.trusted"]),
    st.sampled_from(["api"] * 4 + ["web"]),
    st.sampled_from([frozenset(), frozenset(), frozenset({"tools"})]),
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate a history of permits, sign-offs, starts and ends, of which each names what was before it."""
    steps: list[tuple[int, Step]] = []

    def sign(name: int, since: int, roles: list[str], decisions: list[Decision]) -> None:
        for role in roles:
            at = _days(since + draw(st.sampled_from([0, 0, 1, 2, 4])))
            said = Step("sign", at, at, name, role=role, decision=draw(st.sampled_from(decisions)))
            # At one instant what is named comes first; a permit is signed before a start or after it.
            steps.append((draw(st.sampled_from([1, 3])) if name < FIRST else 3, said))

    for name in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, 6))
        scope, surface, attributes = draw(FORMS)
        permit = Step(
            "permit",
            _days(at),
            _days(at),
            name,
            activity=draw(st.sampled_from(["deploy"] * 5 + ["train"])),
            snapshot=draw(st.sampled_from(["s"] * 5 + ["other"])),
            expires=_days(at + draw(st.sampled_from([2, 4, 6, LAST]))),
            scope=scope,
            surface=surface,
            attributes=attributes,
        )
        steps.append((0, permit))
        sign(name, at, ALL if draw(st.booleans()) else [*APPROVERS], ["approve"])
        sign(name, at, draw(st.lists(st.sampled_from(ALL), max_size=3)), DECISIONS)
    for name in range(FIRST, FIRST + draw(st.integers(1, 2))):
        event = draw(st.integers(0, 12))
        permits = [step for _, step in steps if step.what == "permit"]
        is_like = draw(st.integers(0, 3)) > 0
        like = draw(st.sampled_from(permits)) if permits and is_like else None
        if like is not None:
            event = like.time // DAY + draw(st.sampled_from([0, 1, 2, 3, 4, 6]))
        time = event + draw(st.sampled_from([0, 0, 0, 1, 2, 3, 6]))
        form = draw(FORMS) if like is None else (like.scope, like.surface, like.attributes)
        scope, surface, attributes = form
        start = Step("start", _days(event), _days(time), name)
        steps.append((2, replace(start, scope=scope, surface=surface, attributes=attributes)))
        sign(name, time, draw(st.lists(st.sampled_from(ALL), max_size=2)), DECISIONS)
        if draw(st.booleans()):
            ended = draw(st.integers(event, LAST))
            late = max(ended + draw(st.sampled_from([0, 0, 1, 5])), time)
            steps.append((3, Step("end", _days(ended), _days(late), name)))
    return in_order([step for _, step in sorted(steps, key=lambda one: one[0])])


def in_order(steps: History) -> History:
    """Sort by entry time; what stands after another of the same time stays there."""
    return sorted(steps, key=lambda step: step.time)


@settings(max_examples=400)
@given(histories())
def test_starts_agree_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


@settings(max_examples=150)
@given(histories(), st.data())
def test_recording_late_never_helps(drawn: History, data: st.DataObject) -> None:
    """Neither of a start with what was signed about it, nor of an end."""
    history = [step for at, step in enumerate(drawn) if not is_after_at_once(drawn, at)]
    at = data.draw(st.sampled_from([at for at, step in enumerate(history) if step.what in ("start", "end")]))
    step = history[at]
    delay = data.draw(st.integers(1, 12)) * DAY
    own = step.name if step.what == "start" else None
    delayed = [
        replace(one, time=min(one.time + delay, END))
        if one is step or (one.name == own and one.what in ("end", "sign"))
        else one
        for one in history
    ]
    assert judged(history) <= judged(in_order(delayed))


def is_after_at_once(history: History, at: int) -> bool:
    """Whether a sign-off comes after a start that it would have to precede, in the same millisecond.

    Of what has one time only the index tells the order (SPEC 8.2), and a start that is recorded later has a
    larger one.
    """
    step = history[at]
    return step.what == "sign" and any(
        one.what == "start" and reference.adverse(one) == step.time for one in history[:at]
    )


@settings(max_examples=150)
@given(histories(), st.integers(0, 40))
def test_what_was_not_signed_never_helps(history: History, which: int) -> None:
    """To leave out a sign-off that withdraws nothing."""
    signs = [
        at
        for at, step in enumerate(history)
        if step.what == "sign" and step.decision in ("approve", "told", "consulted")
    ]
    if signs:
        at = signs[which % len(signs)]
        assert judged(history) <= judged([*history[:at], *history[at + 1 :]])


@settings(max_examples=150)
@given(histories())
def test_a_stricter_gate_never_finds_less(history: History) -> None:
    strict = judged(history)
    for laxer in LAXER:
        assert judged(history, laxer) <= strict


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Each way of a start to go is there among those that are tried."""
    seen: Counter[str] = Counter()

    @counted(300)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for start in (step for step in history if step.what == "start"):
            for code, role in (("V14", ""), *(("V16", role) for role in (TOLD, CONSULTED, TOLD_AFTER))):
                at = [instant for one in found for instant in one[3:] if one[:3] == (code, start.name, role)]
                seen[f"{code} {role}"] += bool(at)
                seen[f"not {code} {role}"] += not at
                seen[f"{role} for an instant"] += role in (TOLD, CONSULTED) and len(at) == 1
                seen[f"{role} late"] += len(at) > 1 and max(at) < END

    count()
    wanted = ["V14 ", "not V14 "]
    for role in (TOLD, CONSULTED, TOLD_AFTER):
        wanted += [f"V16 {role}", f"not V16 {role}", f"{role} late"]
    wanted += [f"{role} for an instant" for role in (TOLD, CONSULTED)]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)
