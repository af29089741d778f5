"""`plimsoll join`: a home for somebody who works on a ledger that is served elsewhere."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command


@command(
    "join",
    example="$ plimsoll join desk --ledger https://log.acme.example/ --trust trust.toml --as alice\n"
    "$ plimsoll --home desk key new alice",
)
@click.argument("home")
@click.option("--trust", "trust_file", metavar="FILE", required=True, help="The operator's trust file.")
@pass_app
def join(app: App, home: str, trust_file: str) -> None:
    """Create a home for a ledger that is served elsewhere: your keys, and a verified copy of it.

    FILE says whose ledger it is; get it by another road than the ledger, and compare its fingerprint. In
    this home every command reads the copy, brought up to date and verified first, and appends by submitting.
    Nothing is left behind if the ledger cannot be verified.
    """
    from plimsoll_attest.cli.joining import make_client

    make_client(app, home, trust_file)
