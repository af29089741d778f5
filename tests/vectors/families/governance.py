"""Ledgers about adherence, exceptions, reversals and readings of clauses. SPEC 9.25, 9.26, 9.28 and 9.30."""

from typing import Any

from tests.support.forge import sha
from tests.vectors.families.base import Vector
from tests.vectors.families.document import RULE
from tests.vectors.families.ledgers_thresholds import begin
from tests.vectors.families.story import BASE, NEEDS_BASE, Story, day, finding, lab, ledger, policy

POLICY = 16
"""The entry of the policy: after the genesis and the people."""


def _case(name: str, spec: str, story: Story, *findings: Any, verdict: str = "") -> Vector:
    story.heartbeat(10)
    return ledger(name, spec, verdict or ("violations" if findings else "compliant"), story, *findings)


def _adhering() -> list[Vector]:
    """SPEC 9.25."""
    law = policy(id="law", adheres=[{**RULE, "to": "house"}])
    story = lab(baseline=[NEEDS_BASE], standards=BASE).on(2)
    story.adopt(law)
    start = story.on(3).deploy()
    twice = [finding("V01", begin=day(3), end=None, entry=start) for _ in range(2)]
    return [_case("adhered-to-by-a-law", "9.25", story, *twice)]


def _excepted() -> list[Vector]:
    """SPEC 9.26."""
    rule = {**RULE, "approved_by": "ceo", "at_most": "3 days"}

    def waived(**body: Any) -> Story:
        story = lab(baseline=[NEEDS_BASE], standards=BASE, exceptions={"waiver": rule}).on(2)
        said = {"standard": "base", "reasons": "it is late", **body}
        story.approve(story.say("kim", "waiver", [story.model("m")], said), "ceo-1")
        return story

    story = waived()
    story.end(story.on(3).deploy())
    found = [_case("covered-by-a-waiver", "9.26 5.3", story)]
    story = waived()
    story.on(3).deploy()
    past = finding("V01", begin=day(5), end=None, because=["V22"])
    found.append(_case("waived-for-too-long", "9.26", story, past))
    story = waived(scopes=["internal.limited"])
    story.on(3).deploy()
    out = finding("V01", begin=day(3), end=None, because=["V22"])
    found.append(_case("waived-for-another-scope", "9.26", story, out))
    return [*found, *_excepted_again(rule)]


def _excepted_again(rule: dict[str, Any]) -> list[Vector]:
    """One exception after the other counts as one, in the order of completion, whomever they are about."""

    def say(story: Story, about: str) -> int:
        return story.say("kim", "waiver", [about], {"standard": "base", "reasons": "it is late"})

    found = []
    for name in ("approved-late", "of-the-organisation"):
        story = lab(baseline=[NEEDS_BASE], standards=BASE, exceptions={"waiver": rule}).on(2)
        first = say(story, story.model("m"))
        other = say(story, story.model("m") if name == "approved-late" else story.org())
        story.approve(other, "ceo-1")
        story.deploy()
        story.on(4).approve(first, "ceo-1")
        past = finding("V01", begin=day(5), end=None, because=["V22"])
        found.append(_case(f"one-waiver-after-another-{name}", "9.26", story, past))
    story = lab(
        baseline=[NEEDS_BASE], standards=BASE, exceptions={"waiver": rule | {"at_most": "9 days"}}
    ).on(2)
    first = say(story, story.model("m"))
    amended = policy(baseline=[NEEDS_BASE], standards=BASE, exceptions={"waiver": rule}, version="2")
    story.adopt(amended, kind="policy-amendment")
    story.approve(first, "ceo-1")
    story.deploy()
    past = finding("V01", begin=day(5), end=None, because=["V22"])
    return [*found, _case("waived-by-the-version-in-force-when-it-was-approved", "9.26", story, past)]


def _reversed() -> list[Vector]:
    """SPEC 9.28."""
    rule = {**RULE, "by": "rso", "stops_within": "2 days"}
    found = []

    def permitted(within: str = "2 days") -> tuple[Story, int, int]:
        gate = {**RULE, "for": "deploying it", "approved_by": "ceo"}
        story = lab(gates=[gate], reversal=rule | {"stops_within": within}).on(2)
        subjects = [story.model("m"), story.snapshot("m-1")]
        form = {"activity": "deploy", "scope": "external.general", "surface": "api", "expires": day(9)}
        permit = story.say("rel", "permit", subjects, form)
        story.approve(permit, "ceo-1")
        return story, permit, story.on(3).deploy()

    def reverse(story: Story, of: int, by: str = "rso-1") -> int:
        return story.say(by, "reversal", story.rows[of - 1]["subjects"], {"of": story.ref(of)})

    def case(name: str, story: Story, *findings: Any, verdict: str = "") -> None:
        found.append(_case(name, "9.28 5.1", story, *findings, verdict=verdict))

    for what in ("permit", "start"):
        story, permit, start = permitted()
        index = reverse(story.on(4), permit if what == "permit" else start)
        case(f"reversed-{what}", story, finding("V35", begin=day(6), end=None, entry=index))
    story, permit, start = permitted()
    reverse(story.on(4), permit)
    story.on(5).end(start)
    case("reversed-and-stopped", story)
    story, permit, start = permitted()
    reverse(story.on(4), permit, "ceo-1")
    case("reversed-by-whoever-may-not", story)
    for name, expires, is_undone, due in (
        ("expired", day(4.5), False, day(6)),
        ("reversed", day(9), True, day(9)),
    ):
        story, permit, _ = permitted()
        form = {**story.rows[permit - 1]["body"], "expires": expires}
        second = story.on(4).say("rel", "permit", story.rows[permit - 1]["subjects"], form)
        index = reverse(story, permit)
        story.on(5).approve(second, "ceo-1")
        index = reverse(story.on(7), second) if is_undone else index
        late = finding("V35", begin=due, end=None, entry=index)
        case(f"reversed-and-another-permit-{name}", story, late)
    story, permit, start = permitted("unquantified")
    reverse(story.on(4), permit)
    doubt = finding("V35", "indeterminate", begin=day(4), end=None)
    case("reversed-without-a-figure", story, doubt, verdict="indeterminate")
    story, permit, start = permitted()
    reverse(story.on(4), permit)
    story.end(start)
    again = story.on(5).deploy()
    case("started-on-a-reversed-permit", story, finding("V14", begin=day(5), end=None, entry=again))
    story = lab(reversal=rule).on(2)
    index = reverse(story, story.attest())
    case("attestation-reversed", story, finding("V36", entry=index))
    bio = begin(decided_by="people", crossed_if_any_of=None, until_assessed="crossed", respond_within=None)
    document = {**bio.rows[15]["body"], "reversal": rule}
    story = lab(document).on(2)
    ruled = story.determine("ruled_out", "rso-1", "ceo-1")
    story.on(3).deploy()
    reverse(story.on(4), ruled)
    case("ruling-out-reversed", story, finding("V01", begin=day(6), end=None, entry=ruled))
    return found


def _interpreted() -> list[Vector]:
    """SPEC 9.30."""
    found = []
    text = sha(b"a reading").hex()

    def read(story: Story, by: str, *others: str, clause: str = "1") -> list[int]:
        body = {"policy": "house", "clause": clause, "reading_sha256": text}
        index = story.say(by, "interpretation", [], body, subject=story.subjects[POLICY])
        story.approve(index, *others)
        return list(range(index, story.size))

    def begun() -> Story:
        rule = {**RULE, "by": {"all_of": ["rso", "ceo"]}}
        return lab(baseline=[NEEDS_BASE], standards=BASE, interpretation=rule)

    def case(name: str, story: Story, interpreted_by: list[int]) -> None:
        broken = finding("V01", begin=day(3), end=None, interpreted_by=interpreted_by)
        found.append(_case(name, "9.30 5.1", story, broken))

    story = begun()
    by = read(story.on(2), "rso-1", "ceo-1")
    story.on(3).deploy()
    case("read-before", story, by)
    story = begun()
    story.on(3).deploy()
    read(story.on(4), "rso-1", "ceo-1")
    case("read-only-after", story, [])
    story = begun()
    read(story.on(2), "rso-1")
    story.on(3).deploy()
    case("read-by-one-of-two", story, [])
    story = begun()
    read(story.on(2), "rso-1", "ceo-1", clause="7")
    story.on(3).deploy()
    case("read-a-clause-that-is-not-there", story, [])
    return found


def vectors() -> list[Vector]:
    """List them."""
    return [*_adhering(), *_excepted(), *_reversed(), *_interpreted()]
