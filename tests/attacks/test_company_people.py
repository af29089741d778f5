"""The company plays with who decides: two hats, late news, lifted pauses, exceptions without end.

Each test tells an honest story up to its deed, and requires what the deed comes to. At the end stand those
who do the same things as they are meant.
"""

from collections.abc import Callable
from typing import Any

import pytest
from tests.attacks.telling import beat, later
from tests.support.forge import Actor, time_text
from tests.support.story import COMMIT, DAY, PEOPLE, Story, one, paused, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V01, V14, V15, V16 = "V01 violation", "V14 violation", "V15 violation", "V16 violation"
V17, V18, V35, V36 = "V17 violation", "V18 violation", "V35 violation", "V36 violation"


# -- two hats


def separated(**more: Any) -> dict[str, Any]:
    """A policy under which nobody approves what that person made, whoever's model it is."""
    rule = {**COMMIT, "who": "whoever made it", "from": "whoever approves it", "on": "the same act"}
    return policy_with(separate=[rule], **more)


def test_whoever_writes_a_permit_approves_it_too(audited: Audited) -> None:
    story = Story(separated())
    said = {"activity": "train", "expires": "2027-01-01T00:00:00.000Z"}
    made = story.say("rso", "permit", [story.m], said)
    approved = story.approve(made, "rso")
    verdict = audited(later(story, days=1))
    found = one(verdict.findings, "V15")
    assert (found.level, {made, approved} < set(found.entries)) == ("violation", True)


def test_a_second_key_of_the_same_person_is_the_same_person(codes: Codes) -> None:
    story = Story()
    second = Actor("rso-1", story.secret("rso-1, the second"))
    body = {"person": "rso-1", "vkey": second.vkey, "proof": second.proof(story.origin)}
    story.say("root", "key", ["person:rso-1"], body)
    permit = story.permit()
    story.sign_off(permit, "rso-1", "rso")
    story.sign_off(permit, "rso-1", "rso", key=second.key)
    story.start_deployment()
    assert V14 in codes(later(story, days=1))


def test_one_person_with_two_roles_signs_for_one_of_them(codes: Codes) -> None:
    people = {**PEOPLE, "rso-1": ["rso", "ceo"]}
    story = Story(people=people)
    permit = story.permit()
    story.sign_off(permit, "rso-1", "rso")
    story.sign_off(permit, "rso-1", "ceo")
    story.start_deployment()
    assert V14 in codes(later(story, days=1))


# -- terms


def test_a_person_whose_term_is_over_approves(codes: Codes) -> None:
    story = Story(policy_with(roles__rso={"term": "30 days"}))
    story.advance(days=31)
    story.deploy()
    assert V14 in codes(later(story, days=1))


# -- late news


def telling(**gate: Any) -> dict[str, Any]:
    """A policy whose gate for deploying tells people."""
    rule = {**COMMIT, "for": "deploying it", "approved_by": {"all_of": ["rso", "ceo"]}, **gate}
    return policy_with(gates=[rule])


def test_the_board_hears_of_it_from_the_newspaper(codes: Codes) -> None:
    story = Story(telling(told_before=["board"]))
    story.deploy()
    assert V16 in codes(later(story, days=1))


def test_the_board_is_told_a_minute_after(audited: Audited) -> None:
    story = Story(telling(told_before=["board"]))
    permit = story.permit("rso", "ceo")
    start = story.start_deployment()
    story.advance(minutes=1)
    told = story.sign_off(permit, "board-1", "board", "told")
    found = one(audited(later(story, days=1)).findings, "V16")
    assert (found.from_index, found.to_index, found.ended_by) == (start, told, "cured")


def test_somebody_else_says_that_the_board_was_told(codes: Codes) -> None:
    story = Story(telling(told_before=["board"]))
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "eva", "evaluator", "told")
    story.start_deployment()
    assert V16 in codes(later(story, days=1))


def test_the_board_is_told_of_another_permit(codes: Codes) -> None:
    story = Story(telling(told_before=["board"]))
    shown = story.permit("rso", "ceo", surface="web")
    story.sign_off(shown, "board-1", "board", "told")
    story.deploy()
    assert V16 in codes(later(story, days=1))


# -- lifted pauses

WHEN = policy_with(
    pause__when="every needed standard is in force",
    baseline=[{**COMMIT, "needs": ["base"], "while": ["deploying it"]}],
)


def test_a_pause_is_lifted_without_what_it_waits_for(codes: Codes) -> None:
    story, pause = paused(WHEN)
    story.lapse("base.locks")
    story.advance(hours=1)
    story.resume(pause)
    assert V18 in codes(later(story, days=1))


def test_a_pause_is_lifted_first_and_the_lapse_recorded_after(codes: Codes) -> None:
    # An adverse fact counts from when it happened, so that the pause was lifted without.
    story, pause = paused(WHEN)
    happened = story.now()
    story.advance(hours=1)
    story.resume(pause)
    story.advance(hours=1)
    story.lapse("base.locks", event_time=happened)
    assert V18 in codes(later(story, days=1))


def test_a_pause_is_lifted_by_whoever_called_it_alone(codes: Codes) -> None:
    story, pause = paused(WHEN)
    story.resume(pause, "rso")
    story.advance(hours=1)
    story.deploy()
    assert {V17, V18} & set(codes(later(story, days=4)))


def test_an_old_resumption_is_wrapped_anew(codes: Codes) -> None:
    story, pause = paused(WHEN)
    resumed = story.resume(pause) - 2
    story.advance(hours=1)
    again = story.pause("deploy")
    assert again > pause
    story.append(story.entries[resumed], story.bodies[resumed], story.payloads[resumed])
    story.deploy()
    found = codes(later(story, days=4))
    assert V36 in found
    assert V17 in found


# -- exceptions without end

RULE = {**COMMIT, "approved_by": {"all_of": ["rso", "ceo"]}, "at_most": "14 days"}


class Waived(Story):
    """A policy that asks for high-dep, and allows to waive it for a fortnight."""

    def __init__(self, exceptions: dict[str, Any] | None = None) -> None:
        needs = {**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}
        document = policy_with(
            thresholds={}, gates=[], exceptions=exceptions or {"waiver": RULE}, baseline=[needs]
        )
        super().__init__(document)

    def waive(self, *roles: str, kind: str = "waiver", about: str = "", **body: Any) -> int:
        """Record an exception and have it approved; returns its entry."""
        said = {"standard": "high-dep", "reasons": "the filter is late"} | body
        index = self.say("security", kind, [about or self.m], said)
        self.approve(index, *(roles or ("rso", "ceo")))
        return index


def test_a_waiver_until_the_end_of_the_century_lasts_a_fortnight(audited: Audited) -> None:
    story = Waived()
    waiver = story.waive(expires="2099-12-31T00:00:00.000Z")
    granted = story.now_ms
    story.start_deployment()
    found = one(audited(later(story, days=30)).findings, "V01")
    assert (found.level, found.from_ms, found.ended_by) == ("violation", granted + 14 * DAY, "open")
    assert waiver in found.entries
    assert [cause.code for cause in found.because] == ["V22"]


def test_waivers_in_a_chain_do_not_add_up(audited: Audited) -> None:
    story = Waived()
    story.waive()
    granted = story.now_ms
    story.start_deployment()
    for _ in range(4):
        story.advance(days=7)
        story.waive()
    found = [found for found in audited(later(story, days=1)).findings if found.code == "V01"]
    assert {found.level for found in found} == {"violation"}
    assert min(found.from_ms for found in found) == granted + 14 * DAY


def test_waivers_are_kept_back_and_approved_when_the_first_runs_out(audited: Audited) -> None:
    story = Waived()
    said = {"standard": "high-dep", "reasons": "late"}
    kept_back = [story.say("security", "waiver", [story.m], said) for _ in range(3)]
    story.waive()
    granted = story.now_ms
    story.start_deployment()
    for index in kept_back:
        story.advance(days=13)
        story.approve(index, "rso", "ceo")
    found = [found for found in audited(later(story, days=1)).findings if found.code == "V01"]
    assert min(found.from_ms for found in found) == granted + 14 * DAY


def test_waivers_alternate_between_the_model_and_the_organisation(audited: Audited) -> None:
    story = Waived()
    story.waive()
    granted = story.now_ms
    story.start_deployment()
    for about in (story.org(), story.m, story.org(), story.m):
        story.advance(days=13)
        story.waive(about=about)
    found = [found for found in audited(later(story, days=1)).findings if found.code == "V01"]
    assert min(found.from_ms for found in found) == granted + 14 * DAY


def test_a_waiver_is_recorded_under_a_lenient_policy_and_approved_under_a_strict_one(
    audited: Audited,
) -> None:
    story = Waived({"waiver": RULE | {"at_most": "400 days"}})
    index = story.say("security", "waiver", [story.m], {"standard": "high-dep", "reasons": "late"})
    strict = {**Waived().document, "version": "2"}
    story.adopt(strict, kind="policy-amendment")
    story.approve(index, "rso", "ceo")
    granted = story.now_ms
    story.start_deployment()
    found = one(audited(later(story, days=30)).findings, "V01")
    assert found.from_ms == granted + 14 * DAY


@pytest.mark.parametrize(
    "roles", [("rso",), ("ceo", "board"), ("board",)], ids=["one", "the-wrong-two", "the-board"]
)
def test_a_waiver_is_approved_by_too_few_or_others(codes: Codes, roles: tuple[str, ...]) -> None:
    story = Waived()
    story.waive(*roles)
    story.start_deployment()
    assert V01 in codes(later(story, days=1))


def test_a_waiver_comes_after_the_deed(audited: Audited) -> None:
    story = Waived()
    start = story.start_deployment()
    story.advance(days=3)
    story.waive()
    found = one(audited(later(story, days=1)).findings, "V01")
    assert (found.level, found.from_index, found.ended_by) == ("violation", start, "covered")


def test_a_waiver_is_dated_back(codes: Codes) -> None:
    story = Waived()
    before = story.now()
    story.advance(days=1)
    story.start_deployment()
    story.advance(days=1)
    waiver = story.say(
        "security", "waiver", [story.m], {"standard": "high-dep", "reasons": "late"}, event_time=before
    )
    story.approve(waiver, "rso", "ceo")
    found = codes(later(story, days=1))
    assert V01 in found
    assert "V28 violation" in found


@pytest.mark.parametrize(
    "aside", [{"surfaces": ["web"]}, {"scopes": ["internal.limited"]}], ids=["surface", "scope"]
)
def test_a_waiver_for_something_smaller_is_stretched(codes: Codes, aside: dict[str, Any]) -> None:
    story = Waived()
    story.waive(**aside)
    story.start_deployment()
    assert V01 in codes(later(story, days=1))


def test_a_waiver_for_a_harmless_sibling_is_used(codes: Codes) -> None:
    story = Waived()
    story.register("sibling")
    story.waive(about=story.model("sibling"))
    story.start_deployment()
    assert V01 in codes(later(story, days=1))


def test_an_expired_waiver_is_wrapped_anew(codes: Codes) -> None:
    story = Waived()
    waiver = story.waive()
    story.advance(days=30)
    story.append(
        story.entries[waiver],
        story.bodies[waiver],
        story.payloads[waiver],
        story.subjects[waiver],
        story.ids[waiver],
    )
    story.start_deployment()
    found = codes(later(story, days=1))
    assert V36 in found
    assert V01 in found


def test_an_exception_of_a_kind_that_the_policy_does_not_know_is_invented(codes: Codes) -> None:
    story = Waived()
    story.waive(kind="interim-measure")
    story.start_deployment()
    assert V01 in codes(later(story, days=1))


def test_marginal_risk_is_claimed_without_what_it_presupposes(audited: Audited) -> None:
    story = Waived({"marginal": RULE | {"preconditions": ["confirmed", "acknowledged"]}})
    story.waive(kind="marginal-risk", preconditions=["confirmed"])
    story.start_deployment()
    found = one(audited(later(story, days=1)).findings, "V01")
    assert (found.level, [cause.code for cause in found.because]) == ("violation", ["V23"])


def test_the_body_of_a_waiver_that_covers_nothing_is_withheld(audited: Audited) -> None:
    # Nobody can tell what it covered: no pass, and no more than doubt.
    story = Waived()
    waiver = story.waive(surfaces=["web"])
    story.bodies[waiver] = b""
    story.start_deployment()
    verdict = audited(later(story, days=1))
    assert verdict.verdict == "indeterminate"


def test_exceptions_leave_the_law_that_asks_to_adhere_where_it_was(codes: Codes) -> None:
    story = Waived()
    plain: dict[str, Any] = {"thresholds": {}, "gates": [], "baseline": []}
    rule = {**COMMIT, "to": "test-policy"}
    story.adopt(policy_with(id="a-law", title="A law", adheres=[rule], **plain))
    story.waive()
    story.start_deployment()
    assert codes(later(story, days=1)) == []
    assert V01 in codes(later(story, days=30))


@pytest.mark.parametrize(("force", "expected"), [("commitment", ["I05 indeterminate"]), ("aim", [])])
def test_a_law_asks_to_adhere_to_a_policy_that_nobody_has_put_on_record(
    codes: Codes, force: str, expected: list[str]
) -> None:
    story = Story()
    plain: dict[str, Any] = {"thresholds": {}, "gates": [], "baseline": []}
    rule = {"clause": "1", "force": force, "to": "test-po1icy"}
    story.adopt(policy_with(id="a-law", title="A law", adheres=[rule], **plain))
    assert codes(later(story, days=1)) == expected
    story.adopt(policy_with(id="test-po1icy", **plain))
    assert codes(later(story, days=1)) == []


# -- as it is meant


def test_honest_somebody_else_approves_and_the_board_is_told_before(codes: Codes) -> None:
    document = separated(gates=telling(told_before=["board"])["gates"])
    story = Story(document)
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "board-1", "board", "told")
    story.start_deployment()
    assert codes(later(story, days=1)) == []


def test_honest_a_pause_is_lifted_once_all_is_back(codes: Codes) -> None:
    story, pause = paused(WHEN)
    story.lapse("base.locks")
    story.advance(days=1)
    story.attest("base.locks", "document")
    story.advance(days=1)
    story.resume(pause)
    story.advance(hours=1)
    story.deploy()
    assert codes(later(story, days=1)) == []


def test_honest_a_waiver_bridges_the_days_until_the_filter_is_there(codes: Codes) -> None:
    story = Waived()
    story.waive(expires=time_text(story.now_ms + 10 * DAY))
    story.start_deployment()
    story.advance(days=8)
    story.filters()
    assert codes(later(story, days=10)) == []


def test_honest_a_term_is_renewed_before_it_is_over(codes: Codes) -> None:
    story = Story(policy_with(roles__rso={"term": "30 days"}))
    story.advance(days=29)
    story.grant("rso-1", "rso")
    story.advance(days=10)
    story.deploy()
    assert codes(later(story, days=1)) == []


# -- an empty chair


@pytest.mark.parametrize("how", ["ended", "run out", "never given"])
def test_nobody_is_there_who_would_have_to_attest(audited: Audited, how: str) -> None:
    people = {**PEOPLE, "aud": []}
    story = Story(people=PEOPLE if how == "ended" else people)
    if how == "run out":
        story.grant("aud", "auditor", until=story.now(DAY))
    story.advance(days=2)
    if how == "ended":
        body = {"person": "aud", "role": "auditor"}
        story.statement("role-ended", ["person:aud", "role:auditor"], body, "aud", "auditor")
    story.advance(days=1)
    beat(story)
    found = [finding for finding in audited(story).findings if finding.to_ms is None]
    assert [(finding.code, finding.level, finding.rule) for finding in found] == [
        ("V38", "finding", "roles.auditor")
    ]
