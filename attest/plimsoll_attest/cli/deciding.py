"""What `sign-off` and `pending` do: one sign-off entry for each act, all or none; what waits for whom."""

from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import append
from plimsoll_attest.cli.entries_view import gist

if TYPE_CHECKING:
    from plimsoll_verify.acts import Pending


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
    """List the quorums that acts wait for; for one person only those that they can still add to."""
    from plimsoll_attest.approvals import pending

    with app.reading() as desk:
        waiting = pending(desk)
        if person is not None:
            roles = set(desk.person_roles(person))
            waiting = [item for item in waiting if roles & set(item.roles) and not _has_signed(item, person)]
        names = {model.id: model.name for model in desk.models()}
        rows = [
            [
                str(item.index),
                item.kind,
                gist(desk.read(item.index), names),
                item.quorum,
                ", ".join(f"{who} as {role}" for who, role in item.counted) or "nobody yet",
            ]
            for item in waiting
        ]
    nothing = "nothing waits for a signature" if person is None else f"nothing waits for {person}"
    app.console.table(("ENTRY", "KIND", "ABOUT", "NEEDS", "SIGNED BY"), rows, nothing)
    app.console.json("pending", {"pending": [pending_fields(item) for item in waiting]})


def _has_signed(item: "Pending", person: str) -> bool:
    return any(who == person for who, _role in item.counted)


def pending_fields(item: "Pending") -> dict[str, Any]:
    """Return an act that waits as JSON has it."""
    return {
        "index": item.index,
        "kind": item.kind,
        "subjects": list(item.subjects),
        "policy": item.policy or None,
        "want": item.want,
        "quorum": item.quorum,
        "roles": list(item.roles),
        "counted": [{"person": who, "role": role} for who, role in item.counted],
    }
