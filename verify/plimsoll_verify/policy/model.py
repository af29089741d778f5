"""A policy, understood: one frozen object for each part of the document.

Names are those of the document. What is optional there and absent is None, or empty.

Source: SPEC 7.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from plimsoll_verify.policy.amending import Amendment
from plimsoll_verify.policy.calendars import CalendarRule
from plimsoll_verify.policy.duties import Duty
from plimsoll_verify.policy.exceptions import ExceptionRule
from plimsoll_verify.policy.grammar import Activity, Period, Quorum
from plimsoll_verify.policy.groups import Group
from plimsoll_verify.policy.lineage import Lineage
from plimsoll_verify.policy.measures import Comparator, JudgedOn, Limit, Test, TestNeeds
from plimsoll_verify.policy.people import Adherence, Interpretation, Reversal, Separation, Telling
from plimsoll_verify.policy.promise import Clause, Promise, Respond
from plimsoll_verify.policy.recording import RecordRules

__all__ = [
    "Clause", "Comparator", "Criterion", "Define", "Forbid", "Gate", "Halt", "JudgedOn", "Limit", "Needs",
    "PauseRule", "Policy", "Promise", "Renewal", "Respond", "Rule", "RuleOut", "Standard", "Test",
    "TestNeeds", "Threshold",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needs:
    """Standards that have to be in force while any of the activities goes on.

    Attributes:
        wanted: what has to be in force, all of it: of each set one standard or more.
    """

    id: str
    promise: Promise
    wanted: tuple[tuple[str, ...], ...]
    activities: tuple[Activity, ...]

    @property
    def standards(self) -> tuple[str, ...]:
        """Every standard that it names, in order, each once."""
        return tuple(dict.fromkeys(standard for one in self.wanted for standard in one))


@dataclass(frozen=True, slots=True)
class RuleOut:
    """A threshold that has to be ruled out before, and while, an activity goes on."""

    id: str
    promise: Promise
    threshold: str
    activity: Activity


@dataclass(frozen=True, slots=True)
class Forbid:
    """An activity that is forbidden until a standard, or one criterion of it, is in force, or always."""

    id: str
    promise: Promise
    activity: Activity
    standard: str
    criterion: str

    @property
    def until(self) -> str:
        """What has to be in force, as the policy writes it; "" where nothing would lift it."""
        return f"{self.standard}.{self.criterion}" if self.criterion else self.standard


@dataclass(frozen=True, slots=True)
class Define:
    """A standard that has to be defined before, and while, an activity goes on."""

    id: str
    promise: Promise
    standard: str
    activity: Activity


Rule = Needs | RuleOut | Forbid | Define


@dataclass(frozen=True, slots=True)
class Threshold:
    """A capability past which rules begin to bind.

    Attributes:
        tests: the tests that decide it, or that indicate where people do, each once.
        needs_all: whether all have to be dangerous; of tests in groups see `group`.
        crossed_until_assessed: `until_assessed: crossed`.
        group: which of the tests, None without tests.
        as_model: the model whose state it has until it is assessed, or "".
        determination_within: how long a state that is open counts as not crossed; None if not at all.
        decide_within: how long after an assessment people have to determine it.
        carried_over_by: who says that it is as it was for an earlier model.
    """

    id: str
    domain: str
    promise: Promise
    text: str
    decided_by: Literal["tests", "people"]
    tests: tuple[str, ...]
    needs_all: bool
    crossed_until_assessed: bool
    respond_within: Respond | None
    declared_by: Quorum
    cleared_by: Quorum | None
    then: tuple[Rule, ...]
    carried_over_by: Quorum
    group: Group | None = None
    as_model: str = ""
    determination_within: Respond | None = None
    decide_within: Respond | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a standard asks for.

    Attributes:
        measured_by: the test of the system as deployed that has to be clear as well, or "".
    """

    id: str
    text: str
    for_each: frozenset[str]
    attested_by: Quorum
    shown_by: frozenset[str]
    not_shown_by: frozenset[str]
    good_for: Period | None
    measured_by: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How old an approval may become."""

    every: Period
    promise: Promise


@dataclass(frozen=True, slots=True)
class Halt:
    """What stops while a standard is needed and not in force.

    Attributes:
        activities: "training", "deploying".
        descendants: whether it stops of the model's descendants, too.
    """

    promise: Promise
    activities: frozenset[str]
    descendants: bool


@dataclass(frozen=True, slots=True)
class Standard:
    """A set of criteria; one that is undefined, exploratory or partial can never be in force."""

    id: str
    status: Literal["defined", "partial", "undefined", "exploratory"]
    dimension: str
    level: int
    approved_by: Quorum | None
    renewed: Renewal | None
    criteria: Mapping[str, Criterion]
    halt: Halt | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Whose approval a start needs, and who is told or consulted, before or after."""

    promise: Promise
    activity: Activity
    approved_by: Quorum
    told_before: tuple[str, ...] = ()
    consulted_before: tuple[str, ...] = ()
    told_after: Telling | None = None


@dataclass(frozen=True, slots=True)
class PauseRule:
    """Who can call a pause, how soon it stops what it names, and who can lift it.

    Attributes:
        lifts_in_force: whether it can be lifted only while every needed standard is in force.
    """

    promise: Promise
    called_by: Quorum
    lifted_by: Quorum
    stops_within: Period
    lifts_in_force: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy, of one version."""

    id: str
    version: str
    title: str
    effective_ms: int
    source: Mapping[str, str]
    signed_off_by: Quorum
    amended_by: Quorum
    clauses: Mapping[str, Clause]
    roles: Mapping[str, bool]
    """Role ids, with whether their holders stand outside of the company."""
    tests: Mapping[str, Test]
    thresholds: Mapping[str, Threshold]
    baseline: tuple[Rule, ...]
    standards: Mapping[str, Standard]
    gates: tuple[Gate, ...]
    pause: PauseRule
    late_after: Period
    amendment: Amendment
    record_rules: RecordRules
    subject: str = "model"
    called: Mapping[Activity, str] = field(default_factory=dict)
    """Words of the source for activities, for people to read."""
    terms: Mapping[str, Period] = field(default_factory=dict)
    """For how long whoever is given a role holds it, of roles that have a term."""
    adheres: tuple[Adherence, ...] = ()
    separate: tuple[Separation, ...] = ()
    interpretation: Interpretation | None = None
    reversal: Reversal | None = None
    exceptions: Mapping[str, ExceptionRule] = field(default_factory=dict)
    """By kind: "interim", "waiver", "marginal"."""
    lineage: Lineage | None = None
    calendars: Mapping[str, CalendarRule] = field(default_factory=dict)
    duties: Mapping[str, Duty] = field(default_factory=dict)
    maps_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def tests_of_task(self, name: str) -> tuple[Test, ...]:
        """Return the tests that are about a task, of whatever version."""
        return tuple(test for test in self.tests.values() if test.task == name)
