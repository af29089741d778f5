"""`plimsoll gate`: would starting this now break anything? Allowed gives a permit, denied the reasons."""

import click

from plimsoll_attest.cli.activity import SCOPES
from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import TIME

ATTRIBUTES = ("autonomy-expanded", "tools")
ENVIRONMENT = click.option(
    "--environment", metavar="ID", help="In which environment the weights would be. [not said]"
)


@command(
    "deploy",
    example="$ plimsoll gate deploy harbour-1 --scope external.general --surface api \\\n"
    "--permit harbour-1.permit.json",
)
@click.argument("name")
@click.option(
    "--scope",
    required=True,
    type=click.Choice(SCOPES),
    metavar="SCOPE",
    help=f"How far it would reach: {', '.join(SCOPES)}.",
)
@click.option("--surface", required=True, metavar="S", help="Where it would be reached, such as api.")
@ENVIRONMENT
@click.option("--deployment", metavar="ID", help="Its name, which no other deployment has had. [none]")
@click.option(
    "--attribute", "attributes", multiple=True, type=click.Choice(ATTRIBUTES), help="What else holds of it."
)
@click.option("--snapshot", metavar="DIGEST", help="The snapshot, by digest or label. [the newest]")
@click.option("--at", "at_ms", type=TIME, metavar="TIME", help="As if it started then. [now]")
@click.option("--permit", metavar="FILE", help="Where the permit goes, if it is allowed.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_app
def deploy(app: App, /, name: str, **given: object) -> int:
    """Ask whether deploying the model NAME now would break the policy. Nothing is appended.

    Exit code 0: allowed, and the permit is written. 1: denied, with reasons. 3: nothing can be said,
    which is no yes.
    """
    from plimsoll_attest.cli.gating import run_gate

    return run_gate(app, "deploy", name, given)


@command("train", example="$ plimsoll gate train harbour-2")
@click.argument("name")
@ENVIRONMENT
@click.option("--at", "at_ms", type=TIME, metavar="TIME", help="As if it started then. [now]")
@click.option("--permit", metavar="FILE", help="Where the permit goes, if it is allowed.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_app
def train(app: App, /, name: str, **given: object) -> int:
    """Ask whether training the model NAME now would break the policy. Nothing is appended.

    Exit code 0: allowed, and the permit is written. 1: denied, with reasons. 3: nothing can be said,
    which is no yes.
    """
    from plimsoll_attest.cli.gating import run_gate

    return run_gate(app, "train", name, given)
