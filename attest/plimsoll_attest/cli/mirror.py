"""Copy a published ledger from wherever it is served."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command


@command(
    "mirror",
    example="$ plimsoll mirror https://log.acme.example/ /srv/mirror --trust trust.toml\n"
    "$ plimsoll-verify log /srv/mirror --trust trust.toml",
)
@click.argument("origin", metavar="URL|DIR")
@click.argument("directory", metavar="DIR")
@click.option("--trust", "trust_file", metavar="FILE", required=True, help="Your trust file for this log.")
@click.option("--all-bodies", is_flag=True, help="Fetch all bodies again, for what was disclosed later.")
@click.option(
    "--parallel", type=click.IntRange(1, 64), default=8, show_default=True, help="Files fetched at once."
)
@pass_app
def mirror_log(
    app: App, origin: str, directory: str, trust_file: str, *, all_bodies: bool, parallel: int
) -> None:
    """Copy the ledger published at URL into DIR, and bring the copy up to date the next time.

    Needs no ledger home. Every entry, body and checkpoint is verified before it is kept, and the checkpoint
    moves last: DIR is a whole ledger at any time, also if this is interrupted, and never goes backwards.
    If the log shows another history, both signed notes are kept in DIR and nothing is copied any more.
    """
    from plimsoll_attest.cli.mirror_run import run_mirror

    run_mirror(app, origin, directory, trust_file, all_bodies=all_bodies, parallel=parallel)
