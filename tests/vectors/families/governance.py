"""Ledgers about adherence and exceptions. SPEC 9.25 and 9.26."""

from typing import Any

from tests.vectors.families.base import Vector
from tests.vectors.families.document import RULE
from tests.vectors.families.story import BASE, NEEDS_BASE, Story, day, finding, lab, ledger, policy


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
    return [*found, _case("waived-for-another-scope", "9.26", story, out)]


def vectors() -> list[Vector]:
    """List them."""
    return [*_adhering(), *_excepted()]
