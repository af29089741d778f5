"""Keys that are declared compromised: what was signed with them relieves no more, and can be signed again."""

from typing import Any

import pytest
from tests.support.family import Family
from tests.support.forge import Actor, vkey
from tests.support.language import BYPASS
from tests.support.obliged import Obliged, policy_of
from tests.support.story import COMMIT, Story, brief, of, one, policy_with

from plimsoll_verify.findings import Finding
from plimsoll_verify.policy.grammar import parse_period

MONTH = parse_period("1 month")
RESPOND: dict[str, Any] = {"time": "1 month", **COMMIT}


class Lost(Story):
    """A story in which keys are lost, and people sign again with new ones."""

    def lose(self, person: str, since: int) -> int:
        """Declare a person's key compromised since an entry; returns the declaration."""
        body = {"person": person, "keyid": self.person(person).keyid, "since": since}
        return self.say("root", "key-compromised", [f"person:{person}"], body)

    def renew(self, person: str) -> Any:
        """Give a person another key, and return what statements by it are signed with."""
        key = self.secret(f"{person} again")
        actor = Actor(person, key)
        body = {"person": person, "vkey": vkey(person, actor.public), "proof": actor.proof(self.origin)}
        self.say("root", "key", [f"person:{person}"], body)
        return key

    def declared_ms(self) -> int:
        """Return when the key was declared compromised."""
        return one(self.judge().findings, "I03").from_ms


class LostFamily(Lost, Family):
    """The same of several models."""


class LostDuties(Lost, Obliged):
    """The same of duties."""


def about(story: Story, code: str) -> list[Finding]:
    """Return the findings of a code about the model."""
    return [found for found in of(story.judge(), code) if found.subject == story.m]


def deployed(**changes: Any) -> tuple[Lost, int]:
    """Return a story of a model that is crossed, and deployed under an attestation, and that."""
    rule = {**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}
    changes = {
        "thresholds__cbrn__respond_within": RESPOND,
        "thresholds__cbrn__then": [rule],
        "standards__high-dep__criteria__filters__good_for": "1 year",
        **changes,
    }
    story = Lost(policy_with(gates=[], baseline=[], **changes))
    story.result(80)
    story.determine("cbrn", "crossed")
    attested = story.filters()
    story.start_deployment()
    story.advance(days=60)
    assert about(story, "V01") == []
    return story, attested


# -- safeguards


def test_there_is_time_to_sign_again() -> None:
    story, attested = deployed()
    story.lose("sec", attested)
    story.advance(days=20)
    story.filters(key=story.renew("sec"))
    story.advance(days=60)
    assert brief(story.judge().findings) == ["I03 indeterminate"]


def test_who_does_not_sign_again_in_time_goes_on_without_safeguards() -> None:
    story, attested = deployed()
    declared = story.lose("sec", attested)
    story.advance(days=60)
    (found,) = about(story, "V01")
    assert found.from_ms == MONTH.after(story.declared_ms())
    assert [(cause.code, cause.entries) for cause in found.because] == [("V11", (attested, declared))]
    assert "was declared compromised" in found.message


def test_what_begins_after_the_declaration_has_no_time() -> None:
    story, attested = deployed()
    story.lose("sec", attested)
    story.advance(days=1)
    story.start_deployment(surface="web")
    story.filters(surface="web", key=story.renew("sec"))
    story.start_deployment()
    (found,) = about(story, "V01")
    assert found.from_ms == story.now_ms


def test_time_to_sign_again_is_never_longer_than_what_was_signed_had_held() -> None:
    until = {"standards__high-dep__criteria__filters__good_for": "70 days"}
    story, attested = deployed(**until)
    held_ms = parse_period("10 days").after(story.now_ms)
    story.lose("sec", attested)
    story.advance(days=60)
    (found,) = about(story, "V01")
    assert found.from_ms == held_ms < MONTH.after(story.declared_ms())


@pytest.mark.parametrize("respond", [None, "months"])
def test_there_is_time_only_where_the_policy_gives_it(respond: str | None) -> None:
    changes = {} if respond else {"thresholds__cbrn__respond_within": ...}
    story, attested = deployed(**changes)
    story.lose("sec", attested)
    story.advance(days=1)
    assert bool(about(story, "V01")) == (respond is None)


@pytest.mark.parametrize("since", ["before", "after"])
def test_only_what_was_signed_since_then_is_lost(since: str) -> None:
    story, attested = deployed()
    story.lose("sec", attested + (since == "after"))
    story.advance(days=60)
    assert bool(about(story, "V01")) == (since == "before")


def test_of_two_declarations_the_first_that_says_so_counts() -> None:
    story, attested = deployed()
    story.lose("sec", attested + 1)
    story.advance(days=40)
    assert about(story, "V01") == []
    story.lose("sec", attested)
    later_ms = story.now_ms
    story.lose("sec", 1)
    story.advance(days=60)
    assert about(story, "V01")[0].from_ms == MONTH.after(later_ms)


def test_an_attestation_that_somebody_else_signed_as_well_stands() -> None:
    both = {"standards__high-dep__criteria__filters__attested_by": {"any_of": ["security", "rso"]}}
    story, attested = deployed(**both)
    story.approve(attested, "rso")
    story.lose("sec", attested)
    story.advance(days=60)
    assert about(story, "V01") == []


def test_a_report_that_a_lost_key_approved_has_to_be_approved_again() -> None:
    rule = {**COMMIT, "needs": ["high-sec"], "while": ["deploying it"]}
    story = Lost(policy_with(gates=[], baseline=[], thresholds__cbrn__then=[rule]))
    story.result(80)
    story.determine("cbrn", "crossed")
    _, report = story.secure()
    story.start_deployment()
    story.advance(days=10)
    story.lose("rso-1", report)
    story.advance(days=10)
    assert about(story, "V01") == []
    key = story.renew("rso-1")
    story.sign_off(report, "rso-1", "rso", key=key)
    story.advance(days=60)
    assert about(story, "V01") == []


def test_a_report_that_is_signed_again_is_no_newer() -> None:
    rule = {**COMMIT, "needs": ["high-sec"], "while": ["deploying it"]}
    renewed = {"standards__high-sec__renewed": {"every": "50 days", **COMMIT}}
    story = Lost(policy_with(gates=[], baseline=[], thresholds__cbrn__then=[rule], **renewed))
    story.result(80)
    story.determine("cbrn", "crossed")
    _, report = story.secure()
    due_ms = parse_period("50 days").after(story.now_ms)
    story.start_deployment()
    story.advance(days=10)
    story.lose("rso-1", report)
    story.sign_off(report, "rso-1", "rso", key=story.renew("rso-1"))
    story.advance(days=60)
    (found,) = about(story, "V01")
    assert found.from_ms == due_ms


# -- decisions


def test_what_was_ruled_out_is_crossed_again_once_a_key_under_it_is_lost() -> None:
    rule = {**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}
    changes = {"thresholds__cbrn__respond_within": RESPOND, "thresholds__cbrn__then": [rule]}
    story = Lost(policy_with(gates=[], baseline=[], **changes))
    story.result(80)
    ruled_out = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.start_deployment()
    story.advance(days=60)
    assert story.judge().findings == ()
    story.lose("ceo-1", ruled_out)
    story.advance(days=10)
    assert about(story, "V01") == []
    assert "V01" in {found.code for found in story.ask()}
    story.advance(days=50)
    (found,) = about(story, "V01")
    assert found.from_ms == MONTH.after(story.declared_ms())
    story.sign_off(ruled_out, "ceo-1", "ceo", key=story.renew("ceo-1"))
    (found,) = about(story, "V01")
    assert found.to_ms == story.now_ms


def ruled_out_again(*, is_crossed: bool) -> tuple[Lost, int]:
    """Return a story in which what is ruled out is signed again after a result, and when that is due."""
    changes = {"thresholds__cbrn__respond_within": RESPOND, "thresholds__cbrn__then": []}
    story = Lost(policy_with(gates=[], baseline=[], **changes))
    story.result(80)
    ruled_out = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.advance(days=1)
    story.result(80)
    due_ms = MONTH.after(story.now_ms)
    story.advance(days=1)
    if is_crossed:
        story.determine("cbrn", "crossed")
    story.lose("ceo-1", ruled_out)
    key = story.renew("ceo-1")
    for role in ("rso", "board"):
        story.approve(ruled_out, role)
    story.sign_off(ruled_out, "ceo-1", "ceo", key=key)
    story.advance(days=60)
    return story, due_ms


def test_what_is_ruled_out_again_answers_no_more_than_before() -> None:
    story, due_ms = ruled_out_again(is_crossed=False)
    (found,) = about(story, "V05")
    assert found.from_ms == due_ms


def test_a_crossing_answers_whatever_is_signed_again_after_it() -> None:
    story, _ = ruled_out_again(is_crossed=True)
    assert about(story, "V05") == []


def test_a_result_by_a_lost_key_rules_nothing_out_any_more() -> None:
    story = Lost(policy_with(gates=[], baseline=[], thresholds__cbrn__respond_within=RESPOND))
    clear = story.clear()
    story.start_deployment()
    story.advance(days=10)
    assert story.judge().findings == ()
    story.lose("eva", clear)
    story.advance(days=20)
    assert brief(story.judge().findings) == ["I03 indeterminate"]
    story.advance(days=20)
    assert {found.from_ms for found in about(story, "V01")} == {MONTH.after(story.declared_ms())}


def test_a_crossing_that_a_lost_key_declared_stays() -> None:
    story = Lost(policy_with(gates=[], baseline=[]))
    crossed = story.determine("cbrn", "crossed")
    story.start_deployment()
    story.advance(days=60)
    before = [(found.code, found.from_ms) for found in story.judge().findings]
    story.lose("rso-1", crossed)
    after = [(found.code, found.from_ms) for found in story.judge().findings if found.code != "I03"]
    assert before
    assert after == before


# -- permits and pauses


@pytest.mark.parametrize("when", ["before", "after", "again"])
def test_a_permit_lets_pass_what_began_before_its_key_was_lost(when: str) -> None:
    story = Lost(policy_with(baseline=[], thresholds__cbrn__then=[]))
    permit = story.permit("rso", "ceo")
    if when == "before":
        story.start_deployment()
    story.advance(days=1)
    declared = story.lose("ceo-1", permit)
    story.advance(days=1)
    if when == "again":
        story.sign_off(permit, "ceo-1", "ceo", key=story.renew("ceo-1"))
    if when != "before":
        story.start_deployment()
    found = about(story, "V14")
    assert len(found) == (when == "after")
    for finding in found:
        assert declared in finding.entries
        assert f"had been declared compromised by entry {declared}" in finding.message


def test_a_permit_lets_pass_between_two_losses() -> None:
    story = Lost(policy_with(baseline=[], thresholds__cbrn__then=[]))
    permit = story.permit("rso", "ceo")
    story.lose("ceo-1", permit)
    story.advance(days=1)
    again = story.sign_off(permit, "ceo-1", "ceo", key=story.renew("ceo-1"))
    story.advance(days=1)
    story.start_deployment()
    story.advance(days=1)
    second = Actor("ceo-1", story.secret("ceo-1 again"))
    body = {"person": "ceo-1", "keyid": second.keyid, "since": again}
    story.say("root", "key-compromised", ["person:ceo-1"], body)
    assert about(story, "V14") == []
    story.advance(days=1)
    late = story.start_deployment()
    (found,) = about(story, "V14")
    assert late in found.entries


@pytest.mark.parametrize("lost", ["first", "second", "both"])
def test_who_signed_twice_lost_it_with_both_keys(lost: str) -> None:
    story = Lost(policy_with(baseline=[], thresholds__cbrn__then=[]))
    key = story.renew("ceo-1")
    permit = story.permit("ceo")
    again = story.sign_off(permit, "ceo-1", "ceo", key=key)
    story.approve(permit, "rso")
    story.advance(days=1)
    if lost != "second":
        story.lose("ceo-1", permit)
    if lost != "first":
        body = {"person": "ceo-1", "keyid": Actor("ceo-1", key).keyid, "since": again}
        story.say("root", "key-compromised", ["person:ceo-1"], body)
    story.advance(days=1)
    story.start_deployment()
    assert bool(about(story, "V14")) == (lost == "both")


def test_a_start_is_not_dated_back_to_before_the_key_was_lost() -> None:
    story = Lost(policy_with(baseline=[], thresholds__cbrn__then=[]))
    permit, event = story.permit("rso", "ceo"), story.now()
    story.advance(days=9)
    story.lose("ceo-1", permit)
    story.advance(days=1)
    story.start_deployment(event_time=event)
    assert about(story, "V14")


def test_a_pause_is_back_once_the_key_that_lifted_it_is_lost() -> None:
    story = Lost(policy_with(gates=[], baseline=[], thresholds__cbrn__then=[]))
    pause = story.pause("deploy")
    story.advance(days=1)
    resumed = story.resume(pause)
    story.start_deployment()
    story.advance(days=30)
    assert story.judge().findings == ()
    story.lose("ceo-1", resumed)
    declared_ms = story.now_ms
    story.advance(days=9)
    (found,) = about(story, "V35")
    assert found.from_ms == parse_period("72 hours").after(declared_ms)
    story.sign_off(resumed, "ceo-1", "ceo", key=story.renew("ceo-1"))
    (found,) = about(story, "V35")
    assert found.to_ms == story.now_ms


# -- what else rests on signatures


def test_an_exception_ends_with_the_key_under_it() -> None:
    rule = {"waiver": {**COMMIT, "approved_by": {"all_of": ["rso", "ceo"]}, "at_most": "90 days"}}
    needs = {**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}
    story = Lost(policy_with(thresholds={}, gates=[], exceptions=rule, baseline=[needs]))
    body = {"standard": "high-dep", "reasons": "the filter is late"}
    waiver = story.say("security", "waiver", [story.m], body)
    story.approve(waiver, "rso", "ceo")
    story.start_deployment()
    story.advance(days=10)
    assert about(story, "V01") == []
    declared = story.lose("ceo-1", waiver)
    (found,) = about(story, "V01")
    assert found.from_ms == story.declared_ms()
    assert (
        f"a key under the waiver of entry {waiver} was declared compromised by entry {declared}"
        in found.message
    )


def alike() -> tuple[LostFamily, int]:
    """Return a story of a deployed model that is like one which was evaluated, and who says so."""
    rule = {**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}
    changes = {"thresholds__cbrn__until_assessed": "crossed", "thresholds__cbrn__respond_within": ...}
    family = LostFamily(policy_with(gates=[], baseline=[], thresholds__cbrn__then=[rule], **changes))
    family.clear()
    family.born("like")
    carried = family.carry("like", "m")
    family.m, family.s = family.model("like"), family.snapshot("like")
    family.start_deployment()
    family.advance(days=10)
    return family, carried


def test_a_likeness_calms_no_more_once_its_key_is_lost() -> None:
    family, carried = alike()
    assert about(family, "V01") == []
    family.lose("ceo-1", carried)
    (found,) = about(family, "V01")
    assert found.from_ms == family.declared_ms()


def test_what_is_withheld_may_have_calmed_until_its_key_was_lost() -> None:
    family, carried = alike()
    family.bodies[carried] = b""
    family.lose("ceo-1", carried)
    found = {(one.level, one.from_ms == family.declared_ms()) for one in about(family, "V01")}
    assert found == {("indeterminate", False), ("violation", True)}


def test_an_assessment_that_was_carried_over_is_due_once_the_key_is_lost() -> None:
    duty = {
        "when": {"every": "1 month"},
        "do": {"assessment": "comprehensive"},
        "within": "1 day",
        "unless": "carried over",
    }
    story = LostDuties(policy_of(assess=duty))
    carried = story.carry()
    story.approve(carried, "ceo")
    story.start_deployment()
    story.advance(days=60)
    assert about(story, "V07") == []
    story.lose("ceo-1", carried)
    (found,) = about(story, "V07")
    assert found.from_ms == story.declared_ms()


@pytest.mark.parametrize("within", ["respond_within", "decide_within", "neither"])
def test_a_result_has_to_be_answered_anew_once_the_key_of_the_answer_is_lost(within: str) -> None:
    changes: dict[str, Any] = {"thresholds__cbrn__respond_within": ..., "thresholds__cbrn__then": []}
    if within != "neither":
        changes[f"thresholds__cbrn__{within}"] = RESPOND
    story = Lost(policy_with(gates=[], baseline=[], **changes))
    story.result(80)
    ruled_out = story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.advance(days=60)
    assert about(story, "V05") + about(story, "V08") == []
    story.lose("ceo-1", ruled_out)
    story.advance(days=60)
    found = about(story, "V05") + about(story, "V08")
    assert [one.from_ms for one in found] == [MONTH.after(story.declared_ms())] * (within != "neither")


def test_a_measurement_by_a_lost_key_measures_nothing_any_more() -> None:
    criterion = {"text": "t", "for_each": ["model"], "attested_by": "security", "measured_by": "bypass"}
    document = policy_with(
        gates=[],
        baseline=[{**COMMIT, "needs": ["filtered"], "while": ["deploying it"]}],
        tests={"virology": policy_with()["tests"]["virology"], "bypass": BYPASS},
        thresholds__cbrn__then=[],
        standards__filtered={"criteria": {"one": criterion}},
    )
    story = Lost(document)
    score = {
        "scorer": "judge", "reducer": "mean", "metric": "rate", "value": "0", "count": {"k": 0, "n": 200},
    }  # fmt: skip
    plan = story.plan(task={"name": "bypass", "version": "1"})
    story.advance(ms=1)
    body = {"task": {"name": "bypass", "version": "1"}, "scores": [score]}
    measured = story.result(0, 200, plan=plan, body=body)
    story.attest("filtered.one", "red-team", about=story.m)
    story.start_deployment()
    story.advance(days=1)
    assert about(story, "V01") == []
    story.lose("eva", measured)
    (found,) = about(story, "V01")
    assert found.from_ms == story.declared_ms()


def test_a_result_against_anothers_score_rules_nothing_out_once_its_key_is_lost() -> None:
    virology = policy_with()["tests"]["virology"]
    other = Story(adopt=False).model("other").removeprefix("model:")
    below = {**virology, "rules_out": {"below": {"score_of": other}, "judged_on": "score"}}
    rule = {**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}
    changes = {"thresholds__cbrn__respond_within": ..., "thresholds__cbrn__then": [rule]}
    family = LostFamily(policy_with(gates=[], baseline=[], tests__virology=below, **changes))
    with family.about("other"):
        family.result(40)
    family.advance(days=1)
    clear = family.clear()
    family.start_deployment()
    family.advance(days=10)
    assert about(family, "V01") == []
    family.lose("eva", clear)
    (found,) = about(family, "V01")
    assert found.from_ms == family.declared_ms()


def test_a_halt_leaves_time_to_sign_again() -> None:
    halt = {"status": "defined", "if_needed": {**COMMIT, "halt": ["training"], "of": "it"}}
    rule = {**COMMIT, "needs": ["high-sec"], "while": ["storing it"]}
    changes = {"thresholds__cbrn__respond_within": RESPOND, "thresholds__cbrn__then": [rule]}
    document = policy_with(gates=[], baseline=[], **changes)
    document["standards"]["high-sec"] |= halt
    story = Lost(document)
    story.result(80)
    story.determine("cbrn", "crossed")
    audit, _ = story.secure()
    story.train()
    story.advance(days=60)
    assert about(story, "V03") == []
    story.lose("aud", audit)
    story.advance(days=10)
    assert about(story, "V03") == []
    story.advance(days=50)
    assert {found.from_ms for found in about(story, "V03")} == {MONTH.after(story.declared_ms())}


def test_of_several_lost_keys_the_one_counts_that_was_one_too_many() -> None:
    anybody = {"k_of": {"k": 1, "of": ["rso", "ceo", "board"]}}
    gates = [{**COMMIT, "for": "deploying it", "approved_by": anybody}]
    story = Lost(policy_with(baseline=[], thresholds__cbrn__then=[], gates=gates))
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "board-1", "board", decision="told")
    story.lose("rso-1", permit)
    story.advance(days=1)
    story.start_deployment()
    assert about(story, "V14") == []


def test_training_of_another_model_has_time_to_have_its_safeguards_signed_again() -> None:
    size = "training any model of at least its effective compute"
    rule = {**COMMIT, "needs": ["high-sec"], "while": [size]}
    changes = {"thresholds__cbrn__respond_within": RESPOND, "thresholds__cbrn__then": [rule]}
    family = LostFamily(policy_with(gates=[], baseline=[], **changes))
    family.born("m", flop="1e20")
    family.born("big", flop="1e21")
    family.result(80)
    family.determine("cbrn", "crossed")
    audit, _ = family.secure()
    family.m = family.model("big")
    family.train()
    family.advance(days=60)
    assert about(family, "V02") == []
    family.lose("aud", audit)
    family.advance(days=20)
    assert about(family, "V02") == []
    family.advance(days=40)
    assert {found.from_ms for found in about(family, "V02")} == {MONTH.after(family.declared_ms())}
