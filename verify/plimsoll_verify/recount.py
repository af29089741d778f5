"""Proportions counted anew from records of samples: those of Inspect logs, and lm-eval's JSON Lines.

This knows nothing of the program that wrote the statement; it reads the same files by SPEC 5.5. What it does
not know how to count it leaves alone, and says so.

Source: SPEC 5.5.
"""

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

from plimsoll_verify.exact import parse_value

MAX_FILE_BYTES = 256 << 20
MAX_MEMBER_BYTES = 64 << 20
MAX_RECORDS = 1_000_000
"""Bounds of what is counted anew; what is larger is left alone."""

Grade = Fraction | str | None
"""A number, a text that is none, or None for what was not scored."""

Records = list[tuple[str, int, dict[str, Any]]]
"""Sample, epoch, and the values by scorer."""

_WORDS = {"C": 1, "I": 0, "N": 0}
_LOWER_WORDS = {"yes": 1, "true": 1, "no": 0, "false": 0}
_at_least = re.compile(r"at_least_([1-9][0-9]{0,5})").fullmatch


class Uncountable(Exception):
    """A file that is none of the formats that are known here, or not all of it can be read."""


def read_records(data: bytes) -> Records:
    """Return the records of an evaluation's samples.

    Raises:
        Uncountable: it is no such file, is damaged, or too large.
    """
    try:
        if data.startswith(b"PK\x03\x04"):
            return list(_bounded(_inspect(_members(data))))
        text = data.decode("utf-8-sig")
        if text.lstrip().startswith("{") and '"doc_id"' in text[: text.find("\n") if "\n" in text else None]:
            return list(_bounded(_lm_eval(text)))
        document = _parse(text)
        return list(_bounded(_inspect(document["samples"])))
    except _DAMAGED as error:
        raise Uncountable(str(error)) from None


_DAMAGED = (
    KeyError, TypeError, ValueError, AttributeError, RecursionError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error, EOFError,
)  # fmt: skip


def _bounded(records: Iterable[tuple[str, int, dict[str, Any]]]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    seen: set[tuple[str, int, tuple[str, ...]]] = set()
    for record in records:
        key = (record[0], record[1], tuple(sorted(record[2])))
        if key in seen or len(seen) >= MAX_RECORDS:
            raise ValueError("one sample stands there twice, or there are too many")
        seen.add(key)
        yield record


def _parse(text: str | bytes) -> Any:
    return json.loads(text, parse_float=_number, parse_constant=lambda _word: None, parse_int=_number)


def _number(text: str) -> Fraction | str:
    """Return a number exactly; one that is absurdly long stays text, which is no figure."""
    found = parse_value(text)
    return text if found is None else found


def _members(data: bytes) -> Iterator[Any]:
    """Yield the sample records of an archive. One in Zstandard takes a Python that can unpack it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if member.filename.startswith("samples/") and member.filename.endswith(".json"):
                if member.file_size > MAX_MEMBER_BYTES:
                    raise ValueError("a member is too large")
                with archive.open(member) as stream:
                    yield _parse(stream.read(MAX_MEMBER_BYTES))


def _inspect(samples: Iterable[Any]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for sample in samples:
        scores = {name: score["value"] for name, score in (sample.get("scores") or {}).items()}
        yield str(sample["id"]), int(sample.get("epoch", 1)), scores


def _lm_eval(text: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for line in text.splitlines():
        if line.strip():
            found = _parse(line)
            values = {name: found[name] for name in found.get("metrics", ()) if name in found}
            yield str(found["doc_id"]), 1, {found.get("filter", "none"): values}


# -- counting


def count(records: Records, scorer: str, reducer: str, metric: str) -> tuple[int, int] | None:
    """Return k and n of a figure, None where it is no proportion or not known how to be counted.

    Args:
        records: all of a log.
        scorer: as the statement names it, `scorer` or `scorer/member`.
        reducer: over epochs.
        metric: `accuracy`, or the metric of an lm-eval figure.

    Source: SPEC 5.5.
    """
    by_sample = _grades(records, scorer, metric)
    if by_sample is None:
        return None
    grades: list[Grade] = []
    for values in by_sample.values():
        reduced = _reduced(reducer, values)
        if reduced is None:
            return None
        grades += reduced
    scored = [grade for grade in grades if grade is not None]
    if not scored or any(grade not in (0, 1) for grade in scored):
        return None
    return sum(grade == 1 for grade in scored), len(scored)


def _grades(records: Records, scorer: str, metric: str) -> dict[str, list[Grade]] | None:
    """Return a scorer's grades by sample, in the order of the epochs; None if the figure is no accuracy."""
    name, _, member = scorer.partition("/")
    found: dict[str, list[tuple[int, Grade]]] = {}
    for sample, epoch, scores in records:
        if scorer in scores or name in scores:
            value = scores.get(scorer, scores.get(name))
            if isinstance(value, dict):
                value = value.get(member or metric)
                value = "" if value is None else value  # Nobody marks what is not scored so.
            elif metric != "accuracy":
                return None
            found.setdefault(sample, []).append((epoch, _grade(value)))
    ordered = {sample: sorted(grades, key=lambda one: one[0]) for sample, grades in found.items()}
    return {sample: [grade for _, grade in grades] for sample, grades in ordered.items()}


def _grade(value: Any) -> Grade:
    if value is None or isinstance(value, Fraction):
        return value
    if isinstance(value, bool):
        return Fraction(value)
    if not isinstance(value, str):
        return ""
    if value == "P":
        return Fraction(1, 2)
    word = _WORDS.get(value, _LOWER_WORDS.get(value.lower()))
    if word is not None:
        return Fraction(word)
    exact = parse_value(value)
    return value if exact is None else exact


def _reduced(reducer: str, grades: list[Grade]) -> list[Grade] | None:
    """Return what counts of one sample: each epoch for a mean, else one; None for reducers not known here."""
    scored = [grade for grade in grades if grade is not None]
    if reducer == "mean":
        return list(scored)
    if not scored:
        return []
    if reducer == "mode":
        return [Counter(scored).most_common(1)[0][0]]
    at_least = _at_least(reducer)
    reduce: Callable[[list[Fraction]], Fraction] | None = max if reducer == "max" else None
    if at_least is not None:
        k = int(at_least[1])
        reduce = lambda values: Fraction(sum(value >= 1 for value in values) >= k)  # noqa: E731
    numbers = [grade for grade in scored if isinstance(grade, Fraction)]
    if reduce is None or len(numbers) < len(scored):
        return None
    return [reduce(numbers)]
