"""Where models stand, from the verifier's verdict: for `status`, `timeline` and the gate."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.entries_view import entry_fields, gist, short_time
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.cli.output import Console, format_pairs, format_table
from plimsoll_attest.cli.paused import find_paused, paused_line
from plimsoll_attest.cli.subjects import find_model
from plimsoll_attest.times import format_time

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk

_COLOURS = {"compliant": "green", "violations": "red", "rejected": "red", "indeterminate": "yellow"}


def verdict_of(desk: "Desk") -> dict[str, Any]:
    """Return the verdict on the log as it stands, as `plimsoll/verdict/v1` has it."""
    from plimsoll_verify.verdict import verdict_json

    return verdict_json(desk.verdict())


def show_status(app: App, desk: "Desk", name: str | None) -> None:
    """Print where the models stand, or the one named.

    Raises:
        UnknownName: If there is no such model.
    """
    wanted = find_model(desk, name).id if name is not None else None
    verdict = verdict_of(desk)
    subjects = [item for item in verdict["subjects"] if wanted in (None, item["id"])]
    findings = [item for item in verdict["findings"] if wanted is None or item["subject"] in (wanted, "")]
    console = app.console
    paused = find_paused(desk, {int(item["index"]) for item in verdict["pending"]}, wanted)
    names = {item.id: item.name for item in desk.models()}
    console.line(f"{escape(desk.origin)}: {desk.size} entries")
    for one in paused:
        console.line(console.style(paused_line(one, names), "yellow"))
    for line in verdict_lines(console, {**verdict, "subjects": subjects, "findings": findings}):
        console.line(line)
    console.json(
        "status",
        {
            "origin": desk.origin,
            "size": desk.size,
            "verdict": verdict["verdict"],
            "policies": verdict["policies"],
            "subjects": subjects,
            "findings": findings,
            "pending": verdict["pending"],
            "paused": paused,
        },
    )


def verdict_lines(console: Console, verdict: Mapping[str, Any]) -> list[str]:
    """Return a verdict as lines for people: policy, subjects, findings; escaped."""
    colour = _COLOURS[verdict["verdict"]]
    lines = [f"verdict on the whole log: {console.style(verdict['verdict'], colour)}"]
    for policy in verdict["policies"]:
        version = f"{escape(policy['id'])} version {escape(policy['version'])}"
        lines.append(f"policy: {version}, from entry {policy['from_index']}")
    if not verdict["policies"]:
        lines.append("policy: none in force yet, so that nothing can be judged")
    for subject in verdict["subjects"]:
        lines.extend(_subject_lines(console, subject))
    if verdict["findings"]:
        lines.append("")
    for finding in verdict["findings"]:
        lines.extend(_finding_lines(console, finding))
    return lines


def _subject_lines(console: Console, subject: Mapping[str, Any]) -> list[str]:
    thresholds = [f"{name}: {state.replace('_', ' ')}" for name, state in subject["thresholds"].items()]
    missing = [name for name in subject["needed"] if name not in subject["in_force"]]
    pairs = [
        ("  thresholds", "\n".join(thresholds) or "none"),
        ("  safeguards needed", ", ".join(subject["needed"]) or "none, while no activity goes on"),
        ("  safeguards in force", ", ".join(subject["in_force"]) or "none"),
    ]
    if missing:
        pairs.append(("  safeguards missing", ", ".join(missing)))
    pairs.append(("  goes on", "\n".join(map(_activity, subject["active"])) or "nothing"))
    head = f"{console.style(escape(subject['name']), 'bold')}  {escape(subject['id'])}"
    lines = [line for text in format_pairs(pairs) for line in text.split("\n")]
    return ["", head, *lines]


_GOES_ON: Final = {"deploy": "deployed", "train": "in training", "store": "weights stored"}


def _activity(active: Mapping[str, Any]) -> str:
    words = [
        _GOES_ON[active["activity"]],
        active.get("scope") or "",
        f"on {active['surface']}" if active.get("surface") else "",
    ]
    return " ".join(word for word in words if word)


def _finding_lines(console: Console, finding: Mapping[str, Any]) -> list[str]:
    level = "finding, no violation" if finding["level"] == "finding" else finding["level"]
    head = f"{finding['id']} {finding['code']} {finding['name']} ({level}), {interval(finding)}"
    lines = [
        console.style(escape(head), "red" if finding["level"] == "violation" else "yellow"),
        f"  {escape(finding['message'])}",
    ]
    lines.extend(
        escape(f"  because of {cause['code']}{_entries(cause['entries'])}") for cause in finding["because"]
    )
    if finding.get("interpreted_by"):
        lines.append(f"  the clause was read{_entries(finding['interpreted_by'])}")
    if finding["entries"]:
        lines.append(f"  entries: {', '.join(map(str, finding['entries']))}")
    return lines


def _entries(indexes: Sequence[int]) -> str:
    many = "entry" if len(indexes) == 1 else "entries"
    return f" ({many} {', '.join(map(str, indexes))})" if indexes else ""


def interval(finding: Mapping[str, Any]) -> str:
    """Return when a finding began and ended, as words."""
    start, end = finding["from"], finding["to"]
    if finding["ended_by"] != "open" and end["time"] == start["time"]:
        return f"at {start['time']}"
    ended = "and goes on" if finding["ended_by"] == "open" else f"to {end['time']}, {finding['ended_by']}"
    return f"from {start['time']} {ended}"


def show_timeline(app: App, desk: "Desk", name: str | None) -> None:
    """Print each model's entries in order of event, then its levels over time.

    Raises:
        UnknownName: If there is no such model.
    """
    models = [find_model(desk, name)] if name is not None else desk.models()
    names = {item.id: item.name for item in desk.models()}
    verdict = verdict_of(desk)
    states = {item["id"]: item.get("timeline", []) for item in verdict["subjects"]}
    told = []
    for number, model in enumerate(models):
        entries = sorted(desk.entries(model=model.id), key=lambda entry: (entry.event_ms, entry.index))
        told.append(
            {
                "id": model.id,
                "name": model.name,
                "entries": [entry_fields(entry) for entry in entries],
                "states": states.get(model.id, []),
            }
        )
        if number:
            app.console.line()
        app.console.line(f"{app.console.style(escape(model.name), 'bold')}  {model.id}")
        rows = [
            [
                short_time(entry.event_ms),
                f"#{entry.index}",
                entry.kind,
                entry.actor,
                gist(entry, names)
                + ("" if entry.time_ms - entry.event_ms < 60_000 else _late(entry.time_ms)),
            ]
            for entry in entries
        ]
        for line in format_table([[escape(cell) for cell in row] for row in rows]) if rows else []:
            app.console.line(f"  {line}")
    _load_line(app, verdict, {model.id for model in models})
    if not models:
        app.console.line("no model is registered yet")
    app.console.json("timeline", {"origin": desk.origin, "size": desk.size, "models": told})


def _late(time_ms: int) -> str:
    return f" (recorded {format_time(time_ms)[:19]}Z)"


def _load_line(app: App, verdict: Mapping[str, Any], wanted: set[str]) -> None:
    if app.console.as_json:
        return
    from plimsoll_attest.loadline import chart_from_verdict
    from plimsoll_attest.loadline_text import format_loadline

    kept = {**verdict, "subjects": [item for item in verdict["subjects"] if item["id"] in wanted]}
    if any(item.get("timeline") for item in kept["subjects"]):
        app.console.line()
        for line in format_loadline(chart_from_verdict(kept), ascii_only=app.console.ascii_only).splitlines():
            app.console.line(line)
