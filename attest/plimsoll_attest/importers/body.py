"""The body of an `eval-result` statement, and what of a foreign log may enter it.

Bodies hold no floats, so that they have canonical bytes. Foreign text is kept as it is, control characters
included (whoever shows it escapes it), within limits: a name that identifies something is refused when it
does not fit, since a shortened name is another name; free text is shortened, and flagged.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

from plimsoll_attest.importers.errors import ImportFailed
from plimsoll_attest.importers.foreign import Number
from plimsoll_attest.importers.limits import MAX_METADATA, MAX_NAME, MAX_TEXT
from plimsoll_attest.times import MAX_TIME_MS

Status = Literal["success", "error", "cancelled"]

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,256}")


class Tool(TypedDict):
    """The program that ran the evaluation, by its own word."""

    name: str
    version: str


class Task(TypedDict):
    """What was run. `version` is text, because tools write 3, "3" and 1.0."""

    name: str
    version: str
    registry_name: NotRequired[str]


class Run(TypedDict, total=False):
    """The tool's own identifiers of the run."""

    eval_id: str
    run_id: str
    task_id: str


class Scored(TypedDict):
    """How many samples and sample-epochs the log's own records show as scored: the least over its scorers."""

    samples: int
    sample_epochs: int


class Reported(TypedDict):
    """What the log says it was run on. A claim: the statement's subject says what the company stands for."""

    model: str
    snapshot: str
    metadata: dict[str, str]


class Count(TypedDict):
    """A proportion as exact integers: k of n."""

    k: int
    n: int


class ScoreBody(TypedDict):
    """One figure.

    `value` is the decimal text in the log, or None where the log has no number. `count` is recomputed from
    the samples: of scored sample-epochs for reducer `mean`, of samples for the others. `fraction` is the
    exact value "a/b" where there is no count: estimators such as pass_at_k, and partial credit.
    """

    scorer: str
    reducer: str
    metric: str
    value: str | None
    count: NotRequired[Count]
    fraction: NotRequired[str]


class Evidence(TypedDict):
    """A file that this body was computed from: the SHA-256 and size of the very bytes that were read."""

    name: str
    sha256: str
    size: int


class EvalResultBody(TypedDict):
    """The body of an `eval-result`, but for `plan`, which the ledger knows, and `salt`.

    Source: SPEC 5.4.
    """

    status: Status
    tool: Tool
    task: Task
    run: Run
    started: str
    completed: str
    variant: str
    epochs: int
    samples: int
    scored: Scored
    limit: str | None
    reported: Reported
    scores: list[ScoreBody]
    error: NotRequired[str]
    evidence: list[Evidence]
    flags: list[str]


@dataclass(frozen=True, slots=True)
class ImportedEval:
    """One evaluation run, read and recomputed, recorded nowhere yet.

    Attributes:
        body: What the statement will say.
        started_ms: Start of the run, UTC milliseconds since 1970.
        completed_ms: Its end: the event time of the result.
        source: The file that was asked for.
        evidence: The files behind `body["evidence"]`, in the same order.
    """

    body: EvalResultBody
    started_ms: int
    completed_ms: int
    source: Path
    evidence: tuple[Path, ...]


@dataclass(slots=True)
class Flags:
    """What a reader of the result should know, collected while a log is read.

    Each flag is a code of the list below. One that has details appears again as ``code: detail``. Verifiers
    look for the codes alone.

    figures-differ      what the log reports is not what its samples give, beyond the rounding of doubles
    not-a-number        a reported figure is NaN, infinite or no number; its value is recorded as null
    not-recomputed      a figure could not be recomputed: unknown reducer, or values that are no numbers
    no-samples          the log carries no records of its samples
    samples-missing     fewer sample records than the results speak of
    uneven-epochs       samples were scored in different numbers of epochs: the mean of means is not k/n
    limited             only part of the data set was run
    samples-selected    single samples were chosen by id
    invalidated         somebody declared samples of this log invalid
    scores-edited       scores were changed after the run
    log-edited          tags or metadata were changed after the run
    task-version-differs  the log names two versions of the task
    unfinished          the log has no end: the run was killed, or is still going
    times-reversed      the log ends before it starts; its start was taken for its end
    time-without-offset a time names no zone and was taken for UTC
    metadata-omitted    metadata that a statement cannot hold; it is in the evidence
    text-shortened      free text was cut, or cleaned of characters that no encoding can hold
    group               the figures are aggregates over several tasks
    """

    found: set[str] = field(default_factory=set)

    def add(self, code: str, detail: str = "") -> None:
        """Add a flag, and its detail if there is one."""
        self.found.add(code)
        if detail:
            self.found.add(clean_text(f"{code}: {detail}", 500)[0])

    def sorted(self) -> list[str]:
        """Return the flags in the order in which a body lists them."""
        return sorted(self.found)


def clean_text(text: str, most: int) -> tuple[str, bool]:
    """Return free text that a statement can hold, and whether it had to be changed for that."""
    cleaned = text[:most].encode("utf-8", "replace").decode()
    return cleaned, cleaned != text


def name_text(path: Path, value: object, what: str) -> str:
    """Return an identifying text unchanged.

    Raises:
        ImportFailed: If it is no string, longer than 4,000 characters, or holds a lone surrogate.
    """
    if not isinstance(value, str):
        raise ImportFailed(path, f"{what} is {type(value).__name__} where text was wanted")
    if len(value) > MAX_TEXT:
        raise ImportFailed(path, f"{what} has {len(value)} characters, at most {MAX_TEXT} fit")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ImportFailed(path, f"{what} has half a surrogate pair at character {error.start}") from None
    return value


def key_text(path: Path, value: object, what: str) -> str:
    """Return a name that others look up: of a task, of a file.

    Raises:
        ImportFailed: If it is empty, longer than 1,024 characters, or as `name_text` says.
    """
    name = name_text(path, value, what)
    if not 1 <= len(name) <= MAX_NAME:
        raise ImportFailed(path, f"{what} has {len(name)} characters, 1 to {MAX_NAME} fit")
    return name


def plain_text(value: object) -> str | None:
    """Return a JSON scalar as the text a log wrote, or None for null, arrays and objects."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def metadata_text(metadata: object, flags: Flags) -> dict[str, str]:
    """Return the part of a log's metadata that a statement can hold: scalars under plain keys, as text."""
    kept: dict[str, str] = {}
    if not isinstance(metadata, dict):
        return kept
    for key in sorted(metadata):
        text = plain_text(metadata[key])
        if text is None or _KEY.fullmatch(key) is None or len(kept) >= MAX_METADATA:
            flags.add("metadata-omitted", key)
            continue
        kept[key], changed = clean_text(text, MAX_TEXT)
        if changed:
            flags.add("text-shortened", f"metadata {key}")
    return kept


def parse_time_ms(path: Path, value: object, what: str, flags: Flags) -> int:
    """Return a log's ISO 8601 time as UTC milliseconds since 1970, rounded down.

    Raises:
        ImportFailed: If it is no time, or outside the years 1970 to 9999.
    """
    text = name_text(path, value, what)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            flags.add("time-without-offset", what)
            moment = moment.replace(tzinfo=UTC)
        time_ms = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise ImportFailed(path, f"{what} is {text[:80]!r} where an ISO 8601 time was wanted") from None
    return checked_time_ms(path, time_ms, what)


def seconds_to_ms(path: Path, seconds: Fraction, what: str) -> int:
    """Return exact seconds since 1970 as milliseconds, rounded down.

    Raises:
        ImportFailed: If that is outside the years 1970 to 9999.
    """
    return checked_time_ms(path, int(seconds * 1000 // 1), what)


def checked_time_ms(path: Path, time_ms: int, what: str) -> int:
    """Return a time that a statement can hold.

    Raises:
        ImportFailed: If it is outside the years 1970 to 9999.
    """
    if not 0 <= time_ms <= MAX_TIME_MS:
        raise ImportFailed(path, f"{what} lies outside the years 1970 to 9999")
    return time_ms


def sort_scores(path: Path, scores: list[ScoreBody]) -> list[ScoreBody]:
    """Return figures by scorer, reducer and metric.

    Raises:
        ImportFailed: If one key has two figures: a policy could not say which it means.
    """
    ordered = sorted(scores, key=_score_key)
    for before, after in pairwise(ordered):
        if _score_key(before) == _score_key(after):
            raise ImportFailed(path, f"two figures for {'/'.join(_score_key(after))}")
    return ordered


def _score_key(score: ScoreBody) -> tuple[str, str, str]:
    return score["scorer"], score["reducer"], score["metric"]
