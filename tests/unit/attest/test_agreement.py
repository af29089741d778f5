"""Writer and reader agree: the auditor's program finds no fault with what the log admits."""

from typing import Any

import pytest
from tests.support.office import Office

from plimsoll_attest.statements.kinds import registry
from plimsoll_ledger.checkpoint import unverified_checkpoint
from plimsoll_verify.examine import Examiner
from plimsoll_verify.kinds import KINDS
from plimsoll_verify.log import Log
from plimsoll_verify.record import Record

MODEL, OTHER = f"model:{'1' * 32}", f"model:{'2' * 32}"
SNAPSHOT = f"snapshot:{'3' * 64}"
HEX = "4" * 64
TIME = "2026-11-21T00:00:00.000Z"
PAST = "2026-10-01T00:00:00.000Z"
FORM = {"scope": "external.general", "surface": "api"}
FILE = {"name": "f", "sha256": HEX, "size": 1}
TARGETS = {
    "training-stopped": "training-started",
    "deployment-changed": "deployment-started",
    "deployment-ended": "deployment-started",
    "resumed": "pause",
    "correction": "eval-result",
    "reversal": "waiver",
}
RESULT: dict[str, Any] = {
    "plan": None,
    "status": "success",
    "tool": {"name": "inspect_ai", "version": "0.3"},
    "task": {"name": "t", "version": "1", "registry_name": "x/t"},
    "run": {"eval_id": "e"},
    "started": "2026-11-20T08:00:00.000Z",
    "completed": "2026-11-20T08:30:00.000Z",
    "variant": "helpful-only",
    "epochs": 5,
    "samples": 10,
    "scored": {"samples": 10, "sample_epochs": 50},
    "limit": None,
    "reported": {"model": "m", "snapshot": "", "metadata": {"k": "v"}},
    "scores": [
        {"scorer": "s", "reducer": "mean", "metric": "accuracy", "value": "0.10", "count": {"k": 5, "n": 50}},
        {"scorer": "s", "reducer": "mean", "metric": "stderr", "value": None, "fraction": "1/3"},
    ],
    "error": "none",
    "evidence": [FILE],
    "flags": ["no-samples"],
}


def records(office: Office) -> list[Record]:
    """Return what the auditor's program makes of the log, straight from the store."""
    with office.desk(writing=False) as desk:
        source = desk.source()
        head = unverified_checkpoint(source.read("checkpoint", 1 << 16))
        examiner = Examiner(source, Log(desk.origin, desk.genesis_digest, head.size, bytes(head.root)))
        keys: dict[str, bytes] = {}
        found: list[Record] = []
        for number in range(-(-head.size // 256)):
            report = examiner.examine(number, keys)
            assert report.tree_error is None
            assert report.body_error is None
            assert report.suspects == []
            assert report.pending == []
            found += report.records
    return found


EXEMPT = {"standard": "s", "reasons": "it is late"}


def statements(office: Office) -> list[tuple[str, list[str], dict[str, Any], str]]:
    """Return kind, subjects, body and author of one statement of each kind, with all optional members."""
    with office.desk(writing=False) as desk:
        key = next(desk.standing().keys_of("security-1"))
        genesis = {"id": desk.read(0).statement_id, "index": 0}
    case = {"standard": "s", "criterion": "c", "bound_to": {"surface": "api", "threshold": "t"}}
    pause = {"activities": ["deploy", "train"], "scopes": ["external.general"], "until": TIME}
    return [
        ("person", ["person:eva"], {"person": "eva"}, "rso"),
        ("role", ["person:eva", "role:board"], {"person": "eva", "role": "board", "until": TIME}, "rso"),
        ("role-ended", ["person:eva", "role:board"], {"person": "eva", "role": "board"}, "rso"),
        ("pause", ["org"], pause, "ceo"),
        ("restriction", [MODEL, OTHER], pause, "ceo"),
        ("heartbeat", ["org"], {}, "ceo"),
        ("erasure", ["org"], {"digests": [HEX]}, "ceo"),
        ("brought-forward", ["org", MODEL], {"kind": "k", "claim_sha256": HEX, "source_sha256": HEX}, "ceo"),
        ("policy", ["policy:p"], {"id": "p", "version": "1.10"}, "rso"),
        ("policy-amendment", ["policy:p"], {"id": "p", "version": "1.11"}, "rso"),
        ("interpretation", ["policy:p"], {"policy": "p", "clause": "1", "reading_sha256": HEX}, "ceo"),
        (
            "model-registered",
            [MODEL],
            {
                "name": "m",
                "parents": [{"model": OTHER, "relation": "fine-tune"}],
                "stage": "s",
                "compute": {"flop": "3.1e25"},
            },
            "evaluator-1",
        ),
        ("training-started", [MODEL], {"stage": "s", "permit": genesis}, "evaluator-1"),
        ("training-checkpoint", [MODEL, SNAPSHOT], {"label": "l", "files": 1, "bytes": 2}, "evaluator-1"),
        ("training-stopped", [MODEL], {"of": genesis}, "evaluator-1"),
        ("weights-deleted", [MODEL, SNAPSHOT], {"reasons": "r"}, "evaluator-1"),
        (
            "permit",
            [MODEL, SNAPSHOT],
            {"activity": "deploy", **FORM, "attributes": ["tools"], "expires": TIME},
            "ceo",
        ),
        (
            "deployment-started",
            [MODEL, SNAPSHOT],
            {**FORM, "attributes": ["tools", "autonomy-expanded"], "permit": genesis},
            "ceo",
        ),
        ("deployment-changed", [MODEL, SNAPSHOT], {"of": genesis, **FORM, "permit": genesis}, "ceo"),
        ("deployment-ended", [MODEL, SNAPSHOT], {"of": genesis, "reasons": "r"}, "ceo"),
        (
            "eval-planned",
            [MODEL],
            {
                "task": {"name": "t", "version": "1"},
                "variant": "v",
                "epochs": 5,
                "samples": 10,
                "surface": "s",
            },
            "evaluator-1",
        ),
        ("eval-result", [MODEL, SNAPSHOT], RESULT, "evaluator-1"),
        (
            "determination",
            [MODEL],
            {"threshold": "t", "outcome": "ruled_out", "reasons": "r", "basis": [genesis]},
            "ceo",
        ),
        ("carried-over", [MODEL], {"threshold": "t", "from": OTHER, "reasons": "r"}, "ceo"),
        (
            "safeguard-attested",
            ["org"],
            {**case, "shown_by": ["audit"], "valid_until": TIME, "evidence": [FILE], "reasons": "r"},
            "security-1",
        ),
        ("safeguard-lapsed", [MODEL], {**case, "reasons": "r"}, "security-1"),
        (
            "report",
            ["org"],
            {
                "type": "safeguards",
                "standard": "s",
                "cites": [genesis],
                "coverage_date": TIME,
                "document": FILE,
                "reasons": "r",
            },
            "security-1",
        ),
        (
            "assessment",
            [MODEL],
            {"type": "t", "covers": ["cbrn"], "results": [genesis], "completed": PAST, "reasons": "r"},
            "ceo",
        ),
        (
            "incident",
            [MODEL, OTHER],
            {"class": "critical", "occurred": PAST, "aware": PAST, "text": "t"},
            "ceo",
        ),
        (
            "noncompliance",
            ["org"],
            {"clause": "1", "policy": "p", "class": "material", "occurred": PAST, "text": "t"},
            "ceo",
        ),
        (
            "external-review",
            ["org"],
            {
                "of": genesis,
                "type": "t",
                "document": FILE,
                "published": {"url": "u", "sha256": HEX},
                "reasons": "r",
            },
            "ceo",
        ),
        (
            "disclosure",
            ["org"],
            {
                "to": "t",
                "type": "t",
                "of": genesis,
                "document": FILE,
                "published": {"url": "u", "sha256": HEX},
            },
            "ceo",
        ),
        (
            "inventory",
            ["org"],
            {
                "surface": "api",
                "at": PAST,
                "running": [
                    {
                        "model": MODEL,
                        "snapshot": HEX,
                        "scope": "external.general",
                        "attributes": ["tools"],
                        "since": PAST,
                    },
                    {},
                ],
            },
            "ceo",
        ),
        ("interim-measure", ["org"], {**EXEMPT, "criterion": "c", "expires": PAST}, "ceo"),
        (
            "waiver",
            ["org"],
            {**EXEMPT, "scopes": ["external.general"], "surfaces": ["api"], "publication": {"url": "u"}},
            "ceo",
        ),
        ("marginal-risk", ["org"], {**EXEMPT, "preconditions": ["p"]}, "ceo"),
        ("correction", [], {"instead": RESULT, "reasons": "r"}, "evaluator-1"),
        ("sign-off", [], {"decision": "told", "of": genesis}, "ceo"),
        ("resumed", [], {"of": genesis}, "ceo"),
        ("reversal", [], {}, "ceo"),
        ("key-retired", ["person:security-1"], {"person": "security-1", "keyid": key}, "rso"),
    ]


def test_writer_and_reader_know_the_same_kinds() -> None:
    assert set(registry()) == set(KINDS)
    for name, kind in registry().items():
        assert kind.structural == KINDS[name].structural, name


def test_the_auditor_finds_no_fault_with_any_kind(office: Office) -> None:
    told = statements(office)
    at: dict[str, dict[str, Any]] = {}
    # Genesis, key and role are in the log already; a compromise and a log key are told elsewhere.
    assert {kind for kind, *_ in told} >= set(registry()) - {"genesis", "key", "key-compromised", "log-key"}
    for kind, subjects, said, person in told:
        body = {**said, "of": at[TARGETS[kind]]} if kind in TARGETS else said
        texts = (
            {"reasons": "why"} if kind in {"pause", "erasure", "sign-off", "resumed", "reversal"} else None
        )
        receipt = office.record(kind, subjects, body, person, texts=texts)
        at[kind] = {"id": receipt.statement_id, "index": receipt.index}
    with office.desk(writing=False) as desk:
        assert [item for item in desk.verdict().findings if item.code in {"V28", "V36"}] == []
    found = records(office)
    assert {record.kind for record in found} >= {kind for kind, *_ in told}
    assert [(record.index, record.kind, record.fault) for record in found if record.fault] == []
    assert [(record.index, record.body_state) for record in found if record.body_state != "ok"] == []


def test_bodies_that_the_home_has_lost_are_withheld_and_no_fault(office: Office) -> None:
    receipt = office.record("model-registered", [MODEL], {"name": "m"}, "evaluator-1")
    with office.desk() as desk:
        desk.bodies.remove(desk.read(receipt.index).body_sha256)
        view = desk.read(receipt.index)
        assert view.body is None
        assert [model.name for model in desk.models()] == [MODEL]
    record = records(office)[receipt.index]
    assert (record.body_state, record.fault) == ("withheld", "")


@pytest.mark.parametrize("size", [255, 256, 257])
def test_tiles_bundles_and_packs_come_from_the_store(office: Office, size: int) -> None:
    with office.desk() as desk:
        count = size - desk.size
        drafts = [desk.draft("weights-deleted", [MODEL], {}, person="ceo") for _ in range(count)]
        desk.submit(drafts)
        assert desk.size == size
    found = records(office)
    assert len(found) == size
    assert [record.index for record in found if record.fault or record.body_state != "ok"] == []


def test_the_source_can_travel_to_another_process(office: Office) -> None:
    import pickle

    with office.desk(writing=False) as desk:
        source = desk.source()
        again = pickle.loads(pickle.dumps(source))  # noqa: S301 - our own object, in one process.
        assert again.read("checkpoint", 1 << 16) == source.read("checkpoint", 1 << 16)
        assert again.list_retained() == source.list_retained()
        assert again.read("bodies/000", 8, 0) == source.read("bodies/000", 1 << 20)[:8]
