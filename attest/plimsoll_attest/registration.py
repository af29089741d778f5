"""Models in the ledger: their names, their snapshots by a digest of the weights, their training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import NothingToDo, UnknownName, UsageError
from plimsoll_attest.views import Draft, SnapshotView
from plimsoll_attest.weights import Progress, WeightsManifest, build_manifest, snapshot_digest


def draft_model(
    desk: Desk,
    name: str,
    *,
    person: str,
    role: str | None = None,
    parents: Sequence[tuple[str, str]] = (),
    stage: str | None = None,
    flop: str | None = None,
) -> Draft:
    """Draft a model's registration; the model gets a random id.

    Args:
        desk: The open ledger.
        name: What people call it; no other model of this ledger may be called so.
        person: Who registers it.
        role: In which capacity; None to let the desk choose.
        parents: Models that it comes from (name or id), each with the relation, such as `fine-tune`.
        stage: Such as `pre-training`.
        flop: Effective training compute as decimal text.

    Raises:
        UsageError: If a model is called so already.
        UnknownName: If a parent is not registered.

    Source: SPEC 5.3.
    """
    if any(model.name == name for model in desk.models()):
        raise UsageError(f"a model is called {name!r} already", "choose another name")
    body: dict[str, Any] = {"name": name}
    if parents:
        body["parents"] = [
            {"model": desk.model_id(parent), "relation": relation} for parent, relation in parents
        ]
    if stage is not None:
        body["stage"] = stage
    if flop is not None:
        body["compute"] = {"flop": flop}
    model = f"model:{desk.surroundings.random(16).hex()}"
    return desk.draft("model-registered", [model], body, person=person, role=role)


def hash_weights(path: Path, progress: Progress | None = None) -> WeightsManifest:
    """Hash the weights in a directory or file, streamed; takes as long as reading them does.

    Raises:
        WeightsRefused: If they cannot be read, change meanwhile, or have names that mean two things.

    Source: SPEC 4.3.
    """
    return build_manifest(path, progress=progress)


def draft_snapshot(
    desk: Desk,
    model: str,
    manifest: WeightsManifest,
    *,
    person: str,
    role: str | None = None,
    label: str | None = None,
    event_ms: int | None = None,
) -> Draft:
    """Draft the record that a snapshot of a model's weights exists.

    Args:
        desk: The open ledger.
        model: The model's name or id.
        manifest: From `hash_weights`.
        person: Who says so.
        role: In which capacity; None to let the desk choose.
        label: What people call the snapshot.
        event_ms: When it was made; None for now.

    Raises:
        UnknownName: If the model is not registered.
        UsageError: If it has a snapshot of this digest or label already.

    Source: SPEC 4.2, 5.3.
    """
    sha256 = snapshot_digest(manifest)
    wanted = desk.model_id(model)
    for known in next(item.snapshots for item in desk.models() if item.id == wanted):
        if known.sha256 == sha256:
            raise NothingToDo(f"entry {known.index} records this snapshot of {model} already")
        if label and known.label == label:
            raise UsageError(
                f"{model} has a snapshot {label!r} already, entry {known.index}", "choose another label"
            )
    body: dict[str, Any] = {"bytes": manifest.total_size, "files": len(manifest.files)}
    if label is not None:
        body["label"] = label
    return desk.draft(
        "training-checkpoint",
        [wanted, f"snapshot:{sha256}"],
        body,
        person=person,
        role=role,
        event_ms=event_ms,
    )


def find_snapshot(desk: Desk, model: str, text: str | None = None) -> SnapshotView:
    """Return a model's snapshot: by its label, the beginning of its digest, or the newest.

    Args:
        desk: The open ledger.
        model: The model's name or id.
        text: A label, or at least 8 digits of a digest, with or without `snapshot:`; None for the newest.

    Raises:
        UnknownName: If the model is not registered, or has no such snapshot.
    """
    wanted = desk.model_id(model)
    snapshots = next(item.snapshots for item in desk.models() if item.id == wanted)
    if not snapshots:
        hint = f"`plimsoll model snapshot {model} --weights PATH` records one"
        raise UnknownName(f"{model} has no snapshot in this ledger", hint)
    if text is None:
        return snapshots[-1]
    digits = text.removeprefix("snapshot:")
    found = {
        item.sha256: item
        for item in snapshots
        if text == item.label or (len(digits) >= 8 and item.sha256.startswith(digits))
    }
    if len(found) != 1:
        shown = ", ".join(item.label or item.sha256[:16] for item in snapshots)
        raise UnknownName(f"{len(found)} snapshots of {model} are {text[:80]!r}", f"its snapshots: {shown}")
    return next(iter(found.values()))
