"""Times that cannot be: V28, and events that were recorded late.

Source: SPEC 9.12.
"""

from array import array
from dataclasses import dataclass, field

from plimsoll_verify.encoding import format_time
from plimsoll_verify.findings import Finding, point
from plimsoll_verify.record import Record
from plimsoll_verify.versions import Versions

TOLERANCE_MS = 60_000
"""How far clocks may be apart."""

ACTS = frozenset(
    {
        "determination",
        "key",
        "log-key",
        "permit",
        "person",
        "policy",
        "policy-amendment",
        "report",
        "resumed",
        "role",
        "safeguard-attested",
        "sign-off",
    }
)
"""Kinds that act from their entry: nobody decides before what they had seen was there (SPEC 8.1)."""


@dataclass(slots=True)
class Times:
    """The times of all entries so far, and what is wrong with any."""

    findings: list[Finding] = field(default_factory=list)
    _entries: "array[int]" = field(default_factory=lambda: array("q"))
    _late: list[tuple[int, int, int, tuple[str, ...]]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many entries there were."""
        return len(self._entries)

    def note(self, record: Record) -> None:
        """Take an entry's times.

        Source: SPEC 9.12.
        """
        time_ms, event_ms = record.time_ms, record.event_ms
        if self._entries and time_ms < self._entries[-1]:
            self._add(
                record, f"its time is before that of the entry before it, {format_time(self._entries[-1])}"
            )
        self._entries.append(time_ms)
        if not record.kind:
            return
        if event_ms > time_ms + TOLERANCE_MS:
            self._add(record, f"its event, {format_time(event_ms)}, lies after it")
        elif time_ms - event_ms > TOLERANCE_MS:
            self._late.append((record.index, time_ms, event_ms, record.subjects))
            if record.kind in ACTS and 0 < record.seen_size <= record.index:
                seen_ms = self._entries[record.seen_size - 1]
                if event_ms < seen_ms - TOLERANCE_MS:
                    seen = (
                        f"entry {record.seen_size - 1} of {format_time(seen_ms)}, which its author had seen"
                    )
                    self._add(record, f"it was decided on {format_time(event_ms)}, before {seen}")

    def beyond(self, proven_ms: int | None) -> list[Finding]:
        """Return a finding if entries claim to be younger than cosignatures of a tree that holds them.

        Args:
            proven_ms: when witnesses had seen all entries; None where none are asked.

        Source: SPEC 9.12.
        """
        if proven_ms is None:
            return []
        late = [index for index, time_ms in enumerate(self._entries) if time_ms > proven_ms + TOLERANCE_MS]
        if not late:
            return []
        proven, said = format_time(proven_ms), format_time(self._entries[late[0]])
        message = (
            f"{len(late)} entries have an impossible time: witnesses had seen them at {proven}, and entry"
            f" {late[0]} says that it was written at {said}."
        )
        return [point("V28", "violation", "", self._entries[late[0]], tuple(late), message, "SPEC 9.12")]

    def _add(self, record: Record, why: str) -> None:
        subject = record.subjects[0] if record.subjects else ""
        message = f"Entry {record.index} ({record.kind or 'damaged'}) has an impossible time: {why}."
        self.findings.append(
            point("V28", "violation", subject, record.time_ms, (record.index,), message, "SPEC 9.12")
        )

    def late(self, versions: Versions) -> list[Finding]:
        """Return a finding for each subject of which events were recorded later than a policy has it."""
        found: dict[str, list[tuple[int, int]]] = {}
        for index, time_ms, event_ms, subjects in self._late:
            if versions.relief_ms(index, time_ms, event_ms) != event_ms:
                found.setdefault(subjects[0], []).append((index, time_ms))
        return [
            point(
                "V28",
                "finding",
                subject,
                late[0][1],
                tuple(index for index, _ in late),
                f"{len(late)} event(s) were recorded later than the record rules of {versions.id} have it.",
                "record_rules.late_after",
            )
            for subject, late in found.items()
        ]
