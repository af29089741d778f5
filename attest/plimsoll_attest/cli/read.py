"""Look at the ledger: `status`, `timeline`, `log`, `show`. They append nothing and unlock no key."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import INDEX


@command("status", example="$ plimsoll status\n$ plimsoll status harbour-1 --json")
@click.argument("name", required=False)
@pass_app
def status(app: App, name: str | None) -> None:
    """Show where models stand: thresholds, what is needed, what is in force, what is wrong.

    The judgement is that of the auditor's own program on the log as it stands. The exit code says only
    that the status was shown; `plimsoll gate` and `plimsoll-verify` answer with theirs.
    """
    from plimsoll_attest.cli.standing import show_status

    with app.reading() as desk:
        show_status(app, desk, name)


@command("timeline", example="$ plimsoll timeline harbour-1")
@click.argument("name", required=False)
@pass_app
def timeline(app: App, name: str | None) -> None:
    """Show models' entries in order of event, and the levels needed and in force over time."""
    from plimsoll_attest.cli.standing import show_timeline

    with app.reading() as desk:
        show_timeline(app, desk, name)


@command(
    "log", example="$ plimsoll log --model harbour-1 --kind eval-result\n$ plimsoll log --jsonl | jq .kind"
)
@click.option("--kind", metavar="KIND", help="Only entries of this kind.")
@click.option("--model", metavar="NAME", help="Only entries about this model.")
@click.option("--person", metavar="PERSON", help="Only entries by or about this person.")
@click.option("--last", type=int, metavar="N", help="Only the last N of them.")
@click.option("--jsonl", is_flag=True, help="One JSON object a line.")
@pass_app
def log(
    app: App, kind: str | None, model: str | None, person: str | None, last: int | None, *, jsonl: bool
) -> None:
    """List the entries of the log, oldest first.

    With --json or --jsonl each entry comes with its body, as far as this home holds it; else the body is
    null.
    """
    from plimsoll_attest.cli.entries_view import entry_fields, entry_row
    from plimsoll_attest.errors import UsageError

    if last is not None and last < 0:
        raise UsageError(f"--last {last} is negative", "give the number of entries to show")
    console = app.console
    with app.reading() as desk:
        if kind is not None:
            from plimsoll_attest.statements.kinds import find_kind

            find_kind(kind)
        if person is not None:
            from plimsoll_attest.cli.person import known

            known(desk.persons(), person)
        found = desk.entries(kind, model, person)
        if last is not None:
            from collections import deque

            found = iter(deque(found, maxlen=last))
        if jsonl:
            for entry in found:
                console.json_line("entry", entry_fields(entry))
        elif console.as_json:
            entries = [entry_fields(entry) for entry in found]
            console.json("log", {"origin": desk.origin, "size": desk.size, "entries": entries})
        else:
            names = {item.id: item.name for item in desk.models()}
            rows = (entry_row(entry, names) for entry in found)
            console.table(("INDEX", "TIME", "KIND", "SAID BY", "ABOUT"), rows, "no entries match")


@command("show", example="$ plimsoll show 12\n$ plimsoll show 12 --envelope")
@click.argument("index", type=INDEX)
@click.option(
    "--envelope", is_flag=True, help="The entry's own bytes: the signed envelope and the log's time."
)
@pass_app
def show(app: App, index: int, *, envelope: bool) -> None:
    """Show entry INDEX: who said what, when, about what."""
    import json

    from plimsoll_attest.cli.entries_view import entry_fields, entry_lines, written_texts

    with app.reading() as desk:
        entry = desk.read(index)
        names = {item.id: item.name for item in desk.models()}
        texts = written_texts(desk, entry)
    if envelope:
        app.console.line(entry.leaf.decode())
    else:
        for line in entry_lines(entry, names, texts):
            app.console.line(line)
    fields = {**entry_fields(entry), "texts": texts}
    app.console.json("entry", {**fields, "entry": json.loads(entry.leaf)} if envelope else fields)
