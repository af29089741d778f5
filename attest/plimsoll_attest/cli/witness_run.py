"""What the `witness` commands do: make a home, follow logs, tell what is held, answer over HTTP."""

import base64
import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.files import read_file
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.cli.output import format_pairs
from plimsoll_attest.errors import NotAuthentic, UsageError
from plimsoll_attest.times import format_time
from plimsoll_attest.witnesshome import ED25519_KEY, WitnessHome, logs_of

if TYPE_CHECKING:
    from plimsoll_ledger.witness.app import Answered
    from plimsoll_ledger.witness.server import Tls
    from plimsoll_ledger.witness.state import Followed, State


def run_init(app: App, directory: str, name: str, kinds: tuple[str, ...]) -> None:
    """Make a witness's home and say its vkeys."""
    home = WitnessHome.create(app.cwd / directory, name, app.surroundings, kinds or (ED25519_KEY,))
    with closing(home.open_state()) as state:
        _tell(app, home, state)
    app.console.note(f"follow a log: plimsoll witness add-log {escape(directory)} --trust trust.toml")


def run_add_key(app: App, directory: str, kind: str) -> None:
    """Give a witness another key."""
    home = WitnessHome.load(app.cwd / directory)
    home.add_key(app.surroundings, kind)
    with closing(home.open_state()) as state:
        _tell(app, home, state)
    app.console.note("a witness that runs signs with it once it was started again")


def run_add_log(app: App, directory: str, vkeys: tuple[str, ...], trust: tuple[str, ...]) -> None:
    """Follow logs."""
    if not vkeys and not trust:
        raise UsageError("nothing says which log to follow", "give --trust FILE, or the log's VKEY")
    home = WitnessHome.load(app.cwd / directory)
    found = logs_of([(name, read_file(app, name)) for name in trust], vkeys)
    with closing(home.open_state()) as state:
        state.follow(found)
        _tell(app, home, state)


def run_end_key(app: App, directory: str, vkey: str) -> None:
    """Trust a key of a log no more."""
    home = WitnessHome.load(app.cwd / directory)
    (ended,) = logs_of([], [vkey])
    with closing(home.open_state()) as state:
        state.end_key(ended)
        _tell(app, home, state)


def run_list(app: App, directory: str) -> int:
    """Say what a witness holds; return 4 if that proves a fork."""
    home = WitnessHome.load(app.cwd / directory)
    with closing(home.open_state()) as state:
        _tell(app, home, state)
        forks = state.forks()
    for proof in forks:
        app.console.warn(
            f"{proof.origin} HAS FORKED at size {proof.size}: two checkpoints, both signed by it"
        )
    if forks:
        app.console.note("both checkpoints of each fork: plimsoll witness list --json")
    return NotAuthentic.exit_code if forks else 0


@dataclass(frozen=True, slots=True)
class Running:
    """What `witness run` was told."""

    name: str | None
    trust: tuple[str, ...]
    vkeys: tuple[str, ...]
    listen: str
    tls_cert: str | None
    tls_key: str | None
    rate: int = 0
    burst: int = 1
    kinds: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    client_header: str = "X-Forwarded-For"


def run_witness(app: App, directory: str, told: Running) -> None:
    """Answer over HTTP until the process is told to stop."""
    server = _server()
    home = _find_or_make(app, app.cwd / directory, told.name, told.kinds)
    address = _parse_address(told.listen)
    tls = _tls(app, told.tls_cert, told.tls_key)
    limits = _limits(told)
    found = logs_of([(name, read_file(app, name)) for name in told.trust], told.vkeys)
    with closing(home.open_state()) as state:
        state.follow(found)
        _serve(app, server, home, state, address, tls, limits)


def _limits(told: Running) -> dict[str, Any]:
    """Return how often each client may ask, and who says who it is."""
    from ipaddress import ip_network

    from plimsoll_ledger.witness.rate import Proxies, Rate, RateLimit

    try:
        networks = [ip_network(text) for text in told.proxies]
    except ValueError as error:
        raise UsageError(f"--proxy: {error}", "write an address, or a network such as 10.0.0.0/8") from None
    if not told.client_header.isascii() or not told.client_header.replace("-", "").isalnum():
        raise UsageError(f"--client-header {told.client_header!r} is no name of a header")
    return {
        "limit": RateLimit(Rate(told.rate, told.burst)) if told.rate else None,
        "proxies": Proxies(networks, told.client_header.lower()),
    }


def _serve(
    app: App,
    server: Any,
    home: WitnessHome,
    state: "State",
    address: tuple[str, int],
    tls: "Tls | None",
    limits: dict[str, Any],
) -> None:
    from plimsoll_ledger.witness.app import make_app
    from plimsoll_ledger.witness.core import Witness

    signer, *also = home.unlock(app.surroundings, state.vkeys)
    witness = Witness(state, signer, app.surroundings.clock, also=also)
    listening = server.bind(*address)
    url = server.format_url(listening, tls)

    def started() -> None:
        _tell(app, home, state, url)
        app.console.line(f"listening on {url}")
        for number, vkey in enumerate(witness.vkeys, 1):
            name = f"NAME-{number}" if len(witness.vkeys) > 1 else "NAME"
            app.console.note(f"the line for a witness policy: witness {name} {vkey} URL-OF-THIS-WITNESS")
        if len(witness.vkeys) > 1:
            app.console.note("where a policy names both, also: group NAME any NAME-1 NAME-2")
        if not state.followed():
            app.console.warn("it follows no log yet: plimsoll witness add-log DIR --trust trust.toml")
        app.console.stdout.flush()
        app.console.stderr.flush()

    server.serve(
        make_app(witness, lambda answered: _report(app, answered), **limits),
        listening,
        tls=tls,
        started=started,
    )


def _report(app: App, answered: "Answered") -> None:
    """Write a line about a request: for people, or as one JSON object, on standard error."""
    now = format_time(app.surroundings.clock.now_ms())
    if app.console.quiet and answered.status == 200:
        return
    if app.console.as_json:
        size = answered.size if answered.size >= 0 else None
        fields = {
            "time": now, "status": answered.status, "origin": answered.origin, "size": size,
            "reason": answered.reason, "took_ms": round(answered.took_s * 1000, 1),
        }  # fmt: skip
        app.console.stderr.write(json.dumps(fields) + "\n")
    else:
        about = f"{escape(answered.origin)} {answered.size}" if answered.origin else "-"
        reason = f": {escape(answered.reason)}" if answered.reason else ""
        app.console.stderr.write(
            f"{now} {answered.status} {about} ({answered.took_s * 1000:.1f} ms){reason}\n"
        )
    app.console.stderr.flush()


def _tell(app: App, home: WitnessHome, state: "State", url: str | None = None) -> None:
    """Say who the witness is and what it holds."""
    followed = state.followed()
    forks = [
        {
            "origin": proof.origin,
            "size": proof.size,
            "time": format_time(proof.time_s * 1000),
            "refused": proof.note.decode(),
            "held": proof.held_note.decode(),
        }
        for proof in state.forks()
    ]
    vkeys = list(map(str, state.vkeys))
    fields = {"name": home.name, "vkey": vkeys[0], "vkeys": vkeys, "home": str(home.path), "url": url}
    app.console.json("witness", {**fields, "logs": [_log(item) for item in followed], "forks": forks})
    keys = [("vkey", vkey) for vkey in vkeys]
    for line in format_pairs([("witness", home.name), *keys, ("home", str(home.path))]):
        app.console.line(line)
    rows = [[item.origin, str(item.held.size), _time(item) or "never", str(item.forks)] for item in followed]
    if rows:
        app.console.table(["log", "size", "cosigned", "forks"], rows)


def _log(item: "Followed") -> dict[str, Any]:
    return {
        "origin": item.origin,
        "vkeys": [str(vkey) for vkey in item.vkeys],
        "size": item.held.size,
        "root": base64.b64encode(item.held.root).decode("ascii"),
        "time": _time(item),
        "forks": item.forks,
    }


def _time(item: "Followed") -> str | None:
    return format_time(item.held.time_s * 1000) if item.held.time_s else None


def _find_or_make(app: App, path: Path, name: str | None, kinds: tuple[str, ...]) -> WitnessHome:
    if WitnessHome.exists(path):
        home = WitnessHome.load(path)
        if name is not None and name != home.name:
            raise UsageError(f"the witness in {path} is called {home.name}, not {name}", "leave --name out")
        if kinds:
            raise UsageError(f"the witness in {path} has its keys", "plimsoll witness add-key adds another")
        return home
    if name is None:
        raise UsageError(f"{path} holds no witness", "give --name NAME, and one is made")
    return WitnessHome.create(path, name, app.surroundings, kinds or (ED25519_KEY,))


def _parse_address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or not port.isascii() or int(port) > 65535:
        raise UsageError(f"--listen is {text!r}", "write it as 127.0.0.1:8123 or [::1]:8123")
    return host, int(port)


def _tls(app: App, certificate: str | None, key: str | None) -> "Tls | None":
    from plimsoll_ledger.witness.server import Tls

    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise UsageError("TLS needs both --tls-cert and --tls-key")
    for name in (certificate, key):
        read_file(app, name)
    return Tls(app.cwd / certificate, app.cwd / key)


def _server() -> Any:
    """Return the module that serves, or say which extra has it."""
    try:
        from plimsoll_ledger.witness import server
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{error.name} is not installed, which answers over HTTP", "pip install 'plimsoll[server]'"
        ) from None
    return server
