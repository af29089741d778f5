"""`plimsoll init`: the ledger home, the log's key, and the genesis entry."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import signs


@command(
    "init",
    example="$ plimsoll init acme --origin acme.example/rsp --as alice\n"
    "$ plimsoll init acme --origin acme.example/rsp --as alice --founder bob.card --quorum 2",
)
@click.argument("home")
@click.option(
    "--origin", required=True, metavar="ORIGIN", help="The log's name for good, such as acme.example/rsp."
)
@click.option(
    "--founder",
    "founders",
    multiple=True,
    metavar="CARD",
    help="Another founder: a card, or an id or vkey whose card is in HOME/keys.",
)
@click.option(
    "--quorum", type=int, metavar="K", help="Founders needed to enrol people and keys. [more than half]"
)
@click.option("--database", default="", metavar="URL", help="An SQLAlchemy URL. [HOME/ledger.sqlite3]")
@signs
@pass_app
def init(
    app: App, /, home: str, origin: str, founders: tuple[str, ...], quorum: int | None, database: str
) -> None:
    """Create a ledger home: folders, the log's key, your key if there is none, and the genesis entry.

    You, named with --as, are the first founder and sign the genesis; each other founder then signs off
    entry 0. ORIGIN cannot be changed later. If anything fails, nothing is left behind.
    """
    from plimsoll_attest.cli.founding import found

    found(app, home, origin, founders, quorum, database)
