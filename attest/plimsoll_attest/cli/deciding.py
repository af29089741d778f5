"""What `sign-off` and `pending` do: one sign-off entry for each act, all or none; what waits for whom."""

from typing import Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import append
from plimsoll_attest.cli.entries_view import gist


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
    """List the quorums that acts wait for; for one person only those that they can bring nearer."""
    from plimsoll_attest.cli.standing import verdict_of

    with app.reading() as desk:
        waiting: list[dict[str, Any]] = verdict_of(desk)["pending"]
        if person is not None:
            roles = set(desk.person_roles(person))
            waiting = [
                item for item in waiting if roles & set(item["missing"]) and person not in _signed(item)
            ]
        names = {model.id: model.name for model in desk.models()}
        rows = [
            [
                str(item["index"]),
                item["kind"],
                gist(desk.read(item["index"]), names),
                item["quorum"],
                ", ".join(f"{who} as {role}" for who, role in _signed(item).items()) or "nobody yet",
                ", ".join(item["missing"]),
            ]
            for item in waiting
        ]
    nothing = "nothing waits for a signature" if person is None else f"nothing waits for {person}"
    headings = ("ENTRY", "KIND", "ABOUT", "NEEDS", "SIGNED BY", "STILL MISSING")
    app.console.table(headings, rows, nothing)
    app.console.json("pending", {"pending": waiting})


def _signed(item: dict[str, Any]) -> dict[str, str]:
    """Return the role of each person whose approval counts so far."""
    return {counted["person"]: counted["role"] for counted in item["counted"]}
