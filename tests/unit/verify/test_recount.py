"""Counting samples anew: what is right, wrong, between or not scored, over epochs, in each format."""

import io
import json
import zipfile
from typing import Any

import pytest

from plimsoll_verify import recount
from plimsoll_verify.recount import Uncountable, count, read_records


def log(*values: Any, scorer: str = "s") -> bytes:
    """Return an Inspect log; each value is one sample's, or a list of its epochs'."""
    samples = [
        {"id": number, "epoch": epoch, "scores": {scorer: {"value": value}}}
        for number, epochs in enumerate(values, 1)
        for epoch, value in enumerate(epochs if isinstance(epochs, list) else [epochs], 1)
    ]
    return json.dumps({"version": 2, "eval": {}, "samples": samples}).encode()


@pytest.mark.parametrize(
    ("values", "reducer", "expected"),
    [
        (["C", "I", "N", "C"], "mean", (2, 4)),
        ([1, 0, 1.0, True, False], "mean", (3, 5)),
        (["yes", "No", "TRUE", "1", "0.0"], "mean", (3, 5)),
        (["C", None, float("nan")], "mean", (1, 1)),
        (["C", "P"], "mean", None),
        (["C", "what?"], "mean", None),
        (["C", "9" * 50], "mean", None),
        (["C", [["odd"]]], "mean", None),
        ([None], "mean", None),
        ([["C", "I"], ["I", "I"]], "mean", (1, 4)),
        ([["C", "I"], ["I", "I"], [None, None]], "max", (1, 2)),
        ([["C", "C", "I"], ["I", "I", "C"]], "mode", (1, 2)),
        ([["C", "C", "I"], ["I", "I", "C"]], "at_least_2", (1, 2)),
        ([["C", "C", "I"], ["I", "I", "C"]], "at_least_1", (2, 2)),
        ([["C", "I"]], "pass_at_1", None),
        ([["C", "odd"]], "max", None),
    ],
)
def test_what_counts(values: list[Any], reducer: str, expected: tuple[int, int] | None) -> None:
    assert count(read_records(log(*values)), "s", reducer, "accuracy") == expected


def test_which_scorer_member_and_metric() -> None:
    records = read_records(log({"a": "C", "b": "I"}, {"a": "C", "b": None}))
    assert count(records, "s/a", "mean", "accuracy") == (2, 2)
    assert count(records, "s/b", "mean", "accuracy") is None
    assert count(records, "other", "mean", "accuracy") is None
    assert count(read_records(log("C")), "s", "mean", "stderr") is None


def test_json_lines_of_lm_eval() -> None:
    lines = [
        {"doc_id": 1, "filter": "none", "metrics": ["acc"], "acc": 1.0},
        {"doc_id": 2, "filter": "none", "metrics": ["acc", "lost"], "acc": 0.0},
        {"doc_id": 2, "filter": "strict", "metrics": ["acc"], "acc": 0.0},
    ]
    data = "\n\n".join(map(json.dumps, lines)).encode()
    assert count(read_records(data), "none", "mean", "acc") == (1, 2)
    assert count(read_records(json.dumps(lines[0]).encode()), "none", "mean", "acc") == (1, 1)


def archive(members: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return packed.getvalue()


def test_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = json.dumps({"id": "x", "scores": {"s": {"value": "C"}}}).encode()
    data = archive({"header.json": b"{}", "samples/x.json": sample, "samples/x.txt": b"?"})
    assert count(read_records(data), "s", "mean", "accuracy") == (1, 1)
    with pytest.raises(Uncountable):
        read_records(data[:60])
    monkeypatch.setattr(recount, "MAX_MEMBER_BYTES", 10)
    with pytest.raises(Uncountable, match="too large"):
        read_records(data)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff", b"not json", b"[1]", b"{}", b'{"samples": [1]}',
        b'{"samples": [{"id": 1, "epoch": "x"}]}', b'{"samples": [{"id": 1}, {"id": 1}]}',
        b'{"doc_id": 1}\n[', b"[" * 100_000,
    ],
)  # fmt: skip
def test_other_files_are_left_alone(data: bytes) -> None:
    with pytest.raises(Uncountable):
        read_records(data)


def test_too_many_samples_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recount, "MAX_RECORDS", 1)
    with pytest.raises(Uncountable, match="too many"):
        read_records(log("C", "C"))
