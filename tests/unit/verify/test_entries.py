"""What is wrong inside an entry is a fault of that entry, and says why; the ledger is still read."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge, canonical, public, sha, vkey
from tests.support.reading import last_fault, read_forge

from plimsoll_verify.bodies import SignOff

Doing = Callable[[Forge], Any]


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    forge.advance(hours=1)
    return forge


def heartbeat(forge: Forge, **overrides: Any) -> int:
    return forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator", **overrides)


def test_an_honest_ledger_has_no_faults(forge: Forge, tmp_path: Path) -> None:
    index = heartbeat(forge)
    forge.sign_off(index, "root-1", "root")
    records = read_forge(forge, tmp_path)
    assert [record.fault for record in records] == [""] * forge.size
    assert [record.index for record in records] == list(range(forge.size))
    beat, sign_off = records[-2:]
    assert beat.kind == "heartbeat"
    assert beat.subjects == sign_off.subjects == (forge.org(),)
    assert (beat.actor, beat.role) == ("eva", "evaluator")
    assert beat.keyid == forge.person("eva").keyid
    assert beat.statement_id == forge.ids[index]
    assert beat.time_ms == beat.event_ms == forge.now_ms
    assert beat.seen_size == index
    assert (beat.body_state, beat.body_sha256) == ("ok", "")
    assert isinstance(sign_off.body, SignOff)
    assert sign_off.body.of.index == index
    assert records[0].payload_sha256 == forge.ledger
    assert beat.payload_sha256 == ""


UNREADABLE: dict[str, tuple[Doing, str]] = {
    "an entry of no bytes": (lambda f: f.append(b""), "canonical JSON for an entry"),
    "an entry of 65,535 bytes": (lambda f: f.append(b"x" * 65_535), "canonical JSON for an entry"),
    "an entry that is no object": (lambda f: f.append(b"[]"), "the members of an entry"),
    "an entry nested 10,000 levels deep": (lambda f: f.append(b"[" * 10_000), "nesting"),
    "white space": (lambda f: heartbeat(f, entry=lambda e: json.dumps(e).encode()), "spelling"),
    "a newline at the end": (lambda f: heartbeat(f, entry=lambda e: canonical(e) + b"\n"), "spelling"),
    "a byte order mark": (
        lambda f: heartbeat(f, entry=lambda e: b"\xef\xbb\xbf" + canonical(e)),
        "canonical JSON for an entry",
    ),
    "a key twice": (
        lambda f: heartbeat(f, entry=lambda e: canonical(e).replace(b"}", b"}", 1)[:-1] + b',"time":"x"}'),
        "each key once",
    ),
    "one member more": (lambda f: heartbeat(f, entry={"x": 1}), "members that it does not have"),
    "one member less": (
        lambda f: heartbeat(f, entry=lambda e: {"envelope": e["envelope"]}),
        "missing required field `time`",
    ),
    "a time that is none": (lambda f: heartbeat(f, time="2026-02-30T00:00:00.000Z"), "an entry's time"),
    "a time of another form": (lambda f: heartbeat(f, time="2026-01-01T00:00:00Z"), "an entry's time"),
    "a payload in base64 with stray bits": (
        lambda f: heartbeat(f, payload=b"x", entry=lambda e: canonical(e).replace(b'"eA=="', b'"eB=="')),
        "canonical|members",
    ),
    "a payload in the other alphabet": (
        lambda f: heartbeat(
            f, payload=b"\xff\xff\xff", entry=lambda e: canonical(e).replace(b"////", b"____")
        ),
        "base64",
    ),
    "another payload type": (lambda f: heartbeat(f, payload_type="text/plain"), "payload type"),
    "a payload type of another case": (
        lambda f: heartbeat(f, envelope={"payloadType": "application/vnd.in-toto+JSON"}),
        "payload type",
    ),
    "a payload that is no JSON": (lambda f: heartbeat(f, payload=b"x"), "canonical JSON for a statement"),
    "a payload with a fraction": (
        lambda f: heartbeat(f, statement=lambda s: {**s, "x": 0.5}),
        "no fractions",
    ),
    "a payload with 2^53": (lambda f: heartbeat(f, statement={"x": 2**53}), "integers within"),
    "a payload with 1e999": (
        lambda f: heartbeat(f, payload=canonical({"x": 1}).replace(b"1", b"1e999")),
        "no fractions",
    ),
    "a payload with NaN": (lambda f: heartbeat(f, payload=b'{"x":NaN}'), "no fractions"),
    "a payload with a lone surrogate": (lambda f: heartbeat(f, payload=b'{"x":"\\ud800"}'), "not Unicode"),
    "a payload of UTF-16": (lambda f: heartbeat(f, payload="{}".encode("utf-16")), "not Unicode"),
    "a payload nested 10,000 levels deep": (
        lambda f: heartbeat(f, payload=b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
        "nesting",
    ),
    "one member more in the statement": (
        lambda f: heartbeat(f, statement={"x": 1}),
        "members that it does not have",
    ),
    "one member more in the predicate": (
        lambda f: heartbeat(f, predicate={"x": 1}),
        "members that it does not have",
    ),
    "another _type": (lambda f: heartbeat(f, statement={"_type": "x"}), "_type"),
    "another predicateType": (
        lambda f: heartbeat(f, statement={"predicateType": "https://other.example/heartbeat/v1"}),
        "predicateType|plimsoll",
    ),
    "a predicateType of version 0": (
        lambda f: heartbeat(f, statement={"predicateType": "https://plimsoll.example/heartbeat/v0"}),
        "<kind>/v1",
    ),
    "both body and body_sha256": (
        lambda f: heartbeat(f, predicate={"body_sha256": "0" * 64}),
        "either body or body_sha256",
    ),
    "neither body nor body_sha256": (
        lambda f: heartbeat(f, predicate=lambda p: {k: v for k, v in p.items() if k != "body"}),
        "either body or body_sha256",
    ),
    "a body_sha256 that is none": (
        lambda f: f.statement(
            "model-registered",
            [f.model("m")],
            {"name": "m"},
            "eva",
            "evaluator",
            predicate={"body_sha256": ""},
            withheld=True,
        ),
        "64 hex digits for body_sha256",
    ),
    "an actor that is no id": (lambda f: heartbeat(f, predicate={"actor": "Eva"}), "ids of actor and role"),
    "a role that is no id": (lambda f: heartbeat(f, predicate={"role": "\u0435va"}), "ids of actor and role"),
    "a nonce that is none": (lambda f: heartbeat(f, nonce="0" * 31), "a nonce"),
    "a ledger that is no digest": (lambda f: heartbeat(f, ledger="x"), "ledger"),
    "an event time that is none": (lambda f: heartbeat(f, event_time="yesterday"), "event_time"),
    "no subjects": (lambda f: heartbeat(f, statement={"subject": []}), "1 to 16 subjects"),
    "17 subjects": (
        lambda f: heartbeat(f, subject=sorted((f.subject(f.model(str(n))) for n in range(17)), key=str)),
        "1 to 16 subjects",
    ),
    "a subject twice": (
        lambda f: heartbeat(f, subject=[f.subject(f.org())] * 2),
        "sorted by name, each once",
    ),
    "subjects out of order": (
        lambda f: heartbeat(f, subject=[f.subject(f.org()), f.subject(f.model("m"))]),
        "sorted by name, each once",
    ),
    "a subject that is none": (lambda f: heartbeat(f, subject=[f.subject("thing:x")]), "a subject such as"),
    "a model with an upper-case id": (
        lambda f: heartbeat(f, subject=[f.subject("model:" + "A" * 32)]),
        "a subject such as",
    ),
    "a subject without end": (
        lambda f: heartbeat(f, subject=[f.subject("org:" + "a" * 400)]),
        "a subject such as",
    ),
}


@pytest.mark.parametrize(("do", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_entry_that_cannot_be_read(forge: Forge, tmp_path: Path, do: Doing, message: str) -> None:
    do(forge)
    fault = last_fault(forge, tmp_path / "p")
    assert fault.startswith("cannot be read: ")
    assert re.search(message, fault), fault
    record = read_forge(forge, tmp_path / "p")[-1]
    assert (record.kind, record.subjects, record.body) == ("", (), None)


FAULTS: dict[str, tuple[Doing, str]] = {
    "no signature": (lambda f: heartbeat(f, envelope={"signatures": []}), "0 signatures instead of one"),
    "two signatures": (
        lambda f: heartbeat(f, envelope=lambda e: {**e, "signatures": e["signatures"] * 2}),
        "2 signatures instead of one",
    ),
    "a keyid that is none": (lambda f: heartbeat(f, keyid="x"), "is no SHA-256 in hex"),
    "a keyid that nobody has": (lambda f: heartbeat(f, keyid="0" * 64), "is not recorded before it"),
    "the keyid of somebody else": (lambda f: heartbeat(f, keyid=f.person("root-1").keyid), "does not verify"),
    "the signature of somebody else": (
        lambda f: heartbeat(f, key=f.person("mallory").key, keyid=f.person("eva").keyid),
        "does not verify",
    ),
    "a key that is not recorded": (lambda f: heartbeat(f, key=f.person("mallory").key), "is not recorded"),
    "a signature of 63 bytes": (lambda f: heartbeat(f, sig=bytes(63)), "63 bytes"),
    "a signature of no bytes": (
        lambda f: heartbeat(f, envelope=lambda e: {**e, "signatures": [{**e["signatures"][0], "sig": ""}]}),
        "0 bytes",
    ),
    "a signature with the identity for R": (
        lambda f: heartbeat(f, sig=b"\x01" + bytes(63)),
        "R of small order",
    ),
    "a signature whose S is too large": (
        lambda f: heartbeat(f, sig=b"\x02" * 32 + b"\xff" * 32),
        "a larger S",
    ),
    "a signature for another payload type": (
        lambda f: heartbeat(f, payload_type="x", envelope={"payloadType": "application/vnd.in-toto+json"}),
        "does not verify",
    ),
    "another ledger": (lambda f: heartbeat(f, ledger="1" * 64), "a statement of another ledger"),
    "the ledger of a genesis": (lambda f: heartbeat(f, ledger="0" * 64), "a statement of another ledger"),
    "a second genesis": (lambda f: f.write_genesis(), "a second genesis"),
    "a subject with another digest": (
        lambda f: heartbeat(f, subject=[{"name": f.org(), "digest": {"sha256": "0" * 64}}]),
        "is not that of its name",
    ),
    "a snapshot with another digest": (
        lambda f: heartbeat(f, subject=[{"name": f.snapshot("s"), "digest": {"sha256": "0" * 64}}]),
        "is not that of its name",
    ),
    "a policy without a digest": (
        lambda f: heartbeat(f, subject=[{"name": "policy:p", "digest": {"sha256": "x"}}]),
        "is not that of its name",
    ),
    "another organisation": (
        lambda f: heartbeat(f, subject=[f.subject("org:other.example")]),
        "about another organisation",
    ),
    "subjects that the kind does not have": (
        lambda f: heartbeat(f, subject=[f.subject(f.model("m"))]),
        "a heartbeat about model",
    ),
    "a model without its snapshot": (
        lambda f: f.statement(
            "training-checkpoint", [f.model("m")], {"files": 1, "bytes": 1}, "eva", "evaluator"
        ),
        "a training-checkpoint about model",
    ),
    "a report about models and the organisation": (
        lambda f: f.statement(
            "report", [f.model("m"), f.org()], {"type": "risk", "cites": []}, "eva", "evaluator"
        ),
        "a report about model and org",
    ),
    "something brought forward for nobody": (
        lambda f: f.statement(
            "brought-forward", [f.model("m")], {"kind": "x", "claim_sha256": "0" * 64}, "eva", "evaluator"
        ),
        "a brought-forward about model",
    ),
    "subjects that the body does not name": (
        lambda f: f.statement("person", ["person:bob"], {"person": "eve"}, "root-1", "root"),
        "not those that its body names",
    ),
    "an inline body of a kind that detaches it": (
        lambda f: f.statement(
            "model-registered",
            [f.model("m")],
            {"name": "m", "salt": "0" * 64},
            "eva",
            "evaluator",
            inline=True,
        ),
        "its body is inline",
    ),
    "a detached body of a kind that has it inline": (
        lambda f: heartbeat(f, inline=False),
        "its body is detached",
    ),
    "a body that is no object": (lambda f: heartbeat(f, predicate={"body": []}), "its body is no heartbeat"),
    "a body with a member of another type": (
        lambda f: f.statement("person", ["person:bob"], {"person": 7}, "root-1", "root"),
        "its body is no person: .*Expected `str`",
    ),
    "a body that lacks a member": (
        lambda f: f.statement("person", ["person:bob"], {}, "root-1", "root"),
        "missing required field `person`",
    ),
    "an id in a body that is none": (
        lambda f: f.statement("person", ["person:bob"], {"person": "Bob"}, "root-1", "root"),
        "its body is no person",
    ),
    "an id in a body that ends in a newline": (
        lambda f: f.statement("person", ["person:bob"], {"person": "bob\n"}, "root-1", "root"),
        "its body is no person",
    ),
    "a text without end": (
        lambda f: f.statement("log-key", [f.org()], {"vkey": "x" * 16_385}, "root-1", "root"),
        "its body is no log-key",
    ),
    "a number that is negative": (
        lambda f: f.statement(
            "training-checkpoint",
            [f.model("m"), f.snapshot("s")],
            {"files": -1, "bytes": 1},
            "eva",
            "evaluator",
        ),
        "its body is no training-checkpoint",
    ),
    "a number that is a fraction": (
        lambda f: f.statement(
            "training-checkpoint",
            [f.model("m"), f.snapshot("s")],
            {"files": 1.0, "bytes": 1},
            "eva",
            "evaluator",
        ),
        "no fractions",
    ),
    "a number past 2^53": (
        lambda f: f.statement(
            "training-checkpoint",
            [f.model("m"), f.snapshot("s")],
            {"files": 2**64, "bytes": 1},
            "eva",
            "evaluator",
        ),
        "integers within",
    ),
    "a time in a body that is none": (
        lambda f: f.grant("eva", "clerk", until="2026-02-30T00:00:00.000Z"),
        "a time in a body",
    ),
    "a body without its salt": (
        lambda f: f.statement(
            "model-registered", [f.model("m")], {}, "eva", "evaluator", body_bytes=canonical({"name": "m"})
        ),
        "missing required field `salt`",
    ),
    "a salt that is none": (
        lambda f: f.statement(
            "model-registered", [f.model("m")], {"name": "m"}, "eva", "evaluator", salt="0"
        ),
        "its body is no model-registered",
    ),
    "a detached body with a key twice": (
        lambda f: f.statement(
            "weights-deleted",
            [f.model("m")],
            {},
            "eva",
            "evaluator",
            body_bytes=b'{"salt":"%b","salt":"%b"}' % (b"0" * 64, b"0" * 64),
        ),
        "each key once",
    ),
    "a detached body with white space": (
        lambda f: f.statement(
            "weights-deleted",
            [f.model("m")],
            {},
            "eva",
            "evaluator",
            body_bytes=b'{"salt": "%b"}' % (b"0" * 64),
        ),
        "spelling",
    ),
    "a detached body that is no UTF-8": (
        lambda f: f.statement(
            "weights-deleted", [f.model("m")], {}, "eva", "evaluator", body_bytes=b'{"salt":"\xff"}'
        ),
        "not Unicode",
    ),
    "a detached body that is no JSON": (
        lambda f: f.statement("weights-deleted", [f.model("m")], {}, "eva", "evaluator", body_bytes=b"x"),
        "canonical JSON for a body",
    ),
    "a detached body nested 10,000 levels deep": (
        lambda f: f.statement(
            "weights-deleted",
            [f.model("m")],
            {},
            "eva",
            "evaluator",
            body_bytes=b'{"a":' * 10_000 + b"}" * 10_000,
        ),
        "canonical JSON for a body",
    ),
    "the body of an unknown kind that is no object": (
        lambda f: f.statement("novelty", [f.org()], {}, "eva", "evaluator", body_bytes=b"[]"),
        "an object",
    ),
    "a policy that is not canonical": (
        lambda f: f.statement("policy", ["policy:p"], {}, "eva", "evaluator", body_bytes=b'{ "id":"p"}'),
        "spelling",
    ),
    "a policy that is no object": (
        lambda f: f.statement("policy", ["policy:p"], {}, "eva", "evaluator", body_bytes=b"[]"),
        "an object",
    ),
    "a policy that is too long": (
        lambda f: f.statement("policy", ["policy:p"], {"x": "x" * 2**22}, "eva", "evaluator"),
        "at most 4194304 bytes",
    ),
    "a policy whose subject has another digest": (
        lambda f: f.statement(
            "policy", ["policy:p"], {"id": "p"}, "eva", "evaluator", subject=[f.subject("policy:p", "0" * 64)]
        ),
        "not that of its document",
    ),
    "a key whose vkey is none": (
        lambda f: f.statement(
            "key", ["person:bob"], {"person": "bob", "vkey": "x", "proof": "x"}, "root-1", "root"
        ),
        "a key in it",
    ),
    "a key of small order": (
        lambda f: f.statement(
            "key",
            ["person:bob"],
            {"person": "bob", "vkey": vkey("bob", bytes(32)), "proof": "x"},
            "root-1",
            "root",
        ),
        "small order",
    ),
    "a key that is not canonical": (
        lambda f: f.statement(
            "key",
            ["person:bob"],
            {"person": "bob", "vkey": vkey("bob", b"\xff" * 32), "proof": "x"},
            "root-1",
            "root",
        ),
        "not canonically encoded",
    ),
    "a key of another name": (
        lambda f: f.statement(
            "key",
            ["person:bob"],
            {"person": "bob", "vkey": f.person("eve").vkey, "proof": "x"},
            "root-1",
            "root",
        ),
        "a vkey of the name bob",
    ),
    "a log key that is none": (
        lambda f: f.statement("log-key", [f.org()], {"vkey": "x"}, "root-1", "root"),
        "a key in it",
    ),
}


@pytest.mark.parametrize(("do", "message"), FAULTS.values(), ids=FAULTS)
def test_an_entry_that_can_be_read_and_is_wrong(
    forge: Forge, tmp_path: Path, do: Doing, message: str
) -> None:
    do(forge)
    fault = last_fault(forge, tmp_path / "p")
    assert re.search(message, fault), fault
    record = read_forge(forge, tmp_path / "p")[-1]
    # What it says can still be held against its author.
    assert record.kind
    assert record.subjects
    assert record.actor


def test_a_log_key_and_a_key_that_are_right(forge: Forge, tmp_path: Path) -> None:
    other = vkey(forge.origin, public(forge.secret("log-2")))
    forge.statement("log-key", [forge.org()], {"vkey": other}, "root-1", "root")
    forge.enrol("bob")
    forge.statement("heartbeat", [forge.org()], {}, "bob", "nothing")
    assert last_fault(forge, tmp_path) == ""


def test_a_key_counts_from_its_entry_on_and_not_for_it(forge: Forge, tmp_path: Path) -> None:
    bob = forge.person("bob")
    body = {"person": "bob", "vkey": bob.vkey, "proof": bob.proof(forge.origin)}
    forge.statement("key", ["person:bob"], body, "bob", "root")
    assert "is not recorded before it" in last_fault(forge, tmp_path)


def test_unknown_members_are_not_understood_and_no_fault(forge: Forge, tmp_path: Path) -> None:
    forge.statement("person", ["person:bob"], {"person": "bob", "shoe": 46}, "root-1", "root")
    forge.statement("model-registered", [forge.model("m")], {"name": "m", "x": {"y": []}}, "eva", "evaluator")
    for record in read_forge(forge, tmp_path)[-2:]:
        assert (record.fault, record.body_state, record.body) == ("", "not-understood", None)


def test_unknown_kinds_and_versions_are_not_understood_and_no_fault(forge: Forge, tmp_path: Path) -> None:
    forge.statement("novelty", [forge.org()], {"x": 1}, "eva", "evaluator")
    forge.statement("novelty", [forge.model("m")], {"x": 1}, "eva", "evaluator", inline=True)
    forge.statement(
        "heartbeat", [forge.org()], {}, "eva", "evaluator",
        statement={"predicateType": "https://plimsoll.example/heartbeat/v2"},
    )  # fmt: skip
    found = read_forge(forge, tmp_path)[-3:]
    assert [record.kind for record in found] == ["novelty", "novelty", "heartbeat/v2"]
    for record in found:
        assert (record.fault, record.body_state, record.body) == ("", "not-understood", None)


def test_a_withheld_body_is_no_fault(forge: Forge, tmp_path: Path) -> None:
    index = forge.statement(
        "model-registered", [forge.model("m")], {"name": "m"}, "eva", "evaluator", withheld=True
    )
    record = read_forge(forge, tmp_path)[index]
    assert (record.fault, record.body_state, record.body) == ("", "withheld", None)
    assert len(record.body_sha256) == 64


def test_a_policy_comes_as_its_bytes(forge: Forge, tmp_path: Path) -> None:
    document = {"id": "p", "title": "\u00fc"}
    index = forge.statement("policy", ["policy:p"], document, "root-1", "root")
    record = read_forge(forge, tmp_path)[index]
    assert record.fault == ""
    assert record.body == canonical(document)
    assert record.subject_digests == {"policy:p": sha(canonical(document)).hex()}
    assert record.body_sha256 == record.subject_digests["policy:p"]


def test_something_brought_forward_may_be_about_models_as_well(forge: Forge, tmp_path: Path) -> None:
    body = {"kind": "eval-result", "claim_sha256": "0" * 64}
    forge.statement("brought-forward", [forge.org(), forge.model("m")], body, "root-1", "root")
    assert last_fault(forge, tmp_path) == ""


@pytest.mark.parametrize("subjects", [["model"], ["model", "other"]])
def test_a_pause_may_be_about_models(forge: Forge, tmp_path: Path, subjects: list[str]) -> None:
    forge.statement("pause", [forge.model(name) for name in subjects], {"activities": ["deploy"]}, "eva", "x")
    assert last_fault(forge, tmp_path) == ""


def test_an_unreadable_entry_takes_the_time_of_the_one_before(forge: Forge, tmp_path: Path) -> None:
    before = forge.now_ms
    heartbeat(forge)
    forge.advance(hours=1)
    forge.append(b"x")
    assert read_forge(forge, tmp_path)[-1].time_ms == before


def test_fault_messages_are_plain_text(forge: Forge, tmp_path: Path) -> None:
    evil = "\x1b[2J\u202eabc"
    heartbeat(forge, keyid=evil)
    heartbeat(forge, statement={"_type": evil})
    heartbeat(forge, statement={"predicateType": evil})
    heartbeat(forge, event_time=evil)
    forge.statement("pause", [forge.org()], {"activities": [evil]}, "eva", "evaluator")
    forge.statement("sign-off", [forge.org()], {"of": forge.ref(0), "decision": evil}, "eva", "evaluator")
    forge.append(canonical({evil: 1}))
    for record in read_forge(forge, tmp_path)[-7:]:
        assert record.fault
        assert record.fault.isascii()
        assert record.fault.isprintable()


def test_an_interpretation_is_about_the_policy_that_it_names(forge: Forge, tmp_path: Path) -> None:
    body = {"policy": "p", "clause": "1", "reading_sha256": "0" * 64}
    subject = [forge.subject("policy:p", "0" * 64)]
    forge.statement("interpretation", [], body, "root-1", "root", subject=subject)
    assert last_fault(forge, tmp_path) == ""
    other = [forge.subject("policy:q", "0" * 64)]
    forge.statement("interpretation", [], body, "root-1", "root", subject=other)
    assert "not those that its body names" in last_fault(forge, tmp_path)


def test_members_that_authors_name_are_named_as_everywhere(forge: Forge, tmp_path: Path) -> None:
    reported = {"model": "m", "snapshot": "", "metadata": {"a b": "x"}}
    body: dict[str, Any] = {
        "plan": None, "status": "success", "tool": {"name": "t", "version": "1"},
        "task": {"name": "t", "version": "1"}, "run": {}, "started": forge.now(), "completed": forge.now(),
        "variant": "", "epochs": 1, "samples": 1, "scored": {"samples": 1, "sample_epochs": 1}, "limit": None,
        "reported": reported, "scores": [], "evidence": [], "flags": [],
    }  # fmt: skip
    forge.statement("eval-result", [forge.model("m"), forge.snapshot("s")], body, "eva", "evaluator")
    assert "members of [A-Za-z0-9_.:-]" in last_fault(forge, tmp_path)
    forge = Forge()
    forge.enrol("eva", "evaluator")
    body["reported"] = {**reported, "metadata": {"a.b:c-d_E": "x"}}
    forge.statement("eval-result", [forge.model("m"), forge.snapshot("s")], body, "eva", "evaluator")
    assert last_fault(forge, tmp_path) == ""
