"""Ledgers about the record itself: authority, times, policies as of when, and what cannot be known.

SPEC 6.1 to 6.5, 7.1, 7.5, 8.4, 8.5, 9.12 to 9.15, 9.27 and 10.9.
"""

from typing import Any

from tests.support.forge import Forge, canonical, sha
from tests.vectors.families import corrections
from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import Tree
from tests.vectors.families.story import BASE, NEEDS_BASE, Story, day, finding, lab, ledger, policy, shared


def _case(name: str, spec: str, story: Story, *findings: Any, t: float = 10, verdict: str = "") -> Vector:
    story.heartbeat(t)
    return ledger(name, spec, verdict or ("violations" if findings else "compliant"), story, *findings)


def _plan(story: Story, **overrides: Any) -> int:
    """Have eva say something that has no further effect."""
    body = {"task": {"name": "bio", "version": "1"}}
    return story.say("eva", "eval-planned", [story.model("m")], body, **overrides)


def _retire(story: Story, by: str, role: str) -> None:
    keyid = story.person("eva").keyid
    story.statement("key-retired", ["person:eva"], {"person": "eva", "keyid": keyid}, by, role)


def _compromise(story: Story, since: int, person: str = "eva") -> int:
    body = {"person": person, "keyid": story.person(person).keyid, "since": since}
    return story.statement("key-compromised", [f"person:{person}"], body, "root-1", "root")


def _authority() -> list[Vector]:
    """SPEC 6.1 to 6.5."""
    found = []

    def case(name: str, spec: str, story: Story, code: str = "", index: int = 0) -> None:
        found.append(_case(name, spec, story, *([finding(code, entry=index)] if code else [])))

    story = lab().on(2)
    _retire(story, "root-1", "root")
    case("key-retired", "6.3 6.4", story, "V36", _plan(story.on(3)))
    story = lab().on(2)
    _retire(story, "eva", "evaluator")
    case("key-retired-by-its-owner", "6.3 6.4", story, "V36", _plan(story.on(3)))
    story = lab().on(2)
    body = {"person": "eva", "role": "evaluator"}
    story.statement("role-ended", ["person:eva", "role:evaluator"], body, "root-1", "root")
    case("role-ended", "6.3 6.4", story, "V36", _plan(story.on(3)))
    story = lab().on(2)
    story.grant("eva", "keeper", until=day(3))
    case("role-past-its-term", "6.4", story, "V36", _plan(story.on(4), role="keeper"))
    story = lab().on(2)
    story.grant("eva", "keeper", until=day(5))
    _plan(story.on(4), role="keeper")
    case("role-within-its-term", "6.4", story)
    story = lab().on(2)
    _compromise(story, story.size)
    case("key-compromised-before", "6.5", story, "V36", _plan(story.on(3)))
    story = lab().on(2)
    said = _plan(story)
    _compromise(story.on(3), said)
    story.heartbeat(10)
    doubt = finding(level="indeterminate", entry=said)
    found.append(ledger("key-compromised-since", "6.5", "indeterminate", story, doubt))
    story = lab().on(2)
    _plan(story)
    _compromise(story.on(3), story.size)
    case("key-compromised-after", "6.5", story)
    return [*found, *_signed_with_a_lost_key(), *_quorum_of_two()]


def _signed_with_a_lost_key() -> list[Vector]:
    """SPEC 6.5: an attestation that kim signed, whose key is declared compromised on day 5."""

    def attested(since: int, *, is_again: bool = False) -> Story:
        story = lab(standards=BASE, baseline=[NEEDS_BASE])
        story.enrol("kat", "keeper")
        signed = story.on(2).attest()
        story.on(3).deploy()
        _compromise(story.on(5), signed + since, "kim")
        if is_again:
            body: Tree = {"standard": "base", "criterion": "policy", "bound_to": {}}
            body |= {"shown_by": ["document"], "evidence": []}
            story.on(7).say("kat", "safeguard-attested", [story.org()], body, role="keeper")
        return story

    def lost_twice() -> Story:
        story = lab(standards=BASE, baseline=[NEEDS_BASE])
        story.enrol("kat", "keeper")
        signed = story.on(2).attest()
        story.on(3).deploy()
        _compromise(story.on(5), signed, "kim")
        again = story.on(6).sign_off(signed, "kat", "keeper")
        _compromise(story.on(8), again, "kat")
        return story

    def broken(end: str | None) -> list[Any]:
        doubt = finding("I03", "indeterminate", begin=day(5))
        return [finding("V01", begin=day(5), end=end, because=["V11"]), doubt]

    return [
        _case("lost-key-attested", "6.5", attested(0), *broken(None)),
        _case("lost-key-attested-again", "6.5", attested(0, is_again=True), *broken(day(7))),
        _case("lost-key-attested-before-that", "6.5", attested(1)),
        _case(
            "lost-key-signed-off-and-lost-again",
            "6.5",
            lost_twice(),
            *broken(day(6)),
            finding("V01", begin=day(8), because=["V11"]),
            finding("I03", "indeterminate", begin=day(8)),
        ),
    ]


def _two_founders(*approving: str, adopt: bool = True) -> Story:
    """Begin with two founders, a root quorum of two, and somebody enrolled by the first."""
    story = Story(root=("root-1", "root-2"), quorum=2)
    for founder in approving:
        story.sign_off(0, founder, "root")
    for person, role in (("eva", "evaluator"), ("ceo-1", "ceo"), ("rso-1", "rso")):
        first = story.size
        story.enrol(person, role)
        for index in range(first, story.size):
            story.sign_off(index, "root-2", "root")
    if adopt:
        index = story.statement("policy", ["policy:house"], policy(), "root-1", "root")
        story.sign_off(index, "root-2", "root")
        story.approve(index, "ceo-1")
    return story


def _quorum_of_two() -> list[Vector]:
    story = _two_founders("root-2")
    good = _case("enrolled-by-two-founders", "6.1 6.3", story)
    story = _two_founders("root-2")
    story.enrol("kim", "keeper")
    body = {"task": {"name": "bio", "version": "1"}}
    index = story.say("kim", "eval-planned", [story.model("m")], body)
    alone = _case("enrolled-by-one-of-two-founders", "6.3 6.4", story, finding("V14", entry=index))
    # The second founder has not approved the genesis, so that nobody is ever enrolled.
    story = Story(root=("root-1", "root-2"), quorum=2)
    story.enrol("eva", "evaluator")
    for index in (1, 2, 3):
        story.sign_off(index, "root-2", "root")
    index = _plan(story)
    verdict = ledger("founder-before-approving-the-genesis", "6.1", "violations", story)
    verdict["expect"]["findings"] = None
    return [good, alone, verdict, *_ended_root()]


def _ended_root() -> list[Vector]:
    """A root person whose role ends before a policy that they signed is adopted, or after."""
    found = []
    for name, code in (("before", "I05"), ("after", "")):
        story = _two_founders("root-2", adopt=False)
        index = story.statement("policy", ["policy:house"], policy(), "root-1", "root")
        story.sign_off(index, "root-2", "root")
        body = {"person": "root-2", "role": "root"}
        for what in ("end", "adopt") if code else ("adopt", "end"):
            if what == "adopt":
                story.approve(index, "ceo-1")
            else:
                story.statement("role-ended", ["person:root-2", "role:root"], body, "root-1", "root")
        doubt = [finding(code, "indeterminate")] if code else []
        verdict = "indeterminate" if code else "compliant"
        vector = _case(f"root-role-ended-{name}-adoption", "6.3 7.5", story, *doubt, verdict=verdict)
        found.append(vector)
    return found


def _times() -> list[Vector]:
    """V28."""
    found = []

    def case(name: str, story: Story, *findings: Any, verdict: str = "") -> None:
        found.append(_case(name, "9.12", story, *findings, verdict=verdict))

    story = lab().on(2)
    index = _plan(story, event_time=day(2, ms=60_001))
    case("event-after-its-entry", story, finding("V28", entry=index))
    story = lab().on(2)
    _plan(story, event_time=day(2, ms=60_000))
    case("event-within-a-minute-after-its-entry", story)
    story = lab().on(2)
    index = _plan(story, event_time=day(-0.5))
    case("recorded-late", story, finding("V28", "finding", entry=index), verdict="compliant")
    story = lab().on(2)
    _plan(story, event_time=day(1))
    case("recorded-within-late-after", story)
    story = lab().on(2).heartbeat(2)
    index = story.attest(event_time=day(2, ms=-60_001))
    case("act-before-what-its-author-had-seen", story, finding("V28", entry=index))
    story = lab().on(2).heartbeat(2)
    story.attest(event_time=day(2, ms=-60_000))
    case("act-within-a-minute-before-what-its-author-had-seen", story)
    story = lab().on(2).heartbeat(2)
    story.attest(event_time=day(2, ms=-60_001), seen=story.checkpoint(story.size - 1))
    case("act-before-what-its-author-had-not-seen", story)
    story = lab().on(2).heartbeat(2)
    index = _plan(story, time=day(2, ms=-1))
    case("entry-before-its-predecessor", story, finding("V28", entry=index))
    return found


def _policies() -> list[Vector]:
    """SPEC 7.5, and ledgers without a policy."""
    parts: Tree = {"baseline": [NEEDS_BASE], "standards": BASE}
    found = []

    def v01(begin: float, end: float | None = None) -> Any:
        return finding("V01", begin=day(begin), end=None if end is None else day(end), because=[])

    def deployed(document: Tree, **more: Any) -> Story:
        story = Story().people()
        story.on(0.5).adopt(document, **more)
        story.on(1).register()
        story.on(2).deploy()
        return story

    def case(name: str, spec: str, story: Story, *findings: Any, verdict: str = "") -> None:
        found.append(_case(name, spec, story, *findings, verdict=verdict))

    case("in-force", "7.5", deployed(policy(**parts)), v01(2))
    later = deployed(policy(**parts, effective_from=f"{day(5)[:19]}Z"))
    case("in-force-from-its-date", "7.5", later, v01(5))
    approved = deployed(policy(**parts), approve=False)
    approved.on(6).approve(16, "ceo-1")
    case("in-force-from-its-approval", "7.5", approved, v01(6))
    relaxed = deployed(policy(**parts))
    relaxed.on(6).adopt(policy(version="2"), kind="policy-amendment")
    case("amended", "7.5 9.16 9.32", relaxed, v01(2, 6), finding("V19", "finding", begin=day(6), end=None))
    tightened = deployed(policy())
    tightened.on(6).adopt(policy(**parts, version="2"), kind="policy-amendment")
    case("amended-while-deployed", "7.5 9.8 9.16", tightened, v01(6))
    alone = deployed(policy(**parts))
    alone.on(6).adopt(policy(version="2"), kind="policy-amendment", approve=False)
    case("amended-by-nobody-who-may", "7.5", alone, v01(2))
    easy = deployed(policy(**parts, amendment={"approved_by": {"all_of": ["ceo", "rso"]}}))
    easy.on(6).adopt(policy(version="2"), kind="policy-amendment")
    case("amended-by-the-quorum-of-the-new-version", "7.5", easy, v01(2))
    second = deployed(policy())
    second.on(3).adopt(policy(**parts, id="law"))
    case("a-second-policy", "7.5", second, v01(3))
    return [*found, *_without_policy()]


def _without_policy() -> list[Vector]:
    found = []

    # Besides what is found about the policy, that there is none in force at T.
    nothing = finding(level="indeterminate")

    def case(name: str, spec: str, story: Story, *findings: Any) -> None:
        found.append(_case(name, spec, story, *findings, nothing, verdict="indeterminate"))

    found.append(ledger("genesis-alone", "9.15", "indeterminate", Story(), nothing))
    case("no-policy", "9.15", Story().people())
    unapproved = Story().people().on(1)
    unapproved.adopt(policy(), approve=False)
    case("policy-not-adopted", "7.5 9.15", unapproved)
    future = Story().people().on(1)
    future.adopt(policy(effective_from="2027-01-01T00:00:00Z"))
    case("policy-not-yet-in-force", "7.5 9.15", future)
    doubt = finding(level="indeterminate", entry=16)
    withheld = Story().people().on(1)
    withheld.adopt(policy(), withheld=True)
    case("policy-withheld", "9.14", withheld, doubt)
    numbers = Story().people().on(1)
    numbers.adopt({**policy(), "version": 1})
    case("policy-with-a-number", "7.1 9.14", numbers, doubt)
    return found


def _unknowns() -> list[Vector]:
    """SPEC 9.13 and 9.14."""
    found = []

    def case(name: str, spec: str, story: Story, index: int) -> None:
        doubt = finding(level="indeterminate", entry=index)
        found.append(_case(name, spec, story, doubt, verdict="indeterminate"))

    for kind in ("eval-result", "determination", "safeguard-lapsed"):
        story = lab().on(2)
        subjects = [story.model("m"), story.snapshot("m-1")] if kind == "eval-result" else [story.model("m")]
        index = story.say("eva", kind, subjects, {"withheld": "whatever it is"}, withheld=True)
        case(f"{kind}-withheld", "9.14", story, index)
    story = lab().on(2)
    body = {"task": {"name": "bio", "version": "1"}, "later": 1}
    case("member-not-understood", "9.14", story, story.say("eva", "eval-planned", [story.model("m")], body))
    story = lab().on(2)
    case(
        "kind-not-understood",
        "9.14",
        story,
        story.say("eva", "invention", [story.model("m")], {"until": "ever"}),
    )
    digest = Forge(seed="text").bytes_of("text").hex()
    story = lab().on(2)
    index = story.say(
        "root-1", "brought-forward", [story.org()], {"kind": "eval-result", "claim_sha256": digest}
    )
    case("brought-forward", "9.14 5.1", story, index)
    story = lab(baseline=[NEEDS_BASE], standards=BASE).on(1)
    story.attest(withheld=True)
    story.on(2).deploy()
    story.heartbeat(10)
    possible = ledger("what-a-withheld-attestation-could-prevent", "9.14", "indeterminate", story)
    possible["expect"]["findings"] = None
    found.append(possible)
    story = lab(baseline=[NEEDS_BASE], standards=BASE).on(1)
    index = story.attest(signed_by="rel")
    story.on(2).deploy()
    broken = finding("V01", begin=day(2), end=None, because=[])
    found.append(_case("inadmissible-relieves-nothing", "9.13", story, finding("V36", entry=index), broken))
    story = lab(baseline=[NEEDS_BASE], standards=BASE).on(1)
    story.attest()
    story.on(2).deploy()
    index = story.on(5).lapse(signed_by="rel")
    broken = finding("V01", begin=day(5), end=None, because=["V11"])
    found.append(_case("inadmissible-still-burdens", "9.13", story, finding("V36", entry=index), broken))
    return found


def _freshness() -> list[Vector]:
    """SPEC 10.9."""
    found = []
    for name, now, verdict in (
        ("fresh", day(11), "compliant"),
        ("fresh-to-the-millisecond", day(12), "compliant"),
        ("stale", day(12, ms=1), "indeterminate"),
    ):
        story = lab().heartbeat(10)
        one = ledger(name, "10.9", verdict, story, max_age="2 days", now=now)
        if verdict == "indeterminate":
            one["expect"]["findings"] = None
        found.append(one)
    return found


def _claim(story: Story, kind: str, subjects: list[str], claim: Tree, event: str) -> int:
    """Have eva bring something forward."""
    digest = sha(canonical(claim)).hex()
    said = {"kind": kind, "claim": claim, "claim_sha256": digest}
    named = [story.subject(name, digest) for name in sorted([*subjects, story.org()])]
    return story.say("eva", "brought-forward", [], said, subject=named, event_time=event)


def _claimed(document: Tree, event: str = day(-10)) -> tuple[Story, int]:
    """Begin with a policy and a deployment that are claimed to be older than the ledger."""
    story = Story().people()
    _claim(story, "policy", ["policy:house"], document, day(-20))
    form = {"scope": "external.general", "surface": "api"}
    names = [story.model("m"), story.snapshot("m")]
    return story, _claim(story, "deployment-started", names, form, event)


def _claims() -> list[Vector]:
    """SPEC 8.4."""
    document = policy(effective_from="2025-12-01T00:00:00Z", baseline=[NEEDS_BASE], standards=BASE)
    story, start = _claimed(document)
    open_ = finding("V01", "indeterminate", begin=day(-10), end=None, entry=start)
    found = [_case("claimed-and-unmet", "8.4", story, open_, verdict="indeterminate")]
    story, start = _claimed(document)
    story.on(1).register()
    before = finding("V01", "indeterminate", begin=day(-10), end=day(0))
    since = finding("V01", begin=day(0), end=None, entry=start)
    found.append(_case("claimed-and-unmet-when-recording-began", "8.4", story, before, since))
    attested = {
        "standard": "base",
        "criterion": "policy",
        "bound_to": {},
        "shown_by": ["document"],
        "evidence": [],
    }
    story, start = _claimed(document)
    story.on(1).register()
    _claim(story.on(31), "safeguard-attested", [], attested, day(-15))
    since = finding("V01", begin=day(0), end=None, entry=start)
    found.append(_case("claimed-too-late", "8.4", story, before, since, t=32))
    story, start = _claimed(document)
    story.on(1).register()
    _claim(story.on(29), "safeguard-attested", [], attested, day(-15))
    found.append(_case("claimed-in-time", "8.4", story, finding("V01", begin=day(15), end=None), t=32))
    story, start = _claimed(document, day(0))
    found.append(_case("claimed-of-after-the-beginning", "8.4", story, finding("V36", entry=start)))
    return found


def families() -> list[Family]:
    """List this module's families."""
    vectors = [*_authority(), *_times(), *_policies(), *_unknowns(), *_claims(), *_freshness()]
    vectors += corrections.vectors()
    about = "Ledgers: authority, times, policies as of when, corrections, and what cannot be known."
    return [Family("ledgers-records", about, unique(vectors), shared())]
