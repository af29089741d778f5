"""Ledgers in which a standard is needed: when it is in force, and the intervals in which it is not.

SPEC 8.1, 8.3, 9.7 to 9.11. Unless said otherwise the model `m` is registered on day 1, deployed on day 2, and
the verdict is of day 10.
"""

from typing import Any

from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import RULE, Tree
from tests.vectors.families.story import BASE, NEEDS_BASE, Story, day, finding, lab, ledger, shared

ANYBODY: Tree = {"text": "It holds.", "for_each": ["organisation"], "attested_by": "keeper"}


def needing(**criterion: Any) -> Story:
    """Begin a story whose policy needs `base` to deploy, its criterion changed."""
    standards = {"base": {"criteria": {"policy": {**BASE["base"]["criteria"]["policy"], **criterion}}}}
    return lab(baseline=[NEEDS_BASE], standards=standards)


def _v01(begin: float, end: float | None, *because: str, **more: Any) -> dict[str, Any]:
    close = None if end is None else day(end)
    return finding("V01", begin=day(begin), end=close, because=list(because), **more)


def _lapsed_before(recorded: float) -> Story:
    """Attest on day 2 what lapsed on day 1, as was recorded on another day."""
    story = needing()
    for number in sorted((2, recorded)):
        if number == 2:
            story.on(2).attest()
        else:
            story.on(recorded).lapse(event_time=day(1))
    story.on(3).deploy()
    return story


def _attestations() -> list[Vector]:
    """When an attestation holds."""
    found = []

    def case(
        name: str, spec: str, story: Story, *findings: Any, t: float = 10, verdict: str = "violations"
    ) -> None:
        story.heartbeat(t)
        found.append(ledger(name, spec, verdict if findings else "compliant", story, *findings))

    def deployed(**criterion: Any) -> Story:
        story = needing(**criterion)
        story.on(2).deploy()
        return story

    def attested(**criterion: Any) -> Story:
        story = needing(**criterion)
        story.attest()
        story.on(2).deploy()
        return story

    case("safeguarded", "9.8 9.9", attested())
    case("never-attested", "9.10 9.11 9.17", deployed(), _v01(2, None))
    case("ran-out", "9.9 9.11", attested(), _v01(31, None, "V11"), t=40)
    renewed_late = attested()
    renewed_late.on(35).attest()
    case("renewed-late", "9.9 9.10", renewed_late, _v01(31, 35, "V11"), t=40)
    renewed = attested()
    renewed.on(25).attest()
    case("renewed-in-time", "9.9", renewed, t=40)
    until = needing()
    until.attest(valid_until=day(5))
    until.on(2).deploy()
    case("valid-until", "9.9", until, _v01(5, None, "V11"))
    lapsed = attested()
    lapsed.on(5).lapse()
    case("lapsed", "9.9 9.11", lapsed, _v01(5, None, "V11"))
    lapsed_before = attested()
    lapsed_before.on(6).lapse(event_time=day(5))
    case("lapsed-before-it-was-recorded", "8.1", lapsed_before, _v01(5, None, "V11"))
    other = attested()
    other.on(5).lapse(criterion="another")
    case("lapse-of-another-criterion", "9.9", other)
    case("lapse-that-nobody-had-seen", "9.9", _lapsed_before(2.5), _v01(3, None))
    case("lapse-of-what-was-before", "9.9", _lapsed_before(1.5))
    backdated = deployed()
    backdated.on(5).attest(event_time=day(4))
    case("attested-after-the-fact", "8.1", backdated, _v01(2, 5))
    by_another = needing()
    by_another.attest(actor="eva")
    by_another.on(2).deploy()
    case("attested-in-another-role", "9.9", by_another, _v01(2, None))
    at_the_end = needing()
    at_the_end.on(2).deploy()
    found.append(ledger("open-without-length", "8.3", "violations", at_the_end, _v01(2, None)))
    return found


def _fitting() -> list[Vector]:
    """Whether an attestation fits the case."""
    found = []

    def case(name: str, story: Story, holds: bool, **attested: Any) -> None:
        story.attest(**attested)
        story.on(2).deploy()
        story.heartbeat(10)
        findings = [] if holds else [_v01(2, None)]
        found.append(ledger(name, "9.9", "compliant" if holds else "violations", story, *findings))

    case("for-the-surface", needing(for_each=["surface"]), True, bound_to={"surface": "api"})
    case("for-another-surface", needing(for_each=["surface"]), False, bound_to={"surface": "web"})
    case("for-no-surface", needing(for_each=["surface"]), False)
    model = needing(for_each=["model"])
    case("for-the-model", model, True, about=model.model("m"))
    model = needing(for_each=["model"])
    case("for-another-model", model, False, about=model.model("n"))
    case("for-the-organisation-where-the-model-is-asked", needing(for_each=["model"]), False)
    case("shown-as-asked", needing(shown_by=["audit", "test"]), True, shown_by=["audit", "document", "test"])
    case("shown-by-less-than-asked", needing(shown_by=["audit", "test"]), False, shown_by=["test"])
    case("shown-by-self-report-alone", needing(not_shown_by=["self-report"]), False, shown_by=["self-report"])
    case(
        "shown-by-self-report-too",
        needing(not_shown_by=["self-report"]),
        True,
        shown_by=["audit", "self-report"],
    )
    return found


def _standards() -> list[Vector]:
    """Approval, renewal, and standards that nobody has defined."""
    found = []

    def begin(**standard: Any) -> tuple[Story, int]:
        story = lab(baseline=[NEEDS_BASE], standards={"base": {"criteria": {"policy": ANYBODY}, **standard}})
        return story, story.attest()

    def case(name: str, spec: str, story: Story, *findings: Any, t: float = 10) -> None:
        story.on(2).deploy()
        story.heartbeat(t)
        found.append(ledger(name, spec, "violations" if findings else "compliant", story, *findings))

    approved: Any = {"approved_by": {"any_of": ["rso"]}}
    story, _ = begin(status="undefined")
    case("undefined", "9.11", story, _v01(2, None, "V10"))
    story, _ = begin(status="partial")
    case("partial", "9.11", story, _v01(2, None, "V10"))
    story, attested = begin(**approved)
    story.approve(story.report("base", attested), "rso-1")
    case("approved", "9.9", story)
    story, attested = begin(**approved)
    story.report("base", attested)
    case("reported-and-not-approved", "9.9", story, _v01(2, None))
    story, attested = begin(**approved)
    story.report("base", attested, actor="rso-1")
    case("approved-by-its-author-alone", "6.7 9.9", story, _v01(2, None))
    story, attested = begin(**approved)
    story.approve(story.report("base", attested, type="risk"), "rso-1")
    case("approved-in-another-report", "9.9", story, _v01(2, None))
    story, attested = begin(**approved)
    story.approve(story.report("base"), "rso-1")
    case("approved-without-citing-it", "9.9", story, _v01(2, None))
    story, attested = begin(**approved, renewed={"every": "30 days", **RULE})
    story.approve(story.report("base", attested), "rso-1")
    case("approval-not-renewed", "9.11", story, _v01(31, None, "V12"), t=40)
    return found


def _activities() -> list[Vector]:
    """What goes on, in which form, and from when to when."""
    found = []

    def begin(*activities: str, force: str = "commitment") -> Story:
        rule = {**RULE, "force": force, "needs": ["base"], "while": list(activities)}
        return lab(baseline=[rule], standards=BASE).on(2)

    def case(
        name: str, spec: str, story: Story, *findings: Any, verdict: str = "violations", t: float = 10
    ) -> None:
        story.heartbeat(t)
        found.append(ledger(name, spec, verdict if findings else "compliant", story, *findings))

    ended = begin("deploying it")
    start = ended.deploy()
    ended.on(5).end(start)
    case("ended", "9.7 9.10", ended, _v01(2, 5))
    within = begin("deploying it")
    start = within.deploy()
    within.on(5).end(start, event_time=day(3))
    case("ended-and-recorded-within-late-after", "8.1", within, _v01(2, 3))
    late = begin("deploying it")
    start = late.deploy()
    index = late.on(8).end(start, event_time=day(3))
    case("ended-and-recorded-late", "8.1 9.12", late, _v01(2, 8), finding("V28", "finding", entry=index))
    case("started-before-it-was-recorded", "8.1", _late_start(begin("deploying it")), _v01(2, None))
    internal = begin("deploying it externally")
    internal.deploy(scope="internal.large-scale")
    case("internal-where-external-is-asked", "7.3 9.8", internal)
    large = begin("deploying it internally at large scale")
    large.deploy(scope="internal.limited")
    case("limited-where-large-scale-is-asked", "7.3", large)
    risky = begin("deploying it internally at large scale")
    risky.deploy(scope="internal.high-risk")
    case("high-risk-is-large-scale", "7.3", risky, _v01(2, None))
    widened = begin("deploying it externally")
    start = widened.deploy(scope="internal.limited")
    subjects = [widened.model("m"), widened.snapshot("m-1")]
    change = {"of": widened.ref(start), "scope": "external.general", "surface": "api"}
    widened.on(5).say("rel", "deployment-changed", subjects, change)
    case("widened", "9.7", widened, _v01(5, None))
    aim = begin("deploying it", force="aim")
    aim.deploy()
    case("an-aim-missed", "7.2 9.15 9.17", aim, _v01(2, None, level="finding"), verdict="compliant")
    training = begin("training it")
    run = training.say("rel", "training-started", [training.model("m")], {})
    training.on(4).say("rel", "training-stopped", [training.model("m")], {"of": training.ref(run)})
    case("trained", "9.10 9.7", training, finding("V02", begin=day(2), end=day(4), because=[]))
    snapshot = begin("training it")
    _checkpoint(snapshot)
    case("trained-at-a-checkpoint", "9.7", snapshot, finding("V02", begin=day(2), because=[]))
    storing = begin("storing it")
    _checkpoint(storing)
    storing.on(6).say("rel", "weights-deleted", [storing.model("m")], {})
    case("stored", "9.10 9.7", storing, finding("V04", begin=day(2), end=day(6), because=[]))
    return found


def _late_start(story: Story) -> Story:
    story.on(3).deploy(event_time=day(2))
    return story


def _checkpoint(story: Story) -> None:
    story.say(
        "rel", "training-checkpoint", [story.model("m"), story.snapshot("m-1")], {"files": 1, "bytes": 1}
    )


def _forbidden() -> list[Vector]:
    """V37."""
    rule = {**RULE, "forbid": "deploying it with expanded autonomy", "until": "base.policy"}
    partial = {"base": {"status": "partial", "criteria": {"policy": ANYBODY}}}
    found = []

    def case(
        name: str, spec: str, attested: bool, attributes: list[str], *findings: Any, until: str = ""
    ) -> None:
        story = lab(baseline=[{**rule, "until": until or rule["until"]}], standards=partial)
        if attested:
            story.attest()
        story.on(2).deploy(attributes=attributes)
        story.heartbeat(10)
        found.append(ledger(name, spec, "violations" if findings else "compliant", story, *findings))

    v37 = finding("V37", begin=day(2), end=None)
    case("forbidden", "9.10", False, ["autonomy-expanded"], v37)
    case("forbidden-without-the-attribute", "7.3 9.10", False, ["tools"])
    case("forbidden-until-a-criterion-of-a-partial-standard", "9.9", True, ["autonomy-expanded"])
    case("forbidden-until-a-partial-standard", "9.9", True, ["autonomy-expanded"], v37, until="base")
    return found


def _placed(*things: str, **bound: str) -> Story:
    """Attest a criterion for each of some things on day 1, and go on to day 2."""
    story = needing(for_each=list(things), good_for="90 days")
    story.attest(bound_to=bound)
    return story.on(2)


def _started(story: Story, **said: Any) -> Story:
    story.deploy(**said)
    return story


def _case(
    name: str, spec: str, story: Story, *findings: Any, verdict: str = "violations", t: float = 10
) -> Vector:
    story.heartbeat(t)
    return ledger(name, spec, verdict if findings else "compliant", story, *findings)


_EU, _US = {"environment": "eu"}, {"environment": "us"}
_CHAT, _SEARCH = {"deployment": "chat"}, {"deployment": "search"}


def _moved(attest: float) -> Story:
    """Deploy in one environment, move to another on day 5, and attest for that on another day."""
    story = _placed("environment", **_EU)
    first = story.deploy(**_EU)
    for number in sorted((5, attest)):
        story.on(number)
        if number == attest:
            story.attest(bound_to=_US)
        if number == 5:
            body = {"of": story.ref(first), "scope": "external.general", "surface": "api", **_US}
            story.say("rel", "deployment-changed", [story.model("m"), story.snapshot("m-1")], body)
    return story


def _lapsed_where_it_was() -> Story:
    """Leave an environment on day 5, in which the safeguard lapses then."""
    story = _started(_placed("organisation"), **_EU)
    first = story.size - 1
    _started(story, **_US, surface="web").on(5).end(first)
    body = {"standard": "base", "criterion": "policy", "bound_to": _EU}
    story.say("kim", "safeguard-lapsed", [story.org()], body)
    return story


def _environments() -> list[Vector]:
    """What is attested for each environment."""
    never, unknown = _v01(2, None), finding("I01", "indeterminate", begin=day(2), end=None)
    hidden = _started(_placed("environment", **_EU), **_US, withheld=True)
    both = _started(_started(_placed("environment", **_EU), **_EU), **_US, surface="web")
    return [
        _case("for-the-environment", "9.9", _started(_placed("environment", **_EU), **_EU)),
        _case("for-another-environment", "9.9", _started(_placed("environment", **_US), **_EU), never),
        _case("for-no-environment", "9.9", _started(_placed("environment"), **_EU), never),
        _case("in-no-environment", "9.9", _started(_placed("environment", **_EU)), never),
        _case("narrower-than-it-has-to-be", "9.9", _started(_placed("organisation", **_EU), **_EU)),
        _case("narrower-and-elsewhere", "9.9", _started(_placed("organisation", **_EU), **_US), never),
        _case("moved-and-attested-before", "9.7 9.9", _moved(4)),
        _case("moved-and-attested-after", "9.7 9.9", _moved(6), _v01(5, 6)),
        _case("in-two-environments", "9.9 9.16", both, never),
        _case("lapsed-in-an-environment-that-was-left", "9.9", _lapsed_where_it_was()),
        _case("in-an-environment-that-is-withheld", "9.7 9.14", hidden, unknown, verdict="indeterminate"),
    ]


def _deployments() -> list[Vector]:
    """What is attested for each deployment."""
    never = _v01(2, None)
    twice = _started(_placed("deployment", **_CHAT), **_CHAT).on(3)
    again = _placed("deployment", **_CHAT)
    again.end(again.deploy(**_CHAT))
    later = _v01(3, None)
    return [
        _case("for-the-deployment", "9.9", _started(_placed("deployment", **_CHAT), **_CHAT)),
        _case("for-another-deployment", "9.9", _started(_placed("deployment", **_SEARCH), **_CHAT), never),
        _case("without-a-name", "9.9", _started(_placed("deployment", **_CHAT)), never),
        _case("one-name-for-two", "9.7", _started(twice, **_CHAT, surface="web"), later),
        _case("one-name-after-the-end", "9.7", _started(again.on(3), **_CHAT), later),
    ]


def _trained() -> list[Vector]:
    """What is attested for each environment in which a model is trained."""

    def trained(**said: str) -> Story:
        needs = {**NEEDS_BASE, "while": ["training it"]}
        standards = {"base": {"criteria": {"policy": {**ANYBODY, "for_each": ["environment"]}}}}
        story = lab(baseline=[needs], standards=standards)
        story.attest(bound_to=_EU)
        story.on(2).say("rel", "training-started", [story.model("m")], dict(said))
        return story

    v02 = finding("V02", begin=day(2), end=None)
    return [
        _case("trained-in-the-environment", "9.7 9.9", trained(**_EU)),
        _case("trained-in-another-environment", "9.7 9.9", trained(**_US), v02),
        _case("trained-nobody-says-where", "9.7 9.9", trained(), v02),
    ]


def families() -> list[Family]:
    """List this module's families."""
    vectors = [
        *_attestations(),
        *_fitting(),
        *_environments(),
        *_deployments(),
        *_trained(),
        *_standards(),
        *_activities(),
        *_forbidden(),
    ]
    about = "Ledgers: standards that are needed, whether they are in force, and when they were not."
    return [Family("ledgers-needs", about, unique(vectors), shared())]
