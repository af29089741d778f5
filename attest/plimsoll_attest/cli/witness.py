"""Watch over logs of others: `witness init`, `add-key`, `add-log`, `end-key`, `list`, `run`."""

from typing import Any

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import signs

_TRUST = click.option(
    "--trust", "trust", multiple=True, metavar="FILE", help="Follow the log of a trust file; may be repeated."
)
_NAME = "The witness's name in its signatures: a URL without its scheme, by custom."
_KINDS = click.Choice(["ed25519", "ml-dsa-44"])
_KEY = click.option(
    "--key",
    "kinds",
    multiple=True,
    type=_KINDS,
    help="What kind of key to make; give both for one of each. [ed25519]",
)


@command("init", example="$ plimsoll witness init w1 --name regulator.example/w1")
@click.argument("directory", metavar="DIR")
@click.option("--name", required=True, metavar="NAME", help=_NAME)
@_KEY
@signs
@pass_app
def init(app: App, directory: str, name: str, kinds: tuple[str, ...]) -> None:
    """Make a witness: a folder with a new key and an empty memory.

    The key is locked with a passphrase. The vkey that is printed is what companies put into their witness
    policy, and auditors find in trust files. ML-DSA-44 holds against quantum computers as well; auditors
    read it with the extra plimsoll-verify[mldsa].
    """
    from plimsoll_attest.cli.witness_run import run_init

    run_init(app, directory, name, kinds)


@command("add-key", example="$ plimsoll witness add-key w1 ml-dsa-44")
@click.argument("directory", metavar="DIR")
@click.argument("kind", metavar="ed25519|ml-dsa-44", type=_KINDS)
@signs
@pass_app
def add_key(app: App, directory: str, kind: str) -> None:
    """Make a second key, of another kind, for a witness that is there.

    It shares the memory and the passphrase of the first. From the next start on each answer carries a
    signature of both.
    """
    from plimsoll_attest.cli.witness_run import run_add_key

    run_add_key(app, directory, kind)


@command("add-log", example="$ plimsoll witness add-log w1 --trust trust.toml")
@click.argument("directory", metavar="DIR")
@click.argument("vkeys", metavar="[VKEY]...", nargs=-1)
@_TRUST
@pass_app
def add_log(app: App, directory: str, vkeys: tuple[str, ...], trust: tuple[str, ...]) -> None:
    """Follow a log: trust the keys of a trust file, or VKEYs, to sign its checkpoints.

    A witness that runs follows it from the next request on.
    """
    from plimsoll_attest.cli.witness_run import run_add_log

    run_add_log(app, directory, vkeys, trust)


@command("end-key", example="$ plimsoll witness end-key w1 acme.example/rsp+1dc50cee+AY...")
@click.argument("directory", metavar="DIR")
@click.argument("vkey", metavar="VKEY")
@pass_app
def end_key(app: App, directory: str, vkey: str) -> None:
    """Let a key of a log sign no more, for good: it was stolen, or is given up.

    The log's new key comes first, with add-log. What the witness holds of the log stays, and the new key
    has to continue it. A witness that runs refuses the old key from the next request on.
    """
    from plimsoll_attest.cli.witness_run import run_end_key

    run_end_key(app, directory, vkey)


@command("list", example="$ plimsoll witness list w1")
@click.argument("directory", metavar="DIR")
@pass_app
def list_logs(app: App, directory: str) -> int:
    """List the logs that a witness follows, what it holds of each, and the forks that it has proof of.

    With --json both signed checkpoints of each fork are printed: that is the proof. Exit code 4 says that
    there is one.
    """
    from plimsoll_attest.cli.witness_run import run_list

    return run_list(app, directory)


@command("run", example="$ plimsoll witness run w1 --name regulator.example/w1 --trust trust.toml")
@click.argument("directory", metavar="DIR")
@click.option("--name", metavar="NAME", help=f"{_NAME} Makes the witness if DIR holds none.")
@_KEY
@_TRUST
@click.option("--log", "vkeys", multiple=True, metavar="VKEY", help="Follow the log of a vkey.")
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:8123", help="Where to answer. [127.0.0.1:8123]"
)
@click.option(
    "--rate",
    type=click.IntRange(0, 1_000_000),
    default=600,
    metavar="N",
    help="Requests a minute from one address; 0 for any number. [600]",
)
@click.option(
    "--burst", type=click.IntRange(1, 1_000_000), default=60, metavar="N", help="Of them at once. [60]"
)
@click.option(
    "--proxy", "proxies", multiple=True, metavar="ADDRESS", help="A reverse proxy, or its network (CIDR)."
)
@click.option(
    "--client-header",
    default="X-Forwarded-For",
    metavar="NAME",
    help="Where those proxies say who asks. [X-Forwarded-For]",
)
@click.option("--tls-cert", metavar="FILE", help="Certificate chain (PEM), if TLS ends here.")
@click.option("--tls-key", metavar="FILE", help="Its private key (PEM).")
@signs
@pass_app
def run(app: App, /, directory: str, **given: Any) -> None:
    """Answer logs that ask for cosignatures (C2SP tlog-witness), until it is stopped.

    The first run makes the key and prints the vkey. What is cosigned continues what was cosigned before;
    anything else is refused, and a fork of the log is kept as proof.
    """
    from plimsoll_attest.cli.witness_run import Running, run_witness

    run_witness(app, directory, Running(**given))
