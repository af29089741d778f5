"""Ledgers about amendments: who proposed them, who was consulted, what was published and announced.

SPEC 9.29, 9.31, 9.32 and 9.34: V19, V20 and V21, and what is left to the version before.
"""

from typing import Any

from tests.support.forge import canonical, sha
from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import RULE, Tree
from tests.vectors.families.story import (
    BASE,
    NEEDS_BASE,
    STAFF,
    Story,
    day,
    finding,
    lab,
    ledger,
    policy,
    shared,
)

NEXT = "policy-amendment"
LATE = finding("V28", "finding", begin=day(4.5))


def _case(name: str, spec: str, story: Story, *findings: Any, verdict: str = "", t: float = 20) -> Vector:
    story.heartbeat(t)
    return ledger(name, spec, verdict or ("violations" if findings else "compliant"), story, *findings)


def _asking(**rules: Any) -> Tree:
    return {"approved_by": "ceo", **RULE, **rules}


def _next(number: float = 0, **parts: Any) -> Tree:
    """Return version 2, in force from a day."""
    return policy(**{"version": "2", "effective_from": f"{day(number)[:19]}Z", **parts})


def _propose(story: Story, document: Tree, actor: str = "root-1", role: str = "root") -> int:
    return story.statement(NEXT, [f"policy:{document['id']}"], document, actor, role)


def _publish(story: Story, digest: str, **overrides: Any) -> int:
    body = {"to": "everybody", "type": "policy", "published": {"sha256": digest}}
    return story.say("rso-1", "disclosure", [story.org()], body, **overrides)


def _digest(document: Tree) -> str:
    return sha(canonical(document)).hex()


def _signed() -> list[Vector]:
    """Who proposed, and who was consulted."""

    def amended(rules: Tree, *signing: tuple[str, str], by: str = "root-1") -> Story:
        story = lab(amendment=_asking(**rules)).on(2)
        index = _propose(story, _next(), by, STAFF.get(by, "root"))
        for person, decision in signing:
            story.approve(index, person, decision=decision)
        return story

    def late(rules: Tree, decision: str) -> Story:
        story = amended(rules, ("ceo-1", "approve")).on(5)
        story.approve(story.size - 2, "rso-1", decision=decision)
        return story

    proposed, consulted = {"proposed_by": "rso"}, {"consulted": ["rso"]}
    yes = ("ceo-1", "approve")
    never = finding("V20", begin=day(2), end=None)
    until = finding("V20", begin=day(2), end=day(5))
    return [
        _case("proposed-by-its-author", "9.29", amended(proposed, yes, by="rso-1")),
        _case("proposed-by-a-sign-off", "9.29", amended(proposed, ("rso-1", "approve"), yes)),
        _case("proposed-by-nobody-who-may", "9.29", amended(proposed, yes), never),
        _case("proposed-afterwards", "9.29", late(proposed, "approve"), until),
        _case("consulted-before", "9.29", amended(consulted, ("rso-1", "consulted"), yes)),
        _case("consulted-and-against", "9.29", amended(consulted, ("rso-1", "dissent"), yes)),
        _case("told-and-not-consulted", "9.29", amended(consulted, ("rso-1", "told"), yes), never),
        _case("consulted-afterwards", "9.29", late(consulted, "consulted"), until),
        _case("consulted-by-itself", "9.29", amended(consulted, yes, by="rso-1")),
    ]


def _published() -> list[Vector]:
    """What was published before it was in force."""

    def amended(document: Tree, *steps: str, **overrides: Any) -> Story:
        story = lab(amendment=_asking(published="before effect"), source=_SOURCE).on(2)
        for step in steps:
            if step == "adopt":
                story.on(3).adopt(document, kind=NEXT)
            else:
                _publish(story.on(4 if "adopt" in steps[: steps.index(step)] else 2), step, **overrides)
        return story

    same = _next(source=_SOURCE)
    new = _next(source={"title": "Another", "sha256": "22" * 32})
    open_ = finding("V20", begin=day(3), end=None)
    doubt = finding(level="indeterminate", begin=day(2), end=None)
    maybe = finding("V20", "indeterminate", begin=day(3), end=None)
    withheld = amended(same, _digest(same), "adopt", withheld=True)
    return [
        _case("published-by-its-digest", "9.29", amended(same, _digest(same), "adopt")),
        _case("published-by-its-source", "9.29", amended(new, "22" * 32, "adopt")),
        _case("published-by-an-old-source", "9.29", amended(same, "11" * 32, "adopt"), open_),
        _case("published-never", "9.29", amended(same, "adopt"), open_),
        _case(
            "published-afterwards", "9.29", amended(same, "adopt", _digest(same)),
            finding("V20", begin=day(3), end=day(4)),
        ),
        _case(
            "published-before-and-recorded-in-time", "9.29 8.1",
            amended(same, "adopt", _digest(same), event_time=day(2.5)),
        ),
        _case("publication-withheld", "9.29 9.14", withheld, doubt, maybe, verdict="indeterminate"),
    ]  # fmt: skip


_SOURCE: Tree = {"title": "This document", "sha256": "11" * 32}


def _announced() -> list[Vector]:
    """How long before it was recorded, and what else it takes to relax a rule."""
    bar = {"approved_by": {"all_of": ["ceo", "rso"]}, "notice": "10 days"}
    forbid: Tree = {**RULE, "forbid": "training it"}

    def amended(rules: Tree, document: Tree, *also: str, before: Tree | None = None) -> Story:
        story = lab(amendment=_asking(**rules), **(before or {})).on(2)
        index = story.adopt(document, kind=NEXT)
        story.approve(index, *also)
        return story

    notice = {"notice": "5 days"}
    early = finding("V20", begin=day(4), end=day(7))
    baseline = {"baseline": [forbid]}
    weak = {"weakening": bar}
    late, alone = finding("V20", begin=day(4), end=day(12)), finding("V20", begin=day(4), end=None)
    strong = amended(weak, _next(4, **baseline, amendment=_asking(**weak)))
    return [
        _case("announced-in-time", "9.29", amended(notice, _next(7))),
        _case("announced-too-late", "9.29", amended(notice, _next(4)), early),
        _case("relaxed-as-promised", "9.29 7.7", amended(weak, _next(12), "rso-1", before=baseline)),
        _case("relaxed-too-early", "9.29", amended(weak, _next(4), "rso-1", before=baseline), late),
        _case("relaxed-by-too-few", "9.29", amended(weak, _next(4), before=baseline), late, alone),
        _case("strengthened", "9.29 7.7", strong),
    ]


def _around() -> list[Vector]:
    """Ways around the procedure, and versions that never were in force."""
    rules = {"consulted": ["rso"]}
    free = _next(19, amendment={"approved_by": "keeper"})

    def replaced(number: float) -> Story:
        story = lab(amendment=_asking(**rules)).on(2)
        story.adopt(_next(5), kind=NEXT)
        story.on(number)
        index = _propose(story, _next(5, version="3"))
        story.approve(index, "rso-1", decision="consulted")
        story.approve(index, "ceo-1")
        return story

    for_a_day = finding("V20", begin=day(5), end=day(6))
    around = lab(amendment=_asking(**rules)).on(2)
    index = _propose(around, free)
    around.approve(index, "rso-1", decision="consulted")
    around.approve(index, "ceo-1")
    index = _propose(around.on(3), _next(3, version="3"))
    around.approve(index, "kim")
    by_two = finding("V20", begin=day(3), end=None, entry=index)
    aim = lab(amendment=_asking(**rules, force="aim")).on(2)
    aim.adopt(_next(), kind=NEXT)
    quiet = lab().on(2)
    quiet.adopt(_next(), kind=NEXT)
    return [
        _case("around-a-version-in-force", "9.29", around, by_two, by_two),
        _case("replaced-before-it-was-in-force", "9.29", replaced(4)),
        _case("replaced-after-it-was-in-force", "9.29", replaced(6), for_a_day),
        _case(
            "an-aim-about-amendments", "9.29", aim, finding("V20", "finding", begin=day(2), end=None),
            verdict="compliant",
        ),
        _case("nothing-is-promised-about-amendments", "9.29", quiet),
    ]  # fmt: skip


def _looked() -> list[Vector]:
    """What was found to stand there."""

    def found(*looks: tuple[float, str], document: Any = None, **asks: Any) -> Story:
        story = lab(amendment=_asking(**asks), source=_SOURCE)
        for number, digest in looks:
            story.on(number)
            if document and number == 5:
                story.adopt(document, kind=NEXT)
            said = {"type": "publication", "of": story.ref(16), "published": {"sha256": digest}}
            story.say("eva", "external-review", [story.org()], said)
        return story

    right, wrong = "11" * 32, "33" * 32
    asks = {"published": "before effect"}
    at_once = _next(19, source={"title": "Another", "sha256": wrong})
    return [
        _case("found-as-recorded", "9.31", found((3, right), **asks)),
        _case("found-otherwise", "9.31", found((3, wrong), **asks), finding("V21", begin=day(3), end=None)),
        _case(
            "found-otherwise-and-mended", "9.31", found((3, wrong), (4, right), **asks),
            finding("V21", begin=day(3), end=day(4)),
        ),
        _case(
            "found-otherwise-without-a-promise", "9.31", found((3, wrong), notice="5 days"),
            finding("V21", "finding", begin=day(3), end=None), verdict="compliant",
        ),
        _case("found-before-it-is-in-force", "9.31", found((5, wrong), document=at_once, **asks), t=18),
    ]  # fmt: skip


def _weakened() -> list[Vector]:
    """What broke the version before, shortly after it was relaxed."""
    forbid: Tree = {**RULE, "forbid": "deploying it"}

    def deployed(number: float, within: str = "", **later: Any) -> Story:
        weakening = {"approved_by": "ceo", "forbidden_within": within}
        asks = _asking(weakening=weakening) if within else {"approved_by": "ceo"}
        story = lab(amendment=asks, baseline=[forbid]).on(2)
        story.adopt(_next(2, **{"amendment": asks, **later}), kind=NEXT)
        story.on(number).deploy()
        return story

    def staged(number: float) -> Story:
        """Relax the policy from day 8 on, and on day 3 from then on, before the first is in force."""
        story = lab(amendment={"approved_by": "ceo"}, baseline=[forbid]).on(2)
        story.adopt(_next(8, amendment={"approved_by": "ceo"}), kind=NEXT)
        story.on(3).adopt(_next(3, amendment={"approved_by": "ceo"}), kind=NEXT)
        story.on(number).deploy()
        return story

    both = {"baseline": [forbid], "record_rules": {"late_after": "3 days"}}
    found = finding("V19", "finding", begin=day(3), end=None)
    late = finding("V19", "finding", begin=day(31.9), end=None)
    broken = finding("V19", begin=day(3), end=None)
    return [
        _case("relaxed-and-deployed", "9.32", deployed(3), found, verdict="compliant"),
        _case("relaxed-and-deployed-in-time", "9.32", deployed(31.9), late, t=31.95, verdict="compliant"),
        _case("relaxed-and-deployed-after-a-month", "9.32", deployed(32), t=33),
        _case("relaxed-although-forbidden", "9.32", deployed(3, "10 days"), broken, t=10),
        _case("relaxed-and-deployed-for-longer", "9.32", deployed(3, "10 days"),
              finding("V19", begin=day(3), end=day(12))),
        _case("relaxed-long-enough-before", "9.32", deployed(12, "10 days")),
        _case("relaxed-elsewhere", "9.32", deployed(3, "10 days", **both),
              finding("V37", begin=day(3), end=None)),
        _case("relaxed-in-two-stages", "9.32", staged(9),
              finding("V19", "finding", begin=day(9), end=None), t=10, verdict="compliant"),
        _case("relaxed-in-two-stages-a-month-before", "9.32", staged(33), t=34),
    ]  # fmt: skip


def _left() -> list[Vector]:
    """What is out already, and may go by the version before for a while."""
    forbid: Tree = {**RULE, "forbid": "deploying it externally to everybody"}

    def out(keep: str, *, start: float = 2, baseline: Tree | None = None, **deployed: Any) -> Story:
        """Deploy, and on day 3 amend the policy so that it forbids that."""
        first = [] if baseline is None else [baseline]
        story = lab(baseline=first, standards=BASE)
        asks = _asking(transition={"keep_until": keep}) if keep else _asking()
        for number in sorted((start, 3)):
            story.on(number)
            if number == start:
                story.deploy(**deployed)
            if number == 3:
                rules = [*first, forbid]
                story.adopt(_next(3, amendment=asks, baseline=rules, standards=BASE), kind=NEXT)
        return story

    def v37(begin: float, end: float | None = None) -> Any:
        return finding("V37", begin=day(begin), end=None if end is None else day(end))

    changed = out("10 days", scope="external.limited").on(5)
    about = [changed.model("m"), changed.snapshot("m-1")]
    body = {"of": changed.ref(changed.size - 3), "scope": "external.general", "surface": "api"}
    changed.say("rel", "deployment-changed", about, body)
    again = out("10 days").on(8)
    second = {"amendment": _asking(transition={"keep_until": "10 days"}), "baseline": [forbid]}
    again.adopt(_next(8, **second, version="3", standards=BASE), kind=NEXT)
    neither = out("10 days", baseline=NEEDS_BASE)
    v01 = finding("V01", begin=day(2), end=None)
    return [
        _case("out-and-nothing-left", "9.34", out(""), v37(3)),
        _case("out-and-left-for-a-while", "9.34", out("10 days"), t=12),
        _case("out-for-longer-than-was-left", "9.34", out("10 days"), v37(13)),
        _case("begun-after-the-amendment", "9.34", out("10 days", start=4), v37(4)),
        _case("recorded-soon-enough", "9.34", out("10 days", start=4, event_time=day(2)), v37(13)),
        _case("recorded-late", "9.34", out("10 days", start=4.5, event_time=day(2)), v37(3), LATE),
        _case("widened-after-the-amendment", "9.34", changed, v37(5)),
        _case("left-twice", "9.34", again, v37(13)),
        _case("neither-version-kept", "9.34", neither, v01, v37(13)),
    ]  # fmt: skip


def families() -> list[Family]:
    """List this module's families."""
    about = "Ledgers: how amendments came about, and what their policies had promised about that."
    vectors = [*_signed(), *_published(), *_announced(), *_around(), *_looked(), *_weakened(), *_left()]
    return [Family("ledgers-amendments", about, unique(vectors), shared())]
