"""What `sign-off` and `pending` do: one sign-off entry for each act, all or none; what waits for whom."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import append
from plimsoll_attest.cli.entries_view import gist

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk


def run_sign_off(app: App, text: str, decision: str, why: str | None) -> None:
    """Record one decision on an entry, or on each entry of a range that waits for it.

    Raises:
        UsageError: If the range is none, or the role cannot be chosen.
        NothingToDo: If no entry of the range waits for this person.
    """
    from plimsoll_attest.approvals import draft_sign_offs, parse_indexes

    indexes = parse_indexes(text)
    with app.writing() as desk:
        drafts = draft_sign_offs(
            desk, indexes, decision, person=app.speaker(desk.home), role=app.options.role, why=why
        )
        append(app, desk, drafts)


def run_pending(app: App, person: str | None) -> None:
    """List the acts that wait, with what is missing; for one person only what they can sign."""
    with app.reading() as desk:
        waiting = pending_acts(desk)
        if person is not None:
            roles = set(desk.person_roles(person))
            waiting = [
                item for item in waiting if roles & set(item["missing"]) and person not in item["signed"]
            ]
        names = {model.id: model.name for model in desk.models()}
        about = {item["index"]: gist(desk.read(item["index"]), names) for item in waiting}
    rows = [
        [
            str(item["index"]),
            item["kind"],
            about[item["index"]],
            ", ".join(item["signed"]) or "-",
            ", ".join(item["missing"]),
        ]
        for item in waiting
    ]
    nothing = "nothing waits for a signature" if person is None else f"nothing waits for {person}"
    app.console.table(("ENTRY", "KIND", "ABOUT", "SIGNED BY", "STILL NEEDED"), rows, nothing)
    app.console.json("pending", {"pending": waiting})


def pending_acts(desk: "Desk") -> list[Mapping[str, Any]]:
    """Return the acts whose quorum is not complete, oldest first, as the auditor's program sees them."""
    from plimsoll_attest.cli.standing import verdict_of

    return list(verdict_of(desk)["pending"])
