"""An insider with one key, or a few, wants to get something past the others, or to take part of it back."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.forge import Forge
from tests.support.story import PEOPLE, POLICY, Story, policy_with

from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]
Codes = Callable[..., list[str]]
V14, V36, V38 = "V14 violation", "V36 violation", "V38 finding"


def ready(people: dict[str, list[str]] | None = None) -> Story:
    """A model that was evaluated and ruled out a day ago."""
    story = Story(people=people)
    story.clear()
    story.advance(days=1)
    return story


# -- roles


def test_a_role_has_ended(codes: Codes) -> None:
    story = ready()
    story.say("root", "role-ended", ["person:rso-1", "role:rso"], {"person": "rso-1", "role": "rso"})
    story.permit("rso", "ceo")
    story.start_deployment()
    assert codes(story) == [V14, V36, V38]


def test_a_term_is_over_to_the_millisecond(codes: Codes) -> None:
    story = ready({**PEOPLE, "rso-1": []})
    story.grant("rso-1", "rso", until=story.now(1))
    permit = story.permit("rso")
    story.advance(ms=1)
    story.approve(permit, "ceo")
    story.start_deployment()
    assert codes(story) == [V38]
    other = story.permit(surface="chat")
    story.approve(other, "rso", "ceo")
    story.start_deployment(surface="chat")
    assert codes(story) == [V14, V36, V38]


def test_a_role_that_only_one_root_person_granted(codes: Codes) -> None:
    story = Founders()
    story.sign_off(0, "root-2", "root")
    for index in range(1, story.size - 1):
        story.sign_off(index, "root-2", "root")
    story.grant("eva", "rso")
    story.statement("heartbeat", [story.org()], {}, "eva", "rso")
    assert codes(story) == ["I05 indeterminate", V14]


class Founders(Story):
    """A ledger of two founders, one of whom has enrolled somebody."""

    def __init__(self) -> None:
        Forge.__init__(self, root=("root-1", "root-2"), quorum=2)
        self.enrol("eva", "evaluator")


def test_a_founder_who_never_signed_says_nothing(codes: Codes) -> None:
    story = Founders()
    story.statement("heartbeat", [story.org()], {}, "root-2", "root")
    assert codes(story) == ["I05 indeterminate", V14]


def test_a_founder_who_never_signed_completes_no_quorum(codes: Codes) -> None:
    story = Founders()
    for index in range(1, 4):
        story.sign_off(index, "root-2", "root")
    story.statement("heartbeat", [story.org()], {}, "eva", "evaluator")
    assert codes(story) == ["I05 indeterminate", V14]


@pytest.mark.parametrize("kind", ["person", "key", "role", "role-ended", "key-retired", "key-compromised"])
def test_who_is_no_root_person_governs_nobody_else(codes: Codes, kind: str) -> None:
    story = ready()
    rso = story.person("rso-1")
    new = story.person("mallory")
    if kind == "key":
        story.statement("person", ["person:mallory"], {"person": "mallory"}, "root-1", "root")
    bodies: dict[str, Any] = {
        "person": {"person": "mallory"},
        "key": {"person": "mallory", "vkey": new.vkey, "proof": new.proof(story.origin)},
        "role": {"person": "eva", "role": "rso"},
        "role-ended": {"person": "rso-1", "role": "rso"},
        "key-retired": {"person": "rso-1", "keyid": rso.keyid},
        "key-compromised": {"person": "rso-1", "keyid": rso.keyid, "since": 1},
    }
    body = bodies[kind]
    subjects = [f"person:{body['person']}", *([f"role:{body['role']}"] if "role" in body else [])]
    story.say("ceo", kind, subjects, body)
    if kind == "role":
        story.sign_off(story.permit("ceo"), "eva", "rso")
        story.start_deployment()
    else:
        story.deploy()  # rso-1 signs as ever.
    found = codes(story)
    assert found == ([V14] if kind not in ("person", "key") else [])


def test_one_key_is_not_recorded_for_two_persons(codes: Codes) -> None:
    story = ready()
    rso = story.person("rso-1")
    story.statement("person", ["person:mallory"], {"person": "mallory"}, "root-1", "root")
    body = {"person": "mallory", "vkey": rso.vkey, "proof": rso.proof(story.origin)}
    story.statement("key", ["person:mallory"], body, "root-1", "root")
    assert codes(story) == [V36]


def test_a_statement_with_somebody_elses_key(codes: Codes) -> None:
    story = ready()
    permit = story.permit("rso")
    story.sign_off(permit, "ceo-1", "ceo", key=story.person("rso-1").key)
    story.start_deployment()
    assert codes(story) == [V14, V36]


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_a_policy_by_the_signature_of_who_is_no_root_person_any_more(codes: Codes, when: str) -> None:
    story = Founders()
    story.sign_off(0, "root-2", "root")
    for person, role in (("ceo-1", "ceo"), ("board-1", "board")):
        first = story.size
        story.enrol(person, role)
        for index in range(first, story.size):
            story.sign_off(index, "root-2", "root")
    body = {"person": "root-1", "role": "root"}

    def end() -> None:
        story.statement("role-ended", ["person:root-1", "role:root"], body, "root-2", "root")

    policy = story.propose(POLICY)
    if when == "before":
        end()
    story.sign_off(policy, "root-2", "root")
    if when == "between":
        end()
    story.approve(policy, "ceo", "board")
    if when == "after":
        end()
    assert codes(story) == ([V38] if when == "after" else ["I05 indeterminate"])


# -- keys


def test_the_evaluators_key_is_declared_compromised_since_before_the_crossing(audited: Audited) -> None:
    story = Story(policy_with(thresholds__cbrn__respond_within=...))
    since = story.size
    story.result(90)
    story.deploy()
    before = {one.code: one.from_ms for one in audited(story).findings}
    eva = story.person("eva")
    body = {"person": "eva", "keyid": eva.keyid, "since": since}
    story.say("root", "key-compromised", ["person:eva"], body)
    after = {one.code: one.from_ms for one in audited(story).findings}
    assert before.keys() == {"V01", "V04", "V07"}
    assert after.keys() == {*before, "I03"}
    assert all(after[code] == before[code] for code in before)


def test_a_retired_key_says_nothing_good_and_what_it_says_of_danger_stays(codes: Codes) -> None:
    story = Story(policy_with(thresholds__cbrn__respond_within=...))
    eva = story.person("eva")
    story.say("evaluator", "key-retired", ["person:eva"], {"person": "eva", "keyid": eva.keyid})
    story.result(90)
    assert codes(story) == ["V04 violation", V36]


def test_approval_by_a_key_that_is_compromised_before_the_quorum_is_complete(codes: Codes) -> None:
    story = ready()
    permit = story.permit("rso")
    rso = story.person("rso-1")
    story.say(
        "root", "key-compromised", ["person:rso-1"], {"person": "rso-1", "keyid": rso.keyid, "since": permit}
    )
    story.approve(permit, "ceo")
    story.start_deployment()
    assert codes(story) == ["I03 indeterminate", V14]


@pytest.mark.parametrize("when", ["before", "since", "after"])
def test_whoever_stole_a_key_forges_before_at_and_after_the_reported_index(codes: Codes, when: str) -> None:
    story = Story(policy_with(gates=[], baseline=[], thresholds__cbrn__respond_within=...))
    sec = story.person("sec")

    def declare(since: int) -> None:
        body = {"person": "sec", "keyid": sec.keyid, "since": since}
        story.say("root", "key-compromised", ["person:sec"], body)

    def forge() -> int:
        story.secure()
        return story.filters()

    story.result(90)
    if when != "after":
        forged = forge()
        story.start_deployment()
        story.advance(days=1)
        # What was signed before the index that its owner reports stands, and what was signed there does not.
        declare(forged + (when == "before"))
    else:
        declare(story.size)
        forge()
        story.start_deployment()
    story.advance(days=1)
    story.say("rso", "heartbeat", [story.org()], {})
    broken = {"before": [], "since": ["I03 indeterminate", "V01 violation"], "after": ["V01 violation", V36]}
    assert [one for one in codes(story) if one[:3] in ("I03", "V01", "V36")] == broken[when]


def test_to_declare_a_key_gives_nobody_more_time(audited: Audited) -> None:
    story = Story(policy_with(gates=[], baseline=[]))
    story.result(90)
    story.determine("cbrn", "crossed")
    story.secure()
    story.filters(body={"valid_until": story.now(5 * 86_400_000)})
    story.start_deployment()
    story.advance(days=4)
    sec = story.person("sec")
    body = {"person": "sec", "keyid": sec.keyid, "since": 1}
    story.advance(days=27)
    before = {(one.code, one.from_ms) for one in audited(story).findings if one.level == "violation"}
    story.now_ms -= 27 * 86_400_000
    story.say("root", "key-compromised", ["person:sec"], body)
    story.advance(days=27)
    story.say("rso", "heartbeat", [story.org()], {})
    after = {(one.code, one.from_ms) for one in audited(story).findings if one.level == "violation"}
    assert before
    assert before <= after


def test_a_key_is_not_compromised_since_an_entry_to_come(codes: Codes) -> None:
    story = ready()
    rso = story.person("rso-1")
    body = {"person": "rso-1", "keyid": rso.keyid, "since": story.size + 1}
    story.say("root", "key-compromised", ["person:rso-1"], body)
    assert codes(story) == [V36]


# -- statements


@pytest.mark.parametrize("how", ["ledger", "seen", "subjects", "reference", "inline", "digest"])
def test_a_statement_that_does_not_belong_here(codes: Codes, how: str) -> None:
    story = ready()
    permit = story.permit("rso")
    change: dict[str, Any] = {}
    match how:
        case "ledger":
            change["ledger"] = "ab" * 32
        case "seen":
            change["seen"] = story.checkpoint(root=bytes(32)).replace("acme", "emca", 1)
        case "subjects":
            change["subject"] = [story.subject(story.model("other")), story.subject(story.s)]
        case "reference":
            change["predicate"] = {
                "body": {"of": {**story.ref(permit), "id": "ab" * 32}, "decision": "approve"}
            }
        case "inline":
            change["inline"] = False
        case _:
            subject = story.subject(story.m)
            change["subject"] = [{**subject, "digest": {"sha256": "ab" * 32}}, story.subject(story.s)]
    story.sign_off(permit, "ceo-1", "ceo", **change)
    story.start_deployment()
    assert V14 in codes(story)
    assert V36 in codes(story)


def test_a_statement_is_recorded_twice(codes: Codes) -> None:
    story = ready()
    pause = story.pause("deploy")
    resumed = story.resume(pause)
    again = story.pause("deploy")
    story.append(story.entries[resumed], b"", story.payloads[resumed], story.subjects[resumed])
    story.deploy()
    assert again
    assert codes(story) == ["V17 violation", V36]


@pytest.mark.parametrize("what", ["result", "lapse", "start"])
def test_what_is_inadmissible_speaks_against_its_author_all_the_same(codes: Codes, what: str) -> None:
    story = Story(policy_with(thresholds__cbrn__respond_within=...))
    mallory: dict[str, Any] = {"who": "mallory", "key": story.secret("mallory")}
    match what:
        case "result":
            story.result(90, **mallory)
            expected = "V04 violation"
        case "lapse":
            story.clear()
            story.lapse("base.locks", **mallory)
            expected = "V04 violation"
        case _:
            story.clear()
            story.start_deployment(**mallory)
            expected = V14
    assert codes(story) == sorted({expected, V36})


@pytest.mark.parametrize("what", ["end", "ruling-out", "attestation", "result", "permit"])
def test_what_is_inadmissible_relieves_nothing(codes: Codes, what: str) -> None:
    crossed = policy_with(thresholds__cbrn__respond_within=..., thresholds__cbrn__until_assessed="crossed")
    story = Story(crossed)
    story.secure()
    story.filters()
    story.determine("next", "ruled_out")
    mallory: dict[str, Any] = {"who": "mallory", "key": story.secret("mallory")}
    match what:
        case "end":
            story.end(story.start_deployment(), **mallory)
            expected = V14
        case "ruling-out":
            story.lapse("high-sec.audit")
            story.advance(ms=1)
            story.deploy()
            story.determine("cbrn", "ruled_out", "rso", "ceo", **mallory)
            expected = "V04 violation"
        case "attestation":
            story.lapse("base.locks")
            story.advance(ms=1)
            story.attest("base.locks", "document", **mallory)
            story.deploy()
            expected = "V01 violation"
        case "result":
            story.lapse("high-sec.audit")
            story.advance(ms=1)
            story.deploy()
            story.clear(**mallory)
            expected = "V04 violation"
        case _:
            body = {
                "activity": "deploy", "scope": "external.general", "surface": "api",
                "expires": "2030-01-01T00:00:00.000Z",
            }  # fmt: skip
            permit = story.say("release", "permit", [story.m, story.s], body, **mallory)
            story.approve(permit, "rso", "ceo")
            story.start_deployment()
            expected = V14
    found = codes(story)
    assert V36 in found
    assert expected in found
