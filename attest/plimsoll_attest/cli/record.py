"""`plimsoll record KIND`: any kind of statement, helped by its typed model; and `plimsoll submit`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import Command, command
from plimsoll_attest.cli.kind_help import REF_TYPE, kinds
from plimsoll_attest.cli.options import TIME, appends

if TYPE_CHECKING:
    from plimsoll_attest.cli.fields import Resolve
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.statements.kinds import Kind
    from plimsoll_attest.views import Draft, EvidenceFile

_CHOSEN = "plimsoll.record.kind"


class KindName(click.ParamType if not TYPE_CHECKING else click.ParamType[str]):  # type: ignore[misc]
    """The name of a kind; the registry itself says which there are."""

    name = "kind"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the kinds from the static table."""
        return [
            CompletionItem(name, help=kind["summary"])
            for name, kind in kinds().items()
            if name.startswith(incomplete)
        ]


class RecordCommand(Command):
    """A command whose help depends on the kind that stands beside `--help`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note the kind before options are looked at, since `--help` is looked at first."""
        ctx.meta[_CHOSEN] = next((word for word in args if word in kinds()), None)
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the kind records and its members, or the list of kinds."""
        chosen = ctx.meta.get(_CHOSEN)
        if chosen is not None:
            _format_kind(chosen, formatter)
            return
        super().format_help_text(ctx, formatter)
        with formatter.section("Kinds"):
            formatter.write_dl([(name, kind["summary"]) for name, kind in kinds().items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the kind's own example, if there is one."""
        chosen = ctx.meta.get(_CHOSEN)
        if chosen is None:
            super().format_epilog(ctx, formatter)
            return
        kind = kinds()[chosen]
        wanted = kind["subjects"][0] if kind["subjects"] else []
        about = " --subject org" if "org" in wanted else " --model NAME" if "model" in wanted else ""
        sets = f" --set {kind['example']}" if kind["example"] else ""
        with formatter.section("Example"):
            formatter.write(f"{'':>{formatter.current_indent}}$ plimsoll record {chosen}{about}{sets}\n")


def _format_kind(name: str, formatter: click.HelpFormatter) -> None:
    kind = kinds()[name]
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(f"{kind['summary']}. {_about(kind['subjects'])}")
    if kind["members"]:
        with formatter.section("Members, for --set or FILE"):
            formatter.write_dl([_member_row(member) for member in kind["members"]])


def _member_row(member: Mapping[str, Any]) -> tuple[str, str]:
    shown = member["type"]
    shown = "#INDEX of an entry" if shown == REF_TYPE else shown.replace(REF_TYPE, "#INDEX")
    return (
        f"{member['name']}{'' if member['required'] else '?'}",
        f"{member['help']} ({shown})" if member["help"] else shown,
    )


def _about(subjects: Sequence[Sequence[str]]) -> str:
    if not subjects:
        return "It is about what the entry is about that it is of."
    ways = [" and ".join(item.replace("+", "s") for item in wanted if item != "*") for wanted in subjects]
    return f"It is about: {', or '.join(ways)}."


@click.command(
    "record",
    cls=RecordCommand,
    example="$ plimsoll record heartbeat --subject org\n"
    "$ plimsoll record determination --model harbour-1 --set threshold=cbrn-3 \\\n"
    "--set outcome=crossed --set 'basis=[#31]' --set 'reasons=48 of 60 answers are right'\n"
    "$ plimsoll record permit --help",
)
@click.argument("kind", type=KindName())
@click.argument("file", required=False, metavar="[FILE.yaml|-]")
@click.option("--model", "models", multiple=True, metavar="NAME", help="The model that it is about.")
@click.option("--snapshot", metavar="DIGEST", help="Its snapshot, by digest or label. [the newest]")
@click.option(
    "--subject", "subjects", multiple=True, metavar="TYPE:ID", help="What else it is about; `org` is short."
)
@click.option(
    "--set", "assigned", multiple=True, metavar="KEY=VALUE", help="A member; a.b=c, list=[x,y], ref=#12."
)
@click.option("--why", metavar="TEXT", help="Written reasons.")
@click.option("--evidence", multiple=True, metavar="FILE", help="A file that shows it; kept by digest.")
@click.option("--document", metavar="FILE", help="The document of a report; kept by digest.")
@click.option("--event-time", "event_ms", type=TIME, metavar="TIME", help="When it happened. [now]")
@appends
@pass_app
def record(app: App, /, kind: str, file: str | None, event_ms: int | None, **given: Any) -> None:
    """Record a statement of any kind.

    KIND is one of those below; `plimsoll record KIND --help` lists its members. They come from FILE, a
    YAML mapping, or from --set, which wins. The statement is signed, kept in HOME/outbox, and taken out
    when the log has it.
    """
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.statements.kinds import find_kind

    found = find_kind(kind)
    with app.writing() as desk:
        append(app, desk, [_draft(app, desk, found, file, event_ms, given)])


def _draft(
    app: App, desk: "Desk", kind: "Kind", file: str | None, event_ms: int | None, given: dict[str, Any]
) -> "Draft":
    from plimsoll_attest.cli.fields import check_members, merge, parse_assignments, shape
    from plimsoll_attest.cli.subjects import subjects_for

    tree = merge(_read_tree(app, file), parse_assignments(given["assigned"]))
    members = kind.help()
    texts = _written(kind, tree, {member.name for member in members}, given["why"])
    files = [_evidence(app, path) for path in given["evidence"]]
    _attach(kind, tree, {member.name for member in members}, files, "evidence")
    if given["document"] is not None:
        document = _evidence(app, given["document"])
        _attach(kind, tree, {member.name for member in members}, [document], "document")
        files.append(document)

    def reference(index: int) -> dict[str, Any]:
        return {"id": desk.read(index).statement_id, "index": index}

    if kind.name == "correction":
        tree = _corrected(desk, tree, reference)
    body = shape(tree, members, reference) if members or kind.fields is not None else tree
    check_members(kind.name, body, members)
    subjects = subjects_for(
        desk, kind, body, models=given["models"], snapshot=given["snapshot"], given=given["subjects"]
    )
    person = app.speaker(desk.home)
    return desk.draft(
        kind.name, subjects, body,
        person=person, role=app.options.role, event_ms=event_ms, texts=texts, evidence=files,
    )  # fmt: skip


def _corrected(desk: "Desk", tree: dict[str, Any], reference: "Resolve") -> dict[str, Any]:
    """Return a correction in which what a person left out of `instead` is as it was."""
    from plimsoll_attest.cli.fields import merge, shape
    from plimsoll_attest.statements.kinds import find_kind

    of = shape({"of": tree.get("of")}, find_kind("correction").help(), reference)["of"]
    changes = tree.get("instead", {})
    if not isinstance(of, dict) or not isinstance(changes, dict):
        return tree  # What is wrong with it the kind itself says best.
    entry = desk.read(of["index"])
    said = {name: value for name, value in (entry.body or {}).items() if name != "salt"}
    kind = find_kind(entry.kind)
    return {**tree, "instead": kind.check_body(shape(merge(said, changes), kind.help(), reference))}


def _read_tree(app: App, file: str | None) -> dict[str, Any]:
    """Return the mapping that a YAML file or standard input holds; every scalar stays as it was written."""
    from plimsoll_attest.cli.files import read_file
    from plimsoll_attest.errors import UsageError
    from plimsoll_attest.yamltree import BadYaml, parse_yaml

    if file is None:
        return {}
    try:
        tree = parse_yaml(read_file(app, file)).tree
    except BadYaml as error:
        where = f"{file}, line {error.place.line}, column {error.place.column}"
        raise UsageError(f"{where}: {error.message}", error.hint) from None
    if not isinstance(tree, dict):
        raise UsageError(f"{file} holds no mapping of members to values", "write lines of `member: value`")
    return tree


def _written(kind: "Kind", tree: dict[str, Any], members: set[str], why: str | None) -> dict[str, str]:
    """Take texts out of the tree that the kind keeps beside the log, by digest."""
    from plimsoll_attest.errors import UsageError

    texts = {}
    for name in sorted(members):
        plain = name.removesuffix("_sha256")
        if plain != name and plain in tree and plain not in members:
            texts[plain] = str(tree.pop(plain))
    if why is not None:
        if "reasons_sha256" in members:
            texts["reasons"] = why
        elif "reasons" in members:
            tree["reasons"] = why
        else:
            raise UsageError(f"{kind.name} has no place for written reasons", "leave --why out")
    return texts


def _attach(
    kind: "Kind", tree: dict[str, Any], members: set[str], files: "Sequence[EvidenceFile]", member: str
) -> None:
    from plimsoll_attest.errors import UsageError

    if not files:
        return
    if member not in members:
        raise UsageError(f"{kind.name} names no {member} files", f"leave --{member} out")
    listed = [{"name": item.name, "sha256": item.sha256, "size": item.size} for item in files]
    tree[member] = listed if member == "evidence" else listed[0]


def _evidence(app: App, path: str) -> "EvidenceFile":
    from plimsoll_attest.cli.files import evidence_file

    return evidence_file(app.cwd / path)


@command("submit", example="$ plimsoll submit --outbox")
@click.option(
    "--outbox", is_flag=True, required=True, help="Submit what was signed and not yet acknowledged."
)
@appends
@pass_app
def submit(app: App, outbox: bool) -> None:  # noqa: ARG001, FBT001 - the flag says what is meant
    """Submit what a crash left in HOME/outbox.

    What the log has taken already is only acknowledged; nothing is appended twice.
    """
    from plimsoll_attest.cli.foreign import escape
    from plimsoll_attest.times import format_time

    with app.writing() as desk:
        waiting = desk.outbox()
        if app.options.dry_run:
            for name in waiting:
                app.console.line(f"waiting: {escape(name)}")
            app.console.line(f"dry run: {len(waiting)} statements wait; nothing was appended")
            app.console.json("outbox", {"dry_run": True, "waiting": waiting, "entries": []})
            return
        receipts = desk.submit_outbox()
    for receipt in receipts:
        app.console.line(f"entry {receipt.index}: {receipt.kind}, at {format_time(receipt.time_ms)}")
    if not receipts:
        app.console.line("the outbox is empty: nothing waits")
    entries = [
        {
            "index": receipt.index,
            "time": format_time(receipt.time_ms),
            "statement_id": receipt.statement_id,
            "kind": receipt.kind,
        }
        for receipt in receipts
    ]
    app.console.json("outbox", {"dry_run": False, "waiting": [], "entries": entries})
