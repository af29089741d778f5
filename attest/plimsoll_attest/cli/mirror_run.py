"""What `mirror` does: the trust file, the origin, the copy, and a word about what was copied."""

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.cli.progress import Progress, format_bytes
from plimsoll_attest.durable import could_not
from plimsoll_attest.errors import CouldNotRun
from plimsoll_attest.mirror import mirror
from plimsoll_verify.cli_log import open_source
from plimsoll_verify.limits import MAX_TRUST_BYTES
from plimsoll_verify.trust import Trust, parse_trust


def run_mirror(
    app: App, origin: str, directory: str, trust_file: str, *, all_bodies: bool, parallel: int
) -> None:
    """Copy a ledger and say what was copied."""
    source = open_source(origin if "://" in origin else str(app.cwd / origin))
    target = app.cwd / directory
    progress = Progress(app.console, "entries verified", unit=str)
    try:
        found = mirror(
            source,
            target,
            _read_trust(app, trust_file),
            all_bodies=all_bodies,
            parallel=parallel,
            progress=progress,
        )
    except OSError as error:
        raise CouldNotRun(
            f"cannot copy {origin}: {error.strerror or error}", "run it again: it goes on where it stopped"
        ) from error
    finally:
        progress.close()
    if found.size == found.previous_size:
        app.console.line(f"{escape(directory)} is up to date: {found.size} entries of {escape(found.origin)}")
    else:
        app.console.line(
            f"mirrored {found.size - found.previous_size} new entries of {escape(found.origin)} to"
            f" {escape(directory)}, {found.size} in all"
        )
    if found.withdrawn:
        app.console.warn(f"{found.withdrawn} bodies stay that the log no longer shows; no erasure says why")
    app.console.detail(f"{found.files} files, {format_bytes(found.bytes)} fetched")
    app.console.json(
        "mirror",
        {
            "origin": found.origin,
            "size": found.size,
            "previous_size": found.previous_size,
            "withdrawn": found.withdrawn,
            "directory": str(target),
            "files": found.files,
            "bytes": found.bytes,
        },
    )


def _read_trust(app: App, name: str) -> Trust:
    try:
        with (app.cwd / name).open("rb") as file:
            return parse_trust(file.read(MAX_TRUST_BYTES + 1))
    except OSError as error:
        raise could_not(f"read {name}", error) from None
