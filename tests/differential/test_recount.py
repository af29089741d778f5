"""The verifier's own counting of evaluation logs against the importers', on the logs of the examples."""

import io
from pathlib import Path
from typing import Any

import pytest
from backports.zstd import zipfile

from plimsoll_attest.importers import EvalResultBody, read_inspect, read_lm_eval
from plimsoll_verify.recount import Records, Uncountable, count, read_records

LOGS = Path(__file__).parents[2] / "examples" / "logs"
INSPECT = sorted(LOGS.rglob("*.json"))
EVALS = sorted(LOGS.rglob("*.eval"))


def compare(body: EvalResultBody, records: Records) -> int:
    """Require that both count the same; returns how many figures were compared."""
    compared = 0
    for score in body["scores"]:
        said: Any = score.get("count")
        counted = count(records, score["scorer"], score["reducer"], score["metric"])
        if said and counted is not None:
            assert counted == (said["k"], said["n"]), score
            compared += 1
    return compared


def repacked(path: Path) -> bytes:
    """Return an archive packed so that every Python can unpack it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member.filename, source.read(member))
    return packed.getvalue()


@pytest.mark.parametrize("path", EVALS, ids=lambda path: "/".join(path.parts[-2:]))
def test_archives_are_counted_alike(path: Path) -> None:
    body = read_inspect(path).body
    # A run that failed has no figures.
    expected = body["status"] == "success"
    assert (compare(body, read_records(repacked(path))) >= 1) is expected


def test_an_archive_in_zstandard_is_counted_or_left() -> None:
    for path in EVALS:
        try:
            records = read_records(path.read_bytes())
        except Uncountable:
            continue  # Pythons before 3.14 would need a dependency for that.
        body = read_inspect(path).body
        assert (compare(body, records) >= 1) is (body["status"] == "success")


def test_json_lines_of_lm_eval_are_counted_alike() -> None:
    records = read_records((LOGS / "lm-eval" / "samples_demo_mc.jsonl").read_bytes())
    (imported,) = read_lm_eval(LOGS / "lm-eval" / "results_demo_mc.json")
    assert compare(imported.body, records) >= 1


@pytest.mark.parametrize("path", [path for path in INSPECT if "results" not in path.name])
def test_json_logs_are_counted_alike(path: Path) -> None:
    assert compare(read_inspect(path).body, read_records(path.read_bytes())) >= 1
