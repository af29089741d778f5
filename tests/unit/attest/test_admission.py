"""What the log refuses: all that a verifier would call inadmissible, each with its reason."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.office import DAY, ORIGIN, Office

from plimsoll_attest.admission import ledger_digest
from plimsoll_attest.canonical import format_canonical, parse_canonical
from plimsoll_attest.errors import BadStatement, NotAdmitted
from plimsoll_attest.statements.envelope import Envelope, format_envelope, pae, parse_envelope
from plimsoll_attest.times import format_time
from plimsoll_attest.views import Draft
from plimsoll_keys.files import generate_signer
from plimsoll_ledger.checkpoint import sign_checkpoint
from plimsoll_ledger.errors import Duplicate, Refused
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.sequencer import Appended

MODEL = f"model:{'1' * 32}"
SHORT = "2026-01-01T00:00:00Z"
Tree = dict[str, Any]


def refusal(office: Office, blob: bytes) -> Refused:
    """Submit raw bytes past the desk, and return why the log refuses them; the log must be as before."""
    with office.desk() as desk:
        size = desk.size
        outcome = desk._sequence().append([blob])[0]
        assert desk.size == size
        assert desk.standing().size == size
    assert isinstance(outcome, Refused), "it was admitted"
    return outcome


def changed(
    office: Office, draft: Draft, change: Callable[[Tree], object], *, person: str | None = None
) -> bytes:
    """Return a draft's envelope with another statement in it, signed anew."""
    statement = parse_canonical(parse_envelope(draft.envelope).payload)
    change(statement)
    return signed(office, format_canonical(statement), person or draft.actor)


def signed(office: Office, payload: bytes, person: str) -> bytes:
    signer = office.keys[str(office.home.key_path(person))]
    keyid = hashlib.sha256(signer.public_key).hexdigest()
    return format_envelope(Envelope(payload, keyid, signer.sign(pae(payload))))


def predicate(name: str, value: Any) -> Callable[[Tree], None]:
    def change(statement: Tree) -> None:
        statement["predicate"][name] = value

    return change


@pytest.fixture
def heartbeat(office: Office) -> Draft:
    with office.desk() as desk:
        return desk.draft("heartbeat", ["org"], {}, person="ceo")


@pytest.fixture
def model(office: Office) -> Draft:
    with office.desk() as desk:
        return desk.draft("model-registered", [MODEL], {"name": "m"}, person="evaluator-1")


class TestForm:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda tree: tree.update(_type="https://in-toto.io/Statement/v0.1"), "not a statement"),
            (lambda tree: tree.update(extra="x"), "not a statement"),
            (lambda tree: tree.update(predicateType="https://plimsoll.example/heartbeat/v2"), "plimsoll/1"),
            (lambda tree: tree.update(predicateType="https://plimsoll.example/heart/v1"), "no kind 'heart'"),
            (lambda tree: tree.update(subject=[]), "1 to 16 subjects"),
            (lambda tree: tree["subject"].append(tree["subject"][0]), "stands twice"),
            (lambda tree: tree["subject"][0].update(name="org:other.example/log"), "has the digest"),
            (lambda tree: tree["subject"][0]["digest"].update(sha256="0" * 64), "has the digest"),
            (predicate("nonce", "12"), "nonce is not 32 hex digits"),
            (predicate("ledger", "AA"), "ledger is not 64 hex digits"),
            (predicate("actor", "Ceo"), "actor 'Ceo' is not an id"),
            (predicate("role", ""), "role '' is not an id"),
            (predicate("event_time", "2026-11-20T09:00:00Z"), "event_time"),
            (predicate("event_time", "2026-02-30T09:00:00.000Z"), "does not exist"),
            (predicate("body", {"beat": 1}), "no member 'beat'"),
            (predicate("body_sha256", "0" * 64), "either a body or a body_sha256"),
            (lambda tree: tree["predicate"].pop("body"), "either a body or a body_sha256"),
            (predicate("seen", "nothing"), "no checkpoint"),
            (predicate("extra", 1), "not a statement"),
        ],
    )
    def test_a_statement_of_another_form_is_refused(
        self, office: Office, heartbeat: Draft, change: Callable[[Tree], object], reason: str
    ) -> None:
        assert reason in str(refusal(office, changed(office, heartbeat, change)))

    def test_a_detached_body_inline_is_refused(self, office: Office, model: Draft) -> None:
        def change(statement: Tree) -> None:
            del statement["predicate"]["body_sha256"]
            statement["predicate"]["body"] = {"name": "m"}

        assert "the body of model-registered is detached" in str(
            refusal(office, changed(office, model, change))
        )

    @pytest.mark.parametrize("subjects", [[], ["org"], ["org", MODEL], [f"snapshot:{'0' * 64}"]])
    def test_the_desk_refuses_subjects_of_another_type(self, office: Office, subjects: list[str]) -> None:
        with office.desk() as desk, pytest.raises(BadStatement, match=r"subject|is about"):
            desk.draft("model-registered", subjects, {"name": "m"}, person="evaluator-1")

    @pytest.mark.parametrize(
        "break_it",
        [
            lambda data: data[:-1],
            lambda data: b" " + data,
            lambda data: data.replace(b'"signatures":[', b'"signatures":[],"x":['),
            lambda data: data.replace(b'"keyid":"', b'"keyid":"0'),
            lambda data: data.replace(b"in-toto+json", b"in-toto+jsonx"),
            lambda data: json.dumps(json.loads(data)).encode(),
            lambda _: b"\xff",
            lambda _: b"",
            lambda _: b"[" * 100_000,
            lambda data: data + b" " * 70_000,
        ],
    )
    def test_another_envelope_is_refused(
        self, office: Office, heartbeat: Draft, break_it: Callable[[bytes], bytes]
    ) -> None:
        broken = break_it(heartbeat.envelope)
        assert broken != heartbeat.envelope
        refusal(office, broken)

    def test_two_signatures_are_refused(self, office: Office, heartbeat: Draft) -> None:
        tree = parse_canonical(heartbeat.envelope)
        tree["signatures"] *= 2
        assert "exactly one signature" in str(refusal(office, format_canonical(tree)))

    def test_base64_with_stray_bits_is_refused(self, office: Office, heartbeat: Draft) -> None:
        tree = parse_canonical(heartbeat.envelope)
        text = tree["signatures"][0]["sig"]
        assert text.endswith("==")
        stray = chr(ord(text[-3]) + 1) + "=="
        tree["signatures"][0]["sig"] = text[:-3] + stray
        assert base64.b64decode(tree["signatures"][0]["sig"]) == base64.b64decode(text)
        assert "strict base64" in str(refusal(office, format_canonical(tree)))


class TestAuthor:
    def test_a_signature_that_does_not_hold_is_refused(self, office: Office, heartbeat: Draft) -> None:
        envelope = parse_envelope(heartbeat.envelope)
        other = Envelope(envelope.payload, envelope.keyid, bytes(32) + envelope.unverified_signature[32:])
        assert "the signature of ceo does not hold" in str(refusal(office, format_envelope(other)))

    def test_a_key_that_nobody_enrolled_is_refused(self, office: Office, heartbeat: Draft) -> None:
        payload = parse_envelope(heartbeat.envelope).payload
        stranger = generate_signer("ceo", office.random)
        keyid = hashlib.sha256(stranger.public_key).hexdigest()
        blob = format_envelope(Envelope(payload, keyid, stranger.sign(pae(payload))))
        assert "which is not recorded" in str(refusal(office, blob))

    def test_another_persons_key_is_refused(self, office: Office, heartbeat: Draft) -> None:
        blob = changed(office, heartbeat, lambda _: None, person="security-1")
        assert "says it is ceo's, and is signed with security-1's key" in str(refusal(office, blob))

    def test_a_role_that_somebody_does_not_hold_is_refused(self, office: Office, heartbeat: Draft) -> None:
        found = refusal(office, changed(office, heartbeat, predicate("role", "board")))
        assert "ceo does not hold role board here" in str(found)
        assert found.hint == "roles that ceo holds: ceo"


class TestContext:
    def test_a_statement_is_taken_once(self, office: Office, heartbeat: Draft) -> None:
        with office.desk() as desk:
            first = desk.submit([heartbeat])[0]
            with pytest.raises(NotAdmitted, match=f"entry {first.index} records this already"):
                desk.submit([heartbeat])
        found = refusal(office, heartbeat.envelope)
        assert isinstance(found, Duplicate)
        assert found.index == first.index

    def test_a_statement_wrapped_anew_is_still_the_same(self, office: Office, heartbeat: Draft) -> None:
        """The id goes by what was signed: another valid signature over it makes no other statement."""
        with office.desk() as desk:
            desk.submit([heartbeat])
        tree = parse_canonical(heartbeat.envelope)
        payload = base64.b64decode(tree["payload"])
        assert isinstance(refusal(office, signed(office, payload, "ceo")), Duplicate)

    def test_a_statement_for_another_ledger_is_refused(self, office: Office, heartbeat: Draft) -> None:
        found = refusal(office, changed(office, heartbeat, predicate("ledger", "a" * 64)))
        assert str(found).startswith("the statement is for ledger aaaaaaaaaaaaaaaa..., this is ")

    def test_a_second_genesis_is_refused(self, office: Office) -> None:
        with office.desk() as desk:
            leaf = desk.store.entry(0).leaf
        assert "a ledger begins with its genesis" in str(refusal(office, leaf[12:-35]))
        assert ledger_digest(leaf) == office_digest(office)

    def test_an_event_in_the_future_is_refused(self, office: Office, heartbeat: Draft) -> None:
        for ahead_ms, is_admitted in ((120_000, False), (50_000, True)):
            when = format_time(office.clock.time_ms + ahead_ms)
            blob = changed(office, heartbeat, predicate("event_time", when))
            if is_admitted:
                with office.desk() as desk:
                    assert isinstance(desk._sequence().append([blob])[0], Appended)
            else:
                assert "lies after now" in str(refusal(office, blob))

    def test_an_act_is_not_dated_back_but_an_observation_may_be(self, office: Office) -> None:
        earlier = office.clock.time_ms - 5 * DAY
        body = {"standard": "s", "criterion": "c", "shown_by": ["audit"]}
        with office.desk() as desk:
            act = desk.draft("safeguard-attested", ["org"], body, person="security-1", event_ms=earlier)
            with pytest.raises(
                NotAdmitted, match=r"is dated 2026-11-15T.* but its author had seen entry"
            ) as error:
                desk.submit([act])
            assert "--event-time" in error.value.hint
            body = {"standard": "s", "criterion": "c"}
            fact = desk.draft("safeguard-lapsed", ["org"], body, person="security-1", event_ms=earlier)
            assert desk.submit([fact])[0].kind == "safeguard-lapsed"

    def test_what_its_author_had_seen_must_be_this_log(self, office: Office, heartbeat: Draft) -> None:
        with office.desk() as desk:
            size, note = desk.size, desk.store.head().note.decode()
        log = office.keys[str(office.home.log_key_path)]
        ahead = sign_checkpoint(size + 1, Hash(bytes(32)), log).decode()
        assert f"had seen {size + 1} entries, the log has {size}" in str(seen(office, heartbeat, ahead))
        fork = sign_checkpoint(size, Hash(bytes(32)), log).decode()
        found = seen(office, heartbeat, fork)
        assert f"another log of {size} entries" in str(found)
        assert "evidence of a fork" in found.hint
        other = generate_signer("other.example/log", office.random)
        foreign = sign_checkpoint(size, Hash(bytes(32)), other).decode()
        assert "had seen 'other.example/log'" in str(seen(office, heartbeat, foreign))
        unsigned = note[: note.index("\n\n") + 2] + foreign[foreign.index("\u2014") :]
        assert "not signed by the log" in str(seen(office, heartbeat, unsigned))
        assert "had seen ''" in str(seen(office, heartbeat, ""))

    def test_who_has_not_looked_for_a_month_must_look_again(self, office: Office, heartbeat: Draft) -> None:
        office.record("heartbeat", ["org"], {}, "security-1")
        office.clock.time_ms += 31 * DAY
        assert "has not looked at the log since" in str(refusal(office, heartbeat.envelope))

    def test_who_has_seen_the_newest_may_have_seen_it_long_ago(
        self, office: Office, heartbeat: Draft
    ) -> None:
        office.clock.time_ms += 31 * DAY
        with office.desk() as desk:
            assert desk.submit([heartbeat])[0].kind == "heartbeat"


class TestReferences:
    def test_a_reference_must_be_to_the_statement_it_names(self, office: Office) -> None:
        with office.desk() as desk:
            wrong = {"id": "0" * 64, "index": 1}
            with pytest.raises(NotAdmitted, match="refers to entry 1 by the id of another statement"):
                desk.submit([desk.draft("sign-off", [], {"decision": "told", "of": wrong}, person="ceo")])

    def test_a_reference_in_a_detached_body_is_followed_too(self, office: Office, model: Draft) -> None:
        with office.desk() as desk:
            registered = desk.submit([model])[0]
            basis = [{"id": "0" * 64, "index": registered.index}]
            body = {"threshold": "t", "outcome": "crossed", "reasons": "r", "basis": basis}
            with pytest.raises(NotAdmitted, match=f"refers to entry {registered.index} by the id of another"):
                desk.submit([desk.draft("determination", [MODEL], body, person="ceo")])
            basis[0].update(id=registered.statement_id, index=desk.size + 3)
            with pytest.raises(NotAdmitted, match=f"refers to entry {desk.size + 3}, which is not before"):
                desk.submit([desk.draft("determination", [MODEL], body, person="ceo")])
            basis[0].update(index=registered.index)
            assert desk.submit([desk.draft("determination", [MODEL], body, person="ceo")])

    def test_what_is_about_another_statement_takes_over_its_subjects(self, office: Office) -> None:
        with office.desk() as desk:
            pause = desk.draft("pause", ["org"], {"activities": ["train"]}, person="ceo")
            reference = {"id": pause.statement_id, "index": desk.size}
            assert desk.submit([pause])[0].index == reference["index"]
            resumed = desk.draft("resumed", [], {"of": reference}, person="ceo")
            assert resumed.subjects == (f"org:{ORIGIN}",)
            assert desk.submit([resumed])

    def test_a_sign_off_is_about_what_it_is_of(self, office: Office) -> None:
        with office.desk() as desk:
            view = desk.read(1)
            body = {"decision": "told", "of": {"id": view.statement_id, "index": 1}}
            draft = desk.draft("sign-off", ["org"], body, person="ceo")
            with pytest.raises(NotAdmitted, match="is about what entry 1 is about: person:evaluator-1"):
                desk.submit([draft])

    def test_only_what_was_halted_is_resumed(self, office: Office) -> None:
        with office.desk() as desk:
            of = {"id": desk.read(0).statement_id, "index": 0}
            with pytest.raises(
                NotAdmitted, match="must be of kind pause or restriction; entry 0 is of kind genesis"
            ):
                desk.submit([desk.draft("resumed", [], {"of": of}, person="ceo")])
            with pytest.raises(
                NotAdmitted, match="must be of kind training-started; entry 0 is of kind genesis"
            ):
                desk.submit([desk.draft("training-stopped", [MODEL], {"of": of}, person="ceo")])

    @pytest.mark.parametrize(
        ("kind", "instead", "reason"),
        [
            ("incident", {"class": "c", "occurred": SHORT, "aware": SHORT}, "not written as"),
            ("incident", {"text": "none"}, "what it says instead: incident"),
            ("model-registered", {"name": "m"}, "must be of kind eval-result or"),
        ],
    )
    def test_a_correction_has_the_body_that_it_corrects(
        self, office: Office, kind: str, instead: dict[str, Any], reason: str
    ) -> None:
        when = format_time(office.clock.time_ms - DAY)
        body = {"class": "c", "occurred": when, "aware": when} if kind == "incident" else {"name": "m"}
        of = office.record(kind, [MODEL], body, "ceo")
        reference = {"id": of.statement_id, "index": of.index}
        with office.desk() as desk:
            draft = desk.draft("correction", [], {"of": reference, "instead": instead}, person="ceo")
            with pytest.raises(NotAdmitted, match=reason):
                desk.submit([draft])

    def test_a_permit_to_deploy_names_what_is_deployed(self, office: Office) -> None:
        expires = format_time(office.clock.time_ms + DAY)
        with office.desk() as desk:
            for activity, subjects in (("deploy", [MODEL]), ("train", [MODEL, f"snapshot:{'0' * 64}"])):
                with pytest.raises(BadStatement, match="a permit to deploy names a snapshot"):
                    desk.draft("permit", subjects, {"activity": activity, "expires": expires}, person="ceo")

    def test_a_document_must_have_its_subjects_digest(self, office: Office) -> None:
        with office.desk() as desk:
            draft = desk.draft("policy", ["policy:p"], {"id": "p"}, person="rso")
            assert desk.submit([draft])

        def change(statement: Tree) -> None:
            statement["subject"] = [{"digest": {"sha256": "1" * 64}, "name": "policy:q"}]
            statement["predicate"]["nonce"] = "2" * 32

        assert "has another digest than the document" in str(refusal(office, changed(office, draft, change)))


def seen(office: Office, draft: Draft, note: str) -> Refused:
    return refusal(office, changed(office, draft, predicate("seen", note)))


def office_digest(office: Office) -> str:
    with office.desk(writing=False) as desk:
        return desk.genesis_digest
