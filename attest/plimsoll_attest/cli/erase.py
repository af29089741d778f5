"""`plimsoll erase`: record that something is erased, and erase it."""

from typing import TYPE_CHECKING

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import INDEX, appends

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.erasing import Erased
    from plimsoll_ledger.target import Target


@command(
    "erase",
    example="$ plimsoll erase 57 --why 'a person is named in it' --as alice\n$ plimsoll erase --recorded",
)
@click.argument("indexes", type=INDEX, nargs=-1, metavar="[INDEX]...")
@click.option("--digest", "digests", multiple=True, metavar="DIGEST", help="A file of evidence, or a text.")
@click.option("--recorded", is_flag=True, help="Carry out what the log records already; needs no key.")
@click.option("--why", metavar="TEXT", help="Written reasons; kept beside the log.")
@click.option(
    "--to",
    "directory",
    metavar="DIR|s3://BUCKET/PREFIX",
    help="Where it is published. [publish_to in plimsoll.toml]",
)
@appends
@pass_app
def erase(
    app: App,
    indexes: tuple[int, ...],
    digests: tuple[str, ...],
    *,
    recorded: bool,
    why: str | None,
    directory: str | None,
) -> None:
    """Erase the detached bodies of the entries INDEX, or the texts that they name.

    An `erasure` is recorded first, then the content goes from the home and from the published packs. The
    entries stay: who said what kind of thing about whom, and when. If a run is interrupted, run it again;
    nothing is recorded twice.

    While a log is served, record through the service (`--ledger URL`) and run `plimsoll erase --recorded`
    in its home. Copies that others made are not reached; backups are for you to think of.
    """
    from plimsoll_attest.errors import UsageError

    if recorded == bool(indexes or digests):
        hint = "for example: plimsoll erase 57, or plimsoll erase --recorded"
        raise UsageError("what should be erased: name entries or digests, or use --recorded, not both", hint)
    with app.reading() as desk:
        wanted = _wanted(desk, indexes, digests, recorded=recorded)
        missing = wanted - _known(desk)
    entries = _record(app, sorted(missing), why) if missing else []
    if app.options.dry_run:
        _tell(app, entries, None)
        return
    with app.reading() as desk:
        from plimsoll_attest.erasing import carry_out

        _tell(app, entries, carry_out(desk, wanted, _target(app, desk, directory)))


def _known(desk: "Desk") -> set[str]:
    from plimsoll_attest.erasing import recorded_erasures

    return recorded_erasures(desk.store)


def _wanted(desk: "Desk", indexes: tuple[int, ...], digests: tuple[str, ...], *, recorded: bool) -> set[str]:
    """Return the digests of what is to go."""
    from plimsoll_attest.erasing import digests_of, policy_documents
    from plimsoll_attest.errors import UsageError

    documents = policy_documents(desk.store)
    if recorded:
        return _known(desk) - documents
    found = {digest for index in indexes for digest in digests_of(desk.read(index))}
    for digest in digests:
        try:
            desk.bodies.locate(digest)
        except ValueError as error:
            raise UsageError(str(error), "give 64 lower-case hex digits") from None
        if digest in documents:
            raise UsageError(f"{digest} is the document of a policy, which must stay public")
        found.add(digest)
    return found


def _record(app: App, digests: list[str], why: str | None) -> "list[dict[str, object]]":
    """Record an erasure; the entry as JSON has it."""
    from plimsoll_attest.cli.appending import append_untold, entry_fields
    from plimsoll_attest.erasing import ERASURE
    from plimsoll_attest.standing import ROOT

    with app.writing() as desk:
        draft = desk.draft(
            ERASURE, ["org"], {"digests": digests},
            person=app.speaker(desk.home), role=ROOT, texts={"reasons": why} if why else None,
        )  # fmt: skip
        return entry_fields([draft], append_untold(app, desk, [draft]))


def _target(app: App, desk: "Desk", directory: str | None) -> "Target | None":
    """Return where the log is published; None where that is nowhere that is known, or elsewhere."""
    from plimsoll_ledger.directory import Directory
    from plimsoll_ledger.objects import SCHEME

    if desk.home.settings.ledger:
        app.console.note("the copy on this machine is erased; on the log's own: plimsoll erase --recorded")
        return None
    named = directory if directory is not None else desk.home.settings.publish_to
    if named.startswith(SCHEME):
        from plimsoll_ledger.objects import open_objects

        return open_objects(named, app.surroundings.env)
    path = app.cwd / directory if directory is not None else desk.home.publish_path
    if path is None or not (path / "checkpoint").exists():
        app.console.note("nothing is published where this home knows of it; else give --to")
        return None
    return Directory(path)


def _tell(app: App, entries: "list[dict[str, object]]", done: "Erased | None") -> None:
    for digest in () if done is None else done.removed:
        app.console.line(f"erased {digest}")
    for digest in () if done is None else done.absent:
        app.console.line(f"not here any more: {digest}")
    if done is not None and done.packs is not None:
        app.console.line(f"published packs written again: {done.packs}")
    app.console.json(
        "erased",
        {
            "dry_run": app.options.dry_run,
            "entries": entries,
            "removed": [] if done is None else list(done.removed),
            "absent": [] if done is None else list(done.absent),
            "packs": None if done is None else done.packs,
        },
    )
