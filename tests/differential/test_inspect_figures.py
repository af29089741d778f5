"""Our exact figures against those that Inspect itself computed, in doubles, over seeded random scores.

`data/inspect_figures.json` was made once by handing random scores of all kinds (binary, partial, numeric,
boolean, objects, unscored) to inspect_ai 0.3.285's own `eval_results` with random reducers, and keeping what
came out; null is its NaN.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from plimsoll_attest.importers import read_inspect

DATA = json.loads((Path(__file__).parent / "data" / "inspect_figures.json").read_text(encoding="utf-8"))


def write_log(path: Path, case: dict[str, Any]) -> Path:
    log = {
        "version": 2,
        "status": "success",
        "eval": {
            "task": "t",
            "model": "m",
            "created": "2026-01-01T00:00:00+00:00",
            "dataset": {"samples": len({sample for sample, _, _ in case["samples"]})},
            "config": {"epochs": case["epochs"]},
        },
        "results": {"total_samples": case["total"], "scores": case["scores"]},
        "samples": [
            {
                "id": sample,
                "epoch": epoch,
                "scores": {name: {"value": value} for name, value in scores.items()},
            }
            for sample, epoch, scores in case["samples"]
        ],
    }
    path.write_text(json.dumps(log), encoding="utf-8")
    return path


def accuracies(case: dict[str, Any]) -> dict[tuple[str, str], float | None]:
    return {
        (
            entry["scorer"] if entry["name"] == entry["scorer"] else f"{entry['scorer']}/{entry['name']}",
            entry.get("reducer", "mean"),
        ): entry["metrics"]["accuracy"]["value"]
        for entry in case["scores"]
        if "accuracy" in entry["metrics"]
    }


@pytest.mark.parametrize("case", DATA["cases"], ids=range(len(DATA["cases"])))
def test_exact_figures_agree_with_inspect(tmp_path: Path, case: dict[str, Any]) -> None:
    body = read_inspect(write_log(tmp_path / "log.json", case)).body
    assert not {"figures-differ", "not-recomputed", "no-samples"} & set(body["flags"])
    expected = accuracies(case)
    found = {
        (score["scorer"], score["reducer"]): score
        for score in body["scores"]
        if score["metric"] == "accuracy"
    }
    assert set(found) == set(expected)
    uneven = "uneven-epochs" in body["flags"]
    for key, score in found.items():
        reported = expected[key]
        if reported is None:
            assert not {"count", "fraction"} & set(score)
        elif "fraction" in score:
            numerator, denominator = map(int, score["fraction"].split("/"))
            assert math.isclose(numerator / denominator, reported, rel_tol=0, abs_tol=1e-12)
        else:
            proportion = score["count"]["k"] / score["count"]["n"]
            assert uneven or math.isclose(proportion, reported, rel_tol=0, abs_tol=1e-12)


@pytest.mark.parametrize("case", DATA["cases"], ids=range(len(DATA["cases"])))
def test_any_other_figure_is_flagged(tmp_path: Path, case: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(case))
    entry = changed["scores"][0]
    if "accuracy" not in entry["metrics"]:
        pytest.skip("this case reports no accuracy")
    value = entry["metrics"]["accuracy"]["value"]
    entry["metrics"]["accuracy"]["value"] = 0.5 if value is None else value + 1e-6
    assert "figures-differ" in read_inspect(write_log(tmp_path / "log.json", changed)).body["flags"]


def test_cases_are_of_all_kinds() -> None:
    reducers = {
        entry.get("reducer", "").rstrip("_0123456789") for case in DATA["cases"] for entry in case["scores"]
    }
    assert reducers >= {"", "mean", "median", "mode", "max", "majority", "at_least", "pass_at", "pass_k"}
    assert any(value is None for case in DATA["cases"] for value in accuracies(case).values())
