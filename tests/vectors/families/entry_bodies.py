"""Bodies, references, kinds and keys in the seventh entry of `entries`: SPEC 1.5 to 1.7, 4.6 to 5.4, 6.2."""

import copy
from typing import Any

from tests.support.forge import b64, canonical, public, sha, vkey
from tests.vectors.families.base import Vector
from tests.vectors.families.entries import (
    CONTEXT,
    MODEL,
    OK,
    PLAN,
    SNAPSHOT,
    V36,
    by_root,
    make_vector,
    said,
    subject_of,
)
from tests.vectors.families.keys import SMALL_ORDER


def _detached(name: str, spec: str, expect: str, data: bytes) -> Vector:
    return said(name, spec, expect, body_bytes=data)


def bodies() -> list[Vector]:
    """SPEC 4.6."""
    salt = "5a" * 32
    swapped = copy.deepcopy(CONTEXT)
    swapped.statement("eval-planned", [MODEL], PLAN, "ada", "evaluator")
    swapped.bodies[-1] = canonical({**PLAN, "salt": salt})
    beside = copy.deepcopy(CONTEXT)
    beside.statement("heartbeat", [beside.org()], {}, "root-1", "root")
    beside.bodies[-1] = b"{}"
    unreadable = copy.deepcopy(CONTEXT)
    unreadable.append(b"entry", b"{}")
    good = {"salt": salt, **PLAN}
    return [
        said("body-withheld", "4.6 9.14", "withheld", withheld=True),
        make_vector("body-of-another-digest", "4.6", "bodies", swapped),
        make_vector("body-beside-an-inline-one", "4.6 10.6", "bodies", beside),
        make_vector("body-beside-an-unreadable-entry", "10.6", "bodies", unreadable),
        said("body-inline-of-a-detached-kind", "4.6", V36, inline=True),
        by_root(
            "body-detached-of-a-structural-kind", "4.6", V36, "heartbeat", [CONTEXT.org()], {}, inline=False
        ),
        _detached("body-without-salt", "4.6", V36, canonical(PLAN)),
        _detached("salt-of-63-digits", "4.6", V36, canonical({**good, "salt": "0" * 63})),
        _detached("salt-in-upper-case", "4.6", V36, canonical({**good, "salt": "A" * 64})),
        _detached("body-with-white-space", "4.6 1.2", V36, canonical(good).replace(b":", b": ")),
        _detached("body-with-a-fraction", "4.6 1.2", V36, canonical(good)[:-1] + b',"z":0.5}'),
        _detached("body-an-array", "4.6", V36, b"[]"),
        _detached("body-no-json", "4.6", V36, b"body"),
        _detached("body-member-unknown", "5.4 9.14", "not-understood", canonical({**good, "later": 1})),
        _detached(
            "body-member-unknown-inside",
            "5.4 9.14",
            "not-understood",
            canonical({**good, "task": {"later": 1, **good["task"]}}),
        ),
    ]


def references() -> list[Vector]:
    """SPEC 4.7."""

    def stopped(name: str, expect: str, ref: dict[str, Any]) -> Vector:
        return said(name, "4.7", expect, "training-stopped", None, {"of": ref})

    right = CONTEXT.ref(5)
    return [
        stopped("reference-good", OK, right),
        stopped("reference-of-another-id", V36, {"id": CONTEXT.ids[4].hex(), "index": 5}),
        stopped("reference-of-another-index", V36, {**right, "index": 4}),
        stopped("reference-to-itself", V36, {**right, "index": 6}),
        stopped("reference-to-the-future", V36, {**right, "index": 7}),
        stopped("reference-negative", V36, {**right, "index": -1}),
        stopped("reference-id-in-upper-case", V36, {**right, "id": right["id"].upper()}),
    ]


def kinds() -> list[Vector]:
    """SPEC 5: subjects and members of kinds."""
    org = CONTEXT.org()
    start = {"scope": "external.general", "surface": "api"}
    return [
        said(
            "kind-unknown",
            "4.1 9.14",
            "not-understood",
            statement={"predicateType": "https://plimsoll.example/later/v1"},
        ),
        said(
            "kind-of-another-version",
            "4.1 9.14",
            "not-understood",
            statement={"predicateType": "https://plimsoll.example/eval-planned/v2"},
        ),
        said("subject-of-another-type", "5.4", V36, subjects=[org]),
        said("subject-missing", "5.3", V36, "deployment-started", [MODEL], start),
        said("subject-too-many", "5.4", V36, subjects=[MODEL, SNAPSHOT]),
        said("org-of-another-ledger", "5.1 4.2", V36, "heartbeat", ["org:else.example"], {}),
        by_root("person-of-another-subject", "5.1", V36, "person", ["person:eva"], {"person": "ian"}),
        by_root(
            "role-of-another-subject",
            "5.1",
            V36,
            "role",
            ["person:ada", "role:ceo"],
            {"person": "ada", "role": "rso"},
        ),
        by_root(
            "sign-off-about-something-else",
            "5.1",
            V36,
            "sign-off",
            [org],
            {"of": CONTEXT.ref(3), "decision": "approve"},
        ),
        said(
            "sign-off-of-an-unknown-decision",
            "5.1",
            V36,
            "sign-off",
            [MODEL],
            {"of": CONTEXT.ref(5), "decision": "maybe"},
        ),
        said(
            "member-missing",
            "5.3",
            V36,
            "deployment-started",
            [MODEL, SNAPSHOT],
            {"scope": "external.general"},
        ),
        said(
            "member-of-another-type",
            "5.3",
            V36,
            "training-checkpoint",
            [MODEL, SNAPSHOT],
            {"files": "1", "bytes": 1},
        ),
        said(
            "scope-unknown",
            "5.3",
            V36,
            "deployment-started",
            [MODEL, SNAPSHOT],
            {**start, "scope": "external"},
        ),
        said(
            "attribute-unknown",
            "5.3",
            V36,
            "deployment-started",
            [MODEL, SNAPSHOT],
            {**start, "attributes": ["speech"]},
        ),
        said(
            "surface-no-id",
            "5.3 1.5",
            V36,
            "deployment-started",
            [MODEL, SNAPSHOT],
            {**start, "surface": "The API"},
        ),
        said(
            "environment-no-id",
            "5.3 1.5",
            V36,
            "deployment-started",
            [MODEL, SNAPSHOT],
            {**start, "environment": "The cloud"},
        ),
        said(
            "environment-and-name",
            "5.3",
            OK,
            "deployment-started",
            [MODEL, SNAPSHOT],
            {**start, "environment": "cloud", "deployment": "chat"},
        ),
        said(
            "method-unknown",
            "5.4",
            V36,
            "safeguard-attested",
            [MODEL],
            {"standard": "s", "criterion": "c", "bound_to": {}, "shown_by": ["hope"], "evidence": []},
        ),
        said(
            "outcome-unknown",
            "5.4",
            V36,
            "determination",
            [MODEL],
            {"threshold": "t", "outcome": "perhaps", "basis": [], "reasons": "r"},
        ),
        said("text-of-16384-code-points", "1.8", OK, body={**PLAN, "variant": "\U0001d11e" * 16_384}),
        said("text-of-16385-code-points", "1.8", V36, body={**PLAN, "variant": "a" * 16_385}),
        said(
            "policy-with-another-digest-than-its-document",
            "5.2 4.2",
            V36,
            "policy",
            ["policy:p"],
            {"id": "p"},
            subject=[subject_of("policy:p", sha(b"another document").hex())],
            withheld=True,
        ),
    ]


def keys() -> list[Vector]:
    """SPEC 1.5 to 1.7 and 6.2: what enrolment refuses."""
    eva, root = CONTEXT.person("eva"), CONTEXT.person("root-1")
    origin = CONTEXT.origin

    def key(name: str, spec: str, expect: str, line: str, proof: str, person: str = "ada") -> Vector:
        body = {"person": person, "vkey": line, "proof": proof}
        return by_root(name, spec, expect, "key", [f"person:{person}"], body)

    second = CONTEXT.secret("ada's second key")
    line = vkey("ada", public(second))
    text = f"plimsoll/key-proof/v1\n{origin}\nada\n{line}\n"
    proof = b64(second.sign(text.encode()).signature)
    roots = vkey("ada", root.public)
    roots_text = f"plimsoll/key-proof/v1\n{origin}\nada\n{roots}\n"
    small = vkey("ada", SMALL_ORDER["identity"])
    return [
        key("key-good", "6.2", OK, line, proof),
        key(
            "key-with-a-proof-for-another-log",
            "6.2",
            V36,
            line,
            b64(second.sign(text.replace(origin, "else.example").encode()).signature),
        ),
        key("key-with-a-proof-by-another-key", "6.2", V36, line, b64(eva.key.sign(text.encode()).signature)),
        key("key-with-an-empty-proof", "6.2", V36, line, ""),
        key("key-of-another-name", "1.7 6.2", V36, eva.vkey, eva.proof(origin)),
        key("key-with-a-wrong-id", "1.7", V36, f"ada+00000000+{line.split('+', 2)[2]}", proof),
        key("key-of-small-order", "1.6", V36, small, proof),
        key(
            "key-enrolled-by-another-person",
            "6.2",
            V36,
            roots,
            b64(root.key.sign(roots_text.encode()).signature),
        ),
        by_root("person-twice", "1.5 6.3", V36, "person", ["person:ada"], {"person": "ada"}),
        by_root("person-confusable", "1.5", V36, "person", ["person:a-da"], {"person": "a-da"}),
        by_root(
            "role-confusable",
            "1.5",
            V36,
            "role",
            ["person:ada", "role:evaluat0r"],
            {"person": "ada", "role": "evaluat0r"},
        ),
    ]


def body_vectors() -> list[Vector]:
    """List the vectors about bodies and what follows from them."""
    return [*bodies(), *references(), *kinds(), *keys()]
