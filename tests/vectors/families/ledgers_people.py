"""Ledgers about people: terms, both sides of what is kept apart, who is told first, lifted pauses, vacancies.

SPEC 6.8, 9.22 to 9.24 and 9.33: V15, V16, V18 and V38.
"""

from typing import Any

from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import RULE, Tree
from tests.vectors.families.ledgers_acts import permit
from tests.vectors.families.story import (
    BASE,
    HOUR,
    NEEDS_BASE,
    Story,
    day,
    finding,
    lab,
    ledger,
    policy,
    shared,
)

VACANT = finding("V38", "finding")


def _case(name: str, spec: str, story: Story, *findings: Any, t: float = 10) -> Vector:
    story.heartbeat(t)
    is_broken = any(one["level"] == "violation" for one in findings)
    return ledger(name, spec, "violations" if is_broken else "compliant", story, *findings)


def _terms() -> list[Vector]:
    """For how long a role is held."""
    gate = {**RULE, "for": "deploying it", "approved_by": "rso"}

    def approved(number: float, *, again: bool = False) -> Story:
        roles = {**policy()["roles"], "rso": {"term": "5 days"}}
        story = lab(roles=roles, gates=[gate])
        if again:
            story.on(4).grant("rso-1", "rso")
        story.on(number)
        story.approve(permit(story), "rso-1")
        story.on(8).deploy()
        return story

    return [
        _case("approved-within-a-term", "6.8", approved(4), VACANT),
        _case("approved-after-a-term", "6.8", approved(5), finding("V14", begin=day(8)), VACANT),
        _case("approved-in-a-new-term", "6.8", approved(7, again=True), VACANT),
    ]


def _sides() -> list[Vector]:
    """Who stood on both sides."""

    def apart(on: str, who: Any, others: Any) -> Story:
        rule = {**RULE, "who": who, "from": others, "on": f"the same {on}"}
        return lab(separate=[rule]).on(2)

    def about_model(*, same: bool) -> Story:
        story = apart("model", ["evaluator"], ["release"])
        if same:
            story.grant("rel", "evaluator")
        story.say("rel" if same else "eva", "eval-planned", [story.model("m")], _PLAN, role="evaluator")
        return story

    own = apart("act", "whoever made it", "whoever approves it")
    own.approve(permit(own), "rel")
    other = apart("act", "whoever made it", "whoever approves it")
    other.approve(permit(other), "rso-1")
    return [
        _case("two-roles-about-a-model", "9.22", about_model(same=True), finding("V15", begin=day(2))),
        _case("two-people-about-a-model", "9.22", about_model(same=False)),
        _case("approved-by-its-author", "9.22", own, finding("V15", begin=day(2))),
        _case("approved-by-another", "9.22", other),
    ]


_PLAN: Tree = {"task": {"name": "bio", "version": "1"}, "variant": "v", "epochs": 1, "samples": 10}


def _tellings() -> list[Vector]:
    """Who was told."""

    def told(gate: Tree, decision: str, number: float) -> Story:
        story = lab(gates=[{**RULE, "for": "deploying it", "approved_by": "rso", **gate}]).on(2)
        index = permit(story)
        story.approve(index, "rso-1")
        for what in sorted((3, number)):
            if what == 3:
                story.on(3).deploy()
            else:
                story.on(number).approve(index, "ceo-1", decision=decision)
        return story

    before, after = {"told_before": ["ceo"]}, {"told_after": {"who": ["ceo"], "within": "2 days"}}
    consulted = {"consulted_before": ["ceo"]}
    return [
        _case("told-before", "9.23", told(before, "told", 2.5)),
        _case("told-too-late", "9.23", told(before, "told", 4), finding("V16", begin=day(3), end=day(4))),
        _case("told-and-not-consulted", "9.23", told(consulted, "told", 2.5), finding("V16", begin=day(3))),
        _case("dissented-and-so-consulted", "9.23", told(consulted, "dissent", 2.5)),
        _case("told-after-in-time", "9.23", told(after, "told", 5)),
        _case(
            "told-after-too-late", "9.23", told(after, "told", 6), finding("V16", begin=day(5), end=day(6))
        ),
    ]


def _liftings() -> list[Vector]:
    """What a pause waits for."""
    pause = {**policy()["pause"], "when": "every needed standard is in force"}

    def lifted(*days: float) -> Story:
        story = lab(pause=pause, baseline=[NEEDS_BASE], standards=BASE)
        story.attest()
        start = story.on(2).deploy()
        index = story.on(3).say("rso-1", "pause", [story.model("m")], {"activities": ["deploy"]})
        story.end(start)
        story.on(4).lapse()
        for number in sorted((6, *days)):
            story.on(number)
            if number == 6:
                story.attest()
            else:
                resumed = story.say("rso-1", "resumed", [story.model("m")], {"of": story.ref(index)})
                story.approve(resumed, "ceo-1")
        return story

    early = finding("V18", begin=day(5), end=day(7))
    return [
        _case("lifted-with-what-is-needed", "9.24", lifted(7)),
        _case("lifted-too-early", "9.24", lifted(5, 7), early),
    ]


def _vacancies() -> list[Vector]:
    """Roles that nobody holds."""

    def left(*days: float, needs: Any = "keeper", term: str = "") -> Story:
        gate = {**RULE, "for": "deploying it", "approved_by": needs}
        roles = {**policy()["roles"], **({"keeper": {"term": term}} if term else {})}
        story = lab(gates=[gate], roles=roles)
        if not term:
            body = {"person": "kim", "role": "keeper"}
            story.on(3).statement("role-ended", ["person:kim", "role:keeper"], body, "root-1", "root")
        for number in days:
            story.on(number).grant("eva", "keeper")
        return story

    def case(name: str, story: Story, *findings: Any) -> Vector:
        story.heartbeat(10)
        return ledger(name, "9.33", "compliant", story, *findings)

    def vacant(begin: str, end: str | None) -> Any:
        return finding("V38", "finding", begin=begin, end=end)

    return [
        case("a-role-that-nobody-holds", left(), vacant(day(3), None)),
        case("a-role-that-is-filled-again", left(5), vacant(day(3), day(5))),
        case("a-role-that-another-one-can-stand-in-for", left(needs={"any_of": ["keeper", "rso"]})),
        case(
            "a-role-whose-term-is-over", left(5, term="4 days"), vacant(day(4), day(5)), vacant(day(9), None)
        ),
        case("a-role-that-nobody-was-ever-given", _ungiven(), vacant(day(0, ms=HOUR), None)),
    ]


def _ungiven() -> Story:
    """A policy that needs a role that nobody has."""
    gate = {**RULE, "for": "deploying it", "approved_by": "auditor"}
    return lab(gates=[gate], roles={**policy()["roles"], "auditor": {}})


def families() -> list[Family]:
    """List this module's families."""
    about = "Ledgers: terms, both sides of what is kept apart, who is told first, lifted pauses, vacancies."
    vectors = unique([*_terms(), *_sides(), *_tellings(), *_liftings(), *_vacancies()])
    return [Family("ledgers-people", about, vectors, shared())]
