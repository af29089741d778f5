"""The figures in an Inspect log's results, each beside what the sample records give.

Two reducers give two entries of one name, and a scorer whose values are objects gives one entry for each
member, so a figure's key is (scorer, reducer, metric), with `scorer/member` for the latter. An entry that
names no reducer is a mean over epochs, or runs over the sample-epochs themselves, which comes to the same
unless samples were scored in different numbers of epochs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from plimsoll_attest.importers.body import Flags, ScoreBody, Scored, name_text
from plimsoll_attest.importers.errors import ImportFailed
from plimsoll_attest.importers.figures import (
    ACCURACY,
    Recomputed,
    SampleRecord,
    grades_by_sample,
    make_score,
    recompute,
)
from plimsoll_attest.importers.limits import Limits
from plimsoll_attest.importers.shape import count_at, list_at, object_at

_MEAN: Final = "mean"


def read_scores(
    path: Path, results: Any, records: Sequence[SampleRecord], flags: Flags, limits: Limits
) -> list[ScoreBody]:
    """Return all figures of a log's results, accuracies recomputed.

    Args:
        path: What the errors name.
        results: The log's `results`, or None where a run gave none.
        records: All sample records of the log.
        flags: Receives what there is to say.
        limits: Bounds on the number of figures.

    Raises:
        ImportFailed: If the results have no known shape.
    """
    if results is None:
        return []
    results = object_at(path, results, "results")
    if not records:
        flags.add("no-samples")
    elif len(records) < count_at(path, results.get("total_samples"), 0, "results.total_samples"):
        flags.add("samples-missing", f"{len(records)} records of {results['total_samples']} samples")
    scores: list[ScoreBody] = []
    for index, entry in enumerate(list_at(path, results.get("scores"), "results.scores")):
        scores += _read_entry(path, object_at(path, entry, f"results.scores[{index}]"), records, flags)
        if len(scores) > limits.score_count:
            raise ImportFailed(path, f"more than {limits.score_count} figures in the results")
    return scores


def scored_counts(path: Path, results: Any, records: Sequence[SampleRecord]) -> Scored:
    """Return how many samples and sample-epochs the records show as scored: the least over all scorers.

    A policy that asks for ten scored samples must not be met by ten that some other scorer scored.
    """
    scorers = {scorer for record in records for scorer in record.scores}
    for entry in list_at(path, object_at(path, results or {}, "results").get("scores"), "results.scores"):
        scorers.add(_scorer(path, object_at(path, entry, "an entry of results.scores")))
    samples: list[int] = []
    sample_epochs: list[int] = []
    for scorer in scorers:
        counts = [
            sum(grade.scored for grade in grades) for grades in grades_by_sample(records, scorer).values()
        ]
        samples.append(sum(count > 0 for count in counts))
        sample_epochs.append(sum(counts))
    return {"samples": min(samples, default=0), "sample_epochs": min(sample_epochs, default=0)}


def _read_entry(
    path: Path, entry: dict[str, Any], records: Sequence[SampleRecord], flags: Flags
) -> list[ScoreBody]:
    scorer = _scorer(path, entry)
    name = name_text(path, entry.get("name", scorer), "a score's name")
    member = None if name == scorer else name
    label = scorer if member is None else f"{scorer}/{member}"
    unreduced = entry.get("reducer") is None
    reducer = _MEAN if unreduced else name_text(path, entry["reducer"], f"the reducer of {label}")
    grades = grades_by_sample(records, scorer, member)
    recomputed = recompute(reducer, grades) if records else None
    if recomputed is not None:
        _check_scored(path, entry, f"{label}/{reducer}", recomputed, flags, unreduced=unreduced)
    scores: list[ScoreBody] = []
    for key, metric in object_at(path, entry.get("metrics") or {}, f"the metrics of {label}").items():
        names = (label, reducer, name_text(path, key, f"a metric of {label}"))
        value = object_at(path, metric, f"metric {key!r} of {label}").get("value")
        exact = recomputed if key == ACCURACY else None
        if key == ACCURACY and exact is None and records:
            flags.add("not-recomputed", "/".join(names))
        scores.append(make_score(names, value, exact, flags, unreduced=unreduced))
    return scores


def _scorer(path: Path, entry: dict[str, Any]) -> str:
    return name_text(path, entry.get("scorer", entry.get("name")), "a score's scorer")


def _check_scored(
    path: Path, entry: dict[str, Any], where: str, recomputed: Recomputed, flags: Flags, *, unreduced: bool
) -> None:
    """Flag results that speak of another number of scored samples than the records hold."""
    if entry.get("scored_samples") is None:
        return
    reported = count_at(path, entry["scored_samples"], 0, f"the scored samples of {where}")
    expected = {recomputed.samples} | ({recomputed.sample_epochs} if unreduced else set())
    if reported not in expected:
        flags.add(
            "figures-differ", f"{where}: {reported} scored samples reported, {recomputed.samples} recomputed"
        )
