"""Receipts: a promise that the log signed and did not keep is a violation; all else proves nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge, sign_note, time_text
from tests.support.vectors import load_family, octets_of

from plimsoll_verify import cli
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.errors import UsageError
from plimsoll_verify.logpolicy import LogPolicy, parse_log_policy
from plimsoll_verify.receipts import Promises, Receipt, unverified_receipt, verify_receipt
from plimsoll_verify.record import Record

FAMILY = load_family("receipts")


def read(data: bytes, policy: LogPolicy) -> Receipt:
    return verify_receipt(unverified_receipt(data, policy.origin, "FILE"), policy.logs)


@pytest.mark.parametrize("one", FAMILY["vectors"], ids=lambda one: one["name"])
def test_vector(one: dict[str, Any]) -> None:
    policy = parse_log_policy(FAMILY["context"]["log_policy"])
    data = octets_of(one["input"])
    if one["expect"] == "usage":
        with pytest.raises(UsageError, match="proves nothing"):
            read(data, policy)
        return
    promises = Promises([read(data, policy)])
    for entry in one["entries"]:
        record = Record(entry["index"], parse_time(entry["time"], "c", "t"))
        record.statement_id = bytes.fromhex(entry["id"])
        promises.note(record)
    end_ms = parse_time(one["end"], "c", "t")
    (outcome,) = promises.outcomes(end_ms)
    assert outcome.state == one["expect"]
    findings = list(promises.findings(end_ms, 7))
    assert [(found.code, found.level) for found in findings] == (
        [("V39", "violation")] if one["expect"] == "broken" else []
    )


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    forge.advance(hours=1)
    forge.statement("model-registered", [forge.model("m")], {"name": "m"}, "eva", "evaluator")
    return forge


def receipt(forge: Forge, ident: bytes, deadline_ms: int) -> str:
    text = f"plimsoll/receipt/v1\n{forge.origin}\n{ident.hex()}\n{time_text(deadline_ms)}\n"
    return f"{text}\n{sign_note(text, forge.origin, forge.log_key)}"


def judge(
    forge: Forge, folder: Path, capsys: Any, *notes: str, more: tuple[str, ...] = ()
) -> tuple[int, Any]:
    (folder / "trust.toml").write_text(forge.publish(folder / "public"))
    options = []
    for number, note in enumerate(notes):
        (folder / f"{number}.receipt").write_text(note)
        options += ["--receipt", str(folder / f"{number}.receipt")]
    argv = ["log", str(folder / "public"), "--trust", str(folder / "trust.toml"), *options, *more]
    assert cli.run([*argv, "-q"]) == cli.run([*argv, "--json"])
    code = cli.run(argv)
    out, _, text = capsys.readouterr().out.rpartition("\n}\n")
    return code, (json.loads(out + "\n}"), text)


def test_a_lost_statement_is_a_violation(forge: Forge, tmp_path: Path, capsys: Any) -> None:
    lost = bytes(32)
    promised = forge.now_ms - 1000
    code, (verdict, text) = judge(
        forge, tmp_path, capsys, receipt(forge, lost, promised), receipt(forge, forge.ids[-1], forge.now_ms)
    )
    assert (code, verdict["verdict"]) == (1, "violations")
    (found,) = [one for one in verdict["findings"] if one["code"] == "V39"]
    assert (found["name"], found["subject"], found["rule"]) == ("receipt-broken", "", "SPEC 9.18")
    assert (found["from"]["time"], found["from"]["index"], found["to"]) == (time_text(promised), None, None)
    assert (found["entries"], found["known_from"]) == ([], forge.size - 1)
    assert [(one["state"], one["index"]) for one in verdict["receipts"]] == [
        ("broken", None),
        ("kept", forge.size - 1),
    ]
    assert f"receipt: statement {lost.hex()}, due {time_text(promised)}: broken" in text
    assert f"kept, entry {forge.size - 1}" in text


def test_one_that_came_late_is_a_violation_that_ended(forge: Forge, tmp_path: Path, capsys: Any) -> None:
    note = receipt(forge, forge.ids[-1], forge.now_ms - 1)
    code, (verdict, _) = judge(forge, tmp_path, capsys, note)
    assert code == 1
    found = verdict["findings"][0]
    last = forge.size - 1
    assert (found["ended_by"], found["entries"], found["to"]["index"]) == ("cured", [last], last)
    # Before that entry it was only open, or broken without end.
    code, (verdict, _) = judge(forge, tmp_path, capsys, note, more=("--at", str(last - 1)))
    assert (code, verdict["receipts"][0]["state"]) == (3, "open")


def test_without_receipts_nothing_is_said_of_them(forge: Forge, tmp_path: Path, capsys: Any) -> None:
    code, (verdict, text) = judge(forge, tmp_path, capsys)
    assert code == 3
    assert "receipts" not in verdict
    assert "receipt" not in text


def test_a_forged_receipt_is_no_verdict(forge: Forge, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "trust.toml").write_text(forge.publish(tmp_path / "public"))
    (tmp_path / "forged").write_text(
        receipt(forge, bytes(32), forge.now_ms).replace("00000000", "00000001", 1)
    )
    argv = ["log", str(tmp_path / "public"), "--trust", str(tmp_path / "trust.toml")]
    assert cli.run([*argv, "--receipt", str(tmp_path / "forged")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "proves nothing" in told.err
    assert cli.run([*argv, "--receipt", str(tmp_path / "nowhere")]) == 5
    assert cli.run([*argv, *["--receipt", str(tmp_path / "forged")] * 1001]) == 2
    assert "1001 receipts" in capsys.readouterr().err
