"""Who may speak as of each entry: V14 and V36 of persons, keys, roles; compromise, retirement, pins."""

import msgspec
import pytest
from nacl.signing import SigningKey
from tests.support.forge import Actor, vkey
from tests.support.reading import FilesSource, read_source
from tests.support.story import DAY, PEOPLE, Story, brief, one

from plimsoll_verify.errors import GenesisMismatch, PinMismatch
from plimsoll_verify.record import Record
from plimsoll_verify.replay import Replay


def last(story: Story) -> tuple[str, str]:
    """Return code and message of the only finding that is about the last entry."""
    found = [
        finding for finding in story.judge().findings if story.size - 1 in finding.entries
        and finding.code in ("V14", "V36")
    ]  # fmt: skip
    assert len(found) == 1, brief(found)
    assert (found[0].level, found[0].from_ms, found[0].to_ms) == ("violation", story.now_ms, story.now_ms)
    assert found[0].rule == {"V14": "SPEC 6.4", "V36": "SPEC 9.13"}[found[0].code]
    return found[0].code, found[0].message


def speak(story: Story, who: str, role: str, **more: object) -> int:
    """Let somebody say something harmless."""
    return story.statement("heartbeat", [story.org()], {}, who, role, **more)


def test_everybody_who_is_enrolled_may_speak() -> None:
    story = Story()
    for person, roles in PEOPLE.items():
        speak(story, person, roles[0])
    assert story.judge().findings == ()


def test_v36_a_role_that_was_never_given() -> None:
    story = Story()
    speak(story, "eva", "ceo")
    assert last(story) == (
        "V36",
        f"Entry {story.size - 1} (heartbeat) has no effect: eva does not hold role ceo here (SPEC 6.4).",
    )


def test_v36_a_key_that_is_somebody_elses_or_nobodys() -> None:
    story = Story()
    speak(story, "eva", "evaluator", key=story.person("sec").key)
    assert "signed with sec's key" in last(story)[1]
    story = Story()
    speak(story, "eva", "evaluator", key=SigningKey(bytes(31) + b"k"))
    assert last(story)[0] == "V36"


def two_founders() -> Story:
    """Return a ledger with a root quorum of two."""
    story = Story.__new__(Story)
    super(Story, story).__init__(root=("root-1", "root-2"), quorum=2)
    story.document = {}
    return story


def enrol(story: Story, person: str, role: str, *, approve: bool = True) -> list[int]:
    """Propose a person with key and role; the second founder approves."""
    actor = story.person(person)
    named = [f"person:{person}"]
    made = [
        story.statement("person", named, {"person": person}, "root-1", "root"),
        story.statement(
            "key",
            named,
            {"person": person, "vkey": actor.vkey, "proof": actor.proof(story.origin)},
            "root-1",
            "root",
        ),
        story.statement("role", [*named, f"role:{role}"], {"person": person, "role": role}, "root-1", "root"),
    ]
    if approve:
        for index in made:
            story.sign_off(index, "root-2", "root")
    return made


def test_v14_a_founder_who_has_not_signed_the_genesis() -> None:
    story = two_founders()
    speak(story, "root-2", "root")
    assert last(story)[0] == "V14"
    story.sign_off(0, "root-2", "root", "dissent")
    speak(story, "root-2", "root")
    assert last(story)[0] == "V14"
    story.sign_off(0, "root-2", "root")
    enrol(story, "new", "ceo")
    speak(story, "new", "ceo")
    assert [finding.code for finding in story.judge().findings if finding.level == "violation"] == ["V14"] * 2


def test_v14_whoever_waits_for_the_root_quorum_relieves_nothing() -> None:
    story = two_founders()
    story.sign_off(0, "root-2", "root")
    person, key, role = enrol(story, "new", "ceo", approve=False)
    speak(story, "new", "ceo")
    assert last(story)[0] == "V14"
    story.sign_off(person, "root-2", "root")
    story.sign_off(key, "root-2", "root")
    speak(story, "new", "ceo")
    assert "role ceo still waits" in last(story)[1]
    story.sign_off(role, "root-2", "root")
    speak(story, "new", "ceo")
    assert len([one for one in story.judge().findings if one.code == "V14"]) == 2


@pytest.mark.parametrize("how", ["dissent", "recuse", "told", "blind", "role", "ended", "compromised"])
def test_what_does_not_complete_the_root_quorum(how: str) -> None:
    story = two_founders()
    story.sign_off(0, "root-2", "root")
    before = story.checkpoint()
    person = story.statement("person", ["person:new"], {"person": "new"}, "root-1", "root")
    match how:
        case "blind":
            story.sign_off(person, "root-2", "root", seen=before)
        case "role":
            enrol(story, "other", "ceo")
            story.sign_off(person, "other", "ceo")
        case "ended":
            body: dict[str, object] = {"person": "root-1", "role": "root"}
            story.statement("role-ended", ["person:root-1", "role:root"], body, "root-1", "root")
            story.sign_off(person, "root-2", "root")
        case "compromised":
            body = {"person": "root-1", "keyid": story.person("root-1").keyid, "since": 0}
            story.statement("key-compromised", ["person:root-1"], body, "root-2", "root")
            story.sign_off(person, "root-2", "root")
        case _:
            story.sign_off(person, "root-2", "root", how)
    assert person in {one.index for one in story.judge().pending}


def test_a_founder_can_take_an_approval_back() -> None:
    story = two_founders()
    story.sign_off(0, "root-2", "root")
    person = story.statement("person", ["person:new"], {"person": "new"}, "root-1", "root")
    story.sign_off(person, "root-1", "root", "dissent")
    story.sign_off(person, "root-2", "root")
    assert [one.counted for one in story.judge().pending] == [(("root-2", "root"),)]


def test_a_root_person_can_be_added_and_counts() -> None:
    story = two_founders()
    story.sign_off(0, "root-2", "root")
    enrol(story, "third", "root")
    person = story.statement("person", ["person:new"], {"person": "new"}, "third", "root")
    story.sign_off(person, "root-1", "root")
    assert story.judge().pending == ()


def test_enrolment_by_somebody_who_is_no_root_person_waits_for_them() -> None:
    story = Story()
    person = story.statement("person", ["person:new"], {"person": "new"}, "ceo-1", "ceo")
    assert [(one.index, one.counted) for one in story.judge().pending] == [(person, ())]
    story.sign_off(person, "root-1", "root")
    assert story.judge().pending == ()


# -- what contradicts what is recorded


def test_v36_persons_and_roles_that_can_be_taken_for_others_or_are_there_already() -> None:
    for name, said in (("eva", "recorded already"), ("e-va", "can be taken for eva")):
        story = Story()
        story.statement("person", [f"person:{name}"], {"person": name}, "root-1", "root")
        assert said in last(story)[1]
    story = Story()
    story.grant("eva", "ce0")
    assert "role ce0 can be taken for ceo" in last(story)[1]
    story = Story()
    story.grant("nobody", "ceo")
    assert "not recorded" in last(story)[1]


def test_v36_a_key_that_is_recorded_already_or_for_nobody() -> None:
    story = Story()
    actor = story.person("eva")
    body: dict[str, object] = {"person": "eva", "vkey": actor.vkey, "proof": actor.proof(story.origin)}
    story.statement("key", ["person:eva"], body, "root-1", "root")
    assert "is eva's already" in last(story)[1]
    other = story.person("nobody")
    body = {"person": "nobody", "vkey": other.vkey, "proof": other.proof(story.origin)}
    story.statement("key", ["person:nobody"], body, "root-1", "root")
    assert "a key for nobody" in last(story)[1]


def test_a_second_key_serves_as_well() -> None:
    story = Story()
    second = Actor("eva", story.secret("eva again"))
    body: dict[str, object] = {
        "person": "eva",
        "vkey": vkey("eva", second.public),
        "proof": second.proof(story.origin),
    }
    story.statement("key", ["person:eva"], body, "root-1", "root")
    speak(story, "eva", "evaluator", key=second.key)
    assert story.judge().findings == ()


def test_v36_a_second_genesis() -> None:
    story = Story()
    story.write_genesis(ledger=story.ledger, seen=story.checkpoint())
    assert "a second genesis" in last(story)[1]


def test_v36_a_second_genesis_even_if_nobody_has_said_so_before() -> None:
    story = Story()
    genesis = read_source(FilesSource(story.files()), story.trust())[0]
    replay = Replay()
    replay.feed(genesis)
    replay.feed(msgspec.structs.replace(genesis, index=1))
    finding = one(replay.finish(story.now_ms).findings, "V36")
    assert "a genesis that is not the first entry" in finding.message


def test_a_log_key_is_an_act_without_further_effect() -> None:
    story = Story()
    key = story.secret("new log key")
    body: dict[str, object] = {"vkey": vkey(story.origin, bytes(key.verify_key))}
    story.statement("log-key", [story.org()], body, "root-1", "root")
    assert (story.judge().findings, story.judge().pending) == ((), ())


# -- ends


def end_key(story: Story, who: str, role: str, person: str = "sec", **more: object) -> int:
    """Retire a person's key."""
    body: dict[str, object] = {"person": person, "keyid": story.person(person).keyid}
    return story.statement("key-retired", [f"person:{person}"], body, who, role, **more)


@pytest.mark.parametrize(("who", "role"), [("sec", "security"), ("root-1", "root")])
def test_v36_a_key_that_is_retired(who: str, role: str) -> None:
    story = Story()
    end_key(story, who, role)
    assert story.judge().findings == ()
    speak(story, "sec", "security")
    assert "is retired" in last(story)[1]


def test_v14_nobody_else_ends_keys_and_roles() -> None:
    story = Story()
    end_key(story, "eva", "evaluator")
    assert last(story)[0] == "V14"
    body: dict[str, object] = {"person": "sec", "role": "security"}
    story.statement("role-ended", ["person:sec", "role:security"], body, "eva", "evaluator")
    assert last(story)[0] == "V14"
    body = {"person": "sec", "keyid": story.person("sec").keyid, "since": 3}
    story.statement("key-compromised", ["person:sec"], body, "eva", "evaluator")
    assert last(story)[0] == "V14"
    story.statement("key-compromised", ["person:sec"], body, "sec", "security")
    assert last(story)[0] == "V14"
    speak(story, "sec", "security")
    assert len(story.judge().findings) == 4


def test_v36_ends_of_what_never_was() -> None:
    story = Story()
    body: dict[str, object] = {"person": "sec", "keyid": story.person("eva").keyid}
    story.statement("key-retired", ["person:sec"], body, "root-1", "root")
    assert "not recorded as sec's" in last(story)[1]
    story.statement("key-compromised", ["person:sec"], {**body, "since": 1}, "root-1", "root")
    assert "not recorded as sec's" in last(story)[1]
    body = {"person": "sec", "keyid": story.person("sec").keyid, "since": story.size + 1}
    story.statement("key-compromised", ["person:sec"], body, "root-1", "root")
    assert "is not there yet" in last(story)[1]
    body = {"person": "sec", "role": "ceo"}
    story.statement("role-ended", ["person:sec", "role:ceo"], body, "root-1", "root")
    assert "was never given" in last(story)[1]


def test_v36_a_role_that_ended_and_one_that_was_given_again() -> None:
    story = Story()
    body: dict[str, object] = {"person": "sec", "role": "security"}
    story.statement("role-ended", ["person:sec", "role:security"], body, "sec", "security")
    story.attest("base.locks", "document")
    assert last(story)[0] == "V36"
    story.grant("sec", "security")
    story.attest("base.locks", "document")
    assert len(story.judge().findings) == 1


def test_v36_a_role_whose_term_is_over() -> None:
    story = Story()
    story.grant("eva", "reviewer", until=story.now(DAY))
    speak(story, "eva", "reviewer")
    assert story.judge().findings == ()
    story.advance(days=1)
    speak(story, "eva", "reviewer")
    assert last(story)[0] == "V36"


def test_i03_a_compromised_key_leaves_what_it_signed_and_casts_doubt_on_it() -> None:
    story = Story()
    since = story.attest("part.alignment", "document")
    speak(story, "eva", "evaluator")
    story.lapse("high-sec.audit")
    body: dict[str, object] = {"person": "sec", "keyid": story.person("sec").keyid, "since": since}
    declared = story.statement("key-compromised", ["person:sec"], body, "root-1", "root")
    found = story.judge()
    finding = one(found.findings, "I03")
    assert finding.entries == (since, since + 2, declared)
    assert (finding.level, finding.subject, found.verdict) == ("indeterminate", "person:sec", "indeterminate")
    speak(story, "sec", "security")
    assert "is declared compromised" in last(story)[1]


def test_i03_not_where_the_key_signed_nothing_meanwhile() -> None:
    story = Story()
    body: dict[str, object] = {"person": "sec", "keyid": story.person("sec").keyid, "since": story.size}
    story.statement("key-compromised", ["person:sec"], body, "root-1", "root")
    assert story.judge().findings == ()


def test_i03_the_earliest_declaration_counts() -> None:
    story = Story()
    first = story.attest("part.alignment", "document")
    speak(story, "eva", "evaluator")
    named = {"person": "sec", "keyid": story.person("sec").keyid}
    for since in (first + 1, first, first + 1):
        story.statement("key-compromised", ["person:sec"], {**named, "since": since}, "root-1", "root")
    assert one(story.judge().findings, "I03").entries == (first, first + 3)


def test_one_can_declare_ones_own_key_with_another() -> None:
    story = Story()
    second = Actor("sec", story.secret("sec again"))
    body: dict[str, object] = {
        "person": "sec",
        "vkey": vkey("sec", second.public),
        "proof": second.proof(story.origin),
    }
    story.statement("key", ["person:sec"], body, "root-1", "root")
    body = {"person": "sec", "keyid": story.person("sec").keyid, "since": story.size}
    story.statement("key-compromised", ["person:sec"], body, "sec", "security", key=second.key)
    assert story.judge().findings == ()


# -- invalidation improves nothing


def test_what_is_not_authentic_relieves_nothing_and_accuses_all_the_same() -> None:
    story = Story()
    story.clear(role="ceo", who="eva")
    story.attest("high-sec.audit", "audit", role="auditor", who="eva")
    story.determine("cbrn", "ruled_out", "rso", "ceo", "board", who="eva")
    story.report("high-sec", [], who="eva")
    story.pause("deploy", who="eva")
    form = {"activity": "deploy", "scope": "external.general", "surface": "api", "expires": story.now(DAY)}
    permit = story.say("release", "permit", [story.m, story.s], form, who="eva")
    story.approve(permit, "rso", "ceo")
    standing = story.judge().subjects[0].pictures[0][1].standing()
    assert standing.thresholds["cbrn"] == "unassessed"
    start = story.start_deployment(who="eva")
    story.end(start, who="eva")
    story.change(start, scope="external.trusted", who="eva")
    story.result(80, role="ceo", who="eva")
    story.advance(hours=1)
    found = story.judge()
    codes = [finding.code for finding in found.findings]
    assert {"V01", "V07", "V14", "V36"} == set(codes)
    assert codes.count("V36") == 10
    ungated = next(one for one in found.findings if one.rule == "gates")
    assert ungated.ended_by == "open"


def test_an_inadmissible_widening_reaches_further_and_ends_nothing() -> None:
    story = Story()
    story.clear()
    start = story.deploy(scope="external.trusted")
    story.advance(days=1)
    story.change(start, scope="internal.limited", who="eva")
    active = story.judge().subjects[0].pictures[0][1].standing().active
    assert {form.content.scope for form in active if form.kind == "deploy"} == {
        "external.trusted",
        "internal.limited",
    }


def test_a_resumption_of_no_pause_or_under_other_subjects_is_inadmissible() -> None:
    story = Story()
    story.resume(story.base, "rso")
    assert "is no pause or restriction" in last(story)[1]
    pause = story.pause("deploy")
    story.resume(pause, "rso", subject=[story.subject(story.m)])
    assert "under other subjects" in last(story)[1]


def test_a_permit_names_a_snapshot_iff_it_is_to_deploy() -> None:
    story = Story()
    body: dict[str, object] = {
        "activity": "deploy",
        "scope": "external.general",
        "surface": "api",
        "expires": story.now(1),
    }
    story.say("release", "permit", [story.m], body)
    assert "names a snapshot" in last(story)[1]


# -- the genesis and pins


def test_a_pinned_person_with_another_key_is_a_rejection() -> None:
    story = Story()
    good = story.person("sec").vkey
    assert story.judge(trust_file={"persons": {"sec": good}}).pinned == ("sec",)
    wrong = vkey("sec", story.person("eva").public)
    with pytest.raises(PinMismatch) as caught:
        story.judge(trust_file={"persons": {"sec": wrong}})
    assert caught.value.check == "pin"
    founder = vkey("root-1", story.person("eva").public)
    with pytest.raises(PinMismatch):
        story.judge(trust_file={"persons": {"root-1": founder}})


def test_a_pin_of_somebody_whom_the_ledger_does_not_know_is_no_news() -> None:
    story = Story()
    assert story.judge(trust_file={"persons": {"far": vkey("far", story.person("far").public)}}).pinned == ()


def test_who_stands_outside_on_the_companys_word() -> None:
    story = Story()
    assert story.judge().claimed == ("aud",)
    pinned = {"aud": story.person("aud").vkey}
    assert story.judge(trust_file={"persons": pinned}).claimed == ()


def test_a_first_entry_that_is_no_genesis_is_a_rejection() -> None:
    with pytest.raises(GenesisMismatch):
        Replay().feed(Record(0, 0, kind="heartbeat", subjects=("org:a",)))


def test_a_genesis_by_nobody_or_with_founders_that_look_alike_is_a_rejection() -> None:
    story = Story.__new__(Story)
    super(Story, story).__init__(genesis=False)
    story.write_genesis(predicate={"role": "ceo"})
    with pytest.raises(GenesisMismatch, match="founder in role root"):
        story.judge()
    story = Story.__new__(Story)
    super(Story, story).__init__(root=("anna-1", "annal"), quorum=1)
    with pytest.raises(GenesisMismatch, match="can be taken for"):
        story.judge()
