"""The models of a ledger and their snapshots, as its entries name them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from plimsoll_attest.views import EntryView, ModelView, SnapshotView

_SNAPSHOT = "snapshot:"


def read_models(entries: Callable[[str], Iterator[EntryView]]) -> list[ModelView]:
    """Return all registered models in the order of their registration.

    A model whose body is withheld has no name but its id. A second registration of an id changes nothing.

    Args:
        entries: Gives the entries of a kind, in order.
    """
    found: dict[str, ModelView] = {}
    for view in entries("model-registered"):
        model = view.subjects[0]
        name = str((view.body or {}).get("name", model))
        found.setdefault(model, ModelView(model, name, view.index, ()))
    for view in entries("training-checkpoint"):
        model, snapshot = view.subjects
        if model in found:
            label = str((view.body or {}).get("label", ""))
            taken = SnapshotView(view.index, snapshot.removeprefix(_SNAPSHOT), label)
            known = found[model]
            found[model] = replace(known, snapshots=(*known.snapshots, taken))
    return list(found.values())
