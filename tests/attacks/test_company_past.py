"""Somebody puts right what the ledger shows by what they say was there before it began."""

from typing import Any

import pytest
from tests.attacks.conftest import Audited
from tests.support.past import BEFORE, Past
from tests.support.story import COMMIT, policy_with

FAR = 31
"""Days after which nothing more is brought forward for the benefit of whoever does."""

EMPTY: dict[str, Any] = {
    "gates": [],
    "baseline": [],
    "thresholds__cbrn__then": [],
    "thresholds__next__then": [],
}


def lenient(**changes: Any) -> dict[str, Any]:
    """Return a policy of the same id that asks for nothing."""
    return policy_with(**EMPTY, version="0", **changes)


def broken(audited: Audited, story: Past) -> dict[tuple[str, str], int | None]:
    """Return what was broken, and until when."""
    story.advance(hours=1)
    story.say("rso", "heartbeat", [story.org()], {})
    verdict = audited(story)
    assert verdict.verdict == "violations"
    return {(one.code, one.rule): one.to_ms for one in verdict.findings if one.level == "violation"}


def unattested(**changes: Any) -> Past:
    """Return a ledger with a deployment for which nobody has attested what the baseline needs."""
    story = Past(adopt=False)
    story.adopt(policy_with(gates=[], **changes))
    story.start_deployment()
    story.advance(days=1)
    return story


def test_one_person_claims_that_another_policy_was_there(audited: Audited) -> None:
    story = Past()
    story.start_deployment()
    story.advance(days=1)
    before = broken(audited, story)
    story.claim("policy", ["policy:test-policy"], lenient(), BEFORE)
    story.claim("policy-amendment", ["policy:test-policy"], lenient(), BEFORE)
    assert broken(audited, story) == before != {}


def test_one_person_claims_a_policy_before_the_board_has_adopted_its_own(audited: Audited) -> None:
    story = Past(adopt=False)
    document = story.propose(policy_with())
    story.claim("policy", ["policy:test-policy"], lenient(amendment__approved_by="auditor"), BEFORE)
    # And amends it at once, as it says.
    amendment = story.propose(lenient(amendment__approved_by="auditor"), kind="policy-amendment")
    story.approve(amendment, "auditor")
    story.approve(document, "ceo", "board")
    story.claim("policy", ["policy:test-policy"], lenient(), BEFORE)
    story.start_deployment()
    assert ("V14", "gates") in broken(audited, story)


def test_what_is_claimed_is_asked_for_until_something_is_adopted(audited: Audited) -> None:
    story = Past(adopt=False)
    story.claim_policy(policy_with(version="claimed"))
    story.start_deployment()
    assert ("V14", "gates") in broken(audited, story)
    story.adopt(lenient())
    assert broken(audited, story)["V14", "gates"] is not None


def test_honest_what_one_person_claims_binds_nobody_to_ask_for_it(audited: Audited) -> None:
    story = Past(adopt=False)
    asks = {"approved_by": "auditor", "notice": "1 year", **COMMIT}
    story.claim_policy(lenient(amendment=asks))
    story.adopt(policy_with())
    assert {(one.code, one.level) for one in audited(story).findings} == {("V20", "indeterminate")}


@pytest.mark.parametrize("days", [0, FAR])
def test_what_was_needed_is_claimed_to_have_been_attested(audited: Audited, days: int) -> None:
    story = unattested()
    before = broken(audited, story)
    story.advance(days=days)
    story.claim_base()
    assert broken(audited, story) == before
    assert before["V01", "baseline.0"] is None


def test_it_is_claimed_long_after_and_nothing_else_was_told_of_the_model(audited: Audited) -> None:
    story = Past(adopt=False)
    story.adopt(policy_with(gates=[]))
    story.advance(days=FAR)
    story.claim_base()
    story.start_deployment()
    assert ("V01", "baseline.0") in broken(audited, story)


def test_a_crossing_is_claimed_to_have_been_ruled_out(audited: Audited) -> None:
    story = Past(policy_with(gates=[], thresholds__cbrn__respond_within=...))
    story.result(90)
    story.start_deployment()
    story.advance(days=1)
    before = broken(audited, story)
    said = {"threshold": "cbrn", "outcome": "ruled_out", "basis": [], "reasons": "we had looked at it"}
    story.claim("determination", [story.m], said)
    assert broken(audited, story) == before != {}


def test_what_an_inventory_found_is_claimed_to_have_run_before(audited: Audited) -> None:
    rules = {"every": "1 month", "by": "auditor", "of": ["api"], "tolerance": "0 days"}
    story = Past(policy_with(record_rules={"late_after": "2 days", "inventory": rules}))
    story.advance(days=FAR)
    shown = {"surface": "api", "at": story.now(), "running": [{"model": story.m}]}
    story.say("auditor", "inventory", [story.org()], shown)
    story.advance(hours=1)
    story.claim_start()
    # It needs a permit as if it had been recorded as itself, and explains nothing before.
    assert {"V14", "V33"} == {code for code, _ in broken(audited, story)}


def test_what_speaks_against_a_model_is_never_claimed_too_late(audited: Audited) -> None:
    story = Past(policy_with(gates=[]))
    story.start_deployment()
    story.advance(days=FAR)
    lapsed = {"standard": "base", "criterion": "locks", "bound_to": {}}
    assert audited(story).verdict == "compliant"
    story.claim("safeguard-lapsed", [], lapsed)
    assert ("V01", "baseline.0") in broken(audited, story)


def test_honest_nobody_is_found_guilty_by_what_is_claimed_late(audited: Audited) -> None:
    story = Past(adopt=False)
    story.adopt(policy_with())
    story.advance(days=FAR)
    story.claim_start()
    verdict = audited(story)
    assert verdict.verdict == "indeterminate"
    assert {one.level for one in verdict.findings} == {"indeterminate"}


def test_honest_the_past_is_told_in_the_first_weeks(audited: Audited) -> None:
    story = Past(adopt=False)
    story.claim_policy(policy_with(version="claimed"))
    story.register()
    story.advance(days=FAR - 2)
    story.claim_base()
    story.claim_start()
    story.advance(days=1)
    story.adopt(policy_with())
    verdict = audited(story)
    assert verdict.verdict == "compliant", verdict.findings


@pytest.mark.parametrize(("late_ms", "expected"), [(0, set()), (1, {"V14"})])
def test_honest_another_models_past_is_told_until_thirty_days_are_over(
    audited: Audited, late_ms: int, expected: set[str]
) -> None:
    story = Past(start="2026-03-01T00:00:00.000Z")
    story.deploy()
    story.m, story.s = story.model("older"), story.snapshot("older")
    story.register("older")
    story.advance(days=30, ms=late_ms)
    story.claim_start()
    verdict = audited(story)
    assert {one.code for one in verdict.findings if one.level == "violation"} == expected, verdict.findings
