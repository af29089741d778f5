"""What `due` and `reconcile` do: what time will bring, and what is running against what is recorded."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk

OVERDUE: Final = frozenset({"V05", "V07", "V08", "V24", "V25", "V30", "V34"})
"""Codes of what was due and has not been done."""

_UNEXPLAINED: Final = frozenset({"V27", "V33"})


def run_due(app: App, within: str, model: str | None) -> None:
    """List what falls due within a period, and what is overdue.

    Raises:
        UsageError: If the period is none.
        UnknownName: If there is no such model.
    """
    from plimsoll_attest.cli.subjects import find_model
    from plimsoll_attest.errors import UsageError
    from plimsoll_attest.times import format_time
    from plimsoll_verify.policy.grammar import parse_period
    from plimsoll_verify.verdict import verdict_json

    try:
        period = parse_period(within)
    except ValueError as error:
        raise UsageError(f"--within {within!r} is not {error}") from None
    now_ms = app.surroundings.clock.now_ms()
    with app.reading() as desk:
        wanted = find_model(desk, model).id if model is not None else None
        names = {item.id: item.name for item in desk.models()}
        verdict = verdict_json(desk.verdict(now_ms=now_ms, due_within=period))
    overdue = [item for item in verdict["findings"] if item["code"] in OVERDUE and item["ended_by"] == "open"]
    found = [{"overdue": True, "time": item["from"]["time"], **_told(item)} for item in overdue]
    found += [{"overdue": False, "time": item["time"], **_told(item)} for item in verdict["due"] or ()]
    found = [item for item in sorted(found, key=_order) if wanted in (None, item["subject"])]
    rows = [_row(item, names) for item in found]
    headings = ("DUE", "CLAUSE", "RULE", "ABOUT", "WHAT")
    app.console.table(headings, rows, f"nothing is overdue, and nothing falls due within {within}")
    told = {"from": format_time(now_ms), "until": format_time(period.after(now_ms)), "due": found}
    app.console.json("due", told)


def _order(item: Mapping[str, Any]) -> tuple[str, str]:
    return (str(item["time"]), str(item["rule"]))


def _told(item: Mapping[str, Any]) -> dict[str, Any]:
    members = ("code", "name", "level", "subject", "policy", "rule", "clause", "force", "entries", "message")
    return {member: item[member] for member in members}


def _row(item: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    when = f"{str(item['time'])[:16]}Z{' overdue' if item['overdue'] else ''}"
    about = names.get(item["subject"], item["subject"])
    return [escape(text) for text in (when, item["clause"] or "-", item["rule"], about, item["message"])]


def run_reconcile(app: App, file: str) -> None:
    """Record an inventory, and print what the log does not explain of it.

    Raises:
        UsageError: If the file holds no inventory.
        UnknownName: If it names a model that the ledger does not know.
    """
    from plimsoll_attest.cli.appending import append_untold, entry_fields
    from plimsoll_attest.errors import UsageError
    from plimsoll_attest.times import format_time, read_time

    tree = _read(app, file)
    with app.writing() as desk:
        body = {**tree, "running": [_item(desk, item) for item in tree.get("running", [])]}
        body.setdefault("at", format_time(app.surroundings.clock.now_ms()))
        try:
            at_ms = read_time(str(body["at"]))
        except ValueError as error:
            raise UsageError(f"at: {error}") from None
        person, role = app.speaker(desk.home), app.options.role
        draft = desk.draft("inventory", ["org"], body, person=person, role=role, event_ms=at_ms)
        receipts = append_untold(app, desk, [draft])
        found = _unexplained(desk, receipts[0].index) if receipts else []
        told = {"dry_run": app.options.dry_run, "entries": entry_fields([draft], receipts)}
    for item in found:
        app.console.line(f"{item['code']} {item['name']}: {escape(item['message'])}")
    if receipts and not found:
        app.console.line("what is running is what the log says")
    app.console.json("reconciled", {**told, "unexplained": [_told(item) for item in found]})


def _read(app: App, file: str) -> dict[str, Any]:
    from plimsoll_attest.cli.files import read_file
    from plimsoll_attest.errors import UsageError

    try:
        tree = json.loads(read_file(app, file))
    except ValueError as error:
        raise UsageError(f"{file} is no JSON: {error}", "write an object with surface and running") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("running", []), list):
        raise UsageError(f"{file} holds no inventory", 'write {"surface": "api", "running": [...]}')
    return tree


def _item(desk: "Desk", item: Any) -> Any:
    """Return an item with the model that it names, and its snapshot, as the ledger has them."""
    from plimsoll_attest.cli.subjects import find_model

    if not isinstance(item, dict):
        return item
    found = dict(item)
    model = found.get("model")
    if isinstance(model, str) and not model.startswith("model:"):
        found["model"] = find_model(desk, model).id
    snapshot = found.get("snapshot")
    if isinstance(snapshot, str):
        found["snapshot"] = snapshot.removeprefix("snapshot:")
    return found


def _unexplained(desk: "Desk", entry: int) -> list[dict[str, Any]]:
    from plimsoll_attest.cli.standing import verdict_of

    findings: list[dict[str, Any]] = verdict_of(desk)["findings"]
    return [item for item in findings if item["code"] in _UNEXPLAINED and entry in item["entries"]]
