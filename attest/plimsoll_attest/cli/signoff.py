"""`plimsoll sign-off` says what a person thinks of an entry; `plimsoll pending` lists what waits for whom."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import appends

DECISIONS = ("approve", "dissent", "recuse", "consulted", "told")


@command(
    "sign-off",
    example="$ plimsoll sign-off 31 approve --as ceo\n$ plimsoll sign-off 1-24 approve --as board-1\n"
    "$ plimsoll sign-off 31 dissent --why 'the limit of the filters was never tested'",
)
@click.argument("index", metavar="INDEX|A-B")
@click.argument("decision", type=click.Choice(DECISIONS))
@click.option(
    "--why", metavar="TEXT", help="Written reasons; kept beside the log, so that they can be erased."
)
@appends
@pass_app
def sign_off(app: App, index: str, decision: str, why: str | None) -> None:
    """Record your decision on entry INDEX, or on each entry from A to B.

    It counts in the role that the entry's quorum asks for; --role says which, where you hold several. You
    sign what the log held when you signed: an adverse entry that comes later voids an approval that is
    not complete.
    """
    from plimsoll_attest.cli.deciding import run_sign_off

    run_sign_off(app, index, decision, why)


@command("pending", example="$ plimsoll pending\n$ plimsoll pending --for ceo")
@click.option("--for", "person", metavar="PERSON", help="Only what this person can sign.")
@pass_app
def pending(app: App, person: str | None) -> None:
    """List the entries that wait for signatures, and whose are missing."""
    from plimsoll_attest.cli.deciding import run_pending

    run_pending(app, person)
