"""Files of evidence that an auditor was given, held against what was recorded of them: V29.

A file lies under its digest, as in the `evidence/` of a ledger home. One that is not what its digest says
proves nothing about who recorded it, only that nothing was shown; a figure that differs from what the right
file says is somebody's signed word against the record.

Source: SPEC 10.17.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from plimsoll_verify.bodies import EvalResult, File, Score, files_of
from plimsoll_verify.findings import Finding, lasting, point
from plimsoll_verify.record import Record
from plimsoll_verify.recount import MAX_FILE_BYTES, Records, Uncountable, count, read_records

_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class Looked:
    """How far it was looked.

    Attributes:
        given: files that were there, and are what their digests say.
        missing: files that entries name, and that were not there.
        recounted: figures that were counted anew.
        left: figures with a count that could not be: of another format, or a reducer that is not known.
    """

    given: int = 0
    missing: int = 0
    recounted: int = 0
    left: int = 0


class Evidence:
    """Holds entries against files, one entry after the other."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """Prepare.

        Args:
            directory: holds `<hh>/<sha256>` or `<sha256>` for each file.
        """
        self._directory = Path(directory)
        self.looked = Looked()
        self.findings: list[Finding] = []

    def note(self, record: Record) -> None:
        """Look at the files that an entry names.

        Raises:
            OSError: a file is there and cannot be read.
        """
        body = record.body
        records: list[Records] = []
        for file in files_of(body):
            path = self._find(file.sha256)
            if path is None:
                self.looked.missing += 1
            elif _measure(path) != (file.sha256, file.size):
                self.findings.append(self._other_file(record, file))
            else:
                self.looked.given += 1
                if isinstance(body, EvalResult) and file.size <= MAX_FILE_BYTES:
                    try:
                        records.append(read_records(path.read_bytes()))
                    except Uncountable:
                        continue
        if isinstance(body, EvalResult):
            self._recount(record, body, records)

    def _find(self, sha256: str) -> Path | None:
        for path in (self._directory / sha256[:2] / sha256, self._directory / sha256):
            if path.is_file():
                return path
        return None

    def _recount(self, record: Record, body: EvalResult, found: list[Records]) -> None:
        for score in body.scores:
            if not score.count:
                continue
            # Of several files the one with such a scorer's samples tells.
            counts = [count(one, score.scorer, score.reducer, score.metric) for one in found]
            known = [one for one in counts if one is not None]
            if not known:
                self.looked.left += 1
                continue
            self.looked.recounted += 1
            said = (score.count.k, score.count.n)
            if said not in known:
                self.findings.append(self._other_figure(record, score, said, known[0]))

    def _other_file(self, record: Record, file: File) -> Finding:
        message = (
            f"The file that was given for {file.name[:80]!a} of entry {record.index} is not the one that the"
            f" entry names ({file.sha256[:16]}...): what that one shows is not known."
        )
        found = lasting("V29", record.subjects[0], record.time_ms, (record.index,), message)
        return replace(found, rule="SPEC 10.17")

    def _other_figure(
        self, record: Record, score: Score, said: tuple[int, int], counted: tuple[int, int]
    ) -> Finding:
        message = (
            f"Entry {record.index} says {said[0]} of {said[1]} for {score.metric[:80]!a} by"
            f" {score.scorer[:80]!a}; its own evidence has {counted[0]} of {counted[1]}."
        )
        where = (record.index,)
        return point("V29", "violation", record.subjects[0], record.time_ms, where, message, "SPEC 10.17")


def _measure(path: Path) -> tuple[str, int]:
    """Return a file's digest and size."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
