"""A finding: what was found, when it began and ended, and the entries that prove it.

Source: SPEC 9.10 to 9.15.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Level = Literal["violation", "finding", "indeterminate"]
EndedBy = Literal["cured", "ceased", "covered", "amended", "open"]

NAMES = {
    "V01": "deployed-unsafeguarded",
    "V02": "trained-unsafeguarded",
    "V03": "training-continued",
    "V04": "weights-stored-unsafeguarded",
    "V05": "undeclared-crossing",
    "V06": "contradicted-without-reasons",
    "V07": "evaluation-overdue",
    "V08": "decision-overdue",
    "V09": "stale-at-gate",
    "V10": "undefined-standard-needed",
    "V11": "safeguard-lapsed",
    "V12": "renewal-overdue",
    "V14": "quorum-missing",
    "V15": "separation-broken",
    "V16": "notice-out-of-order",
    "V17": "started-during-pause",
    "V18": "resumed-without-authority",
    "V19": "weakened-near-need",
    "V20": "amendment-procedure",
    "V21": "silent-change",
    "V22": "exception-invalid",
    "V23": "marginal-risk-unmet",
    "V24": "duty-overdue",
    "V25": "incident-late",
    "V26": "inheritance-evaded",
    "V27": "surface-drift",
    "V28": "time-impossible",
    "V29": "evidence-mismatch",
    "V30": "run-unaccounted",
    "V31": "correction-abused",
    "V32": "retention-breach",
    "V33": "unlogged-activity",
    "V34": "silence",
    "V35": "pause-ignored",
    "V36": "inadmissible-entry",
    "V37": "forbidden-activity",
    "V38": "role-vacant",
    "V39": "receipt-broken",
    "V40": "noncompliance-disclosed",
    "V41": "corrected",
    "I01": "withheld",
    "I02": "not-understood",
    "I03": "key-compromised",
    "I04": "policy-unknown",
    "I05": "no-policy",
    "I06": "stale",
    "I07": "not-judged",
}
"""What each code is called; those with an I are unknowns, and always indeterminate."""


@dataclass(frozen=True, slots=True)
class Because:
    """Why an effect came about: a code of its own, and the entries that show it."""

    code: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        id: "F1", "F2"... in the order of the verdict.
        subject: what it is about: `model:...`, the organisation, or "" for the log as a whole.
        policy: the policy whose rule it is, or "".
        rule: the rule's place in that policy, or the section of the specification.
        from_ms, to_ms: from when until before when; `to_ms` is None while it goes on.
        from_index, to_index: the entries that opened and ended it; None where time alone did.
        known_from: the last of the entries that it takes to see it.
        entries: all entries that prove it.
        message: one paragraph for people; may hold foreign text.
        force: how binding the rule is (SPEC 7.2), or "".
        interpreted_by: the entries by which its clause was read in one way when it began (SPEC 9.30).
    """

    code: str
    level: Level
    subject: str
    policy: str
    rule: str
    clause: str
    from_ms: int
    to_ms: int | None
    from_index: int | None
    to_index: int | None
    ended_by: EndedBy
    known_from: int
    entries: tuple[int, ...]
    because: tuple[Because, ...]
    message: str
    id: str = ""
    force: str = ""
    interpreted_by: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What its code is called."""
        return NAMES[self.code]


def point(
    code: str,
    level: Level,
    subject: str,
    time_ms: int,
    entries: tuple[int, ...],
    message: str,
    rule: str = "",
) -> Finding:
    """Return a finding about entries that took no time: it begins and ends with the first of them."""
    first, last = entries[0], entries[-1]
    return Finding(
        code,
        level,
        subject,
        "",
        rule,
        "",
        time_ms,
        time_ms,
        first,
        first,
        "ceased",
        last,
        entries,
        (),
        message,
    )


def lasting(
    code: str,
    subject: str,
    from_ms: int,
    entries: tuple[int, ...],
    message: str,
    *,
    known_from: int = 0,
) -> Finding:
    """Return an unknown: indeterminate from an instant on."""
    first = entries[0] if entries else None
    known = entries[-1] if entries else known_from
    return Finding(
        code,
        "indeterminate",
        subject,
        "",
        "SPEC 9.14",
        "",
        from_ms,
        None,
        first,
        None,
        "open",
        known,
        entries,
        (),
        message,
    )


def numbered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings, the gravest and earliest first, and give them their ids."""
    grades = {"violation": 0, "indeterminate": 1, "finding": 2}
    ordered = sorted(
        findings, key=lambda one: (grades[one.level], one.from_ms, one.code, one.subject, one.entries)
    )
    return tuple(replace(one, id=f"F{number}") for number, one in enumerate(ordered, 1))
