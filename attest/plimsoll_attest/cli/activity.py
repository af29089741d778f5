"""Halt and resume: `pause`, `restrict`, `resume`. Each is one entry, which others may have to sign off."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import INDEX, TIME, appends

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk

ACTIVITIES = ("deploy", "train")
SCOPES = (
    "external.trusted",
    "external.limited",
    "external.general",
    "external.weights",
    "external.fine-tuning",
    "internal.limited",
    "internal.large-scale",
    "internal.high-risk",
)


_WHY = click.option(
    "--why", metavar="TEXT", help="Written reasons; kept beside the log, so that they can be erased."
)


def _halts(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a pause and a restriction both ask for."""
    for option in (
        click.option(
            "--event-time", "event_ms", type=TIME, metavar="TIME", help="Since when it holds. [now]"
        ),
        _WHY,
        click.option(
            "--until", "until_ms", type=TIME, metavar="TIME", help="When it ends by itself. [when resumed]"
        ),
        click.option(
            "--activity",
            "activities",
            multiple=True,
            type=click.Choice(ACTIVITIES),
            help="What stops. [both]",
        ),
    ):
        function = option(function)
    return function


@command(
    "pause",
    example="$ plimsoll pause harbour-1 --activity deploy --why 'a public jailbreak'\n$ plimsoll pause --all",
)
@click.argument("models", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Pause the whole organisation's activities.")
@_halts
@appends
@pass_app
def pause(app: App, /, **given: Any) -> None:
    """Record that activities of the models NAME, or of all, are paused.

    What goes on must stop within the time that the policy sets; nothing may start until it is resumed.
    """
    _halt(app, "pause", {}, given)


@command("restrict", example="$ plimsoll restrict harbour-1 --scope external.general --activity deploy")
@click.argument("models", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Restrict the whole organisation's activities.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    metavar="SCOPE",
    help=f"Where they stop: {', '.join(SCOPES)}.",
)
@_halts
@appends
@pass_app
def restrict(app: App, /, scopes: tuple[str, ...], **given: Any) -> None:
    """Record that activities of the models NAME, or of all, are halted in some scopes."""
    _halt(app, "restriction", {"scopes": list(scopes)}, given)


def _halt(app: App, kind: str, more: dict[str, Any], given: dict[str, Any]) -> None:
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.errors import UsageError
    from plimsoll_attest.times import format_time

    if bool(given["models"]) == given["everything"]:
        verb = "pause" if kind == "pause" else "restrict"
        raise UsageError("what should be halted: name models, or use --all, not both",
                         f"for example: plimsoll {verb} harbour-1, or plimsoll {verb} --all")  # fmt: skip
    body: dict[str, Any] = {
        "activities": list(dict.fromkeys(given["activities"])) or list(ACTIVITIES),
        **more,
    }
    if given["until_ms"] is not None:
        body["until"] = format_time(given["until_ms"])
    with app.writing() as desk:
        subjects = ["org"] if given["everything"] else [desk.model_id(name) for name in given["models"]]
        draft = desk.draft(
            kind, subjects, body,
            person=app.speaker(desk.home), role=app.options.role, event_ms=given["event_ms"],
            texts={"reasons": given["why"]} if given["why"] else None,
        )  # fmt: skip
        append(app, desk, [draft])


@command("resume", example="$ plimsoll resume 57 --why 'the filters were mended and tested'")
@click.argument("index", type=INDEX)
@_WHY
@appends
@pass_app
def resume(app: App, index: int, why: str | None) -> None:
    """Record that the pause or restriction of entry INDEX is lifted.

    It ends when all those have signed who must, by the policy.
    """
    from plimsoll_attest.cli.appending import append

    with app.writing() as desk:
        reference, subjects = _halted(desk, index)
        draft = desk.draft(
            "resumed", subjects, {"of": reference},
            person=app.speaker(desk.home), role=app.options.role, texts={"reasons": why} if why else None,
        )  # fmt: skip
        append(app, desk, [draft])


def _halted(desk: "Desk", index: int) -> tuple[dict[str, Any], list[str]]:
    """Return the reference to a pause or restriction, and what it is about."""
    from plimsoll_attest.errors import UsageError

    entry = desk.read(index)
    if entry.kind not in ("pause", "restriction"):
        hint = "`plimsoll log --kind pause` and `--kind restriction` list what can be resumed"
        raise UsageError(f"entry {index} is of kind {entry.kind}, not a pause or a restriction", hint)
    return {"id": entry.statement_id, "index": index}, list(entry.subjects)
