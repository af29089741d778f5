"""`plimsoll due` lists what falls due; `plimsoll reconcile` holds what is running against the record."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import appends


@command("due", example="$ plimsoll due\n$ plimsoll due --within '1 year' --model harbour-1")
@click.option(
    "--within", default="90 days", show_default=True, metavar="PERIOD", help="How far ahead to look."
)
@click.option("--model", metavar="NAME", help="Only what concerns this model.")
@pass_app
def due(app: App, within: str, model: str | None) -> None:
    """List what falls due and when, if nothing more is recorded, and what is overdue.

    The dates are those of the auditor's own program: the ledger is judged once more as it would be then.
    That covers duties, inventories and heartbeats, attestations and results that run out, and responses.
    """
    from plimsoll_attest.cli.falling_due import run_due

    run_due(app, within, model)


@command(
    "reconcile",
    example="$ plimsoll reconcile inventory.json --as keeper\n$ plimsoll reconcile inventory.json --dry-run",
)
@click.argument("file", metavar="INVENTORY.json|-")
@appends
@pass_app
def reconcile(app: App, file: str) -> None:
    """Record what was found running on a surface, and say what the log does not explain.

    The file holds an object {"surface", "at", "running": [{"model", "snapshot", "scope", "attributes",
    "since"}...]}; models may be named as the ledger names them. `at` is now where it is absent, and what the
    inventory could not tell is left out. It is recorded in the role that the policy's record rules name.
    """
    from plimsoll_attest.cli.falling_due import run_reconcile

    run_reconcile(app, file)
