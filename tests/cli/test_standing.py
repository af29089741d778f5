"""How a verdict is shown to people: every fact of it, and nothing foreign that could act."""

import io
from typing import Any

from plimsoll_attest.cli.output import Console
from plimsoll_attest.cli.standing import interval, verdict_lines

MODEL = "model:088b39ab2ac68a57929e9103f0d735a3"
FINDING: dict[str, Any] = {
    "id": "F1",
    "code": "V01",
    "name": "deployed-unsafeguarded",
    "level": "violation",
    "subject": MODEL,
    "rule": "thresholds.cbrn-3.then.0",
    "clause": "2.1",
    "from": {"index": 51, "time": "2027-03-01T18:00:00.000Z"},
    "to": {"index": None, "time": None},
    "ended_by": "open",
    "known_from": 52,
    "entries": [31, 51],
    "because": [{"code": "V11", "entries": [51]}],
    "message": "asl-3-deployment was needed\x1b[2J and lapsed",
}
VERDICT: dict[str, Any] = {
    "verdict": "violations",
    "policies": [{"id": "harbour-rsp", "version": "1.0", "digest": "00" * 32, "from_index": 23}],
    "subjects": [
        {
            "id": MODEL,
            "name": "harbour\u202e-1",
            "thresholds": {"cbrn-3": "crossed", "cbrn-4": "ruled_out"},
            "needed": ["asl-3-deployment", "asl-3-security"],
            "in_force": ["asl-3-security"],
            "active": [{"activity": "deploy", "scope": "external.general", "surface": "api"}],
        }
    ],
    "findings": [FINDING],
}


def shown(verdict: dict[str, Any], *, colour: bool = False) -> list[str]:
    console = Console(io.StringIO(), io.StringIO(), io.StringIO(), colour=colour)
    return verdict_lines(console, verdict)


def test_a_status_says_what_is_needed_what_is_missing_and_what_is_wrong() -> None:
    assert shown(VERDICT) == [
        "verdict on the whole log: violations",
        "policy: harbour-rsp version 1.0, from entry 23",
        "",
        f"harbour\\u202e-1  {MODEL}",
        "  thresholds           cbrn-3: crossed",
        "                       cbrn-4: ruled out",
        "  safeguards needed    asl-3-deployment, asl-3-security",
        "  safeguards in force  asl-3-security",
        "  safeguards missing   asl-3-deployment",
        "  goes on              deployed external.general on api",
        "",
        "F1 V01 deployed-unsafeguarded (violation), from 2027-03-01T18:00:00.000Z and goes on",
        "  asl-3-deployment was needed\\x1b[2J and lapsed",
        "  because of V11 (entry 51)",
        "  entries: 31, 51",
    ]


def test_without_a_policy_and_models_the_status_says_so() -> None:
    verdict = {"verdict": "indeterminate", "policies": [], "subjects": [], "findings": []}
    assert shown(verdict) == [
        "verdict on the whole log: indeterminate",
        "policy: none in force yet, so that nothing can be judged",
    ]


def test_a_quiet_model_needs_nothing() -> None:
    subject = {"id": MODEL, "name": "m", "thresholds": {}, "needed": [], "in_force": [], "active": []}
    lines = shown({**VERDICT, "subjects": [subject], "findings": []})
    assert lines[-4:] == [
        "  thresholds           none",
        "  safeguards needed    none, while no activity goes on",
        "  safeguards in force  none",
        "  goes on              nothing",
    ]


def test_colour_adds_nothing_but_colour() -> None:
    coloured = shown(VERDICT, colour=True)
    plain = shown(VERDICT)
    assert any("\x1b[31m" in line for line in coloured)
    stripped = [
        line.replace("\x1b[31m", "").replace("\x1b[1m", "").replace("\x1b[0m", "") for line in coloured
    ]
    assert stripped == plain


def test_a_finding_says_who_had_read_its_clause() -> None:
    read = shown({**VERDICT, "findings": [{**FINDING, "interpreted_by": [40, 41]}]})
    assert "  the clause was read (entries 40, 41)" in read
    assert not any("was read" in line for line in shown(VERDICT))


def test_an_interval_says_how_it_ended() -> None:
    ended = {**FINDING, "to": {"index": 60, "time": "2027-03-09T10:00:00.000Z"}, "ended_by": "cured"}
    assert interval(ended) == "from 2027-03-01T18:00:00.000Z to 2027-03-09T10:00:00.000Z, cured"


def test_an_instant_has_no_end() -> None:
    at = {**FINDING, "level": "finding", "to": FINDING["from"], "ended_by": "ceased"}
    assert interval(at) == "at 2027-03-01T18:00:00.000Z"
    head = "F1 V01 deployed-unsafeguarded (finding, no violation), at 2027-03-01T18:00:00.000Z"
    assert head in shown({**VERDICT, "findings": [at]})
