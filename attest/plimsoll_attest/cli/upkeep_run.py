"""What `fsck` and `migrate` do: the log's own checks, then the home's bodies and evidence, in a line each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
    kept = _Kept() if problems else _examine_kept(app, home)
    problems.extend(kept.bad)
    console = app.console
    console.json(
        "fsck",
        {
            "origin": report.origin,
            "size": report.size,
            "root": report.root.hex(),
            "checkpoints": report.checkpoints,
            "bodies": {"held": kept.bodies[0], "not_held": kept.bodies[1]},
            "evidence": {"held": kept.evidence[0], "not_held": kept.evidence[1]},
            "missing": [{"where": where, "digest": digest} for where, digest in kept.missing],
            "not_erased": kept.not_erased,
            "problems": [{"where": where, "message": message} for where, message in problems],
        },
    )
    console.line(f"{escape(report.origin)}: {report.size} entries, {report.checkpoints} retained checkpoints")
    console.line(f"root {report.root.hex()}")
    for where, message in problems:
        console.line(f"{console.style('wrong', 'red')}: {escape(where)}: {escape(message)}")
    if problems:
        count = report.count + len(kept.bad)
        if not console.as_json:
            found = "a problem was found" if count == 1 else f"{count} problems were found"
            console.error(found, "append nothing; restore a backup, and compare it with what was published")
        return NotAuthentic.exit_code
    for what, (held, withheld) in (("bodies", kept.bodies), ("evidence files", kept.evidence)):
        console.line(f"{what}: {held} held and as their digests say, {withheld} not held")
    for where, digest in kept.missing:
        console.line(f"missing without a record: {escape(where)}, {digest}")
    for digest in kept.not_erased:
        console.line(f"recorded as erased and still here: {digest}")
    if kept.missing:
        console.note("restore it from a backup; what was erased on purpose: plimsoll erase INDEX")
    if kept.not_erased:
        console.note("an erasure was interrupted, or recorded elsewhere: plimsoll erase --recorded")
    console.line("everything is as its entries say it should be")
    return 0


@dataclass(slots=True)
class _Kept:
    """What a home keeps beside the log: how much is held and not held, and what is not as it must be.

    Attributes:
        bodies: How many are held, and not held.
        evidence: Likewise.
        bad: Where something is not as it must be, and what.
        missing: Where something is not held that no erasure names, and its digest. No fault in itself: a body
            may be withheld, or be kept elsewhere.
        not_erased: Digests of what is here although an erasure by the root role names it.
    """

    bodies: tuple[int, int] = (0, 0)
    evidence: tuple[int, int] = (0, 0)
    bad: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    not_erased: list[str] = field(default_factory=list)


def _examine_kept(app: App, home: "Home") -> _Kept:
    """Compare each detached body and each evidence file that the home holds with its digest."""
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.erasing import policy_documents, recorded_erasures

    found, held, withheld = _Kept(), 0, 0
    named: set[str] = set()
    with Desk.open(home, app.surroundings, writing=False) as desk:
        gone = recorded_erasures(desk.store, by_root=False)
        for index in range(desk.size):
            try:
                entry = desk.read(index)
            except AttestError as error:
                found.bad.append((f"entry {index}", error.message))
                continue
            named.update(_files_of(entry.body or {}))
            if entry.body_sha256:
                held += entry.body is not None
                withheld += entry.body is None
                if entry.body is None and entry.body_sha256 not in gone:
                    found.missing.append((f"body of entry {index}", entry.body_sha256))
        found.bodies = held, withheld
        # What no entry names is looked at, too: it may be what an entry named that is damaged now.
        for sha256 in sorted(named | set(desk.evidence.digests())):
            try:
                desk.evidence.verify(sha256)
            except AttestError as error:
                found.bad.append((f"evidence {sha256}", error.message))
        present = sum(desk.evidence.holds(sha256) for sha256 in named)
        found.evidence = present, len(named) - present
        absent = (sha256 for sha256 in sorted(named - gone) if not desk.evidence.holds(sha256))
        found.missing += [("evidence", sha256) for sha256 in absent]
        found.not_erased = sorted(
            sha256
            for sha256 in recorded_erasures(desk.store) - policy_documents(desk.store)
            if desk.bodies.holds(sha256) or desk.evidence.holds(sha256)
        )
    return found


def _files_of(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digests of the files that a body names."""
    for file in [*body.get("evidence", []), body.get("document")]:
        if isinstance(file, dict) and isinstance(file.get("sha256"), str):
            yield file["sha256"]


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
