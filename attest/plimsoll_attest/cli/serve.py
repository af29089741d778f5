"""Serve the ledger: `serve`."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import locks, signs


@command(
    "serve",
    example="$ plimsoll serve --to /srv/www/ledger --port 8420\n"
    "$ plimsoll-verify log http://127.0.0.1:8420 --trust trust.toml",
)
@click.option("--to", "directory", metavar="DIR", help="Where to publish. [publish_to in plimsoll.toml]")
@click.option("--host", metavar="NAME", default="127.0.0.1", help="The address to listen on. [127.0.0.1]")
@click.option(
    "--port", metavar="N", type=click.IntRange(0, 65535), default=8420, help="The port; 0 takes one. [8420]"
)
@click.option("--tls-cert", metavar="FILE", help="A certificate chain (PEM), to end TLS here.")
@click.option("--tls-key", metavar="FILE", help="Its private key (PEM).")
@click.option(
    "--publish-every",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86_400),
    default=10.0,
    help="The longest that a grown log stays unpublished. [10]",
)
@click.option(
    "--receipt-within",
    metavar="HOURS",
    type=click.FloatRange(0, 24 * 365),
    default=24.0,
    help="By when a receipt promises publication. [24]",
)
@click.option(
    "--client-timeout",
    metavar="SECONDS",
    type=click.FloatRange(1, 3600),
    default=15.0,
    help="How long the head of a request may take; its body twice that. [15]",
)
@click.option("--allow-unwitnessed", is_flag=True, help="Publish although too few witnesses cosign.")
@click.option("--no-request-log", is_flag=True, help="Log events only, not each request.")
@locks
@signs
@pass_app
def serve(app: App, /, host: str, port: int, **options: object) -> None:  # fmt: skip
    """Serve the ledger over HTTP, and take signed statements, until it is told to stop (SIGTERM, Ctrl-C).

    Needs `plimsoll[server]`. The home's lock is held meanwhile: other commands append with --ledger URL.
    What happens is logged on standard error, one JSON object a line.
    """
    from plimsoll_attest.cli.serving import run_service

    run_service(app, host, port, options)
