"""Corrections: what they add from the beginning, what they relieve from their entry, and who has to sign."""

from typing import Any

import pytest
from tests.support.family import Family
from tests.support.forge import canonical, sha
from tests.support.language import BYPASS
from tests.support.story import COMMIT, DAY, Story, brief, later, of, one, policy_with

LATE_AFTER = 2 * DAY


def scores(k: int, n: int = 100) -> list[dict[str, Any]]:
    return [
        {
            "scorer": "includes",
            "reducer": "mean",
            "metric": "accuracy",
            "value": "0",
            "count": {"k": k, "n": n},
        }
    ]


def standing(story: Story) -> str:
    subject = next(subject for subject in story.judge().subjects if subject.id == story.m)
    return subject.pictures[0][1].standing().thresholds["cbrn"]


class Measured(Story):
    """A result of k in a hundred, planned and two days old."""

    def __init__(self, k: int, policy: dict[str, Any] | None = None, **body: Any) -> None:
        super().__init__(policy)
        plan = self.plan()
        self.advance(ms=1)
        self.first = self.result(k, plan=plan, body=body)
        self.first_ms = self.now_ms
        self.advance(days=2)

    def corrected(self, k: int, *roles: str, **more: Any) -> int:
        """Correct the result to so many in a hundred."""
        claim = self.claim_of(self.first, scores=scores(k), **more.pop("body", {}))
        return self.correct(self.first, claim, *roles, **more)

    def state(self) -> str:
        """Return the threshold's state at the clock's time."""
        return standing(self)


# -- results


def test_a_correction_for_the_worse_acts_from_the_corrected_event_whoever_signs() -> None:
    story = Measured(10)
    correction = story.corrected(80, reasons=None)
    assert story.state() == "crossed"
    found = one(later(story, days=60).findings, "V05")
    assert (found.from_ms, found.level) == (story.first_ms + 31 * DAY, "violation")
    assert correction in found.entries
    assert of(story.judge(), "V31") == []


def test_a_correction_for_the_better_ends_no_crossing_and_rules_out_with_another() -> None:
    story = Measured(80)
    correction = story.corrected(10, "evaluator", "rso")
    assert story.state() == "crossed"
    judgement = story.judge()
    assert of(judgement, "V31") == []
    told = one(judgement.findings, "V41")
    assert (told.level, told.entries, told.from_index) == ("finding", (story.first, correction), correction)
    assert "both stand" in told.message
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    assert story.state() == "ruled_out"


@pytest.mark.parametrize("status", ["error", "cancelled"])
def test_what_was_no_result_rules_out_from_when_a_second_person_has_signed(status: str) -> None:
    story = Measured(10, status=status)
    correction = story.corrected(10, body={"status": "success"})
    assert story.state() == "unassessed"
    story.advance(hours=1)
    story.approve(correction, "rso")
    assert story.state() == "ruled_out"
    before = story.judge(end_ms=story.now_ms - 1)
    assert before.subjects[0].pictures[0][1].standing().thresholds["cbrn"] == "unassessed"
    # It ages from when it was measured.
    story.advance(days=180)
    assert story.state() == "ruled_out"
    story.advance(days=2)
    assert story.state() == "indeterminate"


def test_what_nobody_else_signed_does_not_even_age() -> None:
    story = Measured(10, status="error")
    story.corrected(10, body={"status": "success"})
    story.advance(days=200)
    assert story.state() == "unassessed"


@pytest.mark.parametrize("who", ["the author", "somebody who had not seen it", "nobody with reasons"])
def test_who_is_no_second_person(who: str) -> None:
    story = Measured(10, status="error")
    size, note = story.size, story.checkpoint()
    blank = who == "nobody with reasons"
    correction = story.corrected(10, body={"status": "success"}, reasons=" \n" if blank else "a slip")
    assert size == correction
    if who == "the author":
        story.grant("eva", "rso")
        story.sign_off(correction, "eva", "rso")
    elif blank:
        story.approve(correction, "rso")
    else:
        story.approve(correction, "rso", seen=note)
    assert story.state() == "unassessed"


def test_what_speaks_against_it_meanwhile_voids_the_second_signature() -> None:
    story = Measured(10, status="error")
    correction = story.corrected(10, body={"status": "success"})
    note = story.checkpoint()
    story.result(10)
    story.approve(correction, "rso", seen=note)
    assert story.state() == "unassessed"
    story.approve(correction, "ceo")
    assert story.state() == "ruled_out"


def test_a_correction_is_a_new_result_that_nobody_had_seen() -> None:
    story = Measured(60)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    assert story.state() == "ruled_out"
    story.corrected(65)
    assert story.state() == "indeterminate"


def test_a_correction_for_the_better_asks_for_no_decision_of_its_own() -> None:
    decided = policy_with(thresholds__cbrn__decide_within={"time": "3 days", **COMMIT})
    story = Measured(10, decided)
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.corrected(11)
    assert of(later(story, days=9), "V08") == []
    worse = Measured(10, decided)
    worse.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    worse.corrected(60)
    assert one(later(worse, days=9).findings, "V08").from_ms == worse.first_ms + 3 * DAY


def test_a_corrected_plan_closes_it_when_somebody_else_has_signed() -> None:
    story = Measured(
        10, policy_with(record_rules={"late_after": "2 days", "plans": {"close_within": "1 day"}})
    )
    plan = story.plan()
    story.advance(hours=1)
    correction = story.corrected(10, body={"plan": story.ref(plan)})
    story.advance(days=3)
    assert one(story.judge().findings, "V30").level == "indeterminate"
    story.approve(correction, "rso")
    assert one(story.judge().findings, "V30").to_ms == story.now_ms


# -- V31


@pytest.mark.parametrize(
    ("before", "after", "is_relief"),
    [
        ({"k": 80}, {"k": 60}, True),
        ({"k": 80}, {"k": 10}, True),
        ({"k": 60}, {"k": 10}, True),
        ({"k": 80}, {"k": 80, "status": "error"}, True),
        ({"k": 10, "status": "error"}, {"k": 10, "status": "success"}, True),
        ({"k": 10}, {"k": 12}, False),
        ({"k": 10}, {"k": 60}, False),
        ({"k": 10}, {"k": 10, "status": "error"}, False),
        ({"k": 80}, {"k": 90}, False),
    ],
)
def test_what_would_relieve_and_nobody_else_signed_is_abuse(
    before: dict[str, Any], after: dict[str, Any], is_relief: bool
) -> None:
    story = Measured(**before)
    correction = story.corrected(after.pop("k"), body=after)
    began = story.now_ms
    assert of(later(story, hours=1), "V31") == []
    judgement = later(story, days=2)
    assert bool(of(judgement, "V31")) is is_relief
    waiting = [act for act in judgement.pending if act.index == correction]
    assert bool(waiting) is is_relief
    if is_relief:
        found = one(judgement.findings, "V31")
        assert (found.level, found.from_ms, found.ended_by) == ("violation", began + LATE_AFTER, "open")
        assert found.entries == (story.policy_entry, story.first, correction)
        assert (found.policy, found.from_index, found.subject) == ("test-policy", None, story.m)
        assert "no second person has signed it" in found.message
        assert (waiting[0].want, waiting[0].quorum) == ("second person", "one other person")
        story.approve(correction, "rso")
        found = one(story.judge().findings, "V31")
        assert (found.to_ms, found.to_index, found.ended_by) == (story.now_ms, story.size - 1, "cured")


def test_without_reasons_it_is_abuse_at_once_until_another_gives_them() -> None:
    story = Measured(80)
    correction = story.corrected(10, "evaluator", "rso", reasons=None)
    found = one(story.judge().findings, "V31")
    assert (found.from_ms, found.from_index, found.ended_by) == (story.now_ms, correction, "open")
    assert "it gives no reasons" in found.message
    assert all(act.index != correction for act in story.judge().pending)
    story.advance(days=1)
    story.corrected(10, "evaluator", "rso")
    found = one(story.judge().findings, "V31")
    assert (found.ended_by, found.to_ms) == ("cured", story.now_ms)


def test_an_earlier_correction_that_two_signed_excuses_no_later_one() -> None:
    story = Measured(80)
    story.corrected(60, "evaluator", "rso")
    story.advance(days=1)
    alone = story.corrected(10)
    assert one(later(story, days=3).findings, "V31").entries[-1] == alone


def test_an_earlier_correction_that_two_sign_afterwards_excuses_no_later_one() -> None:
    story = Measured(80)
    earlier = story.corrected(60)
    alone = story.corrected(10)
    story.advance(days=1)
    story.approve(earlier, "rso")
    assert one(later(story, days=3).findings, "V31").entries[-1] == alone


def test_before_a_policy_is_in_force_nothing_is_abused() -> None:
    story = Measured(80, policy_with(effective_from="2026-06-01T00:00:00Z"))
    story.corrected(10)
    assert of(later(story, days=20), "V31") == []
    assert len(of(later(story, days=90), "V31")) == 1


# -- what cannot be corrected, and what is not known


@pytest.mark.parametrize(
    "what",
    [
        "an attestation",
        "an end",
        "a correction",
        "another model's",
        "a claim",
        "no body",
        "a bad time",
        "a model",
    ],
)
def test_what_cannot_be_corrected_is_inadmissible(what: str) -> None:
    story = Measured(10)
    claim = story.claim_of(story.first)
    subjects: dict[str, Any] = {}
    of_, kind = story.first, "eval-result"
    match what:
        case "an attestation":
            of_, claim = story.base, story.claim_of(story.base)
        case "an end":
            of_ = story.end(story.start_deployment())
            claim = story.claim_of(of_)
        case "a correction":
            of_ = story.correct(of_, claim)
        case "another model's":
            subjects = {"subject": [story.subject(story.model("n")), story.subject(story.s)]}
        case "a claim":
            said = {"class": "minor", "occurred": story.start, "aware": story.start}
            of_ = story.say(
                "rso", "brought-forward", [story.org()],
                {"kind": "incident", "claim": said, "claim_sha256": sha(canonical(said)).hex()},
                event_time="2026-02-01T00:00:00.000Z",
            )  # fmt: skip
            claim = said
        case "no body":
            claim = {"text": "all is well"}
        case "a bad time":
            claim["completed"] = "2026-13-01T00:00:00.000Z"
        case _:
            subjects = {"subject": [story.subject(story.m)]}
    before = len(of(story.judge(), "V36"))
    correction = story.correct(of_, claim, **subjects)
    found = of(story.judge(), "V36")
    assert (len(found), found[-1].entries) == (before + 1, (correction,)), kind
    assert "SPEC 8.5" in found[-1].message


def digest(claim: dict[str, Any]) -> str:
    from tests.support.forge import canonical, sha

    return sha(canonical(claim)).hex()


def test_a_reference_in_a_claim_is_one_of_the_ledger() -> None:
    story = Measured(10)
    claim = story.claim_of(story.first, plan={"id": "0" * 64, "index": story.first})
    correction = story.correct(story.first, claim)
    found = one(story.judge().findings, "V36")
    assert found.entries == (correction,)
    assert "SPEC 4.7" in found.message
    claim["plan"] = {"id": 5, "index": "five"}
    story.correct(story.first, claim)
    assert ["SPEC 8.5" in finding.message for finding in of(story.judge(), "V36")] == [False, True]


def test_a_correction_by_somebody_without_authority_says_what_is_adverse() -> None:
    story = Measured(10)
    story.correct(story.first, story.claim_of(story.first, scores=scores(80)), "evaluator", who="sec")
    assert "V36 violation" in brief(story.judge().findings)
    assert story.state() == "crossed"
    relieved = Measured(10, status="error")
    claim = relieved.claim_of(relieved.first, status="success")
    correction = relieved.correct(relieved.first, claim, "evaluator", who="sec")
    relieved.approve(correction, "rso")
    assert relieved.state() == "unassessed"
    assert of(relieved.judge(), "V41") == []


def test_a_correction_that_is_withheld_is_a_doubt_and_speaks_against_what_was_signed() -> None:
    story = Measured(10)
    permit = story.permit("rso")
    note = story.checkpoint()
    story.corrected(10, withheld=True)
    story.approve(permit, "ceo", seen=note)
    story.start_deployment()
    found = brief(story.judge().findings)
    assert "I01 indeterminate" in found
    assert "V14 violation" in found


@pytest.mark.parametrize("is_signed", [True, False])
def test_what_a_withheld_correction_could_relieve_takes_a_second_person_too(is_signed: bool) -> None:
    story = Measured(80)
    story.start_deployment("external.general")
    story.advance(days=40)
    story.corrected(10, *(("evaluator", "rso") if is_signed else ("evaluator",)), withheld=True)
    signed_ms = story.now_ms
    judgement = later(story, days=1)
    found = [finding for finding in of(judgement, "V14") if finding.level == "violation"]
    assert [finding.ended_by for finding in found] == (["covered"] if is_signed else ["open"])
    assert [finding.to_ms for finding in found] == ([signed_ms] if is_signed else [None])


def test_a_correction_with_members_that_are_not_known_is_a_doubt() -> None:
    story = Measured(10)
    correction = story.corrected(10, body={"mood": "good"})
    found = one(story.judge().findings, "I02")
    assert found.entries == (correction,)
    assert of(story.judge(), "V41") == []


def test_to_correct_what_is_withheld_may_relieve() -> None:
    story = Story()
    first = story.result(80, withheld=True)
    story.advance(days=1)
    body = story.result(10)
    story.correct(first, story.claim_of(body))
    assert one(later(story, days=3).findings, "V31").level == "indeterminate"


def test_what_is_in_doubt_already_is_not_told_twice_for_what_is_withheld_later() -> None:
    story = Story()
    first = story.result(80, withheld=True)
    body = story.result(10)
    story.correct(first, story.claim_of(body))
    story.advance(days=5)
    story.correct(first, story.claim_of(body), "evaluator", "rso", withheld=True)
    found = one(later(story, days=5).findings, "V31")
    assert (found.level, found.to_ms) == ("indeterminate", None)


def test_a_withheld_correction_of_what_happened_leaves_its_deployments_as_they_are() -> None:
    story = Story()
    story.start_deployment()
    incident = {"class": "theft", "occurred": story.now(), "aware": story.now()}
    about = sorted([story.m, story.model("other")])
    index = story.say("rso", "incident", about, incident)
    story.advance(days=1)
    story.correct(index, incident, "rso", "ceo", withheld=True)
    judgement = later(story, days=1)
    assert {(one.level, one.to_ms) for one in of(judgement, "V14")} == {("violation", None)}


# -- duties


def test_events_of_models_are_not_repeated_by_their_corrections() -> None:
    duty = {**COMMIT, "when": {"event": "eval-result"}, "do": {"notice": "result"}, "within": "5 days"}
    story = Measured(10, policy_with(duties={"tell": duty}))
    story.corrected(11, "evaluator", "rso")
    assert len(of(later(story, days=9), "V24")) == 1


def test_a_correction_can_be_an_event() -> None:
    duty = {**COMMIT, "when": {"event": "correction"}, "do": {"notice": "slip"}, "within": "5 days"}
    story = Measured(10, policy_with(duties={"tell": duty}))
    correction = story.corrected(11, "evaluator", "rso")
    assert correction in one(later(story, days=9).findings, "V24").entries


# -- tests that are held against other models, and tests of safeguards


VIROLOGY = policy_with()["tests"]["virology"]
REFERENCE = Family(adopt=False).model("reference")
COMPARED = {**VIROLOGY, "rules_out": {"below": {"score_of": REFERENCE[6:]}, "judged_on": "score"}}


class Compared(Family):
    """A result that is held against that of a reference, 30 in a hundred."""

    def __init__(
        self,
        k: int,
        *,
        is_withheld: bool = False,
        decide_within: dict[str, Any] | None = None,
        **body: Any,
    ) -> None:
        document = policy_with(tests__virology=COMPARED)
        if decide_within:
            document["thresholds"]["cbrn"]["decide_within"] = decide_within
        super().__init__(document)
        with self.about("reference"):
            self.limit = self.result(30)
            if is_withheld:
                self.result(30, withheld=True)
        self.advance(hours=1)
        plan = self.plan()
        self.advance(ms=1)
        self.first = self.result(k, plan=plan, body=body)
        self.advance(hours=1)

    def corrected(self, k: int, *roles: str, **body: Any) -> int:
        """Correct the result."""
        return self.correct(self.first, self.claim_of(self.first, scores=scores(k), **body), *roles)


@pytest.mark.parametrize(
    ("before", "after", "is_relief"), [(10, 12, False), (40, 12, True), (80, 40, True), (40, 80, False)]
)
def test_against_another_model_a_result_is_read_as_it_was_recorded(
    before: int, after: int, is_relief: bool
) -> None:
    story = Compared(before)
    story.corrected(after)
    assert bool(of(later(story, days=3), "V31")) is is_relief


def test_an_error_in_stead_of_a_dangerous_comparison_would_relieve() -> None:
    story = Compared(80)
    story.corrected(80, status="error")
    assert one(later(story, days=3).findings, "V31").level == "violation"
    doubted = Compared(40, is_withheld=True)
    doubted.corrected(12)
    assert one(later(doubted, days=3).findings, "V31").level == "indeterminate"


def test_a_correction_makes_another_models_limit_stricter_and_gives_none() -> None:
    story = Compared(10)
    with story.about("reference"):
        story.correct(story.limit, story.claim_of(story.limit, scores=scores(5)))
    assert standing(story) == "indeterminate"
    given = Family(policy_with(tests__virology=COMPARED))
    with given.about("reference"):
        failed = given.result(30, body={"status": "error"})
        fixed = given.claim_of(failed, status="success")
        given.correct(failed, fixed, "evaluator", "rso")
        given.correct(failed, fixed, "evaluator", "rso", withheld=True)
    given.advance(hours=1)
    given.clear()
    assert standing(given) == "indeterminate"


def test_a_withheld_correction_of_another_models_failure_may_give_no_limit_either() -> None:
    document = policy_with(gates=[], baseline=[], tests__virology=COMPARED)
    del document["thresholds"]["cbrn"]["respond_within"]
    story = Family(document)
    with story.about("reference"):
        failed = story.result(30, body={"status": "error"})
        fixed = story.claim_of(failed, status="success")
        story.correct(failed, fixed, "evaluator", "rso", withheld=True)
    story.advance(hours=1)
    story.clear()
    story.start_deployment("internal.limited")
    found = [one.level for one in of(story.judge(), "V01") if one.subject == story.m]
    assert found == ["violation"]


@pytest.mark.parametrize(("after", "is_due"), [(12, False), (40, True)])
def test_a_comparison_is_decided_anew_only_if_it_is_worse(after: int, is_due: bool) -> None:
    story = Compared(10, decide_within={"time": "3 days", **COMMIT})
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board")
    story.corrected(after)
    found = [one for one in of(later(story, days=9), "V08") if one.subject == story.m]
    assert bool(found) is is_due


@pytest.mark.parametrize("is_signed", [True, False])
def test_a_comparison_that_was_none_rules_out_once_somebody_else_has_signed(is_signed: bool) -> None:
    story = Compared(10, status="error")
    story.corrected(10, *(("evaluator", "rso") if is_signed else ()), status="success")
    assert standing(story) == ("ruled_out" if is_signed else "unassessed")


FILTERS = {"text": "t", "for_each": ["model"], "attested_by": "security", "measured_by": "bypass"}
MEASURED_BY: dict[str, Any] = {
    "gates": [], "thresholds": {}, "tests": {"bypass": BYPASS},
    "baseline": [{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}],
    "standards": {"high-dep": {"criteria": {"filters": FILTERS}}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "withheld", "level"),
    [
        (("evaluator",), False, "violation"),
        (("evaluator", "rso"), False, ""),
        (("evaluator",), True, "violation"),
        (("evaluator", "rso"), True, "indeterminate"),
    ],
)
def test_a_safeguard_is_measured_by_a_correction_that_two_persons_signed(
    roles: tuple[str, ...], withheld: bool, level: str
) -> None:
    story = Story(policy_with(**MEASURED_BY))
    score = {
        "scorer": "judge",
        "reducer": "mean",
        "metric": "rate",
        "value": "0",
        "count": {"k": 0, "n": 200},
    }
    task = {"name": "bypass", "version": "1"}
    first = story.result(0, 200, body={"task": task, "scores": [score], "status": "error"})
    story.attest("high-dep.filters", "red-team", about=story.m)
    story.correct(first, story.claim_of(first, status="success"), *roles, withheld=withheld)
    story.advance(hours=1)
    story.start_deployment()
    assert [finding.level for finding in of(story.judge(), "V01")] == ([level] if level else [])
