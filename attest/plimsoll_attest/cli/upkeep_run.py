"""What `fsck` and `migrate` do: the ledger's own checks, then the home's bodies, each said in a line."""

from typing import TYPE_CHECKING

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.errors import AttestError, CouldNotRun, NotAuthentic

if TYPE_CHECKING:
    from plimsoll_attest.home import Home


def run_fsck(app: App) -> int:
    """Examine the log and the bodies that the home holds, say what is wrong, and return the exit code."""
    from plimsoll_ledger.fsck import examine
    from plimsoll_ledger.store import open_store

    home = app.home()
    store = open_store(home.database_url)
    try:
        report = examine(store)
    finally:
        store.close()
    problems = [(problem.where, problem.message) for problem in report.problems]
    held, withheld, bad = (0, 0, []) if problems else _examine_bodies(app, home)
    problems.extend(bad)
    console = app.console
    console.json(
        "fsck",
        {
            "origin": report.origin,
            "size": report.size,
            "root": report.root.hex(),
            "checkpoints": report.checkpoints,
            "bodies": {"held": held, "not_held": withheld},
            "problems": [{"where": where, "message": message} for where, message in problems],
        },
    )
    console.line(f"{escape(report.origin)}: {report.size} entries, {report.checkpoints} retained checkpoints")
    console.line(f"root {report.root.hex()}")
    for where, message in problems:
        console.line(f"{console.style('wrong', 'red')}: {escape(where)}: {escape(message)}")
    if problems:
        count = report.count + len(bad)
        if not console.as_json:
            found = "a problem was found" if count == 1 else f"{count} problems were found"
            console.error(found, "append nothing; restore a backup, and compare it with what was published")
        return NotAuthentic.exit_code
    console.line(f"bodies: {held} held and as their digests say, {withheld} not held")
    console.line("everything is as its entries say it should be")
    return 0


def _examine_bodies(app: App, home: "Home") -> tuple[int, int, list[tuple[str, str]]]:
    """Return how many detached bodies are held and not held, and those that are not as their digest says."""
    from plimsoll_attest.desk import Desk

    held, withheld, bad = 0, 0, []
    with Desk.open(home, app.surroundings, writing=False) as desk:
        for index in range(desk.size):
            try:
                entry = desk.read(index)
            except AttestError as error:
                bad.append((f"entry {index}", error.message))
                continue
            if entry.body_sha256:
                held += entry.body is not None
                withheld += entry.body is None
    return held, withheld, bad


def run_migrate(app: App, *, check: bool) -> None:
    """Bring the database to this program's schema, or say whether that is needed."""
    from plimsoll_ledger.errors import SchemaMismatch
    from plimsoll_ledger.lock import hold_lock
    from plimsoll_ledger.migrate import migrate

    home = app.home()
    timeout_s = app.options.lock_timeout_s
    try:
        if check:
            done = migrate(home.database_url, check=True, timeout_s=timeout_s)
        else:
            with hold_lock(home.lock_path, command="plimsoll migrate", timeout_s=timeout_s):
                done = migrate(home.database_url, timeout_s=timeout_s)
    except SchemaMismatch as error:
        if error.found > error.wanted:
            raise
        hint = "open it with the plimsoll that wrote it: what that one publishes, any verifier reads"
        raise CouldNotRun(f"no step leads from schema {error.found} to {error.wanted}", hint) from None
    if done.found == done.wanted:
        said = f"the database has schema {done.found}, as this program wants it; nothing to do"
    elif done.is_done:
        said = f"the database was brought from schema {done.found} to {done.wanted}"
    else:
        said = f"the database has schema {done.found}; `plimsoll migrate` would bring it to {done.wanted}"
    app.console.line(said)
    app.console.json("migrate", {"found": done.found, "wanted": done.wanted, "migrated": done.is_done})
