"""What `plimsoll import` does: read all logs, then lock, draft what is new, append all or none."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import append
from plimsoll_attest.cli.foreign import escape

if TYPE_CHECKING:
    from plimsoll_attest.evaluations import ImportedRun


def run_import(app: App, tool: str, files: tuple[str, ...], given: dict[str, Any]) -> None:
    """Record evaluation logs of a model.

    Raises:
        ImportFailed: On the first log that cannot be read completely; then nothing is recorded.
    """
    from plimsoll_attest.evaluations import draft_results, read_evaluations

    app.home()  # A missing home is found before a long reading, not after it.
    results = read_evaluations(tool, [app.cwd / file for file in files])
    with app.writing() as desk:
        runs = draft_results(
            desk,
            results,
            model=given["model"],
            person=app.speaker(desk.home),
            role=app.options.role,
            snapshot=given["snapshot"],
            variant=given["variant"],
            surface=given["surface"],
            again=given["again"],
        )
        _say(app, runs)
        drafts = [run.draft for run in runs if run.draft is not None]
        append(app, desk, drafts, extra={"runs": [_fields(app, run) for run in runs]})
    skipped = len(runs) - len(drafts)
    if skipped:
        many = "run is" if skipped == 1 else "runs are"
        app.console.line(f"{skipped} {many} recorded already (--again records them once more)")


def _say(app: App, runs: "list[ImportedRun]") -> None:
    """Say what each log is, and what a person should know about it."""
    for run in runs:
        head = f"{escape(_short(app, run.source))}: {escape(run.task)}, {run.status}"
        if run.recorded_index is not None:
            app.console.line(f"{head}; recorded already as entry {run.recorded_index}")
        elif run.draft is None:
            app.console.line(f"{head}; the same run as another of these files")
        else:
            plan = f"entry {run.plan_index} planned it" if run.plan_index is not None else "unplanned"
            app.console.line(f"{head}; {plan}")
        for warning in run.warnings:
            app.console.warn(f"{_short(app, run.source)}: {warning}")


def _fields(app: App, run: "ImportedRun") -> dict[str, Any]:
    return {
        "file": _short(app, run.source),
        "task": run.task,
        "status": run.status,
        "statement_id": run.draft.statement_id if run.draft is not None else None,
        "recorded_index": run.recorded_index,
        "plan_index": run.plan_index,
        "warnings": list(run.warnings),
    }


def _short(app: App, path: Path) -> str:
    return str(path.relative_to(app.cwd)) if path.is_relative_to(app.cwd) else str(path)
