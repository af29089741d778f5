"""Entries as people and programs read them: a line, a page, or an object."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.appending import body_lines, named
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.cli.gists import said
from plimsoll_attest.cli.output import format_pairs
from plimsoll_attest.times import format_time

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.views import EntryView


def entry_fields(entry: "EntryView") -> dict[str, Any]:
    """Return an entry as `log --json` and `show --json` have it; a body not held is null."""
    return {
        "index": entry.index,
        "time": format_time(entry.time_ms),
        "statement_id": entry.statement_id,
        "kind": entry.kind,
        "subjects": list(entry.subjects),
        "person": entry.actor,
        "role": entry.role,
        "event_time": format_time(entry.event_ms),
        "seen_size": entry.seen_size,
        "keyid": entry.keyid,
        "body_sha256": entry.body_sha256 or None,
        "body": entry.body,
    }


def entry_row(entry: "EntryView", names: Mapping[str, str]) -> list[str]:
    """Return an entry's cells in `log`: index, time, kind, who, about what."""
    return [
        str(entry.index),
        short_time(entry.time_ms),
        entry.kind,
        f"{entry.actor} ({entry.role})",
        gist(entry, names),
    ]


def gist(entry: "EntryView", names: Mapping[str, str]) -> str:
    """Return what an entry is about and says, in a few words."""
    about = ", ".join(
        "org" if subject.startswith("org:") else names.get(subject, subject)
        for subject in entry.subjects
        if not subject.startswith("snapshot:")
    )
    told = said(entry.kind, entry.body) if entry.body is not None else ""
    if entry.body is None and entry.body_sha256:
        told = "body withheld or erased"
    return f"{about}: {told}" if told else about


def written_texts(desk: "Desk", entry: "EntryView") -> dict[str, str | None]:
    """Return the texts that a structural body names by digest; null where the home holds them no more."""
    if entry.body_sha256 or entry.body is None:
        return {}
    found: dict[str, str | None] = {}
    for name, value in entry.body.items():
        if name.endswith("_sha256") and isinstance(value, str):
            tree = desk.bodies.get_tree(value)
            found[name.removesuffix("_sha256")] = None if tree is None else str(tree.get("text", ""))
    return found


def entry_lines(entry: "EntryView", names: Mapping[str, str], texts: Mapping[str, str | None]) -> list[str]:
    """Return an entry as a page: who said what, when, about what, and the body if it is held."""
    role = f"{entry.actor} as {entry.role}"
    lines = format_pairs(
        [
            ("entry", str(entry.index)),
            ("kind", entry.kind),
            ("said by", f"{role}, key {entry.keyid[:16]}"),
            ("happened", f"{format_time(entry.event_ms)} (says {entry.actor})"),
            ("taken", f"{format_time(entry.time_ms)} (says the log)"),
            (
                "had seen",
                f"{entry.seen_size} entries" if entry.seen_size else "nothing: it is the first entry",
            ),
            ("statement", entry.statement_id),
        ]
    )
    lines.append("about")
    lines.extend(f"  {named(subject, names)}" for subject in entry.subjects)
    if entry.body is None:
        lines.append(f"body       not held by this home (SHA-256 {escape(entry.body_sha256)})")
    elif entry.kind.startswith("policy"):
        lines.append(
            f"body       a policy document: see `plimsoll policy show` (SHA-256 {escape(entry.body_sha256)})"
        )
    else:
        lines.append(
            "body       in the entry itself" if not entry.body_sha256 else f"body       {entry.body_sha256}"
        )
        lines.extend(f"  {line}" for line in body_lines(entry.body))
    for name, text in texts.items():
        shown = "(not held by this home)" if text is None else escape(text)
        lines.append(f"{name:<9}  {shown}")
    return lines


def short_time(time_ms: int) -> str:
    """Return a time to the second, as tables have it."""
    return format_time(time_ms)[:19] + "Z"
