"""Ledgers about one threshold: what results and determinations make of it. SPEC 9.1 to 9.6, V05 and V07.

The threshold `cbrn` needs the standard `high`, which is never in force, to deploy; so a deployment shows by
its violation whether and since when the threshold is treated as crossed.
"""

from typing import Any

from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import POLICY, RULE, Tree
from tests.vectors.families.story import Story, day, finding, lab, ledger, shared

TESTS = POLICY["tests"]
HIGH: Tree = {
    "high": {
        "criteria": {"strong": {"text": "It is.", "for_each": ["organisation"], "attested_by": "keeper"}}
    }
}
CBRN: Tree = {
    "domain": "cbrn",
    **RULE,
    "decided_by": "tests",
    "crossed_if_any_of": ["bio"],
    "until_assessed": "baseline",
    "if_not_ruled_out": "treat as crossed",
    "respond_within": {"time": "10 days", **RULE},
    "declared_by": {"all_of": ["rso", "ceo"]},
    "then": [{**RULE, "needs": ["high"], "while": ["deploying it"]}],
}


def begin(**changes: Any) -> Story:
    """Begin a story about the threshold, changed; bio is planned on day 1."""
    threshold = {name: value for name, value in {**CBRN, **changes}.items() if value is not None}
    story = lab(tests=TESTS, standards=HIGH, thresholds={"cbrn": threshold})
    story.plan()
    return story


PLAN = 19  # The entry of the plan: after the genesis, people (15), policy, its approval and the model.


def _v01(begins: float, end: float | None = None) -> dict[str, Any]:
    return finding("V01", begin=day(begins), end=None if end is None else day(end), because=[])


def _v05(begins: float, end: float | None = None) -> dict[str, Any]:
    return finding("V05", begin=day(begins), end=None if end is None else day(end))


def _case(name: str, spec: str, story: Story, *findings: Any, t: float) -> Vector:
    story.heartbeat(t)
    return ledger(name, spec, "violations" if findings else "compliant", story, *findings)


def _states() -> list[Vector]:
    """SPEC 9.3, 9.4, 9.6, 9.8."""
    found = []

    def case(
        name: str, spec: str, *said: Any, findings: Any = (), t: float = 5, start: float = 3, **changes: Any
    ) -> None:
        """`said` are days and what is recorded on them, in order; the deployment falls in at its day."""
        story = begin(**changes)
        deployed = False
        for when, k in said:
            if not deployed and when >= start:
                deployed = bool(story.on(start).deploy())
            story.on(when).result(k, PLAN)
        if not deployed:
            story.on(start).deploy()
        found.append(_case(name, spec, story, *findings, t=t))

    case("unassessed", "9.4 9.6")
    case("unassessed-is-crossed", "9.6", until_assessed="crossed", findings=[_v01(3)])
    case("ruled-out", "9.2 9.4", (2, 2), until_assessed="crossed")
    case("ruled-out-and-expired", "9.3 9.8", (2, 2), findings=[_v01(72)], t=80)
    case("dangerous", "9.3 9.8", (2, 8), findings=[_v01(3)])
    case("between", "9.3 9.4", (2, 6), findings=[_v01(3)])
    case("pending", "9.8", (5, 8), t=10)
    case("pending-and-over", "9.8 9.10", (5, 8), findings=[_v01(15), _v05(15)], t=20)
    case("a-start-is-never-pending", "9.8", (2, 8), findings=[_v01(3)], t=4)
    case("crossing-latches", "9.4", (2, 8), (4, 2), findings=[_v01(5)], start=5, t=8)
    case("between-stays-beside-clear", "9.3", (2, 6), (4, 2), findings=[_v01(5)], start=5, t=8)
    case("between-ages", "9.3", (2, 6), (60, 2), start=63, findings=[_v05(12, 62)], t=64)
    case(
        "pending-for-a-minute",
        "9.8",
        (5, 8),
        respond_within=RULE | {"time": "1 minute"},
        findings=[_v01(5 + 1 / 1440), _v05(5 + 1 / 1440)],
        t=10,
    )
    case("any-of-two-clear-and-none", "9.4", (2, 2), crossed_if_any_of=["bio", "cyber"], findings=[_v01(3)])
    case(
        "all-of-two-clear-and-none",
        "9.4",
        (2, 2),
        crossed_if_all_of=["bio", "cyber"],
        until_assessed="crossed",
        crossed_if_any_of=None,
    )
    case(
        "all-of-two-dangerous-and-none",
        "9.4",
        (2, 8),
        crossed_if_all_of=["bio", "cyber"],
        crossed_if_any_of=None,
        findings=[_v01(3)],
    )
    return found


def _ruling_out() -> list[Vector]:
    """SPEC 9.2: what a clear result must be like to rule out; without one the threshold counts as crossed."""
    found = []

    def case(name: str, holds: bool, spec: str = "9.2", k: int = 2, **changes: Any) -> None:
        story = begin(until_assessed="crossed")
        plan = changes.pop("plan", PLAN)
        story.on(2).result(k, plan, **changes)
        story.on(3).deploy()
        found.append(_case(name, spec, story, *([] if holds else [_v01(3)]), t=5))

    case("clear-as-asked", True)
    case("clear-with-more-samples", True, n=20)
    case("clear-of-too-few-samples", False, n=9)
    case("clear-of-too-few-scored-samples", False, samples=10, scored={"samples": 9, "sample_epochs": 9})
    case("clear-of-no-epochs", False, epochs=0)
    case("clear-of-another-variant", False, variant="as deployed")
    case("clear-by-another-role", False, actor="kim")
    case("clear-and-not-planned", False, plan=None)
    case("clear-with-a-limit", False, limit="5")
    case("clear-with-a-flag", False, flags=["figures-differ"])
    case("clear-with-another-flag", True, flags=["reducer-assumed"])
    case("clear-by-an-errored-run", False, "9.1", status="error")
    case("clear-by-a-cancelled-run", False, "9.1", status="cancelled")
    case("clear-of-another-version", False, "9.1", version="2")
    case("clear-of-another-task", False, "9.1", task="bio2")
    case("clear-by-another-scorer", False, "9.1", score={"scorer": "includes"})
    case("clear-by-another-metric", False, "9.1", score={"metric": "stderr"})
    case("clear-by-another-reducer", False, "9.1", score={"reducer": "max"})
    case("clear-of-another-model", False, "9.1", model="n")
    planned_late = lab(
        tests=TESTS, standards=HIGH, thresholds={"cbrn": {**CBRN, "until_assessed": "crossed"}}
    )
    plan = planned_late.on(2).plan()
    planned_late.result(2, plan)
    planned_late.on(3).deploy()
    found.append(_case("clear-and-planned-after-it-had-started", "9.2", planned_late, _v01(3), t=5))
    planned_then = lab(
        tests=TESTS, standards=HIGH, thresholds={"cbrn": {**CBRN, "until_assessed": "crossed"}}
    )
    plan = planned_then.on(2, ms=-60_000).plan()
    planned_then.on(2).result(2, plan)
    planned_then.on(3).deploy()
    found.append(_case("clear-and-planned-at-the-moment-it-started", "9.2", planned_then, _v01(3), t=5))
    other_plan = lab(tests=TESTS, standards=HIGH, thresholds={"cbrn": {**CBRN, "until_assessed": "crossed"}})
    plan = other_plan.plan(task="cyber")
    other_plan.on(2).result(2, plan)
    other_plan.on(3).deploy()
    found.append(_case("clear-and-planned-as-another-task", "9.2", other_plan, _v01(3), t=5))
    unfit: dict[str, dict[str, Any]] = {
        "dangerous-and-not-planned": {"plan": None},
        "dangerous-of-too-few-samples": {"n": 5},
        "dangerous-by-another-role": {"actor": "kim"},
        "dangerous-with-a-flag": {"flags": ["figures-differ"]},
    }
    for name, changes in unfit.items():
        story = begin()
        story.on(2).result(changes.get("n", 10), changes.pop("plan", PLAN), **changes)
        story.on(3).deploy()
        found.append(_case(name, "9.2", story, _v01(3), t=5))
    return found


def _determinations() -> list[Vector]:
    """SPEC 9.4, 9.5 and V05."""
    found = []

    def case(name: str, spec: str, story: Story, *findings: Any, t: float) -> None:
        found.append(_case(name, spec, story, *findings, t=t))

    def dangerous(**changes: Any) -> Story:
        story = begin(**changes)
        story.on(2).result(9, PLAN)
        return story

    case("undeclared", "9.10", dangerous(), _v05(12), t=20)
    case("not-yet-due", "9.10", dangerous(), t=11)
    undecided = begin()
    undecided.on(2).result(6, PLAN)
    case("undeclared-between", "9.10", undecided, _v05(12), t=20)
    declared = dangerous()
    declared.on(5).determine("crossed", "rso-1", "ceo-1")
    case("declared", "9.10 6.7", declared, t=20)
    alone = dangerous()
    alone.on(5).determine("crossed", "rso-1")
    case("declared-by-one-of-two", "6.7 9.10", alone, _v05(12), t=20)
    late = dangerous()
    late.on(15).determine("crossed", "rso-1", "ceo-1")
    case("declared-late", "9.10", late, _v05(12, 15), t=20)
    slow = dangerous()
    index = slow.on(5).determine("crossed", "rso-1")
    slow.on(15).approve(index, "ceo-1")
    case("declared-when-the-last-has-signed", "6.6 8.1", slow, _v05(12, 15), t=20)
    declared_only = begin()
    declared_only.on(2).determine("crossed", "rso-1", "ceo-1")
    declared_only.on(3).deploy()
    case("declared-without-a-result", "9.4", declared_only, _v01(3), t=5)
    cleared = dangerous()
    cleared.on(4).determine("ruled_out", "rso-1", "ceo-1")
    cleared.on(5).deploy()
    case("cleared", "9.4", cleared, t=20)
    silent = dangerous()
    silent.on(4).determine("ruled_out", "rso-1", "ceo-1", reasons="")
    silent.on(5).deploy()
    # Without reasons it has no effect, and is a breach of its own (V06).
    case("cleared-without-reasons", "9.4", silent, _v01(5), finding("V06", begin=day(4)), t=8)
    board = dangerous(cleared_by={"all_of": ["rso", "ceo", "keeper"]})
    board.on(4).determine("ruled_out", "rso-1", "ceo-1")
    board.on(5).deploy()
    case("cleared-by-fewer-than-asked", "9.4 6.7", board, _v01(5), t=8)
    again = dangerous()
    again.on(4).determine("ruled_out", "rso-1", "ceo-1")
    again.on(5).deploy()
    again.on(6).result(9, PLAN)
    case("cleared-and-found-again", "9.4", again, _v01(16), _v05(16), t=20)
    return found


def _people() -> list[Vector]:
    """SPEC 9.5."""
    found = []

    def case(
        name: str, story: Story, *findings: Any, start: float = 5, t: float = 8, spec: str = "9.5"
    ) -> None:
        story.on(start).deploy()
        found.append(_case(name, spec, story, *findings, t=t))

    people: Any = {"decided_by": "people", "crossed_if_any_of": None}
    case("people-have-not-decided", begin(**people))
    case("people-have-not-decided-and-must", begin(**people, until_assessed="crossed"), _v01(5))
    crossed = begin(**people)
    crossed.on(2).determine("crossed", "rso-1", "ceo-1")
    case("people-crossed", crossed, _v01(5))
    lifted = begin(**people)
    lifted.on(2).determine("crossed", "rso-1", "ceo-1")
    lifted.on(4).determine("ruled_out", "rso-1", "ceo-1")
    case("people-crossed-and-ruled-out", lifted)
    sunk = begin(**people)
    sunk.on(2).determine("ruled_out", "rso-1", "ceo-1")
    sunk.on(4).determine("crossed", "rso-1", "ceo-1")
    case("people-ruled-out-and-crossed", sunk, _v01(5))
    silent = begin(**people, until_assessed="crossed")
    silent.on(2).determine("ruled_out", "rso-1", "ceo-1", reasons="")
    case("people-without-reasons", silent, _v01(5))
    alone = begin(**people, until_assessed="crossed")
    alone.on(2).determine("ruled_out", "rso-1")
    case("people-without-quorum", alone, _v01(5), spec="9.5 6.7")
    shown = begin(**people)
    shown.on(2).result(9, PLAN)
    case("people-notwithstanding-a-result", shown)
    return found


def _next() -> list[Vector]:
    """V07."""
    found = []
    then = [{**RULE, "rule_out": "next", "before": "deploying it"}]
    following = {name: value for name, value in CBRN.items() if name != "crossed_if_any_of"}
    thresholds = {"cbrn": {**CBRN, "then": then}, "next": {**following, "decided_by": "people", "then": []}}
    for name, outcome, findings in (
        ("next-not-assessed", "", [finding("V07", begin=day(3), end=None)]),
        ("next-crossed", "crossed", [finding("V07", begin=day(3), end=None)]),
        ("next-ruled-out", "ruled_out", []),
    ):
        story = lab(tests=TESTS, standards=HIGH, thresholds=thresholds)
        story.plan()
        story.on(2).result(9, PLAN)
        if outcome:
            story.determine(outcome, "rso-1", "ceo-1", threshold="next")
        story.on(3).deploy()
        found.append(_case(name, "9.10", story, *findings, t=5))
    return found


def families() -> list[Family]:
    """List this module's families."""
    vectors = [*_states(), *_ruling_out(), *_determinations(), *_people(), *_next()]
    about = "Ledgers: results, determinations, and what they make of a threshold."
    return [Family("ledgers-thresholds", about, unique(vectors), shared())]
