"""lm-eval results: exact counts from the samples beside them, and flags where the two do not agree."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plimsoll_attest.canonical import format_canonical
from plimsoll_attest.importers import EvalResultBody, ImportedEval, ImportFailed, Limits, read_lm_eval

LOGS = Path(__file__).parents[3] / "examples" / "logs" / "lm-eval"
RESULTS = LOGS / "results_demo_mc.json"
Document = dict[str, Any]
Lines = list[dict[str, Any]]
Import = Callable[[Document, Lines | None], list[ImportedEval]]


def counts(body: EvalResultBody) -> dict[str, object]:
    return {
        f"{score['scorer']}/{score['metric']}": score.get("count") or score.get("fraction")
        for score in body["scores"]
        if not score["metric"].endswith("stderr")
    }


@pytest.fixture
def document() -> Document:
    loaded: Document = json.loads(RESULTS.read_bytes())
    return loaded


@pytest.fixture
def lines() -> Lines:
    text = (LOGS / "samples_demo_mc.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def read(tmp_path: Path) -> Import:
    def write_and_read(document: Document, lines: Lines | None) -> list[ImportedEval]:
        path = tmp_path / "results_demo_mc.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        if lines is not None:
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (tmp_path / "samples_demo_mc.jsonl").write_text(text, encoding="utf-8")
        return read_lm_eval(path)

    return write_and_read


def test_real_results_with_samples() -> None:
    (imported,) = read_lm_eval(RESULTS)
    assert imported.body == {
        "status": "success",
        "tool": {"name": "lm_eval", "version": "0.4.13"},
        "task": {"name": "demo_mc", "version": "1.0"},
        "run": {},
        "started": "2026-11-22T00:50:10.319Z",
        "completed": "2026-11-22T00:50:19.918Z",
        "variant": "",
        "epochs": 1,
        "samples": 4,
        "scored": {"samples": 4, "sample_epochs": 4},
        "limit": None,
        "reported": {
            "model": "8mdd4v30",
            "snapshot": "",
            "metadata": {
                "model_source": "dummy",
                "num_fewshot": "0",
                "task_hash": "8b0c8ddec66015f97fa1de8f638972a308da5a70f2fd6f119597117666171314",
            },
        },
        "scores": [
            {"scorer": "none", "reducer": "mean", "metric": "acc", "value": "0.5", "count": {"k": 2, "n": 4}},
            {
                "scorer": "none",
                "reducer": "mean",
                "metric": "acc_norm",
                "value": "0.5",
                "count": {"k": 2, "n": 4},
            },
            {
                "scorer": "none",
                "reducer": "mean",
                "metric": "acc_norm_stderr",
                "value": "0.28867513459481287",
            },
            {"scorer": "none", "reducer": "mean", "metric": "acc_stderr", "value": "0.28867513459481287"},
        ],
        "evidence": [
            {
                "name": "results_demo_mc.json",
                "sha256": "526eda1dfb866ade71759f1bf9abd2e7c2734c767c3e31114f1114eab16d86c4",
                "size": 2797,
            },
            {
                "name": "samples_demo_mc.jsonl",
                "sha256": "93b34eb27c7926abd1bd2a0ebdc8f5a331a50f2908f55146babe4c1833db2d54",
                "size": 2940,
            },
        ],
        "flags": [],
    }
    assert imported.evidence == (RESULTS, LOGS / "samples_demo_mc.jsonl")
    assert imported.completed_ms == 1795308619918
    assert format_canonical(imported.body)


def test_without_samples_there_are_no_counts(document: Document, read: Import) -> None:
    (imported,) = read(document, None)
    assert imported.body["flags"] == ["no-samples"]
    assert counts(imported.body) == {"none/acc": None, "none/acc_norm": None}
    assert imported.body["samples"] == 4
    assert imported.body["scored"] == {"samples": 0, "sample_epochs": 0}
    assert len(imported.evidence) == 1


def test_one_sample_changed_is_flagged(document: Document, lines: Lines, read: Import) -> None:
    lines[0]["acc"] = 1.0
    (imported,) = read(document, lines)
    assert counts(imported.body)["none/acc"] == {"k": 3, "n": 4}
    assert imported.body["flags"] == [
        "figures-differ",
        "figures-differ: none/mean/acc: reported 0.5, recomputed 3/4",
    ]


def test_samples_taken_out_or_put_in_are_flagged(document: Document, lines: Lines, read: Import) -> None:
    (imported,) = read(document, lines[1:3])
    assert {"samples-missing: 2 records of 4 samples", "figures-differ"} <= set(imported.body["flags"])
    more = [*lines, {**lines[1], "doc_id": 4}, {**lines[0], "doc_id": 5}]
    (imported,) = read(document, more)
    # The proportion is the same; the number of samples is not.
    assert counts(imported.body)["none/acc"] == {"k": 3, "n": 6}
    assert imported.body["flags"] == ["figures-differ", "figures-differ: 4 samples reported, 6 recorded"]


def test_limited_runs_are_flagged(document: Document, lines: Lines, read: Import) -> None:
    document["config"]["limit"] = 4.0
    document["n-samples"]["demo_mc"]["original"] = 100
    (imported,) = read(document, lines)
    assert (imported.body["limit"], imported.body["samples"]) == ("4.0", 100)
    assert imported.body["flags"] == ["limited", "limited: 4 of 100 samples", "limited: 4.0"]


def test_filters_are_scorers(document: Document, lines: Lines, read: Import) -> None:
    document["results"]["demo_mc"] = {"acc,strict": 0.25, "acc,flexible": 0.5, "acc_stderr,strict": "N/A"}
    strict = [{**line, "filter": "strict", "acc": float(index == 2)} for index, line in enumerate(lines)]
    flexible = [{**line, "filter": "flexible"} for line in lines]
    (imported,) = read(document, strict + flexible)
    assert counts(imported.body) == {"strict/acc": {"k": 1, "n": 4}, "flexible/acc": {"k": 2, "n": 4}}
    assert imported.body["flags"] == ["not-a-number", "not-a-number: strict/mean/acc_stderr"]


def test_other_aggregations_are_not_recomputed(document: Document, lines: Lines, read: Import) -> None:
    document["configs"]["demo_mc"]["metric_list"][0]["aggregation"] = "median"
    (imported,) = read(document, lines)
    assert counts(imported.body) == {"none/acc": None, "none/acc_norm": {"k": 2, "n": 4}}
    assert imported.body["flags"] == ["not-recomputed", "not-recomputed: none/mean/acc"]


def test_each_task_and_group_is_a_result(document: Document, lines: Lines, read: Import) -> None:
    document["results"]["demo_other"] = {"acc,none": 0.75}
    document["results"]["demo"] = {"acc,none": 0.625}
    document["group_subtasks"] = {"demo": ["demo_mc", "demo_other"], "demo_mc": []}
    group, plain, other = read(document, lines)
    assert [imported.body["task"]["name"] for imported in (group, plain, other)] == [
        "demo",
        "demo_mc",
        "demo_other",
    ]
    assert group.body["flags"] == ["group", "group: demo_mc, demo_other", "no-samples"]
    assert plain.body["flags"] == []
    assert (other.body["flags"], other.body["task"]["version"]) == (["no-samples"], "")


def test_samples_are_those_of_the_same_run(document: Document, lines: Lines, tmp_path: Path) -> None:
    def write(name: str, acc: float) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(json.dumps({**line, "acc": acc}) for line in lines), encoding="utf-8")
        return path

    stamps = ["2026-11-22T00-50-20.123456", "2026-11-23T00-50-20.123456"]
    for stamp, acc in zip(stamps, (0.0, 1.0), strict=True):
        write(f"samples_demo_mc_{stamp}.jsonl", acc)
    # A task whose name begins alike.
    write(f"samples_demo_mc_hard_{stamps[0]}.jsonl", 1.0)
    path = tmp_path / f"results_{stamps[1]}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert counts(read_lm_eval(path)[0].body)["none/acc"] == {"k": 4, "n": 4}
    lonely = path.rename(tmp_path / "results_2026-11-24T00-00-00.json")
    assert read_lm_eval(lonely)[0].body["flags"] == ["no-samples"]
    nameless = lonely.rename(tmp_path / "results.json")
    with pytest.raises(ImportFailed, match="2 sample files of 'demo_mc' lie beside it") as caught:
        read_lm_eval(nameless)
    assert "time stamp" in caught.value.hint
    (tmp_path / f"samples_demo_mc_{stamps[1]}.jsonl").unlink()
    assert counts(read_lm_eval(nameless)[0].body)["none/acc"] == {"k": 0, "n": 4}


Change = Callable[[Document], object]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda log: log.pop("results"), "no `results` object"),
        (lambda log: log.update(results={}), "name no task"),
        (
            lambda log: (log.pop("configs"), log.pop("lm_eval_version")),
            "neither `lm_eval_version` nor `configs`",
        ),
        (lambda log: log["results"].update(demo_mc=3), "results of 'demo_mc' is '3'"),
        (lambda log: log.pop("date"), "`date` is no number of seconds"),
        (lambda log: log.update(date=-1), "date lies outside the years 1970 to 9999"),
        (lambda log: log.update(date=1e300), "date lies outside the years 1970 to 9999"),
        (
            lambda log: log["n-samples"]["demo_mc"].update(original="4"),
            "n-samples.original of 'demo_mc' is '4'",
        ),
        (lambda log: log.update(model_name="m" * 5_000), "model_name has 5000 characters"),
    ],
)
def test_files_of_another_shape_are_refused(
    document: Document, read: Import, change: Change, what: str
) -> None:
    change(document)
    with pytest.raises(ImportFailed, match=what):
        read(document, None)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"{", "line 5 is not JSON"),
        (b"3", "line 5 is '3' where a JSON object was wanted"),
        (b'{"filter": "none"}', "line 5 has no doc_id"),
        (b'{"doc_id": 3, "filter": "none"}', "line 5 is a second record of document 3"),
        (b'{"doc_id": 4, "metrics": "acc"}', "the metrics of line 5 is 'acc' where a JSON array"),
        (b'{"doc_id": 4, "doc_id": 5}', "key 'doc_id' stands twice"),
    ],
)
def test_broken_sample_lines_are_refused_by_number(
    document: Document, lines: Lines, read: Import, tmp_path: Path, line: bytes, what: str
) -> None:
    read(document, lines)
    samples = tmp_path / "samples_demo_mc.jsonl"
    with samples.open("ab") as file:
        file.write(line)
    with pytest.raises(ImportFailed, match=what) as caught:
        read_lm_eval(tmp_path / "results_demo_mc.json")
    assert caught.value.path == samples


def test_limits_hold(document: Document, lines: Lines, read: Import, tmp_path: Path) -> None:
    read(document, lines)
    path = tmp_path / "results_demo_mc.json"
    for limits, what in [
        (Limits(document_size=100), "at most 100 are read"),
        (Limits(line_size=100), "line 1 is longer than 100 bytes"),
        (Limits(sample_count=3), "more than 3 sample records"),
        (Limits(score_count=3), "more than 3 figures"),
    ]:
        with pytest.raises(ImportFailed, match=what):
            read_lm_eval(path, limits)


def test_inspect_logs_are_not_taken_for_results() -> None:
    with pytest.raises(ImportFailed, match=r"no `results` object|neither `lm_eval_version`") as caught:
        read_lm_eval(LOGS.parent / "harbour-1" / "bio-knowledge.json")
    assert "import inspect" in caught.value.hint
