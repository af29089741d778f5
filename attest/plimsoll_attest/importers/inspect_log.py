"""Reading Inspect's logs: `.eval` archives and `.json` documents, finished or not.

All scorers, reducers and metrics are kept. Runs with status `error` or `cancelled` have no results and are
returned all the same: a policy needs to know that a planned run ended. So is a log without an end. Its
status becomes `cancelled` and it is flagged `unfinished`, because a killed run leaves just that, and a run
that can be made to vanish by killing it would be worth killing. Whoever imports the log of a run that still
goes on records a run that rules nothing out; the finished log can be recorded later.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from plimsoll_attest.importers.archive import open_archive
from plimsoll_attest.importers.body import (
    EvalResultBody,
    Flags,
    ImportedEval,
    Reported,
    Run,
    Status,
    Task,
    clean_text,
    key_text,
    metadata_text,
    name_text,
    parse_time_ms,
    plain_text,
    sort_scores,
)
from plimsoll_attest.importers.errors import ImportFailed
from plimsoll_attest.importers.figures import SampleRecord
from plimsoll_attest.importers.files import Source, open_evidence
from plimsoll_attest.importers.foreign import BadJson, parse_json
from plimsoll_attest.importers.inspect_scores import read_scores, scored_counts
from plimsoll_attest.importers.limits import DEFAULT_LIMITS, MAX_ERROR_TEXT, Limits
from plimsoll_attest.importers.shape import count_at, list_at, object_at
from plimsoll_attest.times import format_time

_HEADER: Final = "header.json"
_START: Final = "_journal/start.json"
_NOT_INSPECT: Final = "name a log that Inspect wrote (.eval or .json); for lm-eval there is `import lm-eval`"


@dataclass(slots=True)
class _Log:
    """A log's header and sample records, wherever they came from."""

    path: Path
    header: dict[str, Any]
    flags: Flags = field(default_factory=Flags)
    records: list[SampleRecord] = field(default_factory=list)
    ended_ms: int | None = None
    keys: set[tuple[str, int]] = field(default_factory=set)


def read_inspect(path: Path, limits: Limits = DEFAULT_LIMITS) -> ImportedEval:
    """Read one Inspect log and recompute its proportions.

    Raises:
        ImportFailed: If it cannot be read completely, is no Inspect log, or is larger than the limits.

    Source: SPEC 5.4, 5.5.
    """
    with open_evidence(path, limits.archive_size) as source:
        start = source.stream.read(4)
        source.stream.seek(0)
        # By content, not by name: logs are renamed, and Inspect itself looks at these four bytes.
        log = _read_archive(source, limits) if start == b"PK\x03\x04" else _read_document(source, limits)
    return _imported(log, source, limits)


def _read_archive(source: Source, limits: Limits) -> _Log:
    path = source.path
    with open_archive(path, source.stream, limits) as archive:
        if _HEADER in archive:
            log = _Log(path, _header(path, _parse(path, archive.read(_HEADER), _HEADER)))
        elif _START in archive:
            log = _Log(path, _header(path, _parse(path, archive.read(_START), _START)))
            log.header["status"] = "started"
        else:
            raise ImportFailed(path, f"neither {_HEADER} nor {_START} in the archive", _NOT_INSPECT)
        for name in archive.names():
            # All members are read, needed or not: one whose directory entry was damaged into another name
            # would otherwise be a sample that silently went missing.
            data = archive.read(name)
            if name.startswith("samples/") and name.endswith(".json"):
                _add_sample(log, _parse(path, data, name), name, limits)
    return log


def _read_document(source: Source, limits: Limits) -> _Log:
    path = source.path
    if source.evidence["size"] > limits.document_size:
        raise ImportFailed(path, f"{source.evidence['size']} bytes, at most {limits.document_size} are read")
    data = source.stream.read()
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise ImportFailed(path, "neither a zip archive nor a JSON object", _NOT_INSPECT)
    document = _parse(path, data, "the log")
    log = _Log(path, _header(path, document))
    for index, sample in enumerate(list_at(path, document.get("samples"), "samples")):
        _add_sample(log, sample, f"samples[{index}]", limits)
    return log


def _parse(path: Path, data: bytes, what: str) -> Any:
    try:
        return parse_json(data)
    except BadJson as error:
        hint = "copy the log again from where it was written"
        raise ImportFailed(path, f"{what} is {error}", hint) from None


def _header(path: Path, document: Any) -> dict[str, Any]:
    if not isinstance(document, dict) or not isinstance(document.get("eval"), dict):
        raise ImportFailed(path, "no `eval` object in it", _NOT_INSPECT)
    if document.get("version") != 2:
        what = f"log format {plain_text(document.get('version'))}, only 2 is known"
        raise ImportFailed(path, what, "write it anew with a current Inspect: inspect log convert")
    return document


def _add_sample(log: _Log, sample: Any, what: str, limits: Limits) -> None:
    """Take one sample record: who, which epoch, and every scorer's value."""
    sample = object_at(log.path, sample, what)
    identity = sample.get("id")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        raise ImportFailed(log.path, f"{what} has no id")
    sample_id, epoch = str(identity), count_at(log.path, sample.get("epoch"), 1, f"epoch of {what}")
    if (sample_id, epoch) in log.keys:
        raise ImportFailed(log.path, f"two records of sample {sample_id!r}, epoch {epoch}")
    log.keys.add((sample_id, epoch))
    if len(log.keys) > limits.sample_count:
        raise ImportFailed(log.path, f"more than {limits.sample_count} sample records")
    values: dict[str, object] = {}
    for scorer, found in object_at(log.path, sample.get("scores") or {}, f"scores of {what}").items():
        score = object_at(log.path, found, f"score {scorer!r} of {what}")
        if "value" not in score:
            raise ImportFailed(log.path, f"score {scorer!r} of {what} has no value")
        values[scorer] = score["value"]
        if score.get("history"):
            log.flags.add("scores-edited")
    log.records.append(SampleRecord(sample_id, epoch, values))
    if sample.get("completed_at"):
        ended_ms = parse_time_ms(log.path, sample["completed_at"], f"completed_at of {what}", log.flags)
        log.ended_ms = max(log.ended_ms or 0, ended_ms)


def _imported(log: _Log, source: Source, limits: Limits) -> ImportedEval:
    path, header, flags = log.path, log.header, log.flags
    spec = header["eval"]
    status = _status(log)
    config = object_at(path, spec.get("config") or {}, "eval.config")
    dataset = object_at(path, spec.get("dataset") or {}, "eval.dataset")
    limit = _limit(path, config.get("limit"))
    if limit is not None:
        flags.add("limited", limit)
    if config.get("sample_id") is not None:
        flags.add("samples-selected")
    if header.get("invalidated"):
        flags.add("invalidated")
    if header.get("log_updates"):
        flags.add("log-edited")
    scores = read_scores(path, header.get("results"), log.records, flags, limits)
    started_ms, completed_ms = _times(log)
    seen = {record.sample_id for record in log.records}
    body: EvalResultBody = {
        "status": status,
        "tool": {"name": "inspect_ai", "version": _version_of_tool(path, spec)},
        "task": _task(path, spec, flags),
        "run": _run(path, spec),
        "started": format_time(started_ms),
        "completed": format_time(completed_ms),
        "variant": "",
        "epochs": count_at(path, config.get("epochs"), 1, "eval.config.epochs"),
        "samples": count_at(path, dataset.get("samples"), len(seen), "eval.dataset.samples"),
        "scored": scored_counts(path, header.get("results"), log.records),
        "limit": limit,
        "reported": _reported(path, spec, flags),
        "scores": sort_scores(path, scores),
        "evidence": [source.evidence],
        "flags": [],
    }
    body["variant"] = body["reported"]["metadata"].get("variant", "")
    error = header.get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        body["error"], shortened = clean_text(error["message"], MAX_ERROR_TEXT)
        if shortened:
            flags.add("text-shortened", "error")
    body["flags"] = flags.sorted()
    return ImportedEval(body, started_ms, completed_ms, path, (path,))


def _status(log: _Log) -> Status:
    status = log.header.get("status")
    if status == "started":
        log.flags.add("unfinished")
        return "cancelled"
    if status in ("success", "error", "cancelled"):
        return status  # type: ignore[no-any-return]
    raise ImportFailed(log.path, f"status {plain_text(status)!r} is none that Inspect writes", _NOT_INSPECT)


def _task(path: Path, spec: dict[str, Any], flags: Flags) -> Task:
    """Return the task. Its version stands in two places: older Inspects fill one, newer ones the other."""
    declared = plain_text(spec.get("task_version"))
    attributes = spec.get("task_attribs")
    attribute = plain_text(attributes.get("version")) if isinstance(attributes, dict) else None
    version = declared or "0"
    if attribute is not None and version == "0":
        version = attribute
    elif attribute not in (None, "0", version):
        flags.add("task-version-differs", f"task_version {version}, task_attribs.version {attribute}")
    task: Task = {
        "name": key_text(path, spec.get("task"), "eval.task"),
        "version": name_text(path, version, "the task version"),
    }
    registry_name = spec.get("task_registry_name")
    if registry_name:
        task["registry_name"] = name_text(path, registry_name, "eval.task_registry_name")
    return task


def _run(path: Path, spec: dict[str, Any]) -> Run:
    run: Run = {}
    for key in ("eval_id", "run_id", "task_id"):
        if spec.get(key):
            run[key] = name_text(path, spec[key], f"eval.{key}")
    return run


def _reported(path: Path, spec: dict[str, Any], flags: Flags) -> Reported:
    metadata = metadata_text(spec.get("metadata"), flags)
    model = name_text(path, spec.get("model", ""), "eval.model")
    return {"model": model, "snapshot": metadata.get("model_snapshot", ""), "metadata": metadata}


def _version_of_tool(path: Path, spec: dict[str, Any]) -> str:
    packages = spec.get("packages")
    version = packages.get("inspect_ai", "") if isinstance(packages, dict) else ""
    return name_text(path, version, "eval.packages.inspect_ai")


def _times(log: _Log) -> tuple[int, int]:
    """Return start and end. A log without an end ended when its last sample did, as far as it can tell."""
    stats = object_at(log.path, log.header.get("stats") or {}, "stats")
    created = log.header["eval"].get("created")
    started = stats.get("started_at") or created
    started_ms = parse_time_ms(log.path, started, "the start time", log.flags)
    if not stats.get("completed_at") and log.ended_ms is not None:
        completed_ms = log.ended_ms
    else:
        completed = stats.get("completed_at") or created
        completed_ms = parse_time_ms(log.path, completed, "the end time", log.flags)
    if completed_ms < started_ms:
        log.flags.add("times-reversed")
        # An adverse result acts from its event time; the later of the two claims no more than is known.
        completed_ms = started_ms
    return started_ms, completed_ms


def _limit(path: Path, limit: Any) -> str | None:
    """Return the part of the data set that was run: a number, or a range "first-last"."""
    if limit is None:
        return None
    parts = limit if isinstance(limit, list) else [limit]
    return name_text(path, "-".join(plain_text(part) or "?" for part in parts), "eval.config.limit")
