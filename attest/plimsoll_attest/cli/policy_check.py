"""What `policy check` does: every error and every warning, of each file, with line, column and a way out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.cli.policies import summary
from plimsoll_attest.errors import BadPolicy, UsageError

if TYPE_CHECKING:
    from plimsoll_attest.policyfile import Inspection, Problem

MAX_CLAUSES_SIZE = 1 << 20
"""Bytes of a list of clauses."""


def run_check(app: App, files: tuple[str, ...], *, clauses: str | None, people: bool, strict: bool) -> int:
    """Say of policy files whether they are understood, and what is probably not meant; return the exit code.

    Args:
        app: The run.
        files: Paths, one or more.
        clauses: A file with the clauses of the source, one a line; None if they are not known.
        people: Whether quorums are held to the people of the home.
        strict: Whether a warning counts as an error.
    """
    from plimsoll_attest.policyfile import inspect_policy

    source_clauses = _read_clauses(app.cwd / clauses) if clauses else ()
    holders = _holders(app) if people else None
    found = [
        (file, inspect_policy(app.cwd / file, source_clauses=source_clauses, holders=holders))
        for file in files
    ]
    fields = [_described(file, inspection) for file, inspection in found]
    # The members of one file stand at the top, as they always did; `files` has all.
    app.console.json("policy-check", {**fields[0], "files": fields})
    for file, inspection in found:
        _tell(app, file, inspection)
    failed = [file for file, one in found if one.errors or (strict and one.warnings)]
    if not failed:
        return 0
    if not app.console.as_json:
        wrong = sum(len(one.errors) + (len(one.warnings) if strict else 0) for _, one in found)
        counted = "a problem" if wrong == 1 else f"{wrong} problems"
        where = failed[0] if len(failed) == 1 else f"{len(failed)} of {len(files)} files"
        verb = "has" if len(failed) == 1 else "have"
        hint = "mend it and check again; a verifier would not understand it"
        if not any(one.errors for _, one in found):
            hint = "mend it, or check without --strict"
        app.console.error(f"{where} {verb} {counted}", hint)
    return BadPolicy.exit_code


def _tell(app: App, file: str, inspection: "Inspection") -> None:
    console = app.console
    for problem in inspection.errors:
        console.line(escape(f"{file}: {problem}"))
        if problem.suggestion:
            console.line(escape(f"  {problem.suggestion}"))
    if inspection.loaded is None:
        return
    document = inspection.loaded.document
    named = f"{escape(document['id'])} version {escape(document['version'])}"
    console.line(f"{escape(file)} is understood: {named}")
    for line in summary(document, inspection.loaded.sha256):
        console.line(f"  {line}")
    for problem in inspection.warnings:
        console.line(escape(f"{file}: warning: {problem} [{problem.code}]"))
        console.line(escape(f"  {problem.suggestion}"))


def _described(file: str, inspection: "Inspection") -> dict[str, Any]:
    loaded = inspection.loaded
    policy = None
    if loaded is not None:
        document = loaded.document
        policy = {"id": document["id"], "version": document["version"], "sha256": loaded.sha256}
    return {
        "file": file,
        "problems": [_fields(problem) for problem in inspection.errors],
        "warnings": [{**_fields(problem), "code": problem.code} for problem in inspection.warnings],
        "policy": policy,
    }


def _fields(problem: "Problem") -> dict[str, Any]:
    return {
        "line": problem.line,
        "column": problem.column,
        "where": problem.where,
        "message": problem.message,
        "suggestion": problem.suggestion or None,
    }


def _read_clauses(path: Path) -> tuple[str, ...]:
    """Return the clauses that a file lists, one a line; empty lines and those with # are left out.

    Raises:
        UsageError: If there is no such file, or it is no list of clauses.
        CouldNotRun: If it cannot be read.
    """
    from plimsoll_attest.durable import could_not

    try:
        with path.open("rb") as file:
            data = file.read(MAX_CLAUSES_SIZE + 1)
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}") from None
    except OSError as error:
        raise could_not(f"read {path}", error) from None
    if len(data) > MAX_CLAUSES_SIZE:
        raise UsageError(f"{path} has more than {MAX_CLAUSES_SIZE} bytes", "list one clause a line")
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    found = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not found:
        raise UsageError(f"{path} lists no clause", "list one clause a line")
    return found


def _holders(app: App) -> dict[str, frozenset[str]]:
    """Return who holds which role in the home."""
    found: dict[str, set[str]] = {}
    with app.reading() as desk:
        for person in desk.persons():
            for role in person.roles if person.in_effect else ():
                found.setdefault(role, set()).add(person.person)
    return {role: frozenset(persons) for role, persons in found.items()}
