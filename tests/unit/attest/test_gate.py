"""The gate and the verdict: the auditor's judgement at the company's own desk, on a small policy."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.office import DAY, Office

from plimsoll_attest.approvals import draft_sign_offs, pending
from plimsoll_attest.errors import NothingToDo
from plimsoll_attest.gate import Decision, ask_gate, format_permit, make_question
from plimsoll_attest.policyfile import check_policy, load_policy
from plimsoll_attest.registration import draft_model, draft_snapshot, hash_weights
from plimsoll_attest.times import format_time
from plimsoll_verify.proofs import verify_proof
from plimsoll_verify.trust import parse_trust

POLICY = """
policy: plimsoll/policy/v1
id: small
version: "1.10"
title: A small policy
effective_from: 2026-11-20T00:00:00Z
source: {title: This file}
subject: model
applies_to: every registered model
adoption: {signed_off_by: {all_of: [ceo]}}
amendment: {approved_by: {all_of: [ceo]}}
clauses:
  "1": {judged_by: log}
roles: {ceo: {}, evaluator: {}, security-lead: {}}
tests:
  quiz:
    task: {name: quiz, version: "1", scorer: match, metric: accuracy, over_epochs: mean}
    tests_the: model without safeguards
    danger: high scores
    rules_out: {below: 1/2, judged_on: score}
    rules_in: {at_or_above: 3/4, judged_on: score}
    good_for: 6 months
thresholds:
  clever:
    domain: quiz
    clause: "1"
    force: commitment
    decided_by: tests
    crossed_if_any_of: [quiz]
    until_assessed: baseline
    if_not_ruled_out: treat as crossed
    declared_by: ceo
    then:
      - {clause: "1", force: commitment, needs: [basic], while: [deploying it]}
baseline:
  - {clause: "1", force: commitment, needs: [basic], while: [deploying it]}
standards:
  basic:
    dimension: deployment
    level: 2
    criteria:
      weights:
        {text: Weights are kept safe, for_each: [organisation], attested_by: security-lead, good_for: 1 year}
gates:
  - {clause: "1", force: commitment, for: deploying it externally, approved_by: {all_of: [ceo]}}
pause: {clause: "1", force: commitment, called_by: ceo, lifted_by: ceo, stops_within: 1 day}
record_rules: {late_after: 2 days}
"""
FORM = {"scope": "external.general", "surface": "api"}


@pytest.fixture
def modelled(office: Office, tmp_path: Path) -> Office:
    """An office whose model `harbour` has a snapshot; no policy yet."""
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.safetensors").write_bytes(b"weights")
    with office.desk() as desk:
        desk.submit([draft_model(desk, "harbour", person="evaluator-1")])
        desk.submit([draft_snapshot(desk, "harbour", hash_weights(weights), person="evaluator-1")])
    return office


@pytest.fixture
def governed(modelled: Office, tmp_path: Path) -> Office:
    """The same with the small policy in force."""
    file = tmp_path / "small.yaml"
    file.write_text(POLICY)
    assert check_policy(file) == []
    document = load_policy(file).document
    adopted = modelled.record("policy", ["policy:small"], document, "rso")
    approve(modelled, adopted.index, "ceo")
    return modelled


def approve(office: Office, index: int, person: str) -> None:
    with office.desk() as desk:
        desk.submit(draft_sign_offs(desk, [index], "approve", person=person))


def attest(office: Office) -> int:
    body = {"standard": "basic", "criterion": "weights", "shown_by": ["audit"]}
    return office.record("safeguard-attested", ["org"], body, "security-1").index


def permit(office: Office, days: int = 30, **form: Any) -> int:
    with office.desk() as desk:
        snapshot = desk.newest_snapshot("harbour")
        assert snapshot is not None
        body = {
            "activity": "deploy",
            **FORM,
            **form,
            "expires": format_time(office.clock.time_ms + days * DAY),
        }
        subjects = [desk.model_id("harbour"), f"snapshot:{snapshot.sha256}"]
        return desk.submit([desk.draft("permit", subjects, body, person="evaluator-1")])[0].index


def ask(office: Office, **more: Any) -> Decision:
    with office.desk(writing=False) as desk:
        return ask_gate(desk, make_question(desk, "deploy", "harbour", **{**FORM, **more}))


def codes(decision: Decision) -> set[str]:
    return {reason.code for reason in decision.reasons}


class TestGate:
    def test_without_a_policy_nobody_can_say_yes(self, modelled: Office) -> None:
        found = ask(modelled)
        assert (found.answer, found.permit_index) == ("indeterminate", None)
        assert any("no policy is in force" in reason.message for reason in found.reasons)

    def test_without_safeguard_and_permit_it_denies_and_says_why(self, governed: Office) -> None:
        found = ask(governed)
        assert found.answer == "denied"
        assert codes(found) >= {"V01", "V14"}
        assert all(reason.message for reason in found.reasons)
        with governed.desk(writing=False) as desk, pytest.raises(ValueError, match="only an allowed start"):
            format_permit(desk, found)

    def test_a_permit_that_waits_for_approval_is_none(self, governed: Office) -> None:
        attest(governed)
        index = permit(governed)
        found = ask(governed)
        assert (found.answer, codes(found)) == ("denied", {"V14"})
        with governed.desk(writing=False) as desk:
            assert [item.index for item in pending(desk)] == [index]

    def test_where_it_would_run_is_part_of_the_question(self, governed: Office) -> None:
        body = {"standard": "basic", "criterion": "weights", "shown_by": ["audit"]}
        bound = {"environment": "eu", "deployment": "chat"}
        governed.record("safeguard-attested", ["org"], {**body, "bound_to": bound}, "security-1")
        approve(governed, permit(governed), "ceo")
        assert codes(ask(governed)) == {"V01"}
        with governed.desk(writing=False) as desk:
            question = make_question(desk, "deploy", "harbour", scope="external.general", surface="api")
            found = ask_gate(desk, replace(question, environment="eu", deployment="chat"))
            assert found.answer == "allowed"
            fields = json.loads(format_permit(desk, found))
            assert {key: fields[key] for key in bound} == bound

    def test_with_both_it_allows_and_the_permit_file_proves_it(self, governed: Office) -> None:
        attest(governed)
        index = permit(governed)
        approve(governed, index, "ceo")
        found = ask(governed)
        assert (found.answer, found.permit_index, codes(found) & {"V01", "V14"}) == ("allowed", index, set())
        with governed.desk(writing=False) as desk:
            fields = json.loads(format_permit(desk, found))
            trust = parse_trust(desk.trust().encode())
            assert fields["schema"] == "plimsoll/permit/v1"
            assert fields["body"] == desk.read(index).body
            assert fields["permit"]["index"] == index
            assert fields["snapshot"] == found.question.snapshot
        assert verify_proof(fields["proof"].encode(), trust).index == index

    @pytest.mark.parametrize(
        "more",
        [
            {"surface": "chat"},
            {"scope": "external.limited"},
            {"attributes": ["tools"]},
            {"at_ms": 31 * DAY},
        ],
    )
    def test_a_permit_covers_no_other_start(self, governed: Office, more: dict[str, Any]) -> None:
        attest(governed)
        approve(governed, permit(governed), "ceo")
        if "at_ms" in more:
            more = {"at_ms": governed.clock.time_ms + more["at_ms"]}
        found = ask(governed, **more)
        assert (found.answer, codes(found)) == ("denied", {"V14"})

    def test_a_pause_denies_until_it_is_lifted(self, governed: Office) -> None:
        attest(governed)
        approve(governed, permit(governed), "ceo")
        pause = governed.record("pause", ["org"], {"activities": ["deploy"]}, "ceo")
        assert "V17" in codes(ask(governed))
        assert ask(governed).answer == "denied"
        of = {"id": pause.statement_id, "index": pause.index}
        governed.record("resumed", [], {"of": of}, "ceo")
        assert ask(governed).answer == "allowed"

    def test_a_withheld_attestation_is_no_yes(self, governed: Office) -> None:
        index = attest(governed)
        approve(governed, permit(governed), "ceo")
        with governed.desk() as desk:
            desk.bodies.remove(desk.read(index).body_sha256)
        assert ask(governed).answer in {"indeterminate", "denied"}

    def test_asking_records_nothing(self, governed: Office) -> None:
        files, entries = governed.files(), governed.entries()
        ask(governed)
        assert (governed.files(), governed.entries()) == (files, entries)


class TestVerdict:
    def start(self, office: Office, permit_index: int | None) -> None:
        with office.desk() as desk:
            snapshot = desk.newest_snapshot("harbour")
            assert snapshot is not None
            subjects = [desk.model_id("harbour"), f"snapshot:{snapshot.sha256}"]
            body: dict[str, Any] = dict(FORM)
            if permit_index is not None:
                body["permit"] = {"id": desk.read(permit_index).statement_id, "index": permit_index}
            desk.submit([desk.draft("deployment-started", subjects, body, person="ceo")])

    def test_a_deployment_by_the_rules_is_compliant(self, governed: Office) -> None:
        attest(governed)
        index = permit(governed)
        approve(governed, index, "ceo")
        self.start(governed, index)
        with governed.desk(writing=False) as desk:
            found = desk.verdict()
            assert (found.verdict, list(found.findings)) == ("compliant", [])
            policy = desk.policy()
            assert policy is not None
            assert (policy.id, policy.version) == ("small", "1.10")

    def test_a_deployment_that_breaks_them_is_recorded_and_judged(self, governed: Office) -> None:
        self.start(governed, None)
        with governed.desk(writing=False) as desk:
            found = desk.verdict()
        assert found.verdict == "violations"
        assert {item.code for item in found.findings} >= {"V01", "V14"}
        assert not {item.code for item in found.findings} & {"V28", "V36"}

    def test_before_a_policy_is_signed_off_there_is_none(self, modelled: Office, tmp_path: Path) -> None:
        with modelled.desk(writing=False) as desk:
            assert desk.policy() is None
            assert desk.verdict().verdict == "indeterminate"
        file = tmp_path / "small.yaml"
        file.write_text(POLICY)
        adopted = modelled.record("policy", ["policy:small"], load_policy(file).document, "rso")
        with modelled.desk(writing=False) as desk:
            assert desk.policy() is None
            assert adopted.index in {item.index for item in pending(desk)}


class TestSignOffs:
    def test_a_range_takes_what_waits_for_signatures(self, governed: Office) -> None:
        attest(governed)
        first, second = permit(governed), permit(governed, surface="chat")
        with governed.desk() as desk:
            drafts = draft_sign_offs(desk, range(desk.size), "approve", person="ceo")
            receipts = desk.submit(drafts)
            bodies = [desk.read(receipt.index).body or {} for receipt in receipts]
            assert [body["of"]["index"] for body in bodies] == [first, second]
            with pytest.raises(NothingToDo, match="waits for ceo to approve"):
                draft_sign_offs(desk, range(desk.size), "approve", person="ceo")

    def test_founders_sign_ranges_of_enrolments(self, two: Office) -> None:
        with two.desk() as desk:
            desk.submit(
                [desk.draft("person", ["person:eva"], {"person": "eva"}, person="alice", role="root")]
            )
            drafts = draft_sign_offs(desk, range(desk.size), "approve", person="bob")
            desk.submit(drafts)
            assert [view.in_effect for view in desk.persons() if view.person == "eva"] == [True]

    def test_reasons_are_kept_beside_the_log(self, governed: Office) -> None:
        index = permit(governed)
        with governed.desk() as desk:
            draft = draft_sign_offs(desk, [index], "dissent", person="ceo", why="never tested")[0]
            receipt = desk.submit([draft])[0]
            body = desk.read(receipt.index).body
            assert body is not None
            assert desk.bodies.get_tree(body["reasons_sha256"]) is not None
            assert b"never tested" not in desk.store.entry(receipt.index).leaf
