"""Interpretations: beside what they stand, from when, and that they change nothing of what was found."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.story import COMMIT, Story, brief, one, policy_with

from plimsoll_verify.findings import Finding
from plimsoll_verify.replay import Judgement

READING = "ab" * 32


def policy(**changes: Any) -> dict[str, Any]:
    """Return the policy, which the officers interpret; the needs of its baseline are those of clause 2."""
    document = policy_with(gates=[], thresholds={}, **changes)
    document["interpretation"] = {**COMMIT, "by": {"all_of": ["rso", "ceo"]}}
    document["baseline"] = [
        {"clause": "2", "force": "commitment", "needs": ["top"], "while": ["deploying it"]}
    ]
    return document


class Read(Story):
    """A ledger in which clauses are read."""

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        super().__init__(document or policy())

    def read(self, clause: str = "2", *roles: str, **more: Any) -> int:
        """Say how a clause is to be read: the first role says it, the others sign; returns the entry."""
        first, *others = roles or ("rso", "ceo")
        more.setdefault("subject", self.subjects[self.policy_entry])
        said = {"policy": more.pop("of", "test-policy"), "clause": clause, "reading_sha256": READING}
        index = self.say(first, "interpretation", [], said, **more)
        if others:
            self.approve(index, *others)
        self.advance(hours=1)
        return index

    def deployed(self) -> Judgement:
        """Start what breaks the baseline, and judge a day later."""
        self.start_deployment()
        self.advance(days=1)
        self.register("another")
        return self.judge()


def test_a_reading_stands_beside_what_begins_later() -> None:
    story = Read()
    reading = story.read()
    found = one(story.deployed().findings, "V01")
    assert (found.level, found.interpreted_by) == ("violation", (reading, reading + 1))


def test_it_binds_forward_only() -> None:
    story = Read()
    story.start_deployment()
    story.advance(days=1)
    story.read()
    story.advance(days=1)
    story.start_deployment(surface="web")
    assert one(story.judge().findings, "V01").interpreted_by == ()
    late = Read()
    began = late.now()
    late.advance(hours=1)
    late.read()
    late.start_deployment(event_time=began)
    assert one(late.judge().findings, "V01").interpreted_by == ()


def test_the_last_reading_counts() -> None:
    story = Read()
    story.read()
    second = story.read()
    found = one(story.deployed().findings, "V01")
    assert found.interpreted_by == (second, second + 1)


@pytest.mark.parametrize("what", ["alone", "of another clause", "of no clause", "no rule", "unknown"])
def test_what_is_no_reading_of_a_clause(what: str) -> None:
    document = policy()
    if what == "no rule":
        del document["interpretation"]
    story = Read(document)
    match what:
        case "alone":
            story.read("2", "rso")
        case "of another clause":
            story.read("1")
        case "of no clause":
            story.read("99")
        case "unknown":
            story.read("2", who="sec")
        case _:
            story.read()
    judgement = story.deployed()
    assert one(judgement.findings, "V01").interpreted_by == ()
    waiting = [(act.want, act.missing) for act in judgement.pending if act.kind == "interpretation"]
    assert waiting == ([("by", ("ceo",))] if what == "alone" else [])


def test_another_policy_is_not_read_by_it() -> None:
    story = Read()
    law = story.adopt(policy() | {"id": "a-law"})
    story.read(of="a-law", subject=story.subjects[law])
    read = {one.policy: one.interpreted_by for one in story.deployed().findings if one.code == "V01"}
    assert read["test-policy"] == ()
    assert len(read["a-law"]) == 2


def test_whoever_signs_has_the_same_document_in_view() -> None:
    story = Read()
    reading = story.read("2", "rso")
    amended = story.adopt(policy(version="2"), kind="policy-amendment")
    story.sign_off(reading, "ceo-1", "ceo", subject=story.subjects[amended])
    assert "V36 violation" in brief(story.judge().findings)


def test_a_term_that_is_over_counts_for_no_reading() -> None:
    story = Read(policy(roles__rso={"term": "30 days"}))
    story.advance(days=31)
    story.read()
    assert one(story.deployed().findings, "V01").interpreted_by == ()


def unread(findings: tuple[Finding, ...]) -> list[Finding]:
    """Return findings without their readings, and without the entries that moved."""
    return [replace(one, interpreted_by=(), entries=(), known_from=0, from_index=None) for one in findings]


def test_a_reading_changes_nothing_of_what_was_found() -> None:
    read, plain = Read(), Read()
    read.read()
    plain.advance(hours=1)
    for story in (read, plain):
        story.start_deployment()
        story.advance(days=1)
    assert unread(read.judge().findings) == unread(plain.judge().findings)
    assert read.judge().verdict == plain.judge().verdict == "violations"


def test_what_would_be_and_what_will_be_found_is_read_as_well() -> None:
    story = Read()
    reading = story.read()
    assert {one.interpreted_by for one in story.ask()} == {(reading, reading + 1)}
    document = policy()
    duty = {"clause": "2", "force": "commitment", "when": {"every": "30 days"}, "do": {"report": "risk"}}
    document["duties"] = {"tell": {**duty, "within": "1 day"}}
    owed = Read(document)
    reading = owed.read()
    due = owed.judge(due_ms=owed.now_ms + 90 * 86_400_000).due
    assert due is not None
    assert {one.interpreted_by for one in due} == {(reading, reading + 1)}


def test_what_is_found_by_adherence_is_read_by_whoever_adheres() -> None:
    law = policy_with(id="a-law", thresholds={}, gates=[], baseline=[])
    law["adheres"] = [{**COMMIT, "to": "test-policy"}]
    law["interpretation"] = {**COMMIT, "by": "rso"}
    story = Read()
    adopted = story.adopt(law)
    reading = story.read("1", "rso", of="a-law", subject=story.subjects[adopted])
    read = {one.policy: one.interpreted_by for one in story.deployed().findings if one.code == "V01"}
    assert read == {"test-policy": (), "a-law": (reading,)}


def test_a_reading_of_a_clause_that_the_policy_has_waits_and_one_of_another_clause_does_not() -> None:
    story = Read()
    waiting = story.read("2", "rso")
    story.read("no-such-clause", "rso")
    assert [(item.index, item.kind, item.missing) for item in story.judge().pending] == [
        (waiting, "interpretation", ("ceo",))
    ]
