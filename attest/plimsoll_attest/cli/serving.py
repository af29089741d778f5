"""What `serve` does: check what was asked for, open the home, bind, and serve until a signal comes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.errors import CouldNotRun, UsageError


def run_service(app: App, host: str, port: int, options: Mapping[str, Any]) -> None:
    """Serve the ledger.

    Raises:
        UsageError: If nothing says where to publish, or TLS is asked for by halves.
        CouldNotRun: If the extra is not installed.
        LedgerError: If the address, the home or the directory cannot be used.
    """
    try:
        from plimsoll_ledger.service.app import Service
        from plimsoll_ledger.service.server import serve
        from plimsoll_ledger.witness.server import bind, format_url
    except ModuleNotFoundError as error:
        hint = "install it with: pip install 'plimsoll[server]'"
        raise CouldNotRun(f"serving needs the extra `server`, and {error.name} is not there", hint) from None
    from plimsoll_attest.serving import open_setting
    from plimsoll_ledger.service.guard import JsonLog

    tls = _tls(app, options)
    app.home().refuse_remote("serving")
    log = JsonLog(app.console.stderr, app.surroundings.clock)
    with app.writing() as desk:
        wanted = _wanted(app, desk.home.publish_path, options)
        with bind(host, port) as listening, open_setting(desk, wanted, log) as setting:
            url = format_url(listening, tls)
            origin = desk.origin

            def started() -> None:
                log.write("serving", url=url, origin=origin, size=desk.size)
                app.console.line(f"serving {escape(origin)} on {escape(url)}")
                app.console.stdout.flush()

            serve(Service(setting).app(), listening, wanted.limits, log, tls=tls, started=started)


def _wanted(app: App, publish_path: Path | None, options: Mapping[str, Any]) -> Any:
    from plimsoll_attest.serving import Wanted
    from plimsoll_ledger.service.limits import Limits

    named = options["directory"]
    directory = app.cwd / named if named is not None else publish_path
    if directory is None:
        raise UsageError("nothing says where to publish", "give --to DIR, or set publish_to in plimsoll.toml")
    return Wanted(
        directory=directory,
        publish_every_s=options["publish_every"],
        receipt_s=options["receipt_within"] * 3600,
        allow_unwitnessed=options["allow_unwitnessed"],
        log_requests=not options["no_request_log"],
        limits=Limits(head_s=options["client_timeout"], body_s=2 * options["client_timeout"]),
    )


def _tls(app: App, options: Mapping[str, Any]) -> Any:
    from plimsoll_ledger.witness.server import Tls

    certificate, key = options["tls_cert"], options["tls_key"]
    if (certificate is None) != (key is None):
        raise UsageError("--tls-cert and --tls-key go together", "give both, or none")
    return None if certificate is None else Tls(app.cwd / certificate, app.cwd / key)
