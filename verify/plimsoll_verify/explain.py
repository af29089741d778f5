"""Explaining a finding: what was promised, what happened, since when, why, and the entries that show it.

Nothing is judged here. What is told comes from the verdict and, for the chain, from the entries themselves,
which are read once more; whoever does not believe the explanation looks at these.

Source: SPEC 9.16.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from plimsoll_verify.bodies import EvalResult
from plimsoll_verify.encoding import format_time
from plimsoll_verify.examine import Examiner
from plimsoll_verify.findings import NAMES, Finding
from plimsoll_verify.limits import TILE_WIDTH
from plimsoll_verify.log import Log
from plimsoll_verify.readings import tell_readings
from plimsoll_verify.record import Record
from plimsoll_verify.replay import Judgement
from plimsoll_verify.source import Source
from plimsoll_verify.versions import Version

MAX_DETAIL_CHARS = 60
_UNTOLD = ("evidence", "reported", "run", "salt", "tool")
"""Members that help nobody to follow a chain; `plimsoll show` has them."""
_FORCES = {
    "commitment": "commits to",
    "aim": "aims at",
    "recommendation": "recommends",
    "illustrative": "illustrates",
}
_ENDS = {
    "cured": "it was put right",
    "ceased": "what broke it ended",
    "covered": "from then on it stands at another level, or is covered by an exception",
    "amended": "the policy was amended",
}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the chain.

    Attributes:
        index: of the entry.
        record: what it says.
        part: what the entry is to the finding: the code of the cause that it shows, or "".
        readings: of a result, which figures passed which limits of the policy's tests.
    """

    index: int
    record: Record
    part: str
    readings: tuple[str, ...] = ()

    @property
    def time(self) -> str | None:
        """When the log took it; None where the entry cannot be read."""
        return format_time(self.record.time_ms) if self.record.kind else None

    @property
    def words(self) -> str:
        """Who said what of whom, in one line; holds foreign text."""
        record = self.record
        if not record.kind:
            return "cannot be read"
        details = ", ".join(_details(record))
        return f"{record.kind} by {record.actor} as {record.role}" + (f": {details}" if details else "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A finding in four paragraphs and a chain of entries; all texts may hold foreign text."""

    finding: Finding
    promised: str
    happened: str
    when: str
    why: tuple[str, ...]
    chain: tuple[Link, ...]


def explain(finding: Finding, judgement: Judgement, source: Source, log: Log) -> Explanation:
    """Explain a finding of a verdict.

    Args:
        finding: one of the judgement's.
        judgement: what was judged.
        source: the published ledger that it was judged from.
        log: what is known of that.

    Raises:
        VerificationError: the ledger has changed since.
        OSError: a file could not be read.
    """
    parts = {index: cause.code for cause in finding.because for index in cause.entries}
    records = read_records(source, log, finding.entries)
    version = _version(finding, judgement)
    return Explanation(
        finding,
        _promised(finding, version),
        finding.message,
        _when(finding),
        tuple(_why(finding)),
        tuple(_link(records[index], parts.get(index, ""), version) for index in finding.entries),
    )


def read_records(source: Source, log: Log, indexes: Iterable[int]) -> dict[int, Record]:
    """Read some entries of a ledger once more, as they stand in its tree.

    Not verified: what needs the entries before them. The verdict that names them has done that.
    """
    wanted = sorted(set(indexes))
    found: dict[int, Record] = {}
    if wanted:
        examiner = Examiner(source, log)
        for number in sorted({index // TILE_WIDTH for index in wanted}):
            report = examiner.examine(number, {})
            if report.tree_error is not None:
                raise report.tree_error
            found |= {record.index: record for record in report.records if record.index in wanted}
    return found


def _version(finding: Finding, judgement: Judgement) -> Version | None:
    """Return the version of the policy by which it was judged, if it is of a policy."""
    if not finding.policy:
        return None
    versions = next(one for one in judgement.histories if one.id == finding.policy)
    return versions.at(finding.from_ms) or versions.all[0]


def _link(record: Record, part: str, version: Version | None) -> Link:
    readings: tuple[str, ...] = ()
    if version is not None and record.body_state == "ok" and isinstance(record.body, EvalResult):
        readings = tell_readings(record.body, version.policy)
    return Link(record.index, record, part, readings)


def _promised(finding: Finding, version: Version | None) -> str:
    if version is None:
        return f"Nothing of a policy: {finding.rule or 'this'} binds every ledger of this kind."
    policy = version.policy
    said = f"{policy.title} ({policy.id} version {policy.version}, entry {version.index})"
    clause = policy.clauses.get(finding.clause)
    verb = _FORCES.get(finding.force, "says")
    text = f": {clause.text}" if clause and clause.text else ""
    where = f"clause {finding.clause}" if finding.clause else "its rules about the record itself"
    read = ", ".join(map(str, finding.interpreted_by))
    read = f" How it is to be read, its interpreters had said by then: entries {read}." if read else ""
    return f"{said} {verb}, in {where}{text or '.'} The rule is {finding.rule}.{read}"


def _when(finding: Finding) -> str:
    opened = "by time alone" if finding.from_index is None else f"with entry {finding.from_index}"
    said = f"It began at {format_time(finding.from_ms)}, {opened}"
    if finding.to_ms is None:
        said += ", and was not over at the end of what was judged"
    elif finding.to_ms == finding.from_ms:
        said += ", and is about that instant"
    else:
        by = "" if finding.to_index is None else f" (entry {finding.to_index})"
        said += f", and ended at {format_time(finding.to_ms)}: {_ENDS[finding.ended_by]}{by}"
    return f"{said}. Whoever had entry {finding.known_from} could know."


def _why(finding: Finding) -> Iterator[str]:
    for cause in finding.because:
        entries = ", ".join(map(str, cause.entries)) or "none"
        yield f"{cause.code} {NAMES[cause.code]}: entries {entries}"


def _details(record: Record) -> Iterator[str]:
    """Yield the plain members of a body, by their names; digests are left out."""
    if record.body_state != "ok":
        yield f"its body is {record.body_state.replace('-', ' ')}"
    elif isinstance(record.body, msgspec.Struct):
        body: dict[str, Any] = msgspec.to_builtins(record.body)
        for name, value in body.items():
            told = _told(value)
            if told and name not in _UNTOLD and not name.endswith("sha256"):
                yield f"{name} {told}"


def _told(value: Any) -> str:
    if isinstance(value, dict):
        if value.keys() == {"id", "index"}:
            return f"entry {value['index']}"
        if value.keys() == {"k", "n"}:
            return f"({value['k']} of {value['n']})"
        return " ".join(told for one in value.values() if (told := _told(one)))
    if isinstance(value, list):
        return " and ".join(told for one in value[:3] if (told := _told(one))) + (
            " ..." if len(value) > 3 else ""
        )
    text = "" if value is None else str(value)
    return text if len(text) <= MAX_DETAIL_CHARS else f"{text[:MAX_DETAIL_CHARS]}..."
