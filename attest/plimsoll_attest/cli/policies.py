"""What `policy show` does, and the brief summary of a policy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.cli.output import format_json, format_pairs
from plimsoll_attest.errors import UnknownName

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.views import EntryView


def summary(document: Mapping[str, Any], sha256: str) -> list[str]:
    """Return lines that say what a policy holds, in brief; escaped."""
    judged: dict[str, int] = {}
    for clause in document["clauses"].values():
        judged[clause["judged_by"]] = judged.get(clause["judged_by"], 0) + 1
    clauses = ", ".join(f"{judged.get(who, 0)} by {words}" for who, words in _JUDGES)
    return format_pairs(
        [
            ("title", document["title"]),
            ("document", sha256),
            ("effective from", document["effective_from"]),
            ("clauses", f"{clauses}"),
            ("roles", ", ".join(document["roles"])),
            ("tests", ", ".join(document["tests"])),
            ("thresholds", ", ".join(document["thresholds"])),
            ("standards", ", ".join(document["standards"])),
        ]
    )


_JUDGES = (("log", "the log"), ("attestation", "attestation"), ("nobody", "nobody"))


def run_show(app: App, *, document: bool) -> None:
    """Show the policy in force.

    Raises:
        UnknownName: If there is none.
    """
    with app.reading() as desk:
        entry, in_force = current(desk)
    body: dict[str, Any] = entry.body or {}
    if document:
        app.console.line(format_json(body))
    else:
        state = "in force" if in_force else "recorded, not in force yet: it waits for signatures or its day"
        app.console.line(f"{escape(body['id'])} version {escape(body['version'])}: {state}")
        app.console.line(f"recorded as entry {entry.index}, by {escape(entry.actor)} as {escape(entry.role)}")
        for line in summary(body, entry.body_sha256):
            app.console.line(line)
    fields = {"id": body["id"], "version": body["version"], "sha256": entry.body_sha256, "index": entry.index}
    app.console.json("policy-shown", {**fields, "in_force": in_force, "document": body})


def current(desk: "Desk") -> "tuple[EntryView, bool]":
    """Return the entry of the policy in force; of the newest that is recorded, where none is."""
    entries = sorted(
        [*desk.entries("policy"), *desk.entries("policy-amendment")], key=lambda entry: entry.index
    )
    held = [entry for entry in entries if entry.body is not None]
    if not held:
        raise UnknownName("no policy is recorded in this ledger", "`plimsoll policy adopt FILE` records one")
    current = desk.policy()
    if current is not None:
        for entry in reversed(held):
            body = entry.body or {}
            if (body.get("id"), body.get("version")) == (current.id, current.version):
                return entry, True
    return held[-1], False
