"""Append drafts as every command does it: show them, ask a person, check or submit, say what was recorded.

On a terminal a person sees what is about to be appended and is asked; in a script nobody is. `--dry-run`
goes as far as asking admission whether it would take the drafts, and appends nothing.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.cli.advice import advice
from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape, escape_lines
from plimsoll_attest.cli.gists import said
from plimsoll_attest.errors import AttestError
from plimsoll_attest.times import format_time

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.views import Draft, Receipt


_INLINE: Final = 90
"""Characters up to which an object is shown on one line."""


class NotConfirmed(AttestError):
    """A person was asked and did not say yes; nothing was appended."""

    exit_code = 130
    code = "not-confirmed"


def append(
    app: App, desk: "Desk", drafts: "Sequence[Draft]", *, extra: Mapping[str, Any] | None = None
) -> "list[Receipt]":
    """Append drafts, all or none, and print what was recorded.

    Args:
        app: The run.
        desk: The open desk.
        drafts: What to append, in order.
        extra: Further members of the JSON object.

    Returns:
        The receipts; none after `--dry-run`.

    Raises:
        NotConfirmed: If a person was asked and did not say yes.
        NotAdmitted: If the log refuses one.
    """
    receipts = append_untold(app, desk, drafts)
    fields = {"dry_run": app.options.dry_run, "entries": entry_fields(drafts, receipts), **(extra or {})}
    app.console.json("appended", fields)
    return receipts


def append_untold(app: App, desk: "Desk", drafts: "Sequence[Draft]") -> "list[Receipt]":
    """Append drafts as `append` does, but leave the JSON object to the caller."""
    for warning in advice(desk, drafts):
        app.console.warn(warning)
    confirm(app, desk, drafts)
    if app.options.dry_run:
        desk.check(drafts)
        if not app.console.interactive:
            app.console.line("\n".join(preview(desk, drafts)))
        app.console.line("dry run: the log would take this; nothing was appended")
        return []
    receipts = desk.submit(drafts, atomic=True)
    report(app, drafts, receipts)
    return receipts


def confirm(app: App, desk: "Desk", drafts: "Sequence[Draft]") -> None:
    """Show a person on a terminal what is about to be appended, and ask.

    Raises:
        NotConfirmed: If the answer is not yes.
    """
    if not app.console.interactive or not drafts:
        return
    # Not a note: nobody shall be asked about what `-q` has hidden.
    app.console.stderr.write("\n".join([*preview(desk, drafts), ""]))
    if app.options.dry_run or app.options.yes or app.options.no_input:
        return
    question = "Append this?" if len(drafts) == 1 else f"Append these {len(drafts)}?"
    if app.console.ask(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise NotConfirmed("not confirmed: nothing was appended", "answer y, or use --yes")


def preview(desk: "Desk", drafts: "Sequence[Draft]") -> list[str]:
    """Return lines that show drafts as a person should check them before signing for good."""
    names = {model.id: model.name for model in desk.models()}
    lines = [f"to append to {escape(desk.origin)}:"]
    for draft in drafts:
        happened = format_time(draft.event_ms)
        lines.append(f"  {draft.kind}, by {escape(draft.actor)} as {escape(draft.role)}, happened {happened}")
        lines.append("    about " + ", ".join(named(subject, names) for subject in draft.subjects))
        if draft.kind.startswith("policy"):
            lines.append(f"    document of {len(draft.documents[0]):,} bytes" if draft.documents else "")
        elif draft.kind == "eval-result":
            lines.append(f"    {escape(said(draft.kind, draft.body))}")
        else:
            lines.extend(f"    {line}" for line in body_lines(draft.body))
    return [line for line in lines if line]


def named(subject: str, names: Mapping[str, str]) -> str:
    """Return a subject, a model with the name that it was registered under."""
    name = names.get(subject)
    return escape(subject if name is None else f"{subject} ({name})")


def body_lines(body: Mapping[str, Any], indent: str = "") -> list[str]:
    """Return a body as indented lines of `member: value`, without its salt; escaped."""
    lines: list[str] = []
    for name, value in body.items():
        if name == "salt" and not indent:
            continue
        if isinstance(value, dict) and (short := _inline(value)):
            lines.append(f"{indent}{escape(name)}: {short}")
        elif isinstance(value, dict):
            lines.append(f"{indent}{escape(name)}:")
            lines.extend(body_lines(value, indent + "  "))
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            lines.append(f"{indent}{escape(name)}:")
            for item in value:
                lines.extend(_item_lines(item, indent + "  "))
        else:
            lines.append(f"{indent}{escape(name)}: {_scalar(value)}")
    return lines


def _item_lines(item: object, indent: str) -> list[str]:
    if not isinstance(item, dict):
        return [f"{indent}- {_scalar(item)}"]
    if short := _inline(item):
        return [f"{indent}- {short}"]
    inner = body_lines(item, indent + "  ")
    return [f"{indent}- {inner[0].strip()}", *inner[1:]] if inner else [f"{indent}- (nothing)"]


def _inline(value: Mapping[str, Any]) -> str:
    """Return a small object on one line, or an empty string if it would be long."""
    parts = []
    for name, item in value.items():
        if isinstance(item, list):
            return ""
        shown = _inline(item) if isinstance(item, dict) else _scalar(item)
        if not shown:
            return ""
        parts.append(f"{escape(name)}: {shown}")
    text = "{" + ", ".join(parts) + "}"
    return text if len(text) <= _INLINE else ""


def _scalar(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_scalar(item) for item in value) if value else "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "(null)" if value is None else escape_lines(str(value)).replace("\n", "\\n")


def report(app: App, drafts: "Sequence[Draft]", receipts: "Sequence[Receipt]") -> None:
    """Say which entries were appended, a line each."""
    for draft, receipt in zip(drafts, receipts, strict=True):
        app.console.line(
            f"entry {receipt.index}: {draft.kind}, by {escape(draft.actor)} as {escape(draft.role)}, "
            f"at {format_time(receipt.time_ms)}"
        )
        app.console.detail(f"  statement {receipt.statement_id}")


def entry_fields(drafts: "Sequence[Draft]", receipts: "Sequence[Receipt]") -> list[dict[str, Any]]:
    """Return drafts as JSON has them, with index and time as far as they were appended."""
    given: list[Receipt | None] = [*receipts] if receipts else [None] * len(drafts)
    return [
        {
            "index": None if receipt is None else receipt.index,
            "time": None if receipt is None else format_time(receipt.time_ms),
            "statement_id": draft.statement_id,
            "kind": draft.kind,
            "subjects": list(draft.subjects),
            "person": draft.actor,
            "role": draft.role,
            "event_time": format_time(draft.event_ms),
        }
        for draft, receipt in zip(drafts, given, strict=True)
    ]
