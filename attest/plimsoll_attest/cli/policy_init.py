"""What `policy init` does: asks a few questions, and writes a first policy that verifiers understand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.errors import BadPolicy, UsageError


def run_init(app: App, file: str, given: dict[str, str | None], *, force: bool) -> None:
    """Write a policy.

    Args:
        app: The run.
        file: Where to.
        given: Answers by name; None for what is to be asked, or left as it is where nobody can be asked.
        force: Whether a file may be overwritten.

    Raises:
        BadPolicy: If an answer makes no sense; nothing is written.
        UsageError: If there is such a file.
    """
    from plimsoll_attest.policyfile import inspect_text
    from plimsoll_attest.policytemplate import QUESTIONS, Answers, write_policy
    from plimsoll_attest.times import format_time

    path = app.cwd / file
    if path.exists() and not force:
        raise UsageError(f"{path} exists", "name another file, or give --force to overwrite it")
    today = format_time(app.surroundings.clock.now_ms())[:10]
    answers = Answers(effective_from=today)
    found: dict[str, str] = {}
    for name, question in QUESTIONS.items():
        default = str(getattr(answers, name))
        value = given.get(name)
        if value is None and app.may_ask:
            value = app.console.ask(f"{question} [{default}]: ").strip()
        found[name] = value or default
    text = write_policy(replace(answers, **found))
    inspected = inspect_text(text.encode())
    if inspected.errors:
        first = inspected.errors[0]
        hint = first.suggestion or "answer again; nothing was written"
        raise BadPolicy(f"{first.where}: {first.message}", hint)
    _write(path, text)
    app.console.line(f"wrote {escape(file)}: {escape(found['id'])}, for you to edit")
    app.console.note(f"then: plimsoll policy check {file}; plimsoll policy adopt {file}")
    fields: dict[str, Any] = {"file": file, "id": found["id"], "answers": found}
    app.console.json("policy-init", {**fields, "sha256": inspected.loaded.sha256 if inspected.loaded else ""})


def _write(path: Path, text: str) -> None:
    from plimsoll_attest.durable import could_not

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise could_not(f"write {path}", error) from None
