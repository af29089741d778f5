"""Look after the log: `fsck` recomputes it from its entries, `migrate` renews its database's schema."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import locks


@command("fsck", example="$ plimsoll fsck")
@pass_app
def fsck(app: App) -> int:
    """Recompute the whole log from its entries, and compare: hashes, tiles, root, checkpoints, times, bodies.

    Exit code 4 says that something does not match; then append nothing before you know why.
    """
    from plimsoll_attest.cli.upkeep_run import run_fsck

    return run_fsck(app)


@command("migrate", example="$ plimsoll migrate --check\n$ plimsoll migrate")
@click.option("--check", is_flag=True, help="Say whether it is needed; change nothing.")
@locks
@pass_app
def migrate(app: App, *, check: bool) -> None:
    """Bring the ledger's database to the schema that this program uses. No entry is changed."""
    from plimsoll_attest.cli.upkeep_run import run_migrate

    run_migrate(app, check=check)
