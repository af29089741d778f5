"""What was before the ledger: claims act when it happened, and prove no violation by themselves."""

from hashlib import sha256
from typing import Any

import pytest
from tests.support.forge import canonical, time_ms
from tests.support.past import BEFORE, LATER, Past
from tests.support.story import COMMIT, brief, policy_with

from plimsoll_verify.replay import Judgement


@pytest.fixture
def past() -> Past:
    return Past(adopt=False)


def gated() -> dict[str, Any]:
    return policy_with(clauses__1__text="Weights are behind locks.")


def codes(judgement: Judgement) -> set[tuple[str, str]]:
    return {(one.code, one.level) for one in judgement.findings}


def test_what_was_claimed_and_met_breaks_nothing_and_needs_no_permit(past: Past) -> None:
    past.claim_policy(gated())
    past.claim_base()
    past.claim_start()
    judgement = past.judge()
    assert brief(judgement.findings) == []
    assert judgement.policies[0].policy.id == "test-policy"
    (subject,) = judgement.subjects
    assert [form.kind for form in subject.pictures[0][1].standing().active] == ["deploy", "store"]


def test_what_was_unmet_is_in_doubt_before_and_broken_after(past: Past) -> None:
    past.claim_policy(gated())
    start = past.claim_start()
    past.advance(days=1)
    past.say("security", "heartbeat", [past.org()], {})
    # Nobody has begun to record this model.
    assert codes(past.judge()) == {("V01", "indeterminate"), ("V04", "indeterminate")}
    past.register()
    judgement = past.judge()
    found = [one for one in judgement.findings if one.code == "V01"]
    assert [(one.level, one.ended_by) for one in found] == [
        ("violation", "open"),
        ("indeterminate", "covered"),
    ]
    assert all(start in one.entries for one in found)
    genesis_ms = found[1].to_ms
    assert genesis_ms == found[0].from_ms
    # What ended before the ledger began is in doubt only.
    other = Past(adopt=False)
    other.claim_policy(gated())
    start = other.claim_start()
    other.claim("deployment-ended", [other.m, other.s], {"of": other.ref(start)}, LATER)
    other.claim("weights-deleted", [other.m], {}, LATER)
    assert codes(other.judge()) == {("V01", "indeterminate"), ("V04", "indeterminate")}


def test_a_rule_that_is_no_commitment_stays_a_finding(past: Past) -> None:
    document = gated()
    document["baseline"] = [{"clause": "1", "force": "aim", "needs": ["base"], "while": ["deploying it"]}]
    past.claim_policy(document)
    past.claim_start()
    assert codes(past.judge()) == {("V01", "finding")}


def test_claimed_acts_need_no_signatures_and_act_from_their_event(past: Past) -> None:
    past.claim_policy(gated())
    past.claim_base()
    past.claim_start("2026-01-05T00:00:00.000Z")
    said = {"threshold": "cbrn", "outcome": "crossed", "basis": [], "reasons": "could not be ruled out"}
    crossing = past.claim("determination", [past.m], said)
    past.register()
    unmet = [one for one in past.judge().findings if one.rule == "cbrn.then.1"]
    # A month to respond, from when it was declared; from the ledger's beginning on it is no claim any more.
    assert [(one.level, one.from_ms) for one in unmet] == [
        ("violation", time_ms("2026-03-01T00:00:00.000Z")),
        ("indeterminate", time_ms("2026-02-10T00:00:00.000Z")),
    ]
    assert all(crossing in one.entries for one in unmet)


def test_a_later_claim_is_the_next_version_and_an_amendment_follows_the_last(past: Past) -> None:
    past.claim_policy(gated())
    past.claim_policy(gated() | {"version": "2", "effective_from": "2026-02-01T00:00:00Z"}, LATER)
    (versions,) = past.judge().histories
    assert [one.policy.version for one in versions.all] == ["1", "2"]
    past.adopt(gated() | {"version": "3"}, kind="policy-amendment")
    (versions,) = past.judge().histories
    assert [one.policy.version for one in versions.all] == ["1", "2", "3"]
    assert versions.at(versions.segments[-1].start).policy.version == "3"  # type: ignore[union-attr]


def test_a_policy_of_the_ledger_is_not_replaced_by_a_claim_before_it() -> None:
    story = Past()
    assert story.judge().policies[0].policy.version == "1"
    story.claim("policy-amendment", ["policy:test-policy"], gated() | {"version": "0"})
    assert [one.policy.version for one in story.judge().histories[0].all] == ["1"]


def test_who_held_which_role_before_is_information(past: Past) -> None:
    past.claim_policy(gated())
    past.claim("role", ["person:old-rso", "role:rso"], {"person": "old-rso", "role": "rso"})
    assert brief(past.judge().findings) == []


def test_a_claim_without_its_content_or_of_unknown_members_is_in_doubt(past: Past) -> None:
    past.claim_policy(gated())
    past.say(
        "auditor", "brought-forward", [past.org(), past.m],
        {"kind": "deployment-started", "claim_sha256": "0" * 64}, event_time=BEFORE,
    )  # fmt: skip
    assert codes(past.judge()) == {("I07", "indeterminate")}
    past.claim(
        "deployment-started", [past.m, past.s], {"scope": "external.general", "surface": "api", "x": "y"}
    )
    past.claim("invention", [past.m], {"what": "ever"})
    assert codes(past.judge()) == {("I07", "indeterminate")}


def test_a_claim_by_nobody_acts_on_nothing(past: Past) -> None:
    past.claim_policy(gated())
    past.claim_start(who="rel")
    assert codes(past.judge()) == {("V36", "violation")}


WRONG = [
    ("another digest", "deployment-started", {"scope": "external.general", "surface": "api"},
     {"claim_sha256": "0" * 64}),
    ("a kind of statement about", "sign-off", {"decision": "approve"}, {}),
    ("the members of", "deployment-started", {"scope": "everywhere", "surface": "api"}, {}),
    ("a time", "permit", {"activity": "deploy", "expires": "someday"}, {}),
    ("2026-02-30", "safeguard-attested",
     {"standard": "base", "criterion": "locks", "bound_to": {}, "shown_by": [], "evidence": [],
      "valid_until": "2026-02-30T00:00:00.000Z"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("words", "kind", "claim", "body"), WRONG, ids=[one[0] for one in WRONG])
def test_what_no_claim_can_be_is_inadmissible(
    past: Past, words: str, kind: str, claim: dict[str, Any], body: dict[str, Any]
) -> None:
    past.claim_policy(gated())
    past.claim(kind, [past.m, past.s] if kind != "safeguard-attested" else [], claim, body=body)
    found = {one.code: one.message for one in past.judge().findings}
    assert "V36" in found, words


def test_a_claim_has_the_subjects_of_its_kind_and_lies_before_the_ledger(past: Past) -> None:
    past.claim_policy(gated())
    form = {"scope": "external.general", "surface": "api"}
    past.claim("deployment-started", [past.m], form)
    past.claim("deployment-started", [past.m, past.s], form, past.now())
    document = gated()
    past.say(
        "auditor", "brought-forward", [],
        {"kind": "policy", "claim": document, "claim_sha256": sha256(canonical(document)).hexdigest()},
        subject=[past.subject(past.org()), past.subject("policy:test-policy", "1" * 64)], event_time=BEFORE,
    )  # fmt: skip
    told = [one.message for one in past.judge().findings if one.code == "V36"]
    assert len(told) == 3
    assert any("the subjects of deployment-started" in one for one in told)
    assert any("was not before this ledger began" in one for one in told)
    assert any("the digest of its document" in one for one in told)


def test_bringing_forward_does_not_excuse_what_goes_on(past: Past) -> None:
    """Recording a start as a claim gains nothing once the ledger has begun."""
    past.claim_policy(
        policy_with(gates=[], baseline=[{**COMMIT, "needs": ["base"], "while": ["deploying it"]}])
    )
    past.claim_start()
    past.advance(days=1)
    past.start_deployment(surface="web")
    found = [one for one in past.judge().findings if one.code == "V01" and one.level == "violation"]
    assert found


def test_a_run_that_was_due_before_the_ledger_is_not_asked_for_and_one_after_is(past: Past) -> None:
    past.claim_policy(policy_with(record_rules={"late_after": "2 days", "plans": {"close_within": "1 week"}}))
    past.register()
    task = {"task": {"name": "virology", "version": "1"}}
    past.claim("eval-planned", [past.m], task)
    past.advance(days=30)
    past.say("security", "heartbeat", [past.org()], {})
    assert "V30" not in {code for code, _ in codes(past.judge())}
    past.plan()
    past.advance(days=30)
    past.say("security", "heartbeat", [past.org()], {})
    assert ("V30", "indeterminate") in codes(past.judge())


def test_a_likeness_that_is_claimed_is_one(past: Past) -> None:
    past.claim_policy(policy_with(thresholds__cbrn__until_assessed="crossed", baseline=[], gates=[]))
    past.register()
    past.register("old")
    crossed = {"threshold": "cbrn", "outcome": "crossed", "basis": [], "reasons": "r"}
    past.claim("determination", [past.model("old")], crossed)
    like = past.claim("carried-over", [past.m], {"from": past.model("old"), "reasons": "as it was"})
    past.start_deployment()
    past.advance(days=60)
    past.say("security", "heartbeat", [past.org()], {})
    found = [one for one in past.judge().findings if one.code == "V01" and one.subject == past.m]
    assert found
    assert all(like in one.entries for one in found)
