"""Reading lm-eval's results files, with the per-sample JSON Lines beside them.

One results file holds any number of tasks; each becomes a result of its own. A figure's key in the file is
``metric,filter``; here the filter is the scorer (lm-eval's word for "no filter" is ``none``), the reducer is
always `mean`. Exact counts come from ``samples_<task>*.jsonl`` in the same folder. The model's name in such
a file is whatever the command line said, so it is recorded as reported and identifies nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from plimsoll_attest.importers.body import (
    EvalResultBody,
    Evidence,
    Flags,
    ImportedEval,
    ScoreBody,
    Scored,
    key_text,
    metadata_text,
    name_text,
    plain_text,
    seconds_to_ms,
    sort_scores,
)
from plimsoll_attest.importers.errors import ImportFailed
from plimsoll_attest.importers.figures import SampleRecord, grades_by_sample, make_score, recompute
from plimsoll_attest.importers.files import open_evidence
from plimsoll_attest.importers.foreign import BadJson, Number, exact_decimal, parse_json
from plimsoll_attest.importers.limits import DEFAULT_LIMITS, Limits
from plimsoll_attest.importers.shape import count_at, list_at, object_at
from plimsoll_attest.times import format_time

_MEAN: Final = "mean"
_STAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9.:-]+")
_NOT_LM_EVAL: Final = "name a results_*.json that lm-eval wrote; for Inspect's logs there is `import inspect`"
_RESULTS_KEYS: Final = frozenset({"name", "alias", "sample_len", "sample_count", " "})


@dataclass(frozen=True, slots=True)
class _Samples:
    """The sample records of one task and the file that they came from."""

    path: Path
    evidence: Evidence
    records: list[SampleRecord]


def read_lm_eval(path: Path, limits: Limits = DEFAULT_LIMITS) -> list[ImportedEval]:
    """Read one lm-eval results file: a result for each task, in order of task names.

    Groups, whose figures are aggregates of their tasks', are results of their own, flagged `group`.

    Raises:
        ImportFailed: If the file, or a samples file beside it, cannot be read completely or has no known
            shape.

    Source: SPEC 5.4, 5.5.
    """
    with open_evidence(path, limits.document_size) as source:
        document = _parse(path, source.stream.read(), "the file")
    if not isinstance(document, dict) or not isinstance(document.get("results"), dict):
        raise ImportFailed(path, "no `results` object in it", _NOT_LM_EVAL)
    if "lm_eval_version" not in document and "configs" not in document:
        raise ImportFailed(path, "neither `lm_eval_version` nor `configs` in it", _NOT_LM_EVAL)
    if not document["results"]:
        raise ImportFailed(path, "its `results` name no task", _NOT_LM_EVAL)
    return [_imported(path, document, task, source.evidence, limits) for task in sorted(document["results"])]


def _imported(
    path: Path, document: dict[str, Any], task: str, evidence: Evidence, limits: Limits
) -> ImportedEval:
    key_text(path, task, "a task's name")
    flags = Flags()
    figures = object_at(path, document["results"][task], f"results of {task!r}")
    config = object_at(path, _of(document, "configs", task) or {}, f"configs of {task!r}")
    run = object_at(path, document.get("config") or {}, "config")
    members = list_at(path, _of(document, "group_subtasks", task), f"group_subtasks of {task!r}")
    if members:
        flags.add("group", ", ".join(str(member) for member in members))
    samples = None if members else _read_samples(path, task, limits)
    if samples is None:
        flags.add("no-samples")
    records = [] if samples is None else samples.records
    original = _dataset_size(path, document, task, len({record.sample_id for record in records}), flags)
    limit = _limit(path, run, flags)
    scores = sort_scores(path, list(_read_scores(path, figures, config, records, flags)))
    if len(scores) > limits.score_count:
        raise ImportFailed(path, f"more than {limits.score_count} figures in the results of {task!r}")
    started_ms, completed_ms = _times(path, document)
    body: EvalResultBody = {
        "status": "success",
        "tool": {
            "name": "lm_eval",
            "version": name_text(path, document.get("lm_eval_version", ""), "lm_eval_version"),
        },
        "task": {"name": task, "version": _version(path, document, config, task)},
        "run": {},
        "started": format_time(started_ms),
        "completed": format_time(completed_ms),
        "variant": "",
        "epochs": 1,
        "samples": original,
        "scored": _scored(scores, records),
        "limit": limit,
        "reported": {
            "model": name_text(path, document.get("model_name") or "", "model_name"),
            "snapshot": "",
            "metadata": metadata_text(_metadata(document, task), flags),
        },
        "scores": scores,
        "evidence": [evidence] if samples is None else [evidence, samples.evidence],
        "flags": flags.sorted(),
    }
    files = (path,) if samples is None else (path, samples.path)
    return ImportedEval(body, started_ms, completed_ms, path, files)


def _read_scores(
    path: Path, figures: dict[str, Any], config: dict[str, Any], records: list[SampleRecord], flags: Flags
) -> Iterator[ScoreBody]:
    for key, value in figures.items():
        if key in _RESULTS_KEYS:
            continue
        metric, separator, scorer = name_text(path, key, "a figure's key").rpartition(",")
        if not separator:
            # Releases before 0.4 had no filters.
            metric, scorer = key, "none"
        grades = grades_by_sample(records, scorer, metric)
        recomputed = recompute(_MEAN, grades) if grades and _is_mean(config, metric) else None
        if recomputed is None and records and not metric.endswith("_stderr"):
            flags.add("not-recomputed", f"{scorer}/{_MEAN}/{metric}")
        yield make_score((scorer, _MEAN, metric), value, recomputed, flags)


def _is_mean(config: dict[str, Any], metric: str) -> bool:
    """Return whether a metric is the plain mean of its samples; lm-eval's default where nothing is said."""
    for entry in config.get("metric_list") or []:
        if isinstance(entry, dict) and entry.get("metric") == metric:
            return bool(entry.get("aggregation", _MEAN) == _MEAN)
    return not metric.endswith("_stderr")


def _read_samples(path: Path, task: str, limits: Limits) -> _Samples | None:
    """Return the sample records beside a results file, or None if lm-eval was not asked to write any."""
    beside = _samples_file(path, task)
    if beside is None:
        return None
    records: list[SampleRecord] = []
    keys: set[tuple[str, str]] = set()
    with open_evidence(beside, limits.archive_size) as source:
        number = 0
        while line := source.stream.readline(limits.line_size + 1):
            number += 1
            if len(line) > limits.line_size:
                raise ImportFailed(beside, f"line {number} is longer than {limits.line_size} bytes")
            if not line.strip():
                continue
            record, scorer = _record(beside, _parse(beside, line, f"line {number}"), f"line {number}")
            if (record.sample_id, scorer) in keys:
                raise ImportFailed(beside, f"line {number} is a second record of document {record.sample_id}")
            keys.add((record.sample_id, scorer))
            records.append(record)
            if len(records) > limits.sample_count:
                raise ImportFailed(beside, f"more than {limits.sample_count} sample records")
    return _Samples(beside, source.evidence, records)


def _record(path: Path, line: Any, what: str) -> tuple[SampleRecord, str]:
    line = object_at(path, line, what)
    document = plain_text(line.get("doc_id"))
    if document is None:
        raise ImportFailed(path, f"{what} has no doc_id")
    scorer = name_text(path, line.get("filter", "none"), f"the filter of {what}")
    metrics = list_at(path, line.get("metrics"), f"the metrics of {what}")
    values = {name: line[name] for name in metrics if isinstance(name, str) and name in line}
    return SampleRecord(document, 1, {scorer: values}), scorer


def _samples_file(path: Path, task: str) -> Path | None:
    """Find a task's samples: of the same time stamp as the results file, or the only one there is.

    Raises:
        ImportFailed: If several runs lie in one folder and the names do not say which is meant.
    """
    stamp = path.stem.removeprefix("results_")
    names = {task, re.sub(r"\W", "_", task)}
    exact = [path.with_name(f"samples_{name}_{stamp}.jsonl") for name in names]
    plain = [path.with_name(f"samples_{name}.jsonl") for name in names]
    for group in (exact, plain):
        if found := sorted(candidate for candidate in set(group) if candidate.is_file()):
            return found[0]
    dated = [
        candidate
        for name in names
        for candidate in path.parent.iterdir()
        if candidate.name.startswith(f"samples_{name}_")
        and candidate.suffix == ".jsonl"
        and _STAMP.fullmatch(candidate.stem.removeprefix(f"samples_{name}_"))
    ]
    # With a stamp of its own, a results file whose samples are missing must not take another run's.
    if _STAMP.fullmatch(stamp) or not dated:
        return None
    if len(set(dated)) > 1:
        what = f"{len(set(dated))} sample files of {task!r} lie beside it, and no name says which is its own"
        raise ImportFailed(
            path, what, "keep one run in a folder, or give the results file its time stamp back"
        )
    return dated[0]


def _dataset_size(path: Path, document: dict[str, Any], task: str, default: int, flags: Flags) -> int:
    sizes = object_at(path, _of(document, "n-samples", task) or {}, f"n-samples of {task!r}")
    original = count_at(path, sizes.get("original"), default, f"n-samples.original of {task!r}")
    effective = count_at(path, sizes.get("effective"), original, f"n-samples.effective of {task!r}")
    if effective < original:
        flags.add("limited", f"{effective} of {original} samples")
    if 0 < default < effective:
        flags.add("samples-missing", f"{default} records of {effective} samples")
    if default > effective:
        flags.add("figures-differ", f"{effective} samples reported, {default} recorded")
    return original


def _limit(path: Path, run: dict[str, Any], flags: Flags) -> str | None:
    if run.get("limit") is None:
        return None
    limit = name_text(path, plain_text(run["limit"]), "config.limit")
    flags.add("limited", limit)
    return limit


def _scored(scores: list[ScoreBody], records: list[SampleRecord]) -> Scored:
    """Return the least number of samples that any filter in the results has records for."""
    least = min(
        (
            len({record.sample_id for record in records if score["scorer"] in record.scores})
            for score in scores
        ),
        default=0,
    )
    return {"samples": least, "sample_epochs": least}


def _times(path: Path, document: dict[str, Any]) -> tuple[int, int]:
    """Return start and end: `date` in seconds since 1970, and how long it took, written as text."""
    date = document.get("date")
    started = Fraction(date) if isinstance(date, int) else date.exact() if isinstance(date, Number) else None
    if started is None:
        raise ImportFailed(path, "`date` is no number of seconds since 1970", _NOT_LM_EVAL)
    took = exact_decimal(plain_text(document.get("total_evaluation_time_seconds")) or "")
    if took is None or took < 0:
        took = Fraction(0)
    return seconds_to_ms(path, started, "date"), seconds_to_ms(path, started + took, "the end time")


def _version(path: Path, document: dict[str, Any], config: dict[str, Any], task: str) -> str:
    version = plain_text(_of(document, "versions", task))
    if version is None:
        metadata = config.get("metadata")
        version = plain_text(metadata.get("version")) if isinstance(metadata, dict) else None
    return name_text(path, version or "", f"the version of {task!r}")


def _metadata(document: dict[str, Any], task: str) -> dict[str, Any]:
    """Return what tells runs of a task apart. Never `model_args`: they may hold keys to a service."""
    found = {
        "model_source": document.get("model_source"),
        "num_fewshot": _of(document, "n-shot", task),
        "task_hash": _of(document, "task_hashes", task),
    }
    return {key: value for key, value in found.items() if plain_text(value)}


def _of(document: dict[str, Any], table: str, task: str) -> Any:
    value = document.get(table)
    return value.get(task) if isinstance(value, dict) else None


def _parse(path: Path, data: bytes, what: str) -> Any:
    try:
        return parse_json(data)
    except BadJson as error:
        raise ImportFailed(
            path, f"{what} is {error}", "copy the file again from where it was written"
        ) from None
