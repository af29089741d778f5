"""Ledgers of several models; of groups of tests, limits that are scores, measurements, plans, evidence.

SPEC 9.1, 9.4, 9.6, 9.8 to 9.12. The threshold `cbrn` needs the standard `high`, which is never in force, to
deploy. Unless said otherwise `m` is registered on day 1, and the verdict is of day 10.
"""

from typing import Any

from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import POLICY, RULE, Tree
from tests.vectors.families.ledgers_thresholds import CBRN, HIGH
from tests.vectors.families.story import Story, day, finding, lab, ledger, shared

BIO: Tree = {key: value for key, value in POLICY["tests"]["bio"].items() if key != "needs"}
ALONE: Tree = {key: value for key, value in CBRN.items() if key != "respond_within"}
OTHER = Story().model("old").removeprefix("model:")
LINEAGE: Tree = {**RULE, "inherit": ["fine-tune", "merge"], "assess_again_from": "1/4"}


def begin(threshold: Tree | None = None, **parts: Any) -> Story:
    """Begin a story about the threshold, which nobody has time to respond to."""
    changed = {**ALONE, **(threshold or {})}
    thresholds = {"cbrn": {name: value for name, value in changed.items() if value is not None}}
    return lab(**{"tests": {"bio": BIO}, "standards": HIGH, "thresholds": thresholds, **parts})


def born(story: Story, label: str, *parents: tuple[str, str], flop: str = "") -> int:
    """Register a model that was made from others."""
    body: Tree = {"name": label}
    if parents:
        body["parents"] = [{"model": story.model(name), "relation": relation} for name, relation in parents]
    if flop:
        body["compute"] = {"flop": flop}
    return story.say("rel", "model-registered", [story.model(label)], body)


def carry(story: Story, model: str, source: str, *signers: str, reasons: str = "As it was.") -> int:
    """Say that a model is like another one."""
    body = {"from": story.model(source), "reasons": reasons}
    index = story.say(signers[0], "carried-over", [story.model(model)], body)
    story.approve(index, *signers[1:])
    return index


def _v01(begins: float, end: float | None = None, *because: str) -> dict[str, Any]:
    return finding("V01", begin=day(begins), end=None if end is None else day(end), because=list(because))


def _case(name: str, spec: str, story: Story, *findings: Any, t: float = 10, verdict: str = "") -> Vector:
    story.heartbeat(t)
    return ledger(name, spec, verdict or ("violations" if findings else "compliant"), story, *findings)


def _groups() -> list[Vector]:
    """SPEC 9.4: some number of tests, in groups; 9.1: limits that are scores of another model."""
    names = ("bio", "chem", "radio")
    tests = {name: {**BIO, "task": {**BIO["task"], "name": name}} for name in names}
    some = {"crossed_if_any_of": None, "crossed_if_k_of": {"k": "2", "of": list(names)}}
    nested = {
        "crossed_if_any_of": None,
        "crossed_if_all_of": ["bio", {"any_of": ["chem", {"all_of": ["radio"]}]}],
    }
    found = []
    for name, group, figures, findings in (
        ("one-of-three-dangerous-two-clear", some, (9, 1, 1), []),
        ("two-of-three-dangerous", some, (9, 9, 1), [_v01(3)]),
        ("two-of-three-one-missing", some, (9, 1), [_v01(3)]),
        ("nested-crossed", nested, (9, 1, 9), [_v01(3)]),
        ("nested-ruled-out", nested, (1, 9, 9), []),
        ("nested-open", nested, (9, 1, 6), [_v01(3)]),
    ):
        story = begin(group, tests=tests)
        for task, k in zip(names, figures, strict=False):
            story.on(2).result(k, None, task=task)
        story.on(3).deploy()
        found.append(_case(name, "9.4 9.6", story, *findings))
    limit = {"score_of": OTHER}
    compared = {
        "bio": {
            **BIO,
            "rules_out": {"below": limit, "judged_on": "score", "margin": "0.1"},
            "rules_in": {"at_or_above": {**limit, "times": "2"}, "judged_on": "score"},
        }
    }
    for name, scores, k, findings in (
        ("below-another-models-score", (4,), 2, []),
        ("within-the-margin-of-another-models-score", (4,), 3, [_v01(3)]),
        ("the-least-score-counts", (4, 2), 2, [_v01(3)]),
        ("no-score-to-compare-with", (), 0, [_v01(3)]),
    ):
        story = begin(tests=compared)
        for score in scores:
            story.on(2).result(score, None, model="old")
        story.on(2.5).result(k, None)
        story.on(3).deploy()
        found.append(_case(name, "9.1", story, *findings))
    return found


def _lineage() -> list[Vector]:
    """SPEC 9.6, 9.11: what is inherited."""
    found = []

    def case(name: str, story: Story, *findings: Any) -> None:
        story.on(5).deploy("child")
        found.append(_case(name, "9.6 9.11", story, *findings))

    def family(k: int = 9, *parents: tuple[str, str], flop: str = "1") -> Story:
        story = begin(lineage=LINEAGE)
        born(story, "old", flop="100")
        story.on(2).result(k, None, model="old")
        born(story, "child", *(parents or (("old", "fine-tune"),)), flop=flop)
        return story

    case("a-crossing-is-inherited", family(), _v01(5, None, "V26"))
    case("a-merge-inherits-from-each", family(9, ("m", "merge"), ("old", "merge")), _v01(5, None, "V26"))
    case("along-another-relation-it-is-not", family(9, ("old", "scaffold")))
    case("an-unknown-relation-inherits", family(9, ("old", "tinkering")), _v01(5, None, "V26"))
    assessed = family()
    assessed.on(4).result(1, None, model="child")
    case("a-clear-result-does-not-end-it", assessed, _v01(5, None, "V26"))
    cleared = family()
    cleared.on(4).determine("ruled_out", "rso-1", "ceo-1", model="child")
    case("people-end-it", cleared)
    case("little-was-added", family(1, flop="24"))
    case("much-was-added", family(1, flop="25"), _v01(5, None, "V26"))
    case("nobody-said-how-much", family(1, flop=""), _v01(5, None, "V26"))
    case("an-unregistered-parent", family(1, ("nobody", "fine-tune")), _v01(5, None, "V26"))
    named_late = begin(lineage=LINEAGE)
    named_late.on(2).result(9, None, model="old")
    born(named_late, "old")
    born(named_late, "child")
    named_late.on(3).deploy("child")
    named_late.on(6)
    born(named_late, "child", ("old", "fine-tune"))
    found.append(_case("a-parent-named-late", "9.6", named_late, _v01(3, None, "V26")))
    return found


def _likeness() -> list[Vector]:
    """SPEC 9.6: models that others are said to be like."""
    found = []
    for name, k, signers, reasons, findings in (
        ("like-one-that-is-ruled-out", 1, ("rso-1", "ceo-1"), "r", []),
        ("like-one-that-is-crossed", 9, ("rso-1", "ceo-1"), "r", [_v01(5)]),
        ("like-without-a-quorum", 1, ("rso-1",), "r", [_v01(5)]),
        ("like-without-reasons", 1, ("rso-1", "ceo-1"), " ", [_v01(5)]),
    ):
        story = begin({"until_assessed": "crossed"})
        story.on(2).result(k, None, model="old")
        carry(story, "m", "old", *signers, reasons=reasons)
        story.on(5).deploy()
        found.append(_case(name, "9.6", story, *findings))
    for name, results, findings in (
        ("as-a-model-that-is-ruled-out", (1,), []),
        ("as-a-model-that-is-crossed", (9,), [_v01(5)]),
        ("as-a-model-that-was-not-assessed", (), [_v01(5)]),
    ):
        story = begin({"until_assessed": {"as": OTHER}})
        for k in results:
            story.on(2).result(k, None, model="old")
        story.on(5).deploy()
        found.append(_case(name, "9.6", story, *findings))
    return found


def _deciding() -> list[Vector]:
    """SPEC 9.6, 9.10: what people have to determine, by when, and why."""
    found = []
    within = {"determination_within": "3 days", **RULE}
    for name, signers, findings in (
        ("open-for-too-long", (), [finding("V05", begin=day(5), end=None), _v01(5)]),
        ("open-and-determined-in-time", ("rso-1", "ceo-1"), []),
    ):
        story = begin({"if_not_ruled_out": within})
        story.on(2).result(6, None)
        story.deploy()
        if signers:
            story.on(4).determine("ruled_out", *signers)
        found.append(_case(name, "9.6 9.10", story, *findings))
    story = begin({"decide_within": {"time": "3 days", **RULE}})
    story.on(2).result(1, None)
    story.on(7).determine("ruled_out", "rso-1", "ceo-1")
    found.append(_case("decided-too-late", "9.10", story, finding("V08", begin=day(5), end=day(7))))
    story = begin()
    story.on(2).result(9, None)
    story.on(3).determine("ruled_out", "rso-1", "ceo-1", reasons=" ")
    story.on(4).determine("ruled_out", "rso-1", "ceo-1")
    found.append(
        _case("contradicted-without-reasons", "9.10", story, finding("V06", begin=day(3), end=day(4)))
    )
    story = begin({"respond_within": {"time": "unquantified", "words": "promptly", **RULE}})
    story.on(2).deploy()
    story.on(3).result(9, None)
    doubt = [finding(code, "indeterminate", begin=day(3), end=None) for code in ("V01", "V05")]
    found.append(_case("promptly", "9.8 9.14", story, *doubt, verdict="indeterminate"))
    halt = {**RULE, "halt": ["training"], "of": "it and its descendants"}
    standards = {"high": {"status": "undefined", "if_needed": halt}}
    story = begin(standards=standards)
    born(story, "child", ("m", "distillation"))
    story.on(2).result(9, None)
    story.on(3).say("rel", "training-started", [story.model("child")], {})
    halted = finding("V03", begin=day(3), end=None, because=["V10"])
    found.append(_case("a-descendant-is-halted", "9.10", story, halted))
    size = "training any model of at least its effective compute"
    story = begin({"then": [{**RULE, "needs": ["high"], "while": [size]}]})
    for label, flop in (("m", "10"), ("small", "9"), ("big", "10")):
        born(story, label, flop=flop)
    story.on(2).result(9, None)
    for label in ("small", "big"):
        story.on(3).say("rel", "training-started", [story.model(label)], {})
    found.append(
        _case("a-model-of-its-size-is-trained", "9.8", story, finding("V02", begin=day(3), end=None))
    )
    return found


def _keeping() -> list[Vector]:
    """SPEC 9.9, 9.12: measurements, planned runs, evidence that is kept."""
    found = []
    bypass = {**BIO, "task": {**BIO["task"], "name": "bypass"}, "tests_the": "system as deployed"}
    criterion = {**HIGH["high"]["criteria"]["strong"], "measured_by": "bypass"}
    standards = {"high": {"criteria": {"strong": criterion}}}
    need = {**RULE, "needs": ["high"], "while": ["deploying it"]}
    for name, figures, findings in (
        ("attested-and-not-measured", (), [_v01(3)]),
        ("attested-and-measured", ((2, 1),), []),
        ("measured-anew-and-worse", ((2, 1), (5, 9)), [_v01(5, None, "V11")]),
        ("measured-anew-and-mended", ((2, 1), (5, 9), (7, 1)), [_v01(5, 7, "V11")]),
    ):
        story = lab(tests={"bypass": bypass}, standards=standards, baseline=[need])
        story.attest("high", "strong")
        deployed = False
        for on, k in (*figures, (99, 0)):
            if on > 2 and not deployed:
                story.on(3).deploy()
                deployed = True
            if on < 99:
                story.on(on).result(k, None, task="bypass")
        found.append(_case(name, "9.9 9.11", story, *findings))
    rules = {"late_after": "2 days", "plans": {"close_within": "3 days"}}
    for name, day_of, findings, verdict in (
        (
            "a-run-that-disappears",
            0,
            [finding("V30", "indeterminate", begin=day(4), end=None)],
            "indeterminate",
        ),
        ("a-run-that-failed", 3, [], ""),
        ("a-run-that-failed-late", 7, [finding("V30", "finding", begin=day(4), end=day(7))], "compliant"),
    ):
        story = lab(tests={"bio": BIO}, record_rules=rules)
        plan = story.plan()
        if day_of:
            story.on(day_of).result(1, plan, status="error")
        found.append(_case(name, "9.12", story, *findings, verdict=verdict))
    for name, day_of, findings, verdict in (
        (
            "evidence-erased-early",
            5,
            [finding("V32", "indeterminate", begin=day(5), end=None)],
            "indeterminate",
        ),
        ("evidence-erased-in-time", 9, [], ""),
    ):
        story = lab(
            tests={"bio": BIO}, record_rules={"late_after": "2 days", "retention": {"evidence": "1 week"}}
        )
        story.on(2).result(1, None, evidence=[{"name": "run.json", "sha256": "ab" * 32, "size": 1}])
        story.on(day_of).say("root-1", "erasure", [story.org()], {"digests": ["ab" * 32]})
        found.append(_case(name, "9.12", story, *findings, verdict=verdict))
    return found


def families() -> list[Family]:
    """List this module's families."""
    vectors = [*_groups(), *_lineage(), *_likeness(), *_deciding(), *_keeping()]
    about = (
        "Ledgers: several models and what they have to do with one another; measurements, plans, evidence."
    )
    return [Family("ledgers-models", about, unique(vectors), shared())]
