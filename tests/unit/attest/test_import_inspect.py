"""Inspect logs: exact figures of the real ones, and every way in which a log may contradict itself."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backports.zstd import zipfile

from plimsoll_attest.canonical import format_canonical
from plimsoll_attest.importers import (
    EvalResultBody,
    ImportedEval,
    ImportFailed,
    Limits,
    read_inspect,
    read_lm_eval,
)
from plimsoll_attest.statements.kinds import find_kind

LOGS = Path(__file__).parents[3] / "examples" / "logs"
SMALL = LOGS / "harbour-1-small"
LARGE = LOGS / "harbour-1"
Document = dict[str, Any]
Import = Callable[[Document], ImportedEval]


def figures(body: EvalResultBody, metric: str = "accuracy") -> dict[str, object]:
    return {
        f"{score['scorer']}/{score['reducer']}": score.get("count") or score.get("fraction")
        for score in body["scores"]
        if score["metric"] == metric
    }


@pytest.fixture
def document() -> Document:
    """The smaller model's bio-knowledge log, to be changed."""
    loaded: Document = json.loads((SMALL / "bio-knowledge.json").read_bytes())
    for sample in loaded["samples"]:
        for part in ("events", "messages", "attachments", "events_data"):
            sample.pop(part, None)
    return loaded


@pytest.fixture
def read(tmp_path: Path) -> Import:
    def write_and_read(document: Document) -> ImportedEval:
        path = tmp_path / "log.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return read_inspect(path)

    return write_and_read


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (
            SMALL / "virology-long-form.eval",
            {
                "includes/mean": {"k": 15, "n": 60},
                "includes/max": {"k": 11, "n": 12},
                "includes/pass_at_3": "13/20",
            },
        ),
        (
            LARGE / "virology-long-form.eval",
            {
                "includes/mean": {"k": 48, "n": 60},
                "includes/max": {"k": 12, "n": 12},
                "includes/pass_at_3": "1/1",
            },
        ),
        (
            SMALL / "bio-knowledge.json",
            {"includes/mean": {"k": 13, "n": 33}, "match/mean": {"k": 13, "n": 33}},
        ),
        (
            LARGE / "bio-knowledge.json",
            {"includes/mean": {"k": 16, "n": 33}, "match/mean": {"k": 16, "n": 33}},
        ),
        (SMALL / "autonomy-tasks.eval", {"includes/mean": {"k": 1, "n": 30}}),
        (LARGE / "autonomy-tasks.eval", {"includes/mean": {"k": 8, "n": 30}}),
        (SMALL / "cyber-range.eval", {}),
        (LARGE / "cyber-range.eval", {}),
    ],
    ids=lambda value: f"{value.parent.name}-{value.stem}" if isinstance(value, Path) else None,
)
def test_real_logs_give_exact_figures_and_no_flags(log: Path, expected: dict[str, object]) -> None:
    body = read_inspect(log).body
    assert figures(body) == expected
    assert body["flags"] == []
    assert format_canonical(body)


@pytest.mark.parametrize("folder", [SMALL, LARGE, LOGS / "lm-eval"], ids=lambda folder: folder.name)
def test_bodies_are_those_of_the_kind(folder: Path) -> None:
    """Importers and the typed model of `eval-result` are written apart; each fits the other."""
    kind = find_kind("eval-result")
    imported = [
        *(read_inspect(path) for path in sorted(folder.glob("*.eval"))),
        *(read_inspect(path) for path in sorted(folder.glob("bio-*.json"))),
        *(found for path in sorted(folder.glob("results_*.json")) for found in read_lm_eval(path)),
    ]
    assert imported
    for found in imported:
        body = {**found.body, "plan": None}
        assert kind.check_body(body) == body


def test_whole_body_of_a_real_log() -> None:
    log = SMALL / "virology-long-form.eval"
    imported = read_inspect(log)
    body = copy.deepcopy(imported.body)
    assert [score["value"] for score in body.pop("scores")] == [  # type: ignore[misc]
        "0.9166666666666666",
        "0.08333333333333333",
        "0.25000000000000006",
        "0.03588702812826367",
        "0.6499999999999999",
        "0.07229988054812211",
    ]
    assert body == {
        "status": "success",
        "tool": {"name": "inspect_ai", "version": "0.3.285"},
        "task": {"name": "virology_long_form", "version": "3", "registry_name": "virology_long_form"},
        "run": {
            "eval_id": "Qcw2FGJ9k85y7dBQpxcyWH",
            "run_id": "VDGriiHB3TGeKFggQCU9H6",
            "task_id": "UJAGgsgQoWAE8hYREfqMWk",
        },
        "started": "2026-11-22T01:13:53.000Z",
        "completed": "2026-11-22T01:13:55.000Z",
        "variant": "helpful-only",
        "epochs": 5,
        "samples": 12,
        "scored": {"samples": 12, "sample_epochs": 60},
        "limit": None,
        "reported": {
            "model": "mockllm/model",
            "snapshot": "harbour-1-small@sha256:demo",
            "metadata": {
                "domain": "cbrn",
                "model_snapshot": "harbour-1-small@sha256:demo",
                "variant": "helpful-only",
            },
        },
        "evidence": [
            {
                "name": "virology-long-form.eval",
                "sha256": "e7b671ff1528d26fd859b3813c60d45d32e797f0d8f1c47930abe5fc2bae83be",
                "size": 119986,
            }
        ],
        "flags": [],
    }
    assert (imported.started_ms, imported.completed_ms) == (1795310033000, 1795310035000)
    assert (imported.source, imported.evidence) == (log, (log,))


def test_errored_run_is_a_result_without_figures() -> None:
    body = read_inspect(SMALL / "cyber-range.eval").body
    assert (body["status"], body["error"]) == ("error", "RuntimeError('sandbox lost')")
    assert (body["scores"], body["scored"]) == ([], {"samples": 0, "sample_epochs": 0})
    assert body["task"]["version"] == "2"


def test_cancelled_run_is_a_result(document: Document, read: Import) -> None:
    document["status"] = "cancelled"
    del document["results"]
    body = read(document).body
    assert (body["status"], body["scores"]) == ("cancelled", [])
    assert body["scored"] == {"samples": 33, "sample_epochs": 33}
    assert "error" not in body


def test_archive_and_document_of_one_log_give_the_same(tmp_path: Path) -> None:
    source = SMALL / "virology-long-form.eval"
    with zipfile.ZipFile(source) as archive:
        log = json.loads(archive.read("header.json"))
        log["samples"] = [
            json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("samples/")
        ]
    path = tmp_path / "same.json"
    path.write_text(json.dumps(log), encoding="utf-8")
    one, other = dict(read_inspect(source).body), dict(read_inspect(path).body)
    assert one.pop("evidence") != other.pop("evidence")
    assert one == other


def test_a_log_is_known_by_its_content_not_its_name(tmp_path: Path) -> None:
    renamed = tmp_path / "archive.json"
    shutil.copy(SMALL / "autonomy-tasks.eval", renamed)
    assert figures(read_inspect(renamed).body) == {"includes/mean": {"k": 1, "n": 30}}


def test_archive_without_end_is_a_cancelled_run(tmp_path: Path) -> None:
    path = tmp_path / "killed.eval"
    with (
        zipfile.ZipFile(SMALL / "virology-long-form.eval") as whole,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as cut,
    ):
        for name in whole.namelist():
            if name == "_journal/start.json" or name.endswith("_epoch_1.json"):
                cut.writestr(name, whole.read(name))
    body = read_inspect(path).body
    assert (body["status"], body["flags"], body["scores"]) == ("cancelled", ["unfinished"], [])
    assert body["scored"] == {"samples": 12, "sample_epochs": 12}
    assert body["started"] == "2026-11-22T01:13:53.000Z"
    # The end is that of the last sample that the archive holds: 01:13:54.848...
    assert body["completed"] == "2026-11-22T01:13:54.848Z"


def test_document_still_started_is_a_cancelled_run(document: Document, read: Import) -> None:
    document["status"] = "started"
    del document["results"]
    document["stats"] = {}
    body = read(document).body
    assert (body["status"], body["flags"]) == ("cancelled", ["unfinished"])


def test_one_sample_changed_after_the_run_is_flagged(document: Document, read: Import) -> None:
    sample = next(sample for sample in document["samples"] if sample["scores"]["match"]["value"] == "C")
    sample["scores"]["match"]["value"] = "I"
    body = read(document).body
    assert figures(body)["match/mean"] == {"k": 12, "n": 33}
    assert body["flags"] == [
        "figures-differ",
        "figures-differ: match/mean/accuracy: reported 0.3939393939393939, recomputed 12/33",
    ]


def test_reported_figure_changed_after_the_run_is_flagged(document: Document, read: Import) -> None:
    document["results"]["scores"][0]["metrics"]["accuracy"]["value"] = 12 / 33
    body = read(document).body
    assert figures(body)["includes/mean"] == {"k": 13, "n": 33}
    assert "figures-differ" in body["flags"]


def test_samples_taken_out_are_flagged(document: Document, read: Import) -> None:
    right = [sample for sample in document["samples"] if sample["scores"]["match"]["value"] == "C"]
    wrong = [sample for sample in document["samples"] if sample["scores"]["match"]["value"] == "I"]
    document["samples"] = right[:12] + wrong[:18]
    body = read(document).body
    assert {"samples-missing", "samples-missing: 30 records of 33 samples"} <= set(body["flags"])
    assert "figures-differ: match/mean: 33 scored samples reported, 30 recomputed" in body["flags"]
    assert body["scored"] == {"samples": 30, "sample_epochs": 30}


def test_log_without_samples_has_no_counts(document: Document, read: Import) -> None:
    document["samples"] = None
    body = read(document).body
    assert body["flags"] == ["no-samples"]
    assert figures(body) == {"includes/mean": None, "match/mean": None}
    assert body["scores"][0]["value"] == "0.3939393939393939"
    assert body["scored"] == {"samples": 0, "sample_epochs": 0}


def test_figure_of_a_scorer_that_scored_nothing_is_flagged(document: Document, read: Import) -> None:
    for sample in document["samples"]:
        sample["scores"]["match"]["value"] = float("nan")
    body = read(document).body
    assert "figures-differ" in body["flags"]
    assert figures(body)["match/mean"] is None
    # Scored is the least over the scorers: `includes` did score all 33.
    assert body["scored"] == {"samples": 0, "sample_epochs": 0}


def test_figures_that_are_no_numbers_are_null(document: Document, read: Import) -> None:
    metrics = document["results"]["scores"][0]["metrics"]
    metrics["stderr"]["value"] = float("nan")
    metrics["bootstrap"] = {"name": "bootstrap", "value": float("inf")}
    body = read(document).body
    values = {score["metric"]: score["value"] for score in body["scores"] if score["scorer"] == "includes"}
    assert values == {"accuracy": "0.3939393939393939", "stderr": None, "bootstrap": None}
    assert body["flags"] == [
        "not-a-number",
        "not-a-number: includes/mean/bootstrap",
        "not-a-number: includes/mean/stderr",
    ]


def test_numbers_keep_their_written_form(document: Document, tmp_path: Path) -> None:
    text = json.dumps(document).replace('"value": 0.3939393939393939', '"value": 3.939393939393939e-01')
    path = tmp_path / "log.json"
    path.write_text(text, encoding="utf-8")
    body = read_inspect(path).body
    assert body["scores"][0]["value"] == "3.939393939393939e-01"
    assert body["flags"] == []


def test_partial_credit_has_a_fraction_and_no_count(document: Document, read: Import) -> None:
    for sample, value in zip(document["samples"], ["C", "P", "N"] * 11, strict=True):
        sample["scores"]["match"]["value"] = value
    document["results"]["scores"][1]["metrics"]["accuracy"]["value"] = 0.5
    body = read(document).body
    assert figures(body)["match/mean"] == "1/2"
    assert body["flags"] == []


def test_values_without_a_number_are_not_recomputed(document: Document, read: Import) -> None:
    document["samples"][0]["scores"]["match"]["value"] = "excellent"
    body = read(document).body
    assert figures(body)["match/mean"] is None
    assert body["flags"] == ["not-recomputed", "not-recomputed: match/mean/accuracy"]


def test_unknown_reducers_are_not_recomputed(document: Document, read: Import) -> None:
    document["results"]["scores"][1]["reducer"] = "house_special"
    body = read(document).body
    assert figures(body) == {"includes/mean": {"k": 13, "n": 33}, "match/house_special": None}
    assert "not-recomputed: match/house_special/accuracy" in body["flags"]


def test_scores_that_are_objects_are_one_figure_a_member(document: Document, read: Import) -> None:
    for index, sample in enumerate(document["samples"]):
        sample["scores"]["match"]["value"] = {"safe": index % 3 == 0, "useful": 1}
    template = document["results"]["scores"].pop()
    for name, value in (("safe", 11 / 33), ("useful", 1.0)):
        entry = copy.deepcopy(template)
        entry["name"] = name
        entry["metrics"] = {"accuracy": {"name": "accuracy", "value": value}}
        document["results"]["scores"].append(entry)
    body = read(document).body
    assert figures(body) == {
        "includes/mean": {"k": 13, "n": 33},
        "match/safe/mean": {"k": 11, "n": 33},
        "match/useful/mean": {"k": 33, "n": 33},
    }
    assert body["flags"] == []


def test_two_figures_of_one_key_are_refused(document: Document, read: Import) -> None:
    document["results"]["scores"].append(copy.deepcopy(document["results"]["scores"][0]))
    with pytest.raises(ImportFailed, match="two figures for includes/mean/accuracy"):
        read(document)


@pytest.mark.parametrize(
    ("declared", "attributes", "version", "flagged"),
    [
        (0, {"version": 3}, "3", False),
        (2, {}, "2", False),
        (2, {"version": 0}, "2", False),
        (2, {"version": 2}, "2", False),
        ("1-B", {}, "1-B", False),
        (2, {"version": 3}, "2", True),
        (0, {}, "0", False),
    ],
)
def test_task_version_comes_from_either_place(
    document: Document,
    read: Import,
    declared: object,
    attributes: dict[str, object],
    version: str,
    flagged: bool,
) -> None:
    document["eval"]["task_version"] = declared
    document["eval"]["task_attribs"] = attributes
    body = read(document).body
    assert body["task"]["version"] == version
    assert ("task-version-differs" in body["flags"]) is flagged


def test_edits_after_the_run_are_flagged(document: Document, read: Import) -> None:
    document["invalidated"] = True
    document["log_updates"] = [{"edits": []}]
    document["samples"][3]["scores"]["match"]["history"] = [{"value": "I"}]
    assert read(document).body["flags"] == ["invalidated", "log-edited", "scores-edited"]


def test_parts_of_a_data_set_are_flagged(document: Document, read: Import) -> None:
    document["eval"]["config"] |= {"limit": [5, 38], "sample_id": ["bio-001"]}
    body = read(document).body
    assert body["limit"] == "5-38"
    assert body["flags"] == ["limited", "limited: 5-38", "samples-selected"]


def test_foreign_text_is_kept_within_bounds(document: Document, read: Import) -> None:
    document["eval"]["metadata"] = {
        "note": "bell \a and \u202e bidi",
        "long": "x" * 5_000,
        "half": "a\ud800b",
        "a key with spaces": "1",
        "nested": {"a": 1},
        "rate": 0.10,
        "on": True,
    }
    document["error"] = {"message": "e" * 3_000}
    body = read(document).body
    assert body["reported"]["metadata"] == {
        "half": "a?b",
        "long": "x" * 4_000,
        "note": "bell \a and \u202e bidi",
        "on": "true",
        "rate": "0.1",
    }
    assert body["error"] == "e" * 2_000
    assert {
        "metadata-omitted: a key with spaces",
        "metadata-omitted: nested",
        "text-shortened: metadata half",
    } <= set(body["flags"])
    assert format_canonical(body)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("n" * 4_001, "eval.task has 4001 characters, at most 4000 fit"),
        ("n" * 1_025, "eval.task has 1025 characters, 1 to 1024 fit"),
        ("", "eval.task has 0 characters, 1 to 1024 fit"),
        ("a\udc00", "half a surrogate pair"),
        (7, "is int where text"),
    ],
)
def test_names_that_do_not_fit_are_refused(document: Document, read: Import, name: object, what: str) -> None:
    document["eval"]["task"] = name
    with pytest.raises(ImportFailed, match=what):
        read(document)


@pytest.mark.parametrize(
    ("started", "completed", "body_times", "flags"),
    [
        ("2026-11-22T02:00:00+01:00", "2026-11-22T01:00:01.0019Z", ("01:00:00.000Z", "01:00:01.001Z"), []),
        (
            "2026-11-22T01:00:00",
            "2026-11-22T01:00:01+00:00",
            ("01:00:00.000Z", "01:00:01.000Z"),
            ["time-without-offset", "time-without-offset: the start time"],
        ),
        (
            "2026-11-22T01:00:02Z",
            "2026-11-22T01:00:01Z",
            ("01:00:02.000Z", "01:00:02.000Z"),
            ["times-reversed"],
        ),
    ],
)
def test_times(
    document: Document,
    read: Import,
    started: str,
    completed: str,
    body_times: tuple[str, str],
    flags: list[str],
) -> None:
    document["stats"] |= {"started_at": started, "completed_at": completed}
    imported = read(document)
    times = (imported.body["started"], imported.body["completed"])
    assert times == tuple(f"2026-11-22T{time}" for time in body_times)
    assert imported.body["flags"] == flags
    assert imported.completed_ms >= imported.started_ms


@pytest.mark.parametrize("time", ["yesterday", "1969-12-31T23:59:59Z", "2026-13-01T00:00:00Z", 5])
def test_times_that_are_none_are_refused(document: Document, read: Import, time: object) -> None:
    document["stats"]["completed_at"] = time
    with pytest.raises(ImportFailed, match="the end time"):
        read(document)


Change = Callable[[Document], object]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda log: log.pop("eval"), "no `eval` object"),
        (lambda log: log.update(version=3), "log format 3"),
        (lambda log: log.update(status="fine"), "status 'fine'"),
        (lambda log: log["samples"].append(log["samples"][0]), "two records of sample 'bio-000', epoch 1"),
        (lambda log: log["samples"].append(7), r"samples\[33\] is '7' where a JSON object was wanted"),
        (lambda log: log["samples"][0].pop("id"), r"samples\[0\] has no id"),
        (lambda log: log["samples"][0].update(epoch=-1), "epoch of"),
        (lambda log: log["samples"][0]["scores"].update(match={}), "score 'match' of .* has no value"),
        (lambda log: log["results"].update(scores={}), "results.scores is an object where a JSON array"),
        (lambda log: log["results"]["scores"][0].pop("scorer"), None),
        (lambda log: log["results"]["scores"].append({"metrics": {}}), "a score's scorer is NoneType"),
        (lambda log: log["eval"]["config"].update(epochs="5"), "eval.config.epochs is '5' where a count"),
    ],
)
def test_logs_of_another_shape_are_refused_by_name(
    document: Document, read: Import, change: Change, what: str | None
) -> None:
    change(document)
    if what is None:
        # A score that names no scorer is its own.
        assert read(document).body["flags"] == []
        return
    with pytest.raises(ImportFailed, match=what):
        read(document)


def test_limits_hold(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    size = path.stat().st_size
    for limits, what in [
        (Limits(archive_size=size - 1), f"{size} bytes, at most {size - 1} are read"),
        (Limits(document_size=size - 1), f"{size} bytes, at most {size - 1} are read"),
        (Limits(sample_count=32), "more than 32 sample records"),
        (Limits(score_count=3), "more than 3 figures"),
    ]:
        with pytest.raises(ImportFailed, match=what):
            read_inspect(path, limits)
    assert (
        read_inspect(path, Limits(size, sample_count=33, score_count=4, document_size=size)).body["flags"]
        == []
    )
