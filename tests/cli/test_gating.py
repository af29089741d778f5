"""The gate's answer as people and programs read it; what the gate decides is tested where it decides."""

import io
import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator
from tests.cli.test_schemas import SCHEMAS, strict

from plimsoll_attest.cli import gating
from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.output import Console
from plimsoll_attest.gate import Answer, Decision, Question, Reason

QUESTION = Question(
    "deploy",
    "model:" + "0" * 32,
    "harbour\x1b-1",
    "ab" * 32,
    "external.general",
    "api",
    ("tools",),
    1_800_000_000_000,
)
REASON = Reason("V01", "violation", "asl-3-security is\u202e needed", (31, 44))


def told(decision: Decision, file: str | None, *, as_json: bool) -> str:
    stdout = io.StringIO()
    console = Console(stdout, io.StringIO(), io.StringIO(), as_json=as_json)
    app = App(console, {}, lambda _app: pytest.fail("not needed"))
    gating._say(app, decision, file)
    return stdout.getvalue()


def test_a_denial_names_its_reasons_and_entries() -> None:
    assert told(Decision("denied", QUESTION, (REASON,), None, 50), None, as_json=False) == (
        "denied: deploy harbour\\x1b-1 in scope external.general on api with tools\n"
        "  V01 (violation): asl-3-security is\\u202e needed\n"
        "    entries: 31, 44\n"
        "  as of 50 entries, for a start at 2027-01-15T08:00:00.000Z\n"
    )


def test_it_says_where_and_as_what_it_would_run() -> None:
    question = replace(QUESTION, environment="eu\x1b", deployment="chat")
    text = told(Decision("allowed", question, (), 49, 50), None, as_json=False)
    assert text.startswith(
        "allowed: deploy harbour\\x1b-1 in scope external.general on api in eu\\x1b as chat with tools\n"
    )
    found = json.loads(told(Decision("allowed", question, (), 49, 50), None, as_json=True))
    assert (found["environment"], found["deployment"]) == ("eu\x1b", "chat")


def test_a_yes_names_the_permit_and_its_file() -> None:
    text = told(Decision("allowed", QUESTION, (), 49, 50), "permit.json", as_json=False)
    assert text.startswith("allowed: deploy ")
    assert "  under the permit of entry 49\n  permit: permit.json\n" in text


def test_doubt_is_no_yes() -> None:
    reason = Reason("", "indeterminate", "no policy is in force", ())
    text = told(Decision("indeterminate", QUESTION, (reason,), None, 50), None, as_json=False)
    assert text.startswith("not allowed: nobody can say yet whether it may: deploy ")
    assert "  (indeterminate): no policy is in force\n" in text


@pytest.mark.parametrize("answer", ["allowed", "denied", "indeterminate"])
def test_the_object_is_as_its_schema_says_and_the_exit_code_agrees(answer: Answer) -> None:
    text = told(Decision(answer, QUESTION, (REASON,), 3, 50), None, as_json=True)
    shown = json.loads(text)
    Draft202012Validator(strict(SCHEMAS["gate"])).validate(shown)
    assert shown["answer"] == answer
    assert gating.EXIT_CODES[answer] == {"allowed": 0, "denied": 1, "indeterminate": 3}[answer]
