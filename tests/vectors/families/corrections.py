"""Ledgers about corrections. SPEC 5.4, 8.5 and 9.27."""

from typing import Any

from tests.vectors.families.base import Vector
from tests.vectors.families.document import RULE, Tree
from tests.vectors.families.ledgers_thresholds import PLAN, begin
from tests.vectors.families.story import BASE, Story, day, finding, lab, ledger


def _case(name: str, spec: str, story: Story, *findings: Any, t: float = 10) -> Vector:
    story.heartbeat(t)
    levels = {one["level"] for one in findings}
    verdicts = (("violation", "violations"), ("indeterminate", "indeterminate"), ("finding", "compliant"))
    verdict = next(verdict for level, verdict in verdicts if level in levels)
    return ledger(name, spec, verdict, story, *findings)


def _instead(story: Story, of: int, **changes: Any) -> Tree:
    return {**story.rows[of - 1]["body"], **changes}


def _scores(k: int) -> list[Tree]:
    score = {"scorer": "match", "reducer": "mean", "metric": "accuracy", "value": "0.0"}
    return [{**score, "count": {"k": k, "n": 10}}]


def _correct(
    story: Story, of: int, actor: str, *second: str, reasons: str = "A slip.", **changes: Any
) -> int:
    """Correct what an entry said; returns the correction's index."""
    overrides = {name: changes.pop(name) for name in ("withheld",) if name in changes}
    body: Tree = {"of": story.ref(of), "instead": _instead(story, of, **changes)}
    body |= {"reasons": reasons} if reasons else {}
    subjects = story.rows[of - 1]["subjects"]
    index = story.say(actor, "correction", subjects, body, **overrides)
    story.approve(index, *second)
    return index


def _told(entry: int) -> Any:
    return finding("V41", "finding", entry=entry)


SINCE_THE_START = finding("V01", begin=day(3), end=None, because=[])
UNDECLARED = finding("V05", begin=day(12), end=None)
BETTER = {"scores": _scores(2)}


def _results() -> list[Vector]:
    """What corrected results make of a threshold; a deployment from day 3 on shows it by V01."""
    found = []

    def case(
        name: str,
        before: Tree,
        instead: Tree,
        *findings: Any,
        second: tuple[str, ...] = (),
        ruled_out: bool = False,
        reasons: str = "A slip.",
        **changes: Any,
    ) -> None:
        story = begin(**changes)
        result = story.on(2).result(before.pop("k"), PLAN, **before)
        story.on(3).deploy()
        index = _correct(story.on(4), result, "eva", *second, reasons=reasons, **instead)
        if ruled_out:
            story.on(5).determine("ruled_out", "rso-1", "ceo-1")
        found.append(_case(name, "8.5 9.27 5.4", story, *findings, _told(index), t=15))

    both, alone = [SINCE_THE_START, UNDECLARED], finding("V31", begin=day(6), end=None)
    case("corrected-for-the-worse", {"k": 2}, {"scores": _scores(9)}, *both)
    case("corrected-without-effect", {"k": 2}, {"scores": _scores(3)})
    case("corrected-for-the-better-alone", {"k": 9}, BETTER, *both, alone)
    case("corrected-for-the-better", {"k": 9}, BETTER, *both, second=("rso-1",))
    at_once = finding("V31", begin=day(4), end=None)
    case("corrected-without-reasons", {"k": 9}, BETTER, *both, at_once, second=("rso-1",), reasons="")
    until = finding("V01", begin=day(3), end=day(5))
    case("corrected-and-ruled-out", {"k": 9}, BETTER, until, second=("rso-1",), ruled_out=True)
    failed, fixed = {"k": 2, "status": "error"}, {"status": "success"}
    cured = finding("V01", begin=day(3), end=day(4))
    case("corrected-to-be-a-result", dict(failed), fixed, cured, second=("kim",), until_assessed="crossed")
    case("corrected-alone", dict(failed), fixed, SINCE_THE_START, alone, until_assessed="crossed")
    return found


def _excused() -> Vector:
    """An earlier correction that two sign afterwards excuses no later one."""
    story = begin()
    result = story.on(2).result(9, PLAN)
    story.on(3).deploy()
    harmless = _correct(story.on(4), result, "eva")
    alone = _correct(story, result, "eva", scores=BETTER["scores"])
    story.on(5).approve(harmless, "rso-1")
    abused = finding("V31", begin=day(6), end=None)
    told = (_told(harmless), _told(alone))
    name = "corrected-alone-after-what-two-sign"
    return _case(name, "9.27", story, SINCE_THE_START, UNDECLARED, abused, *told, t=15)


def _moved() -> Vector:
    """What one person alone had corrected begins nothing after another correction."""
    rule = {**RULE, "needs": ["base"], "while": ["deploying it externally to everybody"]}
    story = lab(baseline=[rule], standards=BASE)
    start = story.on(2).deploy(scope="external.general")
    same = _correct(story.on(3), start, "rel")
    moved = _correct(story.on(4), start, "rel", "kim", scope="internal.limited")
    until = finding("V01", begin=day(2), end=day(4))
    return _case("deployed-elsewhere", "8.5", story, until, _told(same), _told(moved))


def _deployments() -> list[Vector]:
    """What corrected deployments break of a rule about everybody."""
    rule = {**RULE, "needs": ["base"], "while": ["deploying it externally to everybody"]}
    found = []

    def case(name: str, scope: str, instead: str, *findings: Any, second: tuple[str, ...] = ()) -> None:
        story = lab(baseline=[rule], standards=BASE)
        start = story.on(2).deploy(scope=scope)
        index = _correct(story.on(4), start, "rel", *second, scope=instead)
        found.append(_case(name, "8.5 9.27", story, *findings, _told(index)))

    everybody, trusted = "external.general", "external.trusted"
    alone = finding("V31", begin=day(6), end=None)
    case("deployed-to-more", trusted, everybody, finding("V01", begin=day(2), end=None))
    case("deployed-to-fewer", everybody, trusted, finding("V01", begin=day(2), end=day(4)), second=("kim",))
    case("deployed-to-fewer-says-one", everybody, trusted, finding("V01", begin=day(2), end=None), alone)
    return found


def _others() -> list[Vector]:
    """Incidents, what cannot be corrected, and what is withheld."""
    due = {**RULE, "when": {"event": "incident", "class": "critical"}, "do": {"notice": "incident"},
           "from": "aware", "within": "5 days"}  # fmt: skip
    story = lab(duties={"tell": due}).on(2)
    body = {"class": "minor", "occurred": day(1), "aware": day(2)}
    minor = story.say("rso-1", "incident", [story.org()], body)
    index = _correct(story.on(3), minor, "rso-1", **{"class": "critical"})
    late = finding("V25", begin=day(7), end=None, entry=index)
    found = [_case("incident-that-was-worse", "8.5", story, late, _told(index))]
    story = lab(standards=BASE).on(2)
    index = _correct(story, story.attest(), "kim")
    found.append(_case("attestation-corrected", "8.5", story, finding("V36", entry=index)))
    story = begin()
    result = story.on(2).result(2, PLAN)
    index = _correct(story, result, "eva", "kim", withheld=True)
    doubt = finding("I01", "indeterminate", begin=day(2), end=None, entry=index)
    found.append(_case("correction-withheld", "8.5 9.14", story, doubt))
    return found


def vectors() -> list[Vector]:
    """List them."""
    return [*_results(), _excused(), *_deployments(), _moved(), *_others()]
