"""One entry after six good ones: envelope, statement and body, SPEC 1.8 and 3 to 5.

The six are the genesis by `root-1`, ada's person, key and role `evaluator`, a model and the start of its
training, by ada; all at the start of 2026. A vector gives the seventh entry, its body where it is detached
and given, and the checkpoint over the seven.
"""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

from nacl.signing import SigningKey

from tests.support.forge import Forge, b64, canonical, pae, sha, sign_note
from tests.vectors.families.base import Vector, octets, vector

OK, V36 = "ok", "V36"
DAY_MS = 86_400_000
PLAN: dict[str, Any] = {"task": {"name": "bio", "version": "1"}, "variant": "helpful-only"}
L = 2**252 + 27742317777372353535851937790883648493


def context() -> Forge:
    """Return a ledger of the six entries."""
    forge = Forge(seed="entry vectors")
    forge.enrol("ada", "evaluator")
    model = forge.model("m")
    forge.statement("model-registered", [model], {"name": "m"}, "ada", "evaluator")
    forge.statement("training-started", [model], {}, "ada", "evaluator")
    return forge


CONTEXT = context()
MODEL, SNAPSHOT = CONTEXT.model("m"), CONTEXT.snapshot("m-1")


def make_vector(name: str, spec: str, expect: str, forge: Forge) -> Vector:
    """Make the vector of a ledger's last entry."""
    body = forge.bodies[-1]
    return vector(
        name,
        spec,
        expect,
        entry=octets(forge.entries[-1]),
        body=octets(body) if body else None,
        checkpoint=forge.checkpoint(),
    )


def said(
    name: str,
    spec: str,
    expect: str,
    kind: str = "eval-planned",
    subjects: list[str] | None = None,
    body: dict[str, Any] | None = None,
    **changes: Any,
) -> Vector:
    """Make the vector of a statement by ada, as evaluator unless changed.

    A detached body is given only where it matters (`body` or `body_bytes`) or all is well: beside an entry
    that cannot be read it would be a rejection by itself.
    """
    forge = copy.deepcopy(CONTEXT)
    if expect == V36 and body is None and "body_bytes" not in changes:
        changes["withheld"] = True
    if "days" in changes:
        forge.advance(days=changes.pop("days"))
    body = PLAN if body is None else body
    actor, role = changes.pop("actor", "ada"), changes.pop("role", "evaluator")
    forge.statement(kind, [MODEL] if subjects is None else subjects, body, actor, role, **changes)
    return make_vector(name, spec, expect, forge)


def by_root(
    name: str, spec: str, expect: str, kind: str, subjects: list[str], body: dict[str, Any], **changes: Any
) -> Vector:
    """Make the vector of a statement by root-1 in role root."""
    return said(name, spec, expect, kind, subjects, body, actor="root-1", role="root", **changes)


def _without(member: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda tree: {key: value for key, value in tree.items() if key != member}


def _signature(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change the one signature of an envelope."""
    return lambda envelope: {**envelope, "signatures": [{**envelope["signatures"][0], **changes}]}


def _repeated(envelope: dict[str, Any]) -> dict[str, Any]:
    return {**envelope, "signatures": envelope["signatures"] * 2}


def _raw(name: str, spec: str, data: bytes) -> Vector:
    forge = copy.deepcopy(CONTEXT)
    forge.append(data)
    return make_vector(name, spec, V36, forge)


def _entries() -> list[Vector]:
    """SPEC 3.1, 3.3, 3.4."""
    forge = copy.deepcopy(CONTEXT)
    forge.statement("eval-planned", [MODEL], PLAN, "ada", "evaluator")
    good = forge.entries[-1]
    again = copy.deepcopy(CONTEXT)
    again.append(again.entries[5], again.bodies[5])
    later = copy.deepcopy(CONTEXT)
    later.advance(days=1)
    wrapped = canonical({**_tree(later.entries[5]), "time": later.now()})
    later.append(wrapped, later.bodies[5])
    return [
        said("good-detached", "3.1 4.6", OK),
        by_root("good-inline", "3.1 4.6", OK, "heartbeat", [CONTEXT.org()], {}),
        _raw("entry-empty", "3.1 3.4", b""),
        _raw("entry-no-json", "3.1 3.4", b"entry"),
        _raw("entry-with-white-space", "3.1 1.2", good.replace(b'"time":', b'"time": ')),
        _raw("entry-with-newline", "3.1 1.2", good + b"\n"),
        _raw("entry-key-twice", "3.1 1.2", good[:-1] + b',"time":"2026-01-01T00:00:00.000Z"}'),
        said("entry-member-too-many", "3.1", V36, entry={"index": 6}),
        said("entry-without-time", "3.1", V36, entry=_without("time")),
        said("entry-without-envelope", "3.1", V36, entry=_without("envelope")),
        said("entry-time-without-milliseconds", "3.1 1.4", V36, time="2026-01-01T00:00:00Z"),
        said("entry-time-as-a-number", "3.1", V36, time=1_767_225_600_000),
        make_vector("statement-repeated", "3.3", V36, again),
        make_vector("statement-repeated-at-another-time", "3.3", V36, later),
    ]


def _tree(entry: bytes) -> dict[str, Any]:
    """Take an entry apart again; its text holds nothing that json would read otherwise."""
    tree: dict[str, Any] = json.loads(entry)
    return tree


def _stray_bits(envelope: dict[str, Any]) -> dict[str, Any]:
    """Set a bit of the signature's base64 that belongs to no byte: it ends in `==`."""
    signature = envelope["signatures"][0]
    text = signature["sig"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stray = alphabet[alphabet.index(text[-3]) ^ 1]
    return {**envelope, "signatures": [{**signature, "sig": f"{text[:-3]}{stray}=="}]}


def _larger_scalar(envelope: dict[str, Any]) -> dict[str, Any]:
    signature = envelope["signatures"][0]
    data = base64.b64decode(signature["sig"])
    scalar = int.from_bytes(data[32:], "little") + L
    return _signature(sig=b64(data[:32] + scalar.to_bytes(32, "little")))(envelope)


def _url_safe(envelope: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64decode(envelope["payload"])
    return {**envelope, "payload": base64.urlsafe_b64encode(data).decode()}


def _envelopes() -> list[Vector]:
    """SPEC 3.2."""
    ada, other = CONTEXT.person("ada"), CONTEXT.person("eva")
    forge = copy.deepcopy(CONTEXT)
    forge.statement("eval-planned", [MODEL], PLAN, "ada", "evaluator")
    payload = forge.payloads[-1]
    # Three question marks in a row give base64 a slash, wherever they stand.
    marks = {"kind": "???", "claim_sha256": sha(b"claim").hex()}
    lengths = pae(payload).replace(b" 28 ", b" 028 ")
    return [
        said("payload-type-other", "3.2", V36, payload_type="application/json"),
        said("payload-type-other-unsigned", "3.2", V36, envelope={"payloadType": "application/json"}),
        said(
            "payload-url-safe", "3.2 1.3", V36, "brought-forward", [CONTEXT.org()], marks, envelope=_url_safe
        ),
        said(
            "payload-not-padded",
            "3.2 1.3",
            V36,
            envelope=lambda e: {**e, "payload": e["payload"].rstrip("=") + "A"},
        ),
        said("envelope-member-too-many", "3.2", V36, envelope={"note": ""}),
        said("no-signature", "3.2", V36, envelope={"signatures": []}),
        said("two-signatures", "3.2", V36, envelope=_repeated),
        said("signature-member-too-many", "3.2", V36, envelope=_signature(cert="")),
        said("signature-without-keyid", "3.2", V36, envelope={"signatures": [{"sig": b64(bytes(64))}]}),
        said("keyid-in-upper-case", "3.2 1.7", V36, keyid=ada.keyid.upper()),
        said("keyid-of-8-digits", "3.2 1.7", V36, keyid=ada.keyid[:8]),
        said("keyid-empty", "3.2 1.7", V36, keyid=""),
        said("keyid-of-another-person", "3.2 6.4", V36, keyid=CONTEXT.person("root-1").keyid),
        said("keyid-of-nobody", "3.2 6.4", V36, keyid=other.keyid),
        said("key-of-nobody", "6.4", V36, key=other.key),
        said("signed-by-another-person", "6.4", V36, key=CONTEXT.person("root-1").key),
        said("signature-by-another-key", "3.2 1.6", V36, key=other.key, keyid=ada.keyid),
        said("signature-of-63-bytes", "3.2 1.6", V36, envelope=_signature(sig=b64(bytes(63)))),
        said("signature-of-zeros", "3.2 1.6", V36, sig=bytes(64)),
        said("signature-with-stray-bits", "3.2 1.3", V36, envelope=_stray_bits),
        said("signature-with-a-larger-scalar", "3.2 1.6", V36, envelope=_larger_scalar),
        said("signature-over-the-payload-alone", "3.2", V36, sig=ada.key.sign(payload).signature),
        said("signature-over-other-lengths", "3.2", V36, sig=ada.key.sign(lengths).signature),
    ]


def _statement(name: str, spec: str, **changes: Any) -> Vector:
    return said(name, spec, V36, statement=changes)


def subject_of(name: str, digest: str | None = None) -> dict[str, Any]:
    """Return a subject, with the digest of its id unless it is given."""
    rest = name.partition(":")[2]
    return {"name": name, "digest": {"sha256": digest or sha(rest.encode()).hex()}}


def _statements() -> list[Vector]:
    """SPEC 4.1 and 4.2."""
    models = [f"model:{number:032x}" for number in range(17)]
    report = {"type": "capability", "cites": []}
    one, two = subject_of(models[0]), subject_of(models[1])
    spaced = copy.deepcopy(CONTEXT)
    spaced.statement("eval-planned", [MODEL], PLAN, "ada", "evaluator")
    payload = spaced.payloads[-1]
    return [
        said("payload-with-white-space", "4.1 1.2", V36, payload=payload.replace(b'"_type":', b'"_type": ')),
        said("payload-no-json", "4.1", V36, payload=b"payload"),
        said("payload-an-array", "4.1", V36, payload=b"[" + payload + b"]"),
        _statement("type-other", "4.1", _type="https://in-toto.io/Statement/v0.1"),
        _statement(
            "predicate-type-of-another-prefix", "4.1", predicateType="https://else.example/eval-planned/v1"
        ),
        _statement(
            "predicate-type-without-version", "4.1", predicateType="https://plimsoll.example/eval-planned"
        ),
        _statement("statement-member-too-many", "4.1", note=""),
        said("statement-without-predicate", "4.1", V36, statement=_without("predicate")),
        said("16-subjects", "4.1 1.8", OK, "report", models[:16], report),
        said("17-subjects", "4.1 1.8", V36, "report", models, report, withheld=True),
        said("no-subject", "4.1 1.8", V36, statement={"subject": []}),
        said("subjects-not-sorted", "4.1", V36, "report", [], report, withheld=True, subject=[two, one]),
        said("subject-twice", "4.1", V36, "report", [], report, withheld=True, subject=[one, one]),
        said(
            "subject-member-too-many",
            "4.1",
            V36,
            "report",
            [],
            report,
            withheld=True,
            subject=[{**one, "uri": ""}],
        ),
        said(
            "subject-with-two-digests",
            "4.1",
            V36,
            subject=[{"name": MODEL, "digest": {"sha256": sha(MODEL[6:].encode()).hex(), "sha512": "00"}}],
        ),
        said("digest-of-another-id", "4.2", V36, subject=[subject_of(MODEL, sha(b"else").hex())]),
        said("digest-of-the-whole-name", "4.2", V36, subject=[subject_of(MODEL, sha(MODEL.encode()).hex())]),
        said(
            "digest-in-upper-case",
            "4.2 1.3",
            V36,
            subject=[subject_of(MODEL, sha(MODEL[6:].encode()).hex().upper())],
        ),
        said(
            "snapshot-with-the-digest-of-its-id",
            "4.2",
            V36,
            "training-checkpoint",
            [],
            {"files": 1, "bytes": 1},
            subject=[subject_of(MODEL), subject_of(SNAPSHOT, sha(SNAPSHOT[9:].encode()).hex())],
        ),
        said("model-of-31-digits", "4.2", V36, subjects=[f"model:{'0' * 31}"]),
        said("model-in-upper-case", "4.2", V36, subjects=[f"model:{'A' * 32}"]),
        said("subject-of-unknown-type", "4.2", V36, subjects=["dataset:bio"]),
        said("subject-without-type", "4.2", V36, subjects=["bio"]),
        by_root("person-in-upper-case", "4.2 1.5", V36, "person", ["person:Eva"], {"person": "Eva"}),
    ]


def _predicate(name: str, spec: str, **changes: Any) -> Vector:
    return said(name, spec, V36, predicate=changes)


def _predicates() -> list[Vector]:
    """SPEC 4.4."""
    return [
        said("ledger-of-another", "4.4", V36, ledger=sha(b"another genesis").hex()),
        said("ledger-of-zeros", "4.4", V36, ledger="0" * 64),
        said("nonce-of-31-digits", "4.4", V36, nonce="0" * 31),
        said("nonce-in-upper-case", "4.4", V36, nonce="A" * 32),
        said("event-time-with-offset", "4.4 1.4", V36, event_time="2026-01-01T00:00:00.000+00:00"),
        said("event-time-29-february", "4.4 1.4", V36, event_time="2026-02-29T00:00:00.000Z"),
        _predicate("actor-in-upper-case", "4.4 1.5", actor="Ada"),
        _predicate("role-empty", "4.4 1.5", role=""),
        _predicate("predicate-member-too-many", "4.4", note=""),
        said("predicate-without-nonce", "4.4", V36, predicate=_without("nonce")),
        _predicate("body-beside-its-digest", "4.4", body={}),
        said("neither-body-nor-digest", "4.4", V36, predicate=_without("body_sha256"), withheld=True),
        said(
            "body-digest-in-upper-case",
            "4.4 1.3",
            V36,
            predicate=lambda p: {**p, "body_sha256": p["body_sha256"].upper()},
            withheld=True,
        ),
        said("actor-that-is-not-recorded", "4.4 6.4", V36, actor="eva"),
        said("role-that-is-not-held", "4.4 6.4", V36, role="ceo"),
        said("role-root-by-somebody-else", "6.4", V36, role="root"),
        by_root(
            "a-second-genesis",
            "3.4 4.4",
            V36,
            "genesis",
            [CONTEXT.org()],
            {
                "format": "plimsoll/1",
                "origin": CONTEXT.origin,
                "log": [CONTEXT.log_vkey],
                "root": [],
                "quorum": 1,
            },
        ),
    ]


def _note(text: str, key: SigningKey | None = None, name: str = CONTEXT.origin) -> str:
    return f"{text}\n{sign_note(text, name, key or CONTEXT.log_key)}"


def _seen() -> list[Vector]:
    """SPEC 4.5."""
    here, other = CONTEXT.checkpoint_text(), CONTEXT.checkpoint_text(root=sha(b"another history"))
    stranger = CONTEXT.secret("stranger")
    past = CONTEXT.checkpoint_text(5, CONTEXT.roots[5])
    bits = _note(here)
    return [
        said("seen-of-size-1", "4.5", OK, seen=CONTEXT.checkpoint(1)),
        said("seen-empty", "4.5 4.4", V36, seen=""),
        said("seen-no-note", "4.5", V36, seen="a checkpoint"),
        said("seen-without-signatures", "4.5 2.1", V36, seen=here),
        said("seen-of-size-0", "4.5", V36, seen=CONTEXT.checkpoint(0)),
        said("seen-of-the-size-with-itself", "4.5", V36, seen=_note(CONTEXT.checkpoint_text(7, sha(b"7")))),
        said(
            "seen-of-another-log",
            "4.5",
            V36,
            seen=_note(here.replace("/log", "/other"), None, "acme.example/other"),
        ),
        said("seen-with-leading-zero", "4.5 1.3", V36, seen=_note(here.replace("\n6\n", "\n06\n"))),
        said("seen-of-another-root-by-a-stranger", "4.5", V36, seen=_note(other, stranger)),
        said("seen-of-another-root-badly-signed", "4.5", V36, seen=bits.replace(here, other)),
        said(
            "seen-of-another-root-at-an-earlier-size",
            "4.5",
            V36,
            seen=_note(CONTEXT.checkpoint_text(3, CONTEXT.roots[4]), stranger),
        ),
        said("seen-of-another-root-by-the-log", "4.5", "fork", seen=_note(other)),
        said("seen-right-by-a-stranger", "4.5", OK, seen=_note(here, stranger)),
        said("seen-that-omits-an-entry-of-30-days", "4.5", OK, seen=_note(past), days=30),
        said("seen-that-omits-an-entry-of-more-than-30-days", "4.5", V36, seen=_note(past), days=30.0001),
        said("seen-that-omits-nothing-for-long", "4.5", OK, days=365),
    ]


def entry_vectors() -> list[Vector]:
    """List the vectors about entries, envelopes, statements and what their authors had seen."""
    return [*_entries(), *_envelopes(), *_statements(), *_predicates(), *_seen()]
