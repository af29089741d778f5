"""Evaluation logs become entries: matched with their plans, without repetition, all or none.

A run that failed is recorded as well: it closes its plan and rules nothing out. A run that nobody planned is
recorded with a warning: a policy may not let it rule anything out, but what it shows to be dangerous counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import UsageError
from plimsoll_attest.importers import ImportedEval, read_inspect, read_lm_eval
from plimsoll_attest.registration import find_snapshot
from plimsoll_attest.times import format_time
from plimsoll_attest.views import Draft, EntryView, EvidenceFile

TOOLS = ("inspect", "lm-eval")


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """One evaluation run on its way into the ledger.

    Attributes:
        source: The file it was read from.
        task: Name and version of the task.
        status: success, error or cancelled.
        draft: The entry it becomes; None if it is recorded already, or named twice.
        recorded_index: The entry that records it already; None if there is none.
        plan_index: The entry of the plan that it fulfils; None if nobody planned it.
        warnings: What a person should know.
    """

    source: Path
    task: str
    status: str
    draft: Draft | None = field(repr=False)
    recorded_index: int | None
    plan_index: int | None
    warnings: tuple[str, ...]


def read_evaluations(tool: str, paths: Sequence[Path]) -> list[ImportedEval]:
    """Read evaluation logs, all of them or none.

    Args:
        tool: `inspect` or `lm-eval`.
        paths: Their files.

    Raises:
        ImportFailed: On the first that cannot be read completely.
        UsageError: If there is no such tool.
    """
    if tool == "inspect":
        return [read_inspect(path) for path in paths]
    if tool == "lm-eval":
        return [result for path in paths for result in read_lm_eval(path)]
    raise UsageError(f"there is no importer for {tool[:80]!r}", f"importers: {', '.join(TOOLS)}")


def draft_results(  # noqa: PLR0913 - each is one thing that the logs do not say.
    desk: Desk,
    results: Sequence[ImportedEval],
    *,
    model: str,
    person: str,
    role: str | None = None,
    snapshot: str | None = None,
    variant: str | None = None,
    surface: str | None = None,
    again: bool = False,
) -> list[ImportedRun]:
    """Draft an entry for each run that is not recorded yet; nothing is stored or appended.

    What the logs say of the model is a claim, which stays in the body; the subject is the model that the
    company names.

    Args:
        desk: The open ledger.
        results: From `read_evaluations`.
        model: The registered model that was evaluated, by name or id.
        person: Who records it.
        role: In which capacity; None to let the desk choose.
        snapshot: Label or digest; None for the newest.
        variant: Which variant was evaluated; None for what the log says, else what the plan says.
        surface: On which surface, of a test of the system as deployed; None for what the plan says.
        again: Whether to record runs that are recorded already once more.

    Raises:
        UnknownName: If there is no such model or snapshot.

    Source: SPEC 5.4.
    """
    model_id = desk.model_id(model)
    subject = f"snapshot:{find_snapshot(desk, model, snapshot).sha256}"
    book = _Book(desk, model_id)
    runs = []
    for result in results:
        fields: dict[str, Any] = dict(result.body)
        task = f"{fields['task']['name']} {fields['task']['version']}".rstrip()
        if not again and book.has(fields):
            index = book.recorded_index(fields)
            runs.append(ImportedRun(result.source, task, fields["status"], None, index, None, ()))
            continue
        plan, warnings = book.take_plan(fields, result.started_ms, surface)
        _follow_plan(fields, plan, variant, surface)
        draft = desk.draft(
            "eval-result",
            [model_id, subject],
            fields,
            person=person,
            role=role,
            event_ms=result.completed_ms,
            evidence=_evidence(result),
        )
        book.add(fields)
        planned = plan.index if plan else None
        warned = (*warnings, *_warnings(fields))
        runs.append(ImportedRun(result.source, task, fields["status"], draft, None, planned, warned))
    return runs


def _follow_plan(
    fields: dict[str, Any], plan: EntryView | None, variant: str | None, surface: str | None
) -> None:
    """Put into a result which plan it carries out, and what that plan says where nobody said otherwise."""
    body = (plan.body or {}) if plan else {}
    fields["plan"] = {"id": plan.statement_id, "index": plan.index} if plan else None
    fields["variant"] = variant if variant is not None else fields["variant"] or str(body.get("variant", ""))
    if where := surface or body.get("surface"):
        fields["surface"] = where


class _Book:
    """What the ledger says of a model's evaluations: plans that are open, runs that are recorded, tests."""

    def __init__(self, desk: Desk, model_id: str) -> None:
        self._plans = [view for view in desk.entries("eval-planned", model_id) if view.body]
        self._recorded: dict[tuple[str, ...], int | None] = {}
        closed: set[int] = set()
        for view in desk.entries("eval-result", model_id):
            if view.body is not None:
                self._recorded.setdefault(_identity(view.body), view.index)
                if isinstance(plan := view.body.get("plan"), Mapping):
                    closed.add(plan["index"])
        self._plans = [view for view in self._plans if view.index not in closed]
        policy = desk.newest_policy() or {}
        tests = policy.get("tests", {})
        self._has_policy = bool(policy)
        self._tested = {_task(test) for test in tests.values()}

    def has(self, fields: Mapping[str, Any]) -> bool:
        """Say whether a run is recorded, or stands earlier in the import at hand."""
        return _identity(fields) in self._recorded

    def recorded_index(self, fields: Mapping[str, Any]) -> int | None:
        """Return the entry that records a run already; None for one of the import at hand."""
        return self._recorded.get(_identity(fields))

    def add(self, fields: Mapping[str, Any]) -> None:
        """Note that a run is being recorded by the import at hand."""
        self._recorded.setdefault(_identity(fields), None)

    def take_plan(
        self, fields: Mapping[str, Any], started_ms: int, surface: str | None
    ) -> tuple[EntryView | None, list[str]]:
        """Return the oldest open plan for a run that was recorded before it started, and what to warn of.

        A plan for one surface is none for a run that was on another one.
        """
        task = (fields["task"]["name"], fields["task"]["version"])
        warnings = []
        if self._has_policy and task not in self._tested:
            warnings.append(f"no test of the policy uses the task {task[0]} version {task[1]}")
        fitting = [
            view
            for view in self._plans
            if _task(view.body or {}) == task
            and (surface is None or (view.body or {}).get("surface", surface) == surface)
        ]
        for view in fitting:
            if view.time_ms < started_ms:
                self._plans.remove(view)
                return view, warnings
        if fitting:
            planned = fitting[0]
            warnings.append(
                f"the run started at {format_time(started_ms)}, before entry {planned.index} planned it: "
                "it counts as unplanned"
            )
        else:
            warnings.append("nobody planned this run: where the policy asks for a plan it rules nothing out")
        return None, warnings


def _task(body: Mapping[str, Any]) -> tuple[str, str]:
    task = body.get("task", {})
    return str(task.get("name")), str(task.get("version"))


def _identity(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what makes two records the same run: the same files, and the same task within them."""
    return (*_task(body), *sorted(item["sha256"] for item in body["evidence"]))


def _warnings(fields: Mapping[str, Any]) -> list[str]:
    found = [f"flagged: {flag}" for flag in fields["flags"]]
    if fields["limit"] is not None:
        found.append(f"the run was limited ({fields['limit']}): it rules nothing out")
    if fields["status"] != "success":
        found.append(f"the run ended as {fields['status']}: it closes its plan and rules nothing out")
    return found


def _evidence(result: ImportedEval) -> list[EvidenceFile]:
    return [
        EvidenceFile(path, item["name"], item["sha256"], item["size"])
        for path, item in zip(result.evidence, result.body["evidence"], strict=True)
    ]
