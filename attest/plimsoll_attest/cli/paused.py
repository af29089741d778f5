"""Pauses and restrictions that a status has to show: what was recorded and is neither over nor lifted."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.times import format_time

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk


def find_paused(desk: "Desk", waiting: Collection[int], model: str | None) -> list[dict[str, Any]]:
    """Return the pauses and restrictions that nothing has ended.

    Which of them has effect, and on what, only the verdict says: this is what was recorded.

    Args:
        desk: The open ledger.
        waiting: Entries whose quorum is not complete.
        model: Only what is about this one or about all; None for everything.
    """
    now = format_time(desk.surroundings.clock.now_ms())
    lifted = {
        entry.body["of"]["index"]
        for entry in desk.entries("resumed")
        if entry.body is not None and entry.index not in waiting
    }
    org = f"org:{desk.origin}"
    found = []
    for kind in ("pause", "restriction"):
        for entry in desk.entries(kind):
            body = entry.body or {}
            is_over = entry.index in lifted or body.get("until", now) < now
            if not is_over and (model is None or {model, org} & set(entry.subjects)):
                found.append(
                    {
                        "index": entry.index,
                        "kind": kind,
                        "subjects": list(entry.subjects),
                        "activities": list(body.get("activities", ())),
                        "scopes": list(body.get("scopes", ())),
                        "until": body.get("until"),
                        "waits": entry.index in waiting,
                    }
                )
    return sorted(found, key=lambda one: int(one["index"]))


def paused_line(one: dict[str, Any], names: dict[str, str]) -> str:
    """Return what a pause stops, for how long, and whether it still waits for signatures."""
    about = ", ".join(
        names.get(name, "all models" if name.startswith("org:") else name) for name in one["subjects"]
    )
    what = " and ".join(one["activities"]) or "what this home does not hold"
    where = f" in {', '.join(one['scopes'])}" if one["scopes"] else ""
    until = one["until"] or "it is resumed"
    waits = "; it waits for signatures: see `plimsoll pending`" if one["waits"] else ""
    return escape(f"{one['kind']} of entry {one['index']}: {what}{where}, of {about}, until {until}{waits}")
