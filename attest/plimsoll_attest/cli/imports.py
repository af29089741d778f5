"""`plimsoll import inspect|lm-eval`: evaluation logs become entries, failed runs too, all or none."""

from collections.abc import Callable
from typing import Any

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import Command, command
from plimsoll_attest.cli.options import appends


def _importer(function: Callable[..., None], tool: str, example: str) -> Command:
    for decorate in (
        pass_app,
        appends,
        click.option("--again", is_flag=True, help="Record logs that are recorded already once more."),
        click.option(
            "--variant", metavar="TEXT", help="Which variant was evaluated. [what the log or plan says]"
        ),
        click.option(
            "--surface", metavar="ID", help="On which surface, of a system as deployed. [what the plan says]"
        ),
        click.option("--snapshot", metavar="DIGEST", help="The snapshot, by digest or label. [the newest]"),
        click.option(
            "--model", required=True, metavar="NAME", help="The registered model that was evaluated."
        ),
        click.argument("files", nargs=-1, required=True, metavar="FILE..."),
    ):
        function = decorate(function)
    return command(tool, example=example)(function)


def _inspect(app: App, files: tuple[str, ...], **given: Any) -> None:
    """Record Inspect evaluation logs FILE (.eval or .json) of a model.

    Each log becomes one entry, an errored or cancelled one too: it closes its plan and rules nothing out.
    Proportions are recomputed from the samples. The log itself is kept by digest. Logs that are recorded
    already are skipped.
    """
    _import(app, "inspect", files, given)


def _lm_eval(app: App, files: tuple[str, ...], **given: Any) -> None:
    """Record lm-evaluation-harness results FILE (.json) of a model, one entry for each task in them."""
    _import(app, "lm-eval", files, given)


inspect = _importer(
    _inspect,
    "inspect",
    "$ plimsoll import inspect logs/*.eval --model harbour-1\n"
    "$ plimsoll import inspect run.json --model harbour-1 --dry-run",
)
lm_eval = _importer(_lm_eval, "lm-eval", "$ plimsoll import lm-eval results/results_*.json --model harbour-1")


def _import(app: App, tool: str, files: tuple[str, ...], given: dict[str, Any]) -> None:
    from plimsoll_attest.cli.importing import run_import

    run_import(app, tool, files, given)
