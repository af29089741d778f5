"""What `sign-off` and `pending` do: one sign-off entry for each act, all or none; and what still waits for whom."""

import re
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import append
from plimsoll_attest.errors import UsageError

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.views import Draft

_RANGE: Final = re.compile(r"#?(0|[1-9][0-9]{0,17})(?:-#?(0|[1-9][0-9]{0,17}))?", re.ASCII)
MAX_RANGE: Final = 1000


def run_sign_off(app: App, text: str, decision: str, why: str | None) -> None:
    """Record one decision on each entry of a range.

    Raises:
        UsageError: If the range is none, or holds an entry that cannot be signed off.
    """
    first, last = parse_range(text)
    with app.writing() as desk:
        drafts = [_draft(app, desk, index, decision, why) for index in range(first, last + 1)]
        append(app, desk, drafts)


def parse_range(text: str) -> tuple[int, int]:
    """Return the first and last index of `INDEX` or `A-B`.

    Raises:
        UsageError: If it is neither, runs backwards, or is longer than a person can have read.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text!r} is neither the number of an entry nor a range", "for example: 31, or 1-24"
        )
    first = int(found[1])
    last = int(found[2]) if found[2] is not None else first
    if last < first:
        raise UsageError(f"the range {text} runs backwards", f"write {last}-{first}")
    if last - first >= MAX_RANGE:
        raise UsageError(
            f"the range {text} holds {last - first + 1} entries", f"sign at most {MAX_RANGE} at once"
        )
    return first, last


def _draft(app: App, desk: "Desk", index: int, decision: str, why: str | None) -> "Draft":
    entry = desk.read(index)
    if entry.kind == "sign-off":
        of: dict[str, Any] = (entry.body or {}).get("of", {})
        hint = f"sign off what it is of: entry {of.get('index')}"
        raise UsageError(f"entry {index} is a sign-off itself", hint)
    return desk.draft(
        "sign-off",
        entry.subjects,
        {"of": {"id": entry.statement_id, "index": index}, "decision": decision},
        person=app.speaker(desk.home),
        role=app.options.role,
        texts={"reasons": why} if why else None,
    )
