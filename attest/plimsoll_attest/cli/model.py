"""Models and their weights: `model register`, `model snapshot`, `model list`."""

import re
from typing import Any, Final

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import TIME, appends

_FLOP: Final = re.compile(r"(?:0|[1-9][0-9]{0,63})(?:\.[0-9]{1,32})?(?:e[0-9]{1,3})?", re.ASCII)


@command(
    "register",
    example="$ plimsoll model register harbour-1\n"
    "$ plimsoll model register harbour-1-chat --parent harbour-1 --relation fine-tune",
)
@click.argument("name")
@click.option("--parent", "parents", multiple=True, metavar="M", help="A model that it comes from.")
@click.option(
    "--relation", "relations", multiple=True, metavar="R", help="How, such as fine-tune; one each --parent."
)
@click.option("--stage", metavar="TEXT", help="Such as pre-training.")
@click.option("--flop", metavar="DECIMAL", help="Effective training compute, such as 3.1e25.")
@appends
@pass_app
def register(
    app: App,
    name: str,
    parents: tuple[str, ...],
    relations: tuple[str, ...],
    stage: str | None,
    flop: str | None,
) -> None:
    """Record that a model called NAME exists. It gets an id for good; weights and evaluations may follow."""
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.errors import UsageError
    from plimsoll_attest.registration import draft_model

    if flop is not None and _FLOP.fullmatch(flop) is None:
        raise UsageError(f"--flop {flop!r} is not a decimal number", "write it as 310000, 3.1 or 3.1e25")
    if len(parents) != len(relations):
        hint = "give one --relation for each --parent, such as fine-tune, quantisation, distillation, merge"
        raise UsageError(f"{len(parents)} --parent and {len(relations)} --relation were given", hint)
    with app.writing() as desk:
        draft = draft_model(
            desk, name,
            person=app.speaker(desk.home), role=app.options.role,
            parents=list(zip(parents, relations, strict=True)), stage=stage, flop=flop,
        )  # fmt: skip
        append(app, desk, [draft], extra={"model": {"name": name, "id": draft.subjects[0]}})


@command(
    "snapshot",
    example="$ plimsoll model snapshot harbour-1 --weights /models/harbour-1/step-90000 --label step-90000",
)
@click.argument("name")
@click.option("--weights", required=True, metavar="PATH", help="A directory of weight files, or one file.")
@click.option("--label", metavar="TEXT", help="What people call this snapshot.")
@click.option("--event-time", "event_ms", type=TIME, metavar="TIME", help="When it was made. [now]")
@appends
@pass_app
def snapshot(app: App, name: str, weights: str, label: str | None, event_ms: int | None) -> None:
    """Hash the weights of the model NAME, and record a snapshot by its digest.

    The digest covers each file's path, size and content. Weights never leave where they are.
    """
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.cli.progress import Progress, format_bytes
    from plimsoll_attest.registration import draft_snapshot, hash_weights

    progress = Progress(app.console, "hashing")
    try:
        # Before the lock is taken: this may take long, and others shall append meanwhile.
        hashed = hash_weights(app.cwd / weights, progress=progress)
    finally:
        progress.close()
    files, size = len(hashed.files), hashed.total_size
    with app.writing() as desk:
        draft = draft_snapshot(
            desk, name, hashed,
            person=app.speaker(desk.home), role=app.options.role, label=label, event_ms=event_ms,
        )  # fmt: skip
        digest = next(item for item in draft.subjects if item.startswith("snapshot:")).removeprefix(
            "snapshot:"
        )
        app.console.line(f"snapshot {digest}: {files} file{'s' if files != 1 else ''}, {format_bytes(size)}")
        extra = {"snapshot": {"sha256": digest, "files": files, "bytes": size, "label": label}}
        append(app, desk, [draft], extra=extra)


@command("list", example="$ plimsoll model list")
@pass_app
def list_models(app: App) -> None:
    """List the registered models with their newest snapshots."""
    with app.reading() as desk:
        models = desk.models()
    rows = []
    told: list[dict[str, Any]] = []
    for model in models:
        newest = model.snapshots[-1] if model.snapshots else None
        shown = (
            "none" if newest is None else newest.sha256[:16] + (f" ({newest.label})" if newest.label else "")
        )
        rows.append([model.name, model.id, str(model.index), str(len(model.snapshots)), shown])
        snapshots = [
            {"sha256": item.sha256, "label": item.label or None, "index": item.index}
            for item in model.snapshots
        ]
        told.append({"name": model.name, "id": model.id, "index": model.index, "snapshots": snapshots})
    headings = ("NAME", "ID", "ENTRY", "SNAPSHOTS", "NEWEST")
    app.console.table(headings, rows, "no model is registered: `plimsoll model register NAME`")
    app.console.json("models", {"models": told})
