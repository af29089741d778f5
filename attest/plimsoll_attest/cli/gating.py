"""What `plimsoll gate` does: ask, print the answer with its reasons, write the permit of an allowed start."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.files import check_output, write_output
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.times import format_time

if TYPE_CHECKING:
    from plimsoll_attest.gate import Decision, Question

EXIT_CODES: Final = {"allowed": 0, "denied": 1, "indeterminate": 3}
_COLOURS: Final = {"allowed": "green", "denied": "red", "indeterminate": "yellow"}
_WORDS: Final = {
    "allowed": "allowed",
    "denied": "denied",
    "indeterminate": "not allowed: nobody can say yet whether it may",
}


def run_gate(app: App, activity: Literal["deploy", "train"], name: str, given: Mapping[str, Any]) -> int:
    """Ask the gate, print its answer, and return the exit code.

    Args:
        app: The run.
        activity: What would start.
        name: The model.
        given: scope, surface, environment, deployment, attributes, snapshot, at_ms, permit (a file), force.
    """
    from plimsoll_attest.gate import ask_gate, format_permit, make_question

    file: str | None = given["permit"]
    if file is not None:
        check_output(app, file, force=given["force"])
    with app.reading() as desk:
        question = make_question(
            desk,
            activity,
            name,
            scope=given.get("scope", ""),
            surface=given.get("surface", ""),
            attributes=given.get("attributes", ()),
            snapshot=given.get("snapshot"),
            at_ms=given["at_ms"],
        )
        question = replace(
            question,
            environment=given["environment"] or "",
            deployment=given.get("deployment") or "",
        )
        decision = ask_gate(desk, question)
        permit = format_permit(desk, decision) if decision.answer == "allowed" else None
    written = file is not None and permit is not None
    if file is not None and permit is not None:
        write_output(app, file, permit, force=given["force"])
    if not (file == "-" and written):
        _say(app, decision, file if written else None)
    return EXIT_CODES[decision.answer]


def _say(app: App, decision: "Decision", file: str | None) -> None:
    console = app.console
    question = decision.question
    answer = console.style(_WORDS[decision.answer], _COLOURS[decision.answer])
    console.line(f"{answer}: {_asked(question)}")
    for reason in decision.reasons:
        console.line(
            f"  {f'{reason.code} ' if reason.code else ''}({reason.level}): {escape(reason.message)}"
        )
        if reason.entries:
            console.line(f"    entries: {', '.join(map(str, reason.entries))}")
    if decision.permit_index is not None:
        console.line(f"  under the permit of entry {decision.permit_index}")
    if file is not None:
        console.line(f"  permit: {escape(file)}")
    console.line(f"  as of {decision.size} entries, for a start at {format_time(question.at_ms)}")
    console.json("gate", _fields(decision, file))


def _asked(question: "Question") -> str:
    words = [question.activity, question.name]
    if question.scope:
        words += ["in scope", question.scope]
    if question.surface:
        words += ["on", question.surface]
    if question.environment:
        words += ["in", question.environment]
    if question.deployment:
        words += ["as", question.deployment]
    if question.attributes:
        words += ["with", " and ".join(question.attributes)]
    return escape(" ".join(words))


def _fields(decision: "Decision", file: str | None) -> dict[str, Any]:
    question = decision.question
    return {
        "answer": decision.answer,
        "activity": question.activity,
        "model": {"id": question.model, "name": question.name},
        "snapshot": question.snapshot or None,
        "scope": question.scope or None,
        "surface": question.surface or None,
        "environment": question.environment or None,
        "deployment": question.deployment or None,
        "attributes": list(question.attributes),
        "at": format_time(question.at_ms),
        "size": decision.size,
        "permit_index": decision.permit_index,
        "permit_file": file,
        "reasons": [
            {
                "code": reason.code or None,
                "level": reason.level,
                "message": reason.message,
                "entries": list(reason.entries),
            }
            for reason in decision.reasons
        ],
    }
