"""Times that cannot be: V28, and events that were recorded late.

Source: SPEC 9.12, 10.14.
"""

from array import array
from dataclasses import dataclass, field

from plimsoll_verify.bounds import Bounds
from plimsoll_verify.encoding import format_time
from plimsoll_verify.findings import Finding, point
from plimsoll_verify.record import Record
from plimsoll_verify.versions import Versions

TOLERANCE_MS = 60_000
"""How far clocks may be apart."""

ACTS = frozenset(
    {
        "carried-over",
        "correction",
        "determination",
        "interim-measure",
        "key",
        "log-key",
        "marginal-risk",
        "permit",
        "person",
        "policy",
        "policy-amendment",
        "report",
        "resumed",
        "role",
        "safeguard-attested",
        "sign-off",
        "waiver",
    }
)
"""Kinds that act from their entry: nobody decides before what they had seen was there (SPEC 8.1)."""


@dataclass(slots=True)
class Times:
    """The times of all entries so far, and what is wrong with any.

    Attributes:
        bounds: between which times others than the log say that the entries were written.
    """

    bounds: Bounds = field(default_factory=Bounds)
    findings: list[Finding] = field(default_factory=list)
    _entries: "array[int]" = field(default_factory=lambda: array("q"))
    _late: list[tuple[int, int, int, tuple[str, ...]]] = field(default_factory=list)
    _too_young: list[int] = field(default_factory=list)
    _too_old: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many entries there were."""
        return len(self._entries)

    def last_ms(self, end_ms: int) -> int:
        """Return the time of the last entry, by the log's word, but not past the end of judgement."""
        return min(end_ms, self._entries[-1]) if self._entries else end_ms

    def note(self, record: Record) -> None:
        """Take an entry's times.

        Source: SPEC 9.12.
        """
        time_ms, event_ms = record.time_ms, record.event_ms
        lower_ms, upper_ms = self.bounds.follow(record.index, record.seen_ms)
        is_too_young = upper_ms is not None and time_ms > upper_ms + TOLERANCE_MS
        if is_too_young:
            self._too_young.append(record.index)
        if time_ms < lower_ms - TOLERANCE_MS:
            self._too_old.append(record.index)
        if self._entries and time_ms < self._entries[-1]:
            self._add(
                record, f"its time is before that of the entry before it, {format_time(self._entries[-1])}"
            )
        self._entries.append(time_ms)
        if not record.kind or record.kind == "brought-forward":
            return
        if event_ms > time_ms + TOLERANCE_MS:
            self._add(record, f"its event, {format_time(event_ms)}, lies after it")
        elif upper_ms is not None and event_ms > upper_ms + TOLERANCE_MS and not is_too_young:
            there = f"when others had seen the entry, {format_time(upper_ms)}"
            self._add(record, f"its event, {format_time(event_ms)}, lies after the time {there}")
        elif record.kind in ACTS and event_ms < record.seen_ms - TOLERANCE_MS:
            there = f"{format_time(record.seen_ms)}, when witnesses cosigned what its author had seen"
            self._add(record, f"it was decided on {format_time(event_ms)}, before {there}")
        elif time_ms - event_ms > TOLERANCE_MS:
            self._late.append((record.index, time_ms, event_ms, record.subjects))
            if record.kind in ACTS and 0 < record.seen_size <= record.index:
                seen_ms = self._entries[record.seen_size - 1]
                if event_ms < seen_ms - TOLERANCE_MS:
                    seen = (
                        f"entry {record.seen_size - 1} of {format_time(seen_ms)}, which its author had seen"
                    )
                    self._add(record, f"it was decided on {format_time(event_ms)}, before {seen}")

    def unproven(self, proven_ms: int | None) -> list[Finding]:
        """Return a finding if entries claim to be younger than others had seen them, and one if older.

        Args:
            proven_ms: when witnesses had seen all entries; None where none are asked.

        Source: SPEC 9.12.
        """
        young = set(self._too_young)
        if proven_ms is not None:
            limit_ms = proven_ms + TOLERANCE_MS
            young |= {index for index, time_ms in enumerate(self._entries) if time_ms > limit_ms}
        found = []
        if young:
            first = min(young)
            seen_ms = min(ms for ms in (proven_ms, self.bounds.upper_ms(first)) if ms is not None)
            found.append(
                self._all_of(sorted(young), f"others had seen entry {first} at {format_time(seen_ms)}")
            )
        if self._too_old:
            first = self._too_old[0]
            what = f"what the author of entry {first}, or of one before it, had seen was cosigned only later"
            found.append(self._all_of(self._too_old, what))
        return found

    def _all_of(self, entries: list[int], why: str) -> Finding:
        time_ms = self._entries[entries[0]]
        message = (
            f"{len(entries)} entries have an impossible time: {why}, and it says that it was written at"
            f" {format_time(time_ms)}."
        )
        return point("V28", "violation", "", time_ms, tuple(entries), message, "SPEC 9.12")

    def _add(self, record: Record, why: str) -> None:
        subject = record.subjects[0] if record.subjects else ""
        message = f"Entry {record.index} ({record.kind or 'damaged'}) has an impossible time: {why}."
        self.findings.append(
            point("V28", "violation", subject, record.time_ms, (record.index,), message, "SPEC 9.12")
        )

    def late(self, versions: Versions) -> list[Finding]:
        """Return a finding for each subject of which events were recorded later than a policy has it."""
        found: dict[str, list[tuple[int, int, int]]] = {}
        for index, time_ms, event_ms, subjects in self._late:
            if versions.relief_ms(index, time_ms, event_ms) != event_ms:
                found.setdefault(subjects[0], []).append((index, time_ms, event_ms))
        return [
            point(
                "V28",
                "finding",
                subject,
                late[0][1],
                tuple(index for index, _, _ in late),
                _told_late([time_ms - event_ms for _, time_ms, event_ms in late], versions.id),
                "record_rules.late_after",
            )
            for subject, late in found.items()
        ]


def _told_late(delays_ms: list[int], policy: str) -> str:
    """Say how much later than they happened events were recorded."""
    hours = max(delays_ms) // 3_600_000
    longest = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
    if len(delays_ms) == 1:
        return (
            f"An event was recorded {longest} after it happened, later than the record rules of {policy}"
            " allow."
        )
    return (
        f"{len(delays_ms)} events were recorded up to {longest} after they happened, later than the record"
        f" rules of {policy} allow."
    )
