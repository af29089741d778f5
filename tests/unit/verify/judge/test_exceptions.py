"""Exceptions: what they cover, for how long, for whom; and why one that is there does not count."""

from typing import Any

import pytest
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, Story, one, policy_with

from plimsoll_verify.findings import Finding

RULE = {**COMMIT, "approved_by": {"all_of": ["rso", "ceo"]}, "at_most": "14 days"}
WAIVER = {"waiver": RULE}


def needing(exceptions: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return policy_with(
        **({
            "thresholds": {}, "gates": [], "exceptions": WAIVER if exceptions is None else exceptions,
            "baseline": [{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
        } | more)
    )  # fmt: skip


class Exempt(Story):
    """A deployment that lacks high-dep, and exceptions to it."""

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        super().__init__(document or needing())

    def exception(self, *roles: str, kind: str = "waiver", about: str | None = None, **body: Any) -> int:
        said = {"standard": "high-dep", "reasons": "the filter is late"} | body
        index = self.say("security", kind, [about or self.m], said)
        self.approve(index, *(roles or ("rso", "ceo")))
        return index

    def later(self, **period: float) -> "Exempt":
        self.advance(**period)
        self.register("another")
        return self

    def found(self, code: str = "V01") -> list[Finding]:
        return [found for found in self.judge().findings if found.code == code]


def test_a_waiver_covers_from_its_approval_for_as_long_as_it_may() -> None:
    story = Exempt()
    start = story.start_deployment()
    story.advance(days=1)
    waiver = story.exception()
    approved = story.size - 1
    story.later(days=30)
    first, second = story.found()
    assert (first.ended_by, first.to_index, first.from_index) == ("covered", approved, start)
    assert (second.from_ms, second.ended_by) == ((first.to_ms or 0) + 14 * DAY, "open")
    assert [cause.code for cause in second.because] == ["V22"]
    assert waiver in second.entries
    assert f"the waiver of entry {waiver} had run out" in second.message


def test_whoever_has_a_waiver_breaks_nothing_while_it_lasts() -> None:
    story = Exempt()
    story.exception()
    story.start_deployment()
    story.later(days=13)
    assert story.found() == []


def test_it_expires_when_it_says_and_never_later_than_it_may() -> None:
    story = Exempt()
    story.exception(expires=time_text(story.now_ms + 2 * DAY))
    story.start_deployment()
    story.later(days=3)
    (found,) = story.found()
    assert found.from_ms == story.now_ms - DAY
    story = Exempt()
    story.exception(expires=time_text(story.now_ms + 90 * DAY))
    story.start_deployment()
    story.later(days=20)
    (found,) = story.found()
    assert found.from_ms == story.now_ms - 6 * DAY


def test_one_after_the_other_is_one() -> None:
    story = Exempt()
    story.exception()
    story.start_deployment()
    story.advance(days=10)
    story.exception()
    story.later(days=10)
    (found,) = story.found()
    assert found.from_ms == story.now_ms - 6 * DAY
    renewed = story.exception()
    story.later(days=1)
    (found,) = story.found()
    assert found.ended_by == "open"
    assert renewed not in found.entries
    # A fortnight without any, and it may be waived again.
    story = Exempt()
    story.exception()
    story.advance(days=30)
    story.exception()
    story.start_deployment()
    story.later(days=5)
    assert story.found() == []


def test_an_exception_without_a_maximum_lasts_until_it_expires() -> None:
    story = Exempt(needing({"interim": RULE | {"at_most": "unstated"}}))
    story.exception(kind="interim-measure")
    story.start_deployment()
    story.later(days=400)
    assert story.found() == []


def causes(story: Exempt) -> tuple[list[str], str]:
    found = one([found for found in story.judge().findings if found.code == "V01"], "V01")
    return [cause.code for cause in found.because], found.message


@pytest.mark.parametrize(
    ("body", "roles", "words"),
    [
        ({}, ("rso",), "is not approved"),
        ({"scopes": ["internal.limited"]}, (), "does not reach this"),
        ({"surfaces": ["web"]}, (), "does not reach this"),
        ({"criterion": "filters"}, (), ""),
        ({"kind": "interim-measure"}, (), "the policy allows no interim-measure"),
    ],
)
def test_why_one_does_not_cover(body: dict[str, Any], roles: tuple[str, ...], words: str) -> None:
    document = needing()
    document["standards"]["high-dep"]["criteria"]["more"] = {
        "text": "More.", "for_each": ["model"], "attested_by": "security",
    }  # fmt: skip
    story = Exempt(document)
    story.exception(*roles, **body)
    story.later(hours=1)
    story.start_deployment()
    codes, message = causes(story)
    assert "V22" in codes
    assert words in message
    if "criterion" in body:
        assert "is for filters alone" in message
        story.later(hours=1)
        story.attest("high-dep.more", about=story.m)
        story.later(hours=1)
        assert one(story.found(), "V01").ended_by == "cured"


def test_a_scope_and_a_surface_that_it_reaches() -> None:
    story = Exempt()
    story.exception(scopes=["external.general"], surfaces=["api"])
    story.start_deployment()
    story.start_deployment(surface="web")
    story.later(hours=1)
    (found,) = story.found()
    assert "on web" in found.message


def test_it_is_about_the_organisation_or_this_model() -> None:
    story = Exempt()
    story.exception(about=story.model("another"))
    story.start_deployment()
    story.later(hours=1)
    codes, _ = causes(story)
    assert codes == []
    story.exception(about=story.org())
    story.later(hours=1)
    assert one(story.found(), "V01").ended_by == "covered"


def test_what_has_to_be_published_is_published() -> None:
    document = needing({"waiver": RULE | {"published": "true"}})
    story = Exempt(document)
    story.exception()
    story.later(hours=1)
    story.start_deployment()
    codes, message = causes(story)
    assert codes == ["V22"]
    assert "is not published" in message
    story = Exempt(document)
    story.exception(publication={"url": "https://acme.example/waiver"})
    story.start_deployment()
    story.later(hours=1)
    assert story.found() == []


def test_v23_marginal_risk_with_what_it_presupposes() -> None:
    rule = RULE | {"preconditions": ["confirmed", "acknowledged"]}
    document = needing({"marginal": rule})
    story = Exempt(document)
    story.exception(kind="marginal-risk", preconditions=["confirmed"])
    story.later(hours=1)
    story.start_deployment()
    codes, message = causes(story)
    assert codes == ["V23"]
    assert "attests nothing about acknowledged" in message
    story = Exempt(document)
    story.exception(kind="marginal-risk", preconditions=["acknowledged", "confirmed"])
    story.start_deployment()
    story.later(hours=1)
    assert story.found() == []


def test_nothing_covers_what_is_not_defined() -> None:
    document = needing(baseline=[{**COMMIT, "needs": ["next-sec"], "while": ["deploying it"]}])
    document["standards"]["next-sec"] = {"status": "undefined"}
    story = Exempt(document)
    story.exception(standard="next-sec")
    story.later(hours=1)
    story.start_deployment()
    codes, message = causes(story)
    assert codes == ["V10", "V22"]
    assert "is for what is not defined" in message


def test_an_approval_that_had_not_seen_a_lapse_does_not_count() -> None:
    story = Exempt()
    said = {"standard": "high-dep", "reasons": "late"}
    waiver = story.say("security", "waiver", [story.m], said)
    seen = story.checkpoint()
    story.lapse("high-dep.filters", about=story.m)
    story.sign_off(waiver, "rso-1", "rso", seen=seen)
    story.sign_off(waiver, "ceo-1", "ceo", seen=seen)
    story.later(hours=1)
    story.start_deployment()
    codes, _ = causes(story)
    assert "V22" in codes


def test_one_that_is_withheld_is_no_pass_and_no_violation() -> None:
    story = Exempt()
    story.exception()
    index = story.size - 3
    story.bodies[index] = b""
    story.start_deployment()
    story.later(hours=1)
    levels = {found.level for found in story.found()}
    assert levels == {"indeterminate"}
    assert story.judge().verdict == "indeterminate"


def test_a_waiver_that_waits_is_shown() -> None:
    story = Exempt()
    index = story.exception("rso")
    (pending,) = story.judge().pending
    assert (pending.index, pending.kind, pending.want, pending.missing) == (
        index,
        "waiver",
        "approved_by",
        ("ceo",),
    )


def test_one_that_reaches_some_of_what_goes_on_does_not_reach_this() -> None:
    document = needing()
    document["standards"]["high-dep"]["criteria"] = {
        "more": {"text": "More.", "for_each": ["model"], "attested_by": "security"},
    }
    story = Exempt(document)
    story.exception(surfaces=["api"])
    story.start_deployment()
    story.start_deployment(surface="web")
    story.later(hours=1)
    codes, message = causes(story)
    assert codes == ["V22"]
    assert "does not reach this" in message


def test_one_for_another_standard_covers_nothing_and_explains_nothing() -> None:
    story = Exempt()
    story.exception(standard="base")
    story.start_deployment()
    story.later(hours=1)
    assert causes(story)[0] == []


def test_one_that_somebody_else_signed_does_not_exist() -> None:
    story = Exempt()
    said = {"standard": "high-dep", "reasons": "late"}
    waiver = story.say("security", "waiver", [story.m], said, key=story.person("mallory").key)
    story.approve(waiver, "rso", "ceo")
    story.start_deployment()
    story.later(hours=1)
    assert causes(story)[0] == []


def test_one_that_waits_for_its_approval_is_counted_with_those_before_it() -> None:
    # Recorded first and approved last: the time of both runs from the approval that came first.
    story = Exempt()
    said = {"standard": "high-dep", "reasons": "late"}
    kept_back = story.say("security", "waiver", [story.m], said)
    story.advance(days=1)
    story.exception()
    granted = story.now_ms
    story.start_deployment()
    story.advance(days=13)
    story.approve(kept_back, "rso", "ceo")
    story.later(days=30)
    (found,) = story.found()
    assert (found.from_ms, found.ended_by) == (granted + 14 * DAY, "open")
    assert kept_back in found.entries


def test_the_organisations_and_the_models_are_counted_together() -> None:
    story = Exempt()
    story.exception()
    granted = story.now_ms
    story.start_deployment()
    for about in (story.org(), story.m, story.org()):
        story.advance(days=13)
        story.exception(about=about)
    story.later(days=1)
    assert min(found.from_ms for found in story.found()) == granted + 14 * DAY


def test_one_is_judged_by_the_version_in_force_when_it_is_complete() -> None:
    document = needing({"waiver": RULE | {"at_most": "400 days"}})
    story = Exempt(document)
    waiver = story.say("security", "waiver", [story.m], {"standard": "high-dep", "reasons": "late"})
    story.adopt({**needing(), "version": "2"}, kind="policy-amendment")
    story.approve(waiver, "rso", "ceo")
    granted = story.now_ms
    story.start_deployment()
    story.later(days=30)
    assert one(story.found(), "V01").from_ms == granted + 14 * DAY
