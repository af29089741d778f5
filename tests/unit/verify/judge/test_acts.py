"""Quorums, views, voiding: which signatures count towards which act, and until when."""

from typing import Any

import pytest
from tests.support.story import DAY, PEOPLE, Story, brief, one, policy_with

QUORUMS: list[tuple[Any, dict[str, list[str]], list[tuple[str, str]], bool]] = [
    ({"all_of": ["rso", "ceo"]}, PEOPLE, [("rso-1", "rso"), ("ceo-1", "ceo")], True),
    ({"all_of": ["rso", "ceo"]}, PEOPLE, [("rso-1", "rso")], False),
    ({"any_of": ["rso", "ceo"]}, PEOPLE, [("ceo-1", "ceo")], True),
    ("rso", PEOPLE, [("rso-1", "rso")], True),
    (
        {"k_of": {"k": "2", "of": ["rso", "ceo", "board"]}},
        PEOPLE,
        [("rso-1", "rso"), ("board-1", "board")],
        True,
    ),
    ({"k_of": {"k": "2", "of": ["rso", "ceo", "board"]}}, PEOPLE, [("board-1", "board")], False),
    # One person in two roles is one person.
    (
        {"all_of": ["rso", "ceo"]},
        {**PEOPLE, "both": ["rso", "ceo"]},
        [("both", "rso"), ("both", "ceo")],
        False,
    ),
    (
        {"all_of": ["rso", "ceo"]},
        {**PEOPLE, "both": ["rso", "ceo"]},
        [("both", "rso"), ("both", "ceo"), ("rso-1", "rso")],
        True,
    ),
    # Of several in one role each counts once.
    (
        {"k_of": {"k": "2", "of": ["board", "board"]}},
        {**PEOPLE, "board-2": ["board"]},
        [("board-1", "board"), ("board-2", "board")],
        True,
    ),
    ({"k_of": {"k": "2", "of": ["board", "board"]}}, PEOPLE, [("board-1", "board")] * 2, False),
    (
        {"all_of": ["rso", {"any_of": ["ceo", {"all_of": ["board", "security"]}]}]},
        PEOPLE,
        [("rso-1", "rso"), ("board-1", "board"), ("sec", "security")],
        True,
    ),
    (
        {"all_of": ["rso", {"any_of": ["ceo", {"all_of": ["board", "security"]}]}]},
        PEOPLE,
        [("rso-1", "rso"), ("board-1", "board")],
        False,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("quorum", "people", "signed", "is_met"), QUORUMS)
def test_quorums_of_distinct_persons(
    quorum: Any, people: dict[str, list[str]], signed: list[tuple[str, str]], is_met: bool
) -> None:
    story = Story(policy_with(gates__0__approved_by=quorum), people=people)
    story.clear()
    permit = story.permit()
    for person, role in signed:
        story.sign_off(permit, person, role)
    story.start_deployment()
    assert (story.judge().findings == ()) is is_met
    assert (story.judge().pending == ()) is is_met


def test_a_sign_off_in_a_role_that_the_quorum_does_not_name_counts_for_nothing() -> None:
    story = Story()
    permit = story.permit("rso", "board")
    assert [(one.index, one.missing) for one in story.judge().pending] == [(permit, ("ceo",))]


def test_a_sign_off_counts_only_for_who_had_the_act_in_view() -> None:
    story = Story()
    story.clear()
    before = story.checkpoint()
    permit = story.permit("rso")
    story.approve(permit, "ceo", seen=before)
    story.start_deployment()
    assert brief(story.judge().findings) == ["V14 violation"]


@pytest.mark.parametrize("decision", ["dissent", "recuse"])
def test_a_later_dissent_takes_an_approval_back_while_the_quorum_is_open(decision: str) -> None:
    story = Story()
    story.clear()
    permit = story.permit("rso")
    story.sign_off(permit, "rso-1", "rso", decision)
    story.approve(permit, "ceo")
    story.start_deployment()
    assert brief(story.judge().findings) == ["V14 violation"]
    story = Story()
    story.clear()
    permit = story.permit("rso", "ceo")
    story.sign_off(permit, "rso-1", "rso", decision)
    story.start_deployment()
    assert brief(story.judge().findings) == []


@pytest.mark.parametrize("decision", ["told", "consulted", "dissent", "recuse"])
def test_only_approval_approves_and_who_thinks_again_counts_again(decision: str) -> None:
    story = Story()
    story.clear()
    permit = story.permit("rso")
    story.sign_off(permit, "ceo-1", "ceo", decision)
    assert [one.index for one in story.judge().pending] == [permit]
    story.approve(permit, "ceo")
    story.start_deployment()
    assert brief(story.judge().findings) == []


# -- voiding


def void_by(story: Story, how: str) -> None:
    """Record something that speaks against the model."""
    match how:
        case "result":
            story.result(60)
        case "failed run":
            story.result(10, body={"status": "error"})
        case "unplanned":
            story.result(10)
        case "other version":
            story.result(10, body={"task": {"name": "virology", "version": "9"}})
        case "withheld":
            story.result(10, withheld=True)
        case "lapse":
            story.lapse("part.alignment", about=story.m)
        case "lapse of all":
            story.lapse("part.alignment")
        case "pause":
            story.pause("train", body={"until": story.now(1)})
        case "crossing":
            story.determine("next", "crossed")
        case "compromise":
            actor = story.person("rso-1")
            body = {"person": "rso-1", "keyid": actor.keyid, "since": 1}
            story.say("root", "key-compromised", ["person:rso-1"], body)


VOIDING = [
    "result", "failed run", "unplanned", "other version", "withheld", "lapse", "lapse of all", "pause",
    "crossing", "compromise",
]  # fmt: skip


@pytest.mark.parametrize("how", VOIDING)
def test_what_a_signer_had_not_seen_voids_their_signature(how: str) -> None:
    story = Story()
    story.clear()
    permit = story.permit("rso")
    void_by(story, how)
    story.approve(permit, "ceo")
    waits = [one for one in story.judge().pending if one.index == permit]
    assert [one.missing for one in waits] == [("rso",)]
    if how != "compromise":
        story.approve(permit, "rso")
        assert [one for one in story.judge().pending if one.index == permit] == []


def test_what_every_signer_had_seen_voids_nothing() -> None:
    story = Story()
    story.result(60)
    permit = story.permit("rso", "ceo")
    assert [one for one in story.judge().pending if one.index == permit] == []


@pytest.mark.parametrize("how", ["clear", "other task", "other model", "heartbeat", "proposal"])
def test_what_does_not_speak_against_the_act_voids_nothing(how: str) -> None:
    story = Story()
    plan = story.plan()
    story.advance(ms=1)
    permit = story.permit("rso")
    match how:
        case "clear":
            story.result(10, plan=plan)
        case "other task":
            story.result(99, body={"task": {"name": "poems", "version": "1"}})
        case "other model":
            story.m, story.s, old = story.model("o"), story.snapshot("o"), (story.m, story.s)
            story.result(99)
            story.m, story.s = old
        case "proposal":
            story.determine("next", "crossed", "rso")
        case _:
            story.say("rso", "heartbeat", [story.org()], {})
    story.approve(permit, "ceo")
    assert permit not in {one.index for one in story.judge().pending}


def test_an_adverse_fact_undoes_no_crossing_and_no_pause() -> None:
    story = Story(policy_with(pause__called_by={"all_of": ["rso", "ceo"]}))
    story.clear()
    crossing = story.determine("next", "crossed", "rso")
    pause = story.pause("deploy")
    void_by(story, "lapse of all")
    void_by(story, "result")
    story.approve(crossing, "ceo")
    story.approve(pause, "ceo")
    story.advance(days=1)
    story.deploy()
    codes = {finding.code for finding in story.judge().findings}
    assert codes >= {"V17", "V01"}


def test_a_ruling_out_is_void_when_a_result_came_in_between() -> None:
    story = Story()
    story.result(80)
    cleared = story.determine("cbrn", "ruled_out", "rso", "ceo")
    void_by(story, "result")
    story.approve(cleared, "board")
    assert {one.index: one.missing for one in story.judge().pending}[cleared] == ("rso", "ceo")


# -- who waits for whom


def test_what_waits_is_listed_with_what_is_missing() -> None:
    story = Story()
    person = story.statement("person", ["person:new"], {"person": "new"}, "root-1", "root")
    pause = story.pause("deploy")
    crossing = story.determine("cbrn", "crossed", "rso")
    clearing = story.determine("cbrn", "ruled_out", "rso")
    wrong = story.attest("base.locks", "document", role="evaluator")
    audit = story.attest("high-sec.audit", "audit", role="auditor")
    report = story.report("high-sec", [audit], "rso")
    expired = story.permit(expires=story.now(1))
    permit = story.permit()
    resumed = story.resume(pause, "rso")
    unknown = story.attest("nothing.at-all", "document")
    training = story.say("release", "permit", [story.m], {"activity": "train", "expires": story.now(DAY)})
    story.advance(hours=1)
    waits = story.judge().pending
    assert {(one.index, one.want, one.missing) for one in waits} == {
        (crossing, "declared_by", ("ceo",)),
        (clearing, "cleared_by", ("ceo", "board")),
        (wrong, "attested_by", ("security",)),
        (report, "approved_by", ("ceo",)),
        (permit, "approved_by", ("rso", "ceo")),
        (resumed, "lifted_by", ("ceo",)),
        (training, "approved_by", ("rso",)),
    }
    assert not {person, expired, pause, unknown} & {one.index for one in waits}
    assert {one.policy for one in waits} == {"test-policy"}
    assert next(one.quorum for one in waits if one.index == permit) == "rso and ceo"


def test_enrolments_policies_and_amendments_wait_too() -> None:
    story = Story(adopt=False)
    policy = story.propose(story.document)
    waits = story.judge().pending
    assert [(one.index, one.policy, one.want, one.missing) for one in waits] == [
        (policy, "test-policy", "signed_off_by", ("ceo", "board"))
    ]
    story.approve(policy, "ceo", "board")
    amendment = story.propose({**story.document, "version": "2"}, kind="policy-amendment")
    story.approve(amendment, "board")
    again = story.propose({**story.document, "version": "3"})
    waits = story.judge().pending
    assert [(one.index, one.want, one.missing) for one in waits] == [(amendment, "approved_by", ("ceo",))]
    assert again > amendment
    story.approve(amendment, "ceo")
    assert story.judge().pending == ()


def test_the_root_quorum_waits_for_founders() -> None:
    story = Story(adopt=False, people={})
    story = Founders()
    person = story.statement("person", ["person:new"], {"person": "new"}, "root-1", "root")
    (waiting,) = story.judge().pending
    assert (waiting.index, waiting.want, waiting.roles) == (person, "root quorum", ("root",))
    assert (waiting.counted, waiting.quorum) == ((("root-1", "root"),), "2 persons in role root")


class Founders(Story):
    """A ledger with a root quorum of two."""

    def __init__(self) -> None:
        super(Story, self).__init__(root=("root-1", "root-2"), quorum=2)
        self.sign_off(0, "root-2", "root")


def test_a_sign_off_under_other_subjects_is_inadmissible() -> None:
    story = Story()
    permit = story.permit("rso")
    index = story.sign_off(permit, "ceo-1", "ceo", subject=[story.subject(story.m)])
    finding = one(story.judge().findings, "V36")
    assert finding.entries == (index,)
    assert "under other subjects" in finding.message
    policy = story.propose({**story.document, "version": "2"}, kind="policy-amendment")
    other = story.sign_off(policy, "ceo-1", "ceo", subject=[story.subject("policy:test-policy", "0" * 64)])
    assert [finding.entries for finding in story.judge().findings] == [(index,), (other,)]


def test_sign_offs_of_what_needs_none_are_just_there() -> None:
    story = Story()
    result = story.result(10)
    story.approve(result, "ceo")
    assert brief(story.judge().findings) == []
