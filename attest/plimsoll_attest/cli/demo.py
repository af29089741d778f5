"""`plimsoll demo`: a whole story on real evaluation logs, and its verification by another program."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command


@command("demo", example="$ plimsoll demo\n$ plimsoll demo /tmp/harbour")
@click.argument("directory", required=False, metavar="[DIR]")
@pass_app
def demo(app: App, directory: str | None) -> int:
    """Play a company's story on real evaluation logs, then have a separate program verify it.

    DIR must be empty or not exist; without it a new folder below the system's temporary one is used. It
    keeps the ledger home, the published ledgers, the trust file, the picture and the story as a shell
    script. Time is simulated.
    """
    from plimsoll_attest.demo.run import run_demo

    if directory is None:
        import tempfile

        directory = tempfile.mkdtemp(prefix="plimsoll-demo-")
    console = app.console
    return run_demo(app.cwd / directory, console.stdout, console.stderr, app.env, as_json=console.as_json)
