"""Ledgers about duties, silence and inventories.

SPEC 7.6, 9.19 to 9.21: V07, V08, V24, V25, V27, V33, V34 and V40.
"""

from typing import Any

from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import RULE, Tree
from tests.vectors.families.story import Story, day, finding, lab, ledger, policy, shared

NOTICE: Tree = {
    **RULE,
    "when": {"event": "incident", "class": "critical"},
    "from": "aware",
    "do": {"notice": "incident"},
    "to": "office",
    "within": "5 days",
}
ASSESS: Tree = {
    **RULE,
    "when": {"every": "10 days"},
    "do": {"assessment": "whole"},
    "by": "evaluator",
    "within": "2 days",
}
ON = "deploying it externally"
CARD: Tree = {**RULE, "when": {"activity": ON}, "do": {"publication": "card"}, "before": ON}


def _case(name: str, spec: str, story: Story, *findings: Any, t: float = 20, verdict: str = "") -> Vector:
    story.heartbeat(t)
    return ledger(name, spec, verdict or ("violations" if findings else "compliant"), story, *findings)


def _lab(duty: Tree, **parts: Any) -> Story:
    return lab(duties={"it": duty}, **parts)


def _incident(story: Story, about: str = "", class_: str = "critical") -> int:
    body = {"class": class_, "occurred": day(1.5), "aware": day(2)}
    return story.say("rso-1", "incident", [about or story.org()], body)


def _told(story: Story, type_: str, of: int | None = None, to: str = "office", **more: Any) -> int:
    overrides = {key: more.pop(key) for key in ("event_time", "withheld", "about") if key in more}
    body = {"type": type_, "to": to, **({} if of is None else {"of": story.ref(of)}), **more}
    return story.say("rso-1", "disclosure", [overrides.pop("about", story.org())], body, **overrides)


def _published(story: Story, type_: str, about: str = "", **more: Any) -> int:
    where: Tree = {"published": {"url": "https://lab.example/card"}}
    return _told(story, type_, to="everybody", about=about or story.org(), **where, **more)


def _assessed(story: Story, **more: Any) -> int:
    actor, model = more.pop("actor", "eva"), more.pop("model", "m")
    body = {"type": "whole", "covers": [], "results": [], **more}
    return story.say(actor, "assessment", [story.model(model)], body)


def _events() -> list[Vector]:
    """SPEC 9.19: what an incident makes due, and with what it is done."""
    found = []

    def case(name: str, story: Story, *findings: Any, spec: str = "9.19", **more: Any) -> None:
        found.append(_case(f"event-{name}", spec, story, *findings, **more))

    late = finding("V25", begin=day(7), end=None)

    def told(name: str, *findings: Any, on: float = 6, **said: Any) -> None:
        story = _lab(NOTICE).on(2)
        incident = _incident(story)
        story.on(on)
        _told(story, said.pop("type_", "incident"), said.pop("of", incident), **said)
        case(name, story, *findings)

    story = _lab(NOTICE).on(2)
    _incident(story)
    case("nobody-told", story, late)
    told("told-in-time")
    told("told-late", finding("V25", begin=day(7), end=day(9)), on=9)
    told("recorded-late-and-in-time", on=8, event_time=day(6.5))
    told("recorded-too-late", finding("V25", begin=day(7), end=day(9)), finding("V28", "finding"), on=9,
         event_time=day(6.5))  # fmt: skip
    told("told-somebody-else", late, to="press")
    told("told-something-else", late, type_="rumour")
    told("told-of-nothing", late, of=None)
    story = _lab(NOTICE).on(2)
    _incident(story, class_="small")
    case("another-class", story)
    story = _lab({**NOTICE, "from": "occurred"}).on(2)
    _incident(story)
    case("from-occurred", story, finding("V25", begin=day(6.5), end=None))
    story = _lab({**NOTICE, "from": "determined"}).on(4)
    _incident(story)
    case("from-determined", story, finding("V25", begin=day(9), end=None))
    story = _lab({**NOTICE, "within": "unquantified"}).on(2)
    incident = _incident(story)
    _told(story.on(3), "incident", incident)
    doubt = finding("V25", "indeterminate", begin=day(2), end=day(3))
    case("promptly", story, doubt, verdict="indeterminate")
    story = _lab({**NOTICE, "force": "aim"}).on(2)
    _incident(story)
    case("an-aim", story, finding("V25", "finding", begin=day(7)), verdict="compliant")
    calendars = {"eu": {"zone": "Europe/Brussels", "holidays": ["2026-01-06"]}}
    within = {**NOTICE, "within": "2 business days"}
    story = _lab(within, calendars=calendars).on(2)
    _incident(story)
    case("business-days", story, finding("V25", begin=day(6), end=None), spec="7.6 9.19")
    story = _lab(within, calendars=calendars, counting="eu-1182-71").on(2)
    _incident(story)
    case("business-days-1182-71", story, finding("V25", begin=day(6, ms=23 * 3_600_000)), spec="7.6 9.19")
    return [*found, *_follow(), *_amended()]


def _follow() -> list[Vector]:
    """SPEC 9.19: what follows."""
    then = [
        {**RULE, "do": {"notice": "news"}, "every": "4 days", "until": {"notice": "last"}},
        {**RULE, "do": {"notice": "last"}, "within": "10 days"},
    ]
    found = []
    for name, last, findings in (
        ("until-the-last-word", 11, [finding("V25", begin=day(11), end=day(11.5))]),
        (
            "without-a-last-word",
            None,
            [finding("V25", begin=day(11)), finding("V25", begin=day(13), end=None)],
        ),
    ):
        story = _lab({**NOTICE, "then": then}).on(2)
        incident = _incident(story)
        notice = _told(story.on(3), "incident", incident)
        news = _told(story.on(7), "news", notice)
        if last is not None:
            _told(story.on(last + 0.5), "last", news)
        found.append(_case(f"follow-{name}", "9.19", story, *findings))
    return found


def _amended() -> list[Vector]:
    """SPEC 9.19: a clock that runs while the policy is amended."""
    found = []
    for name, within, transition, begin in (
        ("longer", "9 days", {}, day(7)),
        ("shorter", "1 day", {}, day(4)),
        (
            "longer-with-transition",
            "9 days",
            {"transition": {"keep_until": "1 day"}, **RULE, "force": "aim"},
            day(11),
        ),
    ):
        story = _lab(NOTICE).on(2)
        _incident(story)
        document = policy(version="2", duties={"it": {**NOTICE, "within": within}})
        document["amendment"] = {**document["amendment"], **transition}
        story.on(4).adopt(document, kind="policy-amendment")
        late = finding("V25", begin=begin, end=None)
        # By the terms before it would have been late already.
        also = [finding("V19", "finding", begin=day(7), end=begin)] if begin > day(7) else []
        found.append(_case(f"amended-{name}", "9.19 7.5", story, late, *also))
    story = _lab(NOTICE).on(2)
    _incident(story)
    story.on(8).adopt(policy(version="2"), kind="policy-amendment")
    gone = finding("V19", "finding", begin=day(8), end=None)
    found.append(_case("amended-away", "9.19 7.5", story, finding("V25", begin=day(7), end=day(8)), gone))
    return found


def _rounds() -> list[Vector]:
    """SPEC 9.19: what comes round again, and what is due about activities."""
    found = []

    def case(name: str, story: Story, *findings: Any, **more: Any) -> None:
        found.append(_case(name, "9.19", story, *findings, **more))

    story = _lab(ASSESS).on(2)
    case("again-while-nothing-goes-on", story, t=100)
    story = _lab(ASSESS).on(2)
    story.deploy()
    case("again-never", story, finding("V07", begin=day(14), end=None), t=3650)
    story = _lab(ASSESS).on(2)
    story.deploy()
    _assessed(story.on(10))
    _assessed(story.on(25))
    case("again-in-between", story, finding("V07", begin=day(22), end=day(25)), t=30)
    story = _lab(ASSESS).on(2)
    story.deploy()
    _assessed(story.on(10), actor="rso-1")
    case("again-by-somebody-else", story, finding("V07", begin=day(14), end=None))
    decide = {
        **RULE,
        "when": {"event": "assessment", "class": "whole"},
        "do": {"publication": "summary"},
        "within": "3 days",
    }
    story = _lab(decide).on(2)
    _assessed(story)
    case("after-an-assessment", story, finding("V24", begin=day(5), end=None))
    story = _lab(CARD).on(2)
    story.deploy()
    _published(story.on(4), "card", story.model("m"))
    case("before-and-late", story, finding("V24", begin=day(2), end=day(4)))
    story = _lab({**CARD, "at_least": "3 days"}).on(2)
    _published(story, "card", story.model("m"))
    story.on(4).deploy()
    case("before-and-not-early-enough", story, finding("V24", begin=day(4), end=day(5)))
    story = _lab({**RULE, "when": {"activity": ON}, "do": {"publication": "launch"}, "within": "3 days"}).on(
        2
    )
    story.deploy()
    case("within-of-a-start", story, finding("V24", begin=day(5), end=None))
    compute = {**ASSESS, "when": {"compute": "4", "since": "the last assessment"}}
    for name, flop, findings in (
        ("grown-less", "3.99e25", []),
        ("grown", "4e25", [finding("V07", begin=day(5), end=None)]),
        ("grown-by-nobody-knows", "much", [finding("V07", "indeterminate", begin=day(5), end=None)]),
    ):
        story = _lab(compute).on(2)
        for label, figure in (("small", "1e25"), ("big", flop)):
            body = {"name": label, "compute": {"flop": figure}}
            story.say("rel", "model-registered", [story.model(label)], body)
        _assessed(story, model="small")
        story.on(3).deploy("big")
        case(name, story, *findings, verdict="indeterminate" if flop == "much" else "")
    return found


def _observed() -> list[Vector]:
    """SPEC 9.20, 9.21: heartbeats, inventories, disclosed noncompliance."""
    found = []

    def case(name: str, story: Story, *findings: Any, spec: str = "9.20", **more: Any) -> None:
        found.append(_case(name, spec, story, *findings, **more))

    def looking() -> Story:
        look = {"every": "9999 days", "by": "keeper", "of": ["api"], "tolerance": "6 hours"}
        return lab(record_rules={"late_after": "2 days", "inventory": look}).on(2)

    def look(story: Story, *running: Tree, actor: str = "kim", **more: Any) -> int:
        body = {"surface": "api", "at": story.now(), "running": list(running), **more}
        return story.say(actor, "inventory", [story.org()], body)

    beating = lab(record_rules={"late_after": "2 days", "heartbeat": {"every": "7 days"}})
    silent = finding("V34", "indeterminate", begin=day(12), end=day(15))
    beating.heartbeat(5).heartbeat(15)
    case("silence", beating, silent, verdict="indeterminate")
    seen = {"scope": "external.general"}
    story = looking()
    model = {"model": story.model("m")}
    story.deploy()
    look(story.on(4), {**model, **seen}, {})
    case("inventory-explained", story)
    story = looking()
    look(story.on(4), {**model, **seen})
    case("inventory-unlogged", story, finding("V33", begin=day(4), end=None))
    story = looking()
    look(story.on(4), {**model, **seen}, actor="rel")
    look(story.on(6), actor="rel")
    look(story.on(8))
    case("inventory-of-whom", story, finding("V33", begin=day(4), end=day(8)))
    story = looking()
    look(story.on(6), {**model, **seen})
    story.on(6.5).deploy(event_time=day(3))
    case("inventory-recorded-when-found", story, finding("V33", begin=day(6), end=day(6.25)),
         finding("V28", "finding"))  # fmt: skip
    for name, item in (
        ("wider", seen),
        ("tools", {"attributes": ["tools"]}),
        ("other-weights", {"snapshot": "0" * 64}),
    ):
        story = looking()
        story.deploy(scope="external.trusted")
        look(story.on(4), {**model, **item})
        case(f"inventory-{name}", story, finding("V27", begin=day(4), end=None))
    story = lab().on(2)
    body = {"text": "We did not ask.", "class": "material", "occurred": day(1)}
    story.say("rso-1", "noncompliance", [story.org()], body)
    case("noncompliance", story, finding("V40", "finding", begin=day(1)), spec="9.21", verdict="compliant")
    return found


def families() -> list[Family]:
    """Return the family."""
    about = (
        "Ledgers about duties, what is observed, and what is disclosed: V07, V08, V24, V25, V27, V33, V34"
        " and V40. Each is judged up to its last entry."
    )
    vectors = [*_events(), *_rounds(), *_observed()]
    return [Family("ledgers-duties", about, unique(vectors), shared())]
